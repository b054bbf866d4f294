//! The commits that references reach, oldest first, and what else references name.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashSet};

use gix::ObjectId;
use gix::bstr::BString;
use gix::hashtable::HashMap;
use gix::objs::{CommitRefIter, Kind};

use crate::finding::Problem;
use crate::sources::git::commits::{End, peel};
use crate::sources::git::revisions::boundary;
use crate::sources::git::{GitError, Objects, Repository};

/// A commit, as far as the order and the trees matter.
#[derive(Debug)]
pub struct Step {
    /// Its id.
    pub id: ObjectId,
    /// The tree it records.
    pub tree: ObjectId,
    parents: Vec<u32>,
}

/// The commits that were walked, oldest first: a parent stands before its children, and of
/// commits that don't depend on one another the earlier one does.
#[derive(Debug, Default)]
pub struct Commits {
    /// The commits.
    pub steps: Vec<Step>,
    /// What references name that is no commit: trees and blobs, by the reference's name.
    pub others: Vec<(BString, ObjectId)>,
    /// Annotated tags that references reach, with the name of a reference that does.
    pub tags: HashMap<ObjectId, BString>,
    /// The tree that `HEAD` records.
    pub head_tree: Option<ObjectId>,
    /// Whether history was cut off: the clone is shallow.
    pub shallow: bool,
    /// What could not be read.
    pub problems: Vec<Problem>,
    at: HashMap<ObjectId, u32>,
    reachable: usize,
    head: Option<ObjectId>,
}

impl Commits {
    /// Walks everything that `HEAD`, those of linked work trees, and every reference reach.
    ///
    /// # Errors
    ///
    /// If the references can't be read at all.
    pub fn reachable(repository: &Repository, objects: &Objects) -> Result<Self, GitError> {
        let mut commits = Self::default();
        let cut = boundary(repository)?;
        commits.shallow = !cut.is_empty();
        let mut commit_tips = BTreeSet::new();
        for (name, id) in tips(repository, &mut commits.problems)? {
            commits.resolve(&name, id, objects, &mut commit_tips);
            if name == "HEAD" {
                commits.head = Some(id);
            }
        }
        commits.walk(commit_tips, objects, &cut);
        commits.reachable = commits.steps.len();
        let head = commits.head.and_then(|head| commits.position(&head));
        commits.head_tree = head.map(|at| commits.steps[at as usize].tree);
        Ok(commits)
    }

    /// Adds `others`, which no reference reaches, behind what is there.
    pub fn add(&mut self, others: impl IntoIterator<Item = ObjectId>, objects: &Objects) {
        let tips = others.into_iter().filter(|id| !self.at.contains_key(id)).collect();
        self.walk(tips, objects, &HashSet::new());
    }

    /// Where a commit stands in the order, if it was walked.
    pub fn position(&self, id: &ObjectId) -> Option<u32> {
        self.at.get(id).copied()
    }

    /// Whether a reference reaches the commit at this position.
    pub fn is_reachable(&self, at: u32) -> bool {
        (at as usize) < self.reachable
    }

    /// The commits that `HEAD` has in its history, as positions.
    pub fn in_head(&self) -> HashSet<u32> {
        let mut found = HashSet::new();
        let mut open: Vec<u32> =
            self.head.and_then(|head| self.position(&head)).into_iter().collect();
        while let Some(at) = open.pop() {
            if found.insert(at) {
                open.extend(&self.steps[at as usize].parents);
            }
        }
        found
    }

    /// Follows tags to what they name.
    fn resolve(
        &mut self,
        name: &BString,
        id: ObjectId,
        objects: &Objects,
        tips: &mut BTreeSet<ObjectId>,
    ) {
        match peel(id, objects) {
            Ok(peeled) => {
                for tag in peeled.tags {
                    self.tags.entry(tag.id).or_insert_with(|| name.clone());
                }
                match peeled.end {
                    End::Commit(id) => {
                        tips.insert(id);
                    }
                    End::Tree(id) | End::Blob(id) => self.others.push((name.clone(), id)),
                }
            }
            Err(error) => {
                let message = error.to_string();
                self.problems.push(Problem { path: name.to_string(), message });
            }
        }
    }

