//! XML in a stream, for formats that are made of it. No entity but the five that XML knows is
//! ever replaced, no document type is read, and no tag or text may be long.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use encoding_rs_io::DecodeReaderBytes;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::extract::unpack::Failure;
use crate::extract::unpack::budget::Bound;
use crate::extract::unpack::text::Text;

/// The longest text or tag that is held.
const LONGEST: usize = 4 * 1024 * 1024;
/// What the names of open elements may take.
const MOST_OPEN: usize = 16 * 1024 * 1024;
/// Attributes of fewer bytes hold nothing that is searched for.
const LONG_VALUE: usize = 40;

/// What comes next.
pub(super) enum Xml<'e> {
    /// An element begins.
    Open(Tag<'e>),
    /// An element ends: its name without the prefix.
    Close(&'e [u8]),
    /// Text, or a part of it.
    Text(&'e [u8]),
}

/// An element's beginning.
pub(super) struct Tag<'e>(&'e BytesStart<'e>);

impl Tag<'_> {
    /// Its name without the prefix.
    pub(super) fn name(&self) -> &[u8] {
        self.0.local_name().into_inner().as_bytes()
    }

    /// The value of the attribute with this name, the prefix left out.
    pub(super) fn get(&self, name: &[u8]) -> Option<Cow<'_, [u8]>> {
        let mut attributes = self.0.attributes();
        attributes
            .with_checks(false)
            .filter_map(Result::ok)
            .find(|attribute| is_named(attribute.key.as_ref().as_bytes(), name))
            .map(|attribute| unescape(bytes(attribute.value)))
    }

    /// The values of all attributes with this name, whatever their prefixes.
    pub(super) fn get_all<'t>(
        &'t self,
        name: &'t [u8],
    ) -> impl Iterator<Item = Cow<'t, [u8]>> + 't {
        let mut attributes = self.0.attributes();
        attributes.with_checks(false);
        attributes
            .filter_map(Result::ok)
            .filter(move |attribute| is_named(attribute.key.as_ref().as_bytes(), name))
            .map(|attribute| unescape(bytes(attribute.value)))
    }

    /// Shows each attribute, its name as it is written: for elements of which there are many, since
    /// every [`Self::get`] reads them all.
    pub(super) fn each(&self, show: &mut dyn FnMut(&[u8], &[u8])) {
        for attribute in self.0.attributes().with_checks(false).filter_map(Result::ok) {
            show(attribute.key.as_ref().as_bytes(), &unescape(bytes(attribute.value)));
        }
    }

    /// The same as text.
    pub(super) fn get_text(&self, name: &[u8]) -> Option<String> {
        self.get(name).map(|value| String::from_utf8_lossy(&value).into_owned())
    }

    /// The same as a number.
    pub(super) fn get_number(&self, name: &[u8]) -> Option<u64> {
        std::str::from_utf8(&self.get(name)?).ok()?.parse().ok()
    }

    /// Adds the values that are long enough to hold something, each on a line of its own.
    pub(super) fn push_long_values(&self, place: u64, text: &mut Text) {
        if self.0.len() < LONG_VALUE {
            return;
        }
        for attribute in self.0.attributes().with_checks(false).filter_map(Result::ok) {
            if attribute.value.len() >= LONG_VALUE && !attribute.key.as_ref().starts_with("xmlns") {
                text.mark(place);
                text.push(attribute.key.as_ref().as_bytes());
                text.push(b"=\"");
                text.push(&unescape(bytes(attribute.value)));
                text.push(b"\"\n");
            }
        }
    }
}

/// Whether `key` is `name` behind any prefix.
fn is_named(key: &[u8], name: &[u8]) -> bool {
    key.strip_suffix(name).is_some_and(|prefix| prefix.is_empty() || prefix.ends_with(b":"))
}

fn bytes(text: Cow<'_, str>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// Replaces the entities that XML knows, and numbers of characters.
fn unescape(value: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if memchr::memchr(b'&', &value).is_none() {
        return value;
    }
    let mut text = Vec::with_capacity(value.len());
    let mut rest: &[u8] = &value;
    while let Some(at) = memchr::memchr(b'&', rest) {
        text.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.iter().take(12).position(|byte| *byte == b';');
        match end.and_then(|end| Some((end, character(rest.get(..end)?)?))) {
            Some((end, c)) => {
                text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[end + 1..];
            }
            None => text.push(b'&'),
        }
    }
    text.extend_from_slice(rest);
    Cow::Owned(text)
}

/// The character that a reference stands for; `None` for entities that a document declares.
fn character(reference: &[u8]) -> Option<char> {
    Some(match reference {
        b"lt" => '<',
        b"gt" => '>',
        b"amp" => '&',
        b"apos" => '\'',
        b"quot" => '"',
        [b'#', b'x' | b'X', digits @ ..] => {
            char::from_u32(u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?)?
        }
        [b'#', digits @ ..] => char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?)?,
        _ => return None,
    })
}

