//! The quick way to ask a condition of a token: half a million rows are too many for a general
//! evaluation of each expression. What is not certain here (an error, a kind of value or a function
//! that this does not know) is left to the general way, so that the answers are the same; a test
//! holds the two against each other.

use std::borrow::Cow;
use std::cmp::Ordering;

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use jiff::civil::Date;

use super::Expression;
use super::compile::kind_of;
use super::facts::ASKS_PRESENCE;
use crate::issued::{Row, When};
use crate::policy::check::clauses::at_path;
use crate::policy::days::{after, between, parse_day};
use crate::policy::manifest::MANIFEST;
use crate::policy::shape::Kind;
use crate::policy::token::Limits;
use crate::policy::yaml::{Node, Path, Value};

/// What a condition can ask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quickly<'a> {
    /// The row.
    pub(crate) row: &'a Row<'a>,
    /// The request behind it.
    pub(crate) request: Option<&'a Node>,
    /// The limits.
    pub(crate) limits: Limits,
    /// The day of the audit.
    pub(crate) today: Date,
}

/// A condition that can be asked the quick way.
#[derive(Debug, Clone)]
pub(crate) struct Quick(Op);

impl Quick {
    /// The quick form of `expression`, if all of it is known here.
    pub(crate) fn of(expression: &Expression) -> Option<Self> {
        op(&expression.tree).map(Self)
    }

    /// Whether the condition holds; `None` leaves the answer to the general way.
    pub(crate) fn holds(&self, facts: &Quickly<'_>) -> Option<bool> {
        match self.0.ask(facts)? {
            Answer::Bool(holds) => Some(holds),
            _ => None,
        }
    }
}

#[derive(Debug, Clone)]
enum Op {
    Text(String),
    Int(i64),
    Bool(bool),
    Null,
    Today,
    Token(Field),
    Request(Path, Kind),
    IsGiven(Box<Op>),
    HasSection(Path),
    Limit(Limit),
    Not(Box<Op>),
    And(Box<[Op; 2]>),
    Or(Box<[Op; 2]>),
    If(Box<[Op; 3]>),
    Equals(Box<[Op; 2]>, bool),
    Compare(Box<[Op; 2]>, fn(Ordering) -> bool),
    Add(Box<[Op; 2]>),
    Less(Box<[Op; 2]>),
    OneOf(Box<Op>, Vec<String>),
    Days(Box<Op>),
    Blank(Box<Op>),
    Lower(Box<Op>),
    Trim(Box<Op>),
    Holds(Box<[Op; 2]>, fn(&str, &str) -> bool),
}

#[derive(Debug, Clone, Copy)]
enum Field {
    UserId,
    UserName,
    Email,
    Hint,
    Expires,
    LastUsed,
    Created,
    Status,
    Kind,
    App,
    AppId,
    Purpose,
}

#[derive(Debug, Clone, Copy)]
enum Limit {
    Unused,
    Renewal,
}

#[derive(Debug, Clone)]
enum Answer<'a> {
    Absent,
    Bool(bool),
    Int(i64),
    Day(Date),
    Days(i64),
    Text(Cow<'a, str>),
}

