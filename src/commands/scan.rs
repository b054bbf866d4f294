//! `hallpass scan`: sources → extract → detect → findings → triage → report.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::leak_findings::{Maker, Spot};
use super::leak_run::{Inspector, LeakRun};
use super::progress::{Counters, Progress};
use super::session::Session;
use super::{CommandError, EXIT_INCOMPLETE, EXIT_OK, log};
use crate::cli::{Global, ScanArgs, TriageArgs};
use crate::config::parse_size;
use crate::extract::unpack::budget::Limits;
use crate::extract::unpack::{Unread, Why};
use crate::finding::{Coverage, Problem, Skipped};
use crate::leaks::{Searched, Searcher};
use crate::report::{inert, write_atomically};
use crate::sources::excludes::Excludes;
use crate::sources::files::{Turn, Visitor, Walk, describe};
use crate::triage::baseline::Baseline;
use crate::triage::inline::{self, Allowance};

/// The path that stands for standard input.
const STDIN: &str = "-";
/// Documents of a format with a reader that are smaller than this, in bytes, take little memory.
const SMALL: u64 = 1024 * 1024;
/// More findings than this are counted, not listed.
pub(super) const MOST_FINDINGS: usize = 100_000;

/// A document with something to tell.
struct Told {
    path: PathBuf,
    searched: Searched,
}

/// Runs the command; answers the exit code.
pub(super) fn run(args: &ScanArgs, global: &Global) -> Result<u8, CommandError> {
    run_with(args, global, None)
}

/// Runs the command, and lets `inspector` go over what was found before it is written.
pub(super) fn run_with(
    args: &ScanArgs,
    global: &Global,
    inspector: Option<&dyn Inspector>,
) -> Result<u8, CommandError> {
    if args.staged {
        return super::staged::run(args, global, inspector);
    }
    if args.history {
        return super::history::run(args, global, inspector);
    }
    if let Some(range) = &args.range {
        return super::range::run(range, args, global, inspector);
    }
    if args.inventory.as_deref().is_some_and(|path| path.as_os_str() == STDIN)
        && args.paths.iter().any(|path| path.as_os_str() == STDIN)
    {
        return Err(CommandError::Usage {
            message: "standard input can't be both what is scanned and the inventory".to_owned(),
            help: Some("name a file for one of the two".to_owned()),
        });
    }
    let run = LeakRun::new(args.policy.as_deref(), &args.triage, &args.output, global)?
        .inspected_by(inspector)
        .asked_by(args);
    let session = &run.session;
    let (told, mut coverage) = look(args, &run)?;
    let mut findings = Vec::new();
    let mut comments: HashMap<String, Vec<Allowance>> = HashMap::new();
    if !told.is_empty() {
        let mut maker = Maker::new(&run.detectors, run.pack()?);
        for Told { path, searched } in told {
            let file = show(&path, session);
            let absolute = session.display.absolute(&path);
            note_unread(searched.unread, &file, args.allow_partial, &mut coverage);
            for part in searched.parts {
                let shown = format!("{file}{}", part.member);
                let document = part.document;
                let allowances: Vec<_> =
                    document.comments.iter().filter_map(inline::parse).collect();
                if !allowances.is_empty() {
                    comments.insert(shown.clone(), allowances);
                }
                let room = MOST_FINDINGS.saturating_sub(findings.len());
                let unlisted = document.unlisted + document.leaks.len().saturating_sub(room) as u64;
                if unlisted > 0 {
                    let message = format!("{unlisted} further leaks in it are not listed");
                    coverage.errors.push(Problem { path: shown.clone(), message });
                }
                let spot = Spot {
                    shown: &shown,
                    kind: part.kind,
                    around: &part.around,
                    binary: document.binary,
                    in_repository: false,
                    phrase: None,
                    commit: None,
                };
                let leaks = document.leaks.into_iter().take(room);
                findings.extend(leaks.filter_map(|leak| maker.make(leak, &absolute, &spot)));
            }
        }
    }
    run.conclude(&args.paths, findings, comments, coverage)
}

/// Looks at everything that was asked for.
fn look(args: &ScanArgs, run: &LeakRun<'_>) -> Result<(Vec<Told>, Coverage), CommandError> {
    let session = &run.session;
    let mut told = Vec::new();
    let mut coverage = Coverage::default();
    let counters = Arc::new(Counters::default());
    let progress = Progress::start(&counters, session.quiet);
    let hook =
        args.force_exclude || std::env::var_os("PRE_COMMIT").is_some_and(|value| value == "1");
    let mut all_excluded = false;
    let mut roots: Vec<PathBuf> = Vec::new();
    for path in &args.paths {
        if path.as_os_str() == STDIN {
            look_at_stdin(run.searcher(), &mut told, &mut coverage);
        } else if !roots.contains(path) {
            roots.push(path.clone());
        }
    }
    if !roots.is_empty() {
        let mut excludes = excludes(&args.exclude, session)?;
        if !hook {
            roots.iter().for_each(|root| excludes.name(&session.display.absolute(root)));
        }
        // a hook that was handed nothing but excluded names has nothing to do
        all_excluded = hook
            && roots.iter().all(|root| {
                let absolute = session.display.absolute(root);
                excludes.reason(&absolute, absolute.is_dir()).is_some()
            });
        let walk = Walk {
            roots: &roots,
            no_ignore: args.no_ignore,
            excludes: &excludes,
            force_exclude: hook,
            max_file_size: max_file_size(args.max_file_size, session)?,
            threads: args.threads,
            display: &session.display,
        };
        let make = || Looker {
            searcher: run.searcher(),
            told: Vec::new(),
            counters: Arc::clone(&counters),
        };
        for (looker, account) in walk.run(make) {
            told.extend(looker.told);
            coverage.merge(account);
        }
    }
    drop(progress);
    // roots may overlap: each file counts once
    told.sort_by(|a, b| a.path.cmp(&b.path));
    let mut seen = HashSet::new();
    told.retain(|one| {
        one.path.as_os_str() == STDIN || seen.insert(session.display.absolute(&one.path))
    });
    if coverage.files == 0 && coverage.errors.is_empty() && !all_excluded {
        coverage.errors.push(Problem {
            path: args.paths.first().map(|path| show(path, session)).unwrap_or_default(),
            message: "there is nothing to scan here: no file was looked at".to_owned(),
        });
    }
    Ok((told, coverage))
}

