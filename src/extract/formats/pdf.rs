//! PDF: the text of each page as it is read, joined over kerning and broken lines; annotations,
//! form fields, properties, attached files. ISO 32000.
//!
//! The crate holds a document in memory, so only files of a bounded size are opened, with a
//! bound on what their compressed parts may grow to, one large file at a time; and it runs on a
//! thread with room for deep nesting. What those bounds shut out is told, and the file searched
//! as it is.

use std::collections::BTreeMap;

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Encoding, LoadOptions, Object, ObjectId, Stream};

use super::{Format, pdf_size};
use crate::extract::unpack::budget::Bound;
use crate::extract::unpack::source::Source;
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};

/// Told by its first bytes, which may follow others.
pub(super) const PDF: Format = Format { name: "PDF", fits, read };

/// The largest file that is opened.
const LARGEST: u64 = 24 * 1024 * 1024;
/// What all streams of objects together may grow to.
const OBJECTS: usize = 24 * 1024 * 1024;
/// What one page's content, or one other stream, may grow to.
const CONTENT: usize = 4 * 1024 * 1024;
/// Room for a parser that goes down into nested lists.
const STACK: usize = 64 * 1024 * 1024;
/// Pages, annotations and strings beyond this are not told apart.
const MOST_TEXTS: usize = 200_000;
/// A gap wider than this many thousandths of a letter's height is a blank.
const BLANK: f32 = -200.0;

fn fits(head: &[u8]) -> bool {
    let begin = head.get(..1024).unwrap_or(head);
    begin.starts_with(b"%PDF-")
        || begin.first().is_some_and(|byte| !byte.is_ascii_graphic())
            && memchr::memmem::find(begin, b"%PDF-").is_some()
}

/// What was read, to be shown by the thread that asked for it.
#[derive(Default)]
struct Pdf {
    /// Texts, and what people call their place.
    texts: Vec<(String, Vec<u8>)>,
    /// Files and pictures.
    members: Vec<(String, Vec<u8>)>,
    /// What could not be read.
    unread: Vec<String>,
    pictures: bool,
}

fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    inside.kind("pdf");
    // earlier versions of it and what nothing refers to are in the file as well
    inside.as_bytes_too();
    let (bytes, mut held) = source.bytes(LARGEST)?;
    held.grow((bytes.len() as u64).min(LARGEST) * 2)?;
    if !pdf_size::fits(&bytes) {
        return Err(Failure::Limit(Bound::Memory));
    }
    let pdf = std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || super::super::unpack::quietly(|| extract(&bytes)))
            .map_err(Failure::from)?
            .join()
            .unwrap_or_else(|_| Err(Failure::Broken("its reader gave up on it".to_owned())))
    })?;
    for (called, text) in pdf.texts {
        let mut shown = Text::default();
        shown.push(&text);
        inside.text(&mut shown, &|_| called.clone())?;
    }
    for (name, member) in pdf.members {
        inside.member(&name, &mut &member[..])?;
    }
    pdf.unread.into_iter().for_each(|message| inside.unread_part(message));
    if pdf.pictures {
        inside.picture_unread();
    }
    Ok(())
}

fn extract(bytes: &[u8]) -> Result<Pdf, Failure> {
    let streams = memchr::memmem::find_iter(bytes, b"ObjStm").count().max(1);
    let options =
        LoadOptions { max_decompressed_size: Some(OBJECTS / streams), ..LoadOptions::default() };
    let document =
        Document::load_mem_with_options(bytes, options).map_err(|error| match error {
            lopdf::Error::InvalidPassword => Failure::Encrypted,
            lopdf::Error::Decryption(_) | lopdf::Error::UnsupportedSecurityHandler(_) => {
                Failure::Encrypted
            }
            other => Failure::Broken(format!("it is damaged ({other})")),
        })?;
    // one that opens without a password has been decrypted by now
    if document.is_encrypted() {
        return Err(Failure::Encrypted);
    }
    let mut pdf = Pdf::default();
    let mut places: BTreeMap<ObjectId, String> = BTreeMap::new();
    for (number, page) in document.get_pages() {
        let called = format!("page {number}");
        let content = document.get_page_content_with_limit(page, CONTENT);
        let fonts = document.get_page_fonts(page).unwrap_or_default();
        match content {
            Ok(content) => pdf.content(&document, &called, &content, fonts),
            Err(error) => pdf.unread.push(format!("{called}: it can't be read ({error})")),
        }
        if let Ok(page) = document.get_dictionary(page)
            && let Ok(annotations) = page.get_deref(b"Annots", &document).and_then(Object::as_array)
        {
            for annotation in annotations.iter().filter_map(|object| object.as_reference().ok()) {
                places.insert(annotation, format!("{called}, an annotation or a form field"));
            }
        }
        places.insert(page, called);
    }
    for (id, object) in &document.objects {
        if pdf.texts.len() >= MOST_TEXTS {
            pdf.unread.push("it has more texts than are read".to_owned());
            break;
        }
        if let Object::Stream(stream) = object {
            pdf.stream(&document, *id, stream);
        }
        let called = places.get(id).map_or("its other data", String::as_str);
        pdf.strings(called, object);
    }
    pdf.strings("the document's properties", &Object::Dictionary(document.trailer.clone()));
    Ok(pdf)
}

