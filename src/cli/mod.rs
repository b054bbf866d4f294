//! The command line: flags only, one file a command. What they do stands in [`crate::commands`].

mod about;
mod audit;
mod canvas;
mod check;
mod hook;
mod init;
mod merge;
mod policy;
mod revoke;
mod scan;
mod shared;
mod verify;

pub use about::{
    CompletionsArgs, ExplainArgs, ListFormat, ManArgs, RulesArgs, SchemaArgs, SchemaOf,
};
pub use audit::AuditArgs;
pub use canvas::CanvasArgs;
pub use check::CheckArgs;
pub use hook::{HookArgs, HookCommand, HookKind, PushArgs};
pub use init::{InitArgs, NewArgs, Part};
pub use merge::MergeArgs;
pub use policy::{PolicyArgs, PolicyCommand};
pub use revoke::RevokeArgs;
pub use scan::ScanArgs;
pub use shared::{Color, Global, LogFormat, OutputArgs, TriageArgs};
pub use verify::VerifyArgs;

use clap::{Parser, Subcommand};

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

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find leaked Canvas tokens in files, folders and git's commits
    Scan(ScanArgs),
    /// Check requests for Canvas tokens against an institution's policy
    Check(CheckArgs),
    /// Judge the tokens that were issued: Canvas' report "User Access Tokens"
    Audit(AuditArgs),
    /// Ask Canvas whether leaked tokens still work (uses the network)
    Verify(VerifyArgs),
    /// Delete leaked tokens in Canvas (uses the network)
    Revoke(RevokeArgs),
    /// Set a repository up: configuration, hook, workflow and a folder of requests
    Init(InitArgs),
    /// Write a request for a Canvas token, by question and answer
    New(NewArgs),
    /// Join the JSON reports of many runs into one, in any format
    Merge(MergeArgs),
    /// List policies, show one, or run the tests that packs carry
    Policy(PolicyArgs),
    /// List every rule
    Rules(RulesArgs),
    /// Say what a rule means, whose guidance it is, and what to do
    Explain(ExplainArgs),
    /// Print the JSON Schema of a file or a report
    Schema(SchemaArgs),
    /// Keep tokens out of commits and pushes: git hooks
    Hook(HookArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print a manual page, or write all of them to a folder
    Man(ManArgs),
}
