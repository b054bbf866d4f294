//! Reads every object of a store once, in the order in which packs hold them: a delta's base is
//! decoded once for all that is built on it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use gix::hash::{ObjectId, oid};
use gix::hashtable::HashSet;
use gix::objs::{CommitRefIter, Kind, TagRefIter, TreeRefIter};
use gix::odb::pack;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::decode::{Place, decode, places};
use super::store::{Pack, Stores};
use crate::finding::Problem;

/// How many broken objects are named; the rest is counted.
const MOST_NAMED: usize = 20;
/// How many ids each thread remembers to have seen in the store; a power of two.
const REMEMBERED: usize = 1 << 14;

/// What looks at objects; each thread has its own.
pub trait Sweeper: Send {
    /// Looks at an object, whole.
    fn object(&mut self, kind: Kind, id: &oid, bytes: &[u8]);
}

/// What a sweep learnt of the store itself.
#[derive(Debug, Default)]
pub struct Outline {
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Objects that others speak of and that the store lacks. Objects that nothing reaches may
    /// speak of what was deleted, so whether this matters depends on who speaks.
    pub missing: BTreeSet<ObjectId>,
    /// Where the trees of each pack stand, behind its first object; none for a pack that is broken
    /// or was not read.
    pub(super) trees: Vec<Option<Vec<Place>>>,
}

/// Where objects were read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A pack, by the checksums of its contents and of its index.
    Pack(String),
    /// The loose objects.
    Loose,
}

/// One source, read.
#[derive(Debug)]
pub struct Part<S> {
    /// Where the objects came from.
    pub source: Source,
    /// Those who looked, in no particular order.
    pub sweepers: Vec<S>,
    /// Whether all of it could be read, and nothing that it speaks of is missing.
    pub whole: bool,
}

/// What need not be read again.
#[derive(Debug, Default)]
pub struct Known {
    /// Packs, as [`Source::Pack`] names them.
    pub packs: BTreeSet<String>,
    /// Loose objects.
    pub loose: HashSet<ObjectId>,
}

/// Shows every object of `stores` that is not `known` to the sweepers that `make` makes.
pub fn sweep<S: Sweeper>(
    stores: &Stores,
    known: &Known,
    threads: usize,
    make: impl Fn() -> S + Sync,
) -> (Vec<Part<S>>, Outline) {
    let mut parts = Vec::new();
    let mut outline = Outline { problems: stores.problems.clone(), ..Outline::default() };
    let mut seen = (stores.packs.len() > 1).then(HashSet::default);
    for pack in &stores.packs {
        let again = seen.as_mut().map(|seen| note_seen(pack, seen));
        let name = pack.name();
        if known.packs.contains(&name) {
            outline.trees.push(None);
            continue;
        }
        let looks = Looks { stores, again, make: &make, done: Mutex::default() };
        let trees = sweep_pack(pack, threads, &looks).ok();
        if trees.is_none() {
            // what is broken is found by reading one object after the other, anew
            looks.done.lock().unwrap_or_else(PoisonError::into_inner).clear();
            sweep_broken_pack(pack, &looks, &mut outline.problems);
        }
        let whole = trees.is_some();
        outline.trees.push(trees);
        parts.push(looks.finish(Source::Pack(name), whole, &mut outline));
    }
    let before = outline.problems.len();
    let looks = Looks { stores, again: None, make: &make, done: Mutex::default() };
    sweep_loose(&looks, known, &mut outline.problems);
    let whole = outline.problems.len() == before;
    parts.push(looks.finish(Source::Loose, whole, &mut outline));
    (parts, outline)
}

/// Notes the objects of `pack` as seen; answers which of them, by index, were so before.
fn note_seen(pack: &Pack, seen: &mut HashSet<ObjectId>) -> Vec<bool> {
    (0..pack.index.num_objects())
        .map(|at| !seen.insert(pack.index.oid_at_index(at).to_owned()))
        .collect()
}

