//! `hallpass merge`: the reports of many runs as one. They come from anywhere, so nothing in them
//! is trusted: their size is bounded, their text goes through the same cleaning as any other, and
//! one that can't be read is told and makes the exit code 3.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::emit::{Outputs, Verdict, emit};
use super::session::Session;
use super::{CommandError, rules};
use crate::cli::{Global, MergeArgs};
use crate::finding::{Finding, Fingerprint, Job, Problem, Report, SCHEMA_VERSION, Severity};
use crate::report::inert;
use crate::sources::files::describe;

/// A larger report is not read: one of the most findings that a scan lists is smaller.
const LARGEST: u64 = 512 << 20;
/// More findings than this are counted, not listed.
const MOST_FINDINGS: usize = 1_000_000;

/// Runs the command; answers the exit code.
pub(super) fn run(args: &MergeArgs, global: &Global) -> Result<u8, CommandError> {
    let outputs = Outputs::plan(&args.output)?;
    let session = Session::new(global)?;
    let mut whole = Report::default();
    let mut room = MOST_FINDINGS;
    let mut files = Vec::new();
    for path in &args.reports {
        find(path, &session, &mut files, &mut whole.coverage.errors);
    }
    let prefixes = match args.below_names {
        true => prefixes(&files)?,
        false => BTreeMap::new(),
    };
    // read in parallel, a few at a time; joined in order
    for batch in files.chunks(64) {
        let read: Vec<_> = batch.par_iter().map(|path| read(path)).collect();
        for (path, report) in batch.iter().zip(read) {
            let shown = session.display.show(path);
            match report {
                Ok(mut report) => {
                    if let Some(prefix) = prefixes.get(path) {
                        put_below(&mut report, prefix);
                    }
                    join(&mut whole, report, &mut room, &shown);
                }
                Err(message) => whole.coverage.errors.push(Problem { path: shown, message }),
            }
        }
    }
    let coverage = &whole.coverage;
    let is_empty = [coverage.files, coverage.blobs, coverage.commits] == [0; 3];
    // a run may say that there was nothing to look at, such as a range without a commit
    if is_empty && coverage.nothing.is_none() && coverage.errors.is_empty() {
        let message = "none of the reports looked at anything".to_owned();
        whole.coverage.errors.push(Problem { path: String::new(), message });
    }
    whole.sort();
    once(&mut whole);
    let verdict = Verdict {
        job: Job::Any,
        fail_on: args.fail_on.or(session.loaded.config.fail_on).unwrap_or(Severity::Warning),
        exit_zero: args.exit_zero,
    };
    emit(&whole, &rules::all(&session, None)?, &outputs, &verdict, &session)
}

/// The reports that a path stands for: itself, or every `*.json` in the folder.
fn find(path: &Path, session: &Session, files: &mut Vec<PathBuf>, errors: &mut Vec<Problem>) {
    let mut add = |path: PathBuf| {
        if !files.contains(&path) {
            files.push(path);
        }
    };
    if !path.is_dir() {
        return add(path.to_path_buf());
    }
    let shown = session.display.show(path);
    match std::fs::read_dir(path) {
        Ok(entries) => {
            let mut found: Vec<PathBuf> = entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
                .collect();
            found.sort();
            if found.is_empty() {
                let message = "there is no report (*.json) in this folder".to_owned();
                errors.push(Problem { path: shown, message });
            }
            found.into_iter().for_each(add);
        }
        Err(error) => errors.push(Problem { path: shown, message: describe(&error) }),
    }
}

/// What each report's paths are put below. Two reports of one name could not be told apart.
fn prefixes(files: &[PathBuf]) -> Result<BTreeMap<PathBuf, String>, CommandError> {
    let mut prefixes = BTreeMap::new();
    let mut seen = HashSet::new();
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !seen.insert(name.clone()) {
            return Err(CommandError::Usage {
                message: format!("two reports have the name {}", inert(&name)),
                help: Some("--below-names tells reports apart by their files' names".to_owned()),
            });
        }
        prefixes.insert(path.clone(), name);
    }
    Ok(prefixes)
}

