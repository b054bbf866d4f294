//! One pass over a report before it is rendered, after which nothing in it can do harm: no token,
//! no terminal escape, no command to the program that reads the log.

use std::borrow::Cow;

use crate::finding::{
    Commit, Excerpt, Finding, Guidance, IssuedToken, Location, Notice, Problem, Report, Rule,
    Skipped, Suppressed, SuppressedBy, TimelineEntry, TokenHint, Verified, printable, scrub,
};

/// What a format can carry by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// The format escapes whatever text holds and its readers want it as it was: only tokens go.
    Exact,
    /// The same for paths, which a program opens; everything else is shown to people.
    ExactPaths,
    /// Everything is shown to people.
    Text,
}

/// `text` made safe to print on a line of its own or within one: tokens masked, control
/// characters shown as pictures, and what a CI runner would take for a command taken apart.
pub fn inert(text: &str) -> Cow<'_, str> {
    let scrubbed = scrub(text);
    if printable(&scrubbed) == scrubbed && !holds_command(&scrubbed) {
        return scrubbed;
    }
    Cow::Owned(without_commands(&printable(&scrubbed)))
}

/// Runners read logs for commands: `::name::` where a line begins (and lines get wrapped, so
/// wherever a word does), `##[name]`, `##vso[` and `##teamcity[` anywhere.
fn holds_command(text: &str) -> bool {
    text.contains("::") || text.contains("##")
}

fn without_commands(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut before = None;
    for (at, c) in text.char_indices() {
        let rest = &text[at..];
        let opens_word = before.is_none_or(char::is_whitespace);
        safe.push(match c {
            ':' if opens_word && rest.starts_with("::") => '\u{a789}',
            '#' if opens_bracket(rest) => '\u{ff03}',
            c => c,
        });
        before = Some(c);
    }
    safe
}

fn opens_bracket(text: &str) -> bool {
    ["##[", "##vso[", "##teamcity["].iter().any(|command| {
        text.get(..command.len()).is_some_and(|start| start.eq_ignore_ascii_case(command))
    })
}

