//! Seeds: *.ics *.vcf
#![no_main]
hallpass_fuzz::reader!("calendar");
