//! Messages in HTML, without its tags: a word may be written in parts of different fonts.

use super::json::Take;
use crate::extract::inline::is_inline;

/// Tells tags from text, byte by byte.
#[derive(Debug, Default)]
pub(super) struct Tags {
    /// The name of the tag that is open, as far as it was read.
    open: Option<Vec<u8>>,
    named: bool,
    quote: Option<u8>,
}

impl Tags {
    /// What becomes of the character that begins with `byte`.
    pub(super) fn take(&mut self, byte: u8) -> Take {
        let Some(name) = &mut self.open else {
            if byte != b'<' {
                return Take::Keep;
            }
            *self = Self { open: Some(Vec::new()), ..Self::default() };
            return Take::Drop;
        };
        match byte {
            b'"' | b'\'' if self.named => match self.quote {
                None => self.quote = Some(byte),
                Some(quote) if quote == byte => self.quote = None,
                Some(_) => {}
            },
            b'>' if self.quote.is_none() => {
                let inline = is_inline(name);
                self.open = None;
                return if inline { Take::Drop } else { Take::Break };
            }
            b'/' if name.is_empty() => {}
            byte if !self.named && byte.is_ascii_alphanumeric() && name.len() < 8 => {
                name.push(byte.to_ascii_lowercase());
            }
            _ => self.named = true,
        }
        Take::Drop
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_no_text() {
        let mut tags = Tags::default();
        let mut text = Vec::new();
        let html =
            b"<p class=\"a>b\">7~ab<B>cd</B ><span style='x'>e</span></p><br/>f &lt; g<unclosed";
        for byte in html {
            match tags.take(*byte) {
                Take::Keep => text.push(*byte),
                Take::Drop => {}
                Take::Break => text.push(b'\n'),
            }
        }
        assert_eq!(String::from_utf8(text).unwrap(), "\n7~abcde\n\nf &lt; g");
    }
}
