//! Word's binary files: text in pieces, which a table puts in order, as it reads now and as it
//! read before changes that are tracked. [MS-DOC].

mod changes;
mod fib;

use super::compound::{Compound, u16_at, u32_at};
use super::{pictures, plain, whole};
use crate::extract::formats::paragraph::Paragraph;
use crate::extract::formats::story::{Story, name, place_of};
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};
use changes::Changes;
use fib::Fib;

/// The stream that tells such a file.
pub(super) const MAIN: &str = "WordDocument";
/// Fields stand in fields; so deep.
const DEEPEST: usize = 64;
/// So much is decoded before the clock is looked at.
const STEP: usize = 64 * 1024;

/// Reads the document in `storage`.
pub(super) fn read(
    file: &mut Compound<'_>,
    storage: usize,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    inside.kind("doc");
    let Some(main) = file.find(storage, MAIN) else { return Ok(()) };
    let (main, _held) = whole(file, main, inside)?;
    let fib =
        Fib::parse(&main).ok_or_else(|| Failure::Broken("its header is damaged".to_owned()))?;
    if fib.encrypted {
        return Err(Failure::Encrypted);
    }
    let table = match fib.table.and_then(|table| file.find(storage, table)) {
        Some(table) => Some(whole(file, table, inside)?),
        None => None,
    };
    let table = table.as_ref().map_or(&[][..], |(bytes, _)| bytes);
    let outcome = text(&main, table, &fib, inside);
    pictures::show(&main, &mut 0, inside)?;
    if let Some(name) = fib.table {
        plain::show(&mut &*table, "its other data", inside)?;
        inside.bytes_again(name, &mut &*table)?;
    }
    outcome?;
    // what was deleted by a fast save stands between the pieces
    inside.bytes_again(MAIN, &mut &*main)
}

/// Shows the text of the document.
fn text(main: &[u8], table: &[u8], fib: &Fib, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    // the pieces and the changes, which are parts of the table
    let _held = inside.budget().hold(2 * table.len() as u64)?;
    let pieces = fib.pieces(table)?;
    let changes = Changes::read(main, table, fib);
    let mut reader = Reader::new(fib, table);
    for piece in pieces {
        let mut offset = piece.offset as usize;
        let width = if piece.wide { 2 } else { 1 };
        let mut left = (piece.characters as usize).saturating_mul(width);
        while left > 0 {
            let (deleted, inserted, until) = changes.at(offset as u32);
            let stretch = left.min(STEP).min((until as usize).saturating_sub(offset).max(width));
            let Some(bytes) = main.get(offset..offset.saturating_add(stretch)) else {
                reader.end(inside)?;
                return Err(Failure::Broken("a piece of its text is missing".to_owned()));
            };
            // pieces may overlap
            inside.budget().spend(stretch as u64)?;
            (reader.deleted, reader.inserted) = (deleted, inserted);
            reader.take(bytes, piece.wide, inside)?;
            offset += stretch;
            left -= stretch;
        }
    }
    reader.end(inside)?;
    if changes.cut {
        inside.unread_part("not all of its tracked changes were told apart: too many".to_owned());
    }
    Ok(())
}

/// Joins characters to paragraphs.
struct Reader {
    text: Text,
    paragraph: Paragraph,
    /// Where each story ends, and where the parts of the headers do.
    stories: Vec<(u64, Story)>,
    story: usize,
    number: u64,
    position: u64,
    /// Whether each open field's code is not over yet.
    fields: Vec<bool>,
    deleted: bool,
    inserted: bool,
    decoded: Vec<u8>,
    surrogate: Option<u16>,
}

impl Reader {
    fn new(fib: &Fib, table: &[u8]) -> Self {
        Self {
            text: Text::default(),
            paragraph: Paragraph::default(),
            stories: fib.stories(table),
            story: 0,
            number: 1,
            position: 0,
            fields: Vec::new(),
            deleted: false,
            inserted: false,
            decoded: Vec::new(),
            surrogate: None,
        }
    }

