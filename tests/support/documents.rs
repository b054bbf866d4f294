//! Holds the real binary against a folder of documents: a file there is a case, and `FILE.expect`
//! says what is due, as fixtures/README.md describes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Ran, files_below, hallpass};

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
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (file, member) = parts(&text(&at["path"]));
    let number = |key: &str| at[key].as_u64().map_or("-".to_owned(), |number| number.to_string());
    let hint = text(&finding["token"]["hint"]);
    let token = match finding["token"]["shard"].as_str() {
        Some(shard) => format!("{shard}~{hint}"),
        None => hint,
    };
    let message = text(&finding["message"]);
    let place = message.split_once(", ").map_or(String::new(), |(_, place)| format!(" | {place}"));
    let (line, column) = (number("line"), number("column"));
    let (rule, confidence) = (text(&finding["rule"]), text(&finding["confidence"]));
    (file, format!("{member} {line}:{column} {rule} {confidence} {token}{place}"))
}

/// What the binary says of each file in `folder`.
fn found(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let args = ["scan", "--no-config", "--format", "json", "--exclude", "*.expect"];
    let report = Ran::of(hallpass(folder).args(args)).json();
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in list(&report["findings"]) {
        let (file, line) = line_of(&finding);
        found.entry(file).or_default().push(line);
    }
    for (name, why, how) in
        [("errors", "message", "not read"), ("skipped", "reason", "passed over")]
    {
        for entry in list(&report["coverage"][name]) {
            let (file, member) = parts(entry["path"].as_str().expect("a path"));
            if !file.ends_with(".expect") {
                let line = format!("{how}: {member} {}", entry[why].as_str().expect("a reason"));
                found.entry(file).or_default().push(line);
            }
        }
    }
    found
}

/// Asserts that what is found in `folder` is what is due there; answers how many cases there are.
pub(crate) fn assert_found(folder: &Path) -> usize {
    let mut found = found(folder);
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in files_below(folder) {
        let name = file.display().to_string();
        if name.ends_with(".expect") {
            continue;
        }
        seen += 1;
        let due = fs::read_to_string(folder.join(format!("{name}.expect"))).expect("what is due");
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
    seen
}
