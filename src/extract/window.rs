//! Windows over a text of any length: memory stays bounded, and whatever stands at a window's
//! edge is seen whole by one window.
//!
//! Each window repeats the end of the one before it and holds the beginning of the one after it,
//! so that what begins in its [`Window::fresh`] part can be judged with its surroundings.

use std::io::{self, Read};
use std::ops::Range;

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE};

use super::position::{Position, floor_boundary};

/// How many bytes of what came before a window repeats.
const BEHIND: usize = 16 * 1024;
/// How many bytes of what follows the fresh part a window holds.
const AHEAD: usize = 16 * 1024;
/// A window's size; also the most that one `read` asks for.
const CAPACITY: usize = 256 * 1024;
/// How much of a file decides whether it is UTF-16 without a byte order mark.
const SAMPLE: usize = 4096;

const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";

/// A stretch of text, with enough before and after its fresh part to judge what stands in it.
#[derive(Debug, Clone)]
pub struct Window<'a> {
    /// The text: UTF-8, or bytes whose encoding is not known.
    pub bytes: &'a [u8],
    /// What no other window calls its own: matches that begin here are this window's.
    pub fresh: Range<usize>,
    /// Where the first byte stands in the text.
    pub start: Position,
    /// Whether the text is not text: a zero byte stood in it, here or before.
    pub binary: bool,
    /// Where the tildes stand, of a text that is text. They are looked for together with zero bytes,
    /// since a look of its own at every text would be felt.
    pub tildes: &'a [usize],
    /// Whether this is a reading of a UTF-16 text's bytes as they are, beside the decoded one.
    pub undecoded: bool,
}

/// One thread's memory for reading, reused from file to file.
#[derive(Debug)]
pub struct Buffers {
    raw: Vec<u8>,
    decoded: Vec<u8>,
    /// Why reading ended before the source did.
    failed: Option<io::Error>,
}

impl Default for Buffers {
    fn default() -> Self {
        Self { raw: vec![0; CAPACITY], decoded: Vec::new(), failed: None }
    }
}

/// How much of a source has been read into [`Buffers`]: a window's worth, or all of it.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    filled: usize,
    ended: bool,
}

impl Buffers {
    /// Reads the first window's worth of `source`. Where that fails, what came before it can be
    /// read all the same, and [`read_on`] answers the failure.
    pub fn fill(&mut self, source: &mut (impl Read + ?Sized)) -> Head {
        self.failed = None;
        self.fill_from(source, 0)
    }

    /// The first bytes of the source, as `fill` read them.
    pub fn head(&self, head: Head) -> &[u8] {
        self.raw.get(..head.filled).unwrap_or_default()
    }

    /// Reads from `filled` on, until the memory is full or `source` ends.
    fn fill_from(&mut self, source: &mut (impl Read + ?Sized), mut filled: usize) -> Head {
        let mut ended = false;
        while filled < self.raw.len() && !ended {
            match source.read(&mut self.raw[filled..]) {
                Ok(0) => ended = true,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = Some(error);
                    ended = true;
                }
            }
        }
        Head { filled, ended }
    }
}

