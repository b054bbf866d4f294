//! Dates as the report writes them: ISO 8601 with a zone, the same with a blank in place of the
//! `T`, a bare day, `never`, or nothing.

use jiff::civil::Date;

/// What a date's cell says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// `never`, or nothing.
    Never,
    /// The day, as it is written: in the zone that the report was made in.
    On(Date),
    /// Something that is no date.
    Unreadable,
}

impl When {
    /// The day, if there is one.
    pub fn day(self) -> Option<Date> {
        match self {
            Self::On(day) => Some(day),
            Self::Never | Self::Unreadable => None,
        }
    }
}

/// Reads a date's cell: `never`, nothing, `2026-01-31`, `2026-01-31T09:00:00Z`,
/// `2026-01-31T09:00:00.123-06:00`, `2026-01-31 09:00:00 UTC`, `2026-01-31 09:00:00 -0600`. The day
/// counts as it is written, whatever the zone.
pub fn read(cell: &str) -> When {
    let text = cell.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("never") {
        return When::Never;
    }
    day(text).map_or(When::Unreadable, When::On)
}

fn day(text: &str) -> Option<Date> {
    let (day, rest) = text.split_at_checked(10)?;
    let bytes = day.as_bytes();
    if bytes.get(4) != Some(&b'-') || bytes.get(7) != Some(&b'-') {
        return None;
    }
    let year = i16::try_from(number(day.get(..4)?)?).ok().filter(|year| *year > 0)?;
    let month = i8::try_from(number(day.get(5..7)?)?).ok()?;
    let number = i8::try_from(number(day.get(8..)?)?).ok()?;
    is_time(rest).then(|| Date::new(year, month, number).ok()).flatten()
}

fn number(digits: &str) -> Option<u32> {
    digits.bytes().try_fold(0u32, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

/// Whether this may follow a day: nothing, or a time of the day with or without a zone.
fn is_time(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let Some(text) = text.strip_prefix(['T', 't', ' ']) else { return false };
    let clock = text.bytes().take_while(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.')).count();
    let (clock, zone) = text.split_at(clock);
    is_clock(clock) && is_zone(zone.trim_start())
}

/// `09:00`, `09:00:00`, `09:00:00.123`.
fn is_clock(text: &str) -> bool {
    let (text, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let mut parts = text.split(':');
    let mut part = |most: u32| {
        parts.next().map(|part| part.len() == 2 && number(part).is_some_and(|n| n <= most))
    };
    // a leap second is written as the 60th
    let fits = part(24) == Some(true) && part(59) == Some(true) && part(60) != Some(false);
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    fits && is_fraction && parts.next().is_none()
}

/// Nothing, `Z`, `UTC`, `CST`, `-06:00`, `-0600`, `-06`.
fn is_zone(text: &str) -> bool {
    if let Some(offset) = text.strip_prefix(['+', '-']) {
        let digits = offset.bytes().filter(u8::is_ascii_digit).count();
        return matches!((offset.len(), digits), (2, 2) | (4, 4) | (5, 4))
            && (offset.len() != 5 || offset.as_bytes().get(2) == Some(&b':'));
    }
    text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_spelling_that_is_known() {
        let day = When::On(jiff::civil::date(2026, 1, 31));
        for text in [
            "2026-01-31",
            " 2026-01-31 ",
            "2026-01-31T09:00:00Z",
            "2026-01-31T23:59:60-06:00",
            "2026-01-31T09:00:00.123456789012+0530",
            "2026-01-31t09:00z",
            "2026-01-31 09:00:00 UTC",
            "2026-01-31 09:00:00 -0600",
            "2026-01-31 09:00:00 +05:30",
            "2026-01-31 09:00 CST",
            "2026-01-31T09:00:00",
        ] {
            assert_eq!(read(text), day, "{text}");
        }
        for text in ["", " ", "never", "Never", " NEVER "] {
            assert_eq!(read(text), When::Never, "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_told() {
        for text in [
            "soon",
            "2026-02-30",
            "2026-13-01",
            "0000-01-01",
            "31/01/2026",
            "2026-01-31x",
            "2026-01-31T",
            "2026-01-31T9:00",
            "2026-01-31T25:00",
            "2026-01-31T09:00:00.",
            "2026-01-31T09:00:00 -6",
            "2026-01-31T09:00:00 America/Chicago",
            "2026-01-3é",
            "+026-01-31",
            "=1+1",
        ] {
            assert_eq!(read(text), When::Unreadable, "{text}");
        }
    }
}
