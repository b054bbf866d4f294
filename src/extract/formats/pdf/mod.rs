//! PDF: the text of each page as it is read, joined over kerning and broken lines; annotations,
//! form fields, properties, attached files. ISO 32000.
//!
//! The crate holds a document in memory, so only files of a bounded size are opened, with a
//! bound on what they may become, one large file at a time. It runs on a thread with room for deep
//! nesting, which hands over what it reads piece by piece, so that what a page draws is never held
//! twice. What the bounds shut out is told, and the file searched as it is.

mod attached;
mod load;
mod page;
mod picture;
mod size;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::mpsc::{self, SyncSender};
use std::time::Instant;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream};

use super::Format;
use crate::extract::unpack::budget::Bound;
use crate::extract::unpack::source::Source;
use crate::extract::unpack::text::{ENOUGH, Text};
use crate::extract::unpack::{Failure, Inside, quietly};
use attached::Attached;
use page::{Encodings, Page};

/// Told by its first bytes, which may follow others.
pub(super) const PDF: Format = Format { name: "PDF", fits, read };

/// The largest file that is opened.
const LARGEST: u64 = 24 * 1024 * 1024;
/// What one page's content, or one other stream, may grow to.
const CONTENT: usize = 4 * 1024 * 1024;
/// What the encodings of one page's fonts may be made from.
const FONTS: usize = 2 * 1024 * 1024;
/// More pictures than this of one page are not told to be its.
const MOST_DRAWN: usize = 1000;
/// More states than this of one annotation are not told to be its.
const MOST_STATES: usize = 16;
/// What people call what is said of the document.
const PROPERTIES: &str = "the document's properties";
/// Room for a parser that goes down into nested lists.
const STACK: usize = 64 * 1024 * 1024;

fn fits(head: &[u8]) -> bool {
    let begin = head.get(..1024).unwrap_or(head);
    begin.starts_with(b"%PDF-")
        || begin.first().is_some_and(|byte| !byte.is_ascii_graphic())
            && memchr::memmem::find(begin, b"%PDF-").is_some()
}

/// What was read.
enum Shown {
    /// A text, and what people call its place.
    Text(String, Vec<u8>),
    /// A text that is told of only where the others had none of it.
    Rest(Vec<u8>),
    /// A file, by its name.
    Member(String, Vec<u8>),
    /// Something that was not, and why.
    Unread(String),
    /// A picture that was not.
    Picture,
}

fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    inside.kind("pdf");
    // earlier versions of it and what nothing refers to are in the file as well
    inside.as_bytes_too();
    let (mut bytes, mut held) = source.bytes(LARGEST)?;
    held.grow((bytes.len() as u64).min(LARGEST) * 2)?;
    inside.budget().tick()?;
    let deadline = inside.budget().deadline();
    let wants_pixels = inside.ocr().is_some();
    let outcome = std::thread::scope(|scope| {
        // one piece at a time: the next is read while this one is looked at
        let (sender, shown) = mpsc::sync_channel(0);
        let reader = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || {
            let sender = sender;
            quietly(|| extract(&mut bytes, deadline, wants_pixels, &sender))
        })?;
        let outcome = shown.iter().flatten().try_for_each(|shown| show(shown, inside));
        // what is still to be read is not wanted
        drop(shown);
        let read = match reader.join() {
            Ok(read) => read,
            Err(cause) => Err(match cause.downcast_ref::<Bound>() {
                Some(bound) => Failure::Limit(*bound),
                None => Failure::Broken("its reader gave up on it".to_owned()),
            }),
        };
        outcome.and(read)
    });
    // whether it was time that was up
    inside.budget().tick()?;
    outcome
}

fn show(shown: Shown, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    match shown {
        Shown::Text(called, bytes) => inside.text(&mut Text::of(bytes), &|_| called.clone()),
        Shown::Rest(bytes) => {
            let mut text = Text::of(bytes);
            text.tell_if_new();
            inside.text(&mut text, &|_| "its other data".to_owned())
        }
        Shown::Member(name, member) => inside.member(&name, &mut &member[..]),
        Shown::Unread(message) => {
            inside.unread_part(message);
            Ok(())
        }
        Shown::Picture => {
            inside.picture_unread();
            Ok(())
        }
    }
}

