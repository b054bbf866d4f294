//! GitLab's Code Quality report.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::finding::{Finding, Fingerprint, Report, Severity};

use super::{Context, json, text};

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: Fingerprint,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<u64>,
}

pub(super) fn render(
    report: &Report,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut issues = Issues::default();
    for finding in &report.findings {
        issues.add_finding(finding);
    }
    // the format knows issues and nothing else, so this is how it can say them
    for notice in &report.notices {
        issues.add_remark("info", &notice.clause, notice.path.as_deref(), &notice.message);
    }
    for entry in &report.timeline {
        let message = format!("{}: {}", entry.date, entry.what);
        issues.add_remark("info", &entry.clause, entry.path.as_deref(), &message);
    }
    for (path, message) in text::problems(report, context) {
        let message = format!("Not looked at: {message}");
        issues.add_remark("critical", "not-looked-at", Some(path), &message);
    }
    json::write(&issues.list, out)
}

#[derive(Default)]
struct Issues {
    list: Vec<Issue>,
    seen: BTreeMap<(String, String), u64>,
}

impl Issues {
    fn add_finding(&mut self, finding: &Finding) {
        let location = &finding.location;
        let mut description = finding.message.clone();
        if let Some(first) = finding.help.first() {
            if !description.ends_with(['.', '!', '?']) {
                description.push('.');
            }
            description.push_str(&format!(" First: {first}"));
        }
        let severity = match finding.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Note => "info",
        };
        let fingerprint = self.occurrence(finding.fingerprint.as_str(), &location.path);
        self.list.push(Issue {
            description,
            check_name: finding.rule.clone(),
            fingerprint,
            severity,
            location: Location {
                path: location.path.clone(),
                lines: Lines {
                    begin: location.line.unwrap_or(1),
                    end: location.end_line.filter(|_| location.line.is_some()),
                },
            },
        });
    }

    fn add_remark(
        &mut self,
        severity: &'static str,
        check: &str,
        path: Option<&str>,
        message: &str,
    ) {
        let path = path.filter(|path| !path.is_empty()).unwrap_or(".");
        let fingerprint = self.occurrence(&format!("{check}\0{message}"), path);
        self.list.push(Issue {
            description: message.to_owned(),
            check_name: check.to_owned(),
            fingerprint,
            severity,
            location: Location { path: path.to_owned(), lines: Lines { begin: 1, end: None } },
        });
    }

    /// GitLab wants a fingerprint for each occurrence, and ours is one for each secret: path and
    /// ordinal tell them apart, and unlike a line number they outlast edits above.
    fn occurrence(&mut self, identity: &str, path: &str) -> Fingerprint {
        let ordinal = self.seen.entry((identity.to_owned(), path.to_owned())).or_default();
        *ordinal += 1;
        Fingerprint::new("gitlab", format!("{identity}\0{path}\0{ordinal}").as_bytes())
    }
}
