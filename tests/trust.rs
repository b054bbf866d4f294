//! No output ever holds more of a token than its hint, nor anything that a terminal acts on:
//! every format over every fixture and over texts made to trip it, and then a search through
//! every byte that came out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use regex::bytes::Regex;
use support::{
    ALLOW, FORMATS, OLD, Ran, Random, Sandbox, body, files_below, hallpass, root, token,
};

/// How many characters of a token may be shown.
const HINT: usize = 5;
/// So many characters in a row of what may not be shown are no accident.
const WINDOW: usize = 8;
/// The same in base64.
const ENCODED_WINDOW: usize = 12;

/// What may not be seen of a number of secrets.
#[derive(Default)]
struct Forbidden {
    secrets: usize,
    plain: HashSet<Vec<u8>>,
    encoded: HashSet<Vec<u8>>,
}

impl Forbidden {
    fn of(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut forbidden = Self::default();
        for secret in secrets {
            forbidden.add(secret.as_bytes());
        }
        forbidden
    }

    /// Adds a secret without its shard.
    fn add(&mut self, secret: &[u8]) {
        self.secrets += 1;
        let hidden = &secret[HINT..];
        self.plain.extend(hidden.windows(WINDOW).map(<[u8]>::to_vec));
        for alignment in 0..3 {
            let shifted = [&b"xx"[..alignment], hidden].concat();
            let encoded = STANDARD_NO_PAD.encode(shifted).into_bytes();
            // the characters at the ends hold bits of the neighbours, too
            let inner = &encoded[4..encoded.len() - 4];
            self.encoded.extend(inner.windows(ENCODED_WINDOW).map(<[u8]>::to_vec));
        }
    }

    /// Adds what looks like parts of a secret in `text`; `hint` may be seen.
    fn add_parts(&mut self, text: &[u8], hint: &str) {
        for run in text.split(|byte| !byte.is_ascii_alphanumeric()) {
            let run = run.strip_prefix(hint.as_bytes()).unwrap_or(run);
            let has = |is: fn(&u8) -> bool| run.iter().any(is);
            if has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)
            {
                self.plain.extend(run.windows(WINDOW).map(<[u8]>::to_vec));
            }
        }
    }

    /// The first forbidden part of `output`, however the bytes between its characters are shown.
    fn seen_in(&self, output: &[u8]) -> Option<String> {
        let text = String::from_utf8_lossy(output);
        let narrow = text.replace(['\0', '␀', '\u{fffd}'], "").replace("\\u0000", "");
        for bytes in [output, narrow.as_bytes()] {
            // most of a report is words too short to be looked up
            for run in bytes.split(|byte| !is_base64(*byte)).filter(|run| run.len() >= WINDOW) {
                let plain = run.windows(WINDOW).find(|part| self.plain.contains(*part));
                let encoded =
                    || run.windows(ENCODED_WINDOW).find(|part| self.encoded.contains(*part));
                if let Some(part) = plain.or_else(encoded) {
                    return Some(String::from_utf8_lossy(part).into_owned());
                }
            }
        }
        None
    }

    fn check(&self, what: &str, output: &[u8]) {
        if let Some(part) = self.seen_in(output) {
            let text = String::from_utf8_lossy(output).into_owned();
            let line = text
                .lines()
                .find(|line| self.seen_in(line.as_bytes()).is_some())
                .unwrap_or_default();
            panic!("{what} shows `{part}`: {line}");
        }
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Nothing that moves the cursor, hides or reorders text.
fn inert(what: &str, output: &[u8]) {
    let text = std::str::from_utf8(output).unwrap_or_else(|_| panic!("{what} is not UTF-8"));
    for line in text.split('\n') {
        let hostile = line.chars().find(|c| hallpass::finding::is_hostile(*c));
        assert_eq!(hostile, None, "{what}: {line}");
    }
}

/// Runs every format with `args` in `folder` and checks all that comes out.
fn check_all(folder: &Path, args: &[&str], forbidden: &Forbidden) {
    assert!(forbidden.secrets > 0);
    let files = tempfile::tempdir().unwrap();
    for format in FORMATS {
        let written = files.path().join(format);
        let base = files.path().join("baseline.toml");
        let into = format!("{format}:{}", written.display());
        let accept = ["--write-baseline", base.to_str().unwrap()];
        let runs: [&[&str]; 4] = [
            &["--format", format, "--verbose"],
            &["--format", format, "--quiet"],
            &["--output", &into, "--format", "concise"],
            &accept,
        ];
        for more in runs {
            let mut command = hallpass(folder);
            let ran = Ran::of(command.arg("scan").args(args).args(more));
            let what = |stream: &str| format!("hallpass scan {args:?} {more:?}: {stream}");
            assert!(ran.code < 4, "{}: {}", ran.code, ran.err());
            for (stream, bytes) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
                forbidden.check(&what(stream), bytes);
                inert(&what(stream), bytes);
            }
        }
        for path in [written, base] {
            let bytes = fs::read(&path).unwrap_or_else(|_| panic!("{path:?} was not written"));
            forbidden.check(&format!("{args:?}: {}", path.display()), &bytes);
            inert(&format!("{args:?}: {}", path.display()), &bytes);
            fs::remove_file(path).unwrap();
        }
    }
    let colored =
        Ran::of(hallpass(folder).arg("scan").args(args).args(["--color", "always", "-v"]));
    forbidden.check("in colour", &colored.stdout);
}

