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
    let rest = comment.text.strip_prefix("allow")?;
    let mut allowance = Allowance {
        line: comment.position.line,
        column: comment.position.column,
        rules: Vec::new(),
        reason: None,
        until: None,
        problem: None,
    };
    let mut rest = rest.trim();
    for closer in CLOSERS {
        rest = rest.split(closer).next().unwrap_or(rest).trim_end();
    }
    if let Some(list) = rest.strip_prefix('[') {
        let Some((rules, tail)) = list.split_once(']') else {
            allowance.problem = Some("the list of rules is not closed by `]`".to_owned());
            return Some(allowance);
        };
        allowance.rules = rules
            .split(',')
            .map(|rule| rule.trim().to_owned())
            .filter(|rule| !rule.is_empty())
            .collect();
        rest = tail.trim();
    } else if comment.text[5..]
        .starts_with(|next: char| next.is_alphanumeric() || next == '_' || next == '-')
    {
        // "allowance", "allow-list": a sentence, not an allowance
        return None;
    }
    let reason = match rest.rsplit_once("until ") {
        Some((reason, day)) if reason.is_empty() || reason.trim_end().ends_with(',') => {
            match day.trim().trim_end_matches('.').parse() {
                Ok(day) => allowance.until = Some(day),
                Err(_) => {
                    allowance.problem =
                        Some("the day behind `until` is not written as 2027-01-31".to_owned())
                }
            }
            reason.trim_end().trim_end_matches(',')
        }
        _ => rest,
    };
    let reason = reason.trim().trim_start_matches([':', '-', ',']).trim();
    allowance.reason = (!reason.is_empty()).then(|| reason.to_owned());
    Some(allowance)
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
    fn tells_what_it_cannot_read() {
        assert!(read("allow[canvas-access-token why").unwrap().problem.is_some());
        assert!(read("allow a value, until next year").unwrap().problem.is_some());
        assert_eq!(read("allowance is a word"), None);
        assert_eq!(read("scan found this"), None);
    }
}
