//! The dates of a request on a line, drawn to scale.

use jiff::civil::Date;
use jiff::{Span, Unit};
use maud::{Markup, html};

use crate::finding::TimelineEntry;

use super::{NL, long_day};

const WIDTH: i64 = 760;
const MARGIN: i64 = 24;
const RADIUS: i64 = 10;
/// How many days are drawn; the list beside the picture names all of them.
const MOST_MARKS: usize = 40;
/// How far from the dates today may be and still be drawn, in days.
const NEAR: i64 = 400;

/// The picture and the list of what it shows. `entries` are in the order of their dates.
pub(super) fn body(entries: &[&TimelineEntry], today: Option<Date>, name: &str) -> Markup {
    let dated: Vec<(usize, Date)> = entries
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| Some((at + 1, entry.date.parse().ok()?)))
        .take(MOST_MARKS)
        .collect();
    html! {
        figure class="timeline" {
            @if let (Some(first), Some(last)) = (dated.first(), dated.last()) {
                (picture(&dated, first.1, last.1, today, name))
            }
            ol class="dates" {
                @for entry in entries {
                    li {
                        time datetime=(entry.date) { (day(&entry.date)) }
                        " " span { (entry.what) " " code { (entry.clause) } }
                    } (NL)
                }
            }
        } (NL)
    }
}

fn day(text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), long_day)
}

/// The scale: days to units of the picture.
#[derive(Debug)]
struct Scale {
    from: Date,
    days: i64,
}

impl Scale {
    fn new(from: Date, to: Date) -> Self {
        Self { from, days: between(from, to).max(1) }
    }

    fn x(&self, day: Date) -> i64 {
        MARGIN + between(self.from, day) * (WIDTH - 2 * MARGIN) / self.days
    }
}

fn between(from: Date, to: Date) -> i64 {
    from.until((Unit::Day, to)).map_or(0, |span| i64::from(span.get_days()))
}

fn picture(
    dated: &[(usize, Date)],
    first: Date,
    last: Date,
    today: Option<Date>,
    name: &str,
) -> Markup {
    let today = today.filter(|day| between(*day, first) <= NEAR && between(last, *day) <= NEAR);
    let scale = Scale::new(
        today.map_or(first, |day| day.min(first)),
        today.map_or(last, |day| day.max(last)),
    );
    let marks = levels(dated, &scale);
    let high = marks.iter().map(|mark| mark.level).max().unwrap_or(0);
    let axis = 30 + (high + 1) * (2 * RADIUS + 4);
    let end = scale.from.checked_add(days(scale.days)).unwrap_or(last);
    html! {
        div class="scroll" tabindex="0" role="region" aria-label={ "Dates of " (name) } {
            svg viewBox={ "0 0 " (WIDTH) " " (axis + 28) } role="img" aria-label={ "Dates of " (name) ", drawn to scale; the list below names them" } {
                line class="axis" x1="0" x2=(WIDTH) y1=(axis) y2=(axis) {}
                @for (tick, label) in ticks(scale.from, end) {
                    line class="axis" x1=(scale.x(tick)) x2=(scale.x(tick)) y1=(axis) y2=(axis + 5) {}
                    text class="tick" x=(scale.x(tick)) y=(axis + 20) text-anchor=(anchor(scale.x(tick))) { (label) }
                }
                @if let Some(today) = today {
                    @let x = scale.x(today);
                    line class="today" x1=(x) x2=(x) y1="16" y2=(axis) {}
                    text class="tick strong" x=(x) y="11" text-anchor=(anchor(x)) { "today" }
                }
                @for mark in &marks {
                    line class="stem" x1=(mark.x) x2=(mark.x) y1=(mark.y(axis)) y2=(axis) {}
                }
                @for mark in &marks {
                    circle class="dot" cx=(mark.x) cy=(mark.y(axis)) r=(RADIUS) {}
                    text class="dot-number" x=(mark.x) y=(mark.y(axis) + 4) text-anchor="middle" { (mark.number) }
                }
            }
        } (NL)
    }
}

