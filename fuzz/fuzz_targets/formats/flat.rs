//! Seeds: *.fodt *.fods
#![no_main]
hallpass_fuzz::reader!("OpenDocument");
