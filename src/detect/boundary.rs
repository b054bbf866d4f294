//! Where a value begins and ends: what may touch it without being part of it.

use std::ops::Range;

use crate::extract::sqlite;

/// How far from a value a control character tells that it stands in binary data.
const CONTROL_REACH: usize = 1024;

/// The places in a run where a value may begin: the run's own beginning, or, where an escape of
/// some encoding stands right before it, the first character that the escape leaves.
pub(super) fn starts(text: &[u8], run: &Range<usize>) -> impl Iterator<Item = usize> {
    let inside = &text[run.clone()];
    let before = &text[..run.start];
    let hex = |range: Range<usize>| {
        inside.get(range).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let escape = match before.last() {
        Some(b'%') if hex(0..2) => {
            // %25 is a percent sign that was encoded once more
            let again = inside.chunks_exact(2).take_while(|pair| pair == b"25").count();
            Some(2 * again + 2)
        }
        Some(b'\\') => match inside[0] {
            b'u' if hex(1..5) => Some(5),
            b'x' if hex(1..3) => Some(3),
            b'n' | b'r' | b't' | b'f' | b'v' | b'b' | b'a' | b'e' if escapes(before) => Some(1),
            _ => None,
        },
        // a terminal's colour: ESC [ 1 ; 32 m
        Some(b'[' | b';') => {
            let digits = inside.iter().take_while(|b| b.is_ascii_digit()).count();
            let ends = matches!(inside.get(digits), Some(b'm' | b'K'));
            (digits <= 3 && ends).then_some(digits + 1)
        }
        _ => None,
    };
    let escaped = escape.map(|skip| run.start + skip);
    escaped.into_iter().chain(std::iter::once(run.start))
}

/// Whether a backslash at the end of `before` escapes what follows, and is not escaped itself.
fn escapes(before: &[u8]) -> bool {
    before.iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1
}

/// Whether a token can begin at `begin`, its secret part beginning at `secret`: no letter or digit
/// stands before it, unless it belongs to something else.
pub(super) fn begins(text: &[u8], begin: usize, secret: usize, binary: bool) -> bool {
    let before = &text[..begin];
    let Some(&last) = before.last() else {
        return true;
    };
    if !last.is_ascii_alphanumeric() || !text[begin].is_ascii_alphanumeric() {
        return true;
    }
    // more digits than a shard has are not a shard's
    if last.is_ascii_digit() && text[begin].is_ascii_digit() {
        return false;
    }
    binary || is_escape(before) || is_length_prefix(before, begin, secret) || is_pickle_line(before)
}

/// Whether control characters stand on the line around `start..end`: then it is no line of text
/// but a stretch of binary data.
pub(super) fn beside_control(text: &[u8], start: usize, end: usize) -> bool {
    let control =
        |byte: &u8| *byte < 0x09 || (0x0e..0x1b).contains(byte) || (0x1c..0x20).contains(byte);
    let before = text[..start].iter().rev().take(CONTROL_REACH);
    let after = text[end..].iter().take(CONTROL_REACH / 8);
    before.take_while(|byte| **byte != b'\n').any(control)
        || after.take_while(|byte| **byte != b'\n').any(control)
}

/// Where in a binary file a token with the shard `shard` begins, if the file's own format says so:
/// digits of the value before it may touch the shard's.
pub(super) fn value_begin(text: &[u8], shard: &Range<usize>, secret: usize) -> Option<usize> {
    let touched = shard.start.checked_sub(1).is_some_and(|at| text[at].is_ascii_alphanumeric());
    if shard.len() == 1 && !touched {
        return None;
    }
    shard.clone().find(|begin| sqlite::is_text_value(text, *begin, secret - begin + 64))
}

/// Whether the text ends in an escape such as `\n` or `%3D`, or a terminal's colour.
fn is_escape(before: &[u8]) -> bool {
    match before {
        [.., b'\\', b'n' | b'r' | b't' | b'f' | b'v' | b'b' | b'a' | b'e'] => true,
        // in a URL, and in quoted-printable mail
        [.., b'%' | b'=', high, low] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        [rest @ .., b'm' | b'K'] => {
            let code = rest.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b';').count();
            rest[..rest.len() - code].ends_with(b"[")
        }
        _ => false,
    }
}

