//! Commits: which of them are new, and what stands in them besides files.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap, HashSet};

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix::objs::{CommitRef, Find as _, Kind, TagRef};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::{GitError, ObjectError, Objects};
use crate::finding;

/// A tag that points to a tag that points to … is followed so far.
const MOST_TAGS: usize = 100;
/// How many further commits, all of them known, are looked at after the last new one: clocks that
/// went wrong put commits out of order. The number is git's own (`SLOP` in revision.c).
const SLOP: usize = 5;

/// What is needed of a commit.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Its id.
    pub id: ObjectId,
    /// Its files.
    pub tree: ObjectId,
    /// The commits before it.
    pub parents: Vec<ObjectId>,
    /// When it was committed, in seconds since 1970.
    pub time: i64,
    /// As findings tell it.
    pub told: finding::Commit,
    /// Its message.
    pub message: Vec<u8>,
    /// Author, committer, and whatever else was written into it but signatures.
    pub headers: Vec<u8>,
}

/// Reads the commit `id`.
///
/// # Errors
///
/// If it is missing, damaged or no commit.
pub fn read(id: ObjectId, objects: &Objects) -> Result<Commit, ObjectError> {
    let mut buffer = Vec::new();
    let data = objects.read(&id, Kind::Commit, &mut buffer)?;
    parse(id, data)
}

/// The commit `id` from what it is stored as.
///
/// # Errors
///
/// If it is damaged.
pub fn parse(id: ObjectId, data: &[u8]) -> Result<Commit, ObjectError> {
    let damaged = |message: String| ObjectError::Damaged { kind: Kind::Commit, id, message };
    let commit = CommitRef::from_bytes(data, id.kind())
        .map_err(|error| damaged(GitError::describe(&error)))?;
    let mut headers = Vec::new();
    for line in [commit.author, commit.committer] {
        headers.extend_from_slice(line);
        headers.push(b'\n');
    }
    for (name, value) in &commit.extra_headers {
        // what was merged may be a tag with a message of its own; a signature holds nothing
        if !name.starts_with(b"gpgsig") {
            headers.extend_from_slice(value);
            headers.push(b'\n');
        }
    }
    Ok(Commit {
        id,
        tree: commit.tree(),
        parents: commit.parents().collect(),
        time: commit.time().map_or(0, |time| time.seconds),
        told: told(id, commit.author),
        message: commit.message.to_vec(),
        headers,
    })
}

/// The commit `id` with `author`, a line as commits and tags have it, as findings tell it.
pub fn told(id: ObjectId, author: &[u8]) -> finding::Commit {
    let signature = gix::actor::SignatureRef::from_bytes(author).ok();
    let name = match &signature {
        Some(signature) => {
            format!("{} <{}>", signature.name.trim().as_bstr(), signature.email.trim().as_bstr())
        }
        None => author.as_bstr().to_string(),
    };
    let date = signature.and_then(|signature| signature.time().ok()).and_then(rfc3339);
    finding::Commit {
        id: id.to_string(),
        author: name,
        date: date.unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned()),
        in_head: false,
    }
}

/// A point in time as RFC 3339 writes it, in its own time zone.
fn rfc3339(time: gix::date::Time) -> Option<String> {
    let instant = Timestamp::from_second(time.seconds).ok()?;
    if time.offset == 0 {
        return Some(instant.to_string());
    }
    let offset = Offset::from_seconds(time.offset).ok()?;
    let local = instant.to_zoned(TimeZone::fixed(offset));
    Some(local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
}

/// The tree of the commit `id`.
///
/// # Errors
///
/// If it is missing, damaged or no commit.
pub fn tree(id: ObjectId, objects: &Objects) -> Result<ObjectId, ObjectError> {
    let mut buffer = Vec::new();
    let data = objects.read(&id, Kind::Commit, &mut buffer)?;
    gix::objs::CommitRefIter::from_bytes(data, id.kind()).tree_id().map_err(|error| {
        ObjectError::Damaged { kind: Kind::Commit, id, message: GitError::describe(&error) }
    })
}

/// An annotated tag.
#[derive(Debug, Clone)]
pub struct Tag {
    /// Its id.
    pub id: ObjectId,
    /// What it names.
    pub target: ObjectId,
    /// As findings tell it, in a commit's place.
    pub told: finding::Commit,
    /// Its message.
    pub message: Vec<u8>,
    /// Its name, and who made it.
    pub headers: Vec<u8>,
}

/// The tag `id` from what it is stored as.
///
/// # Errors
///
/// If it is damaged.
pub fn parse_tag(id: ObjectId, data: &[u8]) -> Result<Tag, ObjectError> {
    let tag = TagRef::from_bytes(data, id.kind()).map_err(|error| ObjectError::Damaged {
        kind: Kind::Tag,
        id,
        message: GitError::describe(&error),
    })?;
    let tagger = tag.tagger.unwrap_or_default();
    let mut headers = tag.name.to_vec();
    headers.push(b'\n');
    headers.extend_from_slice(tagger);
    headers.push(b'\n');
    Ok(Tag {
        id,
        target: tag.target(),
        told: told(id, tagger),
        message: tag.message.to_vec(),
        headers,
    })
}

/// Where a reference leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// To a commit, as nearly always.
    Commit(ObjectId),
    /// To a tree without a commit.
    Tree(ObjectId),
    /// To a single blob.
    Blob(ObjectId),
}

