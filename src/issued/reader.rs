//! Cuts the report into rows, a batch at a time. No row takes more memory than [`LONGEST_ROW`] and
//! [`MOST_COLUMNS`] allow, whatever the file holds; one that does not fit is told and passed over.

use std::io::{self, Read};
use std::ops::Range;

use csv_core::ReadRecordResult;
use thiserror::Error;

use super::columns::{Column, Columns, HeaderError};
use super::row::{Kinds, Row};
use super::text::Text;

/// The longest row that is read, in bytes of UTF-8.
pub const LONGEST_ROW: usize = 64 * 1024;
/// The most columns that a row may have.
pub const MOST_COLUMNS: usize = 256;

/// How much text makes a batch, in bytes.
const BATCH: usize = 512 * 1024;

/// A report that can't be read.
#[derive(Debug, Error)]
pub enum ReportError {
    /// Its bytes can't be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// There is nothing in it.
    #[error("the report is empty: not even a line with the columns' names is there")]
    Empty,
    /// Its first line is no line of names.
    #[error(
        "this is no report of issued tokens: its first line is longer than 64 KiB or has more than 256 columns"
    )]
    NoHeader,
    /// Columns are missing.
    #[error(transparent)]
    Header(#[from] HeaderError),
}

/// A row that can't be read, or a cell of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The line on which the row begins, counted from 1.
    pub line: u64,
    /// What is wrong, in one sentence.
    pub message: String,
}

/// Where a row stands in its batch.
#[derive(Debug, Clone)]
struct Record {
    line: u64,
    /// Where its text stands in `raw`.
    raw: (usize, usize),
    /// Where each known column's cell stands in `cells`.
    cells: [(u32, u32); Column::COUNT],
}

/// Rows that were read together.
#[derive(Debug, Default)]
pub struct Batch {
    raw: Vec<u8>,
    cells: Vec<u8>,
    records: Vec<Record>,
    /// The rows that could not be read, in order.
    pub malformed: Vec<Malformed>,
}

impl Batch {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The row at `index`.
    pub fn row<'b>(&'b self, index: usize, columns: &Columns, kinds: &Kinds) -> Option<Row<'b>> {
        let record = self.records.get(index)?;
        let cell = |column: Column| {
            let (start, end) = record.cells.get(column as usize).copied().unwrap_or_default();
            let cell = self.cells.get(start as usize..end as usize).unwrap_or_default();
            // cut at ASCII characters out of text that is known to be UTF-8
            std::str::from_utf8(cell).unwrap_or_default().trim()
        };
        Some(Row::new(record.line, cell, columns, kinds))
    }

    /// The text of the row at `index`, as it stands in the file, without its line end.
    pub fn text(&self, index: usize) -> &str {
        let Some(record) = self.records.get(index) else { return "" };
        let raw = self.raw.get(record.raw.0..record.raw.1).unwrap_or_default();
        std::str::from_utf8(raw).unwrap_or_default().trim_end_matches(['\r', '\n'])
    }
}

/// Reads a report.
pub struct Reader<R> {
    text: Text<R>,
    core: csv_core::Reader,
    columns: Columns,
    delimiter: u8,
    /// Text that is not cut yet.
    buffer: Vec<u8>,
    /// The line that it begins on.
    line: u64,
    at_end: bool,
    /// Whether the rest of a row that was too long is passed over, up to the line's end.
    skips: bool,
    output: Vec<u8>,
    ends: Vec<usize>,
}

/// What became of a row.
enum Cut {
    /// It takes this much of the text, and has this many cells.
    Row {
        taken: usize,
        cells: usize,
    },
    TooLong,
    TooWide,
}

