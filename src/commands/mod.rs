//! Wiring: one file per command, and the only place that knows every module.

mod audit;
mod check;
mod completions;
mod emit;
mod explain;
mod inventory;
mod leak_findings;
mod policy;
mod progress;
mod rules;
mod scan;
mod schema;
mod session;

use std::io::Write as _;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use thiserror::Error;

use crate::cli::{Cli, Command};
use crate::config::ConfigError;
use crate::detect::DetectError;
use crate::finding::scrub;
use crate::policy::PolicyError;
use crate::report::{OutputError, inert};
use crate::sources::excludes::ExcludeError;
use crate::triage::AllowError;

/// Exit code: everything was looked at, nothing is at or above the threshold.
pub const EXIT_OK: u8 = 0;
/// Exit code: findings at or above the threshold.
pub const EXIT_FINDINGS: u8 = 1;
/// Exit code: the command line or the configuration is wrong.
pub const EXIT_USAGE: u8 = 2;
/// Exit code: not everything that was asked for could be looked at.
pub const EXIT_INCOMPLETE: u8 = 3;

/// Why a command can't be carried out: the command line or the configuration is wrong.
#[derive(Debug, Error, Diagnostic)]
pub enum CommandError {
    /// The working directory can't be told.
    #[error("can't tell the working directory: {0}")]
    WorkingDirectory(String),
    /// The configuration.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] ConfigError),
    /// The detectors that come with the program.
    #[error(transparent)]
    Detect(#[from] DetectError),
    /// A detector that the configuration adds.
    #[error("can't use the detector {path}: {message}")]
    #[diagnostic(help(
        "detectors are described in CONTRIBUTING.md; `hallpass schema detector` has their schema"
    ))]
    Detector {
        /// Its path.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// A pattern of `--exclude` or the configuration.
    #[error(transparent)]
    #[diagnostic(help("patterns are written as in .gitignore"))]
    Exclude(#[from] ExcludeError),
    /// An allowance of the configuration.
    #[error(transparent)]
    Allow(#[from] AllowError),
    /// A policy pack.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A baseline.
    #[error("can't use the baseline {path}: {message}")]
    #[diagnostic(help("`hallpass scan --write-baseline FILE` writes a new one"))]
    Baseline {
        /// Its path.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// A report can't be written to a file.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A report can't be written to standard output.
    #[error("can't write the report to standard output: {0}")]
    Stdout(String),
    /// Flags that don't go together.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        #[help]
        help: Option<String>,
    },
}

/// Carries out a command; answers the exit code.
pub fn run(cli: &Cli) -> u8 {
    let outcome = match &cli.command {
        Command::Scan(args) => scan::run(args, &cli.global),
        Command::Check(args) => check::run(args, &cli.global),
        Command::Audit(args) => audit::run(args, &cli.global),
        Command::Policy(args) => policy::run(args, &cli.global),
        Command::Rules(args) => rules::run(args, &cli.global),
        Command::Explain(args) => explain::run(args, &cli.global),
        Command::Schema(args) => schema::run(args),
        Command::Completions(args) => completions::run(args),
    };
    outcome.unwrap_or_else(|error| {
        complain(&error);
        EXIT_USAGE
    })
}

/// Answers a command line that could not be read, or that asked for help; answers the exit code.
pub fn refuse(error: &clap::Error) -> u8 {
    let text = error.render();
    if error.use_stderr() {
        // it repeats arguments, which may be file names that an attacker chose
        for line in scrub(&text.to_string()).lines() {
            let _ = writeln!(std::io::stderr(), "{}", inert(line));
        }
        return EXIT_USAGE;
    }
    let _ = write!(anstream::stdout(), "{}", text.ansi());
    EXIT_OK
}

/// Shows an error, with its place in the file where it has one.
fn complain(error: &CommandError) {
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_links(false)
        // each error says what caused it in its own sentence
        .without_cause_chain()
        .with_width(100);
    if handler.render_report(&mut text, error).is_err() {
        text = format!("{error}\n");
    }
    let text = scrub(&text);
    for line in text.trim_end().lines() {
        let _ = writeln!(std::io::stderr(), "{}", inert(line));
    }
}

/// Prints `text` on standard output; a reader that went away is no error.
fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}
