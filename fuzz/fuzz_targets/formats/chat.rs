//! Seeds: general.json messages-of-a-meeting.json canvas-help.json
#![no_main]
hallpass_fuzz::reader!("chat export");
