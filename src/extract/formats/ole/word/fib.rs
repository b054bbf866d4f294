//! The header of a Word file: where its text and the tables about it stand. [MS-DOC] 2.5, and for
//! Word 6 and 95, which have no table of pieces where a file was saved whole, the description of
//! their format that Microsoft gave away.

use super::super::compound::{u16_at, u32_at};
use super::table_of;
use crate::extract::formats::story::Story;
use crate::extract::unpack::Failure;

/// Word 97 and what followed it.
const WORD_97: u16 = 0x00c1;
/// Bits of what a header says of its file.
const COMPLEX: u16 = 0x0004;
const ENCRYPTED: u16 = 0x0100;
const SECOND_TABLE: u16 = 0x0200;
const OBFUSCATED: u16 = 0x8000;
/// Set in the place of a piece of 8-bit characters; the place is then twice what it is.
const NARROW: u32 = 1 << 30;

/// What the header says.
pub(super) struct Fib {
    pub(super) encrypted: bool,
    /// The stream that tables stand in, where it is one of its own.
    pub(super) table: Option<&'static str>,
    /// How many characters each story has, in their order.
    counts: [u32; 8],
    pieces: Place,
    headers: Place,
    pub(super) formats: Place,
    /// The text of older files, which is one piece.
    older: Option<(u32, u32)>,
}

/// A part of the stream of tables.
#[derive(Clone, Copy, Default)]
pub(super) struct Place {
    start: u32,
    size: u32,
}

impl Place {
    pub(super) fn of(self, table: &[u8]) -> &[u8] {
        let start = self.start as usize;
        table.get(start..start.saturating_add(self.size as usize)).unwrap_or_default()
    }
}

/// A piece of the text.
pub(super) struct Piece {
    pub(super) offset: u32,
    pub(super) characters: u32,
    pub(super) wide: bool,
}

impl Fib {
    pub(super) fn parse(main: &[u8]) -> Option<Self> {
        let (mark, version, flags) = (u16_at(main, 0), u16_at(main, 2), u16_at(main, 10));
        if !matches!(mark, 0xa5ec | 0xa5dc | 0xa697..=0xa699) || main.len() < 0x80 {
            return None;
        }
        let encrypted = flags & (ENCRYPTED | OBFUSCATED) != 0;
        if version < WORD_97 {
            let (start, end) = (u32_at(main, 0x18), u32_at(main, 0x1c));
            let whole = flags & COMPLEX == 0;
            return Some(Self {
                encrypted: flags & ENCRYPTED != 0,
                table: None,
                counts: std::array::from_fn(|at| u32_at(main, 0x34 + at * 4)),
                pieces: Place::default(),
                headers: Place::default(),
                formats: Place::default(),
                older: end.checked_sub(start).filter(|_| whole).map(|count| (start, count)),
            });
        }
        // two lists of numbers stand before the list of places
        let longs = 0x22 + usize::from(u16_at(main, 0x20)) * 2;
        let places = longs + 2 + usize::from(u16_at(main, longs)) * 4 + 2;
        let place = |number: usize| Place {
            start: u32_at(main, places + number * 8),
            size: u32_at(main, places + number * 8 + 4),
        };
        Some(Self {
            encrypted,
            table: Some(if flags & SECOND_TABLE != 0 { "1Table" } else { "0Table" }),
            counts: std::array::from_fn(|at| u32_at(main, longs + 2 + 12 + at * 4)),
            pieces: place(33),
            headers: place(11),
            formats: place(12),
            older: None,
        })
    }

    /// The pieces of the text, in order.
    pub(super) fn pieces(&self, table: &[u8]) -> Result<Vec<Piece>, Failure> {
        let damaged = || Failure::Broken("the table of its text's pieces is damaged".to_owned());
        if let Some((offset, characters)) = self.older {
            return Ok(vec![Piece { offset, characters, wide: false }]);
        }
        if self.table.is_none() {
            let message = "its text is in pieces, which are not put together for Word 6 and 95";
            return Err(Failure::Broken(message.to_owned()));
        }
        let mut rest = self.pieces.of(table);
        // formats that pieces may have stand before
        while let [1, low, high, behind @ ..] = rest {
            let length = usize::from(u16::from_le_bytes([*low, *high]));
            rest = behind.get(length..).ok_or_else(damaged)?;
        }
        let [2, rest @ ..] = rest else { return Err(damaged()) };
        let size = u32_at(rest, 0) as usize;
        let pieces = rest.get(4..).and_then(|rest| rest.get(..size)).ok_or_else(damaged)?;
        let mut next = 0;
        table_of(pieces, 8)
            .map(|(start, end, piece)| {
                let characters = end.checked_sub(start).filter(|_| start == next);
                next = end;
                let offset = u32_at(piece, 2);
                let (offset, wide) = match offset & NARROW {
                    0 => (offset, true),
                    _ => ((offset & !NARROW) / 2, false),
                };
                Ok(Piece { offset, characters: characters.ok_or_else(damaged)?, wide })
            })
            .collect()
    }

    /// Where each story ends.
    pub(super) fn stories(&self, table: &[u8]) -> Vec<(u64, Story)> {
        const ORDER: [Story; 8] = [
            Story::Body,
            Story::Footnotes,
            Story::Header,
            Story::Other,
            Story::Comments,
            Story::Endnotes,
            Story::TextBoxes,
            Story::TextBoxes,
        ];
        // six separators of notes; then for each section headers and footers of even pages, of
        // odd ones and of the first
        const PARTS: [Story; 6] = [
            Story::Header,
            Story::Header,
            Story::Footer,
            Story::Footer,
            Story::Header,
            Story::Footer,
        ];
        const MOST_PARTS: usize = 100_000;
        let mut stories = Vec::new();
        let mut begin = 0;
        for (story, count) in ORDER.into_iter().zip(self.counts) {
            let end = begin + u64::from(count);
            if story == Story::Header {
                let bytes = self.headers.of(table);
                let parts = bytes.chunks_exact(4).map(|end| u64::from(u32_at(end, 0)));
                let mut before = 0;
                for (number, at) in parts.enumerate().skip(1).take(MOST_PARTS) {
                    if at <= before || at > u64::from(count) {
                        continue;
                    }
                    before = at;
                    let part = number.checked_sub(7).map_or(0, |number| number % PARTS.len());
                    stories.push((begin + at, PARTS.get(part).copied().unwrap_or(story)));
                }
            }
            stories.push((end, story));
            begin = end;
        }
        stories
    }
}
