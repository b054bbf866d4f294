//! Pictures: known as such and counted, not read.

use super::Format;
use crate::extract::unpack::source::Source;
use crate::extract::unpack::{Failure, Inside};

/// What a screenshot may be saved as.
pub(super) const PICTURE: Format = Format { name: "a picture", fits, read };

fn fits(head: &[u8]) -> bool {
    match head.first() {
        Some(0x89) => head.starts_with(b"\x89PNG\r\n\x1a\n"),
        Some(0xff) => head.starts_with(b"\xff\xd8\xff"),
        Some(b'R') => head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"),
        Some(b'G') => head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a"),
        Some(b'B') => {
            // a header of a known size, and nothing where nothing may be
            head.starts_with(b"BM")
                && head.get(6..10) == Some(&[0; 4])
                && head.get(15..18) == Some(&[0; 3])
                && head.get(14).is_some_and(|size| [12, 40, 108, 124].contains(size))
        }
        Some(b'I') => head.starts_with(b"II*\0"),
        Some(b'M') => head.starts_with(b"MM\0*"),
        _ => false,
    }
}

fn read(_: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    inside.picture_unread();
    // its metadata is text
    inside.as_bytes_too();
    Ok(())
}
