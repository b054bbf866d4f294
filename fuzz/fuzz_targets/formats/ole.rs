//! Seeds: *.doc *.xls *.ppt *.msg
#![no_main]
hallpass_fuzz::reader!("OLE");
