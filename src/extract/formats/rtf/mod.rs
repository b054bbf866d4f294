//! Rich Text Format: text between control words, read as it comes. Runs of different formats join
//! to paragraphs; comments, deleted text, properties and what fields say are read as well.
//! Pictures and embedded objects are members. Rich Text Format Specification 1.9.1, and
//! [MS-OXRTFEX] for HTML in it.

mod groups;
mod lexer;

use std::collections::HashMap;
use std::io::{self, Read};

use encoding_rs::Encoding;

use super::Format;
use super::ole::native;
use super::paragraph::Paragraph;
use super::story::{STORIES, Story, name, place_of};
use crate::extract::unpack::source::Source;
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};
use groups::{Holds, character, character_set, code_page, holds, picture};
use lexer::{Binary, Digits, Lexer, Token};

/// As Word, WordPad and LibreOffice write it.
pub(super) const RTF: Format =
    Format { name: "RTF", fits: |head| head.starts_with(b"{\\rtf"), read };

/// Groups in more groups than this are what the group around them is.
const DEEPEST: usize = 500;
/// More fonts than this have the document's own alphabet.
const MOST_FONTS: usize = 10_000;
/// At most so many characters stand for one in another encoding.
const MOST_SKIPPED: u32 = 32;
/// So much text is decoded at once.
const RAW: usize = 4096;

fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    inside.kind("rtf");
    // what stands in no group that holds text
    inside.as_bytes_too();
    text(source.stream()?, "", inside)
}

/// Shows the text of a document that `reader` answers; `called` stands before its places' names.
pub(super) fn text(
    reader: &mut dyn Read,
    called: &str,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    let mut rtf = Rtf {
        lexer: Lexer::new(reader),
        called,
        group: Group {
            holds: Holds::Text(Story::Body),
            story: Story::Body,
            skips: 1,
            encoding: None,
            deleted: false,
            inserted: false,
        },
        open: Vec::new(),
        deeper: 0,
        begins: false,
        ignorable: false,
        code_page: encoding_rs::WINDOWS_1252,
        fonts: HashMap::new(),
        font: 0,
        skip: 0,
        raw: Vec::new(),
        surrogate: None,
        stories: Default::default(),
        picture: None,
        pictures: 0,
        objects: 0,
        text: Text::default(),
    };
    let outcome = rtf.read(inside);
    rtf.end(inside)?;
    outcome
}

/// What holds until the present group ends.
#[derive(Clone, Copy)]
struct Group {
    holds: Holds,
    story: Story,
    /// How many characters stand for one in another encoding.
    skips: u32,
    encoding: Option<&'static Encoding>,
    deleted: bool,
    inserted: bool,
}

#[derive(Default)]
struct Gathered {
    paragraph: Paragraph,
    /// How many paragraphs came before.
    number: u64,
}

struct Rtf<'r> {
    lexer: Lexer<'r>,
    called: &'r str,
    group: Group,
    open: Vec<Group>,
    /// How many groups are open beyond those that are told apart.
    deeper: u64,
    /// Whether a group has just begun, and whether it said that it may be ignored.
    begins: bool,
    ignorable: bool,
    code_page: &'static Encoding,
    fonts: HashMap<i32, &'static Encoding>,
    /// The font that the table of fonts speaks of.
    font: i32,
    /// How many characters are still to be skipped.
    skip: u32,
    /// Text that has not been decoded yet.
    raw: Vec<u8>,
    surrogate: Option<u16>,
    stories: [Gathered; STORIES.len()],
    /// The present picture's extension, and whether it is a file of its own.
    picture: Option<(&'static str, bool)>,
    pictures: u64,
    objects: u64,
    text: Text,
}

