//! Lines and columns, 1-based. A line ends at `\n`; a column is a Unicode scalar value of the
//! decoded text, where each invalid sequence of UTF-8 counts as the one replacement character
//! that a reader sees.

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// 1-based line.
    pub line: u64,
    /// 1-based column, in Unicode scalar values.
    pub column: u64,
}

impl Default for Position {
    fn default() -> Self {
        Self { line: 1, column: 1 }
    }
}

impl Position {
    /// The position after `bytes`, when this one is the position of their first byte.
    #[must_use]
    pub fn advance(self, bytes: &[u8]) -> Self {
        let newlines = memchr::memchr_iter(b'\n', bytes).count() as u64;
        if newlines == 0 {
            return Self { line: self.line, column: self.column + scalars(bytes) };
        }
        let last = memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1);
        Self { line: self.line + newlines, column: 1 + scalars(&bytes[last..]) }
    }
}

/// How many Unicode scalar values a reader sees in `bytes`.
pub fn scalars(bytes: &[u8]) -> u64 {
    // most text is ASCII, which is told several times faster than UTF-8 is decoded
    if bytes.is_ascii() {
        return bytes.len() as u64;
    }
    let mut count = 0;
    for chunk in bytes.utf8_chunks() {
        // in valid UTF-8 every scalar value has exactly one byte that is not a continuation
        let valid = chunk.valid().as_bytes();
        count += valid.iter().filter(|byte| **byte & 0xc0 != 0x80).count() as u64;
        count += u64::from(!chunk.invalid().is_empty());
    }
    count
}

/// The nearest offset at or before `at` that does not cut a UTF-8 sequence in two.
pub fn floor_boundary(bytes: &[u8], at: usize) -> usize {
    let mut cut = at.min(bytes.len());
    for _ in 0..3 {
        if cut == 0 || cut >= bytes.len() || bytes[cut] & 0xc0 != 0x80 {
            break;
        }
        cut -= 1;
    }
    cut
}

/// Walks forward through one text, so that many positions cost one pass.
#[derive(Debug, Clone)]
pub struct Walker<'a> {
    bytes: &'a [u8],
    offset: usize,
    position: Position,
}

impl<'a> Walker<'a> {
    /// Starts at the first byte of `bytes`, whose position is `start`.
    pub fn new(bytes: &'a [u8], start: Position) -> Self {
        Self { bytes, offset: 0, position: start }
    }

    /// The position of the byte at `offset`; offsets must not go back.
    pub fn at(&mut self, offset: usize) -> Position {
        if offset > self.offset {
            self.position = self.position.advance(&self.bytes[self.offset..offset]);
            self.offset = offset;
        }
        self.position
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_a_reader_sees() {
        assert_eq!(scalars("aé€😀".as_bytes()), 4);
        assert_eq!(scalars(b"caf\xe9 x"), 6);
        assert_eq!(scalars(b"\xff\xfe\x80"), 3);
        assert_eq!(scalars(b"\xe2\x82 "), 2, "a cut euro sign is one replacement character");
    }

    #[test]
    fn advances_over_lines() {
        let start = Position { line: 3, column: 5 };
        assert_eq!(start.advance(b"ab"), Position { line: 3, column: 7 });
        assert_eq!(start.advance(b"ab\r\n\xc3\xa9x"), Position { line: 4, column: 3 });
        assert_eq!(start.advance(b"\n"), Position { line: 4, column: 1 });
    }
}
