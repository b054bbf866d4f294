//! Blobs through the detectors, each read and searched once.

use std::collections::HashMap;
use std::rc::Rc;

use gix::ObjectId;
use gix::bstr::{BStr, BString};
use gix::objs::Kind;

use super::scan::MOST_FINDINGS;
use crate::extract::unpack::budget::Limits;
use crate::leaks::{Document, Searched, Searcher};
use crate::sources::git::{ObjectError, Objects};

/// A blob as large as this, or larger, can't be a single value that its file's name speaks for.
const LONGEST_VALUE: usize = 4096;

/// Why a blob was not searched.
#[derive(Debug)]
pub(super) enum BlobError {
    /// It is larger than the user wants to wait for.
    TooLarge,
    /// It can't be read.
    Object(ObjectError),
}

/// What is known of a blob.
#[derive(Clone)]
enum Known {
    /// There is nothing to tell of it.
    Nothing,
    /// There is.
    Something(Rc<Searched>),
    /// There is, and too much is remembered already.
    Forgotten,
}

/// Searches blobs, and remembers what they hold.
pub(super) struct Blobs<'a> {
    objects: &'a Objects,
    searcher: Searcher<'a>,
    limits: Limits,
    max_size: Option<u64>,
    buffer: Vec<u8>,
    known: HashMap<ObjectId, Known>,
    /// Blobs for which it matters under which name they stand.
    values: HashMap<ObjectId, HashMap<BString, Known>>,
    remembered: usize,
    /// Blobs that were read to compare with, and the size of each.
    uncounted: HashMap<ObjectId, u64>,
    blobs: u64,
    bytes: u64,
}

impl<'a> Blobs<'a> {
    pub(super) fn new(searcher: Searcher<'a>, objects: &'a Objects, max_size: Option<u64>) -> Self {
        Self {
            objects,
            searcher,
            limits: Limits::default(),
            max_size,
            buffer: Vec::new(),
            known: HashMap::new(),
            values: HashMap::new(),
            remembered: 0,
            uncounted: HashMap::new(),
            blobs: 0,
            bytes: 0,
        }
    }

    /// What the blob `id`, a file of the name `name`, holds; `None` if that is nothing.
    pub(super) fn look(
        &mut self,
        id: ObjectId,
        name: &BStr,
    ) -> Result<Option<Rc<Searched>>, BlobError> {
        let document = self.document(id, name)?;
        if let Some(size) = self.uncounted.remove(&id) {
            self.blobs += 1;
            self.bytes += size;
        }
        Ok(document)
    }

    /// The same for a blob that is only compared with: it does not count as looked at.
    pub(super) fn compare_with(
        &mut self,
        id: ObjectId,
        name: &BStr,
    ) -> Result<Option<Rc<Searched>>, BlobError> {
        self.document(id, name)
    }

    /// How many blobs were looked at, and how many bytes they have.
    pub(super) fn read_so_far(&self) -> (u64, u64) {
        (self.blobs, self.bytes)
    }

    /// What a text that is no blob holds.
    pub(super) fn text(&mut self, text: &[u8]) -> Document {
        self.bytes += text.len() as u64;
        // reading from memory does not fail
        self.searcher.search(text).unwrap_or_default()
    }

    fn document(&mut self, id: ObjectId, name: &BStr) -> Result<Option<Rc<Searched>>, BlobError> {
        let known = match self.values.get(&id) {
            Some(names) => names.get(name),
            None => self.known.get(&id),
        };
        match known {
            Some(Known::Nothing) => return Ok(None),
            Some(Known::Something(found)) => return Ok(Some(Rc::clone(found))),
            Some(Known::Forgotten) | None => {}
        }
        let is_new = known.is_none() && !self.values.contains_key(&id);
        if let Some(limit) = self.max_size
            && self.objects.size(&id).is_some_and(|size| size > limit)
        {
            return Err(BlobError::TooLarge);
        }
        let blob =
            self.objects.read(&id, Kind::Blob, &mut self.buffer).map_err(BlobError::Object)?;
        let is_value = blob.len() < LONGEST_VALUE
            && blob.trim_ascii().iter().all(u8::is_ascii_alphanumeric)
            && !blob.is_empty();
        let size = blob.len() as u64;
        let found = self.searcher.search_bytes(blob, &name.to_string(), &self.limits);
        if is_new {
            self.uncounted.insert(id, size);
        }
        let found = (!found.is_silent()).then(|| Rc::new(found));
        let known = match &found {
            None => Known::Nothing,
            Some(found) if self.remembered < MOST_FINDINGS => {
                let told = found.parts.iter().map(|part| &part.document);
                self.remembered += found.unread.len()
                    + told.map(|one| one.leaks.len() + one.comments.len()).sum::<usize>();
                Known::Something(Rc::clone(found))
            }
            Some(_) => Known::Forgotten,
        };
        if is_value {
            self.values.entry(id).or_default().insert(name.to_owned(), known);
        } else {
            self.known.insert(id, known);
        }
        Ok(found)
    }
}
