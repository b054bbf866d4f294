//! What stands on standard error: sentences for people, lines for programs, and progress.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use support::{Ran, Sandbox, hallpass, root, token};

/// The lines of standard error, each valid against the schema that the binary prints.
fn events(ran: &Ran) -> Vec<Value> {
    let schema = Ran::of(hallpass(root()).args(["schema", "log"])).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(!validator.is_valid(&json!({"event": "problem", "path": 7, "message": "x"})));
    ran.err()
        .lines()
        .map(|line| {
            let event: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
            let faults: Vec<_> = validator.iter_errors(&event).map(|one| one.to_string()).collect();
            assert_eq!(faults, [""; 0], "{line}");
            event
        })
        .collect()
}

#[test]
fn a_run_tells_programs_what_it_tells_people() {
    let sandbox = Sandbox::new();
    sandbox.write("a.env", format!("CANVAS_TOKEN={}\n", token(1)));
    let args = ["scan", "a.env", "gone.txt", "--output", "sarif:out.sarif", "--log-format", "json"];
    let ran = sandbox.run(&args);
    assert_eq!(ran.code, 3);
    assert_eq!(
        events(&ran),
        [
            json!({"event": "wrote", "path": "out.sarif", "what": "sarif"}),
            json!({"event": "problem", "path": "gone.txt", "message": "there is no such file or folder"}),
            json!({
                "event": "end",
                "message": "Found 1 error; 1 item could not be looked at, so this is no all-clear.",
                "exit_code": 3, "errors": 1, "warnings": 0, "notes": 0, "silenced": 0,
                "files": 1, "blobs": 0, "commits": 0, "bytes": 80, "skipped": 0, "problems": 1,
            }),
        ]
    );
    // the report itself is the same, and standard output holds nothing else
    let human = sandbox.run(&["scan", "a.env"]);
    let json = sandbox.run(&["scan", "a.env", "--log-format", "json"]);
    assert_eq!(human.out(), json.out());
    assert_eq!(events(&json).len(), 1);
    let quiet = sandbox.run(&["scan", "a.env", "--log-format", "json", "--quiet"]);
    assert_eq!(quiet.err(), "");
}

#[test]
fn notices_of_requests_are_lines_too() {
    let args = ["check", "fixtures/pictures/request.yaml", "--today", "2026-11-23"];
    let ran = Ran::of(hallpass(root()).args(args).args(["--log-format", "json"]));
    let events = events(&ran);
    let notices: Vec<_> = events.iter().filter(|event| event["event"] == "notice").collect();
    assert!(!notices.is_empty());
    assert!(notices.iter().all(|notice| notice["path"] == "fixtures/pictures/request.yaml"));
    assert_eq!(events.last().unwrap()["event"], "end");
}

#[test]
fn what_is_wrong_with_the_command_is_one_line_with_its_place() {
    let sandbox = Sandbox::new();
    sandbox.write("hallpass.toml", "policy = \"canvas\"\nfail_onn = \"note\"\n");
    let ran = sandbox.run(&["scan", "--log-format", "json"]);
    assert_eq!(ran.code, 2);
    let event = &events(&ran)[0];
    assert_eq!(event["event"], "error");
    assert_eq!(event["path"], "hallpass.toml");
    assert_eq!((&event["line"], &event["column"]), (&json!(2), &json!(1)));
    assert_eq!(event["help"], "did you mean `fail-on`?");

    let hostile = format!("--x{}\u{1b}[31m", token(2));
    let ran = sandbox.run(&["scan", "--log-format=json", &hostile]);
    assert_eq!(ran.code, 2);
    assert_eq!(events(&ran).len(), 1);
    assert!(!ran.err().contains(&token(2)) && !ran.err().contains("\\u001b"), "{}", ran.err());
}

#[test]
fn a_baseline_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("a.env", format!("CANVAS_TOKEN={}\n", token(3)));
    let ran = sandbox.run(&["scan", "a.env", "--write-baseline", "b.toml", "--log-format", "json"]);
    assert_eq!(ran.code, 0);
    assert_eq!(events(&ran), [json!({"event": "wrote", "path": "b.toml", "what": "baseline"})]);
}