impl<R: Read> Reader<R> {
    /// Begins to read: finds the columns by the first line.
    ///
    /// # Errors
    ///
    /// If it can't be read, is empty, or lacks one of the columns that are `needed`.
    pub fn new(source: R, needed: &[Column]) -> Result<Self, ReportError> {
        let mut reader = Self {
            text: Text::new(source),
            core: csv_core::Reader::new(),
            columns: Columns::find(std::iter::empty(), &[])?,
            delimiter: b',',
            buffer: Vec::new(),
            line: 1,
            at_end: false,
            skips: false,
            output: vec![0; LONGEST_ROW],
            ends: vec![0; MOST_COLUMNS],
        };
        reader.fill()?;
        let blank = reader.blank(0);
        reader.drop_front(blank);
        if reader.buffer.is_empty() {
            return Err(ReportError::Empty);
        }
        // spreadsheets write other delimiters in some countries, and tabs in UTF-16
        let mut best: Option<(usize, u8, usize)> = None;
        for delimiter in [b',', b';', b'\t'] {
            reader.delimit(delimiter);
            if let Cut::Row { taken, cells } = reader.cut(0) {
                let known = reader.header(cells, &[])?.known();
                if best.is_none_or(|(most, ..)| known > most) {
                    best = Some((known, delimiter, taken));
                }
            }
        }
        let Some((_, delimiter, _)) = best else { return Err(ReportError::NoHeader) };
        reader.delimit(delimiter);
        let Cut::Row { taken, cells } = reader.cut(0) else { return Err(ReportError::NoHeader) };
        reader.columns = reader.header(cells, needed)?;
        reader.drop_front(taken);
        Ok(reader)
    }

    /// Where the columns stand.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Where the cell of `column` stands in a row's text, with its quotation marks; `None` where
    /// the report has none, or the cell begins on a later line than the row.
    pub fn cell(&self, text: &str, column: Column) -> Option<Range<usize>> {
        let place = self.columns.place(column)?;
        let bytes = text.as_bytes();
        let mut start = 0;
        for number in 0.. {
            let rest = bytes.get(start..)?;
            let end = start + cell_length(rest, self.delimiter);
            if number == place {
                return Some(start..end);
            }
            if bytes.get(start..end)?.contains(&b'\n') || end >= bytes.len() {
                return None;
            }
            start = end + 1;
        }
        None
    }

    /// How many bytes were read so far.
    pub fn bytes(&self) -> u64 {
        self.text.bytes
    }

    /// Whether something could not be decoded so far: it stands as U+FFFD in the rows.
    pub fn has_faults(&self) -> bool {
        self.text.has_faults
    }

    /// The next rows; `None` at the end.
    ///
    /// # Errors
    ///
    /// If the report can't be read any further.
    pub fn next_batch(&mut self) -> io::Result<Option<Batch>> {
        let mut batch = Batch::default();
        loop {
            self.fill()?;
            if self.buffer.is_empty() {
                break;
            }
            let mut at = 0;
            while let Some(next) = self.next_row(at, &mut batch) {
                at = next;
            }
            let rest = self.buffer.split_off(at.min(self.buffer.len()));
            batch.raw = std::mem::replace(&mut self.buffer, rest);
            if !batch.records.is_empty() || !batch.malformed.is_empty() {
                return Ok(Some(batch));
            }
        }
        Ok(None)
    }

    /// Cuts the row at `at`; answers where the next one begins, or `None` where more text is
    /// needed to tell.
    fn next_row(&mut self, at: usize, batch: &mut Batch) -> Option<usize> {
        if self.skips {
            let rest = self.buffer.get(at..).unwrap_or_default();
            let Some(end) = memchr::memchr(b'\n', rest) else {
                return (!rest.is_empty()).then_some(self.buffer.len());
            };
            self.skips = false;
            self.line += 1;
            return Some(at + end + 1);
        }
        let blank = self.blank(at);
        self.line += lines(self.buffer.get(at..at + blank).unwrap_or_default());
        let at = at + blank;
        let left = self.buffer.len() - at;
        if left == 0 || left < LONGEST_ROW && !self.at_end {
            // what is blank is done with all the same
            return (blank > 0).then_some(at);
        }
        let line = self.line;
        let mut malformed = |message: String| batch.malformed.push(Malformed { line, message });
        let (taken, cells) = match self.cut(at) {
            Cut::Row { taken, cells } => (taken, cells),
            Cut::TooLong => {
                malformed(format!(
                    "this row is longer than {} KiB; is a quotation mark not closed?",
                    LONGEST_ROW >> 10
                ));
                self.skips = true;
                return Some(at);
            }
            Cut::TooWide => {
                malformed(format!("this row has more than {MOST_COLUMNS} cells"));
                self.skips = true;
                return Some(at);
            }
        };
        let count = lines(self.buffer.get(at..at + taken).unwrap_or_default());
        self.line += count;
        let written = self.ends.get(cells.saturating_sub(1)).copied().unwrap_or(0);
        let output = self.output.get(..written).unwrap_or_default();
        let cell = |index: usize| {
            let start = index.checked_sub(1).and_then(|before| self.ends.get(before));
            (start.copied().unwrap_or(0), self.ends.get(index).copied().unwrap_or(0))
        };
        let is_blank =
            |index: usize| output.get(cell(index).0..cell(index).1).is_none_or(is_blank_text);
        if (0..cells).all(is_blank) {
            return Some(at + taken);
        }
        let width = self.columns.width;
        if cells < width || !(width..cells).all(is_blank) {
            let over = match count {
                0 | 1 => String::new(),
                count => format!(" and runs over {count} lines; is a quotation mark not closed"),
            };
            malformed(format!(
                "this row has {cells} {}, and the first line names {width} columns{over}",
                if cells == 1 { "cell" } else { "cells" }
            ));
            return Some(at + taken);
        }
        let base = batch.cells.len();
        batch.cells.extend_from_slice(output);
        let mut record = Record { line, raw: (at, at + taken), cells: Default::default() };
        for column in Column::all() {
            if let Some(place) = self.columns.place(column)
                && let Some(slot) = record.cells.get_mut(column as usize)
            {
                let (start, end) = cell(place);
                let whole = |at: usize| u32::try_from(base + at).unwrap_or(0);
                *slot = (whole(start), whole(end));
            }
        }
        batch.records.push(record);
        Some(at + taken)
    }

