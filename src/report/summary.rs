//! The sentences that say how a run ended and what it looked at. They never sound like an
//! all-clear where something could not be looked at.

use std::collections::BTreeMap;

use crate::finding::{Job, Report, Severity, SuppressionKind};

use super::text::{about, bytes, count, is_complete, looked_at_something, problems};
use super::{Care, Context, clean};

/// The account of a run for standard error, where the format on standard output is not for
/// people: what could not be looked at, a line each, then the sentences. Safe to print.
pub fn account(report: &Report, context: &Context<'_>) -> String {
    let report = &clean::report(report, Care::Text);
    let mut text = String::new();
    for (path, message) in problems(report, context) {
        text.push_str("not looked at: ");
        text.push_str(&about(path, message));
        text.push('\n');
    }
    for sentence in sentences(report, context) {
        text.push_str(&sentence);
        text.push('\n');
    }
    text
}

/// The sentences, one a line: what was found, what was looked at, what was not.
pub(super) fn sentences(report: &Report, context: &Context<'_>) -> Vec<String> {
    let mut sentences = vec![verdict(report, context)];
    sentences.extend(suppressed(report));
    sentences.extend(tokens(report));
    sentences.push(looked_at(report, context));
    sentences.extend(passed_over(report));
    sentences
}

/// How the run ended, in one sentence. It names no text of the report, so it is safe to print.
pub fn verdict(report: &Report, context: &Context<'_>) -> String {
    let mut found: Vec<String> = Vec::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let number = report.count(severity);
        if number > 0 {
            found.push(count(number as u64, severity.as_str()));
        }
    }
    let unread = problems(report, context).len();
    let gap = if !looked_at_something(&report.coverage) {
        Some("nothing was looked at, so this is no all-clear".to_owned())
    } else if unread > 0 {
        Some(format!(
            "{} could not be looked at, so this is no all-clear",
            count(unread as u64, "item")
        ))
    } else {
        None
    };
    match (found.is_empty(), gap) {
        (true, None) => "No findings.".to_owned(),
        (true, Some(gap)) => {
            let mut gap = gap;
            if let Some(first) = gap.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            format!("{gap}.")
        }
        (false, gap) => {
            let mut sentence = format!("Found {}", found.join(", "));
            let failing = report.findings.iter().any(|finding| finding.severity >= context.fail_on);
            if !failing {
                sentence.push_str(&format!(
                    "; none reaches `{}`, from where on a finding fails the run",
                    context.fail_on
                ));
            } else if context.exit_code == 0 {
                sentence.push_str("; the exit code is 0 all the same, as was asked for");
            }
            if let Some(gap) = gap {
                sentence.push_str(&format!("; {gap}"));
            }
            sentence.push('.');
            sentence
        }
    }
}

/// How many findings were silenced, by what.
fn suppressed(report: &Report) -> Option<String> {
    if report.suppressed.is_empty() {
        return None;
    }
    let mut kinds: BTreeMap<SuppressionKind, u64> = BTreeMap::new();
    for suppressed in &report.suppressed {
        *kinds.entry(suppressed.suppressed_by.kind).or_default() += 1;
    }
    let parts: Vec<String> =
        kinds.into_iter().map(|(kind, number)| format!("{number} {}", by(kind))).collect();
    Some(format!(
        "Silenced {}: {}.",
        count(report.suppressed.len() as u64, "finding"),
        parts.join(", ")
    ))
}

/// What an audit counted, and what it found and does not list.
fn tokens(report: &Report) -> Vec<String> {
    let Some(tokens) = &report.tokens else { return Vec::new() };
    let live = &tokens.live;
    let mut sentence = format!(
        "Judged {}: {} user-generated, {} of mobile apps, {} of other applications",
        count(live.total(), "token"),
        live.user_generated,
        live.mobile,
        live.third_party
    );
    if tokens.over.total() > 0 {
        sentence.push_str(&format!("; {} more are over", tokens.over.total()));
    }
    sentence.push('.');
    let mut sentences = Vec::new();
    if tokens.unlisted > 0 {
        sentences.push(format!(
            "Counted and not listed: {}.",
            count(tokens.unlisted, "further finding")
        ));
    }
    sentences.push(sentence);
    sentences
}

/// By what a finding was silenced.
pub(super) fn by(kind: SuppressionKind) -> &'static str {
    match kind {
        SuppressionKind::Inline => "by a comment",
        SuppressionKind::Baseline => "by the baseline",
        SuppressionKind::Config => "by the configuration",
    }
}

/// How much was looked at.
pub(super) fn looked_at(report: &Report, context: &Context<'_>) -> String {
    let coverage = &report.coverage;
    let noun = match context.job {
        Job::Check => "manifest",
        Job::Scan | Job::Audit | Job::Any => "file",
    };
    let mut parts = Vec::new();
    if let Some(nothing) = &coverage.nothing
        && coverage.files + coverage.blobs + coverage.commits == 0
    {
        return format!("There was nothing to look at: {nothing}.");
    }
    if coverage.files > 0 || !looked_at_something(coverage) {
        parts.push(count(coverage.files, noun));
    }
    if coverage.blobs > 0 {
        parts.push(count(coverage.blobs, "blob"));
    }
    if coverage.commits > 0 {
        parts.push(count(coverage.commits, "commit"));
    }
    let looked_at = format!("Looked at {} ({})", parts.join(", "), bytes(coverage.bytes));
    if coverage.remembered > 0 {
        let known = count(coverage.remembered, "blob");
        return format!("{looked_at}; {known} remembered to hold nothing.");
    }
    format!("{looked_at}.")
}

/// What was passed over on purpose, counted by reason, the most frequent first.
fn passed_over(report: &Report) -> Option<String> {
    let reasons = skipped_by_reason(report);
    if reasons.is_empty() {
        return None;
    }
    let parts: Vec<String> =
        reasons.iter().map(|(reason, number)| format!("{number} {reason}")).collect();
    Some(format!("Passed over {}: {}.", report.coverage.skipped.len(), parts.join(", ")))
}

fn skipped_by_reason(report: &Report) -> Vec<(&str, u64)> {
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for skipped in &report.coverage.skipped {
        *reasons.entry(skipped.reason.as_str()).or_default() += 1;
    }
    let mut reasons: Vec<(&str, u64)> = reasons.into_iter().collect();
    // stable, so that equal counts stay in the order of their reasons
    reasons.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    reasons
}

/// Whether the report may be shown as one that passed.
pub(super) fn is_all_clear(report: &Report) -> bool {
    report.findings.is_empty() && is_complete(report)
}
