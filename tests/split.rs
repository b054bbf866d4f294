//! A token that stands in parts is found wherever it is split and whatever joins the parts, and
//! nothing of any part is shown.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::sync::LazyLock;

use hallpass::detect::Detectors;
use hallpass::leaks::{Document, Hidden, Searcher};
use proptest::prelude::*;
use support::{ALLOW, FORMATS, NEW, OLD, Ran, Random, Sandbox, body};

static DETECTORS: LazyLock<Detectors> = LazyLock::new(|| Detectors::embedded().unwrap());

/// Where the windows over a text end and what two of them share, in bytes.
const WINDOW: usize = 256 * 1024;
const SHARED: usize = 16 * 1024;

fn search(text: &str) -> Document {
    Searcher::new(&DETECTORS).search(text.as_bytes()).unwrap()
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// How a language writes a text in parts: what stands before it, between its parts and behind it.
struct Language {
    name: &'static str,
    before: &'static str,
    joints: &'static [&'static str],
    after: &'static str,
}

const fn language(
    name: &'static str,
    before: &'static str,
    joints: &'static [&'static str],
    after: &'static str,
) -> Language {
    Language { name, before, joints, after }
}

const LANGUAGES: &[Language] = &[
    language(
        "Python",
        "t = (\"",
        &[
            "\" \"",
            "\"\n    \"",
            "\" + \"",
            "\" +\n  f\"",
            "\"  # why\n    rb\"",
            "' '",
            "\\\n",
            "\" \\\n  \"",
        ],
        "\")\n",
    ),
    language("Python", "t = \"\"\"", &["\"\"\" \"\"\"", "\"\"\" + \"\"\""], "\"\"\"\n"),
    language("Python", "t = ''.join(['", &["', '", "',\n    '", "','"], "'])\n"),
    language("JavaScript", "const t = `", &["` + `", "` +\n  `", "' + \"", "\\\n"], "`;\n"),
    language("JavaScript", "const t = [\"", &["\", \"", "\",\n  \""], "\"].join('');\n"),
    language("JavaScript", "const t = '", &["' + '", "'.concat('", "'\n    + '"], "';\n"),
    language(
        "Java",
        "String t = \"",
        &["\" + \"", "\"\n    + \"", "\" + // half\n \"", "\" /* of */ + \""],
        "\";\n",
    ),
    language("Java", "new StringBuilder(\"", &["\").append(\"", "\")\n    .append(\""], "\");\n"),
    language("C#", "var t = \"", &["\" + \"", "\" + @\"", "\" + $\""], "\";\n"),
    language("Go", "t := \"", &["\" + \"", "\" +\n\t\"", "\" + `"], "\"\n"),
    language("Go", "t := strings.Join([]string{\"", &["\", \"", "\",\n\t\""], "\"}, \"\")\n"),
    language("C", "const char *t = \"", &["\" \"", "\"\n  \"", "\"\"", "\\\n"], "\";\n"),
    language("PHP", "$t = '", &["' . '", "'.'", "' .\n    \""], "';\n"),
    language("Lua", "local t = \"", &["\" .. \"", "\"..\"", "\" -- half\n .. \""], "\"\n"),
    language("Visual Basic", "Dim t = \"", &["\" & \"", "\" & _\r\n    \"", "\" _\n & \""], "\"\n"),
    language("SQL", "select '", &["' || '", "' || -- half\n  '"], "';\n"),
    language("SQL", "select concat('", &["', '", "',\n'"], "');\n"),
    language("Elixir", "t = \"", &["\" <> \"", "\" <>\n  \""], "\"\n"),
    language("Haskell", "t = \"", &["\" ++ \"", "\"\n  ++ \""], "\"\n"),
    language("R", "t <- paste0(\"", &["\", \"", "\",\n  '"], "\")\n"),
    language("shell", "T=\"", &["\"\"", "\"'", "'\"", "\\\n"], "\"\n"),
    language("PowerShell", "$t = '", &["' + '", "' + `\n  '", "' +\r\n  \""], "'\n"),
    language("YAML", "token: \"", &["\\\n  ", "\\\r\n    "], "\"\n"),
    language("Rust", "let t = concat!(\"", &["\", \"", "\",\n    \""], "\");\n"),
    language("Ruby", "t = \"", &["\" << \"", "\" <<\n  \""], "\"\n"),
    language("text", "It is ", &["\u{200b}", "\u{ad}", "\u{2060}"], ".\n"),
    language(
        "HTML",
        "<p>It is ",
        &["<wbr>", "<wbr/>", "</span><span class=\"c3\">", "&#8203;", "&shy;"],
        "</p>\n",
    ),
    language("JSON", "{\"code\": \"t = \\\"", &["\\\" + \\\"", "\\\"\\n  \\\""], "\\\"\"}\n"),
];

