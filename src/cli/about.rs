//! Arguments of the commands that tell about the tool itself.

use clap::{Args, ValueEnum};

/// Arguments of `hallpass rules`.
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// How to print the list
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: ListFormat,
    /// Include the rules of this policy: an id, or a file
    #[arg(long, value_name = "ID|FILE")]
    pub policy: Option<String>,
}

/// How a list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// For people
    Human,
    /// For scripts
    Json,
}

/// Arguments of `hallpass explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The rule's id
    #[arg(value_name = "RULE")]
    pub rule: String,
    /// Whose guidance to explain it by: a policy's id, or a file
    #[arg(long, value_name = "ID|FILE")]
    pub policy: Option<String>,
}

/// Arguments of `hallpass schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    /// Whose schema
    #[arg(value_name = "OF")]
    pub of: SchemaOf,
}

/// What there is a schema of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// A request manifest
    Manifest,
    /// A policy pack
    Policy,
    /// hallpass.toml
    Config,
    /// The JSON report
    Report,
    /// A detector in YAML
    Detector,
    /// A line of --log-format json
    Log,
}

/// Arguments of `hallpass completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// Arguments of `hallpass man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Whose page: a command and its own commands (default: the page of hallpass itself)
    #[arg(value_name = "COMMAND", conflicts_with = "output_dir")]
    pub command: Vec<String>,
    /// Write every page to this folder
    #[arg(long, value_name = "FOLDER")]
    pub output_dir: Option<std::path::PathBuf>,
}
