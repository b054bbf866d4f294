//! `hallpass scan --history`, over repositories that the real git made.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use support::git::Git;
use support::{ALLOW, Ran, body, token};

fn history(git: &Git) -> Ran {
    git.scan(&["--history"])
}

fn findings(ran: &Ran) -> Vec<Value> {
    ran.json()["findings"].as_array().unwrap().clone()
}

/// The hints of what was found.
fn hints(ran: &Ran) -> BTreeSet<String> {
    let hint = |one: &Value| one["token"]["hint"].as_str().unwrap().to_owned();
    findings(ran).iter().map(hint).collect()
}

/// The hints of tokens made from `seeds`.
fn of(seeds: impl IntoIterator<Item = u64>) -> BTreeSet<String> {
    seeds.into_iter().map(|seed| body(seed)[..5].to_owned()).collect()
}

/// The loose file of an object.
fn loose(git: &Git, what: &str) -> std::path::PathBuf {
    let id = git.git(&["rev-parse", what]);
    git.path().join(format!(".git/objects/{}/{}", &id[..2], &id[2..]))
}

#[test]
fn a_leak_is_told_from_its_first_commit_to_the_current_one() {
    let git = Git::new();
    git.commit("nothing yet");
    git.write("src/a.py", format!("# {}\nkey = '{}'\n", "x".repeat(9), token(1)));
    let brought = git.commit("brings it");
    for number in 0..5 {
        git.write("src/a.py", format!("# {number}\n\nkey = '{}'\n", token(1)));
        git.commit("edits the file");
    }
    git.git(&["mv", "src", "lib"]);
    git.commit("renames its folder");
    git.write("copy.txt", format!("{}\n", token(1)));
    git.commit("copies it");
    git.write("gone.env", format!("T={}\n", token(2)));
    let other = git.commit("another");
    git.git(&["rm", "-q", "gone.env"]);
    git.commit("and away");
    git.git(&["rm", "-q", "-r", "lib"]);
    git.commit("the copy stays");
    for packed in [false, true] {
        if packed {
            git.git(&["gc", "--quiet", "--prune=now"]);
        }
        let ran = history(&git);
        assert_eq!(ran.code, 1, "{}", ran.err());
        assert_eq!(ran.places(), ["gone.env:1:3", "src/a.py:2:8"]);
        let found = findings(&ran);
        assert_eq!(found[1]["also"], serde_json::json!(["lib/a.py", "copy.txt"]));
        assert_eq!(found[0].get("also"), None);
        let commit = &found[1]["location"]["commit"];
        assert_eq!((&commit["id"], &commit["in_head"]), (&brought.as_str().into(), &true.into()));
        assert_eq!(commit["author"], "Ada Lovelace <ada@example.edu>");
        let commit = &found[0]["location"]["commit"];
        assert_eq!((&commit["id"], &commit["in_head"]), (&other.as_str().into(), &false.into()));
        let coverage = ran.json()["coverage"].take();
        assert_eq!(coverage["commits"], 12);
        assert_eq!(coverage["blobs"], 8, "each once");
    }
    let human = git.run(&["scan", "--history"]);
    assert!(human.out().contains("also in: lib/a.py, copy.txt"), "{}", human.out());
    assert!(human.out().contains("8 blobs, 12 commits"), "{}", human.out());
}

