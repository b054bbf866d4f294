//! One row of the report: whose token it is, what made it, and its dates.

use jiff::civil::Date;

use super::columns::{Column, Columns};
use super::dates::{self, When};
use crate::finding::HINT_LENGTH;

/// What a token was made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Its owner, or an administrator for them: what Canvas calls user-generated.
    UserGenerated,
    /// One of Canvas' mobile apps, at login.
    Mobile,
    /// An application that its owner let into Canvas.
    ThirdParty,
}

impl Kind {
    /// The kind that this word stands for.
    pub fn named(word: &str) -> Option<Self> {
        [Self::UserGenerated, Self::Mobile, Self::ThirdParty]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }

    /// The word that policies use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserGenerated => "user-generated",
            Self::Mobile => "mobile",
            Self::ThirdParty => "third-party",
        }
    }
}

/// The name of the developer key with which Canvas makes personal tokens.
const PERSONAL: &str = "User-Generated";

/// Names of the developer keys of Canvas' own mobile apps, in small letters: inferred from the
/// names under which the apps are published, since no primary source lists the keys.
const MOBILE: &[&str] = &["icanvas", "speedgrader", "magicmarker"];
/// Words of which one stands beside `canvas` in the name of such a key.
const MOBILE_WORDS: &[&str] =
    &["ios", "android", "iphone", "ipad", "student", "teacher", "parent", "mobile"];

/// How a token's kind is told from the name of its developer key.
#[derive(Debug, Clone, Default)]
pub struct Kinds {
    /// Further names of mobile apps, in small letters.
    mobile: Vec<String>,
}

impl Kinds {
    /// With names of further mobile apps.
    pub fn new(mobile: &[String]) -> Self {
        Self { mobile: mobile.iter().map(|name| name.trim().to_lowercase()).collect() }
    }

    fn of(&self, app: &str) -> Kind {
        if app.is_empty() || app.eq_ignore_ascii_case(PERSONAL) {
            return Kind::UserGenerated;
        }
        let name = app.to_lowercase();
        let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let is_named = self.mobile.contains(&name) || MOBILE.contains(&name.as_str());
        let is_canvas = words.next() == Some("canvas");
        match is_named || is_canvas && words.any(|word| MOBILE_WORDS.contains(&word)) {
            true => Kind::Mobile,
            false => Kind::ThirdParty,
        }
    }
}

/// A row. Cells are trimmed, and empty where the report has no such column.
#[derive(Debug, Clone, Copy)]
pub struct Row<'b> {
    /// The line on which it begins, counted from 1.
    pub line: u64,
    /// The owner's number in Canvas.
    pub user_id: &'b str,
    /// The owner's name.
    pub user_name: &'b str,
    /// The owner's mail address.
    pub email: &'b str,
    /// The token's hint: at most [`HINT_LENGTH`] characters of what the cell holds.
    pub hint: &'b str,
    /// The developer key's number.
    pub app_id: &'b str,
    /// The developer key's name.
    pub app: &'b str,
    /// Active, pending, disabled or deleted, as it is written.
    pub status: &'b str,
    /// What the token is for.
    pub purpose: &'b str,
    /// When it ends.
    pub expires: When,
    /// When it was last used.
    pub last_used: When,
    /// When it was made.
    pub created: When,
    /// What it was made by.
    pub kind: Kind,
    /// The columns whose cell can't be read, as a set of bits.
    unreadable: u16,
}

