//! The documentation tells the truth: every command in it is run and its output compared, every
//! link leads somewhere, the rules are those of the data, and it builds as a book.
//! `HALLPASS_UPDATE=1 INSTA_UPDATE=always cargo test --test docs` renews what is recorded.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]
#![cfg(unix)]

#[path = "docs/markdown.rs"]
mod markdown;
mod support;
#[path = "docs/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use markdown::{Block, anchors, blocks, links};
use serde_json::Value;
use support::{Ran, hallpass, root};
use world::World;

/// The page whose commands need a Canvas to talk to: tests/incident.rs runs them.
const OF_ITS_OWN: &str = "docs/incident.md";

/// The README and the pages of the book, by their paths.
fn pages() -> BTreeMap<String, String> {
    let mut pages = BTreeMap::new();
    for file in support::files_below(&root().join("docs")) {
        if file.extension().is_some_and(|ending| ending == "md") {
            let path = Path::new("docs").join(file);
            let text = fs::read_to_string(root().join(&path)).unwrap();
            pages.insert(path.to_str().unwrap().to_owned(), text);
        }
    }
    for name in ["README.md", "CONTRIBUTING.md"] {
        pages.insert(name.into(), fs::read_to_string(root().join(name)).unwrap());
    }
    assert!(pages.len() > 10);
    pages
}

/// Whether `shown` is what was printed; a line `...` stands for any lines.
fn fits(shown: &[&str], printed: &[&str]) -> bool {
    match shown {
        [] => printed.is_empty(),
        ["..."] => true,
        ["...", rest @ ..] => (0..=printed.len()).any(|at| fits(rest, &printed[at..])),
        [line, rest @ ..] => {
            printed.first() == Some(line) && fits(rest, printed.get(1..).unwrap_or_default())
        }
    }
}

/// Runs every command of a page; answers what was printed, and what does not fit the page.
fn run(path: &str, text: &str) -> (String, Vec<String>) {
    let world = World::of(path);
    let (mut record, mut wrong) = (String::new(), Vec::new());
    for block in blocks(text).iter().filter(|block| block.language == "console") {
        for (command, shown) in block.commands() {
            if command.starts_with("cargo ") {
                // the first of these has a test of its own, and the others are this test
                continue;
            }
            if ["hallpass verify", "hallpass revoke"].iter().any(|asks| command.contains(asks)) {
                // they ask a Canvas: tests/incident.rs runs them beside one
                continue;
            }
            let printed = world.run(command);
            let lines: Vec<&str> = printed.lines().collect();
            // the last line is the exit code
            let (_, output) = lines.split_last().unwrap();
            if !shown.is_empty() && !fits(&shown, output) {
                wrong.push(format!("{path}: $ {command}\n{printed}"));
            }
            record.push_str(&format!("$ {command}\n{printed}\n"));
        }
    }
    (record, wrong)
}

