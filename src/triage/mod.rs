//! The one place where findings are silenced: inline comments, the baseline, the configuration,
//! in this order; and where severities are changed. What is silenced is kept and counted, what
//! silences nothing or is over is told.

pub mod baseline;
pub mod inline;
mod rules;

pub use rules::{OWN_RULES, own_rules};

use crate::sources::paths::Display;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use jiff::civil::Date;
use thiserror::Error;

use crate::config::{Allow, Loaded};
use crate::finding::{
    Confidence, Finding, Fingerprint, Job, Location, Severity, Suppressed, SuppressedBy,
    SuppressionKind,
};
use baseline::Baseline;
use inline::Allowance;

/// What stands between the path and the commit in a document's key: no path holds it.
const KEY_SEPARATOR: char = '\0';

/// The name of one text among all that a run read: its path and, where a path stands for a text in
/// each of several commits, the commit's id.
pub fn document_key(path: &str, commit: Option<&str>) -> String {
    match commit {
        Some(commit) => format!("{path}{KEY_SEPARATOR}{commit}"),
        None => path.to_owned(),
    }
}

/// The outcome of triage.
#[derive(Debug, Default)]
pub struct Triaged {
    /// What stands, with what the tool says of comments and entries that did nothing.
    pub findings: Vec<Finding>,
    /// What was silenced.
    pub suppressed: Vec<Suppressed>,
    /// Entries of the baseline that fit nothing in this run.
    pub unmatched_baseline: usize,
}

impl Triaged {
    /// What a new baseline accepts: what stands, and what the old one silenced; not what comments
    /// and the configuration silence, nor what the tool says of itself.
    pub fn into_baseline(self) -> impl Iterator<Item = Finding> {
        let kept = self
            .suppressed
            .into_iter()
            .filter(|silenced| silenced.suppressed_by.kind == SuppressionKind::Baseline)
            .map(|silenced| silenced.finding);
        self.findings
            .into_iter()
            .chain(kept)
            .filter(|finding| !OWN_RULES.contains(&finding.rule.as_str()))
    }
}

/// An entry of the configuration that can't be used.
#[derive(Debug, Error)]
#[error("the configuration's allow entry for `{path}` can't be used: {message}")]
pub struct AllowError {
    path: String,
    message: String,
}

/// Everything that can silence a finding.
#[derive(Debug)]
pub struct Triage<'a> {
    today: Date,
    severities: &'a BTreeMap<String, Severity>,
    allows: Vec<ConfiguredAllow<'a>>,
    baseline: Option<&'a Baseline>,
    config_path: Option<String>,
    display: Display,
    /// The job whose allowances this run can call unused.
    tells: Option<Job>,
    /// Rules whose allowances may serve another job.
    quiet: HashSet<String>,
    /// Allowances for a requester, as the configuration has them.
    requesters: Vec<&'a Allow>,
}

#[derive(Debug)]
struct ConfiguredAllow<'a> {
    entry: &'a Allow,
    path: Option<Gitignore>,
}

impl<'a> Triage<'a> {
    /// Prepares triage. `display` is how findings show paths, `shown` the
    /// configuration's own path as findings show it.
    ///
    /// # Errors
    ///
    /// If a path pattern of the configuration can't be read.
    pub fn new(
        loaded: &'a Loaded,
        shown: Option<String>,
        display: Display,
        baseline: Option<&'a Baseline>,
        today: Date,
    ) -> Result<Self, AllowError> {
        let mut allows = Vec::new();
        // those for a requester speak of requests, and `check` puts fingerprints in their place
        for entry in loaded.config.allow.iter().filter(|entry| entry.requester.is_none()) {
            let path = match &entry.path {
                None => None,
                Some(pattern) => {
                    let wrong = |error: ignore::Error| AllowError {
                        path: pattern.clone(),
                        message: error.to_string(),
                    };
                    let mut builder = GitignoreBuilder::new(&loaded.root);
                    builder.add_line(None, pattern.trim_start_matches("./")).map_err(wrong)?;
                    Some(builder.build().map_err(wrong)?)
                }
            };
            allows.push(ConfiguredAllow { entry, path });
        }
        Ok(Self {
            today,
            severities: &loaded.config.severity,
            allows,
            baseline,
            config_path: shown,
            display,
            tells: None,
            quiet: HashSet::new(),
            requesters: loaded
                .config
                .allow
                .iter()
                .filter(|entry| entry.requester.is_some())
                .collect(),
        })
    }

    /// Says that a run of `job` looks at `roots`. Allowances for the other job are none of its
    /// business, and only a scan of the whole project can tell which of those for leaks fit
    /// nothing any more: a hook scans a few files.
    #[must_use]
    pub fn over(mut self, job: Job, roots: &[PathBuf], loaded: &Loaded) -> Self {
        let whole = roots.iter().any(|root| loaded.root.starts_with(self.display.absolute(root)));
        self.tells = (whole || job == Job::Check).then_some(job);
        self
    }