    /// Walks from `tips` to what was walked before, or to the ends, and brings it into order.
    fn walk(&mut self, tips: BTreeSet<ObjectId>, objects: &Objects, cut: &HashSet<ObjectId>) {
        let mut found: HashMap<ObjectId, (ObjectId, i64, Vec<ObjectId>)> = HashMap::default();
        let mut open: Vec<ObjectId> = tips.into_iter().collect();
        let mut buffer = Vec::new();
        while let Some(id) = open.pop() {
            if found.contains_key(&id) || self.at.contains_key(&id) {
                continue;
            }
            match read_commit(&id, objects, &mut buffer) {
                Ok((tree, time, mut parents)) => {
                    if cut.contains(&id) {
                        parents.clear();
                    }
                    open.extend(&parents);
                    found.insert(id, (tree, time, parents));
                }
                Err(why) => {
                    self.problems.push(Problem { path: format!("commit:{id}"), message: why });
                }
            }
        }
        self.order(found);
    }

    /// Appends `found`: always the earliest of the commits whose parents have all been appended.
    fn order(&mut self, found: HashMap<ObjectId, (ObjectId, i64, Vec<ObjectId>)>) {
        let mut waiting: HashMap<ObjectId, usize> =
            HashMap::with_capacity_and_hasher(found.len(), Default::default());
        let mut children: HashMap<ObjectId, Vec<ObjectId>> = HashMap::default();
        let mut ready = BinaryHeap::new();
        for (id, (_, time, parents)) in &found {
            let distinct: BTreeSet<_> =
                parents.iter().filter(|one| found.contains_key(*one)).collect();
            for parent in &distinct {
                children.entry(**parent).or_default().push(*id);
            }
            if distinct.is_empty() {
                ready.push(Reverse((*time, *id)));
            }
            waiting.insert(*id, distinct.len());
        }
        while let Some(Reverse((_, id))) = ready.pop() {
            let Some((tree, _, parents)) = found.get(&id) else {
                continue;
            };
            let parents = parents.iter().filter_map(|parent| self.position(parent)).collect();
            self.at.insert(id, self.steps.len() as u32);
            self.steps.push(Step { id, tree: *tree, parents });
            for child in children.remove(&id).unwrap_or_default() {
                let Some(count) = waiting.get_mut(&child) else {
                    continue;
                };
                *count -= 1;
                if *count == 0
                    && let Some((_, time, _)) = found.get(&child)
                {
                    ready.push(Reverse((*time, child)));
                }
            }
        }
    }
}

/// The tree of a commit, its time, and its parents; or what is wrong with it.
fn read_commit(
    id: &ObjectId,
    objects: &Objects,
    buffer: &mut Vec<u8>,
) -> Result<(ObjectId, i64, Vec<ObjectId>), String> {
    let bytes = objects.read(id, Kind::Commit, buffer).map_err(|error| error.to_string())?;
    let damaged = |_| "the commit is damaged; `git fsck` tells more".to_owned();
    let mut commit = CommitRefIter::from_bytes(bytes, id.kind());
    let tree = commit.tree_id().map_err(damaged)?;
    let parents = commit.parent_ids().collect();
    // a date that can't be read is no reason to leave the commit out
    let time =
        commit.committer().ok().and_then(|who| who.time().ok()).map_or(0, |time| time.seconds);
    Ok((tree, time, parents))
}

/// `HEAD`, those of the other work trees, and every reference.
///
/// # Errors
///
/// If the references can't be listed at all; one that can't be read is one of `problems`.
pub fn tips(
    repository: &Repository,
    problems: &mut Vec<Problem>,
) -> Result<Vec<(BString, ObjectId)>, GitError> {
    let inner = repository.inner();
    let failed = |error: gix::Error| GitError::Read {
        what: "the list of references".to_owned(),
        message: GitError::describe(&error),
    };
    let mut tips = Vec::new();
    if let Ok(head) = inner.head_id() {
        tips.push((BString::from("HEAD"), head.detach()));
    }
    for worktree in inner.worktrees().map_err(failed)? {
        let mut name = BString::from("worktrees/");
        name.extend_from_slice(worktree.id().unwrap_or_default());
        name.extend_from_slice(b"/HEAD");
        if let Ok(other) = worktree.into_repo_with_possibly_inaccessible_worktree()
            && let Ok(head) = other.head_id()
        {
            tips.push((name, head.detach()));
        }
    }
    let references = inner.references().map_err(failed)?;
    for reference in references.all().map_err(failed)? {
        match reference {
            Ok(reference) => {
                // a symbolic one names another, which is listed itself
                if let Some(id) = reference.try_id() {
                    tips.push((reference.name().as_bstr().to_owned(), id.detach()));
                }
            }
            Err(error) => problems.push(Problem {
                path: "refs".to_owned(),
                message: format!("a reference can't be read: {error}"),
            }),
        }
    }
    Ok(tips)
}
