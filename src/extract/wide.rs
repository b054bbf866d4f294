//! UTF-16 text inside a file that is not UTF-16 as a whole: documents, registries, databases,
//! programs.

use std::ops::Range;

use super::{Back, Piece, runs};

/// The longest piece that is taken at once; longer text is cut, with an overlap.
const LONGEST: usize = 64 * 1024;
/// What two parts of a cut text share.
const OVERLAP: usize = 4 * 1024;

/// The pieces of UTF-16 text in `bytes`.
pub fn pieces(bytes: &[u8], visit: &mut dyn FnMut(Piece)) {
    let mut ranges = Vec::new();
    runs::find_wide(bytes, &mut ranges);
    for range in ranges {
        let mut start = range.start;
        loop {
            let end = range.end.min(start + 2 * LONGEST);
            visit(narrow(bytes, start..end));
            if end == range.end {
                break;
            }
            start = end - 2 * OVERLAP;
        }
    }
}

fn narrow(bytes: &[u8], outer: Range<usize>) -> Piece {
    let text = bytes[outer.clone()].iter().step_by(2).copied().collect();
    Piece { bytes: text, back: Back::Wide(outer.start), outer }
}
