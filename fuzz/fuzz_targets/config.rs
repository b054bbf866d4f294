//! Any text as a configuration, a baseline and an inline comment: nothing panics, not even in the
//! picture of an error, and a baseline that was read can be written and read again.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use hallpass::config;
use hallpass::extract::position::Position;
use hallpass::leaks::Comment;
use hallpass::sources::paths::Display;
use hallpass::triage::{baseline::Baseline, inline};
use libfuzzer_sys::fuzz_target;
use miette::GraphicalReportHandler;

/// A folder of this process, for files of the names that configurations have.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("hallpass-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written to");
    folder
});

fn configuration(name: &str, text: &[u8]) {
    let path = FOLDER.join(name);
    std::fs::write(&path, text).expect("the folder can be written to");
    if let Err(error) = config::load(&path, &Display::new(FOLDER.clone())) {
        let mut shown = String::new();
        let _ = GraphicalReportHandler::new().render_report(&mut shown, &error);
        assert!(!shown.is_empty());
    }
}

fuzz_target!(|bytes: &[u8]| {
    configuration("hallpass.toml", bytes);
    configuration("pyproject.toml", bytes);
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let _ = config::parse_size(text);
    if let Ok(baseline) = Baseline::parse(text) {
        let written = baseline.to_text();
        let again = Baseline::parse(&written).expect("what was written can be read");
        assert_eq!(again.to_text(), written);
    }
    let position = Position::default();
    if let Some(allowance) = inline::parse(&Comment { position, text: text.to_owned() }) {
        assert!(allowance.problem.is_none() || !allowance.problem.unwrap_or_default().is_empty());
    }
});
