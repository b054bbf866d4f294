//! The real binary over `fixtures/documents`: files of real programs, with tokens wherever one
//! may be forgotten. A file there is a case; `FILE.expect` says what is due.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use support::{Ran, files_below, hallpass, root};

/// Fewer cases than this mean that the folder was not found, not that all is well.
const LEAST_CASES: usize = 28;

/// The file and the way into it: `a.zip!b` is `a.zip` and `!b`.
fn parts(path: &str) -> (String, String) {
    let at = path.find('!').unwrap_or(path.len());
    let member = if at == path.len() { "-" } else { &path[at..] };
    // a line of an `.expect` file is a line
    let shown = member.chars().map(|c| match c {
        c if c.is_control() => c.escape_default().to_string(),
        c => c.to_string(),
    });
    (path[..at].to_owned(), shown.collect())
}

/// A finding as an `.expect` file writes it.
fn line_of(finding: &Value) -> (String, String) {
    let at = &finding["location"];
    let (file, member) = parts(at["path"].as_str().unwrap());
    let number = |key: &str| at[key].as_u64().map_or("-".to_owned(), |number| number.to_string());
    let token = match finding["token"]["shard"].as_str() {
        Some(shard) => format!("{shard}~{}", finding["token"]["hint"].as_str().unwrap()),
        None => finding["token"]["hint"].as_str().unwrap().to_owned(),
    };
    let message = finding["message"].as_str().unwrap();
    let place = message.split_once(", ").map_or(String::new(), |(_, place)| format!(" | {place}"));
    let (line, column) = (number("line"), number("column"));
    let text = |key: &str| finding[key].as_str().unwrap();
    let (rule, confidence) = (text("rule"), text("confidence"));
    (file, format!("{member} {line}:{column} {rule} {confidence} {token}{place}"))
}

#[test]
fn every_token_in_a_document_is_found_where_it_stands() {
    let folder = root().join("fixtures/documents");
    let ran = Ran::of(hallpass(&folder).args([
        "scan",
        "--no-config",
        "--format",
        "json",
        "--exclude",
        "*.expect",
    ]));
    let report = ran.json();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        let (file, line) = line_of(finding);
        found.entry(file).or_default().push(line);
    }
    for (list, why, how) in
        [("errors", "message", "not read"), ("skipped", "reason", "passed over")]
    {
        for entry in report["coverage"][list].as_array().unwrap() {
            let (file, member) = parts(entry["path"].as_str().unwrap());
            if !file.ends_with(".expect") {
                let line = format!("{how}: {member} {}", entry[why].as_str().unwrap());
                found.entry(file).or_default().push(line);
            }
        }
    }
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in files_below(&folder) {
        let name = file.display().to_string();
        if name.ends_with(".expect") {
            continue;
        }
        seen += 1;
        let due = fs::read_to_string(folder.join(format!("{name}.expect"))).unwrap();
        let mut due: Vec<_> = due.lines().map(str::to_owned).collect();
        let mut is = found.remove(&name).unwrap_or_default();
        due.sort();
        is.sort();
        let missing: Vec<_> = due.iter().filter(|line| !is.contains(line)).collect();
        let more: Vec<_> = is.iter().filter(|line| !due.contains(line)).collect();
        if due != is {
            wrong.push(format!("{name}:\nmissing: {missing:#?}\nnot due: {more:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found.is_empty(), "{found:#?}");
    assert!(seen >= LEAST_CASES, "only {seen} cases in {}", folder.display());
}
