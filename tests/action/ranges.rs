//! What the action looks at, by the event: ranges of real repositories and of shallow clones.

use std::fs;

use serde_json::json;

use super::release::{called, released};
use super::runner::{Job, Runner};
use super::support::token;

const NOTHING: &str = "0000000000000000000000000000000000000000";

/// A repository with a commit on its default branch, which its server has, too; answers the commit.
fn repository(runner: &Runner) -> String {
    runner.git(&["init", "--quiet"]);
    let first = runner.commit("README.md", "a course\n");
    runner.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    first
}

fn push(before: &str, after: &str) -> serde_json::Value {
    json!({ "before": before, "after": after, "repository": { "default_branch": "main" } })
}

/// What `scan` was asked to look at.
fn looked_at(runner: &Runner, job: &Job) -> Option<String> {
    let called = called(runner);
    assert_eq!(called[0], "scan", "{}", job.log);
    let mode = |it: &&String| it.starts_with("--range=") || *it == "--history";
    called.iter().find(mode).cloned()
}

#[test]
fn a_pull_request_is_looked_at_from_its_base() {
    let (mut runner, _server) = released();
    let base = repository(&runner);
    runner.commit("leak.py", &format!("TOKEN = \"{}\"\n", token(7)));
    let head = runner.commit("leak.py", "TOKEN = None\n");
    runner.set("GITHUB_REF", "refs/pull/1/merge");
    let hostile = "$(touch pwned)`touch pwned`\n::error::x";
    let event = json!({
        "action": "synchronize",
        "before": base, "after": head,
        "pull_request": {
            "title": hostile, "body": hostile,
            "base": { "sha": base, "ref": "main" },
            "head": { "sha": head, "ref": "x;touch${IFS}pwned", "label": hostile,
                      "repo": { "full_name": "stranger/course", "fork": true } },
        },
        "repository": { "default_branch": "main" },
    });
    for name in ["pull_request", "pull_request_target"] {
        let job = runner.run(&[], name, &event);
        assert_eq!(looked_at(&runner, &job), Some(format!("--range={base}..{head}")));
        // added by one commit and taken away by the next
        assert_eq!((job.code, job.outputs["findings"].as_str()), (1, "1"), "{}", job.log);
        assert!(job.summary.contains("leak.py"), "{}", job.summary);
        assert!(!runner.checkout().join("pwned").exists());
        assert!(!job.log.contains("pwned"), "{}", job.log);
    }
    let job = runner.run(&[("mode", "tree")], "pull_request", &event);
    assert_eq!(looked_at(&runner, &job), None);
    assert_eq!(job.code, 0, "{}", job.log);
    let job = runner.run(&[("paths", "README.md")], "pull_request", &event);
    assert_eq!((looked_at(&runner, &job), job.code), (None, 0), "{}", job.log);
    let both = [("paths", "README.md"), ("mode", "range")];
    assert_eq!(runner.run(&both, "pull_request", &event).code, 2);
    let job = runner.run(&[("mode", "history")], "pull_request", &event);
    assert_eq!(looked_at(&runner, &job), Some("--history".to_owned()));
    assert_eq!((job.code, job.outputs["findings"].as_str()), (1, "1"), "{}", job.log);
    // what is no commit's id is never handed to git
    let event = json!({ "pull_request": {
        "base": { "sha": "--upload-pack=touch pwned" }, "head": { "sha": head } } });
    let job = runner.run(&[], "pull_request", &event);
    assert_eq!((looked_at(&runner, &job), job.code), (None, 0), "{}", job.log);
    assert!(!runner.checkout().join("pwned").exists());
}

#[test]
fn a_push_is_looked_at_from_the_commit_before() {
    let (mut runner, _server) = released();
    let before = repository(&runner);
    let after = runner.commit("b.txt", "b\n");
    runner.set("GITHUB_REF", "refs/heads/main");
    let job = runner.run(&[], "push", &push(&before, &after));
    assert_eq!(looked_at(&runner, &job), Some(format!("--range={before}..{after}")));
    assert_eq!(job.code, 0, "{}", job.log);
    let event = json!({ "merge_group": { "base_sha": before, "head_sha": after } });
    let job = runner.run(&[], "merge_group", &event);
    assert_eq!(looked_at(&runner, &job), Some(format!("--range={before}..{after}")));
    assert_eq!(job.code, 0, "{}", job.log);
    // a branch that was deleted, and an event that has no range
    let job = runner.run(&[], "push", &push(&before, NOTHING));
    assert_eq!(looked_at(&runner, &job), None);
    let job = runner.run(&[], "schedule", &push(&before, &after));
    assert_eq!(looked_at(&runner, &job), None);
}

