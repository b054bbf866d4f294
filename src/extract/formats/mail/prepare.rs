//! What a message would become in memory, counted before it is parsed; and what the parser would
//! hold more of than there is, hidden from it: messages inside it, which are opened as documents of
//! their own, no deeper than others, and base64, which is decoded in a stream.

use crate::extract::unpack::Failure;
use crate::extract::unpack::budget::Bound;

/// More lines of headers than this are not held; each takes some 110 bytes.
const MOST_LINES: usize = 200_000;
/// More parts than this are not; each takes some 600 bytes.
const MOST_PARTS: usize = 50_000;
/// What the headers that are taken apart may have together.
const MOST_PARSED: usize = 2 * 1024 * 1024;
/// How many bytes may be looked through for the ends of parts that have parts: each of them may
/// be looked for to the end of the message.
const MOST_SOUGHT: u64 = 4 << 30;
/// The headers that are taken apart, and all others whose names begin so.
const PARSED: [&[u8]; 2] = [b"from", b"content-"];
/// The one that says how a part is encoded.
const ENCODING: &[u8] = b"content-transfer-encoding";
/// The longest name of these.
const LONGEST_NAME: usize = 64;
/// What messages are called where parts say what they are, and parts that are messages unless they
/// say otherwise.
const MESSAGES: [&[u8]; 3] = [b"rfc822", b"global", b"digest"];
/// How base64 is called.
const BASE64: &[u8] = b"base64";
/// The same, hidden.
pub(super) const HIDDEN_BASE64: &str = "base6_";
/// What the last character of what is hidden becomes.
const HIDDEN: u8 = b'_';

/// Hides messages in the message `bytes`; answers whether parts of it may be messages that do not
/// say so.
///
/// # Errors
///
/// If parsing it would take too much.
pub(super) fn prepare(bytes: &mut [u8]) -> Result<bool, Failure> {
    let (mut lines, mut parts, mut parsed, mut multiparts) = (0, 0, 0, 0u64);
    let (mut in_headers, mut header, mut behind_dashes) = (true, Header::Other, false);
    let mut digest = false;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &mut bytes[at..];
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
        let line = &mut rest[..length];
        at += length;
        let blank = line.trim_ascii().is_empty();
        // a part begins behind what separates it, wherever in a line that stands
        parts += usize::from(behind_dashes && (blank || memchr::memchr(b':', line).is_some()));
        behind_dashes = memchr::memmem::find(line, b"--").is_some();
        if in_headers && !blank {
            lines += 1;
            // a line that begins with a blank belongs to the one before
            let goes_on = line.first().is_some_and(u8::is_ascii_whitespace);
            header = match Header::of(line) {
                Header::Other if goes_on => header,
                new => new,
            };
            match header {
                Header::Other => {}
                Header::Encoding => hide(line, BASE64),
                Header::Parsed => {
                    parsed += line.len();
                    digest |= find(line, b"digest").is_some();
                    MESSAGES.iter().for_each(|word| hide(line, word));
                    multiparts += u64::from(find(line, b"multipart").is_some());
                }
            }
        }
        in_headers = behind_dashes || in_headers && !blank;
        let sought = multiparts.saturating_mul(bytes.len() as u64);
        if lines > MOST_LINES
            || parts > MOST_PARTS
            || parsed > MOST_PARSED
            || sought > MOST_SOUGHT && multiparts > 1
        {
            return Err(Bound::Memory.into());
        }
    }
    Ok(digest)
}

/// What a header is to the parser.
#[derive(Clone, Copy)]
enum Header {
    Parsed,
    Encoding,
    Other,
}

impl Header {
    /// Blanks in a header's name and colons before it are passed over by the parser.
    fn of(line: &[u8]) -> Self {
        let mut name = [0; LONGEST_NAME];
        let letters = line
            .iter()
            .skip_while(|byte| byte.is_ascii_whitespace() || **byte == b':')
            .take_while(|byte| **byte != b':')
            .filter(|byte| !byte.is_ascii_whitespace());
        for (place, byte) in name.iter_mut().zip(letters) {
            *place = byte.to_ascii_lowercase();
        }
        match () {
            () if name.starts_with(ENCODING) => Self::Encoding,
            () if PARSED.iter().any(|known| name.starts_with(known)) => Self::Parsed,
            () => Self::Other,
        }
    }
}

/// Hides a word in a line.
fn hide(line: &mut [u8], word: &[u8]) {
    while let Some(at) = find(line, word) {
        line[at + word.len() - 1] = HIDDEN;
    }
}

/// Where `word`, in lower case, stands in `line`, in any case.
fn find(line: &[u8], word: &[u8]) -> Option<usize> {
    line.windows(word.len()).position(|part| part.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_in_messages_are_hidden() {
        for (text, due) in [
            ("Content-Type: message/rfc822\n\nrfc822", "Content-Type: message/rfc82_\n\nrfc822"),
            (": Con tent-type : Message/\r\n RFC822\n", ": Con tent-type : Message/\r\n RFC82_\n"),
            ("Content-Transfer-Encoding:\n BASE64\n", "Content-Transfer-Encoding:\n BASE6_\n"),
            ("X: rfc822\n\n--b\ncontent-type:x/global", "X: rfc822\n\n--b\ncontent-type:x/globa_"),
        ] {
            let mut bytes = text.as_bytes().to_vec();
            assert!(!prepare(&mut bytes).unwrap(), "{text}");
            assert_eq!(String::from_utf8(bytes).unwrap(), due);
        }
        assert!(prepare(&mut b"Content-Type: multipart/digest; boundary=x\n".to_vec()).unwrap());
    }

    #[test]
    fn what_would_be_too_much_is_told() {
        let headers = b"From: a\nX: y\n".repeat(MOST_LINES / 2 + 1);
        let parts = b"--b\n\nx\n".repeat(MOST_PARTS + 1);
        let long = [b"From: ".as_slice(), &b"a@b,\n ".repeat(MOST_PARSED / 5)].concat();
        let seek = b"--b\nContent-Type: multipart/x; boundary=c\n\n".repeat(15_000);
        for mut bytes in [headers, parts, long, seek] {
            let text = String::from_utf8_lossy(&bytes[..20]).into_owned();
            assert!(prepare(&mut bytes[..].to_vec()).is_err(), "{text}");
            let half = bytes.len() / 3;
            bytes.truncate(half);
            assert!(prepare(&mut bytes).is_ok(), "{text}");
        }
        let log = b"12:00:00 a line of a log: x\n".repeat(MOST_LINES * 2);
        assert!(prepare(&mut [b"From: a\n\n".as_slice(), &log].concat()).is_ok());
    }
}