fn extract(
    bytes: &mut Vec<u8>,
    deadline: Option<Instant>,
    wants_pixels: bool,
    sender: &SyncSender<Vec<Shown>>,
) -> Result<(), Failure> {
    let document = load::load(bytes, deadline)?;
    *bytes = Vec::new();
    let gathered = RefCell::default();
    let pdf = Pdf { document: &document, deadline, wants_pixels, sender, gathered };
    let mut places: BTreeMap<ObjectId, String> = BTreeMap::new();
    let mut pages: BTreeMap<ObjectId, String> = BTreeMap::new();
    for (number, id) in document.get_pages() {
        pdf.tick()?;
        let called = format!("page {number}");
        // one page may stand in many places
        if places.contains_key(&id) {
            continue;
        }
        let fonts = document.get_page_fonts(id).unwrap_or_default();
        match document.get_page_content_with_limit(id, CONTENT) {
            Ok(content) => pdf.content(&called, &content, fonts)?,
            Err(error) => pdf.unread(format!("{called}: it can't be read ({error})"))?,
        }
        if let Ok(page) = document.get_dictionary(id)
            && let Ok(annotations) = page.get_deref(b"Annots", &document).and_then(Object::as_array)
        {
            for annotation in annotations.iter().filter_map(|object| object.as_reference().ok()) {
                pdf.tick()?;
                // pages may share them
                if places.contains_key(&annotation) {
                    continue;
                }
                let called = || format!("{called}, an annotation or a form field");
                places.insert(annotation, called());
                for drawn in pdf.appearances(annotation) {
                    places.entry(drawn).or_insert_with(called);
                }
            }
        }
        for picture in pdf.drawn(id) {
            pages.entry(picture).or_insert_with(|| called.clone());
        }
        places.insert(id, called);
    }
    if let Ok(properties) = document.trailer.get(b"Info").and_then(Object::as_reference) {
        places.entry(properties).or_insert_with(|| PROPERTIES.to_owned());
    }
    let attached = Attached::read(&document, &|| pdf.tick())?;
    let mut others = Vec::new();
    for (id, object) in &document.objects {
        pdf.tick()?;
        let place = places.get(id).map(String::as_str);
        if let Object::Stream(stream) = object {
            let page = pages.get(id).map(String::as_str);
            let (file, is_text) = (attached.name(*id), attached.is_text(*id));
            let known = Known { file, is_text, place, page };
            pdf.stream(*id, stream, &known)?;
        }
        let outline = || is_in_outline(object).then_some("its outline");
        match place.or_else(outline) {
            Some(called) => {
                pdf.strings(object, &|text| Shown::Text(called.to_owned(), text))?;
            }
            None => others.push(object),
        }
    }
    let trailer = Object::Dictionary(document.trailer.clone());
    pdf.strings(&trailer, &|text| Shown::Text(PROPERTIES.to_owned(), text))?;
    // what says in other words what has a place comes last
    for object in others {
        pdf.tick()?;
        pdf.strings(object, &Shown::Rest)?;
    }
    pdf.hand_over()
}

/// Whether it is an entry of the outline. ISO 32000-1, table 153.
fn is_in_outline(object: &Object) -> bool {
    object.as_dict().is_ok_and(|it| it.has(b"Title") && it.has(b"Parent"))
}

/// What is known of a stream.
struct Known<'k> {
    /// What it is called, if it is a file.
    file: Option<String>,
    /// Whether it is a script, or stands in a form.
    is_text: bool,
    /// What people call where it stands.
    place: Option<&'k str>,
    /// The page that draws it.
    page: Option<&'k str>,
}

/// A document, and who wants to know what is in it.
struct Pdf<'d> {
    document: &'d Document,
    deadline: Option<Instant>,
    /// Whether pictures whose pixels stand in it are to be shown.
    wants_pixels: bool,
    sender: &'d SyncSender<Vec<Shown>>,
    /// What is handed over next, and its size: a switch of threads for each text would cost more
    /// than reading it.
    gathered: RefCell<(Vec<Shown>, usize)>,
}