impl Rtf<'_> {
    fn read(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        loop {
            let data = match self.group.holds {
                Holds::Picture => self.picture.is_some(),
                Holds::Object | Holds::Data => true,
                _ => false,
            };
            if data && self.lexer.at_digit()? {
                self.data(None, inside)?;
                continue;
            }
            let Some(token) = self.lexer.token()? else { break };
            self.take(token, inside)?;
            if self.text.is_enough() {
                self.show(inside)?;
            }
        }
        if self.open.is_empty() {
            return Ok(());
        }
        Err(io::Error::from(io::ErrorKind::UnexpectedEof).into())
    }

    fn take(&mut self, token: Token, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let begins = std::mem::take(&mut self.begins);
        match token {
            Token::Byte(_) | Token::Hex(_) if self.skip > 0 => self.skip -= 1,
            Token::Byte(byte) => {
                self.raw.push(byte);
                if self.skip == 0 {
                    self.lexer.text(&mut self.raw)?;
                }
                if self.raw.len() >= RAW {
                    self.flush();
                }
            }
            Token::Hex(byte) => self.raw.push(byte),
            Token::Open => {
                self.flush();
                (self.skip, self.begins, self.ignorable) = (0, true, false);
                if self.open.len() < DEEPEST {
                    self.open.push(self.group);
                } else {
                    self.deeper += 1;
                }
            }
            Token::Close => self.close(inside)?,
            Token::Symbol(b'*') if begins => (self.begins, self.ignorable) = (true, true),
            Token::Word(word, number) => {
                let name = word.name();
                if begins && let Some(holds) = holds(name, self.ignorable) {
                    self.flush();
                    self.begin(holds);
                } else if name == b"bin" {
                    let size = u64::try_from(number.unwrap_or(0)).unwrap_or(0);
                    self.flush();
                    self.data(Some(size), inside)?;
                } else if name == b"u" {
                    self.unit(number.unwrap_or(0));
                } else if self.skip > 0 {
                    self.skip -= 1;
                } else {
                    self.word(name, number, inside)?;
                }
            }
            Token::Symbol(_) if self.skip > 0 => self.skip -= 1,
            Token::Symbol(symbol) => match symbol {
                b'\\' | b'{' | b'}' => self.raw.push(symbol),
                b'~' => self.add(" "),
                b'_' => self.add("-"),
                b'\r' | b'\n' => self.word(b"par", None, inside)?,
                b'\t' => self.add("\t"),
                // places where a word may be broken, and marks of an index
                _ => {}
            },
        }
        Ok(())
    }

    /// The present group holds something of its own.
    fn begin(&mut self, holds: Holds) {
        // what stands in a group that holds nothing is nothing
        if self.group.holds == Holds::Nothing && !matches!(holds, Holds::Object) {
            return;
        }
        match holds {
            Holds::Text(story) => {
                self.group.story = story;
                self.group.holds = holds;
                // each has a first paragraph
                if matches!(story, Story::Header | Story::Footer) {
                    self.gathered(story).number = 0;
                }
            }
            Holds::Picture => {
                self.group.holds = holds;
                self.picture = None;
            }
            holds => self.group.holds = holds,
        }
    }

    fn gathered(&mut self, story: Story) -> &mut Gathered {
        &mut self.stories[story as usize]
    }

    fn close(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        self.flush();
        self.skip = 0;
        if self.deeper > 0 {
            self.deeper -= 1;
            return Ok(());
        }
        let inner = self.group;
        if let Some(group) = self.open.pop() {
            self.group = group;
        }
        // a story ends with its group, and a property with its own
        let ends = self.group.story != inner.story
            || matches!(inner.story, Story::Properties | Story::Other);
        if ends {
            self.end_paragraph(inner.story, inside)?;
        }
        Ok(())
    }

    fn word(
        &mut self,
        word: &[u8],
        number: Option<i32>,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        let on = number != Some(0);
        match word {
            b"par" | b"cell" | b"nestcell" | b"sect" => {
                self.flush();
                let story = self.group.story;
                self.end_paragraph(story, inside)?;
            }
            b"plain" => {
                self.flush();
                let Group { deleted, inserted, encoding, .. } = &mut self.group;
                (*deleted, *inserted, *encoding) = (false, false, None);
            }
            b"deleted" => {
                self.flush();
                self.group.deleted = on;
            }
            b"revised" => {
                self.flush();
                self.group.inserted = on;
            }
            b"uc" => {
                let count = u32::try_from(number.unwrap_or(1)).unwrap_or(0);
                self.group.skips = count.min(MOST_SKIPPED);
            }
            b"ansicpg" => self.code_page = code_page(number.unwrap_or(1252)),
            b"mac" => self.code_page = encoding_rs::MACINTOSH,
            b"f" | b"deff" if self.group.holds == Holds::Fonts => self.font = number.unwrap_or(0),
            b"fcharset" if self.group.holds == Holds::Fonts => {
                let encoding = character_set(number.unwrap_or(0));
                if let Some(encoding) = encoding.filter(|_| self.fonts.len() < MOST_FONTS) {
                    self.fonts.insert(self.font, encoding);
                }
            }
            b"f" => {
                self.flush();
                self.group.encoding = self.fonts.get(&number.unwrap_or(0)).copied();
            }
            // a footnote at the end of the text
            b"ftnalt" if self.group.story == Story::Footnotes => {
                self.group.story = Story::Endnotes;
                self.group.holds = Holds::Text(Story::Endnotes);
            }
            _ => {
                if let Some(text) = character(word) {
                    self.add(text);
                } else if self.group.holds == Holds::Picture && self.picture.is_none() {
                    self.picture = picture(word);
                }
            }
        }
        Ok(())
    }

    /// A character by the number of its unit of UTF-16; characters that stand for it follow.
    fn unit(&mut self, number: i32) {
        self.decode();
        // the number has a sign
        let unit = number as u16;
        let before = self.surrogate.take();
        self.skip = self.group.skips;
        if (0xd800..0xdc00).contains(&unit) {
            self.surrogate = Some(unit);
            return;
        }
        let units = [before.unwrap_or(unit), unit];
        let units = if before.is_some() { &units[..] } else { &units[1..] };
        for c in char::decode_utf16(units.iter().copied()) {
            let c = c.unwrap_or('\u{fffd}');
            self.push(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }

    /// Adds text that needs no decoding.
    fn add(&mut self, text: &str) {
        self.decode();
        self.push(text.as_bytes());
    }

    /// Decodes what was gathered.
    fn decode(&mut self) {
        if self.raw.is_empty() {
            return;
        }
        let raw = std::mem::take(&mut self.raw);
        if raw.is_ascii() {
            self.push(&raw);
        } else {
            let encoding = self.group.encoding.unwrap_or(self.code_page);
            self.push(encoding.decode_without_bom_handling(&raw).0.as_bytes());
        }
        self.raw = raw;
        self.raw.clear();
    }

    fn flush(&mut self) {
        self.surrogate = None;
        self.decode();
    }

    /// Adds text to the paragraph that it belongs to.
    fn push(&mut self, text: &[u8]) {
        let Group { holds, story, deleted, inserted, .. } = self.group;
        let paragraph = &mut self.gathered(story).paragraph;
        match holds {
            Holds::Text(_) => paragraph.add(text, deleted, inserted),
            Holds::Field => paragraph.add_field(text),
            _ => return,
        }
        if paragraph.is_long(1) {
            let place = place_of(story, self.gathered(story).number + 1);
            let Self { stories, text, .. } = self;
            stories[story as usize].paragraph.end(place, text);
        }
    }

    fn end_paragraph(&mut self, story: Story, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let Self { stories, text, .. } = self;
        let gathered = &mut stories[story as usize];
        gathered.number += 1;
        if !gathered.paragraph.is_empty() {
            gathered.paragraph.end(place_of(story, gathered.number), text);
        }
        if self.text.is_enough() { self.show(inside) } else { Ok(()) }
    }

    /// Data of a picture or an object: in digits, or as it is, with its size.
    fn data(&mut self, size: Option<u64>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let kind = (self.group.holds, self.picture);
        let number = match kind.0 {
            Holds::Picture => &mut self.pictures,
            _ => &mut self.objects,
        };
        *number += 1;
        let name = match kind {
            (Holds::Picture, Some((ending, _))) => format!("picture {number}.{ending}"),
            (Holds::Picture, None) => format!("picture {number}"),
            (Holds::Object, _) => format!("object {number}"),
            _ => format!("data {number}"),
        };
        if kind.0 == Holds::Picture && kind.1.is_none_or(|(_, file)| !file) {
            inside.picture_unread();
        }
        match size {
            None => show_data(kind.0, &name, &mut Digits(&mut self.lexer), inside),
            Some(size) => show_data(kind.0, &name, &mut Binary(&mut self.lexer, size), inside),
        }
    }

    fn show(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let Self { text, called, .. } = self;
        inside.text(text, &|place| format!("{called}{}", name(place)))
    }

    /// Shows what has not ended.
    fn end(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        self.flush();
        for story in STORIES {
            self.end_paragraph(story, inside)?;
        }
        self.show(inside)
    }
}

fn show_data(
    holds: Holds,
    name: &str,
    data: &mut dyn Read,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    if holds == Holds::Object {
        match (native::object(data, name, inside), inside.budget().reached()) {
            (_, Some(bound)) => return Err(bound.into()),
            (Err(failure), _) => inside.unread(name, &failure),
            (Ok(()), _) => {}
        }
    } else {
        inside.member(name, data)?;
    }
    // what nobody wanted of it is no text
    io::copy(data, &mut io::sink())?;
    Ok(())
}
