//! The headers and footers of spreadsheets: text with codes for where it stands, how it is set and
//! what is filled in. Sources: ECMA-376, part 1, section 18.3.1.46; MS-XLS, 2.4.136.

/// Codes for the left, the middle and the right, each a text of its own.
const SECTIONS: &[u8] = b"LCR";
/// How text is set: bold, italic, underlined, struck, raised, lowered, outlined, with a shadow.
const FONTS: &[u8] = b"BIUESXYOH";

/// How many characters a colour takes that `text` begins with: red, green and blue, or the number of
/// one of a theme's, and how much lighter or darker it is.
fn colour(text: &[u8]) -> usize {
    let digits = text.iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
    match text.get(digits) {
        Some(b'+' | b'-') if digits == 2 => text.len().min(6),
        _ => digits,
    }
}

/// The text of a header without its codes.
pub(super) fn plain(header: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(header.len());
    let mut rest = header;
    while let Some(at) = memchr::memchr(b'&', rest) {
        text.extend_from_slice(&rest[..at]);
        let code = rest.get(at + 1..).unwrap_or_default();
        let Some(first) = code.first() else {
            rest = code;
            break;
        };
        let length = match first.to_ascii_uppercase() {
            b'&' => {
                text.push(b'&');
                1
            }
            b'"' => memchr::memchr(b'"', &code[1..]).map_or(1, |end| end + 2),
            b'K' => 1 + colour(&code[1..]),
            code if FONTS.contains(&code) => 1,
            code if SECTIONS.contains(&code) => {
                text.push(b'\n');
                1
            }
            // a size, which the text's own digits may follow
            b'0'..=b'9' => {
                text.push(b'\n');
                0
            }
            // a page, a date, a name
            _ => {
                text.push(b' ');
                1
            }
        };
        rest = &code[length..];
    }
    text.extend_from_slice(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_no_text() {
        for (header, due) in [
            ("&C7~ab", "\n7~ab"),
            ("&L&\"Arial,Bold\"7~ab&Rx&&y", "\n7~ab\nx&y"),
            ("7~a&Bb&B&Ic&KFF0000d", "7~abcd"),
            ("&K01+0007~a", "7~a"),
            ("&Cpage &P of &N", "\npage   of  "),
            ("&L&10745~ab", "\n\n10745~ab"),
            ("&L&\"Arial", "\nArial"),
            ("a&", "a"),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8_lossy(&plain(header.as_bytes())), due, "{header}");
        }
    }
}