impl Op {
    fn ask<'a>(&'a self, facts: &Quickly<'a>) -> Option<Answer<'a>> {
        Some(match self {
            Self::Text(text) => Answer::Text(Cow::Borrowed(text)),
            Self::Int(number) => Answer::Int(*number),
            Self::Bool(value) => Answer::Bool(*value),
            Self::Null => Answer::Absent,
            Self::Today => Answer::Day(facts.today),
            Self::Token(field) => token(*field, facts.row),
            Self::Request(path, kind) => request(path, *kind, facts)?,
            Self::IsGiven(op) => Answer::Bool(!matches!(op.ask(facts)?, Answer::Absent)),
            Self::HasSection(path) => {
                let node = facts.request.and_then(|root| at_path(root, path));
                Answer::Bool(node.is_some_and(|node| !node.is_null()))
            }
            Self::Limit(Limit::Unused) => Answer::Int(i64::from(facts.limits.unused_days)),
            Self::Limit(Limit::Renewal) => Answer::Int(i64::from(facts.limits.renewal_days)),
            Self::Not(op) => Answer::Bool(!op.truth(facts)?),
            Self::And(both) => {
                let [left, right] = &**both;
                Answer::Bool(left.truth(facts)? && right.truth(facts)?)
            }
            Self::Or(both) => {
                let [left, right] = &**both;
                Answer::Bool(left.truth(facts)? || right.truth(facts)?)
            }
            Self::If(parts) => {
                let [asked, then, otherwise] = &**parts;
                if asked.truth(facts)? { then.ask(facts)? } else { otherwise.ask(facts)? }
            }
            Self::Equals(both, wanted) => {
                let [left, right] = &**both;
                Answer::Bool(equal(&left.ask(facts)?, &right.ask(facts)?)? == *wanted)
            }
            Self::Compare(both, fits) => {
                let [left, right] = &**both;
                Answer::Bool(fits(order(&left.ask(facts)?, &right.ask(facts)?)?))
            }
            Self::Add(both) => {
                let [left, right] = &**both;
                match (left.ask(facts)?, right.ask(facts)?) {
                    (Answer::Day(day), Answer::Days(count)) => Answer::Day(after(day, count)),
                    (Answer::Int(one), Answer::Int(two)) => Answer::Int(one.checked_add(two)?),
                    _ => return None,
                }
            }
            Self::Less(both) => {
                let [left, right] = &**both;
                match (left.ask(facts)?, right.ask(facts)?) {
                    (Answer::Day(to), Answer::Day(from)) => Answer::Days(between(from, to)),
                    (Answer::Day(day), Answer::Days(count)) => {
                        Answer::Day(after(day, count.saturating_neg()))
                    }
                    (Answer::Int(one), Answer::Int(two)) => Answer::Int(one.checked_sub(two)?),
                    _ => return None,
                }
            }
            Self::OneOf(op, words) => match op.ask(facts)? {
                Answer::Text(text) => Answer::Bool(words.iter().any(|word| *word == text)),
                _ => return None,
            },
            Self::Days(op) => match op.ask(facts)? {
                Answer::Int(number) => Answer::Days(number),
                _ => return None,
            },
            Self::Blank(op) => match op.ask(facts)? {
                Answer::Absent => Answer::Bool(true),
                Answer::Text(text) => Answer::Bool(text.trim().is_empty()),
                _ => return None,
            },
            Self::Lower(op) => Answer::Text(Cow::Owned(op.text(facts)?.to_lowercase())),
            Self::Trim(op) => Answer::Text(match op.text(facts)? {
                Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
                Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
            }),
            Self::Holds(both, asks) => {
                let [whole, part] = &**both;
                match (whole.ask(facts)?, part.ask(facts)?) {
                    (Answer::Text(whole), Answer::Text(part)) => Answer::Bool(asks(&whole, &part)),
                    _ => return None,
                }
            }
        })
    }

    fn truth(&self, facts: &Quickly<'_>) -> Option<bool> {
        match self.ask(facts)? {
            Answer::Bool(holds) => Some(holds),
            _ => None,
        }
    }

    /// As text; what is absent is blank, as for the functions themselves.
    fn text<'a>(&'a self, facts: &Quickly<'a>) -> Option<Cow<'a, str>> {
        match self.ask(facts)? {
            Answer::Text(text) => Some(text),
            Answer::Absent => Some(Cow::Borrowed("")),
            _ => None,
        }
    }
}

fn token<'a>(field: Field, row: &'a Row<'a>) -> Answer<'a> {
    let text = |text: &'a str| match text {
        "" => Answer::Absent,
        text => Answer::Text(Cow::Borrowed(text)),
    };
    let day = |when: When| when.day().map_or(Answer::Absent, Answer::Day);
    match field {
        Field::UserId => text(row.user_id),
        Field::UserName => text(row.user_name),
        Field::Email => text(row.email),
        Field::Hint => text(row.hint),
        Field::Expires => day(row.expires),
        Field::LastUsed => day(row.last_used),
        Field::Created => day(row.created),
        Field::Status if row.status.is_empty() => Answer::Absent,
        Field::Status => Answer::Text(Cow::Owned(row.status.to_lowercase())),
        Field::Kind => text(row.kind.as_str()),
        Field::App => text(row.app),
        Field::AppId => text(row.app_id),
        Field::Purpose => text(row.purpose),
    }
}

fn request<'a>(path: &Path, kind: Kind, facts: &Quickly<'a>) -> Option<Answer<'a>> {
    let Some(node) = facts.request.and_then(|root| at_path(root, path)) else {
        return Some(Answer::Absent);
    };
    Some(match (kind, &node.value) {
        (Kind::Day, Value::Text(text)) => parse_day(text).map_or(Answer::Absent, Answer::Day),
        (Kind::Text | Kind::OneOf(_) | Kind::Hint(_), Value::Text(text)) => {
            Answer::Text(Cow::Borrowed(text))
        }
        (Kind::Bool, Value::Bool(value)) => Answer::Bool(*value),
        (Kind::Number(_), Value::Int(number)) => Answer::Int(*number),
        (Kind::List(_) | Kind::Section(_) | Kind::Any, _) => return None,
        _ => Answer::Absent,
    })
}

fn equal(left: &Answer<'_>, right: &Answer<'_>) -> Option<bool> {
    Some(match (left, right) {
        (Answer::Absent, Answer::Absent) => true,
        (Answer::Absent, _) | (_, Answer::Absent) => false,
        (Answer::Bool(one), Answer::Bool(two)) => one == two,
        (Answer::Int(one), Answer::Int(two)) => one == two,
        (Answer::Day(one), Answer::Day(two)) => one == two,
        (Answer::Days(one), Answer::Days(two)) => one == two,
        (Answer::Text(one), Answer::Text(two)) => one == two,
        _ => return None,
    })
}

