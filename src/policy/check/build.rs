//! Makes findings: positions, excerpts and fingerprints, all safe to print.

use std::sync::LazyLock;

use regex::Regex;

use super::super::position::Lines;
use super::super::yaml::Span;
use super::Checked;
use crate::finding::{
    Confidence, Excerpt, Finding, Fingerprint, Guidance, HINT_LENGTH, Location, Severity,
    printable, scrub,
};

/// How many lines an excerpt shows at most.
const MOST_LINES: usize = 6;
/// How many characters of a line an excerpt shows at most.
const WIDEST: usize = 160;

/// Runs that could be a secret; excerpts show the beginning of each.
#[expect(clippy::expect_used, reason = "a constant pattern, compiled by a test")]
static RUN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("[A-Za-z0-9]{40,}").expect("constant pattern"));

/// A file whose findings are made.
pub(crate) struct Origin<'t> {
    /// The path that findings show, safe to print.
    pub(crate) path: &'t str,
    /// The file's text.
    pub(crate) text: &'t str,
    /// Its lines.
    pub(crate) lines: Lines<'t>,
}

/// What a finding says, before it has a place.
pub(crate) struct Draft {
    pub(crate) rule: String,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    /// Where, in the file's text.
    pub(crate) span: Span,
    /// Short words under the underline.
    pub(crate) label: String,
    pub(crate) guidance: Vec<Guidance>,
    pub(crate) help: Vec<String>,
    /// What the fingerprint is made of besides the rule.
    pub(crate) identity: String,
    pub(crate) requester: Option<String>,
}

impl Origin<'_> {
    /// The finding of `draft`.
    pub(crate) fn finding(&self, draft: Draft) -> Checked {
        let (line, column) = self.lines.position(draft.span.start);
        let (end_line, end_column) = self.lines.position(draft.span.end);
        let safe = |text: String| printable(&scrub(&text)).into_owned();
        Checked {
            requester: draft.requester,
            finding: Finding {
                severity: draft.severity,
                confidence: Confidence::High,
                message: safe(draft.message),
                location: Location {
                    path: self.path.to_owned(),
                    line: Some(line),
                    column: Some(column),
                    end_line: Some(end_line),
                    end_column: Some(end_column),
                    commit: None,
                },
                also: Vec::new(),
                place: None,
                token: None,
                issued: Vec::new(),
                verified: None,
                guidance: draft.guidance,
                fingerprint: Fingerprint::new(&draft.rule, draft.identity.as_bytes()),
                help: draft.help.into_iter().map(safe).collect(),
                excerpt: Some(self.excerpt(&draft.span, safe(draft.label))),
                rule: draft.rule,
            },
        }
    }

    /// The lines around `span`: those that it stands on, and one before and after.
    fn excerpt(&self, span: &Span, label: String) -> Excerpt {
        let own = self.lines.index(span.start);
        let first = own.saturating_sub(1);
        let last = self.lines.index(span.end).min(first + MOST_LINES - 1) + 1;
        let range = self.lines.range(first, last);
        let masked = mask(&self.text[range.clone()]);
        let mut text = String::with_capacity(masked.len());
        let mut underline = 0..0;
        let mut at = range.start;
        for line in masked.split_inclusive('\n') {
            let body = line.trim_end_matches(['\n', '\r']);
            let (from, to) = window(body, at, span);
            for (offset, c) in body[from..to].char_indices() {
                let offset = at + from + offset;
                if offset == span.start {
                    underline.start = text.len();
                }
                text.push(if c == '\t' { ' ' } else { c });
                if offset < span.end {
                    underline.end = text.len();
                }
            }
            if (at + from..=at + to).contains(&span.start) && span.start >= at + to {
                underline.start = text.len();
            }
            text.push('\n');
            at += line.len();
        }
        while text.ends_with('\n') {
            text.pop();
        }
        underline.start = underline.start.min(text.len());
        underline.end = underline.end.clamp(underline.start, text.len());
        let (text, underline) = safe_pieces(&text, &underline);
        Excerpt { text, span: underline, first_line: first as u64 + 1, label }
    }
}

/// The part of a line that is shown: all of it, or what surrounds the span.
fn window(line: &str, at: usize, span: &Span) -> (usize, usize) {
    if line.len() <= WIDEST {
        return (0, line.len());
    }
    let floor = |mut at: usize| {
        at = at.min(line.len());
        while !line.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = match span.start.checked_sub(at) {
        Some(column) if column < line.len() => floor(column.saturating_sub(WIDEST / 4)),
        _ => 0,
    };
    (start, floor(start + WIDEST))
}

/// Replaces all but the first characters of every run that could be a secret, byte for byte.
fn mask(text: &str) -> String {
    let mut masked = text.to_owned();
    for run in RUN.find_iter(text) {
        if run.len() == 64 && run.as_str().bytes().all(|byte| byte.is_ascii_hexdigit()) {
            continue;
        }
        let rest = run.start() + HINT_LENGTH..run.end();
        masked.replace_range(rest.clone(), &"*".repeat(rest.len()));
    }
    masked
}

/// `text` scrubbed and printable, with the range that `span` has become.
fn safe_pieces(text: &str, span: &Span) -> (String, Span) {
    let lines = |piece: &str| -> String {
        piece.split('\n').map(|line| printable(line).into_owned()).collect::<Vec<_>>().join("\n")
    };
    let mut shown = lines(&scrub(&text[..span.start]));
    let start = shown.len();
    shown.push_str(&lines(&scrub(&text[span.clone()])));
    let end = shown.len();
    shown.push_str(&lines(&scrub(&text[span.end..])));
    (shown, start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(text: &str, needle: &str) -> (String, String) {
        let origin = Origin { path: "x.yaml", text, lines: Lines::new(text) };
        let start = text.find(needle).expect("needle");
        let excerpt = origin.excerpt(&(start..start + needle.len()), String::new());
        let marked = excerpt.text[excerpt.span.clone()].to_owned();
        (excerpt.text, marked)
    }

    #[test]
    fn shows_the_lines_around() {
        let text = "a: 1\nb:\n  c: é x\n  d: 2\ne: 3\n";
        let (shown, marked) = excerpt(text, "é x");
        assert_eq!(shown, "b:\n  c: é x\n  d: 2");
        assert_eq!(marked, "é x");
        let (shown, marked) = excerpt("a:\tb\r\nc: d\r\n", "b");
        assert_eq!((shown.as_str(), marked.as_str()), ("a: b\nc: d", "b"));
    }

    #[test]
    fn shows_no_secret_and_no_escape() {
        let secret = "kQ7v".repeat(16);
        let text = format!("a: \u{1b}[31m\nb: {secret}\nc: 7~{secret} x\n");
        for needle in ["b:", "c:", &secret] {
            let (shown, _) = excerpt(&text, needle);
            assert!(!shown.contains(&secret[..12]), "{shown}");
            assert!(!shown.contains('\u{1b}'), "{shown}");
        }
    }

    #[test]
    fn cuts_long_lines_around_the_place() {
        let text = format!("a: {} needle {}", "x ".repeat(500), "y ".repeat(500));
        let (shown, marked) = excerpt(&text, "needle");
        assert!(shown.len() < 200, "{shown}");
        assert_eq!(marked, "needle");
    }
}