/// A reference's target, and the tags on the way.
#[derive(Debug, Clone)]
pub struct Peeled {
    /// The tags, in the order in which they are met.
    pub tags: Vec<Tag>,
    /// The target.
    pub end: End,
}

/// Follows `id` through tags.
///
/// # Errors
///
/// If an object on the way is missing or damaged.
pub fn peel(id: ObjectId, objects: &Objects) -> Result<Peeled, ObjectError> {
    let mut tags = Vec::new();
    let mut id = id;
    let mut buffer = Vec::new();
    for _ in 0..MOST_TAGS {
        let damaged = |kind, error: &gix::Error| ObjectError::Damaged {
            kind,
            id,
            message: GitError::describe(error),
        };
        let found = objects.try_find(&id, &mut buffer);
        let data = found
            .map_err(|error| damaged(Kind::Commit, &error))?
            .ok_or(ObjectError::Missing { kind: Kind::Commit, id })?;
        let end = match data.kind {
            Kind::Commit => End::Commit(id),
            Kind::Tree => End::Tree(id),
            Kind::Blob => End::Blob(id),
            Kind::Tag => {
                let tag = parse_tag(id, data.data)?;
                id = tag.target;
                tags.push(tag);
                continue;
            }
        };
        return Ok(Peeled { tags, end });
    }
    Err(ObjectError::Damaged {
        kind: Kind::Tag,
        id,
        message: format!("more than {MOST_TAGS} tags point to one another"),
    })
}

/// The commits that are new.
#[derive(Debug, Default)]
pub struct New {
    /// Their ids; those before others come first.
    pub ids: Vec<ObjectId>,
    /// Commits that could not be read.
    pub problems: Vec<ObjectError>,
    /// A commit among them whose parents are not there, since the clone is shallow.
    pub cut: Option<ObjectId>,
}

/// A commit that is to be looked at; the latest comes first.
#[derive(Debug, PartialEq, Eq)]
struct Next {
    time: i64,
    id: ObjectId,
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> Ordering {
        self.time.cmp(&other.time).then_with(|| self.id.cmp(&other.id))
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[derive(Debug)]
struct Known {
    parents: Vec<ObjectId>,
    time: i64,
    is_hidden: bool,
    is_queued: bool,
}

/// The walk from the newest commits to the oldest, as far as it takes to tell new from known.
struct Walk<'o> {
    objects: &'o Objects,
    /// Commits whose parents a shallow clone does not have.
    boundary: &'o HashSet<ObjectId>,
    known: HashMap<ObjectId, Known>,
    queue: BinaryHeap<Next>,
    /// How many in the queue may be new.
    open: usize,
    problems: Vec<ObjectError>,
    buffer: Vec<u8>,
}

/// The commits that can be reached from `tips` and not from `hidden`. A hidden commit that can't
/// be read hides nothing. `boundary` are the commits at which a shallow clone ends.
pub fn new(
    tips: &[ObjectId],
    hidden: &[ObjectId],
    objects: &Objects,
    boundary: &HashSet<ObjectId>,
) -> New {
    let mut walk = Walk {
        objects,
        boundary,
        known: HashMap::new(),
        queue: BinaryHeap::new(),
        open: 0,
        problems: Vec::new(),
        buffer: Vec::new(),
    };
    hidden.iter().for_each(|id| walk.meet(*id, true));
    tips.iter().for_each(|id| walk.meet(*id, false));
    walk.run();
    walk.finish(tips)
}

impl Walk<'_> {
    fn meet(&mut self, id: ObjectId, is_hidden: bool) {
        if self.known.contains_key(&id) {
            if is_hidden {
                self.hide(id);
            }
            return;
        }
        let (parents, time) = match self.parents(id) {
            Ok(read) => read,
            Err(error) => {
                if !is_hidden {
                    self.problems.push(error);
                }
                // nothing stands behind it, so it is done with at once
                (Vec::new(), i64::MAX)
            }
        };
        self.known.insert(id, Known { parents, time, is_hidden, is_queued: true });
        self.queue.push(Next { time, id });
        self.open += usize::from(!is_hidden);
    }

