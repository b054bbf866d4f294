//! What a run looked at, passed over and failed to read. A run that looked at nothing is never
//! clean, so this travels with the findings into every format.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that was passed over on purpose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// Path as in [`super::Location::path`].
    pub path: String,
    /// Why, in a few words.
    pub reason: String,
}

/// Something that was asked for and could not be looked at; makes the exit code 3.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Path as in [`super::Location::path`].
    pub path: String,
    /// What went wrong, in the reader's words.
    pub message: String,
}

/// The account of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Files (or manifests) read to their end.
    pub files: u64,
    /// Bytes read from them.
    pub bytes: u64,
    /// Git blobs read, for staged, range and history scans.
    pub blobs: u64,
    /// Commits looked at, for range and history scans.
    pub commits: u64,
    /// Git blobs that were not read again, since an earlier run found nothing in them and this one
    /// was told to remember that.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub remembered: u64,
    /// Why there was nothing to look at, where that is the whole answer: nothing is staged, a
    /// range holds no commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nothing: Option<String>,
    /// What was passed over on purpose, sorted.
    pub skipped: Vec<Skipped>,
    /// What could not be read, sorted.
    pub errors: Vec<Problem>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Coverage {
    /// Whether everything that was asked for was looked at, and there was something to look at.
    pub fn is_complete(&self) -> bool {
        self.errors.is_empty()
    }

    /// Adds another account to this one.
    pub fn merge(&mut self, other: Self) {
        self.files = self.files.saturating_add(other.files);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.blobs = self.blobs.saturating_add(other.blobs);
        self.commits = self.commits.saturating_add(other.commits);
        self.remembered = self.remembered.saturating_add(other.remembered);
        self.nothing = self.nothing.take().or(other.nothing);
        self.skipped.extend(other.skipped);
        self.errors.extend(other.errors);
    }

    /// Sorts the lists, so that the account does not depend on thread timing.
    pub fn sort(&mut self) {
        self.skipped.sort();
        self.skipped.dedup();
        self.errors.sort();
        self.errors.dedup();
    }
}
