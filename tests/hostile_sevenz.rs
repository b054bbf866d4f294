//! 7z archives that lie about what is in them, and bombs: the real binary, under a limit of memory,
//! has to come back in time, and says of everything that it did not read that it didn't.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod hostile;
mod support;

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use flate2::Crc;
use hostile::scan;
use support::{Random, Sandbox, root, token};

const MEMORY: &str = "reading it takes more than 72 MiB of memory";

fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

/// An archive of `packed` and a directory, which may say what it likes.
fn archive(packed: &[u8], directory: &[u8]) -> Vec<u8> {
    let mut start = Vec::new();
    start.extend((packed.len() as u64).to_le_bytes());
    start.extend((directory.len() as u64).to_le_bytes());
    start.extend(crc(directory));
    [b"7z\xbc\xaf\x27\x1c\0\x04", &crc(&start)[..], &start, packed, directory].concat()
}

/// A number, as long as numbers are written.
fn number(value: u64) -> Vec<u8> {
    [&[0xff][..], &value.to_le_bytes()].concat()
}

/// What stands in a directory about one folder: where it is packed, and how.
fn folder(packed: usize, coder: &[u8], size: u64) -> Vec<u8> {
    let sizes = [b"\x09".to_vec(), number(packed as u64), vec![0]].concat();
    let packs = [&b"\x06\0\x01"[..], &sizes].concat();
    [&packs[..], b"\x07\x0b\x01\0\x01", coder, b"\x0c", &number(size), b"\0"].concat()
}

/// A directory of one folder with one file, `a`.
fn one_file(packed: usize, coder: &[u8], size: u64) -> Vec<u8> {
    let parts = b"\x08\0";
    let files = b"\x05\x01\x11\x05\0a\0\0\0\0";
    [b"\x01\x04", &folder(packed, coder, size)[..], parts, b"\0", files, b"\0"].concat()
}

/// LZMA2 that packs nothing: stretches of bytes as they are.
fn lzma2(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    for (at, part) in bytes.chunks(1 << 16).enumerate() {
        packed.push(if at == 0 { 1 } else { 2 });
        packed.extend(((part.len() - 1) as u16).to_be_bytes());
        packed.extend(part);
    }
    packed.push(0);
    packed
}

const COPY: &[u8] = b"\x01\0";

fn text(seed: u64) -> Vec<u8> {
    format!("{}key {}\n", "line\n".repeat(100), token(seed)).into_bytes()
}