#[test]
fn everything_that_a_reference_reaches_is_searched() {
    let git = Git::new();
    git.write("readme", "x\n");
    git.commit("first");
    git.git(&["checkout", "--quiet", "-b", "topic"]);
    git.write("branch.env", format!("T={}\n", token(1)));
    git.commit("on a branch");
    git.git(&["checkout", "--quiet", "--detach", "main"]);
    git.write("tagged.env", format!("T={}\n", token(2)));
    git.commit("under a tag only");
    git.git(&["tag", "-a", "v1", "-m", &format!("release, with {}", token(3))]);
    git.git(&["checkout", "--quiet", "main"]);
    git.git(&["notes", "add", "-m", &format!("see {}", token(4))]);
    git.write("readme", format!("T={}\n", token(5)));
    git.git(&["stash", "push", "--quiet"]);
    git.write("blob", format!("T={}\n", token(6)));
    let blob = git.git(&["hash-object", "-w", "blob"]);
    git.git(&["tag", "of-a-blob", &blob]);
    fs::remove_file(git.path().join("blob")).unwrap();
    git.git(&["clone", "--quiet", "--bare", ".", "../origin.git"]);
    git.write("remote.env", format!("T={}\n", token(7)));
    git.commit("known of the remote only");
    git.git(&["remote", "add", "origin", "../origin.git"]);
    git.git(&["push", "--quiet", "origin", "HEAD:far"]);
    git.git(&["fetch", "--quiet", "origin"]);
    git.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    // the worktree's own HEAD, on no branch
    git.git(&["worktree", "add", "--quiet", "--detach", "../linked"]);
    let linked = git.beside("linked");
    fs::write(linked.join("linked.env"), format!("T={}\n", token(8))).unwrap();
    git.git_in(&linked, &["add", "."]);
    git.git_in(&linked, &["commit", "--quiet", "-m", "linked"]);
    // what nothing reaches
    git.write("lost.env", format!("T={}\n", token(9)));
    let lost = git.commit("lost");
    git.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    git.write("blob", format!("T={}\n", token(10)));
    git.git(&["hash-object", "-w", "blob"]);
    fs::remove_file(git.path().join("blob")).unwrap();

    let ran = history(&git);
    assert_eq!(hints(&ran), of(1..9), "{}", ran.out());
    let unreached = ran.skipped();
    assert_eq!(unreached.len(), 2, "{unreached:?}");
    assert!(unreached[0].contains("--unreachable"), "{unreached:?}");
    let all = git.scan(&["--history", "--unreachable"]);
    assert_eq!(hints(&all), of(1..11));
    let path = |seed: u64| {
        let found = findings(&all);
        let hint = body(seed)[..5].to_owned();
        let one = found.iter().find(|one| one["token"]["hint"] == hint).unwrap().clone();
        (one["location"]["path"].as_str().unwrap().to_owned(), one["location"]["commit"].clone())
    };
    assert_eq!(path(9).1["id"], lost);
    assert!(path(10).0.starts_with("blob:"), "{}", path(10).0);
    assert!(path(3).0.starts_with("tag:"), "{}", path(3).0);
    assert_eq!(path(6).0, "refs/tags/of-a-blob");
    assert_eq!(path(2).1["in_head"], false);
    // from the linked work tree and from a bare clone, the same
    assert_eq!(hints(&git.scan_in(&linked, &["--history"])), of(1..9));
    git.git(&["clone", "--quiet", "--mirror", ".", "../mirror.git"]);
    assert!(hints(&git.scan_in(&git.beside("mirror.git"), &["--history"])).is_superset(&of(1..8)));
}

#[test]
fn however_git_keeps_its_objects() {
    let git = Git::new();
    let mut seeds = 0;
    let more = |git: &Git, seeds: &mut u64| {
        for _ in 0..3 {
            *seeds += 1;
            git.write(format!("{seeds}.env"), format!("T={}\n", token(*seeds)));
            git.commit("more");
        }
    };
    more(&git, &mut seeds);
    git.git(&["repack", "--quiet", "-d"]);
    more(&git, &mut seeds);
    git.git(&["repack", "--quiet", "-d"]);
    more(&git, &mut seeds);
    let expect = |git: &Git, folder: &Path, count: u64, what: &str| {
        let ran = git.scan_in(folder, &["--history"]);
        assert_eq!((ran.code, hints(&ran)), (1, of(1..=count)), "{what}: {}", ran.out());
        for threads in ["1", "2", "5"] {
            let again = git.scan_in(folder, &["--history", "--threads", threads]);
            assert_eq!(again.out(), ran.out(), "{what} on {threads} threads");
        }
    };
    expect(&git, git.path(), seeds, "two packs and loose objects");
    git.git(&["multi-pack-index", "write"]);
    git.git(&["commit-graph", "write", "--reachable"]);
    expect(&git, git.path(), seeds, "a multi-pack-index and a commit-graph");
    git.git(&["clone", "--quiet", "--shared", ".", "../borrower"]);
    let borrower = git.beside("borrower");
    expect(&git, &borrower, seeds, "alternates");
    fs::write(borrower.join("own.env"), format!("T={}\n", token(seeds + 1))).unwrap();
    git.git_in(&borrower, &["add", "."]);
    git.git_in(&borrower, &["commit", "--quiet", "-m", "own"]);
    expect(&git, &borrower, seeds + 1, "alternates and objects of its own");
    // the same objects in more than one pack, and loose as well
    git.git(&["config", "pack.packSizeLimit", "1"]);
    git.git(&["repack", "--quiet", "-a"]);
    expect(&git, git.path(), seeds, "objects kept twice");
    git.git(&["config", "--unset", "pack.packSizeLimit"]);
    git.git(&["config", "repack.useDeltaBaseOffset", "false"]);
    git.git(&["gc", "--quiet", "--aggressive", "--prune=now"]);
    expect(&git, git.path(), seeds, "deltas that name their bases");

    let git = Git::with(&["--object-format=sha256"]);
    git.write("a.env", format!("T={}\n", token(1)));
    git.commit("first");
    expect(&git, git.path(), 1, "SHA-256");
    git.git(&["gc", "--quiet"]);
    expect(&git, git.path(), 1, "SHA-256, packed");
}

