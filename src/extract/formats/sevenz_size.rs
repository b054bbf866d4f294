//! How much memory a 7z archive takes, told from its directory before the directory is held: a few
//! bytes of it may stand for a million files, a dictionary of 4 GiB, or a directory that is itself
//! a bomb. Source: `DOC/7zFormat.txt` of the LZMA SDK, 7-zip.org.

use std::io::{Read, SeekFrom};

use flate2::Crc;
use lzma_rust2::{Lzma2Reader, LzmaReader, lzma_get_memory_usage_by_props, lzma2_get_memory_usage};
use sevenz_rust2::{ArchiveEntry, Block, Coder, EncoderMethod};

use crate::extract::unpack::budget::{Bound, Held};
use crate::extract::unpack::source::{Seekable, read_all};
use crate::extract::unpack::{Failure, Inside};

/// The part of an archive that says where its directory stands.
const START: usize = 32;
/// What a decoder takes that has no dictionary; bzip2's is the largest.
const DECODER: u32 = 5 * 1024;
/// What the system adds to a piece of memory.
const PIECE: usize = 32;
/// No directory is larger.
const MOST: u64 = 64 * 1024 * 1024;
/// No archive has more folders: each holds a file at least.
const MOST_FOLDERS: u64 = 100_000;
/// No folder is packed by more than this, one behind the other; the crate takes no more, either.
const MOST_CODERS: u64 = 64;

// what may stand in a directory
const END: u8 = 0x00;
const HEADER: u8 = 0x01;
const PROPERTIES: u8 = 0x02;
const STREAMS: u8 = 0x04;
const FILES: u8 = 0x05;
const PACKS: u8 = 0x06;
const FOLDERS: u8 = 0x07;
const PARTS: u8 = 0x08;
const SIZE: u8 = 0x09;
const CRC: u8 = 0x0a;
const FOLDER: u8 = 0x0b;
const UNPACKED_SIZE: u8 = 0x0c;
const COUNT: u8 = 0x0d;
const PACKED: u8 = 0x17;

/// What reading an archive takes.
#[derive(Debug, Default)]
pub(super) struct Need {
    /// In bytes, while its directory is read.
    pub(super) reading: u64,
    /// The largest piece of that, in KiB.
    pub(super) largest: usize,
    /// In bytes, once its directory has been read.
    pub(super) directory: u64,
    /// In KiB, while each of its blocks is unpacked.
    pub(super) blocks: Vec<u32>,
}

/// What reading the archive in `source` takes; `None` if nothing is in it.
pub(super) fn of(
    source: &mut dyn Seekable,
    inside: &mut Inside<'_, '_>,
) -> Result<Option<Need>, Failure> {
    let mut start = [0; START];
    source.read_exact(&mut start)?;
    let [.., a, b, c, d, e, f, g, h, _, _, _, _] = start;
    let size = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    let [_, _, _, _, _, _, _, _, c0, c1, c2, c3, o0, o1, o2, o3, o4, o5, o6, o7, ..] = start;
    let offset = u64::from_le_bytes([o0, o1, o2, o3, o4, o5, o6, o7]);
    let mut crc = Crc::new();
    crc.update(&start[12..]);
    if start[8..].iter().all(|byte| *byte == 0) {
        // it is written when all else has been
        return Err(cut_short());
    }
    if crc.sum() != u32::from_le_bytes([c0, c1, c2, c3]) {
        return Err(damaged("the checksum of its beginning is wrong"));
    }
    if size == 0 {
        return Ok(None);
    }
    let length = source.seek(SeekFrom::End(0))?;
    let at = offset.checked_add(START as u64).ok_or_else(cut_short)?;
    // also the first volume of several
    if at.checked_add(size).is_none_or(|end| end > length) {
        return Err(cut_short());
    }
    source.seek(SeekFrom::Start(at))?;
    let (mut bytes, mut held) = read_all(&mut source.take(size), MOST, inside.budget())?;
    let mut dictionary = 0;
    if bytes.first() == Some(&PACKED) {
        let packed = Packed::of(&bytes).ok_or_else(unsound)?;
        dictionary = packed.memory();
        held.grow(u64::from(dictionary) * 1024)?;
        let (unpacked, more) = packed.unpack(source, inside)?;
        bytes = unpacked;
        held = more;
    }
    let length = bytes.len() as u64;
    // the list of folders
    held.grow(length.min(MOST_FOLDERS) * 32)?;
    let mut need = walk(&bytes)?;
    // its bytes, as it was packed and unpacked, in memory that grows; and the names in it
    need.reading = need.directory + 4 * length + size + u64::from(dictionary) * 1024;
    need.directory += 2 * length;
    need.largest = dictionary.max((length.max(size).div_ceil(1024)) as u32) as usize;
    Ok(Some(need))
}

