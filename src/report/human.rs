//! The format for people: each finding with its source underlined and what to do, then what else
//! there is to know, what could not be looked at, and a summary.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{self, Write};

use crate::finding::{Confidence, Finding, Report, Severity};

use super::{Context, snippet, summary, text};

/// How wide text may be at the least, however narrow the terminal.
const LEAST_WIDTH: usize = 40;

pub(super) fn render(
    report: &Report,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page { context, text: String::new() };
    let mut told = Told::new();
    for finding in &report.findings {
        page.finding(finding, &mut told);
    }
    if !context.quiet {
        page.notices(report);
        page.timeline(report);
    }
    page.problems(report);
    if context.verbose {
        page.suppressed(report);
        page.skipped(report);
    }
    // a run that could not look at everything is never silent
    if !context.quiet || !text::is_complete(report) {
        page.summary(report);
    }
    out.write_all(page.text.as_bytes())
}

/// The findings whose steps were told in full, by the steps that later ones can refer to: all of
/// them but the first, which tends to name the token.
type Told<'a> = BTreeMap<&'a [String], &'a Finding>;

/// The styles in use, as parameters of the terminal's "select graphic rendition".
#[derive(Clone, Copy)]
enum Style {
    Bold,
    Faint,
    Label,
    Of(Severity),
}

struct Page<'a> {
    context: &'a Context<'a>,
    text: String,
}

impl Page<'_> {
    fn paint(&self, style: Style, text: &str) -> String {
        if !self.context.color {
            return text.to_owned();
        }
        let parameters = match style {
            Style::Bold => "1",
            Style::Faint => "2",
            Style::Label => "1;36",
            Style::Of(Severity::Error) => "1;31",
            Style::Of(Severity::Warning) => "1;33",
            Style::Of(Severity::Note) => "1;36",
        };
        format!("\u{1b}[{parameters}m{text}\u{1b}[0m")
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// `label` in its style, then `text` wrapped behind it; further lines begin at `indent`.
    fn labelled(&mut self, label: &str, style: Style, text: &str, indent: usize, bold: bool) {
        let width = self.context.width.max(LEAST_WIDTH);
        let label_width = label.chars().count();
        for (number, line) in wrap(text, label_width, indent, width).iter().enumerate() {
            let line = match bold {
                true => self.paint(Style::Bold, line),
                false => line.clone(),
            };
            let start = match number {
                0 => {
                    let blank = label.len() - label.trim_start().len();
                    let (blank, label) = label.split_at(blank);
                    format!("{blank}{}", self.paint(style, label))
                }
                _ => " ".repeat(indent),
            };
            self.line(&format!("{start}{line}"));
        }
    }

    fn finding<'a>(&mut self, finding: &'a Finding, told: &mut Told<'a>) {
        let severity = finding.severity;
        let head = format!("{severity}[{}]: ", finding.rule);
        self.labelled(&head, Style::Of(severity), &finding.message, 2, true);
        self.source(finding);
        match finding.confidence {
            Confidence::High => {}
            Confidence::Medium => self.footer("confidence", "medium"),
            Confidence::Low => self.footer("confidence", "low"),
        }
        if let Some(commit) = &finding.location.commit {
            self.footer("commit", &text::commit(commit));
        }
        if let Some(also) = text::also(finding) {
            self.footer("also in", &also);
        }
        let clauses = text::clauses(finding);
        if !clauses.is_empty() {
            self.footer("guidance", &clauses.join(", "));
        }
        self.help(finding, told);
        self.line("");
    }

    fn source(&mut self, finding: &Finding) {
        let place = place(finding);
        // without a line number there is none to write beside the source
        let drawn = finding
            .excerpt
            .as_ref()
            .filter(|_| finding.location.line.is_some())
            .map_or_else(String::new, |excerpt| {
                snippet::draw(
                    excerpt,
                    &place,
                    finding.severity,
                    self.context.width,
                    self.context.color,
                )
            });
        if drawn.is_empty() {
            let place = self.paint(Style::Label, &place);
            self.line(&format!("  ╰─[{place}]"));
        } else {
            self.text.push_str(&drawn);
        }
    }

    fn footer(&mut self, label: &str, text: &str) {
        let label = format!("  {label}: ");
        self.labelled(&label, Style::Label, text, label.chars().count(), false);
    }

    /// The steps, in full where they are first needed; after that only what differs.
    fn help<'a>(&mut self, finding: &'a Finding, told: &mut Told<'a>) {
        let steps = text::steps(&finding.help);
        let (own, rest) = match finding.help.as_slice() {
            [] => return,
            [first, tail @ ..] => {
                let key = if tail.is_empty() { &finding.help } else { tail };
                match told.entry(key) {
                    Entry::Occupied(earlier) if earlier.get().help.len() == steps.len() => {
                        let own = usize::from(earlier.get().help.first() != Some(first));
                        (own, Some(refer(finding, earlier.get(), own)))
                    }
                    Entry::Occupied(_) => (steps.len(), None),
                    Entry::Vacant(entry) => {
                        entry.insert(finding);
                        (steps.len(), None)
                    }
                }
            }
        };
        let label = "  help: ";
        let shown = steps.iter().take(own).cloned().chain(rest);
        for (number, step) in shown.enumerate() {
            let label = if number == 0 { label } else { "        " };
            // a step's own lines stand under its text, not under its number
            let indent = if steps.len() > 1 { 11 } else { 8 };
            self.labelled(label, Style::Label, &step, indent, false);
        }
    }

    fn section(&mut self, title: &str, rows: &[(String, String)]) {
        if rows.is_empty() {
            return;
        }
        let title = self.paint(Style::Bold, title);
        self.line(&title);
        for (label, text) in rows {
            let label = format!("  {label} ");
            self.labelled(&label, Style::Label, text, 4, false);
        }
        self.line("");
    }

    fn notices(&mut self, report: &Report) {
        let rows: Vec<_> = report
            .notices
            .iter()
            .map(|notice| {
                let message = with_path(&notice.message, notice.path.as_deref());
                (format!("{}:", notice.clause), message)
            })
            .collect();
        self.section("Good to know", &rows);
    }

    fn timeline(&mut self, report: &Report) {
        let rows: Vec<_> = report
            .timeline
            .iter()
            .map(|entry| {
                let what = format!("{} ({})", entry.what, entry.clause);
                (format!("{}:", entry.date), with_path(&what, entry.path.as_deref()))
            })
            .collect();
        self.section("What happens when", &rows);
    }

    fn problems(&mut self, report: &Report) {
        let rows: Vec<_> = report
            .coverage
            .errors
            .iter()
            .map(|problem| match problem.path.as_str() {
                "" => ("×".to_owned(), problem.message.clone()),
                path => (format!("{}:", text::path_name(path)), problem.message.clone()),
            })
            .collect();
        self.section("Not looked at", &rows);
    }

    fn suppressed(&mut self, report: &Report) {
        let rows: Vec<_> = report
            .suppressed
            .iter()
            .map(|suppressed| {
                let finding = &suppressed.finding;
                let by = &suppressed.suppressed_by;
                let mut text =
                    format!("{}[{}] {}", finding.severity, finding.rule, summary::by(by.kind));
                if let Some(reason) = &by.reason {
                    text.push_str(&format!(": {reason}"));
                }
                if let Some(expires) = &by.expires {
                    text.push_str(&format!(" (until {expires})"));
                }
                (format!("{}:", place(finding)), text)
            })
            .collect();
        self.section("Silenced", &rows);
    }

    fn skipped(&mut self, report: &Report) {
        let rows: Vec<_> = report
            .coverage
            .skipped
            .iter()
            .map(|skipped| {
                let path = text::path_name(&skipped.path);
                (format!("{path}:"), skipped.reason.clone())
            })
            .collect();
        self.section("Passed over", &rows);
    }

    fn summary(&mut self, report: &Report) {
        let mut sentences = summary::sentences(report, self.context).into_iter();
        if let Some(verdict) = sentences.next() {
            self.labelled("", Style::Bold, &verdict, 0, true);
        }
        for sentence in sentences {
            let width = self.context.width.max(LEAST_WIDTH);
            for line in wrap(&sentence, 0, 2, width).iter().enumerate() {
                let indent = if line.0 == 0 { "" } else { "  " };
                let line = self.paint(Style::Faint, line.1);
                self.line(&format!("{indent}{line}"));
            }
        }
    }
}

