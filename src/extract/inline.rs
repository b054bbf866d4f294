//! HTML's tags that a word goes on over: what stands on both sides of them is one word to a reader.

/// Elements that a line of text goes on over, with those of chats.
const ELEMENTS: [&[u8]; 29] = [
    b"a", b"abbr", b"at", b"b", b"bdi", b"big", b"code", b"del", b"em", b"emoji", b"font", b"i",
    b"ins", b"kbd", b"mark", b"nobr", b"s", b"samp", b"small", b"span", b"strike", b"strong",
    b"sub", b"sup", b"tspan", b"tt", b"u", b"var", b"wbr",
];
/// The length of the longest of their names.
const LONGEST: usize = 6;

/// Whether the element of this name, in lower case, is one of them.
pub(super) fn is_inline(name: &[u8]) -> bool {
    ELEMENTS.contains(&name)
}

/// The length of such a tag, or of a comment, that `text` begins with.
pub(super) fn tag(text: &[u8]) -> Option<usize> {
    let rest = text.strip_prefix(b"<")?;
    if let Some(comment) = rest.strip_prefix(b"!--") {
        let end = memchr::memmem::find(comment, b"-->")?;
        return Some(text.len() - comment.len() + end + 3);
    }
    // within a string of a program, a slash may be escaped
    let rest = rest.strip_prefix(b"\\").filter(|rest| rest.starts_with(b"/")).unwrap_or(rest);
    let rest = rest.strip_prefix(b"/").unwrap_or(rest);
    let length = rest.iter().take(LONGEST + 1).take_while(|b| b.is_ascii_alphabetic()).count();
    let (name, rest) = rest.split_at(length);
    let is_named = matches!(rest.first()?, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n');
    if !is_named || !is_inline(&name.to_ascii_lowercase()) {
        return None;
    }
    let mut quote = None;
    for (at, byte) in rest.iter().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(text.len() - rest.len() + at + 1),
            (None, b'<') => return None,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), byte) if open == *byte => quote = None,
            _ => {}
        }
    }
    None
}

/// The length of such a tag that `text` ends with.
pub(super) fn tag_before(text: &[u8]) -> Option<usize> {
    if !text.ends_with(b">") {
        return None;
    }
    let length = text.len() - memchr::memrchr(b'<', text)?;
    (tag(&text[text.len() - length..]) == Some(length)).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_from_both_sides() {
        for yes in [
            "<!-- -->",
            "<\\/b>",
            "<b>",
            "</SPAN>",
            "<wbr/>",
            "<wbr />",
            "<a href=\"a>b\">",
            "<span\n  id='x'>",
        ] {
            let text = format!("{yes}x");
            assert_eq!(tag(text.as_bytes()), Some(yes.len()), "{yes}");
            assert_eq!(tag_before(format!("x<i>{yes}").as_bytes()), Some(yes.len()), "{yes}");
        }
        for no in [
            "<br>",
            "<p>",
            "<bold>",
            "b>",
            "<b",
            "<b <i>",
            "< b>",
            "<a href=\"x>",
            "<spanner>",
            "<!-- x",
            "<\\b>",
        ] {
            assert_eq!(tag(no.as_bytes()), None, "{no}");
        }
        assert_eq!(tag_before(b"x > y>"), None);
    }
}
