//! `hallpass scan --range`, over histories that the real git made.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;

use support::git::Git;
use support::{ALLOW, Ran, token};

fn range(git: &Git, range: &str) -> Ran {
    git.scan(&["--range", range])
}

/// `path:line:column short-id` of each finding.
fn places(ran: &Ran) -> Vec<String> {
    let findings = ran.json()["findings"].take();
    let commit = |finding: &serde_json::Value| {
        finding["location"]["commit"]["id"].as_str().unwrap_or("-------")[..7].to_owned()
    };
    let commits: Vec<_> = findings.as_array().unwrap().iter().map(commit).collect();
    ran.places().into_iter().zip(commits).map(|(place, id)| format!("{place} {id}")).collect()
}

#[test]
fn a_token_that_came_and_went_is_found() {
    let git = Git::new();
    git.write("a.env", "T=\n");
    git.write("old.env", format!("T={}\n", token(9)));
    let first = git.commit("first");
    git.write("a.env", format!("# more\nT={}\n", token(1)));
    let second = git.commit("adds it");
    git.write("a.env", "T=\n");
    git.write("b.env", format!("U={}\n", token(2)));
    let third = git.commit("removes it");
    let ran = range(&git, &format!("{first}..HEAD"));
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert_eq!(
        places(&ran),
        [format!("a.env:2:3 {}", &second[..7]), format!("b.env:1:3 {}", &third[..7])]
    );
    let commits: Vec<_> = ran.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["location"]["commit"].clone())
        .collect();
    assert_eq!(commits[0]["author"], "Ada Lovelace <ada@example.edu>");
    let date = commits[0]["date"].as_str().unwrap();
    assert!(date.starts_with("2026-01-01T09:") && date.ends_with('Z'), "{date}");
    assert_eq!((&commits[0]["in_head"], &commits[1]["in_head"]), (&false.into(), &true.into()));
    let coverage = ran.json()["coverage"].take();
    assert_eq!((&coverage["commits"], &coverage["blobs"]), (&2.into(), &3.into()));
    // every way to write it
    for text in [
        first.clone(),
        format!("{first}.."),
        format!("{first}...HEAD"),
        "HEAD~2".into(),
        "HEAD~2..main".into(),
    ] {
        assert_eq!(places(&range(&git, &text)), places(&ran), "{text}");
    }
    assert_eq!(places(&range(&git, "HEAD~1")).len(), 1);
    assert_eq!(places(&range(&git, &format!("{second}..{second}"))).len(), 0);
    // all of it, as a push event says of a new branch
    assert_eq!(places(&range(&git, &format!("{}..HEAD", "0".repeat(40)))).len(), 3);
}

#[test]
fn an_empty_range_is_told_and_passes() {
    let git = Git::new();
    git.write("a.env", format!("T={}\n", token(1)));
    git.commit("first");
    for text in ["HEAD..HEAD", "HEAD", "HEAD...HEAD", "main..HEAD~0"] {
        let ran = range(&git, text);
        assert_eq!(ran.code, 0, "{text}: {}", ran.err());
        assert_eq!(ran.json()["coverage"]["nothing"], "the range holds no commit", "{text}");
    }
    let ran = git.run(&["scan", "--range", "HEAD"]);
    assert!(ran.out().contains("the range holds no commit"), "{}", ran.out());
}

#[test]
fn both_dots_and_three_mean_what_a_pull_request_shows() {
    let git = Git::new();
    git.write("a.env", "x\n");
    git.commit("first");
    git.git(&["checkout", "--quiet", "-b", "topic"]);
    git.write("topic.env", format!("T={}\n", token(1)));
    git.commit("topic");
    git.git(&["checkout", "--quiet", "main"]);
    git.write("main.env", format!("T={}\n", token(2)));
    git.commit("main");
    for text in ["main..topic", "main...topic"] {
        assert_eq!(range(&git, text).places(), ["topic.env:1:3"], "{text}");
    }
    // without anything in common
    git.git(&["checkout", "--quiet", "--orphan", "other"]);
    git.commit("other");
    let ran = range(&git, "main...other");
    assert_eq!(ran.code, 3);
    assert!(ran.errors()[0].contains("no history in common"), "{:?}", ran.errors());
    assert_eq!(range(&git, "main..other").code, 1);
}

