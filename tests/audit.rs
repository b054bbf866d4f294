//! `hallpass audit` as its users run it: every folder of `fixtures/audit` is a case, and what can't
//! be said in one is said here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{FORMATS, Ran, Random, Sandbox, files_below, root, token};

const TODAY: &str = "2026-11-23";
const HEADER: &str = "user id,user name,token hint,expiration,last used,dev key id,dev key name\n";

/// Fewer cases than this mean that the folder was not found, not that all is well.
const LEAST_CASES: usize = 25;

/// A row of a token that somebody made and that never ends.
fn endless(user: u64, name: &str, hint: &str) -> String {
    format!("{user},{name},{hint},never,2026-11-20,10,User-Generated\n")
}

fn audit(sandbox: &Sandbox, args: &[&str]) -> Ran {
    Ran::of(sandbox.hallpass().args(["audit", "--today", TODAY]).args(args))
}

/// What a run found, a line each, in the words of a case's `expect`.
fn told(ran: &Ran) -> String {
    let report = ran.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut told = String::new();
    for finding in report["findings"].as_array().unwrap() {
        let at = &finding["location"];
        let _ = writeln!(
            told,
            "{}:{}:{} {} {}: {}",
            text(&at["path"]),
            at["line"],
            at["column"].as_u64().map_or("-".to_owned(), |column| column.to_string()),
            text(&finding["severity"]),
            text(&finding["rule"]),
            text(&finding["message"])
        );
    }
    for notice in report["notices"].as_array().unwrap() {
        let _ = writeln!(told, "notice {}: {}", text(&notice["clause"]), text(&notice["message"]));
    }
    for problem in report["coverage"]["errors"].as_array().unwrap() {
        let _ = writeln!(told, "error {}: {}", text(&problem["path"]), text(&problem["message"]));
    }
    let tokens = &report["tokens"];
    let count = |counts: &Value| {
        ["user_generated", "mobile", "third_party"].map(|kind| counts[kind].to_string()).join(" ")
    };
    let _ = writeln!(told, "live {}; over {}", count(&tokens["live"]), count(&tokens["over"]));
    let _ = writeln!(told, "exit {}", ran.code);
    told
}

fn run_case(folder: &Path) -> String {
    let sandbox = Sandbox::new();
    for file in files_below(folder) {
        sandbox.write(&file, fs::read(folder.join(&file)).unwrap());
    }
    let args = fs::read_to_string(folder.join("args")).unwrap_or_default();
    let mut all = vec!["report.csv", "--format", "json"];
    all.extend(args.split_whitespace());
    told(&audit(&sandbox, &all))
}

#[test]
fn every_case() {
    let update = std::env::var_os("HALLPASS_UPDATE").is_some_and(|value| value == "1");
    let all = root().join("fixtures/audit");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for entry in fs::read_dir(&all).unwrap() {
        let folder = entry.unwrap().path();
        seen += 1;
        let is = run_case(&folder);
        let expect = folder.join("expect");
        if update {
            fs::write(&expect, is).unwrap();
            continue;
        }
        let due = fs::read_to_string(&expect).unwrap_or_default();
        if due != is {
            wrong.push(format!("{}:\n--- due\n{due}+++ is\n{is}", folder.display()));
        }
    }
    assert!(seen >= LEAST_CASES, "only {seen} cases in {}", all.display());
    assert!(
        wrong.is_empty(),
        "{}\nIf this is as it should be: HALLPASS_UPDATE=1 cargo test --test audit",
        wrong.join("\n")
    );
}

