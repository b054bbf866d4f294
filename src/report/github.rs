//! GitHub's workflow commands, which its runner turns into annotations.

use std::io::{self, Write};

use crate::finding::{Finding, Report, Severity};

use super::{Context, text};

pub(super) fn render(
    report: &Report,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for finding in &report.findings {
        write_finding(finding, out)?;
    }
    for notice in &report.notices {
        let path = notice.path.as_deref().unwrap_or_default();
        let title = format!("hallpass: {}", notice.clause);
        command("notice", &at(path), &title, &notice.message, out)?;
    }
    for entry in &report.timeline {
        let path = entry.path.as_deref().unwrap_or_default();
        let title = format!("hallpass: {}", entry.clause);
        let message = format!("{}: {}", entry.date, entry.what);
        command("notice", &at(path), &title, &message, out)?;
    }
    for (path, message) in text::problems(report, context) {
        let message = text::about(path, message);
        command("error", &at(path), "hallpass: not looked at", &message, out)?;
    }
    Ok(())
}

fn write_finding(finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let location = &finding.location;
    let name = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = at(&location.path);
    let mut message = finding.message.clone();
    match &location.commit {
        // an annotation stands in the checked-out file, where these lines no longer are
        Some(commit) if !commit.in_head => {
            message.push_str(&format!(
                "\nAt {}, commit {}.",
                text::place(text::path_name(&location.path), location),
                text::commit(commit)
            ));
        }
        _ if !properties.is_empty() => properties.extend(region(finding)),
        _ => {}
    }
    let clauses = text::clauses(finding);
    if !clauses.is_empty() {
        message.push_str(&format!("\nBreaks {}.", clauses.join(", ")));
    }
    for step in text::steps(&finding.help) {
        message.push('\n');
        message.push_str(&step);
    }
    let title = format!("hallpass: {}", finding.rule);
    command(name, &properties, &title, &message, out)
}

type Property = (&'static str, String);

/// The file to annotate; standard input is none.
fn at(path: &str) -> Vec<Property> {
    if path.is_empty() || path == "-" { Vec::new() } else { vec![("file", path.to_owned())] }
}

fn region(finding: &Finding) -> Vec<Property> {
    let location = &finding.location;
    let Some(line) = location.line else {
        return Vec::new();
    };
    let end_line = location.end_line.unwrap_or(line);
    let mut properties = vec![("line", line.to_string()), ("endLine", end_line.to_string())];
    // GitHub takes columns only where the annotation stays on one line
    if end_line == line {
        properties.extend(location.column.map(|column| ("col", column.to_string())));
        properties.extend(location.end_column.map(|column| ("endColumn", column.to_string())));
    }
    properties
}

/// Writes one command, always on one line.
fn command(
    name: &str,
    properties: &[Property],
    title: &str,
    message: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(out, "::{name} ")?;
    for (key, value) in properties {
        write!(out, "{key}={},", escape_property(value))?;
    }
    writeln!(out, "title={}::{}", escape_property(title), escape_data(message))
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_command_early() {
        let mut out = Vec::new();
        let hostile = "a%0A::b,c=d\r\n::error::e";
        command("error", &[("file", hostile.into())], hostile, hostile, &mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(
            shown,
            "::error file=a%250A%3A%3Ab%2Cc=d%0D%0A%3A%3Aerror%3A%3Ae,\
             title=a%250A%3A%3Ab%2Cc=d%0D%0A%3A%3Aerror%3A%3Ae\
             ::a%250A::b,c=d%0D%0A::error::e\n"
        );
    }
}
