//! PDFs that are made to take memory and time: what they refer to leads to the same thing again and
//! again, or to more than is there. Each is a limit that is told, in a run that stays small.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod hostile;
mod support;

use hostile::{scan_file, zlib};
use support::{Ran, token};

const MIB: usize = 1 << 20;
const TOO_MUCH: &str = "x.pdf: PDF: reading it takes more than 72 MiB of memory";
const BOMB: &str = "x.pdf: PDF: it expands to more than 200 times its size";

/// A document of `objects`, numbered from 1; the first is the catalog.
fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut file = b"%PDF-1.5\n".to_vec();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.extend(format!("{} 0 obj\n", index + 1).bytes());
        file.extend(object);
        file.extend(b"\nendobj\n");
    }
    finish(file, &places)
}

/// Adds the table that says where each object stands.
fn finish(mut file: Vec<u8>, places: &[usize]) -> Vec<u8> {
    let start = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).bytes());
    for place in places {
        file.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let size = places.len() + 1;
    let end = format!("trailer<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n");
    file.extend(end.bytes());
    file
}

fn object(text: &str) -> Vec<u8> {
    text.as_bytes().to_vec()
}

/// A stream that says what `head` says.
fn stream(head: &str, data: &[u8]) -> Vec<u8> {
    let packed = zlib(data);
    let object = format!("<<{head}/Filter/FlateDecode/Length {}>>stream\n", packed.len());
    [object.as_bytes(), &packed, b"\nendstream"].concat()
}

/// A text that a page draws.
fn drawn(text: &[u8]) -> Vec<u8> {
    [b"BT /F 9 Tf (".as_slice(), text, b") Tj ET"].concat()
}

/// A catalog and `count` pages, all of them as `page` says; what they refer to is numbered from 3.
fn book(count: usize, page: &str, others: Vec<Vec<u8>>) -> Vec<u8> {
    let first = 3 + others.len();
    let kids: String = (0..count).map(|page| format!("{} 0 R ", first + page)).collect();
    let mut objects = vec![
        object("<</Type/Catalog/Pages 2 0 R>>"),
        object(&format!("<</Type/Pages/Count {count}/Kids[{kids}]>>")),
    ];
    objects.extend(others);
    objects.extend((0..count).map(|_| object(&format!("<</Type/Page/Parent 2 0 R{page}>>"))));
    pdf(&objects)
}

fn errors_of(file: impl AsRef<[u8]>) -> Vec<String> {
    scan_file("x.pdf", file).errors()
}

#[test]
fn pages_that_share_what_they_draw_are_shown_one_by_one() {
    let text = drawn(&vec![b'a'; 4 * MIB - 100]);
    let file = book(60, "/Contents 3 0 R", vec![stream("", &text)]);
    assert_eq!(errors_of(file), [BOMB]);
}

#[test]
fn what_expands_is_shown_one_by_one() {
    let text = drawn(&vec![b'a'; 4 * MIB - 100]);
    for kind in ["/Type/EmbeddedFile", "/Type/Metadata", "/Subtype/Form"] {
        let mut objects = vec![object("<</Type/Catalog>>")];
        objects.extend((0..60).map(|_| stream(kind, &text)));
        assert_eq!(errors_of(pdf(&objects)), [BOMB], "{kind}");
    }
}

#[test]
fn lines_without_number_are_not_held() {
    let secret = token(61);
    let lines = "0 -1 Td (some words and more of them) Tj ".repeat(60_000);
    let text = format!("BT {lines} 0 -1 Td ({}) Tj T* ({}) Tj ET", &secret[..30], &secret[30..]);
    let file = book(1, "/Contents 3 0 R", vec![stream("", text.as_bytes())]);
    let ran = scan_file("x.pdf", file);
    assert_eq!((ran.code, ran.places().len()), (1, 1), "{:?}", ran.errors());
}

/// A table may name one object as many, and the crate reads it as often.
#[test]
fn places_that_are_one_are_read_once() {
    let data = vec![1; 8 * MIB];
    let mut file = b"%PDF-1.5\n1 0 obj\n<</Type/Catalog>>\nendobj\n".to_vec();
    let place = file.len();
    file.extend(format!("2 0 obj\n<</Length {}>>stream\n", data.len()).bytes());
    file.extend(&data);
    file.extend(b"\nendstream\nendobj\n");
    let mut places = vec![9];
    places.extend(vec![place; 30_000]);
    assert_eq!(errors_of(finish(file, &places)), [TOO_MUCH]);
}

