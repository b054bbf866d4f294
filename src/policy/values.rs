//! The values that policy expressions work with besides CEL's own: days, spans of days, and what
//! is absent.

use std::any::Any;
use std::cmp::Ordering;
use std::sync::Arc;

use cel::ExecutionError;
use cel::common::traits::{Adder, Comparer, Container, Indexer, Iterable, Sizer, Subtractor};
use cel::common::types::{CelInt, CelNull, NULL_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use jiff::civil::Date;

use super::days::{self, Holidays};

pub(super) static DAY: Type = Type::new_unspecified_type("day");
pub(super) static DAYS: Type = Type::new_unspecified_type("days");
static HOLIDAYS: Type = Type::new_unspecified_type("holidays");

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day(pub(super) Date);

/// A number of days: what one day less another gives, and what can be added to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Days(pub(super) i64);

/// A field that is not there, and every field of it: equal to `null`, an empty list where a list
/// is expected.
#[derive(Debug, Clone, Copy)]
pub(super) struct Absent;

/// The days on which nobody works, handed to functions that count business days.
#[derive(Debug, Clone)]
pub(super) struct HolidayList(pub(super) Arc<Holidays>);

impl std::fmt::Display for Days {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            1 => f.write_str("1 day"),
            count => write!(f, "{count} days"),
        }
    }
}

fn cannot(what: &str) -> ExecutionError {
    ExecutionError::function_error("days", what)
}

macro_rules! plain {
    ($name:ident, $kind:expr) => {
        fn get_type(&self) -> &Type {
            &$kind
        }
        fn cel_type() -> &'static Type {
            &$kind
        }
        fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
        where
            Self: 'v,
        {
            Box::new(self.clone())
        }
        fn as_any(&self) -> Option<&dyn Any> {
            Some(self)
        }
    };
}

impl Val for Day {
    plain!(Day, DAY);

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>() == Some(self)
    }
    fn as_comparer(&self) -> Option<&dyn Comparer> {
        Some(self)
    }
    fn as_adder<'b, 'v>(&'b self) -> Option<&'b (dyn Adder + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }
    fn as_subtractor<'b, 'v>(&'b self) -> Option<&'b (dyn Subtractor + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }
}

impl StaticVal for Day {}

impl Comparer for Day {
    fn compare(&self, other: &dyn Val) -> Result<Ordering, ExecutionError> {
        other
            .downcast_ref::<Self>()
            .map(|other| self.0.cmp(&other.0))
            .ok_or_else(|| cannot("a day can only be compared with a day"))
    }
}

impl Adder for Day {
    fn add<'b, 'v>(&'b self, other: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        let count = other
            .downcast_ref::<Days>()
            .ok_or_else(|| cannot("only days(n) can be added to a day"))?;
        Ok(CowVal::owned(Self(days::after(self.0, count.0))))
    }
}

impl Subtractor for Day {
    fn sub<'b, 'v>(&'b self, other: &(dyn Val + 'v)) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        if let Some(other) = other.downcast_ref::<Self>() {
            return Ok(CowVal::owned(Days(days::between(other.0, self.0))));
        }
        let count = other
            .downcast_ref::<Days>()
            .ok_or_else(|| cannot("only a day or days(n) can be taken from a day"))?;
        let day = days::after(self.0, count.0.saturating_neg());
        Ok(CowVal::owned(Self(day)))
    }
}

impl Val for Days {
    plain!(Days, DAYS);

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>() == Some(self)
    }
    fn as_comparer(&self) -> Option<&dyn Comparer> {
        Some(self)
    }
}

impl StaticVal for Days {}

impl Comparer for Days {
    fn compare(&self, other: &dyn Val) -> Result<Ordering, ExecutionError> {
        other
            .downcast_ref::<Self>()
            .map(|other| self.0.cmp(&other.0))
            .ok_or_else(|| cannot("a number of days can only be compared with days(n)"))
    }
}

impl Val for HolidayList {
    plain!(HolidayList, HOLIDAYS);
}

impl StaticVal for HolidayList {}

impl Val for Absent {
    plain!(Absent, NULL_TYPE);

    fn equals(&self, other: &dyn Val) -> bool {
        other.downcast_ref::<Self>().is_some() || other.downcast_ref::<CelNull>().is_some()
    }
    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }
    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }
    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }
    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }
}

impl StaticVal for Absent {}

impl Container for Absent {
    fn contains(&self, _value: &dyn Val) -> Result<bool, ExecutionError> {
        Ok(false)
    }
}

impl Sizer for Absent {
    fn size(&self) -> CelInt {
        CelInt::from(0)
    }
}

impl Indexer for Absent {
    fn get<'b, 'v>(&'b self, _key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Ok(CowVal::owned(Self))
    }

    fn steal<'v>(self: Box<Self>, _key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Ok(self)
    }
}

impl Iterable for Absent {
    fn iter<'b, 'v>(&'b self) -> Box<dyn cel::common::traits::Iterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Nothing)
    }
}

struct Nothing;

impl<'b, 'v> cel::common::traits::Iterator<'b, 'v> for Nothing {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        None
    }
}
