//! Checks files, folders and standard input: found in order, checked on every core, told in order.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::WalkDir;

use super::file::{LARGEST, check_bytes, may_hold_a_request};
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

/// What the check has to know of paths, and can't tell itself.
pub struct Paths<'a> {
    /// How findings call a path.
    pub show: &'a (dyn Fn(&Path) -> String + Sync),
    /// Why a path in a folder is passed over, if it is.
    pub skip: &'a (dyn Fn(&Path, bool) -> Option<String> + Sync),
}

/// A file to check.
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// Whether the user named it.
    pub(crate) named: bool,
}

/// Checks all of `inputs`, each file once.
pub fn check(
    inputs: &[Input],
    options: &Options<'_>,
    paths: &Paths<'_>,
    leaks: &LeakFinder<'_>,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut seen = HashSet::new();
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
                let mut files = find(path, paths, &mut outcome);
                if inputs.len() > 1 {
                    // a folder and a file in it, or a file twice
                    files.retain(|found| {
                        let whole = found.path.canonicalize();
                        seen.insert(whole.unwrap_or_else(|_| found.path.clone()))
                    });
                }
                let check_one = |found: &Found| check_file(found, options, paths, leaks);
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
pub(crate) fn find(path: &Path, paths: &Paths<'_>, outcome: &mut Outcome) -> Vec<Found> {
    let mut files = Vec::new();
    let mut walk = WalkDir::new(path).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let place = error.path().unwrap_or(path);
                let message =
                    error.io_error().map_or_else(|| "it can't be listed".to_owned(), describe);
                outcome.coverage.errors.push(Problem { path: shown(paths, place), message });
                continue;
            }
        };
        let is_folder = entry.file_type().is_dir();
        if entry.depth() == 0 {
            let path = entry.path();
            if !is_folder && path.is_dir() {
                // a link that the user named is followed
                return find(&path.join(""), paths, outcome);
            }
            if !is_folder {
                files.push(Found { path: path.to_path_buf(), named: true });
            }
            continue;
        }
        if is_folder && entry.file_name() == ".git" {
            walk.skip_current_dir();
            continue;
        }
        if !is_folder && !is_yaml(entry.path()) {
            continue;
        }
        let mut reason = (paths.skip)(entry.path(), is_folder);
        if is_folder && reason.is_some() {
            walk.skip_current_dir();
        } else if entry.file_type().is_symlink() {
            reason = Some("symbolic links in folders are not followed".to_owned());
        }
        match reason {
            Some(reason) => {
                outcome.coverage.skipped.push(Skipped { path: shown(paths, entry.path()), reason });
            }
            None if entry.file_type().is_file() => {
                files.push(Found { path: entry.into_path(), named: false });
            }
            None => {}
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
    paths: &Paths<'_>,
    leaks: &LeakFinder<'_>,
) -> Outcome {
    let path = shown(paths, &found.path);
    let read = std::fs::File::open(&found.path).and_then(|file| {
        let size = file.metadata()?.len().min(LARGEST as u64 + 1);
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
        let mut file = file.take(LARGEST as u64 + 1);
        file.read_to_end(&mut bytes)?;
        // what is too large to be checked is told only if a request is somewhere in it
        let is_asked = found.named
            || bytes.len() > LARGEST && rest_may_hold_a_request(&bytes, file.into_inner())?;
        Ok((bytes, is_asked))
    });
    match read {
        Ok((bytes, is_asked)) => check_bytes(&path, &bytes, is_asked, options, leaks),
        Err(error) => {
            let mut outcome = Outcome::default();
            outcome.coverage.errors.push(problem(path, &error));
            outcome
        }
    }
}

/// Whether a request may stand in what follows `bytes` in `file`, or across their end.
fn rest_may_hold_a_request(bytes: &[u8], mut file: std::fs::File) -> std::io::Result<bool> {
    /// Longer than the words that are looked for.
    const OVERLAP: usize = 64;
    let mut piece = bytes[bytes.len().saturating_sub(OVERLAP)..].to_vec();
    loop {
        if (&mut file).take(1 << 20).read_to_end(&mut piece)? == 0 {
            return Ok(false);
        }
        if may_hold_a_request(&piece) {
            return Ok(true);
        }
        piece.drain(..piece.len().saturating_sub(OVERLAP));
    }
}

pub(crate) fn shown(paths: &Paths<'_>, path: &Path) -> String {
    printable(&scrub(&(paths.show)(path))).into_owned()
}

fn problem(path: String, error: &std::io::Error) -> Problem {
    Problem { path, message: describe(error) }
}

/// An error of the file system without the system's number.
pub(crate) fn describe(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_lowercase(),
        None => text.to_lowercase(),
    }
}
