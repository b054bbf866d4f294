//! PowerPoint's binary files: a tree of records, in which slides stand in the order in which they
//! were saved; a list says in which they are shown. [MS-PPT].

use std::collections::HashMap;
use std::io::{self, BufReader, Read};

use super::compound::{Compound, u16_at, u32_at};
use super::plain;
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};

/// The stream that tells such a file.
pub(super) const MAIN: &str = "PowerPoint Document";
/// More slides than this have no number.
const MOST_SLIDES: usize = 20_000;
/// Deeper than this nothing is told apart.
const DEEPEST: usize = 64;
/// What the stream `Current User` says of an encrypted file.
const ENCRYPTED: u32 = 0xf3d1_c4df;

/// What records are.
mod kind {
    pub(super) const SLIDE: u16 = 0x03ee;
    pub(super) const SLIDE_OF_NOTES: u16 = 0x03f1;
    pub(super) const NOTES: u16 = 0x03f0;
    pub(super) const MASTER: u16 = 0x03f8;
    pub(super) const IN_LIST: u16 = 0x03f3;
    pub(super) const CHARACTERS: u16 = 0x0fa0;
    pub(super) const BYTES: u16 = 0x0fa8;
    pub(super) const STRING: u16 = 0x0fba;
    pub(super) const LINK: u16 = 0x0fd7;
    pub(super) const LIST: u16 = 0x0ff0;
    pub(super) const STORAGE: u16 = 0x1011;
    pub(super) const DIRECTORY: u16 = 0x1772;
    /// Data of a later version, whose content is records again.
    pub(super) const LATER: u16 = 0x138b;
    pub(super) const COMMENT: u16 = 0x2ee0;
    pub(super) const ENCRYPTION: u16 = 0x2f14;
}

/// What a text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Other = 0,
    Slide = 1,
    Notes = 2,
    Master = 3,
    Link = 4,
    Comment = 5,
    List = 6,
}

const PARTS: u64 = 8;

/// What people call the place `place`: a part, and the number of a slide if that is known.
fn name(place: u64) -> String {
    let what = match place % PARTS {
        1 => "",
        2 => "speaker notes",
        3 => return "a slide master".to_owned(),
        4 => return "a link's target".to_owned(),
        5 => "a comment",
        _ => return "its other data".to_owned(),
    };
    match (place / PARTS, what) {
        (0, "") => "a slide".to_owned(),
        (0, what) => what.to_owned(),
        (number, "") => format!("slide {number}"),
        (number, what) => format!("slide {number}, {what}"),
    }
}

/// Reads the presentation in `storage`.
pub(super) fn read(
    file: &mut Compound<'_>,
    storage: usize,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    inside.kind("ppt");
    let Some(main) = file.find(storage, MAIN) else { return Ok(()) };
    if let Some(user) = file.find(storage, "Current User") {
        let mut head = Vec::new();
        inside.part(&mut file.stream(user), |stream, _| {
            Ok(stream.take(16).read_to_end(&mut head)?)
        })?;
        if u32_at(&head, 12) == ENCRYPTED {
            return Err(Failure::Encrypted);
        }
    }
    let mut order = Order::default();
    let first = inside.part(&mut file.stream(main), |stream, _| {
        order.read(&mut Records::new(&mut BufReader::new(stream)))
    });
    match (first, inside.budget().reached()) {
        (_, Some(bound)) => return Err(bound.into()),
        (Err(Failure::Encrypted), _) => return Err(Failure::Encrypted),
        // what is damaged is told when the texts are read
        _ => {}
    }
    let numbers = order.numbers();
    inside.part(&mut file.stream(main), |stream, inside| {
        let mut stream = BufReader::new(stream);
        let mut reader = Reader {
            order: &order,
            numbers: &numbers,
            text: Text::default(),
            listed: 0,
            objects: 0,
        };
        let outcome = reader.read(&mut Records::new(&mut stream), inside);
        inside.text(&mut reader.text, &name)?;
        outcome
    })?;
    inside.bytes_again(MAIN, &mut file.stream(main))
}

/// A record's header, and where it begins.
#[derive(Clone, Copy)]
struct Header {
    begin: u64,
    instance: u16,
    kind: u16,
    size: u64,
    /// Whether its content is records.
    whole: bool,
}

/// The records of a stream one after the other, those in others included.
struct Records<'r> {
    stream: &'r mut dyn Read,
    offset: u64,
    /// Where what is open ends, and what it is.
    open: Vec<(u64, Part, u64)>,
}

impl<'r> Records<'r> {
    fn new(stream: &'r mut dyn Read) -> Self {
        Self { stream, offset: 0, open: Vec::new() }
    }

