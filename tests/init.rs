//! `hallpass init` on repositories made on the spot, with flags and on a terminal; what it writes is
//! read by those it is for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use support::{Ran, Sandbox, files_below, root, token};

const POLICIES: [&str; 5] = ["canvas", "udayton", "hws", "calpoly", "uw-madison"];
const ALL: [&str; 4] = [
    ".github/workflows/hallpass.yml",
    ".pre-commit-config.yaml",
    "hallpass.toml",
    "requests/example.yaml",
];

/// A repository without anything in it.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path().join(".git")).unwrap();
    sandbox
}

fn written(sandbox: &Sandbox) -> Vec<String> {
    let mut files: Vec<String> = files_below(&sandbox.path())
        .iter()
        .map(|file| file.display().to_string().replace('\\', "/"))
        .collect();
    files.sort();
    files
}

/// A tool of another's that CI installs (`.ci/run`); elsewhere a test goes without.
fn tool(name: &str) -> Option<PathBuf> {
    let tools = std::env::var_os("HALLPASS_TOOLS").map(PathBuf::from);
    let installed = tools.unwrap_or_else(|| root().join("target/ci-tools")).join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::iter::once(installed)
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|program| program.is_file());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "CI has no {name}: see .ci/run");
        eprintln!("skipped: there is no {name} on the PATH");
    }
    found
}

#[test]
fn what_is_written_is_read_by_hallpass() {
    for policy in POLICIES {
        for today in ["2026-11-20", "2026-11-21", "2026-12-31", "2028-02-29"] {
            let sandbox = repository();
            let ran = sandbox.run(&["init", "--requests", "--policy", policy, "--today", today]);
            assert_eq!(ran.code, 0, "{}", ran.err());
            assert_eq!(written(&sandbox), ALL);
            let ran = sandbox.run(&["scan"]);
            assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
            assert!(ran.out().contains("No findings."), "{}", ran.out());
            let ran = sandbox.run(&["check", "requests", "--today", today]);
            assert_eq!(ran.code, 0, "{policy} on {today}: {}", ran.out());
            assert!(ran.out().contains("No findings."), "{policy} on {today}: {}", ran.out());
        }
    }
    // the configuration is in force
    let sandbox = repository();
    assert_eq!(sandbox.run(&["init", "--policy", "hws"]).code, 0);
    sandbox.write("a.py", format!("TOKEN = \"{}\"\n", token(1)));
    let report = sandbox.scan(&[]).json();
    assert_eq!(report["findings"][0]["guidance"][0]["policy"], "hws", "{report:#}");
}

#[test]
fn what_is_written_is_accepted_by_actionlint_and_pre_commit() {
    let variants: [&[&str]; 4] = [
        &[],
        &["--requests"],
        &["--source", "example/hallpass"],
        &["--source", "example/hallpass", "--requests"],
    ];
    for args in variants {
        let sandbox = repository();
        assert_eq!(sandbox.run(&[&["init"], args].concat()).code, 0);
        if let Some(actionlint) = tool("actionlint") {
            let mut command = Command::new(actionlint);
            command.arg("-no-color").arg(ALL[0]).current_dir(sandbox.path());
            let ran = Ran::of(&mut command);
            assert_eq!((ran.code, ran.out()), (0, String::new()), "{args:?}");
            // it does look
            let workflow = sandbox.path().join(ALL[0]);
            let text = fs::read_to_string(&workflow).unwrap();
            fs::write(&workflow, text.replace("runs-on", "run-on")).unwrap();
            assert_ne!(Ran::of(&mut command).code, 0);
        }
        if let Some(pre_commit) = tool("pre-commit") {
            let mut command = Command::new(pre_commit);
            command.args(["validate-config", ALL[1]]).current_dir(sandbox.path());
            let ran = Ran::of(&mut command);
            assert_eq!(ran.code, 0, "{args:?}: {}", ran.out());
        }
    }
}

