//! From blobs back to where they stood: which commit brought each under which path, and whether
//! the current commit still holds it.

use std::collections::{BTreeSet, HashSet};

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::hashtable::{HashMap, HashSet as Ids};
use gix::objs::{Kind, TreeRefIter};

use super::graph::{Edge, Graph};
use super::walk::Commits;
use crate::finding::Problem;
use crate::sources::git::Objects;

/// Folders nested deeper than this are told as not followed; git's own limit.
/// (git-config, `core.maxTreeDepth`.)
const DEEPEST: usize = 2048;
/// A folder is followed under at most this many paths: trees that hold each other many times over
/// have more paths than anybody can list.
const MOST_PATHS: usize = 1000;

/// A place where a blob stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The blob.
    pub blob: ObjectId,
    /// Its path, or the reference that names it.
    pub path: BString,
    /// The first commit, in the order of the walk, that has it there; none if a reference names
    /// the blob, or a tree that holds it, without a commit.
    pub commit: Option<u32>,
}

/// Where blobs stood.
#[derive(Debug, Default)]
pub struct Trace {
    /// Every blob and path, oldest commit first, then by path.
    pub occurrences: Vec<Occurrence>,
    /// Which of the blobs the current commit holds.
    pub in_head: Ids<ObjectId>,
    /// What could not be read or followed.
    pub problems: Vec<Problem>,
}

/// Finds every path that the blobs in `wanted` had in `commits`; `graph` knows of the packs'
/// trees; others are read.
pub fn trace(
    objects: &Objects,
    commits: &Commits,
    wanted: &Ids<ObjectId>,
    graph: &Graph<'_>,
) -> Trace {
    let mut tracer = Tracer {
        objects,
        graph,
        wanted,
        trees: HashMap::default(),
        holding: Vec::new(),
        buffers: Vec::new(),
        told: HashSet::new(),
        trace: Trace::default(),
        problems: BTreeSet::new(),
    };
    for (at, step) in commits.steps.iter().enumerate() {
        tracer.record(&step.tree, BStr::new(""), Some(at as u32));
    }
    for (name, id) in &commits.others {
        if wanted.contains(id) {
            tracer.tell(*id, name.clone(), None);
        } else {
            tracer.record(id, name.as_bstr(), None);
        }
    }
    if let Some(head) = &commits.head_tree {
        tracer.note_head(head);
    }
    tracer.trace.problems = tracer.problems.into_iter().collect();
    tracer.trace
}

/// A tree's entry that leads to a wanted blob.
#[derive(Debug, Clone)]
struct Entry {
    name: BString,
    id: ObjectId,
    is_tree: bool,
}

/// What is known of a tree.
#[derive(Debug, Clone, Copy)]
enum Known {
    /// Nothing wanted is in it.
    Clean,
    /// Its entries that lead to something wanted have this index.
    Holds(usize),
}

struct Holding {
    entries: Vec<Entry>,
    /// Under which paths it was recorded.
    paths: HashSet<BString>,
}

struct Tracer<'a> {
    objects: &'a Objects,
    graph: &'a Graph<'a>,
    wanted: &'a Ids<ObjectId>,
    trees: HashMap<ObjectId, Known>,
    holding: Vec<Holding>,
    /// One a level, to read trees into.
    buffers: Vec<Vec<u8>>,
    told: HashSet<(ObjectId, BString)>,
    trace: Trace,
    problems: BTreeSet<Problem>,
}

