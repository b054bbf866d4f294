//! Seeds: *.docx
#![no_main]
hallpass_fuzz::reader!(
    "zip",
    [
        "word/document.xml",
        "word/comments.xml",
        "word/_rels/document.xml.rels",
        "docProps/core.xml",
    ]
);
