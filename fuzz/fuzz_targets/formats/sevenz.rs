//! Seeds: *.7z
#![no_main]
hallpass_fuzz::reader!("7z");
