//! The first look: figures, and what was found by kind of place, by severity and over time.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::finding::{Finding, Place, Report, Severity};

use super::chart::{self, Part, Stack};
use super::{Context, NL, SEVERITIES, history, text};

/// How many rules the picture names.
const MOST_RULES: usize = 12;

pub(super) fn body(report: &Report, context: &Context<'_>) -> Markup {
    html! {
        (tiles(report, context))
        @if !report.findings.is_empty() {
            (severities(report))
            div class="charts" {
                @let places = places(report);
                @if !places.is_empty() { (chart::bars("By kind of place", "Place", &places)) }
                (chart::bars("By rule", "Rule", &by_rule(report)))
            } (NL)
            (history::body(report))
        }
    }
}

fn tiles(report: &Report, context: &Context<'_>) -> Markup {
    let coverage = &report.coverage;
    let noun = match context.job {
        crate::finding::Job::Check => "manifests read",
        _ => "files read",
    };
    let unread = text::problems(report, context).len();
    let tile = |number: &str, what: &str, class: &str| {
        html! { div class={ "tile " (class) } { dt { (what) } dd { (number) } } (NL) }
    };
    html! {
        dl class="tiles" {
            @for severity in SEVERITIES {
                @let number = report.count(severity);
                @let class = if number > 0 { severity.as_str() } else { "none" };
                (tile(&grouped(number as u64), plural(severity), class))
            }
            @if coverage.files > 0 || coverage.blobs == 0 { (tile(&grouped(coverage.files), noun, "")) }
            @if coverage.blobs > 0 { (tile(&grouped(coverage.blobs), "blobs read", "")) }
            @if coverage.commits > 0 { (tile(&grouped(coverage.commits), "commits read", "")) }
            (tile(&text::bytes(coverage.bytes), "read in all", ""))
            (tile(&unread.to_string(), "not looked at", if unread > 0 { "warning" } else { "none" }))
            @if !report.suppressed.is_empty() { (tile(&report.suppressed.len().to_string(), "silenced", "")) }
        } (NL)
    }
}

fn plural(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "errors",
        Severity::Warning => "warnings",
        Severity::Note => "notes",
    }
}

/// A number with its thousands set apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

fn severities(report: &Report) -> Markup {
    let parts = stack(String::new(), report.findings.iter());
    let all = report.findings.len().max(1);
    let mut from = 0;
    html! {
        figure class="whole" {
            figcaption class="unseen" { "By severity" }
            svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true" {
                @for part in parts.parts.iter().filter(|part| part.number > 0) {
                    rect class=(part.class) x=(from * 1000 / all) y="0" width=((part.number * 1000 / all).max(2)) height="10" {}
                    @let () = from += part.number;
                }
            }
            (chart::legend(std::slice::from_ref(&parts)))
        } (NL)
    }
}

fn stack<'a>(label: String, findings: impl Iterator<Item = &'a Finding>) -> Stack {
    let mut numbers = [0; SEVERITIES.len()];
    for finding in findings {
        for (number, severity) in numbers.iter_mut().zip(SEVERITIES) {
            *number += usize::from(finding.severity == severity);
        }
    }
    let parts = SEVERITIES.into_iter().zip(numbers);
    let part = |(severity, number): (Severity, usize)| Part {
        class: severity.as_str(),
        name: plural(severity),
        number,
    };
    Stack { label, parts: parts.map(part).collect() }
}

/// One stack for each group, the highest first.
fn grouped_by<'a, K: Ord>(
    report: &'a Report,
    key: impl Fn(&'a Finding) -> Option<K>,
    label: impl Fn(&K) -> String,
) -> Vec<Stack> {
    let mut groups: BTreeMap<K, Vec<&Finding>> = BTreeMap::new();
    for finding in &report.findings {
        if let Some(key) = key(finding) {
            groups.entry(key).or_default().push(finding);
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    // stable: equal numbers stay in the order of their keys
    groups.sort_by_key(|(_, findings)| std::cmp::Reverse(findings.len()));
    groups.into_iter().map(|(key, findings)| stack(label(&key), findings.into_iter())).collect()
}

fn places(report: &Report) -> Vec<Stack> {
    grouped_by(report, |finding| finding.place, |place: &Place| name(*place).to_owned())
}

fn by_rule(report: &Report) -> Vec<Stack> {
    let mut stacks = grouped_by(report, |finding| Some(&finding.rule), |rule| (*rule).clone());
    if stacks.len() > MOST_RULES {
        let others = stacks.split_off(MOST_RULES - 1);
        let mut rest = stack(format!("{} other rules", others.len()), std::iter::empty());
        for part in others.iter().flat_map(|other| &other.parts) {
            if let Some(sum) = rest.parts.iter_mut().find(|sum| sum.class == part.class) {
                sum.number += part.number;
            }
        }
        stacks.push(rest);
    }
    stacks
}

/// The kind of place as a heading names it.
pub(super) fn name(place: Place) -> &'static str {
    match place {
        Place::Code => "Source code",
        Place::Configuration => "Configuration",
        Place::Notebook => "Notebooks",
        Place::Document => "Documents",
        Place::Spreadsheet => "Spreadsheets",
        Place::Screenshot => "Screenshots",
        Place::Notes => "Notes",
        Place::Mail => "Mail",
        Place::Chat => "Chat exports",
        Place::Log => "Logs",
        Place::ShellHistory => "Shell history",
        Place::Binary => "Binary files",
        Place::Other => "Other files",
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_are_set_apart() {
        for (number, shown) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(super::grouped(number), shown);
        }
    }
}
