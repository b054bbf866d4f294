//! Calendars and contacts: lines of more than 75 bytes are written on several there, and are read
//! as one here. RFC 5545, section 3.1; RFC 6350, section 3.2.

use std::io::{BufRead, BufReader, Read};

use super::Format;
use crate::extract::position::Position;
use crate::extract::unpack::source::Source;
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};

/// iCalendar and vCard files.
pub(super) const CALENDAR: Format = Format { name: "calendar", fits, read };

/// How they begin, and their usual extensions.
const BEGINS: [(&[u8], &str); 2] = [(b"BEGIN:VCALENDAR", "ics"), (b"BEGIN:VCARD", "vcf")];
/// A line may be as long as the file: it is taken in pieces.
const PIECE: u64 = 64 * 1024;
/// Text that takes more memory is shown before its line ends.
const MOST: usize = 512 * 1024;

fn fits(head: &[u8]) -> bool {
    kind(head).is_some()
}

/// The usual extension of the document that begins with `head`.
fn kind(head: &[u8]) -> Option<&'static str> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let is = |word: &[u8]| {
        text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word))
            && matches!(text.get(word.len()), Some(b'\r' | b'\n'))
    };
    BEGINS.iter().find(|(word, _)| is(word)).map(|(_, kind)| *kind)
}

fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    // a value may hide what is found where its lines are as they are
    inside.as_bytes_too();
    let mut stream = BufReader::new(source.seekable()?);
    if let Some(kind) = kind(stream.fill_buf()?) {
        inside.kind(kind);
    }
    let mut lines = Lines::default();
    let mut piece = Vec::new();
    loop {
        piece.clear();
        if stream.by_ref().take(PIECE).read_until(b'\n', &mut piece)? == 0 {
            return lines.show(inside);
        }
        if lines.is_done(&piece) {
            lines.show(inside)?;
        }
        lines.push(&piece);
    }
}

/// The lines of a document as they were before they were broken.
#[derive(Default)]
struct Lines {
    text: Text,
    at: Position,
    /// A backslash came last.
    escapes: bool,
}

impl Lines {
    /// Whether what there is can be shown before `piece` is added.
    fn is_done(&self, piece: &[u8]) -> bool {
        let is_new = self.at.column == 1 && !goes_on(piece);
        is_new && self.text.is_enough() || self.text.memory() > MOST
    }

    /// Adds a line, or a piece of a long one.
    fn push(&mut self, piece: &[u8]) {
        let mut rest = piece.strip_suffix(b"\n").unwrap_or(piece);
        if rest.len() < piece.len() {
            rest = rest.strip_suffix(b"\r").unwrap_or(rest);
        }
        let mut at = self.at;
        if at.column == 1 && goes_on(piece) {
            rest = rest.get(1..).unwrap_or_default();
            at.column = 2;
        } else if at.column == 1 {
            self.end_line();
        }
        // a piece of a line may begin within a character
        let marks = at.column <= 2 || self.text.is_empty();
        if marks {
            self.text.mark_written(0, at);
        }
        self.unescape(rest, marks);
        if piece.ends_with(b"\n") {
            self.at = Position { line: self.at.line + 1, column: 1 };
        } else {
            // a character may be cut in two
            let firsts = piece.iter().filter(|byte| **byte & 0xc0 != 0x80).count() as u64;
            self.at.column += firsts;
        }
    }

    /// Adds `line` with what its escapes stand for. If it `is_apart`, a backslash before it stands
    /// on another line.
    fn unescape(&mut self, mut line: &[u8], mut is_apart: bool) {
        while !line.is_empty() {
            if std::mem::take(&mut self.escapes) {
                let (first, rest) = line.split_at(1);
                let is_escape = matches!(first, b"n" | b"N" | b"," | b";" | b"\\");
                match first {
                    b"n" | b"N" => self.text.push(b"\n"),
                    _ if is_escape => self.text.push(first),
                    _ => {
                        self.text.push(b"\\");
                        self.text.push(first);
                    }
                }
                self.text.shift(usize::from(is_escape && !is_apart));
                line = rest;
                continue;
            }
            let end = memchr::memchr(b'\\', line);
            let (plain, rest) = line.split_at(end.unwrap_or(line.len()));
            self.text.push(plain);
            self.escapes = end.is_some();
            is_apart = false;
            line = rest.get(1..).unwrap_or_default();
        }
    }

    fn end_line(&mut self) {
        if std::mem::take(&mut self.escapes) {
            self.text.push(b"\\");
        }
        if !self.text.is_empty() {
            self.text.push(b"\n");
        }
    }

    fn show(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let shown = inside.text(&mut self.text, &|_| String::new());
        if self.text.memory() > MOST {
            self.text = Text::default();
        }
        shown
    }
}

/// Whether a line belongs to the one before it.
fn goes_on(line: &[u8]) -> bool {
    matches!(line.first(), Some(b' ' | b'\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(pieces: &[&[u8]]) -> Text {
        let mut lines = Lines::default();
        pieces.iter().for_each(|piece| lines.push(piece));
        lines.text
    }

    #[test]
    fn calendars_and_contacts_are_told_by_their_beginning() {
        assert_eq!(kind(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"), Some("ics"));
        assert_eq!(kind(b"\xef\xbb\xbfbegin:vcard\nVERSION:4.0\n"), Some("vcf"));
        for other in ["BEGIN:VCALENDARS\n", "BEGIN:VEVENT\n", " BEGIN:VCARD\n", "BEGIN:VCARD", ""] {
            assert!(!fits(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn broken_lines_are_joined_where_they_stand() {
        let text =
            lines(&[b"A:7~a\\nb\\,c\\x\r\n", b" de\n", b"\tf\\\r\n", b" n\xc3\xa9g\r\n", b"B:h"]);
        let due = "A:7~a\nb,c\\xdef\n\u{e9}g\nB:h";
        assert_eq!(std::str::from_utf8(&text.bytes).unwrap(), due);
        for (of, line, column) in [
            ('7', 1, 3),
            ('b', 1, 8),
            ('x', 1, 13),
            ('d', 2, 2),
            ('f', 3, 2),
            ('g', 4, 4),
            ('h', 5, 3),
        ] {
            let at = text.position(due.find(of).unwrap());
            assert_eq!(at, Position { line, column }, "{of}");
        }
    }

    #[test]
    fn a_long_line_is_taken_in_pieces() {
        let text = lines(&[b"A:\xc3", b"\xa9 x", b" y\r\n", b"B\n"]);
        assert_eq!(text.bytes, "A:\u{e9} x y\nB".as_bytes());
        let at = |offset| text.position(offset);
        assert_eq!(at(5), Position { line: 1, column: 5 });
        assert_eq!(at(7), Position { line: 1, column: 7 });
        assert_eq!(at(9), Position { line: 2, column: 1 });
    }
}
