//! Excel's binary files, from version 5 on. A stream of records is read once: names of sheets and
//! the strings that cells share stand before the sheets. [MS-XLS].
//!
//! Read by code of our own: `calamine`, the crate for spreadsheets, holds a file as a whole and
//! the values of all its cells, and knows neither comments, links' targets, headers nor the
//! strings in formulas.

mod records;

use std::collections::HashMap;
use std::io::BufReader;

use super::compound::Compound;
use super::{pictures, plain};
use crate::extract::formats::cells::{Strings, cell_name, name_in, place_of};
use crate::extract::formats::header_codes;
use crate::extract::unpack::budget::{Bound, Held};
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};
use records::{Records, formula_strings, long_at, push_narrow, short_at};

/// The streams that tell such a file: of version 8 and of version 5.
pub(super) const STREAMS: [&str; 2] = ["Workbook", "Book"];
/// More sheets than this have no name.
const MOST_SHEETS: usize = 20_000;
/// Texts of so many bytes wait until it is told which cell they speak of.
const MOST_NOTES: usize = 256 * 1024;
/// So much of the pictures is put together.
const MOST_PICTURES: u64 = 32 * 1024 * 1024;
const VERSION_8: u16 = 0x0600;

/// What records are.
mod kind {
    pub(super) const FORMULA: u16 = 0x0006;
    pub(super) const END: u16 = 0x000a;
    pub(super) const HEADER: u16 = 0x0014;
    pub(super) const FOOTER: u16 = 0x0015;
    pub(super) const NOTE: u16 = 0x001c;
    pub(super) const ENCRYPTED: u16 = 0x002f;
    pub(super) const OBJECT: u16 = 0x005d;
    pub(super) const SHEET: u16 = 0x0085;
    pub(super) const RICH_LABEL: u16 = 0x00d6;
    pub(super) const PICTURES: u16 = 0x00eb;
    pub(super) const STRINGS: u16 = 0x00fc;
    pub(super) const SHARED_LABEL: u16 = 0x00fd;
    pub(super) const TEXT: u16 = 0x01b6;
    pub(super) const LINK: u16 = 0x01b8;
    pub(super) const LABEL: u16 = 0x0204;
    pub(super) const STRING: u16 = 0x0207;
    pub(super) const BEGIN: u16 = 0x0809;
}

/// Where of a sheet a text stands.
#[derive(Clone, Copy)]
enum In {
    Cell(u64),
    Header,
    Footer,
    Drawing,
    Comment(u64),
}

/// Set in the numbers of places that are no cell.
const HEADER: u64 = 1 << 60;
const FOOTER: u64 = 2 << 60;
const DRAWING: u64 = 3 << 60;
const COMMENT: u64 = 4 << 60;
const WHAT: u64 = 15 << 60;

impl In {
    fn place(self) -> u64 {
        match self {
            Self::Cell(cell) => cell,
            Self::Header => HEADER,
            Self::Footer => FOOTER,
            Self::Drawing => DRAWING,
            Self::Comment(cell) => COMMENT | cell,
        }
    }
}

/// What people call the place `place` of `sheet`.
fn name(sheet: &str, place: u64) -> String {
    match (place & WHAT, cell_name(place & !WHAT)) {
        (0, _) => name_in(sheet, place),
        (HEADER, _) => format!("{sheet}, a header"),
        (FOOTER, _) => format!("{sheet}, a footer"),
        (COMMENT, Some(cell)) => format!("{sheet}, a comment on {cell}"),
        (COMMENT, None) => format!("{sheet}, a comment"),
        _ => format!("{sheet}, a drawing"),
    }
}

/// Reads the workbook in the stream `entry`.
pub(super) fn read(
    file: &mut Compound<'_>,
    entry: usize,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    inside.kind("xls");
    let stream_name = file.name(entry).to_owned();
    let strings = Strings::new(inside)?;
    let held = inside.budget().hold(0)?;
    let outcome = inside.part(&mut file.stream(entry), |stream, inside| {
        let mut stream = BufReader::new(stream);
        let mut book = Book {
            records: Records::new(&mut stream),
            version: VERSION_8,
            sheets: HashMap::new(),
            strings,
            sheet: "the workbook".to_owned(),
            depth: 0,
            last: (0, 0),
            object: 0,
            notes: HashMap::new(),
            noted: 0,
            pictures: Vec::new(),
            held,
            more_pictures: false,
            text: Text::default(),
            line: Vec::new(),
        };
        let outcome = book.read(inside);
        book.end_sheet(inside)?;
        let mut count = 0;
        pictures::show(&book.pictures, &mut count, inside)?;
        if book.more_pictures {
            inside.picture_unread();
        }
        if book.strings.full {
            let message = "its cells' shared strings were read, but not told by cell: too many";
            inside.unread_part(message.to_owned());
        }
        outcome
    });
    outcome?;
    inside.bytes_again(&stream_name, &mut file.stream(entry))
}