#[test]
fn every_command_prints_what_is_shown_and_recorded() {
    let mut wrong = Vec::new();
    let mut records = Vec::new();
    for (path, text) in pages() {
        if path == OF_ITS_OWN {
            continue;
        }
        let (record, unlike) = run(&path, &text);
        wrong.extend(unlike);
        if !record.is_empty() {
            records.push((path.replace(['/', '.'], "_"), record));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(records.len() >= 9, "commands were found in {} pages only", records.len());
    for (name, record) in records {
        assert!(!record.contains("[exit 2]"), "{name} shows a wrong command:\n{record}");
        insta::assert_snapshot!(name, record);
    }
}

#[test]
fn no_command_of_hallpass_hides_from_the_test() {
    for (path, text) in pages() {
        for block in blocks(&text).iter().filter(|block| block.language != "console") {
            for line in block.text.lines() {
                let is_command = line.starts_with("hallpass ") || line.starts_with("$ ");
                // one asks on a terminal; tests/new.rs answers
                assert!(!is_command || line == "hallpass new", "{path}: `{line}` is not run");
            }
        }
    }
}

#[test]
fn what_is_shown_is_compared() {
    for (shown, printed, fit) in [
        (&["a"][..], &["a"][..], true),
        (&["a"], &["a", "b"], false),
        (&["a", "..."], &["a", "b"], true),
        (&["...", "b", "..."], &["a", "b"], true),
        (&["...", "c"], &["a", "b"], false),
    ] {
        assert_eq!(fits(shown, printed), fit, "{shown:?} {printed:?}");
    }
    let (_, wrong) = run("docs/x.md", "```console\n$ hallpass scan\nNo findings.\n```\n");
    assert_eq!(wrong.len(), 1);
}

#[test]
fn links_lead_somewhere_and_every_page_is_in_the_book() {
    let pages = pages();
    for (path, text) in &pages {
        let folder = Path::new(path).parent().unwrap();
        for link in links(text) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target: PathBuf = match file {
                "" => path.into(),
                file => folder.join(file),
            };
            let whole = root().join(&target);
            assert!(whole.exists(), "{path} links to {link}, which is not there");
            if !anchor.is_empty() {
                let text = fs::read_to_string(whole).unwrap();
                assert!(anchors(&text).contains(&anchor.to_owned()), "{path}: {link}");
            }
        }
    }
    let summary = links(&pages["docs/SUMMARY.md"]);
    for path in pages.keys().filter_map(|path| path.strip_prefix("docs/")) {
        assert!(
            path == "SUMMARY.md" || summary.contains(&path.to_owned()),
            "{path} is not in the book"
        );
    }
}

#[test]
fn the_book_builds_without_a_warning() {
    let Some(mdbook) = world::tool("mdbook") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(mdbook);
    command.args(["build", "docs", "--dest-dir"]).arg(folder.path()).current_dir(root());
    let ran = Ran::of(&mut command);
    assert_eq!(ran.code, 0, "{}", ran.err());
    let log = (ran.out() + &ran.err()).to_lowercase();
    assert!(!log.contains("warn") && !log.contains("error"), "{log}");
    for page in ["index.html", "start/administrator.html", "rules.html", "organisation.html"] {
        assert!(folder.path().join(page).is_file(), "{page} was not made");
    }
}

/// The rules page is made from the data.
#[test]
fn the_rules_are_those_of_the_data() {
    let rules = Ran::of(hallpass(root()).args(["rules", "--format", "json", "--no-config"])).json();
    let rules = rules.as_array().unwrap();
    let mut page = String::from(
        "# Rules\n\nMade from the detectors and the policy packs. `hallpass explain RULE` says the \
         same of one, `hallpass rules` lists them.\n",
    );
    let text = |rule: &Value, key: &str| markdown::escaped(rule[key].as_str().unwrap());
    for (job, title) in [
        ("scan", "Leaks"),
        ("check", "Requests"),
        ("any", "What hallpass says of its own comments, baselines and configuration"),
    ] {
        page.push_str(&format!("\n## {title}\n"));
        for rule in rules.iter().filter(|rule| rule["job"] == job) {
            page.push_str(&format!("\n### {}\n\n", rule["id"].as_str().unwrap()));
            let summary = text(rule, "summary");
            let severity = rule["severity"].as_str().unwrap();
            page.push_str(&format!("**{}.** ({severity})\n", summary.trim_end_matches('.')));
            for paragraph in rule["explanation"].as_str().unwrap().split("\n\n") {
                let paragraph = markdown::escaped(paragraph);
                if !paragraph.is_empty() {
                    page.push_str(&format!("\n{paragraph}\n"));
                }
            }
            let steps = rule["help"].as_array().unwrap();
            if !steps.is_empty() {
                page.push('\n');
            }
            for step in steps {
                page.push_str(&format!("- {}\n", markdown::escaped(step.as_str().unwrap())));
            }
            page.push_str(&format!("\nSource: {}\n", text(rule, "source")));
        }
    }
    let path = root().join("docs/rules.md");
    if std::env::var_os("HALLPASS_UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "docs/rules.md is not what the data says; set HALLPASS_UPDATE=1 to renew it"
    );
}

/// The block that follows `<!-- file: NAME -->`.
fn file(path: &str, name: &str) -> String {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let (_, rest) = text.split_once(&format!("<!-- file: {name} -->\n")).expect("the file");
    blocks(rest).first().map(|block: &Block| block.text.clone()).expect("a block")
}

#[test]
fn workflows_and_jobs_in_the_pages_are_well_formed() {
    let page = "docs/organisation.md";
    let job: Value = serde_saphyr::from_str(&file(page, "job.yaml")).unwrap();
    assert_eq!(job["spec"]["completionMode"], "Indexed");
    let pod = &job["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(container["command"][1], "/scan/shard.sh");
    assert_eq!(container["env"][0]["value"], job["spec"]["completions"].to_string());
    let named = |list: &Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|one| one["name"].to_string()).collect()
    };
    assert_eq!(named(&container["volumeMounts"]), named(&pod["volumes"]));
    let Some(actionlint) = world::tool("actionlint") else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join(".github/workflows")).unwrap();
    for name in [".github/workflows/hallpass.yml", ".github/workflows/tokens.yml"] {
        fs::write(folder.path().join(name), file(page, name)).unwrap();
        let ran =
            Ran::of(Command::new(&actionlint).arg("-no-color").arg(name).current_dir(&folder));
        assert_eq!((ran.code, ran.out()), (0, String::new()), "{name}");
    }
}

