//! Repositories made and used by the real git, away from the user's settings.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{Ran, hallpass};

/// What keeps git and hallpass away from the machine's settings, and commits the same each time.
const ENVIRONMENT: [(&str, &str); 8] = [
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("GIT_AUTHOR_NAME", "Ada Lovelace"),
    ("GIT_AUTHOR_EMAIL", "ada@example.edu"),
    ("GIT_COMMITTER_NAME", "Charles Babbage"),
    ("GIT_COMMITTER_EMAIL", "charles@example.edu"),
    ("LC_ALL", "C"),
    ("TZ", "UTC"),
];

/// The first commit's time; each that follows is a minute later.
const FIRST: i64 = 1_767_258_000;

/// A folder in which repositories stand, with settings of its own.
pub(crate) struct Git {
    whole: TempDir,
    folder: PathBuf,
    clock: std::cell::Cell<i64>,
}

impl Git {
    /// An empty repository, `work`, on the branch `main`.
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// The same, made with further arguments of `git init`.
    pub(crate) fn with(args: &[&str]) -> Self {
        let git = Self::without_repository();
        let mut all = vec!["init", "--quiet", "--initial-branch=main"];
        all.extend_from_slice(args);
        all.push(".");
        git.git(&all);
        git
    }

    /// Only the folder, `work`, and settings.
    pub(crate) fn without_repository() -> Self {
        let whole = TempDir::new().expect("a temporary folder");
        // the real path, since git shows that one
        let folder = whole.path().canonicalize().expect("a path").join("project");
        std::fs::create_dir(&folder).expect("a folder");
        let settings = "[core]\n\tautocrlf = false\n[protocol \"file\"]\n\tallow = always\n\
                        [gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[advice]\n\tdetachedHead = false\n";
        std::fs::write(folder.with_file_name("gitconfig"), settings).expect("a file");
        Self { whole, folder, clock: std::cell::Cell::new(FIRST) }
    }

    /// Where the work tree stands.
    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    /// A folder beside the work tree.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.with_file_name(name)
    }

    /// The user's settings.
    pub(crate) fn settings(&self) -> PathBuf {
        self.beside("gitconfig")
    }

    /// Writes a file of the work tree, and the folders above it.
    pub(crate) fn write(&self, name: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, contents).expect("a written file");
        path
    }

    fn prepare(&self, command: &mut Command) {
        let now = self.clock.get();
        self.clock.set(now + 60);
        command
            .envs(ENVIRONMENT)
            .env("HOME", self.folder.with_file_name("home"))
            .env("GIT_CONFIG_GLOBAL", self.settings())
            .env("GIT_AUTHOR_DATE", format!("{now} +0000"))
            .env("GIT_COMMITTER_DATE", format!("{now} +0000"));
    }

    /// `git ARGS`, ready to run in `folder`.
    pub(crate) fn command(&self, folder: &Path, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new("git");
        command.current_dir(folder).env_clear().stdin(std::process::Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).args(args);
        self.prepare(&mut command);
        command
    }

    /// Runs `git ARGS` in the work tree and answers what it printed; it has to succeed.
    pub(crate) fn git(&self, args: &[impl AsRef<OsStr>]) -> String {
        self.git_in(&self.folder, args)
    }

    /// Runs `git ARGS` in `folder` and answers what it printed; it has to succeed.
    pub(crate) fn git_in(&self, folder: &Path, args: &[impl AsRef<OsStr>]) -> String {
        let args: Vec<_> = args.iter().map(AsRef::as_ref).collect();
        let ran = Ran::of(&mut self.command(folder, &args));
        assert_eq!(ran.code, 0, "git {args:?}: {}{}", ran.out_lossy(), ran.err_lossy());
        ran.out_lossy().trim_end().to_owned()
    }

    /// Runs `git ARGS` in the work tree, whatever comes of it.
    pub(crate) fn try_git(&self, args: &[impl AsRef<OsStr>]) -> Ran {
        Ran::of(&mut self.command(&self.folder, args))
    }

    /// Adds everything and commits it, even if that is nothing; answers the commit's id.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--no-verify", "--allow-empty", "--message", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// The binary, ready to run in `folder`.
    pub(crate) fn hallpass_in(&self, folder: &Path) -> Command {
        let mut command = hallpass(folder);
        self.prepare(&mut command);
        command
    }

    /// Runs `hallpass scan --format json ARGS` in the work tree.
    pub(crate) fn scan(&self, args: &[&str]) -> Ran {
        self.scan_in(&self.folder, args)
    }

    /// Runs `hallpass scan --format json ARGS` in `folder`.
    pub(crate) fn scan_in(&self, folder: &Path, args: &[&str]) -> Ran {
        let ran = Ran::of(self.hallpass_in(folder).args(["scan", "--format", "json"]).args(args));
        ran.holds_no_token();
        ran
    }

    /// Runs `hallpass ARGS` in the work tree.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let ran = Ran::of(self.hallpass_in(&self.folder).args(args));
        ran.holds_no_token();
        ran
    }

    /// Makes `hallpass` a program that hooks find, and answers the `PATH` for that.
    pub(crate) fn path_with_hallpass(&self) -> std::ffi::OsString {
        let program = Path::new(env!("CARGO_BIN_EXE_hallpass"));
        let folder = program.parent().expect("a folder").to_path_buf();
        let others = std::env::var_os("PATH").unwrap_or_default();
        let all = std::iter::once(folder).chain(std::env::split_paths(&others));
        std::env::join_paths(all).expect("a path")
    }

    /// Everything, in a temporary folder.
    pub(crate) fn whole(&self) -> &Path {
        self.whole.path()
    }
}

impl Ran {
    /// Standard output, as far as it is UTF-8.
    pub(crate) fn out_lossy(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error, as far as it is UTF-8.
    pub(crate) fn err_lossy(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Fails if something that could be a token in full, or a terminal escape, was printed.
    pub(crate) fn holds_no_token(&self) {
        for text in [&self.stdout, &self.stderr] {
            let longest = text
                .split(|byte| !byte.is_ascii_alphanumeric())
                .filter(|word| !word.iter().all(u8::is_ascii_hexdigit))
                .map(<[u8]>::len)
                .max();
            assert!(longest.unwrap_or(0) < 60, "{}", String::from_utf8_lossy(text));
            assert!(!text.contains(&0x1b), "{}", String::from_utf8_lossy(text));
        }
    }
}
