//! What to measure, from the command line.

use std::ffi::OsString;
use std::path::PathBuf;

const USAGE: &str = "usage: cargo bench --bench scan -- [--tree DIR] [--rg PROGRAM] [--runs N] \
                     [--only tree|start-up|memory|hostile]";

/// What to measure.
#[derive(Debug)]
pub(crate) struct Options {
    /// The folder that both programs search.
    pub(crate) tree: PathBuf,
    /// Ripgrep's program, if it was named.
    pub(crate) rg: Option<PathBuf>,
    /// How many pairs of runs, after the one that warms up.
    pub(crate) runs: usize,
    only: Option<String>,
}

impl Options {
    /// `None` if cargo runs this as a test.
    pub(crate) fn read(arguments: Vec<OsString>) -> Result<Option<Self>, String> {
        let home = std::env::var_os("CARGO_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
            .unwrap_or_default();
        let mut options = Self { tree: home.join("registry/src"), rg: None, runs: 15, only: None };
        let mut benching = false;
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            if argument == "--bench" {
                benching = true;
                continue;
            }
            let value = arguments.next().ok_or(USAGE)?;
            match argument.to_str() {
                Some("--tree") => options.tree = value.into(),
                Some("--rg") => options.rg = Some(value.into()),
                Some("--runs") => {
                    let runs = value.to_str().and_then(|runs| runs.parse().ok());
                    options.runs = runs.filter(|runs| *runs > 0).ok_or(USAGE)?;
                }
                Some("--only") => options.only = Some(value.into_string().map_err(|_| USAGE)?),
                _ => return Err(USAGE.to_owned()),
            }
        }
        Ok(benching.then_some(options))
    }

    /// Whether the section called `name` is to be measured.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only == name)
    }
}
