//! Running `hallpass check` and reading what it says.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A request that every policy reads.
pub(crate) const GOOD: &str = "kind: CanvasTokenRequest\nversion: 1\nrequested: 2026-11-23\nrequester: {name: Ada Byron, email: byron@example.edu, role: faculty}\npurpose: {name: Weekly grade export}\nexpires: 2027-03-01\n";

/// This repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Runs `hallpass` in `folder`, on a fixed day and without configuration.
pub(crate) fn hallpass(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hallpass"))
        .current_dir(folder)
        .args(["--no-config", "--today", "2026-11-23"])
        .args(arguments)
        .env_remove("PRE_COMMIT")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// The JSON report of `check`, and its exit code.
pub(crate) fn report(folder: &Path, arguments: &[&str]) -> (Value, i32) {
    let output = hallpass(folder, &[&["check", "--format", "json"], arguments].concat());
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (report, output.status.code().unwrap())
}

/// The rules of a report's findings, in order.
pub(crate) fn rules(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap();
    let mut rules: Vec<String> =
        findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect();
    rules.sort();
    rules
}
