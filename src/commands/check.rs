//! `hallpass check`: manifests and policy → findings, notices, dates → triage → report.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::CommandError;
use super::emit::{Outputs, Verdict, emit};
use super::leak_findings::{Maker, Spot};
use super::scan::{excludes, read_baseline, write_baseline};
use super::session::Session;
use crate::cli::{CheckArgs, Global};
use crate::config::{Allow, Loaded};
use crate::detect::Detectors;
use crate::finding::{Finding, Job, Problem, Report, Rule, Severity};
use crate::leaks::{Leak, Searcher};
use crate::policy::{self, Catalog, Checked, Input, Options, Pack, Paths, RequestLeak};
use crate::report::write_atomically;
use crate::triage::inline::{self, Allowance};
use crate::triage::{Triage, own_rules};

/// Links that give something away, but are no tokens: they are told under their own rules.
const LINKS: [&str; 2] = ["canvas-calendar-feed", "canvas-file-verifier"];

/// Runs the command; answers the exit code.
pub(super) fn run(args: &CheckArgs, global: &Global) -> Result<u8, CommandError> {
    let outputs = Outputs::plan(&args.output)?;
    if args.timeline.as_deref().is_some_and(|path| path.as_os_str() == "-") {
        return Err(CommandError::Usage {
            message: "--timeline writes a calendar to a file, and not to standard output"
                .to_owned(),
            help: Some("name a file, such as --timeline dates.ics".to_owned()),
        });
    }
    let session = Session::new(global)?;
    let detectors = session.detectors()?;
    let (catalog, named) = session.policy(args.policy.as_deref())?;
    let pack = match args.policy.is_some() || session.loaded.config.policy.is_some() {
        true => Some(catalog.resolve(&named)?),
        false => None,
    };
    session.check_allowances(&detectors, Some(&catalog), pack.as_deref())?;
    let baseline = read_baseline(&args.triage, &session)?;
    let options = Options {
        catalog: &catalog,
        forced: pack.clone().filter(|_| args.policy.is_some()),
        default: pack.clone(),
        today: session.today,
        holidays: session.loaded.config.holidays.iter().copied().collect(),
    };
    let inputs: Vec<Input> = args.paths.iter().map(|path| input(path)).collect();
    let searched = Searched::new(&detectors);
    let show = |path: &Path| session.display.show(path);
    let leaks = |path: &str, bytes: &[u8]| searched.leaks(path, bytes);
    let mut excludes = excludes(&[], &session)?;
    args.paths.iter().for_each(|path| excludes.name(&session.display.absolute(path)));
    let skip = |path: &Path, is_folder: bool| {
        let absolute = session.display.absolute(path);
        excludes.reason(&absolute, is_folder).map(str::to_owned)
    };
    let paths = Paths { show: &show, skip: &skip };
    let mut outcome = policy::check(&inputs, &options, &paths, &leaks);
    if outcome.coverage.files == 0
        && outcome.coverage.errors.is_empty()
        && outcome.findings.is_empty()
    {
        outcome.coverage.errors.push(Problem {
            path: args.paths.first().map(|path| show(path)).unwrap_or_default(),
            message: "there is nothing to check here: no token request was found".to_owned(),
        });
    }
    let loaded = with_exceptions(&session.loaded, &outcome.findings);
    let mut findings: Vec<Finding> =
        outcome.findings.into_iter().map(|checked| checked.finding).collect();
    let audited = match loaded.config.allow.is_empty() {
        true => HashSet::new(),
        false => audited(&catalog, pack.as_deref()),
    };
    let links = std::mem::take(&mut *lock(&searched.links));
    if !links.is_empty() {
        let pack = match pack {
            Some(pack) => pack,
            None => catalog.resolve(&named)?,
        };
        let mut maker = Maker::new(&detectors, pack);
        findings.extend(links.into_iter().filter_map(|(path, leak)| {
            let absolute = session.display.absolute(path.as_ref());
            let spot = Spot {
                shown: &path,
                kind: None,
                around: &[],
                binary: false,
                in_repository: false,
                phrase: None,
                commit: None,
            };
            maker.make(leak, &absolute, &spot)
        }));
    }
    if let Some(path) = &args.timeline {
        let calendar = policy::calendar(&outcome.timeline, &session.today.to_string());
        write_atomically(path, calendar.as_bytes())?;
    }
    let triage = Triage::new(
        &loaded,
        session.config_path(),
        session.display.clone(),
        baseline.as_ref(),
        session.today,
    )?
    .over(Job::Check, &args.paths, &loaded)
    .quiet_about(audited);
    let comments = std::mem::take(&mut *lock(&searched.comments));
    let triaged = triage.apply(findings, comments);
    if let Some(path) = &args.triage.write_baseline {
        // what a comment or the configuration silences has its own reason and last day
        let accepted: Vec<_> = triaged.into_baseline().collect();
        return write_baseline(path, baseline.as_ref(), &accepted, &outcome.coverage, &session);
    }
    let mut report = Report {
        findings: triaged.findings,
        suppressed: triaged.suppressed,
        notices: outcome.notices,
        timeline: outcome.timeline,
        coverage: outcome.coverage,
        ..Report::default()
    };
    report.sort();
    let verdict = Verdict {
        job: Job::Check,
        fail_on: args.triage.fail_on.or(session.loaded.config.fail_on).unwrap_or(Severity::Warning),
        exit_zero: args.triage.exit_zero,
    };
    let rules = rules(&report, &catalog, &detectors)?;
    emit(&report, &rules, &outputs, &verdict, &session)
}

