//! `hallpass explain RULE`: what a rule means, whose guidance it is, and what to do.

use std::fmt::Write as _;

use super::session::Session;
use super::{CommandError, EXIT_OK, print, rules};
use crate::cli::{ExplainArgs, Global};
use crate::finding::{Place, Rule};
use crate::report::inert;

/// Runs the command; answers the exit code.
pub(super) fn run(args: &ExplainArgs, global: &Global) -> Result<u8, CommandError> {
    let session = Session::new(global)?;
    let rules = rules::all(&session, args.policy.as_deref())?;
    let Some(rule) = rules.iter().find(|rule| rule.id == args.rule) else {
        return Err(unknown(&args.rule, &rules));
    };
    let mut text = format!(
        "{} ({})\n\n{}.\n",
        inert(&rule.id),
        rule.severity,
        inert(rule.summary.trim_end_matches('.'))
    );
    for paragraph in rule.explanation.split("\n\n").filter(|text| !text.trim().is_empty()) {
        let words: Vec<_> = paragraph.split_whitespace().collect();
        let _ = writeln!(text, "\n{}", fill(&inert(&words.join(" ")), ""));
    }
    let help = help(rule, &session, args.policy.as_deref())?;
    if !help.is_empty() {
        text.push_str("\nWhat to do:\n");
        for (number, step) in help.iter().enumerate() {
            let _ = writeln!(text, "  {}. {}", number + 1, fill(&inert(step), "     "));
        }
    }
    let _ = writeln!(text, "\nSource: {}", inert(&rule.source));
    print(&text);
    Ok(EXIT_OK)
}

/// The steps for a rule; for a leak they are those of the institution.
fn help(rule: &Rule, session: &Session, policy: Option<&str>) -> Result<Vec<String>, CommandError> {
    if rule.job != crate::finding::Job::Scan {
        return Ok(rule.help.clone());
    }
    let (catalog, named) = session.policy(policy)?;
    let revoke = rule.help.first().cloned().unwrap_or_default();
    Ok(catalog.resolve(&named)?.leak_help(&revoke, Place::Code, true))
}

fn unknown(name: &str, rules: &[Rule]) -> CommandError {
    let nearest = rules
        .iter()
        .map(|rule| (strsim::damerau_levenshtein(name, &rule.id), rule.id.as_str()))
        .min()
        .filter(|(distance, id)| *distance * 2 <= id.len());
    CommandError::Usage {
        message: format!("there is no rule `{}`", inert(name)),
        help: Some(match nearest {
            Some((_, id)) => format!("did you mean `{id}`? `hallpass rules` lists them all"),
            None => "`hallpass rules` lists them all".to_owned(),
        }),
    }
}

/// Breaks a paragraph into lines, all but the first of which begin with `indent`.
fn fill(text: &str, indent: &str) -> String {
    const WIDTH: usize = 88;
    let mut filled = String::new();
    let mut column = indent.len();
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > indent.len() && column + 1 + length > WIDTH {
            filled.push('\n');
            filled.push_str(indent);
            column = indent.len();
        } else if column > indent.len() {
            filled.push(' ');
            column += 1;
        }
        filled.push_str(word);
        column += length;
    }
    filled
}
