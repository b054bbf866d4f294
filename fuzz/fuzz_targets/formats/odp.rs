//! Seeds: *.odp
#![no_main]
hallpass_fuzz::reader!(
    "zip",
    [
        "mimetype=application/vnd.oasis.opendocument.presentation",
        "content.xml",
        "styles.xml",
        "meta.xml",
    ]
);
