//! What the readers of tables have in common: the names of cells, and the strings that cells share.

use crate::extract::unpack::budget::{Bound, Held};
use crate::extract::unpack::{Failure, Inside};

/// How many columns a place's number has room for.
const COLUMNS: u64 = 1 << 24;

/// The number of the place of a cell, for [`name_in`]; rows and columns begin at 1.
pub(super) fn place_of(row: u64, column: u64) -> u64 {
    row.saturating_mul(COLUMNS).saturating_add(column.min(COLUMNS - 1))
}

/// What people call the cell at `place`: `cell B4`, or nothing for what belongs to no cell.
pub(super) fn cell_name(place: u64) -> Option<String> {
    let (row, mut column) = (place / COLUMNS, place % COLUMNS);
    if row == 0 || column == 0 {
        return None;
    }
    let mut letters = Vec::new();
    while column > 0 {
        column -= 1;
        letters.push(b'A' + (column % 26) as u8);
        column /= 26;
    }
    letters.reverse();
    Some(format!("cell {}{row}", String::from_utf8_lossy(&letters)))
}

/// Names a place in `sheet`; other readers of tables count cells in the same way.
pub(super) fn name_in(sheet: &str, place: u64) -> String {
    match cell_name(place) {
        Some(cell) => format!("{sheet}, {cell}"),
        None => sheet.to_owned(),
    }
}

/// The place that `B4` names.
pub(super) fn parse_cell(name: &[u8]) -> Option<(u64, u64)> {
    let letters = name.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let (letters, digits) = name.split_at(letters);
    if letters.is_empty() || letters.len() > 4 {
        return None;
    }
    let column = letters
        .iter()
        .fold(0, |column, letter| column * 26 + u64::from(letter.to_ascii_uppercase() - b'A' + 1));
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, column))
}

/// The strings that cells share, joined over their runs.
pub(super) struct Strings {
    bytes: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<u32>,
    held: Held,
    room: usize,
    /// Whether there was no room for all of them.
    pub(super) full: bool,
}

impl Strings {
    /// None yet.
    pub(super) fn new(inside: &Inside<'_, '_>) -> Result<Self, Failure> {
        let held = inside.budget().hold(0)?;
        Ok(Self { bytes: Vec::new(), ends: Vec::new(), held, room: 0, full: false })
    }

    /// Adds to the string that comes next.
    pub(super) fn push(&mut self, part: &[u8]) -> Result<(), Bound> {
        self.make_room(part.len())?;
        self.bytes.extend_from_slice(part);
        Ok(())
    }

    /// Ends a string.
    pub(super) fn end(&mut self) -> Result<(), Bound> {
        self.make_room(4)?;
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        Ok(())
    }

    /// Asks for memory in steps; a vector takes up to twice of what is in it.
    fn make_room(&mut self, more: usize) -> Result<(), Bound> {
        const STEP: usize = 256 * 1024;
        while self.room < more {
            self.held.grow(2 * STEP as u64)?;
            self.room += STEP;
        }
        self.room -= more;
        Ok(())
    }

    /// The string with this number.
    pub(super) fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.bytes.get(start as usize..end as usize)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_have_names() {
        for (name, row, column) in
            [("A1", 1, 1), ("Z9", 9, 26), ("AA10", 10, 27), ("XFD1048576", 1_048_576, 16_384)]
        {
            assert_eq!(parse_cell(name.as_bytes()), Some((row, column)));
            assert_eq!(cell_name(place_of(row, column)), Some(format!("cell {name}")));
        }
        for wrong in ["", "4", "AAAAA1", "B", "B-1", "$A$1"] {
            assert_eq!(parse_cell(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(cell_name(place_of(0, 5)), None);
        assert!(!name_in("sheet ‘x’", place_of(u64::MAX, u64::MAX)).is_empty());
    }
}
