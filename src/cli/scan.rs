//! Arguments of `hallpass scan`.

use std::path::PathBuf;

use clap::Args;

use super::{OutputArgs, TriageArgs};

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
    /// Name the owners of leaked tokens, by their hints in Canvas' report "User Access Tokens"
    #[arg(long, value_name = "REPORT.csv")]
    pub inventory: Option<PathBuf>,
    /// Leave out the owners' names
    #[arg(long, requires = "inventory")]
    pub anonymous: bool,
    /// How triage and output are done.
    #[command(flatten)]
    pub triage: TriageArgs,
    /// How findings are written.
    #[command(flatten)]
    pub output: OutputArgs,
}
