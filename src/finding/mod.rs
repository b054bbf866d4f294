//! The shared result of both jobs: what was found, where, how bad it is, and what to do now.
//!
//! This module imports nothing of the rest of the crate. Everything here is safe to print:
//! a secret is reduced to a [`TokenHint`] and a [`Fingerprint`] before a [`Finding`] is made.

mod coverage;
mod excerpt;
mod fingerprint;
mod issued;
mod redact;
mod report;
mod rule;
mod verified;

pub use coverage::{Coverage, Problem, Skipped};
pub use excerpt::Excerpt;
pub use fingerprint::Fingerprint;
pub use issued::{IssuedToken, TokenBucket, TokenCount, TokenSummary};
pub use redact::{HINT_LENGTH, is_hostile, mask, printable, scrub};
pub use report::{
    Notice, Report, SCHEMA_VERSION, Suppressed, SuppressedBy, SuppressionKind, TimelineEntry, Tool,
};

pub use rule::{Job, Rule};
pub use verified::{TokenState, Verified};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad a finding is. Ordered: `Note < Warning < Error`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know; never fails a run by default.
    Note,
    /// Would be sent back with a question; fails a run by default.
    Warning,
    /// Would be refused, or is a live danger.
    Error,
}

impl Severity {
    /// The lower-case word used in every output format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// How sure the tool is that a finding is what its rule says.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A guess worth a look.
    Low,
    /// The shape fits, nothing beside it confirms it.
    Medium,
    /// Shape and surroundings agree, or the shape alone leaves no doubt.
    High,
}

/// The kind of place that a leak stands in, told from its path. It decides which guidance the
/// leak breaks and what the message says.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Source code, scripts, queries, templates.
    Code,
    /// Settings, environment files, manifests, infrastructure definitions.
    Configuration,
    /// Jupyter, R Markdown, Quarto and their like.
    Notebook,
    /// Word processor files, PDF, slides, web pages.
    Document,
    /// Spreadsheets and tables.
    Spreadsheet,
    /// A picture of a screen.
    Screenshot,
    /// Plain-text and Markdown notes.
    Notes,
    /// Mail messages and mailboxes.
    Mail,
    /// Exports of chats.
    Chat,
    /// Log files, recorded requests, terminal captures.
    Log,
    /// What a shell or an interpreter remembers of typed commands.
    ShellHistory,
    /// Databases, serialised objects, programs, anything else that is not text.
    Binary,
    /// Anything else.
    Other,
}

impl Place {
    /// How a sentence names the place: "a Canvas access token in …".
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Code => "source code",
            Self::Configuration => "a configuration file",
            Self::Notebook => "a notebook",
            Self::Document => "a document",
            Self::Spreadsheet => "a spreadsheet",
            Self::Screenshot => "a screenshot",
            Self::Notes => "notes",
            Self::Mail => "mail",
            Self::Chat => "a chat export",
            Self::Log => "a log",
            Self::ShellHistory => "shell history",
            Self::Binary => "a binary file",
            Self::Other => "a file",
        }
    }
}

/// Where a finding stands. Lines and columns are 1-based; columns count Unicode scalar values,
/// and the end is exclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// Relative to the working directory, with `/`; `outer.zip!inner` for a container's member;
    /// `-` for standard input.
    pub path: String,
    /// First line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// First column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// Last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_line: Option<u64>,
    /// One past the last column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_column: Option<u64>,
    /// The commit that introduced it, for history and range scans only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<Commit>,
}

/// The commit that introduced a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Commit {
    /// Full object id in hexadecimal.
    pub id: String,
    /// Author name and address as recorded.
    pub author: String,
    /// Author date, RFC 3339.
    pub date: String,
    /// Whether the current commit still holds it.
    pub in_head: bool,
}

/// All that is ever shown of a token: what Canvas itself shows to administrators, and what its
/// API accepts to delete the token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenHint {
    /// The decimal shard id before the `~`, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
    /// The first five characters after the shard.
    pub hint: String,
}

/// A clause of an institution's guidance that a finding breaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Guidance {
    /// The policy pack's id.
    pub policy: String,
    /// The clause's id.
    pub clause: String,
}

/// One thing found, by either job.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// A detector's id, a clause's id, or one of the built-in rules.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// How sure the tool is.
    pub confidence: Confidence,
    /// One sentence: what was found and where it stands.
    pub message: String,
    /// Where it stands.
    pub location: Location,
    /// Other paths, as in [`Location::path`], under which the same leak stood in later commits;
    /// for history scans only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// The kind of place, for leaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Shard and hint, for leaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenHint>,
    /// Rows of the report of issued tokens: the one that a finding of an audit is about, or those
    /// that a leaked token's hint fits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issued: Vec<IssuedToken>,
    /// What Canvas answered about the token, if it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verified>,
    /// The clauses that it breaks.
    pub guidance: Vec<Guidance>,
    /// Stable identity, for baselines.
    pub fingerprint: Fingerprint,
    /// What to do now, in order.
    pub help: Vec<String>,
    /// The redacted line around it, for formats that show source.
    #[serde(skip)]
    #[schemars(skip)]
    pub excerpt: Option<Excerpt>,
}

impl Finding {
    /// The order in which every format lists findings: by path, then place, then rule.
    pub fn sort_key(&self) -> impl Ord + '_ {
        (
            self.location.path.as_str(),
            self.location.line,
            self.location.column,
            self.rule.as_str(),
            &self.fingerprint,
        )
    }
}
