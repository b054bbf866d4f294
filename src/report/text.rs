//! Small pieces of wording that several formats share.

use crate::finding::{Commit, Coverage, Finding, Job, Location, Report, TokenHint};

use super::Context;

/// `1 file`, `2 files`.
pub(super) fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A number of bytes as people read it: `512 bytes`, `3.4 KiB`.
pub(super) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if number < 1024 {
        return count(number, "byte");
    }
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let mut scaled = number as f64 / 1024.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        // what would be shown as 1024.0 is the next unit's 1.0
        if scaled < 1023.95 {
            break;
        }
        scaled /= 1024.0;
        unit = larger;
    }
    format!("{scaled:.1} {unit}")
}

/// The path as a sentence names it.
pub(super) fn path_name(path: &str) -> &str {
    if path == "-" { "standard input" } else { path }
}

/// `name:line:column`, as far as they are known.
pub(super) fn place(name: &str, location: &Location) -> String {
    match (location.line, location.column) {
        (Some(line), Some(column)) => format!("{name}:{line}:{column}"),
        (Some(line), None) => format!("{name}:{line}"),
        (None, _) => name.to_owned(),
    }
}

/// What is shown of a token: `7~aB3xY…`.
pub(super) fn token(hint: &TokenHint) -> String {
    match &hint.shard {
        Some(shard) => format!("{shard}~{}…", hint.hint),
        None => format!("{}…", hint.hint),
    }
}

/// The clauses that a finding breaks, each once. A clause's id already names its policy.
pub(super) fn clauses(finding: &Finding) -> Vec<String> {
    let mut clauses: Vec<String> = Vec::new();
    for guidance in &finding.guidance {
        let named = guidance
            .clause
            .strip_prefix(guidance.policy.as_str())
            .is_some_and(|rest| rest.starts_with('/'));
        let clause = if named || guidance.policy.is_empty() {
            guidance.clause.clone()
        } else {
            format!("{}/{}", guidance.policy, guidance.clause)
        };
        if !clauses.contains(&clause) {
            clauses.push(clause);
        }
    }
    clauses
}

/// How many of a finding's other paths are named; the rest is counted.
const OTHER_PATHS: usize = 5;

/// The other paths of a finding, if it has any.
pub(super) fn also(finding: &Finding) -> Option<String> {
    if finding.also.is_empty() {
        return None;
    }
    let named = finding.also.iter().take(OTHER_PATHS).map(String::as_str).collect::<Vec<_>>();
    let more = finding.also.len().saturating_sub(OTHER_PATHS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("{}{more}", named.join(", ")))
}

/// The commit that introduced a finding, in a few words.
pub(super) fn commit(commit: &Commit) -> String {
    let id: String = commit.id.chars().take(12).collect();
    let day: String = commit.date.chars().take(10).collect();
    let still = if commit.in_head {
        "still in the current commit"
    } else {
        "no longer in the current commit, but in the history"
    };
    format!("{id} of {day} by {}, {still}", commit.author)
}

/// The steps of a help list, numbered where there are several.
pub(super) fn steps(help: &[String]) -> Vec<String> {
    match help {
        [only] => vec![only.clone()],
        many => many.iter().enumerate().map(|(at, step)| format!("{}. {step}", at + 1)).collect(),
    }
}

/// The job as people type it.
pub(super) fn job(context: &Context<'_>) -> &'static str {
    match context.job {
        Job::Scan => "scan",
        Job::Check => "check",
        Job::Audit => "audit",
        Job::Any => "run",
    }
}

/// Whether anything at all was looked at.
pub(super) fn looked_at_something(coverage: &Coverage) -> bool {
    coverage.files > 0
        || coverage.blobs > 0
        || coverage.commits > 0
        || coverage.remembered > 0
        || coverage.nothing.is_some()
}

/// What stands in the way of an all-clear: path (empty where there is none) and message of each.
/// A failed run that looked at nothing has one even if nobody recorded it, so that no format can
/// show such a run as one that passed.
pub(super) fn problems<'a>(report: &'a Report, context: &Context<'_>) -> Vec<(&'a str, &'a str)> {
    let coverage = &report.coverage;
    if coverage.errors.is_empty() && !looked_at_something(coverage) && context.exit_code != 0 {
        return vec![("", "nothing was looked at")];
    }
    coverage
        .errors
        .iter()
        .map(|problem| (problem.path.as_str(), problem.message.as_str()))
        .collect()
}

/// Whether everything was looked at, and there was something to look at.
pub(super) fn is_complete(report: &Report) -> bool {
    report.coverage.errors.is_empty() && looked_at_something(&report.coverage)
}

/// `path: message`, or the message alone.
pub(super) fn about(path: &str, message: &str) -> String {
    if path.is_empty() { message.to_owned() } else { format!("{}: {message}", path_name(path)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_rounded_to_the_right_unit() {
        for (number, shown) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            (3482, "3.4 KiB"),
            (1024 * 1024 - 1, "1.0 MiB"),
            (5 << 30, "5.0 GiB"),
        ] {
            assert_eq!(bytes(number), shown);
        }
    }
}
