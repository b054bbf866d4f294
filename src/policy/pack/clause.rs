//! A clause: one rule of an institution, and what becomes of it.

use crate::finding::{Place, Severity};
use crate::policy::yaml::Path;

/// One rule of an institution.
#[derive(Debug, Clone)]
pub struct Clause {
    /// What findings call it: `hws/student-sponsor`.
    pub id: String,
    /// The pack that says it.
    pub pack: String,
    /// How bad it is to break it.
    pub severity: Severity,
    /// The rule in one sentence.
    pub summary: String,
    /// What it means and why it matters.
    pub explanation: Option<String>,
    /// The document that it comes from, by publisher and title.
    pub source: String,
    /// Why it replaces the extended pack's clause of the same id, or weighs differently.
    pub reason: Option<String>,
    /// A field whose word is judged even though the manifest format does not list it.
    pub(crate) judge_unlisted: Option<Path>,
    /// What a request must satisfy; the first that fails makes the finding.
    pub validations: Vec<Validation>,
    /// What the reader should know.
    pub notices: Vec<Notice>,
    /// Dates that follow.
    pub timeline: Vec<Timeline>,
    /// The leaks that break it.
    pub scan: Option<Scan>,
    /// What it asks of the list of issued tokens.
    pub audit: Option<Audit>,
}

/// A CEL expression and where it stands in its pack's file.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The expression's text.
    pub(crate) text: String,
    /// Where it stands in the pack's file.
    pub(crate) span: crate::policy::yaml::Span,
}

/// A condition on a request.
#[derive(Debug, Clone)]
pub struct Validation {
    pub(crate) when: Option<Source>,
    pub(crate) each: Option<Path>,
    pub(crate) expression: Source,
    pub(crate) words: Words,
    pub(crate) at: Path,
    /// How to put it right.
    pub help: Option<String>,
}

impl Validation {
    /// The condition, in CEL.
    pub fn expression(&self) -> &str {
        &self.expression.text
    }

    /// The field that a finding underlines.
    pub fn at(&self) -> String {
        self.at.to_string()
    }
}

/// Something to say: as it stands, or worked out from the request.
#[derive(Debug, Clone)]
pub(crate) enum Words {
    Plain(String),
    Worked(Source),
}

/// Something that the reader should know.
#[derive(Debug, Clone)]
pub struct Notice {
    pub(crate) when: Option<Source>,
    pub(crate) words: Words,
}

/// A date that follows from a request.
#[derive(Debug, Clone)]
pub struct Timeline {
    pub(crate) when: Option<Source>,
    pub(crate) date: Source,
    /// What happens on it.
    pub what: String,
}

/// The leaks that break a clause.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    /// Whether a leak breaks it wherever it stands.
    pub anywhere: bool,
    /// The kinds of place in which a leak breaks it.
    pub places: Vec<Place>,
    /// Whether every leak inside a repository breaks it.
    pub repository: bool,
    /// Whether a leak inside a request breaks it: judged by the check, not by the scan.
    pub requests: bool,
}

impl Scan {
    /// Whether a leak in such a place breaks the clause.
    pub fn applies(&self, place: Place, in_repository: bool) -> bool {
        self.anywhere || self.places.contains(&place) || (self.repository && in_repository)
    }
}

/// What a clause asks of the list of issued tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// What is looked at.
    pub checks: String,
}
