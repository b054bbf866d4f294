//! Arguments of `hallpass audit`.

use std::path::PathBuf;

use clap::Args;

use super::{OutputArgs, TriageArgs};

/// How many findings of each clause are listed unless something else is asked for.
const LIST: usize = 2_000;

/// Arguments of `hallpass audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Canvas' account report "User Access Tokens"; `-` is standard input
    #[arg(value_name = "REPORT.csv")]
    pub report: PathBuf,
    /// Compare with these requests: files and folders of them (may be repeated)
    #[arg(long, value_name = "DIR")]
    pub requests: Vec<PathBuf>,
    /// Whose policy to judge by: an id, or a file
    #[arg(long, value_name = "ID|FILE")]
    pub policy: Option<String>,
    /// After how many days without use a token is idle [default: 90]
    #[arg(long, value_name = "N")]
    pub unused_days: Option<u32>,
    /// How many days before its end a token's renewal is due [default: 14]
    #[arg(long, value_name = "N")]
    pub renewal_days: Option<u32>,
    /// How many findings of each clause to list, 0 for as many as can be; the others are counted
    #[arg(long, value_name = "N", default_value_t = LIST)]
    pub list: usize,
    /// Leave out the names of the tokens' owners
    #[arg(long)]
    pub anonymous: bool,
    /// How triage and output are done.
    #[command(flatten)]
    pub triage: TriageArgs,
    /// How findings are written.
    #[command(flatten)]
    pub output: OutputArgs,
}
