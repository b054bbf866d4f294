//! Flags that several commands take.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;

use crate::finding::Severity;
use crate::report::Format;

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
    /// What standard error is for: sentences for people, or one JSON object a line for programs
    #[arg(long, global = true, value_name = "FORMAT", default_value = "human")]
    pub log_format: LogFormat,
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

/// How progress, problems and the account of a run are written to standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Human,
    /// One JSON object a line; `hallpass schema log` has its schema
    Json,
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

pub(super) fn severity(text: &str) -> Result<Severity, String> {
    match text {
        "error" => Ok(Severity::Error),
        "warning" => Ok(Severity::Warning),
        "note" => Ok(Severity::Note),
        _ => Err("choose one of error, warning, note".to_owned()),
    }
}