/// What is drawn, in the order in which it is. How wide letters are is not known here, so what
/// stands at one height is read in more than one way.
#[derive(Default)]
struct Page {
    height: f32,
    leading: f32,
    /// Whether drawing has moved since the last text.
    moved: bool,
    /// Each line's height, and its text in the pieces that were drawn without a move.
    lines: Vec<(f32, Vec<Vec<u8>>)>,
}

impl Page {
    fn move_to(&mut self, height: f32) {
        self.height = height;
        self.moved = true;
    }

    fn next_line(&mut self) {
        let leading = if self.leading == 0.0 { 1.0 } else { self.leading };
        self.move_to(self.height - leading);
    }

    fn show(&mut self, text: &[u8]) {
        // letters that are raised or lowered a little are on the line
        const SAME: f32 = 0.5;
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

    /// Its text with a blank wherever drawing moved, which suits words that are placed one by
    /// one; joined line by line, which suits letters that are; and the words that lines may have
    /// broken.
    fn readings(&self) -> Vec<Vec<u8>> {
        if self.lines.is_empty() {
            return Vec::new();
        }
        let joined: Vec<Vec<u8>> = self.lines.iter().map(|(_, pieces)| pieces.concat()).collect();
        let words: Vec<Vec<u8>> = self.lines.iter().map(|(_, pieces)| pieces.join(&b' ')).collect();
        let mut readings = vec![joined.join(&b'\n')];
        if words != joined {
            readings.push(words.join(&b'\n'));
        }
        let broken: Vec<Vec<u8>> =
            [&joined, &words].iter().flat_map(|lines| broken_words(lines)).collect();
        if !broken.is_empty() {
            readings.push(broken.join(&b'\n'));
        }
        readings
    }
}

/// The words that begin at the end of a line and go on in the next ones.
fn broken_words(lines: &[Vec<u8>]) -> Vec<Vec<u8>> {
    /// Shorter and longer ones are none that are searched for.
    const LENGTHS: std::ops::Range<usize> = 40..400;
    const MOST_LINES: usize = 8;
    let mut words = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let last = line.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
        let mut word = last.to_vec();
        if word.is_empty() {
            continue;
        }
        for next in lines.iter().skip(index + 1).take(MOST_LINES) {
            let first = next.split(u8::is_ascii_whitespace).next().unwrap_or_default();
            word.extend_from_slice(first);
            if LENGTHS.contains(&word.len()) {
                words.push(word.clone());
            }
            // it can go on only where the whole line is it
            if first.len() < next.len() || word.len() > LENGTHS.end {
                break;
            }
        }
    }
    words
}

