//! Text in bytes of no known structure: every stretch of it, in 8-bit characters and in UTF-16,
//! on a line of its own.

use std::io::Read;

use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};

/// Shorter stretches are no text.
const SHORTEST: usize = 8;
/// A longer stretch is cut.
const LONGEST: usize = 1024 * 1024;

/// Shows the text of `stream`, which people call `called`.
pub(super) fn show(
    stream: &mut dyn Read,
    called: &str,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    inside.part(stream, |stream, inside| {
        let mut text = Text::default();
        let mut plain = Plain::default();
        let mut bytes = [0; 8192];
        loop {
            let count = stream.read(&mut bytes)?;
            plain.take(bytes.get(..count).unwrap_or_default(), &mut text);
            if count == 0 {
                plain.end(&mut text);
            }
            if count == 0 || text.is_enough() {
                inside.text(&mut text, &|_| called.to_owned())?;
            }
            if count == 0 {
                return Ok(());
            }
        }
    })
}

/// Adds the text of `bytes`.
pub(super) fn push(bytes: &[u8], text: &mut Text) {
    let mut plain = Plain::default();
    plain.take(bytes, text);
    plain.end(text);
}

/// The stretches that have not ended yet.
#[derive(Default)]
struct Plain {
    narrow: Vec<u8>,
    /// UTF-16 whose first byte has an even offset, and an odd one.
    wide: [Vec<u8>; 2],
    before: Option<u8>,
    odd: bool,
}

impl Plain {
    fn take(&mut self, bytes: &[u8], text: &mut Text) {
        for byte in bytes {
            step(&mut self.narrow, Some(*byte).filter(|byte| is_text(*byte)), text);
            if let Some(before) = self.before {
                let unit = (*byte == 0 && is_text(before)).then_some(before);
                step(&mut self.wide[usize::from(self.odd)], unit, text);
                self.odd = !self.odd;
            }
            self.before = Some(*byte);
        }
    }

    fn end(&mut self, text: &mut Text) {
        step(&mut self.narrow, None, text);
        self.wide.iter_mut().for_each(|wide| step(wide, None, text));
    }
}

fn step(stretch: &mut Vec<u8>, byte: Option<u8>, text: &mut Text) {
    match byte {
        Some(byte) if stretch.len() < LONGEST => stretch.push(byte),
        _ => {
            if stretch.len() >= SHORTEST {
                text.push(stretch);
                text.push(b"\n");
            }
            stretch.clear();
            stretch.extend(byte);
        }
    }
}

/// Whether a byte may be a character of text; letters beyond ASCII may, in whatever code page.
fn is_text(byte: u8) -> bool {
    byte >= b' ' && byte != 0x7f || byte == b'\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_in_both_encodings() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let mut bytes = b"\x01\0narrow text\0\x02short\0\x03".to_vec();
        bytes.extend(wide("first wide"));
        bytes.push(7);
        bytes.extend(wide("second wide"));
        let mut text = Text::default();
        push(&bytes, &mut text);
        let text = String::from_utf8(text.bytes).unwrap();
        let mut lines: Vec<_> = text.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["first wide", "narrow text", "second wide"]);
    }
}
