//! What can be wrong with a policy: each says what happened, where, and what to do.

use thiserror::Error;

/// A fault in a pack, pointing into its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackFault {
    /// Line, counted from 1.
    pub line: u64,
    /// Column in Unicode scalar values, counted from 1.
    pub column: u64,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl std::fmt::Display for PackFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

/// Why a policy can't be used. All of them are faults of the command line, the configuration or
/// the pack: exit code 2.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// No pack has this id, and no file has this name.
    #[error("there is no policy {name}; {}", match nearest {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {known}, or give the path of a pack's file"),
    })]
    Unknown {
        /// What was asked for, safe to print.
        name: String,
        /// The id that was probably meant.
        nearest: Option<String>,
        /// All ids.
        known: String,
    },
    /// A pack's file could not be read.
    #[error("the policy pack {path} can't be read: {message}")]
    Unreadable {
        /// The file, safe to print.
        path: String,
        /// Why.
        message: String,
    },
    /// A pack's content is wrong.
    #[error("the policy pack {path} is wrong:{}", lines(faults))]
    Invalid {
        /// The file, or the id of an embedded pack.
        path: String,
        /// Everything that is wrong, in order.
        faults: Vec<PackFault>,
    },
}

fn lines(faults: &[PackFault]) -> String {
    faults.iter().map(|fault| format!("\n  {fault}")).collect::<String>()
}

/// An error of the file system in plain words, without the system's number.
pub(crate) fn plainly(error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::NotFound {
        return "there is no such file".to_owned();
    }
    let text = error.to_string();
    text.find(" (os error").map_or(text.clone(), |end| text[..end].to_lowercase())
}