impl<'d> Pdf<'d> {
    /// Hands something over, once it is enough.
    fn send(&self, shown: Shown) -> Result<(), Failure> {
        let enough = {
            let (all, size) = &mut *self.gathered.borrow_mut();
            *size += match &shown {
                Shown::Text(_, bytes) | Shown::Member(_, bytes) => bytes.len() + 64,
                Shown::Rest(bytes) => bytes.len() + 64,
                Shown::Unread(message) => message.len() + 64,
                Shown::Picture => 64,
            };
            all.push(shown);
            *size >= ENOUGH
        };
        if enough { self.hand_over() } else { Ok(()) }
    }

    fn hand_over(&self) -> Result<(), Failure> {
        let (gathered, _) = self.gathered.take();
        // why nobody listens any more is known where it was decided
        self.sender.send(gathered).map_err(|_| Failure::Limit(Bound::Memory))
    }

    fn text(&self, called: &str, text: Vec<u8>) -> Result<(), Failure> {
        self.send(Shown::Text(called.to_owned(), text))
    }

    fn unread(&self, message: String) -> Result<(), Failure> {
        self.send(Shown::Unread(message))
    }

    /// Looks at the clock.
    fn tick(&self) -> Result<(), Failure> {
        match self.deadline {
            Some(deadline) if Instant::now() > deadline => Err(Failure::Limit(Bound::Time(0))),
            _ => Ok(()),
        }
    }

    /// Reads what a page or a form draws.
    fn content(
        &self,
        called: &str,
        content: &[u8],
        fonts: BTreeMap<Vec<u8>, &'d Dictionary>,
    ) -> Result<(), Failure> {
        let encodings = self.encodings(called, fonts)?;
        let mut page = Page::default();
        for (part, fits) in page::parts(content) {
            self.tick()?;
            if !fits {
                self.unread(format!("{called}: it draws more than is held in memory"))?;
            } else if page.draw(part, &encodings).is_err() {
                self.unread(format!("{called}: its content is damaged"))?;
            }
            if page.is_enough() {
                page.readings(&mut |text| self.text(called, text))?;
            }
        }
        page.readings(&mut |text| self.text(called, text))
    }

