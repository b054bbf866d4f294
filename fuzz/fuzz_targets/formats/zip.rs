//! Seeds: *.zip *.whl *.pyz *.jar
#![no_main]
hallpass_fuzz::reader!("zip");
