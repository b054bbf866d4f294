//! JSON that is made to break its readers: chats, HAR files, collections and notebooks that are
//! deep, endless, huge or cut short. The real binary, under a limit of memory, has to come back in
//! time, finds what stands there all the same, and says what it did not read.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod hostile;
mod support;

use std::fmt::Write as _;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use hostile::scan;
use support::{OLD, Ran, Random, Sandbox, token};

const SLACK: &str = r#"[{"type":"message","ts":"1769850000.000100","user":"U0ADA","text":"x"}"#;
const HAR: &str = r#"{"log":{"version":"1.2","creator":{"name":"x"},"entries":["#;
const POSTMAN: &str = r#"{"info":{"_postman_id":"x"},"item":["#;
const NOTEBOOK: &str = r#"{"nbformat":4,"cells":["#;

/// The paths and messages of what was found.
fn found(ran: &Ran) -> Vec<(String, String)> {
    let report = ran.json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|f| (text(&f["location"]["path"]), text(&f["message"]))).collect()
}

/// What was found in a sandbox with one file, which ends with a secret behind `lead`.
fn found_behind(lead: &str, tail: &str) -> (Ran, Vec<String>) {
    let sandbox = Sandbox::new();
    sandbox.write("x.json", format!("{lead}{}{tail}", token(1)));
    let ran = scan(&sandbox, &[]);
    let messages = found(&ran).into_iter().map(|(_, message)| message).collect();
    (ran, messages)
}

#[test]
fn what_is_deep_is_read() {
    for begin in [HAR, POSTMAN, NOTEBOOK, &format!("{SLACK},")] {
        for (open, close) in [("[", "]"), ("{\"item\":[{\"a\":", "}]}")] {
            let deep = open.repeat(400_000);
            let lead = format!("{begin}{deep}\"");
            let tail = format!("\"{}", close.repeat(400_000));
            let (ran, messages) = found_behind(&lead, &tail);
            assert_eq!((ran.code, messages.len()), (1, 1), "{begin} {:?}", ran.errors());
        }
    }
}

#[test]
fn what_does_not_end_is_read() {
    for begin in [HAR, POSTMAN, NOTEBOOK, &format!("{SLACK},")] {
        for lead in
            ["{\"text\":\"", "{\"a\":{\"b\":[\"", "\"", "{\"text", "}}}]]]\"", "\u{0}\\\\\\\" \""]
        {
            let (ran, messages) = found_behind(&format!("{begin}{lead} "), "");
            assert_eq!((ran.code, messages.len()), (1, 1), "{begin}{lead} {:?}", ran.errors());
        }
    }
}

#[test]
fn a_million_keys_are_read() {
    let mut keys = String::new();
    for number in 0..1_000_000 {
        write!(keys, "\"k{number}\":\"v\",\"text\":\"x\",").unwrap();
    }
    let names = format!("\"{}\":1,", "n".repeat(30 << 20));
    let escapes = format!("\"text\":\"{}\",", "\\n".repeat(4 << 20));
    for begin in [
        format!("{HAR}{{\"request\":{{"),
        format!("{POSTMAN}{{\"request\":{{"),
        format!("{NOTEBOOK}{{\"source\":{{"),
        format!("{SLACK},{{\"type\":\"message\","),
    ] {
        for filler in [&keys, &names, &escapes] {
            let (ran, messages) = found_behind(&format!("{begin}{filler}\"text\":\""), "\"}}]}}");
            let told = ran.errors();
            let due = if std::ptr::eq(filler, &names) { 3 } else { 1 };
            assert_eq!((ran.code, messages.len()), (due, 1), "{begin} {told:?}");
        }
    }
}

/// Many messages, of which each has many names and times: the last word counts, no message grows.
#[test]
fn a_chat_of_any_size_is_read_in_little_memory() {
    let secret = token(2);
    let message = |text: &str| {
        format!(
            r#",{{"type":"message","ts":"1769850060.000100","user_profile":{{"real_name":"Ada"}},"text":"{text}"}}"#
        )
    };
    let filler = message(&"words, and more of them. ".repeat(400));
    let many = (90 << 20) / filler.len();
    let mut chat = SLACK.to_owned();
    (0..many).for_each(|_| chat.push_str(&filler));
    chat.push_str(&message(&secret));
    chat.push(']');
    let sandbox = Sandbox::new();
    sandbox.write("x.json", &chat);
    let ran = scan(&sandbox, &[]);
    let due = format!("message {} from Ada of 2026-01-31T09:01:00Z", many + 2);
    let messages = found(&ran);
    assert_eq!((ran.code, messages.len()), (1, 1), "{:?}", ran.errors());
    assert!(messages[0].1.ends_with(&due), "{messages:?}");
}

