//! One document through extraction and detection: what leaks where, and the comments that speak
//! of it. Every source of documents (files, standard input, git objects) uses this, by one of
//! [`Searcher::search_file`], [`Searcher::search_stream`] and [`Searcher::search_bytes`].

mod comments;
mod excerpt;
mod inside;

pub use comments::Comment;
pub use inside::{Part, Searched};

use std::collections::HashMap;
use std::io::{self, Read};
use std::ops::Range;

use crate::detect::{Detectors, Match, Outer};
use crate::extract::ocr::Ocr;
use crate::extract::position::{Position, Walker};
use crate::extract::unpack::Pool;
use crate::extract::window::{Buffers, Window};
use crate::extract::{Piece, base64, gzip, literals, runs, wide, window};
use crate::finding::{Confidence, Excerpt, Fingerprint, TokenHint};
use crate::secret::Keyring;
use excerpt::excerpt;

/// More leaks than this in one document are counted, not listed.
pub const MOST_LEAKS: usize = 10_000;
/// How many times text may be encoded and still be seen.
const DEEPEST: usize = 4;
/// How a leak was hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hidden {
    /// In base64.
    Base64,
    /// As UTF-16 in a file that is not.
    Utf16,
    /// In parts that the program puts together.
    Parts,
    /// In a picture, whose text was read by a program that may be wrong.
    Picture,
}

/// A secret that was found in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// Index of the detector.
    pub detector: usize,
    /// Where it begins; where lines mean nothing, a number of its own that keeps the order.
    pub start: Position,
    /// One past where it ends.
    pub end: Position,
    /// Whether `start` and `end` are lines and columns of the document.
    pub lines: bool,
    /// Which part of the document it stands in, for people: a cell, a page, a message.
    pub place: Option<String>,
    /// What may be shown of it.
    pub hint: TokenHint,
    /// Its identity.
    pub fingerprint: Fingerprint,
    /// How sure we are.
    pub confidence: Confidence,
    /// How it was hidden, if it was.
    pub hidden: Option<Hidden>,
    /// The redacted line around it.
    pub excerpt: Excerpt,
}

/// What was found in one document.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The leaks, in order.
    pub leaks: Vec<Leak>,
    /// Comments that speak to the tool, in order.
    pub comments: Vec<Comment>,
    /// How many bytes were read.
    pub bytes: u64,
    /// Whether it is something else than text.
    pub binary: bool,
    /// How many leaks were found beyond [`MOST_LEAKS`].
    pub unlisted: u64,
}

/// Searches documents, one after the other; each thread has its own.
#[derive(Debug)]
pub struct Searcher<'d> {
    detectors: &'d Detectors,
    ocr: Option<&'d Ocr>,
    buffers: Buffers,
    pool: Pool,
    scratch: Scratch<'d>,
}

#[derive(Debug, Default)]
struct Scratch<'d> {
    /// Receives the secrets, where someone asked for them.
    keyring: Option<&'d Keyring>,
    runs: Vec<Range<usize>>,
    inner_runs: Vec<Range<usize>>,
    matches: Vec<Match>,
    inner_matches: Vec<Match>,
    found: Vec<(Match, Option<Hidden>)>,
    /// The file's name, as if its content were assigned to it.
    name: Vec<u8>,
}

impl<'d> Searcher<'d> {
    /// A searcher for what `detectors` know.
    pub fn new(detectors: &'d Detectors) -> Self {
        let (buffers, pool, scratch) = Default::default();
        Self { detectors, ocr: None, buffers, pool, scratch }
    }

    /// Hands what is found to `keyring`, too: the one way in which a secret leaves the search.
    #[must_use]
    pub fn keeping(mut self, keyring: Option<&'d Keyring>) -> Self {
        self.scratch.keyring = keyring;
        self
    }

    /// Reads the text in pictures with `ocr`.
    #[must_use]
    pub fn reading_pictures(mut self, ocr: Option<&'d Ocr>) -> Self {
        self.ocr = ocr;
        self
    }

