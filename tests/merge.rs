//! `hallpass merge`: shards scanned by processes side by side make the report of one run over all.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;
use std::process::Stdio;

use serde_json::{Value, json};
use support::{FORMATS, Ran, Sandbox, token};

const SHARDS: usize = 8;

/// A folder of many small repositories: every third leaks, one silences its leak.
fn estate() -> Sandbox {
    let sandbox = Sandbox::new();
    for at in 0..40_u64 {
        let folder = format!("repos/repo-{at:02}");
        sandbox.write(format!("{folder}/README.md"), "nothing\n");
        if at % 3 == 0 {
            let comment =
                if at == 9 { format!("  # {} sample", support::ALLOW) } else { String::new() };
            sandbox.write(format!("{folder}/sync.py"), format!("T = \"{}\"{comment}\n", token(at)));
        }
    }
    sandbox
}

#[test]
fn parallel_shards_make_the_report_of_one_run() {
    let sandbox = estate();
    let one = sandbox.scan(&["repos"]);
    assert_eq!(one.code, 1);
    fs::create_dir(sandbox.path().join("shards")).unwrap();
    let children: Vec<_> = (0..SHARDS)
        .map(|shard| {
            // as an indexed job does: each takes the repositories of its own number
            let mine: Vec<String> = (0..40)
                .filter(|at| at % SHARDS == shard)
                .map(|at| format!("repos/repo-{at:02}"))
                .collect();
            let mut command = sandbox.hallpass();
            command
                .args(["scan", "--quiet", "--output"])
                .arg(format!("shards/{shard}.json"))
                .args(mine);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert!([0, 1].contains(&ran.code), "{}", ran.err());
    }
    let merged = sandbox.run(&["merge", "shards", "--format", "json"]);
    assert_eq!(merged.code, 1, "{}", merged.err());
    assert_eq!(merged.out(), one.out());
    // whatever the order and however often
    let mut names: Vec<String> =
        (0..SHARDS).rev().map(|shard| format!("shards/{shard}.json")).collect();
    names.push("shards/3.json".into());
    let mut args = vec!["merge", "--format", "json"];
    args.extend(names.iter().map(String::as_str));
    assert_eq!(sandbox.run(&args).out(), one.out());
    // in every format, which say the same as of one run where they show no source
    for format in FORMATS {
        let merged = sandbox.run(&["merge", "shards", "--format", format, "--today", "2026-11-23"]);
        assert_eq!(merged.code, 1, "{format}: {}", merged.err());
        assert!(!merged.out().contains(&token(0)[3..]), "{format}");
        assert!(merged.out().contains("sync.py"), "{format}");
        if ["concise", "github"].contains(&format) {
            assert_eq!(merged.out(), sandbox.run(&["scan", "repos", "--format", format]).out());
        }
    }
}

#[test]
fn overlapping_reports_tell_each_place_once() {
    let sandbox = estate();
    sandbox.run(&["scan", "repos/repo-00", "repos/repo-03", "--output", "a.json"]);
    sandbox.run(&["scan", "repos/repo-03", "repos/repo-06", "--output", "b.json"]);
    let merged = sandbox.run(&["merge", "a.json", "b.json", "--format", "json"]);
    assert_eq!(merged.places().len(), 3, "{:?}", merged.places());
}

#[test]
fn reports_of_repositories_are_told_apart_by_their_names() {
    let sandbox = estate();
    fs::create_dir(sandbox.path().join("reports")).unwrap();
    for name in ["repo-00", "repo-03"] {
        let mut command = support::hallpass(&sandbox.path().join("repos").join(name));
        Ran::of(command.args(["scan", "--output"]).arg(format!("../../reports/{name}.json")));
    }
    let merged = sandbox.run(&["merge", "reports", "--below-names", "--format", "json"]);
    assert_eq!(merged.places(), ["repo-00/sync.py:1:6", "repo-03/sync.py:1:6"]);
    fs::create_dir(sandbox.path().join("other")).unwrap();
    fs::copy(
        sandbox.path().join("reports/repo-00.json"),
        sandbox.path().join("other/repo-00.json"),
    )
    .unwrap();
    let twice = sandbox.run(&["merge", "reports", "other", "--below-names"]);
    assert_eq!(twice.code, 2);
    assert!(twice.err().contains("two reports have the name repo-00"), "{}", twice.err());
}

#[test]
fn exit_codes_are_kept() {
    let sandbox = estate();
    sandbox.run(&["scan", "repos/repo-01", "--output", "none.json"]);
    sandbox.run(&["scan", "repos/repo-00", "--output", "leak.json"]);
    sandbox.run(&["scan", "repos/repo-02", "gone", "--output", "gap.json"]);
    for (reports, code) in [
        (&["none.json"][..], 0),
        (&["none.json", "leak.json"], 1),
        (&["none.json", "gap.json"], 3),
        (&["leak.json", "gap.json"], 3),
        (&["none.json", "missing.json"], 3),
    ] {
        let ran = sandbox.run(&[&["merge"], reports].concat());
        assert_eq!(ran.code, code, "{reports:?}: {}", ran.out());
        assert_eq!(ran.out().contains("No findings."), code == 0, "{}", ran.out());
    }
    assert_eq!(sandbox.run(&["merge", "leak.json", "--exit-zero"]).code, 0);
    assert_eq!(sandbox.run(&["merge"]).code, 2);
    fs::create_dir(sandbox.path().join("empty")).unwrap();
    assert_eq!(sandbox.run(&["merge", "empty"]).code, 3);
}

#[test]
fn what_is_no_report_is_told_and_the_others_are_joined() {
    let sandbox = estate();
    sandbox.run(&["scan", "repos/repo-00", "--output", "good.json"]);
    let good: Value =
        serde_json::from_slice(&fs::read(sandbox.path().join("good.json")).unwrap()).unwrap();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut report = good.clone();
        change(&mut report);
        report.to_string()
    };
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (name, text) in [
        ("empty", String::new()),
        ("cut", good.to_string()[..200].to_owned()),
        ("deep", deep),
        ("other", with(&|report| report["tool"]["name"] = "x".into())),
        ("newer", with(&|report| report["schema_version"] = 2.into())),
        ("print", with(&|report| report["findings"][0]["fingerprint"] = "../../x".into())),
        ("severity", with(&|report| report["findings"][0]["severity"] = "loud".into())),
        ("sums", with(&|report| report["coverage"]["files"] = json!(-1))),
    ] {
        sandbox.write("bad.json", text);
        let ran = sandbox.run(&["merge", "bad.json", "good.json", "--format", "json"]);
        assert_eq!(ran.code, 3, "{name}: {}", ran.err());
        assert_eq!(ran.places().len(), 1, "{name}");
        assert!(ran.errors()[0].starts_with("bad.json: "), "{name}: {:?}", ran.errors());
    }
    // sums don't run over
    sandbox.write("huge.json", with(&|report| report["coverage"]["bytes"] = json!(u64::MAX)));
    assert_eq!(sandbox.run(&["merge", "huge.json", "good.json"]).code, 1);
    // keys of a later version are passed over
    sandbox.write("more.json", with(&|report| report["findings"][0]["later"] = json!({"x": 1})));
    assert_eq!(sandbox.run(&["merge", "more.json"]).code, 1);
}

