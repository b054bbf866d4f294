//! `hallpass hook install`, and how repositories are found and refused.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use support::git::Git;
use support::{Ran, token};

fn install(git: &Git, folder: &Path, args: &[&str]) -> String {
    let ran = Ran::of(git.hallpass_in(folder).args(["hook", "install"]).args(args));
    assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    ran.out()
}

fn executable(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Whether a commit of a token is refused in `folder`.
fn refuses(git: &Git, folder: &Path, seed: u64) -> bool {
    fs::write(folder.join("leak.env"), format!("T={}\n", token(seed))).unwrap();
    git.git_in(folder, &["add", "leak.env"]);
    let ran = Ran::of(&mut git.command(folder, &["commit", "-m", "x"]));
    let refused = ran.code != 0;
    assert_eq!(
        refused,
        ran.out_lossy().contains("leak.env:1:3") || ran.err_lossy().contains("leak.env:1:3"),
        "{}{}",
        ran.out_lossy(),
        ran.err_lossy()
    );
    git.git_in(folder, &["rm", "--quiet", "-f", "--ignore-unmatch", "leak.env"]);
    refused
}

#[test]
fn a_hook_is_written_once_and_works() {
    let git = Git::new();
    git.commit("first");
    assert!(!refuses(&git, git.path(), 1));
    assert_eq!(install(&git, git.path(), &[]), "Wrote .git/hooks/pre-commit.\n");
    let hook = git.path().join(".git/hooks/pre-commit");
    let text = fs::read(&hook).unwrap();
    assert!(refuses(&git, git.path(), 2));
    // from a folder below, and again
    let below = git.path().join("sub");
    fs::create_dir(&below).unwrap();
    assert_eq!(install(&git, &below, &[]), "Renewed ../.git/hooks/pre-commit.\n");
    assert_eq!(fs::read(&hook).unwrap(), text);
    assert!(!hook.with_extension("before-hallpass").exists());
    assert_eq!(install(&git, git.path(), &["--pre-push", "--pre-commit"]).lines().count(), 2);
    let ran = git.run(&["hook", "uninstall"]);
    assert_eq!(
        ran.out(),
        "Removed .git/hooks/pre-commit.\n\
         .git/hooks/pre-push is still there; `hallpass hook uninstall --pre-push` removes it.\n"
    );
    assert!(!hook.exists() && git.path().join(".git/hooks/pre-push").exists());
    assert_eq!(git.run(&["hook", "uninstall"]).code, 0);
    git.write("fine", "x");
    git.git(&["add", "."]);
    assert_eq!(git.try_git(&["commit", "-m", "fine"]).code, 0);
}

#[test]
fn a_hook_that_was_there_still_runs() {
    let git = Git::new();
    git.commit("first");
    let hook = git.path().join(".git/hooks/pre-commit");
    executable(&hook, "#!/bin/sh\necho ran >> ran.log\ntest ! -e stop\n");
    let said = install(&git, git.path(), &[]);
    assert!(said.contains("runs too, as .git/hooks/pre-commit.before-hallpass"), "{said}");
    assert!(refuses(&git, git.path(), 1));
    assert_eq!(fs::read_to_string(git.path().join("ran.log")).unwrap(), "ran\n");
    install(&git, git.path(), &[]);
    assert!(refuses(&git, git.path(), 2));
    assert_eq!(fs::read_to_string(git.path().join("ran.log")).unwrap(), "ran\nran\n", "once each");
    // what it refuses is refused
    git.write("stop", "");
    git.write("fine", "x");
    git.git(&["add", "fine"]);
    assert_ne!(git.try_git(&["commit", "-m", "fine"]).code, 0);
    fs::remove_file(git.path().join("stop")).unwrap();
    assert_eq!(git.try_git(&["commit", "-m", "fine"]).code, 0);
    // another tool that keeps ours, and is kept by ours, makes no circle
    let ours = hook.with_file_name("pre-commit.legacy");
    git.run(&["hook", "uninstall"]);
    assert!(fs::read_to_string(&hook).unwrap().contains("ran.log"), "it is back");
    fs::remove_file(&hook).unwrap();
    install(&git, git.path(), &[]);
    fs::rename(&hook, &ours).unwrap();
    executable(&hook, "#!/bin/sh\nexec \"$(dirname \"$0\")/pre-commit.legacy\" \"$@\"\n");
    install(&git, git.path(), &[]);
    assert!(refuses(&git, git.path(), 3));
    // a third one is not overwritten
    executable(&hook, "#!/bin/sh\n");
    let ran = git.run(&["hook", "install"]);
    assert_eq!(ran.code, 2, "{}", ran.out());
    assert!(ran.err().contains("move one of them away"), "{}", ran.err());
    assert_eq!(fs::read_to_string(&hook).unwrap(), "#!/bin/sh\n");
}

#[test]
fn hooks_that_share_what_git_says() {
    let git = Git::new();
    git.git(&["init", "--quiet", "--bare", "../server.git"]);
    let server = git.beside("server.git");
    executable(
        &server.join("hooks/pre-receive"),
        "#!/bin/sh\ncat > seen\nread x && exit 1\necho \"$@\" > args\nexit 0\n",
    );
    install(&git, &server, &[]);
    git.write("a.env", format!("T={}\n", token(1)));
    git.commit("first");
    assert_ne!(git.try_git(&["push", "../server.git", "main"]).code, 0);
    assert!(!server.join("seen").exists(), "nothing acts on a push that is refused");
    git.write("a.env", "T=\n");
    git.git(&["add", "."]);
    git.git(&["commit", "--quiet", "--amend", "-m", "x"]);
    let id = git.git(&["rev-parse", "HEAD"]);
    let ran = git.try_git(&["push", "../server.git", "main"]);
    assert_eq!(ran.code, 0, "{}", ran.err_lossy());
    let expected = format!("{} {id} refs/heads/main\n", "0".repeat(40));
    assert_eq!(fs::read_to_string(server.join("seen")).unwrap(), expected);
}

#[test]
fn it_is_written_where_git_looks() {
    let git = Git::new();
    git.commit("first");
    git.git(&["worktree", "add", "--quiet", "../linked"]);
    let linked = git.beside("linked");
    assert!(install(&git, &linked, &[]).contains("../project/.git/hooks/pre-commit"));
    assert!(refuses(&git, &linked, 1) && refuses(&git, git.path(), 2));
    // a folder of the project's, seen from the top of each work tree
    git.git(&["config", "core.hooksPath", ".githooks"]);
    let below = git.path().join("sub");
    fs::create_dir(&below).unwrap();
    assert!(!refuses(&git, git.path(), 3), "git looks elsewhere now");
    assert_eq!(install(&git, &below, &[]), "Wrote ../.githooks/pre-commit.\n");
    assert!(refuses(&git, git.path(), 4));
    // in the user's home
    git.git(&["config", "core.hooksPath", "~/my hooks"]);
    install(&git, git.path(), &[]);
    assert!(git.beside("home").join("my hooks/pre-commit").exists());
    assert!(refuses(&git, git.path(), 5));
    // a submodule has its own
    git.git(&["config", "--unset", "core.hooksPath"]);
    git.git(&["submodule", "--quiet", "add", git.path().to_str().unwrap(), "lib"]);
    let lib = git.path().join("lib");
    install(&git, &lib, &[]);
    assert!(git.path().join(".git/modules/lib/hooks/pre-commit").exists());
    assert!(refuses(&git, &lib, 6));
    // nobody commits in a bare repository
    git.git(&["init", "--quiet", "--bare", "../bare.git"]);
    let mut command = git.hallpass_in(&git.beside("bare.git"));
    assert_eq!(Ran::of(command.args(["hook", "install", "--pre-commit"])).code, 2);
    let nowhere = Git::without_repository();
    assert_eq!(nowhere.run(&["hook", "install"]).code, 3);
}

#[test]
fn without_a_repository_nothing_is_clean() {
    let git = Git::without_repository();
    for args in [&["--staged"][..], &["--range", "HEAD"]] {
        let ran = git.scan(args);
        assert_eq!(ran.code, 3);
        assert!(ran.errors()[0].contains("there is no git repository"), "{:?}", ran.errors());
    }
    let mut command = git.hallpass_in(git.path());
    command.env("GIT_DIR", "/nonexistent").args(["scan", "--staged"]);
    let ran = Ran::of(&mut command);
    assert_eq!(ran.code, 3, "{}", ran.err());
    // bare, without an index
    git.git(&["init", "--quiet", "--bare", "."]);
    let ran = git.scan(&["--staged"]);
    assert_eq!(ran.code, 3, "{}", ran.out());
    assert!(ran.errors()[0].contains("is bare"), "{:?}", ran.errors());
}

#[test]
fn the_environment_names_the_repository() {
    let git = Git::new();
    git.write("a.env", format!("T={}\n", token(1)));
    git.git(&["add", "."]);
    let elsewhere = git.beside("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let scan = |set: &[(&str, &Path)]| {
        let mut command = git.hallpass_in(&elsewhere);
        command.args(["scan", "--staged", "--format", "json"]);
        Ran::of(command.envs(set.iter().copied()))
    };
    let inside = git.path().join(".git");
    assert_eq!(scan(&[]).code, 3);
    let ran = scan(&[("GIT_DIR", &inside), ("GIT_WORK_TREE", git.path())]);
    assert_eq!(ran.places(), ["../project/a.env:1:3"], "{}", ran.err());
    assert_eq!(scan(&[("GIT_DIR", Path::new("../project/.git"))]).code, 1);
    let ran = scan(&[
        ("GIT_DIR", Path::new("../project/.git")),
        ("GIT_WORK_TREE", Path::new("../project")),
    ]);
    assert_eq!(ran.places(), ["../project/a.env:1:3"]);
    // objects elsewhere
    fs::rename(inside.join("objects"), git.beside("objects")).unwrap();
    fs::create_dir(inside.join("objects")).unwrap();
    assert_eq!(scan(&[("GIT_DIR", &inside)]).code, 3);
    let objects = git.beside("objects");
    assert_eq!(scan(&[("GIT_DIR", &inside), ("GIT_OBJECT_DIRECTORY", &objects)]).code, 1);
    let ran = scan(&[("GIT_DIR", &inside), ("GIT_ALTERNATE_OBJECT_DIRECTORIES", &objects)]);
    assert_eq!(ran.code, 1);
    fs::create_dir_all(inside.join("objects/info")).unwrap();
    fs::write(inside.join("objects/info/alternates"), format!("{}\n", objects.display())).unwrap();
    assert_eq!(git.scan(&["--staged"]).places(), ["a.env:1:3"]);
}

#[test]
fn repositories_of_unknown_kinds_are_refused() {
    for (key, value, said) in [
        ("extensions.somethingNew", "true", "uses the extension"),
        ("extensions.refStorage", "reftable", "keeps its references as `reftable`"),
        ("core.repositoryFormatVersion", "7", "can't be opened"),
        ("extensions.objectFormat", "sha512", "can't be opened"),
    ] {
        let git = Git::new();
        git.write("a.env", format!("T={}\n", token(1)));
        git.git(&["add", "."]);
        git.git(&["config", "core.repositoryFormatVersion", "1"]);
        let path = git.path().join(".git/config");
        let mut text = fs::read_to_string(&path).unwrap();
        let (section, name) = key.split_once('.').unwrap();
        text.push_str(&format!("[{section}]\n\t{name} = {value}\n"));
        fs::write(&path, text).unwrap();
        let ran = git.scan(&["--staged"]);
        assert_eq!(ran.code, 3, "{key}: {}", ran.out());
        assert!(ran.errors()[0].contains(said), "{key}: {:?}", ran.errors());
    }
}

/// As git does it: another owner, and the way out that git itself names.
#[test]
fn a_repository_of_somebody_else_is_refused() {
    let git = Git::new();
    git.write("a.env", format!("T={}\n", token(1)));
    git.git(&["add", "."]);
    let owned = [git.path().to_path_buf(), git.path().join(".git")];
    if owned.iter().any(|path| std::os::unix::fs::chown(path, Some(12345), Some(12345)).is_err()) {
        // only root can give files away
        return;
    }
    for args in [&["scan", "--staged"][..], &["scan", "--range", "HEAD"], &["hook", "install"]] {
        let ran = git.run(args);
        assert_eq!(ran.code, 3, "{args:?}");
        let remedy = format!("git config --global --add safe.directory {}", git.path().display());
        let said = ran.err().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&remedy), "{args:?}: {said}");
    }
    assert_eq!(git.try_git(&["status"]).code, 128, "git says the same");
    let add = ["config", "--global", "--add", "safe.directory", git.path().to_str().unwrap()];
    assert_eq!(
        Ran::of(git.command(&git.beside("."), &add).env("GIT_CONFIG_GLOBAL", git.settings())).code,
        0
    );
    assert_eq!(git.scan(&["--staged"]).places(), ["a.env:1:3"]);
}
