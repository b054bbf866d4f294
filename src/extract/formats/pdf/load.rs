//! Loads a PDF within bounds. The crate that parses it follows every offset of a file and holds
//! what it finds, so what leads to more than the file has is taken out of its sight: streams of
//! objects, lengths that stand elsewhere, and encryption. These are looked at here, once it is
//! known how much they come to.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Instant;

use lopdf::xref::XrefEntry;
use lopdf::{
    Document, EncryptionState, LoadOptions, Object, ObjectId, ObjectStream, Stream, encryption,
};

use super::size::{Count, Lexer, Token};
use crate::extract::unpack::Failure;
use crate::extract::unpack::budget::Bound;

/// What a table of offsets may grow to.
const TABLE: usize = 1024 * 1024;
/// What all streams of objects together may grow to.
const OBJECTS: usize = 24 * 1024 * 1024;
/// What stands for these names while the crate parses.
const HELD: [(&[u8], &[u8]); 2] = [(b"/Encrypt", b"/ENCRYPT"), (b"/Length", b"/LENGTH")];
const ENCRYPT: &[u8] = b"ENCRYPT";
const LENGTH: &[u8] = b"LENGTH";
const OBJECT_STREAM: &[u8] = b"OBJSTM";

/// What the crate may still hold of the present document; it runs on a thread of its own.
#[derive(Clone, Copy)]
struct Left {
    bytes: usize,
    deadline: Option<Instant>,
}

thread_local! {
    static LEFT: Cell<Left> = const { Cell::new(Left { bytes: 0, deadline: None }) };
}

/// Loads the document in `bytes`, in which some names are changed. Ends the thread with a
/// [`Bound`] where the crate would hold too much.
pub(super) fn load(bytes: &mut [u8], deadline: Option<Instant>) -> Result<Document, Failure> {
    let begin = memchr::memmem::find(bytes, b"%PDF-").unwrap_or(0);
    let bytes = bytes.get_mut(begin..).unwrap_or_default();
    let mut count = Count::default();
    count.file(bytes)?;
    hide(bytes)?;
    let document = parse(bytes, count.clone(), deadline, false)?;
    if has_pages(&document) {
        return Ok(document);
    }
    // the offsets of a damaged file lead nowhere, while its objects may all be there
    drop(document);
    parse(bytes, count, deadline, true)
}

fn has_pages(document: &Document) -> bool {
    document.page_iter().next().is_some()
}

fn parse(
    bytes: &[u8],
    mut count: Count,
    deadline: Option<Instant>,
    reconstruct: bool,
) -> Result<Document, Failure> {
    // each byte belongs to one object
    LEFT.set(Left { bytes: bytes.len() + bytes.len() / 4 + 64 * 1024, deadline });
    let options = LoadOptions {
        filter: Some(take),
        max_decompressed_size: Some(TABLE),
        force_reconstruct: reconstruct,
        ..LoadOptions::default()
    };
    let mut document = Document::load_mem_with_options(bytes, options)
        .map_err(|error| Failure::Broken(format!("it is damaged ({error})")))?;
    fill_streams(&mut document, bytes);
    decrypt(&mut document)?;
    open_streams(&mut document, &mut count)?;
    Ok(document)
}

/// Takes the names out of sight that have the crate do more than parse.
fn hide(bytes: &mut [u8]) -> Result<(), Failure> {
    for (name, held) in HELD {
        let places: Vec<usize> = memchr::memmem::find_iter(bytes, name).collect();
        for at in places {
            let end = at + name.len();
            let mut lexer = Lexer { rest: bytes.get(end..).unwrap_or_default() };
            let elsewhere = || {
                let words = [lexer.any(), lexer.any(), lexer.any()];
                matches!(
                    words,
                    [Some(Token::Word(_)), Some(Token::Word(_)), Some(Token::Word(b"R"))]
                )
            };
            if name != b"/Length" || { elsewhere }() {
                bytes[at..end].copy_from_slice(held);
            }
        }
    }
    // nobody writes these names with escapes but to hide them
    for at in memchr::memchr_iter(b'#', bytes) {
        if HELD.iter().any(|(name, _)| is_escaped(bytes, at, name)) {
            return Err(Failure::Broken("it hides the names of its parts".to_owned()));
        }
    }
    Ok(())
}