/// A token's shard, its other characters, and where it is split.
fn token() -> impl Strategy<Value = (String, String, Vec<usize>)> {
    ("[0-9]{1,6}", any::<u64>(), any::<bool>(), proptest::collection::btree_set(1..65usize, 1..9))
        .prop_map(|(shard, seed, old, cuts)| {
            let body = Random(seed).characters(if old { OLD } else { NEW }, 64);
            let most = shard.len() + 64;
            (shard, body, cuts.into_iter().filter(|cut| *cut <= most).collect())
        })
        .prop_filter("it spells a word by chance", |(shard, body, _)| {
            is_found(&format!("{shard}~{body}"))
        })
}

/// Whether `whole` is found when it is not split.
fn is_found(whole: &str) -> bool {
    !search(whole).leaks.is_empty()
}

/// `whole`, split at `cuts` by the joints that `choose` chooses.
fn split(whole: &str, cuts: &[usize], language: &Language, choose: &mut Random) -> String {
    let mut written = String::new();
    let mut from = 0;
    for cut in cuts {
        written.push_str(&whole[from..*cut]);
        written.push_str(language.joints[choose.next() as usize % language.joints.len()]);
        from = *cut;
    }
    written + &whole[from..]
}

fn position(before: &str) -> (u64, u64) {
    let line = before.rsplit('\n').next().unwrap();
    (before.matches('\n').count() as u64 + 1, line.chars().count() as u64 + 1)
}