/// Whether the byte before is the length of the token, as pickle, MessagePack, CBOR and other
/// formats write it behind a marker, and not a letter: 66 is `B`.
pub(super) fn is_length_prefix(before: &[u8], begin: usize, secret: usize) -> bool {
    let [.., marker, length] = before else {
        return false;
    };
    let token_length = secret - begin + 64;
    // CBOR's markers are x and X
    let is_marker = !(0x20..0x7f).contains(marker) || marker.eq_ignore_ascii_case(&b'x');
    usize::from(*length) == token_length && is_marker
}

/// Whether the byte before is the opcode of a string in Python's oldest pickle format, which is
/// text: a `V` that begins a line, perhaps behind opcodes that deal with the value before it.
fn is_pickle_line(before: &[u8]) -> bool {
    let [rest @ .., b'V'] = before else {
        return false;
    };
    let opcodes = rest.iter().rev().take_while(|b| b"aseutp(.0]}".contains(b)).count();
    opcodes <= 3 && matches!(rest[..rest.len() - opcodes], [] | [.., b'\n'])
}

/// Whether a value stands between delimiters, and not inside a longer word, path or encoding.
pub(super) fn is_whole_value(text: &[u8], secret: &Range<usize>) -> bool {
    let before = secret.start.checked_sub(1).map(|at| text[at]);
    let after = text.get(secret.end).copied();
    let opens = |byte: u8| byte.is_ascii_whitespace() || b"\"'`=:>([{,|;\\*".contains(&byte);
    let closes = |byte: u8| byte.is_ascii_whitespace() || b"\"'`<)]},;&|#\\?!*".contains(&byte);
    // a shell's default: ${NAME:-value}
    let is_default = text[..secret.start].ends_with(b":-");
    // what is no opening delimiter may be the end of an escape: %20, \n, a colour
    let opened = before.is_none_or(|byte| opens(byte) || !(0x20..0x80).contains(&byte))
        || is_default
        || is_escape(&text[..secret.start]);
    let closed = match after {
        None => true,
        // the end of a sentence
        Some(b'.') => text.get(secret.end + 1).is_none_or(u8::is_ascii_whitespace),
        // the next parameter, encoded
        Some(b'%') => true,
        Some(byte) => closes(byte) || !(0x20..0x80).contains(&byte),
    };
    opened && closed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_is_no_part_of_a_value() {
        let starts_of = |text: &str, from: usize| -> Vec<usize> {
            starts(text.as_bytes(), &(from..text.len())).collect()
        };
        assert_eq!(starts_of("%3Dabc", 1), [3, 1]);
        assert_eq!(starts_of("\\nabc", 1), [2, 1]);
        assert_eq!(starts_of("\\\\nabc", 2), [2]);
        assert_eq!(starts_of("\\u007eabc", 1), [6, 1]);
        assert_eq!(starts_of("\x1b[32mabc", 2), [5, 2]);
        assert_eq!(starts_of("=abc", 1), [1]);
    }

    #[test]
    fn tokens_begin_where_words_do_not() {
        let begins_at = |lead: &str| {
            let text = format!("{lead}7~");
            begins(text.as_bytes(), lead.len(), lead.len() + 2, false)
        };
        for lead in [
            "",
            "\"",
            "é",
            "令牌",
            "\\n",
            "%3D",
            "\x1b[1;32m",
            "V",
            "x\nV",
            "\u{94}B",
            "\naV",
            "xB",
        ] {
            assert!(begins_at(lead), "{lead:?}");
        }
        for lead in ["a", "token", "1", "xV", "aB"] {
            assert!(!begins_at(lead), "{lead:?}");
        }
    }
}
