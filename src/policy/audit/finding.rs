//! What is said of a token: a finding that points at its row, and the row in the report's words.

use std::ops::Range;

use super::super::pack::{Clause, Validation};
use super::super::token;
use super::super::yaml::Step;
use crate::finding::{
    Confidence, Excerpt, Finding, Fingerprint, Guidance, IssuedToken, Location, printable, scrub,
};
use crate::issued::{Column, Columns, Row, When};

/// How many characters of a cell are kept.
const LONGEST_CELL: usize = 200;
/// The longest row that is shown as source, in bytes.
const LONGEST_SHOWN: usize = 300;

/// The row in the report's own words: bounded, and safe to print.
pub fn issued(row: &Row<'_>, columns: &Columns, anonymous: bool) -> IssuedToken {
    let text = |cell: &str| (!cell.is_empty()).then(|| safe(cell));
    let date = |column: Column, when: When| match when {
        _ if !columns.has(column) => None,
        When::Never if column == Column::Created => None,
        When::Never => Some("never".to_owned()),
        When::On(day) => Some(day.to_string()),
        When::Unreadable => None,
    };
    IssuedToken {
        line: row.line,
        user_id: safe(row.user_id),
        user_name: text(row.user_name).filter(|_| !anonymous),
        hint: safe(row.hint),
        kind: if columns.has(Column::App) { row.kind.as_str().to_owned() } else { String::new() },
        app: text(row.app),
        purpose: text(row.purpose),
        expires: date(Column::Expires, row.expires),
        last_used: date(Column::LastUsed, row.last_used),
        created: date(Column::Created, row.created),
        status: text(row.status),
    }
}

/// What a finding's fingerprint is made of, for a token: its owner and its hint, and never where it
/// stands in a report.
pub(super) fn fingerprint(rule: &str, row: &Row<'_>) -> Fingerprint {
    let mut identity = Vec::with_capacity(64);
    identity.extend_from_slice(b"issued token\0");
    identity.extend_from_slice(row.user_id.as_bytes());
    identity.push(0);
    identity.extend_from_slice(row.hint.as_bytes());
    Fingerprint::new(rule, &identity)
}

/// A finding without anything but what a baseline keeps of it.
pub(super) fn bare(clause: &Clause, row: &Row<'_>, path: &str) -> Finding {
    Finding {
        rule: clause.id.clone(),
        severity: clause.severity,
        confidence: Confidence::High,
        message: String::new(),
        location: Location {
            path: path.to_owned(),
            line: Some(row.line),
            column: None,
            end_line: None,
            end_column: None,
            commit: None,
        },
        also: Vec::new(),
        place: None,
        token: None,
        issued: Vec::new(),
        verified: None,
        guidance: Vec::new(),
        fingerprint: fingerprint(&clause.id, row),
        help: Vec::new(),
        excerpt: None,
    }
}

/// What a finding is made of.
pub(super) struct Draft<'d> {
    pub(super) clause: &'d Clause,
    pub(super) validation: &'d Validation,
    pub(super) words: String,
    pub(super) row: &'d Row<'d>,
    pub(super) columns: &'d Columns,
    /// The report's path, safe to print.
    pub(super) path: &'d str,
    /// The row's text, and where the cell stands in it.
    pub(super) text: &'d str,
    pub(super) cell: Option<Range<usize>>,
    /// Where the request behind the token stands.
    pub(super) request: Option<&'d str>,
    pub(super) anonymous: bool,
}

/// The column that a condition underlines.
pub(super) fn column(validation: &Validation) -> Option<Column> {
    match validation.at.0.first() {
        Some(Step::Key(field)) => token::column(field),
        _ => None,
    }
}

impl Draft<'_> {
    /// The finding.
    pub(super) fn finding(self) -> Finding {
        let issued = issued(self.row, self.columns, self.anonymous);
        let number = match issued.user_id.as_str() {
            "" => "a user without number".to_owned(),
            number => format!("user {number}"),
        };
        let owner = match &issued.user_name {
            Some(name) => format!("{name} ({number})"),
            None => number,
        };
        let mut message = format!("{}: {}… of {owner}", safe(&self.words), issued.hint);
        if let Some(purpose) = &issued.purpose {
            message.push_str(&format!(", for “{purpose}”"));
        } else if let Some(app) = issued.app.as_ref().filter(|_| issued.kind != "user-generated") {
            message.push_str(&format!(", made by “{app}”"));
        }
        let mut help = Vec::new();
        let steps = self.validation.help.as_deref().map_or(String::new(), |help| {
            let clean = scrub(help);
            format!("{} ", printable(&clean))
        });
        help.push(format!("{steps}Source: {}.", self.clause.source));
        if let Some(request) = self.request {
            help.insert(0, format!("The request behind it is {request}."));
        }
        let columns = self.cell.clone().map(|cell| {
            let count = |end: usize| self.text.get(..end).map_or(0, |text| text.chars().count());
            (count(cell.start) as u64 + 1, count(cell.end) as u64 + 1)
        });
        let fingerprint = fingerprint(&self.clause.id, self.row);
        let excerpt = if self.anonymous { None } else { self.excerpt() };
        Finding {
            rule: self.clause.id.clone(),
            severity: self.clause.severity,
            confidence: Confidence::High,
            message,
            location: Location {
                path: self.path.to_owned(),
                line: Some(self.row.line),
                column: columns.map(|(start, _)| start),
                end_line: Some(self.row.line),
                end_column: columns.map(|(_, end)| end),
                commit: None,
            },
            also: Vec::new(),
            place: None,
            token: None,
            issued: vec![issued],
            verified: None,
            guidance: vec![Guidance {
                policy: self.clause.pack.clone(),
                clause: self.clause.id.clone(),
            }],
            fingerprint,
            help,
            excerpt,
        }
    }

    /// The row with its cell underlined, where it stands on one line, is not too long and holds
    /// nothing that has to be masked.
    fn excerpt(&self) -> Option<Excerpt> {
        let cell = self.cell.clone()?;
        let is_plain = self.text.len() <= LONGEST_SHOWN
            && !self.text.contains(['\n', '\r'])
            && scrub(self.text) == self.text;
        if !is_plain {
            return None;
        }
        let shown = |range: Range<usize>| self.text.get(range).map(printable);
        let before = shown(0..cell.start)?;
        let within = shown(cell.clone())?;
        let after = shown(cell.end..self.text.len())?;
        let span = before.len()..before.len() + within.len();
        Some(Excerpt {
            text: [&*before, &*within, &*after].concat(),
            span,
            first_line: self.row.line,
            label: self.clause.summary.trim_end_matches('.').to_owned(),
        })
    }
}

/// Text of a cell: masked, printable, of bounded length.
fn safe(text: &str) -> String {
    // what is cut off here could not be shown anyway, and what is left may still be masked
    let cut = text.char_indices().nth(4 * LONGEST_CELL).map_or(text, |(end, _)| &text[..end]);
    let clean = scrub(cut);
    let clean = printable(&clean);
    match clean.char_indices().nth(LONGEST_CELL) {
        None if cut.len() == text.len() => clean.into_owned(),
        None => format!("{clean}…"),
        Some((end, _)) => format!("{}…", &clean[..end]),
    }
}
