//! Paragraphs of WordprocessingML and DrawingML (ECMA-376), each joined over its runs: as it
//! reads now, and, where changes are tracked, as it read before them.

use std::io::Read;

use crate::extract::formats::paragraph::{Paragraph, name_of};
use crate::extract::formats::xml::{self, Xml};
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};

/// Text boxes stand inside paragraphs; so deep.
const DEEPEST: usize = 64;
/// A longer value is shown in pieces.
const LONG_VALUE: usize = 64 * 1024;

#[derive(Clone, Copy, PartialEq)]
enum Run {
    Text,
    Field,
    /// A value of a chart, or where it comes from.
    Value,
}

#[derive(Default)]
struct Gathered {
    open: Vec<Paragraph>,
    number: u64,
    deleted: u32,
    inserted: u32,
    run: Option<Run>,
    value: Vec<u8>,
    text: Text,
    attributes: Text,
}

/// Shows the paragraphs of `member`. `name` says what the paragraph with a number is called.
pub(super) fn read(
    member: &mut dyn Read,
    inside: &mut Inside<'_, '_>,
    name: &dyn Fn(u64) -> String,
) -> Result<(), Failure> {
    let name = |place: u64| name_of(place, name);
    let mut gathered = Gathered::default();
    let outcome = xml::read(member, &mut |event| {
        match event {
            Xml::Open(tag) => {
                tag.push_long_values(gathered.number, &mut gathered.attributes);
                gathered.open(tag.name());
            }
            Xml::Close(name) => gathered.close(name),
            Xml::Text(text) => gathered.push(text),
        }
        if gathered.text.is_enough() {
            inside.text(&mut gathered.text, &name)?;
        }
        if gathered.attributes.is_enough() {
            inside.text(&mut gathered.attributes, &name)?;
        }
        Ok(())
    });
    while !gathered.open.is_empty() {
        gathered.end_paragraph();
    }
    gathered.end_value();
    inside.text(&mut gathered.text, &name)?;
    inside.text(&mut gathered.attributes, &name)?;
    outcome
}

impl Gathered {
    fn open(&mut self, name: &[u8]) {
        match name {
            b"p" => {
                self.number += u64::from(self.open.is_empty());
                if self.open.len() < DEEPEST {
                    self.open.push(Paragraph::default());
                }
            }
            b"t" => self.run = Some(Run::Text),
            b"delText" => self.run = Some(Run::Text),
            b"instrText" | b"delInstrText" => self.run = Some(Run::Field),
            b"v" | b"f" if self.open.is_empty() => self.run = Some(Run::Value),
            b"del" | b"moveFrom" => self.deleted += 1,
            b"ins" | b"moveTo" => self.inserted += 1,
            b"tab" => self.add(b"\t"),
            b"br" | b"cr" => self.add(b"\n"),
            b"noBreakHyphen" => self.add(b"-"),
            _ => {}
        }
    }

    fn close(&mut self, name: &[u8]) {
        match name {
            b"p" => self.end_paragraph(),
            b"t" | b"delText" | b"instrText" | b"delInstrText" => self.run = None,
            b"v" | b"f" => self.end_value(),
            b"del" | b"moveFrom" => self.deleted = self.deleted.saturating_sub(1),
            b"ins" | b"moveTo" => self.inserted = self.inserted.saturating_sub(1),
            _ => {}
        }
    }

    fn push(&mut self, text: &[u8]) {
        match self.run {
            Some(Run::Text) => self.add(text),
            Some(Run::Field) => {
                if let Some(paragraph) = self.open.last_mut() {
                    paragraph.add_field(text);
                }
            }
            Some(Run::Value) => {
                self.value.extend_from_slice(text);
                if self.value.len() > LONG_VALUE {
                    self.end_value();
                    self.run = Some(Run::Value);
                }
            }
            None => {}
        }
        // a paragraph without end is shown in pieces; the more of them are open, the smaller
        let open = self.open.len();
        if self.open.last().is_some_and(|paragraph| paragraph.is_long(open)) {
            self.end_paragraph();
            self.open.push(Paragraph::default());
        }
    }

    /// Adds text where it belongs: to the paragraph as it is now, as it was, or both.
    fn add(&mut self, text: &[u8]) {
        if let Some(paragraph) = self.open.last_mut() {
            paragraph.add(text, self.deleted > 0, self.inserted > 0);
        }
    }

    fn end_value(&mut self) {
        if self.run == Some(Run::Value) {
            self.run = None;
            self.text.mark(self.number);
            self.text.push(&self.value);
            self.text.push(b"\n");
            self.value.clear();
        }
    }

    fn end_paragraph(&mut self) {
        if let Some(mut paragraph) = self.open.pop() {
            paragraph.end(self.number, &mut self.text);
        }
    }
}
