//! What stands inside documents that git holds: staged, in a range, in the history.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::io::Write as _;

use support::git::Git;
use support::token;

/// A zip archive with these members.
fn zip(members: &[(&str, String)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in members {
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(*name, options).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn an_archive_is_opened_wherever_git_keeps_it() {
    let git = Git::new();
    let first = git.commit("first");
    let old = ("old.env", format!("T={}\n", token(1)));
    git.write("a.zip", zip(std::slice::from_ref(&old)));
    git.git(&["add", "."]);
    assert_eq!(git.scan(&["--staged"]).places(), ["a.zip!old.env:1:3"]);
    git.commit("an archive");
    // what it held before is not new
    git.write("a.zip", zip(&[old, ("new.env", format!("\nT={}\n", token(2)))]));
    git.git(&["add", "."]);
    assert_eq!(git.scan(&["--staged"]).places(), ["a.zip!new.env:2:3"]);
    let second = git.commit("more of it");
    let ran = git.scan(&["--range", &first]);
    assert_eq!((ran.code, ran.places().len()), (1, 2), "{}", ran.out());
    git.git(&["rm", "-q", "a.zip"]);
    git.commit("away");
    for packed in [false, true] {
        if packed {
            git.git(&["gc", "--quiet"]);
        }
        let ran = git.scan(&["--history"]);
        assert_eq!((ran.code, ran.errors().len()), (1, 0));
        assert_eq!(ran.places(), ["a.zip!new.env:2:3", "a.zip!old.env:1:3"]);
        let commit = &ran.json()["findings"][0]["location"]["commit"];
        assert_eq!((&commit["id"], &commit["in_head"]), (&second.as_str().into(), &false.into()));
    }
}

#[test]
fn what_can_not_be_read_is_told_with_its_path() {
    let git = Git::new();
    let first = git.commit("first");
    let whole = zip(&[("a.env", "x".repeat(5000))]);
    git.write("cut.zip", &whole[..whole.len() / 2]);
    git.write("vendor/cut.zip", &whole[..whole.len() / 3]);
    git.commit("broken archives");
    let exclude = ["--exclude", "vendor/"];
    for args in [vec!["--history"], vec!["--range", &first]] {
        let ran = git.scan(&[&args[..], &exclude].concat());
        assert_eq!(ran.code, 3, "{args:?}: {}", ran.out());
        assert_eq!(ran.errors().len(), 1, "{:?}", ran.errors());
        assert!(ran.errors()[0].starts_with("cut.zip"), "{:?}", ran.errors());
        let ran = git.scan(&[&args[..], &exclude, &["--allow-partial"]].concat());
        assert_eq!(ran.code, 0, "{args:?}");
        assert!(ran.skipped().iter().any(|one| one.starts_with("cut.zip")), "{:?}", ran.skipped());
    }
}
