//! A value that is split over string literals within one expression, or over lines that are
//! continued: what the program would put together, on one line as if it had never been split.
//!
//! Programs are full of literals, so only two things are followed. A long run of letters and
//! digits that a joint (`joints`) touches: in two halves of 62 characters one is a long run.
//! And a tilde with a few of them beside it.

use std::iter::once;
use std::ops::Range;

use super::joints::{self, Joint, is_word};
use super::{Back, Piece};

/// More parts than this are not put together at once.
const MOST_PARTS: usize = 128;
/// No part is longer.
const LONGEST_PART: usize = 4 * 1024;
/// How much of its line before the first part, and behind the last, a piece has.
const BEFORE: usize = 256;
const AFTER: usize = 128;
/// More digits than this before a tilde are no shard.
const SHARD: usize = 6;
/// How much before a list says that its items are put together.
const CALL: usize = 64;
/// Calls that put their arguments together, calls that do it with what is given to them, and
/// methods of lists; in lower case and without blanks.
const CONCATENATIONS: [&[u8]; 5] = [b"paste0(", b"concat(", b"concat!(", b"str_c(", b"strcat("];
const JOINS: [&[u8]; 3] = [b"join(", b"implode(", b"paste("];
const METHODS: [&[u8]; 2] = [b".join(", b"-join"];
/// In more places than this a chain over tags is not cut.
const MOST_CUTS: usize = 8;
/// Literals with nothing in them.
const EMPTY: [&[u8]; 3] = [b"\"\"", b"''", b"``"];
/// A run that is longer is no part of a value of this length.
const WHOLE: usize = 64;

/// The pieces that `bytes` hold in parts; `runs` are its long runs of letters and digits,
/// `tildes` its tildes, both in order.
pub fn pieces(
    bytes: &[u8],
    runs: &[Range<usize>],
    tildes: &[usize],
    visit: &mut dyn FnMut(&Piece),
) {
    let mut search = Search { bytes, done: 0, listed: 0 };
    let mut tildes = tildes.iter().copied().filter(|at| may_be_split(bytes, *at));
    let mut tilde = tildes.next();
    for run in runs.iter().map(Some).chain([None]) {
        let next = run.map_or(bytes.len(), |run| run.start);
        while let Some(at) = tilde.filter(|at| *at < next) {
            search.look(at..at + 1, true, visit);
            tilde = tildes.next();
        }
        if let Some(run) = run {
            search.look(run.clone(), run.len() < WHOLE, visit);
        }
    }
}

/// Whether the tilde at `at` may belong to a token of which one part ends near it: most tildes
/// stand in paths, versions and operators.
fn may_be_split(bytes: &[u8], at: usize) -> bool {
    let touches = |byte: Option<&u8>| {
        byte.is_some_and(|byte| {
            byte.is_ascii_alphanumeric() || b"\"'`\\$#<&\xc2\xe2\xef".contains(byte)
        })
    };
    let Some(before) = at.checked_sub(1).map(|before| bytes[before]) else {
        return false;
    };
    if !touches(bytes.get(at + 1)) {
        return false;
    }
    let digits = bytes[..at].iter().rev().take(SHARD + 1).take_while(|b| b.is_ascii_digit());
    match before {
        b'0'..=b'9' => digits.count() <= SHARD,
        // the shard is the end of the part before
        b'"' | b'\'' | b'`' | b'\n' | b' ' | b'\t' | b'}' | b'>' | b';' | 0x80..=0xff => true,
        _ => false,
    }
}

/// A way through a text, from its beginning to its end.
struct Search<'b> {
    bytes: &'b [u8],
    /// What stands before it was looked at.
    done: usize,
    /// Commas before it join nothing.
    listed: usize,
}

impl Search<'_> {
    /// Looks at what the characters at `core` are a part of, and at what stands before them only
    /// if it is asked to.
    fn look(&mut self, core: Range<usize>, back: bool, visit: &mut dyn FnMut(&Piece)) {
        if core.start < self.done {
            return;
        }
        let floor = self.done;
        let word = word_around(self.bytes, core, floor);
        self.done = word.end;
        let touched = joints::after(self.bytes, word.end).is_some()
            || (back && joints::before(self.bytes, word.start, floor).is_some());
        if !touched {
            return;
        }
        let alone =
            Chain { bytes: self.bytes, floor, commas: false, tags: false, parts: vec![word] };
        let mut chain = alone.clone();
        chain.widen();
        if self.listed <= chain.start() {
            let mut list = Chain { commas: true, ..chain.clone() };
            list.widen();
            let is_longer = list.parts.len() > chain.parts.len();
            if is_longer && list.is_put_together() {
                chain = list;
            } else if is_longer {
                self.listed = list.end();
            }
        }
        self.done = chain.end();
        if chain.parts.len() > 1 {
            visit(&chain.piece());
        }
        let mut over = Chain { tags: true, ..alone };
        over.widen();
        if over.parts.len() > chain.parts.len() {
            self.done = self.done.max(over.end());
            visit(&over.piece());
            over.cuts(&mut |cut| visit(&cut.piece()));
        }
    }
}