/// Reads `source` to its end, showing what comes to `visit`.
///
/// # Errors
///
/// If `source` can't be read or is no XML.
pub(super) fn read(
    source: impl Read,
    visit: &mut dyn FnMut(Xml<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // UTF-16 is told by its byte order mark, which XML asks for
    let inner = io::BufReader::with_capacity(64 * 1024, DecodeReaderBytes::new(source));
    let mut reader = Reader::from_reader(Bounded { inner, held: 0 });
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_unmatched_ends = true;
    reader.config_mut().expand_empty_elements = true;
    let mut buffer = Vec::new();
    let mut open = Open::default();
    loop {
        buffer.clear();
        reader.get_mut().held = 0;
        match reader.read_event_into(&mut buffer).map_err(failure)? {
            Event::Start(start) | Event::Empty(start) => {
                open.begin(start.name().as_ref().len())?;
                visit(Xml::Open(Tag(&start)))?;
            }
            Event::End(end) => {
                open.end();
                visit(Xml::Close(end.local_name().into_inner().as_bytes()))?;
            }
            Event::Text(text) => visit(Xml::Text(text.as_bytes()))?,
            Event::CData(text) => visit(Xml::Text(text.as_bytes()))?,
            Event::GeneralRef(reference) => match character(reference.as_bytes()) {
                Some(c) => visit(Xml::Text(c.encode_utf8(&mut [0; 4]).as_bytes()))?,
                None => visit(Xml::Text(b"?"))?,
            },
            Event::Eof => return Ok(()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn failure(error: quick_xml::Error) -> Failure {
    match error {
        quick_xml::Error::Io(error) => match std::sync::Arc::try_unwrap(error) {
            Ok(error) => error.into(),
            Err(shared) => Failure::Broken(format!("it is damaged ({shared})")),
        },
        other => Failure::Broken(format!("it is no sound XML ({other})")),
    }
}

/// The elements that are open, of which the parser holds the names.
#[derive(Default)]
struct Open {
    lengths: Vec<u32>,
    held: usize,
}

impl Open {
    /// What an open element takes beside its name.
    const BESIDE: usize = 16;

    fn begin(&mut self, name: usize) -> Result<(), Failure> {
        self.held += name + Self::BESIDE;
        if self.held > MOST_OPEN {
            return Err(Failure::Broken("its elements are nested too deep".to_owned()));
        }
        self.lengths.push(u32::try_from(name).unwrap_or(u32::MAX));
        Ok(())
    }

    fn end(&mut self) {
        // an end without a beginning ends nothing
        if let Some(name) = self.lengths.pop() {
            self.held -= name as usize + Self::BESIDE;
        }
    }
}

/// Counts the bytes of a tag or a text, which the parser holds.
struct Bounded<R> {
    inner: R,
    held: usize,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.held > LONGEST {
            return Err(Bound::Memory.into());
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.held += amount;
        self.inner.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(xml: &str) -> Result<String, Failure> {
        let mut text = Vec::new();
        read(xml.as_bytes(), &mut |event| {
            if let Xml::Text(part) = event {
                text.extend_from_slice(part);
            }
            Ok(())
        })?;
        Ok(String::from_utf8(text).unwrap())
    }

    #[test]
    fn replaces_what_xml_knows_and_nothing_else() {
        assert_eq!(text_of("<a>7&#126;x &amp;&#x7e;<![CDATA[<y>]]></a>").unwrap(), "7~x &~<y>");
        let laughs = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><l>&b;</l>";
        assert_eq!(text_of(laughs).unwrap(), "?");
        assert_eq!(unescape(Cow::Borrowed(b"7&#126;x&b;&")).as_ref(), b"7~x&b;&");
    }

    #[test]
    fn reads_utf_16() {
        let xml = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-16\"?><a>7~é😀</a>";
        for encode in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes: Vec<u8> = xml.encode_utf16().flat_map(encode).collect();
            let mut text = Vec::new();
            let result = read(&bytes[..], &mut |event| {
                if let Xml::Text(part) = event {
                    text.extend_from_slice(part);
                }
                Ok(())
            });
            assert!(result.is_ok(), "{result:?}");
            assert_eq!(text, "7~é😀".as_bytes());
        }
    }

    #[test]
    fn elements_without_end_are_not_held() {
        let open = |count: usize| b"<a>".repeat(count);
        assert!(read(&open(300_000)[..], &mut |_| Ok(())).is_ok());
        let deep = read(&open(1_000_000)[..], &mut |_| Ok(()));
        assert!(matches!(deep, Err(Failure::Broken(_))), "{deep:?}");
        let names = format!("<{}>", "a".repeat(1 << 20)).repeat(17);
        let long = read(names.as_bytes(), &mut |_| Ok(()));
        assert!(matches!(long, Err(Failure::Broken(_))), "{long:?}");
        let closed = b"<a></a></a>".repeat(1_000_000);
        assert!(read(&closed[..], &mut |_| Ok(())).is_ok());
    }

    #[test]
    fn a_text_without_end_is_not_held() {
        let endless = io::repeat(b'x').take(1 << 30);
        let xml = b"<a>".chain(endless);
        let result = read(xml, &mut |_| Ok(()));
        assert!(matches!(result, Err(Failure::Limit(Bound::Memory))), "{result:?}");
    }
}
