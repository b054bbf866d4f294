//! JSON with the place of every string, for formats that are made of it. Nothing is built from it
//! and nothing recurses; what is not sound is passed over, as far as a string can be told.

use crate::extract::position::{Position, Walker, floor_boundary};
use crate::extract::unpack::text::Text;

/// What comes next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Json<'j> {
    /// An object or a list begins.
    Open,
    /// It ends.
    Close,
    /// The name of an object's next member.
    Key(Str<'j>),
    /// A string.
    Value(Str<'j>),
    /// A number, `true`, `false`, `null`.
    Other,
}

/// A string as it is written, between its quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Str<'j> {
    /// With its escapes.
    pub(super) raw: &'j [u8],
    /// Where its first byte stands in the document.
    offset: usize,
}

impl<'j> Str<'j> {
    /// What it says.
    pub(super) fn text(&self) -> String {
        let mut bytes = Vec::with_capacity(self.raw.len());
        self.each(&mut |_, part| bytes.extend_from_slice(part));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Whether it is written so; for names, which need no escapes.
    pub(super) fn is(&self, name: &str) -> bool {
        self.raw == name.as_bytes()
    }

    /// The same in parts of at most `most` bytes, which end with a line where one does. Each escape
    /// has a place of its own, and these take more memory than the string.
    pub(super) fn parts(self, most: usize) -> impl Iterator<Item = Self> {
        let mut rest = self;
        std::iter::from_fn(move || {
            let (raw, behind) = rest.raw.split_at_checked(rest.cut(most))?;
            let part = Str { raw, offset: rest.offset };
            rest = Str { raw: behind, offset: rest.offset + raw.len() };
            (!raw.is_empty()).then_some(part)
        })
    }

    /// Where a part of at most `most` bytes ends.
    fn cut(&self, most: usize) -> usize {
        let raw = self.raw;
        if raw.len() <= most {
            return raw.len();
        }
        let (mut at, mut line) = (0, None);
        while at < most {
            match memchr::memchr(b'\\', &raw[at..]) {
                Some(0) => {
                    let (c, length) = escape(&raw[at..]);
                    at += length;
                    line = if c == '\n' { Some(at) } else { line };
                }
                Some(plain) if at + plain < most => at += plain,
                _ => {
                    at = floor_boundary(raw, most).max(at + 1);
                    break;
                }
            }
        }
        line.unwrap_or(at)
    }

    /// Adds what it says to `text`, each stretch of it with its position. Strings have to come
    /// in the order of the document.
    pub(super) fn push_to(&self, place: u64, text: &mut Text, walker: &mut Walker<'_>) {
        self.each(&mut |at, part| {
            text.mark_at(place, walker.at(self.offset + at));
            text.push(part);
        });
        // what follows the string stands behind it
        text.mark_at(place, walker.at(self.offset + self.raw.len()));
    }

    /// Shows the string in stretches: its plain parts, and what each escape stands for, with
    /// where these begin in it.
    fn each(&self, show: &mut dyn FnMut(usize, &[u8])) {
        let raw = self.raw;
        let mut at = 0;
        while at < raw.len() {
            let plain = memchr::memchr(b'\\', &raw[at..]).unwrap_or(raw.len() - at);
            if plain > 0 {
                show(at, &raw[at..at + plain]);
            }
            at += plain;
            if at < raw.len() {
                let (c, length) = escape(&raw[at..]);
                show(at, c.encode_utf8(&mut [0; 4]).as_bytes());
                at += length;
            }
        }
    }
}

/// The character that the escape at the beginning of `raw` stands for, and how long it is.
fn escape(raw: &[u8]) -> (char, usize) {
    let unit = |at: usize| {
        let digits = std::str::from_utf8(raw.get(at..at + 4)?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    match raw.get(1) {
        Some(b'n') => ('\n', 2),
        Some(b't') => ('\t', 2),
        Some(b'r') => ('\r', 2),
        Some(b'b' | b'f') => (' ', 2),
        Some(b'u') => match unit(2) {
            Some(high @ 0xd800..=0xdbff) if raw.get(6..8) == Some(b"\\u") => {
                let low = unit(8).filter(|low| (0xdc00..0xe000).contains(low));
                let pair = low.map(|low| 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
                match pair.and_then(char::from_u32) {
                    Some(c) => (c, 12),
                    None => ('\u{fffd}', 6),
                }
            }
            Some(unit) => (char::from_u32(unit).unwrap_or('\u{fffd}'), 6),
            None => ('\\', 1),
        },
        Some(plain @ (b'"' | b'\\' | b'/')) => (char::from(*plain), 2),
        _ => ('\\', 1),
    }
}

/// Shows what comes in `bytes`, until `visit` answers `false`.
pub(super) fn read<'j>(bytes: &'j [u8], visit: &mut dyn FnMut(Json<'j>) -> bool) {
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let next = match byte {
            b'{' | b'[' => Json::Open,
            b'}' | b']' => Json::Close,
            b'"' => {
                let start = at + 1;
                let end = string_end(bytes, start);
                at = end;
                let string = Str { raw: &bytes[start..end], offset: start };
                let rest = bytes.get(end + 1..).unwrap_or_default().trim_ascii_start();
                if rest.starts_with(b":") { Json::Key(string) } else { Json::Value(string) }
            }
            byte if byte.is_ascii_alphanumeric() || *byte == b'-' => {
                let length = bytes[at..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte))
                    .count();
                at += length - 1;
                Json::Other
            }
            _ => {
                at += 1;
                continue;
            }
        };
        at += 1;
        if !visit(next) {
            return;
        }
    }
}

/// Where the string that begins at `start` ends.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at.min(bytes.len())..]) {
        at += found;
        if bytes[at] == b'"' {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

/// Where `bytes` begin.
pub(super) fn walker(bytes: &[u8]) -> Walker<'_> {
    let mark = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    // a byte order mark is no column
    let before = Position { line: 1, column: if mark == 0 { 1 } else { 0 } };
    Walker::new(bytes, before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_the_whole() {
        for raw in
            ["", "plain", "a\\nb\\nccccccccccccccc", "\\ud83d\\ude00\\u007e", "ééééééééé", "\\"]
        {
            for most in 4..20 {
                let string = Str { raw: raw.as_bytes(), offset: 7 };
                let mut at = 7;
                let mut text = String::new();
                for part in string.parts(most) {
                    assert_eq!(part.offset, at);
                    at += part.raw.len();
                    text.push_str(&part.text());
                }
                assert_eq!((text, at), (string.text(), 7 + raw.len()), "{raw} {most}");
            }
        }
        let lines = Str { raw: br"one\ntwo\nthree", offset: 0 };
        let lines: Vec<_> = lines.parts(11).map(|part| part.text()).collect();
        assert_eq!(lines, ["one\ntwo\n", "three"]);
    }

    #[test]
    fn strings_have_text_and_places() {
        let json = "{\"a\\n\": [\"x\\u007ey\\ud83d\\ude00\",\n \"\\\"z\"], \"n\": -1.5e3, \"cut\\"
            .as_bytes();
        let mut seen = Vec::new();
        let mut text = Text::default();
        let mut walker = walker(json);
        read(json, &mut |next| {
            match next {
                Json::Open => seen.push("open".to_owned()),
                Json::Close => seen.push("close".to_owned()),
                Json::Key(key) => seen.push(format!("key {}", key.text())),
                Json::Value(value) => {
                    value.push_to(0, &mut text, &mut walker);
                    seen.push(value.text());
                }
                Json::Other => seen.push("other".to_owned()),
            }
            true
        });
        let due = ["open", "key a\n", "open", "x~y😀", "\"z", "close", "key n", "other", "cut\\"];
        assert_eq!(seen[..8], due[..8]);
        let at =
            |part: &str| text.position(String::from_utf8_lossy(&text.bytes).find(part).unwrap());
        assert_eq!(at("~"), Position { line: 1, column: 12 });
        assert_eq!(at("y"), Position { line: 1, column: 18 });
        assert_eq!(at("z"), Position { line: 2, column: 5 });
    }
}