fn cut_short() -> Failure {
    Failure::Io(std::io::ErrorKind::UnexpectedEof.into())
}

fn damaged(what: &str) -> Failure {
    Failure::Broken(format!("it is damaged ({what})"))
}

fn unsound() -> Failure {
    damaged("its directory is not sound")
}

/// Goes through a directory, from its first byte on, as far as the number of its files.
fn walk(directory: &[u8]) -> Result<Need, Failure> {
    let mut rest = Bytes::new(directory);
    match counted(&mut rest) {
        Some(need) => Ok(need),
        None if rest.too_many => Err(Bound::Members(MOST_FOLDERS).into()),
        None => Err(unsound()),
    }
}

/// What stands in `rest`, a whole directory, as far as it is sound.
fn counted(rest: &mut Bytes<'_>) -> Option<Need> {
    let length = rest.rest.len() as u64;
    let mut need = Need::default();
    let mut memory = 0u64;
    let mut count = |number: u64, each: usize| {
        memory = memory.saturating_add(number.saturating_mul(each as u64));
    };
    (rest.byte()? == HEADER).then_some(())?;
    let mut next = rest.byte()?;
    if next == PROPERTIES {
        while rest.byte()? != END {
            let size = rest.number()?;
            rest.take(size)?;
        }
        next = rest.byte()?;
    }
    if next == STREAMS {
        next = rest.byte()?;
        if next == PACKS {
            let packs = rest.packs()?;
            count(packs.count, 3 * size_of::<u64>());
            next = rest.byte()?;
        }
        let mut folders = Vec::new();
        if next == FOLDERS {
            folders = rest.folders()?;
            next = rest.byte()?;
        }
        for folder in &folders {
            count(1, size_of::<Block>() + 6 * (size_of::<u64>() + PIECE));
            count(u64::from(folder.coders), size_of::<Coder>() + 3 * PIECE);
            need.blocks.push(folder.memory);
        }
        if next == PARTS {
            count(rest.parts(&folders)?, 3 * size_of::<u64>() + 1);
            next = rest.byte()?;
        }
        (next == END).then_some(())?;
        next = rest.byte()?;
    }
    if next == FILES {
        let files = rest.number()?;
        // more than there are bytes is refused
        let files = files.min(length);
        count(files, size_of::<ArchiveEntry>() + size_of::<Option<usize>>() + PIECE);
    }
    need.directory = memory;
    Some(need)
}

/// A directory that is packed itself.
struct Packed<'b> {
    at: u64,
    size: u64,
    unpacked: u64,
    /// How, where one decoder is enough to unpack it.
    method: Option<Method<'b>>,
    encrypted: bool,
}

/// How something is packed.
#[derive(Clone, Copy)]
struct Method<'b> {
    id: &'b [u8],
    properties: &'b [u8],
}

impl<'b> Packed<'b> {
    fn of(directory: &'b [u8]) -> Option<Self> {
        let mut rest = Bytes::new(directory);
        rest.byte()?;
        (rest.byte()? == PACKS).then_some(())?;
        let packs = rest.packs()?;
        (rest.byte()? == FOLDERS).then_some(())?;
        let folders = rest.folders()?;
        Some(Self {
            at: packs.at.checked_add(START as u64)?,
            size: packs.first?,
            unpacked: rest.unpacked?,
            method: rest.method.filter(|_| folders.first().is_some_and(|one| one.coders == 1)),
            encrypted: rest.encrypted,
        })
    }

    /// In KiB.
    fn memory(&self) -> u32 {
        self.method.map_or(0, |method| method.memory())
    }

