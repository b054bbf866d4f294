//! The action: its steps run by a real bash, with made-up inputs and events, against a server that
//! plays the release.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

#[path = "action/ranges.rs"]
mod ranges;
#[path = "action/release.rs"]
mod release;
#[path = "action/runner.rs"]
mod runner;
mod support;

use std::fs;

use release::{Server, VERSION, archive, called, list, offer, released};
use runner::Runner;
use serde_json::{Value, json};
use support::{root, token};

const DISPATCH: &str = "workflow_dispatch";

fn none() -> Value {
    json!({})
}

/// A checkout with one leak.
fn leaky(runner: &Runner) {
    runner.write("sync.py", format!("TOKEN = \"{}\"\n", token(1)));
}

#[test]
fn a_release_is_installed_and_what_it_finds_is_shown() {
    let (runner, server) = released();
    leaky(&runner);
    let job = runner.run(&[], DISPATCH, &none());
    assert_eq!(job.code, 1, "{}", job.log);
    assert_eq!(job.outputs["findings"], "1");
    assert_eq!(job.outputs["exit-code"], "1");
    assert!(job.log.contains("::error file=sync.py,line=1,endLine=1,col="), "{}", job.log);
    assert!(job.summary.starts_with("## hallpass scan\n"), "{}", job.summary);
    assert!(job.summary.contains("### Findings"), "{}", job.summary);
    let sarif = fs::read_to_string(&job.outputs["sarif-file"]).unwrap();
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
    let asked = server.asked();
    let name = format!("hallpass-{VERSION}-x86_64-unknown-linux-musl.tar.gz");
    assert_eq!(asked, [format!("/owner/hallpass/releases/download/v{VERSION}/{name}")]);
    assert!(!job.log.contains(&token(1)[12..]));

    // a second use in the same job has it already
    fs::remove_file(runner.checkout().join("sync.py")).unwrap();
    runner.write("clean.py", "TOKEN = os.environ[\"TOKEN\"]\n");
    let job = runner.run(&[], DISPATCH, &none());
    assert_eq!(job.code, 0, "{}", job.log);
    assert_eq!(job.outputs["findings"], "0");
    assert_eq!(server.asked().len(), 1);
    // what lay around was changed in between: it is fetched anew
    fs::write(runner.path(&format!("temp/hallpass-{VERSION}/{name}")), "changed").unwrap();
    assert_eq!(runner.run(&[], DISPATCH, &none()).code, 0);
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn a_wrong_checksum_ends_the_step_before_anything_runs() {
    let mut runner = Runner::new();
    let server = Server::start();
    runner.set("GITHUB_SERVER_URL", &server.address);
    runner.program("cargo", "#!/bin/sh\ntouch \"$HOME/built\"\n");
    let (file, bytes) = archive(&runner, "x86_64-unknown-linux-musl");
    list(&runner, &file, b"what was released");
    server.offer(&format!("/owner/hallpass/releases/download/v{VERSION}/{file}"), bytes);
    let job = runner.run(&[], DISPATCH, &none());
    assert_eq!(job.code, 3, "{}", job.log);
    assert_eq!(job.outputs["exit-code"], "3");
    assert_eq!(job.outputs["findings"], "");
    assert!(job.log.contains("::error title=hallpass::"), "{}", job.log);
    assert!(job.log.contains("has another checksum than the action expects"), "{}", job.log);
    assert!(job.summary.contains("    expected "), "{}", job.summary);
    assert!(!runner.path("called").exists());
    assert!(!runner.path("home/built").exists(), "a wrong checksum is no missing release");
}

/// Cargo as it is, but for a debug build into the folder that the tests have filled already: what
/// is tried is the script, and an optimised build takes minutes.
fn cargo_that_is_quick(runner: &Runner) {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    runner.program(
        "cargo",
        &format!(
            "#!/bin/sh\nprintf '%s\\0' \"$PWD\" \"$@\" >\"$HOME/cargo\"\ncd '{}' && exec '{cargo}' \"$@\" --debug\n",
            root().display(),
        ),
    );
}

#[test]
fn without_a_release_it_is_built_from_source() {
    let (mut runner, server) = released();
    // the list knows it, the server does not
    let (file, _) = archive(&runner, "aarch64-unknown-linux-musl");
    list(&runner, &file, b"gone");
    runner.set("RUNNER_ARCH", "ARM64");
    cargo_that_is_quick(&runner);
    let home = std::env::var("CARGO_HOME")
        .unwrap_or_else(|_| format!("{}/.cargo", std::env::var("HOME").unwrap()));
    runner.set("CARGO_HOME", &home);
    if let Ok(home) = std::env::var("RUSTUP_HOME")
        .or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.rustup")))
    {
        runner.set("RUSTUP_HOME", &home);
    }
    let target = std::env::var("CARGO_TARGET_DIR")
        .unwrap_or_else(|_| root().join("target").display().to_string());
    runner.set("CARGO_TARGET_DIR", &target);
    leaky(&runner);
    // what a pull request might bring along to have cargo run it
    runner.write(".cargo/config.toml", "[build]\nrustc-wrapper = \"./evil\"\n");
    let job = runner.run(&[], DISPATCH, &none());
    assert_eq!(job.code, 1, "{}", job.log);
    assert_eq!(job.outputs["findings"], "1");
    assert_eq!(server.asked().len(), 1, "{:?}", server.asked());
    let cargo = fs::read_to_string(runner.path("home/cargo")).unwrap();
    let cargo: Vec<&str> = cargo.split_terminator('\0').collect();
    assert_eq!(cargo[0], runner.action().display().to_string(), "not in the checkout");
    assert_eq!(cargo[1..3], ["install", "--locked"]);
}

#[test]
fn only_listed_versions_are_fetched() {
    let (runner, server) = released();
    runner.program("cargo", "#!/bin/sh\nexit 101\n");
    let ask = |version: &str| runner.run(&[("version", version)], DISPATCH, &none());
    let job = ask("99.0.0");
    assert_eq!(job.code, 3, "{}", job.log);
    assert!(job.log.contains("no release of hallpass 99.0.0"), "{}", job.log);
    for hostile in ["1.0/../../x", "$(touch pwned)", "1.0.0\n2.0.0", "-x", "1 0", "latest"] {
        let job = ask(hostile);
        assert_eq!(job.code, 2, "{hostile}: {}", job.log);
    }
    assert!(server.asked().is_empty(), "{:?}", server.asked());
    let job = ask("source");
    assert_eq!(job.code, 3, "{}", job.log);
    assert!(job.log.contains("could not be built from source"), "{}", job.log);
    runner.write("clean.txt", "clean\n");
    let job = ask(&format!("v{VERSION}"));
    assert_eq!(job.code, 0, "{}", job.log);
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn every_runner_has_its_archive() {
    let (mut runner, server) = released();
    runner.write("clean.txt", "clean\n");
    for (system, processor, target) in [
        ("Linux", "X64", "x86_64-unknown-linux-musl"),
        ("Linux", "ARM64", "aarch64-unknown-linux-musl"),
        ("macOS", "X64", "x86_64-apple-darwin"),
        ("macOS", "ARM64", "aarch64-apple-darwin"),
        ("Windows", "X64", "x86_64-pc-windows-msvc"),
        ("Windows", "ARM64", "x86_64-pc-windows-msvc"),
    ] {
        offer(&runner, &server, target);
        runner.set("RUNNER_OS", system);
        runner.set("RUNNER_ARCH", processor);
        let job = runner.run(&[], DISPATCH, &none());
        assert_eq!(job.code, 0, "{system} {processor}: {}", job.log);
        assert!(job.log.contains(&format!("hallpass {VERSION} is ready")), "{}", job.log);
        assert!(server.asked().last().unwrap().contains(target));
    }
}

#[test]
fn inputs_stay_whole_and_are_never_run() {
    let (runner, _server) = released();
    let paths = ["a b.txt", "$(touch pwned)", "`touch pwned`", "*", "'\"; touch pwned #", "--help"];
    for path in paths {
        runner.write(path, "nothing\n");
    }
    let job = runner.run(
        &[
            ("paths", &format!("\n{}\r\n", paths.join("\n"))),
            ("args", "--exclude=a pattern; touch pwned\n--max-file-size=1MiB\n"),
            ("policy", "udayton"),
            ("fail-on", "note"),
            ("formats", "concise\njson:a report.json"),
        ],
        DISPATCH,
        &none(),
    );
    assert_eq!(job.code, 0, "{}", job.log);
    let called = called(&runner);
    let output = called.iter().position(|it| it.starts_with("--output=concise:")).unwrap();
    let mut expected = vec!["scan", "--policy=udayton", "--fail-on=note", &called[output]];
    expected.extend(["--output=json:a report.json", "--format=concise"]);
    expected.extend(["--exclude=a pattern; touch pwned", "--max-file-size=1MiB", "--"]);
    expected.extend(paths);
    assert_eq!(called, expected);
    assert!(!runner.checkout().join("pwned").exists());
    assert!(runner.checkout().join("a report.json").exists());
    assert_eq!(job.outputs["sarif-file"], "");
}

#[test]
fn wrong_inputs_are_refused_in_words() {
    let (runner, _server) = released();
    runner.write("clean.txt", "clean\n");
    for (name, value) in [
        ("command", "hook"),
        ("mode", "everything"),
        ("sarif-file", "a.sarif\nfindings=0"),
        ("policy", "a\nb"),
        ("formats", "github\nhuman"),
        ("formats", "json"),
        ("mode", "range"),
    ] {
        let job = runner.run(&[(name, value)], "schedule", &none());
        assert_eq!(job.code, 2, "{name}={value}: {}", job.log);
        assert_eq!(job.outputs["exit-code"], "2");
        assert_eq!(job.outputs["findings"], "");
        assert!(job.log.contains("::error title=hallpass::"), "{}", job.log);
        assert!(!runner.path("called").exists(), "{name}={value}");
    }
    let job = runner.run(&[("policy", "nobody")], DISPATCH, &none());
    assert_eq!((job.code, job.outputs["exit-code"].as_str()), (2, "2"), "{}", job.log);
    let job = runner.run(&[("paths", "missing")], DISPATCH, &none());
    assert_eq!((job.code, job.outputs["exit-code"].as_str()), (3, "3"), "{}", job.log);
    let job = runner.run(&[("sarif-file", "out.sarif"), ("fail-on", "error")], DISPATCH, &none());
    assert_eq!((job.code, job.outputs["sarif-file"].as_str()), (0, "out.sarif"), "{}", job.log);
    assert!(runner.checkout().join("out.sarif").exists());
}

#[test]
fn a_request_is_shown_with_its_dates() {
    let (runner, _server) = released();
    let request =
        fs::read(root().join("fixtures/requests/calpoly/pass/calpoly-bounded-an-end.yaml"))
            .unwrap();
    runner.write("requests/export.yaml", request);
    let inputs = [("command", "check"), ("paths", "requests"), ("args", "--today=2026-11-23")];
    let job = runner.run(&inputs, "pull_request", &none());
    assert!(job.summary.starts_with("## hallpass check"), "{}\n{}", job.log, job.summary);
    assert!(job.summary.contains("### What happens when"), "{}", job.summary);
    assert!(job.summary.contains("### Good to know"), "{}", job.summary);
    assert_eq!(called(&runner)[0], "check");
    let job = runner.run(&[("command", "check"), ("mode", "history")], DISPATCH, &none());
    assert_eq!(job.code, 2, "{}", job.log);
}

#[test]
fn a_summary_too_long_for_github_is_cut() {
    let (runner, _server) = released();
    let deep = ["_".repeat(200), "~".repeat(200), "[".repeat(200)].join("/");
    for at in 0..500 {
        runner.write(&format!("{deep}/{at}.py"), format!("T = \"{}\"\n", token(at)));
    }
    let job = runner.run(&[("formats", "markdown\nconcise")], DISPATCH, &none());
    assert_eq!((job.code, job.outputs["findings"].as_str()), (1, "500"));
    assert!(job.summary.len() < 1 << 20, "{}", job.summary.len());
    assert!(job.summary.len() > 900_000, "{}", job.summary.len());
    assert!(job.summary.ends_with("would be too long.\n"));
}

/// What macOS' bash, which is of 2007, does not know.
#[test]
fn the_scripts_stay_within_an_old_bash() {
    let folder = root().join(".github/action");
    for file in support::files_below(&folder) {
        let text = fs::read_to_string(folder.join(&file)).unwrap();
        let text: String =
            text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
        for new in [
            "mapfile",
            "readarray",
            "declare -A",
            "local -A",
            "local -n",
            "coproc",
            "|&",
            "&>>",
            "wait -n",
            "@Q}",
            ",,}",
            "^^}",
            "printf -v",
            "EPOCH",
            "lastpipe",
            "globstar",
            "[ -v",
        ] {
            assert!(!text.contains(new), "{} uses {new}", file.display());
        }
    }
}
