//! A file's text and the YAML documents in it, each on its own, so that a bad one does not stop
//! the rest.

use std::borrow::Cow;
use std::ops::Range;

use encoding_rs::{UTF_16BE, UTF_16LE};

/// The text of a file: UTF-8, or UTF-16 with a byte order mark, as Windows editors write it.
///
/// # Errors
///
/// The offset of the first byte that is neither.
pub(crate) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
    let wide = match bytes {
        [0xff, 0xfe, rest @ ..] => Some((UTF_16LE, rest)),
        [0xfe, 0xff, rest @ ..] => Some((UTF_16BE, rest)),
        _ => None,
    };
    if let Some((encoding, rest)) = wide {
        return Ok(Cow::Owned(encoding.decode_without_bom_handling(rest).0.into_owned()));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| error.valid_up_to())
}

/// The byte ranges of the documents in `text`. A line of three dashes begins one and a line of
/// three dots ends one, wherever they stand: not even quotes can hold such a line.
pub(crate) fn split(text: &str) -> Vec<Range<usize>> {
    let mut documents = Vec::new();
    let mut start = 0;
    let mut has_content = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        if is_marker(line, "---") {
            if has_content {
                documents.push(start..at);
                start = at;
            }
            // `--- # comment` and `---` hold nothing yet, but they are a document
            has_content = true;
        } else if is_marker(line, "...") {
            if has_content {
                documents.push(start..next);
            }
            start = next;
            has_content = false;
        } else {
            has_content = has_content || !is_trivial(line);
        }
        at = next;
    }
    if has_content {
        documents.push(start..text.len());
    }
    documents.retain(|range| {
        !text[range.clone()].lines().all(|line| {
            is_trivial(line)
                || is_marker(line, "---") && is_trivial(&line[3..])
                || is_marker(line, "...")
        })
    });
    documents
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']))
}

/// Whether a line holds nothing, a comment or a directive.
fn is_trivial(line: &str) -> bool {
    let trimmed = line.trim();
    trimmed.is_empty() || trimmed.starts_with('#') || line.starts_with('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        split(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn documents_begin_and_end_at_their_markers() {
        assert_eq!(parts("a: 1\n"), ["a: 1\n"]);
        assert_eq!(parts("# c\n---\na: 1\n---\nb: 2"), ["# c\n---\na: 1\n", "---\nb: 2"]);
        assert_eq!(parts("---\n---\na: 1\n---\n# end\n"), ["---\na: 1\n"]);
        assert_eq!(parts("a: 1\n...\nb: 2\n"), ["a: 1\n...\n", "b: 2\n"]);
        assert_eq!(parts("a: |\n  ---\n  x\n---x: 1\n"), ["a: |\n  ---\n  x\n---x: 1\n"]);
        assert_eq!(parts("\n# nothing\n"), Vec::<&str>::new());
        assert_eq!(parts("--- {a: 1}\n"), ["--- {a: 1}\n"]);
    }

    #[test]
    fn reads_what_editors_write() {
        assert_eq!(decode(b"\xef\xbb\xbfa: \xc3\xa9").as_deref(), Ok("a: é"));
        assert_eq!(decode(b"\xff\xfea\0:\0 \0\xe9\0").as_deref(), Ok("a: é"));
        assert_eq!(decode(b"a: \xe9"), Err(3));
    }
}