#[test]
fn a_har_of_any_size_is_read_in_little_memory() {
    let bare = Random(3).characters(OLD, 64);
    let entry = |name: &str, value: &str, body: &str| {
        format!(
            r#"{{"request":{{"method":"GET","url":"https://canvas.example.edu/x","headers":[{{"name":"{name}","value":"{value}"}}]}},"response":{{"content":{{"mimeType":"image/png","text":"{body}","encoding":"base64"}}}}}},"#
        )
    };
    let picture = STANDARD.encode([&b"\x89PNG\r\n\x1a\n"[..], &vec![7; 300_000]].concat());
    let filler = entry("Accept", "*/*", &picture);
    let many = (90 << 20) / filler.len();
    let sandbox = Sandbox::new();
    let bearer = format!("Bearer {bare}");
    sandbox.write(
        "x.har",
        format!(
            "{HAR}{}{}{}]}}}}",
            filler.repeat(many),
            entry("Authorization", &bearer, "eA=="),
            entry("Accept", "*/*", "!")
        ),
    );
    let ran = scan(&sandbox, &[]);
    let messages = found(&ran);
    let due = format!("request {} (GET canvas.example.edu), the header Authorization", many + 1);
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].1.ends_with(&due), "{messages:?}");
    // hundreds of pictures are counted, are no failure, and hide none
    let broken = format!("x.har!response {}.png: it is no base64", many + 2);
    assert_eq!((ran.code, ran.errors()), (3, vec![broken]));
    assert!(ran.skipped().len() > 100 && ran.skipped().len() < 110, "{}", ran.skipped().len());
}

/// What is too much for the reader is told, and looked at as it is.
#[test]
fn a_body_that_is_too_long_is_told() {
    let secret = token(4);
    let body = |text: &str| {
        format!(
            r#"{{"request":{{"url":"https://canvas.example.edu"}},"response":{{"content":{{"text":"{text}"}}}}}}"#
        )
    };
    let long = format!("{} {secret} ", "words ".repeat(6 << 20));
    let sandbox = Sandbox::new();
    sandbox.write("x.har", format!("{HAR}{},{}]}}}}", body(&long), body(&token(5))));
    let ran = scan(&sandbox, &[]);
    let messages: Vec<_> = found(&ran).into_iter().map(|(_, message)| message).collect();
    assert_eq!((ran.code, messages.len()), (3, 2), "{messages:?}");
    assert!(messages[1].ends_with("request 2 (canvas.example.edu), the response's body"));
    assert_eq!(ran.errors(), ["x.har: 1 of its strings were too long to be opened"]);
}

/// What stands outside of what the readers know is found, in a member of a container as well.
#[test]
fn what_no_reader_knows_is_found_in_a_member() {
    let sandbox = Sandbox::new();
    for (number, begin) in [HAR, POSTMAN, NOTEBOOK, SLACK].into_iter().enumerate() {
        let document = format!("{begin}]}}}} and then: {}", token(20 + number as u64));
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(document.as_bytes()).unwrap();
        sandbox.write(format!("{number}.json.gz"), packed.finish().unwrap());
    }
    let ran = scan(&sandbox, &[]);
    assert_eq!((ran.code, found(&ran).len()), (1, 4), "{} {:?}", ran.out(), ran.errors());
}

/// Neither a name nor an address carries a secret, or a part of one, into a message.
#[test]
fn names_carry_nothing_out() {
    let secret = token(6);
    let long = format!("{} {secret}", "x".repeat(40));
    let sandbox = Sandbox::new();
    let chat = format!(
        r#"[{{"type":"message","ts":"1769850000.000100","user":"{long}","text":"{}"}}]"#,
        token(7)
    );
    sandbox.write("chat.json", chat);
    let har = format!(
        r#"{HAR}{{"request":{{"method":"{secret}","url":"https://u:{secret}@{secret}/","headers":[{{"name":"{long}","value":"{}"}}]}}}}]}}}}"#,
        token(8)
    );
    sandbox.write("x.har", har);
    let postman = format!(
        r#"{POSTMAN}{{"name":"{long}","request":{{"header":[{{"key":"{secret}","value":"{}"}}]}}}}]}}"#,
        token(9)
    );
    sandbox.write("collection.json", postman);
    let ran = scan(&sandbox, &[]);
    assert!(found(&ran).len() >= 6, "{}", ran.out());
    let body = &secret[2..];
    for start in 0..body.len() - 8 {
        assert!(!ran.out().contains(&body[start..start + 8]), "{}", ran.out());
    }
}
