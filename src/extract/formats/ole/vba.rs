//! Macros: modules of Visual Basic, each compressed behind what it was compiled to. [MS-OVBA].

use memchr::memmem;

/// How every module's text begins, compressed: the container's mark and its first chunk's header
/// stand before it.
const BEGINS: &[u8] = b"\0Attribut\0e";
/// What a chunk expands to, at most.
const CHUNK: usize = 4096;

/// The text of the module in `stream`, if there is one. What it expands to is at most 4096 bytes
/// for every three of the stream.
pub(super) fn module(stream: &[u8], most: usize) -> Option<Vec<u8>> {
    let begin = memmem::find(stream, BEGINS)?.checked_sub(3)?;
    let text = expand(stream.get(begin..)?, most);
    (!text.is_empty()).then_some(text)
}

/// Expands a compressed container, as far as it is sound.
fn expand(container: &[u8], most: usize) -> Vec<u8> {
    let mut text = Vec::new();
    let Some((1, mut rest)) = container.split_first() else {
        return text;
    };
    while let [low, high, behind @ ..] = rest
        && text.len() < most
    {
        let header = u16::from_le_bytes([*low, *high]);
        let length = (usize::from(header & 0x0fff) + 1).min(behind.len());
        let (chunk, next) = behind.split_at(length);
        // bits that every header has
        if header >> 12 & 7 != 3 {
            break;
        }
        let begin = text.len();
        if header & 0x8000 == 0 {
            text.extend_from_slice(chunk);
        } else if !expand_chunk(chunk, begin, &mut text) {
            break;
        }
        rest = next;
    }
    text
}

/// Expands a chunk whose text begins at `begin`; answers whether it is sound.
fn expand_chunk(mut chunk: &[u8], begin: usize, text: &mut Vec<u8>) -> bool {
    while let Some((flags, tokens)) = chunk.split_first() {
        chunk = tokens;
        for bit in 0..8 {
            if text.len() - begin >= CHUNK {
                return true;
            }
            if flags >> bit & 1 == 0 {
                let Some((literal, rest)) = chunk.split_first() else { return true };
                text.push(*literal);
                chunk = rest;
                continue;
            }
            let [low, high, rest @ ..] = chunk else { return chunk.is_empty() };
            chunk = rest;
            let token = u16::from_le_bytes([*low, *high]);
            // the more text there is to point into, the more bits point
            let there = text.len() - begin;
            let bits = there.max(1).next_power_of_two().trailing_zeros().max(4);
            let length = usize::from(token & (0xffff >> bits)) + 3;
            let back = usize::from(token >> (16 - bits)) + 1;
            if back > there {
                return false;
            }
            for _ in 0..length.min(CHUNK - there) {
                let Some(byte) = text.len().checked_sub(back).and_then(|at| text.get(at)) else {
                    return false;
                };
                text.push(*byte);
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of [MS-OVBA], 3.2.
    #[test]
    fn expands_what_the_specification_shows() {
        let plain = b"\x01\x19\xb0\x00abcdefgh\x00ijklmnop\x00qrstuv.";
        assert_eq!(expand(plain, 1 << 20), b"abcdefghijklmnopqrstuv.");
        let normal = b"\x01\x2f\xb0\x00#aaabcde\x82f\x00paghij\x01\x38\x08akl\x00\x30mnop\x06q\
                       \x02\x70\x04\x10rstuv\x10wxyz\x00\x3c";
        let text = b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa";
        assert_eq!(expand(normal, 1 << 20), text);
        let long = b"\x01\x03\xb0\x02\x61\x45\x00";
        assert_eq!(expand(long, 1 << 20), [b'a'; 73]);
    }
}
