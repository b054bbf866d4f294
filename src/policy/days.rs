//! Days: reading them, and counting those on which an institution works.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};

/// The days on which something in a request's life can happen. Beyond lie slips of the keyboard;
/// only a token's end may be far away, where that says "never".
pub(crate) const LIKELY: std::ops::RangeInclusive<Date> =
    jiff::civil::date(1970, 1, 1)..=jiff::civil::date(9000, 12, 31);

/// Whether `text` is written like a day, which may not exist.
pub(crate) fn is_day_like(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(position, byte)| match position {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// Reads `2026-11-23`, exactly so: no other form, no time, no day that does not exist, and none
/// of a year 0, which the calendar of every day does not have.
pub(crate) fn parse_day(text: &str) -> Option<Date> {
    if !is_day_like(text) || text.starts_with("0000") {
        return None;
    }
    Date::new(text[..4].parse().ok()?, text[5..7].parse().ok()?, text[8..].parse().ok()?).ok()
}

/// The day `count` days after `day`, or before it where `count` is negative; the last or first day
/// that there is where that lies beyond, so that comparisons still come out right.
pub(crate) fn after(day: Date, count: i64) -> Date {
    let edge = if count < 0 { Date::MIN } else { Date::MAX };
    let count = i32::try_from(count).ok();
    // the unit has a limit of its own, beyond every calendar
    let span = count.and_then(|count| jiff::Span::new().try_days(count).ok());
    span.and_then(|span| day.checked_add(span).ok()).unwrap_or(edge)
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
        // the last day that there is stands for all that would come after it
        let Ok(next) = day.tomorrow() else { return Some(day) };
        day = next;
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
            "0000-01-01",
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
        assert_eq!(business_days_after(day("9999-12-30"), 5, &none), Some(Date::MAX));
        assert_eq!(business_days_after(day("2026-11-23"), -1, &none), None);
    }

    #[test]
    fn counts_days_over_months_and_years() {
        assert_eq!(between(day("2026-11-23"), day("2027-03-23")), 120);
        assert_eq!(after(day("2026-11-23"), 120), day("2027-03-23"));
        assert_eq!(after(day("9999-12-31"), 1), Date::MAX);
        assert_eq!(after(day("2026-11-23"), i64::MAX), Date::MAX);
        assert_eq!(after(day("2026-11-23"), i64::MIN), Date::MIN);
        assert_eq!(after(day("2026-11-23"), 2_000_000_000), Date::MAX);
        assert_eq!(between(day("2027-03-23"), day("2026-11-23")), -120);
    }
}
