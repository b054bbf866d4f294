//! The object store of a repository as it lies on disk: packs, loose objects, and those of the
//! repositories that it borrows from.

use std::path::{Path, PathBuf};

use gix::hash::{Kind, ObjectId, oid};
use gix::hashtable::HashMap;
use gix::odb::{loose, pack};

use crate::finding::Problem;
use crate::sources::git::{GitError, Objects};

/// An object of more bytes than this is told as not read.
pub(super) const LARGEST_OBJECT: usize = 1 << 30;

/// A pack and its index.
pub(super) struct Pack {
    pub(super) index: pack::index::File,
    pub(super) data: pack::data::File,
}

impl Pack {
    fn open(index: &Path, hash: Kind) -> gix::Result<Self> {
        Ok(Self {
            index: pack::index::File::at(index, hash)?,
            data: pack::data::File::at(index.with_extension("pack"), hash)?
                .with_alloc_limit_bytes(Some(LARGEST_OBJECT)),
        })
    }

    /// What names its contents: their checksum, and that of the index.
    pub(super) fn name(&self) -> String {
        format!("{}-{}", self.data.checksum(), self.index.index_checksum())
    }
}

/// Everything that a repository's objects are read from.
pub struct Stores {
    pub(super) hash: Kind,
    pub(super) packs: Vec<Pack>,
    pub(super) loose: Vec<loose::Store>,
    /// Which of `loose` holds an object first.
    pub(super) loose_ids: HashMap<ObjectId, usize>,
    /// Whether objects may be missing on purpose: some pack came from a partial clone.
    pub promised: bool,
    /// What of the store itself could not be opened.
    pub(super) problems: Vec<Problem>,
}

impl Stores {
    /// Opens everything that `objects` would look into. What can't be opened is told in the
    /// account of the sweep.
    pub fn open(objects: &Objects, hash: Kind) -> Self {
        let mut folders: Vec<PathBuf> = Vec::new();
        let mut problems = Vec::new();
        for store in objects.stores() {
            let store = store.store_ref();
            folders.push(store.path().to_path_buf());
            match store.alternate_db_paths() {
                Ok(alternates) => folders.extend(alternates),
                Err(error) => problems.push(Problem {
                    path: store.path().join("info/alternates").to_string_lossy().into_owned(),
                    message: GitError::describe(&error),
                }),
            }
        }
        let mut seen = std::collections::HashSet::new();
        folders.retain(|folder| {
            seen.insert(std::fs::canonicalize(folder).unwrap_or_else(|_| folder.clone()))
        });
        let mut stores = Self {
            hash,
            packs: Vec::new(),
            loose: Vec::new(),
            loose_ids: HashMap::default(),
            promised: false,
            problems,
        };
        for folder in &folders {
            stores.open_packs(&folder.join("pack"));
            stores.list_loose(folder);
        }
        stores
    }

    /// The ids of the loose objects, in no particular order.
    pub fn loose(&self) -> impl Iterator<Item = &ObjectId> {
        self.loose_ids.keys()
    }

    /// The packs, as [`super::Source::Pack`] names them.
    pub fn packs(&self) -> impl Iterator<Item = String> {
        self.packs.iter().map(Pack::name)
    }

    /// Whether there is an object with this id.
    pub fn contains(&self, id: &oid) -> bool {
        self.packs.iter().any(|pack| pack.index.lookup(id).is_some())
            || self.loose_ids.contains_key(id)
            || id == ObjectId::empty_tree(self.hash)
    }

    fn problem(&mut self, path: &Path, message: impl Into<String>) {
        let path = path.to_string_lossy().into_owned();
        self.problems.push(Problem { path, message: message.into() });
    }

    /// How many objects there are; one that stands in two packs counts twice.
    pub fn len(&self) -> u64 {
        let packed = self.packs.iter().map(|pack| u64::from(pack.index.num_objects()));
        packed.sum::<u64>() + self.loose_ids.len() as u64
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn open_packs(&mut self, folder: &Path) {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => {
                return self.problem(folder, crate::sources::files::describe(&error));
            }
        };
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.sort();
        for file in &files {
            match file.extension().and_then(|extension| extension.to_str()) {
                Some("promisor") => self.promised = true,
                Some("pack") if files.binary_search(&file.with_extension("idx")).is_err() => {
                    self.problem(file, "a pack without an index; `git index-pack` makes one");
                }
                Some("idx") => match Pack::open(file, self.hash) {
                    Ok(pack) => self.packs.push(pack),
                    Err(error) => self.problem(
                        &file.with_extension("pack"),
                        format!("the pack can't be read: {error}; `git fsck` tells more"),
                    ),
                },
                _ => {}
            }
        }
    }

    fn list_loose(&mut self, folder: &Path) {
        let limit = Some(LARGEST_OBJECT);
        let options = loose::Options { alloc_limit_bytes: limit, ..Default::default() };
        let store = loose::Store::at_opts(folder, self.hash, options);
        for id in store.iter() {
            match id {
                Ok(id) => {
                    self.loose_ids.entry(id).or_insert(self.loose.len());
                }
                Err(error) => self.problem(folder, error.to_string()),
            }
        }
        self.loose.push(store);
    }
}
