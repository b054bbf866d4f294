//! Compound files and RTF that are made to break their readers: chains that go in circles, counts
//! and sizes that lie, tables whose entries overlap, groups without end. The real binary, under a
//! limit of memory, has to come back in time, to find what can be found, and to say of everything
//! that it did not read that it didn't.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod hostile;
mod support;

use std::fs;

use hostile::scan;
use support::compound::{Compound, END};
use support::word::{HEADER, Piece, document, record, workbook};
use support::{Ran, Random, Sandbox, files_below, root, token};

/// Runs over one file.
fn scan_one(name: &str, bytes: &[u8]) -> Ran {
    let sandbox = Sandbox::new();
    sandbox.write(name, bytes);
    scan(&sandbox, &[])
}

/// The messages of a run's findings.
fn found(ran: &Ran) -> Vec<String> {
    let findings = ran.json()["findings"].take();
    let message = |finding: &serde_json::Value| finding["message"].as_str().unwrap().to_owned();
    findings.as_array().unwrap().iter().map(message).collect()
}

#[test]
fn chains_in_circles_come_to_an_end() {
    let secret = token(1);
    let text = format!("key {secret}\n");
    let mut circle = Compound::new();
    circle.stream(0, "sound", text.as_bytes());
    let round = circle.stream(0, "round", &[b'x'; 4096]);
    circle.next[8] = 1;
    circle.at(round).size = 1 << 35;
    let mut table = Compound::new();
    table.stream(0, "sound", text.as_bytes());
    // a sector that says that the next part of the list is itself; it is read for a long table
    let own = table.sectors(&1_u32.to_le_bytes().repeat(128));
    table.more_table = Some(own);
    let mut directory = Compound::new();
    directory.stream(0, "sound", text.as_bytes());
    let storage = directory.storage(0, "storage");
    directory.at(storage).child = storage as u32;
    directory.at(storage).left = 0;
    directory.at(1).right = 1;
    for (name, file) in [("circle", circle), ("table", table), ("directory", directory)] {
        let ran = scan_one("x.doc", &file.finish());
        assert_eq!(found(&ran).len(), 1, "{name}: {}", ran.out());
        assert_eq!(ran.places(), ["x.doc!sound:1:5"], "{name}");
        let errors = ran.errors();
        match name {
            "circle" => {
                assert_eq!(errors, ["x.doc!round: it is damaged (its sectors go in a circle)"])
            }
            _ => assert!(errors.is_empty(), "{name}: {errors:?}"),
        }
    }
}

#[test]
fn a_list_of_the_table_in_a_circle_ends_with_the_file() {
    let mut file = Compound::new();
    let own = file.sectors(&0_u32.to_le_bytes().repeat(128));
    file.stream(0, "sound", &vec![b'x'; 110 * 128 * 512]);
    let mut bytes = file.finish();
    // the list goes on in a sector of zeros, whose last says that it goes on in sector 0: itself
    bytes[68..72].copy_from_slice(&own.to_le_bytes());
    let ran = scan_one("x.doc", &bytes);
    assert_eq!(ran.code, 3, "{}", ran.out());
}

#[test]
fn sizes_that_lie_hide_nothing() {
    let secret = token(2);
    let mut file = Compound::new();
    let long = file.stream(0, "long", format!("key {secret}\n").as_bytes());
    file.at(long).size = 1 << 39;
    let ran = scan_one("x.doc", &file.finish());
    assert_eq!(ran.places(), ["x.doc!long:1:5"]);
    assert_eq!(ran.errors(), ["x.doc!long: it is cut short"]);
}

/// Two thousand streams, each of which is the same large one.
#[test]
fn streams_that_share_their_sectors_are_counted_each() {
    let mut file = Compound::new();
    let start = file.sectors(&vec![b'x'; 400 << 10]);
    for number in 0..2000 {
        let entry = file.entry(&number.to_string(), 2, start, 400 << 10);
        file.put(0, entry);
    }
    let ran = scan_one("x.doc", &file.finish());
    assert_eq!(ran.errors(), ["x.doc: OLE: it expands to more than 200 times its size"]);
}

