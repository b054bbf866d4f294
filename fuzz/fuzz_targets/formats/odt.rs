//! Seeds: *.odt
#![no_main]
hallpass_fuzz::reader!(
    "zip",
    [
        "mimetype=application/vnd.oasis.opendocument.text",
        "content.xml",
        "styles.xml",
        "meta.xml",
    ]
);
