//! Comments that speak to the tool, in the common languages.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::extract::position::{Position, Walker};
use crate::extract::window::Window;

/// More of them in one document are not read.
const MOST: usize = 10_000;
/// How much of a line's beginning says whether a mark stands in a comment.
const BEFORE: usize = 256;
/// The longest comment that is read.
const LENGTH: usize = 512;
/// What every one of them holds.
const MARK: &[u8] = b"hallpass:";

static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(MARK));

/// A comment that speaks to the tool, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Where the mark begins.
    pub position: Position,
    /// The rest of the line behind the mark.
    pub text: String,
}

/// Adds the comments that begin in the window's own part.
pub(super) fn take(window: &Window<'_>, comments: &mut Vec<Comment>) {
    let fresh = &window.bytes[window.fresh.start..];
    let mut walker = Walker::new(window.bytes, window.start);
    for offset in FINDER.find_iter(fresh) {
        let at = window.fresh.start + offset;
        if at >= window.fresh.end || comments.len() >= MOST {
            break;
        }
        let reach = at.saturating_sub(BEFORE);
        let line = &window.bytes[reach..at];
        let line = &line[memchr::memrchr(b'\n', line).map_or(0, |end| end + 1)..];
        if !opens_comment(line) {
            continue;
        }
        let rest = &window.bytes[at + MARK.len()..];
        let rest = &rest[..rest.len().min(LENGTH)];
        let rest = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        comments.push(Comment {
            position: walker.at(at),
            text: String::from_utf8_lossy(rest).trim().to_owned(),
        });
    }
}

/// Whether a line's beginning opens a comment in one of the common languages.
fn opens_comment(line: &[u8]) -> bool {
    // quoted, it is being talked about
    const QUOTES: [&[u8]; 8] =
        [b"`", b"\"", b"'", b"&#96;", b"&#34;", b"&#39;", b"&quot;", b"&apos;"];
    if QUOTES.iter().any(|quote| line.ends_with(quote)) {
        return false;
    }
    // what opens a comment wherever it stands, right before the mark, and at a line's beginning
    const ANYWHERE: [&[u8]; 9] =
        [b"#", b"/*", b"--", b"<!--", b"(*", b"{-", b"\"\"\"", b"'''", b"@*"];
    const BEFORE_THE_MARK: [&[u8]; 7] = [b";", b"%", b"!", b"'", b"\"", b"{", b"rem"];
    const AT_THE_BEGINNING: [&[u8]; 8] = [b";", b"%", b"!", b"*", b"'", b"::", b"..", b".\\\""];
    let trimmed = line.trim_ascii_start();
    let word = trimmed.get(..5).unwrap_or(trimmed).to_ascii_lowercase();
    let words: [&[u8]; 3] = [b"rem ", b"@rem ", b"dnl "];
    // two slashes behind a colon are an address
    let slashes = memchr::memmem::find_iter(line, b"//").any(|at| at == 0 || line[at - 1] != b':');
    let before_mark = line.trim_ascii_end().to_ascii_lowercase();
    slashes
        || ANYWHERE.iter().any(|opener| memchr::memmem::find(line, opener).is_some())
        || AT_THE_BEGINNING.iter().any(|opener| trimmed.starts_with(opener))
        || words.iter().any(|opener| word.starts_with(opener))
        || BEFORE_THE_MARK.iter().any(|opener| {
            before_mark.strip_suffix(*opener).is_some_and(|rest| {
                rest.last().is_none_or(|byte| byte.is_ascii_whitespace() || b"&,;".contains(byte))
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_that_is_quoted_is_none() {
        assert!(opens_comment(b"x = 1  # "));
        for quoted in ["# `", "write it as &#96;", "// &quot;", "# \""] {
            assert!(!opens_comment(quoted.as_bytes()), "{quoted}");
        }
    }
}