impl<'b> Row<'b> {
    /// Reads the cells.
    pub(super) fn new(
        line: u64,
        cell: impl Fn(Column) -> &'b str,
        columns: &Columns,
        kinds: &Kinds,
    ) -> Self {
        let app = cell(Column::App);
        let whole = cell(Column::Hint);
        let hint = hint(whole);
        let mut row = Self {
            line,
            user_id: cell(Column::UserId),
            user_name: cell(Column::UserName),
            email: cell(Column::Email),
            hint,
            app_id: cell(Column::AppId),
            app,
            status: cell(Column::Status),
            purpose: cell(Column::Purpose),
            expires: dates::read(cell(Column::Expires)),
            last_used: dates::read(cell(Column::LastUsed)),
            created: dates::read(cell(Column::Created)),
            kind: kinds.of(app),
            unreadable: 0,
        };
        let is_hint = hint.len() == HINT_LENGTH
            && whole.ends_with(hint)
            && hint.bytes().all(|byte| byte.is_ascii_alphanumeric());
        for (column, is_wrong) in [
            (Column::UserId, row.user_id.is_empty()),
            (Column::Hint, !is_hint),
            (Column::App, app.is_empty() && columns.has(Column::App)),
            (Column::Expires, row.expires == When::Unreadable),
            (Column::LastUsed, row.last_used == When::Unreadable),
            (Column::Created, row.created == When::Unreadable),
        ] {
            row.unreadable |= u16::from(is_wrong) << column as u16;
        }
        row
    }

    /// A row that says nothing, of a token that its owner made.
    pub fn blank() -> Self {
        Self {
            line: 1,
            user_id: "",
            user_name: "",
            email: "",
            hint: "",
            app_id: "",
            app: "",
            status: "",
            purpose: "",
            expires: When::Never,
            last_used: When::Never,
            created: When::Never,
            kind: Kind::UserGenerated,
            unreadable: 0,
        }
    }

    /// Whether the cell of `column` can't be read.
    pub fn is_unreadable(&self, column: Column) -> bool {
        self.unreadable >> column as u16 & 1 == 1
    }

    /// The columns whose cell can't be read, as a set of bits: that of a column is `1 << column`.
    pub fn unreadable(&self) -> u16 {
        self.unreadable
    }

    /// What is wrong with the row, if anything is; the cells themselves are not repeated.
    pub fn fault(&self) -> Option<String> {
        let wrong: Vec<String> = Column::all()
            .filter(|column| self.is_unreadable(*column))
            .map(|column| {
                let what = match column {
                    Column::UserId | Column::App => "is empty",
                    Column::Hint => "is not the five letters and digits that Canvas shows",
                    _ => "is no date",
                };
                format!("its {} {what}", column.name())
            })
            .collect();
        (!wrong.is_empty()).then(|| wrong.join(", "))
    }

    /// Whether the token can't work any more on the day `today`: it was deleted, or its last day
    /// has passed.
    pub fn is_over(&self, today: Date) -> bool {
        self.status.eq_ignore_ascii_case("deleted")
            || self.expires.day().is_some_and(|day| day < today)
    }
}

/// The hint in a cell, which may hold the shard before it; never more than a hint.
fn hint(cell: &str) -> &str {
    let hint = match cell.split_once('~') {
        Some((shard, hint)) if shard.bytes().all(|byte| byte.is_ascii_digit()) => hint,
        _ => cell,
    };
    match hint.char_indices().nth(HINT_LENGTH) {
        Some((end, _)) => hint.get(..end).unwrap_or_default(),
        None => hint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_from_the_developer_key() {
        let kinds = Kinds::new(&["Campus App".to_owned()]);
        for (app, kind) in [
            ("User-Generated", Kind::UserGenerated),
            ("user-generated", Kind::UserGenerated),
            ("Canvas for iOS", Kind::Mobile),
            ("Canvas Student (Android)", Kind::Mobile),
            ("Canvas Parent", Kind::Mobile),
            ("iCanvas", Kind::Mobile),
            ("campus app", Kind::Mobile),
            ("Gradebook Sync for Canvas iOS", Kind::ThirdParty),
            ("Canvas Data Exporter", Kind::ThirdParty),
            ("Student Success Tool", Kind::ThirdParty),
        ] {
            assert_eq!(kinds.of(app), kind, "{app}");
        }
    }

    #[test]
    fn a_hint_is_never_more_than_five_characters() {
        assert_eq!(hint("aB3xY"), "aB3xY");
        assert_eq!(hint("7~aB3xY"), "aB3xY");
        assert_eq!(hint("7~aB3xYmore"), "aB3xY");
        assert_eq!(hint("äöüäöü"), "äöüäö");
        assert_eq!(hint(""), "");
    }
}
