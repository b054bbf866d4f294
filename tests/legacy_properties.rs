//! What holds of binary Office files and RTF: a token is found once and at its place, however its
//! document was cut into pieces, records, runs and escapes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::sync::LazyLock;

use hallpass::detect::Detectors;
use hallpass::extract::unpack::budget::Limits;
use hallpass::leaks::Searcher;
use proptest::prelude::*;
use support::token;
use support::word::{HEADER, Piece, document, record, workbook};

static DETECTORS: LazyLock<Detectors> = LazyLock::new(|| Detectors::embedded().unwrap());

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// The hint and the place of each leak in `bytes`, all of which could be read. What a part's bytes
/// show as they are is left out: cut behind its shard, a token looks like one without.
fn places(bytes: &[u8], name: &str) -> Vec<(String, String)> {
    let searched = Searcher::new(&DETECTORS).search_bytes(bytes, name, &Limits::default());
    assert!(searched.unread.is_empty(), "{:?}", searched.unread);
    let parts = searched.parts.into_iter();
    let leaks = parts.filter(|part| part.member.is_empty()).flat_map(|part| part.document.leaks);
    leaks.map(|leak| (leak.hint.hint, leak.place.unwrap_or_default())).collect()
}

/// A text cut at some places.
fn cut(text: &str, cuts: &[usize]) -> Vec<String> {
    let mut edges: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
    edges.extend([0, text.len()]);
    edges.sort_unstable();
    edges.windows(2).map(|edge| text[edge[0]..edge[1]].to_owned()).collect()
}

proptest! {
    #![proptest_config(config(200))]

    /// Pieces of either width, which stand in the file in any order.
    #[test]
    fn word_joins_pieces(
        seed in any::<u64>(),
        cuts in prop::collection::vec(0_usize..200, 0..8),
        widths in prop::collection::vec(any::<bool>(), 10),
        turn in 0_usize..9,
    ) {
        let secret = token(seed);
        let text = format!("Minutes\rkey: {secret}.\rEnd\r");
        let parts = cut(&text, &cuts);
        let mut stream = Vec::new();
        let mut pieces: Vec<(usize, Piece)> = Vec::new();
        let mut order: Vec<usize> = (0..parts.len()).collect();
        let turn = turn % order.len();
        order.rotate_left(turn);
        for at in order {
            let (part, wide) = (&parts[at], widths[at % widths.len()]);
            stream.push(1);
            let offset = (HEADER + stream.len()) as u32;
            pieces.push((at, Piece { offset, characters: part.len() as u32, wide }));
            match wide {
                true => stream.extend(part.encode_utf16().flat_map(u16::to_le_bytes)),
                false => stream.extend(part.as_bytes()),
            }
        }
        pieces.sort_by_key(|(at, _)| *at);
        let pieces: Vec<Piece> = pieces.into_iter().map(|(_, piece)| piece).collect();
        let found = places(&document(&stream, &pieces), "x.doc");
        prop_assert_eq!(found, [(secret[2..7].to_owned(), "paragraph 2".to_owned())]);
    }

    /// Strings that go on in further records, each of which says anew how wide they are.
    #[test]
    fn excel_joins_records(
        seed in any::<u64>(),
        cuts in prop::collection::vec(0_usize..200, 0..6),
        widths in prop::collection::vec(any::<bool>(), 8),
    ) {
        let secret = token(seed);
        let text = format!("key: {secret}.");
        let parts = cut(&text, &cuts);
        let mut strings = vec![0; 8];
        strings.extend([5, 0, 0]);
        strings.extend(b"first");
        strings.extend((text.len() as u16).to_le_bytes());
        let mut records = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let wide = widths[at % widths.len()];
            strings.push(u8::from(wide));
            match wide {
                true => strings.extend(part.encode_utf16().flat_map(u16::to_le_bytes)),
                false => strings.extend(part.as_bytes()),
            }
            if at + 1 < parts.len() {
                records.extend(record(if records.is_empty() { 0xfc } else { 0x3c }, &strings));
                strings.clear();
            }
        }
        records.extend(record(if records.is_empty() { 0xfc } else { 0x3c }, &strings));
        let found = places(&workbook(&records, 2), "x.xls");
        prop_assert_eq!(found, [(secret[2..7].to_owned(), "sheet ‘Log’, cell A2".to_owned())]);
    }

    /// Characters as they are, as numbers of bytes and of units, in runs and broken lines.
    #[test]
    fn rtf_joins_runs(
        seed in any::<u64>(),
        how in prop::collection::vec(0_u8..7, 80),
        skips in 0_usize..4,
    ) {
        let secret = token(seed);
        let mut text = format!("{{\\rtf1\\ansi\\uc{skips} Minutes\\par key: ");
        for (at, c) in secret.chars().enumerate() {
            let code = c as u32;
            match how[at % how.len()] {
                0 => text.push_str(&format!("\\'{code:02x}")),
                1 => text.push_str(&format!("\\u{code} {}", "?".repeat(skips))),
                2 => text.push_str(&format!("{{\\b {c}}}")),
                3 => text.push_str(&format!("\r\n\\i1 {c}")),
                4 => text.push_str(&format!("{{\\*\\bkmkstart x}}{c}")),
                5 => text.push_str(&format!("\\-{c}")),
                _ => text.push(c),
            }
        }
        text.push_str(".\\par End\\par}");
        let found = places(text.as_bytes(), "x.rtf");
        prop_assert_eq!(found, [(secret[2..7].to_owned(), "paragraph 2".to_owned())]);
    }
}