/// That nothing of the secret `body` is in `shown` but what may be: any six characters in a row.
fn is_masked(shown: &str, body: &str) -> bool {
    (5..=body.len() - 6).all(|at| !shown.contains(&body[at..at + 6]))
}

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn a_token_is_found_wherever_it_is_split(
        (shard, body, cuts) in token(),
        language in 0..LANGUAGES.len(),
        seed in any::<u64>(),
        lead in "([a-z]{0,9}[ =+.\n]){0,4}",
        crlf in any::<bool>(),
    ) {
        // all that stands behind one digit of the shard is a token itself
        prop_assume!(cuts.iter().any(|cut| *cut >= shard.len()));
        let language = &LANGUAGES[language];
        let whole = format!("{shard}~{body}");
        let written = split(&whole, &cuts, language, &mut Random(seed));
        let line_end = |text: String| {
            if crlf { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text }
        };
        let before = line_end(format!("{lead}\n{}", language.before));
        let until = line_end(format!("{lead}\n{}{written}", language.before));
        let text = line_end(format!("{lead}\n{}{written}{}x = 1\n", language.before, language.after));
        let document = search(&text);
        prop_assert_eq!(document.leaks.len(), 1, "{}: {:?}", language.name, text);
        let leak = &document.leaks[0];
        prop_assert_eq!((leak.start.line, leak.start.column), position(&before), "{:?}", text);
        prop_assert_eq!((leak.end.line, leak.end.column), position(&until), "{:?}", text);
        prop_assert_eq!(leak.hint.shard.as_deref(), Some(&*shard));
        prop_assert_eq!(&*leak.hint.hint, &body[..5]);
        prop_assert_eq!(leak.hidden, Some(Hidden::Parts));
        prop_assert_eq!(&leak.fingerprint, &search(&whole).leaks[0].fingerprint);
        prop_assert!(is_masked(&leak.excerpt.text, &body), "{:?}", leak.excerpt);
        prop_assert_eq!(leak.excerpt.text.get(leak.excerpt.span.clone()), Some("…"));
    }

    /// A token without a shard is found in any two parts.
    #[test]
    fn a_bare_token_is_found_in_two_parts(
        seed in any::<u64>(),
        cut in 1..64usize,
        language in 0..LANGUAGES.len(),
    ) {
        let language = &LANGUAGES[language];
        let body = body(seed);
        prop_assume!(is_found(&body));
        let written = split(&body, &[cut], language, &mut Random(seed));
        let text = format!("x = 1\n{}{written}{}", language.before, language.after);
        let document = search(&text);
        prop_assert_eq!(document.leaks.len(), 1, "{}: {:?}", language.name, text);
        let leak = &document.leaks[0];
        let before = format!("x = 1\n{}", language.before);
        prop_assert_eq!((leak.start.line, leak.start.column), position(&before));
        prop_assert_eq!(&leak.fingerprint, &search(&body).leaks[0].fingerprint);
        prop_assert!(is_masked(&leak.excerpt.text, &body));
    }

    /// Parts that nothing joins are no token.
    #[test]
    fn what_is_not_joined_is_not_found(
        (shard, body, cuts) in token(),
        between in proptest::sample::select(&[
            "\", \"", "\";\nx = \"", "\": \"", "\" - \"", "\" == \"", "\" + x + \"", "\", x, \"",
            "\"\nx += \"", " + ", " ", "\n", "\" if x else \"",
        ][..]),
    ) {
        let mut written = format!("{shard}~{body}");
        // where one part is a token of its own it is found
        let cuts: Vec<_> = cuts.into_iter().filter(|cut| *cut > shard.len() + 1).collect();
        prop_assume!(!cuts.is_empty() && cuts.iter().all(|cut| *cut < written.len()));
        for cut in cuts.iter().rev() {
            written.insert_str(*cut, between);
        }
        let document = search(&format!("t = [\"{written}\"]\n"));
        prop_assert!(document.leaks.is_empty(), "{:?} {:?}", written, document.leaks);
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn a_token_in_parts_is_found_over_every_edge_of_a_window(
        (shard, body, cuts) in token(),
        window in 1..3usize,
        edge in proptest::sample::select(&[0, SHARED, 2 * SHARED][..]),
        near in -300i64..40,
        seed in any::<u64>(),
    ) {
        prop_assume!(cuts.iter().any(|cut| *cut >= shard.len()));
        let offset = (window * (WINDOW - SHARED) + SHARED - edge) as i64 + near;
        let line = "    a line of an ordinary log, which says: 12:30 to 14~15\n";
        let mut before = line.repeat(offset as usize / line.len());
        before.push_str(&" ".repeat(offset as usize % line.len()));
        before.push_str(LANGUAGES[0].before);
        let written = split(&format!("{shard}~{body}"), &cuts, &LANGUAGES[0], &mut Random(seed));
        let document = search(&format!("{before}{written}\")\n{}", line.repeat(3000)));
        prop_assert_eq!(document.leaks.len(), 1, "{:?}", document.leaks);
        let leak = &document.leaks[0];
        prop_assert_eq!((leak.start.line, leak.start.column), position(&before));
        prop_assert!(is_masked(&leak.excerpt.text, &body));
    }
}

/// A token that stands whole in one literal is that token, whatever digits another one ends in.
#[test]
fn a_token_in_one_part_is_found_there() {
    let body = body(5);
    for before in ["'0'\"", "\"0\" + \"", "'0' \""] {
        let document = search(&format!("{before}7~{body}\""));
        let [leak] = &document.leaks[..] else { panic!("{before}: {:?}", document.leaks) };
        assert_eq!((leak.start.column as usize, leak.hidden), (before.len() + 1, None));
        assert_eq!(leak.hint.shard.as_deref(), Some("7"));
    }
}

