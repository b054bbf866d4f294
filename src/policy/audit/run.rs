//! Streams a report through the audit: batches are read while the one before is judged on every
//! core, and told in the report's order. However many findings there are, only so many of each
//! clause are kept; the others are counted, and said to be.

use std::collections::BTreeMap;
use std::io::{self, Read};

use jiff::civil::Date;
use rayon::prelude::*;

use super::super::check::Checked;
use super::super::days::Holidays;
use super::super::pack::{Clause, Pack};
use super::super::token::Limits;
use super::finding::{self, Draft};
use super::judge::{Breach, Case, Judge, words};
use super::picture::Picture;
use super::requests::{Request, Requests};
use crate::finding::{Coverage, Fingerprint, Notice, Problem, TokenSummary, printable, scrub};
use crate::issued::{Batch, Column, Columns, Kind, Kinds, Reader, Row};

/// How many rows are judged at a time on one core.
const CHUNK: usize = 512;
/// How many rows that can't be read are told one by one.
const MOST_FAULTS: usize = 20;
/// How many findings are listed, whatever is asked for: as many as a scan lists.
const MOST_FINDINGS: usize = 100_000;
/// How many are kept where they are only written into a baseline.
const MOST_ACCEPTED: usize = 1_000_000;

/// Whether a finding of this rule, with this identity and of this requester, will be silenced.
pub type Silences<'a> = dyn Fn(&str, &Fingerprint, Option<&str>) -> bool + Sync + 'a;

/// An audit.
pub struct AuditRun<'a> {
    /// The pack whose audit clauses are asked.
    pub pack: &'a Pack,
    /// The day of the audit.
    pub today: Date,
    /// Days on which nobody works, besides the pack's.
    pub holidays: Holidays,
    /// The limits.
    pub limits: Limits,
    /// How kinds of tokens are told apart.
    pub kinds: Kinds,
    /// How many findings of each clause are listed.
    pub list: usize,
    /// Whether the findings are only written into a baseline: no more of them is made than that
    /// needs.
    pub accepts: bool,
    /// Whether owners' names are left out.
    pub anonymous: bool,
    /// The report's path, as findings show it.
    pub path: String,
    /// What is silenced, so that what stands is listed before it; `None` if nothing can be.
    pub silences: Option<&'a Silences<'a>>,
}

/// What an audit found.
#[derive(Debug, Default)]
pub struct AuditOutcome {
    /// The findings, in the order of the report, then those about requests.
    pub findings: Vec<Checked>,
    /// What the reader should know.
    pub notices: Vec<Notice>,
    /// The picture of all tokens.
    pub tokens: TokenSummary,
    /// What was looked at.
    pub coverage: Coverage,
}

/// What was found in a part of a batch.
#[derive(Default)]
struct Part<'r> {
    hits: Vec<Hit<'r>>,
    faults: u64,
    first_faults: Vec<(u64, String)>,
    picture: Picture,
    /// Clauses that could not be judged, each with the first reason.
    failed: BTreeMap<String, (u64, String)>,
}

/// A row that breaks a clause.
struct Hit<'r> {
    row: usize,
    breach: Breach,
    request: Option<&'r Request>,
    silenced: bool,
}

