//! Compound files: a file system in a file, whose streams lie in sectors scattered over it.
//! [MS-CFB].
//!
//! Read by code of our own: the crate for it (`cfb`) refuses a whole file for one wrong link
//! between sectors, which is what a file cut short has, and holds several times the size of a
//! directory that may be as large as the file. Here a chain may end in nothing, and what is held
//! is asked for: four bytes a sector and a bounded directory.

use std::io::{self, Read, SeekFrom};
use std::rc::Rc;

use crate::extract::unpack::Failure;
use crate::extract::unpack::budget::{Budget, Held};
use crate::extract::unpack::source::Seekable;

/// What every compound file begins with.
pub(super) const MAGIC: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// The storage that holds all others.
pub(super) const ROOT: usize = 0;
/// Entries beyond these are not read: a file may have as many members.
const MOST_ENTRIES: usize = 100_000;
/// What an entry takes in memory, at most.
const ENTRY_HELD: u64 = 256;
const ENTRY: usize = 128;
const HEADER: u64 = 512;
/// How many of the sectors that say where the table stands are listed in the header.
const IN_HEADER: usize = 109;
/// Numbers from here on are no sectors.
const LAST_SECTOR: u32 = 0xffff_fffa;
const MINI_SHIFT: u32 = 6;

/// An open compound file.
pub(super) struct Compound<'a> {
    file: &'a mut dyn Seekable,
    length: u64,
    shift: u32,
    /// The sector after each sector.
    next: Vec<u32>,
    /// The same for the small sectors of small streams.
    mini_next: Vec<u32>,
    /// The sectors that the small sectors lie in.
    mini: Vec<u32>,
    /// Streams of fewer bytes lie in small sectors.
    cutoff: u64,
    entries: Vec<Entry>,
    /// The entries by what they stand in.
    children: Vec<(u32, u32)>,
    /// Whether there were more entries than are read.
    pub(super) cut: bool,
    _held: Held,
}

struct Entry {
    name: String,
    kind: Kind,
    left: u32,
    right: u32,
    child: u32,
    start: u32,
    size: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Storage,
    Stream,
    None,
}

impl<'a> Compound<'a> {
    /// Reads where everything is.
    pub(super) fn open(file: &'a mut dyn Seekable, budget: &Rc<Budget>) -> Result<Self, Failure> {
        let length = file.seek(SeekFrom::End(0))?;
        let mut header = [0; HEADER as usize];
        file.seek(SeekFrom::Start(0))?;
        file.read_exact(&mut header)?;
        let shift = u32::from(u16_at(&header, 30));
        if !header.starts_with(MAGIC) || !matches!(shift, 9 | 12) {
            return Err(Failure::Broken("its header is damaged".to_owned()));
        }
        // whatever the tables say, a file has no more sectors than it has room for
        let sectors = u32::try_from(length.div_ceil(1 << shift).saturating_sub(1))
            .ok()
            .filter(|sectors| *sectors < LAST_SECTOR)
            .ok_or_else(|| Failure::Broken("it is too large for its format".to_owned()))?;
        let mut held = budget.hold(u64::from(sectors) * 4)?;
        let mut compound = Self {
            file,
            length,
            shift,
            next: Vec::new(),
            mini_next: Vec::new(),
            mini: Vec::new(),
            cutoff: u64::from(u32_at(&header, 56)),
            entries: Vec::new(),
            children: Vec::new(),
            cut: false,
            _held: budget.hold(0)?,
        };
        compound.read_table(&header, sectors)?;
        compound.read_directory(u32_at(&header, 48), &mut held)?;
        let (start, size) =
            compound.entries.first().map_or((LAST_SECTOR, 0), |root| (root.start, root.size));
        let minis = size.div_ceil(1 << MINI_SHIFT).min(u64::from(sectors) << (shift - MINI_SHIFT));
        held.grow(minis * 4 + minis / 2)?;
        compound.mini = compound.chain(start, (minis << MINI_SHIFT).div_ceil(1 << shift));
        for sector in compound.chain(u32_at(&header, 60), (minis * 4).div_ceil(1 << shift)) {
            // streams that need what is missing are cut short
            let Ok(bytes) = compound.sector(sector) else { break };
            compound.mini_next.extend(numbers(&bytes));
        }
        compound._held = held;
        compound.settle();
        Ok(compound)
    }

