//! The programs of other people that tests drive, which .ci/run installs; and what they are given:
//! this repository's wheel, and this repository as a release would leave it.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::support::{Ran, root};

/// The version of this repository.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The folder that the tools are installed in, if they are. In CI they have to be.
pub(crate) fn tools() -> Option<PathBuf> {
    installed("HALLPASS_TOOLS", "target/ci-tools", "tools.txt")
}

/// The Python that makes documents, if it and the programs that it drives are installed. In CI they
/// have to be.
pub(crate) fn documents() -> Option<PathBuf> {
    let folder = installed("HALLPASS_DOCUMENTS", "target/ci-documents", "documents.txt")?;
    let list = fs::read_to_string(root().join(".ci/documents.in")).expect("the list");
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let there = |program: &str| std::env::split_paths(&paths).any(|at| at.join(program).exists());
    let missing: Vec<&str> = list
        .lines()
        .filter_map(|line| line.strip_prefix("# Debian: ")?.split(' ').next())
        .filter(|what| !there(what))
        .collect();
    if missing.is_empty() {
        return Some(program(&folder, "python"));
    }
    skip(&format!("{missing:?} are not there"))
}

/// What npm has installed beside that Python.
pub(crate) fn node_modules(python: &Path) -> PathBuf {
    let folder = python.ancestors().nth(2).expect("the folder of both");
    folder.join("node/node_modules")
}

/// The folder that .ci/run installs something in, with `list` in it when it is done.
fn installed(variable: &str, usual: &str, list: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let folder = named.unwrap_or_else(|| root().join(usual));
    if folder.join(list).exists() {
        return Some(folder);
    }
    skip(&format!("there are no tools in {}", folder.display()))
}

/// Says that a test is skipped, and why; in CI it fails.
fn skip(why: &str) -> Option<PathBuf> {
    let in_ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
    assert!(!in_ci, "{why}; .ci/run installs them");
    eprintln!("SKIPPED: {why}; .ci/run installs them");
    None
}

/// A program among them.
pub(crate) fn program(tools: &Path, name: &str) -> PathBuf {
    tools.join("bin").join(name)
}

/// This repository's wheel, in a folder of its own: built as a release builds it, but for the
/// profile, which shares what the tests' build has made already.
pub(crate) fn wheel(tools: &Path) -> &'static Path {
    static WHEEL: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, wheel) = WHEEL.get_or_init(|| {
        let folder = TempDir::new().expect("a temporary folder");
        let ran = Ran::of(
            Command::new(program(tools, "maturin"))
                .args(["build", "--profile", "dev", "--locked", "--out"])
                .arg(folder.path())
                .current_dir(root()),
        );
        assert_eq!(ran.code, 0, "{}", ran.err());
        let mut wheels = fs::read_dir(folder.path()).expect("a folder");
        let wheel = wheels.next().expect("a wheel").expect("an entry").path();
        (folder, wheel)
    });
    wheel
}

/// What pip is told so that it asks no index, but has the wheel and what building one needs.
pub(crate) fn without_index(command: &mut Command, tools: &Path) {
    let folder = wheel(tools).parent().expect("a folder");
    let links = format!("{} {}", folder.display(), tools.join("wheels").display());
    command
        .env("PIP_NO_INDEX", "1")
        .env("PIP_FIND_LINKS", links)
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("PIP_CONFIG_FILE", "/dev/null")
        .env_remove("PIP_INDEX_URL");
}

/// A PATH on which every compiler answers that it must not be asked, `folder` being empty.
pub(crate) fn without_compiler(folder: &Path) -> String {
    for name in ["cargo", "rustc", "rustup", "cc", "gcc", "clang", "maturin"] {
        script(&folder.join(name), "#!/bin/sh\necho \"$0 was asked to compile\" >&2\nexit 99\n");
    }
    format!("{}:{}", folder.display(), std::env::var("PATH").expect("a PATH"))
}

/// Writes a program.
pub(crate) fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).expect("a program");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("permissions");
}

/// Runs git in `folder`, and expects it to succeed.
pub(crate) fn git(folder: &Path, args: &[&str]) -> String {
    let ran = Ran::of(&mut git_command(folder, args));
    assert_eq!(ran.code, 0, "git {args:?}: {}{}", ran.out(), ran.err());
    ran.out().trim().to_owned()
}

/// Git with nothing of the machine's configuration.
pub(crate) fn git_command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.edu"])
        .args(["-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false"])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

/// The SHA-256 of a file, as it stands in lists.
pub(crate) fn digest(path: &Path) -> String {
    let bytes = fs::read(path).expect("a file");
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A line for the list of checksums.
pub(crate) fn line(wheel: &Path) -> String {
    let name = wheel.file_name().expect("a name").to_string_lossy();
    format!("{}  {name}\n", digest(wheel))
}

/// This repository's files in `folder`, as they are now, with `lines` added to the list of
/// checksums: what a release tags.
pub(crate) fn release(folder: &Path, lines: &str) {
    let files = git(root(), &["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    // what takes part in a build, and in being installed
    let parts = ["src/", "rules/", "benches/", ".github/", "Cargo.", "pyproject", "README", "LIC"];
    let hooks = ".pre-commit-hooks.yaml";
    for file in files.split('\0') {
        if (file == hooks || parts.iter().any(|part| file.starts_with(part)))
            && root().join(file).is_file()
        {
            let to = folder.join(file);
            fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
            fs::copy(root().join(file), to).expect("a copy");
        }
    }
    let list = folder.join(".github/checksums.sha256");
    let old = fs::read_to_string(&list).expect("the list");
    fs::write(list, old + lines).expect("the list");
}
