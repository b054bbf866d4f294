//! A token that another program prints, such as a password manager's command line.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;
use zeroize::Zeroizing;

use super::Token;
use super::input::{InputError, parse};

/// How long a password manager may take: someone may have to unlock it.
const MOST_TIME: Duration = Duration::from_secs(120);
/// More than this is no token.
const MOST_BYTES: u64 = 4096;

/// Why a command gave no token.
#[derive(Debug, Error)]
pub enum CommandFailure {
    /// The command's quotes don't close, or there is no command.
    #[error("can't split the command into words: a quote does not close, or it is empty")]
    Words,
    /// It can't be started.
    #[error("can't start `{program}`: {message}")]
    Start {
        /// The program.
        program: String,
        /// Why not.
        message: String,
    },
    /// It took too long.
    #[error("`{program}` printed no token within {} seconds", MOST_TIME.as_secs())]
    Slow {
        /// The program.
        program: String,
    },
    /// It failed.
    #[error("`{program}` failed")]
    Failed {
        /// The program.
        program: String,
    },
    /// It printed something else.
    #[error(transparent)]
    Output(#[from] InputError),
}

/// Runs `line`, without a shell, and reads a token from what it prints. Its input is empty, what
/// it says on standard error is shown, and `hidden` are variables that it does not get to see.
///
/// # Errors
///
/// If it can't be run, fails, takes too long, or prints something else.
pub fn run(line: &str, hidden: &[&str]) -> Result<Token, CommandFailure> {
    let words = shlex::split(line).unwrap_or_default();
    let (program, arguments) = words.split_first().ok_or(CommandFailure::Words)?;
    let program = program.clone();
    let mut command = Command::new(&program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    for name in hidden {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(|error| CommandFailure::Start {
        program: program.clone(),
        message: error.kind().to_string(),
    })?;
    let printed = read(&mut child);
    let Some(printed) = printed else {
        let _ = child.kill();
        let _ = child.wait();
        return Err(CommandFailure::Slow { program });
    };
    match child.wait() {
        Ok(status) if status.success() => Ok(parse(&printed, &format!("what `{program}` prints"))?),
        _ => Err(CommandFailure::Failed { program }),
    }
}

/// What `child` prints until it closes its output and ends; `None` if that takes too long.
fn read(child: &mut Child) -> Option<Zeroizing<Vec<u8>>> {
    let stdout = child.stdout.take()?;
    let began = Instant::now();
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES as usize + 1));
        let read = stdout.take(MOST_BYTES + 1).read_to_end(&mut bytes);
        let _ = sender.send(read.map(|_| bytes));
    });
    let bytes = receiver.recv_timeout(MOST_TIME).ok()?.ok()?;
    while began.elapsed() < MOST_TIME {
        match child.try_wait() {
            Ok(None) => thread::sleep(Duration::from_millis(10)),
            Ok(Some(_)) | Err(_) => return Some(bytes),
        }
    }
    None
}