    /// Reads the table of which sector follows which. Where a part of it is missing, no sector
    /// follows.
    fn read_table(&mut self, header: &[u8], sectors: u32) -> Result<(), Failure> {
        let count = sectors as usize;
        self.next.reserve_exact(count);
        let mut part: Vec<u32> = numbers(header.get(76..).unwrap_or_default()).collect();
        part.truncate(IN_HEADER);
        let mut more = u32_at(header, 68);
        loop {
            for place in &part {
                if self.next.len() >= count {
                    return Ok(());
                }
                let room = count - self.next.len();
                match self.sector(*place) {
                    Ok(bytes) => self.next.extend(numbers(&bytes).take(room)),
                    Err(_) => {
                        let missing = (1 << (self.shift - 2)).min(room);
                        self.next.resize(self.next.len() + missing, LAST_SECTOR);
                    }
                }
            }
            // each part names at least a sector, so that going in circles comes to an end
            let Ok(bytes) = self.sector(more) else { break };
            part = numbers(&bytes).collect();
            more = part.pop().unwrap_or(LAST_SECTOR);
        }
        self.next.resize(count, LAST_SECTOR);
        Ok(())
    }

    fn read_directory(&mut self, start: u32, held: &mut Held) -> Result<(), Failure> {
        let most = (MOST_ENTRIES * ENTRY) as u64 >> self.shift;
        let chain = self.chain(start, most + 1);
        self.cut = chain.len() as u64 > most;
        for sector in chain {
            // what of it is missing is told when something is not found
            let Ok(bytes) = self.sector(sector) else { break };
            held.grow((bytes.len() / ENTRY) as u64 * ENTRY_HELD)?;
            self.entries.extend(bytes.chunks_exact(ENTRY).map(Entry::parse));
        }
        if self.entries.is_empty() {
            return Err(Failure::Broken("its directory is damaged".to_owned()));
        }
        Ok(())
    }

    /// Finds out what stands in which storage. What stands in none stands in the root: nothing
    /// is hidden by a wrong link.
    fn settle(&mut self) {
        let mut seen = vec![false; self.entries.len()];
        if let Some(root) = seen.first_mut() {
            *root = true;
        }
        let mut open: Vec<(u32, u32)> = Vec::new();
        let mut roots = 0..self.entries.len();
        loop {
            while let Some((entry, parent)) = open.pop() {
                let at = entry as usize;
                let Some((found, seen)) = self.entries.get(at).zip(seen.get_mut(at)) else {
                    continue;
                };
                if std::mem::replace(seen, true) {
                    continue;
                }
                if found.kind != Kind::None {
                    self.children.push((parent, entry));
                }
                open.extend([(found.left, parent), (found.right, parent)]);
                if found.kind == Kind::Storage {
                    open.push((found.child, entry));
                }
            }
            let Some(root) = roots.next() else { break };
            match self.entries.get(root) {
                Some(entry) if root == ROOT => open.push((entry.child, ROOT as u32)),
                Some(entry) if entry.kind != Kind::None => open.push((root as u32, ROOT as u32)),
                _ => {}
            }
        }
        self.children.sort_unstable();
    }

    /// What stands in a storage, in the order of the directory.
    pub(super) fn children(&self, storage: usize) -> impl Iterator<Item = usize> + '_ {
        let storage = storage as u32;
        let first = self.children.partition_point(|(parent, _)| *parent < storage);
        let children = self.children.get(first..).unwrap_or_default();
        children
            .iter()
            .take_while(move |(parent, _)| *parent == storage)
            .map(|(_, entry)| *entry as usize)
    }

    /// The entry of this name in a storage.
    pub(super) fn find(&self, storage: usize, name: &str) -> Option<usize> {
        self.children(storage).find(|entry| self.name(*entry).eq_ignore_ascii_case(name))
    }

    /// The name of an entry.
    pub(super) fn name(&self, entry: usize) -> &str {
        self.entries.get(entry).map_or("", |entry| entry.name.as_str())
    }

    /// Whether an entry holds others.
    pub(super) fn is_storage(&self, entry: usize) -> bool {
        self.entries.get(entry).is_some_and(|entry| entry.kind == Kind::Storage)
    }

    /// How many bytes a stream says that it has.
    pub(super) fn size(&self, entry: usize) -> u64 {
        self.entries.get(entry).map_or(0, |entry| entry.size)
    }

    /// A stream from its beginning.
    pub(super) fn stream(&mut self, entry: usize) -> Stream<'_, 'a> {
        let (start, size) =
            self.entries.get(entry).map_or((LAST_SECTOR, 0), |entry| (entry.start, entry.size));
        let small = size < self.cutoff && entry != ROOT;
        let steps = if small { self.mini_next.len() } else { self.next.len() } as u64;
        Stream { compound: self, small, sector: start, within: 0, left: size, steps }
    }

    /// The sectors of a chain, at most `most` of them.
    fn chain(&self, start: u32, most: u64) -> Vec<u32> {
        let mut chain = Vec::new();
        let mut sector = start;
        // no more than there are: a chain may be a circle
        while (chain.len() as u64) < most.min(self.next.len() as u64)
            && let Some(next) = self.next.get(sector as usize)
        {
            chain.push(sector);
            sector = *next;
        }
        chain
    }

    /// Where a sector begins in the file.
    fn place(&self, sector: u32) -> u64 {
        (u64::from(sector) + 1) << self.shift
    }

    /// The bytes of a sector; the last of a file may be cut short.
    fn sector(&mut self, sector: u32) -> io::Result<Vec<u8>> {
        let place = self.place(sector);
        let size = self.length.saturating_sub(place).min(1 << self.shift);
        if size == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; size as usize];
        self.file.seek(SeekFrom::Start(place))?;
        self.file.read_exact(&mut bytes)?;
        bytes.resize(1 << self.shift, 0);
        Ok(bytes)
    }
}

