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
    /// Look at what the next commit would bring: what is staged, against HEAD
    #[arg(long, conflicts_with_all = ["paths", "range"], help_heading = "Git")]
    pub staged: bool,
    /// Look at what the commits of a range added: A..B, A...B (since B left A), or A for A..HEAD
    #[arg(long, value_name = "RANGE", conflicts_with = "paths", help_heading = "Git")]
    pub range: Option<String>,
    /// Look at everything that any reference reaches: every version of every file, and messages
    #[arg(long, conflicts_with_all = ["paths", "staged", "range"], help_heading = "Git")]
    pub history: bool,
    /// With --history: also what no reference reaches any more
    #[arg(long, requires = "history", help_heading = "Git")]
    pub unreachable: bool,
    /// With --history: remember in this file what holds nothing, and don't read it again
    #[arg(long, value_name = "FILE", requires = "history", help_heading = "Git")]
    pub cache: Option<PathBuf>,
    /// Also look at what .gitignore names
    #[arg(long, conflicts_with_all = ["staged", "range", "history"])]
    pub no_ignore: bool,
    /// Pass over what matches this pattern, as in .gitignore (may be repeated)
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Let excludes hold for the named paths themselves, as hooks need (PRE_COMMIT=1 implies it)
    #[arg(long, conflicts_with_all = ["staged", "range", "history"])]
    pub force_exclude: bool,
    /// Pass over larger files: bytes, or such as 10MiB
    #[arg(long, value_name = "SIZE", value_parser = crate::config::parse_size)]
    pub max_file_size: Option<u64>,
    /// Take what could be read of archives and documents for the whole: what is damaged, encrypted
    /// or beyond a limit is listed as passed over
    #[arg(long)]
    pub allow_partial: bool,
    /// Also read the text in pictures, screenshots among them, with `tesseract`, which has to be
    /// installed; slow: some seconds a picture
    #[arg(long)]
    pub ocr: bool,
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