#[test]
fn what_goes_wrong_beside_a_run_is_told_and_changes_nothing() {
    let sandbox = Sandbox::new();
    let git = |args: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.args(["-c", "user.name=Ada", "-c", "user.email=ada@example.edu"]).args(args);
        assert_eq!(Ran::of(command.current_dir(sandbox.path())).code, 0, "{args:?}");
    };
    git(&["init", "-q"]);
    git(&["commit", "-q", "--allow-empty", "-m", "begin"]);
    let args = ["scan", "--history", "--cache", "no/folder/cache", "--format", "concise"];
    let ran = sandbox.run(&args);
    assert_eq!(ran.code, 0, "{}", ran.err());
    assert!(ran.err().contains("no/folder/cache: the cache was not written: "), "{}", ran.err());
    let ran = sandbox.run(&[&args[..], &["--log-format", "json"]].concat());
    assert_eq!(ran.code, 0);
    let events = events(&ran);
    assert_eq!(events[0]["event"], "trouble", "{events:?}");
    assert_eq!(events[0]["path"], "no/folder/cache");
}

/// A scan of standard input that takes more than a second to come.
fn slow(args: &[&str]) -> Ran {
    let sandbox = Sandbox::new();
    let mut command = sandbox.hallpass();
    command.args(["scan", "-"]).args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"nothing here\n").unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    drop(stdin);
    child.wait_with_output().unwrap().into()
}

#[test]
fn progress_is_for_terminals_and_for_programs_that_ask() {
    let ran = slow(&["--log-format", "json"]);
    let events = events(&ran);
    assert_eq!(events[0]["event"], "progress", "{events:?}");
    assert_eq!(events[0]["of"], "files");
    assert_eq!(slow(&["--format", "concise"]).err().lines().count(), 2);
    assert_eq!(slow(&["--log-format", "json", "--quiet"]).err(), "");
}

#[cfg(unix)]
#[test]
fn a_terminal_shows_progress_and_then_clears_it() {
    let mut command = std::process::Command::new("bash");
    let script = format!(
        "(sleep 2; echo nothing) | '{}' scan --no-config - ",
        env!("CARGO_BIN_EXE_hallpass")
    );
    command.arg("-c").arg(script).env("TERM", "xterm");
    let mut session = rexpect::session::spawn_command(command, Some(20_000)).unwrap();
    session.exp_string("0 files, 0 B").unwrap();
    // the line is cleared before the report
    session.exp_string("\u{1b}[2K").unwrap();
    session.exp_string("No findings.").unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn there_is_a_manual_page_for_every_command() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["man", "--output-dir", "pages/man1"]);
    assert_eq!((ran.code, ran.out()), (0, String::new()));
    let pages = support::files_below(&sandbox.path().join("pages/man1"));
    assert!(ran.err().contains(&format!("Wrote {} pages", pages.len())), "{}", ran.err());
    for command in ["", "scan", "check", "policy", "policy show", "man"] {
        let words: Vec<&str> = command.split_whitespace().collect();
        let name = [&["hallpass"], &words[..]].concat().join("-");
        let page = std::fs::read_to_string(sandbox.path().join(format!("pages/man1/{name}.1")));
        let page = page.unwrap_or_else(|error| panic!("{name}.1: {error}"));
        assert!(page.contains(&format!(".TH {name} 1")), "{page}");
        // every flag that the help text names
        let help = sandbox.run(&[&words[..], &["--help"]].concat()).out();
        for flag in help.split_whitespace().filter(|word| word.starts_with("--")) {
            let flag = flag.trim_end_matches([',', '.', ')']);
            assert!(page.contains(&flag.replace('-', "\\-")), "{name}.1 lacks {flag}");
        }
        assert_eq!(sandbox.run(&[&["man"], &words[..]].concat()).out(), page);
    }
    let unknown = sandbox.run(&["man", "nope"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.err().contains("there is no command `nope`"));
}
