//! Seeds: *.rar
#![no_main]
hallpass_fuzz::reader!("archive");
