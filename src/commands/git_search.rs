//! Git's blobs and messages through the detectors: what of it is new, and in which commit.

use std::collections::{HashMap, HashSet};

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::objs::Kind;

use super::CommandError;
use super::git_blobs::Blobs;
use super::leak_findings::{Maker, Spot};
use super::leak_run::LeakRun;
use super::scan::{MOST_FINDINGS, note_unread};
use crate::finding::{Commit, Coverage, Finding, Fingerprint, Problem, Skipped};
use crate::leaks::{Leak, Part};
use crate::sources::excludes::Excludes;
use crate::sources::git::added::{Added, likeness};
use crate::sources::git::changes::{Change, Changes, Removed, removed_files};
use crate::sources::git::{ObjectError, Objects, Repository, message_path};
use crate::triage::document_key;
use crate::triage::inline::{self, Allowance};

/// More objects that can't be read than this are counted, not listed.
const MOST_PROBLEMS: usize = 1_000;
/// Among how many files that are gone the origin of a renamed one is looked for.
const MOST_ORIGINS: usize = 2_000;
/// How many of them are read to be compared.
const MOST_COMPARED: usize = 64;
/// From which likeness on a file is taken for a renamed one; git's own.
const LIKE: f64 = 0.5;

/// How far a search goes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bounds {
    /// Larger blobs are passed over, in bytes.
    pub(super) max_size: Option<u64>,
    /// Whether what could be read of a document is taken for the whole.
    pub(super) allow_partial: bool,
}

/// A leak that is new.
struct Found {
    leak: Leak,
    shown: String,
    kind: Option<&'static str>,
    around: Vec<&'static str>,
    binary: bool,
    phrase: Option<&'static str>,
    commit: Option<Commit>,
}

/// What a search of git's objects came to.
pub(super) struct Outcome {
    pub(super) findings: Vec<Finding>,
    pub(super) comments: HashMap<String, Vec<Allowance>>,
    pub(super) coverage: Coverage,
}

/// A leak, wherever in a file it stands.
type Identity = (Fingerprint, String);

/// Searches what commits, or the index, bring.
pub(super) struct GitSearch<'a> {
    run: &'a LeakRun<'a>,
    repository: &'a Repository,
    objects: &'a Objects,
    blobs: Blobs<'a>,
    excludes: Excludes,
    allow_partial: bool,
    found: Vec<Found>,
    seen: HashSet<Identity>,
    /// Every leak's files in the repository, whether the leak is new there or not.
    places: HashMap<Fingerprint, HashSet<BString>>,
    /// What the last version of a file says of a leak.
    last_word: HashMap<Identity, Option<Allowance>>,
    comments: HashMap<String, Vec<Allowance>>,
    coverage: Coverage,
    /// Problems and findings beyond what is listed.
    unlisted: u64,
}

impl<'a> GitSearch<'a> {
    pub(super) fn new(
        run: &'a LeakRun<'a>,
        repository: &'a Repository,
        objects: &'a Objects,
        excludes: Excludes,
        bounds: Bounds,
    ) -> Self {
        Self {
            run,
            repository,
            objects,
            blobs: Blobs::new(run.searcher(), objects, bounds.max_size),
            excludes,
            allow_partial: bounds.allow_partial,
            found: Vec::new(),
            seen: HashSet::new(),
            places: HashMap::new(),
            last_word: HashMap::new(),
            comments: HashMap::new(),
            coverage: Coverage::default(),
            unlisted: 0,
        }
    }

    /// Searches the files that `changes` bring; `commit` is the one that brings them.
    pub(super) fn changes(&mut self, changes: Changes, commit: Option<&Commit>) {
        for (path, error) in &changes.problems {
            self.problem(path.as_ref(), error);
        }
        for path in &changes.submodules {
            self.passed_over(path.as_ref(), "a submodule: search it in its own repository");
        }
        for path in &changes.too_deep {
            let path = self.shown(path.as_ref());
            let message = "folders are nested too deep here".to_owned();
            self.coverage.errors.push(Problem { path, message });
        }
        for change in &changes.changed {
            self.change(change, &changes.removed, commit);
        }
    }

    /// Searches a blob that stands in no tree, under the name of what refers to it.
    pub(super) fn blob(&mut self, path: BString, id: ObjectId) {
        self.change(&Change { path, id, before: Vec::new() }, &[], None);
    }

