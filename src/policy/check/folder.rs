//! Checks files, folders and standard input: found in order, checked on every core, told in order.

use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::WalkDir;

use super::file::{LARGEST, check_bytes};
use super::{LeakFinder, Options, Outcome, duplicates};
use crate::finding::{Problem, Skipped, printable, scrub};

/// Something to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file or a folder.
    Path(PathBuf),
    /// Standard input.
    Stdin,
}

/// A file to check.
struct Found {
    path: PathBuf,
    /// Whether the user named it.
    named: bool,
}

/// Checks all of `inputs`. `show` says how findings call a path.
pub fn check(
    inputs: &[Input],
    options: &Options<'_>,
    show: &(dyn Fn(&Path) -> String + Sync),
    leaks: &LeakFinder<'_>,
) -> Outcome {
    let mut outcome = Outcome::default();
    for input in inputs {
        match input {
            Input::Stdin => {
                let mut bytes = Vec::new();
                let reader = std::io::stdin().lock();
                // one byte more than is checked, so that what is too large is told
                match reader.take(LARGEST as u64 + 1).read_to_end(&mut bytes) {
                    Ok(_) => outcome.merge(check_bytes("-", &bytes, true, options, leaks)),
                    Err(error) => outcome.coverage.errors.push(problem("-".to_owned(), &error)),
                }
            }
            Input::Path(path) => {
                let files = find(path, show, &mut outcome);
                let check_one = |found: &Found| check_file(found, options, show, leaks);
                // threads cost more than a few files
                let parts: Vec<Outcome> = match files.len() {
                    0..=4 => files.iter().map(check_one).collect(),
                    _ => files.par_iter().map(check_one).collect(),
                };
                for part in parts {
                    outcome.merge(part);
                }
            }
        }
    }
    duplicates::find(&mut outcome);
    outcome
}

/// The files to check under `path`, in order; what can't be listed becomes an error.
fn find(path: &Path, show: &(dyn Fn(&Path) -> String + Sync), outcome: &mut Outcome) -> Vec<Found> {
    let mut files = Vec::new();
    let walk = WalkDir::new(path).sort_by_file_name().into_iter();
    let walk = walk.filter_entry(|entry| entry.depth() == 0 || entry.file_name() != ".git");
    for entry in walk {
        match entry {
            Ok(entry) if entry.depth() == 0 && !entry.file_type().is_dir() => {
                let path = entry.into_path();
                // a link that the user named is followed
                if path.is_dir() {
                    return find(&path.join(""), show, outcome);
                }
                files.push(Found { path, named: true });
            }
            Ok(entry) if entry.file_type().is_file() && is_yaml(entry.path()) => {
                files.push(Found { path: entry.into_path(), named: false })
            }
            Ok(entry) if entry.file_type().is_symlink() && is_yaml(entry.path()) => {
                outcome.coverage.skipped.push(Skipped {
                    path: shown(show, entry.path()),
                    reason: "symbolic links in folders are not followed".to_owned(),
                });
            }
            Ok(_) => {}
            Err(error) => {
                let place = error.path().unwrap_or(path);
                let message =
                    error.io_error().map_or_else(|| "it can't be listed".to_owned(), describe);
                outcome.coverage.errors.push(Problem { path: shown(show, place), message });
            }
        }
    }
    files
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|ending| {
        ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml")
    })
}

fn check_file(
    found: &Found,
    options: &Options<'_>,
    show: &(dyn Fn(&Path) -> String + Sync),
    leaks: &LeakFinder<'_>,
) -> Outcome {
    let path = shown(show, &found.path);
    let read = std::fs::File::open(&found.path).and_then(|file| {
        let size = file.metadata()?.len().min(LARGEST as u64 + 1);
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
        file.take(LARGEST as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    match read {
        Ok(bytes) => check_bytes(&path, &bytes, found.named, options, leaks),
        Err(error) => {
            let mut outcome = Outcome::default();
            outcome.coverage.errors.push(problem(path, &error));
            outcome
        }
    }
}

fn shown(show: &(dyn Fn(&Path) -> String + Sync), path: &Path) -> String {
    printable(&scrub(&show(path))).into_owned()
}

fn problem(path: String, error: &std::io::Error) -> Problem {
    Problem { path, message: describe(error) }
}

/// An error of the file system without the system's number.
fn describe(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_lowercase(),
        None => text.to_lowercase(),
    }
}