#[test]
fn standard_input_is_read_and_so_is_a_pipe_that_brings_little_at_a_time() {
    use std::io::Write as _;
    use std::process::Stdio;
    let sandbox = Sandbox::new();
    let mut command = sandbox.hallpass();
    command.args(["audit", "-", "--today", TODAY, "--format", "json"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = format!("{HEADER}{}", endless(42, "\"By\nron\"", "aB3xY"));
    for piece in text.as_bytes().chunks(7) {
        stdin.write_all(piece).unwrap();
        stdin.flush().unwrap();
    }
    drop(stdin);
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert_eq!(ran.json()["findings"][0]["location"]["path"], "-");
    assert_eq!(ran.json()["findings"][0]["location"]["line"], 2);
}

#[test]
fn a_report_that_is_not_there_is_no_all_clear() {
    let sandbox = Sandbox::new();
    for report in ["none.csv", "."] {
        let ran = audit(&sandbox, &[report, "--format", "json"]);
        assert_eq!(ran.code, 3);
        assert_eq!(ran.errors().len(), 1, "{}", ran.out());
    }
    sandbox.write("report.csv", format!("{HEADER}{}", endless(1, "A", "aB3xY")));
    let ran = audit(&sandbox, &["report.csv", "--requests", "none", "--format", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.out());
    assert_eq!(audit(&sandbox, &["report.csv", "--policy", "nowhere"]).code, 2);
    assert_eq!(audit(&sandbox, &["report.csv", "--unused-days", "-1"]).code, 2);
    assert_eq!(audit(&sandbox, &[]).code, 2);
}

/// A report of `count` endless tokens, in an order that `seed` decides.
fn shuffled(count: u64, seed: u64) -> String {
    let mut rows: Vec<String> =
        (0..count).map(|user| endless(user, "\"Per\nson\"", &format!("a{user:04}"))).collect();
    let mut random = Random(seed);
    for at in (1..rows.len()).rev() {
        rows.swap(at, (random.next() % (at as u64 + 1)) as usize);
    }
    format!("{HEADER}{}", rows.concat())
}

fn fingerprints(ran: &Ran) -> BTreeSet<String> {
    let report = ran.json();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_fingerprint_is_of_the_token_and_not_of_its_row() {
    let sandbox = Sandbox::new();
    sandbox.write("a.csv", shuffled(50, 1));
    // another month: another file, another order, other names and dates
    let other = shuffled(50, 2).replace("Per\nson", "Person").replace("2026-11-20", "2026-11-22");
    sandbox.write("b.csv", format!("\n\n{other}"));
    let a = audit(&sandbox, &["a.csv", "--format", "json"]);
    let b = audit(&sandbox, &["b.csv", "--format", "json"]);
    assert_eq!(fingerprints(&a).len(), 50);
    assert_eq!(fingerprints(&a), fingerprints(&b));
    assert_ne!(a.places(), b.places());
}

#[test]
fn the_report_is_the_same_on_any_number_of_threads() {
    let sandbox = Sandbox::new();
    let mut rows = shuffled(20_000, 3);
    rows.push_str("1,broken\n");
    sandbox.write("report.csv", rows);
    let with = |threads: &str| {
        let mut command = sandbox.hallpass();
        command.env("RAYON_NUM_THREADS", threads);
        Ran::of(command.args(["audit", "report.csv", "--today", TODAY, "--format", "json"])).out()
    };
    let one = with("1");
    assert_eq!(one, with("4"));
    assert_eq!(one, with("7"));
}

#[test]
fn what_is_not_listed_is_counted_and_decides_how_the_run_ends() {
    let sandbox = Sandbox::new();
    sandbox.write("report.csv", shuffled(3_000, 4));
    let ran = audit(&sandbox, &["report.csv", "--list", "10", "--format", "json"]);
    assert_eq!(ran.code, 1);
    let report = ran.json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 10);
    assert_eq!(report["tokens"]["unlisted"], 2_990);
    assert!(ran.err().contains("Counted and not listed: 2990 further findings."), "{}", ran.err());
    let notices = report["notices"].as_array().unwrap();
    assert!(notices.iter().any(|notice| {
        notice["message"].as_str().unwrap().starts_with("2990 further findings")
    }));
    let all = audit(&sandbox, &["report.csv", "--list", "0", "--format", "json"]);
    assert_eq!(fingerprints(&all).len(), 3_000);
    // what is listed without a word about it is 2,000
    let usual = audit(&sandbox, &["report.csv", "--format", "json"]);
    assert_eq!(usual.json()["tokens"]["unlisted"], 1_000);
}

#[test]
fn a_baseline_accepts_also_what_is_not_listed() {
    let sandbox = Sandbox::new();
    sandbox.write("report.csv", shuffled(3_000, 5));
    let args = ["report.csv", "--write-baseline", "accepted.toml"];
    assert_eq!(audit(&sandbox, &args).code, 0);
    let text = fs::read_to_string(sandbox.path().join("accepted.toml")).unwrap();
    assert_eq!(text.lines().filter(|line| line.contains("canvas/expires")).count(), 3_000);
    // a new token far down the list stands, and nothing else does
    sandbox.write("next.csv", format!("{}{}", shuffled(3_000, 6), endless(9_999, "New", "zZ9xY")));
    let args = ["next.csv", "--baseline", "accepted.toml", "--list", "10", "--format", "json"];
    let ran = audit(&sandbox, &args);
    assert_eq!(ran.code, 1);
    let report = ran.json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{}", ran.out());
    assert_eq!(report["findings"][0]["issued"][0]["user_id"], "9999");
    assert_eq!(report["suppressed"].as_array().unwrap().len(), 10);
    assert_eq!(report["tokens"]["unlisted"], 0);
    sandbox.write("same.csv", shuffled(3_000, 7));
    assert_eq!(audit(&sandbox, &["same.csv", "--baseline", "accepted.toml"]).code, 0);
}

#[test]
fn the_configuration_accepts_and_weighs() {
    let sandbox = Sandbox::new();
    sandbox.write("report.csv", format!("{HEADER}{}", endless(42, "A", "aB3xY")));
    let code = |toml: &str, args: &[&str]| {
        sandbox.write("hallpass.toml", toml);
        audit(&sandbox, &[&["report.csv", "--format", "json"], args].concat())
    };
    assert_eq!(code("", &[]).code, 1);
    assert_eq!(code("", &["--exit-zero"]).code, 0);
    assert_eq!(code("", &["--fail-on", "error"]).code, 0);
    assert_eq!(code("[severity]\n\"canvas/expires\" = \"error\"", &["--fail-on", "error"]).code, 1);
    let allow =
        |more: &str| format!("[[allow]]\nrule = \"canvas/expires\"\nreason = \"agreed\"\n{more}");
    let ran = code(&allow(""), &[]);
    assert_eq!((ran.code, ran.json()["suppressed"].as_array().unwrap().len()), (0, 1));
    assert_eq!(code(&allow("path = \"other.csv\""), &[]).code, 1);
    let ran = code(&allow("until = 2026-01-01"), &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.out().contains("expired-allow"), "{}", ran.out());
    // what is unused here may be used by another job, and the other way round
    let ran = code(&allow("path = \"other.csv\""), &["--exit-zero"]);
    assert!(!ran.out().contains("unused-allow"), "{}", ran.out());
    sandbox.write("r/a.yaml", REQUEST);
    let ran = Ran::of(sandbox.hallpass().args(["check", "r", "--today", TODAY]));
    assert!(!ran.out().contains("unused-allow"), "{}", ran.out());
    assert_eq!(code("[audit]\nunused = 3", &[]).code, 2);
}

const REQUEST: &str = "kind: CanvasTokenRequest\nversion: 1\nrequested: 2026-10-20\n\
    requester: {name: Ada Byron, email: byron@example.edu, role: faculty}\n\
    purpose: {name: Weekly grade export}\nexpires: 2027-02-01\n\
    decision: {outcome: approved, by: Canvas team, on: 2026-10-21}\n";

#[test]
fn an_exception_for_a_requester_holds_for_their_tokens() {
    let sandbox = Sandbox::new();
    let rows = endless(42, "\"Byron, Ada\"", "aB3xY") + &endless(43, "\"Else, Some\"", "cD4zW");
    sandbox.write("report.csv", format!("{HEADER}{rows}"));
    sandbox.write("requests/a.yaml", REQUEST);
    sandbox.write(
        "hallpass.toml",
        "[[allow]]\nrequester = \"Byron@example.edu\"\nreason = \"pilot\"\n",
    );
    let args = ["report.csv", "--requests", "requests", "--format", "json"];
    let report = audit(&sandbox, &args).json();
    let users = |list: &str| -> BTreeSet<String> {
        let findings = report[list].as_array().unwrap();
        findings.iter().map(|f| f["issued"][0]["user_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(users("findings"), BTreeSet::from(["43".to_owned()]));
    assert_eq!(users("suppressed"), BTreeSet::from(["42".to_owned()]));
}

#[test]
fn no_format_shows_names_that_were_to_be_left_out() {
    let sandbox = Sandbox::new();
    sandbox.write("report.csv", format!("{HEADER}{}", endless(42, "\"Byron, Ada\"", "aB3xY")));
    for format in FORMATS {
        let shown = audit(&sandbox, &["report.csv", "--format", format]);
        let hidden = audit(&sandbox, &["report.csv", "--anonymous", "--format", format]);
        assert_eq!((shown.code, hidden.code), (1, 1), "{format}: {}", shown.err());
        assert!(shown.out().contains("Byron"), "{format}:\n{}", shown.out());
        assert!(!hidden.out().contains("Byron"), "{format}:\n{}", hidden.out());
        assert!(hidden.out().contains("aB3xY"), "{format}:\n{}", hidden.out());
    }
}

#[test]
fn no_format_is_harmed_by_hostile_rows() {
    let sandbox = Sandbox::new();
    let secret = token(7);
    let body = secret.split_once('~').unwrap().1;
    let hostile = "\u{1b}[31m::error::x\u{202e}##[group]";
    let mut rows = endless(1, &format!("\"{hostile}\n::warning::y\""), "aB3xY");
    rows += &endless(2, &secret, "cD4zW");
    rows += &format!("=3,+A,{secret},never,never,10,@User\n");
    rows += &format!("\t-4,\u{0}B,{body},{secret},{hostile},10,User-Generated\n");
    sandbox.write("report.csv", format!("{HEADER}{rows}"));
    for format in FORMATS {
        let ran = audit(&sandbox, &["report.csv", "--format", format, "--verbose"]);
        assert_eq!(ran.code, 3);
        for text in [ran.out(), ran.err()] {
            assert!(!text.contains(&body[..10]), "{format} shows a token:\n{text}");
            for c in text.chars() {
                assert!(c == '\n' || !hallpass::finding::is_hostile(c), "{format}: {c:?}\n{text}");
            }
            for line in text.lines() {
                let is_command = line.trim_start().starts_with("::") || line.contains("##[");
                assert!(!is_command || format == "github", "{format}: {line}");
            }
        }
    }
    let ran = audit(&sandbox, &["report.csv", "--format", "csv"]);
    let mut table = csv::Reader::from_reader(ran.stdout.as_slice());
    let width = table.headers().unwrap().len();
    let mut count = 0;
    for record in table.records() {
        let record = record.unwrap();
        assert_eq!(record.len(), width);
        for cell in &record {
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell:?}");
        }
        count += 1;
    }
    let report = audit(&sandbox, &["report.csv", "--format", "json"]).json();
    let listed = report["findings"].as_array().unwrap().len();
    let errors = report["coverage"]["errors"].as_array().unwrap().len();
    assert_eq!(count, listed + errors);
}

#[test]
fn rows_without_measure_take_no_memory_without_measure() {
    let sandbox = Sandbox::new();
    // a row that never ends, columns without number, and a good row after each
    let mut report = HEADER.to_owned();
    report += &format!("1,\"{}\n", "x".repeat(3 << 20));
    report += &endless(2, "A", "aB3xY");
    report += &format!("3,{}\n", ",".repeat(2 << 20));
    report += &endless(4, "B", "cD4zW");
    report += &format!("5,{}\n", "\0".repeat(1 << 20));
    report += &endless(6, "C", "eF6vU");
    sandbox.write("report.csv", report);
    let ran = audit(&sandbox, &["report.csv", "--format", "json"]);
    assert_eq!(ran.code, 3);
    assert_eq!(ran.places(), ["report.csv:3:11", "report.csv:5:11", "report.csv:7:11"]);
    assert_eq!(ran.errors().len(), 3, "{:?}", ran.errors());
    sandbox.write("wide.csv", ",".repeat(1 << 20));
    let ran = audit(&sandbox, &["wide.csv", "--format", "json"]);
    assert_eq!((ran.code, ran.errors().len()), (3, 1));
}

#[test]
fn a_pack_that_judges_wrongly_fails_its_own_tests() {
    let sandbox = Sandbox::new();
    let folder = root().join("rules/policies/canvas.yaml");
    let pack = fs::read_to_string(folder).unwrap().replacen("id: canvas\n", "id: ours\n", 1);
    let pack = pack.replace("canvas/", "ours/");
    let test = |text: &str| {
        sandbox.write("ours.yaml", text);
        Ran::of(sandbox.hallpass().args(["policy", "test", "ours.yaml"]))
    };
    let ran = test(&pack);
    assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    let ran = test(&pack.replace("limits.unused_days)", "limits.unused_days + 1)"));
    assert_eq!(ran.code, 1);
    assert!(ran.out().contains("expected ours/inventory, found none"), "{}", ran.out());
    // an audit clause without a case is named
    let lines: Vec<&str> =
        pack.lines().filter(|line| !line.contains("{about: ours/mobile")).collect();
    let ran = test(&lines.join("\n"));
    assert_eq!(ran.code, 1);
    assert!(
        ran.out().contains("ours/mobile: no case of an issued token breaks it"),
        "{}",
        ran.out()
    );
    for (from, to, says) in [
        ("token.kind != 'mobile'", "token.kind != 'mobil'", "did you mean `mobile`?"),
        ("token.kind != 'mobile'", "token.kin != 'mobile'", "did you mean `kind`?"),
        ("token.kind != 'mobile'", "tokens.kind != 'mobile'", "did you mean `token`?"),
        ("at: app\n", "at: storage.place\n", "an issued token has no field `storage.place`"),
    ] {
        let ran = test(&pack.replacen(from, to, 1));
        assert_eq!(ran.code, 2, "{to}");
        assert!(ran.err().contains(says), "{to}: {}", ran.err());
    }
}

#[test]
fn the_clause_in_the_manual_does_what_it_says() {
    let page = fs::read_to_string(root().join("docs/audit.md")).unwrap();
    let example = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let base = "tests:\n  base: {kind: CanvasTokenRequest, version: 1, requested: 2026-11-23, requester: {name: A, email: a@b.example, role: staff}, purpose: {name: Export}, expires: 2026-12-01}\n";
    let pack = format!(
        "id: example\ninstitution: Example\nextends: canvas\nsources: [{{key: page, title: T, publisher: P, read: 2026-11-22}}]\n{}",
        example.replacen("tests:\n", base, 1)
    );
    let sandbox = Sandbox::new();
    sandbox.write("example.yaml", pack);
    let ran = sandbox.run(&["policy", "test", "example.yaml"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    assert!(ran.out().contains("2 cases, all as expected"), "{}", ran.out());
}