/// Decodes what a fixture cut anywhere.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The text of a file in all the ways in which a fixture may hide a token.
fn views(bytes: &[u8]) -> Vec<Vec<u8>> {
    static BASE64: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[A-Za-z0-9+/_-]{40,}(?:\s*[A-Za-z0-9+/_-]{40,})*").unwrap());
    let narrow: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let mut views = vec![bytes.to_vec()];
    for block in BASE64.find_iter(&narrow) {
        let text: Vec<u8> = block
            .as_bytes()
            .iter()
            .filter(|byte| !byte.is_ascii_whitespace())
            .map(|byte| match byte {
                b'-' => b'+',
                b'_' => b'/',
                byte => *byte,
            })
            .collect();
        for skipped in 0..4 {
            let text = &text[skipped..];
            // one character alone can't be decoded
            let usable = text.len() - usize::from(text.len() % 4 == 1);
            views.extend(LENIENT.decode(&text[..usable]).ok());
        }
    }
    views.push(narrow);
    views
}

/// The text of a file whose tokens stand in parts, without what stands between these.
fn in_parts(bytes: &[u8]) -> Vec<Vec<u8>> {
    let letters = |byte: &u8| byte.is_ascii_alphanumeric();
    views(&bytes.iter().copied().filter(letters).collect::<Vec<u8>>())
}

/// What follows `start` and is the rest of a secret of `length` characters.
fn secrets_after(views: &[Vec<u8>], pattern: &str) -> Vec<Vec<u8>> {
    let pattern = Regex::new(pattern).unwrap();
    let found = views.iter().flat_map(|view| pattern.captures_iter(view));
    found.map(|captures| captures[1].to_vec()).collect()
}

/// Every secret that a fixture is expected to hold.
fn planted(folder: &Path, expected: &[(String, String)], forbidden: &mut Forbidden) {
    for (file, line) in expected {
        let bytes = fs::read(folder.join(file)).unwrap();
        let mut views = views(&bytes);
        if file.starts_with("split-") {
            views.extend(in_parts(&bytes));
            // in base64 the neighbours look like it, too; what is decoded is forbidden below
            if !file.contains("base64") {
                forbidden.add_parts(&bytes, line.rsplit(['~', ' ']).next().unwrap());
            }
        }
        let [_, rule, _, shown] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{file}: {line}");
        };
        let secrets = match rule {
            "canvas-calendar-feed" => secrets_after(&views, r"user_([A-Za-z0-9]{40})"),
            "canvas-file-verifier" => {
                secrets_after(&views, r"verifier(?:=|%3D|\\u003d)([A-Za-z0-9]{40})")
            }
            _ => {
                let hint = shown.rsplit('~').next().unwrap();
                secrets_after(&views, &format!("({hint}[A-Za-z0-9]{{59}})"))
            }
        };
        assert!(!secrets.is_empty(), "{file}: the test can't find the token of `{line}`");
        secrets.iter().for_each(|secret| forbidden.add(secret));
    }
}

