//! A file and all that is inside it: one result for each document that has something to tell.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{self, Cursor, Read};
use std::ops::Range;

use super::{Document, Leak, Locate, MOST_LEAKS, Scratch, Searcher};
use crate::detect::Detectors;
use crate::extract::position::{Position, floor_boundary};
use crate::extract::unpack::budget::Limits;
use crate::extract::unpack::source::Seekable;
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{self, Account, At, Input, Reading, Sink, Unread};
use crate::extract::window::{self, Buffers, Head, Window};
use crate::finding::Fingerprint;

/// What was found in a file and in what it holds.
#[derive(Debug, Clone, Default)]
pub struct Searched {
    /// The documents that have something to tell, by the way into them.
    pub parts: Vec<Part>,
    /// What was not read.
    pub unread: Vec<Unread>,
    /// How many bytes the file itself has.
    pub bytes: u64,
    /// Whether it was not read now, as [`Limits::postponed`] asks.
    pub is_postponed: bool,
}

/// A document: the file itself, or one inside it.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// The way into it, `!outer member!inner member`, to be put behind the file's path; empty for
    /// the file itself.
    pub member: String,
    /// What it is, as the usual extension of its format, where its content says so.
    pub kind: Option<&'static str>,
    /// What the documents around it are, in the same words; the outermost first.
    pub around: Vec<&'static str>,
    /// What was found.
    pub document: Document,
}

impl Searched {
    /// Whether nothing needs to be told of it.
    pub fn is_silent(&self) -> bool {
        self.parts.is_empty() && self.unread.is_empty()
    }
}

impl Searcher<'_> {
    /// Searches `file`, of the name `name`, and all that is inside it.
    ///
    /// # Errors
    ///
    /// If the file itself can't be read.
    pub fn search_file(
        &mut self,
        file: &mut impl Seekable,
        name: &str,
        limits: &Limits,
    ) -> io::Result<Searched> {
        self.search_input(Input::Seekable(file), name, limits)
    }

    /// Searches what `source` answers, and all that is inside it. Formats that can't be read from
    /// their beginning are held in memory, as far as that goes.
    ///
    /// # Errors
    ///
    /// If `source` can't be read.
    pub fn search_stream(
        &mut self,
        source: &mut dyn Read,
        name: &str,
        limits: &Limits,
    ) -> io::Result<Searched> {
        self.search_input(Input::Stream(source), name, limits)
    }

    /// Searches `bytes`, the content of a file of the name `name`, and all that is inside it.
    pub fn search_bytes(&mut self, bytes: &[u8], name: &str, limits: &Limits) -> Searched {
        let mut bytes = Cursor::new(bytes);
        // reading from memory cannot fail
        self.search_input(Input::Seekable(&mut bytes), name, limits).unwrap_or_default()
    }

    fn search_input(
        &mut self,
        input: Input<'_>,
        name: &str,
        limits: &Limits,
    ) -> io::Result<Searched> {
        let Self { detectors, ocr, pool, scratch, .. } = self;
        let mut gather = Gather {
            detectors,
            scratch,
            parts: BTreeMap::new(),
            texts: 0,
            listed: 0,
            found: HashSet::new(),
            placed: HashMap::new(),
            left: HashMap::new(),
        };
        let account = unpack::read(input, name, limits, *ocr, pool, &mut gather)?;
        let mut parts: Vec<Part> = gather.parts.into_values().collect();
        parts.iter_mut().for_each(|part| {
            part.document.settle();
            once_a_place(&mut part.document);
        });
        let Account { bytes, unread, is_postponed } = account;
        Ok(Searched { parts, unread, bytes, is_postponed })
    }
}

/// A text is read more than once where it has two forms, before and after a change; what people
/// call one place is one place.
fn once_a_place(document: &mut Document) {
    let mut seen = HashSet::new();
    document.leaks.retain(|leak| {
        leak.lines || seen.insert((leak.detector, leak.fingerprint.clone(), leak.place.clone()))
    });
}

/// Searches each document as it comes.
struct Gather<'s, 'd> {
    detectors: &'d Detectors,
    scratch: &'s mut Scratch<'d>,
    parts: BTreeMap<String, Part>,
    /// How many texts were looked at.
    texts: u64,
    /// How many leaks are listed in all parts.
    listed: usize,
    /// What was found where a document's parts were read, by secret, and where positions mean
    /// something by place, too: reading the document's bytes as they are finds it again.
    found: HashSet<(usize, Fingerprint)>,
    placed: HashMap<(usize, Fingerprint), HashSet<(String, Position)>>,
    /// What only the bytes of a part showed, by secret: the bytes around them show it again.
    left: HashMap<(usize, Fingerprint), HashSet<String>>,
}

