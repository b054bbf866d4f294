//! The functions that policy expressions can call besides CEL's own. `docs/policy-packs.md`
//! documents each with examples that a test runs.

use std::sync::{Arc, LazyLock};

use cel::common::types::{CelBool, CelInt, CelString, DYN_TYPE, INT_TYPE, NULL_TYPE};
use cel::common::value::{CowVal, Val};
use cel::{DeclarationError, Env, ExecutionError};
use jiff::civil::Date;

use super::days;
use super::values::{Absent, DAY, DAYS, Day, Days, HolidayList};

type Answer<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

/// The functions of ours: name, and whether the list of holidays is handed to them unseen.
pub(super) const OURS: &[(&str, bool)] = &[
    ("days", false),
    ("businessDaysAfter", true),
    ("isBusinessDay", true),
    ("blank", false),
    ("trim", false),
    ("lower", false),
    ("words", false),
    ("letters", false),
];

/// The functions of CEL that policies may call.
pub(super) const STANDARD: &[&str] =
    &["size", "string", "int", "contains", "startsWith", "endsWith"];

/// The name under which expressions are handed the holidays.
pub(super) const HOLIDAYS: &str = "@holidays";
/// What `has(x.y)` on a list's entry becomes.
pub(super) const GIVEN: &str = "@given";

/// The environment that all expressions share; `None` only if two functions of it had one name,
/// which a test rules out.
pub(super) static ENVIRONMENT: LazyLock<Option<Arc<Env>>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    declare(&mut env).ok()?;
    Some(Arc::new(env))
});

fn declare(env: &mut Env) -> Result<(), DeclarationError> {
    let any = || vec![DYN_TYPE.to_owned()];
    env.add_overload("days", "days_int", vec![INT_TYPE.to_owned()], |args| {
        Ok(CowVal::owned(Days(integer(&args, 0)?)))
    })?;
    env.add_overload(
        "businessDaysAfter",
        "business_days_after",
        vec![DYN_TYPE.to_owned(), INT_TYPE.to_owned(), DYN_TYPE.to_owned()],
        business_days_after,
    )?;
    env.add_overload(
        "isBusinessDay",
        "is_business_day",
        vec![DYN_TYPE.to_owned(), DYN_TYPE.to_owned()],
        is_business_day,
    )?;
    env.add_overload("string", "string_day", vec![DAY.to_owned()], |args| {
        Ok(text(day(&args, 0)?.to_string()))
    })?;
    env.add_overload("string", "string_days", vec![DAYS.to_owned()], |args| {
        let days = args.first().and_then(|arg| arg.downcast_ref::<Days>());
        Ok(text(days.map(ToString::to_string).unwrap_or_default()))
    })?;
    env.add_overload("string", "string_null", vec![NULL_TYPE.to_owned()], |_| {
        Ok(text(String::new()))
    })?;
    env.add_overload("size", "size_null", vec![NULL_TYPE.to_owned()], |_| {
        Ok(CowVal::owned(CelInt::from(0)))
    })?;
    env.add_overload("blank", "blank_any", any(), |args| {
        let blank = match args.first() {
            Some(arg) => is_absent(arg) || words_of(arg).is_some_and(|text| text.trim().is_empty()),
            None => true,
        };
        Ok(CowVal::owned(CelBool::from(blank)))
    })?;
    env.add_overload("trim", "trim_any", any(), |args| {
        Ok(text(string(&args, "trim")?.trim().to_owned()))
    })?;
    env.add_overload("lower", "lower_any", any(), |args| {
        Ok(text(string(&args, "lower")?.to_lowercase()))
    })?;
    env.add_overload("words", "words_any", any(), |args| {
        count(string(&args, "words")?.split_whitespace().count())
    })?;
    env.add_overload("letters", "letters_any", any(), |args| {
        let letters = string(&args, "letters")?;
        count(letters.chars().filter(|c| c.is_alphabetic()).count())
    })?;
    env.add_overload(GIVEN, "given_any", any(), |args| {
        let given = args.first().is_some_and(|arg| !is_absent(arg));
        Ok(CowVal::owned(CelBool::from(given)))
    })
}

fn text<'b, 'v>(text: String) -> CowVal<'b, 'v> {
    CowVal::owned(CelString::from(text))
}

fn count<'b, 'v>(count: usize) -> Answer<'b, 'v> {
    Ok(CowVal::owned(CelInt::from(i64::try_from(count).unwrap_or(i64::MAX))))
}

fn is_absent(value: &CowVal<'_, '_>) -> bool {
    Absent.equals(value.as_ref())
}

fn words_of<'a>(value: &'a CowVal<'_, '_>) -> Option<&'a str> {
    value.downcast_ref::<CelString>().map(CelString::inner)
}

fn wrong(function: &str, what: &str) -> ExecutionError {
    ExecutionError::function_error(function, what)
}

/// The text that a function was given; what is absent counts as blank.
fn string<'a>(args: &'a [CowVal<'_, '_>], function: &str) -> Result<&'a str, ExecutionError> {
    match args.first() {
        Some(arg) if is_absent(arg) => Ok(""),
        Some(arg) => words_of(arg).ok_or_else(|| wrong(function, "it takes text")),
        None => Err(wrong(function, "it takes text")),
    }
}

fn integer(args: &[CowVal<'_, '_>], at: usize) -> Result<i64, ExecutionError> {
    args.get(at)
        .and_then(|arg| arg.downcast_ref::<CelInt>())
        .map(|number| *number.inner())
        .ok_or_else(|| wrong("days", "it takes a whole number"))
}

fn day(args: &[CowVal<'_, '_>], at: usize) -> Result<Date, ExecutionError> {
    args.get(at)
        .and_then(|arg| arg.downcast_ref::<Day>())
        .map(|day| day.0)
        .ok_or_else(|| wrong("businessDaysAfter", "it takes a day, and this field has none"))
}

fn holidays<'a>(
    args: &'a [CowVal<'_, '_>],
    at: usize,
) -> Result<&'a days::Holidays, ExecutionError> {
    args.get(at)
        .and_then(|arg| arg.downcast_ref::<HolidayList>())
        .map(|list| &*list.0)
        .ok_or_else(|| wrong("businessDaysAfter", "the holidays are not at hand"))
}

fn business_days_after<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let after = days::business_days_after(day(&args, 0)?, integer(&args, 1)?, holidays(&args, 2)?);
    after
        .map(|day| CowVal::owned(Day(day)))
        .ok_or_else(|| wrong("businessDaysAfter", "it counts from 0 to 2000 business days"))
}

fn is_business_day<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let is = days::is_business_day(day(&args, 0)?, holidays(&args, 1)?);
    Ok(CowVal::owned(CelBool::from(is)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_is_declared_once() {
        assert!(declare(&mut Env::stdlib()).is_ok());
        assert!(ENVIRONMENT.is_some());
    }
}
