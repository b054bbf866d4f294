//! What an expression can ask: the request's fields, the entry at hand, today, the holidays.

use std::collections::HashMap;
use std::sync::Arc;

use cel::common::types::{CelBool, CelInt, CelList, CelMap, CelString};
use cel::common::value::{CowVal, Val};
use cel::context::VariableResolver;
use jiff::civil::Date;

use crate::policy::days::{Holidays, parse_day};
use crate::policy::functions;
use crate::policy::manifest::MANIFEST;
use crate::policy::shape::{Kind, Shape};
use crate::policy::token::{LIMITS, TOKEN};
use crate::policy::values::{Absent, Day, HolidayList};
use crate::policy::yaml::{Node, Value};

/// Marks a name that asks whether a field is there, instead of for its value.
pub(super) const ASKS_PRESENCE: char = '?';

/// What expressions can ask about one request.
#[derive(Debug, Clone)]
pub(crate) struct Facts<'t> {
    /// The manifest's tree.
    pub(crate) root: &'t Node,
    /// The entry that `entry` stands for, and what it is.
    pub(crate) entry: Option<(&'t Node, Kind)>,
    /// The issued token that is judged and the limits that it is judged by.
    pub(crate) token: Option<(&'t Node, &'t Node)>,
    /// The day on which the check is made.
    pub(crate) today: Date,
    /// The days on which nobody works.
    pub(crate) holidays: Arc<Holidays>,
}

impl VariableResolver for Facts<'_> {
    fn resolve<'b>(&'b self, name: &str) -> Option<CowVal<'b, 'b>> {
        if let Some(name) = name.strip_prefix(ASKS_PRESENCE) {
            let (node, _) = self.find(name)?;
            let given = node.is_some_and(|node| !node.is_null());
            return Some(CowVal::owned(CelBool::from(given)));
        }
        if name == functions::HOLIDAYS {
            return Some(CowVal::owned(HolidayList(Arc::clone(&self.holidays))));
        }
        if name == "today" {
            return Some(CowVal::owned(Day(self.today)));
        }
        let (node, kind) = self.find(name)?;
        Some(CowVal::Owned(value(node, kind)))
    }
}

impl Facts<'_> {
    /// The node that `name` (`request.storage.place`) speaks of, and what it should be; `None` for
    /// names that are none of these.
    pub(super) fn find<'b>(&'b self, name: &str) -> Option<(Option<&'b Node>, Kind)> {
        let mut parts = name.split('.');
        let (mut node, mut kind) = match parts.next()? {
            "request" => (Some(self.root), Kind::Section(&MANIFEST)),
            "token" => self.token.map(|(node, _)| (Some(node), Kind::Section(&TOKEN)))?,
            "limits" => self.token.map(|(_, node)| (Some(node), Kind::Section(&LIMITS)))?,
            "entry" => self.entry.map(|(node, kind)| (Some(node), kind))?,
            _ => return None,
        };
        for part in parts {
            let Kind::Section(shape) = kind else {
                return None;
            };
            kind = shape.field(part)?.kind;
            node = node.and_then(|node| node.get(part));
        }
        Some((node, kind))
    }
}

/// What CEL sees of a node that should be of this kind; what is of another kind counts as absent,
/// since nothing that needs it is judged.
fn value<'b>(node: Option<&'b Node>, kind: Kind) -> Box<dyn Val + 'b> {
    let Some(node) = node else {
        return Box::new(Absent);
    };
    match (kind, &node.value) {
        (Kind::Day, Value::Text(text)) => match parse_day(text) {
            Some(day) => Box::new(Day(day)),
            None => Box::new(Absent),
        },
        (Kind::Text | Kind::OneOf(_) | Kind::Hint(_), Value::Text(text)) => {
            Box::new(CelString::from(text.as_str()))
        }
        (Kind::Bool, Value::Bool(value)) => Box::new(CelBool::from(*value)),
        (Kind::Number(_), Value::Int(number)) => Box::new(CelInt::from(*number)),
        (Kind::List(kind), Value::List(elements)) => {
            let values: Vec<Box<dyn Val + 'b>> =
                elements.iter().map(|element| value(Some(element), *kind)).collect();
            Box::new(CelList::from(values))
        }
        (Kind::Section(shape), Value::Map(_)) => Box::new(section(node, shape)),
        _ => Box::new(Absent),
    }
}

fn section<'b>(node: &'b Node, shape: &Shape) -> CelMap<'b> {
    let fields: HashMap<_, _> = shape
        .fields
        .iter()
        .map(|field| (field.name.into(), value(node.get(field.name), field.kind)))
        .collect();
    CelMap::from(fields)
}