/// The worker of the page on organisations, side by side with itself over repositories made here.
#[test]
fn workers_share_the_repositories_and_their_reports_are_joined() {
    let world = World::of("shards");
    let work = world.work();
    fs::write(work.join("shard.sh"), file("docs/organisation.md", "shard.sh")).unwrap();
    fs::create_dir(work.join("found")).unwrap();
    let mut list = String::new();
    for at in 0..6_u64 {
        let leak = if at % 2 == 0 { support::token(100 + at) } else { "nothing".into() };
        let script = format!(
            "git init -q repo-{at} && cd repo-{at} && echo 'T = \"{leak}\"' > a.py && git add . && \
             git commit -qm one && git rm -q a.py && git commit -qm two"
        );
        assert!(world.run(&script).ends_with("[exit 0]\n"));
        list.push_str(&format!("{}\n", work.join(format!("repo-{at}")).display()));
    }
    fs::write(work.join("list"), &list).unwrap();
    let start = |index: usize| {
        let mut command = world.command("bash shard.sh");
        command.env("SHARDS", "3").env("JOB_COMPLETION_INDEX", index.to_string());
        command.env("LIST", work.join("list")).env("REPORTS", work.join("found"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let workers: Vec<_> = (0..3).map(start).collect();
    for worker in workers {
        let ran = Ran::from(worker.wait_with_output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.err());
    }
    assert_eq!(support::files_below(&work.join("found")).len(), 6);
    let merged = world.run("hallpass merge found --below-names --format concise");
    let found: Vec<&str> = merged.lines().filter(|line| line.contains(": error[")).collect();
    assert_eq!(found.len(), 3, "{merged}");
    for (line, at) in found.iter().zip([0, 2, 4]) {
        assert!(line.starts_with(&format!("repo-{at}/a.py:1:6: ")), "{line}");
    }
    assert!(merged.ends_with("[exit 1]\n"), "{merged}");
    // a repository that is not there fails its worker, and no other
    fs::write(work.join("list"), format!("{list}{}\n", work.join("gone").display())).unwrap();
    let codes: Vec<i32> =
        (0..3).map(|index| Ran::from(start(index).wait_with_output().unwrap()).code).collect();
    assert_eq!(codes, [3, 0, 0]);
}
