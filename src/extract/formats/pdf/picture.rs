//! Pictures in a PDF. A photograph is a JPEG file; the pixels of a screenshot stand there as they
//! are, compressed without loss, and become a portable map, which the reader of pictures knows.
//! ISO 32000-1, section 8.9.5.

use lopdf::{Document, Object, Stream};

/// What a picture's pixels may take.
const LARGEST: usize = 24 * 1024 * 1024;
/// Its longest side.
const LONGEST: i64 = 30_000;

/// How a sample becomes shades.
enum Space {
    Gray,
    Rgb,
    /// A table of so many bytes an entry.
    Indexed(usize, Vec<u8>),
}

/// The picture where it is a JPEG file, perhaps written in letters; `None` where it isn't.
pub(super) fn jpeg(stream: &Stream) -> Option<Vec<u8>> {
    let filters = stream.filters().ok()?;
    match filters.as_slice() {
        [b"DCTDecode"] => Some(stream.content.clone()),
        [before @ .., b"DCTDecode"] => {
            let names = before.iter().map(|name| Object::Name(name.to_vec())).collect();
            let mut written = Stream::new(lopdf::Dictionary::new(), stream.content.clone());
            written.dict.set("Filter", Object::Array(names));
            written.decompressed_content_with_limit(LARGEST).ok()
        }
        _ => None,
    }
}

/// The picture as a portable map; `None` where its pixels are of another kind, or damaged.
pub(super) fn portable(document: &Document, stream: &Stream) -> Option<Vec<u8>> {
    let number = |key: &[u8]| stream.dict.get_deref(key, document).and_then(Object::as_i64).ok();
    let side = |key: &[u8]| {
        number(key)
            .filter(|side| (1..=LONGEST).contains(side))
            .and_then(|side| usize::try_from(side).ok())
    };
    let (width, height) = (side(b"Width")?, side(b"Height")?);
    let bits = usize::try_from(number(b"BitsPerComponent").unwrap_or(1)).ok()?;
    let space = stream.dict.get_deref(b"ColorSpace", document).ok();
    let space = space.map_or(Some(Space::Gray), |space| space_of(document, space, 0))?;
    let channels = if matches!(space, Space::Rgb) { 3 } else { 1 };
    if !matches!(bits, 1 | 2 | 4 | 8) || width * height * channels > LARGEST {
        return None;
    }
    let samples = match stream.dict.get(b"Filter") {
        Err(_) => stream.content.clone(),
        Ok(_) => stream.decompressed_content_with_limit(LARGEST).ok()?,
    };
    let row = (width * channels * bits).div_ceil(8);
    if samples.len() < row * height {
        return None;
    }
    let kind = match &space {
        Space::Gray | Space::Indexed(1, _) => "P5",
        _ => "P6",
    };
    let mut map = format!("{kind}\n{width} {height}\n255\n").into_bytes();
    map.reserve(width * height * if kind == "P5" { 1 } else { 3 });
    for row in samples.chunks_exact(row).take(height) {
        let values = (0..width * channels).map(|at| sample(row, at, bits));
        match &space {
            Space::Gray | Space::Rgb => {
                let most = (1u16 << bits) - 1;
                map.extend(values.map(|value| (u16::from(value) * 255 / most) as u8));
            }
            Space::Indexed(size, table) => {
                for value in values {
                    let at = usize::from(value) * size;
                    // beyond its table nothing is defined
                    let white: &[u8] = &[0xff; 3][..*size];
                    map.extend_from_slice(table.get(at..at + size).unwrap_or(white));
                }
            }
        }
    }
    Some(map)
}

/// The sample at `at` of a row.
fn sample(row: &[u8], at: usize, bits: usize) -> u8 {
    let bit = at * bits;
    let byte = row.get(bit / 8).copied().unwrap_or(0);
    let shift = 8 - bits - bit % 8;
    let mask = if bits == 8 { 0xff } else { (1u8 << bits) - 1 };
    (byte >> shift) & mask
}

/// What the samples mean; `None` for what is not read, such as the colours of printers.
fn space_of(document: &Document, space: &Object, depth: usize) -> Option<Space> {
    if let Ok(name) = space.as_name() {
        return match name {
            b"DeviceGray" | b"CalGray" | b"G" => Some(Space::Gray),
            b"DeviceRGB" | b"CalRGB" | b"RGB" => Some(Space::Rgb),
            _ => None,
        };
    }
    let parts = space.as_array().ok().filter(|_| depth < 2)?;
    let part = |at: usize| document.dereference(parts.get(at)?).ok().map(|(_, object)| object);
    match part(0)?.as_name().ok()? {
        b"CalGray" => Some(Space::Gray),
        b"CalRGB" => Some(Space::Rgb),
        b"ICCBased" => {
            let profile = part(1)?.as_stream().ok()?;
            match profile.dict.get_deref(b"N", document).and_then(Object::as_i64).ok()? {
                1 => Some(Space::Gray),
                3 => Some(Space::Rgb),
                _ => None,
            }
        }
        b"Indexed" | b"I" => {
            let size = match space_of(document, part(1)?, depth + 1)? {
                Space::Gray => 1,
                Space::Rgb => 3,
                Space::Indexed(..) => return None,
            };
            // 256 colours
            let table = match part(3)? {
                Object::String(table, _) => table.clone(),
                Object::Stream(table) => table.get_plain_content_with_limit(1024).ok()?,
                _ => return None,
            };
            Some(Space::Indexed(size, table))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use lopdf::{Dictionary, StringFormat};

    use super::*;

    fn picture(space: Object, bits: i64, width: i64, content: &[u8]) -> Option<Vec<u8>> {
        let mut dict = Dictionary::new();
        dict.set("Width", width);
        dict.set("Height", 1);
        dict.set("BitsPerComponent", bits);
        dict.set("ColorSpace", space);
        portable(&Document::new(), &Stream::new(dict, content.to_vec()))
    }

    #[test]
    fn samples_become_shades() {
        let name = |name: &str| Object::Name(name.as_bytes().to_vec());
        let gray = picture(name("DeviceGray"), 1, 3, &[0b1010_0000]);
        assert_eq!(gray.unwrap(), b"P5\n3 1\n255\n\xff\x00\xff");
        let rgb = picture(name("DeviceRGB"), 8, 1, &[1, 2, 3]);
        assert_eq!(rgb.unwrap(), b"P6\n1 1\n255\n\x01\x02\x03");
        let table = Object::String(vec![9, 8, 7, 6, 5, 4], StringFormat::Literal);
        let parts = vec![name("Indexed"), name("DeviceRGB"), Object::Integer(1), table];
        let indexed = picture(Object::Array(parts), 4, 3, &[0x10, 0x20]);
        assert_eq!(indexed.unwrap(), b"P6\n3 1\n255\n\x06\x05\x04\x09\x08\x07\xff\xff\xff");
    }

    #[test]
    fn what_is_cut_short_or_of_no_size_is_none() {
        let gray = || Object::Name(b"DeviceGray".to_vec());
        assert!(picture(gray(), 8, 3, &[1, 2]).is_none());
        assert!(picture(gray(), 8, 0, &[1]).is_none());
        assert!(picture(gray(), 16, 1, &[1, 2]).is_none());
        assert!(picture(gray(), 8, i64::MAX, &[1]).is_none());
        assert!(picture(Object::Name(b"DeviceCMYK".to_vec()), 8, 1, &[1; 4]).is_none());
    }
}