impl Pdf {
    /// Reads what a page or a form draws.
    fn content(
        &mut self,
        document: &Document,
        called: &str,
        content: &[u8],
        fonts: BTreeMap<Vec<u8>, &Dictionary>,
    ) {
        if pdf_size::tokens(content) > pdf_size::MOST {
            self.unread.push(format!("{called}: it draws more than is held in memory"));
            return;
        }
        let Ok(content) = Content::decode(content) else {
            self.unread.push(format!("{called}: its content is damaged"));
            return;
        };
        let encodings: BTreeMap<Vec<u8>, Encoding<'_>> = fonts
            .into_iter()
            .filter_map(|(name, font)| {
                Some((name, font.get_font_encoding_with_limit(document, CONTENT).ok()?))
            })
            .collect();
        let mut page = Page::default();
        let mut encoding = None;
        for operation in &content.operations {
            let operands = &operation.operands;
            let number = |at: usize| {
                operands.get(at).and_then(|operand| operand.as_float().ok()).unwrap_or(0.0)
            };
            match operation.operator.as_str() {
                "Tf" => {
                    let name = operands.first().and_then(|name| name.as_name().ok());
                    encoding = name.and_then(|name| encodings.get(name));
                }
                "BT" => page.move_to(0.0),
                "TL" => page.leading = number(0),
                "Td" => page.move_to(page.height + number(1)),
                "TD" => {
                    page.leading = -number(1);
                    page.move_to(page.height + number(1));
                }
                "Tm" => page.move_to(number(5)),
                "T*" => page.next_line(),
                "Tj" | "TJ" | "'" | "\"" => {
                    if matches!(operation.operator.as_str(), "'" | "\"") {
                        page.next_line();
                    }
                    let shown = match operands.last() {
                        Some(Object::Array(parts)) => parts.as_slice(),
                        Some(one) => std::slice::from_ref(one),
                        None => &[],
                    };
                    for part in shown {
                        match part {
                            Object::String(bytes, _) => {
                                let text = encoding
                                    .and_then(|known| Document::decode_text(known, bytes).ok())
                                    .map_or_else(|| bytes.clone(), String::into_bytes);
                                page.show(&text);
                            }
                            gap if gap.as_float().is_ok_and(|gap| gap < BLANK) => page.show(b" "),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        for text in page.readings() {
            self.texts.push((called.to_owned(), text));
        }
    }

    /// Reads a stream that is no page's content.
    fn stream(&mut self, document: &Document, id: ObjectId, stream: &Stream) {
        let is = |key: &[u8], name: &[u8]| {
            stream.dict.get(key).and_then(Object::as_name).is_ok_and(|is| is == name)
        };
        let plain = || {
            stream.decompressed_content_with_limit(CONTENT).or_else(|error| match error {
                // not compressed at all
                _ if stream.dict.get(b"Filter").is_err() => Ok(stream.content.clone()),
                error => Err(error),
            })
        };
        if is(b"Subtype", b"Image") {
            match stream.filters() {
                // a file of its own
                Ok(filters) if filters == [b"DCTDecode"] => {
                    self.members.push((format!("picture {}.jpg", id.0), stream.content.clone()));
                }
                _ => self.pictures = true,
            }
        } else if is(b"Subtype", b"Form") {
            let resources = stream.dict.get_deref(b"Resources", document);
            let fonts = resources
                .and_then(Object::as_dict)
                .and_then(|resources| resources.get_deref(b"Font", document))
                .and_then(Object::as_dict);
            let fonts = fonts.map(|fonts| {
                fonts
                    .iter()
                    .filter_map(|(name, font)| {
                        let (_, font) = document.dereference(font).ok()?;
                        Some((name.clone(), font.as_dict().ok()?))
                    })
                    .collect()
            });
            match plain() {
                Ok(content) => {
                    self.content(
                        document,
                        "a form or a stamp",
                        &content,
                        fonts.unwrap_or_default(),
                    );
                }
                Err(error) => self.unread.push(format!("a form: it can't be read ({error})")),
            }
        } else if is(b"Type", b"Metadata") {
            match plain() {
                Ok(text) => self.texts.push(("the document's properties".to_owned(), text)),
                Err(error) => self.unread.push(format!("its metadata can't be read ({error})")),
            }
        } else if is(b"Type", b"EmbeddedFile") {
            match plain() {
                Ok(file) => self.members.push((format!("attachment {}", id.0), file)),
                Err(error) => self.unread.push(format!("an attachment can't be read ({error})")),
            }
        }
    }

    /// Reads every string in an object, each on a line of its own. Objects that it refers to are
    /// read as such.
    fn strings(&mut self, called: &str, object: &Object) {
        let mut text = Vec::new();
        let mut open = vec![object];
        while let Some(object) = open.pop() {
            match object {
                Object::String(bytes, _) if bytes.len() > 8 => {
                    let decoded = lopdf::decode_text_string(object);
                    text.extend(decoded.map_or_else(|_| bytes.clone(), String::into_bytes));
                    text.push(b'\n');
                }
                Object::Array(parts) => open.extend(parts.iter().rev()),
                Object::Dictionary(parts) => open.extend(parts.iter().map(|(_, part)| part)),
                Object::Stream(stream) => open.extend(stream.dict.iter().map(|(_, part)| part)),
                _ => {}
            }
        }
        if !text.is_empty() {
            self.texts.push((called.to_owned(), text));
        }
    }
}
