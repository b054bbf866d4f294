//! Findings over time, by the day on which the commit was made that brought them.

use jiff::civil::Date;
use maud::{Markup, html};

use crate::finding::Report;

use super::chart::{self, Part, Stack};

/// How many columns the picture has at the most.
const MOST_COLUMNS: usize = 36;

/// How long a column stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Days,
    Months,
    Quarters,
    Years(u16),
}

impl Unit {
    /// The number of the column that `day` falls into, counted from a day long ago.
    fn index(self, day: Date) -> i64 {
        let (year, month) = (i64::from(day.year()), i64::from(day.month()) - 1);
        match self {
            Self::Days => i64::from(day.since(Date::ZERO).map_or(0, |span| span.get_days())),
            Self::Months => year * 12 + month,
            Self::Quarters => year * 4 + month / 3,
            Self::Years(number) => year.div_euclid(i64::from(number.max(1))),
        }
    }

    fn label(self, index: i64) -> String {
        match self {
            Self::Days => i32::try_from(index)
                .ok()
                .and_then(|days| {
                    Date::ZERO.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
                })
                .map_or_else(String::new, |day| day.strftime("%-d %b %y").to_string()),
            Self::Months => {
                let names = [
                    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
                    "Dec",
                ];
                let name = usize::try_from(index.rem_euclid(12)).ok().and_then(|at| names.get(at));
                format!("{} {}", name.unwrap_or(&""), index.div_euclid(12))
            }
            Self::Quarters => format!("Q{} {}", index.rem_euclid(4) + 1, index.div_euclid(4)),
            Self::Years(1) => index.to_string(),
            Self::Years(number) => {
                let first = index * i64::from(number);
                format!("{first}–{}", first + i64::from(number) - 1)
            }
        }
    }

    fn phrase(self) -> &'static str {
        match self {
            Self::Days => "Day",
            Self::Months => "Month",
            Self::Quarters => "Quarter",
            Self::Years(_) => "Year",
        }
    }

    /// The finest in which all the time from `first` to `last` fits into the picture.
    fn fitting(first: Date, last: Date) -> Self {
        let fits = |unit: &Self| {
            usize::try_from(unit.index(last) - unit.index(first)).is_ok_and(|n| n < MOST_COLUMNS)
        };
        [
            Self::Days,
            Self::Months,
            Self::Quarters,
            Self::Years(1),
            Self::Years(10),
            Self::Years(100),
        ]
        .into_iter()
        .find(fits)
        .unwrap_or(Self::Years(1000))
    }
}

/// The picture, if any finding has a commit whose day can be told.
pub(super) fn body(report: &Report) -> Markup {
    let mut dated: Vec<(Date, bool)> = Vec::new();
    for commit in report.findings.iter().filter_map(|finding| finding.location.commit.as_ref()) {
        // RFC 3339 begins with the day
        if let Some(Ok(day)) = commit.date.get(..10).map(str::parse) {
            dated.push((day, commit.in_head));
        }
    }
    let (Some(first), Some(last)) = (dated.iter().min(), dated.iter().max()) else {
        return html! {};
    };
    let unit = Unit::fitting(first.0, last.0);
    let (from, to) = (unit.index(first.0), unit.index(last.0));
    let mut stacks: Vec<Stack> = (from..=to)
        .map(|index| Stack {
            label: unit.label(index),
            parts: vec![
                Part { class: "held", name: "still in the current commit", number: 0 },
                Part { class: "past", name: "in the history only", number: 0 },
            ],
        })
        .collect();
    for (day, in_head) in dated {
        let at = usize::try_from(unit.index(day) - from).ok();
        if let Some(stack) = at.and_then(|at| stacks.get_mut(at))
            && let Some(part) = stack.parts.get_mut(usize::from(!in_head))
        {
            part.number += 1;
        }
    }
    chart::columns("When the leaks were committed", unit.phrase(), &stacks)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn the_unit_fits_the_time() {
        for (first, last, unit) in [
            ("2026-11-01", "2026-11-23", Unit::Days),
            ("2026-01-01", "2026-11-23", Unit::Months),
            ("2020-01-01", "2026-11-23", Unit::Quarters),
            ("2000-01-01", "2026-11-23", Unit::Years(1)),
            ("1970-01-01", "9999-12-31", Unit::Years(1000)),
            ("-009999-01-01", "9999-12-31", Unit::Years(1000)),
        ] {
            let fitting = Unit::fitting(day(first), day(last));
            assert_eq!(fitting, unit, "{first} {last}");
            assert!(fitting.index(day(last)) - fitting.index(day(first)) < 36);
        }
    }

    #[test]
    fn columns_are_named_by_their_time() {
        let now = day("2026-11-23");
        for (unit, label) in [
            (Unit::Days, "23 Nov 26"),
            (Unit::Months, "Nov 2026"),
            (Unit::Quarters, "Q4 2026"),
            (Unit::Years(1), "2026"),
            (Unit::Years(10), "2020–2029"),
        ] {
            assert_eq!(unit.label(unit.index(now)), label);
        }
    }
}
