//! Arguments of `hallpass revoke`.

use clap::Args;

use super::{CanvasArgs, ScanArgs};

/// Arguments of `hallpass revoke`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Each token is verified, shown and, after a yes, deleted by its own authority; then it is verified \
again. An administrator's token is used where a token's own authority does not suffice, and for \
--user and --hint. It is read from the variable HALLPASS_ADMIN_TOKEN or from what \
--admin-token-command prints.

Exit codes: 0 no leak is left that works; 1 a token still works (also with --dry-run, or after a \
no); 2 the command line or the configuration is wrong; 3 for a token it could not be told.")]
pub struct RevokeArgs {
    /// What is looked at, as in a scan.
    #[command(flatten)]
    pub scan: ScanArgs,
    /// Which Canvas to ask.
    #[command(flatten)]
    pub canvas: CanvasArgs,
    /// Say what would be done, and do nothing
    #[arg(long, help_heading = "Revocation")]
    pub dry_run: bool,
    /// Do it without asking
    #[arg(long, help_heading = "Revocation", conflicts_with = "dry_run")]
    pub yes: bool,
    /// Delete the token of this user (an id in Canvas) that --hint names; nothing is scanned
    #[arg(
        long,
        value_name = "ID",
        requires = "hint",
        conflicts_with_all = ["paths", "staged", "range", "history", "token_stdin", "format", "output"],
        help_heading = "Revocation"
    )]
    pub user: Option<u64>,
    /// The five characters that Canvas shows of the token
    #[arg(long, requires = "user", value_parser = hint, help_heading = "Revocation")]
    pub hint: Option<String>,
    /// A command that prints an administrator's token, such as `op read op://vault/canvas/token`
    ///
    /// It is split into words as a shell does, but run without one: no variables, no pipes.
    #[arg(long, value_name = "COMMAND", help_heading = "Revocation")]
    pub admin_token_command: Option<String>,
}

/// Reads a hint as reports show it: `aB3xY`, `7~aB3xY…`.
fn hint(text: &str) -> Result<String, String> {
    let hint = text.rsplit_once('~').map_or(text, |(_, hint)| hint);
    let hint = hint.trim_end_matches(['.', '…']);
    if hint.len() == crate::finding::HINT_LENGTH && hint.bytes().all(|b| b.is_ascii_alphanumeric())
    {
        return Ok(hint.to_owned());
    }
    Err("a hint is the first five characters behind the shard, such as aB3xY".to_owned())
}