fn input(path: &Path) -> Input {
    match path.as_os_str() == "-" {
        true => Input::Stdin,
        false => Input::Path(path.to_path_buf()),
    }
}

/// The clauses that judge issued tokens as well: an allowance for one may serve an audit.
fn audited(catalog: &Catalog, pack: Option<&Pack>) -> HashSet<String> {
    let known = catalog.ids().into_iter().filter_map(|id| catalog.by_id(&id).ok());
    let ids = |pack: &Pack| -> Vec<String> {
        let audits = pack.clauses.iter().filter(|clause| clause.audit.is_some());
        audits.map(|clause| clause.id.clone()).collect()
    };
    known.flat_map(|pack| ids(&pack)).chain(pack.map(ids).unwrap_or_default()).collect()
}

/// What is known of the rules that a report can name.
fn rules(
    report: &Report,
    catalog: &Catalog,
    detectors: &Detectors,
) -> Result<Vec<Rule>, CommandError> {
    let mut rules = policy::manifest_rules();
    let silenced = report.suppressed.iter().map(|suppressed| &suppressed.finding);
    let packs: BTreeSet<&str> = report
        .findings
        .iter()
        .chain(silenced)
        .flat_map(|finding| &finding.guidance)
        .map(|guidance| guidance.policy.as_str())
        .collect();
    for id in packs {
        // a pack that was named by its file is not among those at hand
        if let Ok(pack) = catalog.by_id(id) {
            rules.extend(pack.rules());
        }
    }
    rules.extend(super::session::scan_rules(detectors));
    rules.extend(own_rules());
    let mut seen = std::collections::HashSet::new();
    rules.retain(|rule| seen.insert(rule.id.clone()));
    Ok(rules)
}

/// The configuration with an entry for every finding that an exception for a requester accepts,
/// in place of the exception; one that accepts nothing stays, so that it is told.
pub(super) fn with_exceptions(loaded: &Loaded, findings: &[Checked]) -> Loaded {
    let mut loaded = loaded.clone();
    let mut allow = Vec::new();
    for entry in std::mem::take(&mut loaded.config.allow) {
        let Some(requester) = &entry.requester else {
            // what speaks of leaks has nothing to say here
            if entry.rule.as_deref().is_none_or(|rule| rule.contains('/')) {
                allow.push(entry);
            }
            continue;
        };
        let wanted = requester.trim().to_lowercase();
        let mut prints: BTreeSet<&str> = findings
            .iter()
            .filter(|checked| checked.requester.as_deref() == Some(wanted.as_str()))
            .filter(|checked| {
                entry.rule.as_ref().is_none_or(|rule| *rule == checked.finding.rule)
                    && entry
                        .fingerprint
                        .as_ref()
                        .is_none_or(|print| print == checked.finding.fingerprint.as_str())
            })
            .map(|checked| checked.finding.fingerprint.as_str())
            .collect();
        if prints.is_empty() {
            prints.insert(requester);
        }
        allow.extend(prints.into_iter().map(|print| Allow {
            fingerprint: Some(print.to_owned()),
            requester: None,
            ..entry.clone()
        }));
    }
    loaded.config.allow = allow;
    loaded
}

/// What the leak search of the manifests found, besides tokens.
struct Searched<'d> {
    detectors: &'d Detectors,
    idle: Mutex<Vec<Searcher<'d>>>,
    comments: Mutex<HashMap<String, Vec<Allowance>>>,
    links: Mutex<Vec<(String, Leak)>>,
}

impl<'d> Searched<'d> {
    fn new(detectors: &'d Detectors) -> Self {
        Self {
            detectors,
            idle: Mutex::default(),
            comments: Mutex::default(),
            links: Mutex::default(),
        }
    }

    /// The tokens in a manifest. Its comments and links are kept for later.
    fn leaks(&self, path: &str, bytes: &[u8]) -> Vec<RequestLeak> {
        let idle = lock(&self.idle).pop();
        let mut searcher = idle.unwrap_or_else(|| Searcher::new(self.detectors));
        let document = searcher.search(bytes);
        lock(&self.idle).push(searcher);
        // reading from memory does not fail
        let Ok(document) = document else { return Vec::new() };
        let allowances: Vec<_> = document.comments.iter().filter_map(inline::parse).collect();
        if !allowances.is_empty() {
            lock(&self.comments).insert(path.to_owned(), allowances);
        }
        let mut tokens = Vec::new();
        for leak in document.leaks {
            match self.detectors.get(leak.detector) {
                Some(detector) if LINKS.contains(&detector.id.as_str()) => {
                    lock(&self.links).push((path.to_owned(), leak));
                }
                Some(detector) => tokens.push(token(leak, &detector.revoke)),
                None => {}
            }
        }
        tokens
    }
}

fn token(leak: Leak, revoke: &str) -> RequestLeak {
    let hint = &leak.hint.hint;
    let shown = match &leak.hint.shard {
        Some(shard) => format!("{shard}~{hint}…"),
        None => format!("{hint}…"),
    };
    let mut excerpt = leak.excerpt;
    excerpt.label = "a token has no place in a request".to_owned();
    RequestLeak {
        start: (leak.start.line, leak.start.column),
        end: (leak.end.line, leak.end.column),
        revoke: revoke.trim().replace("{token}", &shown).replace("{hint}", hint),
        token: leak.hint,
        confidence: leak.confidence,
        fingerprint: leak.fingerprint,
        excerpt: Some(excerpt),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
