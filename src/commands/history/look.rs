//! The first pass: which objects hold leaks. Of each leak only its identity is kept, since a leak
//! that stood in a file for years stands in thousands of blobs.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use gix::hashtable;
use gix::objs::Kind;
use gix::{ObjectId, oid};

use crate::commands::progress::Counters;
use crate::extract::unpack::Why;
use crate::extract::unpack::budget::Limits;
use crate::finding::{Coverage, Fingerprint};
use crate::leaks::Searcher;
use crate::sources::git::commits;
use crate::sources::git::history::Sweeper;
use crate::sources::git::message_path;

/// A blob as large as this, or larger, can't be a single value that its file's name speaks for;
/// one that is smaller than the other can't be a secret.
const VALUES: std::ops::Range<usize> = 32..4096;

/// A leak's identity: its detector and its fingerprint.
pub(super) type Key = (usize, Fingerprint);

/// Searches objects; each thread has its own.
pub(super) struct Looker<'d> {
    searcher: Searcher<'d>,
    limits: Limits,
    limit: Option<u64>,
    counters: Arc<Counters>,
    numbers: HashMap<Key, u32>,
    keys: Vec<Key>,
    blobs: Vec<(ObjectId, Vec<u32>)>,
    values: Vec<ObjectId>,
    unread: Vec<ObjectId>,
    messages: Vec<(Kind, ObjectId)>,
    /// The commits that were met, if somebody wants to know.
    commits: Option<Vec<ObjectId>>,
    coverage: Coverage,
}

impl<'d> Looker<'d> {
    /// Blobs are searched by `searcher`; those of more than `limit` bytes are passed over.
    pub(super) fn new(
        searcher: Searcher<'d>,
        limit: Option<u64>,
        list_commits: bool,
        counters: &Arc<Counters>,
    ) -> Self {
        Self {
            searcher,
            limits: Limits::default(),
            limit,
            counters: Arc::clone(counters),
            numbers: HashMap::new(),
            keys: Vec::new(),
            blobs: Vec::new(),
            values: Vec::new(),
            unread: Vec::new(),
            messages: Vec::new(),
            commits: list_commits.then(Vec::new),
            coverage: Coverage::default(),
        }
    }

    fn blob(&mut self, id: &oid, bytes: &[u8]) {
        let size = bytes.len() as u64;
        if self.limit.is_some_and(|limit| size > limit) {
            let path = message_path(Kind::Blob, id);
            self.coverage.skipped.push(super::skipped(path, "larger than --max-file-size"));
            return;
        }
        self.coverage.blobs += 1;
        self.coverage.bytes += size;
        let found = self.searcher.search_bytes(bytes, "", &self.limits);
        for unread in &found.unread {
            if unread.why == Why::Picture {
                let path = format!("{}{}", message_path(Kind::Blob, id), unread.member);
                self.coverage.skipped.push(super::skipped(path, &unread.message));
            } else {
                self.unread.push(id.to_owned());
            }
        }
        let leaks = found.parts.into_iter().flat_map(|part| part.document.leaks);
        let mut leaks = leaks.peekable();
        if leaks.peek().is_some() {
            let mut keys: Vec<u32> =
                leaks.map(|leak| self.number((leak.detector, leak.fingerprint))).collect();
            keys.sort_unstable();
            keys.dedup();
            self.blobs.push((id.to_owned(), keys));
        } else if VALUES.contains(&bytes.len())
            && bytes.trim_ascii().iter().all(u8::is_ascii_alphanumeric)
        {
            self.values.push(id.to_owned());
        }
    }

    fn number(&mut self, key: Key) -> u32 {
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let number = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.keys.push(key.clone());
        self.numbers.insert(key, number);
        number
    }

    fn message(&mut self, kind: Kind, id: &oid, message: &[u8], headers: &[u8]) {
        self.coverage.bytes += (message.len() + headers.len()) as u64;
        let mut holds = |text: &[u8]| {
            self.searcher.search(text).is_ok_and(|document| !document.leaks.is_empty())
        };
        if holds(message) || holds(headers) {
            self.messages.push((kind, id.to_owned()));
        }
    }
}

impl Sweeper for Looker<'_> {
    fn object(&mut self, kind: Kind, id: &oid, bytes: &[u8]) {
        self.counters.add(bytes.len() as u64);
        match kind {
            Kind::Blob => self.blob(id, bytes),
            Kind::Tree => {}
            Kind::Commit => {
                self.coverage.commits += 1;
                if let Some(commits) = &mut self.commits {
                    commits.push(id.to_owned());
                }
                // one that is damaged is told where history is walked
                if let Ok(commit) = commits::parse(id.to_owned(), bytes) {
                    self.message(kind, id, &commit.message, &commit.headers);
                }
            }
            Kind::Tag => {
                if let Ok(tag) = commits::parse_tag(id.to_owned(), bytes) {
                    self.message(kind, id, &tag.message, &tag.headers);
                }
            }
        }
    }
}

impl Looker<'_> {
    /// Whether it found nothing that another run would have to find again.
    pub(super) fn found_nothing(&self) -> bool {
        self.keys.is_empty()
            && self.values.is_empty()
            && self.messages.is_empty()
            && self.unread.is_empty()
            && self.coverage.skipped.is_empty()
    }

    /// How many blobs it looked at.
    pub(super) fn blobs(&self) -> u64 {
        self.coverage.blobs
    }
}

/// What all lookers have found.
#[derive(Default)]
pub(super) struct Hits {
    /// The leaks of each blob, by number.
    pub(super) blobs: hashtable::HashMap<ObjectId, Vec<u32>>,
    /// Blobs that are leaks if they stand under a name that says so.
    pub(super) values: hashtable::HashSet<ObjectId>,
    /// Blobs of which something could not be read.
    pub(super) unread: hashtable::HashSet<ObjectId>,
    /// Commits and tags whose messages hold leaks.
    pub(super) messages: BTreeSet<(Kind, ObjectId)>,
    /// The commits that were met, if that was asked for.
    pub(super) commits: Vec<ObjectId>,
    numbers: HashMap<Key, u32>,
}

impl Hits {
    /// Adds what `looker` has found.
    pub(super) fn take(&mut self, looker: Looker<'_>, coverage: &mut Coverage) {
        let numbers: Vec<u32> = looker.keys.into_iter().map(|key| self.number(key)).collect();
        for (id, own) in looker.blobs {
            let own = own.iter().filter_map(|at| numbers.get(*at as usize).copied());
            self.blobs.insert(id, own.collect());
        }
        self.values.extend(looker.values);
        self.unread.extend(looker.unread);
        self.messages.extend(looker.messages);
        self.commits.extend(looker.commits.into_iter().flatten());
        coverage.merge(looker.coverage);
    }

    /// The number of a leak.
    pub(super) fn number(&mut self, key: Key) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        *self.numbers.entry(key).or_insert(next)
    }

    /// Whether there is nothing to trace.
    pub(super) fn is_empty(&self) -> bool {
        self.sought().next().is_none() && self.messages.is_empty()
    }

    /// The blobs whose places matter.
    pub(super) fn sought(&self) -> impl Iterator<Item = ObjectId> {
        self.blobs.keys().chain(&self.values).chain(&self.unread).copied()
    }
}