impl Entry {
    fn parse(bytes: &[u8]) -> Self {
        let length = usize::from(u16_at(bytes, 64)).min(64);
        let units = bytes.get(..length).unwrap_or_default().chunks_exact(2);
        let units = units.map(|unit| u16_at(unit, 0)).take_while(|unit| *unit != 0);
        let name = char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect();
        let size = u64::from(u32_at(bytes, 120));
        // the upper half is not always cleared in files of version 3, and no stream is that large
        let upper = u64::from(u32_at(bytes, 124) & 0xff);
        Self {
            name,
            kind: match bytes.get(66) {
                Some(1 | 5) => Kind::Storage,
                Some(2) => Kind::Stream,
                _ => Kind::None,
            },
            left: u32_at(bytes, 68),
            right: u32_at(bytes, 72),
            child: u32_at(bytes, 76),
            start: u32_at(bytes, 116),
            size: size | upper << 32,
        }
    }
}

/// A stream that is being read.
pub(super) struct Stream<'c, 'a> {
    compound: &'c mut Compound<'a>,
    small: bool,
    sector: u32,
    /// How much of the sector has been read.
    within: u64,
    left: u64,
    /// How many sectors may follow: a chain may be a circle.
    steps: u64,
}

impl Stream<'_, '_> {
    fn next(&self) -> Option<u32> {
        let next = if self.small { &self.compound.mini_next } else { &self.compound.next };
        next.get(self.sector as usize).copied()
    }

    /// Where the sector begins in the file, and how many bytes it has.
    fn place(&self) -> Option<(u64, u64)> {
        let shift = self.compound.shift;
        if !self.small {
            return Some((self.compound.place(self.sector), 1 << shift));
        }
        let at = u64::from(self.sector) << MINI_SHIFT;
        let outer = *self.compound.mini.get((at >> shift) as usize)?;
        Some((self.compound.place(outer) + (at & ((1 << shift) - 1)), 1 << MINI_SHIFT))
    }
}

impl Read for Stream<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || into.is_empty() {
            return Ok(0);
        }
        let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let (place, size) = self.place().ok_or_else(cut)?;
        if self.within == size {
            self.sector = self.next().ok_or_else(cut)?;
            self.within = 0;
            self.steps = self.steps.checked_sub(1).ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidData, "its sectors go in a circle")
            })?;
            return self.read(into);
        }
        let begin = place + self.within;
        let wanted = self.left.min(into.len() as u64);
        let mut count = wanted.min(size - self.within);
        self.within += count;
        // sectors that stand one behind the other are read at once
        while count < wanted
            && let Some(next) = self.next().filter(|next| *next == self.sector.wrapping_add(1))
            && let Some(steps) = self.steps.checked_sub(1)
        {
            let before = std::mem::replace(&mut self.sector, next);
            if self.place().is_none_or(|(place, _)| place != begin + count) {
                self.sector = before;
                break;
            }
            self.steps = steps;
            self.within = size.min(wanted - count);
            count += self.within;
        }
        let there = count.min(self.compound.length.saturating_sub(begin)) as usize;
        let into = into.get_mut(..there).filter(|into| !into.is_empty()).ok_or_else(cut)?;
        self.compound.file.seek(SeekFrom::Start(begin))?;
        self.compound.file.read_exact(into)?;
        // what is missing of a file cut short is told by the next call
        self.left -= count;
        if (there as u64) < count {
            self.left = self.left.max(1);
            self.sector = LAST_SECTOR;
            self.small = false;
            self.within = 1 << self.compound.shift;
        }
        Ok(there)
    }
}

/// The number of two bytes at `at`; 0 where there are none.
pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

/// The number of four bytes at `at`; 0 where there are none.
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> + '_ {
    bytes.chunks_exact(4).map(|number| u32_at(number, 0))
}