    /// Reads `source` to its end and searches its bytes as they are; nothing in it is opened.
    ///
    /// # Errors
    ///
    /// Whatever `source` answers.
    pub fn search(&mut self, source: impl Read) -> io::Result<Document> {
        self.search_named(source, "")
    }

    /// The same for the content of a file of the name `name`.
    ///
    /// # Errors
    ///
    /// Whatever `source` answers.
    pub fn search_named(&mut self, source: impl Read, name: &str) -> io::Result<Document> {
        self.scratch.set_name(name);
        let mut document = Document::default();
        let Self { detectors, buffers, scratch, .. } = self;
        document.bytes = window::read(source, buffers, &mut |window| {
            scratch.look(detectors, window, None, &mut document);
        })?;
        document.settle();
        Ok(document)
    }
}

impl Document {
    /// Parts can be put together in more than one way: with a digit before them that stands in a tag
    /// of its own, and without. A token that stands there whole is what is told, or else the longest.
    fn tell_parts_once(&mut self) {
        let is_put_together = |leak: &Leak| leak.hidden == Some(Hidden::Parts);
        if !self.leaks.iter().any(is_put_together) {
            return;
        }
        let key = |leak: &Leak| (leak.detector, leak.end, leak.hint.hint.clone());
        let mut best = HashMap::new();
        for leak in &self.leaks {
            let rank = (is_put_together(leak), leak.start);
            let known = best.entry(key(leak)).or_insert(rank);
            *known = rank.min(*known);
        }
        self.leaks.retain(|leak| {
            !is_put_together(leak) || best.get(&key(leak)) == Some(&(true, leak.start))
        });
    }

    /// Brings what was found into its order. A place may be read in two encodings; what each
    /// reading found there is told once, and two different secrets stay two.
    fn settle(&mut self) {
        let identity =
            |leak: &Leak| (leak.start, leak.detector, leak.end, leak.fingerprint.clone());
        self.leaks.sort_by_key(identity);
        self.leaks.dedup_by_key(|leak| identity(leak));
        self.tell_parts_once();
        self.comments.sort_by_key(|comment| comment.position);
    }
}

/// Where the text of a window stands, for text that was taken out of a document.
trait Locate {
    /// The range of positions of `span`, whether these are lines and columns, and what people
    /// call the place.
    fn locate(&self, span: Range<usize>) -> (Range<Position>, bool, Option<String>);
}

