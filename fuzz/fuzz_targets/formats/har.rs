//! Seeds: *.har
#![no_main]
hallpass_fuzz::reader!("HAR");
