//! What holds of every text: a planted token is found once and at its place, however it is
//! written, encoded and handed over; and nothing else is found.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::io::{self, Read};
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use hallpass::detect::Detectors;
use hallpass::leaks::{Document, Searcher};
use proptest::prelude::*;
use support::{ALLOW, NEW, OLD, Random};

static DETECTORS: LazyLock<Detectors> = LazyLock::new(|| Detectors::embedded().unwrap());

/// Where the windows over a text end and what two of them share, in bytes.
const WINDOW: usize = 256 * 1024;
const SHARED: usize = 16 * 1024;

fn search(source: impl Read) -> Document {
    Searcher::new(&DETECTORS).search(source).unwrap()
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A token as it is meant.
#[derive(Debug, Clone)]
struct Token {
    shard: String,
    body: String,
}

fn token() -> impl Strategy<Value = Token> {
    ("[0-9]{1,6}", any::<u64>(), any::<bool>()).prop_map(|(shard, seed, old)| Token {
        shard,
        body: Random(seed).characters(if old { OLD } else { NEW }, 64),
    })
}

const TILDES: [&str; 8] = ["~", "%7E", "%7e", "\\u007e", "\\u007E", "&#126;", "&#x7e;", "&#x7E;"];

/// Text of short words, of letters that stand in one byte of Latin-1 and in all encodings. It
/// ends in no letter or digit and in nothing that an escape begins with.
fn prose() -> impl Strategy<Value = String> {
    "([a-zA-Z0-9éüßÿ]{0,12}[ \t.,:;=\"'(){}<>|/!?*@$^+_\n-]){0,12}"
}

/// What of a text stands around a token.
fn surroundings() -> impl Strategy<Value = (String, String)> {
    let beside = r#"[ \t"'`=:>({,|@!?\n*^$«»/-]"#;
    let behind = r#"[ \t"'`<)},;&|?!*\n.$«»/-]"#;
    prop_oneof![
        8 => (prose(), beside, behind, prose())
            .prop_map(|(before, left, right, after)| (before + &left, right + &after)),
        1 => (Just(String::new()), behind, prose()).prop_map(|(none, right, after)| (none, right + &after)),
        1 => (prose(), beside, Just(String::new())).prop_map(|(before, left, none)| (before + &left, none)),
        1 => Just((String::new(), String::new())),
    ]
}

#[derive(Debug, Clone, Copy)]
enum Encoding {
    Utf8,
    Utf8Bom,
    Latin1,
    Utf16 { big: bool, bom: bool },
}

fn encoding() -> impl Strategy<Value = Encoding> {
    prop_oneof![
        Just(Encoding::Utf8),
        Just(Encoding::Utf8Bom),
        Just(Encoding::Latin1),
        (any::<bool>(), any::<bool>()).prop_map(|(big, bom)| Encoding::Utf16 { big, bom }),
    ]
}

impl Encoding {
    fn encode(self, text: &str) -> Vec<u8> {
        let wide = |text: String, big: bool| {
            let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            text.encode_utf16().flat_map(unit).collect()
        };
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf8Bom => format!("\u{feff}{text}").into_bytes(),
            Self::Latin1 => text.chars().map(|c| u8::try_from(c).unwrap()).collect(),
            Self::Utf16 { big, bom: true } => wide(format!("\u{feff}{text}"), big),
            Self::Utf16 { big, bom: false } => wide(text.to_owned(), big),
        }
    }

    /// The line and column behind `before`, as a reader of the encoding sees them.
    fn position(self, before: &str) -> (u64, u64) {
        let seen = match self {
            // a sequence that is not UTF-8 is shown as one character
            Self::Latin1 => String::from_utf8_lossy(&self.encode(before)).into_owned(),
            _ => before.to_owned(),
        };
        let line = seen.rsplit('\n').next().unwrap();
        (seen.matches('\n').count() as u64 + 1, line.chars().count() as u64 + 1)
    }
}

