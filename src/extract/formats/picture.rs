//! Pictures: counted, and where that was asked for, read. What a screenshot is saved as is decoded;
//! pictures of other kinds are known as such.

use std::rc::Rc;
use std::time::Instant;

use super::Format;
use crate::extract::ocr::Gray;
use crate::extract::unpack::source::Source;
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};

/// What a screenshot may be saved as.
pub(super) const PICTURE: Format = Format { name: "a picture", fits, read };

/// Smaller pictures hold no line of text.
const LEAST_WIDTH: usize = 48;
const LEAST_HEIGHT: usize = 7;

fn fits(head: &[u8]) -> bool {
    match head.first() {
        Some(0x89) => head.starts_with(b"\x89PNG\r\n\x1a\n"),
        Some(0xff) => head.starts_with(b"\xff\xd8\xff"),
        Some(b'R') => head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP"),
        Some(b'G') => head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a"),
        Some(b'P') => head.starts_with(b"P5\n") || head.starts_with(b"P6\n"),
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

fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    // guidance speaks of screenshots, whatever they are saved as
    inside.kind("png");
    // its metadata is text
    inside.as_bytes_too();
    let Some(ocr) = inside.ocr().cloned() else {
        inside.picture_unread();
        return Ok(());
    };
    let budget = Rc::clone(inside.budget());
    // held, since its bytes are looked at once more
    let Some((picture, held)) = Gray::decode(source.seekable()?, &budget)? else {
        inside.picture_unread();
        return Ok(());
    };
    let (width, height) = picture.size();
    if width < LEAST_WIDTH || height < LEAST_HEIGHT {
        return Ok(());
    }
    let began = Instant::now();
    let reading = ocr.read(picture, budget.picture()?);
    budget.spend_on_picture(began.elapsed());
    drop(held);
    let reading = reading?;
    let mut text = Text::default();
    text.set_uncertain();
    let mut number = 0;
    for line in reading.split_inclusive(|byte| *byte == b'\n') {
        // between its blocks there are lines that nobody sees
        number += u64::from(!line.trim_ascii().is_empty());
        text.mark(number);
        text.push(line);
    }
    inside.text(&mut text, &|line| format!("line {line} of its text"))
}
