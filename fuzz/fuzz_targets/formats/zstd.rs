//! Seeds: *.zst
#![no_main]
hallpass_fuzz::reader!("zstd", hallpass_fuzz::zstd);
