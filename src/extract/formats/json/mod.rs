//! JSON with the place of every string, for formats that are made of it. It is read in a stream,
//! nothing is built from it and nothing recurses; what is not sound is passed over, as far as a
//! string can be told.

pub(super) mod gather;
mod reader;
mod way;

pub(super) use reader::{begin, read};
pub(super) use way::Way;

use crate::extract::position::{Position, Walker, floor_boundary};
use crate::extract::unpack::names::short;
use crate::extract::unpack::text::Text;

/// What comes next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Json<'j> {
    /// An object or a list begins.
    Open,
    /// It ends.
    Close,
    /// A string that is no key.
    Value(Str<'j>),
    /// A number, `true`, `false`, `null`, or a string that is too long to be held.
    Other,
}

/// The document without its byte order mark and what is blank before it, if it opens with one of
/// `brackets`.
pub(super) fn opens<'h>(head: &'h [u8], brackets: &[u8]) -> Option<&'h [u8]> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    text.first().is_some_and(|first| brackets.contains(first)).then_some(text)
}

/// More characters of a name are not shown.
const LONGEST_NAME: usize = 80;
/// So many bytes hold them, however they are written.
const LONGEST_BEGIN: usize = 1024;
/// How much text is pushed before its position is told anew.
const STRETCH: usize = 16 * 1024;

/// A string as it is written, between its quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Str<'j> {
    /// With its escapes.
    pub(super) raw: &'j [u8],
    /// Where its first byte stands in the document.
    pub(super) at: Position,
}

/// A string that is kept until more is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    raw: Vec<u8>,
    at: Position,
}

impl Kept {
    /// The string.
    pub(super) fn get(&self) -> Str<'_> {
        Str { raw: &self.raw, at: self.at }
    }

    /// `parts` as one string, which stands where the first of them does.
    pub(super) fn joined(parts: &[Self], between: &[u8]) -> Self {
        let raws: Vec<_> = parts.iter().map(|part| part.raw.as_slice()).collect();
        let at = parts.first().map_or(Position::default(), |part| part.at);
        Self { raw: raws.join(between), at }
    }

    /// How much memory it takes.
    pub(super) fn size(&self) -> usize {
        self.raw.capacity()
    }
}

impl Str<'_> {
    /// What it says.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// What it says, in the document's encoding.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.raw.len());
        self.each(&mut |_, _, part| bytes.extend_from_slice(part));
        bytes
    }

    /// What it says, as a name: the first words of it.
    pub(super) fn name(&self) -> String {
        short(self.begin().text().trim(), LONGEST_NAME)
    }

    /// The beginning of it, more than a name or a time takes.
    pub(super) fn begin(&self) -> Self {
        Str { raw: self.raw.get(..LONGEST_BEGIN).unwrap_or(self.raw), ..*self }
    }

    /// Whether it is written so; for names, which need no escapes.
    pub(super) fn is(&self, name: &str) -> bool {
        self.raw == name.as_bytes()
    }

    /// A copy, for later.
    pub(super) fn keep(&self) -> Kept {
        Kept { raw: self.raw.to_vec(), at: self.at }
    }

    /// How much memory it takes, at most, to hold what it says in a [`Text`].
    pub(super) fn cost(&self) -> u64 {
        (self.raw.len() + self.escapes() * Text::SHIFT) as u64
    }

    fn escapes(&self) -> usize {
        memchr::memchr_iter(b'\\', self.raw).count()
    }

    /// Adds what it says to `text`, all of it with its position.
    pub(super) fn push_to(&self, place: u64, text: &mut Text) {
        let mut writer = Writer::new(*self, place, text);
        self.each(&mut |at, length, part| {
            if self.is_escape(at) { writer.escape(length, part) } else { writer.plain(at, part) }
        });
        writer.end();
    }

    /// The same, but `choose` says of every character what becomes of it; it is shown the first
    /// byte of each.
    pub(super) fn push_chosen(
        &self,
        place: u64,
        text: &mut Text,
        choose: &mut dyn FnMut(u8) -> Take,
    ) {
        let mut writer = Writer::new(*self, place, text);
        self.each(&mut |at, length, part| {
            if self.is_escape(at) {
                match choose(part.first().copied().unwrap_or(b'\\')) {
                    Take::Keep => writer.escape(length, part),
                    Take::Drop => writer.leave(length),
                    Take::Break => writer.escape(length, b"\n"),
                }
                return;
            }
            let mut from = 0;
            for (offset, byte) in part.iter().enumerate().filter(|(_, byte)| is_first(**byte)) {
                let take = choose(*byte);
                if matches!(take, Take::Keep) {
                    continue;
                }
                writer.plain(at + from, &part[from..offset]);
                from =
                    offset + 1 + part[offset + 1..].iter().take_while(|b| !is_first(**b)).count();
                match take {
                    Take::Break => writer.escape(1, b"\n"),
                    _ => writer.leave(1),
                }
            }
            writer.plain(at + from, &part[from..]);
        });
        writer.end();
    }

    fn is_escape(&self, at: usize) -> bool {
        self.raw.get(at) == Some(&b'\\')
    }

    /// Shows the string in stretches: its plain parts, and what each escape stands for, with
    /// where these begin in it and how long they are there.
    fn each(&self, show: &mut dyn FnMut(usize, usize, &[u8])) {
        let raw = self.raw;
        let mut at = 0;
        while at < raw.len() {
            let plain = memchr::memchr(b'\\', &raw[at..]).unwrap_or(raw.len() - at);
            if plain > 0 {
                show(at, plain, &raw[at..at + plain]);
            }
            at += plain;
            if at < raw.len() {
                let (c, length) = escape(&raw[at..]);
                show(at, length, c.encode_utf8(&mut [0; 4]).as_bytes());
                at += length;
            }
        }
    }
}