#[test]
fn a_merge_brings_only_what_no_parent_had() {
    let git = Git::new();
    git.write("a.env", "1\n2\n3\n");
    let first = git.commit("first");
    git.git(&["checkout", "--quiet", "-b", "topic"]);
    git.write("topic.env", format!("T={}\n", token(1)));
    git.write("a.env", format!("T={}\n1\n2\n3\n", token(2)));
    let topic = git.commit("topic");
    git.git(&["checkout", "--quiet", "main"]);
    git.write("a.env", "1\n2\n3\n4\n");
    let main = git.commit("main");
    git.git(&["merge", "--quiet", "--no-commit", "topic"]);
    git.write("a.env", format!("T={}\n1\n2\n3\n4\nE={}\n", token(2), token(3)));
    let merge = git.commit("evil merge");
    let ran = range(&git, &first);
    let expected = [
        format!("a.env:1:3 {}", &topic[..7]),
        format!("a.env:6:3 {}", &merge[..7]),
        format!("topic.env:1:3 {}", &topic[..7]),
    ];
    assert_eq!(places(&ran), expected);
    // from one parent, the other's commits are part of it
    assert_eq!(places(&range(&git, &main)), expected);
    assert_eq!(places(&range(&git, &topic)), expected[1..2]);
}

#[test]
fn the_same_leak_in_several_commits_is_told_once() {
    let git = Git::new();
    let first = git.commit("first");
    git.write("a.env", format!("T={}\n", token(1)));
    let second = git.commit("adds");
    git.write("a.env", "T=\n");
    git.commit("removes");
    git.write("a.env", format!("\n\nT={}\n", token(1)));
    git.write("b.env", format!("T={}\n", token(1)));
    let fourth = git.commit("adds again");
    git.git(&["mv", "b.env", "c.env"]);
    git.commit("moves");
    assert_eq!(
        places(&range(&git, &first)),
        [format!("a.env:1:3 {}", &second[..7]), format!("b.env:1:3 {}", &fourth[..7])]
    );
}

#[test]
fn messages_and_authors_are_searched() {
    let git = Git::new();
    let first = git.commit("first");
    let second = git.commit(&format!("fix it\n\nwith token {}\n", token(1)));
    let mut commit = git.command(git.path(), &["commit", "--quiet", "--allow-empty", "-m", "x"]);
    commit.env("GIT_AUTHOR_NAME", format!("Ada {}", token(2)));
    assert_eq!(Ran::of(&mut commit).code, 0);
    git.git(&["tag", "-a", "v1", "-m", &format!("release\ntoken {}", token(3))]);
    let ran = range(&git, &format!("{first}..v1"));
    let shown = places(&ran);
    assert_eq!(shown.len(), 3, "{shown:?}");
    assert!(shown[1].starts_with("commit:") && shown[2].starts_with("tag:"), "{shown:?}");
    let message = format!("commit:{}:3:12", &second[..12]);
    assert!(shown.iter().any(|place| place.starts_with(&message)), "{shown:?}");
    let messages: Vec<_> = ran.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["message"].as_str().unwrap().to_owned())
        .collect();
    for phrase in ["in a commit message", "in a commit's author or committer", "in a tag's message"]
    {
        assert!(messages.iter().any(|message| message.ends_with(phrase)), "{phrase}: {messages:?}");
    }
    for format in support::FORMATS {
        assert_eq!(git.run(&["scan", "--range", &first, "--format", format]).code, 1, "{format}");
    }
}