    fn next(&mut self) -> io::Result<Option<Header>> {
        let mut room = u64::MAX;
        while let Some((end, ..)) = self.open.last() {
            room = end.saturating_sub(self.offset);
            if room >= 8 {
                break;
            }
            // what stands before the end is no record
            self.offset += io::copy(&mut (&mut *self.stream).take(room), &mut io::sink())?;
            self.open.pop();
            room = u64::MAX;
        }
        let mut bytes = Vec::with_capacity(8);
        self.stream.take(8).read_to_end(&mut bytes)?;
        let begin = self.offset;
        self.offset += bytes.len() as u64;
        if bytes.len() < 8 {
            return match bytes.len() {
                0 => Ok(None),
                _ => Err(io::ErrorKind::UnexpectedEof.into()),
            };
        }
        let (first, kind) = (u16_at(&bytes, 0), u16_at(&bytes, 2));
        // not beyond the end of what it stands in: not all that looks like a record is one
        let size = u64::from(u32_at(&bytes, 4)).min(room.saturating_sub(8));
        let whole = first & 0xf == 0xf || kind == kind::LATER;
        Ok(Some(Header { begin, instance: first >> 4, kind, size, whole }))
    }

    /// Says what the content of the record that was begun is.
    fn enter(&mut self, header: Header, part: Part, number: u64) {
        if self.open.len() < DEEPEST {
            self.open.push((self.offset + header.size, part, number));
        }
    }

    /// The same for content that belongs to what the record stands in.
    fn go_in(&mut self, header: Header) {
        let (part, number) = self.open.last().map_or((Part::Other, 0), |open| (open.1, open.2));
        self.enter(header, part, number);
    }

    /// What the present record stands in.
    fn place(&self) -> u64 {
        self.open.last().map_or(0, |(_, part, number)| number * PARTS + *part as u64)
    }

    /// The content of a record, piece by piece.
    fn content(
        &mut self,
        header: Header,
        show: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut left = header.size;
        let mut bytes = [0; 8192];
        while left > 0 {
            let room = left.min(bytes.len() as u64) as usize;
            // characters of two bytes stay whole
            let mut count = 0;
            while count < room {
                match self.stream.read(bytes.get_mut(count..room).unwrap_or_default())? {
                    0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                    more => count += more,
                }
            }
            self.offset += count as u64;
            left -= count as u64;
            show(bytes.get(..count).unwrap_or_default())?;
        }
        Ok(())
    }

    /// The first `count` bytes of a record's content; the others are skipped.
    fn head(&mut self, header: Header, count: usize) -> Result<Vec<u8>, Failure> {
        let mut head = Vec::new();
        self.content(header, &mut |bytes| {
            let room = count.saturating_sub(head.len());
            head.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
            Ok(())
        })?;
        Ok(head)
    }
}

/// In which order slides are shown: a list of them, and where each one's record begins.
#[derive(Default)]
struct Order {
    /// The number of a slide's record in the directory, and the slide's own.
    slides: Vec<(u32, u32)>,
    places: HashMap<u32, u32>,
}

impl Order {
    fn read(&mut self, records: &mut Records<'_>) -> Result<(), Failure> {
        while let Some(header) = records.next()? {
            match header.kind {
                // those of masters and notes are lists of their own
                kind::LIST if header.whole => {
                    let slides = if header.instance == 0 { Part::List } else { Part::Other };
                    if slides == Part::List {
                        // a list that was saved again
                        self.slides.clear();
                    }
                    records.enter(header, slides, 0);
                }
                kind::IN_LIST => {
                    let listed = records.place() % PARTS == Part::List as u64;
                    let head = records.head(header, 16)?;
                    if listed && self.slides.len() < MOST_SLIDES {
                        self.slides.push((u32_at(&head, 0), u32_at(&head, 12)));
                    }
                }
                kind::DIRECTORY => {
                    let bytes = records.head(header, MOST_SLIDES * 8)?;
                    self.read_directory(&bytes);
                }
                kind::ENCRYPTION => return Err(Failure::Encrypted),
                _ if header.whole => records.go_in(header),
                _ => records.content(header, &mut |_| Ok(()))?,
            }
        }
        Ok(())
    }

    /// Stretches of places, each behind the number of the first and how many there are.
    fn read_directory(&mut self, mut bytes: &[u8]) {
        while bytes.len() >= 4 {
            let head = u32_at(bytes, 0);
            let (first, count) = (head & 0x000f_ffff, head >> 20);
            bytes = bytes.get(4..).unwrap_or_default();
            for number in 0..count {
                if bytes.len() < 4 || self.places.len() >= 2 * MOST_SLIDES {
                    return;
                }
                self.places.insert(first + number, u32_at(bytes, 0));
                bytes = bytes.get(4..).unwrap_or_default();
            }
        }
    }

