//! The findings, file by file, each with its source, what is known of it, and what to do.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::finding::{Confidence, Excerpt, Finding, Report, Verified};

use super::{Context, MOST_FINDINGS, NL, SEVERITIES, badge, left_out, overview, place, text};

pub(super) fn body(report: &Report, context: &Context<'_>) -> Markup {
    let shown = worst(&report.findings);
    let mut told = BTreeSet::new();
    html! {
        @if SEVERITIES.iter().filter(|severity| report.count(**severity) > 0).count() > 1 {
            (filter(report))
        }
        @for group in shown.chunk_by(|a, b| a.1.location.path == b.1.location.path) {
            section class="file" {
                @if let Some((_, first)) = group.first() {
                    h3 class="path" { (text::path_name(&first.location.path)) } (NL)
                }
                @for (number, finding) in group {
                    // what to do stands open where it is told for the first time
                    (one(*number, finding, context, told.insert(finding.help.get(1..))))
                }
            } (NL)
        }
        (left_out(report.findings.len(), MOST_FINDINGS, "findings"))
    }
}

/// The findings to show with their numbers: all of them, or the worst in the order of the report.
fn worst(findings: &[Finding]) -> Vec<(usize, &Finding)> {
    let mut numbered: Vec<(usize, &Finding)> =
        findings.iter().enumerate().map(|(at, finding)| (at + 1, finding)).collect();
    if numbered.len() > MOST_FINDINGS {
        numbered.sort_by_key(|(number, finding)| (Reverse(finding.severity), *number));
        numbered.truncate(MOST_FINDINGS);
        numbered.sort_by_key(|(number, _)| *number);
    }
    numbered
}

/// Boxes that hide findings by severity: the style sheet does it, without a script.
fn filter(report: &Report) -> Markup {
    html! {
        fieldset class="filter" {
            legend { "Show" }
            @for severity in SEVERITIES {
                @if report.count(severity) > 0 {
                    label {
                        input type="checkbox" id={ "show-" (severity) } checked;
                        " " (severity) "s " span class="count" { (report.count(severity)) }
                    }
                }
            }
        } (NL)
    }
}

fn one(number: usize, finding: &Finding, context: &Context<'_>, open: bool) -> Markup {
    let explained = context.rules.iter().any(|rule| rule.id == finding.rule);
    html! {
        article class={ "finding " (finding.severity) } id={ "finding-" (number) } aria-labelledby={ "message-" (number) } {
            p class="line" {
                (badge(finding.severity))
                @if explained {
                    " " a class="rule" href={ "#" (super::account::anchor(&finding.rule)) } { (finding.rule) }
                } @else {
                    " " span class="rule" { (finding.rule) }
                }
                " " a class="at" href={ "#finding-" (number) } { (position(finding)) }
            } (NL)
            h4 id={ "message-" (number) } { (finding.message) } (NL)
            @if let Some(excerpt) = &finding.excerpt { (source(excerpt, finding.location.line.is_some())) }
            (facts(finding))
            @if !finding.help.is_empty() {
                details open[open] {
                    summary { "What to do" }
                    ol { @for step in &finding.help { li { (step) } } }
                } (NL)
            }
        } (NL)
    }
}

/// Line and column, or the path where there are none.
fn position(finding: &Finding) -> String {
    match (finding.location.line, finding.location.column) {
        (Some(line), Some(column)) => format!("line {line}, column {column}"),
        (Some(line), None) => format!("line {line}"),
        (None, _) => place(finding),
    }
}

fn facts(finding: &Finding) -> Markup {
    let confidence = match finding.confidence {
        Confidence::High => "high",
        Confidence::Medium => "medium",
        Confidence::Low => "low",
    };
    let clauses = text::clauses(finding);
    html! {
        dl class="facts" {
            @if let Some(token) = &finding.token {
                div { dt { "Token" } dd { code { (text::token(token)) } } }
            }
            @if let Some(place) = finding.place {
                div { dt { "Place" } dd { (overview::name(place)) } }
            }
            @if finding.confidence != Confidence::High {
                div { dt { "Confidence" } dd { (confidence) } }
            }
            @if let Some(commit) = &finding.location.commit {
                div { dt { "Commit" } dd { (text::commit(commit)) } }
            }
            @if let Some(verified) = &finding.verified {
                div { dt { "Asked of Canvas" } dd { (answer(verified)) } }
            }
            @if let Some(also) = text::also(finding) {
                div { dt { "Also in" } dd { (also) } }
            }
            @if !clauses.is_empty() {
                div { dt { "Breaks" } dd { @for (at, clause) in clauses.iter().enumerate() {
                    @if at > 0 { ", " }
                    code { (clause) }
                } } }
            }
            div { dt { "Fingerprint" } dd { code { (finding.fingerprint) } } }
        } (NL)
    }
}

/// What Canvas answered about a token: `alive on canvas.example.edu, Ada Byron (57)`.
fn answer(verified: &Verified) -> String {
    let mut text = verified.state.as_str().to_owned();
    if let Some(host) = &verified.host {
        text.push_str(&format!(" on {host}"));
    }
    match (&verified.user_name, verified.user_id) {
        (Some(name), Some(id)) => text.push_str(&format!(", {name} ({id})")),
        (Some(name), None) => text.push_str(&format!(", {name}")),
        (None, Some(id)) => text.push_str(&format!(", user {id}")),
        (None, None) => {}
    }
    for more in [&verified.reason, &verified.deletion].into_iter().flatten() {
        text.push_str(&format!("; {more}"));
    }
    text
}

/// The source with what was found marked in it.
fn source(excerpt: &Excerpt, numbered: bool) -> Markup {
    if excerpt.text.trim().is_empty() {
        return html! {};
    }
    let mut from = 0;
    html! {
        figure class="source" {
            pre { @for (at, line) in excerpt.text.split('\n').enumerate() {
                @let marked = within(line, from, &excerpt.span);
                @let () = from += line.len() + 1;
                span class="row" {
                    @if numbered { span class="no" aria-hidden="true" { (excerpt.first_line + at as u64) } }
                    span class="text" {
                        @match marked {
                            Some((before, marked, after)) => {
                                (spaced(before)) mark { (spaced(marked)) } (spaced(after))
                            }
                            None => (spaced(line)),
                        }
                        "\n"
                    }
                }
            } }
            @if !excerpt.label.is_empty() { figcaption { (excerpt.label) } }
        } (NL)
    }
}

/// A line that begins at `from` cut into what stands before the span, within it, and after it.
fn within<'a>(
    line: &'a str,
    from: usize,
    span: &std::ops::Range<usize>,
) -> Option<(&'a str, &'a str, &'a str)> {
    // indentation before the rest of a span of several lines is no part of it
    let indent = line.len() - line.trim_start().len();
    let start = span.start.saturating_sub(from);
    let start = if span.start < from { indent } else { start };
    let end = span.end.saturating_sub(from).min(line.len());
    let marked = line.get(start..end).filter(|marked| !marked.is_empty())?;
    Some((line.get(..start)?, marked, line.get(end..)?))
}

/// Tabs as spaces: a page has no tab stops of its own.
fn spaced(text: &str) -> String {
    text.replace('\t', "    ")
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn a_span_is_marked_line_by_line() {
        assert_eq!(within("a = b", 0, &(4..5)), Some(("a = ", "b", "")));
        assert_eq!(within("  more: x", 10, &(4..15)), Some(("  ", "mor", "e: x")));
        assert_eq!(within("after", 20, &(4..15)), None);
        assert_eq!(within("é", 0, &(1..2)), None);
    }
}