fn order(left: &Answer<'_>, right: &Answer<'_>) -> Option<Ordering> {
    match (left, right) {
        (Answer::Int(one), Answer::Int(two)) => Some(one.cmp(two)),
        (Answer::Day(one), Answer::Day(two)) => Some(one.cmp(two)),
        (Answer::Days(one), Answer::Days(two)) => Some(one.cmp(two)),
        _ => None,
    }
}

fn op(node: &IdedExpr) -> Option<Op> {
    match &node.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(Op::Text(text.inner().to_owned())),
        Expr::Literal(LiteralValue::Int(number)) => Some(Op::Int(*number.inner())),
        Expr::Literal(LiteralValue::Boolean(value)) => Some(Op::Bool(*value.inner())),
        Expr::Literal(LiteralValue::Null) => Some(Op::Null),
        Expr::Ident(name) => ident(name),
        Expr::Call(call) => self::call(call),
        _ => None,
    }
}

fn ident(name: &str) -> Option<Op> {
    if name == "today" {
        return Some(Op::Today);
    }
    let (asks, name) = match name.strip_prefix(ASKS_PRESENCE) {
        Some(name) => (true, name),
        None => (false, name),
    };
    let (root, field) = name.split_once('.')?;
    let value = match (root, field) {
        ("token", field) => Op::Token(match field {
            "user_id" => Field::UserId,
            "user_name" => Field::UserName,
            "email" => Field::Email,
            "hint" => Field::Hint,
            "expires" => Field::Expires,
            "last_used" => Field::LastUsed,
            "created" => Field::Created,
            "status" => Field::Status,
            "kind" => Field::Kind,
            "app" => Field::App,
            "app_id" => Field::AppId,
            "purpose" => Field::Purpose,
            _ => return None,
        }),
        ("limits", "unused_days") => Op::Limit(Limit::Unused),
        ("limits", "renewal_days") => Op::Limit(Limit::Renewal),
        ("request", field) => {
            let path = Path::parse(field)?;
            if asks {
                // presence is asked of the node, whatever stands in it
                return Some(Op::HasSection(path));
            }
            let kind = kind_of(&MANIFEST, &path)?;
            Op::Request(path, kind)
        }
        _ => return None,
    };
    Some(if asks { Op::IsGiven(Box::new(value)) } else { value })
}

fn call(call: &CallExpr) -> Option<Op> {
    let mut parts = call.target.iter().map(|target| &**target).chain(&call.args);
    let one = |parts: &mut dyn Iterator<Item = &IdedExpr>| op(parts.next()?).map(Box::new);
    let two = |parts: &mut dyn Iterator<Item = &IdedExpr>| {
        Some(Box::new([op(parts.next()?)?, op(parts.next()?)?]))
    };
    Some(match call.func_name.as_str() {
        operators::LOGICAL_NOT => Op::Not(one(&mut parts)?),
        operators::LOGICAL_AND => Op::And(two(&mut parts)?),
        operators::LOGICAL_OR => Op::Or(two(&mut parts)?),
        operators::CONDITIONAL => {
            let [asked, then] = *two(&mut parts)?;
            Op::If(Box::new([asked, then, *one(&mut parts)?]))
        }
        operators::EQUALS => Op::Equals(two(&mut parts)?, true),
        operators::NOT_EQUALS => Op::Equals(two(&mut parts)?, false),
        operators::LESS => Op::Compare(two(&mut parts)?, Ordering::is_lt),
        operators::LESS_EQUALS => Op::Compare(two(&mut parts)?, Ordering::is_le),
        operators::GREATER => Op::Compare(two(&mut parts)?, Ordering::is_gt),
        operators::GREATER_EQUALS => Op::Compare(two(&mut parts)?, Ordering::is_ge),
        operators::ADD => Op::Add(two(&mut parts)?),
        operators::SUBSTRACT => Op::Less(two(&mut parts)?),
        operators::IN => {
            let element = one(&mut parts)?;
            let Expr::List(list) = &parts.next()?.expr else { return None };
            let words = list.elements.iter().map(|element| match &element.expr {
                Expr::Literal(LiteralValue::String(text)) => Some(text.inner().to_owned()),
                _ => None,
            });
            Op::OneOf(element, words.collect::<Option<_>>()?)
        }
        "days" => Op::Days(one(&mut parts)?),
        "blank" => Op::Blank(one(&mut parts)?),
        "lower" => Op::Lower(one(&mut parts)?),
        "trim" => Op::Trim(one(&mut parts)?),
        "startsWith" => Op::Holds(two(&mut parts)?, |whole, part| whole.starts_with(part)),
        "endsWith" => Op::Holds(two(&mut parts)?, |whole, part| whole.ends_with(part)),
        "contains" => Op::Holds(two(&mut parts)?, |whole, part| whole.contains(part)),
        _ => return None,
    })
}
