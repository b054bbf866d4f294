//! Messages, mailboxes and notebooks that are made to take memory, time and stack.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod hostile;
mod support;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hostile::scan_file;
use support::token;

const HEADERS: &str =
    "From: a@example.edu\r\nTo: b@example.edu\r\nSubject: x\r\nMIME-Version: 1.0\r\n";
const TOO_MUCH: &str = "x.eml: mail: reading it takes more than 72 MiB of memory";

fn multipart(parts: &str) -> String {
    format!("{HEADERS}Content-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n")
}

#[test]
fn messages_in_messages_are_opened_as_deep_as_others() {
    let secret = token(81);
    let wrap = |inner: &str| format!("{HEADERS}Content-Type: message/rfc822\r\n\r\n{inner}");
    let mut inner = format!("{HEADERS}\r\nkey {secret}\r\n");
    for _ in 0..3 {
        inner = wrap(&inner);
    }
    let ran = scan_file("x.eml", &inner);
    let way = "!attachment 0.eml".repeat(3);
    assert_eq!(ran.places(), [format!("x.eml{way}:6:5")], "{:?}", ran.errors());
    // in base64 as well, and in a digest, whose parts need not say what they are
    let letter = format!("{HEADERS}\r\nkey {secret}\r\n");
    let encoded = STANDARD.encode(&letter);
    let part = format!(
        "--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n"
    );
    let ran = scan_file("x.eml", multipart(&part));
    assert_eq!(ran.places(), ["x.eml!attachment 1.eml:6:5"], "{:?}", ran.errors());
    let digest = multipart(&format!("--b\r\n\r\n{letter}\r\n")).replace("mixed", "digest");
    let ran = scan_file("x.eml", digest);
    assert_eq!(ran.places(), ["x.eml!attachment 1.eml:6:5"], "{:?}", ran.errors());
}

#[test]
fn messages_in_messages_do_not_end_the_run() {
    let head = "Content-Type: message/rfc822\r\n\r\n";
    let deep = format!("{HEADERS}{}", format!("{HEADERS}{head}").repeat(50_000));
    for text in [format!("{HEADERS}{}", head.repeat(300_000)), deep.clone()] {
        scan_file("x.eml", text);
    }
    let ran = scan_file("x.eml", format!("{HEADERS}{head}{deep}"));
    assert!(ran.errors().iter().any(|error| error.contains("nested more than 5 deep")), "{ran:?}");
    let parts: String = (0..50_000)
        .map(|number| {
            format!("Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n")
        })
        .collect();
    assert_eq!(scan_file("x.eml", format!("{HEADERS}{parts}")).errors(), [TOO_MUCH]);
}

#[test]
fn what_is_encrypted_is_told() {
    let sealed = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nMIIB\r\n";
    let pgp = "Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n";
    for kind in [sealed, pgp] {
        let ran = scan_file("x.eml", format!("{HEADERS}{kind}"));
        assert_eq!((ran.code, ran.errors()), (3, vec!["x.eml: mail: it is encrypted".to_owned()]));
        let from = "From a@example.edu Sat Jan 31 09:00:00 2026\n";
        let letter = format!("{from}{HEADERS}\r\nx\r\n\n{from}{HEADERS}{kind}\n");
        let ran = scan_file("x.mbox", letter);
        let due = vec!["x.mbox: message 2: it is encrypted".to_owned()];
        assert_eq!((ran.code, ran.errors()), (3, due));
    }
}

#[test]
fn parts_and_headers_are_counted() {
    let secret = token(82);
    let end = format!("--b\r\n\r\nkey {secret}\r\n");
    let attached = "--b\r\nContent-Disposition: attachment; filename=a\r\n\r\nx\r\n";
    // each encoded part might ask for as much as is left of the message
    let encoded = "--b\r\nContent-Transfer-Encoding: base64\r\nContent-Type: x/y\r\n\r\neHh4\r\n";
    let unended = "--b\r\nContent-Type: multipart/x; boundary=none\r\n\r\nx\r\n";
    let headers = "X: y\r\n".repeat(1_000_000);
    let people = format!("From: {}\r\n", "a@b, ".repeat(500_000));
    let values = format!("Content-Type: text/plain{}\r\n", "; a*1*=x".repeat(300_000));
    for (text, fits) in [
        (multipart(&format!("{}{end}", "--b\r\n\r\nx\r\n".repeat(100_000))), false),
        (multipart(&format!("{}{end}", attached.repeat(100_000))), false),
        (multipart(&format!("{}{end}", attached.repeat(20_000))), true),
        (multipart(&format!("{}{end}", encoded.repeat(20_000))), true),
        (multipart(&format!("{}{end}", unended.repeat(50_000))), false),
        (format!("{HEADERS}{headers}\r\nkey {secret}\r\n"), false),
        (format!("{HEADERS}{people}\r\nkey {secret}\r\n"), false),
        (format!("{HEADERS}{values}\r\nkey {secret}\r\n"), false),
    ] {
        let ran = scan_file("x.eml", &text);
        let due: &[&str] = if fits { &[] } else { &[TOO_MUCH] };
        assert_eq!(ran.errors(), due, "{}", &text[120..260]);
        assert_eq!(ran.places().len(), 1, "it is searched as it is: {}", &text[120..260]);
    }
}

#[test]
fn a_mailbox_is_read_message_by_message() {
    let secret = token(83);
    let from = "From a@example.edu Sat Jan 31 09:00:00 2026\n";
    let large = format!("{from}{}{}\nx\n\n", HEADERS.replace('\r', ""), "X: y\n".repeat(300_000));
    let small = format!("{from}{}\nkey {secret}\n", HEADERS.replace('\r', ""));
    let ran = scan_file("x.mbox", format!("{}{large}{small}", "From x\nX: y\n\n".repeat(100_000)));
    assert_eq!(ran.places().len(), 1, "{:?}", ran.errors());
    assert_eq!(ran.errors(), ["x.mbox: 1 messages were too large to be opened"]);
}

fn notebook(cell: &str) -> String {
    format!("{{\"nbformat\": 4, \"cells\": [{{\"cell_type\": \"code\", {cell}}}]}}")
}

#[test]
fn notebooks_are_shown_in_pieces() {
    let secret = token(84);
    let escapes = format!("\"source\": \"{}key {secret}\"", "\\n\\t".repeat(1 << 20));
    let ran = scan_file("x.ipynb", notebook(&escapes));
    assert_eq!((ran.errors(), ran.places().len()), (vec![], 1));
    let strings = format!("\"source\": [{}\"{secret}\"]", "\"\",".repeat(3 << 20));
    assert_eq!(scan_file("x.ipynb", notebook(&strings)).places().len(), 1);
    let picture =
        format!("\"outputs\": [{{\"data\": {{\"image/png\": \"{}\"}}}}]", "iVBO".repeat(3 << 20));
    assert_eq!(scan_file("x.ipynb", notebook(&picture)).code, 0);
}

#[test]
fn depth_in_a_notebook_costs_and_hides_nothing() {
    let secret = token(85);
    let (begin, end) = secret.split_at(20);
    // escapes in it, so that the bytes as they are don't show it
    let escaped: String = begin.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    for open in ["[", "{\"a\":"] {
        let deep = format!("\"metadata\": {}\"{escaped}{end}\"", open.repeat(4 << 20));
        let ran = scan_file("x.ipynb", notebook(&deep));
        assert_eq!((ran.errors(), ran.places().len()), (vec![], 1), "{open}");
    }
}