impl Scratch<'_> {
    /// The name of the file that is looked at next. It speaks for a file that holds a single
    /// value, as `~/.canvas_token` does.
    fn set_name(&mut self, name: &str) {
        self.name.clear();
        self.name.extend_from_slice(name.as_bytes());
        self.name.extend_from_slice(b" = ");
    }

    fn look(
        &mut self,
        detectors: &Detectors,
        window: &Window<'_>,
        located: Option<&dyn Locate>,
        document: &mut Document,
    ) {
        document.binary |= window.binary && !window.undecoded;
        runs::find(window.bytes, &mut self.runs);
        self.found.clear();
        if !self.runs.is_empty() {
            self.matches.clear();
            let end = self.name.len();
            let assigned = Outer { bytes: &self.name, span: end..end };
            let outer = window
                .bytes
                .trim_ascii()
                .iter()
                .all(u8::is_ascii_alphanumeric)
                .then_some(&assigned);
            detectors.search(window.bytes, &self.runs, window.binary, outer, &mut self.matches);
            keep(self.keyring, detectors, window.bytes, &self.matches);
            self.found.extend(self.matches.drain(..).map(|found| (found, None)));
            self.look_into_base64(detectors, window);
        } else if detectors.has_patterns() {
            self.matches.clear();
            detectors.search(window.bytes, &[], window.binary, None, &mut self.matches);
            keep(self.keyring, detectors, window.bytes, &self.matches);
            self.found.extend(self.matches.drain(..).map(|found| (found, None)));
        }
        if !window.binary {
            self.look_into_literals(detectors, window);
        } else if !window.undecoded {
            wide::pieces(window.bytes, &mut |piece| {
                self.look_into(detectors, window.bytes, &[&piece], Hidden::Utf16);
            });
        }
        self.take_leaks(window, located, document);
        // what was taken out of a document was written for its readers
        if located.is_none() {
            comments::take(window, &mut document.comments);
        }
    }

    /// Looks at text that was read from a picture. Nothing that is found in it is certain, and no
    /// secret of it is kept: what Canvas says of a misread one means nothing.
    fn look_at_reading(
        &mut self,
        detectors: &Detectors,
        window: &Window<'_>,
        located: &dyn Locate,
        document: &mut Document,
    ) {
        self.matches.clear();
        detectors.search_misread(window.bytes, &mut self.matches);
        let misread = self.matches.len();
        runs::find(window.bytes, &mut self.runs);
        detectors.search(window.bytes, &self.runs, false, None, &mut self.matches);
        let plain = self.matches.split_off(misread);
        let taken =
            |found: &Match| self.matches.iter().any(|other| other.span.contains(&found.span.start));
        let plain: Vec<Match> = plain.into_iter().filter(|found| !taken(found)).collect();
        self.found.clear();
        for mut found in self.matches.drain(..).chain(plain) {
            found.confidence = found.confidence.min(Confidence::Medium);
            self.found.push((found, Some(Hidden::Picture)));
        }
        self.take_leaks(window, Some(located), document);
    }

    fn look_into_base64(&mut self, detectors: &Detectors, window: &Window<'_>) {
        let runs = std::mem::take(&mut self.runs);
        self.look_into_blocks(detectors, window.bytes, window.bytes, &runs, &[]);
        self.runs = runs;
    }

    /// Looks at what a window holds in parts, and into the base64 that it is put together to.
    fn look_into_literals(&mut self, detectors: &Detectors, window: &Window<'_>) {
        let runs = std::mem::take(&mut self.runs);
        literals::pieces(window.bytes, &runs, window.tildes, &mut |piece| {
            self.look_into_piece(detectors, window.bytes, &[piece], Hidden::Parts);
        });
        self.runs = runs;
    }

    /// Looks into the base64 of `within`, which `way` leads to from `text`: text, text that is
    /// base64 again, and what was compressed.
    fn look_into_blocks(
        &mut self,
        detectors: &Detectors,
        text: &[u8],
        within: &[u8],
        runs: &[Range<usize>],
        way: &[&Piece],
    ) {
        base64::pieces(within, runs, &mut |piece| {
            let way: Vec<&Piece> = way.iter().copied().chain([piece]).collect();
            self.look_into_piece(detectors, text, &way, Hidden::Base64);
            // PowerShell's encoded commands are UTF-16 in base64
            if memchr::memchr(0, &piece.bytes).is_some() {
                wide::pieces(&piece.bytes, &mut |inner| {
                    let way: Vec<&Piece> = way.iter().copied().chain([&inner]).collect();
                    self.look_into(detectors, text, &way, Hidden::Base64);
                });
            }
            // Helm keeps its releases compressed
            if let Some(expanded) = gzip::piece(&piece.bytes) {
                let way: Vec<&Piece> = way.iter().copied().chain([&expanded]).collect();
                self.look_into_piece(detectors, text, &way, Hidden::Base64);
            }
        });
    }

    /// Searches the last piece of `way`, and the base64 in it.
    fn look_into_piece(
        &mut self,
        detectors: &Detectors,
        text: &[u8],
        way: &[&Piece],
        hidden: Hidden,
    ) {
        self.look_into(detectors, text, way, hidden);
        let Some(piece) = way.last().filter(|_| way.len() < DEEPEST) else {
            return;
        };
        let mut runs = Vec::new();
        runs::find(&piece.bytes, &mut runs);
        if !runs.is_empty() {
            self.look_into_blocks(detectors, text, &piece.bytes, &runs, way);
        }
    }

    /// Searches the last piece of `way`, which leads to it from `text`.
    fn look_into(&mut self, detectors: &Detectors, text: &[u8], way: &[&Piece], hidden: Hidden) {
        let (Some(outermost), Some(piece)) = (way.first(), way.last()) else {
            return;
        };
        runs::find(&piece.bytes, &mut self.inner_runs);
        if self.inner_runs.is_empty() && !detectors.has_patterns() {
            return;
        }
        self.inner_matches.clear();
        let outer = Outer { bytes: text, span: outermost.outer.clone() };
        let binary = memchr::memchr(0, &piece.bytes).is_some();
        let matches = &mut self.inner_matches;
        detectors.search(&piece.bytes, &self.inner_runs, binary, Some(&outer), matches);
        keep(self.keyring, detectors, &piece.bytes, matches);
        for mut found in self.inner_matches.drain(..) {
            let within = way.iter().skip(1).rev();
            let span = within.fold(found.span, |span, piece| piece.outer_range(span));
            if !outermost.is_new(&span) {
                continue;
            }
            // a token that stands whole in one part is found there; half of one may look like a
            // secret of another kind
            let whole = |other: &Match| {
                other.hint.shard.is_some() && outermost.is_part_of(&span, &other.span)
            };
            if self.found.iter().any(|(other, _)| whole(other)) {
                continue;
            }
            self.found.retain(|(other, _)| !outermost.is_part_of(&span, &other.span));
            found.span = outermost.outer_range(span);
            found.secret = found.span.clone();
            self.found.push((found, Some(hidden)));
        }
    }

    /// Turns what was found in the window's own part into leaks.
    fn take_leaks(
        &mut self,
        window: &Window<'_>,
        located: Option<&dyn Locate>,
        document: &mut Document,
    ) {
        if self.found.is_empty() {
            return;
        }
        self.found.sort_by_key(|(found, hidden)| {
            (found.span.start, found.span.end, found.detector, *hidden)
        });
        self.found.dedup_by(|(b, _), (a, _)| a.span == b.span && a.detector == b.detector);
        let mut walker = Walker::new(window.bytes, window.start);
        for (at, (found, hidden)) in self.found.iter().enumerate() {
            if !window.fresh.contains(&found.span.start) {
                continue;
            }
            if document.leaks.len() >= MOST_LEAKS {
                document.unlisted += 1;
                continue;
            }
            let (Range { start, end }, lines, place) = match located {
                Some(located) => located.locate(found.span.clone()),
                None => {
                    let start = walker.at(found.span.start);
                    (start..start.advance(&window.bytes[found.span.clone()]), true, None)
                }
            };
            document.leaks.push(Leak {
                detector: found.detector,
                start,
                end,
                lines,
                place,
                hint: found.hint.clone(),
                fingerprint: found.fingerprint.clone(),
                confidence: found.confidence,
                hidden: *hidden,
                excerpt: excerpt(window.bytes, &self.found, at, start.line),
            });
        }
    }
}