    fn delimit(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
        self.core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
    }

    /// Cuts the row that begins at `at` into `output` and `ends`.
    fn cut(&mut self, at: usize) -> Cut {
        let end = self.buffer.len().min(at + LONGEST_ROW);
        let input = self.buffer.get(at..end).unwrap_or_default();
        let (mut result, taken, written, mut cells) =
            self.core.read_record(input, &mut self.output, &mut self.ends);
        if result == ReadRecordResult::InputEmpty && self.at_end && end == self.buffer.len() {
            // the last row may have no line end
            let (last, _, _, further) = self.core.read_record(
                &[],
                self.output.get_mut(written..).unwrap_or_default(),
                self.ends.get_mut(cells..).unwrap_or_default(),
            );
            (result, cells) = (last, cells + further);
        }
        // the state of one row is nothing to the next
        self.core.reset();
        match result {
            ReadRecordResult::Record => Cut::Row { taken, cells },
            ReadRecordResult::OutputEndsFull => Cut::TooWide,
            _ => Cut::TooLong,
        }
    }

    fn header(&self, cells: usize, needed: &[Column]) -> Result<Columns, HeaderError> {
        let mut start = 0;
        let names = self.ends.iter().take(cells).map(|end| {
            let name = self.output.get(start..*end).unwrap_or_default();
            start = *end;
            std::str::from_utf8(name).unwrap_or_default()
        });
        Columns::find(names, needed)
    }

    /// How many line ends follow `at`.
    fn blank(&self, at: usize) -> usize {
        let rest = self.buffer.get(at..).unwrap_or_default();
        rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count()
    }

    fn drop_front(&mut self, count: usize) {
        self.line += lines(self.buffer.get(..count).unwrap_or_default());
        self.buffer.drain(..count.min(self.buffer.len()));
    }

    /// Reads on until there is text for a batch.
    fn fill(&mut self) -> io::Result<()> {
        let target = BATCH + LONGEST_ROW;
        let mut length = self.buffer.len();
        if self.at_end || length >= target {
            return Ok(());
        }
        self.buffer.resize(target, 0);
        let read = loop {
            let Some(room) = self.buffer.get_mut(length..).filter(|room| room.len() >= 16) else {
                break Ok(());
            };
            match self.text.read(room) {
                Ok(0) => {
                    self.at_end = true;
                    break Ok(());
                }
                Ok(count) => length += count,
                Err(error) => break Err(error),
            }
        };
        self.buffer.truncate(length);
        read
    }
}

/// How long the cell at the beginning of `text` is.
fn cell_length(text: &[u8], delimiter: u8) -> usize {
    let has_marks = text.first() == Some(&b'"');
    let mut quoted = has_marks;
    let mut before = 0;
    for (at, byte) in text.iter().enumerate().skip(usize::from(has_marks)) {
        let follows_mark = std::mem::replace(&mut before, *byte) == b'"';
        match byte {
            // a doubled one ends the quotation and begins it again
            b'"' if quoted => quoted = false,
            b'"' if has_marks && follows_mark => quoted = true,
            byte if *byte == delimiter && !quoted => return at,
            _ => {}
        }
    }
    text.len()
}

fn lines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

fn is_blank_text(cell: &[u8]) -> bool {
    cell.iter().all(u8::is_ascii_whitespace)
}
