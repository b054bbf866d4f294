//! `hallpass scan --staged`, by the real git, in every state that an index can be in.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;
use std::path::Path;

use support::git::Git;
use support::{ALLOW, Ran, token};

fn staged(git: &Git) -> Ran {
    git.scan(&["--staged"])
}

#[test]
fn the_index_counts_and_the_file_does_not() {
    let git = Git::new();
    git.write("a.env", format!("T={}\n", token(1)));
    git.write("b.env", "T=\n");
    git.write("gone.env", format!("T={}\n", token(2)));
    git.git(&["add", "."]);
    // partly staged: the file has moved on
    git.write("a.env", "T=\n");
    git.write("b.env", format!("T={}\n", token(3)));
    git.write("never-added.env", format!("T={}\n", token(4)));
    fs::remove_file(git.path().join("gone.env")).unwrap();
    let ran = staged(&git);
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert_eq!(ran.places(), ["a.env:1:3", "gone.env:1:3"]);
    let coverage = ran.json()["coverage"].take();
    assert_eq!((&coverage["blobs"], &coverage["files"]), (&3.into(), &0.into()));
    // from a folder below, paths are seen from there
    fs::create_dir(git.path().join("sub")).unwrap();
    let below = git.scan_in(&git.path().join("sub"), &["--staged"]);
    assert_eq!(below.places(), ["../a.env:1:3", "../gone.env:1:3"]);
}

#[test]
fn only_added_lines_are_told_and_the_whole_text_is_read() {
    let git = Git::new();
    let old = format!("# settings\nOLD={}\nx = 1\n", token(1));
    git.write("a.env", &old);
    git.commit("first");
    assert_eq!(staged(&git).code, 0);
    git.write("a.env", format!("# more\n{old}NEW={}\n", token(2)));
    git.git(&["add", "."]);
    assert_eq!(staged(&git).places(), ["a.env:5:5"]);
    // a line that is changed is a new line
    git.write("a.env", format!("# settings\nOLDER={}\nx = 1\n", token(1)));
    git.git(&["add", "."]);
    assert_eq!(staged(&git).places(), ["a.env:2:7"]);
    // a secret that only its surroundings tell, on a line above that was there before
    git.write("b.json", "{\n  \"canvas_token\":\n    \"\"\n}\n");
    git.commit("second");
    git.write("b.json", format!("{{\n  \"canvas_token\":\n    \"{}\"\n}}\n", support::body(3)));
    git.git(&["add", "b.json"]);
    assert_eq!(staged(&git).places(), ["b.json:3:6"]);
}

#[test]
fn nothing_staged_is_told_and_passes() {
    let git = Git::new();
    let ran = staged(&git);
    assert_eq!(ran.code, 0, "before the first commit: {}", ran.err());
    git.write("a.env", format!("T={}\n", token(1)));
    git.commit("first");
    git.write("a.env", format!("T={}\n", token(2)));
    let ran = staged(&git);
    assert_eq!(ran.code, 0);
    assert_eq!(ran.json()["coverage"]["nothing"], "nothing is staged");
    for format in support::FORMATS {
        let ran = git.run(&["scan", "--staged", "--format", format]);
        assert_eq!(ran.code, 0, "{format}");
        let all = ran.out() + &ran.err();
        assert!(!all.contains("no all-clear"), "{format}: {all}");
    }
    let human = git.run(&["scan", "--staged"]);
    assert!(human.out().contains("nothing is staged"), "{}", human.out());
    git.git(&["rm", "--quiet", "--cached", "a.env"]);
    let ran = staged(&git);
    assert_eq!((ran.code, ran.places().len()), (0, 0));
    assert_eq!(ran.json()["coverage"]["nothing"], "what is staged only removes files");
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let git = Git::new();
    git.write("sub/deep/a.env", format!("T={}\n", token(1)));
    git.git(&["add", "."]);
    assert_eq!(staged(&git).places(), ["sub/deep/a.env:1:3"]);
}