/// That `document` holds `token` and nothing else, from `start` to `end`.
fn assert_only(
    document: &Document,
    token: &Token,
    start: (u64, u64),
    end: Option<(u64, u64)>,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(document.leaks.len(), 1, "{:?}", document.leaks);
    let leak = &document.leaks[0];
    prop_assert_eq!((leak.start.line, leak.start.column), start);
    if let Some(end) = end {
        prop_assert_eq!((leak.end.line, leak.end.column), end);
    }
    prop_assert_eq!(leak.hint.shard.as_deref(), Some(token.shard.as_str()));
    prop_assert_eq!(leak.hint.hint.as_str(), &token.body[..5]);
    let detector = DETECTORS.get(leak.detector).unwrap();
    prop_assert_eq!(detector.id.as_str(), "canvas-access-token");
    // the identity is the same however it is written
    let plain = search(format!("{}~{}", token.shard, token.body).as_bytes());
    prop_assert_eq!(&leak.fingerprint, &plain.leaks[0].fingerprint);
    prop_assert!(!leak.excerpt.text.contains(&token.body[5..13]), "{:?}", leak.excerpt);
    Ok(())
}

fn with_line_end(text: String, crlf: bool) -> String {
    if crlf { text.replace('\n', "\r\n") } else { text }
}

/// Whether `gap` is nothing that puts together what stands before and behind it.
#[expect(clippy::ptr_arg, reason = "what a filter is handed")]
fn joins_nothing(gap: &String) -> bool {
    let quotes = gap.matches(['"', '\'']).count();
    quotes == 0 || (quotes == 1 && !gap.contains(['{', '}']))
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn a_token_is_found_once_at_its_place(
        token in token(),
        (before, after) in surroundings(),
        tilde in proptest::sample::select(&TILDES[..]),
        encoding in encoding(),
        crlf in any::<bool>(),
    ) {
        let before = with_line_end(before, crlf);
        let whole = format!("{before}{}{tilde}{}", token.shard, token.body);
        let text = format!("{whole}{}", with_line_end(after, crlf));
        let bytes = encoding.encode(&text);
        let document = search(&bytes[..]);
        prop_assert_eq!(document.bytes, bytes.len() as u64);
        let end = encoding.position(&whole);
        assert_only(&document, &token, encoding.position(&before), Some(end))?;
    }

    #[test]
    fn a_token_is_found_in_base64_at_every_alignment(
        token in token(),
        (before, after) in surroundings(),
        (lead, tail) in surroundings(),
        url_safe in any::<bool>(),
        padded in any::<bool>(),
        width in proptest::sample::select(&[usize::MAX, 76, 64, 60][..]),
        crlf in any::<bool>(),
    ) {
        let plain = format!("{before}{}~{}{after}", token.shard, token.body);
        let encoded = match (url_safe, padded) {
            (false, true) => STANDARD.encode(plain),
            (false, false) => STANDARD_NO_PAD.encode(plain),
            (true, true) => URL_SAFE.encode(plain),
            (true, false) => URL_SAFE_NO_PAD.encode(plain),
        };
        // the block has lines of its own where it is wrapped, else it stands inside one
        let wrapped: Vec<&str> = encoded
            .as_bytes()
            .chunks(width.min(encoded.len()))
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        let (open, close) = if wrapped.len() > 1 { ("\n\n", "\n\n") } else { (" \"", "\" ") };
        let lead = format!("{lead}{open}");
        let text = format!("{lead}{}{close}{tail}", wrapped.join("\n"));
        let text = with_line_end(text, crlf);
        // the character that holds the token's first bit
        let first = before.len() * 8 / 6;
        let until = wrapped.iter().take(first / width.min(encoded.len()));
        let above: String = until.map(|line| format!("{line}\n")).collect();
        let beside = "k".repeat(first % width.min(encoded.len()));
        let start = Encoding::Utf8.position(&with_line_end(format!("{lead}{above}{beside}"), crlf));
        assert_only(&search(text.as_bytes()), &token, start, None)?;
    }

    #[test]
    fn nothing_is_found_where_nothing_is(
        parts in proptest::collection::vec(
            (
                prop_oneof![
                    "[0-9]{1,8}[~%]?",
                    "[0-9]{1,6}~[a-zA-Z0-9]{1,63}",
                    "[0-9]{1,6}~[a-zA-Z0-9]{65,90}",
                    "[0-9]{1,6}~[a-f0-9]{64}",
                    "[a-zA-Z0-9]{1,63}",
                    "[a-zA-Z0-9]{65,200}",
                    "[a-f0-9]{64}",
                    "CANVAS_(TOKEN|API_KEY)",
                    r"https://canvas\.example\.edu/api/v1/courses",
                    "(user_|verifier=)[a-zA-Z0-9]{30,39}",
                    "[~]{1,5}",
                ],
                "[ \t\n\r.,:=\"'(){}<>|!?*^$]{1,3}".prop_filter("it joins", joins_nothing),
            ),
            0..30,
        ),
        encoding in encoding(),
    ) {
        let text: String = parts.into_iter().map(|(part, gap)| part + &gap).collect();
        let document = search(&encoding.encode(&text)[..]);
        prop_assert!(document.leaks.is_empty(), "{:?} in {text:?}", document.leaks);
    }
}

