//! What a commit, or the index, brings: files that it adds or changes against what stood before.

use std::collections::{HashMap, HashSet};

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _, ByteVec as _};
use gix::objs::tree::EntryKind;
use gix::objs::{Kind, TreeRefIter};

use super::{ObjectError, Objects};

/// Folders in folders beyond this are not descended into: no file system holds them.
pub(super) const MOST_DEPTH: usize = 2_000;
/// A comparison that meets more entries than this looks into each further folder once, wherever it
/// stands: a few small trees can spell out more paths than there are atoms. It is halved each time.
const MOST_ENTRIES: usize = 50_000;

/// A file (or the target of a symbolic link) that is new or other than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its path, from the repository's root.
    pub path: BString,
    /// The blob that it is now.
    pub id: ObjectId,
    /// What stood there before, one for each tree that was compared with; `None` for nothing that
    /// has lines.
    pub before: Vec<Option<ObjectId>>,
}

/// What stood before and is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Its path, from the repository's root.
    pub path: BString,
    /// The blob, or the folder's tree.
    pub id: ObjectId,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Which of the trees that were compared with it stood in.
    pub tree: usize,
}

/// What one comparison found.
#[derive(Debug, Default)]
pub struct Changes {
    /// What is new or other.
    pub changed: Vec<Change>,
    /// What is gone; these serve to tell renames.
    pub removed: Vec<Removed>,
    /// Submodules that are new or at another commit.
    pub submodules: Vec<BString>,
    /// What could not be read, and the path at which it stands.
    pub problems: Vec<(BString, ObjectError)>,
    /// Paths that were passed over because they stand too deep.
    pub too_deep: Vec<BString>,
}

/// An entry of a tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) id: ObjectId,
    pub(super) kind: EntryKind,
}

impl Entry {
    pub(super) fn blob(self) -> Option<ObjectId> {
        let has_lines =
            matches!(self.kind, EntryKind::Blob | EntryKind::BlobExecutable | EntryKind::Link);
        has_lines.then_some(self.id)
    }

    pub(super) fn tree(self) -> Option<ObjectId> {
        (self.kind == EntryKind::Tree).then_some(self.id)
    }
}

/// Compares trees. Equal folders are never looked into.
#[derive(Debug)]
pub struct Comparison<'o> {
    objects: &'o Objects,
    buffer: Vec<u8>,
    entries: usize,
    most_entries: usize,
    seen: HashSet<ObjectId>,
}

impl<'o> Comparison<'o> {
    /// Comparisons of trees among `objects`.
    pub fn new(objects: &'o Objects) -> Self {
        Self {
            objects,
            buffer: Vec::new(),
            entries: 0,
            most_entries: MOST_ENTRIES,
            seen: HashSet::new(),
        }
    }

    /// What the tree `new` holds that none of the trees `old` holds at the same path. Without
    /// `old` that is everything.
    pub fn trees(&mut self, new: ObjectId, old: &[ObjectId], changes: &mut Changes) {
        let old: Vec<Option<ObjectId>> = old.iter().copied().map(Some).collect();
        self.entries = 0;
        self.below(BString::default(), Some(new), &old, changes);
        if self.entries > self.most_entries {
            self.most_entries /= 2;
        }
    }

    /// Compares the tree `new` with the trees `old`, all of which stand at `prefix`.
    pub(super) fn below(
        &mut self,
        prefix: BString,
        new: Option<ObjectId>,
        old: &[Option<ObjectId>],
        changes: &mut Changes,
    ) {
        // what is still to compare: on the heap, since nesting is up to whoever wrote the trees
        let mut todo = vec![(prefix, new, old.to_vec())];
        while let Some((prefix, new, old)) = todo.pop() {
            if old.contains(&new) {
                continue;
            }
            let depth = prefix.find_iter(b"/").count();
            if depth >= MOST_DEPTH {
                changes.too_deep.push(prefix);
                continue;
            }
            if let Some(new) = new
                && self.entries > self.most_entries
                && !self.seen.insert(new)
            {
                continue;
            }
            let now = self.read(prefix.as_ref(), new, changes);
            let before: Vec<HashMap<BString, Entry>> = old
                .iter()
                .map(|id| self.read(prefix.as_ref(), *id, changes).into_iter().collect())
                .collect();
            for (tree, before) in before.iter().enumerate() {
                removed(prefix.as_ref(), &now, before, tree, changes);
            }
            for (name, entry) in now {
                let others: Vec<Option<Entry>> =
                    before.iter().map(|before| before.get(&name).copied()).collect();
                if let Some((path, new, old)) =
                    compare(prefix.as_ref(), name.as_ref(), entry, &others, changes)
                {
                    todo.push((path, Some(new), old));
                }
            }
        }
    }