#[test]
fn a_renamed_file_brings_only_what_changed() {
    let git = Git::new();
    let lines: String = (0..20).map(|n| format!("line {n}\n")).collect();
    git.write("old/a.env", format!("{lines}T={}\n", token(1)));
    git.write("b.env", format!("{lines}U={}\n", token(2)));
    git.commit("first");
    git.git(&["mv", "old", "new"]);
    git.git(&["mv", "b.env", "c.env"]);
    let ran = staged(&git);
    assert_eq!((ran.code, ran.places().len()), (0, 0), "{}", ran.out());
    git.write("new/a.env", format!("{lines}T={}\nNEW={}\n", token(1), token(3)));
    git.git(&["add", "."]);
    assert_eq!(staged(&git).places(), ["new/a.env:22:5"]);
    // a copy is a second place
    git.git(&["reset", "--quiet", "--hard"]);
    fs::copy(git.path().join("b.env"), git.path().join("d.env")).unwrap();
    git.git(&["add", "."]);
    assert_eq!(staged(&git).places(), ["d.env:21:3"]);
}

#[test]
fn a_file_that_leaves_an_excluded_folder_is_new() {
    let git = Git::new();
    git.write("hallpass.toml", "[[exclude]]\npath = \"samples/\"\nreason = \"made up\"\n");
    git.write("samples/a.env", format!("T={}\n", token(1)));
    git.git(&["add", "."]);
    let ran = staged(&git);
    assert_eq!((ran.code, ran.skipped()), (0, vec!["samples/a.env: excluded: made up".into()]));
    git.commit("first");
    git.git(&["mv", "samples/a.env", "a.env"]);
    assert_eq!(staged(&git).places(), ["a.env:1:3"]);
}

#[cfg(unix)]
#[test]
fn modes_links_and_types() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let git = Git::new();
    let path = git.write("a.sh", format!("T={}\n", token(1)));
    git.commit("first");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    git.git(&["add", "."]);
    assert!(git.git(&["diff", "--cached", "--summary"]).contains("mode change"));
    let ran = staged(&git);
    assert_eq!((ran.code, ran.places().len()), (0, 0), "the content is the same");
    // where a link leads is text that is committed; what it leads to is not
    symlink(format!("/srv/{}", token(2)), git.path().join("link")).unwrap();
    fs::write(git.beside("secret"), token(3)).unwrap();
    symlink("../secret", git.path().join("other")).unwrap();
    git.git(&["add", "."]);
    assert_eq!(staged(&git).places(), ["link:1:6"]);
    // a file in a link's place
    git.commit("second");
    fs::remove_file(git.path().join("other")).unwrap();
    git.write("other", format!("T={}\n", token(4)));
    git.git(&["add", "."]);
    assert_eq!(staged(&git).places(), ["other:1:3"]);
    // a folder in a file's place, and a file in a folder's
    git.commit("third");
    fs::remove_file(git.path().join("other")).unwrap();
    git.write("other/x", format!("T={}\n", token(5)));
    git.git(&["add", "--all"]);
    assert_eq!(staged(&git).places(), ["other/x:1:3"]);
    git.commit("fourth");
    fs::remove_dir_all(git.path().join("other")).unwrap();
    git.write("other", format!("\n\nT={}\n", token(6)));
    git.git(&["add", "--all"]);
    assert_eq!(staged(&git).places(), ["other:3:3"]);
}

#[test]
fn every_version_of_a_conflict_is_searched() {
    let git = Git::new();
    git.write("a.env", "T=\n");
    git.commit("first");
    git.git(&["checkout", "--quiet", "-b", "theirs"]);
    git.write("a.env", format!("T={}\n", token(1)));
    git.write("clean.env", format!("U={}\n", token(2)));
    git.commit("theirs");
    git.git(&["checkout", "--quiet", "main"]);
    git.write("a.env", "T=ours\n");
    git.commit("ours");
    assert_ne!(git.try_git(&["merge", "--no-edit", "theirs"]).code, 0, "a conflict");
    assert_eq!(staged(&git).places(), ["a.env:1:3", "clean.env:1:3"]);
    // resolved
    git.write("a.env", format!("T={}\n", token(3)));
    git.git(&["add", "a.env"]);
    let ran = staged(&git);
    assert_eq!(ran.places(), ["a.env:1:3", "clean.env:1:3"]);
    // one side removed what the other changed
    git.git(&["merge", "--abort"]);
    git.git(&["rm", "--quiet", "a.env"]);
    git.commit("removed");
    assert_ne!(git.try_git(&["merge", "--no-edit", "theirs"]).code, 0, "a conflict");
    assert_eq!(staged(&git).places(), ["a.env:1:3", "clean.env:1:3"]);
}

