//! The cases of `fixtures/documents` made anew by the programs of this machine, whatever their
//! versions: what they write today has to be read as well as what they wrote once.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;
mod tools;

use std::process::Command;

use support::{Ran, Sandbox, documents, files_below, root};

#[test]
fn documents_made_anew_are_read() {
    let Some(python) = tools::documents() else { return };
    let sandbox = Sandbox::new();
    let made = Ran::of(
        Command::new(&python)
            .arg(root().join("fixtures/make-documents.py"))
            .arg("--out")
            .arg(sandbox.path())
            .env("NODE_PATH", tools::node_modules(&python))
            // LibreOffice keeps a profile
            .env("HOME", sandbox.outside())
            .env("PYTHONDONTWRITEBYTECODE", "1"),
    );
    assert_eq!(made.code, 0, "{}", made.err());
    let kept = files_below(&root().join("fixtures/documents")).len();
    assert_eq!(files_below(&sandbox.path()).len(), kept, "each case is a file that is kept");
    documents::assert_found(&sandbox.path());
}