fn look_at_stdin(mut searcher: Searcher<'_>, told: &mut Vec<Told>, coverage: &mut Coverage) {
    let mut stdin = std::io::stdin().lock();
    match searcher.search_stream(stdin.by_ref(), "", &Limits::default()) {
        Ok(searched) => {
            coverage.files += 1;
            coverage.bytes += searched.bytes;
            told.push(Told { path: STDIN.into(), searched });
        }
        Err(error) => {
            coverage.errors.push(Problem { path: STDIN.to_owned(), message: describe(&error) })
        }
    }
}

/// Searches files, one after the other; each thread has its own.
struct Looker<'d> {
    searcher: Searcher<'d>,
    told: Vec<Told>,
    counters: Arc<Counters>,
}

impl Visitor for Looker<'_> {
    fn visit(&mut self, path: &Path, file: &mut File, turn: Turn) -> std::io::Result<Option<u64>> {
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let postponed = (turn == Turn::First).then_some(SMALL);
        let limits = Limits { postponed, ..Limits::default() };
        let searched = self.searcher.search_file(file, &name, &limits)?;
        if searched.is_postponed {
            return Ok(None);
        }
        let bytes = searched.bytes;
        self.counters.add(bytes);
        if !searched.is_silent() {
            self.told.push(Told { path: path.to_path_buf(), searched });
        }
        Ok(Some(bytes))
    }
}

/// What was not read of `file` goes into the account: as a failure, unless the user takes the part
/// for the whole. Pictures are passed over by design.
pub(super) fn note_unread(
    unread: Vec<Unread>,
    file: &str,
    allow_partial: bool,
    coverage: &mut Coverage,
) {
    for Unread { member, message, why } in unread {
        let path = format!("{file}{member}");
        if allow_partial || why == Why::Picture {
            coverage.skipped.push(Skipped { path, reason: message });
        } else {
            coverage.errors.push(Problem { path, message });
        }
    }
}

fn show(path: &Path, session: &Session) -> String {
    if path.as_os_str() == STDIN { STDIN.to_owned() } else { session.display.show(path) }
}

/// What the configuration and the patterns of `--exclude` pass over.
pub(super) fn excludes(patterns: &[String], session: &Session) -> Result<Excludes, CommandError> {
    let mut excludes = Excludes::default();
    for exclude in &session.loaded.config.exclude {
        excludes.add(&session.loaded.root, &exclude.path, &exclude.reason)?;
    }
    for pattern in patterns {
        excludes.add(session.display.working(), pattern, "--exclude")?;
    }
    Ok(excludes)
}

pub(super) fn max_file_size(
    asked: Option<u64>,
    session: &Session,
) -> Result<Option<u64>, CommandError> {
    let configured = session.loaded.config.max_file_size.as_deref();
    match (asked, configured) {
        (Some(size), _) => Ok(Some(size)),
        (None, None) => Ok(None),
        (None, Some(text)) => parse_size(text).map(Some).map_err(|message| CommandError::Usage {
            message: format!("`max-file-size` in the configuration: {message}"),
            help: None,
        }),
    }
}

/// Reads the baseline that the command line or the configuration names.
pub(super) fn read_baseline(
    args: &TriageArgs,
    session: &Session,
) -> Result<Option<Baseline>, CommandError> {
    let named = args.baseline.clone();
    let configured =
        session.loaded.config.baseline.as_ref().map(|path| session.loaded.resolve(path));
    let must_exist = named.is_some();
    // a baseline that is written anew keeps the reasons of the one that is there
    let Some(path) =
        named.or(args.write_baseline.clone().filter(|path| path.exists())).or(configured)
    else {
        return Ok(None);
    };
    let shown = || inert(&session.display.show(&path)).into_owned();
    if !must_exist && args.write_baseline.is_some() && !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path)
        .map_err(|error| CommandError::Baseline { path: shown(), message: describe(&error) })?;
    let baseline = Baseline::parse(&text)
        .map_err(|error| CommandError::Baseline { path: shown(), message: error.to_string() })?;
    Ok(Some(baseline))
}

/// Accepts what was found: writes it down as the new baseline.
pub(super) fn write_baseline(
    path: &Path,
    old: Option<&Baseline>,
    findings: &[crate::finding::Finding],
    coverage: &Coverage,
    session: &Session,
) -> Result<u8, CommandError> {
    log::problems(&coverage.errors);
    let baseline = old.cloned().unwrap_or_default().renewed(findings.iter(), session.today);
    write_atomically(path, baseline.to_text().as_bytes())?;
    if !session.quiet {
        let (count, shown) = (baseline.len(), session.display.show(path));
        let sentence = format!("Wrote {count} accepted findings to {shown}.");
        log::wrote(&shown, "baseline", Some(&sentence));
    }
    Ok(if coverage.is_complete() { EXIT_OK } else { EXIT_INCOMPLETE })
}
