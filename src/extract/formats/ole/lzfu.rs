//! The compression of RTF in Outlook's messages. [MS-OXRTFCP].

use std::io::{self, Read};

/// What the window holds before there is any text.
const BEGIN: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \
\\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\
\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
const WINDOW: usize = 4096;
const COMPRESSED: &[u8] = b"LZFu";
const PLAIN: &[u8] = b"MELA";

/// Expands RTF as it is read. One byte gives at most nine.
pub(super) struct Expanded<R> {
    inner: R,
    window: Box<[u8; WINDOW]>,
    /// Where the next byte goes in the window.
    end: usize,
    /// The copy that is going on: from where, and how many bytes more.
    copy: (usize, usize),
    flags: u8,
    /// How many of the flags have been used.
    used: u8,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Compressed,
    Plain,
    Over,
}

impl<R: Read> Expanded<R> {
    /// Reads the header. The sizes that it tells are not believed.
    pub(super) fn new(mut inner: R) -> io::Result<Self> {
        let mut header = [0; 16];
        inner.read_exact(&mut header)?;
        let state = match header.get(8..12) {
            Some(COMPRESSED) => State::Compressed,
            Some(PLAIN) => State::Plain,
            _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "no compressed RTF")),
        };
        let mut window = Box::new([0; WINDOW]);
        for (into, byte) in window.iter_mut().zip(BEGIN) {
            *into = *byte;
        }
        let (flags, used, copy) = (0, 8, (0, 0));
        Ok(Self { inner, window, end: BEGIN.len(), copy, flags, used, state })
    }

    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.inner.read_exact(&mut byte)?;
        Ok(byte[0])
    }

    /// The next byte of the text; `None` behind its end.
    fn next(&mut self) -> io::Result<Option<u8>> {
        if self.copy.1 == 0 {
            if self.used == 8 {
                self.flags = self.byte()?;
                self.used = 0;
            }
            let copies = self.flags >> self.used & 1 == 1;
            self.used += 1;
            if !copies {
                let byte = self.byte()?;
                return Ok(Some(self.put(byte)));
            }
            let pair = u16::from_be_bytes([self.byte()?, self.byte()?]);
            let from = usize::from(pair >> 4);
            if from == self.end {
                self.state = State::Over;
                return Ok(None);
            }
            self.copy = (from, usize::from(pair & 0xf) + 2);
        }
        let (from, left) = self.copy;
        self.copy = ((from + 1) % WINDOW, left - 1);
        let byte = self.window.get(from).copied().unwrap_or(0);
        Ok(Some(self.put(byte)))
    }

    fn put(&mut self, byte: u8) -> u8 {
        if let Some(into) = self.window.get_mut(self.end) {
            *into = byte;
        }
        self.end = (self.end + 1) % WINDOW;
        byte
    }
}

impl<R: Read> Read for Expanded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.state {
            State::Over => return Ok(0),
            State::Plain => return self.inner.read(into),
            State::Compressed => {}
        }
        let mut count = 0;
        for place in into {
            match self.next() {
                Ok(Some(byte)) => *place = byte,
                Ok(None) => break,
                // what came before can be read
                Err(_) if count > 0 => break,
                Err(error) => return Err(error),
            }
            count += 1;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of [MS-OXRTFCP], 3.1.
    #[test]
    fn expands_what_the_specification_shows() {
        let hello = b"\x2d\0\0\0\x2b\0\0\0LZFu\xf1\xc5\xc7\xa7\x03\0\x0a\0rcpg125\x42\x32\x0a\xf3 \
                      hel\x09\0 bw\x05\xb0ld}\x0a\x80\x0f\xa0";
        let mut text = Vec::new();
        Expanded::new(&hello[..]).unwrap().read_to_end(&mut text).unwrap();
        assert_eq!(text, b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
        let crossing = b"\x1a\0\0\0\x1c\0\0\0LZFu\xe2\xd4KQA\0\x04 WXYZ\x0dn}\x01\x0e\xb0";
        let mut text = Vec::new();
        Expanded::new(&crossing[..]).unwrap().read_to_end(&mut text).unwrap();
        assert_eq!(text, b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
    }
}