impl Tracer<'_> {
    fn tell(&mut self, blob: ObjectId, path: BString, commit: Option<u32>) {
        if self.told.insert((blob, path.clone())) {
            self.trace.occurrences.push(Occurrence { blob, path, commit });
        }
    }

    fn problem(&mut self, path: String, message: String) {
        self.problems.insert(Problem { path, message });
    }

    /// Records what stands below `tree`, which stands at `path`, where it was not before.
    fn record(&mut self, tree: &ObjectId, path: &BStr, commit: Option<u32>) {
        let mut open = vec![(*tree, path.to_owned())];
        while let Some((tree, path)) = open.pop() {
            let Known::Holds(at) = self.know(&tree, 0) else {
                continue;
            };
            let holding = &mut self.holding[at];
            // a root tree is met once for each commit that records it, the others once a path
            if holding.paths.len() >= MOST_PATHS && !holding.paths.contains(&path) {
                let message = format!(
                    "more than {MOST_PATHS} paths lead to this folder; not all were followed"
                );
                self.problem(path.to_string(), message);
                continue;
            }
            if !holding.paths.insert(path.clone()) {
                continue;
            }
            for entry in holding.entries.clone().into_iter().rev() {
                let mut inner = path.clone();
                if !inner.is_empty() {
                    inner.push(b'/');
                }
                inner.extend_from_slice(&entry.name);
                if entry.is_tree {
                    open.push((entry.id, inner));
                } else {
                    self.tell(entry.id, inner, commit);
                }
            }
        }
    }

    /// What is in `tree`, which stands at `depth`; each tree is read once.
    fn know(&mut self, tree: &ObjectId, depth: usize) -> Known {
        if let Some(known) = self.trees.get(tree) {
            return *known;
        }
        if self.graph.excludes(tree) {
            return Known::Clean;
        }
        // also keeps a damaged tree that holds itself from being followed for ever
        self.trees.insert(*tree, Known::Clean);
        if depth >= DEEPEST {
            let message = format!("folders are nested deeper than {DEEPEST}; not followed");
            self.problem(format!("tree:{tree}"), message);
            return Known::Clean;
        }
        if let Some(edges) = self.graph.edges(tree) {
            let known = self.take(edges.into_iter(), depth);
            self.trees.insert(*tree, known);
            return known;
        }
        let mut buffer = self.buffers.pop().unwrap_or_default();
        let known = self.read(tree, depth, &mut buffer);
        self.buffers.push(buffer);
        self.trees.insert(*tree, known);
        known
    }

    fn read(&mut self, tree: &ObjectId, depth: usize, buffer: &mut Vec<u8>) -> Known {
        let bytes = match self.objects.read(tree, Kind::Tree, buffer) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.problem(format!("tree:{tree}"), error.to_string());
                return Known::Clean;
            }
        };
        let mut damaged = false;
        let entries = TreeRefIter::from_bytes(bytes, tree.kind())
            .map_while(|entry| entry.inspect_err(|_| damaged = true).ok())
            .filter(|entry| !entry.mode.is_commit())
            .map(|entry| Edge {
                name: entry.filename,
                id: entry.oid,
                is_tree: entry.mode.is_tree(),
            });
        let known = self.take(entries, depth);
        if damaged {
            let message = "the tree is damaged; `git fsck` tells more".to_owned();
            self.problem(format!("tree:{tree}"), message);
        }
        known
    }

    /// Notes which of a tree's entries lead to something wanted.
    fn take<'e>(&mut self, edges: impl Iterator<Item = Edge<'e>>, depth: usize) -> Known {
        let mut entries = Vec::new();
        for edge in edges {
            let id = edge.id.to_owned();
            let leads = if edge.is_tree {
                matches!(self.know(&id, depth + 1), Known::Holds(_))
            } else {
                self.wanted.contains(&id)
            };
            if leads {
                entries.push(Entry { name: edge.name.to_owned(), id, is_tree: edge.is_tree });
            }
        }
        if entries.is_empty() {
            return Known::Clean;
        }
        self.holding.push(Holding { entries, paths: HashSet::new() });
        Known::Holds(self.holding.len() - 1)
    }

    /// Notes the wanted blobs below `tree` as held by the current commit.
    fn note_head(&mut self, tree: &ObjectId) {
        let mut seen = Ids::default();
        let mut open = vec![*tree];
        while let Some(tree) = open.pop() {
            if !seen.insert(tree) {
                continue;
            }
            let Some(Known::Holds(at)) = self.trees.get(&tree) else {
                continue;
            };
            for entry in &self.holding[*at].entries {
                if entry.is_tree {
                    open.push(entry.id);
                } else {
                    self.trace.in_head.insert(entry.id);
                }
            }
        }
    }
}
