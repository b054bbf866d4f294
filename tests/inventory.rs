//! `hallpass scan --inventory`: whose a leaked token is, by the report of issued tokens.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use serde_json::Value;
use support::{FORMATS, Ran, Sandbox, body};

const HEADER: &str =
    "user id,user name,token hint,purpose,expiration,last used,dev key id,dev key name\n";

fn row(user: u64, name: &str, hint: &str) -> String {
    format!("{user},{name},{hint},Grade export,2027-03-01T00:00:00Z,never,10,User-Generated\n")
}

/// A sandbox with a leak of the token of `seed`, and a report.
fn sandbox(seed: u64, rows: &[String]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("leak.env", format!("CANVAS_TOKEN=7~{}\n", body(seed)));
    sandbox.write("outside/report.csv", format!("{HEADER}{}", rows.concat()));
    sandbox
}

fn scan(sandbox: &Sandbox, args: &[&str]) -> Ran {
    sandbox.scan(&[&["leak.env", "--inventory", "outside/report.csv"], args].concat())
}

fn hint(seed: u64) -> String {
    body(seed)[..5].to_owned()
}

fn message(ran: &Ran) -> String {
    ran.json()["findings"][0]["message"].as_str().unwrap().to_owned()
}

#[test]
fn a_leak_names_its_owner_in_every_format() {
    let sandbox = sandbox(1, &[row(41, "Else", "zzzzz"), row(42, "\"Byron, Ada\"", &hint(1))]);
    let ran = scan(&sandbox, &[]);
    assert_eq!(ran.code, 1, "{}", ran.err());
    let issued = &ran.json()["findings"][0]["issued"];
    assert_eq!(issued.as_array().unwrap().len(), 1);
    for (key, value) in [
        ("user_id", "42"),
        ("user_name", "Byron, Ada"),
        ("hint", &hint(1)),
        ("purpose", "Grade export"),
        ("expires", "2027-03-01"),
        ("last_used", "never"),
    ] {
        assert_eq!(issued[0][key], *value, "{key}");
    }
    assert_eq!(issued[0]["line"], 3);
    for format in FORMATS {
        let args = ["scan", "leak.env", "--inventory", "outside/report.csv", "--format", format];
        let shown = sandbox.run(&args).out();
        let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["42", "Byron", "Ada", "Grade export", "2027-03-01", "never"] {
            assert!(words.contains(part), "{format} lacks {part}:\n{shown}");
        }
        assert!(!shown.contains(&body(1)[..8]), "{format} shows the token");
        let hidden = sandbox.run(&[&args[..], &["--anonymous"]].concat()).out();
        assert!(!hidden.contains("Byron"), "{format}:\n{hidden}");
        assert!(hidden.contains("42"), "{format}:\n{hidden}");
    }
}

#[test]
fn a_hint_that_several_rows_share_says_so() {
    let rows: Vec<String> = (0..40).map(|user| row(user, &format!("N{user}"), &hint(2))).collect();
    let sandbox = sandbox(2, &rows);
    let ran = scan(&sandbox, &[]);
    let message = message(&ran);
    assert!(message.contains("40 tokens in outside/report.csv have its hint"), "{message}");
    assert!(message.contains("user 0 (N0)") && message.contains("and 37 more"), "{message}");
    // what a report holds is bounded, however many rows share a hint
    assert_eq!(ran.json()["findings"][0]["issued"].as_array().unwrap().len(), 10);
}

#[test]
fn a_hint_that_no_row_has_says_so_and_the_fingerprint_stays() {
    let sandbox = sandbox(3, &[row(42, "A", "zzzzz")]);
    let ran = scan(&sandbox, &[]);
    assert!(message(&ran).ends_with("; no token in outside/report.csv has its hint"));
    let plain = sandbox.scan(&["leak.env"]);
    let print = |ran: &Ran| ran.json()["findings"][0]["fingerprint"].clone();
    assert_eq!(print(&ran), print(&plain));
    assert!(plain.json()["findings"][0].get("issued").is_none());
}

#[test]
fn a_link_is_no_token_and_fits_no_row() {
    let sandbox = sandbox(4, &[row(42, "A", "abcde")]);
    let code = format!("abcde{}", &support::Random(9).characters(support::OLD, 35));
    sandbox.write("leak.env", format!("https://x.example/feeds/calendars/user_{code}.ics\n"));
    let ran = scan(&sandbox, &["--fail-on", "note"]);
    assert_eq!(ran.json()["findings"].as_array().unwrap().len(), 1, "{}", ran.out());
    assert!(ran.json()["findings"][0].get("issued").is_none(), "{}", ran.out());
}

#[test]
fn an_inventory_that_cannot_be_read_is_told() {
    let sandbox = sandbox(5, &[row(42, "A", &hint(5)), "43,broken\n".to_owned()]);
    let ran = scan(&sandbox, &[]);
    assert_eq!(ran.code, 3);
    assert!(message(&ran).contains("user 42 (A)"));
    assert_eq!(ran.errors().len(), 1, "{:?}", ran.errors());
    assert!(ran.errors()[0].contains("the first on line 3"), "{:?}", ran.errors());
    for (name, text) in
        [("none.csv", None), ("empty.csv", Some("")), ("other.csv", Some("a,b\n1,2\n"))]
    {
        if let Some(text) = text {
            sandbox.write(name, text);
        }
        let ran = sandbox.scan(&["leak.env", "--inventory", name]);
        assert_eq!((ran.code, ran.errors().len()), (3, 1), "{name}: {}", ran.out());
        assert_eq!(ran.json()["findings"].as_array().map(Vec::len), Some(1));
    }
    // also where nothing leaked: a report that is no report was not looked at
    sandbox.write("clean.txt", "nothing\n");
    let ran = sandbox.scan(&["clean.txt", "--inventory", "other.csv"]);
    assert_eq!(ran.code, 3, "{}", ran.out());
    assert_eq!(sandbox.run(&["scan", "-", "--inventory", "-"]).code, 2);
    assert_eq!(sandbox.run(&["scan", ".", "--anonymous"]).code, 2);
}

#[test]
fn hostile_rows_are_harmless_here_too() {
    let name = "\"=1\u{1b}[31m\n::error::x\u{202e}\"";
    let sandbox = sandbox(6, &[row(42, name, &format!("7~{}", body(6)))]);
    let ran = scan(&sandbox, &[]);
    // a whole token in the report is not shown, and its row is told to be wrong
    assert_eq!(ran.code, 3);
    assert!(!ran.out().contains(&body(6)[..8]));
    let sandbox = self::sandbox(6, &[row(42, name, &hint(6))]);
    for format in FORMATS {
        let args = ["scan", "leak.env", "--inventory", "outside/report.csv", "--format", format];
        let shown = sandbox.run(&args).out();
        for c in shown.chars() {
            assert!(c == '\n' || !hallpass::finding::is_hostile(c), "{format}: {c:?}");
        }
        let is_command = |line: &str| line.trim_start().starts_with("::");
        assert!(format == "github" || !shown.lines().any(is_command), "{format}:\n{shown}");
    }
    let report: Value = scan(&sandbox, &[]).json();
    assert!(report["findings"][0]["issued"][0]["user_name"].as_str().unwrap().contains('␛'));
}
