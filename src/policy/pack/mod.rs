//! Policy packs: an institution's rules as data.

mod catalog;
mod clause;
mod guidance;
mod read;
mod rehearse;
mod shape;

pub use catalog::Catalog;
pub use clause::{Audit, Clause, Notice, Scan, Timeline, Validation};
pub(crate) use clause::{Source, Words};
pub(crate) use read::{RawPack, place};
pub(crate) use shape::PACK;

use std::sync::Arc;

use crate::finding::{Job, Rule};

/// Somebody to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The person's or the office's name.
    pub name: String,
    /// The mail address.
    pub email: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// The web page.
    pub url: Option<String>,
}

impl std::fmt::Display for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        let ways: Vec<&str> = [&self.email, &self.phone, &self.url]
            .into_iter()
            .filter_map(Option::as_deref)
            .collect();
        match ways.is_empty() {
            true => Ok(()),
            false => write!(f, " ({})", ways.join(", ")),
        }
    }
}

/// A document that clauses come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What clauses call it.
    pub key: String,
    /// Its title.
    pub title: String,
    /// Who published it.
    pub publisher: String,
    /// Its number.
    pub article: Option<String>,
    /// Its address.
    pub url: Option<String>,
    /// The day of its last change, ISO 8601.
    pub modified: Option<String>,
    /// The day on which it was read for the pack, ISO 8601.
    pub read: String,
}

impl std::fmt::Display for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, “{}”", self.publisher, self.title)?;
        if let Some(article) = &self.article {
            write!(f, ", article {article}")?;
        }
        Ok(())
    }
}

/// What to do about a token that leaked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Leak {
    /// Who has to know.
    pub tell: Option<String>,
    /// Where a token may be kept.
    pub keep: Option<String>,
}

/// A clause of the extended pack that does not hold here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchedOff {
    /// Its id.
    pub clause: String,
    /// Why.
    pub reason: String,
}

/// A pack with everything that it inherits.
#[derive(Debug)]
pub struct Pack {
    /// What manifests, `--policy` and the configuration call it.
    pub id: String,
    /// Whose rules they are.
    pub institution: String,
    /// The pack that it extends.
    pub extends: Option<String>,
    /// Who answers questions; the extended pack's where it names nobody.
    pub contacts: Vec<Contact>,
    /// The documents that its own clauses come from.
    pub sources: Vec<Document>,
    /// Days on which nobody works, besides weekends; inherited ones included.
    pub holidays: Arc<super::Holidays>,
    /// What to do about a leak.
    pub leak: Leak,
    /// The clauses that hold: its own in the order of the file, then the inherited ones.
    pub clauses: Vec<Clause>,
    /// The inherited clauses that do not hold.
    pub switched_off: Vec<SwitchedOff>,
}

impl Pack {
    /// The clause of this id.
    pub fn clause(&self, id: &str) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.id == id)
    }

    /// What is known of each clause that holds here.
    pub fn rules(&self) -> Vec<Rule> {
        self.clauses.iter().map(|clause| self.rule(clause)).collect()
    }

    fn rule(&self, clause: &Clause) -> Rule {
        let audited =
            clause.audit.iter().flat_map(|audit| audit.tokens.iter().chain(&audit.requests));
        let mut help: Vec<String> = clause
            .validations
            .iter()
            .chain(audited)
            .filter_map(|validation| validation.help.clone())
            .collect();
        help.dedup();
        if help.is_empty() && clause.scan.is_some() {
            help.push(
                "End the token: in Canvas, open Account, Settings, Approved Integrations, and \
                 delete or regenerate it."
                    .to_owned(),
            );
            help.extend(self.leak.tell.clone());
            help.extend(self.leak.keep.clone());
        }
        Rule {
            id: clause.id.clone(),
            job: match clause.audits_only() {
                true => Job::Audit,
                false => Job::Check,
            },
            severity: clause.severity,
            summary: clause.summary.trim_end_matches('.').to_owned(),
            explanation: clause.explanation.clone().unwrap_or_default(),
            help,
            source: clause.source.clone(),
        }
    }
}
