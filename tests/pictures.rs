//! The pictures in the README are made from the real binary's output, and kept equal to it.
//! `HALLPASS_UPDATE=1 cargo test --test pictures` makes them anew.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

fn picture(name: &str, arguments: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_hallpass"))
        .args(arguments)
        .args(["--color", "always"])
        .current_dir(root)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\u{1b}["), "the picture has no colour: {text}");
    let command = format!("\u{1b}[1m$ hallpass {}\u{1b}[0m\n\n", arguments.join(" "));
    let term = anstyle_svg::Term::new().min_width_px(820);
    let svg = term.render_svg(&(command + &text));
    let path = root.join("docs").join(name);
    if std::env::var_os("HALLPASS_UPDATE").is_some() {
        std::fs::write(&path, svg).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        kept == svg,
        "docs/{name} is not what the program prints; set HALLPASS_UPDATE=1 to renew it"
    );
}

#[test]
fn scan() {
    picture("scan.svg", &["scan", "--policy", "udayton", "fixtures/leaky-course/autograder"]);
}

#[test]
fn check() {
    picture("check.svg", &["check", "fixtures/pictures/request.yaml", "--today", "2026-11-23"]);
}