/// Whether the name around the `#` at `at` is `name`, which begins with `/`.
fn is_escaped(bytes: &[u8], at: usize, name: &[u8]) -> bool {
    let begin = bytes.get(at.saturating_sub(3 * name.len())..at).unwrap_or_default();
    let Some(slash) = memchr::memrchr(b'/', begin) else {
        return false;
    };
    let mut written = bytes.get(at - (begin.len() - slash)..).unwrap_or_default();
    name.iter().all(|due| {
        let (byte, length) = match written {
            [b'#', high, low, ..] => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16);
                match (digit(high), digit(low)) {
                    (Some(high), Some(low)) => ((high * 16 + low) as u8, 3),
                    _ => (b'#', 1),
                }
            }
            [byte, ..] => (*byte, 1),
            [] => return false,
        };
        written = written.get(length..).unwrap_or_default();
        byte == *due
    })
}

/// Asked by the crate for each object that it has parsed.
fn take(id: ObjectId, object: &mut Object) -> Option<(ObjectId, Object)> {
    let Left { bytes, deadline } = LEFT.get();
    if deadline.is_some_and(|deadline| Instant::now() > deadline) {
        std::panic::resume_unwind(Box::new(Bound::Time(0)));
    }
    let Some(bytes) = bytes.checked_sub(weight(object)) else {
        std::panic::resume_unwind(Box::new(Bound::Memory));
    };
    LEFT.set(Left { bytes, deadline });
    if let Object::Stream(stream) = object
        && stream.dict.has_type(b"ObjStm")
    {
        stream.dict.set("Type", Object::Name(OBJECT_STREAM.to_vec()));
    }
    // what is answered is looked at only for whether there is something
    Some((id, Object::Null))
}

/// How many bytes of the file an object holds, at least.
fn weight(object: &Object) -> usize {
    let mut weight = 0;
    let mut open = vec![object];
    while let Some(object) = open.pop() {
        weight += match object {
            Object::String(bytes, _) | Object::Name(bytes) => bytes.len(),
            Object::Array(parts) => {
                open.extend(parts);
                0
            }
            Object::Dictionary(parts) => {
                open.extend(parts.iter().map(|(_, part)| part));
                0
            }
            Object::Stream(stream) => {
                open.extend(stream.dict.iter().map(|(_, part)| part));
                stream.content.len()
            }
            _ => 0,
        };
    }
    weight
}

/// Reads the streams whose length stands elsewhere.
fn fill_streams(document: &mut Document, bytes: &[u8]) {
    let mut left = LEFT.get().bytes;
    let streams: Vec<(ObjectId, Vec<u8>)> = document
        .objects
        .iter()
        .filter_map(|(id, object)| {
            let stream = object.as_stream().ok()?;
            let start = stream.start_position.filter(|_| stream.content.is_empty())?;
            let rest = bytes.get(start..)?;
            let said = stream.dict.get_deref(LENGTH, document).and_then(Object::as_i64).ok();
            let length = length(rest, said)?;
            left = left.checked_sub(length)?;
            Some((*id, rest.get(..length)?.to_vec()))
        })
        .collect();
    for (id, content) in streams {
        if let Some(Object::Stream(stream)) = document.objects.get_mut(&id) {
            stream.set_content(content);
        }
    }
}

/// How long the stream is that begins here: as it says, or up to the word that ends it.
fn length(rest: &[u8], said: Option<i64>) -> Option<usize> {
    let said = said.and_then(|length| usize::try_from(length).ok()).filter(|length| {
        let mut lexer = Lexer { rest: rest.get(*length..).unwrap_or_default() };
        lexer.any() == Some(Token::Word(b"endstream"))
    });
    said.or_else(|| memchr::memmem::find(rest, b"endstream"))
}

