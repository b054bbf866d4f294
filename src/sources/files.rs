//! Files and folders, walked in parallel. What the user names is always looked at; below it,
//! `.gitignore` is honoured, hidden files are looked at, `.git` is not, and symbolic links are not
//! followed, so that no loop and no way out of the tree exists.
//!
//! What takes much memory is put off until all else is read, and then read by a few threads: what
//! one of them has freed is of no use to the others.

use std::collections::HashMap;
use std::fs::{File, FileType};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use ignore::{DirEntry, ParallelVisitor, ParallelVisitorBuilder, WalkBuilder, WalkState};

use super::excludes::Excludes;
use super::paths::Display;
use crate::finding::{Coverage, Problem, Skipped};

/// More threads than this only cost.
const MOST_THREADS: usize = 256;
/// So many may read what takes much memory.
const FEW_THREADS: usize = 3;

/// What to walk, and how.
#[derive(Debug)]
pub struct Walk<'a> {
    /// Files and folders, as the user named them.
    pub roots: &'a [PathBuf],
    /// Look at what `.gitignore` names, too.
    pub no_ignore: bool,
    /// What to pass over.
    pub excludes: &'a Excludes,
    /// Whether `excludes` holds for the roots themselves, as a hook that passes file names needs.
    pub force_exclude: bool,
    /// Larger files are passed over; in bytes.
    pub max_file_size: Option<u64>,
    /// How many threads; 0 lets the machine decide.
    pub threads: usize,
    /// How paths are shown.
    pub display: &'a Display,
}

/// What looks at files; each thread has its own.
pub trait Visitor: Send {
    /// Looks at an open file; `path` is as it was walked to. Answers how many bytes it read, or
    /// nothing, if it is the first turn of a file that takes much memory.
    ///
    /// # Errors
    ///
    /// Whatever reading answers: the file then counts as not read.
    fn visit(&mut self, path: &Path, file: &mut File, turn: Turn) -> std::io::Result<Option<u64>>;
}

/// When a file is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// While many others are; it may be put off.
    First,
    /// While few others are, if it was put off.
    Last,
}

impl Walk<'_> {
    /// Walks, handing every file to a visitor that `make` made for its thread. Each visitor and
    /// its account come back, in no particular order.
    pub fn run<V: Visitor>(&self, make: impl Fn() -> V + Sync) -> Vec<(V, Coverage)> {
        let done = Mutex::new(Vec::new());
        let later = Mutex::new(Vec::new());
        let mut coverage = Coverage::default();
        let roots: Vec<&PathBuf> =
            self.roots.iter().filter(|root| self.takes_root(root, &mut coverage)).collect();
        let reads = self.overlap(&roots).then(Mutex::default);
        let threads = self.threads_for(&roots);
        let thread = |later| Thread {
            walk: self,
            visitor: Some(make()),
            coverage: Coverage::default(),
            done: &done,
            reads: reads.as_ref(),
            later,
        };
        if let Some((first, others)) = roots.split_first() {
            let mut builder = WalkBuilder::new(first);
            others.iter().for_each(|root| {
                builder.add(root);
            });
            builder
                .standard_filters(false)
                .git_ignore(!self.no_ignore)
                .git_exclude(!self.no_ignore)
                .git_global(!self.no_ignore)
                .parents(!self.no_ignore)
                // outside a repository .gitignore counts all the same; inside, those above its
                // root don't
                .require_git(roots.iter().any(|root| self.in_repository(root)))
                .follow_links(false)
                .threads(threads);
            let may_put_off = (threads > FEW_THREADS).then_some(&later);
            builder.build_parallel().visit(&mut Builder(|| thread(may_put_off)));
        }
        let put_off = std::mem::take(&mut *later.lock().unwrap_or_else(PoisonError::into_inner));
        read_later(put_off, || thread(None));
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        let reads = reads.map(|reads| reads.into_inner().unwrap_or_else(PoisonError::into_inner));
        for bytes in reads.unwrap_or_default().into_values() {
            coverage.files += 1;
            coverage.bytes += bytes;
        }
        done.push((make(), coverage));
        done
    }

    /// Whether some file may be walked to from more than one of `roots`.
    fn overlap(&self, roots: &[&PathBuf]) -> bool {
        let mut roots: Vec<_> = roots.iter().map(|root| self.display.absolute(root)).collect();
        // in this order whatever lies below a root follows it
        roots.sort();
        roots.windows(2).any(|pair| pair[1].starts_with(&pair[0]))
    }

    /// Whether `root` stands in a git work tree.
    fn in_repository(&self, root: &Path) -> bool {
        self.display.absolute(root).ancestors().any(|folder| folder.join(".git").exists())
    }

    /// How many threads have something to do. One without work sleeps a millisecond before it
    /// looks again, which is half of what scanning one small file takes.
    fn threads_for(&self, roots: &[&PathBuf]) -> usize {
        let threads = if self.threads == 0 {
            std::thread::available_parallelism().map_or(1, usize::from)
        } else {
            self.threads
        };
        let threads = threads.min(MOST_THREADS);
        let only_files = roots.len() < threads && roots.iter().all(|root| root.is_file());
        if only_files { roots.len() } else { threads }
    }

    fn takes_root(&self, root: &Path, coverage: &mut Coverage) -> bool {
        if !self.force_exclude {
            return true;
        }
        let absolute = self.display.absolute(root);
        match self.excludes.reason(&absolute, absolute.is_dir()) {
            Some(reason) => {
                coverage.skipped.push(self.skipped(root, &format!("excluded: {reason}")));
                false
            }
            None => true,
        }
    }

    fn skipped(&self, path: &Path, reason: &str) -> Skipped {
        Skipped { path: self.display.show(path), reason: reason.to_owned() }
    }
}