    /// What the directory is when it is unpacked.
    fn unpack(
        &self,
        source: &mut dyn Seekable,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(Vec<u8>, Held), Failure> {
        if self.encrypted {
            return Err(Failure::Encrypted);
        }
        if self.unpacked > MOST {
            return Err(Bound::Memory.into());
        }
        source.seek(SeekFrom::Start(self.at))?;
        let packed = source.take(self.size);
        let Method { id, properties } = self.method.unwrap_or(Method { id: &[], properties: &[] });
        let mut reader: Box<dyn Read> = match (id, properties) {
            (EncoderMethod::ID_COPY, _) => Box::new(packed),
            (EncoderMethod::ID_LZMA, &[first, a, b, c, d, ..]) => {
                let dictionary = u32::from_le_bytes([a, b, c, d]);
                Box::new(LzmaReader::new_with_props(
                    packed,
                    self.unpacked,
                    first,
                    dictionary,
                    None,
                )?)
            }
            (EncoderMethod::ID_LZMA2, &[size, ..]) => {
                let dictionary = lzma2_dictionary(size).ok_or_else(unsound)?;
                Box::new(Lzma2Reader::new(packed, dictionary, None))
            }
            _ => return Err(Failure::Broken("its directory is packed in an unknown way".into())),
        };
        inside.part(&mut reader, |reader, inside| {
            read_all(&mut reader.take(self.unpacked), MOST, inside.budget())
        })
    }
}

impl Method<'_> {
    /// In KiB, what unpacking takes.
    fn memory(&self) -> u32 {
        match (self.id, self.properties) {
            (EncoderMethod::ID_LZMA, &[first, a, b, c, d, ..]) => {
                let dictionary = u32::from_le_bytes([a, b, c, d]);
                lzma_get_memory_usage_by_props(dictionary, first).unwrap_or(DECODER)
            }
            (EncoderMethod::ID_LZMA2, &[size, ..]) => {
                lzma2_dictionary(size).map_or(DECODER, lzma2_get_memory_usage)
            }
            (EncoderMethod::ID_PPMD, &[_, a, b, c, d, ..]) => {
                u32::from_le_bytes([a, b, c, d]).div_ceil(1024).saturating_add(64)
            }
            (EncoderMethod::ID_BZIP2, _) => DECODER,
            _ => 64,
        }
    }
}

/// How large the dictionary is for which LZMA2 writes `size`.
fn lzma2_dictionary(size: u8) -> Option<u32> {
    match size {
        0..40 => Some((2 | u32::from(size & 1)) << (size / 2 + 11)),
        40 => Some(u32::MAX),
        _ => None,
    }
}

/// What is packed and where.
struct Packs {
    at: u64,
    count: u64,
    first: Option<u64>,
}

/// What a folder, which the crate calls a block, is packed with. Few bytes, since there may be many.
struct Folder {
    /// In KiB, what all of its coders take together.
    memory: u32,
    coders: u8,
    /// How many numbers say how large what comes out of them is.
    outs: u8,
    /// Whether there is a checksum of all it holds.
    checked: bool,
}

/// The rest of a directory, and what the first folder in it is.
struct Bytes<'b> {
    rest: &'b [u8],
    too_many: bool,
    /// The first of its coders.
    method: Option<Method<'b>>,
    encrypted: bool,
    /// What comes out of that.
    unpacked: Option<u64>,
}

