//! Mail: single messages and mailboxes. Text is read where it stands, also in quoted-printable
//! and base64; attachments are documents of their own. RFC 5322, RFC 2045, RFC 4155.

mod encrypted;
mod prepare;

use std::io::{BufRead, BufReader, Read};

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mail_parser::{Encoding, HeaderName, MessageParser, MessagePart, MimeHeaders, PartType};

use super::Format;
use super::encoded::Decoded;
use crate::extract::position::{Position, Walker};
use crate::extract::unpack::budget::Bound;
use crate::extract::unpack::source::Source;
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};
use prepare::HIDDEN_BASE64;

/// A message, as mail programs save it; Apple's begin with a line of its length (`.emlx`).
pub(super) const MAIL: Format = Format { name: "mail", fits: is_message, read: read_message };

/// Messages behind lines that begin with `From `.
pub(super) const MAILBOX: Format = Format { name: "mailbox", fits: is_mailbox, read: read_mailbox };

/// The largest message that is opened.
const LARGEST: u64 = 20 * 1024 * 1024;
/// What parsing a message takes beside it: its decoded parts.
const BESIDE: u64 = 2;
/// How many lines of a file's beginning say whether it is mail.
const HEADERS: usize = 80;
/// The longest name of a header.
const LONGEST_NAME: usize = 64;

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The name of the header that a line begins, if it begins one.
fn header_name(line: &[u8]) -> Option<&[u8]> {
    let colon = memchr::memchr(b':', line.get(..LONGEST_NAME).unwrap_or(line))?;
    let name = &line[..colon];
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (!name.is_empty() && name.iter().all(plain)).then_some(name)
}

/// How long the line is that says how long the message behind it is, if there is one.
fn length_line(head: &[u8]) -> usize {
    let digits = head.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    // copies may have other line ends
    let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r');
    let blanks = head[digits..].iter().take(20).take_while(is_blank).count();
    let ended = head[digits + blanks..].first() == Some(&b'\n');
    if digits > 0 && ended { digits + blanks + 1 } else { 0 }
}

/// Tells a message by its headers: one that only mail has, and one more.
fn is_message(head: &[u8]) -> bool {
    let head = &head[length_line(head)..];
    if !head.first().is_some_and(u8::is_ascii_alphabetic) || header_name(head).is_none() {
        return false;
    }
    const SENDERS: [&str; 5] = ["from", "received", "return-path", "message-id", "delivered-to"];
    const OTHERS: [&str; 5] = ["date", "to", "subject", "mime-version", "content-type"];
    let (mut senders, mut others) = (0, 0);
    for line in head.split(|byte| *byte == b'\n').take(HEADERS) {
        match line {
            [] | b"\r" => break,
            [b' ' | b'\t', ..] => {}
            line => {
                let Some(name) = header_name(line) else { return false };
                let is = |known: &&str| name.eq_ignore_ascii_case(known.as_bytes());
                senders += usize::from(SENDERS.iter().any(&is));
                others += usize::from(OTHERS.iter().any(is));
            }
        }
    }
    senders >= 1 && others >= 2
}

fn is_mailbox(head: &[u8]) -> bool {
    let Some(rest) = head.strip_prefix(b"From ") else {
        return false;
    };
    let line = memchr::memchr(b'\n', rest.get(..1024).unwrap_or(rest));
    line.is_some_and(|end| header_name(&rest[end + 1..]).is_some())
}

fn read_message(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    inside.kind("eml");
    // positions are the file's own, and what no part shows is in it as well
    inside.as_bytes_too();
    let (mut bytes, _held) = source.bytes(LARGEST)?;
    let start = length_line(&bytes);
    let begin = Position::default().advance(&bytes[..start]);
    // Apple's own notes follow the message; unless its line ends were changed, which changes its length
    let said = std::str::from_utf8(&bytes[..start]).ok().and_then(|line| line.trim().parse().ok());
    let end = said.and_then(|length: usize| start.checked_add(length));
    let is_end = |end: &usize| bytes.get(*end..).is_some_and(|rest| rest.starts_with(b"<?xml"));
    let end = end.filter(is_end).unwrap_or(bytes.len());
    message(&mut bytes[start..end], begin, None, inside)
}

/// Takes apart the headers that are needed, and leaves the others as they are.
fn parser() -> MessageParser {
    MessageParser::new()
        .header_address(HeaderName::From)
        .header_date(HeaderName::Date)
        .header_content_type(HeaderName::ContentType)
        .header_content_type(HeaderName::ContentDisposition)
        .header_raw(HeaderName::ContentTransferEncoding)
        .default_header_ignore()
}

