//! What is known of a rule apart from any one finding: the material of `rules`, `explain`, SARIF
//! rule metadata and the documentation.

use schemars::JsonSchema;
use serde::Serialize;

use super::Severity;

/// Which job a rule belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Job {
    /// The leak scan.
    Scan,
    /// The check of token requests.
    Check,
    /// The audit of issued tokens.
    Audit,
    /// All of them: what the tool says of its own comments, baselines and configuration.
    Any,
}

/// A rule that findings can name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rule {
    /// What findings, allowances and thresholds call it.
    pub id: String,
    /// The job that it belongs to.
    pub job: Job,
    /// The severity that its findings have unless the configuration says otherwise.
    pub severity: Severity,
    /// One sentence.
    pub summary: String,
    /// What it means and why it matters; paragraphs separated by blank lines.
    pub explanation: String,
    /// What to do, in order.
    pub help: Vec<String>,
    /// Where it comes from: a document's title, or what is known of a format.
    pub source: String,
}
