//! Patterns for what is passed over, in the words of `.gitignore`, each with its reason.

use std::path::{Path, PathBuf};

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

#[derive(Debug)]
struct Pattern {
    matcher: Gitignore,
    reason: String,
    /// What the user named although the pattern excludes it; below that it does not hold.
    waived: Vec<PathBuf>,
}

/// What to pass over.
#[derive(Debug, Default)]
pub struct Excludes {
    patterns: Vec<Pattern>,
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
        let matcher = builder.build().map_err(wrong)?;
        self.patterns.push(Pattern { matcher, reason: reason.to_owned(), waived: Vec::new() });
        Ok(())
    }

    /// Whether there is nothing to pass over.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// Takes note that the user named `root` (absolute), so that a pattern which excludes it as a
    /// whole holds no longer below it. Other patterns still do.
    pub fn name(&mut self, root: &Path) {
        let is_folder = root.is_dir();
        for pattern in &mut self.patterns {
            if pattern.excludes(root, is_folder) {
                pattern.waived.push(root.to_path_buf());
            }
        }
    }

    /// Why `path` (absolute), or a folder above it, is passed over; `None` if it is not.
    pub fn reason(&self, path: &Path, is_folder: bool) -> Option<&str> {
        self.patterns.iter().rev().find_map(|pattern| {
            let waived = pattern.waived.iter().any(|root| path.starts_with(root));
            (!waived && pattern.excludes(path, is_folder)).then_some(pattern.reason.as_str())
        })
    }
}

impl Pattern {
    fn excludes(&self, path: &Path, is_folder: bool) -> bool {
        // the folder that the pattern is anchored at is none of its targets
        path.strip_prefix(self.matcher.path()).is_ok_and(|below| below != Path::new(""))
            && self.matcher.matched_path_or_any_parents(path, is_folder).is_ignore()
    }
}
