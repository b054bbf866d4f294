//! Chats: what Slack, Microsoft Teams and Discord export. A message's text is shown with who wrote
//! it, when, and in which channel, as far as the file says so. [`shapes`] says what each export
//! looks like.

mod html;
mod message;
mod shapes;

use super::Format;
use super::json::{self, Json, Way, gather, opens};
use crate::extract::unpack::source::Source;
use crate::extract::unpack::{Failure, Inside};
use message::Chat;
use shapes::{SHAPES, Shape};

/// An export of a chat.
pub(super) const CHAT: Format = Format { name: "chat export", fits, read };

/// How much of its beginning says that it is one.
const HEAD: usize = 16 * 1024;

fn fits(head: &[u8]) -> bool {
    shape_of(head).is_some()
}

/// The shape of the document that begins with `head`.
fn shape_of(head: &[u8]) -> Option<&'static Shape> {
    let text = opens(head, b"[{")?;
    let text = text.get(..HEAD).unwrap_or(text);
    SHAPES.iter().find(|shape| {
        memchr::memmem::find(text, shape.word.as_bytes()).is_some() && is_shaped(text, shape)
    })
}

/// Whether all that tells the shape is there.
fn is_shaped(text: &[u8], shape: &Shape) -> bool {
    let mut missing = (1u32 << shape.signs.len()) - 1;
    json::begin(text, &mut |way, next| {
        let base = shape.message(way);
        for (at, sign) in shape.signs.iter().enumerate() {
            let from = if sign.in_message { base } else { Some(0) };
            let value = match next {
                Json::Value(value) => value.raw,
                _ => b"",
            };
            if from.is_some_and(|from| way.is(from, sign.way)) && (sign.fits)(value) {
                missing &= !(1 << at);
            }
        }
    });
    missing == 0
}

fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    let mut head = vec![0; HEAD];
    let mut length = 0;
    let stream = source.seekable()?;
    while length < head.len() {
        match stream.read(&mut head[length..])? {
            0 => break,
            count => length += count,
        }
    }
    head.truncate(length);
    let Some(shape) = shape_of(&head) else {
        return Err(Failure::Broken("it changed while it was read".to_owned()));
    };
    inside.kind(shape.kind);
    let mut chat = Chat::new(shape);
    gather::read(source, inside, &mut |way: &Way, next, inside| chat.take(way, next, inside))?;
    chat.finish(inside)
}

#[cfg(test)]
mod tests;