#[test]
fn what_is_cut_off_is_no_all_clear() {
    let git = Git::new();
    git.write("a.env", "x\n");
    git.commit("first");
    git.write("a.env", format!("T={}\n", token(1)));
    git.commit("second");
    git.write("a.env", "y\n");
    git.commit("third");
    let address = format!("file://{}", git.path().display());
    git.git(&["clone", "--quiet", "--depth", "1", &address, "../shallow"]);
    let ran = git.scan_in(&git.beside("shallow"), &["--history"]);
    assert_eq!((ran.code, ran.places().len()), (3, 0), "{}", ran.out());
    assert!(ran.errors()[0].contains("fetch-depth: 0"), "{:?}", ran.errors());
    git.git(&["clone", "--quiet", "--depth", "2", &address, "../deeper"]);
    let ran = git.scan_in(&git.beside("deeper"), &["--history"]);
    assert_eq!((ran.code, ran.places()), (3, vec!["a.env:1:3".to_owned()]));
    assert_eq!(ran.errors().len(), 1, "{:?}", ran.errors());

    git.git(&["config", "uploadpack.allowFilter", "true"]);
    git.git(&["clone", "--quiet", "--filter=blob:none", "--no-checkout", &address, "../partial"]);
    let ran = git.scan_in(&git.beside("partial"), &["--history"]);
    assert_eq!(ran.code, 3);
    assert!(ran.errors()[0].contains("3 objects were left out"), "{:?}", ran.errors());

    let empty = Git::new();
    let ran = history(&empty);
    assert_eq!(ran.code, 3);
    assert!(ran.errors()[0].contains("nothing to search"), "{:?}", ran.errors());
    let none = Git::without_repository();
    assert_eq!(history(&none).code, 3);
}

