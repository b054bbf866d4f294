//! Files that are made to break their readers: bombs, liars, and every fixture cut short and
//! with bits turned over. The real binary, under a limit of memory, has to come back in time, and
//! says of everything that it did not read that it didn't.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use support::limits::scan;
use support::{Random, Sandbox, files_below, root, token};

/// A zip archive, written by hand so that it may lie.
#[derive(Default)]
struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

impl Zip {
    /// Adds a member whose directory entry says that it has `size` bytes.
    fn add(&mut self, name: &str, data: &[u8], size: usize) {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
        packed.write_all(data).unwrap();
        let packed = packed.finish().unwrap();
        let mut crc = flate2::Crc::new();
        crc.update(data);
        let at = self.bytes.len();
        let rest = Self::header(name, &packed, size, crc.sum());
        self.bytes.extend(b"PK\x03\x04\x14\0");
        self.bytes.extend(&rest);
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(&packed);
        self.list(name, at, &rest);
    }

    /// What a member's header and its directory entry have in common.
    fn header(name: &str, packed: &[u8], size: usize, crc: u32) -> Vec<u8> {
        let mut header = b"\0\0\x08\0\0\0\x21\x5c".to_vec();
        for number in [crc, packed.len() as u32, size as u32] {
            header.extend(number.to_le_bytes());
        }
        header.extend((name.len() as u16).to_le_bytes());
        header.extend([0, 0]);
        header
    }