fn read_mailbox(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    inside.kind("mbox");
    inside.as_bytes_too();
    let mut stream = BufReader::new(source.stream()?);
    let mut held = inside.budget().hold(0)?;
    let mut room = 0;
    let mut bytes = Vec::new();
    let (mut line, mut begin, mut number) = (1, 1, 0);
    let (mut blank, mut too_large) = (true, 0);
    loop {
        let before = bytes.len();
        // a line may be as long as the file: it is taken in pieces
        let count = stream.by_ref().take(64 * 1024).read_until(b'\n', &mut bytes)?;
        let end = count == 0;
        if end || blank && bytes[before..].starts_with(b"From ") {
            let rest = bytes.split_off(before);
            if number > 0 && !bytes.is_empty() {
                let at = Position { line: begin, column: 1 };
                match message(&mut bytes, at, Some(number), inside) {
                    // the messages behind it may be smaller
                    Err(Failure::Limit(Bound::Memory)) => too_large += 1,
                    outcome => outcome?,
                }
            }
            if end {
                break;
            }
            number += 1;
            begin = line + 1;
            bytes.clear();
            line += u64::from(rest.ends_with(b"\n"));
            blank = false;
            continue;
        }
        blank = matches!(&bytes[before..], b"\n" | b"\r\n");
        line += u64::from(bytes.ends_with(b"\n"));
        if bytes.len() > room {
            if bytes.len() as u64 > LARGEST {
                too_large += 1;
                bytes.clear();
                begin = line;
                continue;
            }
            const STEP: usize = 256 * 1024;
            held.grow(STEP as u64 * (1 + BESIDE))?;
            room += STEP;
        }
    }
    if too_large > 0 {
        let message = format!("{too_large} messages were too large to be opened");
        inside.unread_part(message);
    }
    Ok(())
}

/// Shows a message whose first byte stands at `begin` of the file. `number` is its place in a
/// mailbox.
fn message(
    bytes: &mut [u8],
    begin: Position,
    number: Option<u64>,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    let digest = prepare::prepare(bytes)?;
    let bytes = &*bytes;
    let Some(message) = parser().parse(bytes) else {
        return Ok(());
    };
    let sender = message
        .from()
        .and_then(|from| from.first())
        .and_then(|from| from.name().or(from.address()).map(str::to_owned));
    let date = message.date().map(|date| date.to_rfc3339());
    let called = match (number, sender, date) {
        (None, ..) => String::new(),
        (Some(number), Some(sender), Some(date)) => {
            format!("message {number} from {sender} of {date}, ")
        }
        (Some(number), Some(sender), None) => format!("message {number} from {sender}, "),
        (Some(number), ..) => format!("message {number}, "),
    };
    let folder = number.map(|number| format!("message {number}/")).unwrap_or_default();
    let mut walker = Walker::new(bytes, begin);
    let mut text = Text::default();
    if let Some(root) = message.parts.first() {
        let end = usize::try_from(root.offset_body).unwrap_or(0);
        text.mark_at(0, walker.at(0));
        text.push(bytes.get(..end).unwrap_or_default());
    }
    inside.text(&mut text, &|_| format!("{called}the headers"))?;
    if message.parts.iter().any(encrypted::is_encrypted) {
        let what = number.map_or("mail".to_owned(), |number| format!("message {number}"));
        inside.unread_part(format!("{what}: {}", Failure::Encrypted));
    }
    for (index, part) in message.parts.iter().enumerate() {
        let named = part.attachment_name().map(str::to_owned);
        let range = part.offset_body as usize..part.offset_end as usize;
        let written = bytes.get(range.clone()).unwrap_or_default();
        let fallback = |ending: &str| format!("{folder}attachment {index}{ending}");
        let name = |ending: &str| match &named {
            Some(named) => format!("{folder}{named}"),
            None => fallback(ending),
        };
        let kind = part.content_type();
        let encoded = is_base64(part);
        let is_message = kind.is_some_and(|kind| kind.ctype().eq_ignore_ascii_case("message"));
        // an invitation is no body, and its lines are broken
        let is_event = kind.and_then(|kind| kind.subtype()).is_some_and(is_calendar);
        match &part.body {
            PartType::Multipart(_) => {}
            PartType::Text(_) | PartType::Html(_)
                if named.is_none() && !is_event && !(digest && kind.is_none()) =>
            {
                let _held = inside.budget().hold(marks(part, written) * Text::MARK as u64)?;
                push_body(part, written, range.start, encoded, &mut walker, &mut text)?;
                let html = matches!(part.body, PartType::Html(_));
                let what = if html { "the HTML body" } else { "the body" };
                inside.text(&mut text, &|_| format!("{called}{what}"))?;
            }
            PartType::Text(_) | PartType::Html(_) => {
                let ending = if is_event { ".ics" } else { ".eml" };
                let decoded = part.contents();
                let mut plain = decoded.trim_ascii_start();
                let mut decoded = Decoded::new(decoded);
                let reader: &mut dyn Read = if encoded { &mut decoded } else { &mut plain };
                inside.member(&name(ending), reader)?;
            }
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                let (ending, mut plain) = match is_message {
                    true => (".eml", bytes.trim_ascii_start()),
                    false => ("", &bytes[..]),
                };
                let mut decoded = Decoded::new(bytes);
                let reader: &mut dyn Read = if encoded { &mut decoded } else { &mut plain };
                inside.member(&name(ending), reader)?;
            }
            PartType::Message(inner) => {
                let raw = inner.raw_message().trim_ascii_start();
                inside.member(&name(".eml"), &mut &raw[..])?;
            }
        }
    }
    Ok(())
}

