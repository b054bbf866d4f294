//! Text that was compressed before it was written into another text, as Helm does with its
//! releases. Files that are compressed are opened by [`super::formats`].

use std::io::Read;

use flate2::read::GzDecoder;

use super::{Back, Piece};

/// So much is expanded at most, and so many times what there is.
const MOST: u64 = 8 * 1024 * 1024;
const RATIO: u64 = 100;

/// What `bytes` hold, if they are gzip. Where they are cut short it is what there was.
pub fn piece(bytes: &[u8]) -> Option<Piece> {
    if !bytes.starts_with(b"\x1f\x8b\x08") {
        return None;
    }
    let most = MOST.min(bytes.len() as u64 * RATIO);
    let mut expanded = Vec::new();
    // whatever was read before an error is there
    let _ = GzDecoder::new(bytes).take(most).read_to_end(&mut expanded);
    let outer = 0..bytes.len();
    (!expanded.is_empty()).then(|| Piece {
        bytes: expanded,
        back: Back::Whole { outer: outer.clone() },
        outer,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn what_is_compressed_is_in_all_of_it() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(b"text").unwrap();
        let packed = packed.finish().unwrap();
        let piece = piece(&packed).unwrap();
        assert_eq!((&piece.bytes[..], piece.outer_range(1..3)), (&b"text"[..], 0..packed.len()));
        assert!(super::piece(b"plain").is_none());
        assert!(super::piece(b"\x1f\x8b\x08").is_none());
    }
}