#[test]
fn a_directory_as_large_as_the_file_is_not_held() {
    let mut file = Compound::new();
    for number in 0..300_000 {
        let entry = file.entry(&number.to_string(), 1, END, 0);
        file.put(0, entry);
    }
    let ran = scan_one("x.doc", &file.finish());
    assert_eq!(ran.errors(), ["x.doc: it has more streams than are read"]);
}

#[test]
fn storages_in_storages_are_read_without_end() {
    let mut file = Compound::new();
    let mut storage = 0;
    for _ in 0..50_000 {
        storage = file.storage(storage, "in");
    }
    file.stream(storage, "deep", format!("key {}\n", token(3)).as_bytes());
    let ran = scan_one("x.doc", &file.finish());
    assert_eq!(found(&ran).len(), 1, "{}", ran.out());
    let mut file = Compound::new();
    let mut storage = 0;
    for _ in 0..50 {
        file.stream(storage, "Workbook", b"");
        storage = file.storage(storage, "in");
    }
    let ran = scan_one("x.xls", &file.finish());
    let errors = ran.errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].ends_with("it is nested more than 5 deep; it was searched as it is"));
}

#[test]
fn counts_of_strings_are_not_believed() {
    let secret = token(4);
    let mut strings = vec![0xff; 8];
    strings.extend((secret.len() as u16).to_le_bytes());
    strings.push(0);
    strings.extend(secret.as_bytes());
    // and one that says that four billion bytes of formats follow
    strings.extend([0xff, 0xff, 4, 0xff, 0xff, 0xff, 0xff, b'x']);
    let ran = scan_one("x.xls", &workbook(&record(0xfc, &strings), 1));
    assert_eq!(found(&ran).len(), 1, "{}", ran.out());
    assert!(found(&ran)[0].ends_with("sheet ‘Log’, cell A1"), "{:?}", found(&ran));
    // a record may be empty, and go on and on
    let mut endless = record(0xfc, &strings[..8]);
    endless.extend(record(0x3c, b"").repeat(2 << 20));
    let ran = scan_one("x.xls", &workbook(&endless, 1));
    assert_eq!(ran.code, 0, "{}", ran.out());
}

#[test]
fn more_strings_than_can_be_held_are_read_all_the_same() {
    let mut strings = vec![0; 8];
    let line = "line ".repeat(12_000);
    let mut records = Vec::new();
    for number in 0..2000_u32 {
        let text = if number == 1999 { token(5) } else { line.clone() };
        strings.extend((text.len() as u16).to_le_bytes());
        strings.push(0);
        let mut bytes = text.as_bytes();
        while strings.len() + bytes.len() > 8000 {
            let (part, rest) = bytes.split_at(8000 - strings.len());
            strings.extend(part);
            records.extend(record(if records.is_empty() { 0xfc } else { 0x3c }, &strings));
            strings = vec![0];
            bytes = rest;
        }
        strings.extend(bytes);
    }
    records.extend(record(0x3c, &strings));
    let ran = scan_one("x.xls", &workbook(&records, 2000));
    assert!(found(&ran)[0].ends_with(", a cell"), "{}", ran.out());
    let due = "x.xls: its cells' shared strings were read, but not told by cell: too many";
    assert_eq!(ran.errors(), [due]);
}

#[test]
fn pieces_that_overlap_are_counted_each() {
    let text = vec![b'x'; 400 << 10];
    let pieces: Vec<Piece> = (0..900)
        .map(|_| Piece { offset: HEADER as u32, characters: text.len() as u32, wide: false })
        .collect();
    let ran = scan_one("x.doc", &document(&text, &pieces));
    assert_eq!(ran.errors(), ["x.doc: OLE: it expands to more than 200 times its size"]);
    // whose text is nothing: there is still an end
    let text = vec![1; 400 << 10];
    let pieces: Vec<Piece> = (0..4000)
        .map(|_| Piece { offset: HEADER as u32, characters: text.len() as u32, wide: false })
        .collect();
    let ran = scan_one("x.doc", &document(&text, &pieces));
    assert_eq!(ran.errors(), ["x.doc: OLE: it expands to more than 200 times its size"]);
    // and one that is not there
    let secret = token(6);
    let pieces = [
        Piece { offset: HEADER as u32, characters: 66, wide: false },
        Piece { offset: 0x3000_0000, characters: 0xf000_0000, wide: true },
    ];
    let ran = scan_one("x.doc", &document(secret.as_bytes(), &pieces));
    assert_eq!(
        found(&ran),
        [format!("Canvas access token 7~{}… in a document, paragraph 1", &secret[2..7])]
    );
    assert_eq!(ran.errors(), ["x.doc: OLE: a piece of its text is missing"]);
}

