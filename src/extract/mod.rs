//! Bytes to text: windows over a stream of any length, encodings, and text hidden in text. Knows
//! nothing of what is searched for beyond the shape that all secrets share, a long run of letters
//! and digits ([`runs`]).
//!
//! Documents that hold other documents or text in a form of their own are opened by [`unpack`],
//! with a reader for each format in [`formats`].

pub mod base64;
pub mod formats;
pub mod gzip;
mod inline;
mod joints;
pub mod literals;
pub mod ocr;
pub mod position;
pub mod runs;
pub mod sqlite;
pub mod unpack;
pub mod wide;
pub mod window;

use std::ops::Range;

/// Text that was hidden inside other text, with the way back to where it stands.
#[derive(Debug, Clone, Default)]
pub struct Piece {
    /// The text as a reader of the encoding would see it.
    pub bytes: Vec<u8>,
    /// The range of the outer text that holds the whole of it.
    pub outer: Range<usize>,
    /// The way back from `bytes` to the outer text.
    back: Back,
}

/// How an offset in a piece becomes an offset in the outer text.
#[derive(Debug, Clone, Default)]
enum Back {
    /// Two outer bytes an inner one; the outer text may end with the first of the last two.
    Wide { start: usize, text_end: usize },
    /// Four outer characters for three inner bytes; outer characters stand in lines, given as
    /// (index of the line's first character, its offset in the outer text).
    Base64 { skipped: usize, lines: Vec<(usize, usize)> },
    /// Parts of the outer text, one behind the other, given as (index of the part's first byte, its
    /// offset in the outer text). The first and the last stand beside what was split.
    Parts { stretches: Vec<(usize, usize)> },
    /// The whole of the outer text: what was compressed has no place of its own.
    Whole { outer: Range<usize> },
    #[default]
    Same,
}

impl Piece {
    /// The range of the outer text that `inner` came from, as exactly as the encoding allows.
    pub fn outer_range(&self, inner: Range<usize>) -> Range<usize> {
        match &self.back {
            Back::Same => inner,
            Back::Whole { outer } => outer.clone(),
            Back::Wide { start, text_end } => {
                start + inner.start * 2..(start + inner.end * 2).min(*text_end)
            }
            Back::Parts { stretches } => {
                let place = |at: usize| {
                    let index = part_of(stretches, at);
                    stretches.get(index).map_or(0, |(inner, outer)| outer + (at - inner))
                };
                place(inner.start)..place(inner.end.saturating_sub(1).max(inner.start)) + 1
            }
            Back::Base64 { skipped, lines } => {
                let first = skipped + inner.start * 4 / 3;
                let last = skipped + (inner.end * 4).div_ceil(3).saturating_sub(1);
                let place = |character: usize| {
                    let line = lines.partition_point(|(index, _)| *index <= character).max(1) - 1;
                    lines.get(line).map_or(0, |(index, offset)| offset + (character - index))
                };
                place(first)..place(last) + 1
            }
        }
    }
    /// Whether `inner` is nothing that stands in the outer text as it is: of what was split, it
    /// has more than one part.
    pub fn is_new(&self, inner: &Range<usize>) -> bool {
        let Back::Parts { stretches } = &self.back else {
            return true;
        };
        let last = stretches.len().saturating_sub(2);
        let part = |at: usize| part_of(stretches, at).clamp(1, last.max(1));
        part(inner.start) < part(inner.end.saturating_sub(1))
    }

    /// Whether `outer`, a range of the outer text, is within a part of what was split that `inner`
    /// has characters of.
    pub fn is_part_of(&self, inner: &Range<usize>, outer: &Range<usize>) -> bool {
        let Back::Parts { stretches } = &self.back else {
            return false;
        };
        let first = part_of(stretches, inner.start);
        let last = part_of(stretches, inner.end.saturating_sub(1));
        (first..=last).any(|index| {
            let (Some((inner, start)), Some((next, _))) =
                (stretches.get(index), stretches.get(index + 1))
            else {
                return false;
            };
            *start <= outer.start && outer.end <= start + (next - inner)
        })
    }
}

/// The index of the stretch that `at` belongs to.
fn part_of(stretches: &[(usize, usize)], at: usize) -> usize {
    stretches.partition_point(|(inner, _)| *inner <= at).max(1) - 1
}