#[test]
fn a_broken_object_is_told_and_the_rest_is_searched() {
    let git = Git::new();
    let long: String = (0..2000).map(|line| format!("line {line} of a long text\n")).collect();
    for number in 0..20 {
        git.write("long.txt", format!("{long}{number}\n"));
        git.write(format!("{number}.env"), format!("T={}\n", token(number)));
        git.commit("more");
    }
    let whole = history(&git);
    assert_eq!((whole.code, hints(&whole)), (1, of(0..20)));
    // a loose object is gone, another one is no object any more
    fs::remove_file(loose(&git, "HEAD:3.env")).unwrap();
    let ran = history(&git);
    assert_eq!((ran.code, hints(&ran)), (3, of((0..20).filter(|n| *n != 3))));
    assert_eq!(ran.errors().len(), 1);
    assert!(ran.errors()[0].starts_with("3.env: the object"), "{:?}", ran.errors());
    let broken = loose(&git, "HEAD:4.env");
    fs::set_permissions(&broken, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    fs::write(&broken, "no object").unwrap();
    let ran = history(&git);
    assert_eq!((ran.code, hints(&ran)), (3, of((0..20).filter(|n| *n != 3 && *n != 4))));
    assert_eq!(ran.errors().len(), 2, "{:?}", ran.errors());

    // a byte of a pack is wrong
    let git = Git::new();
    for number in 0..20 {
        git.write("long.txt", format!("{long}{number}\n"));
        git.write(format!("{number}.env"), format!("T={}\n", token(number)));
        git.commit("more");
    }
    git.git(&["gc", "--quiet", "--prune=now"]);
    let packs = fs::read_dir(git.path().join(".git/objects/pack")).unwrap();
    let pack =
        packs.map(|one| one.unwrap().path()).find(|path| path.extension().unwrap() == "pack");
    let pack = pack.unwrap();
    fs::set_permissions(&pack, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let bytes = fs::read(&pack).unwrap();
    let id = git.git(&["rev-parse", "HEAD:long.txt"]);
    let index = pack.with_extension("idx");
    let list = git.git(&["verify-pack", "-v", index.to_str().unwrap()]);
    let line = list.lines().find(|line| line.starts_with(&id)).unwrap();
    let offset: usize = line.split_whitespace().nth(4).unwrap().parse().unwrap();
    let mut wrong = bytes.clone();
    wrong[offset + 40] ^= 0xff;
    fs::write(&pack, wrong).unwrap();
    let ran = history(&git);
    assert_eq!((ran.code, hints(&ran)), (3, of(0..20)), "{}", ran.out());
    assert!(ran.errors().iter().any(|one| one.contains(&id)), "{:?}", ran.errors());
    // it ends in the middle
    fs::write(&pack, &bytes[..bytes.len() / 2]).unwrap();
    let ran = history(&git);
    assert_eq!(ran.code, 3);
    assert!(!ran.errors().is_empty());
    fs::write(&pack, &bytes).unwrap();
    fs::remove_file(&index).unwrap();
    let ran = history(&git);
    assert_eq!(ran.code, 3);
    assert!(ran.errors().iter().any(|one| one.contains("index-pack")), "{:?}", ran.errors());
}

#[test]
fn what_replaces_is_searched_and_so_is_what_it_replaces() {
    let git = Git::new();
    git.write("a.env", format!("T={}\n", token(1)));
    let first = git.commit("first");
    git.write("a.env", format!("T={}\n", token(2)));
    let second = git.commit("second");
    git.git(&["replace", &first, &second]);
    let ran = history(&git);
    assert_eq!(hints(&ran), of(1..3));
    assert_eq!(findings(&ran)[0]["location"]["commit"]["id"], first);
}

#[test]
fn triage_holds_over_history() {
    let git = Git::new();
    git.write("a.env", format!("T={}\n", token(1)));
    git.write("allowed.py", format!("# {ALLOW} a test value\nkey = '{}'\n", token(2)));
    git.write("later.py", format!("\nkey = '{}'\n", token(3)));
    git.write("vendor/x.env", format!("T={}\n", token(4)));
    git.write("vendor/y.env", format!("T={}\n", token(5)));
    git.commit("first");
    git.write("later.py", format!("# {ALLOW} it is dead\nkey = '{}'\n", token(3)));
    git.commit("allows it");
    git.git(&["mv", "vendor/y.env", "y.env"]);
    git.commit("leaves the excluded folder");
    git.write("hallpass.toml", "[[exclude]]\npath = \"vendor/\"\nreason = \"not ours\"\n");
    git.commit("configuration");
    let ran = history(&git);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.places(), ["a.env:1:3", "y.env:1:3"]);
    let suppressed = ran.json()["suppressed"].take();
    let silenced: BTreeSet<_> = suppressed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["token"]["hint"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(silenced, of([2, 3]));
    assert!(ran.skipped().iter().any(|one| one == "vendor/x.env: excluded: not ours"));
    // a baseline of the history silences the leak wherever it stands
    let written = git.run(&["scan", "--history", "--write-baseline", "../baseline.toml"]);
    assert_eq!(written.code, 0, "{}", written.err());
    git.write("elsewhere.env", format!("U={}\n", token(1)));
    git.commit("the same again");
    let ran = git.scan(&["--history", "--baseline", "../baseline.toml"]);
    assert_eq!((ran.code, ran.places().len()), (0, 0), "{}", ran.out());
    assert_eq!(ran.json()["suppressed"].as_array().unwrap().len(), 4);
}

#[test]
fn messages_and_names_are_searched() {
    let git = Git::new();
    git.write("a", "x");
    let first = git.commit(&format!("Fix the sync\n\nused {} for it", token(1)));
    git.git(&["config", "user.name", "unused"]);
    let mut commit = git.command(git.path(), &["commit", "--quiet", "--allow-empty", "-m", "x"]);
    commit.env("GIT_AUTHOR_NAME", token(2));
    assert_eq!(Ran::of(&mut commit).code, 0);
    let ran = history(&git);
    assert_eq!(hints(&ran), of([1, 2]));
    let path = format!("commit:{}", &first[..12]);
    let one = findings(&ran).into_iter().find(|one| one["location"]["path"] == path).unwrap();
    assert_eq!(one["location"]["line"], 3);
    assert!(one["message"].as_str().unwrap().ends_with("in a commit message"));
    assert_eq!(one["location"]["commit"]["in_head"], true);
    let human = git.run(&["scan", "--history"]);
    assert!(human.out().contains("a commit's author or committer"), "{}", human.out());
}

#[test]
fn encodings_and_names_count_as_in_files() {
    let git = Git::new();
    let wide: Vec<u8> = token(1).encode_utf16().flat_map(u16::to_le_bytes).collect();
    git.write("wide.txt", [b"\xff\xfe".as_slice(), &wide].concat());
    // one value and nothing else: the file's name says what it is
    git.write("canvas_token", support::Random(2).characters(support::OLD, 64));
    git.write("checksum", support::Random(3).characters(support::OLD, 64));
    git.write("odd\nname\u{1b}[31m.env", format!("T={}\n", token(4)));
    git.commit("first");
    let named = support::Random(2).characters(support::OLD, 5);
    let files = git.scan(&["."]);
    let ran = history(&git);
    assert_eq!(ran.places(), files.places());
    assert!(hints(&ran).contains(&named), "{:?}", ran.places());
    assert_eq!(ran.places().len(), 3);
}

/// A few small trees that spell out more paths than could ever be looked at.
#[test]
fn a_bomb_of_trees_is_bounded() {
    let git = Git::new();
    git.write("f", format!("T={}\n", token(1)));
    let blob = git.git(&["hash-object", "-w", "f"]);
    let mut entry = format!("100644 blob {blob}\tf");
    for _ in 0..12 {
        let lines: String = (0..10)
            .map(|n| {
                let (head, name) = entry.rsplit_once('\t').unwrap();
                format!("{head}\t{name}{n}\n")
            })
            .collect();
        let input = git.write("../tree", lines);
        let mut command = git.command(git.path(), &["mktree"]);
        let tree = Ran::of(command.stdin(fs::File::open(input).unwrap())).out();
        entry = format!("040000 tree {}\td", tree.trim());
    }
    let tree = entry.split([' ', '\t']).nth(2).unwrap().to_owned();
    let commit = git.git(&["commit-tree", "-m", "bomb", &tree]);
    git.git(&["update-ref", "refs/heads/main", &commit]);
    let ran = history(&git);
    assert_eq!((ran.code, hints(&ran)), (3, of([1])));
    assert!(ran.errors().iter().any(|one| one.contains("paths lead to")), "{:?}", ran.errors());
}

/// The slow and obvious reading: every object that git lists, printed whole, and searched for what
/// a token looks like.
#[test]
fn random_histories_agree_with_cat_file() {
    for round in 0..3 {
        let mut random = support::Random(40 + round);
        let git = Git::new();
        let mut seed = 1000 * round;
        git.commit("base");
        for number in 0..80 {
            let mut pick = |below: u64| random.next() % below;
            let branches = git.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
            let branches: Vec<_> = branches.lines().collect();
            let branch = branches[pick(branches.len() as u64) as usize].to_owned();
            match pick(10) {
                0 => drop(git.git(&["checkout", "--quiet", "-b", &format!("b{number}")])),
                1 => drop(git.git(&["checkout", "--quiet", &branch])),
                2 => {
                    let args = ["merge", "--quiet", "--no-edit", "-X", "ours", &branch];
                    if git.try_git(&args).code != 0 {
                        git.commit("conflict");
                    }
                }
                3 => {
                    let (from, to) = (pick(4), pick(4));
                    let _ = git.try_git(&["mv", "-k", &format!("d{from}"), &format!("e{to}")]);
                    git.commit("rename");
                }
                4 => {
                    let _ = git.try_git(&["rm", "-q", "-r", &format!("d{}", pick(4))]);
                    git.commit("remove");
                }
                5 => drop(git.git(&["repack", "--quiet", if pick(2) == 0 { "-d" } else { "-ad" }])),
                _ => {
                    let name = format!("d{}/f{}.txt", pick(4), pick(3));
                    let text = fs::read_to_string(git.path().join(&name)).unwrap_or_default();
                    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                    seed += 1;
                    let secret = pick(3) == 0;
                    let line = if secret { token(seed) } else { format!("x {seed}") };
                    lines.insert(pick(lines.len() as u64 + 1) as usize, line);
                    if lines.len() > 3 {
                        lines.remove(pick(lines.len() as u64) as usize);
                    }
                    git.write(&name, lines.join("\n") + "\n");
                    git.commit("edit");
                }
            }
        }
        let ids = git.git(&["rev-list", "--objects", "--all"]);
        let mut obvious = BTreeSet::new();
        let mut blobs = 0;
        for id in ids.lines().filter_map(|line| line.split(' ').next()) {
            if git.git(&["cat-file", "-t", id]) != "blob" {
                continue;
            }
            blobs += 1;
            let text = git.git(&["cat-file", "blob", id]);
            for line in text.lines().filter_map(|line| line.strip_prefix("7~")) {
                obvious.insert((id.to_owned(), line[..5].to_owned()));
            }
        }
        let ran = history(&git);
        assert!(ran.json()["coverage"]["blobs"].as_u64().unwrap() >= blobs);
        let found = findings(&ran);
        let told: BTreeSet<String> = hints(&ran);
        let expected: BTreeSet<String> = obvious.iter().map(|(_, hint)| hint.clone()).collect();
        assert_eq!(told, expected);
        assert_eq!(found.len(), told.len(), "each leak once");
        for one in &found {
            // the commit and the path that are told do hold the leak, and no parent does
            let hint = one["token"]["hint"].as_str().unwrap();
            let at = &one["location"];
            let (id, path) = (at["commit"]["id"].as_str().unwrap(), at["path"].as_str().unwrap());
            let blob = git.git(&["rev-parse", &format!("{id}:{path}")]);
            assert!(obvious.contains(&(blob, hint.to_owned())), "{one}");
            let grep = |commit: &str| {
                git.try_git(&["grep", "-q", &format!("^7~{hint}"), commit]).code == 0
            };
            for parent in git.git(&["rev-list", "--parents", "-n1", id]).split(' ').skip(1) {
                assert!(!grep(parent), "{hint} is older than {id}");
            }
            assert_eq!(at["commit"]["in_head"], grep("HEAD"), "{one}");
            for path in one["also"].as_array().into_iter().flatten() {
                let path = path.as_str().unwrap();
                let log = git.git(&["log", "--all", "--format=%H", "--", path]);
                assert!(!log.is_empty(), "{path} is in no commit");
            }
        }
    }
}

#[test]
fn what_holds_nothing_is_remembered() {
    let git = Git::new();
    for number in 0..6 {
        git.write("a.txt", format!("{number}\n"));
        git.commit("more");
    }
    git.git(&["gc", "--quiet", "--prune=now"]);
    git.write("b.txt", "loose\n");
    git.commit("loose");
    let cache = git.beside("cache");
    let scan = |git: &Git, more: &[&str]| {
        let ran = git.scan(&[&["--history", "--cache", "../cache"], more].concat());
        let coverage = ran.json()["coverage"].take();
        (ran.code, coverage["blobs"].as_u64().unwrap(), coverage["remembered"].as_u64(), ran)
    };
    let plain = |(code, blobs, remembered, _): (i32, u64, Option<u64>, Ran)| {
        (code, blobs, remembered.unwrap_or(0))
    };
    assert_eq!(plain(scan(&git, &[])), (0, 7, 0));
    let (code, blobs, remembered, _) = scan(&git, &[]);
    assert_eq!((code, blobs), (0, 0));
    assert!(remembered.unwrap() >= 7, "{remembered:?}");
    let human = git.run(&["scan", "--history", "--cache", "../cache"]);
    assert!(human.err().contains("remembered") || human.out().contains("remembered"));
    // other rules, damage, or nothing at all: everything is read again
    assert_eq!(plain(scan(&git, &["--max-file-size", "1MiB"])), (0, 7, 0));
    assert_eq!(plain(scan(&git, &[])), (0, 7, 0));
    let text = fs::read_to_string(&cache).unwrap();
    fs::write(&cache, text.replacen(":6", ":5", 1)).unwrap();
    assert_eq!(plain(scan(&git, &[])), (0, 7, 0), "{text}");
    for wrong in [&text[..text.len() / 2], "", "{}", "[]"] {
        fs::write(&cache, wrong).unwrap();
        assert_eq!(plain(scan(&git, &[])), (0, 7, 0), "{wrong}");
    }
    // what is new is read, and what holds something is never remembered
    git.write("new.env", format!("T={}\n", token(1)));
    git.commit("brings it");
    for _ in 0..2 {
        let (code, _, _, ran) = scan(&git, &[]);
        assert_eq!((code, ran.places()), (1, vec!["new.env:1:3".to_owned()]));
        assert!(!fs::read_to_string(&cache).unwrap().contains(&body(1)[..5]));
    }
    git.git(&["gc", "--quiet", "--prune=now"]);
    for _ in 0..2 {
        let (code, blobs, _, _) = scan(&git, &[]);
        assert_eq!((code, blobs), (1, 8), "the pack holds a leak");
    }
    // a cache that can't be written is told and costs nothing else
    let ran = git.scan(&["--history", "--cache", "../nowhere/cache"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err().contains("was not written"), "{}", ran.err());
}
