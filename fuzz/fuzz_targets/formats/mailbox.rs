//! Seeds: *.mbox *.eml
#![no_main]
hallpass_fuzz::reader!("mailbox");
