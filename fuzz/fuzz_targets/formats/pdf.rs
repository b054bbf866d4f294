//! Seeds: *.pdf
#![no_main]
hallpass_fuzz::reader!("PDF");
