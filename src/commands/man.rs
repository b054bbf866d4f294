//! `hallpass man`: manual pages from the definition of the command line.

use std::path::Path;

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::{CommandError, EXIT_OK, log, print};
use crate::cli::{Cli, ManArgs};
use crate::report::{inert, write_atomically};
use crate::sources::files::describe;

/// Runs the command; answers the exit code.
pub(super) fn run(args: &ManArgs, quiet: bool) -> Result<u8, CommandError> {
    // finds the names that subcommands have as pages of their own
    let mut command = Cli::command();
    command.build();
    if let Some(folder) = &args.output_dir {
        return write_all(&command, folder, quiet);
    }
    let mut page = &command;
    for name in &args.command {
        page = page.find_subcommand(name).ok_or_else(|| CommandError::Usage {
            message: format!("there is no command `{}`", inert(name)),
            help: Some("`hallpass --help` lists them all".to_owned()),
        })?;
    }
    print(&String::from_utf8_lossy(&render(page)));
    Ok(EXIT_OK)
}

fn render(command: &clap::Command) -> Vec<u8> {
    let mut text = Vec::new();
    // writing to memory does not fail
    let _ = Man::new(command.clone())
        .section("1")
        .source(concat!("hallpass ", env!("CARGO_PKG_VERSION")))
        .manual("hallpass manual")
        .render(&mut text);
    text
}

fn write_all(command: &clap::Command, folder: &Path, quiet: bool) -> Result<u8, CommandError> {
    let shown = inert(&folder.to_string_lossy()).into_owned();
    std::fs::create_dir_all(folder).map_err(|error| CommandError::Usage {
        message: format!("can't make the folder {shown}: {}", describe(&error)),
        help: None,
    })?;
    let mut pages = vec![command];
    let mut number = 0;
    while let Some(page) = pages.pop() {
        let name = page.get_display_name().unwrap_or_else(|| page.get_name());
        write_atomically(&folder.join(format!("{name}.1")), &render(page))?;
        number += 1;
        pages.extend(page.get_subcommands().filter(|page| !page.is_hide_set()));
    }
    if !quiet {
        log::wrote(&shown, "man", Some(&format!("Wrote {number} pages to {shown}.")));
    }
    Ok(EXIT_OK)
}
