//! What the next commit would bring: the index against `HEAD`. The work tree is never looked at.

use std::collections::HashMap;

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::index::entry::{Flags, Mode, Stage};
use gix::index::{Entry as IndexEntry, State, extension};
use gix::objs::tree::EntryKind;

use super::changes::{self, Change, Changes, Comparison, Entry, Removed};
use super::{GitError, Objects, Repository};

/// What is staged.
#[derive(Debug, Default)]
pub struct Staged {
    /// What the index holds that `HEAD` does not.
    pub changes: Changes,
    /// Files that are only announced (`git add --intent-to-add`): nothing of them is staged.
    pub announced: Vec<BString>,
    /// Whether a merge has left conflicts; of a file in conflict every version counts.
    pub conflicts: bool,
}

/// Compares the index of `repository` with its `HEAD`.
///
/// # Errors
///
/// If the repository has no index, or the index or `HEAD` can't be read.
pub fn staged(repository: &Repository, objects: &Objects) -> Result<Staged, GitError> {
    let inner = repository.inner();
    let head = head_tree(repository, objects)?;
    let path = inner.index_path();
    if inner.workdir().is_none() && !path.exists() {
        return Err(GitError::Unsupported {
            path: repository.shown(),
            what: "is bare and has no index".to_owned(),
            help: "use --range or --history to search what it stores".to_owned(),
        });
    }
    // git, too, trusts that what it wrote is whole
    let index = gix::index::File::at_or_default(&path, inner.object_hash(), true, options())
        .map_err(|error| GitError::Read {
            what: format!("the index {}", path.display()),
            message: GitError::describe(&error),
        })?;
    let mut walk =
        Walk { index: &index, comparison: Comparison::new(objects), staged: Staged::default() };
    walk.folder(b"".into(), index.entries(), head, index.tree());
    Ok(walk.staged)
}

fn options() -> gix::index::decode::Options {
    gix::index::decode::Options {
        // a thread costs more than it saves for all but the largest
        thread_limit: Some(1),
        ..Default::default()
    }
}

/// The tree of `HEAD`; `None` before the first commit.
///
/// # Errors
///
/// If it can't be read.
pub fn head_tree(repository: &Repository, objects: &Objects) -> Result<Option<ObjectId>, GitError> {
    let unreadable = |message: String| GitError::Read { what: "HEAD".to_owned(), message };
    let head = repository.inner().head().map_err(|error| unreadable(GitError::describe(&error)))?;
    if head.is_unborn() {
        return Ok(None);
    }
    let Some(id) = head.id() else {
        return Err(unreadable("it names nothing".to_owned()));
    };
    let tree = super::commits::tree(id.detach(), objects);
    tree.map(Some).map_err(|error| unreadable(error.to_string()))
}

struct Walk<'i, 'o> {
    index: &'i State,
    comparison: Comparison<'o>,
    staged: Staged,
}

impl<'i> Walk<'i, '_> {
    /// Compares `entries`, which are those of the index below the folder `prefix`, with `tree`.
    /// `cache` is what the index knows of the folder's tree.
    fn folder(
        &mut self,
        prefix: &BStr,
        entries: &'i [IndexEntry],
        tree: Option<ObjectId>,
        cache: Option<&extension::Tree>,
    ) {
        if prefix.find_iter(b"/").count() >= changes::MOST_DEPTH {
            self.staged.changes.too_deep.push(prefix.to_owned());
            return;
        }
        let valid = |node: &&extension::Tree| node.num_entries.is_some();
        if tree.is_some() && cache.filter(valid).map(|node| node.id) == tree {
            return;
        }
        let changes = &mut self.staged.changes;
        let mut before: HashMap<BString, Entry> =
            self.comparison.read(prefix, tree, changes).into_iter().collect();
        let skip = if prefix.is_empty() { 0 } else { prefix.len() + 1 };
        let mut rest = entries;
        while let Some(first) = rest.first() {
            let path = first.path(self.index);
            let below = path.get(skip..).unwrap_or_default().as_bstr();
            let Some(slash) = below.find_byte(b'/') else {
                rest = rest.get(1..).unwrap_or_default();
                let old = before.get(below).copied();
                self.entry(prefix, below, first, old);
                // later stages of the same path still need what stood before
                if rest.first().is_none_or(|next| next.path(self.index) != path) {
                    before.remove(below);
                }
                continue;
            };
            let name = below.get(..slash).unwrap_or_default().as_bstr();
            let child = cache.and_then(|node| {
                node.children.iter().find(|child| child.name.as_slice() == name.as_bytes())
            });
            let length = self.length(path.get(..skip + slash + 1).unwrap_or_default(), rest, child);
            let (own, others) = rest.split_at(length);
            rest = others;
            // a sparse index has one entry for a whole folder; its path ends with the slash
            if let [only] = own
                && only.mode == Mode::DIR
                && below.len() == slash + 1
            {
                let old = before.remove(name);
                self.sparse(prefix, name, only.id, old);
                continue;
            }
            let old = before.get(name).copied().and_then(Entry::tree);
            if old.is_some() {
                before.remove(name);
            }
            self.folder(changes::joined(prefix, name).as_ref(), own, old, child);
        }
        let mut gone: Vec<_> = before.into_iter().collect();
        gone.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, entry) in gone.into_iter().filter(|(_, entry)| entry.kind != EntryKind::Commit) {
            self.staged.changes.removed.push(Removed {
                path: changes::joined(prefix, name.as_ref()),
                id: entry.id,
                is_folder: entry.tree().is_some(),
                tree: 0,
            });
        }
    }

    /// How many of `entries`, whose first begins with `prefix`, do.
    fn length(
        &self,
        prefix: &[u8],
        entries: &[IndexEntry],
        cache: Option<&extension::Tree>,
    ) -> usize {
        // the index may know; that it is right is cheap to check
        let known = cache.and_then(|node| node.num_entries).map_or(0, |number| number as usize);
        let within = |at: usize| {
            entries.get(at).is_some_and(|entry| entry.path(self.index).starts_with(prefix))
        };
        if known > 0 && within(known - 1) && !within(known) {
            return known;
        }
        entries.partition_point(|entry| entry.path(self.index).starts_with(prefix)).max(1)
    }

    fn entry(&mut self, prefix: &BStr, name: &BStr, entry: &IndexEntry, old: Option<Entry>) {
        let path = || changes::joined(prefix, name);
        if entry.flags.contains(Flags::INTENT_TO_ADD) {
            self.staged.announced.push(path());
            return;
        }
        self.staged.conflicts |= entry.flags.stage() != Stage::Unconflicted;
        if old.is_some_and(|old| old.id == entry.id) {
            return;
        }
        let changes = &mut self.staged.changes;
        if entry.mode == Mode::COMMIT {
            changes.submodules.push(path());
        } else {
            let before = vec![old.and_then(Entry::blob)];
            changes.changed.push(Change { path: path(), id: entry.id, before });
        }
    }

    fn sparse(&mut self, prefix: &BStr, name: &BStr, id: ObjectId, old: Option<Entry>) {
        let old = old.and_then(Entry::tree);
        if old == Some(id) {
            return;
        }
        let path = changes::joined(prefix, name);
        self.comparison.below(path, Some(id), &[old], &mut self.staged.changes);
    }
}
