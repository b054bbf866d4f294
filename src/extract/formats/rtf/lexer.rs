//! RTF as a stream of tokens. Rich Text Format Specification 1.9.1.

use std::io::{self, Read};

/// The longest control word; a longer one is cut, and known by nobody.
const LONGEST_WORD: usize = 32;
const BUFFER: usize = 16 * 1024;

/// What comes next.
#[derive(Debug, PartialEq)]
pub(super) enum Token {
    /// A group begins.
    Open,
    /// A group ends.
    Close,
    /// A control word and its number.
    Word(Word, Option<i32>),
    /// A control symbol.
    Symbol(u8),
    /// A byte of text, by its number.
    Hex(u8),
    /// A byte of text.
    Byte(u8),
}

/// The name of a control word.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Word {
    bytes: [u8; LONGEST_WORD],
    length: usize,
}

impl Word {
    /// The name.
    pub(super) fn name(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// Reads tokens.
pub(super) struct Lexer<'r> {
    reader: &'r mut dyn Read,
    buffer: Vec<u8>,
    at: usize,
}

impl<'r> Lexer<'r> {
    pub(super) fn new(reader: &'r mut dyn Read) -> Self {
        Self { reader, buffer: Vec::new(), at: 0 }
    }

    /// Whether data in hexadecimal digits comes next.
    pub(super) fn at_digit(&mut self) -> io::Result<bool> {
        while self.take_if(u8::is_ascii_whitespace)?.is_some() {}
        Ok(self.peek()?.is_some_and(|byte| byte.is_ascii_hexdigit()))
    }

    /// The next byte, which is not taken.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.some()?.first().copied())
    }

    /// Takes the next byte.
    fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        self.at += usize::from(byte.is_some());
        Ok(byte)
    }

    /// Bytes that come next; none at the end.
    fn some(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.buffer.len() {
            self.at = 0;
            self.buffer.resize(BUFFER, 0);
            let count = self.reader.read(&mut self.buffer);
            self.buffer.truncate(*count.as_ref().unwrap_or(&0));
            count?;
        }
        Ok(self.buffer.get(self.at..).unwrap_or_default())
    }

    /// Adds text up to the next byte that means something else, or as far as it was read.
    pub(super) fn text(&mut self, into: &mut Vec<u8>) -> io::Result<()> {
        let text = self.some()?;
        let plain = |byte: &u8| !matches!(byte, b'\\' | b'{' | b'}' | b'\r' | b'\n' | 0);
        let count = text.iter().take_while(|byte| plain(byte)).count();
        into.extend_from_slice(text.get(..count).unwrap_or_default());
        self.at += count;
        Ok(())
    }

    /// The next token; `None` at the end.
    pub(super) fn token(&mut self) -> io::Result<Option<Token>> {
        loop {
            return Ok(Some(match self.byte()? {
                None => return Ok(None),
                Some(b'{') => Token::Open,
                Some(b'}') => Token::Close,
                Some(b'\\') => match self.control()? {
                    Some(token) => token,
                    None => return Ok(None),
                },
                // lines are broken for nobody
                Some(b'\r' | b'\n' | 0) => continue,
                Some(byte) => Token::Byte(byte),
            }));
        }
    }

    /// What stands behind a backslash.
    fn control(&mut self) -> io::Result<Option<Token>> {
        let Some(byte) = self.byte()? else { return Ok(None) };
        if byte == b'\'' {
            let high = self.digit()?;
            let low = self.digit()?;
            return Ok(Some(match high.zip(low) {
                Some((high, low)) => Token::Hex(high << 4 | low),
                None => Token::Symbol(byte),
            }));
        }
        if !byte.is_ascii_alphabetic() {
            return Ok(Some(Token::Symbol(byte)));
        }
        let mut word = Word::default();
        let mut next = Some(byte);
        while let Some(letter) = next {
            if let Some(into) = word.bytes.get_mut(word.length) {
                *into = letter;
                word.length += 1;
            }
            next = self.take_if(u8::is_ascii_alphabetic)?;
        }
        let negative = self.take_if(|byte| *byte == b'-')?.is_some();
        let mut number = None;
        while let Some(digit) = self.take_if(u8::is_ascii_digit)? {
            let before: i32 = number.unwrap_or(0);
            number = Some(before.saturating_mul(10).saturating_add(i32::from(digit - b'0')));
        }
        let number = number.map(|number| if negative { -number } else { number });
        self.take_if(|byte| *byte == b' ')?;
        Ok(Some(Token::Word(word, number)))
    }

    fn take_if(&mut self, wanted: impl Fn(&u8) -> bool) -> io::Result<Option<u8>> {
        let next = self.peek()?.filter(wanted);
        self.at += usize::from(next.is_some());
        Ok(next)
    }

    fn digit(&mut self) -> io::Result<Option<u8>> {
        let digit = self.take_if(u8::is_ascii_hexdigit)?;
        Ok(digit.and_then(|digit| char::from(digit).to_digit(16)).map(|digit| digit as u8))
    }

    /// Takes bytes as they are.
    fn take(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let some = self.some()?;
        let count = some.len().min(into.len());
        if let Some((into, some)) = into.get_mut(..count).zip(some.get(..count)) {
            into.copy_from_slice(some);
        }
        self.at += count;
        Ok(count)
    }
}

/// Data that stands in the text in hexadecimal digits, up to whatever else comes.
pub(super) struct Digits<'l, 'r>(pub(super) &'l mut Lexer<'r>);

impl Digits<'_, '_> {
    fn digit(&mut self) -> io::Result<Option<u8>> {
        while self.0.take_if(u8::is_ascii_whitespace)?.is_some() {}
        self.0.digit()
    }
}

impl Read for Digits<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        for place in into {
            let (Some(high), Some(low)) = (self.digit()?, self.digit()?) else { break };
            *place = high << 4 | low;
            count += 1;
        }
        Ok(count)
    }
}

/// Data that stands in the text as it is; how much of it is told before.
pub(super) struct Binary<'l, 'r>(pub(super) &'l mut Lexer<'r>, pub(super) u64);

impl Read for Binary<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let room = self.1.min(into.len() as u64) as usize;
        let count = self.0.take(into.get_mut(..room).unwrap_or_default())?;
        self.1 -= count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_apart() {
        let mut text: &[u8] = b"{\\par-12 a\\'e9\\~\\u8217?\r\n}\\'g";
        let mut lexer = Lexer::new(&mut text);
        let mut shown = Vec::new();
        while let Some(token) = lexer.token().unwrap() {
            shown.push(match token {
                Token::Word(word, number) => {
                    format!("{} {number:?}", String::from_utf8_lossy(word.name()))
                }
                other => format!("{other:?}"),
            });
        }
        let due = [
            "Open",
            "par Some(-12)",
            "Byte(97)",
            "Hex(233)",
            "Symbol(126)",
            "u Some(8217)",
            "Byte(63)",
            "Close",
            "Symbol(39)",
            "Byte(103)",
        ];
        assert_eq!(shown, due);
    }
}
