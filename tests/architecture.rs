//! Which module may know which. The data flows one way, from sources to reports, and only
//! `commands` knows it all; this keeps it so.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use regex::Regex;
use support::{files_below, root};

/// What each module of the crate may name of the others; to widen a row is to change the design.
const ALLOWED: [(&str, &[&str]); 16] = [
    // the shared result: everyone knows it, it knows nobody
    ("finding", &[]),
    // bytes to text, text to matches
    ("extract", &[]),
    ("detect", &["extract", "finding"]),
    // secrets on their way to Canvas: kept in memory, known to no report
    ("secret", &["finding"]),
    ("leaks", &["detect", "extract", "finding", "secret"]),
    // the only module that uses the network; it knows no file and no configuration
    ("canvas", &["finding", "secret"]),
    // where bytes come from: nothing of what is searched for
    ("sources", &["finding"]),
    // the report of issued tokens: bytes to rows
    ("issued", &["finding"]),
    // manifests, issued tokens and packs
    ("policy", &["finding", "issued"]),
    // what a project has decided: read by triage, and shown like any path
    ("config", &["finding", "sources"]),
    // what the user has decided for every project: the hosts that may be asked
    ("user_config", &["finding", "sources"]),
    // silences findings by what `leaks` read in comments and `config` in its file
    ("triage", &["config", "finding", "leaks", "sources"]),
    ("report", &["finding"]),
    // flags are of the types of what they set
    ("cli", &["config", "finding", "report"]),
    // wiring
    (
        "commands",
        &[
            "canvas",
            "cli",
            "config",
            "detect",
            "extract",
            "finding",
            "issued",
            "leaks",
            "policy",
            "report",
            "secret",
            "sources",
            "triage",
            "user_config",
        ],
    ),
    ("main", &["cli", "commands"]),
];

/// The code of a file without its comments and without its own tests, which may make their input
/// of whatever they need.
fn code(text: &str) -> String {
    let text = text.split("\n#[cfg(test)]\n").next().unwrap_or("");
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// The modules of the crate that `text` names, as `crate::x`, `use crate::{x, y}` or, from the
/// binary, `hallpass::x`.
fn named(text: &str) -> BTreeSet<String> {
    static PATH: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\b(?:crate|hallpass)::(?:(\w+)|\{)").unwrap());
    let mut names = BTreeSet::new();
    for captures in PATH.captures_iter(text) {
        if let Some(name) = captures.get(1) {
            names.insert(name.as_str().to_owned());
            continue;
        }
        // a list: its first words outside inner braces
        let (mut depth, mut word, mut in_path) = (1, String::new(), false);
        for c in text[captures.get(0).unwrap().end()..].chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ':' => in_path = true,
                c if depth == 1 && !in_path && (c.is_alphanumeric() || c == '_') => word.push(c),
                _ => {}
            }
            if (depth == 1 && c == ',') || depth == 0 {
                names.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
                in_path = false;
            }
            if depth == 0 {
                break;
            }
        }
    }
    names
}

/// What each module names, with a file that does so.
fn graph() -> BTreeMap<String, BTreeMap<String, String>> {
    let source = root().join("src");
    let mut graph: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for file in files_below(&source) {
        let shown = file.display().to_string();
        let module = shown.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        if module == "lib" {
            continue;
        }
        let names = graph.entry(module.clone()).or_default();
        for name in named(&code(&fs::read_to_string(source.join(&file)).unwrap())) {
            if name != module {
                names.entry(name).or_insert_with(|| shown.clone());
            }
        }
    }
    graph
}

#[test]
fn modules_know_only_what_they_may() {
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    let graph = graph();
    let mut wrong = Vec::new();
    for (module, names) in &graph {
        let Some(may) = allowed.get(module.as_str()) else {
            panic!("the module `{module}` is not in the table; say there what it may know");
        };
        for (name, file) in names {
            if !may.contains(&name.as_str()) {
                wrong.push(format!("{file} names `{name}`, which `{module}` may not know"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for module in allowed.keys() {
        assert!(graph.contains_key(*module), "the table names `{module}`, which is gone");
    }
    // the reading of the source sees something
    assert!(graph["commands"].len() >= 8, "{:?}", graph["commands"]);
    assert!(graph["detect"].contains_key("finding"));
}

#[test]
fn the_table_has_no_circles_and_keeps_the_rules() {
    // each row may name only rows that can be put before it
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    while placed.len() < ALLOWED.len() {
        let ready: Vec<&str> = ALLOWED
            .iter()
            .filter(|(module, may)| {
                !placed.contains(module) && may.iter().all(|name| placed.contains(name))
            })
            .map(|(module, _)| *module)
            .collect();
        assert!(!ready.is_empty(), "a circle among all but {placed:?}");
        placed.extend(ready);
    }
    let may: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    // how far a module reaches, by way of others
    let reaches = |from: &str, to: &str| {
        let (mut todo, mut seen) = (vec![from.to_owned()], BTreeSet::new());
        while let Some(module) = todo.pop() {
            for name in may[module.as_str()] {
                if seen.insert(*name) {
                    todo.push((*name).to_owned());
                }
            }
        }
        seen.contains(to)
    };
    assert!(may["finding"].is_empty());
    for module in ["detect", "policy"] {
        for other in ["triage", "report", "commands", "cli", "sources"] {
            assert!(!reaches(module, other), "{module} reaches {other}");
        }
    }
    for other in ["detect", "policy", "triage", "report"] {
        assert!(!reaches("sources", other), "sources reaches {other}");
    }
    for (module, names) in ALLOWED {
        assert!(module == "main" || !names.contains(&"commands"), "{module} knows commands");
    }
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    let text = "use crate::a::B;\nlet x = crate::b::c();\nuse crate::{c, d::{x, y}, e::z};\n\
                use hallpass::f;\npub(crate) fn g() {}\n// crate::h\nuse super::i;";
    let names: Vec<String> = named(&code(text)).into_iter().collect();
    assert_eq!(names, ["a", "b", "c", "d", "e", "f"]);
}