    /// Says that allowances for these rules may serve another job, so that one which fits nothing
    /// here is not told.
    #[must_use]
    pub fn quiet_about(mut self, rules: HashSet<String>) -> Self {
        self.quiet = rules;
        self
    }

    /// Whether an allowance for `rule` would have been used in this run if anything fitted it.
    fn would_use(&self, rule: Option<&str>) -> bool {
        // clauses and what is said of manifests have a slash in their names, leaks have none
        let checked = rule.is_some_and(|rule| rule.contains('/'));
        self.tells.is_some_and(|job| checked == (job == Job::Check))
            && !rule.is_some_and(|rule| self.quiet.contains(rule))
    }

    /// Whether anything at all may be silenced but by comments.
    pub fn can_silence(&self) -> bool {
        self.baseline.is_some() || !self.allows.is_empty() || !self.requesters.is_empty()
    }

    /// Whether a finding of this rule, identity, path and requester would be silenced by the
    /// baseline or the configuration: for findings that are only counted.
    pub fn silences(
        &self,
        rule: &str,
        fingerprint: &Fingerprint,
        path: &str,
        requester: Option<&str>,
    ) -> bool {
        let baseline = self.baseline.and_then(|baseline| baseline.get(fingerprint));
        let fits = |allow: &ConfiguredAllow<'_>| {
            !is_over(allow.entry.until, self.today) && self.fits(allow, rule, fingerprint, path)
        };
        let is_theirs = |entry: &&Allow| {
            let wanted = entry.requester.as_deref().map(|name| name.trim().to_lowercase());
            !is_over(entry.until, self.today)
                && wanted.as_deref() == requester
                && entry.rule.as_deref().is_none_or(|wanted| wanted == rule)
                && entry.fingerprint.as_deref().is_none_or(|print| print == fingerprint.as_str())
        };
        baseline.is_some_and(|entry| !is_over(entry.expires, self.today))
            || self.allows.iter().any(fits)
            || requester.is_some() && self.requesters.iter().any(is_theirs)
    }

    /// Sorts `findings` into what stands and what is silenced. `comments` are the inline
    /// allowances of every text, by its [`document_key`].
    pub fn apply(
        &self,
        findings: Vec<Finding>,
        comments: HashMap<String, Vec<Allowance>>,
    ) -> Triaged {
        let mut triaged = Triaged::default();
        let mut used_comments: HashSet<(&str, u64, u64)> = HashSet::new();
        let mut used_allows = vec![false; self.allows.len()];
        let mut used_baseline = HashSet::new();
        for mut finding in findings {
            if let Some(severity) = self.severities.get(&finding.rule) {
                finding.severity = *severity;
            }
            let silenced = self
                .by_comment(&finding, &comments, &mut used_comments)
                .or_else(|| self.by_baseline(&mut finding, &mut used_baseline))
                .or_else(|| self.by_configuration(&mut finding, &mut used_allows));
            match silenced {
                Some(suppressed_by) => {
                    triaged.suppressed.push(Suppressed { finding, suppressed_by })
                }
                None => triaged.findings.push(finding),
            }
        }
        // a project may accept these, too: a manual shows allowances that silence nothing
        for mut finding in self.about_comments(&comments, &used_comments) {
            match self.by_configuration(&mut finding, &mut used_allows) {
                Some(suppressed_by) => {
                    triaged.suppressed.push(Suppressed { finding, suppressed_by });
                }
                None => triaged.findings.push(finding),
            }
        }
        triaged.findings.extend(self.about_allows(&used_allows));
        triaged.unmatched_baseline =
            self.baseline.map_or(0, |baseline| baseline.len() - used_baseline.len());
        triaged
    }

    fn by_comment<'c>(
        &self,
        finding: &Finding,
        comments: &'c HashMap<String, Vec<Allowance>>,
        used: &mut HashSet<(&'c str, u64, u64)>,
    ) -> Option<SuppressedBy> {
        let line = finding.location.line?;
        let commit = finding.location.commit.as_ref().map(|commit| commit.id.as_str());
        let key = document_key(&finding.location.path, commit);
        let (path, allowances) = comments.get_key_value(&key)?;
        let covering = || {
            allowances.iter().filter(|allowance| {
                (allowance.line == line || allowance.line + 1 == line)
                    && allowance.covers(&finding.rule)
                    && allowance.problem.is_none()
                    && !is_over(allowance.until, self.today)
            })
        };
        // the one on its own line is meant rather than the one above
        let allowance =
            covering().find(|allowance| allowance.line == line).or_else(|| covering().next())?;
        used.insert((path.as_str(), allowance.line, allowance.column));
        Some(suppressed_by(SuppressionKind::Inline, allowance.reason.clone(), allowance.until))
    }

    fn by_baseline(
        &self,
        finding: &mut Finding,
        used: &mut HashSet<Fingerprint>,
    ) -> Option<SuppressedBy> {
        let entry = self.baseline?.get(&finding.fingerprint)?;
        used.insert(finding.fingerprint.clone());
        if is_over(entry.expires, self.today) {
            finding.help.insert(0, over("the baseline's entry for this", entry.expires));
            return None;
        }
        Some(suppressed_by(SuppressionKind::Baseline, entry.reason.clone(), entry.expires))
    }

    fn by_configuration(&self, finding: &mut Finding, used: &mut [bool]) -> Option<SuppressedBy> {
        for (index, allow) in self.allows.iter().enumerate() {
            let (rule, print) = (&finding.rule, &finding.fingerprint);
            if !self.fits(allow, rule, print, &finding.location.path) {
                continue;
            }
            used[index] = true;
            let entry = allow.entry;
            if is_over(entry.until, self.today) {
                finding.help.insert(0, over("the configuration's allowance for this", entry.until));
                continue;
            }
            return Some(suppressed_by(
                SuppressionKind::Config,
                Some(entry.reason.clone()),
                entry.until,
            ));
        }
        None
    }

    fn fits(
        &self,
        allow: &ConfiguredAllow<'_>,
        rule: &str,
        fingerprint: &Fingerprint,
        path: &str,
    ) -> bool {
        let entry = allow.entry;
        entry.rule.as_deref().is_none_or(|wanted| wanted == rule)
            && entry.fingerprint.as_ref().is_none_or(|wanted| wanted == fingerprint.as_str())
            && allow.path.as_ref().is_none_or(|pattern| {
                let path = self.display.absolute(path.as_ref());
                path.strip_prefix(pattern.path()).is_ok()
                    && pattern.matched_path_or_any_parents(&path, false).is_ignore()
            })
    }

    /// What to say of inline comments that are over, silence nothing or can't be read.
    fn about_comments(
        &self,
        comments: &HashMap<String, Vec<Allowance>>,
        used: &HashSet<(&str, u64, u64)>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (path, allowances) in comments {
            for allowance in allowances {
                let used = used.contains(&(path.as_str(), allowance.line, allowance.column));
                let (rule, message) = if let Some(problem) = &allowance.problem {
                    ("malformed-allow", format!("this allowance can't be read: {problem}"))
                } else if is_over(allowance.until, self.today) {
                    (
                        "expired-allow",
                        over("this allowance", allowance.until) + "; it silences nothing any more",
                    )
                } else if !used {
                    ("unused-allow", "this allowance silences nothing; remove it".to_owned())
                } else {
                    continue;
                };
                let shown = path.split(KEY_SEPARATOR).next().unwrap_or(path);
                findings.push(self.own_finding(
                    rule,
                    message,
                    shown,
                    Some((allowance.line, allowance.column)),
                ));
            }
        }
        findings
    }

    /// What to say of the configuration's allowances that fit nothing or are over.
    fn about_allows(&self, used: &[bool]) -> Vec<Finding> {
        let mut findings = Vec::new();
        let path = self.config_path.as_deref().unwrap_or("hallpass.toml");
        for (allow, used) in self.allows.iter().zip(used) {
            let entry = allow.entry;
            let what = [&entry.rule, &entry.path, &entry.fingerprint]
                .into_iter()
                .flatten()
                .cloned()
                .collect::<Vec<_>>()
                .join(", ");
            if is_over(entry.until, self.today) {
                let message =
                    over(&format!("the configuration's allowance for {what}"), entry.until);
                findings.push(self.own_finding("expired-allow", message, path, None));
            } else if !used && self.would_use(entry.rule.as_deref()) {
                let message =
                    format!("the configuration's allowance for {what} fits nothing that was found");
                findings.push(self.own_finding("unused-allow", message, path, None));
            }
        }
        findings
    }

    fn own_finding(
        &self,
        rule: &str,
        message: String,
        path: &str,
        at: Option<(u64, u64)>,
    ) -> Finding {
        let default = if rule == "unused-allow" { Severity::Note } else { Severity::Warning };
        let identity = format!("{path}\0{message}");
        Finding {
            rule: rule.to_owned(),
            severity: self.severities.get(rule).copied().unwrap_or(default),
            confidence: Confidence::High,
            message,
            location: Location {
                path: path.to_owned(),
                line: at.map(|(line, _)| line),
                column: at.map(|(_, column)| column),
                end_line: at.map(|(line, _)| line),
                end_column: at.map(|(_, column)| column + inline::MARK.len() as u64),
                commit: None,
            },
            also: Vec::new(),
            place: None,
            token: None,
            issued: Vec::new(),
            verified: None,
            guidance: Vec::new(),
            fingerprint: Fingerprint::new(rule, identity.as_bytes()),
            help: Vec::new(),
            excerpt: None,
        }
    }
}

fn is_over(until: Option<Date>, today: Date) -> bool {
    until.is_some_and(|until| until < today)
}

fn over(what: &str, until: Option<Date>) -> String {
    format!("{what} ended on {}", until.map(|day| day.to_string()).unwrap_or_default())
}

fn suppressed_by(
    kind: SuppressionKind,
    reason: Option<String>,
    until: Option<Date>,
) -> SuppressedBy {
    SuppressedBy { kind, reason, expires: until.map(|day| day.to_string()) }
}
