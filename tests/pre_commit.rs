//! The hooks, installed and run by the real pre-commit in repositories made on the spot, from this
//! repository as a release would leave it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;
mod tools;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use support::{Ran, root, token};
use tempfile::TempDir;
use tools::{VERSION, git, git_command, line, program, release, script, tools, wheel};
use tools::{without_compiler, without_index};

/// What every repository shares: the release, and where pre-commit keeps what it installs from it.
struct Shared {
    whole: TempDir,
    tools: PathBuf,
}

impl Shared {
    fn get() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Shared>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| {
            let tools = tools()?;
            let whole = TempDir::new().unwrap();
            for folder in ["release", "home", "bin"] {
                fs::create_dir(whole.path().join(folder)).unwrap();
            }
            let folder = whole.path().join("release");
            release(&folder, &line(wheel(&tools)));
            git(&folder, &["init", "--quiet"]);
            git(&folder, &["add", "--all"]);
            git(&folder, &["commit", "--quiet", "--message", "Release"]);
            git(&folder, &["tag", &format!("v{VERSION}")]);
            without_compiler(&whole.path().join("bin"));
            let shared = Self { whole, tools };
            // installed once; every test finds it there
            let first = Repository::new(&shared, &["hallpass", "hallpass-check"]);
            let ran = Ran::of(first.pre_commit(&["install-hooks"]));
            assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
            Some(shared)
        });
        shared.as_ref()
    }

    /// The environment of everything that runs in a repository.
    fn environment(&self, command: &mut Command) {
        without_index(command, &self.tools);
        let path = [&self.whole.path().join("bin"), &self.tools.join("bin")];
        let path = format!(
            "{}:{}:{}",
            path[0].display(),
            path[1].display(),
            std::env::var("PATH").unwrap()
        );
        command
            .env("PATH", path)
            .env("HOME", self.whole.path().join("home"))
            .env("PRE_COMMIT_HOME", self.whole.path().join("home/pre-commit"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env_remove("PRE_COMMIT")
            .env_remove("SKIP");
    }
}

/// A repository with hooks, and one clean commit.
struct Repository<'s> {
    shared: &'s Shared,
    folder: TempDir,
}

impl<'s> Repository<'s> {
    fn new(shared: &'s Shared, hooks: &[&str]) -> Self {
        let repository = Self { shared, folder: TempDir::new().unwrap() };
        let from = shared.whole.path().join("release");
        let mut config =
            format!("repos:\n- repo: {}\n  rev: v{VERSION}\n  hooks:\n", from.display());
        for hook in hooks {
            config += &format!("  - id: {hook}\n");
        }
        git(repository.path(), &["init", "--quiet"]);
        repository.write(".pre-commit-config.yaml", &config);
        repository.write("README.md", "a course\n");
        git(repository.path(), &["add", "--all"]);
        git(repository.path(), &["commit", "--quiet", "--message", "Begin"]);
        repository
    }

    /// One with pre-commit in its hooks' folder.
    fn hooked(shared: &'s Shared) -> Self {
        let repository = Self::new(shared, &["hallpass", "hallpass-check"]);
        let ran = Ran::of(repository.pre_commit(&["install"]).arg("--allow-missing-config"));
        assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, contents: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    fn stage(&self, name: &str, contents: &str) {
        self.write(name, contents);
        git(self.path(), &["add", name]);
    }

    fn pre_commit<'c>(&self, args: &[&str]) -> &'c mut Command {
        // leaked: a handful of bytes for the tests' comfort
        let command = Box::leak(Box::new(Command::new(program(&self.shared.tools, "pre-commit"))));
        command.args(args).current_dir(self.path());
        self.shared.environment(command);
        command
    }

    /// `pre-commit run ARGS`: the exit code, and what was said.
    fn run(&self, args: &[&str]) -> (i32, String) {
        let ran = Ran::of(self.pre_commit(&["run", "--verbose"]).args(args));
        (ran.code, ran.out() + &ran.err())
    }

    /// `git commit`, which runs the hooks.
    fn commit(&self) -> (i32, String) {
        let mut commit = git_command(self.path(), &["commit", "--message", "a change"]);
        self.shared.environment(&mut commit);
        let ran = Ran::of(&mut commit);
        (ran.code, ran.out() + &ran.err())
    }

    /// Commits everything behind the hooks' back; answers the commit.
    fn sneak(&self) -> String {
        git(self.path(), &["add", "--all"]);
        git(self.path(), &["commit", "--quiet", "--no-verify", "--message", "sneaked in"]);
        git(self.path(), &["rev-parse", "HEAD"])
    }
}

fn leak(seed: u64) -> String {
    format!("TOKEN = \"{}\"\n", token(seed))
}

#[test]
fn a_clean_commit_passes() {
    let Some(shared) = Shared::get() else { return };
    let repository = Repository::hooked(shared);
    repository.stage("sync.py", "TOKEN = os.environ[\"CANVAS_TOKEN\"]\n");
    let (code, told) = repository.commit();
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("leaked Canvas tokens"), "{told}");
    assert!(told.contains("Passed"), "{told}");
    assert_eq!(git(repository.path(), &["status", "--porcelain"]), "");
}

