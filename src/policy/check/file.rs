//! Checks one file: its text, its documents, the tokens in it.

use super::super::manifest::{KIND, decode, split};
use super::super::position::Lines;
use super::super::yaml::Span;
use super::build::{Draft, Origin};
use super::{Checked, LeakFinder, Options, Outcome, RequestLeak, SCHEMA, SYNTAX, TOKEN, document};
use crate::finding::{
    Finding, Fingerprint, Guidance, Location, Place, Problem, Severity, Skipped, printable, scrub,
};

/// The most documents that one file may hold.
const MOST_DOCUMENTS: usize = 1_000;
/// The largest file that is read, in bytes.
pub(crate) const LARGEST: usize = 8 * 1024 * 1024;

/// Why a file of a folder is passed over.
const NO_REQUEST: &str = "without a token request";

/// Checks the manifests in `bytes`, which findings call `path`. `named` says that the user named
/// the file, so that every document in it has to be a manifest.
pub fn check_bytes(
    path: &str,
    bytes: &[u8],
    named: bool,
    options: &Options<'_>,
    leaks: &LeakFinder<'_>,
) -> Outcome {
    let clean = printable(&scrub(path)).into_owned();
    let mut outcome = Outcome::default();
    if bytes.len() > LARGEST {
        if !named && !may_hold_a_request(bytes) {
            outcome.coverage.skipped.push(skipped(clean, NO_REQUEST));
            return outcome;
        }
        let message =
            format!("the file is larger than {} MiB, so none of it was checked", LARGEST >> 20);
        let help = "a request needs a few kilobytes; put each into a file of its own";
        outcome.findings.push(broken(&clean, "", 0..0, SYNTAX, &message, help));
        outcome.coverage.errors.push(Problem { path: clean, message });
        return outcome;
    }
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(_) if !named && memchr::memmem::find(bytes, KIND.as_bytes()).is_none() => {
            outcome.coverage.skipped.push(skipped(clean, "that is not text"));
            return outcome;
        }
        Err(at) => {
            let text = String::from_utf8_lossy(bytes);
            let at = String::from_utf8_lossy(
                &bytes[..at + 3 * usize::from(bytes.starts_with(b"\xef\xbb\xbf"))],
            )
            .len();
            let message = "this is not UTF-8: the file was saved in another encoding";
            let help = "save it as UTF-8; most editors offer that under “Save as”";
            outcome.findings.push(broken(&clean, &text, at..at, SYNTAX, message, help));
            outcome.coverage.files += 1;
            outcome.coverage.bytes += bytes.len() as u64;
            add_leaks(&clean, bytes, leaks, options, &mut outcome);
            return outcome;
        }
    };
    if !named && !text.contains(KIND) {
        outcome.coverage.skipped.push(skipped(clean, NO_REQUEST));
        return outcome;
    }
    let documents = split(&text);
    let origin = Origin { path: &clean, text: &text, lines: Lines::new(&text) };
    if documents.len() > MOST_DOCUMENTS {
        let message = format!(
            "the file holds {} documents, and {MOST_DOCUMENTS} are the most that is read, so none \
             of it was checked",
            documents.len()
        );
        let help = "split it into several files";
        let at = documents[MOST_DOCUMENTS].start;
        outcome.findings.push(broken(&clean, &text, at..at, SYNTAX, &message, help));
        outcome.coverage.errors.push(Problem { path: clean, message });
        return outcome;
    }
    let mut others = 0;
    for range in &documents {
        if document::check(&origin, range.clone(), named, options, &mut outcome) {
            outcome.coverage.files += 1;
        } else {
            others += 1;
        }
    }
    outcome.coverage.bytes += bytes.len() as u64;
    // what holds for each of a file's requests is said once
    let mut said = std::collections::HashSet::new();
    outcome.notices.retain(|notice| said.insert((notice.clause.clone(), notice.message.clone())));
    if documents.is_empty() && named {
        let message = "this file holds no token request";
        let help =
            format!("a request begins with `kind: {KIND}`; docs/requests.md shows a whole one");
        outcome.findings.push(broken(&clean, &text, 0..0, SCHEMA, message, &help));
        outcome.coverage.files += 1;
    }
    if others == documents.len() && !named {
        outcome.coverage.skipped.push(skipped(clean, NO_REQUEST));
        return outcome;
    }
    if others > 0 {
        let reason = match others {
            1 => "with a document that is no token request".to_owned(),
            many => format!("with {many} documents that are no token requests"),
        };
        outcome.coverage.skipped.push(skipped(clean.clone(), &reason));
    }
    add_leaks(&clean, bytes, leaks, options, &mut outcome);
    outcome
}

/// Whether bytes that are not read further could be, or hold, a request.
pub(crate) fn may_hold_a_request(bytes: &[u8]) -> bool {
    let is_wide = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    is_wide || memchr::memmem::find(bytes, KIND.as_bytes()).is_some()
}

fn skipped(path: String, reason: &str) -> Skipped {
    Skipped { path, reason: reason.to_owned() }
}

/// A finding about a whole file.
fn broken(path: &str, text: &str, span: Span, rule: &str, message: &str, help: &str) -> Checked {
    let origin = Origin { path, text, lines: Lines::new(text) };
    origin.finding(Draft {
        rule: rule.to_owned(),
        severity: Severity::Error,
        message: message.to_owned(),
        span,
        label: "from here on".to_owned(),
        guidance: Vec::new(),
        help: vec![help.to_owned()],
        identity: format!("path\0{path}\0{message}"),
        requester: None,
    })
}

fn add_leaks(
    path: &str,
    bytes: &[u8],
    leaks: &LeakFinder<'_>,
    options: &Options<'_>,
    outcome: &mut Outcome,
) {
    for leak in leaks(path, bytes) {
        let pack = super::pack_for(options, None).ok();
        let mut help = pack.map_or_else(
            || vec![leak.revoke.clone()],
            |pack| pack.leak_help(&leak.revoke, Place::Other, false),
        );
        help.push("Write only the five characters that Canvas shows, never the token.".to_owned());
        outcome.findings.push(token(path, leak, help));
    }
}

fn token(path: &str, leak: RequestLeak, help: Vec<String>) -> Checked {
    Checked {
        requester: None,
        finding: Finding {
            rule: TOKEN.to_owned(),
            severity: Severity::Error,
            confidence: leak.confidence,
            message: "a Canvas access token stands in the request".to_owned(),
            location: Location {
                path: path.to_owned(),
                line: Some(leak.start.0),
                column: Some(leak.start.1),
                end_line: Some(leak.end.0),
                end_column: Some(leak.end.1),
                commit: None,
            },
            also: Vec::new(),
            place: None,
            token: Some(leak.token),
            issued: Vec::new(),
            verified: None,
            guidance: vec![Guidance { policy: "canvas".to_owned(), clause: TOKEN.to_owned() }],
            fingerprint: Fingerprint::new(TOKEN, leak.fingerprint.as_str().as_bytes()),
            help,
            excerpt: leak.excerpt,
        },
    }
}