impl Gather<'_, '_> {
    fn take(&mut self, at: &At, mut document: Document) {
        if document.leaks.is_empty() && document.comments.is_empty() {
            return;
        }
        let room = MOST_LEAKS.saturating_sub(self.listed);
        let more = document.leaks.len().saturating_sub(room);
        document.leaks.truncate(room);
        self.listed += document.leaks.len();
        let part = self.parts.entry(at.member.clone()).or_default();
        part.member.clone_from(&at.member);
        part.kind = part.kind.or(at.kind);
        part.around.clone_from(&at.around);
        part.document.leaks.append(&mut document.leaks);
        part.document.comments.append(&mut document.comments);
        part.document.binary |= document.binary;
        part.document.unlisted += document.unlisted + more as u64;
    }
}

impl Sink for Gather<'_, '_> {
    fn bytes(
        &mut self,
        at: &At,
        reading: Reading,
        head: Head,
        buffers: &mut Buffers,
        rest: &mut dyn Read,
    ) -> io::Result<u64> {
        let Self { detectors, scratch, .. } = self;
        scratch.set_name(&at.name);
        let mut document = Document::default();
        let result = window::read_on(rest, head, buffers, &mut |window| {
            scratch.look(detectors, window, None, &mut document);
        });
        document.bytes = result.as_ref().copied().unwrap_or(0);
        document.settle();
        if reading == Reading::Again {
            document.leaks.retain(|leak| !self.is_known(at, leak));
            if document.binary {
                document.comments.clear();
            }
            for leak in &document.leaks {
                let secret = (leak.detector, leak.fingerprint.clone());
                self.left.entry(secret).or_default().insert(at.member.clone());
            }
        } else {
            self.remember(at, &document.leaks);
        }
        self.take(at, document);
        result
    }

    fn text(&mut self, at: &At, text: &Text, name: &dyn Fn(u64) -> String) {
        self.texts += 1;
        let tildes: Vec<usize> = memchr::memchr_iter(b'~', &text.bytes).collect();
        let window = Window {
            bytes: &text.bytes,
            fresh: 0..text.bytes.len(),
            start: Position::default(),
            binary: false,
            tildes: &tildes,
            undecoded: false,
        };
        let located = Located { text, name, number: self.texts };
        let mut document = Document::default();
        self.scratch.set_name("");
        if text.is_uncertain() {
            self.scratch.look_at_reading(self.detectors, &window, &located, &mut document);
        } else {
            self.scratch.look(self.detectors, &window, Some(&located), &mut document);
        }
        if text.is_told_if_new() {
            document.leaks.retain(|leak| !self.is_told(at, leak));
        }
        self.remember(at, &document.leaks);
        if text.is_told_once() {
            let mut told = HashSet::new();
            document.leaks.retain(|leak| told.insert((leak.detector, leak.fingerprint.clone())));
        }
        self.take(at, document);
    }
}

impl Gather<'_, '_> {
    /// Whether `leak`, which the bytes of `at` show, was found in one of its parts: there, where
    /// the part's positions are the document's own, and anywhere, where they aren't.
    fn is_known(&self, at: &At, leak: &Leak) -> bool {
        let secret = (leak.detector, leak.fingerprint.clone());
        let is_inside = |member: &String| {
            member.strip_prefix(&at.member).is_some_and(|way| way.starts_with('!'))
        };
        self.found.contains(&secret)
            || self.left.get(&secret).is_some_and(|members| members.iter().any(is_inside))
            || self.placed.get(&secret).is_some_and(|places| {
                places
                    .iter()
                    .any(|(member, position)| *member != at.member || *position == leak.start)
            })
    }

    /// Whether the secret of `leak` was found in another text of `at`.
    fn is_told(&self, at: &At, leak: &Leak) -> bool {
        let is_same =
            |told: &Leak| told.detector == leak.detector && told.fingerprint == leak.fingerprint;
        // nearly all that are new are turned down here
        self.found.contains(&(leak.detector, leak.fingerprint.clone()))
            && self.parts.get(&at.member).is_some_and(|it| it.document.leaks.iter().any(is_same))
    }

    fn remember(&mut self, at: &At, leaks: &[Leak]) {
        for leak in leaks {
            let secret = (leak.detector, leak.fingerprint.clone());
            if leak.lines && leak.place.is_some() {
                let place = (at.member.clone(), leak.start);
                self.placed.entry(secret).or_default().insert(place);
            } else {
                self.found.insert(secret);
            }
        }
    }
}

/// Text that was taken out of a document, and the names of its places.
struct Located<'t> {
    text: &'t Text,
    name: &'t dyn Fn(u64) -> String,
    number: u64,
}

impl Locate for Located<'_> {
    fn locate(&self, span: Range<usize>) -> (Range<Position>, bool, Option<String>) {
        let place = (self.name)(self.text.place(span.start).unwrap_or_default());
        let place = (!place.is_empty()).then_some(place);
        if self.text.is_positioned() {
            let last = floor_boundary(&self.text.bytes, span.end.saturating_sub(1));
            let start = self.text.position(span.start);
            let end = self.text.end(last.max(span.start));
            return (start..end, true, place);
        }
        // no line of anything, but an order
        let at = |offset: usize| Position { line: self.number, column: offset as u64 + 1 };
        (at(span.start)..at(span.end), false, place)
    }
}