#[test]
fn what_is_only_announced_is_passed_over() {
    let git = Git::new();
    git.write("a.env", "x");
    git.commit("first");
    git.write("b.env", format!("T={}\n", token(1)));
    git.write("sub/c.env", format!("T={}\n", token(2)));
    git.git(&["add", "--intent-to-add", "b.env", "sub/c.env"]);
    let ran = staged(&git);
    assert_eq!((ran.code, ran.places().len()), (0, 0));
    let why = "announced by --intent-to-add: nothing of it is staged";
    assert_eq!(ran.skipped(), [format!("b.env: {why}"), format!("sub/c.env: {why}")]);
}

#[test]
fn submodules_are_passed_over_and_searched_by_themselves() {
    let git = Git::new();
    git.write("a.env", "x");
    git.commit("first");
    let other = git.beside("other");
    git.git(&["clone", "--quiet", ".", "../other"]);
    fs::write(other.join("in.env"), format!("T={}\n", token(1))).unwrap();
    git.git_in(&other, &["add", "."]);
    git.git_in(&other, &["commit", "--quiet", "-m", "in"]);
    git.git(&["submodule", "--quiet", "add", "../other", "lib"]);
    let ran = staged(&git);
    assert_eq!((ran.code, ran.places().len()), (0, 0), "{}", ran.out());
    assert_eq!(ran.skipped(), ["lib: a submodule: search it in its own repository"]);
    let lib = git.path().join("lib");
    fs::write(lib.join("new.env"), format!("T={}\n", token(2))).unwrap();
    git.git_in(&lib, &["add", "."]);
    assert_eq!(git.scan_in(&lib, &["--staged"]).places(), ["new.env:1:3"]);
}

/// What a filter does to a file on its way in or out is done by git, never here.
#[test]
fn the_blob_is_read_as_it_is_stored() {
    let git = Git::new();
    git.write(".gitattributes", "*.crlf text eol=crlf\n*.secret filter=hide\n");
    git.git(&["config", "filter.hide.clean", "sed s/./x/g"]);
    git.git(&["config", "filter.hide.smudge", "touch ran; cat"]);
    git.write("a.crlf", format!("one\r\nT={}\r\n", token(1)));
    git.write("b.secret", format!("T={}\n", token(2)));
    git.git(&["add", "."]);
    git.git(&["config", "filter.hide.process", "touch ran"]);
    git.git(&["config", "core.fsmonitor", "touch ran"]);
    git.git(&["config", "core.pager", "touch ran"]);
    git.git(&["config", "diff.external", "touch ran"]);
    git.git(&["config", "core.hooksPath", "hooks"]);
    let ran = staged(&git);
    assert_eq!(ran.places(), ["a.crlf:2:3"], "{}", ran.err());
    assert!(!git.path().join("ran").exists(), "a program of the configuration was run");
}

#[cfg(target_os = "linux")]
#[test]
fn odd_names_are_shown_and_do_nothing() {
    use std::os::unix::ffi::OsStrExt as _;
    let git = Git::new();
    let names: [&[u8]; 4] =
        [b"new\nline.env", b"not\xff\xfeutf8.env", b"esc\x1b[31m.env", b"::error ::x"];
    for (seed, name) in names.iter().enumerate() {
        git.write(std::ffi::OsStr::from_bytes(name), format!("T={}\n", token(seed as u64)));
    }
    git.write(format!("{}.env", token(9)), "x");
    git.git(&["add", "."]);
    let ran = staged(&git);
    assert_eq!(ran.json()["findings"].as_array().unwrap().len(), 4, "{}", ran.out());
    for format in support::FORMATS {
        let ran = git.run(&["scan", "-v", "--staged", "--format", format]);
        assert_eq!(ran.code, 1, "{format}");
        assert!(!ran.out().contains("\n::error ::x"), "{format}");
    }
}

