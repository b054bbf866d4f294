//! What tests with hostile files share: a run of the real binary that has to come back in time and
//! within its memory, and archives that may lie.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use super::support::{Ran, Sandbox};

/// KiB of address space, for all that a run maps: the program and its threads' stacks among it.
const MEMORY: u64 = 640 * 1024;
/// How long a run may take; the tests are not optimised.
const TIME: Duration = Duration::from_secs(120);

/// KiB that a run may really use. What is promised is 150 MiB; the tests are not optimised, and
/// what an unoptimised program needs to begin with is more.
const USED: u64 = 176 * 1024;

/// Scans `args`; whatever they are, the run comes back, and nothing in it panics.
pub(crate) fn scan(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let begin = Instant::now();
    let mut command = Command::new("sh");
    command
        .current_dir(sandbox.path())
        .env_clear()
        .env("HOME", "/nonexistent")
        .args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_hallpass"))
        .args(["scan", "--no-config", "--format", "json"])
        .args(args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the binary runs");
    let watched = std::thread::spawn({
        let status = format!("/proc/{}/status", child.id());
        move || most_used(&status)
    });
    let ran = Ran::from(child.wait_with_output().expect("the binary ends"));
    let used = watched.join().expect("a figure");
    assert!(begin.elapsed() < TIME, "{:?}", begin.elapsed());
    assert!([0, 1, 3].contains(&ran.code), "{}: {}", ran.code, ran.err());
    assert!(!ran.err().contains("panicked"), "{}", ran.err());
    assert!(used < USED, "{} MiB", used / 1024);
    ran
}

/// The most memory that a process used, in KiB, as far as its `status` says it while it runs; 0
/// where the system has none.
fn most_used(status: &str) -> u64 {
    let mut most = 0;
    while let Ok(text) = fs::read_to_string(status)
        && let Some(line) = text.lines().find(|line| line.starts_with("VmHWM:"))
    {
        let used = line.split_whitespace().nth(1).and_then(|used| used.parse().ok());
        most = most.max(used.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    most
}

/// Scans one file.
pub(crate) fn scan_file(name: &str, content: impl AsRef<[u8]>) -> Ran {
    let sandbox = Sandbox::new();
    sandbox.write(name, content);
    scan(&sandbox, &[])
}

/// A zip archive, written by hand so that it may lie.
#[derive(Default)]
pub(crate) struct Zip {
    pub(crate) bytes: Vec<u8>,
    pub(crate) directory: Vec<u8>,
    pub(crate) count: u16,
}

impl Zip {
    /// Adds a member whose directory entry says that it has `size` bytes.
    pub(crate) fn add(&mut self, name: &str, data: &[u8], size: usize) {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
        packed.write_all(data).unwrap();
        let packed = packed.finish().unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(data);
        let at = self.bytes.len();
        let rest = Self::header(name, &packed, size, crc.sum());
        self.bytes.extend(b"PK\x03\x04\x14\0");
        self.bytes.extend(&rest);
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(&packed);
        self.list(name, at, &rest);
    }

    /// What a member's header and its directory entry have in common.
    fn header(name: &str, packed: &[u8], size: usize, crc: u32) -> Vec<u8> {
        let mut header = b"\0\0\x08\0\0\0\x21\x5c".to_vec();
        for number in [crc, packed.len() as u32, size as u32] {
            header.extend(number.to_le_bytes());
        }
        header.extend((name.len() as u16).to_le_bytes());
        header.extend([0, 0]);
        header
    }

    fn list(&mut self, name: &str, at: usize, rest: &[u8]) {
        self.directory.extend(b"PK\x01\x02\x14\0\x14\0");
        self.directory.extend(rest);
        self.directory.extend([0; 10]);
        self.directory.extend((at as u32).to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.count = self.count.saturating_add(1);
    }

    /// The archive.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let start = self.bytes.len() as u32;
        self.bytes.extend(&self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend([self.count.to_le_bytes(), self.count.to_le_bytes()].concat());
        self.bytes.extend((self.directory.len() as u32).to_le_bytes());
        self.bytes.extend(start.to_le_bytes());
        self.bytes.extend([0, 0]);
        self.bytes
    }
}

/// An honest archive.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = Zip::default();
    files.iter().for_each(|(name, data)| zip.add(name, data, data.len()));
    zip.finish()
}

/// As `gzip` writes it.
pub(crate) fn gzip(data: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(data).unwrap();
    packed.finish().unwrap()
}

/// As PDF holds it.
pub(crate) fn zlib(data: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(data).unwrap();
    packed.finish().unwrap()
}
