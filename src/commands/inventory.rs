//! `hallpass scan --inventory`: names the rows of the report of issued tokens that a leaked token's
//! hint fits.

use std::collections::HashSet;
use std::path::Path;

use super::audit::{fault, open, shown};
use super::session::Session;
use crate::finding::{Coverage, Finding, IssuedToken, Problem};
use crate::issued::{Candidates, Column, Inventory, Reader};
use crate::policy::issued;
use crate::sources::files::describe;

/// The columns without which a row can't be named.
const NEEDED: [Column; 2] = [Column::UserId, Column::Hint];
/// How many candidates a message names.
const MOST_NAMED: usize = 3;
/// Links that give something away, but are no tokens: Canvas lists no hint of theirs.
const LINKS: [&str; 2] = ["canvas-calendar-feed", "canvas-file-verifier"];

/// Adds to each leak the rows that its hint fits. What can't be read of the report is told in
/// `coverage`.
pub(super) fn annotate(
    report: &Path,
    anonymous: bool,
    session: &Session,
    findings: &mut [Finding],
    coverage: &mut Coverage,
) {
    let path = shown(report, session);
    let mut problem =
        |message: String| coverage.errors.push(Problem { path: path.clone(), message });
    let mut reader = match open(report) {
        Ok(source) => match Reader::new(source, &NEEDED) {
            Ok(reader) => reader,
            Err(error) => return problem(fault(&error)),
        },
        Err(error) => return problem(describe(&error)),
    };
    let hints: HashSet<String> = findings
        .iter()
        .filter(|finding| !LINKS.contains(&finding.rule.as_str()))
        .filter_map(|finding| Some(finding.token.as_ref()?.hint.clone()))
        .collect();
    if hints.is_empty() {
        return;
    }
    let columns = reader.columns().clone();
    let make = |row: &crate::issued::Row<'_>| issued(row, &columns, anonymous);
    let inventory = match Inventory::read(&mut reader, hints.into_iter(), make) {
        Ok(inventory) => inventory,
        Err(error) => return problem(describe(&error)),
    };
    if inventory.rows == 0 && inventory.malformed == 0 {
        problem("there is no token in the report".to_owned());
    }
    if let Some((line, message)) = &inventory.first_malformed {
        let more = match inventory.malformed {
            1 => "a row can't be read".to_owned(),
            many => format!("{many} rows can't be read"),
        };
        problem(format!("{more}; the first on line {line}: {message}"));
    }
    let name = if path == "-" { "standard input" } else { path.as_str() };
    for finding in findings.iter_mut() {
        if LINKS.contains(&finding.rule.as_str()) {
            continue;
        }
        if let Some(hint) = finding.token.as_ref().map(|token| token.hint.as_str())
            && let Some(candidates) = inventory.found.get(hint)
        {
            finding.message.push_str(&sentence(candidates, name));
            finding.issued = candidates.rows.clone();
        }
    }
}

/// What a message says of the rows.
fn sentence(candidates: &Candidates<IssuedToken>, name: &str) -> String {
    match (candidates.rows.as_slice(), candidates.count) {
        ([], _) => format!("; no token in {name} has its hint"),
        ([only], 1) => format!("; by its hint in {name}, the token of {only}"),
        (rows, count) => {
            let named: Vec<String> =
                rows.iter().take(MOST_NAMED).map(ToString::to_string).collect();
            let more = count.saturating_sub(named.len() as u64);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            format!(
                "; {count} tokens in {name} have its hint, and it is one of them: {}{more}",
                named.join("; ")
            )
        }
    }
}
