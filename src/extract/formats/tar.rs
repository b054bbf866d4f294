//! Tar archives: the old format, POSIX' and GNU's. Long names are read here, since the crate
//! would read one of any length.

use std::io::{BufReader, Read};

use super::Format;
use crate::extract::unpack::source::Source;
use crate::extract::unpack::{Failure, Inside};

/// POSIX ustar and pax, GNU tar, and the format before them.
pub(super) const TAR: Format = Format { name: "tar", fits, read };

/// What it is made of.
const BLOCK: usize = 512;
/// So many blocks of zeros are passed over between two looks at the clock.
const BLOCKS_A_TICK: u64 = 4096;
/// What is called what follows an archive's end and is none itself.
const BEHIND: &str = "what follows its end";
/// Where a header's checksum stands.
const CHECKSUM: std::ops::Range<usize> = 148..156;
/// The longest name or extended header that is read.
const LONGEST_NAME: u64 = 64 * 1024;

/// Tells tar by its mark, and the format before it by the checksum of its first header.
fn fits(head: &[u8]) -> bool {
    let Some(header) = head.get(..512) else {
        return false;
    };
    // most files are turned down by this byte: a number ends with a zero byte or a blank
    let sum = &header[CHECKSUM];
    if !matches!(sum[6..], [0 | b' ', _] | [_, 0 | b' ']) || header[0] == 0 {
        return false;
    }
    let Ok(text) = std::str::from_utf8(sum) else {
        return false;
    };
    let Ok(written) = u32::from_str_radix(text.trim_matches(['\0', ' ']), 8) else {
        return false;
    };
    let all: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    let own: u32 = sum.iter().map(|byte| u32::from(*byte)).sum();
    written == all - own + 8 * u32::from(b' ')
}

/// Archives may follow one another: each ends with blocks of zeros.
fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    let mut rest = BufReader::new(source.stream()?);
    let mut first = Vec::new();
    loop {
        read_one(&mut (&first[..]).chain(&mut rest), inside)?;
        first = next_block(&mut rest, inside)?;
        if first.is_empty() {
            return Ok(());
        }
        if !fits(&first) {
            return inside.member(BEHIND, &mut (&first[..]).chain(&mut rest));
        }
    }
}

/// The next block that is not all zeros; empty at the end.
fn next_block(rest: &mut impl Read, inside: &Inside<'_, '_>) -> Result<Vec<u8>, Failure> {
    let mut block = Vec::with_capacity(BLOCK);
    for at in 0u64.. {
        if at.is_multiple_of(BLOCKS_A_TICK) {
            inside.budget().tick()?;
        }
        block.clear();
        rest.by_ref().take(BLOCK as u64).read_to_end(&mut block)?;
        if block.len() < BLOCK || block.iter().any(|byte| *byte != 0) {
            break;
        }
    }
    if block.iter().all(|byte| *byte == 0) {
        block.clear();
    }
    Ok(block)
}

fn read_one(archive: &mut dyn Read, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    let mut archive = tar::Archive::new(archive);
    // what a header before the file's own says its name is
    let mut name: Option<Vec<u8>> = None;
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
            let mut bytes = Vec::new();
            entry.by_ref().take(LONGEST_NAME).read_to_end(&mut bytes)?;
            name = if kind.is_gnu_longname() {
                bytes.truncate(memchr::memchr(0, &bytes).unwrap_or(bytes.len()));
                Some(bytes)
            } else {
                pax_path(&bytes).map(<[u8]>::to_vec).or(name)
            };
            continue;
        }
        let path = name.take().unwrap_or_else(|| entry.path_bytes().into_owned());
        // links and folders have names only; a sparse file's parts follow one another
        let holds = kind.is_file()
            || kind.is_contiguous()
            || kind.is_gnu_sparse()
            || !(kind.is_dir() || kind.is_symlink() || kind.is_hard_link() || entry.size() == 0);
        if holds {
            inside.member(&String::from_utf8_lossy(&path), &mut entry)?;
        }
    }
    Ok(())
}

/// The path in an extended header: records `LENGTH KEY=VALUE\n`. POSIX.1-2017, pax.
fn pax_path(mut bytes: &[u8]) -> Option<&[u8]> {
    let mut path = None;
    while let Some(blank) = memchr::memchr(b' ', bytes) {
        let length: usize = std::str::from_utf8(bytes.get(..blank)?).ok()?.parse().ok()?;
        let Some(record) = bytes.get(blank + 1..length.checked_sub(1)?) else {
            break;
        };
        if let Some(value) = record.strip_prefix(b"path=") {
            path = Some(value);
        }
        bytes = bytes.get(length..)?;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_extended_headers() {
        assert_eq!(pax_path(b"20 mtime=1700000000\n14 path=a b/c\n"), Some(&b"a b/c"[..]));
        assert_eq!(pax_path(b"99 path=x\n"), None);
        assert_eq!(pax_path(b"0 path=x\n"), None);
    }
}
