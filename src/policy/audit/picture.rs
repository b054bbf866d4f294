//! Counts tokens by age, by what is left of their time, and by their last use.

use jiff::civil::Date;

use super::super::days::between;
use crate::finding::{TokenBucket, TokenCount, TokenSummary};
use crate::issued::{Column, Columns, Kind, Row, When};

/// The upper edges of the bars, in days, each with its name.
const EDGES: [(i64, &str); 5] = [
    (30, "under 30 days"),
    (120, "30 to 119 days"),
    (365, "120 to 364 days"),
    (730, "1 to 2 years"),
    (i64::MAX, "2 years and more"),
];
/// Where what has no day is counted.
const NEVER: usize = EDGES.len();
/// Where what can't be read is counted.
const UNKNOWN: usize = NEVER + 1;

type Bars = [TokenCount; UNKNOWN + 1];

/// The counts of a part of the report.
#[derive(Debug, Clone, Default)]
pub(super) struct Picture {
    rows: u64,
    live: TokenCount,
    over: TokenCount,
    age: Bars,
    expiry: Bars,
    last_use: Bars,
}

impl Picture {
    /// Counts a token.
    pub(super) fn count(&mut self, row: &Row<'_>, is_over: bool, today: Date) {
        self.rows += 1;
        if is_over {
            add(&mut self.over, row.kind);
            return;
        }
        add(&mut self.live, row.kind);
        let since = |when: When| bar(when, |day| between(day, today));
        for (bars, place) in [
            (&mut self.age, since(row.created)),
            (&mut self.last_use, since(row.last_used)),
            (&mut self.expiry, bar(row.expires, |day| between(today, day))),
        ] {
            if let Some(count) = bars.get_mut(place) {
                add(count, row.kind);
            }
        }
    }

    /// Adds the counts of another part.
    pub(super) fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.live.add(&other.live);
        self.over.add(&other.over);
        for (mine, others) in [
            (&mut self.age, &other.age),
            (&mut self.expiry, &other.expiry),
            (&mut self.last_use, &other.last_use),
        ] {
            mine.iter_mut().zip(others).for_each(|(mine, other)| mine.add(other));
        }
    }

    /// How many rows were counted.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// As a report shows it.
    pub(super) fn summary(&self, columns: &Columns, today: Date) -> TokenSummary {
        // a date that is missing means another thing in each of the three
        let shown = |bars: &Bars, column: Column, missing: &str| match columns.has(column) {
            true => buckets(bars, missing),
            false => Vec::new(),
        };
        TokenSummary {
            as_of: today.to_string(),
            rows: self.rows,
            live: self.live,
            over: self.over,
            malformed: 0,
            unlisted: 0,
            age: shown(&self.age, Column::Created, "not known"),
            expiry: shown(&self.expiry, Column::Expires, "never"),
            last_use: shown(&self.last_use, Column::LastUsed, "never"),
        }
    }
}

fn add(count: &mut TokenCount, kind: Kind) {
    match kind {
        Kind::UserGenerated => count.user_generated += 1,
        Kind::Mobile => count.mobile += 1,
        Kind::ThirdParty => count.third_party += 1,
    }
}

fn bar(when: When, days: impl Fn(Date) -> i64) -> usize {
    match when {
        When::Never => NEVER,
        When::Unreadable => UNKNOWN,
        When::On(day) => {
            let days = days(day);
            EDGES.iter().position(|(edge, _)| days < *edge).unwrap_or(NEVER - 1)
        }
    }
}

fn buckets(bars: &Bars, missing: &str) -> Vec<TokenBucket> {
    let names = EDGES.iter().map(|(_, name)| *name).chain([missing, "unreadable"]);
    let bucket = |(label, count): (&str, &TokenCount)| TokenBucket {
        label: label.to_owned(),
        count: *count,
    };
    let mut buckets: Vec<TokenBucket> = names.zip(bars).map(bucket).collect();
    if buckets.last().is_some_and(|last| last.count.total() == 0) {
        buckets.pop();
    }
    buckets
}
