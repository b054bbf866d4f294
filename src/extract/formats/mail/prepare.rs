//! What a message would become in memory, counted before it is parsed; and messages inside it, which
//! the parser would hold in each other, hidden from it: they are opened as documents of their own,
//! no deeper than others.

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
/// The longest name of these.
const LONGEST_NAME: usize = 64;
/// What messages are called where parts say what they are, and parts that are messages unless they
/// say otherwise.
const MESSAGES: [&[u8]; 3] = [b"rfc822", b"global", b"digest"];
/// What the last character of these becomes.
const HIDDEN: u8 = b'_';

/// Hides messages in the message `bytes`; answers whether parts of it may be messages that do not
/// say so.
///
/// # Errors
///
/// If parsing it would take too much.
pub(super) fn prepare(bytes: &mut [u8]) -> Result<bool, Failure> {
    let (mut lines, mut parts, mut parsed, mut multiparts) = (0, 0, 0, 0u64);
    let (mut in_headers, mut kept, mut behind_dashes) = (true, false, false);
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
            kept = is_parsed(line) || kept && line.first().is_some_and(u8::is_ascii_whitespace);
            if kept {
                parsed += line.len();
                digest |= hide(line);
                multiparts += u64::from(find(line, b"multipart").is_some());
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

/// Whether a header is one that is taken apart. Blanks in its name and colons before it are passed
/// over by the parser.
fn is_parsed(line: &[u8]) -> bool {
    let mut name = [0; LONGEST_NAME];
    let mut length = 0;
    let letters = line.iter().skip_while(|byte| byte.is_ascii_whitespace() || **byte == b':');
    for byte in letters.take_while(|byte| **byte != b':').filter(|byte| !byte.is_ascii_whitespace())
    {
        let Some(place) = name.get_mut(length) else { break };
        *place = byte.to_ascii_lowercase();
        length += 1;
    }
    PARSED.iter().any(|known| name.starts_with(known))
}

/// Hides what a line says of messages; answers whether it says it of parts that need not say so.
fn hide(line: &mut [u8]) -> bool {
    let mut digest = false;
    for word in MESSAGES {
        while let Some(at) = find(line, word) {
            line[at + word.len() - 1] = HIDDEN;
            digest |= word == b"digest";
        }
    }
    digest
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
        let headers = b"From: a\nX: y\n".repeat(MOST_LINES / 2);
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