/// Streams in streams, each of which ends with the last.
#[test]
fn streams_in_each_other_are_read_once() {
    let size = 6 * MIB;
    let (mut file, mut places) = (b"%PDF-1.5\n".to_vec(), Vec::new());
    for number in 1..=2000 {
        places.push(file.len());
        let left = size - (file.len() - 9);
        let head = format!("{number:08} 0 obj<</X(abc)endobj)/Length {left:08}>>stream\n");
        file.extend(head.bytes());
    }
    file.resize(size, b'a');
    file.extend(b"\nendstream\nendobj\n");
    scan_file("x.pdf", finish(file, &places));
}

#[test]
fn lengths_lead_no_deeper() {
    let mut objects = vec![object("<</Type/Catalog>>")];
    let next = |number| format!("<</Length {number} 0 R>>stream\nabc\nendstream");
    objects.extend((3..20_000).map(|number| object(&next(number))));
    objects.push(object("3"));
    scan_file("x.pdf", pdf(&objects));
}

/// Streams of objects: many names for one, one that is larger than it seems, and one whose kind
/// stands where nobody looks.
#[test]
fn streams_of_objects_are_counted() {
    let index: String = (0..20_000).map(|number| format!("{} 0 ", number + 100)).collect();
    let head = |more: &str| format!("/Type/ObjStm/N 20000/First {}{more}", index.len());
    let far = format!("/X({})", "a".repeat(3000));
    let text = [b"(".as_slice(), &vec![b'a'; MIB], b")"].concat();
    let list = [b"[".as_slice(), &b"1 ".repeat(4 * MIB), b"]"].concat();
    for (more, content) in [("", &text), ("", &list), (far.as_str(), &list)] {
        let content = [index.as_bytes(), content].concat();
        let objects = [object("<</Type/Catalog>>"), stream(&head(more), &content)];
        assert_eq!(errors_of(pdf(&objects)), [TOO_MUCH], "{} {more:.9}", content.len());
    }
}

/// A text that looks like a stream, so that what follows looks as if it were in it.
#[test]
fn what_is_no_stream_is_counted() {
    let list = "1 ".repeat(2 * MIB);
    for text in ["(stream) ", "(>>\nstream\n) ", "% stream\n"] {
        let catalog = format!("<</Type/Catalog/X[{text}{list}(endstream)]>>");
        assert_eq!(errors_of(pdf(&[object(&catalog)])), [TOO_MUCH], "{text}");
    }
}

#[test]
fn tables_are_no_larger_than_files() {
    for (kind, field) in [(0u8, 0u8), (1, 9), (2, 2)] {
        let table = zlib(&[kind, 0, field, 0].repeat(2 * MIB));
        let head = "%PDF-1.5\n1 0 obj\n<</Type/Catalog>>\nendobj\n2 0 obj\n";
        let mut file = head.as_bytes().to_vec();
        let dictionary = format!(
            "<</Type/XRef/W[1 2 1]/Size {}/Root 1 0 R/Filter/FlateDecode/Length {}>>stream\n",
            2 * MIB,
            table.len()
        );
        file.extend(dictionary.bytes());
        file.extend(&table);
        file.extend(b"\nendstream\nendobj\nstartxref\n43\n%%EOF\n");
        let errors = errors_of(file);
        assert!(
            errors.len() == 1 && errors[0].starts_with("x.pdf: PDF: it is damaged"),
            "{errors:?}"
        );
    }
}

#[test]
fn trees_of_pages_end() {
    let looped = [
        object("<</Type/Catalog/Pages 2 0 R>>"),
        object("<</Type/Pages/Count 1000000/Kids[2 0 R 3 0 R 2 0 R]>>"),
        object("<</Type/Pages/Kids[2 0 R 2 0 R]>>"),
    ];
    scan_file("x.pdf", pdf(&looped));
    let mut deep = vec![object("<</Type/Catalog/Pages 2 0 R>>")];
    let node = |next: usize| format!("<</Type/Pages/Kids[{next} 0 R {next} 0 R]>>");
    deep.extend((3..5000).map(|next| object(&node(next))));
    deep.push(object("<</Type/Page>>"));
    scan_file("x.pdf", pdf(&deep));
    let parents = [
        object("<</Type/Catalog/Pages 2 0 R>>"),
        object("<</Type/Pages/Kids[3 0 R]/Parent 4 0 R>>"),
        object("<</Type/Page/Parent 4 0 R/Contents 5 0 R>>"),
        object("<</Type/Pages/Parent 2 0 R>>"),
        stream("", &drawn(token(62).as_bytes())),
    ];
    assert_eq!(scan_file("x.pdf", pdf(&parents)).places().len(), 1);
}

