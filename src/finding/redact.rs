//! Keeps secrets and terminal escapes out of whatever is printed.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// How many characters of a token Canvas shows to administrators, and so do we.
pub const HINT_LENGTH: usize = 5;

/// What stands in for the part of a secret that is not shown.
const ELLIPSIS: char = '…';

/// No match of [`TOKEN_LIKE`] is without as many letters and digits in a row: compiling it takes
/// longer than a small scan, so it is not asked without need.
const SHORTEST_RUN: usize = 40;

/// Anything that could be a token, more generously than any detector: text that is shown may be
/// cut or decorated in ways that a detector does not accept.
#[expect(clippy::expect_used, reason = "a constant pattern, compiled by a test")]
static TOKEN_LIKE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)(?<lead>~|%7e|\\u007e|\\x7e|&#0*126;|&#x0*7e;|&tilde;)(?<hosted>[a-z0-9]{40,})",
        r"|(?<link>user_|verifier(?:=|%3d))(?<code>[a-z0-9]{40})",
        r"|(?<bare>[a-z0-9]{64,})",
    ))
    .expect("constant pattern")
});

/// The part of `secret` that may be shown: its first [`HINT_LENGTH`] characters and an ellipsis.
pub fn mask(secret: &str) -> String {
    let mut shown: String = secret.chars().take(HINT_LENGTH).collect();
    shown.push(ELLIPSIS);
    shown
}

/// Masks whatever in `text` looks like a token; hexadecimal digests stay. The last guard on text
/// that was not made from a match: file names, error messages, command-line arguments, commit
/// authors.
pub fn scrub(text: &str) -> Cow<'_, str> {
    if !holds_run(text) {
        return Cow::Borrowed(text);
    }
    TOKEN_LIKE.replace_all(text, |found: &Captures<'_>| {
        if let Some(bare) = found.name("bare") {
            if bare.as_str().bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return bare.as_str().to_owned();
            }
            return mask(bare.as_str());
        }
        let part = |name| found.name(name).map_or("", |part| part.as_str());
        format!(
            "{}{}{}",
            part("lead"),
            part("link"),
            mask(&format!("{}{}", part("hosted"), part("code")))
        )
    })
}

/// Whether `text` holds as long a run as everything token-like does. The expression takes a few
/// letters beyond ASCII for `k` and `s`, letter case aside; this takes all of them for letters.
fn holds_run(text: &str) -> bool {
    text.as_bytes()
        .split(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric())
        .any(|run| run.len() >= SHORTEST_RUN)
}

/// Makes `text` safe to print: control characters (C0, C1, DEL), bidirectional overrides and
/// line separators become visible stand-ins, one character for one, so that columns still count.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(stand_in).collect())
}

/// Whether `c` may not be printed as it is: it moves the cursor, reorders or hides text, or ends a
/// line.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

fn stand_in(c: char) -> char {
    match c {
        // Unicode has a picture for each C0 control and for DEL
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        c if is_hostile(c) => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_all_but_the_hint() {
        assert_eq!(mask("aB3xYzzzz"), "aB3xY…");
    }

    #[test]
    fn scrubs_tokens_in_any_spelling() {
        let body = "kQ7v".repeat(16);
        for tilde in ["~", "%7E", "%7e", "\\u007e", "&#126;", "&#x7e;"] {
            let text = format!("no such file: backup-7{tilde}{body}.txt");
            let shown = scrub(&text);
            assert!(!shown.contains(&body[..12]), "{shown}");
            assert!(shown.ends_with("kQ7vk….txt"), "{shown}");
        }
        let path = "a/long/path/with/many-parts_and_words/that/no/token/stands/in/main.rs";
        assert_eq!(scrub(path), path);
        let digest = format!("blobs/{}", "0f".repeat(32));
        assert_eq!(scrub(&digest), digest);
    }

    #[test]
    fn shows_controls_as_pictures() {
        assert_eq!(printable("a\u{1b}[31m\u{202e}b\u{9b}"), "a␛[31m\u{fffd}b\u{fffd}");
        assert!(matches!(printable("plain é"), Cow::Borrowed(_)));
    }
}
