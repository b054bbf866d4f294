//! Arguments of `hallpass init` and `hallpass new`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `hallpass init`.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// A folder of the repository to set up
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,
    /// Whose policy to judge by: an id, or a file in the repository
    #[arg(long, value_name = "ID|FILE")]
    pub policy: Option<String>,
    /// Also make a folder of token requests, with one to copy from
    #[arg(long)]
    pub requests: bool,
    /// Leave this out (may be repeated)
    #[arg(long, value_name = "PART")]
    pub without: Vec<Part>,
    /// The GitHub repository that hallpass' action and hooks come from (default: its packages)
    #[arg(long, value_name = "OWNER/NAME", value_parser = repository)]
    pub source: Option<String>,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Ask nothing, also on a terminal
    #[arg(short, long)]
    pub yes: bool,
}

/// What `hallpass init` can write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// hallpass.toml
    Config,
    /// The entry in .pre-commit-config.yaml
    PreCommit,
    /// .github/workflows/hallpass.yml
    Workflow,
}

/// Arguments of `hallpass new`.
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The file to write; it must not exist
    #[arg(value_name = "FILE", default_value = "request.yaml")]
    pub file: PathBuf,
    /// Whose policy it goes to: an id, or a file
    #[arg(long, value_name = "ID|FILE")]
    pub policy: Option<String>,
    /// An answer, such as `requester.role=student` or `access[0].data=grades` (may be repeated)
    #[arg(long, value_name = "FIELD=VALUE", value_parser = answer)]
    pub set: Vec<(String, String)>,
}

fn repository(text: &str) -> Result<String, String> {
    let plain = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    match text.split_once('/') {
        Some((owner, name)) if plain(owner) && plain(name) => Ok(text.to_owned()),
        _ => Err("write OWNER/NAME".to_owned()),
    }
}

fn answer(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(field, value)| (field.trim().to_owned(), value.trim().to_owned()))
        .filter(|(field, _)| !field.is_empty())
        .ok_or_else(|| "write FIELD=VALUE".to_owned())
}