    /// The entries of a tree; none if there is no tree.
    pub(super) fn read(
        &mut self,
        path: &BStr,
        id: Option<ObjectId>,
        changes: &mut Changes,
    ) -> Vec<(BString, Entry)> {
        let Some(id) = id else {
            return Vec::new();
        };
        let data = match self.objects.read(&id, Kind::Tree, &mut self.buffer) {
            Ok(data) => data,
            Err(error) => {
                changes.problems.push((path.to_owned(), error));
                return Vec::new();
            }
        };
        let mut entries = Vec::new();
        for entry in TreeRefIter::from_bytes(data, id.kind()) {
            match entry {
                Ok(entry) => {
                    let kind = entry.mode.kind();
                    let entry_id = entry.oid.to_owned();
                    entries.push((entry.filename.to_owned(), Entry { id: entry_id, kind }));
                }
                Err(error) => {
                    let message = super::GitError::describe(&error);
                    let damaged = ObjectError::Damaged { kind: Kind::Tree, id, message };
                    changes.problems.push((path.to_owned(), damaged));
                    break;
                }
            }
        }
        self.entries = self.entries.saturating_add(entries.len());
        entries
    }
}

/// Takes note of what is gone.
fn removed(
    prefix: &BStr,
    now: &[(BString, Entry)],
    before: &HashMap<BString, Entry>,
    tree: usize,
    changes: &mut Changes,
) {
    let now: HashMap<&BString, EntryKind> =
        now.iter().map(|(name, entry)| (name, entry.kind)).collect();
    let mut gone: Vec<_> = before
        .iter()
        .filter(|(name, entry)| {
            let is_folder = |kind: EntryKind| kind == EntryKind::Tree;
            now.get(name).is_none_or(|kind| is_folder(*kind) != is_folder(entry.kind))
        })
        .filter(|(_, entry)| entry.kind != EntryKind::Commit)
        .collect();
    gone.sort_by_key(|(name, _)| *name);
    changes.removed.extend(gone.into_iter().map(|(name, entry)| Removed {
        path: joined(prefix, name.as_ref()),
        id: entry.id,
        is_folder: entry.kind == EntryKind::Tree,
        tree,
    }));
}

/// Compares one entry with those of the same name; answers the folders that are to be compared.
pub(super) fn compare(
    prefix: &BStr,
    name: &BStr,
    entry: Entry,
    others: &[Option<Entry>],
    changes: &mut Changes,
) -> Option<(BString, ObjectId, Vec<Option<ObjectId>>)> {
    // equal in content is enough: a mode holds no text
    if others.iter().flatten().any(|other| other.id == entry.id) {
        return None;
    }
    let path = joined(prefix, name);
    if let Some(tree) = entry.tree() {
        let old = others.iter().map(|other| other.and_then(Entry::tree)).collect();
        return Some((path, tree, old));
    }
    match entry.blob() {
        Some(id) => {
            let before = others.iter().map(|other| other.and_then(Entry::blob)).collect();
            changes.changed.push(Change { path, id, before });
        }
        None => changes.submodules.push(path),
    }
    None
}

pub(super) fn joined(prefix: &BStr, name: &BStr) -> BString {
    let mut path = prefix.to_owned();
    if !path.is_empty() {
        path.push_byte(b'/');
    }
    path.push_str(name);
    path
}

/// The files of `removed` that stood in `tree`, those in folders too, at most `most` of them.
pub fn removed_files(
    removed: &[Removed],
    tree: usize,
    objects: &Objects,
    most: usize,
) -> Vec<(BString, ObjectId)> {
    let mut files = Vec::new();
    let mut comparison = Comparison::new(objects);
    let mut todo: Vec<Removed> =
        removed.iter().rev().filter(|one| one.tree == tree).cloned().collect();
    while let Some(one) = todo.pop() {
        if files.len() >= most {
            break;
        }
        if !one.is_folder {
            files.push((one.path, one.id));
            continue;
        }
        // a folder that can't be read has no file that could be told as a rename's origin
        let entries = comparison.read(one.path.as_ref(), Some(one.id), &mut Changes::default());
        let entries =
            entries.into_iter().rev().filter(|(_, entry)| entry.kind != EntryKind::Commit);
        todo.extend(entries.map(|(name, entry)| Removed {
            path: joined(one.path.as_ref(), name.as_ref()),
            id: entry.id,
            is_folder: entry.tree().is_some(),
            tree: one.tree,
        }));
        if todo.len() > most.saturating_mul(4) {
            break;
        }
    }
    files
}
