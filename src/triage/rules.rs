//! The rules that speak of the tool's own comments, baselines and configuration.

use crate::finding::{Job, Rule, Severity};

/// The ids of the tool's own rules.
pub const OWN_RULES: [&str; 3] = ["expired-allow", "malformed-allow", "unused-allow"];

/// The tool's own rules.
pub fn own_rules() -> Vec<Rule> {
    let rule = |id: &str, severity, summary: &str, explanation: &str, help: &str| Rule {
        id: id.to_owned(),
        job: Job::Any,
        severity,
        summary: summary.to_owned(),
        explanation: explanation.to_owned(),
        help: vec![help.to_owned()],
        source: "hallpass".to_owned(),
    };
    vec![
        rule(
            OWN_RULES[0],
            Severity::Warning,
            "An allowance whose last day has passed",
            "A finding was accepted until a day that is over. It is reported again, and so is the \
             allowance, so that somebody decides anew.",
            "mend what it silenced, or give it a new day and a reason",
        ),
        rule(
            OWN_RULES[1],
            Severity::Warning,
            "An allowance that can't be read",
            "A comment begins like an allowance and goes on differently, so it silences nothing.",
            "write it as `hallpass: allow[rule] reason, until 2027-01-31`",
        ),
        rule(
            OWN_RULES[2],
            Severity::Note,
            "An allowance that silences nothing",
            "What it was written for is gone, or it stands on the wrong line. Left in place it \
             could silence something new one day.",
            "remove it, or put it on the finding's line or the line above",
        ),
    ]
}
