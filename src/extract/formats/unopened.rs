//! Archives and the like that are known and not opened: they are told, lest they pass for searched.

use super::Format;
use crate::extract::unpack::Failure;

/// By the marks that they begin with.
pub(super) const UNOPENED: Format = Format {
    name: "archive",
    fits: |head| kind_of(head).is_some(),
    read: |source, _| {
        let mut head = [0; LONGEST];
        let mut filled = 0;
        let stream = source.stream()?;
        while let Some(rest) = head.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match stream.read(rest)? {
                0 => break,
                count => filled += count,
            }
        }
        let kind = kind_of(&head).unwrap_or("other");
        Err(Failure::Broken(format!("{kind} archives are not opened; it was searched as it is")))
    },
};

/// The longest mark.
const LONGEST: usize = 21;

/// Sources: each format's own description.
const MARKS: [(&[u8], &str); 13] = [
    (b"Rar!\x1a\x07", "RAR"),
    (b"MSCF\0\0\0\0", "cabinet"),
    (b"\x04\x22\x4d\x18", "LZ4"),
    (b"LZIP\x01", "lzip"),
    (b"\xed\xab\xee\xdb", "RPM"),
    (b"!<arch>\ndebian-binary", "Debian"),
    (b"\x89LZO\0\r\n\x1a\n", "LZO"),
    (b"\xff\x06\0\0sNaPpY", "Snappy"),
    // of 16 bits and in blocks, as it is written everywhere
    (b"\x1f\x9d\x90", "compress"),
    (b"xar!\0\x1c", "xar"),
    (b"hsqs", "SquashFS"),
    (b"MSWIM\0\0\0", "WIM"),
    // what Exchange makes of mail: winmail.dat
    (b"\x78\x9f\x3e\x22", "TNEF"),
];

fn kind_of(head: &[u8]) -> Option<&'static str> {
    MARKS.iter().find_map(|(mark, kind)| head.starts_with(mark).then_some(*kind))
}
