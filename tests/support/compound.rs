//! Writes compound files by hand, so that they may lie: [MS-CFB], version 3.

/// A number that ends a chain.
pub(crate) const END: u32 = 0xffff_fffe;
const FREE: u32 = 0xffff_ffff;
const TABLE: u32 = 0xffff_fffd;
const SECTOR: usize = 512;

/// A file system in a file.
#[derive(Default)]
pub(crate) struct Compound {
    /// The bytes of each sector.
    pub(crate) sectors: Vec<u8>,
    /// Which sector follows each.
    pub(crate) next: Vec<u32>,
    entries: Vec<Entry>,
    /// Where the sector is that lists further sectors of the table.
    pub(crate) more_table: Option<u32>,
}

/// An entry of the directory.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: u8,
    pub(crate) left: u32,
    pub(crate) right: u32,
    pub(crate) child: u32,
    pub(crate) start: u32,
    pub(crate) size: u64,
}

impl Compound {
    /// One with a root.
    pub(crate) fn new() -> Self {
        let mut file = Self::default();
        file.entry("Root Entry", 5, END, 0);
        file
    }

    /// Adds an entry to the directory; answers its number.
    pub(crate) fn entry(&mut self, name: &str, kind: u8, start: u32, size: u64) -> usize {
        let (left, right, child) = (FREE, FREE, FREE);
        let name = name.to_owned();
        self.entries.push(Entry { name, kind, left, right, child, start, size });
        self.entries.len() - 1
    }

    /// Adds a stream to a storage; answers its number. Each is laid in sectors of the usual size.
    pub(crate) fn stream(&mut self, storage: usize, name: &str, bytes: &[u8]) -> usize {
        let start = self.sectors(bytes);
        let stream = self.entry(name, 2, start, bytes.len() as u64);
        self.put(storage, stream);
        stream
    }

    /// Adds a storage to a storage; answers its number.
    pub(crate) fn storage(&mut self, storage: usize, name: &str) -> usize {
        let inner = self.entry(name, 1, 0, 0);
        self.put(storage, inner);
        inner
    }

    /// Puts an entry into a storage, before all that is there.
    pub(crate) fn put(&mut self, storage: usize, entry: usize) {
        let first = std::mem::replace(&mut self.entries[storage].child, entry as u32);
        self.entries[entry].right = first;
    }

    /// An entry, to be changed.
    pub(crate) fn at(&mut self, entry: usize) -> &mut Entry {
        &mut self.entries[entry]
    }

    /// Lays bytes in sectors; answers the first.
    pub(crate) fn sectors(&mut self, bytes: &[u8]) -> u32 {
        let start = self.next.len() as u32;
        for chunk in bytes.chunks(SECTOR) {
            self.sectors.extend(chunk);
            self.sectors.resize(self.sectors.len().next_multiple_of(SECTOR), 0);
            self.next.push(self.next.len() as u32 + 1);
        }
        match self.next.last_mut() {
            Some(last) if !bytes.is_empty() => *last = END,
            _ => return END,
        }
        start
    }

    /// The file.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let mut directory = Vec::new();
        for entry in &self.entries {
            let mut name: Vec<u8> = entry.name.encode_utf16().flat_map(u16::to_le_bytes).collect();
            name.truncate(62);
            let length = name.len() as u16 + 2;
            name.resize(64, 0);
            directory.extend(name);
            directory.extend(length.to_le_bytes());
            directory.extend([entry.kind, 1]);
            for number in [entry.left, entry.right, entry.child] {
                directory.extend(number.to_le_bytes());
            }
            directory.extend([0; 36]);
            directory.extend(entry.start.to_le_bytes());
            directory.extend(entry.size.to_le_bytes());
        }
        let directory = self.sectors(&directory);
        let mut count = 1;
        while count * 128 < self.next.len() + count {
            count += 1;
        }
        let first = self.next.len();
        self.next.extend(std::iter::repeat_n(TABLE, count));
        self.next.resize(count * 128, FREE);
        for number in std::mem::take(&mut self.next) {
            self.sectors.extend(number.to_le_bytes());
        }
        let mut table: Vec<u32> = (first as u32..(first + count) as u32).collect();
        // the rest of a long table is listed in one sector, which nothing else could be
        let rest = table.split_off(table.len().min(109));
        table.resize(109, FREE);
        let mut more = self.more_table.unwrap_or(END);
        for (number, part) in rest.chunks(127).enumerate() {
            let here = (self.sectors.len() / SECTOR) as u32;
            if number == 0 {
                more = here;
            }
            let mut part = part.to_vec();
            part.resize(127, FREE);
            part.push(if (number + 1) * 127 < rest.len() { here + 1 } else { END });
            part.iter().for_each(|place| self.sectors.extend(place.to_le_bytes()));
        }
        let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
        file.extend([0; 16]);
        for short in [0x3e_u16, 3, 0xfffe, 9, 6, 0, 0, 0] {
            file.extend(short.to_le_bytes());
        }
        // streams of any size are laid in sectors of the usual size
        for long in [0, count as u32, directory, 0, 0, END, 0, more, 0] {
            file.extend(long.to_le_bytes());
        }
        table.iter().for_each(|place| file.extend(place.to_le_bytes()));
        file.extend(self.sectors);
        file
    }
}