    fn parents(&mut self, id: ObjectId) -> Result<(Vec<ObjectId>, i64), ObjectError> {
        let data = self.objects.read(&id, Kind::Commit, &mut self.buffer)?;
        let commit = gix::objs::CommitRefIter::from_bytes(data, id.kind());
        let time = commit.committer().map_or(0, |committer| committer.seconds());
        let parents = commit.parent_ids().collect();
        Ok((if self.boundary.contains(&id) { Vec::new() } else { parents }, time))
    }

    /// Hides `id` and whatever was met behind it.
    fn hide(&mut self, id: ObjectId) {
        let mut todo = vec![id];
        while let Some(id) = todo.pop() {
            if let Some(known) = self.known.get_mut(&id)
                && !known.is_hidden
            {
                known.is_hidden = true;
                self.open -= usize::from(known.is_queued);
                todo.extend_from_slice(&known.parents);
            }
        }
    }

    fn run(&mut self) {
        let mut slop = SLOP;
        let mut oldest = i64::MAX;
        while let Some(Next { id, time }) = self.queue.pop() {
            let Some(known) = self.known.get_mut(&id) else {
                continue;
            };
            known.is_queued = false;
            let (parents, is_hidden) = (known.parents.clone(), known.is_hidden);
            if !is_hidden {
                self.open -= 1;
                oldest = oldest.min(time);
            }
            for parent in parents {
                self.meet(parent, is_hidden);
            }
            if self.open > 0 {
                slop = SLOP;
            } else if oldest == i64::MAX {
                // nothing is new
                break;
            } else if time < oldest {
                // whatever is in the queue is known, and older than what is new
                if slop == 0 {
                    break;
                }
                slop -= 1;
            }
        }
    }

    /// The new commits, parents before children.
    fn finish(self, tips: &[ObjectId]) -> New {
        let mut new = New { problems: self.problems, ..New::default() };
        let is_new = |id: &ObjectId| self.known.get(id).is_some_and(|known| !known.is_hidden);
        let mut done = HashSet::new();
        let mut tips: Vec<_> = tips.iter().filter(|id| is_new(id)).copied().collect();
        // the oldest first, so that what two branches brought is told of the one that was earlier
        tips.sort_by_key(|id| (self.known.get(id).map(|known| known.time), *id));
        let mut todo: Vec<(ObjectId, bool)> =
            tips.into_iter().rev().map(|id| (id, false)).collect();
        while let Some((id, parents_done)) = todo.pop() {
            if parents_done {
                new.ids.push(id);
                continue;
            }
            if !done.insert(id) {
                continue;
            }
            todo.push((id, true));
            let Some(known) = self.known.get(&id) else {
                continue;
            };
            let mut parents: Vec<_> =
                known.parents.iter().filter(|id| is_new(id)).copied().collect();
            parents.sort_by_key(|id| (self.known.get(id).map(|known| known.time), *id));
            todo.extend(parents.into_iter().rev().map(|id| (id, false)));
        }
        let unread: HashSet<_> = new.problems.iter().map(ObjectError::id).collect();
        new.ids.retain(|id| !unread.contains(id));
        new.cut = new.ids.iter().find(|id| self.boundary.contains(*id)).copied();
        new
    }
}