fn anchor(x: i64) -> &'static str {
    match x {
        x if x < 40 => "start",
        x if x > WIDTH - 40 => "end",
        _ => "middle",
    }
}

struct Mark {
    number: usize,
    x: i64,
    level: i64,
}

impl Mark {
    fn y(&self, axis: i64) -> i64 {
        axis - 16 - self.level * (2 * RADIUS + 4)
    }
}

/// Days that lie close together stand above each other.
fn levels(dated: &[(usize, Date)], scale: &Scale) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for (number, day) in dated {
        let x = scale.x(*day);
        let is_free = |level: i64| {
            marks.iter().all(|mark| mark.level != level || (mark.x - x).abs() > 2 * RADIUS)
        };
        let level = (0..).find(|level| is_free(*level)).unwrap_or(0);
        marks.push(Mark { number: *number, x, level });
    }
    marks
}

fn days(number: i64) -> Span {
    Span::new().try_days(number).unwrap_or_default()
}

/// Where the line has a tick: Mondays, first days of months, or of years, at most a dozen.
fn ticks(from: Date, to: Date) -> Vec<(Date, String)> {
    const MOST: i64 = 11;
    let span = between(from, to);
    let next = |day: Date, step: Span| day.checked_add(step).ok();
    let months = (span / 30).max(1);
    let (mut day, step, format) = if span <= 7 * MOST {
        let to_monday = (8 - i64::from(from.weekday().to_monday_one_offset())) % 7;
        (next(from, days(to_monday)), days(7), "%-d %b")
    } else if months <= 6 * MOST {
        let step = (months + MOST - 1) / MOST;
        let first = match from.day() {
            1 => Some(from),
            _ => next(from.first_of_month(), Span::new().months(1)),
        };
        (first, Span::new().try_months(step).unwrap_or_default(), "%b %Y")
    } else {
        let step = ((span / 365 + MOST - 1) / MOST).max(1);
        let first = next(from.first_of_year(), Span::new().years(1));
        (first, Span::new().try_years(step).unwrap_or_default(), "%Y")
    };
    let mut ticks = Vec::new();
    while let Some(tick) = day
        && tick <= to
        && ticks.len() <= 2 * MOST as usize
    {
        ticks.push((tick, tick.strftime(format).to_string()));
        day = next(tick, step);
    }
    ticks
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_to_scale() {
        let scale = Scale::new(day("2026-01-01"), day("2026-01-11"));
        assert_eq!(scale.x(day("2026-01-01")), MARGIN);
        assert_eq!(scale.x(day("2026-01-06")), WIDTH / 2);
        assert_eq!(scale.x(day("2026-01-11")), WIDTH - MARGIN);
    }

    #[test]
    fn ticks_are_few_and_round() {
        let labels = |from, to| -> Vec<String> {
            ticks(day(from), day(to)).into_iter().map(|(_, label)| label).collect()
        };
        assert_eq!(labels("2026-11-24", "2026-12-08"), ["30 Nov", "7 Dec"]);
        assert_eq!(
            labels("2026-11-23", "2027-03-02"),
            ["Dec 2026", "Jan 2027", "Feb 2027", "Mar 2027"]
        );
        for (from, to) in [
            ("2026-01-01", "2026-01-01"),
            ("2020-05-05", "2026-11-23"),
            ("0001-01-01", "9999-12-31"),
            ("-009999-01-01", "9999-12-31"),
        ] {
            assert!(labels(from, to).len() <= 23, "{:?}", labels(from, to));
        }
    }

    #[test]
    fn close_days_stand_above_each_other() {
        let (first, last) = (day("2026-01-01"), day("2026-12-31"));
        let scale = Scale::new(first, last);
        let dated = [(1, first), (2, first), (3, day("2026-01-02")), (4, last)];
        let levels: Vec<i64> = levels(&dated, &scale).iter().map(|mark| mark.level).collect();
        assert_eq!(levels, [0, 1, 2, 0]);
    }
}
