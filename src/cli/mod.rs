//! The command line: flags only, one file a command. What they do stands in [`crate::commands`].

mod about;
mod audit;
mod check;
mod policy;
mod scan;
mod shared;

pub use about::{CompletionsArgs, ExplainArgs, ListFormat, RulesArgs, SchemaArgs, SchemaOf};
pub use audit::AuditArgs;
pub use check::CheckArgs;
pub use policy::{PolicyArgs, PolicyCommand};
pub use scan::ScanArgs;
pub use shared::{Color, Global, OutputArgs, TriageArgs};

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
    /// Find leaked Canvas tokens in files and folders
    Scan(ScanArgs),
    /// Check requests for Canvas tokens against an institution's policy
    Check(CheckArgs),
    /// Judge the tokens that were issued: Canvas' report "User Access Tokens"
    Audit(AuditArgs),
    /// List policies, show one, or run the tests that packs carry
    Policy(PolicyArgs),
    /// List every rule
    Rules(RulesArgs),
    /// Say what a rule means, whose guidance it is, and what to do
    Explain(ExplainArgs),
    /// Print the JSON Schema of a file or a report
    Schema(SchemaArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}
