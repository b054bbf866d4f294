//! Seeds: *.lzma
#![no_main]
hallpass_fuzz::reader!("lzma", hallpass_fuzz::lzma);