/// What the threads that read one source share.
struct Looks<'a, S, M> {
    stores: &'a Stores,
    /// Which objects, by their place in the pack's index, another pack has shown before.
    again: Option<Vec<bool>>,
    make: &'a M,
    done: Mutex<Vec<Done<S>>>,
}

struct Done<S> {
    sweeper: S,
    missing: HashSet<ObjectId>,
}

impl<S, M> Looks<'_, S, M> {
    fn finish(self, source: Source, whole: bool, outline: &mut Outline) -> Part<S> {
        let mut part = Part { source, sweepers: Vec::new(), whole };
        for done in self.done.into_inner().unwrap_or_else(PoisonError::into_inner) {
            part.sweepers.push(done.sweeper);
            part.whole &= done.missing.is_empty();
            outline.missing.extend(done.missing);
        }
        part
    }
}

impl<'a, S: Sweeper, M: Fn() -> S> Looks<'a, S, M> {
    fn look<'l>(&'l self) -> Look<'l, 'a, S, M> {
        let known = vec![ObjectId::null(self.stores.hash); REMEMBERED];
        Look { looks: self, sweeper: Some((self.make)()), known, missing: HashSet::default() }
    }
}

/// One thread's look at objects.
struct Look<'l, 'a, S, M> {
    looks: &'l Looks<'a, S, M>,
    sweeper: Option<S>,
    /// Ids that the store is known to hold.
    known: Vec<ObjectId>,
    missing: HashSet<ObjectId>,
}

impl<S: Sweeper, M: Fn() -> S> Clone for Look<'_, '_, S, M> {
    fn clone(&self) -> Self {
        self.looks.look()
    }
}

impl<S, M> Drop for Look<'_, '_, S, M> {
    fn drop(&mut self) {
        if let Some(sweeper) = self.sweeper.take() {
            let missing = std::mem::take(&mut self.missing);
            let mut done = self.looks.done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push(Done { sweeper, missing });
        }
    }
}

impl<S: Sweeper, M> Look<'_, '_, S, M> {
    fn at(&mut self, kind: Kind, id: &oid, bytes: &[u8]) {
        if let Some(sweeper) = &mut self.sweeper {
            sweeper.object(kind, id, bytes);
        }
        let hash = self.looks.stores.hash;
        match kind {
            Kind::Blob => {}
            Kind::Tree => {
                for entry in TreeRefIter::from_bytes(bytes, hash).map_while(Result::ok) {
                    if !entry.mode.is_commit() {
                        self.follow(entry.oid);
                    }
                }
            }
            Kind::Commit => {
                let mut commit = CommitRefIter::from_bytes(bytes, hash);
                if let Ok(tree) = commit.tree_id() {
                    self.follow(&tree);
                }
                for parent in commit.parent_ids() {
                    self.follow(&parent);
                }
            }
            Kind::Tag => {
                if let Ok(target) = TagRefIter::from_bytes(bytes, hash).target_id() {
                    self.follow(&target);
                }
            }
        }
    }

    /// Notes `id` as missing if the store lacks it.
    fn follow(&mut self, id: &oid) {
        let bytes = id.as_bytes();
        let slot = usize::from(bytes[1]) << 8 | usize::from(bytes[2]);
        let known = &mut self.known[slot % REMEMBERED];
        if *known == id {
            return;
        }
        if self.looks.stores.contains(id) {
            *known = id.to_owned();
        } else {
            self.missing.insert(id.to_owned());
        }
    }
}

/// Shows what a pack holds; answers where its trees stand.
fn sweep_pack<S: Sweeper, M: Fn() -> S + Sync>(
    pack: &Pack,
    threads: usize,
    looks: &Looks<'_, S, M>,
) -> gix::Result<Vec<Place>> {
    let mut look = looks.look();
    let show = move |place: &mut Place, kind, bytes: &[u8]| {
        place.is_tree = kind == Kind::Tree;
        let again = looks.again.as_ref().is_some_and(|again| again[place.at as usize]);
        if !again {
            look.at(kind, pack.index.oid_at_index(place.at), bytes);
        }
    };
    let places = decode(pack, places(pack), threads, looks.stores.hash, show)?;
    // whoever decodes some of a pack has to begin with its first object
    let first = places.first().copied();
    Ok(places.into_iter().filter(|place| place.is_tree || Some(*place) == first).collect())
}