impl AuditRun<'_> {
    /// Reads the report to its end.
    ///
    /// # Errors
    ///
    /// None of the report's own: one that breaks off becomes an error of the coverage.
    pub fn audit<R: Read + Send>(
        &self,
        reader: &mut Reader<R>,
        requests: Option<&mut Requests>,
    ) -> AuditOutcome {
        let columns = reader.columns().clone();
        let judge = Judge::new(
            self.pack,
            &self.holidays,
            Some(&columns),
            requests.is_some(),
            self.limits,
            self.today,
        );
        let mut telling = Telling {
            run: self,
            judge: &judge,
            columns: &columns,
            outcome: AuditOutcome::default(),
            listed: BTreeMap::new(),
            picture: Picture::default(),
            faults: 0,
            first_faults: Vec::new(),
            failed: BTreeMap::new(),
        };
        let mut read = reader.next_batch();
        loop {
            let batch = match read {
                Ok(Some(batch)) => batch,
                Ok(None) => break,
                Err(error) => {
                    telling.problem(format!("it can't be read any further: {}", plainly(&error)));
                    break;
                }
            };
            let shared = requests.as_deref();
            let (parts, next) = rayon::join(
                || self.judge(&judge, &columns, &batch, shared),
                || reader.next_batch(),
            );
            telling.tell(&batch, parts, reader);
            read = next;
        }
        telling.end(reader.bytes(), reader.has_faults());
        let mut outcome = telling.outcome;
        if let Some(requests) = requests {
            outcome.findings.extend(requests.unissued_findings());
            outcome.notices.extend(requests.notices(&self.path));
            outcome.coverage.merge(std::mem::take(&mut requests.coverage));
        }
        outcome
    }

    /// Judges a batch, on every core.
    fn judge<'r>(
        &self,
        judge: &Judge<'_>,
        columns: &Columns,
        batch: &Batch,
        requests: Option<&'r Requests>,
    ) -> Vec<Part<'r>> {
        let chunks: Vec<std::ops::Range<usize>> = (0..batch.len())
            .step_by(CHUNK)
            .map(|start| start..batch.len().min(start + CHUNK))
            .collect();
        chunks
            .into_par_iter()
            .map(|rows| {
                let mut part = Part::default();
                for index in rows {
                    if let Some(row) = batch.row(index, columns, &self.kinds) {
                        self.row(judge, index, &row, requests, &mut part);
                    }
                }
                part
            })
            .collect()
    }

    fn row<'r>(
        &self,
        judge: &Judge<'_>,
        index: usize,
        row: &Row<'_>,
        requests: Option<&'r Requests>,
        part: &mut Part<'r>,
    ) {
        if let Some(fault) = row.fault() {
            part.faults += 1;
            if part.first_faults.len() < MOST_FAULTS {
                part.first_faults.push((row.line, format!("of this row, {fault}")));
            }
        }
        let is_over = row.is_over(self.today);
        part.picture.count(row, is_over, self.today);
        if is_over {
            return;
        }
        // requests are for tokens that people make
        let request = match requests {
            Some(requests) if row.kind == Kind::UserGenerated => requests.behind(row),
            _ => None,
        };
        let case = judge.case(row, request.map(|request| &request.root));
        let mut hits: Vec<Breach> = Vec::new();
        judge.judge(
            &case,
            |breach| hits.push(breach),
            |clause, error| {
                part.failed.entry(clause.id.clone()).or_insert((0, error)).0 += 1;
            },
        );
        for breach in hits {
            let silenced = self.silences.is_some_and(|silences| {
                judge.of(breach).is_some_and(|(clause, _)| {
                    let print = finding::fingerprint(&clause.id, row);
                    silences(&clause.id, &print, requester(row, request).as_deref())
                })
            });
            part.hits.push(Hit { row: index, breach, request, silenced });
        }
    }
}

/// Whom an exception for a requester goes by.
fn requester(row: &Row<'_>, request: Option<&Request>) -> Option<String> {
    let asked = request
        .and_then(|request| request.root.get("requester")?.get("email")?.text())
        .or_else(|| (!row.email.is_empty()).then_some(row.email))?;
    Some(printable(&scrub(&asked.trim().to_lowercase())).into_owned())
}

/// How many findings of a clause were listed, and how many were only counted.
#[derive(Debug, Default, Clone, Copy)]
struct Listed {
    standing: usize,
    silenced: usize,
    unlisted: u64,
    unlisted_silenced: u64,
}

/// Makes of what was found what is told.
struct Telling<'t> {
    run: &'t AuditRun<'t>,
    judge: &'t Judge<'t>,
    columns: &'t Columns,
    outcome: AuditOutcome,
    listed: BTreeMap<u16, Listed>,
    picture: Picture,
    faults: u64,
    first_faults: Vec<(u64, String)>,
    failed: BTreeMap<String, (u64, String)>,
}

