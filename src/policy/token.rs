//! What policies can ask of an issued token: its fields, as expressions name them, and the limits
//! that a project sets.

use super::shape::{Field, Kind, Shape};
use super::yaml::{Entry, Node, Value};
use crate::issued::{self, Column, Row, When};

const fn field(name: &'static str, kind: Kind, about: &'static str) -> Field {
    Field { name, kind, required: false, about }
}

/// What a token may have been made by.
pub(crate) const KINDS: &[&str] = &["user-generated", "mobile", "third-party"];

/// An issued token: a row of the report.
pub(crate) static TOKEN: Shape = Shape {
    name: "issued token",
    about: "a row of the report of issued tokens",
    fields: &[
        field("user_id", Kind::Text, "its owner's number in Canvas"),
        field("user_name", Kind::Text, "its owner's name"),
        field("email", Kind::Text, "its owner's mail address, where the report has it"),
        field("hint", Kind::Text, "its first five characters"),
        field("expires", Kind::Day, "the day on which it ends; absent: never"),
        field("last_used", Kind::Day, "the day on which it was last used; absent: never"),
        field("created", Kind::Day, "the day on which it was made; absent: not known"),
        field("status", Kind::Text, "active, pending or disabled, in small letters"),
        field("kind", Kind::OneOf(KINDS), "what it was made by"),
        field("app", Kind::Text, "the name of the developer key that it was made with"),
        field("app_id", Kind::Text, "the number of that key"),
        field("purpose", Kind::Text, "what it is for, where the report says so"),
    ],
};

/// The limits that a project sets for an audit.
pub(crate) static LIMITS: Shape = Shape {
    name: "limits",
    about: "what the command line and the configuration say of an audit",
    fields: &[
        field("unused_days", Kind::Number(0), "after how many days without use a token is idle"),
        field("renewal_days", Kind::Number(0), "how many days before its end a renewal is due"),
    ],
};

/// The limits of an audit, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// After how many days without use a token is idle.
    pub unused_days: u32,
    /// How many days before its end a renewal is due.
    pub renewal_days: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { unused_days: 90, renewal_days: 14 }
    }
}

impl Limits {
    /// As a tree that expressions read.
    pub(crate) fn node(self) -> Node {
        let number = |number: u32| Value::Int(i64::from(number));
        map([
            ("unused_days", Some(number(self.unused_days))),
            ("renewal_days", Some(number(self.renewal_days))),
        ])
    }
}

/// The column that a field of a token is read from.
pub(crate) fn column(field: &str) -> Option<Column> {
    Some(match field {
        "user_id" => Column::UserId,
        "user_name" => Column::UserName,
        "email" => Column::Email,
        "hint" => Column::Hint,
        "expires" => Column::Expires,
        "last_used" => Column::LastUsed,
        "created" => Column::Created,
        "status" => Column::Status,
        "kind" | "app" => Column::App,
        "app_id" => Column::AppId,
        "purpose" => Column::Purpose,
        _ => return None,
    })
}

/// Whether a token says nothing of this column where the report has none: of a missing expiry or
/// last use, nothing would be taken for "never".
pub(crate) fn is_needed(column: Column) -> bool {
    matches!(column, Column::Expires | Column::LastUsed | Column::App)
}

/// A row as a tree that expressions read.
pub(crate) fn node(row: &Row<'_>) -> Node {
    let text = |text: &str| (!text.is_empty()).then(|| Value::Text(text.to_owned()));
    let day = |when: When| when.day().map(|day| Value::Text(day.to_string()));
    map([
        ("user_id", text(row.user_id)),
        ("user_name", text(row.user_name)),
        ("email", text(row.email)),
        ("hint", text(row.hint)),
        ("expires", day(row.expires)),
        ("last_used", day(row.last_used)),
        ("created", day(row.created)),
        ("status", text(&row.status.to_lowercase())),
        ("kind", text(row.kind.as_str())),
        ("app", text(row.app)),
        ("app_id", text(row.app_id)),
        ("purpose", text(row.purpose)),
    ])
}

/// The row that a tree of the same fields stands for, as packs' tests write it.
pub(crate) fn row(node: &Node) -> Row<'_> {
    let text = |field: &str| node.get(field).and_then(Node::text).unwrap_or_default();
    let day = |field: &str| issued::read_date(text(field));
    let mut row = Row::blank();
    row.user_id = text("user_id");
    row.user_name = text("user_name");
    row.email = text("email");
    row.hint = text("hint");
    row.app_id = text("app_id");
    row.app = text("app");
    row.status = text("status");
    row.purpose = text("purpose");
    row.expires = day("expires");
    row.last_used = day("last_used");
    row.created = day("created");
    row.kind = issued::Kind::named(text("kind")).unwrap_or(issued::Kind::UserGenerated);
    row
}

fn map<const N: usize>(entries: [(&str, Option<Value>); N]) -> Node {
    let entries = entries
        .into_iter()
        .filter_map(|(key, value)| {
            let node = Node { span: 0..0, value: value? };
            Some(Entry { key: key.to_owned(), key_span: 0..0, node })
        })
        .collect();
    Node { span: 0..0, value: Value::Map(entries) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::manifest::MANIFEST;

    #[test]
    fn every_field_has_a_column_and_no_request_has_one_called_like_a_section() {
        for field in TOKEN.fields {
            assert!(column(field.name).is_some(), "{}", field.name);
        }
        for name in ["token", "limits"] {
            assert!(MANIFEST.field(name).is_none(), "{name}");
        }
    }
}