/// Whether a byte is the first of a character.
fn is_first(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}

/// What becomes of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Take {
    /// It belongs to the text.
    Keep,
    /// It doesn't.
    Drop,
    /// A line of the text ends in its place.
    Break,
}

/// Writes a string into a text.
struct Writer<'w, 'j> {
    text: &'w mut Text,
    place: u64,
    length: usize,
    walker: Walker<'j>,
    /// So much was written since the text was marked.
    unmarked: usize,
}

impl<'w, 'j> Writer<'w, 'j> {
    fn new(string: Str<'j>, place: u64, text: &'w mut Text) -> Self {
        if string.raw.len() > STRETCH {
            text.reserve(string.raw.len(), string.escapes());
        }
        text.mark_written(place, string.at);
        let walker = Walker::new(string.raw, string.at);
        Self { text, place, length: string.raw.len(), walker, unmarked: 0 }
    }

    /// Adds what stands so at `at` of the string.
    fn plain(&mut self, mut at: usize, part: &[u8]) {
        // a line that ends within a string is against the rules, but may be there
        for line in part.split_inclusive(|byte| *byte == b'\n') {
            let mut rest = line;
            while !rest.is_empty() {
                if self.unmarked >= STRETCH {
                    self.mark(at);
                }
                let (stretch, more) = rest.split_at(floor_boundary(rest, STRETCH));
                self.text.push(stretch);
                self.unmarked += stretch.len();
                at += stretch.len();
                rest = more;
            }
            if line.ends_with(b"\n") {
                self.mark(at);
            }
        }
    }

    /// Adds what is written with `length` characters there.
    fn escape(&mut self, length: usize, part: &[u8]) {
        self.text.push(part);
        self.text.shift(length.saturating_sub(1));
        self.unmarked += part.len();
    }

    /// Leaves `length` characters out.
    fn leave(&mut self, length: usize) {
        self.text.shift(length);
    }

    fn mark(&mut self, at: usize) {
        self.text.mark_written(self.place, self.walker.at(at));
        self.unmarked = 0;
    }

    /// What follows the string stands behind it.
    fn end(mut self) {
        self.mark(self.length);
    }
}

/// The character that the escape at the beginning of `raw` stands for, and how long it is.
fn escape(raw: &[u8]) -> (char, usize) {
    let unit = |at: usize| {
        let digits = std::str::from_utf8(raw.get(at..at + 4)?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    match raw.get(1) {
        Some(b'n') => ('\n', 2),
        Some(b't') => ('\t', 2),
        Some(b'r') => ('\r', 2),
        Some(b'b' | b'f') => (' ', 2),
        Some(b'u') => match unit(2) {
            Some(high @ 0xd800..=0xdbff) if raw.get(6..8) == Some(b"\\u") => {
                let low = unit(8).filter(|low| (0xdc00..0xe000).contains(low));
                let pair = low.map(|low| 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
                match pair.and_then(char::from_u32) {
                    Some(c) => (c, 12),
                    None => ('\u{fffd}', 6),
                }
            }
            Some(unit) => (char::from_u32(unit).unwrap_or('\u{fffd}'), 6),
            None => ('\\', 1),
        },
        Some(plain @ (b'"' | b'\\' | b'/')) => (char::from(*plain), 2),
        _ => ('\\', 1),
    }
}

#[cfg(test)]
mod tests;
