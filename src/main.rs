//! Arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser as _;
use hallpass::{cli::Cli, commands};

fn main() -> ExitCode {
    let code = match Cli::try_parse() {
        Ok(cli) => commands::run(&cli),
        Err(error) => commands::refuse(&error),
    };
    ExitCode::from(code)
}
