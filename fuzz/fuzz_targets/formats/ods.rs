//! Seeds: *.ods
#![no_main]
hallpass_fuzz::reader!(
    "zip",
    [
        "mimetype=application/vnd.oasis.opendocument.spreadsheet",
        "content.xml",
        "styles.xml",
        "meta.xml",
    ]
);