    fn change(&mut self, change: &Change, removed: &[Removed], commit: Option<&Commit>) {
        let place = self.repository.place(change.path.as_ref());
        let absolute = self.run.session.display.absolute(&place);
        if let Some(reason) = self.excludes.reason(&absolute, false) {
            let reason = format!("excluded: {reason}");
            self.passed_over(change.path.as_ref(), &reason);
            return;
        }
        let name = file_name(change.path.as_ref());
        let found = match self.blobs.look(change.id, name) {
            Ok(Some(found)) => found,
            Ok(None) => return,
            Err(error) => return self.blob_problem(change.path.as_ref(), &error),
        };
        let shown = self.run.session.display.show(&place);
        note_unread(found.unread.clone(), &shown, self.allow_partial, &mut self.coverage);
        let speaks = |part: &Part| {
            let told = &part.document;
            !told.leaks.is_empty() || (!told.comments.is_empty() && commit.is_none())
        };
        if !found.parts.iter().any(speaks) {
            return;
        }
        let before = self.before(change, removed);
        let comparisons: Vec<(Added, HashSet<Fingerprint>)> =
            before.iter().map(|old| self.compare(*old, change, name)).collect();
        // lines are those of the file itself; of what is inside it, what it held before counts
        let is_new = |leak: &Leak, inside: bool| {
            comparisons.iter().all(|(added, known)| {
                (!inside && added.touches(leak.start.line, leak.end.line) == Some(true))
                    // a change beside it may be what tells it for a secret
                    || !known.contains(&leak.fingerprint)
            })
        };
        let line_is_new =
            |line| comparisons.iter().all(|(added, _)| added.touches(line, line) == Some(true));
        let path: &BStr = change.path.as_ref();
        for part in found.parts.iter().filter(|part| speaks(part)) {
            let shown = format!("{shown}{}", part.member);
            let inside = !part.member.is_empty();
            let is_new = |leak: &Leak| is_new(leak, inside || !leak.lines);
            let line_is_new = |line| inside || line_is_new(line);
            self.take(&shown, Some(path), part, commit, None, is_new, line_is_new);
        }
    }

    /// Takes the new leaks of a document, and the allowances that speak of them.
    #[expect(clippy::too_many_arguments, reason = "what is known of one text, from two callers")]
    fn take(
        &mut self,
        shown: &str,
        path: Option<&BStr>,
        part: &Part,
        commit: Option<&Commit>,
        phrase: Option<&'static str>,
        is_new: impl Fn(&Leak) -> bool,
        line_is_new: impl Fn(u64) -> bool,
    ) {
        let document = &part.document;
        let allowances: Vec<_> = document.comments.iter().filter_map(inline::parse).collect();
        let near = |allowance: &Allowance, leak: &Leak| {
            let line = leak.start.line;
            allowance.line == line || allowance.line + 1 == line
        };
        let mut new_leaks: Vec<&Leak> = Vec::new();
        for leak in &document.leaks {
            let identity = (leak.fingerprint.clone(), shown.to_owned());
            if let (Some(path), Some(_)) = (path, commit) {
                let files = self.places.entry(leak.fingerprint.clone()).or_default();
                files.insert(path.to_owned());
                let word = allowances.iter().find(|one| near(one, leak) && one.problem.is_none());
                self.last_word.insert(identity.clone(), word.cloned());
            }
            // in a range, the first commit that brought it is told; staged, every line is
            if !is_new(leak) || (commit.is_some() && !self.seen.insert(identity)) {
                continue;
            }
            new_leaks.push(leak);
        }
        let speaks = |one: &Allowance| {
            new_leaks.iter().any(|leak| near(one, leak))
                || (commit.is_none()
                    && line_is_new(one.line)
                    && !document.leaks.iter().any(|leak| near(one, leak)))
        };
        let spoken: Vec<_> = allowances.iter().filter(|one| speaks(one)).cloned().collect();
        if !spoken.is_empty() {
            let key = document_key(shown, commit.map(|commit| commit.id.as_str()));
            self.comments.entry(key).or_default().extend(spoken);
        }
        let room = MOST_FINDINGS.saturating_sub(self.found.len());
        let unlisted = new_leaks.len().saturating_sub(room) as u64 + document.unlisted;
        if unlisted > 0 {
            let message = format!("{unlisted} further leaks in it are not listed");
            self.list(Problem { path: shown.to_owned(), message });
        }
        self.found.extend(new_leaks.into_iter().take(room).map(|leak| Found {
            leak: leak.clone(),
            shown: shown.to_owned(),
            kind: part.kind,
            around: part.around.clone(),
            binary: document.binary,
            phrase,
            commit: commit.cloned(),
        }));
    }

    /// What stood before, one for each tree that was compared with; where a file was renamed, that
    /// is what it was renamed from.
    fn before(&mut self, change: &Change, removed: &[Removed]) -> Vec<Option<ObjectId>> {
        let trees = change.before.iter().enumerate();
        trees.map(|(tree, old)| old.or_else(|| self.origin(change, removed, tree))).collect()
    }

