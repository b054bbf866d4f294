//! Seeds: *.eml
#![no_main]
hallpass_fuzz::reader!("mail");
