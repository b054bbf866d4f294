//! A table for spreadsheets: a row for each finding, for what was silenced, and for what could not
//! be looked at. Every cell is quoted, and none can be taken for a formula.

use std::borrow::Cow;
use std::io::{self, Write};

use csv::{QuoteStyle, WriterBuilder};

use crate::finding::{Finding, Report, SuppressedBy};

use super::{Context, summary, text};

/// The columns. Further ones may be added at the end.
const COLUMNS: [&str; 22] = [
    "state",
    "severity",
    "rule",
    "message",
    "path",
    "line",
    "column",
    "user id",
    "user name",
    "token hint",
    "kind",
    "app",
    "purpose",
    "expires",
    "last used",
    "created",
    "status",
    "commit",
    "clauses",
    "help",
    "fingerprint",
    "silenced",
];

pub(super) fn render(
    report: &Report,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = WriterBuilder::new().quote_style(QuoteStyle::Always).from_writer(out);
    table.write_record(COLUMNS)?;
    for finding in &report.findings {
        write(&mut table, &row("found", finding, None))?;
    }
    for suppressed in &report.suppressed {
        let by = Some(&suppressed.suppressed_by);
        write(&mut table, &row("silenced", &suppressed.finding, by))?;
    }
    for (path, message) in text::problems(report, context) {
        let mut cells = [const { String::new() }; COLUMNS.len()];
        set(&mut cells, "state", "not looked at");
        set(&mut cells, "message", message);
        set(&mut cells, "path", path);
        write(&mut table, &cells)?;
    }
    table.flush()
}

type Cells = [String; COLUMNS.len()];

fn write(table: &mut csv::Writer<&mut dyn Write>, cells: &Cells) -> io::Result<()> {
    table.write_record(cells.iter().map(|cell| neutral(cell).into_owned()))?;
    Ok(())
}

fn set(cells: &mut Cells, column: &str, text: impl Into<String>) {
    let place = COLUMNS.iter().position(|name| *name == column);
    if let Some(cell) = place.and_then(|place| cells.get_mut(place)) {
        *cell = text.into();
    }
}

fn row(state: &str, finding: &Finding, by: Option<&SuppressedBy>) -> Cells {
    let mut cells = [const { String::new() }; COLUMNS.len()];
    let location = &finding.location;
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    set(&mut cells, "state", state);
    set(&mut cells, "severity", finding.severity.as_str());
    set(&mut cells, "rule", &*finding.rule);
    set(&mut cells, "message", &*finding.message);
    set(&mut cells, "path", text::path_name(&location.path));
    set(&mut cells, "line", number(location.line));
    set(&mut cells, "column", number(location.column));
    // of a leak that several tokens fit, the message names them
    if let [issued] = finding.issued.as_slice() {
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        set(&mut cells, "user id", &*issued.user_id);
        set(&mut cells, "user name", optional(&issued.user_name));
        set(&mut cells, "token hint", &*issued.hint);
        set(&mut cells, "kind", &*issued.kind);
        set(&mut cells, "app", optional(&issued.app));
        set(&mut cells, "purpose", optional(&issued.purpose));
        set(&mut cells, "expires", optional(&issued.expires));
        set(&mut cells, "last used", optional(&issued.last_used));
        set(&mut cells, "created", optional(&issued.created));
        set(&mut cells, "status", optional(&issued.status));
    }
    if let Some(token) = &finding.token {
        set(&mut cells, "token hint", &*token.hint);
    }
    if let Some(commit) = &location.commit {
        set(&mut cells, "commit", text::commit(commit));
    }
    set(&mut cells, "clauses", text::clauses(finding).join(", "));
    set(&mut cells, "help", text::steps(&finding.help).join(" "));
    set(&mut cells, "fingerprint", finding.fingerprint.as_str());
    if let Some(by) = by {
        let mut words = summary::by(by.kind).to_owned();
        if let Some(reason) = &by.reason {
            words.push_str(&format!(": {reason}"));
        }
        if let Some(expires) = &by.expires {
            words.push_str(&format!(" (until {expires})"));
        }
        set(&mut cells, "silenced", words);
    }
    cells
}

/// `cell` so that no spreadsheet takes it for a formula: what begins like one gets an apostrophe,
/// which shows it to be text. Blanks before it do not help it.
fn neutral(cell: &str) -> Cow<'_, str> {
    let begins = |c: char| {
        matches!(
            c,
            '=' | '+'
                | '-'
                | '@'
                | '\t'
                | '\r'
                | '\n'
                | '\u{ff1d}'
                | '\u{ff0b}'
                | '\u{ff0d}'
                | '\u{ff20}'
        )
    };
    let is_formula = cell.starts_with(begins) || cell.trim_start().starts_with(begins);
    match is_formula {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::neutral;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1"] {
            assert_eq!(neutral(cell), format!("'{cell}"));
        }
        for cell in ["", "a=1", "7~aB3xY…", "1-2"] {
            assert_eq!(neutral(cell), cell);
        }
    }
}
