//! The report's columns, by their names: in any order, in any letter case, with blanks or
//! underscores; those that are not known are passed over.

use thiserror::Error;

use crate::finding::{printable, scrub};

/// A column that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// The owner's number in Canvas.
    UserId,
    /// The owner's name, sortable.
    UserName,
    /// The owner's mail address.
    Email,
    /// The first five characters of the token.
    Hint,
    /// When it ends.
    Expires,
    /// When it was last used.
    LastUsed,
    /// The number of the developer key that it was made with.
    AppId,
    /// That key's name.
    App,
    /// Whether it is active, pending, disabled or deleted.
    Status,
    /// When it was made.
    Created,
    /// What it is for.
    Purpose,
}

/// Every column, with the names that it is known by; the first is the one that messages use.
const NAMES: [(Column, &[&str]); Column::COUNT] = [
    (Column::UserId, &["user id", "canvas user id"]),
    (Column::UserName, &["user name", "sortable name"]),
    (Column::Email, &["user email", "email", "email address"]),
    (Column::Hint, &["token hint", "hint"]),
    (Column::Expires, &["expiration", "expires", "expires at", "expiration date"]),
    (Column::LastUsed, &["last used", "last used at"]),
    (Column::AppId, &["dev key id", "developer key id"]),
    (Column::App, &["dev key name", "developer key name"]),
    (Column::Status, &["status", "token status"]),
    (Column::Created, &["creation", "created", "created at", "creation date"]),
    (Column::Purpose, &["purpose", "token purpose"]),
];

impl Column {
    /// How many there are.
    pub const COUNT: usize = 11;

    /// Every column.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(column, _)| *column)
    }

    /// The name that messages use.
    pub fn name(self) -> &'static str {
        NAMES.get(self as usize).and_then(|(_, names)| names.first()).copied().unwrap_or_default()
    }

    fn named(text: &str) -> Option<Self> {
        let plain = text.to_lowercase().replace(['_', '-'], " ");
        let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        NAMES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(column, _)| *column)
    }
}

/// Where each column stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    places: [Option<usize>; Column::COUNT],
    /// How many columns the first line names.
    pub width: usize,
}

/// A first line that does not name the columns that are needed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "this is no report of issued tokens: its first line names {found}, and {} {missing}",
    if *several { "these columns are missing:" } else { "this column is missing:" }
)]
pub struct HeaderError {
    /// What the first line names, safe to print.
    pub found: String,
    /// What is missing.
    pub missing: String,
    /// Whether more than one column is.
    pub several: bool,
}

/// How many of the names that were found an error lists.
const MOST_NAMES: usize = 12;

impl Columns {
    /// Finds the columns in the cells of the first line.
    ///
    /// # Errors
    ///
    /// If one of `needed` is not among them.
    pub fn find<'c>(
        cells: impl Iterator<Item = &'c str>,
        needed: &[Column],
    ) -> Result<Self, HeaderError> {
        let mut columns = Self { places: [None; Column::COUNT], width: 0 };
        let mut names = Vec::new();
        for cell in cells {
            if names.len() < MOST_NAMES && !cell.trim().is_empty() {
                names.push(shown(cell));
            }
            if let Some(column) = Column::named(cell)
                && let Some(place) = columns.places.get_mut(column as usize)
                && place.is_none()
            {
                *place = Some(columns.width);
            }
            columns.width += 1;
        }
        let missing: Vec<&str> = needed
            .iter()
            .filter(|column| columns.place(**column).is_none())
            .map(|column| column.name())
            .collect();
        if missing.is_empty() {
            return Ok(columns);
        }
        let mut found = names.join(", ");
        if names.is_empty() {
            found = "nothing".to_owned();
        } else if columns.width > MOST_NAMES {
            found.push_str(", …");
        }
        Err(HeaderError { found, several: missing.len() > 1, missing: missing.join(", ") })
    }

    /// Where the column stands, counted from 0.
    pub fn place(&self, column: Column) -> Option<usize> {
        self.places.get(column as usize).copied().flatten()
    }

    /// Whether the report has it.
    pub fn has(&self, column: Column) -> bool {
        self.place(column).is_some()
    }

    /// How many columns were found.
    pub(super) fn known(&self) -> usize {
        self.places.iter().flatten().count()
    }
}

/// A name of a column as an error may show it.
fn shown(cell: &str) -> String {
    const LONGEST: usize = 40;
    let cell: String = cell.trim().chars().take(LONGEST * 2).collect();
    let clean = scrub(&cell);
    let clean = printable(&clean);
    let mut short: String = clean.chars().take(LONGEST).collect();
    if short.len() < clean.len() {
        short.push('…');
    }
    format!("“{short}”")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_columns() {
        for (place, (column, names)) in NAMES.iter().enumerate() {
            assert_eq!(*column as usize, place);
            assert_eq!(Column::named(names[0]), Some(*column));
        }
    }

    #[test]
    fn names_are_found_however_they_are_written() {
        let header = ["x", "TOKEN_HINT", " User  ID ", "", "Expiration", "token hint"];
        let needed = [Column::UserId, Column::Hint, Column::Expires];
        let columns = Columns::find(header.into_iter(), &needed).unwrap();
        assert_eq!(columns.place(Column::Hint), Some(1));
        assert_eq!(columns.place(Column::UserId), Some(2));
        assert!(!columns.has(Column::Purpose));
        assert_eq!(columns.width, 6);
    }

    #[test]
    fn an_error_names_what_was_found_and_what_is_missing() {
        let needed = [Column::UserId, Column::Hint];
        let error = Columns::find(["course id", "\u{1b}[31mx"].into_iter(), &needed).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("“course id”, “␛[31mx”"), "{text}");
        assert!(text.contains("user id, token hint"), "{text}");
    }
}
