//! The command line: flags only. What they do stands in [`crate::commands`].

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;

use crate::finding::Severity;
use crate::report::Format;

/// Finds leaked Canvas LMS access tokens, and checks requests for new ones.
#[derive(Debug, Parser)]
#[command(
    name = "hallpass",
    version,
    about,
    long_about = None,
    propagate_version = true,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 nothing at or above --fail-on; 1 findings; 2 the command line or \
                  the configuration is wrong; 3 not everything could be looked at."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Flags that every command takes.
    #[command(flatten)]
    pub global: Global,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Read this configuration instead of the nearest hallpass.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Read no configuration
    #[arg(long, global = true, conflicts_with = "config")]
    pub no_config: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: Color,
    /// Print findings and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Also list what was silenced and what was passed over
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Judge expiry dates as of this day (default: the system's)
    #[arg(long, global = true, value_name = "DATE")]
    pub today: Option<Date>,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find leaked Canvas tokens in files and folders
    Scan(ScanArgs),
    /// Check requests for Canvas tokens against an institution's policy
    Check(CheckArgs),
    /// List policies, show one, or run the tests that packs carry
    Policy(PolicyArgs),
    /// List every rule
    Rules(RulesArgs),
    /// Say what a rule means, whose guidance it is, and what to do
    Explain(ExplainArgs),
    /// Print the JSON Schema of a file or a report
    Schema(SchemaArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

/// Arguments of `hallpass scan`.
#[derive(Debug, Args)]
pub struct ScanArgs {
    /// Files and folders; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Also look at what .gitignore names
    #[arg(long)]
    pub no_ignore: bool,
    /// Pass over what matches this pattern, as in .gitignore (may be repeated)
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Let excludes hold for the named paths themselves, as hooks need (PRE_COMMIT=1 implies it)
    #[arg(long)]
    pub force_exclude: bool,
    /// Pass over larger files: bytes, or such as 10MiB
    #[arg(long, value_name = "SIZE", value_parser = crate::config::parse_size)]
    pub max_file_size: Option<u64>,
    /// How many threads to use (default: one a core)
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub threads: usize,
    /// Whose guidance to judge by: a policy's id, or a file
    #[arg(long, value_name = "ID|FILE")]
    pub policy: Option<String>,
    /// How triage and output are done.
    #[command(flatten)]
    pub triage: TriageArgs,
    /// How findings are written.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `hallpass check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Request manifests, and folders of them; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Whose policy to judge by, whatever the manifests say: an id, or a file
    #[arg(long, value_name = "ID|FILE")]
    pub policy: Option<String>,
    /// Also write the dates to this file, as a calendar (iCalendar)
    #[arg(long, value_name = "FILE")]
    pub timeline: Option<PathBuf>,
    /// How triage and output are done.
    #[command(flatten)]
    pub triage: TriageArgs,
    /// How findings are written.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Arguments of `hallpass policy`.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// What to do with policies.
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// List the policies at hand
    List,
    /// Show a policy's clauses, each with its source
    Show {
        /// A policy's id, or a file
        #[arg(value_name = "ID|FILE")]
        policy: String,
    },
    /// Run the tests that packs carry, and name the clauses that have none
    Test {
        /// Packs' files or ids (default: every policy at hand)
        #[arg(value_name = "PATH")]
        packs: Vec<String>,
    },
}

/// How findings are silenced and when they fail a run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Triage")]
pub struct TriageArgs {
    /// Silence the findings that this file lists
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Accept what is found now: write it to this file and exit with 0
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
    /// The least severity that makes the exit code 1 [default: warning]
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub fail_on: Option<Severity>,
    /// Exit with 0 where findings would make it 1
    #[arg(long)]
    pub exit_zero: bool,
}

/// How findings are written.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// The format; once for each --output, or once more for standard output [default: human]
    #[arg(long, value_name = "FORMAT")]
    pub format: Vec<Format>,
    /// Write to this file instead of standard output; FORMAT:FILE names the format (may be
    /// repeated)
    #[arg(short, long, value_name = "[FORMAT:]FILE")]
    pub output: Vec<String>,
}

/// Arguments of `hallpass rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// How to print the list
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: ListFormat,
    /// Include the rules of this policy: an id, or a file
    #[arg(long, value_name = "ID|FILE")]
    pub policy: Option<String>,
}

/// How a list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people
    Human,
    /// For scripts
    Json,
}

/// Arguments of `hallpass explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The rule's id
    #[arg(value_name = "RULE")]
    pub rule: String,
    /// Whose guidance to explain it by: a policy's id, or a file
    #[arg(long, value_name = "ID|FILE")]
    pub policy: Option<String>,
}

/// Arguments of `hallpass schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Whose schema
    #[arg(value_name = "OF")]
    pub of: SchemaOf,
}

/// What there is a schema of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// A request manifest
    Manifest,
    /// A policy pack
    Policy,
    /// hallpass.toml
    Config,
    /// The JSON report
    Report,
    /// A detector in YAML
    Detector,
}

/// Arguments of `hallpass completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

fn severity(text: &str) -> Result<Severity, String> {
    match text {
        "error" => Ok(Severity::Error),
        "warning" => Ok(Severity::Warning),
        "note" => Ok(Severity::Note),
        _ => Err("choose one of error, warning, note".to_owned()),
    }
}