/// Copies of copies: of all that 8 MiB can say.
#[test]
fn compressed_rtf_is_expanded_as_far_as_it_may() {
    let mut packed = b"\0\0\0\0\xff\xff\xff\x7fLZFu\0\0\0\0".to_vec();
    // each pair copies 17 bytes from the window's beginning
    packed.extend([0xff].into_iter().chain([0, 0xf].repeat(8)).collect::<Vec<_>>().repeat(500_000));
    let mut file = Compound::new();
    file.stream(0, "__properties_version1.0", b"x");
    file.stream(0, "__substg1.0_10090102", &packed);
    file.stream(0, "__substg1.0_1000001E", token(7).as_bytes());
    let ran = scan_one("x.msg", &file.finish());
    assert!(found(&ran)[0].ends_with(", the body"), "{}", ran.out());
    // it never says that it is over
    assert_eq!(ran.errors(), ["x.msg!the RTF body: it is cut short"]);
}

#[test]
fn macros_that_expand_are_bounded() {
    let mut chunk = b"\0Attribut\0e".to_vec();
    chunk.extend([0xff].into_iter().chain([0xff, 0xff].repeat(8)).collect::<Vec<_>>());
    let mut module = vec![1];
    for _ in 0..20_000 {
        module.extend((0xb000 | (chunk.len() - 1) as u16).to_le_bytes());
        module.extend(&chunk);
    }
    let mut file = Compound::new();
    let macros = file.storage(0, "VBA");
    for name in ["dir", "_VBA_PROJECT"] {
        file.stream(macros, name, b"x");
    }
    for number in 0..50 {
        file.stream(macros, &format!("Module{number}"), &module);
    }
    scan_one("x.doc", &file.finish());
}

#[test]
fn groups_of_rtf_may_be_open_without_end() {
    let secret = token(8);
    let sandbox = Sandbox::new();
    let deep = |inner: &str| format!("{{\\rtf1 {}{inner}\\par}}", "{".repeat(30_000_000));
    sandbox.write("open.rtf", deep(&format!("{{\\b {}}}{}", &secret[..20], &secret[20..])));
    let closed =
        format!("{{\\rtf1 {}{}{secret}\\par}}", "{".repeat(5_000_000), "}".repeat(5_000_000));
    sandbox.write("closed.rtf", closed);
    let long = format!("{{\\rtf1 \\{} {secret}\\par}}", "w".repeat(10_000_000));
    sandbox.write("word.rtf", long);
    let ran = scan(&sandbox, &[]);
    assert_eq!(found(&ran).len(), 3, "{}", ran.out());
    assert_eq!(ran.errors(), ["open.rtf: RTF: it is cut short"]);
}

#[test]
fn lengths_in_rtf_hide_nothing() {
    let secret = token(9);
    for text in [
        format!("{{\\rtf1 {{\\pict\\bin2147483647 }}{secret}\\par}}"),
        format!("{{\\rtf1 {{\\pict\\bin-5 }}{secret}\\par}}"),
        format!(
            "{{\\rtf1 {{\\object{{\\*\\objdata 01050000020000 00ffffffff 00}}}}{secret}\\par}}"
        ),
        format!("{{\\rtf1 {{\\uc2000000000\\u65}}{secret}\\par}}"),
        format!("{{\\rtf1 {}{secret}\\par}}", "\\u55296?".repeat(1_000_000)),
        format!("{{\\rtf1 \\u99999999999999999999? {secret}\\par}}"),
        format!("{{\\rtf1 {}{secret}\\par}}", "{\\pict\\pngblip 8".repeat(20_000)),
        format!("{{\\rtf1 {{\\fonttbl{}}}{secret}\\par}}", "{\\f1\\fcharset2}".repeat(100_000)),
    ] {
        let ran = scan_one("x.rtf", text.as_bytes());
        assert_eq!(found(&ran).len(), 1, "{}: {}", &text[..40], ran.out());
    }
}