/// Decrypts what opens without a password.
fn decrypt(document: &mut Document) -> Result<(), Failure> {
    let Some(how) = document.trailer.remove(ENCRYPT) else {
        return Ok(());
    };
    let dictionary = how.as_reference().ok();
    document.trailer.set("Encrypt", how);
    // an empty password is the same in every encoding
    let state =
        document.authenticate_password("").and_then(|()| EncryptionState::decode(document, ""));
    let state = state.map_err(|_| Failure::Encrypted)?;
    for (id, object) in &mut document.objects {
        if Some(*id) != dictionary {
            // what can't be decrypted is kept as it is
            let _ = encryption::decrypt_object(&state, *id, object);
        }
    }
    document.trailer.remove(b"Encrypt");
    Ok(())
}

/// Opens the streams of objects. An object that is there already is newer.
fn open_streams(document: &mut Document, count: &mut Count) -> Result<(), Failure> {
    let mut left = OBJECTS;
    let streams: Vec<ObjectId> = document
        .objects
        .iter()
        .filter(|(_, object)| object.as_stream().is_ok_and(|it| it.dict.has_type(OBJECT_STREAM)))
        .map(|(id, _)| *id)
        .collect();
    for id in streams {
        let Some(Object::Stream(stream)) = document.objects.remove(&id) else {
            continue;
        };
        for (inner, object) in members(&stream, &mut left, count)? {
            let elsewhere = match document.reference_table.get(inner.0) {
                Some(XrefEntry::Compressed { container, .. }) => *container != id.0,
                Some(XrefEntry::Free | XrefEntry::UnusableFree) => true,
                _ => false,
            };
            if !elsewhere {
                document.objects.entry(inner).or_insert(object);
            }
        }
    }
    Ok(())
}

/// The objects in a stream of them.
fn members(
    stream: &Stream,
    left: &mut usize,
    count: &mut Count,
) -> Result<BTreeMap<ObjectId, Object>, Failure> {
    let content = match stream.get_plain_content_with_limit(*left) {
        Ok(content) => content,
        Err(lopdf::Error::Decompress(lopdf::DecompressError::MemoryLimitExceeded { .. })) => {
            return Err(Bound::Memory.into());
        }
        // a damaged one has none
        Err(_) => return Ok(BTreeMap::new()),
    };
    *left = left.saturating_sub(content.len());
    let first = stream.dict.get(b"First").and_then(Object::as_i64).ok();
    if let Some(first) = first.and_then(|first| usize::try_from(first).ok()) {
        count.members(&content, first)?;
    }
    let limit = Some(content.len());
    drop(content);
    let opened = ObjectStream::new_with_limit(stream, limit);
    Ok(opened.map(|opened| opened.objects).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> Result<String, Failure> {
        let mut bytes = text.as_bytes().to_vec();
        hide(&mut bytes)?;
        Ok(String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn only_what_leads_elsewhere_is_hidden() {
        for (text, due) in [
            ("<</Length 5 0 R/X 1>>", "<</LENGTH 5 0 R/X 1>>"),
            ("<</Length%x\n5 0 R>>", "<</LENGTH%x\n5 0 R>>"),
            ("<</Length 5/X 0 R>>", "<</Length 5/X 0 R>>"),
            ("<</Length1 5 0 R>>", "<</Length1 5 0 R>>"),
            ("/Encrypt 3 0 R", "/ENCRYPT 3 0 R"),
            ("/A#20b/Length 9", "/A#20b/Length 9"),
        ] {
            assert_eq!(hidden(text).unwrap(), due);
        }
        for text in ["/L#65ngth 5 0 R", "/#45#6e#63#72#79#70#74 1 0 R", "/Lengt#68 5 0 R"] {
            assert!(hidden(text).is_err(), "{text}");
        }
    }

    #[test]
    fn lengths_are_not_believed() {
        assert_eq!(length(b"abc\nendstream", Some(3)), Some(3));
        assert_eq!(length(b"abc\nendstream", Some(1)), Some(4));
        assert_eq!(length(b"abc\nendstream", Some(i64::MAX)), Some(4));
        assert_eq!(length(b"abc", Some(3)), None);
    }
}
