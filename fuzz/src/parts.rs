//! Office files around the parts that are to be read.

use std::io::Write as _;

/// An archive, not compressed, that has the parts `names`: the bytes between zero bytes are their
/// texts, one after the other. A name with `=` brings its text along.
pub fn zip_of(names: &[&str], bytes: &[u8]) -> Vec<u8> {
    let mut texts = bytes.split(|byte| *byte == 0);
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for name in names {
        let (name, text) = match name.split_once('=') {
            Some((name, text)) => (name, text.as_bytes()),
            None => (*name, texts.next().unwrap_or_default()),
        };
        let mut crc = flate2::Crc::new();
        crc.update(text);
        let mut header = b"\x14\0\0\0\0\0\0\0\x21\x5c".to_vec();
        for number in [crc.sum(), text.len() as u32, text.len() as u32, name.len() as u32] {
            header.extend(number.to_le_bytes());
        }
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&header);
        directory.extend([0; 10]);
        directory.extend((out.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&header);
        out.extend(name.as_bytes());
        out.extend(text);
    }
    let (start, count) = (out.len() as u32, names.len() as u16);
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.write_all(&[0, 0]).expect("memory can be written to");
    out
}
