//! How the trees of the packs hold one another, and which of them lead to blobs that are sought.
//! All trees are decoded once more for that, in the packs' order: far quicker than one by one in
//! the order of the commits.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::hashtable::HashSet;
use gix::objs::{Kind, TreeRefIter};
use gix::{ObjectId, oid};

use super::decode::{self, Place};
use super::store::Stores;
use super::sweep::Outline;

/// How many ids and names each thread remembers the numbers of; a power of two.
const REMEMBERED: usize = 1 << 14;

/// An entry of a tree that may lead to what is sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge<'a> {
    pub(super) name: &'a BStr,
    pub(super) id: &'a oid,
    pub(super) is_tree: bool,
}

/// The trees of the packs.
pub struct Graph<'a> {
    stores: &'a Stores,
    parts: Vec<Part>,
    /// By position: whether a tree may lead to what is sought.
    may: Vec<bool>,
    /// Where each pack begins in `may`.
    starts: Vec<usize>,
    /// Where the tree at a position is listed: in which part, and at which of its trees. Only
    /// those that may lead somewhere.
    listed: HashMap<u32, (usize, usize)>,
}

/// What one thread has learnt.
#[derive(Default)]
struct Part {
    /// Position of each tree, and the ends of its lists in `inner` and in `others`.
    trees: Vec<(u32, usize, usize)>,
    /// Trees in trees: number of the name, and position.
    inner: Vec<(u32, u32)>,
    /// What is sought, and trees that stand in no pack: number of the name, id, whether a tree.
    others: Vec<(u32, ObjectId, bool)>,
    names: Names,
}

/// Numbers for names.
#[derive(Default)]
struct Names {
    numbers: HashMap<BString, u32>,
    names: Vec<BString>,
}

impl Names {
    fn number(&mut self, name: &BStr) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn is(&self, number: u32, name: &BStr) -> bool {
        self.names.get(number as usize).is_some_and(|known| known == name)
    }
}

/// Fills a part, and hands it over when its thread ends.
struct Worker<'a> {
    graph: &'a Graph<'a>,
    sought: &'a HashSet<ObjectId>,
    parts: &'a Mutex<Vec<Part>>,
    part: Part,
    /// Trees whose position, and whose name at the last place, are known.
    known: Vec<(ObjectId, u32, u32)>,
}

impl<'a> Worker<'a> {
    fn new(
        graph: &'a Graph<'a>,
        sought: &'a HashSet<ObjectId>,
        parts: &'a Mutex<Vec<Part>>,
    ) -> Self {
        let known = vec![(ObjectId::null(graph.stores.hash), 0, u32::MAX); REMEMBERED];
        Self { graph, sought, parts, part: Part::default(), known }
    }

    fn tree(&mut self, own: u32, bytes: &[u8]) {
        let hash = self.graph.stores.hash;
        for entry in TreeRefIter::from_bytes(bytes, hash).map_while(Result::ok) {
            if entry.mode.is_tree() {
                self.inner(entry.oid, entry.filename);
            } else if self.sought.contains(entry.oid) {
                let name = self.part.names.number(entry.filename);
                self.part.others.push((name, entry.oid.to_owned(), false));
            }
        }
        self.part.trees.push((own, self.part.inner.len(), self.part.others.len()));
    }

    fn inner(&mut self, id: &oid, name: &BStr) {
        let bytes = id.as_bytes();
        let slot = (usize::from(bytes[1]) << 8 | usize::from(bytes[2])) % REMEMBERED;
        let (known, position, number) = self.known[slot];
        let position = if known == id {
            position
        } else if let Some(position) = self.graph.position(id) {
            position
        } else {
            let name = self.part.names.number(name);
            return self.part.others.push((name, id.to_owned(), true));
        };
        let names = &mut self.part.names;
        let number = if names.is(number, name) { number } else { names.number(name) };
        self.known[slot] = (id.to_owned(), position, number);
        self.part.inner.push((number, position));
    }
}

impl Clone for Worker<'_> {
    fn clone(&self) -> Self {
        Self::new(self.graph, self.sought, self.parts)
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        let part = std::mem::take(&mut self.part);
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).push(part);
    }
}

