//! The real binary over everything in `fixtures/`. A case is a file or a folder there; this file
//! only says how they are read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use support::{Ran, Sandbox, files_below, hallpass, root};

/// Fewer cases than this mean that the folder was not found, not that all is well.
const LEAST_LEAKS: usize = 55;
const LEAST_CLEAN: usize = 55;
const LEAST_CLI: usize = 100;

/// A line of an `.expect` file. `None` stands for `-`.
#[derive(Debug)]
struct Expected {
    line: Option<u64>,
    column: Option<u64>,
    rule: String,
    confidence: Option<String>,
    token: Option<String>,
}

impl Expected {
    /// Reads `line:column rule confidence shard~hint`.
    fn parse(text: &str) -> Self {
        let parts: Vec<&str> = text.split([' ', ':']).collect();
        let [line, column, rule, confidence, token] = parts[..] else {
            panic!("`{text}` is not `line:column rule confidence shard~hint`");
        };
        let open = |text: &str| (text != "-").then(|| text.to_owned());
        let number = |text: &str| open(text).map(|text| text.parse().unwrap());
        Self {
            line: number(line),
            column: number(column),
            rule: rule.to_owned(),
            confidence: open(confidence),
            token: open(token),
        }
    }

    fn fits(&self, finding: &Value) -> bool {
        let at = &finding["location"];
        let number = |key: &str| at[key].as_u64().unwrap();
        let token = match finding["token"]["shard"].as_str() {
            Some(shard) => format!("{shard}~{}", finding["token"]["hint"].as_str().unwrap()),
            None => finding["token"]["hint"].as_str().unwrap().to_owned(),
        };
        // a link may begin before the part of it that is expected
        let is_link = ["canvas-calendar-feed", "canvas-file-verifier"].contains(&&*self.rule);
        let column = |column: u64| {
            if is_link {
                (number("column")..number("end_column")).contains(&column)
            } else {
                number("column") == column
            }
        };
        finding["rule"] == *self.rule
            && self.line.is_none_or(|line| number("line") == line)
            && self.column.is_none_or(column)
            && self.confidence.as_ref().is_none_or(|wanted| finding["confidence"] == **wanted)
            && self.token.as_ref().is_none_or(|wanted| token == *wanted)
    }
}

/// Says how what was found differs from what is due; both are in the order of the text.
fn difference(expected: &[Expected], findings: &[Value]) -> Option<String> {
    let fits = expected.len() == findings.len()
        && expected.iter().zip(findings).all(|(expected, finding)| expected.fits(finding));
    (!fits).then(|| {
        let shown = |finding: &Value| {
            let at = &finding["location"];
            format!(
                "{}:{}-{} {} {} {}",
                at["line"],
                at["column"],
                at["end_column"],
                finding["rule"],
                finding["confidence"],
                finding["token"]
            )
        };
        let found: Vec<_> = findings.iter().map(shown).collect();
        format!("due: {expected:#?}\nfound: {found:#?}")
    })
}

/// The findings of a scan of `folder`, by path relative to it.
fn scan(folder: &Path, code: i32) -> BTreeMap<PathBuf, Vec<Value>> {
    let ran =
        Ran::of(hallpass(folder).args(["scan", "--no-config", "--format", "json", "--no-ignore"]));
    assert_eq!(ran.code, code, "{}", ran.err());
    let report = ran.json();
    assert_eq!(report["suppressed"], Value::Array(vec![]));
    assert_eq!(report["coverage"]["files"], files_below(folder).len());
    let mut findings: BTreeMap<PathBuf, Vec<Value>> = BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        let path = finding["location"]["path"].as_str().unwrap();
        findings.entry(path.into()).or_default().push(finding.clone());
    }
    findings
}