    fn take(
        &mut self,
        bytes: &[u8],
        wide: bool,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        if wide {
            for unit in bytes.chunks_exact(2) {
                self.unit(u16_at(unit, 0), inside)?;
            }
        } else {
            for byte in bytes {
                let c = match byte {
                    0x80.. => encoding_rs::WINDOWS_1252
                        .decode_without_bom_handling(&[*byte])
                        .0
                        .chars()
                        .next()
                        .unwrap_or('\u{fffd}'),
                    ascii => char::from(*ascii),
                };
                self.character(c, inside)?;
            }
        }
        self.flush();
        Ok(())
    }

    fn unit(&mut self, unit: u16, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let before = self.surrogate.take();
        if (0xd800..0xdc00).contains(&unit) {
            self.surrogate = Some(unit);
            self.position += 1;
            return Ok(());
        }
        let units = [before.unwrap_or(unit), unit];
        let units = if before.is_some() { &units[..] } else { &units[1..] };
        for c in char::decode_utf16(units.iter().copied()) {
            self.character(c.unwrap_or('\u{fffd}'), inside)?;
        }
        Ok(())
    }

    fn character(&mut self, c: char, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        while self.stories.get(self.story).is_some_and(|(end, _)| self.position >= *end) {
            self.end_paragraph(inside)?;
            let before = self.stories.get(self.story).map(|(_, story)| *story);
            self.story += 1;
            let now = self.stories.get(self.story).map(|(_, story)| *story);
            // headers are numbered each from 1
            if before != now || matches!(now, Some(Story::Header | Story::Footer)) {
                self.number = 1;
            }
            self.fields.clear();
        }
        self.position += 1;
        match c {
            '\r' | '\u{7}' | '\u{c}' => {
                self.end_paragraph(inside)?;
                self.number += 1;
            }
            '\u{13}' if self.fields.len() < DEEPEST => {
                self.flush();
                self.fields.push(true);
            }
            '\u{14}' => {
                self.flush();
                if let Some(code) = self.fields.last_mut() {
                    *code = false;
                }
            }
            '\u{15}' => {
                self.flush();
                self.fields.pop();
            }
            '\u{b}' | '\u{e}' => self.decoded.push(b'\n'),
            '\u{1e}' => self.decoded.push(b'-'),
            '\t' => self.decoded.push(b'\t'),
            // pictures, references to notes, places where a word may be broken
            '\0'..' ' | '\u{ad}' => {}
            c => self.decoded.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        if self.paragraph.is_long(1) {
            self.end_paragraph(inside)?;
        }
        Ok(())
    }

    /// Adds what was decoded to the paragraph.
    fn flush(&mut self) {
        if self.decoded.is_empty() {
            return;
        }
        if self.fields.contains(&true) {
            self.paragraph.add_field(&self.decoded);
        } else {
            self.paragraph.add(&self.decoded, self.deleted, self.inserted);
        }
        self.decoded.clear();
    }

    fn end_paragraph(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        self.flush();
        if !self.paragraph.is_empty() {
            let story = self.stories.get(self.story).map_or(Story::Body, |(_, story)| *story);
            self.paragraph.end(place_of(story, self.number), &mut self.text);
        }
        if self.text.is_enough() {
            inside.text(&mut self.text, &name)?;
        }
        Ok(())
    }

    fn end(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        self.end_paragraph(inside)?;
        inside.text(&mut self.text, &name)
    }
}

/// A table of positions and what stands at each: the positions, one more than there are values,
/// stand before the values.
fn table_of(bytes: &[u8], value: usize) -> impl Iterator<Item = (u32, u32, &[u8])> {
    let count = bytes.len().saturating_sub(4) / (4 + value);
    let values = bytes.get((count + 1) * 4..).unwrap_or_default().chunks_exact(value.max(1));
    (0..count)
        .zip(values)
        .map(|(at, value)| (u32_at(bytes, at * 4), u32_at(bytes, at * 4 + 4), value))
}
