//! What is shown of the line that a leak stands on, without any secret.

use std::ops::Range;

use super::Hidden;
use crate::detect::Match;
use crate::finding::{Excerpt, printable, scrub};

/// How much of a line is shown before and after the leak.
const BEFORE: usize = 60;
const AFTER: usize = 40;
/// What is longer is no single match; one may stand in parts, with comments between them.
const LONGEST_MATCH: usize = 64 * 1024;

/// The redacted line around the match with index `at`: its own secret and every other one that
/// the excerpt would show are masked.
pub(super) fn excerpt(
    bytes: &[u8],
    found: &[(Match, Option<Hidden>)],
    at: usize,
    first_line: u64,
) -> Excerpt {
    let span = found[at].0.span.clone();
    let (start, end) = bounds(bytes, &span);
    let mut text = String::new();
    let mut underline = 0..0;
    let mut position = start;
    // the matches are sorted; those that could reach into the excerpt begin close by
    let reach = start.saturating_sub(LONGEST_MATCH);
    let first = found[..at].partition_point(|(other, _)| other.span.start < reach);
    for (index, (other, hidden)) in found.iter().enumerate().skip(first) {
        if other.span.start >= end {
            break;
        }
        if other.span.start < position {
            if index == at {
                let last = text.char_indices().next_back().map_or(0, |(offset, _)| offset);
                underline = last..text.len();
            }
            position = position.max(other.span.end);
            continue;
        }
        push_visible(&mut text, &bytes[position..other.span.start]);
        let before = text.len();
        if matches!(hidden, None | Some(Hidden::Picture)) {
            let lead = &bytes[other.span.start..other.secret.start];
            push_visible(&mut text, &lead[..lead.len().min(200)]);
            text.push_str(&printable(&other.hint.hint));
        }
        text.push('…');
        if index == at {
            underline = before..text.len();
        }
        position = other.span.end;
    }
    if position < end {
        push_visible(&mut text, &bytes[position..end]);
    }
    let scrubbed = scrub(&text);
    if scrubbed != text {
        // something token-like beside it that no detector claimed: show only the leak itself
        text = text.get(underline.clone()).map(|own| scrub(own).into_owned()).unwrap_or_default();
        underline = 0..text.len();
    }
    Excerpt { text, span: underline, first_line, label: String::new() }
}

/// How much of the line around `span` is shown.
fn bounds(bytes: &[u8], span: &Range<usize>) -> (usize, usize) {
    let reach = span.start.saturating_sub(BEFORE);
    let start =
        memchr::memrchr(b'\n', &bytes[reach..span.start]).map_or(reach, |at| reach + at + 1);
    let start = if start == reach { after_word(bytes, start, span.start) } else { start };
    let reach = bytes.len().min(span.end + AFTER);
    let end = memchr::memchr(b'\n', &bytes[span.end..reach]).map_or(reach, |at| span.end + at);
    let end = if end == reach { before_word(bytes, end, span.end) } else { end };
    let end = if bytes[..end].ends_with(b"\r") && end > span.end { end - 1 } else { end };
    (start, end)
}

/// Where an excerpt may begin: a word that begins before `start` is left out whole, since the rest
/// of it may be the rest of a secret.
fn after_word(bytes: &[u8], start: usize, most: usize) -> usize {
    if start == 0 || !is_word(bytes[start - 1]) {
        return start;
    }
    start + bytes[start..most].iter().take_while(|byte| is_word(**byte)).count()
}

/// Where an excerpt may end: a word that goes on behind `end` is left out whole.
fn before_word(bytes: &[u8], end: usize, least: usize) -> usize {
    if bytes.get(end).is_none_or(|byte| !is_word(*byte)) {
        return end;
    }
    end - bytes[least..end].iter().rev().take_while(|byte| is_word(**byte)).count()
}

/// What a secret may be written with: letters and digits, base64, and the zero bytes and marks of
/// other encodings. Bytes beyond ASCII count too, so that no character is cut in two.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, 0 | b'+' | b'/' | b'-' | b'_' | b'=' | b'~' | b'%')
        || byte >= 0x80
}

fn push_visible(text: &mut String, bytes: &[u8]) {
    let lossy = String::from_utf8_lossy(bytes).replace('\t', " ");
    text.push_str(&printable(&lossy));
}
