//! Seeds: *.ipynb
#![no_main]
hallpass_fuzz::reader!("notebook");
