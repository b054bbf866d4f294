//! Arguments of `hallpass merge`.

use std::path::PathBuf;

use clap::Args;

use super::OutputArgs;
use crate::finding::Severity;

/// Arguments of `hallpass merge`.
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Reports in JSON, and folders of them
    #[arg(value_name = "REPORT", required = true)]
    pub reports: Vec<PathBuf>,
    /// Put each report's paths below its file's name: src/a.py of repo.json becomes repo/src/a.py
    #[arg(long)]
    pub below_names: bool,
    /// The least severity that makes the exit code 1 [default: warning]
    #[arg(long, value_name = "SEVERITY", value_parser = super::shared::severity)]
    pub fail_on: Option<Severity>,
    /// Exit with 0 where findings would make it 1
    #[arg(long)]
    pub exit_zero: bool,
    /// How findings are written.
    #[command(flatten)]
    pub output: OutputArgs,
}
