//! Text that a reader took out of a document, with the way back to where it stands there.

use crate::extract::position::{Position, scalars};

/// More text than this is shown before more is gathered.
pub const ENOUGH: usize = 64 * 1024;

/// Text, and what each stretch of it is.
#[derive(Debug, Clone, Default)]
pub struct Text {
    /// The text as a person sees it.
    pub bytes: Vec<u8>,
    marks: Vec<Mark>,
    shifts: Vec<Shift>,
    positioned: bool,
    uncertain: bool,
    once: bool,
    if_new: bool,
}

/// From `offset` on, the text belongs to the place with this number.
#[derive(Debug, Clone, Copy)]
struct Mark {
    offset: usize,
    place: u64,
    position: Position,
    written: Written,
}

/// How text stands in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// As it is.
    Plain,
    /// In base64, on one line.
    Base64,
    /// On one line, with characters between its own: of escapes, or left out.
    Shifted,
}

/// From `offset` of the text on, it stands so many columns further than its characters say that
/// stand between it and the last mark.
#[derive(Debug, Clone, Copy)]
struct Shift {
    offset: u32,
    columns: u32,
}

impl Text {
    /// How much memory it takes to know of a [`Text::shift`].
    pub const SHIFT: usize = size_of::<Shift>();
    /// How much memory it takes to know of a place or a position.
    pub const MARK: usize = size_of::<Mark>();

    /// Text without places of its own.
    pub fn of(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }

    /// What is added from now on stands at the place `place`, a number that the reader names
    /// when the text is shown.
    pub fn mark(&mut self, place: u64) {
        if self.marks.last().is_none_or(|mark| mark.place != place) {
            self.set_mark(place, Position::default(), Written::Plain);
        }
    }

    /// What is added from now on stands at `place`, and its first character at `position` of the
    /// document that the text was taken from. All text is positioned, or none.
    pub fn mark_at(&mut self, place: u64, position: Position) {
        self.positioned = true;
        self.set_mark(place, position, Written::Plain);
    }

    /// The same for text that stands there in base64, on one line from `position` on.
    pub fn mark_base64(&mut self, place: u64, position: Position) {
        self.positioned = true;
        self.set_mark(place, position, Written::Base64);
    }

    /// The same for text that stands there on one line, with other characters between its own: as
    /// many as [`Text::shift`] is told of.
    pub fn mark_written(&mut self, place: u64, position: Position) {
        self.positioned = true;
        self.set_mark(place, position, Written::Shifted);
    }

    /// Between what was added last and what is added next stand `columns` characters of the
    /// document.
    pub fn shift(&mut self, columns: usize) {
        if columns == 0 {
            return;
        }
        let mark = self.marks.last().map_or(0, |mark| mark.offset);
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let offset = narrow(self.bytes.len());
        let before = self.shifts.last().filter(|shift| shift.offset as usize >= mark);
        let columns = before.map_or(0, |shift| shift.columns).saturating_add(narrow(columns));
        match self.shifts.last_mut() {
            Some(last) if last.offset == offset => last.columns = columns,
            _ => self.shifts.push(Shift { offset, columns }),
        }
    }

    fn set_mark(&mut self, place: u64, position: Position, written: Written) {
        let offset = self.bytes.len();
        // nothing was added since the last one
        while self.shifts.last().is_some_and(|shift| shift.offset as usize >= offset) {
            self.shifts.pop();
        }
        self.marks.push(Mark { offset, place, position, written });
    }

    /// A secret that stands in this text more than once is told once, where it stands first: the
    /// document says the same in more than one way.
    pub fn tell_once(&mut self) {
        self.once = true;
    }

    /// Whether a secret is told once.
    pub fn is_told_once(&self) -> bool {
        self.once
    }

    /// A secret that was told of the same document already is not told again: what is read last
    /// says in other words what has a better name.
    pub fn tell_if_new(&mut self) {
        self.if_new = true;
    }

    /// Whether a secret is told only where the document's other texts had none of it.
    pub fn is_told_if_new(&self) -> bool {
        self.if_new
    }

    /// Adds another text, with all that is known of it.
    pub fn append(&mut self, other: &Text) {
        let offset = self.bytes.len();
        self.positioned |= other.positioned;
        self.marks
            .extend(other.marks.iter().map(|mark| Mark { offset: mark.offset + offset, ..*mark }));
        let more = u32::try_from(offset).unwrap_or(u32::MAX);
        self.shifts.extend(
            other
                .shifts
                .iter()
                .map(|shift| Shift { offset: shift.offset.saturating_add(more), ..*shift }),
        );
        self.bytes.extend_from_slice(&other.bytes);
    }

    /// Makes room for so many bytes and shifts, and no more.
    pub fn reserve(&mut self, bytes: usize, shifts: usize) {
        self.bytes.reserve_exact(bytes);
        self.shifts.reserve_exact(shifts);
    }

    /// How much memory it takes.
    pub fn memory(&self) -> usize {
        self.bytes.capacity()
            + self.marks.capacity() * Self::MARK
            + self.shifts.capacity() * Self::SHIFT
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
        self.shifts.clear();
        self.positioned = false;
        self.uncertain = false;
        self.once = false;
        self.if_new = false;
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
        let columns = match mark.written {
            Written::Plain => return mark.position.advance(between),
            Written::Base64 => between.len() as u64 * 4 / 3,
            Written::Shifted => scalars(between) + self.shifted(mark.offset, offset),
        };
        Position { column: mark.position.column + columns, ..mark.position }
    }

    /// By how many columns what stands at `offset` is shifted, where `mark` is the last mark.
    fn shifted(&self, mark: usize, offset: usize) -> u64 {
        let after = self.shifts.partition_point(|shift| shift.offset as usize <= offset);
        let last = after.checked_sub(1).and_then(|at| self.shifts.get(at));
        last.filter(|shift| shift.offset as usize >= mark).map_or(0, |shift| shift.columns.into())
    }

    /// Where what ends with the character at `offset` ends.
    pub fn end(&self, offset: usize) -> Position {
        let mut end = self.position(offset);
        end.column += match self.mark_of(offset) {
            // the character of base64 that holds the last bit
            Some(mark) if mark.written == Written::Base64 => {
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
