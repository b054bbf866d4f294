//! Arguments of `hallpass verify`.

use clap::Args;

use super::{CanvasArgs, ScanArgs};

/// Arguments of `hallpass verify`.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Exit codes: 0 no leak is left that works; 1 a token works, or another leak stands that Canvas \
can't be asked about; 2 the command line or the configuration is wrong; 3 for a token it could \
not be told, or not everything could be looked at.")]
pub struct VerifyArgs {
    /// What is looked at, as in a scan.
    #[command(flatten)]
    pub scan: ScanArgs,
    /// Which Canvas to ask.
    #[command(flatten)]
    pub canvas: CanvasArgs,
}