/// Hands the secrets of `matches` in `text` to `keyring`, if there is one that wants them.
fn keep(keyring: Option<&Keyring>, detectors: &Detectors, text: &[u8], matches: &[Match]) {
    let Some(keyring) = keyring else { return };
    for found in matches {
        let wanted = detectors.get(found.detector).is_some_and(|d| keyring.wants(&d.id));
        if wanted && let Some(value) = text.get(found.secret.clone()) {
            keyring.keep(&found.fingerprint, found.hint.shard.as_deref(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::examples::expand;

    /// A text in which UTF-16 follows 8-bit text is read both ways, and each reading counts its
    /// own columns: two tokens may then seem to stand in one place.
    #[test]
    fn two_tokens_at_one_position_are_two_leaks() {
        let (first, second) = (expand("7~{{new 64}}", "first"), expand("7~{{new 64}}", "second"));
        // 136 bytes are 68 units of two: both tokens stand behind 68 characters
        let mut bytes = format!("{}{first}  ", " ".repeat(68)).into_bytes();
        bytes.extend(second.encode_utf16().flat_map(u16::to_le_bytes));
        let detectors = Detectors::embedded().unwrap();
        let document = Searcher::new(&detectors).search(&bytes[..]).unwrap();
        let [one, other] = &document.leaks[..] else { panic!("{:?}", document.leaks) };
        assert_eq!((one.start, one.end), (other.start, other.end));
        assert_ne!(one.fingerprint, other.fingerprint);
    }
}
