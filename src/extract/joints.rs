//! What stands between two parts of a text that a program puts together: the end of one string
//! literal, an operator of some language or none, and the beginning of the next; a line that is
//! continued within one; or a mark that nobody sees: where a long word may be broken, or is set in
//! another font.
//!
//! Languages are not told apart: each joint of one language is read in all of them.

use std::ops::Range;

use super::inline;

/// The longest joint, with its blanks, line ends and comments.
const LONGEST: usize = 512;
/// The longest one that begins with a tag, which programs write with all of its style.
const LONGEST_TAGS: usize = 2048;
/// How many quotes before a part may be the end of the one before it.
const MOST_QUOTES: usize = 12;
/// The longest operators first.
const OPERATORS: [&[u8]; 13] =
    [b"||", b"<>", b"<<", b"++", b"..", b"//", b"+", b".", b"&", b"^", b"*", b"~", b","];
/// What an expression within a text begins with.
const EXPRESSIONS: &[&[u8]] = &[b"${", b"#{"];
/// What may stand right before a literal and says of what kind it is.
const PREFIXES: &[u8] = b"fFrRbBuULNEsS$@";
/// Marks that nobody sees: spaces without width, joiners and soft hyphens, also as HTML writes them.
const UNSEEN: [&[u8]; 21] = [
    b"\xe2\x80\x8b",
    b"\xe2\x80\x8c",
    b"\xe2\x80\x8d",
    b"\xe2\x81\xa0",
    b"\xef\xbb\xbf",
    b"\xc2\xad",
    b"&#8203;",
    b"&#x200b;",
    b"&#x200B;",
    b"&#173;",
    b"&#xad;",
    b"&#xAD;",
    b"&shy;",
    b"&zwnj;",
    b"&zwj;",
    b"&#8204;",
    b"&#8205;",
    b"&#8288;",
    b"&#xfeff;",
    b"&NoBreak;",
    b"&ZeroWidthSpace;",
];
/// Calls that put a text behind another one.
const CALLS: [&[u8]; 3] = [b".append(", b".concat(", b".plus("];

/// A joint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Joint {
    /// Where it stands, between the last character before it and the first behind it.
    pub(super) range: Range<usize>,
    /// Whether it is a comma, which joins nothing but in some calls.
    pub(super) comma: bool,
    /// Whether it has a tag of HTML in it, which may stand between two words as well.
    pub(super) tag: bool,
}

/// What a part may consist of besides letters and digits: base64, and a tilde, also as URLs write it.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'~' | b'%' | b'+' | b'/' | b'=' | b'-' | b'_')
}

/// The joint that begins at `at`, behind a part's last character, and leads to a part.
pub(super) fn after(bytes: &[u8], at: usize) -> Option<Joint> {
    // nearly all that is asked for is turned down here
    let may_join = match bytes.get(at)? {
        b'"' | b'\'' | b'`' => match bytes.get(at + 1)? {
            b')' => {
                bytes.get(at + 2).is_some_and(|call| *call == b'.' || call.is_ascii_whitespace())
            }
            next => !b":];=>([{".contains(next),
        },
        first => {
            matches!(first, b'\\' | b'$' | b'#' | b'<' | b'&' | b'\xc2' | b'\xe2' | b'\xef')
        }
    };
    if !may_join {
        return None;
    }
    let longest = if bytes[at] == b'<' { LONGEST_TAGS } else { LONGEST };
    let end = bytes.len().min(at + longest);
    let mut rest = Rest { bytes: &bytes[..end], at, tag: false };
    let comma = rest.joint()?;
    let Rest { at: end, tag, .. } = rest;
    let leads_on = bytes.get(end).is_some_and(|byte| is_word(*byte));
    leads_on.then_some(Joint { range: at..end, comma, tag })
}

