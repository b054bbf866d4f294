//! Pictures in the streams of Office: each behind the header of a record. [MS-ODRAW].

use memchr::memmem;

use super::compound::{u16_at, u32_at};
use crate::extract::unpack::{Failure, Inside};

/// How far before a picture its record may begin: behind the header come one or two digests and a
/// byte.
const BEFORE: [usize; 2] = [8 + 16 + 1, 8 + 32 + 1];
/// Metafiles stand behind their digests and a header of their own.
const METAFILES: std::ops::RangeInclusive<u16> = 0xf01a..=0xf01c;

/// Shows the pictures in `bytes` as members; `number` counts them.
pub(super) fn show(
    bytes: &[u8],
    number: &mut usize,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    let kinds: [(&[u8], &str); 2] = [(b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpg")];
    for (magic, ending) in kinds {
        let mut from = 0;
        while let Some(at) = memmem::find(bytes.get(from..).unwrap_or_default(), magic) {
            let begin = from + at;
            from = begin + magic.len();
            let Some(size) = BEFORE.iter().find_map(|before| size(bytes, begin, *before)) else {
                continue;
            };
            let Some(picture) = bytes.get(begin..begin.saturating_add(size).min(bytes.len()))
            else {
                continue;
            };
            *number += 1;
            from = begin + picture.len().max(magic.len());
            inside.member(&format!("picture {number}.{ending}"), &mut &*picture)?;
        }
    }
    if has_metafile(bytes) {
        inside.picture_unread();
    }
    Ok(())
}

/// The size of the picture at `begin`, if a record's header stands `before` bytes before it.
fn size(bytes: &[u8], begin: usize, before: usize) -> Option<usize> {
    let header = bytes.get(begin.checked_sub(before)?..begin)?;
    let kind = u16_at(header, 2);
    let known = matches!(kind, 0xf01d..=0xf01f | 0xf029 | 0xf02a);
    (u32_at(header, 4) as usize).checked_sub(before - 8).filter(|_| known)
}

/// Whether the header of a metafile's record stands in `bytes`.
fn has_metafile(bytes: &[u8]) -> bool {
    memchr::memchr_iter(0xf0, bytes).any(|high| {
        let Some(at) = high.checked_sub(3) else { return false };
        let header = bytes.get(at..).unwrap_or_default();
        // what each kind says of itself, with one digest or two
        let instance = u16_at(header, 0);
        METAFILES.contains(&u16_at(header, 2))
            && matches!(instance >> 4, 0x216 | 0x217 | 0x3d4 | 0x3d5 | 0x542 | 0x543)
            && instance & 0xf == 0
            && u32_at(header, 4) as usize > 34
    })
}
