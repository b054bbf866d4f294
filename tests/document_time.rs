//! Documents whose time is up: every reader comes back, and that is told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;
use std::time::{Duration, Instant};

use hallpass::detect::Detectors;
use hallpass::extract::formats;
use hallpass::extract::unpack::budget::Limits;
use hallpass::leaks::Searcher;
use support::{files_below, root};

#[test]
fn every_reader_looks_at_the_clock() {
    let folder = root().join("fixtures/documents");
    let detectors = Detectors::embedded().unwrap();
    let mut searcher = Searcher::new(&detectors);
    let limits = Limits { time: Duration::ZERO, ..Limits::default() };
    let mut told = 0;
    for file in files_below(&folder) {
        let name = file.display().to_string();
        let bytes = fs::read(folder.join(&file)).unwrap();
        // what is no document, and pictures, take no time
        if name.ends_with(".expect") || formats::of(&bytes).is_none_or(|it| it.name == "a picture")
        {
            continue;
        }
        let begin = Instant::now();
        let searched = searcher.search_bytes(&bytes, &name, &limits);
        assert!(begin.elapsed() < Duration::from_secs(10), "{name}");
        let late = |message: &str| message.contains("takes more than 0 seconds");
        // before there is anything to look into
        let refused = |message: &str| {
            ["it is encrypted", "it is cut short"].iter().any(|it| message.contains(it))
        };
        let mut messages = searched.unread.iter().map(|unread| unread.message.as_str());
        assert!(messages.any(|it| late(it) || refused(it)), "{name}: {:?}", searched.unread);
        told += 1;
    }
    assert!(told >= 25, "only {told}");
}
