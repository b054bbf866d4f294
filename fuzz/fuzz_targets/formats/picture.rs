//! Seeds: *.png *.jpg
#![no_main]
hallpass_fuzz::reader!("a picture");
