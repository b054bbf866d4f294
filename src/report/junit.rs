//! JUnit XML: a test case for each finding and for whatever could not be looked at, one that
//! passes if there is neither.

use std::io::{self, Write};

use crate::finding::{Finding, Report, SuppressedBy};

use super::{Context, summary, text};

pub(super) fn render(
    report: &Report,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let cases = cases(report, context);
    let of =
        |wanted: fn(&Outcome) -> bool| cases.iter().filter(|case| wanted(&case.outcome)).count();
    let counts = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        cases.len(),
        of(|outcome| matches!(outcome, Outcome::Failed { .. })),
        of(|outcome| matches!(outcome, Outcome::Broken { .. })),
        of(|outcome| matches!(outcome, Outcome::Skipped { .. })),
    );
    let name = format!("hallpass {}", text::job(context));
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"hallpass\" {counts}>")?;
    writeln!(out, "  <testsuite name=\"{}\" {counts}>", escape(&name))?;
    write_properties(report, out)?;
    for case in &cases {
        case.write(out)?;
    }
    writeln!(out, "    <system-out>{}</system-out>", {
        let mut lines: Vec<String> = remarks(report).into_iter().map(|(_, line)| line).collect();
        lines.extend(summary::sentences(report, context));
        escape(&lines.join("\n"))
    })?;
    writeln!(out, "  </testsuite>")?;
    writeln!(out, "</testsuites>")
}

enum Outcome {
    Passed,
    Failed { kind: &'static str, message: String, detail: String },
    Broken { message: String },
    Skipped { message: String },
}

struct Case {
    class: String,
    name: String,
    line: Option<u64>,
    outcome: Outcome,
}

fn cases(report: &Report, context: &Context<'_>) -> Vec<Case> {
    let mut cases = Vec::new();
    for finding in &report.findings {
        let message = format!("{}: {}", finding.severity, finding.message);
        // what does not fail the run does not fail a test either
        let outcome = if finding.severity >= context.fail_on {
            Outcome::Failed { kind: finding.severity.as_str(), message, detail: detail(finding) }
        } else {
            Outcome::Skipped { message }
        };
        cases.push(case(finding, outcome));
    }
    for suppressed in &report.suppressed {
        let message = silenced(&suppressed.suppressed_by);
        cases.push(case(&suppressed.finding, Outcome::Skipped { message }));
    }
    for (path, message) in text::problems(report, context) {
        cases.push(Case {
            class: path.to_owned(),
            name: text::about(path, "looked at"),
            line: None,
            outcome: Outcome::Broken { message: message.to_owned() },
        });
    }
    if cases.is_empty() {
        let message = summary::verdict(report, context);
        cases.push(Case {
            class: String::new(),
            name: "no findings".into(),
            line: None,
            outcome: if summary::is_all_clear(report) {
                Outcome::Passed
            } else {
                Outcome::Skipped { message }
            },
        });
    }
    cases
}

fn case(finding: &Finding, outcome: Outcome) -> Case {
    let path = &finding.location.path;
    Case {
        class: path.clone(),
        name: format!("{} at {}", finding.rule, text::place(path, &finding.location)),
        line: finding.location.line,
        outcome,
    }
}

fn silenced(by: &SuppressedBy) -> String {
    let mut message = format!("silenced {}", summary::by(by.kind));
    if let Some(reason) = &by.reason {
        message.push_str(&format!(": {reason}"));
    }
    if let Some(expires) = &by.expires {
        message.push_str(&format!(" (until {expires})"));
    }
    message
}

fn detail(finding: &Finding) -> String {
    let location = &finding.location;
    let mut lines = vec![text::place(text::path_name(&location.path), location)];
    if let Some(commit) = &location.commit {
        lines.push(format!("commit: {}", text::commit(commit)));
    }
    if let Some(also) = text::also(finding) {
        lines.push(format!("also in: {also}"));
    }
    let clauses = text::clauses(finding);
    if !clauses.is_empty() {
        lines.push(format!("guidance: {}", clauses.join(", ")));
    }
    lines.extend(text::steps(&finding.help));
    lines.push(format!("fingerprint: {}", finding.fingerprint));
    lines.join("\n")
}

/// Notices and dates, each with the name of its property.
fn remarks(report: &Report) -> Vec<(String, String)> {
    let mut remarks = Vec::new();
    for notice in &report.notices {
        let line = text::about(notice.path.as_deref().unwrap_or_default(), &notice.message);
        remarks.push((format!("notice {}", notice.clause), line));
    }
    for entry in &report.timeline {
        let what = format!("{}: {}", entry.date, entry.what);
        let line = text::about(entry.path.as_deref().unwrap_or_default(), &what);
        remarks.push((format!("date {}", entry.clause), line));
    }
    remarks
}

fn write_properties(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let coverage = &report.coverage;
    let mut properties = vec![
        ("version".to_owned(), report.tool.version.clone()),
        ("files".to_owned(), coverage.files.to_string()),
        ("bytes".to_owned(), coverage.bytes.to_string()),
        ("blobs".to_owned(), coverage.blobs.to_string()),
        ("commits".to_owned(), coverage.commits.to_string()),
        ("passed over".to_owned(), coverage.skipped.len().to_string()),
    ];
    properties.extend(remarks(report));
    writeln!(out, "    <properties>")?;
    for (name, value) in properties {
        writeln!(out, "      <property name=\"{}\" value=\"{}\"/>", escape(&name), escape(&value))?;
    }
    writeln!(out, "    </properties>")
}

impl Case {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let class = if self.class.is_empty() { "hallpass" } else { &self.class };
        write!(
            out,
            "    <testcase classname=\"{}\" name=\"{}\"",
            escape(class),
            escape(&self.name)
        )?;
        if !self.class.is_empty() {
            write!(out, " file=\"{}\"", escape(&self.class))?;
        }
        if let Some(line) = self.line {
            write!(out, " line=\"{line}\"")?;
        }
        let inner = match &self.outcome {
            Outcome::Passed => return writeln!(out, "/>"),
            Outcome::Failed { kind, message, detail } => format!(
                "<failure type=\"{kind}\" message=\"{}\">{}</failure>",
                escape(message),
                escape(detail)
            ),
            Outcome::Broken { message } => {
                format!("<error type=\"not looked at\" message=\"{}\"/>", escape(message))
            }
            Outcome::Skipped { message } => {
                format!("<skipped message=\"{}\"/>", escape(message))
            }
        };
        writeln!(out, ">\n      {inner}\n    </testcase>")
    }
}

/// Escapes for elements and attributes alike. Control characters were replaced before; what
/// remains of the characters that XML 1.0 forbids is replaced here.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if c.is_control() && c != '\n' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
