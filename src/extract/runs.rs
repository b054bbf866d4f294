//! Finds long runs of ASCII alphanumerics: the one pass over every byte that all detectors share.
//!
//! A run of 31 or more always covers a whole aligned block of 16, whatever its offset. So it is
//! enough to ask each block of 16 whether all of it is alphanumeric, which the compiler turns
//! into a few vector instructions, and to widen from the rare blocks that are.

use std::ops::Range;

/// Every run of at least this many alphanumerics is found; shorter ones may be missed.
pub const SHORTEST_RUN: usize = 31;

const BLOCK: usize = 16;

/// Whether each byte of the block is an ASCII letter or digit. Written without branches so that
/// it becomes vector code.
#[inline(always)]
fn all_alphanumeric(block: &[u8; BLOCK]) -> bool {
    let mut others = 0u8;
    for &byte in block {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let digit = byte.wrapping_sub(b'0') < 10;
        others |= u8::from(!(letter | digit));
    }
    others == 0
}

/// Appends to `runs` every maximal run of at least [`SHORTEST_RUN`] ASCII alphanumerics, in order.
pub fn find(bytes: &[u8], runs: &mut Vec<Range<usize>>) {
    runs.clear();
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let mut index = 0;
    while let Some(offset) = blocks[index..].iter().position(all_alphanumeric) {
        let at = (index + offset) * BLOCK;
        let start = at - bytes[..at].iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
        let mut end = at + BLOCK;
        // whole blocks first: a run may be megabytes long
        while end + BLOCK <= bytes.len() && all_alphanumeric(&blocks[end / BLOCK]) {
            end += BLOCK;
        }
        end += bytes[end..].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        if end - start >= SHORTEST_RUN {
            runs.push(start..end);
        }
        index = (end / BLOCK).max(index + offset + 1);
        if index >= blocks.len() {
            break;
        }
    }
}

/// Appends to `runs` every stretch of ASCII text in two-byte units, in either byte order, that
/// holds at least 16 alphanumerics in a row: UTF-16 inside a file that is not UTF-16 as a whole.
/// A stretch begins and ends with a character; every second byte of it is zero.
pub fn find_wide(bytes: &[u8], runs: &mut Vec<Range<usize>>) {
    runs.clear();
    let mut at = 0;
    while let Some(block) = bytes.get(at..at + 2 * BLOCK) {
        let first = match () {
            () if is_wide(block, 0) => at,
            () if is_wide(block, 1) => at + 1,
            () => {
                at += BLOCK;
                continue;
            }
        };
        let mut start = first;
        while start >= 2 && bytes[start - 1] == 0 && is_text(bytes[start - 2]) {
            start -= 2;
        }
        let mut last = first;
        while last + 2 < bytes.len() && bytes[last + 1] == 0 && is_text(bytes[last + 2]) {
            last += 2;
        }
        runs.push(start..last + 1);
        at = (last + 1).max(at + BLOCK);
    }
}

/// Whether every second byte, beginning with `phase`, is alphanumeric and the others are zero.
fn is_wide(block: &[u8], phase: usize) -> bool {
    block.chunks_exact(2).all(|unit| unit[phase].is_ascii_alphanumeric() && unit[1 - phase] == 0)
}

/// Whether the byte is a printable ASCII character, tab or line end.
fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\r') || (0x20..0x7f).contains(&byte)
}

#[cfg(test)]
#[allow(clippy::single_range_in_vec_init)]
mod tests {
    use super::*;

    #[test]
    fn finds_runs_at_every_offset() {
        for lead in 0..64 {
            for length in [SHORTEST_RUN, 40, 64, 65, 200] {
                let mut text = vec![b'-'; lead];
                text.extend(std::iter::repeat_n(b'a', length));
                text.extend(b"--tail");
                let mut runs = Vec::new();
                find(&text, &mut runs);
                assert_eq!(runs, [lead..lead + length], "lead {lead} length {length}");
                text.truncate(lead + length);
                find(&text, &mut runs);
                assert_eq!(runs, [lead..lead + length], "at the end: lead {lead} length {length}");
            }
        }
    }

    #[test]
    fn finds_neighbouring_runs_apart() {
        let text =
            [vec![b'a'; 40], vec![b'~'], vec![b'b'; 64], vec![b'+'], vec![b'c'; 31]].concat();
        let mut runs = Vec::new();
        find(&text, &mut runs);
        assert_eq!(runs, [0..40, 41..105, 106..137]);
    }

    #[test]
    fn finds_wide_text_in_both_orders() {
        for (little, lead) in [(true, 3), (true, 8), (false, 5), (false, 16)] {
            let mut bytes = vec![0xffu8; lead];
            for byte in b"token: 7~".iter().chain([b'k'; 64].iter()) {
                bytes.extend(if little { [*byte, 0] } else { [0, *byte] });
            }
            bytes.extend([0xff; 9]);
            let mut runs = Vec::new();
            find_wide(&bytes, &mut runs);
            let first = lead + usize::from(!little);
            assert_eq!(runs, [first..first + 2 * 73 - 1], "little {little} lead {lead}");
        }
    }
}
