//! Seeds: *.rtf
#![no_main]
hallpass_fuzz::reader!("RTF");
