//! Text inside base64: a value in a line, a `data:` URI, a block wrapped into lines as mail and
//! `base64` write it. Both alphabets, with or without padding.
//!
//! Base64 of ASCII letters and digits is itself letters and digits without `+` and `/`, so the
//! long runs that are known already lead to every block that can hide a token.

use std::ops::Range;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Back, Piece};

/// Fewer characters than this can't hide 60 bytes.
const SHORTEST: usize = 80;
/// A line shorter than this does not go on in the next one.
const SHORTEST_LINE: usize = 40;
/// How far a line may be indented, quoted or otherwise led into.
const LONGEST_LEAD: usize = 64;

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Decodes every block of base64 in `bytes` that one of `runs` belongs to. A block is decoded at
/// each of the four places where it may begin, since a window or a path may cut it anywhere.
pub fn pieces(bytes: &[u8], runs: &[Range<usize>], visit: &mut dyn FnMut(&Piece)) {
    let mut done = 0;
    let mut piece = Piece::default();
    for run in runs {
        if run.start < done {
            continue;
        }
        let block = Block::around(bytes, run.clone(), done);
        done = block.end().max(run.end);
        if block.characters < SHORTEST {
            continue;
        }
        let text = block.normalised(bytes);
        for skipped in 0..4 {
            let Some(encoded) = text.get(skipped..) else {
                break;
            };
            // one character alone can't be decoded
            let usable = encoded.len() - usize::from(encoded.len() % 4 == 1);
            piece.bytes.clear();
            if ENGINE.decode_vec(&encoded[..usable], &mut piece.bytes).is_err() {
                continue;
            }
            piece.outer = block.start()..block.end();
            piece.back = Back::Base64 { skipped, lines: block.index() };
            visit(&piece);
        }
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// A block of base64: the parts of one or more lines that hold its characters.
struct Block {
    lines: Vec<Range<usize>>,
    characters: usize,
}

impl Block {
    /// The block that `run` belongs to, not reaching back over `floor`.
    fn around(bytes: &[u8], run: Range<usize>, floor: usize) -> Self {
        let before = bytes[floor..run.start].iter().rev().take_while(|b| is_base64(**b)).count();
        let after = bytes[run.end..].iter().take_while(|b| is_base64(**b)).count();
        let first = run.start - before..run.end + after;
        let mut block = Self { characters: first.len(), lines: vec![first] };
        block.widen_back(bytes, floor);
        block.widen_forward(bytes);
        block
    }

    fn start(&self) -> usize {
        self.lines.first().map_or(0, |line| line.start)
    }

    fn end(&self) -> usize {
        self.lines.last().map_or(0, |line| line.end)
    }

    /// Goes back one line: the block's first line may have no long run of its own.
    fn widen_back(&mut self, bytes: &[u8], floor: usize) {
        let Some(previous_end) = line_break_before(bytes, self.start()) else {
            return;
        };
        let length = bytes[floor.min(previous_end)..previous_end]
            .iter()
            .rev()
            .take_while(|b| is_base64(**b))
            .count();
        if length >= SHORTEST_LINE {
            self.characters += length;
            self.lines.insert(0, previous_end - length..previous_end);
        }
    }

    /// Goes on line by line, as long as each is as long as the one before it.
    fn widen_forward(&mut self, bytes: &[u8]) {
        loop {
            let Some(last) = self.lines.last() else {
                return;
            };
            if last.len() < SHORTEST_LINE {
                return;
            }
            let Some(next) = line_break_after(bytes, last.end) else {
                return;
            };
            let length = bytes[next..].iter().take_while(|b| is_base64(**b)).count();
            // a key or a variable may stand before the first line only
            if length == 0 || (self.lines.len() > 1 && length > last.len()) {
                return;
            }
            self.characters += length;
            self.lines.push(next..next + length);
        }
    }

    /// The characters of all lines, in the standard alphabet.
    fn normalised(&self, bytes: &[u8]) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.characters);
        for line in &self.lines {
            text.extend(bytes[line.clone()].iter().map(|byte| match byte {
                b'-' => b'+',
                b'_' => b'/',
                other => *other,
            }));
        }
        text
    }

    /// For each line, the index of its first character in the block and its offset in the text.
    fn index(&self) -> Vec<(usize, usize)> {
        let mut characters = 0;
        let mut index = Vec::with_capacity(self.lines.len());
        for line in &self.lines {
            index.push((characters, line.start));
            characters += line.len();
        }
        index
    }
}

/// If `at` follows a line break (and perhaps an indent), where the line before it ends.
fn line_break_before(bytes: &[u8], at: usize) -> Option<usize> {
    let lead = bytes[..at].iter().rev().take(LONGEST_LEAD).take_while(|b| is_lead(**b)).count();
    let mut end = at - lead;
    if end >= 2 && bytes[..end].ends_with(b"\\n") {
        // a line break that is written out, in JSON or a program's string
        end -= 2;
        return Some(if bytes[..end].ends_with(b"\\r") { end - 2 } else { end });
    }
    if end == 0 || bytes[end - 1] != b'\n' {
        return None;
    }
    end -= 1;
    Some(if bytes[..end].ends_with(b"\r") { end - 1 } else { end })
}

/// If a line ends at `at`, where the next one begins, after its indent.
fn line_break_after(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let skip =
        [&b"\r\n"[..], b"\n", b"\\r\\n", b"\\n"].iter().find(|end| rest.starts_with(end))?.len();
    let lead = rest[skip..].iter().take(LONGEST_LEAD).take_while(|b| is_lead(**b)).count();
    Some(at + skip + lead)
}

fn is_lead(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'>' | b'#' | b'*' | b'|')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::runs;

    fn decoded(text: &str, wanted: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        runs::find(text.as_bytes(), &mut found);
        let mut places = Vec::new();
        pieces(text.as_bytes(), &found, &mut |piece| {
            let hay = String::from_utf8_lossy(&piece.bytes).into_owned();
            if let Some(at) = hay.find(wanted) {
                places.push(piece.outer_range(at..at + wanted.len()));
            }
        });
        places
    }

    #[test]
    fn finds_text_at_every_alignment() {
        let secret = "q7".repeat(33);
        for lead in 0..9 {
            for engine in [
                base64::engine::general_purpose::STANDARD,
                base64::engine::general_purpose::URL_SAFE_NO_PAD,
            ] {
                let plain = format!("{}{secret}>?tail", "x".repeat(lead));
                let text = format!("data: {} and more", engine.encode(&plain));
                let places = decoded(&text, &secret);
                assert_eq!(places.len(), 1, "lead {lead}");
                let (start, end) = (6 + lead * 4 / 3, 6 + ((lead + 66) * 4).div_ceil(3));
                assert_eq!(places[0], start..end, "lead {lead}");
            }
        }
    }

    #[test]
    fn joins_wrapped_lines() {
        let secret = "q7".repeat(33);
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!(
            "{}{secret}{}",
            "intro ".repeat(9),
            "?~>".repeat(20)
        ));
        for (end, indent) in [("\n", ""), ("\r\n", "    "), ("\\n", ""), ("\n", "> ")] {
            for width in [64, 76] {
                let lines: Vec<_> = encoded
                    .as_bytes()
                    .chunks(width)
                    .map(|line| String::from_utf8_lossy(line).into_owned())
                    .collect();
                let text =
                    format!("key:{end}{indent}{}{end}", lines.join(&format!("{end}{indent}")));
                assert_eq!(decoded(&text, &secret).len(), 1, "{end:?} {indent:?} {width}");
            }
        }
    }
}
