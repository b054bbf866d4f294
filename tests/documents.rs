//! The real binary over `fixtures/documents`: files of real programs, with tokens wherever one
//! may be forgotten.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use support::{documents, root};

/// Fewer cases than this mean that the folder was not found, not that all is well.
const LEAST_CASES: usize = 70;

#[test]
fn every_token_in_a_document_is_found_where_it_stands() {
    let folder = root().join("fixtures/documents");
    let seen = documents::assert_found(&folder);
    assert!(seen >= LEAST_CASES, "only {seen} cases in {}", folder.display());
}
