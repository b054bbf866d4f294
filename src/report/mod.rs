//! Findings to output: one renderer for each format over the one model of [`crate::finding`].
//!
//! To add a format: a file beside this one with a `render` function, a variant of [`Format`], and
//! its line in [`render`]. Every renderer is handed a report that `clean` has gone through, so
//! none of them can print a token, a terminal escape or another program's command.

mod clean;
mod concise;
mod csv;
mod github;
mod gitlab;
mod html;
mod human;
mod json;
mod junit;
mod markdown;
mod output;
mod sarif;
mod snippet;
mod summary;
mod text;

use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::finding::{Job, Report, Rule, Severity};
use clean::Care;

pub use clean::inert;
pub use output::{OutputError, write_atomically};
pub use summary::{account, verdict};

/// The ways in which a report can be written.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    clap::ValueEnum,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people: the source underlined, what to do, and a summary
    Human,
    /// One line for each finding
    Concise,
    /// One document with everything, stable for scripts
    Json,
    /// Workflow commands, which GitHub shows as annotations
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// GitLab Code Quality
    Gitlab,
    /// JUnit XML, for test reports
    Junit,
    /// A summary for a job page or a comment
    Markdown,
    /// A table for spreadsheets
    Csv,
    /// One self-contained page for a browser or a printer, with pictures
    Html,
}

/// The name of a format that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no output format `{name}`; choose one of {}", Format::names())]
pub struct UnknownFormat {
    /// What was asked for, safe to print.
    pub name: String,
}

impl Format {
    /// Every format, in the order of the help text.
    pub fn all() -> &'static [Self] {
        <Self as clap::ValueEnum>::value_variants()
    }

    /// The name on the command line and in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Github => "github",
            Self::Sarif => "sarif",
            Self::Gitlab => "gitlab",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Csv => "csv",
            Self::Html => "html",
        }
    }

    /// Whether the format itself tells people what was looked at. With the others the caller
    /// prints [`account`] on standard error.
    pub fn tells_coverage(self) -> bool {
        matches!(self, Self::Human | Self::Markdown)
    }

    fn names() -> String {
        let names: Vec<&str> = Self::all().iter().map(|format| format.as_str()).collect();
        names.join(", ")
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::all()
            .iter()
            .copied()
            .find(|format| format.as_str() == name)
            .ok_or_else(|| UnknownFormat { name: inert(name).into_owned() })
    }
}

/// What a renderer has to know beside the report.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The job that the report is of.
    pub job: Job,
    /// What is known of the rules that findings can name.
    pub rules: &'a [Rule],
    /// Whether the human format may use colour.
    pub color: bool,
    /// How wide the human format may be, in columns.
    pub width: usize,
    /// The severity from which on a finding fails the run.
    pub fail_on: Severity,
    /// The exit code that the run will end with.
    pub exit_code: u8,
    /// Whether the human format also lists what was silenced and what was passed over.
    pub verbose: bool,
    /// Whether the human format shows findings and errors only.
    pub quiet: bool,
    /// The day as of which the run judged, where it is known; the page draws it.
    pub today: Option<jiff::civil::Date>,
}

/// Writes `report` to `out` in `format`. The output depends on nothing but the arguments.
///
/// # Errors
/// Only those of `out`.
pub fn render(
    format: Format,
    report: &Report,
    context: &Context<'_>,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let (care, renderer): (Care, Renderer) = match format {
        Format::Human => (Care::Text, human::render),
        Format::Concise => (Care::Text, concise::render),
        Format::Json => (Care::Exact, json::render),
        Format::Github => (Care::Text, github::render),
        Format::Sarif => (Care::ExactPaths, sarif::render),
        Format::Gitlab => (Care::ExactPaths, gitlab::render),
        Format::Junit => (Care::Text, junit::render),
        Format::Markdown => (Care::Text, markdown::render),
        Format::Csv => (Care::Text, csv::render),
        Format::Html => (Care::Text, html::render),
    };
    let report = clean::report(report, care);
    let rules = clean::rules(context.rules, care);
    let context = Context { rules: &rules, ..context.clone() };
    renderer(&report, &context, out)
}

type Renderer = fn(&Report, &Context<'_>, &mut dyn io::Write) -> io::Result<()>;
