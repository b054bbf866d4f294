//! The check: manifests and packs to findings, notices and dates.

pub(crate) mod build;
pub(crate) mod clauses;
mod document;
mod duplicates;
pub(crate) mod file;
pub(crate) mod folder;
mod rules;

pub use file::check_bytes;
pub use folder::{Input, Paths, check};
pub use rules::rules;

use std::sync::Arc;

use jiff::civil::Date;

use super::pack::{Catalog, Pack};
use super::{Holidays, PolicyError};
use crate::finding::{
    Confidence, Coverage, Excerpt, Finding, Fingerprint, Notice, TimelineEntry, TokenHint,
};

/// Something is wrong with the text itself.
pub const SYNTAX: &str = "manifest/syntax";
/// A key, a value or the order of days is not what the format allows.
pub const SCHEMA: &str = "manifest/schema";
/// Two open requests of one requester for one purpose.
pub const DUPLICATE: &str = "manifest/duplicate";
/// A token stands in the request.
pub const TOKEN: &str = "canvas/no-token-in-request";

/// A token that stands in a manifest, as the leak detector tells it. It holds no secret.
#[derive(Debug, Clone)]
pub struct RequestLeak {
    /// Line and column of its first character, counted from 1.
    pub start: (u64, u64),
    /// Line and column one past its last character.
    pub end: (u64, u64),
    /// What may be shown of it.
    pub token: TokenHint,
    /// How sure the detector is.
    pub confidence: Confidence,
    /// The secret's own identity.
    pub fingerprint: Fingerprint,
    /// The redacted line around it.
    pub excerpt: Option<Excerpt>,
    /// How to end it.
    pub revoke: String,
}

/// Finds the tokens in a manifest: given the path that findings show and the file's bytes.
pub type LeakFinder<'a> = dyn Fn(&str, &[u8]) -> Vec<RequestLeak> + Sync + 'a;

/// What a check goes by.
#[derive(Debug)]
pub struct Options<'a> {
    /// The packs at hand.
    pub catalog: &'a Catalog,
    /// The pack for every manifest, whatever it says itself: `--policy`.
    pub forced: Option<Arc<Pack>>,
    /// The pack for manifests that name none: the configuration's. Without it, Canvas' own.
    pub default: Option<Arc<Pack>>,
    /// The day on which the check is made.
    pub today: Date,
    /// Days on which nobody works, besides those of the packs.
    pub holidays: Holidays,
}

/// A finding with whom its manifest is about, which exceptions go by.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The finding.
    pub finding: Finding,
    /// The requester's address, as the manifest has it.
    pub requester: Option<String>,
}

/// What a check found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The findings, in the order of files and places.
    pub findings: Vec<Checked>,
    /// What the reader should know.
    pub notices: Vec<Notice>,
    /// The dates that follow.
    pub timeline: Vec<TimelineEntry>,
    /// What was looked at.
    pub coverage: Coverage,
    open: Vec<duplicates::Open>,
}

impl Outcome {
    fn merge(&mut self, other: Self) {
        self.findings.extend(other.findings);
        self.notices.extend(other.notices);
        self.timeline.extend(other.timeline);
        self.coverage.merge(other.coverage);
        self.open.extend(other.open);
    }
}

/// The pack for a manifest that names `policy`.
fn pack_for(options: &Options<'_>, policy: Option<&str>) -> Result<Arc<Pack>, PolicyError> {
    if let Some(pack) = &options.forced {
        return Ok(Arc::clone(pack));
    }
    match (policy, &options.default) {
        (Some(id), _) => options.catalog.by_id(id),
        (None, Some(pack)) => Ok(Arc::clone(pack)),
        (None, None) => options.catalog.by_id("canvas"),
    }
}