/// Lines to fill a text with, of `length` bytes in all, each of which ends in a blank.
fn filler(length: usize) -> String {
    let line = "    a line of an ordinary log, which says: grüße, 12:30 to 14~15\n";
    let mut text = line.repeat(length / line.len());
    text.extend(std::iter::repeat_n(' ', length - text.len()));
    text
}

proptest! {
    #![proptest_config(config(120))]

    #[test]
    fn a_token_is_found_over_every_edge_of_a_window(
        token in token(),
        window in 1..3usize,
        edge in proptest::sample::select(&[0, SHARED, 2 * SHARED][..]),
        near in -120i64..40,
        tilde in proptest::sample::select(&TILDES[..]),
        encoding in encoding(),
        in_base64 in any::<bool>(),
        long_line in any::<bool>(),
        behind in 0..40_000usize,
    ) {
        // windows advance by what they do not share
        let offset = (window * (WINDOW - SHARED) + SHARED - edge) as i64 + near;
        let offset = usize::try_from(offset).unwrap();
        // the bytes that decide are those of the decoded text, and once more those of the file
        let mut before = filler(offset);
        if long_line {
            before = before.replace('\n', " ");
        }
        let plain = format!("{}{tilde}{}", token.shard, token.body);
        let (written, skipped) = if in_base64 {
            let lead = "token = ";
            let plain = format!("{lead}{}~{} # {}", token.shard, token.body, "é".repeat(20));
            (STANDARD.encode(plain), lead.len() * 8 / 6)
        } else {
            (plain, 0)
        };
        let text = format!("{before}{written}\n{}", filler(behind));
        let document = search(&encoding.encode(&text)[..]);
        let (line, column) = encoding.position(&before);
        assert_only(&document, &token, (line, column + skipped as u64), None)?;
    }
}

/// The edges that matter most, byte by byte: where the first window stops calling matches its own,
/// where the second one begins and where the first one ends.
#[test]
fn a_token_is_found_at_every_offset_over_the_first_edges() {
    let edges = [WINDOW - 2 * SHARED, WINDOW - SHARED, WINDOW];
    let hosted = |seed| format!("314159~{}", support::body(seed));
    for near in 0..90 {
        let mut text = String::new();
        for (seed, edge) in edges.into_iter().enumerate() {
            text.push_str(&filler(edge - 80 + near - text.len()));
            text.push_str(&hosted(seed as u64));
        }
        text.push_str(&filler(SHARED));
        let document = search(text.as_bytes());
        let found: Vec<_> = document.leaks.iter().map(|leak| leak.hint.clone()).collect();
        let hint = |seed: usize| hallpass::finding::TokenHint {
            shard: Some("314159".into()),
            hint: support::body(seed as u64)[..5].into(),
        };
        assert_eq!(found, [0, 1, 2].map(hint), "the tokens begin {} before the edges", 80 - near);
    }
}

/// Hands out what it holds in pieces, and is interrupted now and then, as a pipe is.
struct Trickle<'a> {
    bytes: &'a [u8],
    most: usize,
    random: Random,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.random.next().is_multiple_of(16) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let wanted = 1 + (self.random.next() % self.most as u64) as usize;
        let count = wanted.min(buffer.len()).min(self.bytes.len());
        let (now, later) = self.bytes.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.bytes = later;
        Ok(count)
    }
}

/// What makes the search look twice.
const FRAGMENTS: [&[u8]; 24] = [
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"\0",
    b"\0\0\0\0",
    b"\r\n",
    b"\n",
    b"%",
    b"\\u",
    b"\\",
    b"&#",
    b"~",
    b"\x1b[1;3",
    b"ENC[",
    b"-----BEGIN X-----\n",
    b"eyJ",
    concat!("# hallpass", ": allow[x] y, until 2027-01-31\n").as_bytes(),
    b"CANVAS_TOKEN=",
    b"\xf0\x9f",
    b"sha256-",
    b"/feeds/calendars/user_",
    b"?verifier=",
    b"\x42",
    b"\x05\x01\x81\x11",
];