impl Telling<'_> {
    fn problem(&mut self, message: String) {
        let path = self.run.path.clone();
        self.outcome.coverage.errors.push(Problem { path, message });
    }

    fn notice(&mut self, clause: &str, message: String) {
        let path = Some(self.run.path.clone());
        self.outcome.notices.push(Notice { clause: clause.to_owned(), message, path });
    }

    fn tell<R: Read>(&mut self, batch: &Batch, parts: Vec<Part<'_>>, reader: &Reader<R>) {
        self.faults += batch.malformed.len() as u64;
        let mut faults: Vec<(u64, String)> = batch
            .malformed
            .iter()
            .take(MOST_FAULTS)
            .map(|fault| (fault.line, fault.message.clone()))
            .collect();
        for part in parts {
            self.picture.merge(&part.picture);
            self.faults += part.faults;
            faults.extend(part.first_faults);
            for (clause, (count, error)) in part.failed {
                self.failed.entry(clause).or_insert((0, error)).0 += count;
            }
            for hit in part.hits {
                self.hit(batch, &hit, reader);
            }
        }
        if self.first_faults.len() < MOST_FAULTS {
            faults.sort();
            self.first_faults.extend(faults);
            self.first_faults.truncate(MOST_FAULTS);
        }
    }

    fn hit<R: Read>(&mut self, batch: &Batch, hit: &Hit<'_>, reader: &Reader<R>) {
        let Some((clause, validation)) = self.judge.of(hit.breach) else { return };
        let listed = self.listed.entry(hit.breach.clause).or_default();
        let most = self.run.list;
        let room = if self.run.accepts { MOST_ACCEPTED } else { MOST_FINDINGS };
        let has_room = self.outcome.findings.len() < room;
        let (count, unlisted) = match hit.silenced {
            false => (&mut listed.standing, &mut listed.unlisted),
            true => (&mut listed.silenced, &mut listed.unlisted_silenced),
        };
        // one of what stands is always listed: it decides how the run ends
        if *count >= most || !has_room && *count > 0 {
            *unlisted += 1;
            return;
        }
        *count += 1;
        let Some(row) = batch.row(hit.row, self.columns, &self.run.kinds) else { return };
        if self.run.accepts {
            let finding = finding::bare(clause, &row, &self.run.path);
            let requester = requester(&row, hit.request);
            self.outcome.findings.push(Checked { finding, requester });
            return;
        }
        let case = self.judge.case(&row, hit.request.map(|request| &request.root));
        let said = self.words(clause, validation, &case);
        let text = batch.text(hit.row);
        let cell = finding::column(validation).and_then(|column| reader.cell(text, column));
        let finding = Draft {
            clause,
            validation,
            words: said,
            row: &row,
            columns: self.columns,
            path: &self.run.path,
            text,
            cell,
            request: hit.request.map(|request| request.place.as_str()),
            anonymous: self.run.anonymous,
        }
        .finding();
        self.outcome.findings.push(Checked { finding, requester: requester(&row, hit.request) });
    }

    fn words(
        &mut self,
        clause: &Clause,
        validation: &super::super::pack::Validation,
        case: &Case<'_>,
    ) -> String {
        words(&validation.words, case).unwrap_or_else(|error| {
            self.failed.entry(clause.id.clone()).or_insert((0, error)).0 += 1;
            clause.summary.clone()
        })
    }

    fn end(&mut self, bytes: u64, has_faults: bool) {
        let coverage = &mut self.outcome.coverage;
        coverage.files += 1;
        coverage.bytes += bytes;
        if self.picture.rows() == 0 && self.faults == 0 && coverage.errors.is_empty() {
            self.problem(
                "there is no token in the report: nothing was judged; is it the report of the \
                 right account?"
                    .to_owned(),
            );
        }
        for (line, message) in std::mem::take(&mut self.first_faults) {
            self.problem(format!("line {line}: {message}"));
        }
        let more = self.faults.saturating_sub(MOST_FAULTS as u64);
        if more > 0 {
            let rows = if more == 1 { "row" } else { "rows" };
            self.problem(format!("{more} further {rows} can't be read, or not all of it"));
        }
        for (clause, error) in &self.judge.errors {
            self.problem(format!("{} could not be judged: {error}; mend the pack", clause.id));
        }
        for (clause, (count, error)) in std::mem::take(&mut self.failed) {
            self.problem(format!(
                "{clause} could not be judged for {count} tokens: {error}; mend the pack"
            ));
        }
        if has_faults {
            self.notice(
                "canvas/inventory",
                "The report holds bytes that are no UTF-8; they are shown as �, and names with \
                 them fit no request."
                    .to_owned(),
            );
        }
        for (clause, columns) in &self.judge.unasked {
            let names: Vec<&str> = Column::all()
                .filter(|column| columns >> *column as u16 & 1 == 1)
                .map(Column::name)
                .collect();
            let noun = if names.len() == 1 { "column" } else { "columns" };
            let message = format!(
                "Not asked, or not in full: the report has no {noun} “{}”.",
                names.join("”, “")
            );
            self.notice(&clause.id, message);
        }
        let clauses: Vec<&Clause> = self.judge.clauses().collect();
        let mut tokens = self.picture.summary(self.columns, self.run.today);
        tokens.malformed = self.faults;
        for (number, listed) in std::mem::take(&mut self.listed) {
            tokens.unlisted += listed.unlisted;
            let Some(clause) = clauses.get(usize::from(number)) else { continue };
            for (count, noun) in
                [(listed.unlisted, "findings"), (listed.unlisted_silenced, "silenced findings")]
            {
                if count > 0 {
                    let message = format!(
                        "{count} further {noun} of this clause are counted and not listed; \
                         --list 0 lists up to {MOST_FINDINGS} in all."
                    );
                    self.notice(&clause.id, message);
                }
            }
        }
        self.outcome.tokens = tokens;
    }
}

/// An error of the file system without the system's number.
fn plainly(error: &io::Error) -> String {
    super::super::error::plainly(error)
}
