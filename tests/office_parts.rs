//! Office files as other programs than the usual ones write them: parts under other names and in
//! other encodings, and text where one does not look for it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod hostile;
mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallpass::detect::Detectors;
use hallpass::extract::unpack::budget::Limits;
use hallpass::leaks::Searcher;
use hostile::zip;
use support::token;

const RELATIONS: &str = "<Relationships><Relationship Id=\"r1\" Target=\"worksheets/sheet1.xml\"/>\
    <Relationship Id=\"r2\" Target=\"NAME\"/></Relationships>";
const BOOK: &str = "<workbook><sheets><sheet name=\"G\" r:id=\"r1\"/></sheets></workbook>";

/// Where tokens are found in `bytes`, and what is not read of it.
fn search(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    let detectors = Detectors::embedded().unwrap();
    let searched = Searcher::new(&detectors).search_bytes(bytes, "x", &Limits::default());
    let mut found = Vec::new();
    for part in searched.parts {
        for leak in part.document.leaks {
            found.push(format!("{} {}", part.member, leak.place.unwrap_or_default()));
        }
    }
    let unread = searched.unread.into_iter().map(|one| format!("{} {}", one.member, one.message));
    (found, unread.collect())
}

/// Searches an archive of `parts`; all of it is read.
fn found(parts: &[(&str, &[u8])]) -> Vec<String> {
    let (found, unread) = search(&zip(parts));
    assert_eq!(unread, [""; 0]);
    found
}

/// A token in two runs, each in `element`.
fn split(seed: u64, element: &str) -> String {
    let token = token(seed);
    let (one, two) = token.split_at(20);
    format!("<r><{element}>{one}</{element}></r><r><{element}>{two}</{element}></r>")
}

fn document(seed: u64) -> String {
    format!("<w:document><w:p>{}</w:p></w:document>", split(seed, "w:t"))
}

