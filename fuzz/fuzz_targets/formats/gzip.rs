//! Seeds: *.gz *.rds
#![no_main]
hallpass_fuzz::reader!("gzip", hallpass_fuzz::gzip);