fn place(finding: &Finding) -> String {
    let location = &finding.location;
    text::place(text::path_name(&location.path), location)
}

fn with_path(text: &str, path: Option<&str>) -> String {
    match path {
        Some(path) if !path.is_empty() => format!("{text} [{}]", text::path_name(path)),
        _ => text.to_owned(),
    }
}

/// What stands in for the steps after the first `own`.
fn refer(finding: &Finding, earlier: &Finding, own: usize) -> String {
    let place = place(earlier);
    match (own, &finding.token) {
        (0, Some(_)) if finding.fingerprint == earlier.fingerprint => {
            format!("as for the same token at {place}")
        }
        (0, Some(token)) => format!("as for {place}, here with {}", text::token(token)),
        (0, None) => format!("as for {place}"),
        _ if own + 1 == finding.help.len() => format!("{}. as for {place}", own + 1),
        _ => format!("{}–{}. as for {place}", own + 1, finding.help.len()),
    }
}

/// Breaks `text` between words into lines of at most `width` columns; the first begins at column
/// `first`, the others at `indent`. A word that is longer stays whole, so that paths and commands
/// can be copied.
fn wrap(text: &str, first: usize, indent: usize, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut column = first;
    for word in text.split(' ') {
        let length = word.chars().count();
        if !line.is_empty() && column + 1 + length > width {
            lines.push(std::mem::take(&mut line));
            column = indent;
        }
        if !line.is_empty() {
            line.push(' ');
            column += 1;
        }
        line.push_str(word);
        column += length;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn wraps_between_words_only() {
        assert_eq!(wrap("aa bb cc", 3, 0, 5), ["aa", "bb cc"]);
        assert_eq!(wrap("aaaaaaaaaa b", 0, 0, 5), ["aaaaaaaaaa", "b"]);
        assert_eq!(wrap("", 0, 0, 5), [""]);
    }
}
