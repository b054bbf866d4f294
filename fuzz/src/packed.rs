//! Compressors, so that a target's bytes reach what stands behind a checksum.

use std::io::Write as _;

use lzma_rust2::{LzmaOptions, LzmaWriter, XzOptions, XzWriter};

/// As `gzip` writes it.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).and_then(|()| out.finish()).expect("memory can be written to")
}

/// As `bzip2` writes it.
pub fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut out = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::fast());
    out.write_all(bytes).and_then(|()| out.finish()).expect("memory can be written to")
}

/// As `xz` writes it.
pub fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut out = XzWriter::new(Vec::new(), XzOptions::with_preset(0)).expect("known options");
    out.write_all(bytes).and_then(|()| out.finish()).expect("memory can be written to")
}

/// As `lzma` writes it.
pub fn lzma(bytes: &[u8]) -> Vec<u8> {
    let mut out = LzmaWriter::new_use_header(Vec::new(), &LzmaOptions::with_preset(0), None)
        .expect("known options");
    out.write_all(bytes).and_then(|()| out.finish()).expect("memory can be written to")
}

/// As `zstd` writes it.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}
