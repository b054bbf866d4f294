//! Base64 as messages and notebooks hold it, decoded in a stream. What is not of its alphabet is
//! passed over, as RFC 2045 asks.

use std::io::{self, Read};

/// What is written in base64, read as what it stands for.
#[derive(Debug)]
pub(super) struct Decoded<'e> {
    written: &'e [u8],
    bits: u32,
    /// How many of the last bits were not read yet.
    left: u32,
}

impl<'e> Decoded<'e> {
    /// What `written` stands for; it may hold the escapes of JSON.
    pub(super) fn new(written: &'e [u8]) -> Self {
        Self { written, bits: 0, left: 0 }
    }

    /// The next six bits; `None` at the end.
    fn next(&mut self) -> Option<u32> {
        loop {
            let (byte, rest) = self.written.split_first()?;
            self.written = rest;
            let six = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' | b'-' => 62,
                b'/' | b'_' => 63,
                b'=' => return None,
                b'\\' => {
                    // `\/` is a slash, and `\n` the end of a line
                    match rest {
                        [b'/', ..] | [] => {}
                        [_, behind @ ..] => self.written = behind,
                    }
                    continue;
                }
                _ => continue,
            };
            return Some(u32::from(six));
        }
    }
}

impl Read for Decoded<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        for (count, byte) in into.iter_mut().enumerate() {
            while self.left < 8 {
                let Some(six) = self.next() else {
                    self.written = &[];
                    return Ok(count);
                };
                self.bits = self.bits << 6 | six;
                self.left += 6;
            }
            self.left -= 8;
            *byte = (self.bits >> self.left) as u8;
        }
        Ok(into.len())
    }
}

/// Whether `written` is base64 and nothing else.
pub(super) fn is_sound(written: &[u8]) -> bool {
    written.iter().all(|byte| {
        byte.is_ascii_alphanumeric()
            || byte.is_ascii_whitespace()
            || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=' | b'\\')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(written: &str) -> String {
        let mut text = String::new();
        Decoded::new(written.as_bytes()).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn what_is_no_base64_is_passed_over() {
        for written in [
            "Pz8/IGhpIHlvdQ==",
            "Pz8_IGhpIHlvdQ",
            "Pz8\\/IGhp\\nIHlvdQ==",
            "Pz8/ IGhp\r\n>IHlvdQ==AAAA",
        ] {
            assert_eq!(decoded(written), "??? hi you", "{written}");
        }
        assert_eq!(decoded("aGk"), "hi");
        assert_eq!(decoded("aGkh\\"), "hi!");
        assert_eq!(decoded("="), "");
        assert!(is_sound(b"aG\\nk=") && !is_sound(b"aGk!"));
    }

    #[test]
    fn it_can_be_read_byte_by_byte() {
        let mut bytes = Vec::new();
        let mut reader = Decoded::new(b"Pz8/IGhpIHlvdQ==");
        let mut one = [0];
        while reader.read(&mut one).unwrap() > 0 {
            bytes.extend(one);
        }
        assert_eq!(bytes, b"??? hi you");
    }
}