    fn list(&mut self, name: &str, at: usize, rest: &[u8]) {
        self.directory.extend(b"PK\x01\x02\x14\0\x14\0");
        self.directory.extend(rest);
        self.directory.extend([0; 10]);
        self.directory.extend((at as u32).to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.count = self.count.saturating_add(1);
    }

    fn finish(mut self) -> Vec<u8> {
        let start = self.bytes.len() as u32;
        self.bytes.extend(&self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend([self.count.to_le_bytes(), self.count.to_le_bytes()].concat());
        self.bytes.extend((self.directory.len() as u32).to_le_bytes());
        self.bytes.extend(start.to_le_bytes());
        self.bytes.extend([0, 0]);
        self.bytes
    }
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = Zip::default();
    files.iter().for_each(|(name, data)| zip.add(name, data, data.len()));
    zip.finish()
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(data).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_bomb_is_a_limit_that_is_told() {
    let zeros = vec![0; 100 << 20];
    let once = gzip(&zeros);
    let sandbox = Sandbox::new();
    sandbox.write("plain.gz", &once);
    sandbox.write("nested.gz", gzip(&once));
    let members: Vec<(String, &[u8])> =
        (0..16).map(|number| (format!("{number}.zip"), &once[..])).collect();
    let members: Vec<(&str, &[u8])> =
        members.iter().map(|(name, data)| (name.as_str(), *data)).collect();
    sandbox.write("many.zip", zip(&[("inner.zip", &zip(&members))]));
    let ran = scan(&sandbox, &[]);
    assert_eq!(ran.code, 3, "{}", ran.out());
    let errors = ran.errors();
    for name in ["plain.gz: gzip", "nested.gz: gzip", "many.zip: zip"] {
        let due = format!("{name}: it expands to more than 200 times its size");
        assert!(errors.contains(&due), "{due}: {errors:#?}");
    }
    assert_eq!(errors.len(), 3, "{errors:#?}");
    let partial = scan(&sandbox, &["--allow-partial"]);
    assert_eq!((partial.code, partial.errors().len()), (0, 0));
    assert_eq!(partial.skipped().len(), 3, "{:#?}", partial.skipped());
}

#[test]
fn entries_that_overlap_are_counted_each() {
    let mut bomb = Zip::default();
    let data = vec![b'x'; 4 << 20];
    bomb.add("0", &data, data.len());
    let entry = bomb.directory.clone();
    for _ in 1..5000 {
        bomb.directory.extend(&entry);
    }
    bomb.count = 5000;
    let sandbox = Sandbox::new();
    sandbox.write("overlap.zip", bomb.finish());
    let ran = scan(&sandbox, &[]);
    let errors = ran.errors();
    assert_eq!(errors, ["overlap.zip: zip: it expands to more than 200 times its size"]);
}

#[test]
fn sizes_that_lie_hide_nothing() {
    let (first, second) = (token(1), token(2));
    let text = |token: &str| format!("{}\nkey {token}\n", "line\n".repeat(100)).into_bytes();
    for size in [0, 3, 1 << 31] {
        let mut liar = Zip::default();
        liar.add("liar.txt", &text(&first), size);
        liar.add("honest.txt", &text(&second), text(&second).len());
        let sandbox = Sandbox::new();
        sandbox.write("liar.zip", liar.finish());
        let ran = scan(&sandbox, &[]);
        let places = ran.places();
        let found = places.contains(&"liar.zip!liar.txt:102:5".to_owned());
        assert!(found || ran.code == 3, "{size}: {places:?} {:?}", ran.errors());
        assert!(places.contains(&"liar.zip!honest.txt:102:5".to_owned()), "{size}: {places:?}");
    }
}

#[test]
fn ten_thousand_tiny_members_are_read() {
    let names: Vec<String> = (0..10_000).map(|number| format!("d/{number}.txt")).collect();
    let text = format!("key {}\n", token(3)).into_bytes();
    let mut files: Vec<(&str, &[u8])> = names.iter().map(|name| (&name[..], &b"x"[..])).collect();
    files[9_999].1 = &text;
    let sandbox = Sandbox::new();
    sandbox.write("many.zip", zip(&files));
    let ran = scan(&sandbox, &[]);
    assert_eq!((ran.code, ran.places()), (1, vec!["many.zip!d/9999.txt:1:5".to_owned()]));
}

#[test]
fn xml_neither_laughs_nor_digs() {
    let mut laughs = String::from("<!DOCTYPE x [<!ENTITY a0 \"ha\">");
    for level in 1..30 {
        let inner = format!("&a{};", level - 1).repeat(10);
        laughs.push_str(&format!("<!ENTITY a{level} \"{inner}\">"));
    }
    let secret = token(4);
    laughs.push_str(&format!("]><w:p><w:t>&a29;</w:t></w:p><w:p><w:t>{secret}</w:t></w:p>"));
    let deep = format!(
        "{}<w:t>x</w:t>{}<w:p><w:t>{secret}</w:t></w:p>",
        "<w:p><w:del>".repeat(300_000),
        "</w:del></w:p>".repeat(300_000)
    );
    let endless = format!("<w:p><w:t>{}", "x".repeat(60 << 20));
    let sandbox = Sandbox::new();
    for (name, document) in [("laughs.docx", &laughs), ("deep.docx", &deep)] {
        sandbox.write(name, zip(&[("word/document.xml", document.as_bytes())]));
    }
    sandbox.write("endless.docx", zip(&[("word/document.xml", endless.as_bytes())]));
    let ran = scan(&sandbox, &[]);
    let found: Vec<_> = ran.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["location"]["path"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(found, ["deep.docx", "laughs.docx"], "{}", ran.out());
    assert!(ran.errors().iter().any(|error| error.starts_with("endless.docx")), "{ran:?}");
}

/// A list of digits is a few megabytes in a file and gigabytes as objects; and lists in lists.
#[test]
fn a_pdf_is_not_held_at_any_price() {
    let head = "%PDF-1.4\n1 0 obj\n";
    let list = format!("[{}]\nendobj\n", "1 ".repeat(8 << 20));
    let secret = token(6);
    let tail = |at: usize| {
        format!(
            "2 0 obj\n<</Type/Catalog>>\nendobj\n% {secret}\nxref\n0 3\n0000000000 65535 f \n\
             0000000009 00000 n \n{at:010} 00000 n \ntrailer<</Size 3/Root 2 0 R>>\nstartxref\n{}\n",
            at + 33 + 3 + secret.len()
        )
    };
    let sandbox = Sandbox::new();
    sandbox.write("list.pdf", format!("{head}{list}{}", tail(head.len() + list.len())));
    let deep = "[".repeat(4 << 20);
    sandbox.write("deep.pdf", format!("{head}{deep}{}", tail(head.len() + deep.len())));
    let ran = scan(&sandbox, &[]);
    assert_eq!(ran.code, 3);
    let due = ["deep.pdf", "list.pdf"]
        .map(|name| format!("{name}: PDF: reading it takes more than 72 MiB of memory"));
    assert_eq!(ran.errors(), due);
    assert_eq!(ran.places().len(), 2, "searched as they are: {:?}", ran.places());
}

/// Every fixture cut at many places, and with bits turned over: nothing ends the run.
#[test]
fn broken_files_end_nothing() {
    let folder = root().join("fixtures/documents");
    let mut random = Random(5);
    let mut below = |most: usize| (random.next() % most as u64) as usize;
    let files: Vec<_> = files_below(&folder)
        .into_iter()
        .filter(|file| file.extension().is_none_or(|ending| ending != "expect"))
        .collect();
    assert!(files.len() >= 25);
    let sandbox = Sandbox::new();
    for file in files {
        let whole = fs::read(folder.join(&file)).unwrap();
        let name = file.display().to_string();
        for cut in 0..8 {
            let length = if cut < 4 { whole.len() - 1 - cut * 7 } else { below(whole.len()) };
            sandbox.write(format!("{name}/cut-{cut}"), &whole[..length.min(whole.len())]);
        }
        for turn in 0..16 {
            let mut bytes = whole.clone();
            for _ in 0..=turn {
                let at = below(bytes.len());
                bytes[at] ^= 1 << below(8);
            }
            sandbox.write(format!("{name}/turn-{turn}"), &bytes);
        }
    }
    scan(&sandbox, &["--no-ignore"]);
}