/// Whether what is of this kind of text is a calendar or a contact.
fn is_calendar(subtype: &str) -> bool {
    ["calendar", "vcard", "x-vcard"].iter().any(|kind| subtype.eq_ignore_ascii_case(kind))
}

/// How many positions are to be known for a part's text: in quoted-printable, one for each character
/// that is written otherwise and one behind it.
fn marks(part: &MessagePart<'_>, written: &[u8]) -> u64 {
    match part.encoding {
        Encoding::QuotedPrintable => 2 * memchr::memchr_iter(b'=', written).count() as u64,
        Encoding::None | Encoding::Base64 => 0,
    }
}

/// Adds the text of a part, each stretch of it with where it stands. The part's bytes, `written`,
/// begin at `offset` of the message.
fn push_body(
    part: &MessagePart<'_>,
    written: &[u8],
    offset: usize,
    encoded: bool,
    walker: &mut Walker<'_>,
    text: &mut Text,
) -> Result<(), Failure> {
    if encoded {
        let known = base64_lines(written, offset, walker, text);
        if !known || memchr::memchr(0, &text.bytes).is_some() {
            // lines of odd lengths, or another encoding of characters
            text.clear();
            Decoded::new(written).read_to_end(&mut text.bytes)?;
        }
        return Ok(());
    }
    match part.encoding {
        // base64 was hidden
        Encoding::None | Encoding::Base64 => {
            text.mark_at(0, walker.at(offset));
            text.push(written);
        }
        Encoding::QuotedPrintable => quoted_printable(written, &mut |at, stretch| {
            text.mark_at(0, walker.at(offset + at));
            text.push(stretch);
        }),
    }
    Ok(())
}

/// Whether a part is written in base64.
fn is_base64(part: &MessagePart<'_>) -> bool {
    let encoding = part.content_transfer_encoding();
    encoding.is_some_and(|name| name.trim().eq_ignore_ascii_case(HIDDEN_BASE64))
}

/// Decodes base64 whose lines can each be decoded alone, as programs write it.
fn base64_lines(written: &[u8], offset: usize, walker: &mut Walker<'_>, text: &mut Text) -> bool {
    let mut at = 0;
    let mut decoded = Vec::new();
    let mut last = false;
    for line in written.split_inclusive(|byte| *byte == b'\n') {
        let trimmed = line.trim_ascii();
        if !trimmed.is_empty() {
            decoded.clear();
            let whole = trimmed.len() % 4 == 0 && line.starts_with(trimmed);
            if last || !whole && at + line.len() < written.len() {
                return false;
            }
            last = !whole || trimmed.ends_with(b"=");
            if ENGINE.decode_vec(trimmed, &mut decoded).is_err() {
                return false;
            }
            text.mark_base64(0, walker.at(offset + at));
            text.push(&decoded);
        }
        at += line.len();
    }
    true
}

/// Decodes quoted-printable, showing each stretch with where it begins. RFC 2045, section 6.7.
pub(super) fn quoted_printable(written: &[u8], show: &mut dyn FnMut(usize, &[u8])) {
    let mut at = 0;
    while at < written.len() {
        let plain = memchr::memchr(b'=', &written[at..]).unwrap_or(written.len() - at);
        if plain > 0 {
            show(at, &written[at..at + plain]);
        }
        at += plain;
        let rest = &written[at..];
        at += match rest {
            [] => 0,
            [b'=', b'\n', ..] => 2,
            [b'=', b'\r', b'\n', ..] => 3,
            [b'=', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
                show(at, &[digit(*high) << 4 | digit(*low)]);
                3
            }
            [other, ..] => {
                show(at, &[*other]);
                1
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_is_told_by_its_headers() {
        assert!(is_message(b"Return-Path: <a@b>\nTo: c\nSubject: x\n\nhello"));
        assert!(is_message(b"1234      \nFrom: a\nDate: x\nTo: b\n"));
        assert!(is_message(b"From: a\r\nDate: x\r\n folded\r\nTo: b\r\n\r\n"));
        for other in [
            "name: CI\non: push\nfrom: x\nto: y\n",
            "To: do\nSubject: maths\n",
            "From: here\nthe text goes on\n",
            "https://x\n",
            "1234From: a\nDate: x\nTo: b\n",
            "",
        ] {
            assert!(!is_message(other.as_bytes()), "{other}");
        }
        assert!(is_mailbox(b"From a@b Sat Jan 31 09:00:00 2026\nReceived: x\n"));
        assert!(!is_mailbox(b"From the beginning\nit was clear\n"));
    }

    #[test]
    fn quoted_printable_joins_lines() {
        let mut text = Vec::new();
        let mut places = Vec::new();
        quoted_printable(b"7=7Eab=\r\ncd=\nef=3", &mut |at, part| {
            places.push(at);
            text.extend_from_slice(part);
        });
        assert_eq!(text, b"7~abcdef=3");
        assert_eq!(places, [0, 1, 4, 9, 13, 15, 16]);
    }
}
