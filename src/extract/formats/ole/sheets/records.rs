//! The records of Excel's binary files, one after the other, and strings that go on in the records
//! behind them. [MS-XLS] 2.1.4, 2.5.293.

use std::io::{self, Read};

use super::super::compound::{u16_at, u32_at};

/// A record that goes on with what the one before it began.
const CONTINUE: u16 = 0x003c;

/// Reads records from a stream.
pub(super) struct Records<'r> {
    stream: &'r mut dyn Read,
    /// Where the stream is.
    offset: u64,
    /// The kind and the size of the record that comes next.
    header: Option<(u16, u16)>,
    /// What the present record is, where it begins, and its bytes.
    pub(super) kind: u16,
    pub(super) begin: u64,
    pub(super) bytes: Vec<u8>,
    at: usize,
}

impl<'r> Records<'r> {
    pub(super) fn new(stream: &'r mut dyn Read) -> Self {
        Self { stream, offset: 0, header: None, kind: 0, begin: 0, bytes: Vec::new(), at: 0 }
    }

    /// Goes to the next record; answers whether there is one.
    pub(super) fn next(&mut self) -> io::Result<bool> {
        let Some((kind, size)) = self.header()? else { return Ok(false) };
        self.kind = kind;
        self.begin = self.offset - 4;
        self.load(size)?;
        Ok(true)
    }

