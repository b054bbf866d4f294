//! Reads JSON in a stream: what is in memory at one time is a string, and a little around it.

use std::io::Read;
use std::ops::Range;
use std::rc::Rc;

use super::{Json, Str, Way};
use crate::extract::position::{Position, floor_boundary};
use crate::extract::unpack::Failure;
use crate::extract::unpack::budget::{Bound, Budget, Held, Limits};

/// So much is read at once.
const CHUNK: usize = 64 * 1024;
/// The longest string that is held.
const LONGEST: usize = 16 * 1024 * 1024;

const MARK: &[u8] = b"\xef\xbb\xbf";

/// Shows what comes in `stream`, each with the way to it, as far as `visit` goes along. Answers
/// how many strings were too long to be held: these are passed over.
pub(in crate::extract::formats) fn read(
    stream: &mut dyn Read,
    budget: &Rc<Budget>,
    visit: &mut dyn FnMut(&Way, Json<'_>) -> Result<(), Failure>,
) -> Result<u64, Failure> {
    read_by(CHUNK, stream, budget, visit)
}

/// The same, with so many bytes at once.
pub(super) fn read_by(
    chunk: usize,
    stream: &mut dyn Read,
    budget: &Rc<Budget>,
    visit: &mut dyn FnMut(&Way, Json<'_>) -> Result<(), Failure>,
) -> Result<u64, Failure> {
    let mut reader = Reader {
        stream,
        chunk,
        bytes: Vec::new(),
        at: 0,
        ended: false,
        counted: 0,
        position: Position::default(),
        budget: Rc::clone(budget),
        held: budget.hold(0)?,
        too_long: 0,
    };
    reader.run(visit)?;
    Ok(reader.too_long)
}

/// Shows what comes in `head`, the beginning of a document.
pub(in crate::extract::formats) fn begin(head: &[u8], visit: &mut dyn FnMut(&Way, Json<'_>)) {
    let budget = Budget::new(Limits::default());
    // reading from memory cannot fail
    let _ = read(&mut &head[..], &budget, &mut |way, next| {
        visit(way, next);
        Ok(())
    });
}

struct Reader<'r> {
    stream: &'r mut dyn Read,
    chunk: usize,
    /// What was read and is still looked at.
    bytes: Vec<u8>,
    /// Where reading is in `bytes`.
    at: usize,
    ended: bool,
    /// Where in `bytes` the byte is that stands at `position`.
    counted: usize,
    position: Position,
    budget: Rc<Budget>,
    held: Held,
    too_long: u64,
}

impl Reader<'_> {
    fn run(
        &mut self,
        visit: &mut dyn FnMut(&Way, Json<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.more(0)?;
        if self.bytes.starts_with(MARK) {
            // a byte order mark is no column
            (self.at, self.counted) = (MARK.len(), MARK.len());
        }
        let mut way = Way::default();
        // whether a colon came before what comes next
        let mut assigned = false;
        loop {
            let Some(&byte) = self.bytes.get(self.at) else {
                if self.more(self.at)? {
                    continue;
                }
                return Ok(());
            };
            if byte == b'"' {
                self.at += 1;
                let Some(range) = self.string()? else {
                    self.too_long += 1;
                    visit(&way, Json::Other)?;
                    assigned = false;
                    continue;
                };
                self.count_to(range.start);
                let raw = self.bytes.get(range).unwrap_or_default();
                let string = Str { raw, at: self.position };
                if way.in_object() && !assigned {
                    if memchr::memchr(b'\\', raw).is_some() {
                        way.set_key(&string.bytes());
                    } else {
                        way.set_key(raw);
                    }
                } else {
                    visit(&way, Json::Value(string))?;
                }
                assigned = false;
                continue;
            }
            self.at += 1;
            match byte {
                b'{' | b'[' => {
                    if way.goes_on() {
                        visit(&way, Json::Open)?;
                    }
                    way.enter(byte == b'[');
                    assigned = false;
                }
                b'}' | b']' => {
                    if way.leave() {
                        visit(&way, Json::Close)?;
                    }
                    assigned = false;
                }
                b':' => assigned = true,
                b',' => assigned = false,
                byte if is_word(byte) => {
                    self.word()?;
                    visit(&way, Json::Other)?;
                    assigned = false;
                }
                _ => {}
            }
        }
    }

    /// The string that begins here, as a range of `bytes`; `None` if it is too long. A string
    /// that does not end ends with the document.
    fn string(&mut self) -> Result<Option<Range<usize>>, Failure> {
        let mut start = self.at;
        // how far it was searched for its end
        let mut done = 0;
        loop {
            let rest = self.bytes.get(start + done..).unwrap_or_default();
            match memchr::memchr2(b'"', b'\\', rest) {
                Some(found) if rest[found] == b'"' => {
                    let end = start + done + found;
                    self.at = end + 1;
                    return Ok(Some(start..end));
                }
                Some(found) => {
                    done += found + 2;
                    continue;
                }
                None => done = done.max(self.bytes.len() - start),
            }
            let more = if done > LONGEST { Err(Bound::Memory.into()) } else { self.more(start) };
            match more {
                Ok(true) => start = self.at,
                Ok(false) => {
                    self.at = self.bytes.len();
                    return Ok(Some(start..self.at));
                }
                Err(Failure::Limit(Bound::Memory)) => {
                    self.pass_over(start + done)?;
                    return Ok(None);
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Goes on behind the end of a string of which what stands before `at` was read.
    fn pass_over(&mut self, mut at: usize) -> Result<(), Failure> {
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            match memchr::memchr2(b'"', b'\\', rest) {
                Some(found) if rest[found] == b'"' => {
                    self.at = at + found + 1;
                    return Ok(());
                }
                Some(found) => at += found + 2,
                None => {
                    let over = at.saturating_sub(self.bytes.len());
                    if !self.more(self.bytes.len())? {
                        self.at = self.bytes.len();
                        return Ok(());
                    }
                    at = self.at + over;
                }
            }
        }
    }

    /// Goes on behind a number or a word.
    fn word(&mut self) -> Result<(), Failure> {
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            self.at += rest.iter().take_while(|byte| is_word(**byte)).count();
            if self.at < self.bytes.len() || !self.more(self.at)? {
                return Ok(());
            }
        }
    }

    /// Reads on, and forgets what stands before `keep`, or a little less, where that would cut
    /// a character in two. What follows begins at `self.at`. Answers whether there was more.
    fn more(&mut self, keep: usize) -> Result<bool, Failure> {
        if self.ended {
            return Ok(false);
        }
        self.budget.tick()?;
        let keep = keep.min(self.bytes.len());
        let cut = self.boundary(keep);
        self.count_to(cut);
        self.bytes.drain(..cut);
        self.counted = 0;
        self.at = keep - cut;
        if self.bytes.capacity() > 4 * self.chunk && self.bytes.len() < self.chunk {
            // the memory of a long string
            self.bytes.shrink_to(self.chunk);
            self.held = self.budget.hold(0)?;
            self.held.grow(self.bytes.capacity() as u64)?;
        }
        if self.bytes.len() == self.bytes.capacity() {
            let more = (self.bytes.capacity() / 2).max(self.chunk);
            self.held.grow(more as u64)?;
            self.bytes.reserve_exact(more);
        }
        let room = self.bytes.capacity() - self.bytes.len();
        let count = (&mut *self.stream).take(room as u64).read_to_end(&mut self.bytes)?;
        self.ended = count < room;
        Ok(count > 0)
    }

    /// The nearest place at or before `at` where a character ends, as far as that can be told of
    /// the end of what was read.
    fn boundary(&self, at: usize) -> usize {
        let tail = self.bytes.get(at.saturating_sub(3)..at).unwrap_or_default();
        let open = tail.iter().rposition(|byte| *byte >= 0xc0);
        match open {
            Some(open) if at == self.bytes.len() => at - (tail.len() - open),
            _ => floor_boundary(&self.bytes, at),
        }
    }

    /// Counts lines and columns up to `offset`.
    fn count_to(&mut self, offset: usize) {
        if let Some(passed) = self.bytes.get(self.counted..offset) {
            self.position = self.position.advance(passed);
            self.counted = offset;
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}
