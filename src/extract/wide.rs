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
    Piece { bytes: text, back: Back::Wide { start: outer.start, text_end: bytes.len() }, outer }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_may_end_with_its_last_character() {
        let text = "token in a property list";
        for lead in [&b"\xff"[..], b"\xff\x00"] {
            let mut bytes = lead.to_vec();
            bytes.extend(text.bytes().flat_map(|byte| [byte, 0]));
            bytes.pop();
            // letters and digits in a row make it text
            bytes.splice(lead.len()..lead.len(), [b'a', 0].repeat(32));
            let mut seen = 0;
            pieces(&bytes, &mut |piece| {
                let range = piece.outer_range(0..piece.bytes.len());
                assert_eq!(range, lead.len()..bytes.len());
                seen += 1;
            });
            assert_eq!(seen, 1);
        }
    }
}