/// What stands behind a window's edge looks like a token of another kind, if what stands before it is
/// forgotten.
#[test]
fn a_window_that_begins_between_two_parts_knows_the_first() {
    let body = body(3);
    for near in 0..12 {
        let before = " ".repeat(WINDOW - SHARED - near);
        let document = search(&format!("{before}7~\" + \"{body}\"\n{}", "x = 1\n".repeat(5000)));
        let [leak] = &document.leaks[..] else { panic!("{near}: {:?}", document.leaks) };
        assert_eq!(leak.start.column as usize, before.len() + 1);
        assert_eq!(leak.hidden, Some(Hidden::Parts));
    }
}

/// Parts on lines of their own, among others that are found: no output shows a piece of any.
#[test]
fn no_format_shows_a_part() {
    let secrets: Vec<String> = (0..40).map(body).collect();
    let mut next = secrets.iter();
    let mut halves = || {
        let (left, right) = next.next().unwrap().split_at(30);
        (left, right)
    };
    let (a, b) = halves();
    let mut python = format!("t = (\n    \"7~{a}\"\n    \"{b}\"\n)\n");
    let ((a, b), (c, d)) = (halves(), halves());
    python += &format!("t, u = ('7~{a}' +\n  '{b}', '12~{c}' +\n  '{d}')\n");
    // more than a few tokens stand between the parts, and one on the last line
    let (a, b) = halves();
    python += &format!("t = \"7~{a}\"");
    for part in [&b[..10], &b[10..]] {
        python += " + \\\n";
        for _ in 0..5 {
            let (c, d) = halves();
            python += &format!("  # 7~{c}{d}\n");
        }
        python += &format!("  \"{part}\"");
    }
    let (c, d) = halves();
    python += &format!(", \"7~{c}{d}\"\n");
    let (a, b) = halves();
    let javascript = format!("const t = [\n  '7~{a}',\n  '{b}',\n].join('');\n");
    let (a, b) = halves();
    let shell = format!("curl -H \"Authorization: Bearer 7~{a}\\\n{b}\" $URL\n");
    let (a, b) = halves();
    let bare = format!("CANVAS_TOKEN = \"{a}\" \\\n    \"{b}\"\n");
    let sandbox = Sandbox::new();
    for (name, text) in [("a.py", python), ("b.js", javascript), ("c.sh", shell), ("d.py", bare)] {
        sandbox.write(name, text);
    }
    let due = 18;
    assert_eq!(sandbox.scan(&["--no-config"]).places().len(), due);
    for format in FORMATS {
        for color in ["always", "never"] {
            let args = ["scan", "--no-config", "--format", format, "--color", color, "-v"];
            let ran = Ran::of(sandbox.hallpass().args(args));
            assert_eq!(ran.code, 1, "{format}: {}", ran.err());
            let shown = format!("{}{}", ran.out(), ran.err());
            for secret in &secrets {
                assert!(is_masked(&shown, secret), "{format}: {secret}: {shown}");
            }
        }
    }
}

/// What is said of it names the form, and a comment on the line where it begins speaks for it.
#[test]
fn a_finding_says_so_and_can_be_accepted() {
    let secret = body(7);
    let (left, right) = secret.split_at(20);
    let sandbox = Sandbox::new();
    let text = format!("t = (\n    \"7~{left}\"  # REASON\n    \"{right}\"\n)\n");
    sandbox.write("a.py", &text);
    let ran = sandbox.scan(&["--no-config"]);
    let message = ran.json()["findings"][0]["message"].as_str().unwrap().to_owned();
    let hint = &secret[..5];
    assert_eq!(message, format!("Canvas access token 7~{hint}… in source code, written in parts"));
    let reason = format!("{ALLOW}[canvas-access-token] revoked, until 2999-01-31");
    sandbox.write("a.py", text.replace("REASON", &reason));
    assert_eq!(sandbox.scan(&["--no-config"]).code, 0);
}
