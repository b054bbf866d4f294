//! Custom data of an office file. Excel keeps in it what Power Query asks for, addresses and headers
//! of requests among it: a zip archive in base64, between numbers. Source: MS-QDEFF, 2.2.

use std::io::{Cursor, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::parts::elements;
use crate::extract::formats::xml::{self, Xml};
use crate::extract::unpack::{Failure, Inside};

/// The element that holds it.
const ELEMENT: &[u8] = b"DataMashup";
/// So much of a part's beginning says whether it does.
const HEAD: u64 = 4096;
/// What stands before the archive: a version, and the archive's length.
const BEFORE: usize = 8;

/// Reads the part `name`.
pub(super) fn read(
    name: &str,
    member: &mut dyn Read,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    let mut head = Vec::new();
    (&mut *member).take(HEAD).read_to_end(&mut head)?;
    // in UTF-8 or in UTF-16
    let plain: Vec<u8> = head.iter().copied().filter(|byte| *byte != 0).collect();
    let is_mashup = memchr::memmem::find(&plain, ELEMENT).is_some();
    let mut whole = Cursor::new(head).chain(member);
    if !is_mashup {
        return elements(&mut whole, inside, "custom data");
    }
    let mut held = inside.budget().hold(0)?;
    let mut encoded = Vec::new();
    let mut open = false;
    xml::read(whole, &mut |event| {
        match event {
            Xml::Open(tag) if tag.name() == ELEMENT => open = true,
            Xml::Close(ELEMENT) => open = false,
            Xml::Text(part) if open => {
                // what is decoded takes less
                held.grow(2 * part.len() as u64)?;
                encoded.extend(part.iter().filter(|byte| !byte.is_ascii_whitespace()));
            }
            _ => {}
        }
        Ok(())
    })?;
    let broken = |_| Failure::Broken("its queries are no sound base64".to_owned());
    let decoded = STANDARD.decode(&encoded).map_err(broken)?;
    drop(encoded);
    inside.member(name, &mut decoded.get(BEFORE..).unwrap_or_default())
}
