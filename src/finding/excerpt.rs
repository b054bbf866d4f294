//! The piece of source that a finding shows: bounded in length, redacted, without control
//! characters.

/// A redacted piece of source around a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The text; one line for leaks, several for manifests. Already redacted and printable.
    pub text: String,
    /// Byte range within `text` to underline.
    pub span: std::ops::Range<usize>,
    /// 1-based line number of the first line of `text`.
    pub first_line: u64,
    /// Short words under the underline.
    pub label: String,
}
