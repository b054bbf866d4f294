//! Inline allowances: `hallpass: allow` or `hallpass: allow[rule] reason, until 2027-01-31` in a
//! comment on the finding's line or the line above.

use jiff::civil::Date;

use crate::leaks::Comment;

/// What an allowance begins with, as findings about it underline it.
pub const MARK: &str = "hallpass: allow";

/// What may close a comment behind an allowance.
const CLOSERS: [&str; 8] = ["*/", "-->", "--%>", "#}", "*)", "-}", "\"\"\"", "'''"];

/// An inline allowance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// Its line.
    pub line: u64,
    /// Its column.
    pub column: u64,
    /// The rules that it silences; all of them if there are none.
    pub rules: Vec<String>,
    /// The reason given.
    pub reason: Option<String>,
    /// The last day on which it holds.
    pub until: Option<Date>,
    /// What is wrong with it; it then silences nothing.
    pub problem: Option<String>,
}

impl Allowance {
    /// Whether it speaks of findings of `rule`.
    pub fn covers(&self, rule: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|own| own == rule)
    }
}

/// Reads a comment; `None` if it is no allowance but happens to name the tool.
pub fn parse(comment: &Comment) -> Option<Allowance> {
    let mut untrimmed = comment.text.strip_prefix("allow")?;
    let mut allowance = Allowance {
        line: comment.position.line,
        column: comment.position.column,
        rules: Vec::new(),
        reason: None,
        until: None,
        problem: None,
    };
    for closer in CLOSERS {
        untrimmed = untrimmed.split(closer).next().unwrap_or(untrimmed);
    }
    untrimmed = untrimmed.trim_end();
    let mut rest = untrimmed.trim_start();
    if let Some(list) = rest.strip_prefix('[') {
        let Some((rules, tail)) = list.split_once(']') else {
            allowance.problem = Some("the list of rules is not closed by `]`".to_owned());
            return Some(allowance);
        };
        if rules.trim().is_empty() {
            allowance.problem = Some("the list of rules is empty".to_owned());
        }
        allowance.rules = rules
            .split(',')
            .map(|rule| rule.trim().to_owned())
            .filter(|rule| !rule.is_empty())
            .collect();
        rest = tail.trim();
    } else if rest.len() == untrimmed.len()
        && rest.starts_with(|next: char| next.is_alphanumeric() || next == '_' || next == '-')
    {
        // "allowance", "allow-list": a sentence, not an allowance
        return None;
    }
    let reason = match split_until(rest) {
        Some((reason, Ok(day))) => {
            allowance.until = Some(day);
            reason
        }
        Some((reason, Err(()))) => {
            allowance.problem =
                Some("the day behind `until` is not written as 2027-01-31".to_owned());
            reason
        }
        None => rest,
    };
    let reason = reason.trim().trim_start_matches([':', '-', ',']).trim();
    allowance.reason = (!reason.is_empty()).then(|| reason.to_owned());
    Some(allowance)
}

/// Splits what is written behind an allowance into the reason and the day of its `until`. What
/// stands behind the day, such as the end of a string that the comment is in, is left out. `until`
/// without a day is a word of the reason, unless a comma or a bracket before it, or a digit behind
/// it, says that a day was meant.
fn split_until(text: &str) -> Option<(&str, Result<Date, ()>)> {
    let lower = text.to_ascii_lowercase();
    let at = lower.rfind("until")?;
    let reason = text[..at].trim_end();
    let day = text[at + "until".len()..].trim_start_matches([':', ' ', '\t']);
    let meant = reason.ends_with([',', '(']) || day.starts_with(|c: char| c.is_ascii_digit());
    let bare = reason.trim_end_matches([',', '(']);
    match day.get(..10).map(str::parse) {
        Some(Ok(day)) => Some((bare, Ok(day))),
        _ if meant => Some((bare, Err(()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::position::Position;

    fn read(text: &str) -> Option<Allowance> {
        parse(&Comment { position: Position { line: 3, column: 5 }, text: text.to_owned() })
    }

    #[test]
    fn reads_all_parts() {
        let full =
            read("allow[canvas-access-token, other] a test value, until 2027-01-31 */").unwrap();
        assert_eq!(full.rules, ["canvas-access-token", "other"]);
        assert_eq!(full.reason.as_deref(), Some("a test value"));
        assert_eq!(full.until, Some(jiff::civil::date(2027, 1, 31)));
        let bare = read("allow").unwrap();
        assert!(bare.rules.is_empty() && bare.reason.is_none() && bare.problem.is_none());
        assert!(bare.covers("anything"));
    }

    #[test]
    fn a_day_is_never_overlooked() {
        let day = Some(jiff::civil::date(2020, 1, 1));
        for text in [
            "allow old until 2020-01-01",
            "allow old (until 2020-01-01)",
            "allow old, Until 2020-01-01",
            "allow old, until: 2020-01-01",
            "allow old, until 2020-01-01\\n\",",
            "allow old, until 2020-01-01 #>",
            "allow old, until 2020-01-01 --}}",
        ] {
            let read = read(text).unwrap();
            assert_eq!((read.until, read.reason.as_deref()), (day, Some("old")), "{text}");
        }
        assert_eq!(read("allow until the term ends").unwrap().until, None);
        assert!(read("allow old until 2020-1-1").unwrap().problem.is_some());
        assert!(read("allow[] x").unwrap().problem.is_some());
        assert!(read("allow-->").is_some());
    }

    #[test]
    fn tells_what_it_cannot_read() {
        assert!(read("allow[canvas-access-token why").unwrap().problem.is_some());
        assert!(read("allow a value, until next year").unwrap().problem.is_some());
        assert_eq!(read("allowance is a word"), None);
        assert_eq!(read("scan found this"), None);
    }
}