#[test]
fn triage_is_as_for_files() {
    let git = Git::new();
    git.write(
        "hallpass.toml",
        "baseline = \"b.toml\"\n[[allow]]\npath = \"c.env\"\nreason = \"why\"\n",
    );
    git.write("b.toml", "version = 1\n");
    git.commit("first");
    git.write("a.env", format!("# {ALLOW} made up\nT={}\n", token(1)));
    git.write("b.env", format!("T={}\n", token(2)));
    git.write("c.env", format!("T={}\n", token(3)));
    git.write("d.env", format!("T={}\n", token(4)));
    git.git(&["add", "."]);
    assert_eq!(staged(&git).places(), ["b.env:1:3", "d.env:1:3"]);
    git.git(&["rm", "--quiet", "--cached", "d.env"]);
    let ran = git.run(&["scan", "--staged", "--write-baseline", "b.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    git.git(&["add", "."]);
    let ran = staged(&git);
    assert_eq!(ran.places(), ["d.env:1:3"]);
    let by: Vec<_> = ran.json()["suppressed"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["suppressed_by"]["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(by, ["inline", "baseline", "config"]);
    // an allowance whose token was there before is not called useless
    git.commit("second");
    git.write("a.env", format!("# {ALLOW} made up\nT={}\nmore = 1\n", token(1)));
    git.write("e.env", format!("# {ALLOW} of nothing\n"));
    git.git(&["add", "a.env", "e.env"]);
    assert_eq!(staged(&git).places(), ["e.env:1:3"]);
}

#[test]
fn what_is_no_text_is_compared_by_what_it_holds() {
    let git = Git::new();
    let binary = |seeds: &[u64]| {
        let mut bytes = vec![0, 1, 2, 10];
        for seed in seeds {
            bytes.extend_from_slice(format!("\0T={}\n\0", token(*seed)).as_bytes());
        }
        bytes
    };
    git.write("a.bin", binary(&[1]));
    git.commit("first");
    git.write("a.bin", binary(&[2, 1]));
    git.git(&["add", "."]);
    let ran = staged(&git);
    let hints: Vec<_> = ran.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["token"]["hint"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(hints, [&token(2)[2..7]]);
}

/// The kinds of index that git writes when asked to.
#[test]
fn every_kind_of_index_is_read() {
    for (name, set_up) in [
        ("version 4", &[&["update-index", "--index-version", "4"][..]][..]),
        ("split", &[&["update-index", "--split-index"]]),
        ("no hash", &[&["config", "index.skipHash", "true"]]),
        ("untracked cache", &[&["update-index", "--untracked-cache"]]),
        ("sparse", &[&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]]),
    ] {
        let git = Git::new();
        for folder in ["in", "out", "out/deep", "other"] {
            git.write(format!("{folder}/a.txt"), folder);
        }
        git.commit("first");
        for args in set_up {
            git.git(args);
        }
        git.write("in/new.env", format!("T={}\n", token(1)));
        git.git(&["add", "in/new.env"]);
        let ran = staged(&git);
        assert_eq!(ran.places(), ["in/new.env:1:3"], "{name}: {}", ran.err());
        // a whole folder that is not checked out differs from HEAD
        git.git(&["reset", "--quiet", "--soft", "HEAD"]);
        let blob = git.path().join("../blob");
        fs::write(&blob, format!("T={}\n", token(2))).unwrap();
        let id = git.git(&["hash-object", "-w", "../blob"]);
        let entry = format!("100644,{id},out/deep/b.env");
        git.git(&["update-index", "--add", "--cacheinfo", &entry]);
        let ran = staged(&git);
        assert_eq!(ran.places(), ["in/new.env:1:3", "out/deep/b.env:1:3"], "{name}");
    }
    // a folder of a sparse index that is other than HEAD's as a whole
    let git = Git::new();
    git.write("in/a.txt", "x");
    git.write("out/a.txt", "x");
    let first = git.commit("first");
    git.write("out/b.env", format!("T={}\n", token(3)));
    git.commit("second");
    git.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    git.git(&["reset", "--quiet", "--soft", &first]);
    assert!(git.git(&["ls-files", "--sparse"]).lines().any(|line| line == "out/"));
    assert_eq!(staged(&git).places(), ["out/b.env:1:3"]);
}

/// Small folders, large ones, and what the index remembers of them.
#[test]
fn many_files_in_folders_are_compared_like_git_does() {
    let git = Git::new();
    for number in 0..300 {
        git.write(format!("d{}/e{}/f{number}.txt", number % 7, number % 3), "x");
        git.write(format!("d{}.x/f{number}", number % 7), "y");
        git.write(format!("d{}-x/f{number}", number % 7), "z");
    }
    git.commit("first");
    git.write("d3/e0/new.env", format!("T={}\n", token(1)));
    git.write("d3.x/f3", format!("T={}\n", token(2)));
    git.write("d9/e/f/g.env", format!("T={}\n", token(3)));
    git.git(&["add", "."]);
    git.git(&["rm", "-r", "--quiet", "d4"]);
    let expected = ["d3.x/f3:1:3", "d3/e0/new.env:1:3", "d9/e/f/g.env:1:3"];
    assert_eq!(staged(&git).places(), expected);
    assert_eq!(staged(&git).json()["coverage"]["blobs"], 3);
    // without what the index remembers of trees
    git.git(&["update-index", "--force-write-index"]);
    let names = git.git(&["ls-files", "--stage"]);
    fs::remove_file(git.path().join(".git/index")).unwrap();
    let lines = names + "\n";
    let mut command = git.command(git.path(), &["update-index", "--index-info"]);
    let input = git.write("../lines", lines);
    command.stdin(fs::File::open(input).unwrap());
    assert_eq!(Ran::of(&mut command).code, 0);
    assert_eq!(staged(&git).places(), expected);
}

#[test]
fn a_missing_blob_is_told_and_the_rest_is_searched() {
    let git = Git::new();
    git.write("a.env", "one");
    git.write("b.env", format!("T={}\n", token(1)));
    git.git(&["add", "."]);
    let id = git.git(&["rev-parse", ":a.env"]);
    let object = git.path().join(format!(".git/objects/{}/{}", &id[..2], &id[2..]));
    fs::remove_file(&object).unwrap();
    let ran = staged(&git);
    assert_eq!((ran.code, ran.places()), (3, vec!["b.env:1:3".to_owned()]));
    assert!(
        ran.errors()[0].starts_with(&format!("a.env: the blob {id} is missing")),
        "{:?}",
        ran.errors()
    );
    fs::write(&object, b"\x78\x01garbage").unwrap();
    let ran = staged(&git);
    assert_eq!((ran.code, ran.places()), (3, vec!["b.env:1:3".to_owned()]));
    assert!(ran.errors()[0].contains("can't be read"), "{:?}", ran.errors());
    // a broken index, and a broken HEAD
    let index = git.path().join(".git/index");
    let whole = fs::read(&index).unwrap();
    fs::write(&index, &whole[..20]).unwrap();
    assert_eq!(staged(&git).code, 3);
    fs::write(&index, b"hello").unwrap();
    let ran = staged(&git);
    assert_eq!(ran.code, 3);
    assert!(ran.errors()[0].contains("the index"), "{:?}", ran.errors());
}

/// Runs in the hook's own environment, as git makes it.
fn hooked(git: &Git, folder: &Path, args: &[&str]) -> Ran {
    let mut command = git.command(folder, args);
    command.env("PATH", git.path_with_hallpass());
    Ran::of(&mut command)
}

fn write_hook(path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, "#!/bin/sh\nexec hallpass scan --staged --format concise >&2\n").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn git_hands_the_hook_another_index() {
    let git = Git::new();
    git.write("a.env", "x\n");
    git.write("b.env", "x\n");
    git.commit("first");
    write_hook(&git.path().join(".git/hooks/pre-commit"));
    let commit = |args: &[&str]| hooked(&git, git.path(), args);
    // commit -a: not in the index yet
    git.write("a.env", format!("T={}\n", token(1)));
    let ran = commit(&["commit", "-a", "-m", "x"]);
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert!(ran.err().contains("a.env:1:3"), "{}", ran.err());
    // commit --only: what is staged besides is not part of it
    git.git(&["add", "a.env"]);
    git.write("b.env", "fine\n");
    let ran = commit(&["commit", "--only", "b.env", "-m", "only"]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    git.write("b.env", format!("U={}\n", token(2)));
    let ran = commit(&["commit", "--only", "b.env", "-m", "only"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err().contains("b.env:1:3") && !ran.err().contains("a.env"), "{}", ran.err());
    // --include: both
    let ran = commit(&["commit", "--include", "b.env", "-m", "both"]);
    assert!(ran.err().contains("b.env:1:3") && ran.err().contains("a.env:1:3"), "{}", ran.err());
    // an empty commit
    git.git(&["reset", "--quiet", "--hard"]);
    let ran = commit(&["commit", "--allow-empty", "-m", "empty"]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    // a user's own index
    let other = git.beside("other-index");
    git.write("c.env", format!("T={}\n", token(3)));
    let mut add = git.command(git.path(), &["add", "c.env"]);
    assert_eq!(Ran::of(add.env("GIT_INDEX_FILE", &other)).code, 0);
    let mut scan = git.hallpass_in(git.path());
    scan.args(["scan", "--staged", "--format", "json"]).env("GIT_INDEX_FILE", &other);
    assert_eq!(Ran::of(&mut scan).places(), ["c.env:1:3"]);
    assert_eq!(staged(&git).places().len(), 0);
}

#[test]
fn linked_work_trees_and_submodules_have_their_own_index() {
    let git = Git::new();
    git.write("a.env", "x\n");
    git.commit("first");
    write_hook(&git.path().join("hooks/pre-commit"));
    git.git(&["config", "core.hooksPath", git.path().join("hooks").to_str().unwrap()]);
    git.git(&["worktree", "add", "--quiet", "../linked"]);
    let linked = git.beside("linked");
    fs::write(linked.join("b.env"), format!("T={}\n", token(1))).unwrap();
    git.git_in(&linked, &["add", "."]);
    assert_eq!(git.scan_in(&linked, &["--staged"]).places(), ["b.env:1:3"]);
    let ran = hooked(&git, &linked, &["commit", "-m", "x"]);
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert!(ran.err().contains("b.env:1:3"), "{}", ran.err());
    assert_eq!(staged(&git).places().len(), 0, "the other work tree's index is another");
    git.git(&["submodule", "--quiet", "add", git.path().to_str().unwrap(), "lib"]);
    let lib = git.path().join("lib");
    git.git_in(&lib, &["config", "core.hooksPath", git.path().join("hooks").to_str().unwrap()]);
    fs::write(lib.join("c.env"), format!("T={}\n", token(2))).unwrap();
    let ran = hooked(&git, &lib, &["commit", "--include", "c.env", "-m", "x"]);
    assert_ne!(ran.code, 0);
    git.git_in(&lib, &["add", "c.env"]);
    let ran = hooked(&git, &lib, &["commit", "-m", "x"]);
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert!(ran.err().contains("c.env:1:3"), "{}", ran.err());
}

#[test]
fn flags_that_make_no_sense_together_are_refused() {
    let git = Git::new();
    for args in [
        &["scan", "--staged", "--range", "HEAD"][..],
        &["scan", "--staged", "."],
        &["scan", "--range", "HEAD", "src"],
        &["scan", "--staged", "--no-ignore"],
        &["scan", "--range", "HEAD", "--force-exclude"],
    ] {
        let ran = git.run(args);
        assert_eq!(ran.code, 2, "{args:?}");
        assert!(ran.err().contains("cannot be used with"), "{args:?}: {}", ran.err());
    }
}
