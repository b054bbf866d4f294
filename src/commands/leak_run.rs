//! What every search for leaks begins and ends with, wherever the documents come from.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::CommandError;
use super::emit::{Outputs, Verdict, emit};
use super::inventory::annotate;
use super::scan::{read_baseline, write_baseline};
use super::session::{Session, scan_rules};
use crate::cli::{Global, OutputArgs, ScanArgs, TriageArgs};
use crate::detect::Detectors;
use crate::extract::ocr::Ocr;
use crate::extract::unpack::PICTURE_UNREAD;
use crate::finding::{Coverage, Finding, Job, Problem, Report, Severity};
use crate::leaks::Searcher;
use crate::policy::{Catalog, Pack};
use crate::secret::Keyring;
use crate::sources::git::GitError;
use crate::triage::Triage;
use crate::triage::baseline::Baseline;
use crate::triage::inline::Allowance;

/// Goes over what was found before it is written: `verify` and `revoke` do.
pub(super) trait Inspector: Sync {
    /// What receives the secrets that are found.
    fn keyring(&self) -> &Keyring;
    /// Goes over the report, in which what is silenced is silenced already.
    fn go_over(&self, report: &mut Report);
}

/// A search for leaks: what it is done by, and where its report goes.
pub(super) struct LeakRun<'a> {
    pub(super) session: Session,
    pub(super) detectors: Detectors,
    outputs: Outputs,
    triage: &'a TriageArgs,
    catalog: Catalog,
    policy: String,
    pack: Option<Arc<Pack>>,
    baseline: Option<Baseline>,
    inspector: Option<&'a dyn Inspector>,
    /// Whether the text in pictures is asked for, and what reads it, if it is installed.
    pictures: bool,
    ocr: Option<Ocr>,
    /// The report of issued tokens, and whether its names are left out.
    inventory: Option<(&'a Path, bool)>,
}

impl<'a> LeakRun<'a> {
    /// Reads whatever the flags and the configuration name.
    pub(super) fn new(
        policy: Option<&str>,
        triage: &'a TriageArgs,
        output: &OutputArgs,
        global: &Global,
    ) -> Result<Self, CommandError> {
        let outputs = Outputs::plan(output)?;
        let session = Session::new(global)?;
        let detectors = session.detectors()?;
        session.check_allowances(&detectors, None, None)?;
        let (catalog, named) = session.policy(policy)?;
        // a policy that is named has to be there even if nothing is found
        let must_exist = policy.is_some() || session.loaded.config.policy.is_some();
        let pack = if must_exist { Some(catalog.resolve(&named)?) } else { None };
        let baseline = read_baseline(triage, &session)?;
        // wrong patterns are told even if nothing is found
        triage_of(&session, baseline.as_ref(), &[])?;
        Ok(Self {
            session,
            detectors,
            outputs,
            triage,
            catalog,
            policy: named,
            pack,
            baseline,
            inspector: None,
            pictures: false,
            ocr: None,
            inventory: None,
        })
    }

    /// Lets `inspector` go over what is found.
    pub(super) fn inspected_by(self, inspector: Option<&'a dyn Inspector>) -> Self {
        Self { inspector, ..self }
    }

    /// Names the owners of what is found by the report of issued tokens that `args` name, and reads
    /// the text in pictures if they ask for it.
    pub(super) fn asked_by(self, args: &'a ScanArgs) -> Self {
        let inventory = args.inventory.as_deref().map(|path| (path, args.anonymous));
        let ocr = if args.ocr { Ocr::find() } else { None };
        Self { inventory, pictures: args.ocr, ocr, ..self }
    }

    /// What searches documents; each thread needs its own.
    pub(super) fn searcher(&self) -> Searcher<'_> {
        let keyring = self.inspector.map(Inspector::keyring);
        Searcher::new(&self.detectors).keeping(keyring).reading_pictures(self.ocr.as_ref())
    }

    /// The policy to judge by.
    pub(super) fn pack(&self) -> Result<Arc<Pack>, CommandError> {
        match &self.pack {
            Some(pack) => Ok(Arc::clone(pack)),
            None => Ok(self.catalog.resolve(&self.policy)?),
        }
    }

    /// Silences what is to be silenced and writes the report, or the new baseline; answers the
    /// exit code. `roots` are the paths that were looked at, where it was paths.
    pub(super) fn conclude(
        &self,
        roots: &[PathBuf],
        mut findings: Vec<Finding>,
        comments: HashMap<String, Vec<Allowance>>,
        mut coverage: Coverage,
    ) -> Result<u8, CommandError> {
        if let Some((report, anonymous)) = self.inventory {
            annotate(report, anonymous, &self.session, &mut findings, &mut coverage);
        }
        if self.pictures && self.ocr.is_none() {
            note_unread_pictures(&mut coverage);
        }
        let triage = triage_of(&self.session, self.baseline.as_ref(), roots)?;
        let triaged = triage.apply(findings, comments);
        if let Some(path) = &self.triage.write_baseline {
            // what a comment or the configuration silences has its own reason and last day
            let accepted: Vec<_> = triaged.into_baseline().collect();
            let old = self.baseline.as_ref();
            return write_baseline(path, old, &accepted, &coverage, &self.session);
        }
        let mut report = Report {
            findings: triaged.findings,
            suppressed: triaged.suppressed,
            coverage,
            ..Report::default()
        };
        report.sort();
        if let Some(inspector) = self.inspector {
            inspector.go_over(&mut report);
            report.sort();
        }
        self.emit(&report)
    }

    /// Answers a run that git kept from looking at anything: with the error alone where a person
    /// reads it, and with a report that says so where a program does.
    pub(super) fn refuse(&self, error: GitError) -> Result<u8, CommandError> {
        if self.outputs.are_for_people() || self.triage.write_baseline.is_some() {
            return Err(error.into());
        }
        let help = miette::Diagnostic::help(&error).map(|help| help.to_string());
        let message = match help {
            Some(help) => format!("{error}; {help}"),
            None => error.to_string(),
        };
        let mut report = Report::default();
        report.coverage.errors.push(Problem { path: ".".to_owned(), message });
        self.emit(&report)
    }

    fn emit(&self, report: &Report) -> Result<u8, CommandError> {
        let configured = self.session.loaded.config.fail_on;
        let verdict = Verdict {
            job: Job::Scan,
            fail_on: self.triage.fail_on.or(configured).unwrap_or(Severity::Warning),
            exit_zero: self.triage.exit_zero,
        };
        emit(report, &scan_rules(&self.detectors), &self.outputs, &verdict, &self.session)
    }
}

fn triage_of<'s>(
    session: &'s Session,
    baseline: Option<&'s Baseline>,
    roots: &[PathBuf],
) -> Result<Triage<'s>, CommandError> {
    Ok(Triage::new(
        &session.loaded,
        session.config_path(),
        session.display.clone(),
        baseline,
        session.today,
    )?
    .over(Job::Scan, roots, &session.loaded))
}

/// Says once, if there were pictures, that they were to be read and can't be.
fn note_unread_pictures(coverage: &mut Coverage) {
    let pictures = coverage.skipped.iter().filter(|one| one.reason == PICTURE_UNREAD).count();
    if pictures > 0 {
        let message = format!(
            "{pictures} of them were not read: --ocr needs `tesseract`, which is not installed \
             (Debian's package is `tesseract-ocr`)"
        );
        coverage.errors.push(Problem { path: "pictures".to_owned(), message });
    }
}
