//! Seeds: *.xlsx
#![no_main]
hallpass_fuzz::reader!(
    "zip",
    [
        "xl/worksheets/sheet1.xml",
        "xl/sharedStrings.xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/comments/comment1.xml",
    ]
);
