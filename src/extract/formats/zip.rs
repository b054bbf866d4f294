//! Zip archives, and all that is one by another name: jar, whl, apk, xpi, vsix. The directory is
//! walked entry by entry, so that its length costs no memory.

use std::io::{BufReader, Read, Seek, SeekFrom};

use zip::ZipReadOptions;
use zip::read::Config;
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

use super::{Format, office};
use crate::extract::unpack::source::Source;
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};

/// PKWARE's format, behind a script's first line too, as Python's `zipapp` writes it.
pub(super) const ZIP: Format = Format { name: "zip", fits, read };

const MEMBER: &[u8] = b"PK\x03\x04";
const EMPTY: &[u8] = b"PK\x05\x06";
const SPANNED: &[u8] = b"PK\x07\x08PK\x03\x04";

fn fits(head: &[u8]) -> bool {
    match head {
        [b'P', b'K', ..] => [MEMBER, EMPTY, SPANNED].iter().any(|mark| head.starts_with(mark)),
        [b'#', b'!', ..] => {
            let line = memchr::memchr(b'\n', head).map_or(0, |end| end + 1);
            head.get(line..).is_some_and(|rest| rest.starts_with(MEMBER))
        }
        _ => false,
    }
}

fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    let mut archive = ZipIterable::try_new(BufReader::new(source.seekable()?), Config::default())
        .map_err(failure)?;
    if let Some(kind) = office::kind_of(&mut archive)? {
        return office::read(kind, &mut archive, inside);
    }
    let files = archive.files().map_err(failure)?;
    while let Some(entry) = files.next() {
        let entry = entry.map_err(failure)?;
        let name = match entry.name() {
            Ok(name) => name.into_owned(),
            Err(_) => String::from_utf8_lossy(entry.name_raw()).into_owned(),
        };
        if !entry.comment_raw().is_empty() {
            let mut text = Text::default();
            text.push(entry.comment_raw());
            inside.text(&mut text, &|_| format!("the comment on {name}"))?;
        }
        if entry.is_dir() {
            continue;
        }
        if entry.encrypted() {
            inside.unread(&name, &Failure::Encrypted);
            continue;
        }
        match entry.with_reader(files.reader_mut(), ZipReadOptions::new()) {
            Ok(mut member) => inside.member(&name, &mut member)?,
            Err(error) => inside.unread(&name, &failure(error)),
        }
    }
    let mut text = Text::default();
    text.push(&comment(archive.files().map_err(failure)?.reader_mut())?);
    inside.text(&mut text, &|_| "the archive's comment".to_owned())
}

/// The archive's own comment, behind the record that ends its directory.
fn comment(archive: &mut (impl Read + Seek)) -> Result<Vec<u8>, Failure> {
    const RECORD: usize = 22;
    const LONGEST: u64 = 0xffff + RECORD as u64;
    let length = archive.seek(SeekFrom::End(0))?;
    archive.seek(SeekFrom::Start(length.saturating_sub(LONGEST)))?;
    let mut end = Vec::new();
    archive.take(LONGEST).read_to_end(&mut end)?;
    let comment = memchr::memmem::rfind(&end, EMPTY).and_then(|at| end.get(at + RECORD..));
    Ok(comment.unwrap_or_default().to_vec())
}

/// What is wrong with an archive, in words that follow "it".
pub(super) fn failure(error: ZipError) -> Failure {
    match error {
        ZipError::Io(error) => error.into(),
        ZipError::UnsupportedArchive(what) => {
            Failure::Broken(format!("it can't be read ({})", what.to_lowercase()))
        }
        // the record that ends the directory, at the end of the file
        ZipError::InvalidArchive(what) if what.contains("EOCD") => Failure::Broken(
            "its end is missing: it is cut short, or one volume of several".to_owned(),
        ),
        other => Failure::Broken(format!("it is damaged ({other})")),
    }
}