fn seven_zip(sandbox: &Sandbox, name: &str, options: &[&str], content: &[u8]) -> Option<Vec<u8>> {
    let path = sandbox.outside().join(name);
    let mut child = Command::new("7z")
        .args(["a", "-bd", &format!("-si{name}.txt")])
        .args(options)
        .arg(&path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(content).ok()?;
    child.wait().ok()?.success().then(|| fs::read(&path).unwrap())
}

/// The builder below writes what is an archive, so that the lies in it are what is turned down.
#[test]
fn what_the_tests_write_is_read() {
    let sandbox = Sandbox::new();
    sandbox.write("copy.7z", archive(&text(1), &one_file(text(1).len(), COPY, 506 + 67)));
    let packed = lzma2(&text(2));
    for (name, dictionary) in [("small.7z", 0), ("large.7z", 28)] {
        let coder = [b"\x21\x21\x01", &[dictionary][..]].concat();
        let directory = one_file(packed.len(), &coder, text(2).len() as u64);
        sandbox.write(name, archive(&packed, &directory));
    }
    let ran = scan(&sandbox, &[]);
    let due = ["copy.7z!a:101:5", "large.7z!a:101:5", "small.7z!a:101:5"];
    assert_eq!(ran.places(), due, "{:?}", ran.errors());
}

#[test]
fn a_bomb_is_a_limit_that_is_told() {
    let sandbox = Sandbox::new();
    let zeros = vec![0; 100 << 20];
    for method in ["LZMA2", "PPMd", "BZip2", "Deflate"] {
        let name = format!("{method}.7z");
        let Some(bomb) = seven_zip(&sandbox, &name, &[&format!("-m0={method}"), "-mx=1"], &zeros)
        else {
            eprintln!("skipped: there is no 7z");
            return;
        };
        sandbox.write(&name, bomb);
    }
    // a picture is not read, but what it is packed with has to be
    let picture = [b"\x89PNG\r\n\x1a\n", &zeros[..]].concat();
    sandbox.write("picture.7z", seven_zip(&sandbox, "picture.7z", &["-mx=1"], &picture).unwrap());
    let ran = scan(&sandbox, &[]);
    let due = ["BZip2", "Deflate", "LZMA2", "PPMd", "picture"]
        .map(|name| format!("{name}.7z: 7z: it expands to more than 200 times its size"));
    assert_eq!((ran.code, ran.errors()), (3, due.to_vec()));
}

/// Each of these numbers would be gigabytes, if it were believed.
#[test]
fn numbers_of_things_take_no_memory() {
    let sandbox = Sandbox::new();
    let filled = |directory: &[u8]| {
        let mut directory = directory.to_vec();
        directory.resize(4 << 20, 0);
        archive(b"", &directory)
    };
    let many = number(4 << 20);
    sandbox.write("files.7z", filled(&[b"\x01\x05", &many[..]].concat()));
    sandbox.write("packs.7z", filled(&[b"\x01\x04\x06\0", &many[..], b"\x09"].concat()));
    sandbox.write("folders.7z", filled(&[b"\x01\x04\x07\x0b", &many[..], b"\0"].concat()));
    let folders = [b"\x01\x04\x07\x0b".to_vec(), number(90_000), vec![0]].concat();
    let folders = [folders, b"\x01\x00".repeat(90_000), vec![0x0c], vec![0; 90_000]].concat();
    let parts = [folders, b"\0\x08\x0d".to_vec(), number(4 << 20).repeat(90_000)].concat();
    sandbox.write("parts.7z", filled(&[parts, b"\0\0".to_vec()].concat()));
    for huge in [u64::MAX, 1 << 62, 1 << 40] {
        sandbox
            .write(format!("{huge}-files.7z"), filled(&[b"\x01\x05", &number(huge)[..]].concat()));
        sandbox.write(format!("{huge}-size.7z"), {
            let mut bytes = archive(b"", b"");
            bytes[20..28].copy_from_slice(&huge.to_le_bytes());
            let sum = crc(&bytes[12..32]);
            bytes[8..12].copy_from_slice(&sum);
            bytes
        });
    }
    let ran = scan(&sandbox, &[]);
    assert_eq!(ran.code, 3);
    let errors = ran.errors();
    assert_eq!(errors.len(), 10, "{errors:#?}");
    let due = [
        format!("files.7z: 7z: {MEMORY}"),
        "folders.7z: 7z: it has more than 100000 members".to_owned(),
        "packs.7z: 7z: it is damaged (its directory is not sound)".to_owned(),
        format!("{}-size.7z: 7z: it is cut short", u64::MAX),
    ];
    for due in due {
        assert!(errors.contains(&due), "{due}: {errors:#?}");
    }
}

/// What is packed with a dictionary that can't be held is not read, and what stands behind it is.
#[test]
fn dictionaries_are_not_believed() {
    let sandbox = Sandbox::new();
    let coders: [(&str, &[u8]); 4] = [
        ("lzma2.7z", b"\x21\x21\x01\x28"),
        ("lzma.7z", b"\x23\x03\x01\x01\x05\x5d\xff\xff\xff\xef"),
        ("ppmd.7z", b"\x23\x03\x04\x01\x05\x06\0\0\0\x80"),
        // two, each of which could be held alone
        ("two.7z", b"\x21\x21\x01\x1b\x21\x21\x01\x1b\0\x01"),
    ];
    for (name, coder) in coders {
        let second = text(5);
        let packs = [b"\x06\0\x02\x09\x04", &number(second.len() as u64)[..], b"\0"].concat();
        // how many coders there are, and what comes out of each
        let (count, sizes): (&[u8], &[u8]) =
            if name == "two.7z" { (b"\x02", b"\x40\x40") } else { (b"\x01", b"\x40") };
        let size = number(second.len() as u64);
        let folders =
            [b"\x07\x0b\x02\0", count, coder, b"\x01", COPY, b"\x0c", sizes, &size, b"\0"].concat();
        let names = b"\x11\x09\0a\0\0\0b\0\0\0";
        let directory =
            [b"\x01\x04", &packs[..], &folders, b"\x08\0\0\x05\x02", names, b"\0\0"].concat();
        sandbox.write(name, archive(&[b"\0\0\0\0", &second[..]].concat(), &directory));
    }
    let ran = scan(&sandbox, &[]);
    let names = ["lzma.7z", "lzma2.7z", "ppmd.7z", "two.7z"];
    assert_eq!(ran.errors(), names.map(|name| format!("{name}!a: {MEMORY}")));
    assert_eq!(ran.places(), names.map(|name| format!("{name}!b:101:5")));
}

/// A directory may be packed, and may be a bomb or say that it is a large one.
#[test]
fn packed_directories_are_not_believed() {
    let sandbox = Sandbox::new();
    let Some(bomb) = seven_zip(&sandbox, "x.7z", &["-m0=LZMA", "-mx=1"], &vec![0; 60 << 20]) else {
        eprintln!("skipped: there is no 7z");
        return;
    };
    let size = u64::from_le_bytes(bomb[12..20].try_into().unwrap()) as usize;
    let packed = &bomb[32..32 + size];
    // as `7z -mx=1` says of it
    let coder = b"\x23\x03\x01\x01\x05\x5d\0\0\x04\0";
    for (name, size) in [("bomb.7z", 60 << 20), ("larger.7z", u64::MAX), ("smaller.7z", 9)] {
        let directory = [b"\x17", &folder(packed.len(), coder, size)[..], b"\0"].concat();
        sandbox.write(name, archive(packed, &directory));
    }
    let coder = b"\x23\x03\x01\x01\x05\x5d\0\0\0\xf0";
    let directory = [b"\x17", &folder(packed.len(), coder, 1 << 20)[..], b"\0"].concat();
    sandbox.write("dictionary.7z", archive(packed, &directory));
    let ran = scan(&sandbox, &[]);
    assert_eq!(ran.code, 3);
    let errors = ran.errors();
    assert_eq!(errors.len(), 4, "{errors:#?}");
    for name in ["larger.7z", "dictionary.7z"] {
        assert!(errors.contains(&format!("{name}: 7z: {MEMORY}")), "{name}: {errors:#?}");
    }
}

/// A size that is too small hides nothing without a word.
#[test]
fn sizes_that_lie_are_told() {
    let sandbox = Sandbox::new();
    let packed = lzma2(&text(7));
    let coder = b"\x21\x21\x01\x10";
    for (name, size) in [("less.7z", 10), ("more.7z", 10_000), ("most.7z", u64::MAX)] {
        sandbox.write(name, archive(&packed, &one_file(packed.len(), coder, size)));
    }
    // as if nothing were in it
    let mut none = archive(&packed, &one_file(packed.len(), coder, 573));
    none[20..28].fill(0);
    sandbox.write("none.7z", none);
    let cut = archive(&packed, &one_file(1 << 40, coder, 573));
    sandbox.write("beyond.7z", &cut[..]);
    let ran = scan(&sandbox, &[]);
    assert_eq!(ran.code, 3);
    let errors = ran.errors();
    for name in ["less.7z!a", "more.7z!a", "most.7z!a", "none.7z"] {
        assert!(errors.iter().any(|error| error.starts_with(name)), "{name}: {errors:#?}");
    }
    let places = ran.places();
    for name in ["beyond.7z!a:101:5", "more.7z!a:101:5", "most.7z!a:101:5"] {
        assert!(places.contains(&name.to_owned()), "{name}: {places:#?} {errors:#?}");
    }
}

/// A member is found although its checksum is wrong, and so is what is packed behind it, as far as
/// it can be unpacked; where it can't be that is told.
#[test]
fn what_stands_behind_damage_is_read_or_told() {
    let sandbox = Sandbox::new();
    let both = [text(8), text(9)].concat();
    let sums = [&b"\x0a\x01"[..], b"oops", &crc(&text(9))].concat();
    let parts = [&b"\x08\x0d\x02\x09"[..], &number(both.len() as u64 / 2), &sums, b"\0"].concat();
    let names = b"\x11\x09\0a\0\0\0b\0\0\0";
    let cut = &both[..400];
    for (name, packed) in [("sum.7z", &both[..]), ("cut.7z", cut)] {
        let folder = folder(packed.len(), COPY, both.len() as u64);
        let directory = [b"\x01\x04", &folder[..], &parts, b"\0\x05\x02", names, b"\0\0"].concat();
        sandbox.write(name, archive(packed, &directory));
    }
    let ran = scan(&sandbox, &[]);
    assert_eq!(ran.places(), ["sum.7z!a:101:5", "sum.7z!b:101:5"]);
    let due = [
        "cut.7z!a: it is cut short",
        "cut.7z!b: it is packed behind something that is damaged",
        "sum.7z!a: it is damaged (its checksum is wrong)",
    ];
    assert_eq!(ran.errors(), due);
}

/// Every archive cut at every place, and with every one of its bytes turned over in turn: what is
/// not found is told.
#[test]
fn nothing_that_is_broken_is_silent() {
    let folder = root().join("fixtures/documents");
    let mut random = Random(11);
    let mut seen = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with(".7z") || name.contains("locked") || name.starts_with("many") {
            continue;
        }
        seen += 1;
        let whole = fs::read(&path).unwrap();
        let sandbox = Sandbox::new();
        sandbox.write("whole.7z", &whole);
        let due = scan(&sandbox, &[]).places().len();
        assert!(due > 0, "{name}");
        let sandbox = Sandbox::new();
        for at in 6..whole.len() {
            sandbox.write(format!("cut-{at}"), &whole[..at]);
            let mut turned = whole.clone();
            turned[at] ^= 1 << (random.next() % 8);
            sandbox.write(format!("turned-{at}"), turned);
        }
        let ran = scan(&sandbox, &[]);
        let (places, errors) = (ran.places(), ran.errors());
        for at in 6..whole.len() {
            for file in [format!("cut-{at}"), format!("turned-{at}")] {
                let found = places.iter().filter(|p| p.starts_with(&format!("{file}!"))).count();
                let told = errors.iter().any(|error| {
                    error.starts_with(&format!("{file}:")) || error.starts_with(&format!("{file}!"))
                });
                assert!(found >= due || told, "{name} {file}: {found} of {due}");
            }
        }
    }
    assert!(seen >= 10);
}