/// What stands for one character in another encoding is a few characters, whatever is said.
#[test]
fn what_is_skipped_in_rtf_is_bounded() {
    let secret = token(12);
    let (first, second) = secret.split_at(20);
    let text =
        format!(r"{{\rtf1 \uc2000000000\u65 {}key {first}{{\b {second}}}\par}}", "?".repeat(40));
    let ran = scan_one("x.rtf", text.as_bytes());
    assert!(found(&ran)[0].ends_with(", paragraph 1"), "{}", ran.out());
}

/// What is no record, in data that some program left in a slide, takes nothing of what follows.
#[test]
fn records_of_slides_end_with_what_they_stand_in() {
    let secret = token(13);
    let mut inner = vec![0, 0, 0x8b, 0x13, 12, 0, 0, 0];
    inner.extend([0x10, 0, 0x34, 0x12, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3, 4]);
    inner.extend([0, 0, 0xa8, 0x0f]);
    inner.extend((secret.len() as u32).to_le_bytes());
    inner.extend(secret.as_bytes());
    let mut stream = vec![0x0f, 0, 0xee, 3];
    stream.extend((inner.len() as u32).to_le_bytes());
    stream.extend(inner);
    let mut file = Compound::new();
    file.stream(0, "PowerPoint Document", &stream);
    let ran = scan_one("x.ppt", &file.finish());
    assert!(found(&ran)[0].ends_with(", a slide"), "{}", ran.out());
    assert_eq!(ran.errors(), [""; 0]);
}

/// Records of a presentation that say that they are longer than the file, and stand in each other.
#[test]
fn records_of_slides_may_lie() {
    let secret = token(10);
    let mut stream = Vec::new();
    for _ in 0..200_000 {
        stream.extend([0x0f, 0, 0xee, 3, 0xff, 0xff, 0xff, 0xff]);
    }
    stream.extend([0, 0, 0xa8, 0x0f]);
    stream.extend((secret.len() as u32).to_le_bytes());
    stream.extend(secret.as_bytes());
    stream.extend([0, 0, 0xa8, 0x0f, 0xff, 0xff, 0xff, 0xff, b'x']);
    let mut file = Compound::new();
    file.stream(0, "PowerPoint Document", &stream);
    let ran = scan_one("x.ppt", &file.finish());
    assert!(found(&ran)[0].ends_with(", a slide"), "{}", ran.out());
    assert_eq!(ran.errors(), ["x.ppt: OLE: it is cut short"]);
}

/// Bits of real files turned over: no reader gives up.
#[test]
fn no_reader_gives_up_on_what_is_broken() {
    let folder = root().join("fixtures/documents");
    let mut random = Random(11);
    let sandbox = Sandbox::new();
    let mut seen = 0;
    for file in files_below(&folder) {
        let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or("");
        if !["doc", "xls", "ppt", "msg", "rtf"].contains(&ending) {
            continue;
        }
        seen += 1;
        let whole = fs::read(folder.join(&file)).unwrap();
        for turn in 0..60 {
            let mut bytes = whole.clone();
            for _ in 0..=turn * 4 {
                let at = (random.next() % bytes.len() as u64) as usize;
                // what tells what a file is stays
                if at >= 8 {
                    bytes[at] = random.next() as u8;
                }
            }
            sandbox.write(format!("{}-{turn}", file.display()), &bytes);
        }
    }
    assert!(seen >= 10);
    let ran = scan(&sandbox, &["--no-ignore"]);
    let gave_up = |error: &&String| error.contains("gave up");
    assert_eq!(ran.errors().iter().find(gave_up), None);
}