/// The joint that ends at `at`, before a part's first character, and does not begin before
/// `floor`.
pub(super) fn before(bytes: &[u8], at: usize, floor: usize) -> Option<Joint> {
    let is_tag = at > floor && bytes.get(at - 1) == Some(&b'>');
    let longest = if is_tag { LONGEST_TAGS } else { LONGEST };
    let floor = floor.max(at.saturating_sub(longest));
    let near = bytes.get(floor..at)?;
    let begins = |start: usize| {
        let follows = start > floor && is_word(bytes[start - 1]);
        follows.then(|| after(bytes, start)).flatten().filter(|joint| joint.range.end == at)
    };
    let seen = without_unseen(near);
    if seen.len() < near.len() {
        return begins(floor + seen.len());
    }
    let blanks = near.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let line = &near[..near.len() - blanks];
    if let Some(ended) = line.strip_suffix(b"\n") {
        let ended = ended.strip_suffix(b"\r").unwrap_or(ended);
        return ended.strip_suffix(b"\\").and_then(|text| begins(floor + text.len()));
    }
    let quoted = near.strip_suffix(b"\"").or_else(|| near.strip_suffix(b"'"));
    let Some(quoted) = quoted.or_else(|| near.strip_suffix(b"`")) else {
        // an expression in a text has ended
        let expression = near.strip_suffix(b"}")?.trim_ascii_end();
        return quotes(expression).find_map(|quote| begins(floor + quote));
    };
    let quoted = quoted.strip_suffix(b"\\").unwrap_or(quoted);
    if let Some(text) = quoted.trim_ascii_end().strip_suffix(b"{") {
        let text = text.strip_suffix(b"$").or_else(|| text.strip_suffix(b"#"))?;
        if let Some(joint) = begins(floor + text.len()) {
            return Some(joint);
        }
    }
    if !may_end_joint(quoted) {
        return None;
    }
    quotes(quoted).find_map(|quote| begins(floor + quote))
}

/// Whether `text`, which a quote follows, may end in the rest of a joint: in most programs an equals
/// sign or a bracket stands there.
fn may_end_joint(text: &[u8]) -> bool {
    let prefix = text.iter().rev().take(2).take_while(|byte| PREFIXES.contains(byte)).count();
    let text = &text[..text.len() - prefix];
    let rest = text.trim_ascii_end();
    // behind a comment anything may stand
    let commented = text[rest.len()..].contains(&b'\n') && {
        let line = &rest[memchr::memrchr(b'\n', rest).map_or(0, |end| end + 1)..];
        [&b"#"[..], b"//", b"--"].iter().any(|mark| memchr::memmem::find(line, mark).is_some())
    };
    let ends = |byte: &u8| b"\"'`+.&|<>^*~/,\\_n".contains(byte);
    let opens = |text: &[u8]| CALLS.iter().chain(EXPRESSIONS).any(|word| text.ends_with(word));
    commented || rest.last().is_some_and(ends) || opens(rest)
}

/// `text` without the marks at its end that nobody sees.
fn without_unseen(mut text: &[u8]) -> &[u8] {
    let marked = |text: &[u8]| {
        let mark = UNSEEN.iter().find(|mark| text.ends_with(mark));
        mark.map(|mark| mark.len()).or_else(|| inline::tag_before(text))
    };
    while let Some(length) = marked(text) {
        text = &text[..text.len() - length];
    }
    text
}

/// Where quotes begin in `text` that may end a literal, the last first.
fn quotes(text: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memrchr3_iter(b'"', b'\'', b'`', text).take(MOST_QUOTES).map(|quote| {
        let same = text[..quote].iter().rev().take_while(|byte| **byte == text[quote]).count();
        let first = quote - same;
        first - usize::from(text[..first].ends_with(b"\\"))
    })
}

/// What is left of a text in which a joint is read.
struct Rest<'b> {
    bytes: &'b [u8],
    at: usize,
    /// Whether a tag was read.
    tag: bool,
}

