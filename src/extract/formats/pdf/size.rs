//! How many objects a PDF would become in memory, counted before it is parsed: a list of a few
//! megabytes of digits is gigabytes once each of them is an object.

use crate::extract::unpack::budget::Bound;

/// More than this are not held at once: each takes up to some 500 bytes while it is parsed.
pub(super) const MOST: usize = 150_000;

/// What has been counted of a document.
#[derive(Debug, Clone, Default)]
pub(super) struct Count {
    objects: usize,
    walked: usize,
    /// How many bytes there are to be walked.
    bytes: usize,
}

impl Count {
    /// Counts what a parser would make of `file`, wherever it begins: it follows offsets that may
    /// point anywhere, but finds only what begins with one of a few words.
    ///
    /// # Errors
    ///
    /// If it is more than is held in memory.
    pub(super) fn file(&mut self, file: &[u8]) -> Result<(), Bound> {
        self.bytes += file.len();
        for word in [b"obj".as_slice(), b"xref", b"trailer"] {
            for at in memchr::memmem::find_iter(file, word) {
                let before = &file[..at];
                let leads = match word {
                    b"obj" => follows_number(before),
                    _ => !before.ends_with(b"start"),
                };
                if leads {
                    let mut lexer = Lexer { rest: &file[at + word.len()..] };
                    self.walk(&mut lexer, usize::MAX)?;
                }
            }
        }
        Ok(())
    }

    /// Counts the objects in a stream of them, `content`; the text before `first` says where each
    /// of them begins.
    ///
    /// # Errors
    ///
    /// If they are more than is held in memory.
    pub(super) fn members(&mut self, content: &[u8], first: usize) -> Result<(), Bound> {
        self.bytes += content.len();
        let index = content.get(..first).and_then(|index| std::str::from_utf8(index).ok());
        let words = index.unwrap_or_default().split(['\r', '\n']).flat_map(|line| {
            // a comment ends with its line
            line.split('%').next().unwrap_or_default().split_whitespace()
        });
        for offset in words.skip(1).step_by(2) {
            let at = offset.parse().ok().and_then(|offset: usize| first.checked_add(offset));
            if let Some(rest) = at.and_then(|at| content.get(at..)) {
                self.walk(&mut Lexer { rest }, 0)?;
            }
        }
        Ok(())
    }

    /// Counts what comes next, until as many lists have ended as began, and `more`.
    fn walk(&mut self, lexer: &mut Lexer<'_>, more: usize) -> Result<(), Bound> {
        let mut depth = more;
        let mut before = lexer.rest.len();
        let mut numbers = 0;
        while let Some(token) = lexer.next() {
            // what overlaps is parsed more than once: a sound document has none of it
            self.walked += before - lexer.rest.len();
            before = lexer.rest.len();
            self.objects += usize::from(token != Token::Close);
            numbers = match token {
                // a reference is one object: two numbers and a word
                Token::Word(b"R") if numbers >= 2 => {
                    self.objects = self.objects.saturating_sub(2);
                    0
                }
                Token::Word(word) if word.iter().all(u8::is_ascii_digit) => numbers + 1,
                _ => 0,
            };
            if self.objects > MOST || self.walked / 4 > self.bytes.max(1024 * 1024) {
                return Err(Bound::Memory);
            }
            depth = match token {
                Token::Open => depth.saturating_add(1),
                Token::Close => depth.saturating_sub(1),
                Token::Value | Token::Word(_) => depth,
            };
            if depth == 0 {
                break;
            }
        }
        Ok(())
    }
}

/// Whether `text` ends with a number, blanks and comments left out.
fn follows_number(text: &[u8]) -> bool {
    /// The longest comment that is looked for.
    const LONGEST: usize = 256;
    let trimmed = trim_blanks_end(text);
    if trimmed.last().is_some_and(u8::is_ascii_digit) {
        return true;
    }
    // a comment ends with its line
    let begin = trimmed.len().saturating_sub(LONGEST);
    trimmed.len() < text.len() && memchr::memchr(b'%', &trimmed[begin..]).is_some()
}

fn trim_blanks_end(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., last] = text
        && is_blank(*last)
    {
        text = rest;
    }
    text
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0 | 0x0c)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

/// What an object is made of. ISO 32000, 7.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A list or a dictionary begins.
    Open,
    /// It ends.
    Close,
    /// A text or a name.
    Value,
    /// A number or a word.
    Word(&'t [u8]),
}

/// Goes from token to token, until something is none that an object may have.
#[derive(Debug)]
pub(super) struct Lexer<'t> {
    /// What comes next.
    pub(super) rest: &'t [u8],
}

