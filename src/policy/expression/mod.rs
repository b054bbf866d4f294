//! Policy expressions: the Common Expression Language behind a module of ours. An expression is
//! checked when it is compiled (its fields, words and functions have to exist, its cost is
//! bounded), and evaluated in microseconds.
//!
//! Fields of the request are resolved as a whole (`request.storage.place` is one look-up in the
//! manifest's tree), so that a field which is not there is `null` instead of an error.

mod compile;
mod facts;
mod quick;

pub(crate) use compile::kind_of;
pub(crate) use facts::Facts;
pub(crate) use quick::{Quick, Quickly};

use cel::common::types::{CelBool, CelString};
use cel::common::value::CowVal;
use cel::{Context, Value};
use jiff::civil::Date;

use super::functions::ENVIRONMENT;
use super::manifest::MANIFEST;
use super::shape::Shape;
use super::token::{LIMITS, TOKEN};
use super::values::Day;
use super::yaml::{Path, Step};

/// What an expression is about, and so which variables it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Scope {
    /// A request: `request`, `today`, and `entry` beside `each`.
    #[default]
    Request,
    /// An issued token: `token`, `request` (the one behind it), `limits` and `today`.
    Token,
}

impl Scope {
    /// The section that a variable stands for, and the path that its fields are read under. Paths
    /// of a request's fields have no prefix, and no field of a request is called like another
    /// section.
    fn section(self, name: &str) -> Option<(Path, &'static Shape)> {
        let below = |name: &str| Path(vec![Step::Key(name.to_owned())]);
        match (name, self) {
            ("request", _) => Some((Path::default(), &MANIFEST)),
            ("token", Self::Token) => Some((below(name), &TOKEN)),
            ("limits", Self::Token) => Some((below(name), &LIMITS)),
            _ => None,
        }
    }

    /// The variables.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Request => &["request", "entry", "today"],
            Self::Token => &["token", "request", "limits", "today"],
        }
    }
}

/// An expression that is ready to be evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    tree: cel::IdedExpr,
    /// The fields that it reads, each as far as it looks: `has(request.issuance)` reads
    /// `issuance`, but nothing in it.
    pub(crate) reads: Vec<Path>,
}

/// Why an expression can't be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExpressionFault {
    /// What is wrong, naming the part of the expression.
    pub(crate) message: String,
    /// How to mend it.
    pub(crate) help: Option<String>,
}

impl Expression {
    /// Compiles `text`. With `each`, `entry` stands for an entry of that list.
    pub(crate) fn compile(
        text: &str,
        each: Option<&Path>,
        scope: Scope,
    ) -> Result<Self, Vec<ExpressionFault>> {
        compile::compile(text, each, scope)
    }

    /// Whether it holds for these facts.
    pub(crate) fn holds(&self, facts: &Facts<'_>) -> Result<bool, String> {
        self.evaluate(facts, |value| value.downcast_ref::<CelBool>().map(|holds| *holds.inner()))?
            .ok_or_else(|| "the answer is not true or false".to_owned())
    }

    /// The text that it makes of these facts.
    pub(crate) fn text(&self, facts: &Facts<'_>) -> Result<String, String> {
        self.evaluate(facts, |value| {
            value.downcast_ref::<CelString>().map(|text| text.inner().to_owned())
        })?
        .ok_or_else(|| "the answer is not text".to_owned())
    }

    /// The day that it makes of these facts.
    pub(crate) fn day(&self, facts: &Facts<'_>) -> Result<Date, String> {
        self.evaluate(facts, |value| value.downcast_ref::<Day>().map(|day| day.0))?
            .ok_or_else(|| "the answer is not a day".to_owned())
    }

    fn evaluate<T>(
        &self,
        facts: &Facts<'_>,
        read: impl FnOnce(&CowVal<'_, '_>) -> Option<T>,
    ) -> Result<Option<T>, String> {
        let Some(environment) = ENVIRONMENT.as_ref() else {
            return Err("the functions of expressions are not at hand".to_owned());
        };
        let mut context = Context::with_env(std::sync::Arc::clone(environment));
        context.set_variable_resolver(facts);
        let value = Value::resolve_val(&self.tree, &context).map_err(|error| reword(&error))?;
        Ok(read(&value))
    }
}

/// An error of the evaluation without the library's way of writing values.
fn reword(error: &cel::ExecutionError) -> String {
    use cel::ExecutionError as E;
    match error {
        E::FunctionError { function, message } => format!("{function}: {message}"),
        E::NoSuchOverload(error) => {
            let types: Vec<&str> =
                error.argument_types().iter().map(|name| in_words(name)).collect();
            format!("`{}` does not take {}", plain(error.function()), types.join(" and "))
        }
        E::UnsupportedBinaryOperator(name, ..) => {
            format!("`{name}` does not take what it was given")
        }
        E::NoSuchKey(key) => format!("there is no `{key}`"),
        E::UndeclaredReference(name) => format!("there is no `{name}`"),
        E::ValuesNotComparable(..) => "two things were compared that can't be".to_owned(),
        E::IndexOutOfBounds(_) => "a list is shorter than its index".to_owned(),
        E::DivisionByZero(_) | E::RemainderByZero(_) => "a division by zero".to_owned(),
        E::Overflow(..) => "a number is too large".to_owned(),
        _ => "it can't be worked out".to_owned(),
    }
}

/// A type of the library's in the reader's words.
fn in_words(name: &str) -> &str {
    match name {
        "null_type" => "nothing (a field that is not there)",
        "day" => "a day",
        "days" => "a number of days",
        "string" => "text",
        "bool" => "true or false",
        "int" | "uint" | "double" => "a number",
        "list" => "a list",
        other => other,
    }
}

fn plain(operator: &str) -> &str {
    match operator {
        "@in" => "in",
        other => other.trim_matches('_'),
    }
}

#[cfg(test)]
mod quick_tests;
#[cfg(test)]
mod tests;