/// All the characters of a part around some of them.
fn word_around(bytes: &[u8], core: Range<usize>, floor: usize) -> Range<usize> {
    let before = bytes[floor.min(core.start)..core.start].iter().rev();
    let after = bytes[core.end..].iter();
    let before = before.take(LONGEST_PART).take_while(|byte| is_word(**byte)).count();
    let after = after.take(LONGEST_PART).take_while(|byte| is_word(**byte)).count();
    core.start - before..core.end + after
}

/// `text` in lower case and without blanks.
fn plain(text: &[u8]) -> Vec<u8> {
    let bytes = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    bytes.map(u8::to_ascii_lowercase).collect()
}

fn holds_nothing(text: &[u8]) -> bool {
    EMPTY.iter().any(|empty| memchr::memmem::find(text, empty).is_some())
}

/// Parts that joints lead from one to the next.
#[derive(Clone)]
struct Chain<'b> {
    bytes: &'b [u8],
    floor: usize,
    /// Whether commas are joints, and tags of HTML.
    commas: bool,
    tags: bool,
    parts: Vec<Range<usize>>,
}

impl Chain<'_> {
    fn start(&self) -> usize {
        self.parts.first().map_or(0, |part| part.start)
    }

    fn end(&self) -> usize {
        self.parts.last().map_or(0, |part| part.end)
    }

    fn joins(&self, joint: &Joint) -> bool {
        (self.commas || !joint.comma) && (self.tags || !joint.tag)
    }

    /// Follows the joints on either side, as far as there are any.
    fn widen(&mut self) {
        let mut earlier = Vec::new();
        let mut start = self.start();
        while self.parts.len() + earlier.len() < MOST_PARTS
            && let Some(joint) = joints::before(self.bytes, start, self.floor)
            && self.joins(&joint)
        {
            let end = joint.range.start;
            start = word_around(self.bytes, end..end, self.floor).start;
            earlier.push(start..end);
        }
        self.parts.splice(0..0, earlier.into_iter().rev());
        while self.parts.len() < MOST_PARTS
            && let Some(joint) = joints::after(self.bytes, self.end())
            && self.joins(&joint)
        {
            let start = joint.range.end;
            self.parts.push(word_around(self.bytes, start..start, start));
        }
    }

    /// Shows what may be a value of its own between words that only tags part from it: the parts
    /// from each tilde on that it takes, and what may belong to it before.
    fn cuts(&self, visit: &mut dyn FnMut(Self)) {
        let tildes = self.parts.iter().enumerate().filter_map(|(first, part)| {
            let tilde = memchr::memrchr(b'~', &self.bytes[part.clone()])?;
            Some((first, part.len() - tilde - 1))
        });
        for (first, mut length) in tildes.take(MOST_CUTS) {
            let mut last = first;
            while length < WHOLE && last + 1 < self.parts.len() {
                last += 1;
                length += self.parts[last].len();
            }
            // the digits before the tilde may be a part themselves
            for begin in first.saturating_sub(1)..=first {
                if begin < last && (begin > 0 || last + 1 < self.parts.len()) {
                    visit(Self { parts: self.parts[begin..=last].to_vec(), ..*self });
                }
            }
            if first > 1 {
                visit(Self { parts: self.parts[..=last].to_vec(), ..*self });
            }
        }
    }

    /// Whether a call puts the items of the list together, with nothing between them.
    fn is_put_together(&self) -> bool {
        let before = plain(&self.bytes[self.start().saturating_sub(CALL)..self.start()]);
        let after = plain(&self.bytes[self.end()..self.bytes.len().min(self.end() + CALL)]);
        // without the literals' own quotes
        let is_quote = |byte: &&u8| b"\"'`\\".contains(*byte);
        let before = &before[..before.len() - before.iter().rev().take_while(is_quote).count()];
        let after = &after[after.iter().take_while(is_quote).count()..];
        // what stands between a call's beginning and the first item
        let inside = |call: &&[u8]| {
            let at = memchr::memmem::rfind(before, call)?;
            let inside = &before[at + call.len()..];
            (!inside.contains(&b')')).then_some((&before[..at], inside))
        };
        if CONCATENATIONS.iter().any(|call| inside(call).is_some()) {
            return true;
        }
        if let Some((lead, inside)) = JOINS.iter().find_map(inside) {
            let given = &after[..memchr::memchr(b')', after).unwrap_or(after.len())];
            return [inside, given].iter().any(|text| holds_nothing(text))
                || EMPTY
                    .iter()
                    .any(|empty| lead.strip_suffix(b".").is_some_and(|l| l.ends_with(empty)));
        }
        // `[…].join('')` and `(…) -join ''`
        let after = after.strip_prefix(b",").unwrap_or(after);
        let closed = after.iter().take_while(|byte| b")]}".contains(byte)).count();
        closed > 0
            && METHODS.iter().any(|method| {
                let separator = after[closed..].strip_prefix(*method);
                separator.is_some_and(|text| EMPTY.iter().any(|empty| text.starts_with(empty)))
            })
    }

    /// The parts as one, between what stands before and behind them on their lines.
    fn piece(&self) -> Piece {
        let (start, end) = (self.start(), self.end());
        let reach = start.saturating_sub(BEFORE);
        let line = &self.bytes[reach..start];
        let line_start = memchr::memrchr(b'\n', line).map_or(reach, |at| reach + at + 1);
        let reach = self.bytes.len().min(end + AFTER);
        let line = &self.bytes[end..reach];
        let line_end = memchr::memchr(b'\n', line).map_or(reach, |at| end + at);
        let mut bytes = Vec::new();
        let mut stretches = Vec::with_capacity(self.parts.len() + 2);
        let parts = self.parts.iter().cloned();
        for part in once(line_start..start).chain(parts).chain(once(end..line_end)) {
            stretches.push((bytes.len(), part.start));
            bytes.extend_from_slice(&self.bytes[part]);
        }
        Piece { bytes, outer: start..end, back: Back::Parts { stretches } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::runs;

    /// What each piece of `text` is put together to.
    fn joined(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        runs::find(text.as_bytes(), &mut found);
        let mut lines = Vec::new();
        let tildes: Vec<_> = memchr::memchr_iter(b'~', text.as_bytes()).collect();
        pieces(text.as_bytes(), &found, &tildes, &mut |piece| {
            lines.push(String::from_utf8_lossy(&piece.bytes).into_owned());
            // the way back leads to the same characters
            for at in 0..piece.bytes.len() {
                let outer = piece.outer_range(at..at + 1);
                assert_eq!(text.as_bytes()[outer.start], piece.bytes[at], "{text:?}");
                assert_eq!(outer.len(), 1);
            }
        });
        lines
    }

    #[test]
    fn words_that_only_tags_part_from_a_token_are_none_of_it() {
        let (one, two) = ("aB3".repeat(10), "cD4e".repeat(8) + "fg");
        let text = format!("Key<b>7~{one}</b><i>{two}</i><span class='x'>Copy</span><u>it</u>");
        let whole = format!("7~{one}{two}");
        let cut = format!("Key<b>{whole}</i><span class='x'>Copy</span><u>it</u>");
        let found = joined(&text);
        assert!(found.contains(&format!("Key{whole}Copyit</u>")), "{found:?}");
        assert!(found.contains(&cut), "{found:?}");
        // a tag beside it takes nothing from what other marks join
        let text = format!("<b>7~{one}\u{200b}{two}</b><i>Copy</i>");
        assert!(joined(&text).contains(&format!("<b>{whole}</b><i>Copy</i>")));
        // the digits may be set apart
        let text = format!("x<i>y</i><b>7</b>~{one}<i>{two}</i><u>z</u>");
        assert!(joined(&text).contains(&format!("x<i>y</i><b>{whole}</i><u>z</u>")));
    }

    #[test]
    fn puts_parts_together_with_what_stands_beside_them() {
        let half = "aB3".repeat(11);
        let text = format!("one\nkey = f(\"Bearer 7~{half}\" +\n  \"{half}\" + '9'); // x\nlast");
        assert_eq!(joined(&text), [format!("key = f(\"Bearer 7~{half}{half}9'); // x")]);
        let text = format!("7~ab\\\ncd\\\n{half}");
        assert_eq!(joined(&text), [format!("7~abcd{half}")]);
        assert_eq!(joined("t = '1' '2~' 'a' # 'b'"), ["t = '12~a' # 'b'"]);
        assert_eq!(joined(&format!("\"x\" + \"{half}\"")), [format!("\"x{half}\"")]);
    }

    #[test]
    fn only_what_crosses_a_joint_is_new() {
        let text = format!("key = 'x' + '{}'", "aB3".repeat(11));
        let mut found = Vec::new();
        runs::find(text.as_bytes(), &mut found);
        pieces(text.as_bytes(), &found, &[], &mut |piece| {
            assert!(piece.bytes.starts_with(b"key = 'xaB3"));
            for (inner, new) in [
                (0..5, false),
                (0..8, false),
                (8..20, false),
                (8..42, false),
                (7..9, true),
                (0..42, true),
            ] {
                assert_eq!(piece.is_new(&inner), new, "{inner:?}");
            }
            // the second part, wholly, stands at its own place
            assert!(piece.is_part_of(&(7..20), &(13..46)) && piece.is_part_of(&(8..20), &(20..30)));
            assert!(
                !piece.is_part_of(&(7..20), &(12..46)) && !piece.is_part_of(&(0..7), &(13..46))
            );
        });
    }

    #[test]
    fn commas_join_in_calls_only() {
        let half = "aB3".repeat(11);
        for (before, after, put_together) in [
            ("''.join([", "])", true),
            ("\"\".join((", "))", true),
            ("','.join([", "])", false),
            ("x = [", "].join('')", true),
            ("x = [", ",].join('')", true),
            ("x = [", "].join(\"\")", true),
            ("x = [", "].join(',')", false),
            ("x = [", "].join()", false),
            ("x = [", "]", false),
            ("f(", ")", false),
            ("paste0(", ")", true),
            ("paste(", ", sep = \"\")", true),
            ("paste(", ")", false),
            ("CONCAT(", ")", true),
            ("concat!(", ")", true),
            ("concat(a, b)\nx = [", "]", false),
            ("String.Concat(", ")", true),
            ("String.join(\"\", ", ")", true),
            ("String.join(\",\", ", ")", false),
            ("strings.Join([]string{", "}, \"\")", true),
            ("strings.Join([]string{", "}, \",\")", false),
            ("implode('', [", "])", true),
            ("join('', ", ")", true),
            ("(", ") -join ''", true),
        ] {
            let text = format!("{before}\"7~a\",\n \"{half}\"{after};");
            let line = format!("{before}\"7~a{half}\"{after};");
            // what stands on its first part's line, and on its last part's
            let due = put_together.then(|| line.rsplit('\n').next().unwrap().to_owned());
            let due: Vec<_> = due.into_iter().collect();
            assert_eq!(joined(&text), due, "{text:?}");
        }
    }

    #[test]
    fn what_stands_in_a_list_may_be_put_together_itself() {
        let half = "aB3".repeat(11);
        let text = format!("['x', '7~' + '{half}', '{half}']");
        assert_eq!(joined(&text), [format!("['x', '7~{half}', '{half}']")]);
    }

    /// A megabyte of joints is looked at once, and put together in pieces of a few kilobytes.
    #[test]
    fn endless_expressions_are_bounded() {
        let half = "aB3".repeat(11);
        for part in [
            "7~\"+\"",
            "\"a\"+",
            "~\",\"",
            "7~\\\n",
            "\"~1",
            &format!("\"{half}\","),
            &format!("{half}\" + \""),
        ] {
            let text = part.repeat((1 << 20) / part.len());
            let mut found = Vec::new();
            runs::find(text.as_bytes(), &mut found);
            let (mut count, mut longest) = (0, 0);
            let begin = std::time::Instant::now();
            let tildes: Vec<_> = memchr::memchr_iter(b'~', text.as_bytes()).collect();
            pieces(text.as_bytes(), &found, &tildes, &mut |piece| {
                count += piece.bytes.len();
                longest = longest.max(piece.bytes.len());
            });
            assert!(count <= 2 * text.len(), "{part}: {count}");
            assert!(longest <= MOST_PARTS * (half.len() + 2) + BEFORE + AFTER, "{part}: {longest}");
            assert!(begin.elapsed() < std::time::Duration::from_secs(10), "{part}");
        }
    }
}
