//! Single compressed files: gzip, bzip2, xz, zstd and LZMA. A compressed archive is one document
//! for people, so what is inside shows its members as the archive's own.

use std::io::{self, BufRead, BufReader, Read};

use lzma_rust2::{LzmaReader, XzReader};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::Format;
use crate::extract::unpack::budget::Held;
use crate::extract::unpack::{Failure, Inside, names};

/// RFC 1952.
pub(super) const GZIP: Format = Format {
    name: "gzip",
    fits: |head| head.starts_with(b"\x1f\x8b\x08"),
    read: |source, inside| {
        let reader = flate2::bufread::MultiGzDecoder::new(BufReader::new(source.stream()?));
        expand(reader, &[(".tgz", ".tar"), (".gz", ""), (".svgz", ".svg")], inside)
    },
};

/// As `bzip2` writes it.
pub(super) const BZIP2: Format = Format {
    name: "bzip2",
    fits: |head| {
        head.starts_with(b"BZh")
            && head.get(3).is_some_and(|level| (b'1'..=b'9').contains(level))
            && matches!(
                head.get(4..10),
                Some(b"\x31\x41\x59\x26\x53\x59" | b"\x17\x72\x45\x38\x50\x90")
            )
    },
    read: |source, inside| {
        let reader = bzip2::bufread::MultiBzDecoder::new(BufReader::new(source.stream()?));
        expand(reader, &[(".tbz2", ".tar"), (".tbz", ".tar"), (".bz2", "")], inside)
    },
};

/// As `xz` writes it. Source: "The .xz File Format", tukaani.org.
pub(super) const XZ: Format = Format {
    name: "xz",
    fits: |head| head.starts_with(b"\xfd7zXZ\0"),
    read: |source, inside| {
        // the first block's header says how large its dictionary is; LZMA2 is filter 0x21 with
        // one byte of properties
        let mut stream = BufReader::new(source.stream()?);
        let head = stream.fill_buf()?;
        let small = head.get(12..64).is_some_and(|block| {
            memchr::memmem::find(block, b"\x21\x01")
                .and_then(|at| block.get(at + 2))
                .is_some_and(|size| *size <= DICTIONARY_OF_8_MIB)
        });
        let memory = if small { MEDIUM_DICTIONARY } else { LARGE_DICTIONARY };
        let _held = inside.budget().hold(memory)?;
        let reader = XzReader::new_mem_limit(stream, true, (memory / 1024) as u32);
        expand(reader, &[(".txz", ".tar"), (".xz", "")], inside)
    },
};

/// As `zstd` writes it, RFC 8878; what may be skipped at its beginning, too.
pub(super) const ZSTD: Format = Format {
    name: "zstd",
    fits: |head| head.starts_with(b"\x28\xb5\x2f\xfd"),
    read: |source, inside| {
        let frames = Frames::new(BufReader::new(source.stream()?), inside)?;
        expand(frames, &[(".tzst", ".tar"), (".zst", "")], inside)
    },
};

/// The older format of `lzma`, which has no mark: its header has to make sense.
pub(super) const LZMA: Format = Format {
    name: "lzma",
    fits: |head| {
        let Some([0x5d, 0, 0, dictionary @ .., _, _, _, _, _, _, _, _]) = head.get(..13) else {
            return false;
        };
        // a power of two, as every program writes it, and no length before the end is known
        let [low, high] = dictionary else { return false };
        let size = u16::from_le_bytes([*low, *high]);
        size.is_power_of_two() && head.get(5..13) == Some(&[0xff; 8])
    },
    read: |source, inside| {
        let _held = inside.budget().hold(LARGE_DICTIONARY)?;
        let stream = BufReader::new(source.stream()?);
        let reader = LzmaReader::new_mem_limit(stream, (LARGE_DICTIONARY / 1024) as u32, None)?;
        expand(reader, &[(".tlz", ".tar"), (".lzma", "")], inside)
    },
};

/// The property byte of an LZMA2 dictionary of 8 MiB, which is what `xz -6` asks for.
const DICTIONARY_OF_8_MIB: u8 = 22;
/// What decoding with one takes.
const MEDIUM_DICTIONARY: u64 = 9 * 1024 * 1024;
/// What decoding takes with the largest that `xz -9` asks for.
const LARGE_DICTIONARY: u64 = 66 * 1024 * 1024;
/// What a frame may ask for whose header can't be seen yet: what every decoder has to take.
const ZSTD_WINDOW: u64 = 8 * 1024 * 1024;

fn expand(
    mut reader: impl Read,
    endings: &[(&str, &str)],
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    let name = names::without_ending(inside.name(), endings);
    inside.expanded(&name, &mut reader)
}

/// The frames of a zstd file, one behind the other, with what may be skipped between them.
struct Frames<R> {
    stream: R,
    decoder: FrameDecoder,
    begun: bool,
    held: Held,
    window: u64,
}

impl<R: BufRead> Frames<R> {
    fn new(stream: R, inside: &Inside<'_, '_>) -> Result<Self, Failure> {
        let held = inside.budget().hold(0)?;
        Ok(Self { stream, decoder: FrameDecoder::new(), begun: false, held, window: 0 })
    }

    /// Goes to the next frame; answers whether there is one.
    fn next(&mut self) -> io::Result<bool> {
        let mut skipped = false;
        loop {
            let head = self.stream.fill_buf()?;
            match head {
                [] => return Ok(false),
                [mark, 0x2a, 0x4d, 0x18, ..] if mark & 0xf0 == 0x50 => {
                    let mut header = [0; 8];
                    self.stream.read_exact(&mut header)?;
                    let [.., a, b, c, d] = header;
                    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
                    io::copy(&mut self.stream.by_ref().take(length), &mut io::sink())?;
                    skipped = true;
                }
                _ => {
                    let window = window_size(head).unwrap_or(ZSTD_WINDOW);
                    if window > self.window {
                        self.held.grow(window - self.window)?;
                        self.window = window;
                    }
                    self.decoder.set_max_window_size(window);
                    let begun = std::mem::replace(&mut self.begun, true);
                    match self.decoder.reset(&mut self.stream) {
                        Ok(()) => return Ok(true),
                        // as `zstd` says of it, and all before it is good
                        Err(_) if begun && !skipped => {
                            return Err(io::Error::other("something else follows its end"));
                        }
                        Err(error) => return Err(io::Error::other(error)),
                    }
                }
            }
        }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.begun && self.decoder.can_collect() > 0 {
                return self.decoder.read(into);
            }
            if self.begun && !self.decoder.is_finished() {
                self.decoder
                    .decode_blocks(&mut self.stream, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(io::Error::other)?;
            } else if !self.next()? {
                return Ok(0);
            }
        }
    }
}

/// The window that a frame asks for, by its header. RFC 8878, section 3.1.1.1.
fn window_size(head: &[u8]) -> Option<u64> {
    let descriptor = *head.get(4)?;
    let single = descriptor & 0x20 != 0;
    if !single {
        let byte = *head.get(5)?;
        let base = 1u64 << (10 + (byte >> 3));
        return Some(base + base / 8 * u64::from(byte & 7));
    }
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let length = [1, 2, 4, 8][usize::from(descriptor >> 6)];
    let field = head.get(5 + dictionary..5 + dictionary + length)?;
    let mut size = [0; 8];
    size[..length].copy_from_slice(field);
    Some(u64::from_le_bytes(size).saturating_add(if length == 2 { 256 } else { 0 }))
}
