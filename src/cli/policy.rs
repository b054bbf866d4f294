//! Arguments of `hallpass policy`.

use clap::{Args, Subcommand};

/// Arguments of `hallpass policy`.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// What to do with policies.
    #[command(subcommand)]
    pub command: PolicyCommand,
}

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// List the policies at hand
    List,
    /// Show a policy's clauses, each with its source
    Show {
        /// A policy's id, or a file
        #[arg(value_name = "ID|FILE")]
        policy: String,
    },
    /// Run the tests that packs carry, and name the clauses that have none
    Test {
        /// Packs' files or ids (default: every policy at hand)
        #[arg(value_name = "PATH")]
        packs: Vec<String>,
    },
}
