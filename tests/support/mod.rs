//! What the tests of the real binary share: running it in an environment that depends on nothing
//! outside, and tokens that are made up anew from a seed.

#![allow(dead_code, reason = "each test binary uses a part of it")]

#[path = "compound.rs"]
pub(crate) mod compound;
#[path = "documents.rs"]
pub(crate) mod documents;
#[path = "git.rs"]
pub(crate) mod git;
#[path = "word.rs"]
pub(crate) mod word;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The alphabet of Canvas' tokens today.
pub(crate) const NEW: &[u8] = b"2346789acefhkmnrtuvwxyzABCDEFGHJKLMNPQRTUVWXYZ";
/// The alphabet of older ones.
pub(crate) const OLD: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// What an inline allowance begins with; in two parts, so that this file's own scan does not take
/// the tests' text for allowances.
pub(crate) const ALLOW: &str = concat!("hallpass", ": allow");

/// The formats that a report can be written in.
pub(crate) const FORMATS: [&str; 10] =
    ["human", "concise", "json", "github", "sarif", "gitlab", "junit", "markdown", "csv", "html"];

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The real binary, in `folder`, with an environment that holds nothing of the machine's.
pub(crate) fn hallpass(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    // the user's own ignore rules and git settings must not decide what a test sees
    command.env("HOME", "/nonexistent").env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// Random numbers, the same for the same seed (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// `count` characters of `alphabet`.
    pub(crate) fn characters(&mut self, alphabet: &[u8], count: usize) -> String {
        let size = alphabet.len() as u64;
        (0..count).map(|_| char::from(alphabet[(self.next() % size) as usize])).collect()
    }
}

/// The 64 characters of a token.
pub(crate) fn body(seed: u64) -> String {
    Random(seed).characters(NEW, 64)
}

/// A hosted token.
pub(crate) fn token(seed: u64) -> String {
    format!("7~{}", body(seed))
}

/// A folder of its own in a repository of its own, so that neither configuration nor ignore files
/// of the machine reach it.
pub(crate) struct Sandbox {
    whole: TempDir,
}

impl Sandbox {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let whole = TempDir::new().expect("a temporary folder");
        fs::create_dir(whole.path().join(".git")).expect("a folder");
        fs::create_dir(whole.path().join("project")).expect("a folder");
        Self { whole }
    }

    /// The working directory.
    pub(crate) fn path(&self) -> PathBuf {
        self.whole.path().join("project")
    }

    /// The folder around the working directory.
    pub(crate) fn outside(&self) -> &Path {
        self.whole.path()
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, name: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, contents).expect("a written file");
        path
    }

    /// The binary, ready to run in the working directory.
    pub(crate) fn hallpass(&self) -> Command {
        hallpass(&self.path())
    }

    /// Runs `hallpass ARGS`.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.hallpass().args(args))
    }

    /// Runs `hallpass scan --format json ARGS`.
    pub(crate) fn scan(&self, args: &[&str]) -> Ran {
        Ran::of(self.hallpass().args(["scan", "--format", "json"]).args(args))
    }
}

/// What a run left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Ran {
    /// Runs `command` to its end.
    pub(crate) fn of(command: &mut Command) -> Self {
        command.output().expect("the binary runs").into()
    }

    /// Standard output.
    pub(crate) fn out(&self) -> String {
        String::from_utf8(self.stdout.clone()).expect("UTF-8 on standard output")
    }

    /// Standard error.
    pub(crate) fn err(&self) -> String {
        String::from_utf8(self.stderr.clone()).expect("UTF-8 on standard error")
    }

    /// Standard output as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out(), self.err()))
    }

    /// `path:line:column` of each finding of a JSON report.
    pub(crate) fn places(&self) -> Vec<String> {
        let findings = self.json()["findings"].take();
        let place = |finding: &serde_json::Value| {
            let at = &finding["location"];
            format!("{}:{}:{}", at["path"].as_str().expect("a path"), at["line"], at["column"])
        };
        findings.as_array().expect("a list").iter().map(place).collect()
    }

    /// What a list of the coverage holds, as `path: why`.
    pub(crate) fn coverage(&self, list: &str, why: &str) -> Vec<String> {
        let coverage = self.json()["coverage"].take();
        let entry = |entry: &serde_json::Value| {
            let text = |key: &str| entry[key].as_str().expect("text").to_owned();
            format!("{}: {}", text("path"), text(why))
        };
        coverage[list].as_array().expect("a list").iter().map(entry).collect()
    }

    /// What was passed over.
    pub(crate) fn skipped(&self) -> Vec<String> {
        self.coverage("skipped", "reason")
    }

    /// What could not be looked at.
    pub(crate) fn errors(&self) -> Vec<String> {
        self.coverage("errors", "message")
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let code = output.status.code().unwrap_or_else(|| panic!("it was killed: {output:?}"));
        Self { code, stdout: output.stdout, stderr: output.stderr }
    }
}

/// Every file below `folder`, relative to it, sorted.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                collect(&path, files);
            } else {
                files.push(path);
            }
        }
    }
    let mut files = Vec::new();
    collect(folder, &mut files);
    let relative = |path: PathBuf| path.strip_prefix(folder).expect("below").to_path_buf();
    let mut files: Vec<_> = files.into_iter().map(relative).collect();
    files.sort();
    files
}
