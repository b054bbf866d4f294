//! What documents are, told by their first bytes, and how each is opened. To add a format, write
//! its reader in a file of its own here and add a line to `FORMATS`.
//!
//! A reader turns bytes into members (documents of their own, which may be of any format) and
//! texts (with the place where each stretch of it stands). It knows nothing of what is searched
//! for, and it asks [`Inside::budget`] before it holds much in memory.

mod calendar;
mod cells;
mod chat;
mod compressed;
mod encoded;
mod exchange;
mod har;
mod header_codes;
mod json;
mod mail;
mod notebook;
mod office;
mod ole;
mod paragraph;
mod pdf;
mod picture;
mod postman;
mod rtf;
mod sevenz;
mod sevenz_size;
mod story;
mod tar;
mod unopened;
mod xml;
mod zip;

use super::unpack::source::Source;
use super::unpack::{Failure, Inside};

/// A kind of document, and how it is opened.
pub struct Format {
    /// What people call it.
    pub name: &'static str,
    /// Whether a document with these first bytes is one: up to 256 KiB, less if it is shorter.
    /// Asked of every file, so most have to be turned down by a byte or two.
    pub fits: fn(&[u8]) -> bool,
    /// Shows what is inside.
    pub read: fn(&mut Source<'_>, &mut Inside<'_, '_>) -> Result<(), Failure>,
}

/// The list that [`of`] goes through.
const FORMATS: &[Format] = &[
    zip::ZIP,
    compressed::GZIP,
    compressed::BZIP2,
    compressed::XZ,
    compressed::ZSTD,
    compressed::LZMA,
    sevenz::SEVENZ,
    tar::TAR,
    unopened::UNOPENED,
    pdf::PDF,
    ole::OLE,
    rtf::RTF,
    office::FLAT,
    notebook::NOTEBOOK,
    chat::CHAT,
    har::HAR,
    postman::POSTMAN,
    mail::MAIL,
    mail::MAILBOX,
    calendar::CALENDAR,
    picture::PICTURE,
];

/// All formats, in the order in which they are tried.
pub fn all() -> &'static [Format] {
    FORMATS
}

/// The format of a document that begins with `head`; `None` for text and whatever else is looked
/// at as it is.
pub fn of(head: &[u8]) -> Option<&'static Format> {
    FORMATS.iter().find(|format| (format.fits)(head))
}
