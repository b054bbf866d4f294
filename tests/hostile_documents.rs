//! Files that are made to break their readers: bombs, liars, and every fixture cut short and
//! with bits turned over. The real binary, under a limit of memory, has to come back in time, and
//! says of everything that it did not read that it didn't.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod hostile;
mod support;

use std::fs;

use hostile::{Zip, gzip, scan, zip};
use support::{Random, Sandbox, files_below, root, token};

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

/// The header of a tar entry, with any size.
fn tar_header(name: &str, kind: u8, size: u64) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[156] = kind;
    // a number that eleven octal digits have no room for
    header[124] = 0x80;
    header[128..136].copy_from_slice(&size.to_be_bytes());
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// As `cat one.tar other.tar` puts them together.
#[test]
fn what_follows_the_end_of_a_tar_is_read() {
    let one = |name: &str, seed| {
        let text = format!("key {}\n", token(seed)).into_bytes();
        let mut bytes = [tar_header(name, b'0', text.len() as u64), text].concat();
        bytes.resize(512 * 4, 0);
        bytes
    };
    let sandbox = Sandbox::new();
    sandbox.write("both.tar", [one("a", 41), one("b", 42)].concat());
    let ran = scan(&sandbox, &[]);
    assert_eq!(
        (ran.places(), ran.errors()),
        (vec!["both.tar!a:1:5".to_owned(), "both.tar!b:1:5".to_owned()], vec![])
    );
}

#[test]
fn tar_entries_are_no_larger_than_they_are() {
    let secret = format!("key {}\n{}", token(7), "x".repeat(2000)).into_bytes();
    let sandbox = Sandbox::new();
    for (name, size) in [("long.tar", 1 << 62), ("longest.tar", u64::MAX)] {
        sandbox.write(name, [tar_header("a", b'0', size), secret.clone()].concat());
    }
    // names of 20 MB, and many of them
    let long = vec![b'n'; 20 << 20];
    let file = [tar_header("a", b'0', 512), secret[..512].to_vec(), vec![0; 1024]].concat();
    let name = [tar_header("././@LongLink", b'L', long.len() as u64), long].concat();
    sandbox.write("name.tar", [name, file.clone()].concat());
    let name = [tar_header("././@LongLink", b'L', 512), vec![b'n'; 512]].concat();
    sandbox.write("names.tar", [name.repeat(20_000), file.clone()].concat());
    let pax = [tar_header("p", b'x', 512), b"9 path=x\n".repeat(56), vec![0; 8]].concat();
    sandbox.write("pax.tar", [pax.repeat(20_000), file].concat());
    let ran = scan(&sandbox, &[]);
    let found: Vec<_> =
        ran.places().iter().map(|at| at.split('!').next().unwrap().to_owned()).collect();
    let due = ["long.tar", "longest.tar:1:517", "name.tar", "names.tar", "pax.tar"];
    assert_eq!(found, due, "{:?}", ran.errors());
    assert_eq!(ran.errors().len(), 2, "both that lie: {:?}", ran.errors());
}

#[test]
fn windows_that_lie_are_refused() {
    let sandbox = Sandbox::new();
    // an LZMA dictionary of 2 GiB
    let lzma = [b"\x5d\0\0\0\x80".as_slice(), &[0xff; 8], &[0; 64]].concat();
    sandbox.write("x.lzma", lzma);
    // a zstd window of 2 TiB, and a frame that says it has as much
    for (name, header) in
        [("window.zst", vec![0, 0xf8]), ("single.zst", [vec![0xe0], vec![0xff; 8]].concat())]
    {
        let block = [5 << 3 | 1, 0, 0, b'h', b'e', b'l', b'l', b'o'];
        sandbox.write(name, [b"\x28\xb5\x2f\xfd".as_slice(), &header, &block].concat());
    }
    let ran = scan(&sandbox, &[]);
    assert_eq!((ran.code, ran.errors().len()), (3, 3), "{:?}", ran.errors());
}

#[test]
fn gzip_may_have_members_without_number() {
    let secret = token(8);
    let members = [gzip(b"").repeat(300_000), gzip(format!("key {secret}\n").as_bytes())].concat();
    let sandbox = Sandbox::new();
    sandbox.write("members.gz", members);
    // a name without end
    sandbox.write(
        "name.gz",
        [b"\x1f\x8b\x08\x08\0\0\0\0\0\x03".as_slice(), &vec![b'n'; 8 << 20]].concat(),
    );
    let ran = scan(&sandbox, &[]);
    assert_eq!(ran.places(), ["members.gz!members:1:5"]);
    assert_eq!(ran.errors().len(), 1, "{:?}", ran.errors());
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

/// What its reader gives up on is searched as it is, in an archive as well as on its own.
#[test]
fn damaged_members_are_searched_as_they_are() {
    let (first, second) = (token(90), token(91));
    let pdf = format!("%PDF-1.4\n1 0 obj\n<<\n% key {first}\n");
    // more headers than are held
    let mail = format!("From: a\nTo: b\nDate: c\n{}\nkey {second}\n", "X: y\n".repeat(250_000));
    let sandbox = Sandbox::new();
    let members = [("a.pdf", pdf.as_bytes()), ("b.eml", mail.as_bytes())];
    sandbox.write("members.zip", zip(&members));
    let ran = scan(&sandbox, &[]);
    let places = ran.places();
    for due in ["members.zip!a.pdf:4:7", "members.zip!b.eml:250005:5"] {
        assert!(places.contains(&due.to_owned()), "{due}: {places:?} {:?}", ran.errors());
    }
    assert_eq!(ran.errors().len(), 2, "{:?}", ran.errors());
}
