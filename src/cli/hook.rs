//! Arguments of `hallpass hook`.

use clap::{Args, Subcommand};

use super::{OutputArgs, TriageArgs};

/// Arguments of `hallpass hook`.
#[derive(Debug, Args)]
pub struct HookArgs {
    /// Which hook to be, or what to do with hooks.
    #[command(subcommand)]
    pub command: HookCommand,
}

/// Which hook to be, or what to do with hooks.
#[derive(Debug, Subcommand)]
pub enum HookCommand {
    /// Write a hook where git looks for it; one that is there is kept, and runs too
    Install(HookKind),
    /// Remove the hook again, and put back the one that was there
    Uninstall(HookKind),
    /// Refuse a push that brings a token (git runs this on the server)
    PreReceive(PushArgs),
    /// Refuse to push a token (git runs this before it pushes)
    PrePush(PushArgs),
}

/// Which hook.
#[derive(Debug, Args)]
pub struct HookKind {
    /// Before each commit: what is staged (the default in a work tree)
    #[arg(long)]
    pub pre_commit: bool,
    /// Before each push: what the push would bring
    #[arg(long)]
    pub pre_push: bool,
    /// On a server, for each push that arrives (the default in a bare repository)
    #[arg(long)]
    pub pre_receive: bool,
}

/// Arguments of the hooks that git hands references on standard input.
#[derive(Debug, Args)]
pub struct PushArgs {
    /// The remote's name and address, as git passes them to pre-push
    #[arg(value_name = "REMOTE")]
    pub remote: Vec<String>,
    /// Pass over what matches this pattern, as in .gitignore (may be repeated)
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Pass over larger files: bytes, or such as 10MiB
    #[arg(long, value_name = "SIZE", value_parser = crate::config::parse_size)]
    pub max_file_size: Option<u64>,
    /// Take what could be read of archives and documents for the whole
    #[arg(long)]
    pub allow_partial: bool,
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
