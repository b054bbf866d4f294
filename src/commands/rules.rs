//! `hallpass rules`: every rule of both jobs.

use std::fmt::Write as _;

use super::session::{Session, scan_rules};
use super::{CommandError, EXIT_OK, print};
use crate::cli::{Global, ListFormat, RulesArgs};
use crate::finding::{Job, Rule};
use crate::policy::{Catalog, manifest_rules};
use crate::report::inert;

/// Runs the command; answers the exit code.
pub(super) fn run(args: &RulesArgs, global: &Global) -> Result<u8, CommandError> {
    let session = Session::new(global)?;
    let rules = all(&session, args.policy.as_deref())?;
    match args.format {
        ListFormat::Json => {
            let text = serde_json::to_string_pretty(&rules).unwrap_or_default();
            print(&format!("{text}\n"));
        }
        ListFormat::Human => print(&table(&rules)),
    }
    Ok(EXIT_OK)
}

/// The rules of the scan, of every policy at hand, and the tool's own.
pub(super) fn all(session: &Session, policy: Option<&str>) -> Result<Vec<Rule>, CommandError> {
    let mut rules = scan_rules(&session.detectors()?);
    let (catalog, named) = session.policy(policy)?;
    for id in catalog.ids() {
        rules.extend(pack_rules(&catalog, &id)?);
    }
    if !catalog.ids().contains(&named) {
        rules.extend(pack_rules(&catalog, &named)?);
    }
    rules.extend(manifest_rules());
    let mut seen = std::collections::HashSet::new();
    rules.retain(|rule| seen.insert(rule.id.clone()));
    Ok(rules)
}

fn pack_rules(catalog: &Catalog, name: &str) -> Result<Vec<Rule>, CommandError> {
    Ok(catalog.resolve(name)?.rules())
}

fn table(rules: &[Rule]) -> String {
    let width = rules.iter().map(|rule| rule.id.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (job, title) in [
        (Job::Scan, "Leaks (hallpass scan)"),
        (Job::Check, "Token requests (hallpass check)"),
        (Job::Audit, "Issued tokens (hallpass audit)"),
        (Job::Any, "The tool's own comments, baselines and configuration"),
    ] {
        let of_job: Vec<&Rule> = rules.iter().filter(|rule| rule.job == job).collect();
        if of_job.is_empty() {
            continue;
        }
        let _ = writeln!(text, "{}{title}\n", if text.is_empty() { "" } else { "\n" });
        for rule in of_job {
            let _ = writeln!(
                text,
                "  {:width$}  {:7}  {}",
                inert(&rule.id),
                rule.severity,
                inert(&rule.summary)
            );
        }
    }
    text.push_str("\n`hallpass explain RULE` says more of each.\n");
    text
}
