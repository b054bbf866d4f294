//! `hallpass completions`: a completion script for a shell.

use clap::CommandFactory as _;

use super::{CommandError, EXIT_OK, print};
use crate::cli::{Cli, CompletionsArgs};

/// Runs the command; answers the exit code.
pub(super) fn run(args: &CompletionsArgs) -> Result<u8, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "hallpass", &mut script);
    print(&String::from_utf8_lossy(&script));
    Ok(EXIT_OK)
}
