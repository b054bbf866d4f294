//! A thread keeps some of the memory that it has freed: large documents are put off, and then read
//! by a few threads, however many walk the tree.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::collections::HashSet;
use std::fs::File;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
#[cfg(target_os = "linux")]
use std::process::Command;
use std::sync::{Barrier, Mutex};
use std::thread::{self, ThreadId};

use flate2::Compression;
use flate2::write::GzEncoder;
use hallpass::detect::Detectors;
use hallpass::extract::unpack::budget::Limits;
use hallpass::finding::Coverage;
use hallpass::leaks::Searcher;
use hallpass::sources::excludes::Excludes;
use hallpass::sources::files::{Turn, Visitor, Walk};
use hallpass::sources::paths::Display;
use support::{Sandbox, root, token};

/// Puts off what is called `large`, and notes who reads what, and when.
struct Noting<'n> {
    read: &'n Mutex<Vec<(PathBuf, Turn, ThreadId)>>,
    /// Where as many threads wait for each other, so that all have something to do.
    all: &'n Barrier,
    met: bool,
}

impl Visitor for Noting<'_> {
    fn visit(&mut self, path: &Path, _: &mut File, turn: Turn) -> std::io::Result<Option<u64>> {
        if turn == Turn::First && !self.met {
            self.met = true;
            self.all.wait();
        }
        let is_large = path.file_name().unwrap().to_str().unwrap().starts_with("large");
        if turn == Turn::First && is_large {
            return Ok(None);
        }
        self.read.lock().unwrap().push((path.to_owned(), turn, thread::current().id()));
        Ok(Some(1))
    }
}

/// What [`Noting`] noted with so many threads, and the account of all.
fn walk(threads: usize) -> (Vec<(PathBuf, Turn, ThreadId)>, Coverage) {
    let sandbox = Sandbox::new();
    for number in 0..60 {
        sandbox.write(format!("{number}/large"), "x");
        sandbox.write(format!("{number}/small"), "x");
    }
    let read = Mutex::default();
    let all = Barrier::new(threads);
    let mut coverage = Coverage::default();
    let walk = Walk {
        roots: &[sandbox.path().to_owned()],
        no_ignore: false,
        excludes: &Excludes::default(),
        force_exclude: false,
        max_file_size: None,
        threads,
        display: &Display::new(sandbox.path().to_owned()),
    };
    for (_, account) in walk.run(|| Noting { read: &read, all: &all, met: false }) {
        coverage.merge(account);
    }
    (read.into_inner().unwrap(), coverage)
}

#[test]
fn few_threads_read_what_was_put_off() {
    let (read, coverage) = walk(8);
    let first = read.iter().position(|(_, turn, _)| *turn == Turn::Last).unwrap();
    let (at_first, put_off) = read.split_at(first);
    assert!(at_first.iter().all(|(path, turn, _)| path.ends_with("small") && *turn == Turn::First));
    assert!(put_off.iter().all(|(path, turn, _)| path.ends_with("large") && *turn == Turn::Last));
    let threads: HashSet<_> = put_off.iter().map(|(.., thread)| thread).collect();
    assert!(threads.len() <= 3, "{threads:?}");
    let paths: HashSet<_> = read.iter().map(|(path, ..)| path).collect();
    assert_eq!((paths.len(), read.len(), coverage.files, coverage.bytes), (120, 120, 120, 120));
}

#[test]
fn few_threads_put_nothing_off() {
    for threads in [1, 3] {
        let (read, coverage) = walk(threads);
        assert!(read.iter().all(|(_, turn, _)| *turn == Turn::Last));
        assert_eq!((read.len(), coverage.files), (120, 120));
    }
}

#[test]
fn documents_are_put_off_and_texts_are_not() {
    let detectors = Detectors::embedded().unwrap();
    let mut searcher = Searcher::new(&detectors);
    let document = std::fs::read(root().join("fixtures/documents/minutes.docx")).unwrap();
    let text = format!("{}key {}\n", "line\n".repeat(document.len()), token(1)).into_bytes();
    let size = document.len() as u64;
    for (bytes, postponed, due) in [
        (&document, None, false),
        (&document, Some(size + 1), false),
        (&document, Some(size), true),
        (&text, Some(size), false),
    ] {
        let limits = Limits { postponed, ..Limits::default() };
        let searched = searcher.search_file(&mut Cursor::new(bytes), "name", &limits).unwrap();
        assert_eq!(searched.is_postponed, due);
        assert_eq!(searched.parts.is_empty(), due);
        assert!(searched.unread.is_empty());
    }
}

/// A small file, but a large message.
fn large_message() -> Vec<u8> {
    let lines = format!("{}key {}\r\n", "a line\r\n".repeat(1 << 19), token(2));
    let headers = "From: a@example.edu\r\nTo: b@example.edu\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
    let message = format!("{headers}\r\n{lines}");
    let mut bytes = GzEncoder::new(Vec::new(), Compression::default());
    bytes.write_all(message.as_bytes()).unwrap();
    let bytes = bytes.finish().unwrap();
    assert!(bytes.len() < 1 << 20);
    bytes
}

#[test]
fn small_documents_that_take_much_are_put_off() {
    let detectors = Detectors::embedded().unwrap();
    let mut searcher = Searcher::new(&detectors);
    let bytes = large_message();
    let now = Limits::default();
    let searched = searcher.search_bytes(&bytes, "a.gz", &now);
    assert_eq!((searched.parts.len(), searched.unread.len()), (1, 0));
    let later = Limits { postponed: Some(1 << 20), ..now };
    assert!(searcher.search_bytes(&bytes, "a.gz", &later).is_postponed);
    // what can't be read once more is read at once
    let searched = searcher.search_stream(&mut &bytes[..], "a.gz", &later).unwrap();
    assert_eq!((searched.is_postponed, searched.parts.len()), (false, 1));
}

/// A pipe that is named as a file can be read once only.
#[test]
#[cfg(target_os = "linux")]
fn pipes_are_read_at_once() {
    let sandbox = Sandbox::new();
    sandbox.write("large.gz", large_message());
    let line = format!(
        "mkfifo pipe && (cat large.gz > pipe &) && timeout 60 {} scan --no-config --format concise \
         --threads 8 pipe",
        env!("CARGO_BIN_EXE_hallpass")
    );
    let output = Command::new("sh").current_dir(sandbox.path()).args(["-c", &line]).output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("pipe:524294:5: error"), "{text}");
}