fn read(path: &Path) -> Result<Report, String> {
    let file = File::open(path).map_err(|error| describe(&error))?;
    let mut text = Vec::new();
    // one byte more than is read, so that what is too large is told
    file.take(LARGEST + 1).read_to_end(&mut text).map_err(|error| describe(&error))?;
    if text.len() as u64 > LARGEST {
        return Err("it is larger than any report".to_owned());
    }
    let report: Report = serde_json::from_slice(&text)
        .map_err(|error| format!("it is no report of hallpass in JSON: {error}"))?;
    if report.tool.name != "hallpass" {
        return Err("it is a report, but not hallpass'".to_owned());
    }
    if report.schema_version != SCHEMA_VERSION {
        return Err(format!(
            "it is of version {} of the report's format, and this hallpass reads {SCHEMA_VERSION}",
            report.schema_version
        ));
    }
    let silenced = report.suppressed.iter().map(|suppressed| &suppressed.finding);
    let is_print = |finding: &Finding| is_fingerprint(&finding.fingerprint);
    if !report.findings.iter().chain(silenced).all(is_print) {
        return Err("it holds a fingerprint that is none".to_owned());
    }
    Ok(report)
}

fn is_fingerprint(print: &Fingerprint) -> bool {
    let text = print.as_str();
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Puts every path of a report below a name. One that leads upwards stays below it all the same.
fn put_below(report: &mut Report, name: &str) {
    let below = |path: &mut String| {
        *path = match path.as_str() {
            "" | "." => name.to_owned(),
            path => format!("{name}/{}", path.trim_start_matches('/')),
        };
    };
    let silenced = report.suppressed.iter_mut().map(|suppressed| &mut suppressed.finding);
    for finding in report.findings.iter_mut().chain(silenced) {
        below(&mut finding.location.path);
        finding.also.iter_mut().for_each(below);
    }
    report.notices.iter_mut().filter_map(|notice| notice.path.as_mut()).for_each(below);
    report.timeline.iter_mut().filter_map(|entry| entry.path.as_mut()).for_each(below);
    report.coverage.skipped.iter_mut().for_each(|skipped| below(&mut skipped.path));
    report.coverage.errors.iter_mut().for_each(|problem| below(&mut problem.path));
}

fn join(whole: &mut Report, report: Report, room: &mut usize, shown: &str) {
    let listed = report.findings.len();
    whole.findings.extend(report.findings.into_iter().take(*room));
    let unlisted = listed.saturating_sub(*room);
    *room = room.saturating_sub(listed);
    if unlisted > 0 {
        let message = format!("{unlisted} further findings of it are not listed");
        whole.coverage.errors.push(Problem { path: shown.to_owned(), message });
    }
    whole.suppressed.extend(report.suppressed);
    whole.notices.extend(report.notices);
    whole.timeline.extend(report.timeline);
    whole.coverage.merge(report.coverage);
    if let Some(tokens) = report.tokens {
        match &mut whole.tokens {
            Some(whole) => whole.merge(tokens),
            None => whole.tokens = Some(tokens),
        }
    }
}

/// Leaves out what two reports tell of the same place: shards may overlap.
fn once(report: &mut Report) {
    let mut seen = HashSet::new();
    let mut is_new = |finding: &Finding, silenced: bool| {
        let place = &finding.location;
        seen.insert((
            silenced,
            finding.rule.clone(),
            finding.fingerprint.as_str().to_owned(),
            place.path.clone(),
            (place.line, place.column, place.end_line, place.end_column),
            place.commit.as_ref().map(|commit| commit.id.clone()),
            finding.message.clone(),
        ))
    };
    report.findings.retain(|finding| is_new(finding, false));
    report.suppressed.retain(|suppressed| is_new(&suppressed.finding, true));
    report.notices.sort();
    report.notices.dedup();
    report.timeline.dedup();
}
