//! Any bytes through the whole search of a document: nothing panics, positions make sense, no
//! excerpt shows a secret, and where the windows of a long text fall changes nothing.

#![no_main]

use std::sync::LazyLock;

use hallpass::detect::Detectors;
use hallpass::leaks::{Document, Leak, Searcher};
use libfuzzer_sys::fuzz_target;

static DETECTORS: LazyLock<Detectors> =
    LazyLock::new(|| Detectors::embedded().expect("a test loads them"));

fn search(bytes: &[u8]) -> Document {
    Searcher::new(&DETECTORS).search(bytes).expect("reading from memory does not fail")
}

fn holds_secret(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .any(|run| run.len() >= 64 && !run.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn check(leak: &Leak, lines: u64) {
    assert!(leak.start < leak.end, "{leak:?}");
    assert!((1..=lines).contains(&leak.start.line) && leak.end.line <= lines, "{leak:?}");
    assert!(leak.start.column >= 1 && leak.end.column >= 1, "{leak:?}");
    assert!(leak.hint.hint.chars().count() <= 5, "{leak:?}");
    let excerpt = &leak.excerpt;
    assert!(!holds_secret(&excerpt.text), "{leak:?}");
    assert!(!excerpt.text.contains(char::is_control), "{leak:?}");
    assert!(excerpt.text.get(excerpt.span.clone()).is_some(), "{leak:?}");
}

fuzz_target!(|bytes: &[u8]| {
    let document = search(bytes);
    assert_eq!(document.bytes, bytes.len() as u64);
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    document.leaks.iter().for_each(|leak| check(leak, lines));
    assert!(document.leaks.is_sorted_by_key(|leak| leak.start));
    if document.leaks.is_empty() || bytes.contains(&0) || bytes.starts_with(b"\xef\xbb\xbf") {
        return;
    }
    // the same behind so many empty lines that a window ends somewhere in it
    let empty = 256 * 1024 - 16 * 1024 - usize::from(bytes[0]) * bytes.len() / 256;
    let mut long = vec![b'\n'; empty];
    long.extend(bytes);
    let mut moved = search(&long).leaks;
    for leak in &mut moved {
        leak.start.line -= empty as u64;
        leak.end.line -= empty as u64;
        leak.excerpt.first_line -= empty as u64;
    }
    assert_eq!(moved, document.leaks);
});
