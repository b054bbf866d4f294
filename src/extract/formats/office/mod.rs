//! Office files: zip archives of XML, Microsoft's and OpenDocument's. What a person sees as one
//! text is joined, however many runs it was split into; what is not shown (comments, tracked
//! changes, hidden sheets, notes, properties, links' targets) is read as well.
//!
//! The names of parts are compared without regard to letter case, and `\\` is `/`: so their
//! programs read them.

mod flat;
mod mashup;
mod odf;
mod paragraphs;
mod parts;
mod sheets;
mod slides;

use std::collections::BTreeMap;
use std::io::{BufReader, Read};

use zip::ZipReadOptions;
use zip::unstable::read::ZipIterable;

use super::zip::failure;
use crate::extract::unpack::source::Seekable;
use crate::extract::unpack::{Failure, Inside};
pub(super) use flat::FLAT;
use parts::Relations;

/// An open archive.
pub(super) type Archive<'a> = ZipIterable<BufReader<&'a mut dyn Seekable>>;

/// What kind of office file an archive is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// With the name of the part that lists the sheets.
    Sheets(String),
    /// With the name of the part that lists the slides.
    Slides(String),
    /// Text, a spreadsheet or slides of OpenDocument.
    Odf(&'static str),
}

/// More parts than this are not what an office file has; the directory is walked for each.
const MOST_PARTS: usize = 50_000;

/// More parts than this are not looked at once more.
const MOST_AGAIN: usize = 1000;

/// What kind of office file `archive` is, if it is one. Told by its parts' names, and for
/// OpenDocument by its type, which its first member says.
pub(super) fn kind_of(archive: &mut Archive<'_>) -> Result<Option<Kind>, Failure> {
    let mut kind = None;
    let files = archive.files().map_err(failure)?;
    let mut count = 0;
    while let Some(entry) = files.next() {
        let Ok(entry) = entry else { break };
        count += 1;
        let name = key_of(&name_of(entry.name_raw()));
        kind = match name.split_once('/') {
            Some(("word", part)) if is_main(part, "document") => Some(Kind::Word),
            Some(("xl", part)) if is_main(part, "workbook") => Some(Kind::Sheets(name)),
            Some(("ppt", part)) if is_main(part, "presentation") => Some(Kind::Slides(name)),
            None if name == "mimetype" && count == 1 => {
                let mut member = entry
                    .with_reader(files.reader_mut(), ZipReadOptions::new())
                    .map_err(failure)?;
                let mut kind = Vec::new();
                (&mut member).take(128).read_to_end(&mut kind)?;
                odf::kind_of(&kind).map(Kind::Odf)
            }
            _ => None,
        };
        if kind.is_some() || count > MOST_PARTS {
            break;
        }
    }
    Ok(kind)
}

/// The name of a part as it is written between its folders everywhere else.
fn name_of(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).replace('\\', "/")
}

/// What a part is known by.
fn key_of(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Whether `part` is the main one, which some programs number: `document2.xml`.
fn is_main(part: &str, name: &str) -> bool {
    let rest = part.strip_prefix(name);
    let rest = rest.and_then(|rest| rest.strip_suffix(".xml").or(rest.strip_suffix(".bin")));
    rest.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Shows what is in an office file.
pub(super) fn read(
    kind: Kind,
    archive: &mut Archive<'_>,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    inside.kind(match &kind {
        Kind::Word => "docx",
        Kind::Sheets(_) => "xlsx",
        Kind::Slides(_) => "pptx",
        Kind::Odf(kind) => kind,
    });
    match kind {
        Kind::Word => each_part(archive, inside, &mut |name, member, inside| {
            parts::word(name, member, inside)
        }),
        Kind::Sheets(main) => {
            let relations = relations(archive, inside)?;
            let book = sheets::Book::read(&main, archive, inside, relations)?;
            each_part(archive, inside, &mut |name, member, inside| {
                sheets::part(name, member, &book, inside)
            })
        }
        Kind::Slides(main) => {
            let relations = relations(archive, inside)?;
            let deck = slides::Deck::read(&main, archive, inside, &relations)?;
            each_part(archive, inside, &mut |name, member, inside| {
                slides::part(name, member, &deck, inside)
            })
        }
        Kind::Odf(_) => {
            if odf::is_encrypted(archive, inside)? {
                return Err(Failure::Encrypted);
            }
            each_part(archive, inside, &mut |name, member, inside| odf::part(name, member, inside))
        }
    }
}