impl<'b> Bytes<'b> {
    fn new(rest: &'b [u8]) -> Self {
        Self { rest, too_many: false, method: None, encrypted: false, unpacked: None }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, count: u64) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(count).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    /// A number of one to nine bytes; the ones that the first begins with say how many follow.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let more = first.leading_ones();
        let mut bytes = [0; 8];
        for byte in bytes.iter_mut().take(more as usize) {
            *byte = self.byte()?;
        }
        // what is left of the first is the highest part of it
        let high = if more < 7 { u64::from(first & (0x7f >> more)) } else { 0 };
        Some(u64::from_le_bytes(bytes) | high << (8 * more.min(7)))
    }

    /// One bit for each of `count` things, or a byte that says that all are set. Answers how many
    /// are.
    fn bits(&mut self, count: u64) -> Option<u64> {
        if self.byte()? != 0 {
            return Some(count);
        }
        let bits = self.take(count.div_ceil(8))?;
        let set: u64 = bits.iter().map(|byte| u64::from(byte.count_ones())).sum();
        // those behind the last mean nothing
        let spare = (bits.len() as u64 * 8 - count) as u32;
        let behind =
            bits.last().map_or(0, |last| (last & ((1u16 << spare) - 1) as u8).count_ones());
        Some(set - u64::from(behind))
    }

    fn checksums(&mut self, count: u64) -> Option<()> {
        let defined = self.bits(count)?;
        self.take(defined.checked_mul(4)?).map(drop)
    }

    fn packs(&mut self) -> Option<Packs> {
        let mut packs = Packs { at: self.number()?, count: self.number()?, first: None };
        let mut next = self.byte()?;
        if next == SIZE {
            for _ in 0..packs.count {
                let size = self.number()?;
                packs.first = packs.first.or(Some(size));
            }
            next = self.byte()?;
        }
        if next == CRC {
            self.checksums(packs.count)?;
            next = self.byte()?;
        }
        (next == END).then_some(packs)
    }

    fn folders(&mut self) -> Option<Vec<Folder>> {
        (self.byte()? == FOLDER).then_some(())?;
        let count = self.number()?;
        // they stand elsewhere
        (self.byte()? == 0).then_some(())?;
        self.too_many = count > MOST_FOLDERS;
        (!self.too_many).then_some(())?;
        let mut folders = Vec::new();
        for number in 0..count {
            folders.push(self.folder(number == 0)?);
        }
        (self.byte()? == UNPACKED_SIZE).then_some(())?;
        for folder in &mut folders {
            for _ in 0..folder.outs {
                let size = self.number()?;
                self.unpacked = self.unpacked.or(Some(size));
            }
        }
        let mut next = self.byte()?;
        if next == CRC {
            let (all, defined) = self.rest.split_first()?;
            self.checksums(count)?;
            for (at, folder) in folders.iter_mut().enumerate() {
                let bit = defined.get(at / 8).is_some_and(|byte| byte & (0x80 >> (at % 8)) != 0);
                folder.checked = *all != 0 || bit;
            }
            next = self.byte()?;
        }
        (next == END).then_some(folders)
    }

    fn folder(&mut self, is_first: bool) -> Option<Folder> {
        let coders = self.number()?;
        (coders <= MOST_CODERS).then_some(())?;
        let (mut ins, mut outs, mut memory) = (0u64, 0u64, 0u32);
        for _ in 0..coders {
            let flags = self.byte()?;
            let id = self.take(u64::from(flags & 0x0f))?;
            let (into, out) =
                if flags & 0x10 == 0 { (1, 1) } else { (self.number()?, self.number()?) };
            ins = ins.checked_add(into)?;
            outs = outs.checked_add(out)?;
            let mut properties: &[u8] = &[];
            if flags & 0x20 != 0 {
                let size = self.number()?;
                properties = self.take(size)?;
            }
            let method = Method { id, properties };
            memory = memory.saturating_add(method.memory());
            if is_first {
                self.encrypted |= id == EncoderMethod::ID_AES256_SHA256;
                self.method = self.method.or(Some(method));
            }
        }
        let pairs = outs.checked_sub(1)?;
        for _ in 0..pairs {
            self.number()?;
            self.number()?;
        }
        let packed = ins.checked_sub(pairs)?;
        if packed > 1 {
            for _ in 0..packed {
                self.number()?;
            }
        }
        let outs = u8::try_from(outs).ok()?;
        Some(Folder { memory, coders: coders as u8, outs, checked: false })
    }

    /// Answers how many files all folders hold.
    fn parts(&mut self, folders: &[Folder]) -> Option<u64> {
        let mut next = self.byte()?;
        let mut counts = vec![1u64; folders.len()];
        if next == COUNT {
            for count in &mut counts {
                *count = self.number()?;
            }
            next = self.byte()?;
        }
        if next == SIZE {
            for count in &counts {
                // the last one's follows from the folder's
                for _ in 1..*count {
                    self.number()?;
                }
            }
            next = self.byte()?;
        }
        if next == CRC {
            let mut missing = 0u64;
            for (count, folder) in counts.iter().zip(folders) {
                if *count != 1 || !folder.checked {
                    missing = missing.checked_add(*count)?;
                }
            }
            self.checksums(missing)?;
            next = self.byte()?;
        }
        (next == END).then_some(())?;
        counts.iter().try_fold(0u64, |sum, count| sum.checked_add(*count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_every_length() {
        for (bytes, number) in [
            (&[0x00][..], 0),
            (&[0x7f], 127),
            (&[0x80, 0x80], 128),
            (&[0xbf, 0xff], 0x3fff),
            (&[0xc1, 0x02, 0x03], 0x1_0302),
            (&[0xfe, 1, 2, 3, 4, 5, 6, 7], 0x07_0605_0403_0201),
            (&[0xff, 1, 2, 3, 4, 5, 6, 7, 8], 0x0807_0605_0403_0201),
        ] {
            let mut rest = Bytes::new(bytes);
            assert_eq!(rest.number(), Some(number), "{bytes:x?}");
            assert!(rest.rest.is_empty());
            assert_eq!(Bytes::new(&bytes[..bytes.len() - 1]).number(), None);
        }
    }

    #[test]
    fn dictionaries_are_counted() {
        let method = |id, properties| Method { id, properties }.memory();
        assert!(method(EncoderMethod::ID_LZMA2, &[28]) > 64 * 1024);
        assert!(method(EncoderMethod::ID_LZMA2, &[40]) > 4 * 1024 * 1024 - 16);
        assert!(method(EncoderMethod::ID_LZMA, &[0x5d, 0, 0, 0, 4]) > 64 * 1024);
        assert!(method(EncoderMethod::ID_PPMD, &[6, 0, 0, 0, 0x80]) > 2 * 1024 * 1024);
    }

    /// What a directory says of its files is counted, up to what it could hold.
    #[test]
    fn a_number_of_files_is_memory() {
        let mut directory = vec![HEADER, FILES, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
        directory.resize(1 << 20, 0);
        let need = walk(&directory).unwrap();
        assert!(need.directory > 100 << 20, "{need:?}");
    }
}
