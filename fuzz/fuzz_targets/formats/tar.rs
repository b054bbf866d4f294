//! Seeds: *.tar
#![no_main]
hallpass_fuzz::reader!("tar");