    /// The file of `tree` that `change` is a renamed one of.
    fn origin(&self, change: &Change, removed: &[Removed], tree: usize) -> Option<ObjectId> {
        let files = removed_files(removed, tree, self.objects, MOST_ORIGINS);
        // what is passed over was not looked at where it stood: it is new where it is now
        let display = &self.run.session.display;
        let mut files: Vec<_> = files
            .into_iter()
            .filter(|(path, _)| {
                let absolute = display.absolute(&self.repository.place(path.as_ref()));
                self.excludes.reason(&absolute, false).is_none()
            })
            .collect();
        if let Some((_, same)) = files.iter().find(|(_, id)| *id == change.id) {
            return Some(*same);
        }
        let name = file_name(change.path.as_ref()).to_owned();
        files.sort_by_key(|(path, _)| file_name(path.as_ref()) != name.as_bstr());
        let (mut now, mut then) = (Vec::new(), Vec::new());
        let now = self.objects.read(&change.id, Kind::Blob, &mut now).ok()?;
        let mut best = (0.0, None);
        for (_, id) in files.into_iter().take(MOST_COMPARED) {
            let Ok(then) = self.objects.read(&id, Kind::Blob, &mut then) else {
                continue;
            };
            let (short, long) = (now.len().min(then.len()), now.len().max(then.len()));
            if (short as f64) < long as f64 * LIKE {
                continue;
            }
            let alike = likeness(then, now);
            if alike >= LIKE && alike > best.0 {
                best = (alike, Some(id));
            }
        }
        best.1
    }

    /// Which lines are new against the blob `old`, and which leaks it held.
    fn compare(
        &mut self,
        old: Option<ObjectId>,
        change: &Change,
        name: &BStr,
    ) -> (Added, HashSet<Fingerprint>) {
        let all = (Added::All, HashSet::new());
        let Some(old) = old else {
            return all;
        };
        let (mut before, mut now) = (Vec::new(), Vec::new());
        let before = self.objects.read(&old, Kind::Blob, &mut before);
        let now = self.objects.read(&change.id, Kind::Blob, &mut now);
        let added = match (before, now) {
            (Ok(before), Ok(now)) => Added::between(before, now),
            (Err(error), _) | (_, Err(error)) => {
                self.problem(change.path.as_ref(), &error);
                return all;
            }
        };
        let known = match self.blobs.compare_with(old, name) {
            Ok(Some(found)) => {
                let leaks = found.parts.iter().flat_map(|part| &part.document.leaks);
                leaks.map(|leak| leak.fingerprint.clone()).collect()
            }
            Ok(None) => HashSet::new(),
            Err(_) => return all,
        };
        (added, known)
    }

    /// Searches the message of a commit or a tag, and who wrote it.
    pub(super) fn message(
        &mut self,
        kind: Kind,
        id: ObjectId,
        message: &[u8],
        headers: &[u8],
        told: &Commit,
    ) {
        let shown = message_path(kind, &id);
        let (of_message, of_headers) = match kind {
            Kind::Tag => ("a tag's message", "a tag's name or tagger"),
            _ => ("a commit message", "a commit's author or committer"),
        };
        let part = Part { document: self.blobs.text(message), ..Part::default() };
        self.take(&shown, None, &part, Some(told), Some(of_message), |_| true, |_| true);
        let mut part = Part { document: self.blobs.text(headers), ..Part::default() };
        // they are lines of no text that anybody sees
        part.document.comments.clear();
        self.take(&shown, None, &part, Some(told), Some(of_headers), |_| true, |_| true);
    }

    /// Counts a commit that was looked at.
    pub(super) fn count_commit(&mut self) {
        self.coverage.commits += 1;
    }

    /// Takes note of an object that could not be read; `path` is where it stands.
    pub(super) fn problem(&mut self, path: &BStr, error: &ObjectError) {
        let hint = match error {
            ObjectError::Missing { .. } if self.is_partial() => {
                "; this clone is partial: `git fetch --refetch --no-filter` brings what was left out"
            }
            ObjectError::Missing { .. } | ObjectError::Damaged { .. } => {
                "; `git fsck` tells what else is damaged"
            }
            ObjectError::Kind { .. } => "",
        };
        let path = if path.is_empty() { ".".to_owned() } else { self.shown(path) };
        self.list(Problem { path, message: format!("{error}{hint}") });
    }

    fn list(&mut self, problem: Problem) {
        if self.coverage.errors.len() < MOST_PROBLEMS {
            self.coverage.errors.push(problem);
        } else {
            self.unlisted += 1;
        }
    }

    fn blob_problem(&mut self, path: &BStr, error: &super::git_blobs::BlobError) {
        match error {
            super::git_blobs::BlobError::TooLarge => {
                self.passed_over(path, "larger than --max-file-size");
            }
            super::git_blobs::BlobError::Object(error) => self.problem(path, error),
        }
    }

