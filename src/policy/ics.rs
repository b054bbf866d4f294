//! The timeline as a calendar (RFC 5545): one all-day event for each date.

use std::fmt::Write as _;

use crate::finding::{Fingerprint, TimelineEntry, printable};

/// The longest line of a calendar, in bytes, its end not counted.
const LONGEST_LINE: usize = 75;

/// The calendar of `timeline`. `stamp` is the day on which it is made, ISO 8601; the same timeline
/// and day give the same bytes.
pub fn calendar(timeline: &[TimelineEntry], stamp: &str) -> String {
    let mut text = String::new();
    let stamp = basic(stamp);
    for fixed in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//hallpass//token requests//EN",
        "CALSCALE:GREGORIAN",
    ] {
        line(&mut text, fixed);
    }
    let mut entries: Vec<&TimelineEntry> = timeline.iter().collect();
    entries.sort();
    entries.dedup();
    for entry in entries {
        let path = entry.path.as_deref().unwrap_or_default();
        let identity = [entry.date.as_str(), &entry.what, path].join("\0");
        line(&mut text, "BEGIN:VEVENT");
        let uid = Fingerprint::new(&entry.clause, identity.as_bytes());
        line(&mut text, &format!("UID:{uid}@hallpass"));
        line(&mut text, &format!("DTSTAMP:{stamp}T000000Z"));
        line(&mut text, &format!("DTSTART;VALUE=DATE:{}", basic(&entry.date)));
        line(&mut text, &format!("SUMMARY:{}", escape(&entry.what)));
        let about = match path {
            "" => entry.clause.clone(),
            path => format!("{} ({path})", entry.clause),
        };
        line(&mut text, &format!("DESCRIPTION:{}", escape(&about)));
        line(&mut text, "TRANSP:TRANSPARENT");
        line(&mut text, "END:VEVENT");
    }
    line(&mut text, "END:VCALENDAR");
    text
}

/// `2026-11-23` as `20261123`.
fn basic(day: &str) -> String {
    day.chars().filter(char::is_ascii_digit).collect()
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text).chars() {
        if matches!(c, '\\' | ';' | ',') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Writes one content line, folded where it is too long.
fn line(text: &mut String, content: &str) {
    let mut width = 0;
    for c in content.chars() {
        if width + c.len_utf8() > LONGEST_LINE {
            text.push_str("\r\n ");
            width = 1;
        }
        let _ = text.write_char(c);
        width += c.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_and_text_is_escaped() {
        let entry = TimelineEntry {
            date: "2026-11-30".into(),
            clause: "hws/review-time".into(),
            what: format!("a, b; c\\ \u{1b} {}", "é".repeat(60)),
            path: Some("requests/a.yaml".into()),
        };
        let text = calendar(&[entry.clone(), entry], "2026-11-23");
        assert_eq!(text.matches("BEGIN:VEVENT").count(), 1);
        assert!(text.contains("DTSTART;VALUE=DATE:20261130\r\n"));
        assert!(text.contains("SUMMARY:a\\, b\\; c\\\\ ␛"));
        assert!(text.split("\r\n").all(|line| line.len() <= LONGEST_LINE));
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
    }
}