impl Rest<'_> {
    fn left(&self) -> &[u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, mark: &[u8]) -> bool {
        let is_next = self.left().starts_with(mark);
        if is_next {
            self.at += mark.len();
        }
        is_next
    }

    fn skip_line_end(&mut self) -> bool {
        self.skip(b"\n") || self.skip(b"\r\n")
    }

    fn skip_blanks(&mut self) {
        self.at += self.left().iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    }

    /// Reads the whole of a joint; answers whether it is a comma.
    fn joint(&mut self) -> Option<bool> {
        if self.continued() || self.unseen() {
            return Some(false);
        }
        // an expression begins in the text
        if EXPRESSIONS.iter().any(|mark| self.skip(mark)) {
            self.skip_blanks();
            return self.quote(false).map(|_| false);
        }
        let escaped = self.quote(true)?;
        let closed = self.at;
        self.skip_blanks();
        if self.skip(b"}") {
            // it ends, and perhaps another one begins
            if !EXPRESSIONS.iter().any(|mark| self.skip(mark)) {
                return Some(false);
            }
            self.skip_blanks();
            return self.quote(false).map(|_| false);
        }
        self.at = closed;
        self.gap();
        let operator = self.operator();
        self.gap();
        self.prefix();
        (self.quote(false)? == escaped).then_some(operator == Some(b","))
    }

    /// Marks that nobody sees.
    fn unseen(&mut self) -> bool {
        let begin = self.at;
        loop {
            let tag = inline::tag(self.left()).unwrap_or(0);
            self.at += tag;
            self.tag |= tag > 0;
            if tag == 0 && !UNSEEN.iter().any(|mark| self.skip(mark)) {
                return self.at > begin;
            }
        }
    }

    /// A line that ends in a backslash goes on in the next.
    fn continued(&mut self) -> bool {
        let begin = self.at;
        if self.skip(b"\\") && self.skip_line_end() {
            self.skip_blanks();
            return true;
        }
        self.at = begin;
        false
    }

    /// A quote, or three of them, which may be escaped since they stand in a text themselves.
    /// Where one literal closes and the next opens, six are three and three. Answers whether it is
    /// escaped.
    fn quote(&mut self, closes: bool) -> Option<bool> {
        let escaped = self.left().starts_with(b"\\");
        let at = self.at + usize::from(escaped);
        let quote = self.bytes.get(at).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
        let same = self.bytes[at..].iter().take(6).take_while(|byte| *byte == quote).count();
        let length = match same {
            3 | 6 => 3,
            1 => 1,
            2 if closes => 1,
            _ => return None,
        };
        self.at = at + length;
        Some(escaped)
    }

    fn operator(&mut self) -> Option<&'static [u8]> {
        // `new Builder("…").append("…")`
        let begin = self.at;
        self.skip(b")");
        self.gap();
        if CALLS.iter().any(|call| self.skip(call)) {
            return None;
        }
        self.at = begin;
        OPERATORS.iter().copied().find(|operator| self.skip(operator))
    }

    /// Blanks, line ends, also those that a mark continues, and comments.
    fn gap(&mut self) {
        loop {
            let begin = self.at;
            self.skip_blanks();
            // the marks of Python and C, PowerShell and Visual Basic
            for mark in [&b"\\"[..], b"`", b"_"] {
                let begin = self.at;
                let is_mark = self.skip(mark) && {
                    self.skip_blanks();
                    self.skip_line_end()
                };
                if !is_mark {
                    self.at = begin;
                }
            }
            let _ = self.skip_line_end() || self.skip(b"\\n") || self.skip(b"\\r\\n");
            self.comment();
            if self.at == begin {
                return;
            }
        }
    }

    fn comment(&mut self) {
        let left = self.left();
        let length = if left.starts_with(b"/*") {
            memchr::memmem::find(left, b"*/").map(|at| at + 2)
        } else if [&b"#"[..], b"//", b"--"].iter().any(|mark| left.starts_with(mark)) {
            // two slashes may be an operator
            let behind = left.get(2..).unwrap_or_default().trim_ascii_start();
            let joins = left.starts_with(b"//") && matches!(behind.first(), Some(b'"' | b'\''));
            memchr::memchr(b'\n', left).filter(|_| !joins)
        } else {
            None
        };
        self.at += length.unwrap_or(0);
    }

    /// What may stand right before a literal and says of what kind it is.
    fn prefix(&mut self) {
        let letters = self.left().iter().take(2).take_while(|byte| PREFIXES.contains(byte)).count();
        if matches!(self.left().get(letters), Some(b'"' | b'\'')) {
            self.at += letters;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every joint that some language has, as it stands between `left` and `right`.
    const JOINTS: &[(&str, bool)] = &[
        ("\" + \"", false),
        ("\"+\"", false),
        ("' + '", false),
        ("` + `", false),
        ("\" +\n    \"", false),
        ("\"\r\n    + \"", false),
        ("\" \"", false),
        ("\"\"", false),
        ("\"'", false),
        ("'\"", false),
        ("\"\n    f\"", false),
        ("\" rb\"", false),
        ("\"\"\" \"\"\"", false),
        ("\"\"\"\"\"\"", false),
        ("' \\\n  '", false),
        ("\" . \"", false),
        ("' . // why\n  '", false),
        ("\" .. \"", false),
        ("\" & _\r\n  \"", false),
        ("\" & \"", false),
        ("' || '", false),
        ("' || -- half of it\n '", false),
        ("\" <> \"", false),
        ("\" ++ \"", false),
        ("\" // \"", false),
        ("\" + `\n  \"", false),
        ("\"  # the first half\n    \"", false),
        ("\" + /* and */ \"", false),
        ("\" + @\"", false),
        ("\").append(\"", false),
        ("\".concat(\"", false),
        ("\\\" + \\\"", false),
        ("\\\"\\n  \\\"", false),
        ("\\\n", false),
        ("\\\r\n    ", false),
        ("${\"", false),
        ("#{'", false),
        ("\"}", false),
        ("\"}${ \"", false),
        ("\" << \"", false),
        ("\u{200b}", false),
        ("\u{ad}\u{200b}", false),
        ("<wbr>", false),
        ("</span><span style='color: red' class=x>", false),
        ("<B>\u{200b}</B>", false),
        ("&#8203;", false),
        ("\", \"", true),
        ("',\n  '", true),
    ];

    #[test]
    fn joints_are_read_from_both_sides() {
        for (joint, comma) in JOINTS {
            for right in ["b2c", "~x", "9"] {
                let text = format!("x = \"a1{joint}{right}\";");
                let range = 7..7 + joint.len();
                let tag = joint.to_ascii_lowercase().contains('<') && joint.contains('>');
                let tag = tag && !joint.contains("<>");
                let due = Some(Joint { range: range.clone(), comma: *comma, tag });
                let bytes = text.as_bytes();
                assert_eq!(after(bytes, range.start), due, "{text:?}");
                assert_eq!(before(bytes, range.end, 0), due, "{text:?}");
                assert!(before(bytes, range.end, 6).is_some(), "{text:?}");
                assert_eq!(before(bytes, range.end, 7), None, "{text:?}");
            }
        }
    }

    #[test]
    fn other_things_join_nothing() {
        for between in [
            "\";\nx = \"",
            "\": \"",
            "\" = \"",
            "\" and \"",
            "\" - \"",
            "\" == \"",
            "\"\\\"",
            "\" + x + \"",
            "\\n",
            "\\",
            "\n",
            " ",
            "\", x, \"",
            "\" / \"",
            "é",
            "<br>",
            "</p><p>",
            " <b>",
            "&amp;",
            "\" + # not ended \"",
        ] {
            let text = format!("x = \"a1{between}b2\";");
            let range = 7..7 + between.len();
            assert_eq!(after(text.as_bytes(), range.start), None, "{text:?}");
            assert_eq!(before(text.as_bytes(), range.end, 0), None, "{text:?}");
        }
        let far = format!("\"a\"{}\"b\"", " ".repeat(LONGEST));
        assert_eq!(after(far.as_bytes(), 2), None);
    }
}
