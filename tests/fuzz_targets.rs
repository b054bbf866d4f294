//! Every reader of documents has a fuzz target, and every target is built, has inputs to begin with,
//! and stands in the README.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::collections::BTreeMap;
use std::fs;

use hallpass::extract::formats;
use regex::Regex;
use support::{files_below, root};

/// Office files have one reader in the zip reader, with a part of its own for each of these.
const OFFICE: [&str; 6] = ["docx", "xlsx", "pptx", "odt", "ods", "odp"];
/// Formats of which no fixture is kept.
const WITHOUT_SEEDS: [&str; 2] = ["picture", "unopened"];

/// The code of each target, by its name.
fn targets() -> BTreeMap<String, String> {
    let folder = root().join("fuzz/fuzz_targets");
    files_below(&folder)
        .into_iter()
        .map(|file| {
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(folder.join(file)).unwrap())
        })
        .collect()
}

#[test]
fn every_reader_has_a_target() {
    let targets = targets();
    let reader = Regex::new(r#"(?s)reader!\(\s*"([^"]+)""#).unwrap();
    let fed: Vec<&str> =
        targets.values().filter_map(|code| Some(reader.captures(code)?.get(1)?.as_str())).collect();
    for format in formats::all() {
        let name = format.name;
        assert!(
            fed.contains(&name),
            "the reader of the format {name:?} has no fuzz target: write \
             fuzz/fuzz_targets/formats/NAME.rs with\n\n//! Seeds: *.ENDING\n#![no_main]\n\
             hallpass_fuzz::reader!({name:?});\n\nand name it in fuzz/Cargo.toml and fuzz/README.md"
        );
    }
    for name in fed {
        let known = formats::all().iter().any(|format| format.name == name);
        assert!(known, "a fuzz target feeds {name:?}, which is no format");
    }
    for kind in OFFICE {
        assert!(targets.contains_key(kind), "there is no fuzz target for {kind}");
    }
}

#[test]
fn every_target_is_built_and_told() {
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    let readme = fs::read_to_string(root().join("fuzz/README.md")).unwrap();
    for (name, code) in targets() {
        assert!(manifest.contains(&format!("\nname = \"{name}\"\n")), "{name}: fuzz/Cargo.toml");
        assert!(readme.contains(&format!("`{name}`")), "{name}: fuzz/README.md");
        assert!(!code.is_empty());
    }
}

#[test]
fn every_reader_has_something_to_begin_with() {
    let documents = files_below(&root().join("fixtures/documents"));
    for (name, code) in targets() {
        if !code.contains("reader!") || WITHOUT_SEEDS.contains(&name.as_str()) {
            continue;
        }
        let line = code.lines().find_map(|line| line.strip_prefix("//! Seeds: "));
        let patterns = line.unwrap_or_else(|| panic!("{name} names no seeds"));
        let fits = |file: &str| {
            let ending = |pattern: &str| file.ends_with(pattern.trim_start_matches('*'));
            patterns.split_whitespace().any(ending)
        };
        let found = documents.iter().any(|file| fits(&file.display().to_string()));
        assert!(found, "no file of fixtures/documents is {patterns}, for the fuzz target {name}");
    }
}