#[test]
fn what_is_there_stays() {
    let sandbox = repository();
    let hooks =
        "repos:\n- repo: https://example.org/x\n  rev: v1\n  hooks:\n  - id: x\nfail_fast: true\n";
    for (name, text) in [
        (ALL[0], "# ours"),
        (ALL[1], hooks),
        ("pyproject.toml", "[tool.hallpass]\npolicy = \"hws\"\n"),
        (ALL[3], "# ours"),
    ] {
        sandbox.write(name, text);
    }
    let before: Vec<_> =
        written(&sandbox).iter().map(|name| fs::read(sandbox.path().join(name)).unwrap()).collect();
    let ran = sandbox.run(&["init", "--requests"]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    let after: Vec<_> =
        written(&sandbox).iter().map(|name| fs::read(sandbox.path().join(name)).unwrap()).collect();
    assert_eq!(before, after);
    let shown = ran.out();
    for line in [
        ".github/workflows/hallpass.yml: it is there and stays as it is",
        "pyproject.toml: it configures hallpass and stays as it is",
        "requests/example.yaml: it is there and stays as it is",
        "these lines are for you to add",
        "+- repo: local",
        " fail_fast: true",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    assert!(!shown.contains("Written."), "{shown}");
    // added by hand, it is known
    sandbox.write(ALL[1], "repos:\n- repo: local\n  hooks:\n  - id: hallpass\n");
    assert!(sandbox.run(&["init"]).out().contains("it has hallpass' hook already"));
}

#[test]
fn the_repository_is_found_from_below_and_parts_can_be_left_out() {
    let sandbox = repository();
    let below = sandbox.path().join("src/deep");
    fs::create_dir_all(&below).unwrap();
    let mut command = support::hallpass(&below);
    let ran = Ran::of(command.args(["init", "--without", "workflow", "--without", "pre-commit"]));
    assert_eq!(ran.code, 0, "{}", ran.err());
    assert_eq!(written(&sandbox), ["hallpass.toml"]);
}

#[test]
fn a_dry_run_and_a_wrong_policy_write_nothing() {
    let sandbox = repository();
    let dry = sandbox.run(&["init", "--dry-run"]);
    assert!(dry.out().contains("+policy = \"canvas\""), "{}", dry.out());
    let wrong = sandbox.run(&["init", "--policy", "nope"]);
    assert_eq!(wrong.code, 2);
    assert_eq!(sandbox.run(&["init", "nowhere"]).code, 2);
    assert_eq!(sandbox.run(&["init", "--source", "a/b c"]).code, 2);
    assert_eq!(written(&sandbox), [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_not_written_through() {
    let sandbox = repository();
    std::os::unix::fs::symlink("/nonexistent/x", sandbox.path().join("hallpass.toml")).unwrap();
    let ran = sandbox.run(&["init", "--without", "workflow", "--without", "pre-commit"]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    assert!(ran.out().contains("hallpass.toml: it configures hallpass"), "{}", ran.out());
}

#[cfg(unix)]
mod terminal {
    use super::*;
    use rexpect::session::{PtySession, spawn_command};

    fn start(sandbox: &Sandbox) -> PtySession {
        // its input is the terminal's
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.arg("init").env_clear().env("TERM", "xterm").current_dir(sandbox.path());
        spawn_command(command, Some(20_000)).unwrap()
    }

    #[test]
    fn it_asks_shows_and_writes() {
        let sandbox = repository();
        let mut session = start(&sandbox);
        session.exp_string("Whose policy?").unwrap();
        session.exp_string("hws: Hobart").unwrap();
        session.send("hws").unwrap();
        session.send("\r").unwrap();
        session.flush().unwrap();
        session.exp_string("What shall be written?").unwrap();
        // all but the hook
        session.send("\u{1b}[B \r").unwrap();
        session.flush().unwrap();
        session.exp_string("A folder for token requests, too?").unwrap();
        session.send("y\r").unwrap();
        session.flush().unwrap();
        session.exp_string("policy = \"hws\"").unwrap();
        session.exp_string("Write this?").unwrap();
        assert_eq!(written(&sandbox), [""; 0], "written before it was agreed to");
        session.send("y\r").unwrap();
        session.flush().unwrap();
        session.exp_string("Written.").unwrap();
        session.exp_eof().unwrap();
        assert_eq!(written(&sandbox), [ALL[0], ALL[2], ALL[3]]);
    }

    #[test]
    fn who_stops_has_nothing_written() {
        // Escape, and Control with C
        for (key, told) in [("\u{1b}", "nothing was written"), ("\u{3}", "")] {
            let sandbox = repository();
            let mut session = start(&sandbox);
            session.exp_string("to filter").unwrap();
            session.send(key).unwrap();
            session.flush().unwrap();
            let rest = session.exp_eof().unwrap();
            assert!(rest.contains(told), "{rest}");
            assert_eq!(written(&sandbox), [""; 0]);
        }
    }
}
