//! Objects by their ids, from every folder in which git would look for them.

use gix::objs::{Data, Exists, Find, Kind};
use gix::odb::pack::cache::lru::MemoryCappedHashmap;
use gix::{ObjectId, oid};
use thiserror::Error;

/// How many bytes a handle for many objects remembers.
const CACHE: usize = 64 << 20;

/// An object that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ObjectError {
    /// It is nowhere.
    #[error("the {kind} {id} is missing")]
    Missing {
        /// What it should be.
        kind: Kind,
        /// Its id.
        id: ObjectId,
    },
    /// It is there, and damaged.
    #[error("the {kind} {id} can't be read: {message}")]
    Damaged {
        /// What it should be.
        kind: Kind,
        /// Its id.
        id: ObjectId,
        /// Why.
        message: String,
    },
    /// It is something else.
    #[error("{id} should be a {kind} and is a {found}")]
    Kind {
        /// What it should be.
        kind: Kind,
        /// Its id.
        id: ObjectId,
        /// What it is.
        found: Kind,
    },
}

impl ObjectError {
    /// The object's id.
    pub fn id(&self) -> ObjectId {
        match self {
            Self::Missing { id, .. } | Self::Damaged { id, .. } | Self::Kind { id, .. } => *id,
        }
    }
}

/// A handle on the object stores of a repository; each thread has its own.
#[derive(Clone)]
pub struct Objects {
    /// In the order in which git looks.
    stores: Vec<gix::odb::Handle>,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").field("stores", &self.stores.len()).finish()
    }
}

impl Objects {
    /// Objects from `stores`, in this order.
    pub(super) fn new(mut stores: Vec<gix::odb::Handle>) -> Self {
        for store in &mut stores {
            store.ignore_replacements = true;
        }
        Self { stores }
    }

    /// The same objects, with room to remember what deltas are built on: for reading many.
    #[must_use]
    pub fn for_many(mut self) -> Self {
        for store in &mut self.stores {
            store.set_pack_cache(|| Box::new(MemoryCappedHashmap::new(CACHE)));
        }
        self
    }

    /// Reads the object `id`, which has to be a `kind`, into `buffer`, which then holds it.
    ///
    /// # Errors
    ///
    /// If it is missing, damaged or something else.
    pub fn read<'b>(
        &self,
        id: &oid,
        kind: Kind,
        buffer: &'b mut Vec<u8>,
    ) -> Result<&'b [u8], ObjectError> {
        let own = || id.to_owned();
        match self.try_find(id, buffer) {
            Ok(Some(data)) if data.kind == kind => Ok(data.data),
            Ok(Some(data)) => Err(ObjectError::Kind { kind, id: own(), found: data.kind }),
            Ok(None) => Err(ObjectError::Missing { kind, id: own() }),
            Err(error) => Err(ObjectError::Damaged {
                kind,
                id: own(),
                message: super::GitError::describe(&error),
            }),
        }
    }

    /// How large the object `id` is, in bytes, if that can be told without reading all of it.
    pub fn size(&self, id: &oid) -> Option<u64> {
        use gix::objs::FindHeader as _;
        self.stores.iter().find_map(|store| Some(store.try_header(id).ok()??.size))
    }

    /// The stores, in the order in which git looks.
    pub fn stores(&self) -> &[gix::odb::Handle] {
        &self.stores
    }
}

impl Find for Objects {
    fn try_find<'a>(
        &self,
        id: &oid,
        buffer: &'a mut Vec<u8>,
    ) -> gix::error::Result<Option<Data<'a>>> {
        match &self.stores[..] {
            [only] => only.try_find(id, buffer),
            several => match several.iter().find(|store| store.exists(id)) {
                Some(store) => store.try_find(id, buffer),
                None => Ok(None),
            },
        }
    }
}

impl Exists for Objects {
    fn exists(&self, id: &oid) -> bool {
        self.stores.iter().any(|store| store.exists(id))
    }
}