#[test]
fn triage_holds_over_commits() {
    let git = Git::new();
    git.write("hallpass.toml", "[[exclude]]\npath = \"samples/\"\nreason = \"made up\"\n[[allow]]\npath = \"c.env\"\nreason = \"why\"\n");
    let first = git.commit("first");
    git.write("samples/a.env", format!("T={}\n", token(1)));
    git.write("a.env", format!("T={} # {ALLOW} made up\n", token(2)));
    git.write("c.env", format!("T={}\n", token(3)));
    git.write("d.env", format!("T={}\n", token(4)));
    git.commit("second");
    git.write("a.env", "");
    git.commit("third");
    let ran = range(&git, &first);
    assert_eq!(ran.places(), ["d.env:1:3"], "{}", ran.out());
    assert_eq!(ran.skipped(), ["samples/a.env: excluded: made up"]);
    // what a later commit allows is allowed
    git.write("d.env", format!("# {ALLOW} a sample\nT={}\n", token(4)));
    git.commit("fourth");
    let ran = range(&git, &first);
    assert_eq!((ran.code, ran.places().len()), (0, 0), "{}", ran.out());
    // a baseline silences a leak wherever it stands
    git.write("e.env", format!("T={}\n", token(5)));
    git.commit("fifth");
    assert_eq!(range(&git, &first).code, 1);
    let ran = git.run(&["scan", "--range", &first, "--write-baseline", "b.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    git.git(&["mv", "e.env", "f.env"]);
    git.commit("sixth");
    assert_eq!(git.scan(&["--range", &first, "--baseline", "b.toml"]).code, 0);
    // moved out of an excluded folder
    git.git(&["mv", "samples/a.env", "g.env"]);
    git.commit("seventh");
    assert_eq!(range(&git, "HEAD~1").places(), ["g.env:1:3"]);
}

#[test]
fn a_shallow_clone_that_can_not_tell_says_so() {
    let git = Git::new();
    git.write("a.env", format!("T={}\n", token(1)));
    let first = git.commit("first");
    for number in 0..4 {
        git.write("b.txt", format!("{number}"));
        git.commit("more");
    }
    let address = format!("file://{}", git.path().display());
    git.git(&["clone", "--quiet", "--depth", "2", &address, "../shallow"]);
    let shallow = git.beside("shallow");
    let scan = |text: &str| git.scan_in(&shallow, &["--range", text]);
    for text in [first.as_str(), "HEAD~3", "HEAD~2..HEAD", &format!("{}..HEAD", "0".repeat(40))] {
        let ran = scan(text);
        assert_eq!(ran.code, 3, "{text}");
        assert!(ran.errors()[0].contains("fetch-depth: 0"), "{text}: {:?}", ran.errors());
        let mut human = git.hallpass_in(&shallow);
        let human = Ran::of(human.args(["scan", "--range", text]));
        assert_eq!(human.code, 3);
        assert!(human.err().contains("fetch-depth: 0"), "{text}: {}", human.err());
        assert!(human.err().contains("shallow"), "{text}: {}", human.err());
    }
    let ran = scan("HEAD~1..HEAD");
    assert_eq!((ran.code, ran.places().len()), (0, 0), "what is there can be told: {}", ran.out());
    for format in support::FORMATS {
        let mut command = git.hallpass_in(&shallow);
        let ran = Ran::of(command.args(["scan", "--format", format, "--range", &first]));
        assert_eq!(ran.code, 3, "{format}");
        let all = ran.out() + &ran.err();
        assert!(all.contains("fetch-depth: 0"), "{format}: {all}");
        assert!(!all.contains("No findings"), "{format}: {all}");
    }
}

#[test]
fn what_nobody_knows_is_no_all_clear() {
    let git = Git::new();
    git.write("a.env", "x");
    git.commit("first");
    for text in [
        "nowhere",
        "nowhere..HEAD",
        "HEAD..nowhere",
        &"1".repeat(40),
        "HEAD^{tree}",
        "HEAD:a.env",
        "HEAD~5",
        "-x",
        "..",
        "....",
    ] {
        let mut command = git.hallpass_in(git.path());
        let ran = Ran::of(command.args(["scan", "--format", "json", &format!("--range={text}")]));
        if text == ".." {
            assert_eq!(ran.code, 0, "HEAD..HEAD");
            continue;
        }
        assert_eq!(ran.code, 3, "{text}: {}", ran.out());
        assert_eq!(ran.errors().len(), 1, "{text}");
    }
}

#[test]
fn a_missing_object_is_told_and_the_rest_is_searched() {
    let git = Git::new();
    let first = git.commit("first");
    git.write("a.env", "gone");
    git.write("sub/b.env", "gone, too");
    git.write("c.env", format!("T={}\n", token(1)));
    git.commit("second");
    git.write("d.env", format!("T={}\n", token(2)));
    git.commit("third");
    let remove = |what: &str| {
        let id = git.git(&["rev-parse", what]);
        fs::remove_file(git.path().join(format!(".git/objects/{}/{}", &id[..2], &id[2..])))
            .unwrap();
    };
    remove("HEAD:a.env");
    let ran = range(&git, &first);
    assert_eq!((ran.code, ran.places()), (3, vec!["c.env:1:3".to_owned(), "d.env:1:3".to_owned()]));
    assert!(ran.errors()[0].starts_with("a.env: the blob"), "{:?}", ran.errors());
    remove("HEAD:sub");
    let ran = range(&git, &first);
    assert_eq!(ran.errors().len(), 2, "{:?}", ran.errors());
    assert_eq!(ran.places().len(), 2);
    remove("HEAD~1");
    let ran = range(&git, &first);
    assert_eq!(ran.code, 3);
    assert_eq!(ran.places(), ["c.env:1:3", "d.env:1:3"], "its child still has them");
}

#[test]
fn a_partial_clone_says_what_it_lacks() {
    let git = Git::new();
    git.write("a.env", "x");
    let first = git.commit("first");
    git.write("b.env", format!("T={}\n", token(1)));
    git.commit("second");
    git.git(&["config", "uploadpack.allowFilter", "true"]);
    let address = format!("file://{}", git.path().display());
    git.git(&["clone", "--quiet", "--filter=blob:none", "--no-checkout", &address, "../partial"]);
    let ran = git.scan_in(&git.beside("partial"), &["--range", &first]);
    assert_eq!(ran.code, 3);
    assert!(ran.errors()[0].contains("this clone is partial"), "{:?}", ran.errors());
}

/// Clocks that went wrong put children before their parents.
#[test]
fn wrong_clocks_do_not_hide_commits() {
    let git = Git::new();
    let mut bases = Vec::new();
    for (number, time) in [5000, 10, 4000, 20, 9000, 1].iter().enumerate() {
        git.write(format!("{number}.env"), format!("T={}\n", token(number as u64)));
        git.git(&["add", "."]);
        let mut commit = git.command(git.path(), &["commit", "--quiet", "-m", "x"]);
        commit.env("GIT_COMMITTER_DATE", format!("@{time} +0000"));
        assert_eq!(Ran::of(&mut commit).code, 0);
        bases.push(git.git(&["rev-parse", "HEAD"]));
    }
    for (number, base) in bases.iter().enumerate() {
        let expected: Vec<_> = (number + 1..6).map(|n| format!("{n}.env:1:3")).collect();
        assert_eq!(range(&git, base).places(), expected, "{number}");
    }
}

/// A few small trees that spell out more paths than could ever be looked at.
#[test]
fn a_bomb_of_trees_does_no_harm() {
    let git = Git::new();
    let first = git.commit("first");
    git.write("blob", format!("T={}\n", token(1)));
    let blob = git.git(&["hash-object", "-w", "blob"]);
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
    let commit = git.git(&["commit-tree", "-p", &first, "-m", "bomb", &tree]);
    let started = std::time::Instant::now();
    let ran = range(&git, &format!("{first}..{commit}"));
    assert!(started.elapsed().as_secs() < 120, "{:?}", started.elapsed());
    assert_ne!(ran.code, 0);
    assert!(ran.json()["findings"].as_array().unwrap().len() > 1);
}

/// What git itself says was added, for a history of random edits.
#[test]
fn random_histories_agree_with_git_log() {
    let mut random = support::Random(7);
    let git = Git::new();
    let mut pick = |below: u64| random.next() % below;
    let mut seed = 100;
    let base = git.commit("base");
    for number in 0..60 {
        let branches = git.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads"]);
        let branches: Vec<_> = branches.lines().collect();
        match pick(8) {
            0 => {
                git.git(&["checkout", "--quiet", "-b", &format!("b{number}")]);
            }
            1 => {
                let branch = branches[pick(branches.len() as u64) as usize];
                git.git(&["checkout", "--quiet", branch]);
            }
            2 => {
                let branch = branches[pick(branches.len() as u64) as usize];
                let args = ["merge", "--quiet", "--no-edit", "-X", "ours", branch];
                if git.try_git(&args).code != 0 {
                    git.commit("conflict");
                }
            }
            3 => {
                let (from, to) = (pick(5), pick(5));
                let _ = git.try_git(&["mv", "-k", &format!("f{from}.txt"), &format!("g{to}.txt")]);
                git.commit("move");
            }
            _ => {
                let path = git.path().join(format!("f{}.txt", pick(5)));
                let text = fs::read_to_string(&path).unwrap_or_default();
                let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                seed += 1;
                let line =
                    if pick(2) == 0 { format!("T = {}", token(seed)) } else { format!("x {seed}") };
                lines.insert(pick(lines.len() as u64 + 1) as usize, line);
                if lines.len() > 3 && pick(2) == 0 {
                    lines.remove(pick(lines.len() as u64) as usize);
                }
                fs::write(&path, lines.join("\n") + "\n").unwrap();
                git.commit("edit");
            }
        }
        if pick(15) == 0 {
            git.git(&["repack", "--quiet", "-a", "-d"]);
        }
    }
    git.git(&["checkout", "--quiet", "main"]);
    for branch in git.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads"]).lines() {
        for base in [base.as_str(), "main~1"] {
            let text = format!("{base}..{branch}");
            let ran = range(&git, &text);
            let told: std::collections::BTreeSet<String> = ran.json()["findings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["token"]["hint"].as_str().unwrap().to_owned())
                .collect();
            let log = git.git(&["log", "-p", "--cc", "-M", "--format=%n", &text]);
            let added: std::collections::BTreeSet<String> = log
                .lines()
                .filter(|line| line.starts_with('+') || line.starts_with(" +"))
                .filter_map(|line| line.split_once("T = 7~"))
                .map(|(_, token)| token[..5].to_owned())
                .collect();
            assert_eq!(told, added, "{text}");
        }
    }
}
