//! What stands behind the findings: what could not be read, what was silenced or passed over, and
//! what the rules mean.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use crate::finding::{Report, Rule};

use super::{Context, MOST_ROWS, NL, badge, left_out, place, summary, text};

/// What could not be looked at.
pub(super) fn problems(problems: &[(&str, &str)]) -> Markup {
    html! {
        p { "These were asked for and could not be read, so what stands in them is not known." }
        dl class="list" {
            @for (path, message) in problems.iter().take(MOST_ROWS) {
                div {
                    dt { @if path.is_empty() { "The run" } @else { code { (text::path_name(path)) } } }
                    dd { (message) }
                } (NL)
            }
        }
        (left_out(problems.len(), MOST_ROWS, "items"))
    }
}

/// What was silenced, by whom, and until when.
pub(super) fn silenced(report: &Report) -> Markup {
    html! {
        details {
            summary { (text::count(report.suppressed.len() as u64, "finding")) " accepted before" }
            div class="scroll" tabindex="0" role="region" aria-label="Silenced findings" {
                table class="list" {
                    thead { tr {
                        th scope="col" { "Where" } th scope="col" { "What" }
                        th scope="col" { "Silenced" } th scope="col" { "Reason" }
                        th scope="col" { "Until" }
                    } }
                    tbody { @for suppressed in report.suppressed.iter().take(MOST_ROWS) {
                        @let by = &suppressed.suppressed_by;
                        tr {
                            td { code { (place(&suppressed.finding)) } }
                            td { (badge(suppressed.finding.severity)) " " (suppressed.finding.rule) }
                            td { (summary::by(by.kind)) }
                            td { (by.reason.as_deref().unwrap_or("none given")) }
                            td { (by.expires.as_deref().unwrap_or("open-ended")) }
                        } (NL)
                    } }
                }
            }
            (left_out(report.suppressed.len(), MOST_ROWS, "findings"))
        }
    }
}

/// What was passed over on purpose, by reason.
pub(super) fn skipped(report: &Report) -> Markup {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for skipped in &report.coverage.skipped {
        reasons.entry(&skipped.reason).or_default().push(&skipped.path);
    }
    let share = MOST_ROWS / reasons.len().max(1);
    html! {
        @for (reason, paths) in reasons.iter().take(MOST_ROWS) {
            details {
                summary { (reason) " " span class="count" { (paths.len()) } }
                ul class="paths" {
                    @for path in paths.iter().take(share.max(1)) {
                        li { code { (text::path_name(path)) } } (NL)
                    }
                }
                (left_out(paths.len(), share.max(1), "paths"))
            } (NL)
        }
        (left_out(reasons.len(), MOST_ROWS, "reasons"))
    }
}

/// The rules that findings of the report name and something is known of.
pub(super) fn rules_named<'a>(report: &Report, context: &Context<'a>) -> Vec<&'a Rule> {
    let named: BTreeSet<&str> =
        report.findings.iter().map(|finding| finding.rule.as_str()).collect();
    context.rules.iter().filter(|rule| named.contains(rule.id.as_str())).collect()
}

/// What the rules mean and where they come from.
pub(super) fn rules(rules: &[&Rule]) -> Markup {
    html! {
        @for rule in rules {
            details class="meaning" id=(anchor(&rule.id)) {
                summary { code { (rule.id) } " " (rule.summary) }
                @for paragraph in rule.explanation.split("\n\n").filter(|text| !text.trim().is_empty()) {
                    p { (paragraph.replace('\t', " ")) }
                }
                p class="origin" { "Source: " (rule.source) }
            } (NL)
        }
    }
}

/// A rule's place on the page. Whatever an id holds, what it makes is a plain word.
pub(super) fn anchor(rule: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("rule-{}", rule.chars().map(plain).collect::<String>())
}
