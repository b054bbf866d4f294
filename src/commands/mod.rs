//! Wiring: one file per command, and the only place that knows every module.

mod ask;
mod audit;
mod canvas;
mod check;
mod completions;
mod emit;
mod explain;
mod git_blobs;
mod git_search;
mod history;
mod hook;
mod hook_install;
mod init;
mod inventory;
mod leak_findings;
mod leak_run;
mod log;
mod man;
mod merge;
mod new;
mod policy;
mod progress;
mod range;
mod revoke;
mod revoke_by_hint;
mod rules;
mod scan;
mod schema;
mod session;
mod staged;
mod verify;

use std::io::Write as _;

use miette::Diagnostic;
use thiserror::Error;

use crate::cli::{Cli, Command};
use crate::config::ConfigError;
use crate::detect::DetectError;
use crate::policy::PolicyError;
use crate::report::OutputError;
use crate::secret::command::CommandFailure;
use crate::secret::input::InputError;
use crate::sources::excludes::ExcludeError;
use crate::sources::git::GitError;
use crate::triage::AllowError;
use crate::user_config::UserConfigError;

/// Exit code: everything was looked at, nothing is at or above the threshold.
pub const EXIT_OK: u8 = 0;
/// Exit code: findings at or above the threshold.
pub const EXIT_FINDINGS: u8 = 1;
/// Exit code: the command line or the configuration is wrong.
pub const EXIT_USAGE: u8 = 2;
/// Exit code: not everything that was asked for could be looked at.
pub const EXIT_INCOMPLETE: u8 = 3;

/// Why a command can't be carried out: the command line or the configuration is wrong, or git
/// can't answer.
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
    /// A git repository, or what was asked of it.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),
    /// A report can't be written to a file.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A report can't be written to standard output.
    #[error("can't write the report to standard output: {0}")]
    Stdout(String),
    /// The user's own configuration.
    #[error(transparent)]
    #[diagnostic(transparent)]
    User(#[from] UserConfigError),
    /// A token on standard input.
    #[error(transparent)]
    Token(#[from] InputError),
    /// A command that prints a token.
    #[error("--admin-token-command: {0}")]
    #[diagnostic(help("the command is run without a shell; where one is needed, write sh -c '…'"))]
    TokenCommand(#[from] CommandFailure),
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
    log::choose(cli.global.log_format);
    let outcome = match &cli.command {
        Command::Scan(args) => scan::run(args, &cli.global),
        Command::Check(args) => check::run(args, &cli.global),
        Command::Audit(args) => audit::run(args, &cli.global),
        Command::Verify(args) => verify::run(args, &cli.global),
        Command::Revoke(args) => revoke::run(args, &cli.global),
        Command::Policy(args) => policy::run(args, &cli.global),
        Command::Rules(args) => rules::run(args, &cli.global),
        Command::Explain(args) => explain::run(args, &cli.global),
        Command::Schema(args) => schema::run(args),
        Command::Hook(args) => hook::run(args, &cli.global),
        Command::Completions(args) => completions::run(args),
        Command::Init(args) => init::run(args, &cli.global),
        Command::Merge(args) => merge::run(args, &cli.global),
        Command::New(args) => new::run(args, &cli.global),
        Command::Man(args) => man::run(args, cli.global.quiet),
    };
    outcome.unwrap_or_else(|error| {
        let code = match error {
            // what was asked for stands; it could not be looked at
            CommandError::Git(_) => EXIT_INCOMPLETE,
            _ => EXIT_USAGE,
        };
        log::complain(&error, code);
        code
    })
}

/// Answers a command line that could not be read, or that asked for help; answers the exit code.
pub fn refuse(error: &clap::Error) -> u8 {
    let text = error.render();
    if error.use_stderr() {
        log::refuse(&text.to_string());
        return EXIT_USAGE;
    }
    let _ = write!(anstream::stdout(), "{}", text.ansi());
    EXIT_OK
}

/// Prints `text` on standard output; a reader that went away is no error.
fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}
