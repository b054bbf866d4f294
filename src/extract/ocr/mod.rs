//! Text in pictures, as the program `tesseract` reads it: somebody else's work of decades, asked as
//! a process of its own. It is handed plain pixels on its standard input and nothing of this
//! program's environment; nothing is written to disk.

mod gray;

pub use gray::Gray;

use std::env;
use std::io::{self, BufWriter, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use crate::extract::unpack::Failure;

/// The program's name.
const PROGRAM: &str = "tesseract";
/// More text than this stands in no picture.
const MOST_TEXT: u64 = 1024 * 1024;
/// How much of a picture is handed over at once.
const PIPE: usize = 256 * 1024;
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
    pub fn read(&self, picture: Gray, time: Duration) -> Result<Vec<u8>, Failure> {
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
/// before `deadline`. The threads end when its pipes close, which nobody waits for: where it is a
/// script, what it started may hold them open.
fn exchange(child: &mut Child, picture: Gray, deadline: Instant) -> (Option<Vec<u8>>, String) {
    if let Some(stdin) = child.stdin.take() {
        // it may end before it has read all: what it printed tells
        thread::spawn(move || picture.write(&mut BufWriter::with_capacity(PIPE, stdin)));
    }
    let text = drained(child.stdout.take(), MOST_TEXT);
    let complaint = drained(child.stderr.take(), 4096);
    let left = || deadline.saturating_duration_since(Instant::now());
    let mut text = text.recv_timeout(left()).ok();
    // its output may be closed while it goes on
    while text.is_some() && !matches!(child.try_wait(), Ok(Some(_)) | Err(_)) {
        if left().is_zero() {
            text = None;
        } else {
            thread::sleep(Duration::from_millis(1));
        }
    }
    let complaint = complaint.recv_timeout(left()).unwrap_or_default();
    (text, String::from_utf8_lossy(&complaint).into_owned())
}

/// Receives the first `most` bytes of what comes; the rest is read and forgotten, so that nobody
/// waits.
fn drained(from: Option<impl Read + Send + 'static>, most: u64) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut kept = Vec::new();
        if let Some(mut from) = from {
            let _ = from.by_ref().take(most).read_to_end(&mut kept);
            let _ = io::copy(&mut from, &mut io::sink());
        }
        sender.send(kept)
    });
    receiver
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

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::io::Cursor;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::extract::unpack::budget::{Budget, Limits};

    /// A program that never ends, nor what it has started, is not waited for.
    #[test]
    fn time_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("tesseract");
        for script in
            ["sleep 30", "exec sleep 30", "exec 1>&- 2>&-; sleep 30", "sleep 30 &\nexit 0"]
        {
            fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
            let picture = [b"P5\n400 400\n255\n".as_slice(), &[255; 160_000]].concat();
            let budget = Budget::new(Limits::default());
            let (gray, _held) = Gray::decode(&mut Cursor::new(picture), &budget).unwrap().unwrap();
            let began = Instant::now();
            let read = Ocr { program: program.clone() }.read(gray, Duration::from_millis(300));
            assert!(began.elapsed() < Duration::from_secs(10), "{script}");
            let told = |failure: &Failure| failure.to_string().contains("takes more than");
            assert!(read.as_ref().is_err_and(told), "{script}: {read:?}");
        }
    }
}