/// Bytes that are made of what the search looks for, whole and broken.
fn arbitrary_bytes() -> impl Strategy<Value = Vec<u8>> {
    let hosted = |(token, tilde): (Token, usize)| {
        format!("{}{}{}", token.shard, TILDES[tilde], token.body).into_bytes()
    };
    let wide = |text: Vec<u8>| text.into_iter().flat_map(|byte| [byte, 0]).collect::<Vec<u8>>();
    let hosted = (token(), 0..TILDES.len()).prop_map(hosted).boxed();
    let part = prop_oneof![
        4 => proptest::collection::vec(any::<u8>(), 0..40),
        2 => hosted.clone(),
        1 => hosted.clone().prop_map(wide),
        1 => hosted.clone().prop_map(|text| STANDARD.encode(text).into_bytes()),
        1 => (hosted, 0..80usize).prop_map(|(text, cut)| text[..cut.min(text.len())].to_vec()),
        1 => "[a-zA-Z0-9+/]{30,300}".prop_map(String::into_bytes),
        1 => proptest::sample::select(&FRAGMENTS[..]).prop_map(<[u8]>::to_vec),
    ];
    proptest::collection::vec(part, 0..25).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn no_bytes_are_too_odd(bytes in arbitrary_bytes()) {
        let document = search(&bytes[..]);
        prop_assert_eq!(document.bytes, bytes.len() as u64);
        for pair in document.leaks.windows(2) {
            let place = |at: usize| {
                (pair[at].start, pair[at].detector, pair[at].end, pair[at].fingerprint.clone())
            };
            prop_assert!(place(0) < place(1), "sorted, and each once: {:?}", pair);
        }
        for leak in &document.leaks {
            prop_assert!(leak.start.line >= 1 && leak.start.column >= 1);
            prop_assert!(leak.end > leak.start);
            let excerpt = &leak.excerpt;
            prop_assert!(excerpt.text.get(excerpt.span.clone()).is_some(), "{:?}", excerpt);
            prop_assert!(!excerpt.text.contains(hallpass::finding::is_hostile), "{:?}", excerpt);
        }
    }

    #[test]
    fn how_bytes_arrive_does_not_matter(
        bytes in arbitrary_bytes(),
        most in 1..600usize,
        seed in any::<u64>(),
    ) {
        let whole = search(&bytes[..]);
        let trickled = search(Trickle { bytes: &bytes, most, random: Random(seed) });
        prop_assert_eq!(&whole.leaks, &trickled.leaks);
        prop_assert_eq!(&whole.comments, &trickled.comments);
        prop_assert_eq!((whole.bytes, whole.binary), (trickled.bytes, trickled.binary));
    }

    /// A searcher is used for one file after the other and remembers nothing of the last.
    #[test]
    fn a_searcher_forgets(first in arbitrary_bytes(), second in arbitrary_bytes()) {
        let mut searcher = Searcher::new(&DETECTORS);
        searcher.search(&first[..]).unwrap();
        let used = searcher.search(&second[..]).unwrap();
        let fresh = search(&second[..]);
        prop_assert_eq!(&used.leaks, &fresh.leaks);
        prop_assert_eq!(&used.comments, &fresh.comments);
    }
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn how_a_long_text_arrives_does_not_matter(
        token in token(),
        length in 200_000..600_000usize,
        most in proptest::sample::select(&[700, 4096, 65_536, 1 << 20][..]),
        seed in any::<u64>(),
        encoding in encoding(),
    ) {
        let hosted = format!("{}~{}", token.shard, token.body);
        let text = format!("{}{hosted}\n# {ALLOW} x\n{}", filler(length), filler(3000));
        let bytes = encoding.encode(&text);
        let whole = search(&bytes[..]);
        let trickled = search(Trickle { bytes: &bytes, most, random: Random(seed) });
        prop_assert_eq!(whole.leaks.len(), 1);
        prop_assert_eq!(whole.comments.len(), 1);
        prop_assert_eq!(&whole.leaks, &trickled.leaks);
        prop_assert_eq!(&whole.comments, &trickled.comments);
    }
}