#[test]
fn a_leak_is_refused_by_what_is_staged_alone() {
    let Some(shared) = Shared::get() else { return };
    let repository = Repository::hooked(shared);
    // staged with a leak, mended in the file but not staged again
    repository.stage("sync.py", &leak(1));
    repository.write("sync.py", "TOKEN = None\n");
    let (code, told) = repository.commit();
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("sync.py:1:"), "{told}");
    assert!(told.contains("canvas-access-token"), "{told}");
    assert!(!told.contains(&token(1)[12..]), "{told}");
    let kept = fs::read_to_string(repository.path().join("sync.py")).unwrap();
    assert_eq!(kept, "TOKEN = None\n", "the working file is given back");
    // staged in parts: one has the leak
    repository.stage("sync.py", &format!("a = 1\n{}b = 2\n", leak(1)));
    repository.write("sync.py", "a = 1\nb = 2\nc = 3\n");
    assert_eq!(repository.commit().0, 1);
    // staged clean, with a leak that is not staged
    repository.stage("sync.py", "TOKEN = None\n");
    repository.write("sync.py", &leak(2));
    let (code, told) = repository.commit();
    assert_eq!(code, 0, "{told}");
    assert_eq!(fs::read_to_string(repository.path().join("sync.py")).unwrap(), leak(2));
}

#[test]
fn all_files_are_all_files() {
    let Some(shared) = Shared::get() else { return };
    let repository = Repository::hooked(shared);
    repository.write("old/secret.txt", &leak(3));
    repository.sneak();
    repository.stage("new.py", "print()\n");
    let (code, told) = repository.run(&[]);
    assert_eq!(code, 0, "{told}");
    let (code, told) = repository.run(&["--all-files"]);
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("old/secret.txt:1:"), "{told}");
    // as the configuration says, although pre-commit names the files
    repository
        .write("hallpass.toml", "[[exclude]]\npath = \"/old/\"\nreason = \"revoked in March\"\n");
    let (code, told) = repository.run(&["--all-files"]);
    assert_eq!(code, 0, "{told}");
}

#[test]
fn a_range_is_what_its_commits_changed() {
    let Some(shared) = Shared::get() else { return };
    let repository = Repository::hooked(shared);
    repository.write("before.txt", &leak(4));
    let before = repository.sneak();
    repository.write("leak.txt", &leak(5));
    let leaked = repository.sneak();
    repository.write("clean.txt", "nothing\n");
    let after = repository.sneak();
    let range = |from: &str, to: &str| repository.run(&["--from-ref", from, "--to-ref", to]);
    let (code, told) = range(&before, &after);
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("leak.txt:1:"), "{told}");
    assert!(!told.contains("before.txt"), "{told}");
    let (code, told) = range(&leaked, &after);
    assert_eq!(code, 0, "{told}");
}

#[test]
fn requests_are_checked() {
    let Some(shared) = Shared::get() else { return };
    let repository = Repository::hooked(shared);
    let passing = "fixtures/requests/calpoly/pass/calpoly-bounded-an-end.yaml";
    let passing = fs::read_to_string(root().join(passing)).unwrap();
    repository.stage("requests/export.yaml", &passing);
    repository.stage("docker-compose.yaml", "services: {}\n");
    let (_, told) = repository.run(&["hallpass-check"]);
    assert!(told.contains("requests for Canvas tokens"), "{told}");
    assert!(!told.contains("docker-compose"), "{told}");
    repository.stage("my-request.yml", "kind: CanvasTokenRequest\nversion: 1\n");
    let (code, told) = repository.run(&["hallpass-check"]);
    assert_eq!(code, 1, "{told}");
    assert!(told.contains("my-request.yml"), "{told}");
}

#[test]
fn where_there_is_rust_it_is_built() {
    let Some(shared) = Shared::get() else { return };
    let repository = Repository::new(shared, &["hallpass-src"]);
    repository.stage("sync.py", &leak(6));
    let bin = TempDir::new().unwrap();
    // cargo as it is, but for the versions that are locked here and a debug build into the folder
    // that the tests have filled already
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let shim = format!(
        "#!/bin/sh\n[ \"$1\" = install ] && set -- \"$@\" --debug --locked\nexec '{cargo}' \"$@\"\n"
    );
    script(&bin.path().join("cargo"), &shim);
    let home = std::env::var("HOME").unwrap();
    let run = repository.pre_commit(&["run", "--verbose"]);
    run.env("PATH", format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap()))
        .env("CARGO_HOME", std::env::var("CARGO_HOME").unwrap_or(format!("{home}/.cargo")))
        .env("RUSTUP_HOME", std::env::var("RUSTUP_HOME").unwrap_or(format!("{home}/.rustup")))
        .env("CARGO_TARGET_DIR", root().join("target"));
    let ran = Ran::of(run);
    let told = ran.out() + &ran.err();
    assert_eq!(ran.code, 1, "{told}");
    assert!(told.contains("built from source"), "{told}");
    assert!(told.contains("sync.py:1:"), "{told}");
}