/// What reads a part.
type ReadPart<'r> =
    &'r mut dyn FnMut(&str, &mut dyn Read, &mut Inside<'_, '_>) -> Result<Part, Failure>;

/// What a part turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// One of the format's own, which was read.
    Read,
    /// A document of its own, of which nothing was read.
    Document,
    /// What other parts say, once more: it tells only what they didn't.
    Copy,
}

/// Shows every part of the archive. One that can't be read does not keep the others from it.
fn each_part(
    archive: &mut Archive<'_>,
    inside: &mut Inside<'_, '_>,
    read: ReadPart<'_>,
) -> Result<(), Failure> {
    let mut again = BTreeMap::new();
    let files = archive.files().map_err(failure)?;
    while let Some(entry) = files.next() {
        let entry = entry.map_err(failure)?;
        let name = name_of(entry.name_raw());
        if entry.is_dir() {
            continue;
        }
        if entry.encrypted() {
            inside.unread(&name, &Failure::Encrypted);
            continue;
        }
        match entry.with_reader(files.reader_mut(), ZipReadOptions::new()) {
            Ok(mut member) => {
                let outcome =
                    inside.part(&mut member, |member, inside| read(&name, member, inside));
                if let Some(bound) = inside.budget().reached() {
                    return Err(bound.into());
                }
                match outcome {
                    Ok(Part::Read) => {}
                    Ok(Part::Copy) if again.len() < MOST_AGAIN => {
                        again.insert(name, None);
                    }
                    Ok(Part::Document | Part::Copy) => inside.member(&name, &mut member)?,
                    Err(failure) if again.len() < MOST_AGAIN => {
                        again.insert(name, Some(failure));
                    }
                    Err(failure) => inside.unread(&name, &failure),
                }
            }
            Err(error) => inside.unread(&name, &failure(error)),
        }
    }
    // what could not be read as what it is, is looked at as it is
    let files = archive.files().map_err(failure)?;
    while !again.is_empty()
        && let Some(Ok(entry)) = files.next()
    {
        let name = name_of(entry.name_raw());
        if let Some(failure) = again.remove(&name)
            && let Ok(mut member) = entry.with_reader(files.reader_mut(), ZipReadOptions::new())
        {
            match failure {
                Some(failure) => inside.broken_part(&name, &failure, &mut member)?,
                None => inside.bytes_again(&name, &mut member)?,
            }
        }
    }
    Ok(())
}

/// Reads the part that is known by `name`, if it is there.
fn one_part(
    archive: &mut Archive<'_>,
    inside: &mut Inside<'_, '_>,
    name: &str,
    read: &mut dyn FnMut(&mut dyn Read) -> Result<(), Failure>,
) -> Result<(), Failure> {
    some_parts(archive, inside, &|part| part == name, &mut |_, member| read(member))
}

/// Reads the parts that are known by what `wanted` accepts. What is wrong with one is told when its text is
/// read.
fn some_parts(
    archive: &mut Archive<'_>,
    inside: &mut Inside<'_, '_>,
    wanted: &dyn Fn(&str) -> bool,
    read: &mut dyn FnMut(&str, &mut dyn Read) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let files = archive.files().map_err(failure)?;
    while let Some(entry) = files.next() {
        let Ok(entry) = entry else { break };
        let name = key_of(&name_of(entry.name_raw()));
        if entry.encrypted() || !wanted(&name) {
            continue;
        }
        if let Ok(mut member) = entry.with_reader(files.reader_mut(), ZipReadOptions::new()) {
            let outcome = inside.part(&mut member, |member, _| read(&name, member));
            if let (Err(_), Some(bound)) = (outcome, inside.budget().reached()) {
                return Err(bound.into());
            }
        }
    }
    Ok(())
}

/// What the parts of an office file of Microsoft's point to.
fn relations(archive: &mut Archive<'_>, inside: &mut Inside<'_, '_>) -> Result<Relations, Failure> {
    let mut relations = Relations::default();
    let wanted = |name: &str| name.ends_with(".rels");
    some_parts(archive, inside, &wanted, &mut |name, member| relations.read(name, member))?;
    Ok(relations)
}
