//! Pushes to a real bare repository, with `hallpass hook pre-receive` in front of it; and
//! `hallpass hook pre-push` in front of the pusher.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use support::git::Git;
use support::{ALLOW, Ran, body, token};

/// A repository to push from, and a bare one with the hook, which is the remote `origin`.
fn with_server(args: &[&str]) -> (Git, PathBuf) {
    let git = Git::with(args);
    let server = git.beside("server.git");
    let mut all = vec!["init", "--quiet", "--bare", "--initial-branch=main"];
    all.extend_from_slice(args);
    all.push("../server.git");
    git.git(&all);
    let ran = Ran::of(git.hallpass_in(&server).args(["hook", "install"]));
    assert_eq!(ran.code, 0, "{}", ran.err());
    assert!(ran.out().contains("Wrote hooks/pre-receive."), "{}", ran.out());
    git.git(&["remote", "add", "origin", "../server.git"]);
    (git, server)
}

fn push(git: &Git, args: &[&str]) -> Ran {
    let mut all = vec!["push"];
    all.extend_from_slice(args);
    let ran = git.try_git(&all);
    assert!(!ran.err_lossy().contains(&body(1)[..20]), "{}", ran.err_lossy());
    ran
}

#[test]
fn a_push_that_brings_a_token_is_refused() {
    let (git, server) = with_server(&[]);
    git.write("a.env", "T=\n");
    git.commit("first");
    let ran = push(&git, &["origin", "main"]);
    assert_eq!(ran.code, 0, "{}", ran.err_lossy());
    // small pushes stay loose objects, large ones a pack: both stand in quarantine
    for limit in ["1", "1000"] {
        git.git_in(&server, &["config", "receive.unpackLimit", limit]);
        git.write("a.env", format!("T={}\n", token(1)));
        git.commit("adds it");
        git.write("a.env", "T=\n");
        git.commit("and removes it");
        for branch in ["main", "main:new-branch", "main:refs/notes/x"] {
            let ran = push(&git, &["origin", branch]);
            assert_ne!(ran.code, 0, "{branch}: {}", ran.err_lossy());
            assert!(ran.err_lossy().contains("pre-receive hook declined"), "{}", ran.err_lossy());
            assert!(ran.err_lossy().contains("a.env"), "{}", ran.err_lossy());
            assert!(ran.err_lossy().contains("canvas-access-token"), "{}", ran.err_lossy());
        }
        git.git(&["reset", "--quiet", "--hard", "HEAD~2"]);
    }
    assert_eq!(git.git_in(&server, &["for-each-ref", "--format=%(refname)"]), "refs/heads/main");
    // the server has none of it
    assert_eq!(git.git_in(&server, &["count-objects"]).split(' ').next(), Some("3"));
    git.write("a.env", "T=fine\n");
    git.commit("fine");
    assert_eq!(push(&git, &["origin", "main", "main:other"]).code, 0);
}

#[test]
fn new_branches_deletions_and_force_pushes() {
    let (git, server) = with_server(&[]);
    git.write("a.env", format!("T={}\n", token(1)));
    git.commit("first");
    // it was there before the hook was
    let hook = server.join("hooks/pre-receive");
    fs::rename(&hook, server.join("hooks/away")).unwrap();
    assert_eq!(push(&git, &["origin", "main"]).code, 0);
    fs::rename(server.join("hooks/away"), &hook).unwrap();
    // what is reachable already is not new
    assert_eq!(push(&git, &["origin", "main:branch", "main:refs/tags/light"]).code, 0);
    assert_eq!(push(&git, &["origin", ":branch"]).code, 0, "a deletion");
    assert_eq!(push(&git, &["--delete", "origin", "light"]).code, 0);
    // a force push that brings nothing, and one that brings a token
    git.write("a.env", "T=\n");
    git.commit("second");
    assert_eq!(push(&git, &["origin", "main"]).code, 0);
    git.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    git.write("b.env", "x");
    git.commit("other second");
    assert_eq!(push(&git, &["--force", "origin", "main"]).code, 0);
    git.git(&["commit", "--quiet", "--amend", "-m", &format!("token {}", token(2))]);
    let ran = push(&git, &["--force", "origin", "main"]);
    assert_ne!(ran.code, 0);
    assert!(ran.err_lossy().contains("in a commit message"), "{}", ran.err_lossy());
    // several references, one of them bad: all are refused
    let ran = push(&git, &["--force", "origin", "main", "HEAD~1:refs/heads/good"]);
    assert_ne!(ran.code, 0);
    assert!(!git.git_in(&server, &["for-each-ref"]).contains("good"));
}

#[test]
fn tags_and_what_stands_in_no_commit() {
    let (git, server) = with_server(&[]);
    git.write("a.env", "x");
    git.commit("first");
    assert_eq!(push(&git, &["origin", "main"]).code, 0);
    git.git(&["tag", "-a", "good", "-m", "fine"]);
    assert_eq!(push(&git, &["origin", "good"]).code, 0);
    git.git(&["tag", "-a", "bad", "-m", &format!("the token is {}", token(1))]);
    let ran = push(&git, &["origin", "bad"]);
    assert_ne!(ran.code, 0);
    assert!(ran.err_lossy().contains("in a tag's message"), "{}", ran.err_lossy());
    // a tag of a tag, of a tree, of a blob
    git.git(&["tag", "-a", "outer", "bad", "-m", "fine"]);
    assert_ne!(push(&git, &["origin", "outer"]).code, 0);
    git.write("b.env", format!("T={}\n", token(2)));
    git.git(&["add", "b.env"]);
    let tree = git.git(&["write-tree"]);
    let blob = git.git(&["rev-parse", ":b.env"]);
    for id in [tree, blob] {
        git.git(&["tag", "-f", "loose", &id]);
        let ran = push(&git, &["origin", "refs/tags/loose"]);
        assert_ne!(ran.code, 0, "{}", ran.err_lossy());
        assert!(ran.err_lossy().contains("canvas-access-token"), "{}", ran.err_lossy());
    }
    assert_eq!(git.git_in(&server, &["tag"]), "good");
}