impl<'a> Graph<'a> {
    /// Looks at the trees of `stores`, whose places the sweep has found, for `sought`.
    pub fn find(
        stores: &'a Stores,
        outline: &Outline,
        sought: &HashSet<ObjectId>,
        threads: usize,
    ) -> Self {
        let mut starts = Vec::new();
        let mut total = 0;
        for pack in &stores.packs {
            starts.push(total);
            total += pack.index.num_objects() as usize;
        }
        let may = vec![false; total];
        let mut graph = Self { stores, parts: Vec::new(), may, starts, listed: HashMap::new() };
        let parts = Mutex::new(Vec::new());
        let mut unknown = Vec::new();
        for (number, places) in outline.trees.iter().enumerate() {
            let places = match places {
                Some(places) => places.clone(),
                None => decode::places(&stores.packs[number]),
            };
            if !graph.look(number, places, sought, threads, &parts) {
                unknown.push(number);
            }
        }
        for number in unknown {
            // nothing is known of a broken pack: its trees are read when they are met
            let end = graph.starts.get(number + 1).copied().unwrap_or(total);
            graph.may[graph.starts[number]..end].fill(true);
        }
        graph.parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
        graph.spread();
        graph
    }

    /// Whether `tree` surely leads to nothing sought.
    pub(super) fn excludes(&self, tree: &oid) -> bool {
        self.position(tree).is_some_and(|at| !self.may[at as usize])
    }

    /// The entries of `tree` that may lead to what is sought; none if it has to be read.
    pub(super) fn edges(&self, tree: &oid) -> Option<Vec<Edge<'_>>> {
        let (part, at) = *self.listed.get(&self.position(tree)?)?;
        let part = self.parts.get(part)?;
        let (_, inner_end, others_end) = *part.trees.get(at)?;
        let before = at.checked_sub(1).and_then(|at| part.trees.get(at));
        let (inner, others) = before.map_or((0, 0), |(_, inner, others)| (*inner, *others));
        let name = |number: u32| part.names.names.get(number as usize).map(|name| name.as_bstr());
        let inner = part.inner.get(inner..inner_end)?.iter().filter_map(|(number, position)| {
            let id = self.may[*position as usize].then(|| self.id(*position))??;
            Some(Edge { name: name(*number)?, id, is_tree: true })
        });
        let others =
            part.others.get(others..others_end)?.iter().filter_map(|(number, id, is_tree)| {
                Some(Edge { name: name(*number)?, id, is_tree: *is_tree })
            });
        let mut edges: Vec<Edge<'_>> = inner.chain(others).collect();
        edges.sort_by_key(|edge| edge.name);
        Some(edges)
    }

    fn position(&self, id: &oid) -> Option<u32> {
        self.stores.packs.iter().zip(&self.starts).find_map(|(pack, start)| {
            let at = pack.index.lookup(id)? as usize;
            u32::try_from(start + at).ok()
        })
    }

    fn id(&self, position: u32) -> Option<&oid> {
        let pack =
            self.starts.partition_point(|start| *start <= position as usize).checked_sub(1)?;
        let at = position as usize - self.starts[pack];
        Some(self.stores.packs[pack].index.oid_at_index(u32::try_from(at).ok()?))
    }

    /// Lists what the trees of a pack hold; whether all could be read.
    fn look(
        &self,
        number: usize,
        places: Vec<Place>,
        sought: &HashSet<ObjectId>,
        threads: usize,
        parts: &Mutex<Vec<Part>>,
    ) -> bool {
        let (pack, start) = (&self.stores.packs[number], self.starts[number]);
        let mut worker = Worker::new(self, sought, parts);
        let show = move |place: &mut Place, kind, bytes: &[u8]| {
            let own = u32::try_from(start + place.at as usize);
            if let (Kind::Tree, Ok(own)) = (kind, own) {
                worker.tree(own, bytes);
            }
        };
        decode::decode(pack, places, threads, self.stores.hash, show).is_ok()
    }

    /// A tree that holds one that leads to something leads there, too.
    fn spread(&mut self) {
        let mut changed = true;
        while changed {
            changed = false;
            for (number, part) in self.parts.iter().enumerate() {
                let (mut inner, mut others) = (0, 0);
                for (at, (tree, inner_end, others_end)) in part.trees.iter().enumerate() {
                    let holds = others < *others_end
                        || part.inner[inner..*inner_end]
                            .iter()
                            .any(|(_, position)| self.may[*position as usize]);
                    (inner, others) = (*inner_end, *others_end);
                    if holds && !self.listed.contains_key(tree) {
                        self.may[*tree as usize] = true;
                        self.listed.insert(*tree, (number, at));
                        changed = true;
                    }
                }
            }
        }
    }
}