/// What was read, by absolute path: where roots overlap, so that each file counts once.
type Reads = Mutex<HashMap<PathBuf, u64>>;

/// Reads what was put off.
fn read_later<'a: 'w, 'w, V: Visitor + 'w>(
    mut paths: Vec<PathBuf>,
    make: impl Fn() -> Thread<'a, 'w, V> + Sync,
) {
    // roots may overlap
    paths.sort();
    paths.dedup();
    let next = AtomicUsize::new(0);
    let read = || {
        let mut thread = make();
        while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
            thread.read(path);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..paths.len().min(FEW_THREADS) {
            scope.spawn(read);
        }
    });
}

struct Builder<M>(M);

impl<'a: 'w, 'w: 's, 's, V: Visitor + 'w, M: Fn() -> Thread<'a, 'w, V>> ParallelVisitorBuilder<'s>
    for Builder<M>
{
    fn build(&mut self) -> Box<dyn ParallelVisitor + 's> {
        Box::new((self.0)())
    }
}

struct Thread<'a, 'w, V> {
    walk: &'w Walk<'a>,
    visitor: Option<V>,
    coverage: Coverage,
    done: &'w Mutex<Vec<(V, Coverage)>>,
    reads: Option<&'w Reads>,
    /// Receives what is put off, while anything may be.
    later: Option<&'w Mutex<Vec<PathBuf>>>,
}

impl<V> Drop for Thread<'_, '_, V> {
    fn drop(&mut self) {
        let coverage = std::mem::take(&mut self.coverage);
        if let (Some(visitor), Ok(mut done)) = (self.visitor.take(), self.done.lock()) {
            done.push((visitor, coverage));
        }
    }
}

impl<V: Visitor> ParallelVisitor for Thread<'_, '_, V> {
    fn visit(&mut self, entry: Result<DirEntry, ignore::Error>) -> WalkState {
        match entry {
            Ok(entry) => self.look_at(&entry),
            Err(error) => {
                self.note_error(&error);
                WalkState::Continue
            }
        }
    }
}

impl<V: Visitor> Thread<'_, '_, V> {
    fn look_at(&mut self, entry: &DirEntry) -> WalkState {
        let named = entry.depth() == 0;
        let Some(kind) = entry.file_type() else {
            return WalkState::Continue;
        };
        if !named && let Some(reason) = self.passed_over(entry, kind) {
            self.coverage.skipped.push(self.walk.skipped(entry.path(), &reason));
            return WalkState::Skip;
        }
        if kind.is_dir() || (named && entry.path().is_dir()) {
            return WalkState::Continue;
        }
        if !self.walk.no_ignore && entry.file_name() == ".gitignore" {
            let reason = "what this .gitignore names; --no-ignore looks at it, too";
            self.coverage.skipped.push(self.walk.skipped(entry.path(), reason));
        }
        self.read(entry.path());
        WalkState::Continue
    }

    /// Why an entry that the user did not name is passed over.
    fn passed_over(&self, entry: &DirEntry, kind: FileType) -> Option<String> {
        if kind.is_dir() && entry.file_name() == ".git" {
            return Some("git's own files; use --history to search what they hold".to_owned());
        }
        if !self.walk.excludes.is_empty() {
            let absolute = self.walk.display.absolute(entry.path());
            if let Some(reason) = self.walk.excludes.reason(&absolute, kind.is_dir()) {
                return Some(format!("excluded: {reason}"));
            }
        }
        if kind.is_symlink() {
            return Some("a symbolic link, not followed".to_owned());
        }
        if !kind.is_dir() && !kind.is_file() {
            return Some("neither a file nor a folder".to_owned());
        }
        None
    }

    fn read(&mut self, path: &Path) {
        let Some(visitor) = &mut self.visitor else {
            return;
        };
        let turn = if self.later.is_some() { Turn::First } else { Turn::Last };
        let result = File::open(path).and_then(|mut file| {
            if let Some(limit) = self.walk.max_file_size
                && file.metadata()?.len() > limit
            {
                return Ok(None);
            }
            visitor.visit(path, &mut file, turn).map(Some)
        });
        match result {
            Ok(Some(None)) => {
                if let Some(later) = self.later {
                    let mut later = later.lock().unwrap_or_else(PoisonError::into_inner);
                    later.push(path.to_path_buf());
                }
            }
            Ok(Some(Some(bytes))) => match self.reads {
                None => {
                    self.coverage.files += 1;
                    self.coverage.bytes += bytes;
                }
                Some(reads) => {
                    let mut reads = reads.lock().unwrap_or_else(PoisonError::into_inner);
                    reads.insert(self.walk.display.absolute(path), bytes);
                }
            },
            Ok(None) => {
                self.coverage.skipped.push(self.walk.skipped(path, "larger than --max-file-size"))
            }
            Err(error) => self
                .coverage
                .errors
                .push(Problem { path: self.walk.display.show(path), message: describe(&error) }),
        }
    }

    fn note_error(&mut self, error: &ignore::Error) {
        let path =
            path_of(error).map_or_else(|| ".".to_owned(), |path| self.walk.display.show(path));
        let message = error.io_error().map_or_else(|| error.to_string(), describe);
        self.coverage.errors.push(Problem { path, message });
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}

/// An input error in the reader's words.
pub fn describe(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::IsADirectory => "is a folder".to_owned(),
        _ => {
            let text = error.to_string();
            // "Input/output error (os error 5)": the number helps nobody
            text.split(" (os error").next().unwrap_or(&text).to_lowercase()
        }
    }
}
