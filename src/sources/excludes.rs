//! Patterns for what is passed over, in the words of `.gitignore`, each with its reason.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use thiserror::Error;

/// A pattern that can't be read.
#[derive(Debug, Error)]
#[error("the exclude pattern `{pattern}` can't be read: {message}")]
pub struct ExcludeError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong with it.
    pub message: String,
}

/// What to pass over.
#[derive(Debug, Default)]
pub struct Excludes {
    patterns: Vec<(Gitignore, String)>,
}

impl Excludes {
    /// Adds a pattern that is anchored at the folder `root` (absolute), and its reason.
    ///
    /// # Errors
    ///
    /// If it is not a pattern as `.gitignore` knows them.
    pub fn add(&mut self, root: &Path, pattern: &str, reason: &str) -> Result<(), ExcludeError> {
        let wrong = |error: ignore::Error| ExcludeError {
            pattern: pattern.to_owned(),
            message: error.to_string(),
        };
        let mut builder = GitignoreBuilder::new(root);
        builder.add_line(None, pattern.trim_start_matches("./")).map_err(wrong)?;
        self.patterns.push((builder.build().map_err(wrong)?, reason.to_owned()));
        Ok(())
    }

    /// Whether there is nothing to pass over.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Why `path` (absolute), or a folder above it, is passed over; `None` if it is not.
    pub fn reason(&self, path: &Path, is_folder: bool) -> Option<&str> {
        self.patterns.iter().rev().find_map(|(pattern, reason)| {
            path.strip_prefix(pattern.path()).ok()?;
            let hit = pattern.matched_path_or_any_parents(path, is_folder).is_ignore();
            hit.then_some(reason.as_str())
        })
    }
}
