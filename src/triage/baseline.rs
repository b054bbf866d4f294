//! Baselines: the fingerprints of findings that were there before, one line each, so that two
//! branches' baselines merge without conflicts. No secret and no line number stands in one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::civil::Date;
use serde::Deserialize;
use thiserror::Error;

use crate::finding::{Finding, Fingerprint};

const VERSION: u32 = 1;

/// The accepted findings of a project.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    #[serde(default)]
    findings: BTreeMap<Fingerprint, Entry>,
}

/// An accepted finding.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its rule, for people.
    pub rule: String,
    /// Where it stood when the baseline was written, for people.
    pub path: String,
    /// Why it is accepted.
    #[serde(default)]
    pub reason: Option<String>,
    /// The last day on which it is.
    #[serde(default, deserialize_with = "crate::config::day")]
    pub expires: Option<Date>,
}

/// A baseline that can't be used.
#[derive(Debug, Error)]
#[error("line {line}: {message}")]
pub struct BaselineError {
    /// The line, 1-based.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    ///
    /// If the text is no baseline, or one of a later version.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let baseline: Self = toml::from_str(text).map_err(|error| BaselineError {
            line: error
                .span()
                .map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1),
            message: error.message().to_owned(),
        })?;
        if baseline.version != VERSION {
            return Err(BaselineError {
                line: 1,
                message: format!(
                    "version {} is not known; this is hallpass {}",
                    baseline.version,
                    env!("CARGO_PKG_VERSION")
                ),
            });
        }
        Ok(baseline)
    }

    /// The entry for a finding.
    pub fn get(&self, fingerprint: &Fingerprint) -> Option<&Entry> {
        self.findings.get(fingerprint)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// A baseline that accepts `findings`, keeping the reasons of this one and the
    /// days that are not over.
    #[must_use]
    pub fn renewed<'f>(&self, findings: impl Iterator<Item = &'f Finding>, today: Date) -> Self {
        let mut renewed = Self { version: VERSION, findings: BTreeMap::new() };
        for finding in findings {
            let known = self.findings.get(&finding.fingerprint);
            let entry = Entry {
                rule: finding.rule.clone(),
                path: finding.location.path.clone(),
                reason: known.and_then(|entry| entry.reason.clone()),
                expires: known.and_then(|entry| entry.expires).filter(|day| *day >= today),
            };
            // the same leak in several places: the first path, whatever order they came in
            let slot = renewed
                .findings
                .entry(finding.fingerprint.clone())
                .or_insert_with(|| entry.clone());
            if entry.path < slot.path {
                slot.path = entry.path;
            }
        }
        renewed
    }

    /// The baseline as a file.
    pub fn to_text(&self) -> String {
        let mut text = String::from(
            "# Accepted findings of hallpass, one a line, sorted. Give each a reason and, where it\n\
             # should not last, an expiry: reason = \"…\", expires = 2027-01-31\n",
        );
        let _ = writeln!(text, "version = {VERSION}\n\n[findings]");
        for (fingerprint, entry) in &self.findings {
            let _ = write!(
                text,
                "{fingerprint} = {{ rule = {}, path = {}",
                quoted(&entry.rule),
                quoted(&entry.path)
            );
            if let Some(reason) = &entry.reason {
                let _ = write!(text, ", reason = {}", quoted(reason));
            }
            if let Some(expires) = entry.expires {
                let _ = write!(text, ", expires = {expires}");
            }
            text.push_str(" }\n");
        }
        text
    }
}

/// A TOML string on one line.
fn quoted(text: &str) -> String {
    let text = crate::finding::scrub(text);
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in crate::finding::printable(&text).chars() {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        let text = "version = 1\n[findings]\n\
            00ff = { rule = \"r\", path = \"a \\\"b\\\"\\\\c\", reason = \"old\", expires = 2027-01-31 }\n";
        let baseline = Baseline::parse(text).unwrap();
        let again = Baseline::parse(&baseline.to_text()).unwrap();
        assert_eq!(again.to_text(), baseline.to_text());
        let entry = again.findings.values().next().unwrap();
        assert_eq!(entry.path, "a \"b\"\\c");
        assert_eq!(entry.expires, Some(jiff::civil::date(2027, 1, 31)));
    }

    #[test]
    fn errors_name_the_line() {
        let error =
            Baseline::parse("version = 1\n[findings]\nabc = { rle = \"x\" }\n").unwrap_err();
        assert_eq!(error.line, 3);
        assert!(Baseline::parse("version = 9").is_err());
    }
}
