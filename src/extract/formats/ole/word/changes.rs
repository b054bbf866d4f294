//! Which text was deleted and is kept, and which was inserted: formats of characters say so, in
//! pages between the text. [MS-DOC] 2.9.33.

use super::super::compound::{u16_at, u32_at};
use super::fib::Fib;
use super::table_of;

/// More of them are not told apart.
const MOST: usize = 100_000;
const PAGE: usize = 512;
/// What says that text was deleted, and that it was inserted.
const DELETED: u16 = 0x0800;
const INSERTED: u16 = 0x0801;

/// Stretches of the stream that are marked, by where they begin.
#[derive(Default)]
pub(super) struct Changes {
    marked: Vec<Marked>,
    /// Whether there were more.
    pub(super) cut: bool,
}

struct Marked {
    start: u32,
    end: u32,
    deleted: bool,
    inserted: bool,
}

impl Changes {
    pub(super) fn read(main: &[u8], table: &[u8], fib: &Fib) -> Self {
        let mut changes = Self::default();
        // a page is looked at once, however often it is listed
        let mut pages: Vec<u32> =
            table_of(fib.formats.of(table), 4).map(|(_, _, page)| u32_at(page, 0)).collect();
        pages.sort_unstable();
        pages.dedup();
        for page in pages {
            let begin = (page & 0x003f_ffff) as usize * PAGE;
            if let Some(page) = main.get(begin..begin + PAGE) {
                changes.read_page(page);
            }
        }
        changes.marked.sort_by_key(|marked| (marked.start, marked.end));
        changes
    }

    /// Reads a page: where runs of text begin, and then where the format of each stands in it.
    fn read_page(&mut self, page: &[u8]) {
        let count = usize::from(page.last().copied().unwrap_or(0));
        for run in 0..count {
            let format = page.get((count + 1) * 4 + run).map_or(0, |at| usize::from(*at) * 2);
            let Some((size, format)) = page.get(format..).and_then(<[u8]>::split_first) else {
                continue;
            };
            let format = format.get(..usize::from(*size)).unwrap_or_default();
            let (deleted, inserted) = marks(format);
            let (start, end) = (u32_at(page, run * 4), u32_at(page, run * 4 + 4));
            if (deleted || inserted) && start < end {
                if self.marked.len() >= MOST {
                    self.cut = true;
                    return;
                }
                self.marked.push(Marked { start, end, deleted, inserted });
            }
        }
    }

    /// Whether the text at `offset` was deleted, whether it was inserted, and until where that
    /// holds.
    pub(super) fn at(&self, offset: u32) -> (bool, bool, u32) {
        let after = self.marked.partition_point(|marked| marked.start <= offset);
        let next = self.marked.get(after).map_or(u32::MAX, |marked| marked.start);
        match after.checked_sub(1).and_then(|at| self.marked.get(at)) {
            Some(marked) if offset < marked.end => {
                (marked.deleted, marked.inserted, marked.end.min(next))
            }
            _ => (false, false, next),
        }
    }
}

/// Whether a format says that its text was deleted or inserted.
fn marks(mut format: &[u8]) -> (bool, bool) {
    let (mut deleted, mut inserted) = (false, false);
    while let [low, high, behind @ ..] = format {
        let what = u16::from_le_bytes([*low, *high]);
        let set = behind.first().is_some_and(|value| *value != 0);
        match what {
            DELETED => deleted = set,
            INSERTED => inserted = set,
            _ => {}
        }
        // how many bytes what is said takes is part of what it is
        let size = match what >> 13 {
            0 | 1 => 1,
            2 | 4 | 5 => 2,
            3 => 4,
            7 => 3,
            _ => 1 + usize::from(u16_at(behind, 0) & 0xff),
        };
        format = behind.get(size..).unwrap_or_default();
    }
    (deleted, inserted)
}
