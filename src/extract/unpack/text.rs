//! Text that a reader took out of a document, with the way back to where it stands there.

use crate::extract::position::Position;

/// More text than this is shown before more is gathered.
pub const ENOUGH: usize = 64 * 1024;

/// Text, and what each stretch of it is.
#[derive(Debug, Clone, Default)]
pub struct Text {
    /// The text as a person sees it.
    pub bytes: Vec<u8>,
    marks: Vec<Mark>,
    positioned: bool,
    uncertain: bool,
}

/// From `offset` on, the text belongs to the place with this number.
#[derive(Debug, Clone, Copy)]
struct Mark {
    offset: usize,
    place: u64,
    position: Position,
    /// Whether the text stands there in base64.
    base64: bool,
}

impl Text {
    /// Text without places of its own.
    pub fn of(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }

    /// What is added from now on stands at the place `place`, a number that the reader names
    /// when the text is shown.
    pub fn mark(&mut self, place: u64) {
        if self.marks.last().is_none_or(|mark| mark.place != place) {
            let position = Position::default();
            self.marks.push(Mark { offset: self.bytes.len(), place, position, base64: false });
        }
    }

    /// What is added from now on stands at `place`, and its first character at `position` of the
    /// document that the text was taken from. All text is positioned, or none.
    pub fn mark_at(&mut self, place: u64, position: Position) {
        self.positioned = true;
        self.marks.push(Mark { offset: self.bytes.len(), place, position, base64: false });
    }

    /// The same for text that stands there in base64, on one line from `position` on.
    pub fn mark_base64(&mut self, place: u64, position: Position) {
        self.positioned = true;
        self.marks.push(Mark { offset: self.bytes.len(), place, position, base64: true });
    }

    /// Adds text.
    pub fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
    }

    /// Whether there is enough of it to be shown.
    pub fn is_enough(&self) -> bool {
        self.bytes.len() >= ENOUGH
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Forgets the text, keeping the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.marks.clear();
        self.positioned = false;
        self.uncertain = false;
    }

    /// Says that some of its characters may be others: it was read from a picture.
    pub fn set_uncertain(&mut self) {
        self.uncertain = true;
    }

    /// Whether some of its characters may be others.
    pub fn is_uncertain(&self) -> bool {
        self.uncertain
    }

    /// Whether lines and columns mean something in the document that the text was taken from.
    pub fn is_positioned(&self) -> bool {
        self.positioned
    }

    /// The place that the byte at `offset` belongs to.
    pub fn place(&self, offset: usize) -> Option<u64> {
        self.mark_of(offset).map(|mark| mark.place)
    }

    /// Where the byte at `offset` stands, for text that is positioned.
    pub fn position(&self, offset: usize) -> Position {
        let Some(mark) = self.mark_of(offset) else {
            return Position::default();
        };
        let between = self.bytes.get(mark.offset..offset).unwrap_or_default();
        if mark.base64 {
            let column = mark.position.column + between.len() as u64 * 4 / 3;
            return Position { column, ..mark.position };
        }
        mark.position.advance(between)
    }

    /// Where what ends with the character at `offset` ends.
    pub fn end(&self, offset: usize) -> Position {
        let mut end = self.position(offset);
        end.column += match self.mark_of(offset) {
            // the character of base64 that holds the last bit
            Some(mark) if mark.base64 => {
                let at = (offset - mark.offset) as u64;
                ((at + 1) * 4).div_ceil(3) - at * 4 / 3
            }
            _ => 1,
        };
        end
    }

    fn mark_of(&self, offset: usize) -> Option<&Mark> {
        let after = self.marks.partition_point(|mark| mark.offset <= offset);
        self.marks.get(after.checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_way_back() {
        let mut text = Text::default();
        text.mark_at(3, Position { line: 7, column: 5 });
        text.push(b"ab\xc3\xa9");
        text.mark_at(3, Position { line: 9, column: 2 });
        text.push(b"cd");
        assert_eq!(text.position(4), Position { line: 9, column: 2 });
        assert_eq!(text.position(5), Position { line: 9, column: 3 });
        assert_eq!(text.position(2), Position { line: 7, column: 7 });
        assert_eq!(text.place(5), Some(3));
        assert!(text.is_positioned());
        let mut cells = Text::default();
        assert_eq!(cells.place(0), None);
        for cell in 0..3 {
            cells.mark(cell);
            cells.push(b"x\t");
        }
        assert_eq!((cells.place(1), cells.place(4), cells.place(99)), (Some(0), Some(2), Some(2)));
    }
}
