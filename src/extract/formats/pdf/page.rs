//! What a page draws, read as a person reads it: joined over kerning and broken lines.

use std::collections::BTreeMap;

use lopdf::content::Content;
use lopdf::{Document, Encoding, Object};

use super::size::{Lexer, Token};

/// How the letters of fonts are written, by the fonts' names.
pub(super) type Encodings<'d> = BTreeMap<Vec<u8>, Encoding<'d>>;

/// A gap wider than this many thousandths of a letter's height is a blank.
const BLANK: f32 = -200.0;
/// So many tokens of a page's content are parsed at once.
const AT_ONCE: usize = 20_000;
/// A part of a content with more than this, without an operator where it could be cut, is not read.
const MOST_AT_ONCE: usize = 100_000;
/// So many lines are gathered before they are shown.
const ENOUGH_LINES: usize = 4000;
/// So much text.
const ENOUGH: usize = 512 * 1024;
/// A word may be broken over so many lines.
const MOST_LINES: usize = 8;
/// One with a tilde in it over so many, as in a narrow column: lines of a list that are joined look
/// like a secret of another kind, but they have none.
const MOST_NARROW: usize = 32;
/// More text than this is not kept for what the next lines may go on with, but for the last few.
const MOST_KEPT: usize = 64 * 1024;

/// What is drawn, in the order in which it is. How wide letters are is not known here, so what
/// stands at one height is read in more than one way.
#[derive(Default)]
pub(super) struct Page {
    height: f32,
    leading: f32,
    /// Whether drawing has moved since the last text.
    moved: bool,
    /// Each line's height, and its text in the pieces that were drawn without a move.
    lines: Vec<(f32, Vec<Vec<u8>>)>,
    /// How much text there is in them.
    bytes: usize,
    /// The name of the font that is drawn with.
    font: Option<Vec<u8>>,
}

/// The parts of `content` that can be parsed one after the other, each of a bounded number of
/// tokens; `false` says that one has more.
pub(super) fn parts(content: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    let mut rest = content;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let mut lexer = Lexer { rest };
        let (mut tokens, mut depth) = (0, 0usize);
        let mut end = rest.len();
        loop {
            let Some(token) = lexer.any() else {
                // a blank for what can't be told
                match lexer.rest.split_first() {
                    Some((_, behind)) => lexer.rest = behind,
                    None => break,
                }
                continue;
            };
            tokens += usize::from(token != Token::Close);
            match token {
                Token::Open => depth += 1,
                Token::Close => depth = depth.saturating_sub(1),
                Token::Word(b"ID") => {
                    // a picture's bytes are no tokens
                    let image = memchr::memmem::find(lexer.rest, b"EI").unwrap_or(lexer.rest.len());
                    lexer.rest = &lexer.rest[image..];
                }
                // what comes before an operator belongs to it
                Token::Word(word) if depth == 0 && tokens >= AT_ONCE && is_operator(word) => {
                    end = rest.len() - lexer.rest.len();
                    break;
                }
                Token::Word(_) | Token::Value => {}
            }
        }
        let (part, behind) = rest.split_at(end);
        rest = behind;
        Some((part, tokens <= MOST_AT_ONCE))
    })
}

fn is_operator(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_alphabetic)
        && !matches!(word, b"BI" | b"true" | b"false" | b"null")
}