#[test]
fn a_new_branch_is_looked_at_from_the_default_branch() {
    let (mut runner, _server) = released();
    let main = repository(&runner);
    runner.git(&["switch", "--quiet", "--create", "feature"]);
    let after = runner.commit("b.txt", "b\n");
    runner.set("GITHUB_REF", "refs/heads/feature");
    let job = runner.run(&[], "push", &push(NOTHING, &after));
    assert_eq!(looked_at(&runner, &job), Some(format!("--range={main}..{after}")));
    assert_eq!(job.code, 0, "{}", job.log);
    // the repository's first push has nothing before it
    runner.set("GITHUB_REF", "refs/heads/main");
    let job = runner.run(&[], "push", &push(NOTHING, &after));
    assert_eq!(looked_at(&runner, &job), Some("--history".to_owned()));
    // a tag on a commit that the default branch has: the range is empty, which proves nothing
    runner.set("GITHUB_REF", "refs/tags/v1");
    for inputs in [&[][..], &[("mode", "range")]] {
        let job = runner.run(inputs, "push", &push(NOTHING, &main));
        assert_eq!((looked_at(&runner, &job), job.code), (None, 0), "{}", job.log);
    }
}

#[test]
fn a_forced_push_whose_past_is_gone_is_looked_at_all_the_same() {
    let (mut runner, _server) = released();
    let main = repository(&runner);
    runner.git(&["switch", "--quiet", "--create", "feature"]);
    let after = runner.commit("b.txt", "b\n");
    let gone = "1234567890123456789012345678901234567890";
    runner.set("GITHUB_REF", "refs/heads/feature");
    let job = runner.run(&[], "push", &push(gone, &after));
    assert_eq!(looked_at(&runner, &job), Some(format!("--range={main}..{after}")));
    assert_eq!(job.code, 0, "{}", job.log);
    assert!(job.log.contains("::notice title=hallpass::"), "{}", job.log);
    runner.set("GITHUB_REF", "refs/heads/main");
    let job = runner.run(&[], "push", &push(gone, &after));
    assert_eq!(looked_at(&runner, &job), Some("--history".to_owned()));
}

#[test]
fn a_shallow_checkout_is_never_an_all_clear() {
    let (mut runner, _server) = released();
    let before = repository(&runner);
    let after = runner.commit("b.txt", "b\n");
    let whole = runner.path("whole");
    fs::rename(runner.checkout(), &whole).unwrap();
    let from = format!("file://{}", whole.display());
    runner.git_in(&runner.path(""), &["clone", "--quiet", "--depth", "1", &from, "checkout"]);
    runner.set("GITHUB_REF", "refs/heads/feature");
    let pull_request = json!({ "pull_request": {
        "base": { "sha": before }, "head": { "sha": after } } });
    for (name, event) in [("push", push(&before, &after)), ("pull_request", pull_request)] {
        let job = runner.run(&[], name, &event);
        assert_eq!((job.code, job.outputs["exit-code"].as_str()), (3, "3"), "{}", job.log);
        assert!(job.log.contains("fetch-depth: 0"), "{}", job.log);
        assert!(job.summary.contains("              fetch-depth: 0"), "{}", job.summary);
        assert!(!runner.path("called").exists());
    }
    // its first push, as far as this checkout can tell
    runner.set("GITHUB_REF", "refs/heads/main");
    let job = runner.run(&[], "push", &push(NOTHING, &after));
    assert_eq!(job.code, 3, "{}", job.log);
    // the files themselves are all there
    let job = runner.run(&[("mode", "tree")], "push", &push(&before, &after));
    assert_eq!(job.code, 0, "{}", job.log);
}

#[test]
fn without_a_repository_a_range_can_not_be_told() {
    let (runner, _server) = released();
    runner.write("a.txt", "a\n");
    let some = "1234567890123456789012345678901234567890";
    let job = runner.run(&[], "push", &push(some, some));
    assert_eq!(job.code, 3, "{}", job.log);
    assert!(job.log.contains("no git repository"), "{}", job.log);
}