#[test]
fn no_fixture_shows_its_tokens() {
    let fixtures = root().join("fixtures");
    let mut forbidden = Forbidden::default();
    let course = fs::read_to_string(fixtures.join("leaky-course.expect")).unwrap();
    let expected = course.lines().map(|line| {
        let path = line.split(':').next().unwrap();
        (path.to_owned(), line.to_owned())
    });
    planted(&fixtures.join("leaky-course"), &expected.collect::<Vec<_>>(), &mut forbidden);
    let leaks = fixtures.join("detect/leaks");
    for file in files_below(&leaks) {
        let Some(name) = file.to_str().unwrap().strip_suffix(".expect") else { continue };
        let text = fs::read_to_string(leaks.join(&file)).unwrap();
        let expected: Vec<_> = text.lines().map(|l| (name.to_owned(), l.to_owned())).collect();
        planted(&leaks, &expected, &mut forbidden);
    }
    // the command-line cases hold hosted tokens, spelled out
    for file in files_below(&fixtures.join("cli")) {
        let bytes = fs::read(fixtures.join("cli").join(file)).unwrap();
        for secret in secrets_after(&[bytes], "[0-9]~([A-Za-z0-9]{64})") {
            forbidden.add(&secret);
        }
    }
    assert!(forbidden.secrets > 100, "only {} secrets", forbidden.secrets);
    check_all(&fixtures, &["--no-config", "--no-ignore"], &forbidden);
}

/// What `hallpass` prints is what the fixtures of the command line hold, so they are looked
/// through as well: a snapshot must not be the place where a token gets out.
#[test]
fn no_snapshot_shows_a_token() {
    let cli = root().join("fixtures/cli");
    let files = files_below(&cli);
    let is_snapshot = |file: &Path| {
        let mut parts = file.iter().skip(1);
        parts.next().is_some_and(|name| name == "stdout" || name == "stderr" || name == "written")
    };
    let mut forbidden = Forbidden::default();
    for file in files.iter().filter(|file| !is_snapshot(file)) {
        let bytes = fs::read(cli.join(file)).unwrap();
        for pattern in ["[0-9]~([A-Za-z0-9]{64})", "(?:user_|verifier=)([A-Za-z0-9]{40})"] {
            for secret in secrets_after(std::slice::from_ref(&bytes), pattern) {
                forbidden.add(&secret);
            }
        }
    }
    assert!(forbidden.secrets > 50, "only {} secrets", forbidden.secrets);
    for file in files.iter().filter(|file| is_snapshot(file)) {
        forbidden.check(&file.display().to_string(), &fs::read(cli.join(file)).unwrap());
    }
}