    /// Takes note of what is passed over on purpose.
    pub(super) fn passed_over(&mut self, path: &BStr, reason: &str) {
        let skipped = Skipped { path: self.shown(path), reason: reason.to_owned() };
        if self.coverage.skipped.last() != Some(&skipped) {
            self.coverage.skipped.push(skipped);
        }
    }

    /// Says why there was nothing to look at.
    pub(super) fn nothing(&mut self, why: &str) {
        self.coverage.nothing = Some(why.to_owned());
    }

    fn shown(&self, path: &BStr) -> String {
        self.run.session.display.show(&self.repository.place(path))
    }

    fn is_partial(&self) -> bool {
        let config = self.repository.inner().config_snapshot();
        config.string("extensions.partialClone").is_some()
            || config.plumbing().sections_by_name("remote").is_some_and(|mut sections| {
                sections.any(|section| section.value("promisor").is_some())
            })
    }

    /// Whether the tree `head` holds the leak in one of the files that it was seen in.
    fn is_in(&mut self, head: ObjectId, fingerprint: &Fingerprint) -> bool {
        let Some(paths) = self.places.get(fingerprint) else {
            return false;
        };
        let paths: Vec<BString> = paths.iter().cloned().collect();
        let mut buffer = Vec::new();
        paths.iter().any(|path| {
            let Some(id) = find(head, path.as_ref(), self.objects, &mut buffer) else {
                return false;
            };
            let document = self.blobs.compare_with(id, file_name(path.as_ref()));
            matches!(document, Ok(Some(found)) if found
                .parts
                .iter()
                .flat_map(|part| &part.document.leaks)
                .any(|leak| leak.fingerprint == *fingerprint))
        })
    }

    /// Makes findings of what was found. `head` is the tree of the commit that is now current.
    pub(super) fn finish(mut self, head: Option<ObjectId>) -> Result<Outcome, CommandError> {
        let (blobs, bytes) = self.blobs.read_so_far();
        self.coverage.blobs += blobs;
        self.coverage.bytes += bytes;
        let mut findings = Vec::new();
        let found = std::mem::take(&mut self.found);
        if !found.is_empty() {
            let mut in_head: HashMap<Fingerprint, bool> = HashMap::new();
            let maker = Maker::new(&self.run.detectors, self.run.pack()?);
            for mut one in found {
                let fingerprint = one.leak.fingerprint.clone();
                if let (Some(commit), Some(head)) = (&mut one.commit, head) {
                    let known = in_head.get(&fingerprint).copied();
                    commit.in_head = known.unwrap_or_else(|| self.is_in(head, &fingerprint));
                    in_head.insert(fingerprint, commit.in_head);
                }
                self.let_last_word_speak(&one);
                let Found { leak, shown, kind, around, binary, phrase, commit } = one;
                let spot = Spot {
                    shown: &shown,
                    kind,
                    around: &around,
                    binary,
                    in_repository: true,
                    phrase,
                    commit: commit.as_ref(),
                };
                findings.extend(maker.make_at(leak, &spot));
            }
        }
        if self.unlisted > 0 {
            let message = format!("{} further objects could not be read", self.unlisted);
            self.coverage.errors.push(Problem { path: ".".to_owned(), message });
        }
        let coverage = self.coverage;
        Ok(Outcome { findings, comments: self.comments, coverage })
    }

    /// A later commit may allow what an earlier one brought.
    fn let_last_word_speak(&mut self, found: &Found) {
        let Some(commit) = &found.commit else {
            return;
        };
        let identity = (found.leak.fingerprint.clone(), found.shown.clone());
        let Some(Some(word)) = self.last_word.get(&identity) else {
            return;
        };
        let line = found.leak.start.line;
        let key = document_key(&found.shown, Some(&commit.id));
        let own = self.comments.entry(key).or_default();
        if !own.iter().any(|one| one.line == line || one.line + 1 == line) {
            own.push(Allowance { line, ..word.clone() });
        }
    }
}

/// The blob at `path` in `tree`.
fn find(tree: ObjectId, path: &BStr, objects: &Objects, buffer: &mut Vec<u8>) -> Option<ObjectId> {
    let mut id = tree;
    let mut parts = path.split(|byte| *byte == b'/').peekable();
    while let Some(part) = parts.next() {
        let data = objects.read(&id, Kind::Tree, buffer).ok()?;
        let entries = gix::objs::TreeRefIter::from_bytes(data, id.kind());
        let entry = entries.flatten().find(|entry| entry.filename == part)?;
        if entry.mode.is_tree() != parts.peek().is_some() {
            return None;
        }
        id = entry.oid.to_owned();
    }
    Some(id)
}

/// The last part of a path.
fn file_name(path: &BStr) -> &BStr {
    path.rfind_byte(b'/').and_then(|at| path.get(at + 1..)).unwrap_or(path).as_bstr()
}