#[test]
fn fonts_are_not_held_at_any_price() {
    let ranges: String = (0..7000)
        .map(|at| {
            format!("1 beginbfrange <{:04x}> <{:04x}> <0041> endbfrange\n", at * 8, at * 8 + 6)
        })
        .collect();
    let map =
        format!("begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange\n{ranges}endcmap");
    let fonts: String = (0..200).map(|number| format!("/F{number} 4 0 R")).collect();
    let page = format!("/Contents 3 0 R/Resources<</Font<<{fonts}>>>>");
    let others = vec![
        stream("", b"BT ET"),
        object("<</Type/Font/Subtype/Type0/ToUnicode 5 0 R>>"),
        stream("", map.as_bytes()),
    ];
    let errors = errors_of(book(1, &page, others));
    assert_eq!(errors, ["x.pdf: page 1: its fonts take more than is held in memory"]);
}

#[test]
fn large_values_are_held_once() {
    let secret = token(63);
    for (begin, end) in [("(", ")"), ("<", ">")] {
        let fill = if begin == "(" { "a ".repeat(10 * MIB) } else { "6120".repeat(5 * MIB) };
        let catalog = format!("<</Type/Catalog/X{begin}{fill}{end}/Y({secret})>>");
        let ran = scan_file("x.pdf", pdf(&[object(&catalog)]));
        assert_eq!(ran.places().len(), 1, "{begin} {:?}", ran.errors());
    }
    let lists = "[1]".repeat(70_000);
    let full: Ran = scan_file("x.pdf", pdf(&[object(&format!("<</Type/Catalog/X[{lists}]>>"))]));
    assert_eq!(full.errors(), [] as [&str; 0]);
}

/// What hides its own names from a reader's eyes hides them from ours.
#[test]
fn escapes_hide_nothing() {
    let text = "<</L#65ngth 3 0 R>>stream\nabc\nendstream";
    let errors = errors_of(pdf(&[object("<</Type/Catalog>>"), object(text), object("3")]));
    assert_eq!(errors, ["x.pdf: PDF: it hides the names of its parts"]);
}

#[test]
fn streams_that_others_say_the_meaning_of_are_read() {
    let tokens: Vec<String> = (90..94).map(token).collect();
    let objects = [
        object(
            "<</Type/Catalog/Pages 2 0 R/AcroForm<</XFA[(x)6 0 R]>>/OpenAction<</S/JavaScript/JS 7 0 R>>>>",
        ),
        object("<</Type/Pages/Count 0/Kids[]>>"),
        object("<</Type/Filespec/F(a.txt)/EF<</F 8 0 R>>>>"),
        object("<</Type/Filespec/F(a.txt)/EF<</F 9 0 R>>>>"),
        object("<</FT/Tx/T(x)>>"),
        stream("", tokens[0].as_bytes()),
        stream("", tokens[1].as_bytes()),
        // what it is may be left out
        stream("", tokens[2].as_bytes()),
        stream("/Type/EmbeddedFile", tokens[3].as_bytes()),
    ];
    let ran = scan_file("x.pdf", pdf(&objects));
    assert_eq!((ran.code, ran.errors()), (1, Vec::new()));
    let mut found: Vec<String> = ran.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["location"]["path"].as_str().unwrap().to_owned())
        .collect();
    found.sort();
    assert_eq!(found, ["x.pdf", "x.pdf", "x.pdf!a.txt", "x.pdf!attachment 9, a.txt"]);
}

#[test]
fn annotations_that_pages_share_are_looked_at_once() {
    let states: String = (0..16).map(|state| format!("/s{state} 3 0 R")).collect();
    let ways: String = (0..16).map(|way| format!("/w{way}<<{states}>>")).collect();
    let shared = "4 0 R ".repeat(10_000);
    let others = vec![
        stream("/Subtype/Form", &drawn(token(95).as_bytes())),
        object(&format!("<</Subtype/Widget/AP<<{ways}>>>>")),
        object(&format!("[{shared}]")),
    ];
    let ran = scan_file("x.pdf", book(1000, "/Annots 5 0 R", others));
    assert_eq!((ran.code, ran.errors()), (1, Vec::new()));
}
