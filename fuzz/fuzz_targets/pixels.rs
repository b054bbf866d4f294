//! Any bytes through the decoders of pictures: what comes out is of the size that was said, and no
//! more is held than may be.

#![no_main]

use std::io::Cursor;

use hallpass::extract::ocr::Gray;
use hallpass::extract::unpack::budget::{Budget, Limits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let budget = Budget::new(Limits::default());
    let Ok(Some((gray, _held))) = Gray::decode(&mut Cursor::new(bytes), &budget) else { return };
    let (width, height) = gray.size();
    if width * height > 1 << 20 {
        return;
    }
    let mut out = Vec::new();
    gray.write(&mut out).expect("memory can be written");
    assert!(out.len() > width * height);
});
