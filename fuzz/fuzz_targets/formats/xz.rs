//! Seeds: *.xz
#![no_main]
hallpass_fuzz::reader!("xz", hallpass_fuzz::xz);
