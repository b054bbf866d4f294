//! What the real binary writes over a real tree, against the schemas that it is said to follow.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use serde_json::Value;
use support::{ALLOW, Ran, Sandbox, hallpass, root, token};

/// The report on the leaky course, with something silenced and something unreadable.
fn report(format: &str) -> Value {
    let course = root().join("fixtures/leaky-course");
    let ran = Ran::of(hallpass(&course).args([
        "scan",
        "--no-config",
        "--format",
        format,
        "--policy",
        "udayton",
        ".",
        "no-such-file",
    ]));
    assert_eq!(ran.code, 3, "{}", ran.err());
    ran.json()
}

/// A report with something silenced by each means.
fn silenced(format: &str) -> Value {
    let sandbox = Sandbox::new();
    sandbox.write("a.py", format!("A = '{}'  # {ALLOW} x, until 2999-01-31\n", token(1)));
    sandbox.write("b.py", format!("B = '{}'\n", token(2)));
    let allow = "[[allow]]\npath = \"b.py\"\nreason = \"made up\"\n\n\
                 [[exclude]]\npath = \"base.toml\"\nreason = \"no code\"\n";
    sandbox.write("base/c.py", format!("C = '{}'\n", token(3)));
    let ran = sandbox.run(&["scan", "base", "--write-baseline", "base.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    sandbox.write("hallpass.toml", allow);
    let ran = sandbox.run(&["scan", "--baseline", "base.toml", "--format", format]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    ran.json()
}

fn schema_of(of: &str) -> Value {
    let ran = Ran::of(hallpass(root()).args(["schema", of]));
    assert_eq!(ran.code, 0);
    ran.json()
}

fn faults(schema: &Value, document: &Value) -> Vec<String> {
    let validator = jsonschema::options().should_validate_formats(true).build(schema).unwrap();
    let show =
        |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    validator.iter_errors(document).map(show).collect()
}

#[test]
fn json_follows_the_schema_that_the_binary_prints() {
    let schema = schema_of("report");
    for document in [report("json"), silenced("json")] {
        assert_eq!(faults(&schema, &document), [""; 0]);
    }
    let document = silenced("json");
    let kinds: Vec<_> = document["suppressed"].as_array().unwrap().iter().collect();
    let kinds: Vec<_> = kinds.iter().map(|one| one["suppressed_by"]["kind"].clone()).collect();
    assert_eq!(kinds, ["inline", "config", "baseline"]);
    // the schema does say no
    let mut wrong = report("json");
    wrong["findings"][0]["location"]["line"] = "three".into();
    assert_ne!(faults(&schema, &wrong), [""; 0]);
}

#[test]
fn json_has_every_key_of_the_contract() {
    let document = report("json");
    assert_eq!(document["schema_version"], 1);
    let finding = document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["token"]["shard"].is_string())
        .unwrap();
    for pointer in [
        "/rule",
        "/severity",
        "/confidence",
        "/message",
        "/location/path",
        "/location/line",
        "/location/column",
        "/location/end_line",
        "/location/end_column",
        "/token/shard",
        "/token/hint",
        "/guidance/0/policy",
        "/guidance/0/clause",
        "/fingerprint",
        "/help/0",
    ] {
        assert!(finding.pointer(pointer).is_some(), "{pointer} is missing in {finding:#}");
    }
    for pointer in [
        "/tool/name",
        "/tool/version",
        "/suppressed",
        "/notices",
        "/timeline",
        "/coverage/files",
        "/coverage/bytes",
        "/coverage/blobs",
        "/coverage/commits",
        "/coverage/skipped",
        "/coverage/errors/0/path",
        "/coverage/errors/0/message",
    ] {
        assert!(document.pointer(pointer).is_some(), "{pointer} is missing");
    }
}

#[test]
fn sarif_follows_the_published_schema() {
    let mut schema: Value = serde_json::from_str(include_str!("schemas/sarif-2.1.0.json")).unwrap();
    // the schema's pattern for language tags, which we don't write, is not a regular expression
    // that the validator accepts
    for kind in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][kind]["properties"]["language"];
        assert!(language.as_object_mut().unwrap().remove("pattern").is_some());
    }
    for document in [report("sarif"), silenced("sarif")] {
        assert_eq!(faults(&schema, &document), [""; 0]);
        let run = &document["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let fingerprint = &result["partialFingerprints"]["hallpassFingerprint/v1"];
            assert_eq!(fingerprint.as_str().unwrap().len(), 32);
        }
    }
    let course = report("sarif");
    assert!(course["runs"][0]["results"].as_array().unwrap().len() >= 20);
    assert_eq!(course["runs"][0]["invocations"][0]["executionSuccessful"], false);
    let silenced = silenced("sarif");
    let results = silenced["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    assert!(results.iter().all(|result| result["suppressions"][0]["kind"].is_string()));
    let mut wrong = course;
    wrong["runs"][0]["results"][0]["level"] = "loud".into();
    assert_ne!(faults(&schema, &wrong), [""; 0]);
}

/// What the schema says of a configuration is what the program takes.
#[test]
fn the_configuration_follows_its_schema() {
    let schema = schema_of("config");
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", "x");
    for (text, good) in [
        ("", true),
        ("policy = \"canvas\"\nfail-on = \"note\"\nmax-file-size = \"1 MiB\"\n", true),
        ("[severity]\ncanvas-access-token = \"note\"\n", true),
        ("[[allow]]\nrule = \"manifest/schema\"\nreason = \"y\"\nuntil = \"2027-01-31\"\n", true),
        ("[[exclude]]\npath = \"x\"\nreason = \"y\"\n", true),
        ("fail_on = \"note\"\n", false),
        ("fail-on = \"loud\"\n", false),
        ("[[allow]]\nrule = \"x\"\n", false),
        ("[[exclude]]\npath = \"x\"\n", false),
        ("[[exclude]]\npath = \"x\"\nreason = \"y\"\nwhy = \"z\"\n", false),
        ("detectors = \"x\"\n", false),
    ] {
        let document: toml::Value = toml::from_str(text).unwrap();
        let document = serde_json::to_value(document).unwrap();
        assert_eq!(faults(&schema, &document).is_empty(), good, "the schema on {text}");
        sandbox.write("hallpass.toml", text);
        assert_eq!(sandbox.run(&["scan"]).code != 2, good, "the program on {text}");
    }
}

/// The embedded detectors are written in the format whose schema the binary prints.
#[test]
fn detectors_follow_their_schema() {
    let schema = schema_of("detector");
    let folder = root().join("rules/detectors");
    let files = support::files_below(&folder);
    assert!(files.len() >= 4);
    for file in files {
        let text = std::fs::read_to_string(folder.join(&file)).unwrap();
        let document: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(faults(&schema, &document), [""; 0], "{}", file.display());
        let mut wrong = document;
        wrong["colour"] = "red".into();
        assert_ne!(faults(&schema, &wrong), [""; 0]);
    }
}