    /// The number of each slide, by where its record begins.
    fn numbers(&self) -> HashMap<u64, u64> {
        let places = self.slides.iter().map(|(record, _)| self.places.get(record));
        (1..).zip(places).filter_map(|(number, place)| Some((u64::from(*place?), number))).collect()
    }

    /// The number of the slide that calls itself `slide`.
    fn number(&self, slide: u32) -> u64 {
        let at = self.slides.iter().position(|(_, own)| *own == slide);
        at.map_or(0, |at| at as u64 + 1)
    }
}

/// Shows the texts.
struct Reader<'o> {
    order: &'o Order,
    numbers: &'o HashMap<u64, u64>,
    text: Text,
    /// How many slides of a list have been seen.
    listed: u64,
    objects: u64,
}

impl Reader<'_> {
    fn read(
        &mut self,
        records: &mut Records<'_>,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        while let Some(header) = records.next()? {
            self.record(header, records, inside)?;
            if self.text.is_enough() {
                inside.text(&mut self.text, &name)?;
            }
        }
        Ok(())
    }

    fn record(
        &mut self,
        header: Header,
        records: &mut Records<'_>,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        let place = records.place();
        match header.kind {
            kind::SLIDE => {
                let number = self.numbers.get(&header.begin).copied().unwrap_or(0);
                records.enter(header, Part::Slide, number);
            }
            kind::NOTES => records.enter(header, Part::Notes, 0),
            kind::MASTER => records.enter(header, Part::Master, 0),
            kind::LINK => records.enter(header, Part::Link, 0),
            kind::COMMENT if header.whole => {
                records.enter(header, Part::Comment, place / PARTS);
            }
            kind::LIST if header.whole => {
                self.listed = 0;
                let part = if header.instance == 0 { Part::Slide } else { Part::Other };
                records.enter(header, part, 0);
            }
            kind::IN_LIST => {
                records.head(header, 0)?;
                self.listed += 1;
                // texts of slides stand between the slides of the list
                if let Some((_, Part::Slide, number)) = records.open.last_mut() {
                    *number = self.listed;
                }
            }
            kind::SLIDE_OF_NOTES => {
                let head = records.head(header, 4)?;
                if let Some((_, Part::Notes, number)) = records.open.last_mut() {
                    *number = self.order.number(u32_at(&head, 0));
                }
            }
            kind::CHARACTERS | kind::STRING => {
                self.text.mark(place);
                records.content(header, &mut |bytes| {
                    self.push(bytes.chunks_exact(2).map(|unit| u16_at(unit, 0)));
                    if self.text.is_enough() { inside.text(&mut self.text, &name) } else { Ok(()) }
                })?;
                self.text.push(b"\n");
            }
            kind::BYTES => {
                self.text.mark(place);
                records.content(header, &mut |bytes| {
                    self.push(bytes.iter().map(|byte| u16::from(*byte)));
                    if self.text.is_enough() { inside.text(&mut self.text, &name) } else { Ok(()) }
                })?;
                self.text.push(b"\n");
            }
            kind::STORAGE => self.storage(header, records, inside)?,
            _ if header.whole => records.go_in(header),
            _ => {
                self.text.mark(place);
                records.content(header, &mut |bytes| {
                    plain::push(bytes, &mut self.text);
                    if self.text.is_enough() { inside.text(&mut self.text, &name) } else { Ok(()) }
                })?;
            }
        }
        Ok(())
    }

    fn push(&mut self, units: impl Iterator<Item = u16>) {
        for c in char::decode_utf16(units) {
            match c.unwrap_or('\u{fffd}') {
                '\r' | '\u{b}' => self.text.push(b"\n"),
                c => self.text.push(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }

    /// Shows an embedded object or the macros, which are a compound file, compressed or not.
    fn storage(
        &mut self,
        header: Header,
        records: &mut Records<'_>,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        self.objects += 1;
        let called = format!("object {}", self.objects);
        let mut content = (&mut *records.stream).take(header.size);
        if header.instance == 1 {
            // how large it gets, which is not believed
            io::copy(&mut (&mut content).take(4), &mut io::sink())?;
            inside.member(&called, &mut flate2::read::ZlibDecoder::new(&mut content))?;
        } else {
            inside.member(&called, &mut content)?;
        }
        io::copy(&mut content, &mut io::sink())?;
        let read = header.size - content.limit();
        records.offset += read;
        Ok(())
    }
}
