//! Outlook's messages: every property is a stream of its own, recipients and attachments are
//! storages. [MS-OXMSG], and [MS-OXPROPS] for what properties mean.

use std::io::Read;

use super::compound::Compound;
use super::lzfu::Expanded;
use super::{plain, read_storage, shown_name, whole};
use crate::extract::formats::rtf;
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};

/// The stream that tells such a file: the properties that fit into a few bytes.
pub(super) const MAIN: &str = "__properties_version1.0";
const PROPERTY: &str = "__substg1.0_";
const RECIPIENT: &str = "__recip_version1.0_";
const ATTACHMENT: &str = "__attach_version1.0_";
/// Longer values are searched without decoding them.
const LONGEST: u64 = 8 * 1024 * 1024;

/// What properties are.
mod tag {
    pub(super) const SUBJECT: [u16; 3] = [0x0037, 0x003d, 0x0e1d];
    pub(super) const HEADERS: u16 = 0x007d;
    pub(super) const BODY: u16 = 0x1000;
    pub(super) const RTF: u16 = 0x1009;
    pub(super) const HTML: u16 = 0x1013;
    pub(super) const NAMES: [u16; 3] = [0x3707, 0x3704, 0x3001];
    pub(super) const DATA: u16 = 0x3701;
}

/// How values are written.
mod shape {
    pub(super) const OBJECT: u16 = 0x000d;
    pub(super) const NARROW: u16 = 0x001e;
    pub(super) const WIDE: u16 = 0x001f;
    pub(super) const BINARY: u16 = 0x0102;
}

/// The property that a stream is named after, and how its value is written.
fn property(name: &str) -> Option<(u16, u16)> {
    let digits = name.strip_prefix(PROPERTY)?;
    let number = |range| u16::from_str_radix(digits.get(range)?, 16).ok();
    Some((number(0..4)?, number(4..8)?))
}

/// Reads the message in `storage`.
pub(super) fn read(
    file: &mut Compound<'_>,
    storage: usize,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    inside.kind("msg");
    let mut attachments = 0;
    let entries: Vec<usize> = file.children(storage).collect();
    for entry in entries {
        let name = file.name(entry).to_owned();
        if !file.is_storage(entry) {
            match property(&name) {
                Some((what, shape)) => value(file, entry, what, shape, inside)?,
                None if name == MAIN => plain::show(&mut file.stream(entry), "a property", inside)?,
                None => inside.member(&shown_name(&name), &mut file.stream(entry))?,
            }
        } else if name.starts_with(ATTACHMENT) {
            attachments += 1;
            attachment(file, entry, attachments, inside)?;
        } else {
            let called = if name.starts_with(RECIPIENT) { "a recipient" } else { "a property" };
            properties(file, entry, called, inside)?;
        }
    }
    Ok(())
}

/// Shows a property of the message.
fn value(
    file: &mut Compound<'_>,
    entry: usize,
    what: u16,
    shape: u16,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    let called = match what {
        tag::HEADERS => "the headers",
        tag::BODY => "the body",
        tag::HTML => "the HTML body",
        tag::RTF => "the RTF body",
        what if tag::SUBJECT.contains(&what) => "the subject",
        _ => "a property",
    };
    if (what, shape) == (tag::RTF, shape::BINARY) {
        let outcome = inside.part(&mut file.stream(entry), |stream, inside| {
            rtf::text(
                &mut Expanded::new(std::io::BufReader::new(stream))?,
                "the RTF body, ",
                inside,
            )
        });
        return match outcome {
            Ok(()) => Ok(()),
            Err(failure) => match inside.budget().reached() {
                Some(bound) => Err(bound.into()),
                None => inside.broken_part("the RTF body", &failure, &mut file.stream(entry)),
            },
        };
    }
    text(file, entry, what, shape, called, inside)
}

/// Shows the value of a property as text.
fn text(
    file: &mut Compound<'_>,
    entry: usize,
    what: u16,
    shape: u16,
    called: &str,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    // lists of texts are written one after the other, each ending with a zero
    let wide = shape & 0x0fff == shape::WIDE;
    let narrow = shape & 0x0fff == shape::NARROW || what == tag::HTML;
    if !wide && !narrow || file.size(entry) > LONGEST {
        return plain::show(&mut file.stream(entry), called, inside);
    }
    let (bytes, mut held) = whole(file, entry, inside)?;
    let mut text = Text::default();
    if wide {
        held.grow(bytes.len() as u64 * 3)?;
        let decoded = encoding_rs::UTF_16LE.decode_without_bom_handling(&bytes).0;
        text.push(decoded.as_bytes());
    } else {
        held.grow(bytes.len() as u64)?;
        text.push(&bytes);
    }
    inside.text(&mut text, &|_| called.to_owned())
}

/// Shows all properties in a storage.
fn properties(
    file: &mut Compound<'_>,
    storage: usize,
    called: &str,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    let entries: Vec<usize> = file.children(storage).collect();
    for entry in entries {
        match property(file.name(entry)) {
            _ if file.is_storage(entry) => {
                let name = shown_name(file.name(entry));
                inside.nested(&name, |inside| read_storage(file, entry, inside))?;
            }
            Some((what, shape)) => text(file, entry, what, shape, called, inside)?,
            None => plain::show(&mut file.stream(entry), called, inside)?,
        }
    }
    Ok(())
}

/// Shows an attachment: a file, another message or an object.
fn attachment(
    file: &mut Compound<'_>,
    storage: usize,
    number: u64,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    let entries: Vec<usize> = file.children(storage).collect();
    let mut names = [None, None, None];
    let mut data = None;
    for entry in entries {
        match property(file.name(entry)) {
            Some((tag::DATA, shape::BINARY | shape::OBJECT)) => data = Some(entry),
            Some((what, shape)) => {
                text(file, entry, what, shape, "a property of an attachment", inside)?;
                let known = tag::NAMES.iter().position(|name| *name == what);
                if let Some(name) = known.and_then(|at| names.get_mut(at)) {
                    *name = short(file, entry, shape)?;
                }
            }
            None => {
                plain::show(&mut file.stream(entry), "a property of an attachment", inside)?;
            }
        }
    }
    let name = names.into_iter().flatten().find(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| format!("attachment {number}"));
    match data {
        Some(data) if file.is_storage(data) => {
            let ending = if file.find(data, MAIN).is_some() { ".msg" } else { "" };
            inside.nested(&format!("{name}{ending}"), |inside| read_storage(file, data, inside))
        }
        Some(data) => inside.member(&name, &mut file.stream(data)),
        None => Ok(()),
    }
}

/// A name, which is short.
fn short(file: &mut Compound<'_>, entry: usize, shape: u16) -> Result<Option<String>, Failure> {
    const LONGEST: u64 = 2048;
    let mut bytes = Vec::new();
    // what is wrong with it was told when its text was shown
    let _ = file.stream(entry).take(LONGEST).read_to_end(&mut bytes);
    let encoding =
        if shape == shape::WIDE { encoding_rs::UTF_16LE } else { encoding_rs::WINDOWS_1252 };
    let name = encoding.decode_without_bom_handling(&bytes).0;
    Ok(Some(name.trim_end_matches('\0').to_owned()))
}