fn utf_16(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn main_parts_have_other_names() {
    for name in ["word/document2.xml", "word\\document.xml", "Word/Document.xml"] {
        assert_eq!(found(&[(name, document(1).as_bytes())]), [" paragraph 1"], "{name}");
    }
    // a document of its own in an archive is none
    let other = found(&[("word/documentation.xml", token(1).as_bytes())]);
    assert_eq!(other, ["!word/documentation.xml "]);
}

#[test]
fn shared_strings_have_other_names() {
    let strings = format!("<sst><si>{}</si></sst>", split(2, "t"));
    let cells = "<worksheet><row r=\"1\"><c r=\"B1\" t=\"s\"><v>0</v></c></row></worksheet>";
    for (book, target, part) in [
        ("workbook", "sharedStrings.xml", "xl/sharedStrings.xml"),
        ("workbook2", "sharedStrings.xml", "xl/sharedStrings.xml"),
        ("workbook", "/xl/sharedStrings2.xml", "xl/sharedStrings2.xml"),
        ("workbook", "sharedStrings.xml", "xl/SharedStrings.xml"),
        ("workbook", "sharedStrings.xml", "xl\\sharedStrings.xml"),
    ] {
        let relations = RELATIONS.replace("NAME", target);
        let parts = [
            (&*format!("xl/{book}.xml"), BOOK.as_bytes()),
            (&*format!("xl/_rels/{book}.xml.rels"), relations.as_bytes()),
            ("xl/worksheets/sheet1.xml", cells.as_bytes()),
            (part, strings.as_bytes()),
        ];
        assert_eq!(found(&parts), [" sheet ‘G’, cell B1"], "{book} {part}");
    }
}

#[test]
fn what_stands_beside_the_cells_has_a_name() {
    let (header, rule) = (token(20), token(21));
    let (condition, link, tip) = (token(22), token(23), token(25));
    let cells = format!(
        "<worksheet><hyperlinks><hyperlink ref=\"C4:C5\" tooltip=\"is {tip}\" r:id=\"r9\"/></hyperlinks>\
         <conditionalFormatting><cfRule><formula>{condition}</formula></cfRule>\
         </conditionalFormatting><dataValidations><dataValidation><formula1>{rule}</formula1>\
         </dataValidation></dataValidations><headerFooter><evenFooter>{header}</evenFooter>\
         </headerFooter></worksheet>"
    );
    let other = token(26);
    let links = format!(
        "<Relationships><Relationship Id=\"r9\" TargetMode=\"External\" Target=\"https://x/?t={link}\"/>\
         <Relationship Id=\"r8\" TargetMode=\"External\" Target=\"https://x/?t={other}\"/></Relationships>"
    );
    let relations = RELATIONS.replace("NAME", "x.xml");
    let places = found(&[
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", cells.as_bytes()),
        ("xl/worksheets/_rels/sheet1.xml.rels", links.as_bytes()),
    ]);
    let due = [
        "a condition",
        "a rule for what a cell may hold",
        "a footer",
        // the tip, and where it leads
        "cell C4",
        "cell C4",
    ];
    let mut due = due.map(|what| format!(" sheet ‘G’, {what}")).to_vec();
    // one that no cell has
    due.push("!xl/worksheets/_rels/sheet1.xml.rels ".to_owned());
    assert_eq!(places, due);
}

#[test]
fn links_of_slides_have_the_slides_name() {
    let links = format!(
        "<Relationships><Relationship Target=\"https://x/?t={}\"/></Relationships>",
        token(24)
    );
    let relations =
        "<Relationships><Relationship Id=\"r1\" Target=\"slides/slide7.xml\"/></Relationships>";
    let found = found(&[
        (
            "ppt/presentation.xml",
            b"<presentation><sldIdLst><sldId r:id=\"r1\"/></sldIdLst></presentation>",
        ),
        ("ppt/_rels/presentation.xml.rels", relations.as_bytes()),
        ("ppt/slides/_rels/slide7.xml.rels", links.as_bytes()),
    ]);
    assert_eq!(found, [" slide 1, a link's target"]);
}

#[test]
fn parts_are_in_utf_16() {
    assert_eq!(found(&[("word/document.xml", &utf_16(&document(3)))]), [" paragraph 1"]);
}

#[test]
fn queries_are_an_archive_in_base64() {
    let query = format!("let Source = Json.Document(Web.Contents(u, [t = \"{}\"]))", token(4));
    let archive = zip(&[("Formulas/Section1.m", query.as_bytes())]);
    let length = (archive.len() as u32).to_le_bytes();
    let mashup = STANDARD.encode([&[0; 4], &length[..], &archive].concat());
    let item = format!("<DataMashup xmlns=\"http://x\">{mashup}</DataMashup>");
    for item in [item.as_bytes(), &utf_16(&item)] {
        let parts = [("xl/workbook.xml", BOOK.as_bytes()), ("customXml/item1.xml", item)];
        assert_eq!(found(&parts), ["!customXml/item1.xml!Formulas/Section1.m "]);
    }
    let (_, unread) = search(&zip(&[
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("customXml/item1.xml", b"<DataMashup>?</DataMashup>"),
    ]));
    assert_eq!(unread, ["!customXml/item1.xml its queries are no sound base64"]);
}

#[test]
fn charts_have_values() {
    let chart = format!("<c:chart><c:cat><c:pt><c:v>{}</c:v></c:pt></c:cat></c:chart>", token(5));
    let found = found(&[
        ("word/document.xml", b"<w:document/>"),
        ("word/charts/chart1.xml", chart.as_bytes()),
    ]);
    assert_eq!(found, [" the part charts/chart1.xml"]);
}

#[test]
fn comments_on_slides_have_runs() {
    let comment = format!("<cm><p>{}</p></cm>", split(6, "a:t"));
    let found = found(&[
        ("ppt/presentation.xml", b"<presentation/>"),
        ("ppt/comments/modernComment_1.xml", comment.as_bytes()),
    ]);
    assert_eq!(found, [" a comment"]);
}

/// An OpenDocument file of a kind, with content and other parts.
fn open_document(kind: &str, content: &str, others: &[(&str, &[u8])]) -> Vec<u8> {
    let kind = format!("application/vnd.oasis.opendocument.{kind}");
    let parts = [("mimetype", kind.as_bytes())];
    // copies stand before what they are copies of
    zip(&[&parts, others, &[("content.xml", content.as_bytes())]].concat())
}

fn found_in(kind: &str, content: &str, others: &[(&str, &[u8])]) -> Vec<String> {
    let (found, unread) = search(&open_document(kind, content, others));
    assert_eq!(unread, [""; 0]);
    found
}

#[test]
fn places_in_open_documents_are_right() {
    let token = token(7);
    let text = "<text:p>one</text:p><text:p>two</text:p>";
    for (content, due) in [
        (format!("{text}<text:p>{token}</text:p>"), " paragraph 3"),
        (
            format!("{text}<text:p><text:a xlink:href=\"{token}\">x</text:a></text:p>"),
            " paragraph 3",
        ),
        (
            format!("{text}<text:p><draw:frame><svg:desc>{token}</svg:desc></draw:frame></text:p>"),
            " paragraph 3",
        ),
        (format!("{text}<form:text form:value=\"{token}\"/>"), " its other data"),
    ] {
        assert_eq!(found_in("text", &content, &[]), [due], "{content}");
    }
    let table = "<table:table table:name=\"G\"><table:table-row><table:table-cell>";
    let end = "</table:table-cell></table:table-row>";
    for (content, due) in [
        (format!("{table}<text:p>{token}</text:p>{end}</table:table>"), " sheet ‘G’, cell A1"),
        (format!("{table}{end}<f f:value=\"{token}\"/></table:table>"), " sheet ‘G’"),
        (format!("<v v:condition=\"{token}\"/>{table}{end}</table:table>"), " its other data"),
    ] {
        assert_eq!(found_in("spreadsheet", &content, &[]), [due], "{content}");
    }
    let slide = format!("<draw:page><svg:title>{token}</svg:title></draw:page>");
    assert_eq!(found_in("presentation", &slide, &[]), [" slide 1"]);
    let chart = format!("<chart:title><text:p>{token}</text:p></chart:title>");
    let chart = [("Object 1/content.xml", chart.as_bytes())];
    assert_eq!(found_in("text", text, &chart), [" the object ‘Object 1’"]);
}

/// LibreOffice keeps what objects and tables look like; that says nothing new.
#[test]
fn what_objects_look_like_is_told_once() {
    let token = token(8);
    let drawn = token.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let copies =
        [("ObjectReplacements/Object 1", &drawn[..]), ("Pictures/TablePreview1.svm", &drawn[..])];
    let text = format!("<text:p>{token}</text:p>");
    assert_eq!(found_in("text", &text, &copies), [" paragraph 1"]);
    let only = found_in("text", "<text:p/>", &copies[..1]);
    assert_eq!(only, ["!ObjectReplacements/Object 1 "]);
}

#[test]
fn what_is_encrypted_is_told() {
    let manifest = b"<m:manifest><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>";
    let parts: [(&str, &[u8]); 2] =
        [("encrypted-package", b"\0\x01\x02"), ("META-INF/manifest.xml", manifest)];
    let (_, unread) = search(&open_document("text", "", &parts));
    assert_eq!(unread, [" zip: it is encrypted"]);
}

#[test]
fn archives_that_are_not_opened_are_told() {
    let marks: [(&[u8], &str); 7] = [
        (b"Rar!\x1a\x07\x01\0", "RAR"),
        (b"!<arch>\ndebian-binary   ", "Debian"),
        (b"\x1f\x9d\x90", "compress"),
        (b"\x89LZO\0\r\n\x1a\n\x10", "LZO"),
        (b"xar!\0\x1c\0\x01", "xar"),
        (b"hsqs\x02\0\0\0", "SquashFS"),
        (b"\x78\x9f\x3e\x22\x01\0", "TNEF"),
    ];
    for (mark, kind) in marks {
        let (found, unread) = search(&[mark, b" key ", token(9).as_bytes()].concat());
        let due = format!(" archive: {kind} archives are not opened; it was searched as it is");
        assert_eq!((found.len(), unread), (1, vec![due]));
    }
}
