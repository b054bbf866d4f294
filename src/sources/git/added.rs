//! Which lines of a text are new.

use std::collections::HashMap;
use std::ops::Range;

use imara_diff::sources::byte_lines;
use imara_diff::{Algorithm, Diff, InternedInput, Token};

/// Larger texts are not compared line by line; what that would cost is up to whoever wrote them.
const MOST_BYTES: usize = 64 << 20;
/// Where more lines differ, those that were only moved are not told from those that stayed: few
/// different lines in no order at all cost minutes otherwise.
const MOST_DIFFERING: usize = 40_000;
/// How far into a file git looks for a zero byte to tell that it is no text (`buffer_is_binary` in
/// xdiff-interface.c).
const LOOKS_AT: usize = 8_000;

/// Lines that are new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// All of them: there was nothing before.
    All,
    /// Those in these ranges, 1-based, in order.
    Lines(Vec<Range<u64>>),
    /// It can't be told by lines, since one of both is no text, or too large.
    Unknown,
}

impl Added {
    /// What is new in `now`, where `before` stood.
    pub fn between(before: &[u8], now: &[u8]) -> Self {
        if before.is_empty() {
            return Self::All;
        }
        if is_no_text(before) || is_no_text(now) || before.len().max(now.len()) > MOST_BYTES {
            return Self::Unknown;
        }
        let input = InternedInput::new(byte_lines(before), byte_lines(now));
        let same_start = common(input.before.iter(), input.after.iter());
        let same_end = common(
            input.before.iter().skip(same_start).rev(),
            input.after.iter().skip(same_start).rev(),
        );
        let differing = input.before.len() + input.after.len() - 2 * (same_start + same_end);
        if differing > MOST_DIFFERING {
            return Self::Lines(more_often(&input));
        }
        // git's own heuristics, which give up on the shortest answer before it gets expensive
        let diff = Diff::compute(Algorithm::Myers, &input);
        let hunks = diff.hunks().filter(|hunk| !hunk.after.is_empty());
        Self::Lines(
            hunks
                .map(|hunk| u64::from(hunk.after.start) + 1..u64::from(hunk.after.end) + 1)
                .collect(),
        )
    }

    /// Whether a line from `first` to `last`, both 1-based and inclusive, is new; `None` if that
    /// can't be told.
    pub fn touches(&self, first: u64, last: u64) -> Option<bool> {
        match self {
            Self::All => Some(true),
            Self::Unknown => None,
            Self::Lines(ranges) => {
                let at = ranges.partition_point(|range| range.end <= first);
                Some(ranges.get(at).is_some_and(|range| range.start <= last))
            }
        }
    }
}

fn common<'t>(a: impl Iterator<Item = &'t Token>, b: impl Iterator<Item = &'t Token>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}

/// The lines that stand in the later text more often than in the earlier one.
fn more_often(input: &InternedInput<&[u8]>) -> Vec<Range<u64>> {
    let mut left: HashMap<Token, u32> = HashMap::new();
    for token in &input.before {
        *left.entry(*token).or_default() += 1;
    }
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for (line, token) in (1_u64..).zip(&input.after) {
        match left.get_mut(token).filter(|left| **left > 0) {
            Some(left) => *left -= 1,
            None => match ranges.last_mut().filter(|range| range.end == line) {
                Some(range) => range.end = line + 1,
                None => ranges.push(line..line + 1),
            },
        }
    }
    ranges
}

/// Whether `bytes` are no text, or one whose lines end otherwise than in eight-bit ones.
fn is_no_text(bytes: &[u8]) -> bool {
    let beginning = bytes.get(..LOOKS_AT).unwrap_or(bytes);
    beginning.contains(&0)
        || beginning.starts_with(b"\xff\xfe")
        || beginning.starts_with(b"\xfe\xff")
}

/// How much of the larger of two texts stands, by whole lines, in the other too; from 0 to 1. What
/// git takes for a rename has at least a half in common.
pub fn likeness(a: &[u8], b: &[u8]) -> f64 {
    let mut lines: HashMap<&[u8], i64> = std::collections::HashMap::new();
    for line in byte_lines(a) {
        *lines.entry(line).or_default() += 1;
    }
    let mut common = 0;
    for line in byte_lines(b) {
        if let Some(left) = lines.get_mut(line)
            && *left > 0
        {
            *left -= 1;
            common += line.len();
        }
    }
    common as f64 / a.len().max(b.len()).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(before: &str, now: &str) -> Vec<u64> {
        match Added::between(before.as_bytes(), now.as_bytes()) {
            Added::Lines(ranges) => ranges.into_iter().flatten().collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn new_lines_are_told_from_old_ones() {
        assert_eq!(lines("a\nb\nc\n", "a\nx\nb\nc\ny\n"), [2, 5]);
        assert_eq!(lines("a\nb\n", "b\n"), [0; 0]);
        assert_eq!(lines("a\nb", "a\nb\n"), [2], "the line's end is part of it");
        assert_eq!(lines("a\r\nb\n", "a\nb\n"), [1]);
        assert_eq!(Added::between(b"", b"a"), Added::All);
        assert_eq!(Added::between(b"a\0b", b"a\n"), Added::Unknown);
        assert_eq!(Added::between(b"\xff\xfea\0", b"\xff\xfeb\0"), Added::Unknown);
    }

    #[test]
    fn a_finding_of_several_lines_is_new_with_any_of_them() {
        let added = Added::between(b"1\n2\n3\n4\n5\n", b"1\n2\nx\n4\n5\n");
        let touches = [(1, 2), (2, 3), (3, 3), (3, 9), (4, 5)].map(|(a, b)| added.touches(a, b));
        assert_eq!(touches, [false, true, true, true, false].map(Some));
    }

    /// Few different lines in an order without order: the worst there is for a diff.
    #[test]
    fn hostile_texts_are_compared_in_time() {
        let text = |mut seed: u32, lines: usize| {
            let mut text = Vec::new();
            for _ in 0..lines {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.extend_from_slice([b"a\n", b"b\n", b"c\n"][(seed >> 16) as usize % 3]);
            }
            text
        };
        let started = std::time::Instant::now();
        let mut now = text(2, 1_000_000);
        now.extend_from_slice(b"new\n");
        let added = Added::between(&text(1, 1_000_000), &now);
        assert_eq!(added.touches(1_000_001, 1_000_001), Some(true));
        let added = Added::between(&text(1, 19_000), &text(2, 19_000));
        assert!(matches!(added, Added::Lines(_)));
        assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    }
}
