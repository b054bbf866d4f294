//! The order of a request's days: nothing is decided before it is asked for, nothing ends before
//! it begins.

use jiff::civil::Date;

use crate::policy::days::parse_day;
use crate::policy::yaml::{Node, Path, Step};

/// A day that comes before one that it has to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Disorder {
    /// The day that comes too early.
    pub(crate) path: Path,
    /// The sentence that says so.
    pub(crate) message: String,
}

/// The days of a request's life, in the order in which they have to come.
const LIFE: &[(&str, &str, &str)] = &[
    ("requested", "", "the request"),
    ("decision", "on", "the decision"),
    ("issuance", "on", "the issuance"),
    ("activation", "on", "the activation"),
    ("ended", "on", "the end"),
];

/// Days that can't come before the issuance, each with what it is.
const ENDS: &[(&str, &str, &str)] = &[
    ("issuance", "expires", "the issued token's end"),
    ("issuance", "link_expires", "the delivery link's end"),
];

/// Every day in `root` that comes too early.
pub(crate) fn out_of_order(root: &Node) -> Vec<Disorder> {
    let mut found = Vec::new();
    let mut last: Option<(Date, &str)> = None;
    for &(section, field, name) in LIFE {
        let Some(day) = day_at(root, section, field) else {
            continue;
        };
        match last {
            Some((before, what)) if day < before => {
                found.push(disorder(section, field, name, what, before));
            }
            _ => last = Some((day, name)),
        }
    }
    if let Some(issued) = day_at(root, "issuance", "on") {
        for &(section, field, name) in ENDS {
            if day_at(root, section, field).is_some_and(|day| day < issued) {
                found.push(disorder(section, field, name, "the issuance", issued));
            }
        }
    }
    found
}

fn day_at(root: &Node, section: &str, field: &str) -> Option<Date> {
    let node = root.get(section)?;
    let node = if field.is_empty() { node } else { node.get(field)? };
    parse_day(node.text()?)
}

fn disorder(section: &str, field: &str, name: &str, what: &str, before: Date) -> Disorder {
    let mut steps = vec![Step::Key(section.to_owned())];
    if !field.is_empty() {
        steps.push(Step::Key(field.to_owned()));
    }
    Disorder {
        path: Path(steps),
        message: format!("{name} comes before {what}, which is on {before}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::yaml::{self, Limits};

    fn early(text: &str) -> Vec<String> {
        let root = yaml::parse(text, Limits::MANIFEST).root.expect("a tree");
        out_of_order(&root).iter().map(|found| found.path.to_string()).collect()
    }

    #[test]
    fn each_day_follows_the_one_before_that_is_there() {
        assert!(
            early("requested: 2026-11-23\ndecision: {on: 2026-11-23}\nended: {on: 2026-11-23}\n")
                .is_empty()
        );
        assert_eq!(early("requested: 2026-11-23\ndecision: {on: 2026-11-22}\n"), ["decision.on"]);
        assert_eq!(early("requested: 2026-11-23\nissuance: {on: 2026-11-22}\n"), ["issuance.on"]);
        assert_eq!(
            early("decision: {on: 2026-11-25}\nissuance: {on: 2026-11-24}\n"),
            ["issuance.on"]
        );
        assert_eq!(
            early("issuance: {on: 2026-11-25}\nactivation: {on: 2026-11-24}\n"),
            ["activation.on"]
        );
        assert_eq!(early("activation: {on: 2026-11-25}\nended: {on: 2026-11-24}\n"), ["ended.on"]);
        assert_eq!(
            early("issuance: {on: 2026-11-25, expires: 2026-11-24, link_expires: 2026-11-25}\n"),
            ["issuance.expires"]
        );
        // one early day does not make the later ones early
        assert_eq!(
            early(
                "requested: 2026-11-23\ndecision: {on: 2026-11-20}\nissuance: {on: 2026-11-23}\n"
            ),
            ["decision.on"]
        );
    }
}
