//! Days: reading them, and counting those on which an institution works.

use std::collections::BTreeSet;

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// Reads `2026-11-23`, exactly so: no other form, no time, no day that does not exist.
pub(crate) fn parse_day(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10
        && bytes.iter().enumerate().all(|(position, byte)| match position {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shaped {
        return None;
    }
    Date::new(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?).ok()
}

/// The day `count` days after `day`, or before it where `count` is negative.
pub(crate) fn after(day: Date, count: i64) -> Option<Date> {
    let count = i32::try_from(count).ok()?;
    day.checked_add(count.days()).ok()
}

/// How many days after `from` the day `to` comes; negative if it comes before.
pub(crate) fn between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// Days on which nobody works, besides Saturdays and Sundays.
pub type Holidays = BTreeSet<Date>;

/// Whether `day` is one from Monday to Friday and no holiday.
pub(crate) fn is_business_day(day: Date, holidays: &Holidays) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !holidays.contains(&day)
}

/// The `count`th business day after `day`, which itself is not counted.
pub(crate) fn business_days_after(day: Date, count: i64, holidays: &Holidays) -> Option<Date> {
    // a policy that waits longer than some years is a slip
    const LONGEST: i64 = 2_000;
    if !(0..=LONGEST).contains(&count) {
        return None;
    }
    let mut day = day;
    let mut left = count;
    while left > 0 {
        day = day.tomorrow().ok()?;
        if is_business_day(day, holidays) {
            left -= 1;
        }
    }
    Some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        parse_day(text).expect("a day")
    }

    #[test]
    fn only_whole_days_are_days() {
        for text in ["2026-11-23", "2028-02-29", "0001-01-01"] {
            assert!(parse_day(text).is_some(), "{text}");
        }
        for text in [
            "2026-11-31",
            "2027-02-29",
            "23.11.2026",
            "2026-11-23T10:00:00Z",
            "2026-1-1",
            "20261123",
            "",
            "+02026-1-1",
            "2026-11-2é",
        ] {
            assert!(parse_day(text).is_none(), "{text}");
        }
    }

    #[test]
    fn business_days_leave_out_weekends_and_holidays() {
        let none = Holidays::new();
        let five = |from| business_days_after(day(from), 5, &none);
        // a Monday, a Friday, a Saturday, a Sunday
        assert_eq!(five("2026-11-23"), Some(day("2026-11-30")));
        assert_eq!(five("2026-11-27"), Some(day("2026-12-04")));
        assert_eq!(five("2026-11-28"), Some(day("2026-12-04")));
        assert_eq!(five("2026-11-29"), Some(day("2026-12-04")));
        let holidays = Holidays::from([day("2026-11-26"), day("2026-11-28")]);
        let with = business_days_after(day("2026-11-23"), 5, &holidays);
        assert_eq!(with, Some(day("2026-12-01")));
        assert_eq!(business_days_after(day("9999-12-30"), 5, &none), None);
    }

    #[test]
    fn counts_days_over_months_and_years() {
        assert_eq!(between(day("2026-11-23"), day("2027-03-23")), 120);
        assert_eq!(after(day("2026-11-23"), 120), Some(day("2027-03-23")));
        assert_eq!(between(day("2027-03-23"), day("2026-11-23")), -120);
    }
}