    /// How the letters of a page's fonts are written.
    fn encodings(
        &self,
        called: &str,
        fonts: BTreeMap<Vec<u8>, &'d Dictionary>,
    ) -> Result<Encodings<'d>, Failure> {
        let mut encodings = Encodings::default();
        let mut left = FONTS;
        for (name, font) in fonts {
            self.tick()?;
            let table = font.get_deref(b"ToUnicode", self.document).and_then(Object::as_stream);
            let size = table.map_or(0, |table| {
                table.get_plain_content_with_limit(left).map_or(left, |table| table.len())
            });
            if size >= left {
                self.unread(format!("{called}: its fonts take more than is held in memory"))?;
                break;
            }
            left -= size;
            if let Ok(encoding) = font.get_font_encoding_with_limit(self.document, FONTS) {
                encodings.insert(name, encoding);
            }
        }
        Ok(encodings)
    }

    /// The pictures and forms that the page `id` draws.
    fn drawn(&self, id: ObjectId) -> Vec<ObjectId> {
        let Ok((own, inherited)) = self.document.get_page_resources(id) else { return Vec::new() };
        let inherited =
            inherited.into_iter().filter_map(|id| self.document.get_dictionary(id).ok());
        own.into_iter()
            .chain(inherited)
            .filter_map(|resources| resources.get_deref(b"XObject", self.document).ok())
            .filter_map(|objects| objects.as_dict().ok())
            .flat_map(Dictionary::iter)
            .filter_map(|(_, object)| object.as_reference().ok())
            .take(MOST_DRAWN)
            .collect()
    }

    /// The forms that show an annotation, or what stands in a field. ISO 32000-1, table 168.
    fn appearances(&self, annotation: ObjectId) -> Vec<ObjectId> {
        let ways = self
            .document
            .get_dictionary(annotation)
            .and_then(|it| it.get_deref(b"AP", self.document)?.as_dict());
        let Ok(ways) = ways else { return Vec::new() };
        let mut forms = Vec::new();
        for (_, way) in ways.iter().take(MOST_STATES) {
            // a form, or one for each state
            forms.extend(way.as_reference());
            if let Ok((_, Object::Dictionary(states))) = self.document.dereference(way) {
                let states = states.iter().take(MOST_STATES);
                forms.extend(states.filter_map(|(_, form)| form.as_reference().ok()));
            }
        }
        forms
    }

    /// Reads a stream that is no page's content.
    fn stream(&self, id: ObjectId, stream: &'d Stream, known: &Known<'_>) -> Result<(), Failure> {
        let is = |key: &[u8], name: &[u8]| {
            stream.dict.get(key).and_then(Object::as_name).is_ok_and(|is| is == name)
        };
        let plain = || match stream.dict.get(b"Filter") {
            // not compressed at all
            Err(_) => Ok(stream.content.clone()),
            Ok(_) => stream.decompressed_content_with_limit(CONTENT),
        };
        if is(b"Subtype", b"Image") {
            let page = known.page.map(|page| format!("{page}, ")).unwrap_or_default();
            let name = |ending: &str| format!("{page}picture {}.{ending}", id.0);
            if let Some(file) = picture::jpeg(stream) {
                return self.send(Shown::Member(name("jpg"), file));
            }
            let pixels = || picture::portable(self.document, stream);
            return match self.wants_pixels.then(pixels).flatten() {
                Some(pixels) => self.send(Shown::Member(name("pnm"), pixels)),
                None => self.send(Shown::Picture),
            };
        }
        if is(b"Subtype", b"Form") {
            let called = known.place.unwrap_or("a form or a stamp");
            return match plain() {
                Ok(content) => self.content(called, &content, self.fonts(stream)),
                Err(error) => self.unread(format!("a form: it can't be read ({error})")),
            };
        }
        if is(b"Type", b"Metadata") {
            return match plain() {
                Ok(text) => self.text(PROPERTIES, text),
                Err(error) => self.unread(format!("its metadata can't be read ({error})")),
            };
        }
        if known.file.is_some() || is(b"Type", b"EmbeddedFile") {
            let name = known.file.clone().unwrap_or_else(|| format!("attachment {}", id.0));
            return match plain() {
                Ok(file) => self.send(Shown::Member(name, file)),
                Err(error) => self.unread(format!("{name}: it can't be read ({error})")),
            };
        }
        if known.is_text {
            let called = known.place.unwrap_or("a script or a form");
            return match plain() {
                Ok(text) => self.text(called, text),
                Err(error) => self.unread(format!("{called}: it can't be read ({error})")),
            };
        }
        Ok(())
    }

    /// The fonts of a form.
    fn fonts(&self, form: &'d Stream) -> BTreeMap<Vec<u8>, &'d Dictionary> {
        let inner =
            |dict: &'d Dictionary, key: &[u8]| dict.get_deref(key, self.document)?.as_dict();
        let fonts = inner(&form.dict, b"Resources").and_then(|it| inner(it, b"Font"));
        let named = |(name, font): (&Vec<u8>, &'d Object)| {
            let (_, font) = self.document.dereference(font).ok()?;
            Some((name.clone(), font.as_dict().ok()?))
        };
        fonts.map(|fonts| fonts.iter().filter_map(named).collect()).unwrap_or_default()
    }

    /// Reads every string in an object, each on a line of its own. Objects that it refers to are
    /// read as such.
    fn strings(&self, object: &Object, shown: &dyn Fn(Vec<u8>) -> Shown) -> Result<(), Failure> {
        let mut text = Vec::new();
        let mut open = vec![object];
        while let Some(object) = open.pop() {
            match object {
                Object::String(bytes, _) if bytes.len() > 8 => {
                    if bytes.is_ascii() {
                        text.extend_from_slice(bytes);
                    } else {
                        let decoded = lopdf::decode_text_string(object);
                        text.extend(decoded.map_or_else(|_| bytes.clone(), String::into_bytes));
                    }
                    text.push(b'\n');
                    if text.len() >= ENOUGH {
                        self.send(shown(std::mem::take(&mut text)))?;
                    }
                }
                Object::Array(parts) => open.extend(parts.iter().rev()),
                Object::Dictionary(parts) => open.extend(parts.iter().map(|(_, part)| part)),
                Object::Stream(stream) => open.extend(stream.dict.iter().map(|(_, part)| part)),
                _ => {}
            }
        }
        if text.is_empty() { Ok(()) } else { self.send(shown(text)) }
    }
}
