//! `hallpass audit`: the report of issued tokens, requests and policy → findings → triage → report.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::CommandError;
use super::check::with_exceptions;
use super::emit::{Outputs, Verdict, emit};
use super::scan::{excludes, read_baseline, write_baseline};
use super::session::{Session, scan_rules};
use crate::cli::{AuditArgs, Global};
use crate::finding::{
    Finding, Fingerprint, Job, Problem, Report, Rule, Severity, printable, scrub,
};
use crate::issued::{Column, Kinds, Reader, ReportError};
use crate::policy::{self, AuditOutcome, AuditRun, Limits, Pack, Paths, Requests};
use crate::sources::files::describe;
use crate::triage::{Triage, own_rules};

/// The columns without which nothing can be judged.
const NEEDED: [Column; 4] = [Column::UserId, Column::Hint, Column::Expires, Column::App];

/// Runs the command; answers the exit code.
pub(super) fn run(args: &AuditArgs, global: &Global) -> Result<u8, CommandError> {
    let outputs = Outputs::plan(&args.output)?;
    let session = Session::new(global)?;
    let detectors = session.detectors()?;
    let (catalog, named) = session.policy(args.policy.as_deref())?;
    let pack = catalog.resolve(&named)?;
    session.check_allowances(&detectors, Some(&catalog), Some(&pack))?;
    let baseline = read_baseline(&args.triage, &session)?;
    let triage = |loaded| {
        let display = session.display.clone();
        Triage::new(loaded, session.config_path(), display, baseline.as_ref(), session.today)
    };
    let silencer = triage(&session.loaded)?;
    let path = shown(&args.report, &session);
    let silences = |rule: &str, print: &Fingerprint, requester: Option<&str>| {
        silencer.silences(rule, print, &path, requester)
    };
    let configured = &session.loaded.config.audit;
    let standard = Limits::default();
    let limits = Limits {
        unused_days: args.unused_days.or(configured.unused_days).unwrap_or(standard.unused_days),
        renewal_days: args
            .renewal_days
            .or(configured.renewal_days)
            .unwrap_or(standard.renewal_days),
    };
    let holidays = session.loaded.config.holidays.iter().copied().collect();
    let mut requests = match args.requests.is_empty() {
        true => None,
        false => Some(read_requests(args, &session, &pack, &holidays, limits)?),
    };
    let run = AuditRun {
        pack: &pack,
        today: session.today,
        holidays,
        limits,
        kinds: Kinds::new(&configured.mobile_apps),
        // a baseline accepts all that is found
        list: match (args.list, &args.triage.write_baseline) {
            (0, _) | (_, Some(_)) => usize::MAX,
            (list, None) => list,
        },
        accepts: args.triage.write_baseline.is_some(),
        anonymous: args.anonymous,
        path: path.clone(),
        silences: silencer.can_silence().then_some(&silences),
    };
    let mut outcome = match open(&args.report) {
        Ok(source) => audit(&run, source, requests.as_mut()),
        Err(error) => unread(&path, describe(&error)),
    };
    if let Some(requests) = requests {
        // what was not handed over with the findings
        outcome.coverage.merge(requests.coverage);
    }
    let loaded = with_exceptions(&session.loaded, &outcome.findings);
    let findings: Vec<Finding> =
        outcome.findings.into_iter().map(|checked| checked.finding).collect();
    if let Some(file) = &args.triage.write_baseline {
        if outcome.tokens.unlisted > 0 {
            let message = format!("{} further findings are not accepted", outcome.tokens.unlisted);
            outcome.coverage.errors.push(Problem { path, message });
        }
        return write_baseline(file, baseline.as_ref(), &findings, &outcome.coverage, &session);
    }
    let triaged = triage(&loaded)?.apply(findings, std::collections::HashMap::new());
    let mut report = Report {
        findings: triaged.findings,
        suppressed: triaged.suppressed,
        notices: outcome.notices,
        coverage: outcome.coverage,
        tokens: Some(outcome.tokens),
        ..Report::default()
    };
    report.sort();
    let verdict = Verdict {
        job: Job::Audit,
        fail_on: args.triage.fail_on.or(session.loaded.config.fail_on).unwrap_or(Severity::Warning),
        exit_zero: args.triage.exit_zero,
    };
    let mut rules = rules(&pack);
    rules.extend(scan_rules(&detectors));
    emit(&report, &rules, &outputs, &verdict, &session)
}

/// Opens the report: a file, or standard input.
pub(super) fn open(path: &Path) -> std::io::Result<Box<dyn Read + Send>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(std::io::stdin()));
    }
    Ok(Box::new(File::open(path)?))
}

/// The report's path, as findings show it.
pub(super) fn shown(path: &Path, session: &Session) -> String {
    if path.as_os_str() == "-" {
        return "-".to_owned();
    }
    printable(&scrub(&session.display.show(path))).into_owned()
}

/// What is wrong with a report, in the reader's words.
pub(super) fn fault(error: &ReportError) -> String {
    match error {
        ReportError::Read(error) => describe(error),
        other => other.to_string(),
    }
}

fn audit(
    run: &AuditRun<'_>,
    source: Box<dyn Read + Send>,
    requests: Option<&mut Requests>,
) -> AuditOutcome {
    match Reader::new(source, &NEEDED) {
        Ok(mut reader) => run.audit(&mut reader, requests),
        Err(error) => unread(&run.path, fault(&error)),
    }
}

/// What comes of a report that can't be read.
fn unread(path: &str, message: String) -> AuditOutcome {
    let mut outcome = AuditOutcome::default();
    outcome.coverage.errors.push(Problem { path: path.to_owned(), message });
    outcome
}

fn read_requests(
    args: &AuditArgs,
    session: &Session,
    pack: &Pack,
    holidays: &policy::Holidays,
    limits: Limits,
) -> Result<Requests, CommandError> {
    let show = |path: &Path| session.display.show(path);
    let mut excludes = excludes(&[], session)?;
    args.requests.iter().for_each(|path| excludes.name(&session.display.absolute(path)));
    let skip = |path: &Path, is_folder: bool| {
        let absolute = session.display.absolute(path);
        excludes.reason(&absolute, is_folder).map(str::to_owned)
    };
    let paths = Paths { show: &show, skip: &skip };
    Ok(Requests::read(&args.requests, pack, holidays, limits, session.today, &paths))
}

/// What is known of the rules that an audit can name.
fn rules(pack: &Pack) -> Vec<Rule> {
    let audited: HashSet<&str> = pack
        .clauses
        .iter()
        .filter(|clause| clause.audit.is_some())
        .map(|clause| clause.id.as_str())
        .collect();
    let mut rules: Vec<Rule> = pack
        .rules()
        .into_iter()
        .filter(|rule| audited.contains(rule.id.as_str()))
        .map(|rule| Rule { job: Job::Audit, ..rule })
        .collect();
    rules.extend(own_rules());
    rules
}