/// Like [`inert`] for text of several lines, which stay lines; tabs stay too.
fn inert_lines(text: &str) -> String {
    text.split('\n')
        .map(|line| line.split('\t').map(inert).collect::<Vec<_>>().join("\t"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Cleans a whole report.
pub(super) fn report(report: &Report, care: Care) -> Report {
    let mut clean = report.clone();
    for finding in &mut clean.findings {
        care.finding(finding);
    }
    for Suppressed { finding, suppressed_by } in &mut clean.suppressed {
        care.finding(finding);
        let SuppressedBy { kind: _, reason, expires } = suppressed_by;
        care.optional(reason);
        care.optional(expires);
    }
    for Notice { clause, message, path } in &mut clean.notices {
        care.text(clause);
        care.text(message);
        care.optional_path(path);
    }
    for TimelineEntry { date, clause, what, path } in &mut clean.timeline {
        care.text(date);
        care.text(clause);
        care.text(what);
        care.optional_path(path);
    }
    if let Some(tokens) = &mut clean.tokens {
        care.text(&mut tokens.as_of);
        let bars = [&mut tokens.age, &mut tokens.expiry, &mut tokens.last_use];
        bars.into_iter().flatten().for_each(|bar| care.text(&mut bar.label));
    }
    care.optional(&mut clean.coverage.nothing);
    for Skipped { path, reason } in &mut clean.coverage.skipped {
        care.path(path);
        care.text(reason);
    }
    for Problem { path, message } in &mut clean.coverage.errors {
        care.path(path);
        care.text(message);
    }
    clean
}

/// Cleans what is known of rules: detectors and packs can come from anyone.
pub(super) fn rules(rules: &[Rule], care: Care) -> Vec<Rule> {
    let mut clean = rules.to_vec();
    for rule in &mut clean {
        care.text(&mut rule.id);
        care.text(&mut rule.summary);
        care.text(&mut rule.source);
        rule.explanation = inert_lines(&rule.explanation);
        rule.help.iter_mut().for_each(|step| care.text(step));
    }
    clean
}

impl Care {
    fn text(self, text: &mut String) {
        let clean = match self {
            Self::Exact => scrub(text),
            Self::ExactPaths | Self::Text => inert(text),
        };
        if let Cow::Owned(clean) = clean {
            *text = clean;
        }
    }

    fn path(self, path: &mut String) {
        let clean = match self {
            Self::Exact | Self::ExactPaths => scrub(path),
            Self::Text => inert(path),
        };
        if let Cow::Owned(clean) = clean {
            *path = clean;
        }
    }

    fn optional(self, text: &mut Option<String>) {
        if let Some(text) = text {
            self.text(text);
        }
    }

    fn optional_path(self, path: &mut Option<String>) {
        if let Some(path) = path {
            self.path(path);
        }
    }

    // destructured whole, so that a new field can't be forgotten here
    fn finding(self, finding: &mut Finding) {
        let Finding {
            rule,
            severity: _,
            confidence: _,
            message,
            location,
            also,
            place: _,
            token,
            issued,
            verified,
            guidance,
            fingerprint: _,
            help,
            excerpt,
        } = finding;
        self.text(rule);
        self.text(message);
        self.location(location);
        also.iter_mut().for_each(|path| self.path(path));
        if let Some(TokenHint { shard, hint }) = token {
            self.optional(shard);
            self.text(hint);
        }
        issued.iter_mut().for_each(|token| self.issued(token));
        if let Some(verified) = verified {
            let Verified { state: _, host, user_id: _, user_name, reason, asked, deletion } =
                verified;
            for text in [host, user_name, reason, deletion] {
                self.optional(text);
            }
            asked.iter_mut().for_each(|host| self.text(host));
        }
        for Guidance { policy, clause } in guidance {
            self.text(policy);
            self.text(clause);
        }
        help.iter_mut().for_each(|step| self.text(step));
        if let Some(excerpt) = excerpt {
            clean_excerpt(excerpt);
        }
    }

    fn issued(self, token: &mut IssuedToken) {
        let IssuedToken {
            line: _,
            user_id,
            user_name,
            hint,
            kind,
            app,
            purpose,
            expires,
            last_used,
            created,
            status,
        } = token;
        for text in [user_id, hint, kind] {
            self.text(text);
        }
        for text in [user_name, app, purpose, expires, last_used, created, status] {
            self.optional(text);
        }
    }

    fn location(self, location: &mut Location) {
        let Location { path, line: _, column: _, end_line: _, end_column: _, commit } = location;
        self.path(path);
        if let Some(Commit { id, author, date, in_head: _ }) = commit {
            self.text(id);
            self.text(author);
            self.text(date);
        }
    }
}

/// Cleans an excerpt and keeps its underline on the same text; where that can't be told, because
/// what had to be masked runs over an edge of it, the line's whole text is underlined.
fn clean_excerpt(excerpt: &mut Excerpt) {
    excerpt.label = inert(&excerpt.label).into_owned();
    let text = inert_lines(&excerpt.text);
    let range = excerpt.span.clone();
    let parts = (
        excerpt.text.get(..range.start),
        excerpt.text.get(range.clone()),
        excerpt.text.get(range.end..),
    );
    excerpt.span = 0..text.len();
    if let (Some(before), Some(within), Some(after)) = parts {
        let (before, within, after) =
            (inert_lines(before), inert_lines(within), inert_lines(after));
        if text == [before.as_str(), &within, &after].concat() {
            excerpt.span = before.len()..before.len() + within.len();
        }
    }
    excerpt.text = text;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_commands_apart() {
        assert_eq!(inert("::error::x"), "\u{a789}:error::x");
        assert_eq!(inert("a ::error::x"), "a \u{a789}:error::x");
        assert_eq!(inert("a##[group]x"), "a\u{ff03}#[group]x");
        assert_eq!(inert("##VSO[task]"), "\u{ff03}#VSO[task]");
        assert_eq!(inert("std::io and ## heading"), "std::io and ## heading");
        assert_eq!(inert("a\n::error::x"), "a␊::error::x");
    }

    #[test]
    fn keeps_the_underline_on_its_text() {
        let mut excerpt = Excerpt {
            text: "\u{1b}a = \"7~aB3xY…\"".into(),
            span: 6..16,
            first_line: 1,
            label: "here".into(),
        };
        assert_eq!(&excerpt.text[excerpt.span.clone()], "7~aB3xY…");
        clean_excerpt(&mut excerpt);
        assert_eq!(&excerpt.text[excerpt.span.clone()], "7~aB3xY…");
        assert!(excerpt.text.starts_with('␛'));
    }

    #[test]
    fn masks_a_token_that_was_left_in_an_excerpt() {
        let body = "kQ7v".repeat(16);
        let mut excerpt = Excerpt {
            text: format!("a 7~{body} b"),
            span: 2..20,
            first_line: 1,
            label: String::new(),
        };
        clean_excerpt(&mut excerpt);
        assert_eq!(excerpt.text, "a 7~kQ7vk… b");
        assert_eq!(excerpt.span, 0..excerpt.text.len());
    }

    #[test]
    fn survives_spans_that_fit_nothing() {
        for span in [0..99, 98..99, 1..2] {
            let mut excerpt =
                Excerpt { text: "é".into(), span, first_line: 1, label: String::new() };
            clean_excerpt(&mut excerpt);
            assert_eq!(excerpt.span, 0..2);
        }
    }
}