#[test]
fn the_servers_own_settings_decide() {
    let (git, server) = with_server(&[]);
    // what is pushed can't excuse itself by a configuration that is pushed along
    git.write("hallpass.toml", "[[exclude]]\npath = \"*\"\nreason = \"all\"\n");
    git.write("samples/a.env", format!("T={}\n", token(1)));
    git.commit("first");
    assert_ne!(push(&git, &["origin", "main"]).code, 0);
    fs::write(
        server.join("hallpass.toml"),
        "[[exclude]]\npath = \"samples/\"\nreason = \"made up\"\n",
    )
    .unwrap();
    let ran = push(&git, &["origin", "main"]);
    assert_eq!(ran.code, 0, "{}", ran.err_lossy());
    git.write("b.env", format!("# {ALLOW} a sample\nT={}\n", token(2)));
    git.commit("allowed in the text");
    assert_eq!(push(&git, &["origin", "main"]).code, 0);
    // a setting that can't be used refuses, too
    fs::write(server.join("hallpass.toml"), "nonsense = 1\n").unwrap();
    git.write("c.env", "x");
    git.commit("fine");
    assert_ne!(push(&git, &["origin", "main"]).code, 0);
}

#[test]
fn sha256_repositories_are_read_like_others() {
    let (git, _) = with_server(&["--object-format=sha256"]);
    git.write("a.env", "T=\n");
    let first = git.commit("first");
    assert_eq!(first.len(), 64);
    assert_eq!(push(&git, &["origin", "main"]).code, 0);
    git.write("a.env", format!("T={}\n", token(1)));
    git.git(&["add", "."]);
    assert_eq!(git.scan(&["--staged"]).places(), ["a.env:1:3"]);
    git.commit("second");
    assert_eq!(git.scan(&["--range", &first]).places(), ["a.env:1:3"]);
    let ran = push(&git, &["origin", "main"]);
    assert_ne!(ran.code, 0);
    assert!(ran.err_lossy().contains("a.env"), "{}", ran.err_lossy());
    assert!(!push(&git, &["origin", ":main"]).err_lossy().contains("canvas"));
}

fn hook(git: &Git, args: &[&str], input: &[u8]) -> Ran {
    let mut command = git.hallpass_in(git.path());
    command
        .arg("hook")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input);
    let ran: Ran = child.wait_with_output().unwrap().into();
    ran.holds_no_token();
    ran
}

#[test]
fn lines_that_git_did_not_write_refuse_the_push() {
    let git = Git::new();
    git.write("a.env", "x");
    let first = git.commit("first");
    let (zero, one) = ("0".repeat(40), "1".repeat(40));
    for input in [
        "hello\n".to_owned(),
        format!("{zero} {first}\n"),
        format!("{zero} {first} \n"),
        format!("{zero} nonsense refs/heads/x\n"),
        format!("{zero} {one} refs/heads/x\n"),
        format!("{zero} {first} {}\n", "x".repeat(100_000)),
        format!("{zero} {first} refs/heads/ok\n\n"),
        format!("{} x\n", token(1)),
    ] {
        let ran = hook(&git, &["pre-receive"], input.as_bytes());
        assert_eq!(ran.code, 3, "{input:.80}: {}{}", ran.out(), ran.err());
    }
    let ran = hook(&git, &["pre-receive"], b"\xff\xfe \x1b[31m \x00\n");
    assert_eq!(ran.code, 3);
    assert_eq!(hook(&git, &["pre-receive"], b"").code, 0, "nothing is pushed");
    let line = format!("{zero} {first} refs/heads/\x1b[31mx");
    assert_eq!(hook(&git, &["pre-receive"], line.as_bytes()).code, 0, "without a line's end");
}

#[test]
fn the_pusher_is_warned_before() {
    let git = Git::new();
    let server = git.beside("server.git");
    git.git(&["init", "--quiet", "--bare", "../server.git"]);
    git.git(&["remote", "add", "origin", "../server.git"]);
    assert_eq!(git.run(&["hook", "install", "--pre-push"]).code, 0);
    git.write("a.env", format!("T={}\n", token(1)));
    git.commit("first");
    for to in ["origin", "../server.git"] {
        let ran = push(&git, &[to, "main"]);
        assert_ne!(ran.code, 0);
        assert!(ran.out_lossy().contains("a.env") || ran.err_lossy().contains("a.env"));
    }
    assert_eq!(git.git_in(&server, &["for-each-ref"]), "");
    assert_eq!(push(&git, &["--no-verify", "origin", "main"]).code, 0);
    git.write("a.env", "T=\n");
    git.commit("second");
    assert_eq!(push(&git, &["origin", "main", "main:other"]).code, 0, "the rest is there");
    assert_eq!(push(&git, &["origin", ":other"]).code, 0);
    git.git(&["commit", "--quiet", "--amend", "-m", &format!("x {}", token(2))]);
    assert_ne!(push(&git, &["--force", "origin", "main"]).code, 0);
}
