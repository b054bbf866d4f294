//! One report, full of hostile text, through every output format.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod formats {
    pub(crate) mod sample;
}

use formats::sample::{self, hostile, rules};
use hallpass::finding::{Job, Report, Severity};
use hallpass::report::{Context, Format, account, render};
use serde_json::Value;

fn shown_as(format: Format, report: &Report, change: impl FnOnce(&mut Context<'_>)) -> String {
    let rules = rules();
    let mut context = Context {
        job: Job::Scan,
        rules: &rules,
        color: false,
        width: 100,
        fail_on: Severity::Warning,
        exit_code: 3,
        verbose: true,
        quiet: false,
        today: Some(jiff::civil::date(2026, 11, 23)),
    };
    change(&mut context);
    let mut out = Vec::new();
    render(format, report, &context, &mut out).expect("a vector takes everything");
    String::from_utf8(out).expect("UTF-8")
}

fn shown(format: Format, report: &Report) -> String {
    shown_as(format, report, |_| {})
}

fn parsed(format: Format, report: &Report) -> Value {
    serde_json::from_str(&shown(format, report)).expect("valid JSON")
}

#[test]
fn every_format_of_the_hostile_report() {
    let report = hostile();
    // the page's style sheet is a file of its own
    let filters = [(r"(?s)<style>.*</style>", "<style>…</style>"), ("sha256-[^']+", "sha256-…")];
    insta::with_settings!({filters => filters}, {
        for format in Format::all() {
            insta::assert_snapshot!(format.as_str(), shown(*format, &report));
        }
    });
    let rules = rules();
    let context = Context {
        job: Job::Scan,
        rules: &rules,
        color: false,
        width: 100,
        fail_on: Severity::Warning,
        exit_code: 3,
        verbose: true,
        quiet: false,
        today: Some(jiff::civil::date(2026, 11, 23)),
    };
    insta::assert_snapshot!("account", account(&report, &context));
}

/// Outputs in every format, with and without colour.
fn outputs(report: &Report) -> Vec<(String, String)> {
    let rules = rules();
    let mut outputs: Vec<(String, String)> =
        Format::all().iter().map(|format| (format.to_string(), shown(*format, report))).collect();
    let context = Context {
        job: Job::Check,
        rules: &rules,
        color: false,
        width: 40,
        fail_on: Severity::Error,
        exit_code: 1,
        verbose: false,
        quiet: false,
        today: Some(jiff::civil::date(2026, 11, 23)),
    };
    outputs.push(("account".into(), account(report, &context)));
    for width in [0, 20, 60] {
        let narrow = shown_as(Format::Human, report, |context| context.width = width);
        outputs.push((format!("human at {width}"), narrow));
    }
    outputs
}

#[test]
fn no_format_shows_a_token() {
    let token = sample::token();
    let secret = token.split('~').nth(1).unwrap();
    for (format, output) in outputs(&hostile()) {
        for at in 0..secret.len() - 8 {
            let part = &secret[at..at + 8];
            assert!(!output.contains(part), "{format} shows {part}:\n{output}");
        }
    }
}

#[test]
fn no_format_lets_an_escape_or_a_line_end_through() {
    for (format, output) in outputs(&hostile()) {
        for c in output.chars() {
            assert!(
                c == '\n' || !hallpass::finding::is_hostile(c),
                "{format} lets {c:?} through:\n{output}"
            );
        }
    }
}

#[test]
fn no_line_of_any_format_is_a_command() {
    for (format, output) in outputs(&hostile()) {
        for line in output.lines() {
            let command = line.trim_start().starts_with("::");
            assert!(!command || format == "github", "{format} writes a command: {line}");
            let lower = line.to_lowercase();
            for bracket in ["##[", "##vso[", "##teamcity["] {
                assert!(!lower.contains(bracket), "{format} writes a command: {line}");
            }
        }
    }
}

#[test]
fn github_writes_one_command_for_each_thing() {
    let report = hostile();
    let output = shown(Format::Github, &report);
    let count = report.findings.len()
        + report.notices.len()
        + report.timeline.len()
        + report.coverage.errors.len();
    assert_eq!(output.lines().count(), count);
    for line in output.lines() {
        let (name, _) = line.strip_prefix("::").unwrap().split_once(' ').unwrap();
        assert!(["error", "warning", "notice"].contains(&name), "{line}");
    }
}

#[test]
fn colour_comes_from_us_alone() {
    let colored = shown_as(Format::Human, &hostile(), |context| context.color = true);
    let plain = shown_as(Format::Human, &hostile(), |_| {});
    assert_ne!(colored, plain);
    let mut stripped = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        stripped.push_str(before);
        let (parameters, after) = after
            .strip_prefix('[')
            .and_then(|after| after.split_once('m'))
            .expect("a style and nothing else");
        assert!(parameters.bytes().all(|b| b.is_ascii_digit() || b == b';'));
        rest = after;
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain);
}

