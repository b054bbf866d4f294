//! SARIF 2.1.0, the format of code scanning.

mod model;
mod rules;
mod uri;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::finding::{Finding, Report, Severity, SuppressedBy, SuppressionKind};

use super::{Context, json as json_format, text};
use model::{
    ArtifactLocation, AutomationDetails, Driver, Invocation, Location, Log, Notification,
    PhysicalLocation, Properties, Region, Run, SarifResult, Suppression, Text, Tool,
};
use rules::Rules;

/// Under which name our fingerprint stands; the number goes up if it is ever made differently.
const FINGERPRINT: &str = "hallpassFingerprint/v1";

pub(super) fn render(
    report: &Report,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut rules = Rules::of(context);
    let any_suppressed = !report.suppressed.is_empty();
    let mut results = Vec::with_capacity(report.findings.len() + report.suppressed.len());
    for finding in &report.findings {
        results.push(result(finding, any_suppressed.then(Vec::new), &mut rules));
    }
    for suppressed in &report.suppressed {
        let suppressions = vec![suppression(&suppressed.suppressed_by)];
        results.push(result(&suppressed.finding, Some(suppressions), &mut rules));
    }
    let problems = text::problems(report, context);
    let log = Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: report.tool.name.clone(),
                    version: report.tool.version.clone(),
                    semantic_version: report.tool.version.clone(),
                    rules: rules.into_descriptors(),
                },
            },
            // keeps the two jobs apart where the results of one repository are collected
            automation_details: AutomationDetails {
                id: format!("hallpass/{}/", text::job(context)),
            },
            invocations: [Invocation {
                execution_successful: problems.is_empty(),
                exit_code: context.exit_code,
                tool_execution_notifications: notifications(report, &problems),
            }],
            column_kind: "unicodeCodePoints",
            results,
            properties: run_properties(report),
        }],
    };
    json_format::write(&log, out)
}

/// The standard's word for a severity; it has the same three.
fn level(severity: Severity) -> &'static str {
    severity.as_str()
}

fn result(
    finding: &Finding,
    suppressions: Option<Vec<Suppression>>,
    rules: &mut Rules,
) -> SarifResult {
    SarifResult {
        rule_id: finding.rule.clone(),
        rule_index: rules.index(finding),
        level: level(finding.severity),
        message: message(&finding.message),
        locations: [Location {
            physical_location: PhysicalLocation {
                artifact_location: artifact(&finding.location.path),
                region: region(finding),
            },
        }],
        partial_fingerprints: BTreeMap::from([(FINGERPRINT, finding.fingerprint.to_string())]),
        suppressions,
        properties: result_properties(finding),
    }
}

/// A message's text. Viewers make links of `[text](target)` even in plain messages, so what
/// came from input must not look like one.
fn message(text: &str) -> Text {
    if text.contains("](") {
        Text::plain(text.replace('[', "\\[").replace(']', "\\]"))
    } else {
        Text::plain(text)
    }
}

fn artifact(path: &str) -> ArtifactLocation {
    ArtifactLocation {
        uri: uri::from_path(path),
        description: (path == "-").then(|| Text::plain(text::path_name(path))),
    }
}

fn region(finding: &Finding) -> Option<Region> {
    let location = &finding.location;
    location.line.map(|line| Region {
        start_line: line,
        start_column: location.column,
        end_line: location.end_line,
        end_column: location.end_column,
    })
}

fn result_properties(finding: &Finding) -> Properties {
    let mut properties = Properties::from([("confidence", json!(finding.confidence))]);
    if let Some(place) = finding.place {
        properties.insert("place", json!(place));
    }
    if let Some(token) = &finding.token {
        properties.insert("token", json!(token));
    }
    if !finding.guidance.is_empty() {
        properties.insert("guidance", json!(finding.guidance));
    }
    if !finding.help.is_empty() {
        properties.insert("help", json!(finding.help));
    }
    if let Some(commit) = &finding.location.commit {
        properties.insert("commit", json!(commit));
    }
    if !finding.also.is_empty() {
        properties.insert("also", json!(finding.also));
    }
    properties
}

fn suppression(by: &SuppressedBy) -> Suppression {
    let (kind, means) = match by.kind {
        SuppressionKind::Inline => ("inSource", "inline"),
        SuppressionKind::Baseline => ("external", "baseline"),
        SuppressionKind::Config => ("external", "config"),
    };
    let mut properties = Properties::from([("kind", json!(means))]);
    if let Some(expires) = &by.expires {
        properties.insert("expires", json!(expires));
    }
    Suppression { kind, justification: by.reason.clone(), properties }
}

fn notifications(report: &Report, problems: &[(&str, &str)]) -> Vec<Notification> {
    let mut notifications = Vec::new();
    for (path, text) in problems {
        let about = Properties::from([("kind", json!("not-looked-at"))]);
        notifications.push(notification("error", text, Some(path), about));
    }
    for notice in &report.notices {
        let about = Properties::from([("kind", json!("notice")), ("clause", json!(notice.clause))]);
        let path = notice.path.as_deref();
        notifications.push(notification("note", &notice.message, path, about));
    }
    for entry in &report.timeline {
        let text = format!("{}: {}", entry.date, entry.what);
        let about = Properties::from([
            ("kind", json!("timeline")),
            ("clause", json!(entry.clause)),
            ("date", json!(entry.date)),
        ]);
        notifications.push(notification("note", &text, entry.path.as_deref(), about));
    }
    notifications
}

fn notification(
    level: &'static str,
    text: &str,
    path: Option<&str>,
    properties: Properties,
) -> Notification {
    let locations = path
        .filter(|path| !path.is_empty())
        .map(|path| Location {
            physical_location: PhysicalLocation { artifact_location: artifact(path), region: None },
        })
        .into_iter()
        .collect();
    Notification { level, message: message(text), locations, properties }
}

fn run_properties(report: &Report) -> Properties {
    let coverage = &report.coverage;
    let looked_at: Value = json!({
        "files": coverage.files,
        "bytes": coverage.bytes,
        "blobs": coverage.blobs,
        "commits": coverage.commits,
        "skipped": coverage.skipped.len(),
        "errors": coverage.errors.len(),
    });
    Properties::from([
        ("coverage", looked_at),
        ("notices", json!(report.notices)),
        ("timeline", json!(report.timeline)),
    ])
}