/// Texts in which one token stands near another, so that what is shown around the one could show
/// part of the other; and tokens that no detector claims.
fn crowded() -> Vec<(String, Vec<u8>, Vec<String>)> {
    let mut cases = Vec::new();
    let mut seed = 1000;
    let mut fresh = |old: bool| {
        seed += 1;
        if old { Random(seed).characters(OLD, 64) } else { body(seed) }
    };
    for gap in 0..90 {
        let bodies = [fresh(false), fresh(false), fresh(true)];
        let [a, b, c] = &bodies;
        let space = format!(" {}", ".".repeat(gap));
        let text = format!("7~{a}{space}10745~{b}{space}7%7E{c}\n");
        cases.push((format!("gap-{gap}.txt"), text.into_bytes(), bodies.to_vec()));
    }
    for gap in 0..70 {
        // the outer two are not reported: nothing says that they are Canvas'
        let bodies = [fresh(true), fresh(false), fresh(true)];
        let [a, b, c] = &bodies;
        let space = "-".repeat(gap);
        let text = format!("x = \"{a}\"{space} 7~{b} {space}\"{c}\"\n");
        cases.push((format!("unclaimed-{gap}.txt"), text.into_bytes(), bodies.to_vec()));
    }
    for gap in 0..70 {
        // one in base64 beside one in the open, and two in one block
        let bodies = [fresh(false), fresh(true), fresh(false), fresh(true)];
        let [a, b, c, d] = &bodies;
        let filler = "é".repeat(gap);
        let block = STANDARD.encode(format!("{}7~{a} and 8~{b}", "k".repeat(gap % 3)));
        let text = format!("{block}{filler} 7~{c}{filler} \"{}\"\n", STANDARD.encode(d));
        cases.push((format!("base64-{gap}.txt"), text.into_bytes(), bodies.to_vec()));
    }
    let tildes = ["~", "%7E", "%7e", "\\u007e", "&#126;", "&#x7e;", "\\x7e", "&tilde;"];
    for (number, tilde) in tildes.into_iter().enumerate() {
        let bodies = [fresh(false), fresh(true)];
        let [a, b] = &bodies;
        let text = format!("é\t7{tilde}{a}\u{1b}[0m\u{202e}7{tilde}{b}\r\n\u{9b}x\0");
        cases.push((format!("tilde-{number}.txt"), text.into_bytes(), bodies.to_vec()));
    }
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for gap in 0..40 {
        let bodies = [fresh(false), fresh(false), fresh(false)];
        let [a, b, c] = &bodies;
        let mut text = b"\x01\x02\0binary\xff".to_vec();
        text.extend(wide(&format!("T=7~{a};{}7~{b};", ".".repeat(gap))));
        text.extend(format!("\x037~{c}\x04").into_bytes());
        cases.push((format!("wide-{gap}.bin"), text, bodies.to_vec()));
    }
    // too short, too long and cut off: not reported, but somebody's
    for length in [40, 50, 63, 65, 70, 128] {
        let bodies = [fresh(false), fresh(false), format!("{}{}", fresh(true), fresh(true))];
        let [a, b, c] = &bodies;
        let text = format!("7~{} 7~{b} 7~{}\n", &a[..a.len().min(length)], &c[..length]);
        cases.push((format!("length-{length}.txt"), text.into_bytes(), bodies.to_vec()));
    }
    // links, whose codes are shorter
    let [feed, verifier, mixed] = [fresh(true), fresh(true), fresh(false)];
    let text = format!(
        "https://canvas.example.edu/feeds/calendars/user_{}.ics,https://canvas.example.edu/files/1/\
         download?verifier={}&token=7~{mixed}\n",
        &feed[..40],
        &verifier[..40]
    );
    let codes = vec![feed[..40].to_owned(), verifier[..40].to_owned(), mixed];
    cases.push(("links.html".into(), text.into_bytes(), codes));
    cases
}

#[test]
fn no_neighbour_of_a_token_is_shown() {
    let sandbox = Sandbox::new();
    let mut forbidden = Forbidden::default();
    for (name, text, secrets) in crowded() {
        sandbox.write(name, text);
        secrets.iter().for_each(|secret| forbidden.add(secret.as_bytes()));
    }
    check_all(&sandbox.path(), &["."], &forbidden);
}

#[test]
fn no_window_edge_shows_a_token() {
    let sandbox = Sandbox::new();
    let mut secrets = Vec::new();
    // 256 KiB windows with 16 KiB of overlap: tokens back to back over all their edges
    let mut text = String::new();
    for seed in 0..12_000 {
        secrets.push(body(seed));
        text.push_str(&format!("7~{}{}", body(seed), if seed % 9 == 0 { '\n' } else { ';' }));
    }
    sandbox.write("many.txt", text);
    let forbidden = Forbidden::of(secrets);
    for format in ["human", "json", "sarif"] {
        let ran = sandbox.run(&["scan", "--format", format]);
        assert_eq!(ran.code, 3, "what is not listed is told");
        forbidden.check(format, &ran.stdout);
        forbidden.check(format, &ran.stderr);
    }
}

