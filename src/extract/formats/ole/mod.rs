//! Office's files before 2007 and Outlook's messages: compound files, told apart by their
//! streams. What the format's own reader does not know is shown stream by stream; what is embedded
//! is a member.

mod compound;
mod lzfu;
mod msg;
pub(super) mod native;
mod pictures;
mod plain;
mod sheets;
mod slides;
mod vba;
mod word;

use std::io::{self, Read};

use super::Format;
use crate::extract::unpack::budget::Held;
use crate::extract::unpack::source::{Source, read_all};
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};
use compound::{Compound, MAGIC, ROOT};

/// Whatever is in a compound file: Office's own files, Outlook's, and those of other programs.
pub(super) const OLE: Format = Format { name: "OLE", fits: |head| head.starts_with(MAGIC), read };

/// The largest stream that is held as a whole.
const LARGEST: u64 = 64 * 1024 * 1024;
/// The longest way to a stream that is shown.
const LONGEST_WAY: usize = 400;
/// Streams that stand in a file that can't be read without a password.
const ENCRYPTED: [&str; 3] = ["EncryptedPackage", "\u{9}DRMContent", "EncryptedSummary"];

fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    let budget = std::rc::Rc::clone(inside.budget());
    let mut file = Compound::open(source.seekable()?, &budget)?;
    // what was deleted may still stand between the streams
    inside.as_bytes_too();
    if file.cut {
        inside.unread_part("it has more streams than are read".to_owned());
    }
    read_storage(&mut file, ROOT, inside)
}

/// What kind of document a storage holds.
enum Kind {
    Word,
    Sheets(Vec<usize>),
    Slides,
    Message,
}

/// Shows the document in a storage.
fn read_storage(
    file: &mut Compound<'_>,
    storage: usize,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    let mut kind = None;
    let mut encrypted = false;
    for entry in file.children(storage) {
        let name = file.name(entry);
        encrypted |= ENCRYPTED.contains(&name);
        match name {
            word::MAIN => kind = Some(Kind::Word),
            slides::MAIN => kind = Some(Kind::Slides),
            msg::MAIN => kind = Some(Kind::Message),
            name if sheets::STREAMS.contains(&name) => match &mut kind {
                Some(Kind::Sheets(books)) => books.push(entry),
                _ => kind = Some(Kind::Sheets(vec![entry])),
            },
            _ => {}
        }
    }
    let outcome = match &kind {
        Some(Kind::Word) => word::read(file, storage, inside),
        Some(Kind::Slides) => slides::read(file, storage, inside),
        Some(Kind::Message) => return msg::read(file, storage, inside),
        Some(Kind::Sheets(books)) => {
            books.iter().try_for_each(|book| sheets::read(file, *book, inside))
        }
        None => Ok(()),
    };
    if let Some(bound) = inside.budget().reached() {
        return Err(bound.into());
    }
    let known: &[&str] = match kind {
        Some(Kind::Word) => &[word::MAIN, "0Table", "1Table"],
        Some(Kind::Slides) => &[slides::MAIN],
        Some(Kind::Sheets(_)) => &sheets::STREAMS,
        Some(Kind::Message) | None => &[],
    };
    if outcome.is_err() {
        // what its reader gave up on is shown as it is
        for name in known {
            if let Some(entry) = file.find(storage, name) {
                inside.bytes_again(name, &mut file.stream(entry))?;
            }
        }
    }
    others(file, storage, known, inside)?;
    if encrypted { Err(Failure::Encrypted) } else { outcome }
}

/// Shows the streams of a storage and of what stands in it, but for those that were read.
fn others(
    file: &mut Compound<'_>,
    storage: usize,
    known: &[&str],
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    let mut pictures = 0;
    let mut open: Vec<(usize, String)> = vec![(storage, String::new())];
    while let Some((folder, way)) = open.pop() {
        let macros =
            file.find(folder, "dir").is_some() && file.find(folder, "_VBA_PROJECT").is_some();
        let entries: Vec<usize> = file.children(folder).collect();
        for entry in entries {
            let name = file.name(entry).to_owned();
            let shown = match &*way {
                way if way.len() > LONGEST_WAY => format!("…/{}", shown_name(&name)),
                way => format!("{way}{}", shown_name(&name)),
            };
            if file.is_storage(entry) {
                if is_document(file, entry) {
                    inside.nested(&shown, |inside| read_storage(file, entry, inside))?;
                } else {
                    open.push((entry, format!("{shown}/")));
                }
                continue;
            }
            if file.size(entry) == 0 || folder == storage && known.contains(&&*name) {
                continue;
            }
            stream(file, entry, &name, &shown, macros, &mut pictures, inside)?;
        }
    }
    Ok(())
}