#[test]
fn hostile_text_in_a_report_is_as_harmless_as_in_a_file() {
    let sandbox = estate();
    sandbox.run(&["scan", "repos/repo-00", "--output", "good.json"]);
    let mut report: Value =
        serde_json::from_slice(&fs::read(sandbox.path().join("good.json")).unwrap()).unwrap();
    let secret = token(77);
    let hostile = format!("\u{1b}[31m\n::error::x <script>alert(1)</script> {secret}");
    let finding = &mut report["findings"][0];
    finding["message"] = hostile.clone().into();
    finding["rule"] = hostile.clone().into();
    finding["location"]["path"] = hostile.clone().into();
    finding["location"]["line"] = json!(u64::MAX);
    finding["help"] = json!([hostile.clone()]);
    report["notices"] = json!([{"clause": hostile, "message": hostile, "path": hostile}]);
    report["findings"][0]["also"] = json!([report["findings"][0]["message"]]);
    report["coverage"] = json!({
        "files": 0, "bytes": 0, "blobs": 0, "commits": 0, "skipped": [], "errors": [],
        "nothing": report["findings"][0]["message"],
    });
    report["timeline"] = json!([{"date": hostile, "clause": hostile, "what": hostile}]);
    sandbox.write("bad.json", report.to_string());
    for format in FORMATS {
        let ran = sandbox.run(&["merge", "bad.json", "--format", format]);
        assert_eq!(ran.code, 1, "{format}: {}", ran.err());
        let (out, all) = (ran.out(), ran.out() + &ran.err());
        assert!(!all.contains(&secret[4..20]), "{format} shows a token: {all}");
        assert!(!all.contains('\u{1b}'), "{format}");
        assert!(
            !out.contains("<script>") || !["html", "markdown", "junit"].contains(&format),
            "{format}"
        );
        if format != "github" {
            assert!(
                !all.lines().any(|line| line.trim_start().starts_with("::")),
                "{format}: {all}"
            );
        }
    }
}