#[test]
fn every_leak_is_found_where_it_stands() {
    let folder = root().join("fixtures/detect/leaks");
    let mut found = scan(&folder, 1);
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in files_below(&folder) {
        if file.extension().is_some_and(|extension| extension == "expect") {
            assert!(folder.join(file.with_extension("")).is_file(), "{file:?} belongs to no file");
            continue;
        }
        seen += 1;
        let sidecar = folder.join(format!("{}.expect", file.display()));
        let expected = fs::read_to_string(&sidecar).unwrap_or_else(|error| {
            panic!(
                "{}: {error}\nsay in it what is due in {}: a line \
                 `line:column rule confidence shard~hint` for each finding (fixtures/README.md)",
                sidecar.display(),
                file.display()
            )
        });
        let expected: Vec<_> = expected.lines().map(Expected::parse).collect();
        assert!(!expected.is_empty(), "nothing is due in {file:?}; it belongs into detect/clean");
        let findings = found.remove(&file).unwrap_or_default();
        wrong.extend(difference(&expected, &findings).map(|text| format!("{file:?}: {text}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found.is_empty(), "found in files that are no case: {found:#?}");
    assert!(seen >= LEAST_LEAKS, "only {seen} cases in {}", folder.display());
}

#[test]
fn nothing_is_found_in_what_only_looks_like_a_token() {
    let folder = root().join("fixtures/detect/clean");
    let seen = files_below(&folder).len();
    assert!(seen >= LEAST_CLEAN, "only {seen} cases in {}", folder.display());
    let found = scan(&folder, 0);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_leaky_course_leaks_what_was_planted() {
    let folder = root().join("fixtures/leaky-course");
    let text = fs::read_to_string(root().join("fixtures/leaky-course.expect")).unwrap();
    let mut expected: BTreeMap<PathBuf, Vec<Expected>> = BTreeMap::new();
    for line in text.lines() {
        let (place, rest) = line.split_once(' ').unwrap();
        let mut parts = place.rsplitn(3, ':');
        let (column, number) = (parts.next().unwrap(), parts.next().unwrap());
        let path = parts.next().unwrap();
        let entry = Expected::parse(&format!("{number}:{column} {rest}"));
        expected.entry(path.into()).or_default().push(entry);
    }
    assert!(expected.len() >= 20, "only {} files are expected to leak", expected.len());
    let mut found = scan(&folder, 1);
    let mut wrong = Vec::new();
    for (path, expected) in &expected {
        let findings = found.remove(path).unwrap_or_default();
        wrong.extend(difference(expected, &findings).map(|text| format!("{path:?}: {text}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(found.is_empty(), "found where nothing was planted: {found:#?}");
    // as its users run it; what its own .gitignore names is then not looked at
    let ran = Ran::of(hallpass(&folder).args(["scan", "--no-config"]));
    assert_eq!(ran.code, 1);
}

/// A folder of `fixtures/cli`.
struct Case {
    folder: PathBuf,
    name: String,
}

impl Case {
    fn all() -> Vec<Self> {
        let folder = root().join("fixtures/cli");
        let mut cases: Vec<Self> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.path().is_dir())
            .map(|entry| Self {
                folder: entry.path(),
                name: entry.file_name().into_string().unwrap(),
            })
            .collect();
        cases.sort_by(|a, b| a.name.cmp(&b.name));
        cases
    }

    fn read(&self, name: &str) -> Option<String> {
        let path = self.folder.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => panic!("{}: {error}", path.display()),
        }
    }

    /// Runs the case; answers what it left, as the files of its folder would hold it.
    fn run(&self) -> BTreeMap<PathBuf, String> {
        let sandbox = Sandbox::new();
        let input = self.folder.join("input");
        let given = if input.is_dir() { files_below(&input) } else { Vec::new() };
        for file in &given {
            sandbox.write(file, fs::read(input.join(file)).unwrap());
        }
        let cmd = self.read("cmd").unwrap_or_else(|| {
            panic!("{}: `cmd` is missing: one line of arguments", self.folder.display())
        });
        let mut command = sandbox.hallpass();
        command.args(words(cmd.trim_end_matches('\n')));
        for line in self.read("env").unwrap_or_default().lines() {
            let (name, value) = line.split_once('=').expect("`env` holds lines NAME=VALUE");
            command.env(name, value);
        }
        let stdin = self.folder.join("stdin");
        if stdin.is_file() {
            command.stdin(Stdio::from(fs::File::open(stdin).unwrap()));
        }
        let ran = Ran::of(&mut command);
        let mut left = BTreeMap::new();
        left.insert("stdout".into(), versionless(&ran.out()));
        left.insert("stderr".into(), versionless(&ran.err()));
        left.insert("exit".into(), format!("{}\n", ran.code));
        // what the run wrote
        for file in files_below(&sandbox.path()) {
            let now = fs::read(sandbox.path().join(&file)).unwrap();
            if !given.contains(&file) || fs::read(input.join(&file)).unwrap() != now {
                let text = String::from_utf8(now).expect("written files are text");
                left.insert(Path::new("written").join(file), versionless(&text));
            }
        }
        left
    }

    /// What is expected: the snapshots in the folder.
    fn expected(&self) -> BTreeMap<PathBuf, String> {
        let mut expected = BTreeMap::new();
        for name in ["stdout", "stderr", "exit"] {
            expected.insert(name.into(), self.read(name).unwrap_or_default());
        }
        let written = self.folder.join("written");
        if written.is_dir() {
            for file in files_below(&written) {
                let text = fs::read_to_string(written.join(&file)).unwrap();
                expected.insert(Path::new("written").join(file), text);
            }
        }
        expected
    }

    fn update(&self, left: &BTreeMap<PathBuf, String>) {
        let _ = fs::remove_dir_all(self.folder.join("written"));
        for (name, text) in left {
            let path = self.folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if text.is_empty() {
                let _ = fs::remove_file(path);
            } else {
                fs::write(path, text).unwrap();
            }
        }
    }
}

/// Splits a line into words as a shell does, with quotes but nothing else.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    assert!(quote.is_none(), "an open quote in `{line}`");
    words.extend(word);
    words
}

/// The version changes with every release; nothing else may be normalised.
fn versionless(text: &str) -> String {
    text.replace(&format!("\"{}\"", env!("CARGO_PKG_VERSION")), "\"[version]\"")
        .replace(&format!("hallpass {}", env!("CARGO_PKG_VERSION")), "hallpass [version]")
}

#[test]
fn every_case_on_the_command_line() {
    let update = std::env::var_os("HALLPASS_UPDATE").is_some_and(|value| value == "1");
    let cases = Case::all();
    assert!(cases.len() >= LEAST_CLI, "only {} cases in fixtures/cli", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let left = case.run();
        if update {
            case.update(&left);
            continue;
        }
        let expected = case.expected();
        for name in left.keys().chain(expected.keys().filter(|name| !left.contains_key(*name))) {
            let (due, is) = (expected.get(name), left.get(name));
            if due != is {
                let shown = |text: Option<&String>| text.cloned().unwrap_or("(no file)\n".into());
                wrong.push(format!(
                    "{}/{}:\n--- due\n{}+++ is\n{}",
                    case.name,
                    name.display(),
                    shown(due),
                    shown(is)
                ));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\nIf this is as it should be: HALLPASS_UPDATE=1 cargo test --test fixtures",
        wrong.join("\n")
    );
}

/// The first command of the README, as a newcomer runs it: in the repository, under its own
/// configuration, which excludes the fixtures from the run over everything.
#[test]
fn the_first_command_of_the_readme_finds_what_is_planted() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    assert!(readme.contains("cargo run --release -- scan fixtures/leaky-course\n"));
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_hallpass"))
        .args(["scan", "fixtures/leaky-course", "--format", "concise"])
        .current_dir(root)
        .output()
        .unwrap();
    let due = std::fs::read_to_string(root.join("fixtures/leaky-course.expect")).unwrap();
    let found = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{found}");
    assert_eq!(found.lines().count(), due.lines().count(), "{found}");
}