    /// Reads the header of the record that comes next.
    fn header(&mut self) -> io::Result<Option<(u16, u16)>> {
        if self.header.is_none() {
            let mut header = Vec::with_capacity(4);
            self.stream.take(4).read_to_end(&mut header)?;
            self.offset += header.len() as u64;
            match header.len() {
                4 => self.header = Some((u16_at(&header, 0), u16_at(&header, 2))),
                // the end, behind which some programs leave zeros
                _ if header.iter().all(|byte| *byte == 0) => {}
                _ => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        Ok(self.header)
    }

    /// Reads the bytes of the record whose header was read.
    fn load(&mut self, size: u16) -> io::Result<()> {
        self.header = None;
        self.at = 0;
        self.bytes.clear();
        let count = self.stream.take(u64::from(size)).read_to_end(&mut self.bytes)?;
        self.offset += count as u64;
        if count < usize::from(size) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    /// Goes on in the record behind this one, if that goes on with it.
    pub(super) fn go_on(&mut self) -> io::Result<bool> {
        match self.header()? {
            Some((CONTINUE, size)) => self.load(size).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Goes to the byte at `at` of the record.
    pub(super) fn seek(&mut self, at: usize) {
        self.at = at.min(self.bytes.len());
    }

    /// The bytes of the record that have not been read.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next `count` bytes at most, not beyond the end of a record; none if there are none.
    fn some(&mut self, count: usize) -> io::Result<&[u8]> {
        while self.rest().is_empty() {
            if !self.go_on()? {
                return Ok(&[]);
            }
        }
        let begin = self.at;
        self.at = begin.saturating_add(count).min(self.bytes.len());
        Ok(self.bytes.get(begin..self.at).unwrap_or_default())
    }

    /// The next byte, as a number.
    pub(super) fn byte(&mut self) -> io::Result<Option<u8>> {
        Ok(self.some(1)?.first().copied())
    }

    /// The next two bytes, as a number.
    pub(super) fn short(&mut self) -> io::Result<Option<u16>> {
        let Some(low) = self.byte()? else { return Ok(None) };
        Ok(self.byte()?.map(|high| u16::from_le_bytes([low, high])))
    }

    /// The next four bytes, as a number.
    pub(super) fn long(&mut self) -> io::Result<Option<u32>> {
        let Some(low) = self.short()? else { return Ok(None) };
        Ok(self.short()?.map(|high| u32::from(high) << 16 | u32::from(low)))
    }

    /// Skips bytes.
    fn skip(&mut self, mut count: u64) -> io::Result<()> {
        while count > 0 {
            let skipped = self.some(usize::try_from(count).unwrap_or(usize::MAX))?.len();
            if skipped == 0 {
                return Ok(());
            }
            count -= skipped as u64;
        }
        Ok(())
    }

    /// Reads a string of `count` characters behind its flags, which say how wide they are; and
    /// with `rich`, what may stand behind its characters. Answers whether it was there.
    pub(super) fn string(
        &mut self,
        count: usize,
        rich: bool,
        into: &mut Vec<u8>,
    ) -> io::Result<bool> {
        let Some(flags) = self.byte()? else { return Ok(false) };
        let mut behind = 0;
        if rich && flags & 8 != 0 {
            behind += u64::from(self.short()?.unwrap_or(0)) * 4;
        }
        if rich && flags & 4 != 0 {
            behind += u64::from(self.long()?.unwrap_or(0));
        }
        self.characters(count, flags & 1 != 0, into)?;
        self.skip(behind)?;
        Ok(true)
    }

    /// Reads `count` characters. Where they go on in another record, that says anew how wide
    /// they are.
    fn characters(
        &mut self,
        mut count: usize,
        mut wide: bool,
        into: &mut Vec<u8>,
    ) -> io::Result<()> {
        while count > 0 {
            if self.rest().is_empty() {
                if !self.go_on()? {
                    return Ok(());
                }
                if let Some(flags) = self.byte()? {
                    wide = flags & 1 != 0;
                }
                // there may be no more of it than that
                continue;
            }
            let width = if wide { 2 } else { 1 };
            let part = self.some(count * width)?;
            let read = part.len().div_ceil(width);
            if wide {
                let units = part.chunks_exact(2).map(|unit| u16_at(unit, 0));
                push_units(units, into);
            } else {
                push_narrow(part, into);
            }
            count = count.saturating_sub(read.max(1));
        }
        Ok(())
    }
}

/// Adds characters of UTF-16.
pub(super) fn push_units(units: impl Iterator<Item = u16>, into: &mut Vec<u8>) {
    for c in char::decode_utf16(units) {
        let c = c.unwrap_or('\u{fffd}');
        into.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// Adds the lower halves of characters of UTF-16 whose upper halves are 0.
pub(super) fn push_narrow(bytes: &[u8], into: &mut Vec<u8>) {
    if bytes.is_ascii() {
        into.extend_from_slice(bytes);
    } else {
        push_units(bytes.iter().map(|byte| u16::from(*byte)), into);
    }
}

/// The strings in a formula: each behind its mark, its length and its width, or only its length
/// in older files. What else a formula says is not told apart, so a mark may be none.
pub(super) fn formula_strings(formula: &[u8], flags: bool, into: &mut Vec<u8>) {
    const MARK: u8 = 0x17;
    let mut rest = formula;
    while let Some(at) = memchr::memchr(MARK, rest) {
        rest = rest.get(at + 1..).unwrap_or_default();
        let head = if flags { 2 } else { 1 };
        let Some((head, behind)) = rest.split_at_checked(head) else { return };
        let count = head.first().map_or(0, |count| usize::from(*count));
        let wide = match head.get(1) {
            None | Some(0) => false,
            Some(1) => true,
            Some(_) => continue,
        };
        let Some(text) = behind.get(..count * if wide { 2 } else { 1 }) else { continue };
        let before = into.len();
        if wide {
            push_units(text.chunks_exact(2).map(|unit| u16_at(unit, 0)), into);
        } else {
            push_narrow(text, into);
        }
        if count == 0
            || into.get(before..).is_some_and(|text| text.iter().any(u8::is_ascii_control))
        {
            into.truncate(before);
            continue;
        }
        into.push(b'\t');
        rest = behind.get(text.len()..).unwrap_or_default();
    }
}

/// The number of four bytes at `at` of a record.
pub(super) fn long_at(record: &[u8], at: usize) -> u32 {
    u32_at(record, at)
}

/// The number of two bytes at `at` of a record.
pub(super) fn short_at(record: &[u8], at: usize) -> u16 {
    u16_at(record, at)
}
