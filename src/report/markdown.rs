//! A summary in Markdown, for a job's page or a comment on a merge request.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::finding::{Finding, Report, Severity};

use super::{Context, summary, text};

/// How many rows a table has at most. GitHub refuses summaries of more than a mebibyte; what is
/// left out is counted.
const MAX_ROWS: usize = 500;

/// How many places are named for one list of steps.
const MAX_PLACES: usize = 5;

pub(super) fn render(
    report: &Report,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "## hallpass {}\n", text::job(context))?;
    let mut sentences = summary::sentences(report, context).into_iter();
    if let Some(verdict) = sentences.next() {
        let mark = match worst(report) {
            _ if !text::is_complete(report) => "⚠️",
            Some(Severity::Error) => "❌",
            Some(Severity::Warning) => "⚠️",
            Some(Severity::Note) => "ℹ️",
            None => "✅",
        };
        writeln!(out, "{mark} **{}**\n", prose(&verdict))?;
    }
    for sentence in sentences {
        writeln!(out, "- {}", prose(&sentence))?;
    }
    let problems = text::problems(report, context)
        .into_iter()
        .map(|(path, message)| vec![code(text::path_name(path)), prose(message)])
        .collect();
    table(out, "Not looked at", &["Where", "Why"], problems)?;
    findings(report, out)?;
    help(report, out)?;
    let notices = report
        .notices
        .iter()
        .map(|notice| {
            vec![
                code(&notice.clause),
                prose(&notice.message),
                code(notice.path.as_deref().unwrap_or_default()),
            ]
        })
        .collect();
    table(out, "Good to know", &["Clause", "What", "Request"], notices)?;
    let timeline = report
        .timeline
        .iter()
        .map(|entry| {
            vec![
                prose(&entry.date),
                prose(&entry.what),
                code(&entry.clause),
                code(entry.path.as_deref().unwrap_or_default()),
            ]
        })
        .collect();
    table(out, "What happens when", &["Date", "What", "Clause", "Request"], timeline)
}

fn worst(report: &Report) -> Option<Severity> {
    report.findings.iter().map(|finding| finding.severity).max()
}

fn findings(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rows = report
        .findings
        .iter()
        .map(|finding| {
            let mut what = prose(&finding.message);
            let clauses: Vec<String> = text::clauses(finding).iter().map(|id| code(id)).collect();
            if !clauses.is_empty() {
                what.push_str(&format!("<br>Breaks {}.", clauses.join(", ")));
            }
            if let Some(commit) = &finding.location.commit {
                what.push_str(&format!("<br>Commit {}.", prose(&text::commit(commit))));
            }
            if let Some(also) = text::also(finding) {
                what.push_str(&format!("<br>Also in {}.", prose(&also)));
            }
            vec![finding.severity.to_string(), code(&finding.rule), code(&place(finding)), what]
        })
        .collect();
    table(out, "Findings", &["Severity", "Rule", "Where", "What"], rows)
}

fn place(finding: &Finding) -> String {
    let location = &finding.location;
    text::place(text::path_name(&location.path), location)
}

/// Each list of steps once, with the places that it is for.
fn help(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut groups: Vec<(&[String], Vec<String>)> = Vec::new();
    let mut known: BTreeMap<&[String], usize> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| !finding.help.is_empty()) {
        let steps = finding.help.as_slice();
        let at = *known.entry(steps).or_insert_with(|| {
            groups.push((steps, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, places)) = groups.get_mut(at) {
            places.push(place(finding));
        }
    }
    if groups.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### What to do")?;
    for (steps, places) in groups.iter().take(MAX_ROWS) {
        let mut named: Vec<String> = places.iter().take(MAX_PLACES).map(|at| code(at)).collect();
        if places.len() > MAX_PLACES {
            named.push(format!("{} more", places.len() - MAX_PLACES));
        }
        writeln!(out, "\nFor {}:\n", named.join(", "))?;
        for (at, step) in steps.iter().enumerate() {
            writeln!(out, "{}. {}", at + 1, prose(step))?;
        }
    }
    if groups.len() > MAX_ROWS {
        writeln!(out, "\nSteps for {} more are left out.", groups.len() - MAX_ROWS)?;
    }
    Ok(())
}

fn table(
    out: &mut dyn Write,
    title: &str,
    heads: &[&str],
    rows: Vec<Vec<String>>,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n### {title}\n")?;
    writeln!(out, "| {} |", heads.join(" | "))?;
    writeln!(out, "|{}", " --- |".repeat(heads.len()))?;
    for row in rows.iter().take(MAX_ROWS) {
        writeln!(out, "| {} |", row.join(" | "))?;
    }
    if rows.len() > MAX_ROWS {
        writeln!(out, "\n{} more rows are left out.", rows.len() - MAX_ROWS)?;
    }
    Ok(())
}

/// Text as code. Written with tags and entities: no text can end it, whatever quotes or bars it
/// holds, and nobody is notified of a name in it.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("<code>{}</code>", prose(text))
}

/// Text that means nothing to Markdown, HTML, or the services that look for links and names in
/// what they render.
pub(super) fn prose(text: &str) -> String {
    let mut inert = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let before = &text[..at];
        match c {
            // these services read rendered text too, where an entity hides nothing; an empty
            // comment keeps the sign apart from the name or number after it
            '@' | '#' => inert.push_str(&format!("&#{};<!-- -->", u32::from(c))),
            '-' | '+' | '=' if at > 0 => inert.push(c),
            // a list's number, or a host's name
            '.' | ')' if before.bytes().all(|byte| byte.is_ascii_digit()) => {
                inert.push_str(&format!("&#{};", u32::from(c)));
            }
            // a colon before a space begins neither a link nor an emoji
            ':' if matches!(text[at + 1..].chars().next(), None | Some(' ')) => inert.push(c),
            '.' if ends_with_www(before) => inert.push_str("&#46;"),
            '.' | ')' | '(' | ',' | ';' | '/' | '?' | '%' => inert.push(c),
            c if c.is_ascii_punctuation() => inert.push_str(&format!("&#{};", u32::from(c))),
            c => inert.push(c),
        }
    }
    inert
}

fn ends_with_www(text: &str) -> bool {
    let tail = text.len().saturating_sub(3);
    text.get(tail..).is_some_and(|tail| tail.eq_ignore_ascii_case("www"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_text_has_a_meaning() {
        assert_eq!(
            prose("<b>|`x`*_~[a](http://b) ![c] \\ $m$ :x: www.d"),
            "&#60;b&#62;&#124;&#96;x&#96;&#42;&#95;&#126;&#91;a&#93;(http&#58;//b) &#33;&#91;c&#93; \
             &#92; &#36;m&#36; &#58;x: www&#46;d"
        );
        assert_eq!(prose("@all #1"), "&#64;<!-- -->all &#35;<!-- -->1");
        assert_eq!(prose("- a"), "&#45; a");
        assert_eq!(prose("12. a.b"), "12&#46; a.b");
    }

    #[test]
    fn plain_text_stays_readable() {
        assert_eq!(prose("src/sync.py, 3 files (1 KiB)."), "src/sync.py, 3 files (1 KiB).");
    }
}
