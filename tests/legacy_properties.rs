//! What holds of binary Office files and RTF: a token is found once and at its place, however its
//! document was cut into pieces, records, runs and escapes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::sync::LazyLock;

use hallpass::detect::Detectors;
use hallpass::extract::unpack::budget::Limits;
use hallpass::leaks::Searcher;
use proptest::prelude::*;
use support::compound::Compound;
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

/// Word 6 and 95: the text is one piece of 8-bit characters. No program that still writes it is at
/// hand.
#[test]
fn word_95_is_read() {
    let (body, foot) = (token(1), token(2));
    let parts = [format!("Minutes\rkey: {body}\r"), format!("\u{2}see {foot}\r")];
    let mut main = vec![0; HEADER];
    let mut put = |at: usize, number: u32| {
        main[at..at + 4].copy_from_slice(&number.to_le_bytes());
    };
    put(0, 0x0065_a5dc);
    let [text, notes] = parts.each_ref().map(|part| part.len() as u32);
    put(0x18, HEADER as u32);
    put(0x1c, HEADER as u32 + text + notes);
    put(0x34, text);
    put(0x38, notes);
    parts.iter().for_each(|part| main.extend(part.as_bytes()));
    let mut file = Compound::new();
    file.stream(0, "WordDocument", &main);
    let due = [(&body, "paragraph 2"), (&foot, "footnotes, paragraph 1")];
    let due = due.map(|(secret, place)| (secret[2..7].to_owned(), place.to_owned()));
    assert_eq!(places(&file.finish(), "x.doc"), due);
}

/// Excel 5 and 95: 8-bit characters, strings in the cells themselves, comments as one record.
#[test]
fn excel_95_is_read() {
    let secrets: Vec<String> = (3..8).map(token).collect();
    let begin =
        |what: u16| record(0x0809, &[5_u16.to_be_bytes(), what.to_le_bytes(), [0; 2]].concat());
    let cell = |row: u16, rest: &[u8]| [&row.to_le_bytes()[..], &[1, 0, 0, 0], rest].concat();
    let long = |text: &str| [&(text.len() as u16).to_le_bytes()[..], text.as_bytes()].concat();
    let short = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
    let mut book = begin(5);
    let place = (book.len() + 4 + 10 + 4) as u32;
    book.extend(record(0x0085, &[&place.to_le_bytes()[..], &[1, 0], &short("Log")].concat()));
    book.extend(record(0x000a, b""));
    book.extend(begin(0x10));
    book.extend(record(0x0014, &short(&secrets[0])));
    book.extend(record(0x0204, &cell(0, &long(&secrets[1]))));
    let formula = [&[0; 16][..], &[0x17], &short(&secrets[2])].concat();
    book.extend(record(0x0006, &cell(1, &formula)));
    book.extend(record(0x0207, &long(&secrets[3])));
    let note = [&[3, 0, 2, 0][..], &long(&secrets[4])].concat();
    book.extend(record(0x001c, &note));
    book.extend(record(0x000a, b""));
    let mut file = Compound::new();
    file.stream(0, "Book", &book);
    let due = ["a header", "cell B1", "cell B2", "cell B2", "a comment on cell C4"];
    let due = due
        .iter()
        .zip(&secrets)
        .map(|(place, secret)| (secret[2..7].to_owned(), format!("hidden sheet ‘Log’, {place}")));
    assert_eq!(places(&file.finish(), "x.xls"), due.collect::<Vec<_>>());
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
