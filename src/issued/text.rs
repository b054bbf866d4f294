//! The report's bytes to UTF-8, in a stream: UTF-8 and UTF-16, with and without a byte order mark.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How many bytes are read at once.
const PIECE: usize = 64 * 1024;

/// A stream of UTF-8 made of a stream of bytes. What can't be decoded becomes U+FFFD.
pub(super) struct Text<R> {
    source: R,
    decoder: Option<Decoder>,
    /// Bytes that are not decoded yet.
    pending: Vec<u8>,
    done: usize,
    at_end: bool,
    finished: bool,
    /// How many bytes were read.
    pub(super) bytes: u64,
    /// Whether something could not be decoded.
    pub(super) has_faults: bool,
}

impl<R: Read> Text<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            decoder: None,
            pending: Vec::new(),
            done: 0,
            at_end: false,
            finished: false,
            bytes: 0,
            has_faults: false,
        }
    }

    /// Puts further text into `out`, which has to hold at least 16 bytes; answers how many bytes
    /// it is. None means the end.
    pub(super) fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !self.finished {
            if self.done == self.pending.len() && !self.at_end {
                self.refill()?;
            }
            if self.decoder.is_none() {
                // the first bytes tell the encoding
                while self.pending.len() < 4 && !self.at_end {
                    self.refill()?;
                }
                self.decoder = Some(encoding(&self.pending).new_decoder_with_bom_removal());
            }
            let Some(decoder) = &mut self.decoder else { break };
            let pending = self.pending.get(self.done..).unwrap_or_default();
            let (result, read, written, faulty) = decoder.decode_to_utf8(pending, out, self.at_end);
            self.done += read;
            self.has_faults |= faulty;
            if self.at_end && result == CoderResult::InputEmpty {
                self.finished = true;
            }
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }

    fn refill(&mut self) -> io::Result<()> {
        self.pending.drain(..self.done.min(self.pending.len()));
        self.done = 0;
        let before = self.pending.len();
        self.pending.resize(before + PIECE, 0);
        let read = loop {
            match self.source.read(self.pending.get_mut(before..).unwrap_or_default()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.pending.truncate(before + *read.as_ref().unwrap_or(&0));
        let read = read?;
        self.bytes += read as u64;
        self.at_end = read == 0;
        Ok(())
    }
}

/// What the first bytes tell. A byte order mark is taken off by the decoder.
fn encoding(start: &[u8]) -> &'static Encoding {
    match start {
        [0xff, 0xfe, ..] => UTF_16LE,
        [0xfe, 0xff, ..] => UTF_16BE,
        // a column's name begins with two letters of ASCII
        [a, 0, b, 0, ..] if *a != 0 && *b != 0 => UTF_16LE,
        [0, a, 0, b, ..] if *a != 0 && *b != 0 => UTF_16BE,
        _ => UTF_8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a byte at a time.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            match (self.0.split_first(), out.first_mut()) {
                (Some((first, rest)), Some(slot)) => {
                    (*slot, self.0) = (*first, rest);
                    Ok(1)
                }
                _ => Ok(0),
            }
        }
    }

    fn decoded(source: impl Read) -> (String, bool) {
        let mut text = Text::new(source);
        let (mut all, mut piece) = (Vec::new(), [0; 16]);
        loop {
            match text.read(&mut piece).unwrap() {
                0 => return (String::from_utf8(all).unwrap(), text.has_faults),
                count => all.extend_from_slice(&piece[..count]),
            }
        }
    }

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "user id,user name\n1,Ådä 🚀\n";
        let wide = |mark: &[u8], unit: fn(u16) -> [u8; 2]| {
            let mut bytes = mark.to_vec();
            bytes.extend(text.encode_utf16().flat_map(unit));
            bytes
        };
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            wide(b"\xff\xfe", u16::to_le_bytes),
            wide(b"\xfe\xff", u16::to_be_bytes),
            wide(b"", u16::to_le_bytes),
            wide(b"", u16::to_be_bytes),
        ] {
            assert_eq!(decoded(&bytes[..]), (text.to_owned(), false));
            assert_eq!(decoded(Drip(&bytes)), (text.to_owned(), false));
        }
        assert_eq!(decoded(&b""[..]), (String::new(), false));
        assert_eq!(decoded(&b"a"[..]), ("a".to_owned(), false));
        assert_eq!(decoded(&b"a\xe5"[..]), ("a\u{fffd}".to_owned(), true));
        assert_eq!(decoded(&b"\xff\xfea\0b"[..]), ("a\u{fffd}".to_owned(), true));
    }
}