/// Reads a pack object by object, so that one that is broken is told and the others are read.
fn sweep_broken_pack<S: Sweeper, M: Fn() -> S + Sync>(
    pack: &Pack,
    looks: &Looks<'_, S, M>,
    problems: &mut Vec<Problem>,
) {
    let index = &pack.index;
    let mut look = looks.look();
    let mut cache = pack::cache::lru::MemoryCappedHashmap::new(64 << 20);
    let (mut inflate, mut bytes) = (gix::zlib::Inflate::default(), Vec::new());
    let mut broken = Broken::default();
    for Place { offset, at, .. } in places(pack) {
        let id = index.oid_at_index(at);
        let resolve = |id: &oid, _: &mut Vec<u8>| {
            let at = index.lookup(id);
            at.map(|at| pack.data.entry(index.pack_offset_at_index(at)))
                .transpose()
                .map(|entry| entry.map(pack::data::decode::entry::ResolvedBase::InPack))
        };
        let read = pack.data.entry(offset).and_then(|entry| {
            pack.data.decode_entry(entry, &mut bytes, &mut inflate, &resolve, &mut cache)
        });
        match read {
            Ok(_) if looks.again.as_ref().is_some_and(|again| again[at as usize]) => {}
            Ok(outcome) => look.at(outcome.kind, id, &bytes),
            Err(error) => broken.note(id, &error.to_string()),
        }
    }
    broken.tell(&pack.data.path().to_string_lossy(), problems);
}

fn sweep_loose<S: Sweeper, M: Fn() -> S + Sync>(
    looks: &Looks<'_, S, M>,
    known: &Known,
    problems: &mut Vec<Problem>,
) {
    let stores = looks.stores;
    let mut ids: Vec<(&ObjectId, usize)> = stores
        .loose_ids
        .iter()
        .filter(|(id, _)| !known.loose.contains(*id))
        .filter(|(id, _)| !stores.packs.iter().any(|pack| pack.index.lookup(id).is_some()))
        .map(|(id, at)| (id, *at))
        .collect();
    ids.sort_unstable();
    let broken = Mutex::new(Broken::default());
    ids.par_iter().for_each_init(
        || (looks.look(), Vec::new()),
        |(look, bytes), (id, at)| {
            let read = stores.loose[*at].try_find(id, bytes);
            match read {
                Ok(Some(object)) => look.at(object.kind, id, object.data),
                Ok(None) => broken
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .note(id, "it is gone since the run began"),
                Err(error) => broken
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .note(id, &error.to_string()),
            }
        },
    );
    let broken = broken.into_inner().unwrap_or_else(PoisonError::into_inner);
    broken.tell("loose objects", problems);
}

/// Objects that could not be read.
#[derive(Default)]
struct Broken {
    named: BTreeSet<(ObjectId, String)>,
    more: u64,
}

impl Broken {
    fn note(&mut self, id: &oid, why: &str) {
        self.named.insert((id.to_owned(), why.to_owned()));
        if self.named.len() > MOST_NAMED {
            self.named.pop_last();
            self.more += 1;
        }
    }

    fn tell(self, path: &str, problems: &mut Vec<Problem>) {
        for (id, why) in self.named {
            let message = format!("object {id} can't be read: {why}; `git fsck` tells more");
            problems.push(Problem { path: path.to_owned(), message });
        }
        if self.more > 0 {
            let message = format!("{} more objects can't be read", self.more);
            problems.push(Problem { path: path.to_owned(), message });
        }
    }
}
