//! Seeds: *.tbz2
#![no_main]
hallpass_fuzz::reader!("bzip2", hallpass_fuzz::bzip2);
