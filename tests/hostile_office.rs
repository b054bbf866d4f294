//! Office files that are made to take memory and time: counts that lie, and elements without end.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod hostile;
mod support;

use hostile::{scan_file, zip};
use support::{Ran, token};

const BOOK: &str = "<workbook><sheets><sheet name=\"G\" r:id=\"r1\"/></sheets></workbook>";
const RELATIONS: &str =
    "<Relationships><Relationship Id=\"r1\" Target=\"worksheets/sheet1.xml\"/></Relationships>";

fn word(document: &str) -> Ran {
    scan_file("x.docx", zip(&[("word/document.xml", document.as_bytes())]))
}

fn sheet(cells: &str, strings: &str) -> Ran {
    let parts = [
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/worksheets/sheet1.xml", cells.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
    ];
    scan_file("x.xlsx", zip(&parts))
}

fn open_document(kind: &str, content: &str) -> Ran {
    let kind = format!("application/vnd.oasis.opendocument.{kind}");
    scan_file("x.odf", zip(&[("mimetype", kind.as_bytes()), ("content.xml", content.as_bytes())]))
}

fn message_of(ran: &Ran, part: &str) -> bool {
    ran.errors().iter().any(|error| error.contains(part))
}

#[test]
fn elements_that_are_never_closed_are_not_held() {
    let secret = format!("<w:p><w:t>{}</w:t></w:p>", token(71));
    let ran = word(&format!("{secret}{}", "<w:p>".repeat(4 << 20)));
    assert!(message_of(&ran, "nested too deep"), "{:?}", ran.errors());
    assert_eq!(ran.places().len(), 1);
    let long = format!("<{}>", "a".repeat(1 << 20));
    assert!(message_of(&word(&long.repeat(30)), "nested too deep"));
}

#[test]
fn paragraphs_in_each_other_are_shown_in_pieces() {
    let text = "word ".repeat(100_000);
    let open = format!("<w:p><w:r><w:t>{text}</w:t></w:r>").repeat(62);
    assert_eq!(word(&open).errors(), [] as [&str; 0]);
    let secret = token(72);
    let open = format!("{}{}", "<text:p>".repeat(60), format!("{text}<text:tab/>").repeat(60));
    let ran = open_document("text", &format!("{open}<text:p> {secret}</text:p>"));
    assert_eq!((ran.errors(), ran.places().len()), (vec![], 1));
}

/// As many blanks, rows and columns as a number can say.
#[test]
fn numbers_are_not_believed() {
    let secret = token(73);
    let spaces = "<text:s text:c=\"1000000000\"/>".repeat(20_000);
    let ran = open_document("text", &format!("<text:p>{spaces}</text:p><text:p>{secret}</text:p>"));
    assert_eq!((ran.errors(), ran.places().len()), (vec![], 1));
    let cell = "<table:table-cell table:number-columns-repeated=\"1000000000\"><text:p>x</text:p></table:table-cell>";
    let row = format!(
        "<table:table-row table:number-rows-repeated=\"18446744073709551615\">{cell}</table:table-row>"
    );
    let ran = open_document(
        "spreadsheet",
        &format!(
            "<table:table table:name=\"T\">{}<table:table-row><table:table-cell><text:p>{secret}</text:p></table:table-cell></table:table-row></table:table>",
            row.repeat(5000)
        ),
    );
    assert_eq!((ran.errors(), ran.places().len()), (vec![], 1));
    let far = format!(
        "<row r=\"18446744073709551615\"><c r=\"ZZZZ18446744073709551615\"><is>{secret}</is></c></row>"
    );
    assert_eq!(sheet(&far, "<sst/>").places().len(), 1);
}

#[test]
fn strings_that_cells_share_are_bounded() {
    let secret = token(74);
    let cell = "<c t=\"s\"><v>0</v></c>";
    // ten million that are empty: as many as their numbers have room for are told by cell
    let empty = format!("<sst><si><t>{secret}</t></si>{}</sst>", "<si/>".repeat(10_000_000));
    let ran = sheet(&format!("<row>{cell}</row>"), &empty);
    assert_eq!(ran.places().len(), 1, "{:?}", ran.errors());
    assert!(message_of(&ran, "not told by cell: too many"), "{:?}", ran.errors());
    // a megabyte that a million cells show
    let long = format!("<sst><si><t>{secret} {}</t></si></sst>", "word ".repeat(200_000));
    let ran = sheet(&format!("<row>{}</row>", cell.repeat(1_000_000)), &long);
    assert!(message_of(&ran, "expands to more than 200 times"), "{:?}", ran.errors());
    assert!(!ran.places().is_empty());
}

#[test]
fn relations_without_number_are_bounded() {
    let relation = |number: usize| {
        format!("<Relationship Id=\"r{number}\" Target=\"worksheets/sheet{number}.xml\"/>")
    };
    let many: String = (0..500_000).map(relation).collect();
    let many = format!("<Relationships>{many}</Relationships>");
    let sheets: String =
        (0..100_000).map(|number| format!("<sheet name=\"s\" r:id=\"r{number}\"/>")).collect();
    let secret = format!("<row><c><is><t>{}</t></is></c></row>", token(75));
    let parts = [
        ("xl/workbook.xml", sheets.as_bytes()),
        ("xl/_rels/workbook.xml.rels", many.as_bytes()),
        ("xl/worksheets/sheet1.xml", secret.as_bytes()),
    ];
    let ran = scan_file("x.xlsx", zip(&parts));
    assert_eq!((ran.errors(), ran.places().len()), (vec![], 1));
    let parts = [
        ("word/document.xml", "<w:p/>".as_bytes()),
        ("word/_rels/document.xml.rels", many.as_bytes()),
    ];
    assert_eq!(scan_file("x.docx", zip(&parts)).errors(), [] as [&str; 0]);
}

#[test]
fn changes_without_number_are_shown_in_pieces() {
    let change = "<w:ins><w:t>a</w:t></w:ins><w:del><w:delText>b</w:delText></w:del>";
    let secret = token(76);
    let ran = word(&format!("<w:p>{}<w:t> {secret}</w:t></w:p>", change.repeat(100_000)));
    assert_eq!((ran.errors(), ran.places().len()), (vec![], 1));
}

#[test]
fn pictures_are_counted() {
    let (png, jpeg) = (b"\x89PNG\r\n\x1a\nxx".as_slice(), b"\xff\xd8\xff\xe0xx".as_slice());
    let parts = [
        ("word/document.xml", b"<w:p/>".as_slice()),
        ("word/media/image1.png", png),
        ("word/media/named.xml", jpeg),
    ];
    let ran = scan_file("x.docx", zip(&parts));
    assert!(
        ran.skipped().contains(&"x.docx!word/media/image1.png: a picture, not read".to_owned())
    );
    assert!(message_of(&ran, "no sound XML") || ran.code == 0, "{:?}", ran.errors());
}
