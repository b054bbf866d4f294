//! A clause: one rule of an institution, and what becomes of it.

use std::sync::OnceLock;

use crate::finding::{Place, Severity};
use crate::policy::expression::{Expression, ExpressionFault, Scope};
use crate::policy::yaml::{Path, Span};

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
    /// What a request must satisfy; the first that fails makes the finding, which names the
    /// places of the others.
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

/// A CEL expression and where it stands in its pack's file. It is compiled when it is first needed;
/// packs from files are compiled whole when they are read.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// The expression's text.
    pub(crate) text: String,
    /// Where it stands in the pack's file.
    pub(crate) span: Span,
    /// The list whose entries `entry` stands for.
    pub(crate) each: Option<Path>,
    /// What it is about.
    pub(crate) scope: Scope,
    compiled: OnceLock<Result<Expression, Vec<ExpressionFault>>>,
}

impl Source {
    /// An expression that is not compiled yet.
    pub(crate) fn new(text: String, span: Span, each: Option<Path>, scope: Scope) -> Self {
        Self { text, span, each, scope, compiled: OnceLock::new() }
    }

    /// The expression, ready to be evaluated.
    pub(crate) fn compiled(&self) -> Result<&Expression, &[ExpressionFault]> {
        self.compiled
            .get_or_init(|| Expression::compile(&self.text, self.each.as_ref(), self.scope))
            .as_ref()
            .map_err(Vec::as_slice)
    }
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

impl Clause {
    /// Whether all that it does is judge issued tokens.
    pub fn audits_only(&self) -> bool {
        self.audit.is_some()
            && self.validations.is_empty()
            && self.notices.is_empty()
            && self.timeline.is_empty()
            && self.scan.is_none()
    }

    /// All its expressions.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Source> {
        let audited =
            self.audit.iter().flat_map(|audit| audit.tokens.iter().chain(&audit.requests));
        let validations = self.validations.iter().chain(audited).flat_map(|validation| {
            [validation.when.as_ref(), Some(&validation.expression), validation.words.source()]
        });
        let notices = self
            .notices
            .iter()
            .flat_map(|notice| [notice.when.as_ref(), notice.words.source(), None]);
        let timeline =
            self.timeline.iter().flat_map(|entry| [entry.when.as_ref(), Some(&entry.date), None]);
        validations.chain(notices).chain(timeline).flatten()
    }
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

impl Words {
    fn source(&self) -> Option<&Source> {
        match self {
            Self::Plain(_) => None,
            Self::Worked(source) => Some(source),
        }
    }
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
    pub fn applies(&self, places: &[Place], in_repository: bool) -> bool {
        let is_one = places.iter().any(|place| self.places.contains(place));
        self.anywhere || is_one || (self.repository && in_repository)
    }
}

/// What a clause asks of the list of issued tokens.
#[derive(Debug, Clone)]
pub struct Audit {
    /// What is looked at.
    pub checks: String,
    /// What each token has to satisfy; the first that fails makes the finding. `at` is a field of
    /// the token.
    pub tokens: Vec<Validation>,
    /// What each request without a token in the list has to satisfy. `at` is a field of the
    /// request.
    pub requests: Vec<Validation>,
}
