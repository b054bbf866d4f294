//! Reads one token from standard input; where that is a terminal, without showing what is typed.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use secrecy::SecretString;
use thiserror::Error;
use zeroize::{Zeroize as _, Zeroizing};

use super::Token;

/// More than this is no token.
const MOST_BYTES: u64 = 4096;

/// Why no token could be read.
#[derive(Debug, Error)]
pub enum InputError {
    /// Reading failed.
    #[error("can't read a token from {from}: {message}")]
    Read {
        /// Where it was to come from.
        from: String,
        /// Why not.
        message: String,
    },
    /// What was read is something else.
    #[error(
        "{from} holds no Canvas token: one is 64 letters and digits, in hosted Canvas with a \
         number and a tilde before them, and nothing else"
    )]
    NoToken {
        /// Where it came from.
        from: String,
    },
}

/// Reads a token from standard input.
///
/// # Errors
///
/// If it can't be read or is none.
pub fn read() -> Result<Token, InputError> {
    let from = "standard input";
    let failed = |error: &io::Error| InputError::Read {
        from: from.to_owned(),
        message: error.kind().to_string(),
    };
    let bytes = if io::stdin().is_terminal() {
        typed().map_err(|error| failed(&error))?
    } else {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES as usize + 1));
        let stdin = io::stdin().lock();
        stdin.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        bytes
    };
    parse(&bytes, from)
}

/// A line that is typed on the terminal, without echo where the system has a way.
fn typed() -> io::Result<Zeroizing<Vec<u8>>> {
    let _ = write!(io::stderr(), "The token (it is not shown): ");
    let quiet = Quiet::begin();
    let mut line = Zeroizing::new(Vec::with_capacity(MOST_BYTES as usize + 1));
    let read = io::stdin().lock().take(MOST_BYTES).read_until(b'\n', &mut line);
    drop(quiet);
    let _ = writeln!(io::stderr());
    read.map(|_| line)
}

/// A token in `bytes`, between blanks and line ends, and after a byte order mark.
///
/// # Errors
///
/// If they are none.
pub(super) fn parse(bytes: &[u8], from: &str) -> Result<Token, InputError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut text = std::str::from_utf8(bytes.trim_ascii()).unwrap_or_default().to_owned();
    let token = Token::new(SecretString::from(text.as_str()));
    text.zeroize();
    token.ok_or_else(|| InputError::NoToken { from: from.to_owned() })
}

/// Keeps the terminal from showing what is typed until it is dropped.
struct Quiet {
    #[cfg(unix)]
    before: Option<rustix::termios::Termios>,
}

impl Quiet {
    #[cfg(unix)]
    fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(io::stdin()).ok();
        if let Some(mut quiet) = before.clone() {
            quiet.local_modes.remove(LocalModes::ECHO);
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &quiet);
        }
        Self { before }
    }

    #[cfg(not(unix))]
    fn begin() -> Self {
        Self {}
    }
}

#[cfg(unix)]
impl Drop for Quiet {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(before) = &self.before {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}