impl<'t> Lexer<'t> {
    /// Passes over blanks and comments.
    pub(super) fn space(&mut self) {
        while let Some(byte) = self.rest.first() {
            let length = match byte {
                b'%' => memchr::memchr2(b'\r', b'\n', self.rest).unwrap_or(self.rest.len()),
                byte if is_blank(*byte) => 1,
                _ => return,
            };
            self.skip(length);
        }
    }

    fn skip(&mut self, length: usize) {
        self.rest = self.rest.get(length..).unwrap_or_default();
    }

    /// The next token; `None` at the end, and where something else stands.
    pub(super) fn any(&mut self) -> Option<Token<'t>> {
        self.space();
        let (token, length) = match self.rest {
            [b'<', b'<', ..] => (Token::Open, 2),
            [b'>', b'>', ..] => (Token::Close, 2),
            [b'[', ..] => (Token::Open, 1),
            [b']', ..] => (Token::Close, 1),
            [b'(', ..] => (Token::Value, literal(self.rest)?),
            [b'<', ..] => (Token::Value, memchr::memchr(b'>', self.rest)? + 1),
            [b'/', name @ ..] => (Token::Value, 1 + regular(name)),
            text => match regular(text) {
                0 => return None,
                length => (Token::Word(&text[..length]), length),
            },
        };
        self.skip(length);
        Some(token)
    }
}

impl<'t> Iterator for Lexer<'t> {
    type Item = Token<'t>;

    /// The next token that may stand in an object; `None` behind its end.
    fn next(&mut self) -> Option<Token<'t>> {
        match self.any()? {
            Token::Word(word) => {
                let known = matches!(word, b"R" | b"true" | b"false" | b"null" | b"n" | b"f");
                let number =
                    word.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.'));
                (known || number || word == b"trailer").then_some(Token::Word(word))
            }
            token => Some(token),
        }
    }
}

/// How many bytes at the beginning of `text` may stand in a name, a number or a word.
fn regular(text: &[u8]) -> usize {
    text.iter().take_while(|byte| !is_blank(**byte) && !is_delimiter(**byte)).count()
}

/// How long the text in parentheses is that begins here; `None` for one without end.
fn literal(text: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0usize);
    loop {
        at += memchr::memchr3(b'(', b')', b'\\', text.get(at..)?)?;
        match text.get(at)? {
            b'(' => depth += 1,
            b')' => depth -= 1,
            // what follows is meant as it is
            _ => at += 1,
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(file: &[u8]) -> bool {
        Count::default().file(file).is_ok()
    }

    #[test]
    fn counts_what_would_be_parsed() {
        let mut count = Count::default();
        count.file(b"1 0 obj [1 2<</A(b)/C 3>>] endobj 3 0obj<<>>stream\n4 5").unwrap();
        assert_eq!(count.objects, 9);
        let mut count = Count::default();
        count.file(b"1 0 obj [1 0 R 22 0 R R (a) 3] endobj").unwrap();
        assert_eq!(count.objects, 6);
        let many = b"1 ".repeat(MOST + 1);
        assert!(fits(&many), "nothing leads there");
        for head in ["1 0 obj [", "1 0 % x\nobj[", "xref ", "trailer\n[(stream) ", "1 0 obj (x\\))"]
        {
            let file = [head.as_bytes(), &many, b"endstream\n"].concat();
            assert!(!fits(&file), "{head}");
            let noise = [b"9 0 obj<</L 9>>stream\n".as_slice(), &file].concat();
            assert!(!fits(&noise), "an offset may point into a stream: {head}");
        }
        let noise = [b"9 0 obj<</L 9>>stream\n".as_slice(), &many, b"endstream\n"].concat();
        assert!(fits(&noise), "what is in a stream is not parsed");
        assert!(fits(b"1 0 obj (") && fits(b"1 0 obj <<") && fits(b"obj"));
    }

    #[test]
    fn what_overlaps_is_counted_each_time() {
        let text = [b"1 0 obj (".repeat(1000), vec![b'a'; 1 << 20], vec![b')'; 1000]].concat();
        assert!(!fits(&text));
        let apart = [b"1 0 obj (".as_slice(), &vec![b'a'; 1 << 14], b") endobj "].concat();
        assert!(fits(&apart.repeat(100)));
        let index: Vec<u8> = (0..1000).flat_map(|id| format!("{id} 0 ").into_bytes()).collect();
        let content = [&index[..], b"(", &vec![b'a'; 1 << 20], b")"].concat();
        assert!(Count::default().members(&content, index.len()).is_err());
        let nested = [&b"[".repeat(100)[..], &b"]".repeat(100)].concat();
        assert!(Count::default().members(&[b"1 0 2 5 ", &nested[..]].concat(), 8).is_ok());
    }
}