#[test]
fn no_name_reason_or_argument_shows_a_token() {
    let secrets: Vec<String> = (1..20).map(body).collect();
    let forbidden = Forbidden::of(secrets.iter().cloned());
    let hosted = |number: usize| token(number as u64 + 1);
    let check = |sandbox: &Sandbox, args: &[&str]| {
        let ran = sandbox.run(args);
        for (stream, bytes) in [("stdout", &ran.stdout), ("stderr", &ran.stderr)] {
            forbidden.check(&format!("{args:?}: {stream}"), bytes);
            inert(&format!("{args:?}: {stream}"), bytes);
        }
    };
    let sandbox = Sandbox::new();
    sandbox.write(
        format!("{}/a-{}.py", hosted(0), hosted(1)),
        format!(
            "A = '{}'  # {ALLOW}[canvas-access-token, {}] rotated {}\n\
             B = '{}'  # {ALLOW}[{} unclosed\n\
             # {ALLOW} {} nothing here, until {}\n",
            hosted(2),
            hosted(3),
            hosted(4),
            hosted(5),
            hosted(6),
            hosted(7),
            hosted(8)
        ),
    );
    let configuration = format!(
        "[[allow]]\npath = \"{}\"\nreason = \"{}\"\n\
         [[exclude]]\npath = \"{}\"\nreason = \"{}\"\n",
        hosted(10),
        hosted(11),
        hosted(12),
        hosted(13)
    );
    sandbox.write("hallpass.toml", &configuration);
    sandbox.write(hosted(12), "x");
    for format in FORMATS {
        check(&sandbox, &["scan", "-v", "--format", format]);
        check(&sandbox, &["scan", "--format", format, &hosted(14)]);
    }
    check_all(&sandbox.path(), &["."], &forbidden);
    let (name, text) = (hosted(15), format!("v = 1\n[x.{}]\n", hosted(16)));
    sandbox.write(&name, text);
    for args in [
        &["scan", "--baseline", &name][..],
        &["scan", "--baseline", "no"],
        &["scan", "--config", &name],
        &["scan", "--policy", &name],
        &["scan", "--policy", &hosted(17)],
        &["scan", "--exclude", &format!("[{}", hosted(17))],
        &["scan", "--format", &hosted(17)],
        &["scan", "--output", &hosted(17)],
        &["scan", "--output", &format!("json:{}/x", hosted(17))],
        &["scan", "--fail-on", &hosted(17)],
        &["scan", "--max-file-size", &hosted(17)],
        &["scan", "--today", &hosted(17)],
        &["scan", "--color", &hosted(17)],
        &["explain", &hosted(17)],
        &["schema", &hosted(17)],
        &["completions", &hosted(17)],
        &[&hosted(17)],
    ] {
        check(&sandbox, args);
    }
    for bad in [
        format!("{} = 1\n", hosted(18)),
        format!("{} = 1\n", hosted(18).replace('~', "_")),
        format!("policy = \"{}\"\n", hosted(18)),
        format!("fail-on = \"{}\"\n", hosted(18)),
        format!("max-file-size = \"{}\"\n", hosted(18)),
        format!("baseline = \"{}\"\n", hosted(18)),
        format!("detectors = [\"{}\"]\n", hosted(18)),
        format!("# {}\nfail-on = [\"\u{1b}[31m\"]\n", hosted(18)),
        format!("[[allow]]\nreason = \"x\"\nrule = \"{}\"\n", hosted(9)),
        format!("[[allow]]\nreason = \"x\"\nuntil = \"{}\"\n", hosted(18)),
        format!("[[exclude]]\nreason = \"x\"\npath = \"[{}\"\n", hosted(18)),
        format!("[[allow]]\nreason = \"x\"\npath = \"[{}\"\n", hosted(18)),
        format!("[severity]\n\"{}\" = \"loud\"\n", hosted(18)),
        format!("policy = \"canvas\" {}\n", body(19)),
    ] {
        sandbox.write("hallpass.toml", bad);
        check(&sandbox, &["scan"]);
    }
    sandbox.write("hallpass.toml", "detectors = [\"d.yaml\"]\n");
    for bad in [
        format!("id: {}\n", hosted(18)),
        format!("{}: x\n", hosted(18)),
        format!("id: x\nseverity: {}\n", hosted(18)),
        format!("id: \"{}\n", hosted(18)),
    ] {
        sandbox.write("d.yaml", bad);
        check(&sandbox, &["scan"]);
        check(&sandbox, &["rules"]);
    }
}

/// The search itself sees what it looks for.
#[test]
fn the_search_finds_what_gets_out() {
    let forbidden = Forbidden::of([body(1)]);
    let secret = body(1);
    assert_eq!(forbidden.seen_in(format!("7~{}…", &secret[..HINT]).as_bytes()), None);
    assert!(forbidden.seen_in(&secret.as_bytes()[40..48]).is_some());
    let apart: String = secret[20..30].chars().flat_map(|c| [c, '␀']).collect();
    assert!(forbidden.seen_in(apart.as_bytes()).is_some());
    for lead in ["", "a", "ab"] {
        let encoded = STANDARD.encode(format!("{lead}7~{secret}"));
        assert!(forbidden.seen_in(&encoded.as_bytes()[20..50]).is_some());
    }
}
