//! Arguments of `hallpass check`.

use std::path::PathBuf;

use clap::Args;

use super::{OutputArgs, TriageArgs};

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