struct Book<'r> {
    records: Records<'r>,
    version: u16,
    /// What sheets are called, by where they begin.
    sheets: HashMap<u64, String>,
    strings: Strings,
    /// What the present sheet is called.
    sheet: String,
    /// Charts stand in sheets.
    depth: u32,
    /// The row and the column that were read last.
    last: (u64, u64),
    /// The number of the object whose text comes next.
    object: u16,
    /// The texts of objects, by their numbers.
    notes: HashMap<u16, Vec<u8>>,
    noted: usize,
    pictures: Vec<u8>,
    held: Held,
    more_pictures: bool,
    text: Text,
    line: Vec<u8>,
}

impl Book<'_> {
    fn read(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        while self.records.next()? {
            self.record(inside)?;
            if self.text.is_enough() {
                self.show(inside)?;
            }
        }
        Ok(())
    }

    fn record(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        match self.records.kind {
            kind::BEGIN => self.begin(inside)?,
            kind::END => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.end_sheet(inside)?;
                }
            }
            kind::ENCRYPTED => return Err(Failure::Encrypted),
            kind::SHEET => self.name_sheet()?,
            kind::STRINGS => self.read_strings(inside)?,
            kind::SHARED_LABEL => {
                let place = self.cell();
                let index = long_at(&self.records.bytes, 6) as usize;
                self.line.clear();
                self.line.extend_from_slice(self.strings.get(index).unwrap_or_default());
                self.push(place);
            }
            kind::LABEL | kind::RICH_LABEL => {
                let place = self.cell();
                self.records.seek(6);
                self.counted()?;
                self.push(place);
            }
            kind::STRING => {
                self.counted()?;
                self.push(In::Cell(place_of(self.last.0, self.last.1)));
            }
            kind::FORMULA => {
                let place = self.cell();
                self.records.seek(22);
                self.line.clear();
                let flags = self.version == VERSION_8;
                formula_strings(self.records.rest(), flags, &mut self.line);
                self.push(place);
            }
            kind::HEADER | kind::FOOTER => {
                let header = self.records.kind == kind::HEADER;
                if self.version == VERSION_8 {
                    self.counted()?;
                } else {
                    self.short_counted()?;
                }
                self.line = header_codes::plain(&self.line);
                self.push(if header { In::Header } else { In::Footer });
            }
            kind::LINK => {
                let place = self.cell_of(2);
                self.plain(place);
            }
            kind::OBJECT => self.object = short_at(&self.records.bytes, 6),
            kind::TEXT => self.object_text()?,
            kind::NOTE => self.note()?,
            kind::PICTURES => self.gather_pictures()?,
            _ => self.plain(In::Cell(0)),
        }
        Ok(())
    }

    /// A part of the stream begins: the workbook's own, or a sheet.
    fn begin(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > 1 {
            return Ok(());
        }
        self.end_sheet(inside)?;
        self.version = short_at(&self.records.bytes, 0);
        const GLOBALS: u16 = 5;
        self.sheet = match short_at(&self.records.bytes, 2) {
            GLOBALS => "the workbook".to_owned(),
            _ => self.sheets.get(&self.records.begin).map_or("a sheet", String::as_str).to_owned(),
        };
        Ok(())
    }

    fn name_sheet(&mut self) -> Result<(), Failure> {
        let begin = u64::from(long_at(&self.records.bytes, 0));
        let hidden = self.records.bytes.get(4).is_some_and(|state| state & 3 != 0);
        self.records.seek(6);
        self.short_counted()?;
        if self.sheets.len() < MOST_SHEETS {
            let hidden = if hidden { "hidden " } else { "" };
            let name = String::from_utf8_lossy(&self.line);
            self.sheets.insert(begin, format!("{hidden}sheet ‘{name}’"));
        }
        // a name is text, too
        self.push(In::Cell(0));
        Ok(())
    }

    /// Reads the strings that cells share. How many there are is not believed.
    fn read_strings(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        self.records.seek(8);
        while let Some(count) = self.records.short()? {
            self.line.clear();
            if !self.records.string(usize::from(count), true, &mut self.line)? {
                break;
            }
            let kept = match self.strings.full {
                true => Err(Bound::Memory),
                false => self.strings.push(&self.line).and_then(|()| self.strings.end()),
            };
            match kept {
                Ok(()) => {}
                Err(Bound::Memory) => {
                    self.strings.full = true;
                    self.push(In::Cell(0));
                    if self.text.is_enough() {
                        inside.text(&mut self.text, &|_| "a cell".to_owned())?;
                    }
                }
                Err(bound) => return Err(bound.into()),
            }
        }
        if self.strings.full {
            inside.text(&mut self.text, &|_| "a cell".to_owned())?;
        }
        Ok(())
    }

    /// The place of the cell whose record this is.
    fn cell(&mut self) -> In {
        self.cell_of(1)
    }

    /// The same where the row stands `step` numbers before the column.
    fn cell_of(&mut self, step: usize) -> In {
        let row = u64::from(short_at(&self.records.bytes, 0)) + 1;
        let column = u64::from(short_at(&self.records.bytes, step * 2)) + 1;
        if row != self.last.0 {
            self.text.push(b"\n");
        }
        self.last = (row, column);
        In::Cell(place_of(row, column))
    }

    /// Reads a string behind its length of two bytes.
    fn counted(&mut self) -> Result<(), Failure> {
        self.line.clear();
        let Some(count) = self.records.short()? else { return Ok(()) };
        self.string(usize::from(count))
    }

    /// Reads a string behind its length of one byte.
    fn short_counted(&mut self) -> Result<(), Failure> {
        self.line.clear();
        let Some(count) = self.records.byte()? else { return Ok(()) };
        self.string(usize::from(count))
    }

    fn string(&mut self, count: usize) -> Result<(), Failure> {
        if self.version == VERSION_8 {
            self.records.string(count, true, &mut self.line)?;
        } else {
            let rest = self.records.rest();
            push_narrow(rest.get(..count).unwrap_or(rest), &mut self.line);
        }
        Ok(())
    }

    /// The text of an object: in the records that go on with this one.
    fn object_text(&mut self) -> Result<(), Failure> {
        let count = usize::from(short_at(&self.records.bytes, 10));
        self.records.seek(usize::MAX);
        self.line.clear();
        if count > 0 {
            self.records.string(count, false, &mut self.line)?;
        }
        if self.noted + self.line.len() > MOST_NOTES {
            self.push(In::Drawing);
            return Ok(());
        }
        self.noted += self.line.len();
        let before = self.notes.insert(self.object, std::mem::take(&mut self.line));
        if let Some(before) = before {
            self.line = before;
            self.push(In::Drawing);
        }
        Ok(())
    }

    /// Says of which cell an object's text speaks; in older files the text stands here.
    fn note(&mut self) -> Result<(), Failure> {
        let row = u64::from(short_at(&self.records.bytes, 0)) + 1;
        let column = u64::from(short_at(&self.records.bytes, 2)) + 1;
        let place = In::Comment(place_of(row, column));
        if self.version != VERSION_8 {
            self.records.seek(6);
            self.line.clear();
            push_narrow(self.records.rest(), &mut self.line);
            self.push(place);
            return Ok(());
        }
        let object = short_at(&self.records.bytes, 6);
        if let Some(text) = self.notes.remove(&object) {
            self.noted -= text.len();
            self.line = text;
            self.push(place);
        }
        // its author
        self.plain(place);
        Ok(())
    }

    /// Puts the pictures together: they go on from record to record.
    fn gather_pictures(&mut self) -> Result<(), Failure> {
        loop {
            let more = self.records.bytes.len() as u64;
            let room = self.pictures.len() as u64 + more <= MOST_PICTURES;
            if !room || self.held.grow(more * 2).is_err() {
                self.more_pictures = true;
                return Ok(());
            }
            self.pictures.extend_from_slice(&self.records.bytes);
            if !self.records.go_on()? {
                return Ok(());
            }
        }
    }

    /// Adds whatever text the record holds.
    fn plain(&mut self, place: In) {
        self.text.mark(place.place());
        plain::push(&self.records.bytes, &mut self.text);
    }

    /// Adds the string that was read.
    fn push(&mut self, place: In) {
        if !self.line.is_empty() {
            self.text.mark(place.place());
            self.text.push(&self.line);
            self.text.push(if matches!(place, In::Cell(1..)) { b"\t" } else { b"\n" });
        }
        self.line.clear();
    }

    fn end_sheet(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let mut notes: Vec<(u16, Vec<u8>)> = std::mem::take(&mut self.notes).into_iter().collect();
        notes.sort_unstable();
        for (_, note) in notes {
            self.line = note;
            self.push(In::Drawing);
        }
        self.noted = 0;
        self.last = (0, 0);
        self.show(inside)
    }

    fn show(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let Self { text, sheet, .. } = self;
        inside.text(text, &|place| name(sheet, place))
    }
}
