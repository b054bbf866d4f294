//! Text in pictures, as the program `tesseract` reads it: somebody else's work of decades, asked as
//! a process of its own. It is handed plain pixels on its standard input and nothing of this
//! program's environment; nothing is written to disk.

mod gray;

pub use gray::Gray;

use std::env;
use std::io::{self, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::extract::unpack::Failure;

/// The program's name.
const PROGRAM: &str = "tesseract";
/// More text than this stands in no picture.
const MOST_TEXT: u64 = 1024 * 1024;
/// What the program gets to see of the environment: where it and its data are found.
const ENVIRONMENT: [&str; 7] =
    ["PATH", "TESSDATA_PREFIX", "LD_LIBRARY_PATH", "SystemRoot", "TMPDIR", "TEMP", "TMP"];

/// Reads pictures.
#[derive(Debug, Clone)]
pub struct Ocr {
    program: PathBuf,
}

impl Ocr {
    /// Finds the program where the system looks for programs; `None` where it is not installed.
    /// Folders that are not named from the root are passed over: what is scanned may be the
    /// present one.
    pub fn find() -> Option<Self> {
        let name = format!("{PROGRAM}{}", env::consts::EXE_SUFFIX);
        let path = env::var_os("PATH")?;
        env::split_paths(&path)
            .filter(|folder| folder.is_absolute())
            .map(|folder| folder.join(&name))
            .find(|program| is_program(program))
            .map(|program| Self { program })
    }

    /// The lines of text in `picture`, read for at most `time`.
    ///
    /// # Errors
    ///
    /// If the program can't be run, fails or takes longer.
    pub fn read(&self, picture: &Gray, time: Duration) -> Result<Vec<u8>, Failure> {
        let mut child = self.start().map_err(|error| {
            Failure::Broken(format!("{PROGRAM} can't be started ({})", error.kind()))
        })?;
        let (text, complaint) = exchange(&mut child, picture, Instant::now() + time);
        let Some(text) = text else {
            let _ = child.kill();
            let _ = child.wait();
            let seconds = time.as_secs();
            return Err(Failure::Broken(format!(
                "reading its text takes more than {seconds} seconds"
            )));
        };
        match child.wait() {
            Ok(status) if status.success() => Ok(text),
            _ => {
                let complaint = complaint.lines().map(str::trim).find(|line| !line.is_empty());
                let said = complaint.map(|line| format!(": {line}")).unwrap_or_default();
                Err(Failure::Broken(format!("{PROGRAM} can't read it{said}")))
            }
        }
    }

    fn start(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .args(["stdin", "stdout", "-l", "eng", "--psm", "3", "--dpi", "192"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env_clear()
            // pictures are read side by side already
            .env("OMP_THREAD_LIMIT", "1")
            .env("LC_ALL", "C");
        for name in ENVIRONMENT {
            if let Some(value) = env::var_os(name) {
                command.env(name, value);
            }
        }
        if let Some(folder) = self.program.parent() {
            // not where the scanned files are
            command.current_dir(folder);
        }
        command.spawn()
    }
}

/// Hands `picture` to `child` and takes what it prints, until it has ended; no text if that is not
/// before `deadline`.
fn exchange(child: &mut Child, picture: &Gray, deadline: Instant) -> (Option<Vec<u8>>, String) {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        scope.spawn(move || {
            // it may end before it has read all: what it printed tells
            if let Some(stdin) = stdin {
                let _ = picture.write(&mut BufWriter::with_capacity(256 * 1024, stdin));
            }
        });
        let complaint = scope.spawn(move || drain(stderr, 4096));
        let (sender, receiver) = mpsc::channel();
        scope.spawn(move || {
            let _ = sender.send(drain(stdout, MOST_TEXT));
        });
        let left = deadline.saturating_duration_since(Instant::now());
        let mut text = receiver.recv_timeout(left).ok();
        // its output may be closed while it goes on
        while text.is_some() && !matches!(child.try_wait(), Ok(Some(_)) | Err(_)) {
            if Instant::now() > deadline {
                text = None;
            } else {
                thread::sleep(Duration::from_millis(1));
            }
        }
        if text.is_none() {
            // the threads end when its pipes close
            let _ = child.kill();
        }
        let complaint = complaint.join().unwrap_or_default();
        (text, String::from_utf8_lossy(&complaint).into_owned())
    })
}

/// The first `most` bytes of what comes; the rest is read and forgotten, so that nobody waits.
fn drain(from: Option<impl Read>, most: u64) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(mut from) = from {
        let _ = from.by_ref().take(most).read_to_end(&mut kept);
        let _ = io::copy(&mut from, &mut io::sink());
    }
    kept
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