/// Reads `source` to its end and shows it to `visit` window by window. A UTF-16 text is shown
/// decoded, and once more as its bytes are, for what was appended in another encoding.
///
/// Returns the number of bytes read.
///
/// # Errors
///
/// Whatever `source` answers; all that could be read has been shown.
pub fn read(
    mut source: impl Read,
    buffers: &mut Buffers,
    visit: &mut dyn FnMut(&Window<'_>),
) -> io::Result<u64> {
    let head = buffers.fill(&mut source);
    read_on(source, head, buffers, visit)
}

/// Goes on where [`Buffers::fill`] has read `head`.
///
/// # Errors
///
/// Whatever `source` answers; all that could be read has been shown.
pub fn read_on(
    mut source: impl Read,
    mut head: Head,
    buffers: &mut Buffers,
    visit: &mut dyn FnMut(&Window<'_>),
) -> io::Result<u64> {
    let mut stream = Stream::default();
    let mut utf16 = Utf16::detect(buffers.head(head));
    if utf16.is_some() && buffers.decoded.is_empty() {
        buffers.decoded.resize(CAPACITY, 0);
    }
    let mut total = 0u64;
    let mut length = 0;
    loop {
        let Buffers { raw, decoded, failed } = buffers;
        if let Some(utf16) = &mut utf16 {
            utf16.feed(&raw[length..head.filled], head.ended, decoded, visit);
        }
        total += (head.filled - length) as u64;
        length = stream.show(&mut raw[..head.filled], head.ended, utf16.is_some(), visit);
        if head.ended {
            return failed.take().map_or(Ok(total), Err);
        }
        head = buffers.fill_from(&mut source, length);
    }
}

/// Shows bytes that are in memory already, as [`read`] would.
pub fn read_slice(bytes: &[u8], buffers: &mut Buffers, visit: &mut dyn FnMut(&Window<'_>)) -> u64 {
    // reading from memory cannot fail
    read(bytes, buffers, visit).unwrap_or(0)
}

/// What is known of a text whose windows are being shown one after the other.
#[derive(Debug, Default)]
struct Stream {
    begun: bool,
    start: Position,
    fresh: usize,
    binary: bool,
    tildes: Vec<usize>,
}

impl Stream {
    /// Shows the window `bytes` and moves what the next one repeats to the front; returns how
    /// many bytes that is.
    fn show(
        &mut self,
        bytes: &mut [u8],
        last: bool,
        undecoded: bool,
        visit: &mut dyn FnMut(&Window<'_>),
    ) -> usize {
        let from = if self.begun { self.fresh } else { skip_bom(bytes) };
        self.begun = true;
        let to = if last { bytes.len() } else { bytes.len().saturating_sub(AHEAD).max(from) };
        let text_start = if from <= UTF8_BOM.len() { from } else { 0 };
        self.look_for_marks(&bytes[text_start..], from - text_start);
        visit(&Window {
            bytes: &bytes[text_start..],
            fresh: from - text_start..to - text_start,
            start: self.start,
            binary: self.binary,
            tildes: &self.tildes,
            undecoded,
        });
        if last {
            return 0;
        }
        let keep = floor_boundary(bytes, to.saturating_sub(BEHIND).max(text_start));
        self.start = self.start.advance(&bytes[text_start..keep]);
        self.fresh = to - keep;
        // what stands before the next window's own part is not looked for again
        self.tildes.retain(|at| (keep..to).contains(&(at + text_start)));
        self.tildes.iter_mut().for_each(|at| *at = *at + text_start - keep);
        bytes.copy_within(keep.., 0);
        bytes.len() - keep
    }

    /// Looks for a zero byte, which tells that the text is none, and for tildes up to there.
    fn look_for_marks(&mut self, bytes: &[u8], from: usize) {
        if self.binary {
            return;
        }
        for at in memchr::memchr2_iter(0, b'~', bytes.get(from..).unwrap_or_default()) {
            if bytes[from + at] == 0 {
                self.binary = true;
                self.tildes.clear();
                return;
            }
            self.tildes.push(from + at);
        }
    }
}

fn skip_bom(bytes: &[u8]) -> usize {
    if bytes.starts_with(UTF8_BOM) { UTF8_BOM.len() } else { 0 }
}

/// A UTF-16 text that is being decoded beside the reading of its bytes.
struct Utf16 {
    decoder: Decoder,
    stream: Stream,
    length: usize,
}

impl Utf16 {
    /// Tells UTF-16 by its byte order mark, or, without one, by zero bytes at every second place
    /// and nowhere else.
    fn detect(bytes: &[u8]) -> Option<Self> {
        let encoding = match bytes {
            [0xff, 0xfe, 0, 0, ..] => return None,
            [0xff, 0xfe, ..] => UTF_16LE,
            [0xfe, 0xff, ..] => UTF_16BE,
            _ => match guess(&bytes[..bytes.len().min(SAMPLE)])? {
                Order::Little => UTF_16LE,
                Order::Big => UTF_16BE,
            },
        };
        let decoder = encoding.new_decoder_with_bom_removal();
        Some(Self { decoder, stream: Stream::default(), length: 0 })
    }

    fn feed(
        &mut self,
        mut bytes: &[u8],
        last: bool,
        buffer: &mut [u8],
        visit: &mut dyn FnMut(&Window<'_>),
    ) {
        loop {
            let (result, read, written, _) =
                self.decoder.decode_to_utf8(bytes, &mut buffer[self.length..], last);
            bytes = &bytes[read..];
            self.length += written;
            match result {
                encoding_rs::CoderResult::OutputFull => {
                    let window = &mut buffer[..self.length];
                    self.length = self.stream.show(window, false, false, visit);
                }
                encoding_rs::CoderResult::InputEmpty => break,
            }
        }
        if last {
            self.stream.show(&mut buffer[..self.length], true, false, visit);
        }
    }
}

enum Order {
    Little,
    Big,
}

/// Guesses the byte order of a text without a byte order mark; `None` where it is not UTF-16.
fn guess(sample: &[u8]) -> Option<Order> {
    // nearly all texts are told apart here, many times faster than by their units
    memchr::memchr(0, sample)?;
    let (units, _) = sample.as_chunks::<2>();
    if units.len() < 8 {
        return None;
    }
    // Latin characters in either order, and what would be control characters
    let (mut little, mut big, mut little_odd, mut big_odd) = (0, 0, 0, 0);
    for unit in units {
        match unit {
            [0, 0] => return None,
            [low, 0] if plain(*low) => little += 1,
            [_, 0] => little_odd += 1,
            [0, low] if plain(*low) => big += 1,
            [0, _] => big_odd += 1,
            _ => {}
        }
    }
    // some Latin letters, digits, blanks or line ends stand in a text of any language; read in
    // the wrong order they are rare
    let some = units.len() / 16 + 4;
    let (order, encoding) = if little >= some && little_odd == 0 && big * 4 <= little {
        (Order::Little, UTF_16LE)
    } else if big >= some && big_odd == 0 && little * 4 <= big {
        (Order::Big, UTF_16BE)
    } else {
        return None;
    };
    let mut text = String::with_capacity(2 * sample.len() + 16);
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let (_, _, malformed) = decoder.decode_to_string(units.as_flattened(), &mut text, false);
    let odd = text
        .chars()
        .any(|c| c.is_control() && !c.is_ascii() || ('\u{e000}'..='\u{f8ff}').contains(&c));
    (!malformed && !odd).then_some(order)
}

/// Whether a Latin-1 code unit belongs into a text.
fn plain(unit: u8) -> bool {
    matches!(unit, b'\t' | b'\n' | b'\r' | 0x1b | 0x0c) || (unit >= 0x20 && unit != 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(bytes: &[u8]) -> Vec<(Vec<u8>, Range<usize>, Position, bool)> {
        let mut seen = Vec::new();
        read_slice(bytes, &mut Buffers::default(), &mut |window| {
            seen.push((
                window.bytes.to_vec(),
                window.fresh.clone(),
                window.start,
                window.undecoded,
            ));
        });
        seen
    }

    #[test]
    fn fresh_parts_cover_a_long_text_once() {
        let line = "é: a line of text\n";
        let text = line.repeat(70_000);
        let mut covered = Vec::new();
        let mut expected = Position::default();
        for (bytes, fresh, start, _) in windows(text.as_bytes()) {
            assert_eq!(start.advance(&bytes[..fresh.start]), expected);
            covered.extend_from_slice(&bytes[fresh.clone()]);
            expected = start.advance(&bytes[..fresh.end]);
        }
        assert!(covered == text.as_bytes());
        assert_eq!(expected, Position { line: 70_001, column: 1 });
    }

    #[test]
    fn an_empty_text_is_one_empty_window() {
        assert_eq!(windows(b""), [(vec![], 0..0, Position::default(), false)]);
    }

    #[test]
    fn byte_order_marks_are_not_columns() {
        assert_eq!(
            windows(b"\xef\xbb\xbfab"),
            [(b"ab".to_vec(), 0..2, Position::default(), false)]
        );
        let little: Vec<u8> = "\u{feff}aé\n😀".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let seen = windows(&little);
        assert_eq!(seen[0].0, "aé\n😀".as_bytes());
    }

    #[test]
    fn utf16_is_told_without_a_mark() {
        for big in [false, true] {
            let text = "password: grüße\r\n".repeat(40_000);
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect();
            let decoded: Vec<_> = windows(&bytes).into_iter().filter(|w| !w.3).collect();
            let joined: Vec<u8> = decoded
                .iter()
                .flat_map(|(bytes, fresh, ..)| bytes[fresh.clone()].to_vec())
                .collect();
            assert!(joined == text.as_bytes(), "big endian: {big}");
        }
        let table: Vec<u8> = (0u16..500).flat_map(u16::to_le_bytes).collect();
        assert!(windows(&table).iter().all(|window| !window.3), "numbers are not UTF-16");
    }
}