#[test]
fn sarif_is_valid_against_the_published_schema() {
    let mut schema: Value = serde_json::from_str(include_str!("schemas/sarif-2.1.0.json")).unwrap();
    // the schema's pattern for language tags, which we don't write, is not a regular expression
    // that the validator accepts
    for (kind, property) in [("run", "language"), ("toolComponent", "language")] {
        let language = &mut schema["definitions"][kind]["properties"][property];
        assert!(language.as_object_mut().unwrap().remove("pattern").is_some());
    }
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    for report in [hostile(), sample::nothing_found(), Report::default()] {
        let log = parsed(Format::Sarif, &report);
        let errors: Vec<String> = validator
            .iter_errors(&log)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    // the validator does find what is wrong
    let mut wrong = parsed(Format::Sarif, &hostile());
    wrong["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] =
        0.into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn sarif_names_rules_and_suppressions() {
    let report = hostile();
    let log = parsed(Format::Sarif, &report);
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), report.findings.len() + report.suppressed.len());
    for result in results {
        let at = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[at]["id"], result["ruleId"]);
        assert!(result["suppressions"].is_array());
        let fingerprint = &result["partialFingerprints"]["hallpassFingerprint/v1"];
        assert_eq!(fingerprint.as_str().unwrap().len(), 32);
    }
    let silent =
        results.iter().filter(|result| !result["suppressions"].as_array().unwrap().is_empty());
    assert_eq!(silent.count(), report.suppressed.len());
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn json_is_valid_against_its_own_schema() {
    let schema = serde_json::to_value(schemars::schema_for!(Report)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let report = hostile();
    let document = parsed(Format::Json, &report);
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let mut wrong = document.clone();
    wrong["findings"][0]["severity"] = "loud".into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn json_keeps_hostile_text_for_programs() {
    let report = hostile();
    let document = parsed(Format::Json, &report);
    for (finding, shown) in report.findings.iter().zip(document["findings"].as_array().unwrap()) {
        let path = hallpass::finding::scrub(&finding.location.path);
        assert_eq!(shown["location"]["path"], *path);
    }
}

#[test]
fn gitlab_fingerprints_are_unique_and_outlast_line_numbers() {
    let fingerprints = |report: &Report| -> Vec<String> {
        parsed(Format::Gitlab, report)
            .as_array()
            .unwrap()
            .iter()
            .map(|issue| issue["fingerprint"].as_str().unwrap().to_owned())
            .collect()
    };
    let mut report = hostile();
    let before = fingerprints(&report);
    let mut unique = before.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), before.len());
    for finding in &mut report.findings {
        finding.location.line = finding.location.line.map(|line| line + 10);
    }
    assert_eq!(fingerprints(&report), before);
}

#[test]
fn junit_is_well_formed_and_counts_right() {
    for report in [hostile(), sample::nothing_found(), Report::default()] {
        let output = shown(Format::Junit, &report);
        let elements = sample::well_formed(&output);
        let count = |name: &str| elements.iter().filter(|element| *element == name).count();
        for (attribute, element) in [
            ("tests", "testcase"),
            ("failures", "failure"),
            ("errors", "error"),
            ("skipped", "skipped"),
        ] {
            let expected = format!(" {attribute}=\"{}\"", count(element));
            let suite = output.lines().find(|line| line.contains("<testsuite ")).unwrap();
            assert!(suite.contains(&expected), "{suite} has no {expected}");
        }
        assert!(count("testcase") > 0);
    }
}

#[test]
fn a_gap_is_never_an_all_clear() {
    let mut unread = hostile();
    unread.findings.clear();
    unread.suppressed.clear();
    for report in [unread, Report::default()] {
        for (format, output) in outputs(&report) {
            let output = output.to_lowercase();
            for word in ["no findings", "clean", "✅"] {
                assert!(!output.contains(word), "{format} says {word}:\n{output}");
            }
        }
        let passed = shown(Format::Junit, &report);
        assert!(passed.contains("<error "), "{passed}");
        assert_eq!(
            parsed(Format::Sarif, &report)["runs"][0]["invocations"][0]["executionSuccessful"],
            false
        );
        assert!(shown(Format::Github, &report).contains("::error "));
        assert!(shown(Format::Gitlab, &report).contains("not-looked-at"));
    }
}

#[test]
fn an_all_clear_says_what_was_looked_at() {
    let report = sample::nothing_found();
    let ok = |context: &mut Context<'_>| context.exit_code = 0;
    insta::assert_snapshot!(shown_as(Format::Human, &report, ok), @r"
    Passed over
      x: excluded by configuration

    No findings.
    Looked at 1 file (20.0 MiB).
    Passed over 1: 1 excluded by configuration.
    ");
    insta::assert_snapshot!(shown_as(Format::Markdown, &report, ok), @r"
    ## hallpass scan

    ✅ **No findings.**

    - Looked at 1 file (20.0 MiB).
    - Passed over 1: 1 excluded by configuration.
    ");
    assert_eq!(shown_as(Format::Concise, &report, ok), "");
    assert_eq!(shown_as(Format::Gitlab, &report, ok), "[]\n");
}

#[test]
fn the_threshold_is_named_where_it_lets_findings_pass() {
    let mut report = hostile();
    report.coverage.errors.clear();
    report.findings.retain(|finding| finding.severity == Severity::Note);
    let output = shown_as(Format::Human, &report, |context| context.exit_code = 0);
    assert!(output.contains("none reaches `warning`"), "{output}");
    let junit = shown_as(Format::Junit, &report, |context| context.exit_code = 0);
    assert!(!junit.contains("<failure"), "{junit}");
}

#[test]
fn formats_have_one_name_everywhere() {
    use clap::ValueEnum as _;
    for format in Format::all() {
        let name = format.as_str();
        assert_eq!(name.parse::<Format>(), Ok(*format));
        assert_eq!(serde_json::to_value(format).unwrap(), name);
        assert_eq!(format.to_possible_value().unwrap().get_name(), name);
    }
    let unknown = "\u{1b}x".parse::<Format>().unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "there is no output format `␛x`; choose one of human, concise, json, github, sarif, \
         gitlab, junit, markdown, csv, html"
    );
}