/// Whether a storage is a document of its own.
fn is_document(file: &Compound<'_>, storage: usize) -> bool {
    file.children(storage).any(|entry| {
        let name = file.name(entry);
        [word::MAIN, slides::MAIN, msg::MAIN].contains(&name)
            || sheets::STREAMS.contains(&name)
            || ENCRYPTED.contains(&name)
    })
}

/// Shows a stream by what its name says that it is.
fn stream(
    file: &mut Compound<'_>,
    entry: usize,
    name: &str,
    shown: &str,
    macros: bool,
    pictures: &mut usize,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    match name {
        // properties of documents, in sets
        name if name.starts_with('\u{5}') => {
            plain::show(&mut file.stream(entry), "the document's properties", inside)?;
            inside.bytes_again(shown, &mut file.stream(entry))
        }
        "\u{1}Ole10Native" => {
            let outcome = native::stream(&mut file.stream(entry), shown, inside);
            match (outcome, inside.budget().reached()) {
                (_, Some(bound)) => Err(bound.into()),
                (Err(failure), _) => inside.broken_part(shown, &failure, &mut file.stream(entry)),
                (Ok(()), _) => Ok(()),
            }
        }
        "Data" | "Pictures" => {
            match whole(file, entry, inside) {
                Ok((bytes, _held)) => pictures::show(&bytes, pictures, inside)?,
                Err(failure) => inside.unread(shown, &failure),
            }
            // what Word knows of a link's target stands here, too
            inside.bytes_again(shown, &mut file.stream(entry))
        }
        _ if macros => {
            match whole(file, entry, inside) {
                Ok((bytes, mut held)) => module(&bytes, name, &mut held, inside)?,
                Err(failure) => inside.unread(shown, &failure),
            }
            inside.member(shown, &mut file.stream(entry))
        }
        _ => inside.member(shown, &mut file.stream(entry)),
    }
}

/// Shows the text of a module of macros, if there is one in `bytes`.
fn module(
    bytes: &[u8],
    name: &str,
    held: &mut Held,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    const MOST: usize = 4 * 1024 * 1024;
    held.grow(2 * MOST.min(bytes.len().saturating_mul(2048)) as u64)?;
    let Some(module) = vba::module(bytes, MOST) else { return Ok(()) };
    if module.len() >= MOST {
        inside.unread_part(format!("not all of the macros ‘{name}’ were read: too many"));
    }
    let mut text = Text::default();
    text.push(&module);
    inside.text(&mut text, &|_| format!("macros, ‘{name}’"))
}

/// The name of a stream without what only programs read in it.
fn shown_name(name: &str) -> String {
    name.trim_start_matches(|c: char| c < ' ').to_owned()
}

/// All bytes of a stream, as far as they are there. What is missing is told.
fn whole(
    file: &mut Compound<'_>,
    entry: usize,
    inside: &mut Inside<'_, '_>,
) -> Result<(Vec<u8>, Held), Failure> {
    let name = shown_name(file.name(entry));
    inside.part(&mut file.stream(entry), |stream, inside| {
        let mut sound = Sound { stream, failure: None };
        let read = read_all(&mut sound, LARGEST, inside.budget())?;
        if let Some(error) = sound.failure {
            let failure = Failure::from(error);
            if matches!(failure, Failure::Limit(_)) {
                return Err(failure);
            }
            inside.unread(&name, &failure);
        }
        Ok(read)
    })
}

/// A stream as far as it is sound.
struct Sound<'s> {
    stream: &'s mut dyn Read,
    failure: Option<io::Error>,
}

impl Read for Sound<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.failure.is_some() {
            return Ok(0);
        }
        self.stream.read(into).or_else(|error| {
            self.failure = Some(error);
            Ok(0)
        })
    }
}
