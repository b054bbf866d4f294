//! The rules that belong to no institution.

use super::{DUPLICATE, SCHEMA, SYNTAX};
use crate::finding::{Job, Rule, Severity};

/// What is known of the rules about manifests themselves.
pub fn rules() -> Vec<Rule> {
    let rule = |id: &str, severity, summary: &str, explanation: &str, help: &str| Rule {
        id: id.to_owned(),
        job: Job::Check,
        severity,
        summary: summary.to_owned(),
        explanation: explanation.to_owned(),
        help: vec![help.to_owned()],
        source: "hallpass, request manifest version 1".to_owned(),
    };
    vec![
        rule(
            SYNTAX,
            Severity::Error,
            "A request's file is YAML that can be read",
            "A document that breaks off, nests too deeply or holds too much is not checked \
             further; the other documents of the run are.",
            "Compare the underlined line with the example in docs/requests.md.",
        ),
        rule(
            SCHEMA,
            Severity::Error,
            "A request says what the format asks for, and nothing else",
            "Unknown keys, values of the wrong kind, missing fields, and days that come before \
             what they follow. Clauses that need a field which could not be read are not judged.",
            "Write one of the keys or values that the finding lists; `hallpass schema manifest` \
             gives editors the whole format.",
        ),
        rule(
            DUPLICATE,
            Severity::Warning,
            "One requester has one open request for one purpose",
            "Two requests are duplicates if address and purpose are the same and neither is \
             denied or over. A request that says under `follows` what it comes after is no \
             duplicate of one that does not; two that follow the same token are duplicates of \
             each other. Where `follows` names no token, one that has been decided is taken for \
             the earlier one.",
            "Keep one of the two, or say what the later one follows.",
        ),
    ]
}
