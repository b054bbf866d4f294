//! Flags of the commands that ask Canvas.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

/// Which Canvas to ask, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Canvas")]
pub struct CanvasArgs {
    /// A Canvas that tokens may be sent to, as `https://canvas.example.edu` (may be repeated)
    ///
    /// Without it, those that `canvas-urls` lists in your own configuration are asked
    /// (~/.config/hallpass/config.toml). No address is ever taken from what is scanned.
    #[arg(long, value_name = "URL")]
    pub canvas_url: Vec<String>,
    /// Trust the certificate authorities in this file (PEM) in place of the system's
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// How long Canvas may take to answer a request, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = timeout)]
    pub timeout: Duration,
    /// Standard input is one token and nothing else; nothing is scanned
    #[arg(long, conflicts_with_all = ["paths", "staged", "range", "history"])]
    pub token_stdin: bool,
}

fn timeout(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "write a number of seconds".to_owned())?;
    if !(0.1..=300.0).contains(&seconds) {
        return Err("choose from 0.1 to 300 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}