impl Page {
    /// Draws a part of a content. `encodings` are those of the fonts.
    ///
    /// # Errors
    ///
    /// If it is damaged.
    pub(super) fn draw(&mut self, content: &[u8], encodings: &Encodings<'_>) -> lopdf::Result<()> {
        let content = Content::decode(content)?;
        let mut known = self.font.as_ref().and_then(|font| encodings.get(font));
        for operation in &content.operations {
            let operands = &operation.operands;
            let number = |at: usize| {
                operands.get(at).and_then(|operand| operand.as_float().ok()).unwrap_or(0.0)
            };
            match operation.operator.as_str() {
                "Tf" => {
                    let name = operands.first().and_then(|name| name.as_name().ok());
                    self.font = name.map(<[u8]>::to_vec);
                    known = name.and_then(|name| encodings.get(name));
                }
                "BT" => self.move_to(0.0),
                "TL" => self.leading = number(0),
                "Td" => self.move_to(self.height + number(1)),
                "TD" => {
                    self.leading = -number(1);
                    self.move_to(self.height + number(1));
                }
                "Tm" => self.move_to(number(5)),
                "T*" => self.next_line(),
                "Tj" | "TJ" => self.show(operands.last(), known),
                "'" | "\"" => {
                    self.next_line();
                    self.show(operands.last(), known);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn move_to(&mut self, height: f32) {
        self.height = height;
        self.moved = true;
    }

    fn next_line(&mut self) {
        let leading = if self.leading == 0.0 { 1.0 } else { self.leading };
        self.move_to(self.height - leading);
    }

    fn show(&mut self, shown: Option<&Object>, encoding: Option<&Encoding<'_>>) {
        let parts = match shown {
            Some(Object::Array(parts)) => parts.as_slice(),
            Some(one) => std::slice::from_ref(one),
            None => &[],
        };
        for part in parts {
            match part {
                Object::String(bytes, _) => {
                    let text = encoding.and_then(|known| Document::decode_text(known, bytes).ok());
                    let text = text.map(without_ligatures);
                    self.add(text.as_deref().map_or(bytes, str::as_bytes));
                }
                gap if gap.as_float().is_ok_and(|gap| gap < BLANK) => self.add(b" "),
                _ => {}
            }
        }
    }

    fn add(&mut self, text: &[u8]) {
        // letters that are raised or lowered a little are on the line
        const SAME: f32 = 0.5;
        self.bytes += text.len();
        let moved = std::mem::take(&mut self.moved);
        match self.lines.last_mut() {
            Some((height, pieces)) if (*height - self.height).abs() < SAME => {
                match pieces.last_mut() {
                    Some(piece) if !moved => piece.extend_from_slice(text),
                    _ => pieces.push(text.to_vec()),
                }
            }
            _ => self.lines.push((self.height, vec![text.to_vec()])),
        }
    }

    /// Whether there is enough to be shown.
    pub(super) fn is_enough(&self) -> bool {
        self.lines.len() >= ENOUGH_LINES || self.bytes >= ENOUGH
    }

    /// Its text with a blank wherever drawing moved, which suits words that are placed one by
    /// one; joined line by line, which suits letters that are; and the words that lines may have
    /// broken. What the next lines may go on with is kept.
    pub(super) fn readings<E>(
        &mut self,
        show: &mut dyn FnMut(Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut room = MOST_KEPT;
        let narrow = self.lines.iter().rev().take(MOST_NARROW).take_while(|(_, pieces)| {
            room = room.saturating_sub(pieces.iter().map(Vec::len).sum());
            room > 0
        });
        let kept = self.lines.len().saturating_sub(narrow.count().max(MOST_LINES));
        let last = self.lines.get(kept..).unwrap_or_default().to_vec();
        let lines = std::mem::replace(&mut self.lines, last);
        self.bytes = 0;
        if lines.is_empty() {
            return Ok(());
        }
        let words: Vec<Vec<u8>> = lines.iter().map(|(_, pieces)| pieces.join(&b' ')).collect();
        let joined: Vec<Vec<u8>> = lines.into_iter().map(|(_, pieces)| pieces.concat()).collect();
        show(joined.join(&b'\n'))?;
        broken_words(&joined, show)?;
        if words != joined {
            show(words.join(&b'\n'))?;
            broken_words(&words, show)?;
        }
        Ok(())
    }
}

/// The same text with its letters one by one: a font draws some of them in one.
fn without_ligatures(text: String) -> String {
    // all of them begin with this in UTF-8
    if memchr::memmem::find(text.as_bytes(), b"\xef\xac").is_none() {
        return text;
    }
    let mut apart = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\u{fb00}' => apart.push_str("ff"),
            '\u{fb01}' => apart.push_str("fi"),
            '\u{fb02}' => apart.push_str("fl"),
            '\u{fb03}' => apart.push_str("ffi"),
            '\u{fb04}' => apart.push_str("ffl"),
            '\u{fb05}' | '\u{fb06}' => apart.push_str("st"),
            letter => apart.push(letter),
        }
    }
    apart
}

/// Shows the words that begin at the end of a line and go on in the next ones.
fn broken_words<E>(
    lines: &[Vec<u8>],
    show: &mut dyn FnMut(Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    /// Shorter and longer ones are none that are searched for.
    const LENGTHS: std::ops::Range<usize> = 40..400;
    /// The longest one over many lines.
    const NARROW: usize = 160;
    let mut words = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let last = line.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
        if last.is_empty() || last.len() > LENGTHS.end {
            continue;
        }
        let mut word = last.to_vec();
        for (count, next) in lines.iter().skip(index + 1).take(MOST_NARROW).enumerate() {
            let first = next.split(u8::is_ascii_whitespace).next().unwrap_or_default();
            let longest = if count < MOST_LINES { LENGTHS.end } else { NARROW };
            if word.len() + first.len() > longest {
                break;
            }
            word.extend_from_slice(first);
            if count >= MOST_LINES && memchr::memchr(b'~', &word).is_none() {
                break;
            }
            if LENGTHS.contains(&word.len()) {
                words.extend_from_slice(&word);
                words.push(b'\n');
            }
            // it can go on only where the whole line is it
            if first.len() < next.len() {
                break;
            }
        }
        if words.len() >= ENOUGH {
            show(std::mem::take(&mut words))?;
        }
    }
    if words.is_empty() { Ok(()) } else { show(words) }
}

#[cfg(test)]
mod tests {
    use lopdf::dictionary;

    use super::*;

    fn broken(text: &str) -> String {
        let lines: Vec<Vec<u8>> = text.split(' ').map(|line| line.as_bytes().to_vec()).collect();
        let mut shown = Vec::new();
        broken_words(&lines, &mut |words| -> Result<(), ()> {
            shown.extend(words);
            Ok(())
        })
        .unwrap();
        String::from_utf8(shown).unwrap()
    }

    #[test]
    fn words_in_a_narrow_column_are_joined() {
        let narrow = format!("x 7~a{} y", " bcd".repeat(21));
        let word = format!("7~a{}", "bcd".repeat(21));
        assert!(broken(&narrow).lines().any(|line| line == word));
        assert_eq!(broken(&narrow.replace('~', "x")), "", "a list of short words");
        let wide = format!("a{}", " bcdefgh".repeat(7));
        assert!(broken(&wide).lines().any(|line| line == wide.replace(' ', "")));
    }

    #[test]
    fn ligatures_are_letters() {
        let drawn = "a\u{fb00}b\u{fb01}\u{fb02}c\u{fb03}\u{fb04}\u{fb06}é\u{fb1d}";
        assert_eq!(without_ligatures(drawn.to_owned()), "affbfiflcffifflsté\u{fb1d}");
        let document = Document::new();
        let names = [14.into(), "ffi".into()].to_vec();
        let font =
            dictionary! { "Type" => "Font", "Encoding" => dictionary! { "Differences" => names } };
        let encoding = font.get_font_encoding(&document).unwrap();
        let encodings = Encodings::from([(b"F".to_vec(), encoding)]);
        let mut page = Page::default();
        page.draw(b"/F 9 Tf (a\\256b\\257c\\016) Tj", &encodings).unwrap();
        let mut shown = Vec::new();
        page.readings(&mut |text| -> Result<(), ()> {
            shown.extend(text);
            Ok(())
        })
        .unwrap();
        assert_eq!(shown, b"afibflcffi");
    }

    #[test]
    fn contents_are_cut_behind_operators() {
        let text = b"BT (a (Tj) b) Tj [(c)-300(d)] TJ ET\n".repeat(20_000);
        let cut: Vec<_> = parts(&text).collect();
        assert!(cut.len() > 5, "{}", cut.len());
        assert!(cut.iter().all(|(_, fits)| *fits));
        assert_eq!(cut.iter().flat_map(|(part, _)| part.to_vec()).collect::<Vec<_>>(), text);
        let (mut page, mut shown) = (Page::default(), Vec::new());
        for (part, _) in cut {
            assert!(page.draw(part, &Encodings::default()).is_ok());
        }
        let mut show = |text: Vec<u8>| -> Result<(), ()> {
            shown.push(text);
            Ok(())
        };
        page.readings(&mut show).unwrap();
        assert_eq!(shown[0].len(), 20_000 * "a (Tj) bc d".len());
        let list = [b"[".as_slice(), &b"1 ".repeat(MOST_AT_ONCE + 1), b"] TJ"].concat();
        assert!(parts(&list).any(|(_, fits)| !fits));
        let picture = [b"BI /W 1 ID ".as_slice(), &b"Q 1 ".repeat(30_000), b"EI Q\n"].concat();
        assert_eq!(parts(&picture).count(), 1);
    }
}
