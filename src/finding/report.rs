//! A whole run's outcome: what every output format is made from, and the shape of the JSON one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Coverage, Finding, Severity, TokenSummary};

/// Version of the JSON report's shape. Keys are added, never renamed.
pub const SCHEMA_VERSION: u32 = 1;

/// The program that made a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Always `hallpass`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Default for Tool {
    fn default() -> Self {
        Self { name: "hallpass".into(), version: env!("CARGO_PKG_VERSION").into() }
    }
}

/// What silenced a finding.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SuppressionKind {
    /// A comment beside it.
    Inline,
    /// An entry of the baseline.
    Baseline,
    /// An entry of the configuration.
    Config,
}

/// Who silenced a finding, why and until when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuppressedBy {
    /// By which means.
    pub kind: SuppressionKind,
    /// The reason that was written down.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last day on which it holds, ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// A finding that was silenced: kept and counted, never dropped.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Suppressed {
    /// The finding as it would have been reported.
    #[serde(flatten)]
    pub finding: Finding,
    /// What silenced it.
    pub suppressed_by: SuppressedBy,
}

/// Something the reader should know that is not a finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// The clause that it comes from.
    pub clause: String,
    /// What to know.
    pub message: String,
    /// The manifest that it is about, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// A date that follows from a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEntry {
    /// The day, ISO 8601.
    pub date: String,
    /// The clause that it comes from.
    pub clause: String,
    /// What happens.
    pub what: String,
    /// The manifest that it is about, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// The outcome of a run of either job.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "hallpass report")]
pub struct Report {
    /// See [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The program that made it.
    pub tool: Tool,
    /// What stands, sorted.
    pub findings: Vec<Finding>,
    /// What was silenced, sorted.
    pub suppressed: Vec<Suppressed>,
    /// What to know.
    pub notices: Vec<Notice>,
    /// What happens when.
    pub timeline: Vec<TimelineEntry>,
    /// What was looked at.
    pub coverage: Coverage,
    /// A picture of all issued tokens, for audits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokenSummary>,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tool: Tool::default(),
            findings: Vec::new(),
            suppressed: Vec::new(),
            notices: Vec::new(),
            timeline: Vec::new(),
            coverage: Coverage::default(),
            tokens: None,
        }
    }
}

impl Report {
    /// How many findings have exactly this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Puts everything into the order in which it is shown.
    pub fn sort(&mut self) {
        self.findings.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        self.suppressed.sort_by(|a, b| a.finding.sort_key().cmp(&b.finding.sort_key()));
        self.timeline.sort();
        self.coverage.sort();
    }
}
