//! Any bytes through the readers of all formats: they come back, within what a file may cost, and
//! a file, a stream and bytes in memory are the same.

#![no_main]

use std::io::{self, Cursor, Read};
use std::sync::LazyLock;
use std::time::Duration;

use hallpass::detect::Detectors;
use hallpass::extract::unpack::budget::Limits;
use hallpass::leaks::{Searched, Searcher};
use libfuzzer_sys::fuzz_target;

static DETECTORS: LazyLock<Detectors> =
    LazyLock::new(|| Detectors::embedded().expect("the embedded detectors are sound"));

/// Answers reads in small pieces.
struct Slow<'b>(&'b [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(7);
        self.0.read(&mut into[..most])
    }
}

fn shown(searched: &Searched) -> Vec<String> {
    let leaks = searched.parts.iter().flat_map(|part| {
        part.document.leaks.iter().map(move |leak| format!("{} {leak:?}", part.member))
    });
    leaks.chain(searched.unread.iter().map(|unread| format!("{unread:?}"))).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits { least: 4 << 20, time: Duration::from_secs(20), ..Limits::default() };
    let mut searcher = Searcher::new(&DETECTORS);
    let memory = searcher.search_bytes(bytes, "x.bin", &limits);
    let file = searcher.search_file(&mut Cursor::new(bytes), "x.bin", &limits);
    assert_eq!(shown(&memory), shown(&file.expect("memory can be read")));
    if bytes.len() < 4096 {
        let stream = searcher.search_stream(&mut Slow(bytes), "x.bin", &limits);
        assert_eq!(stream.expect("memory can be read").bytes, bytes.len() as u64);
    }
});
