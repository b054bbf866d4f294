//! Tries a pack's expressions on sample requests when it is read, so that what can't be worked out
//! is told to the pack's author, and not by a check that breaks off.

use std::sync::{Arc, LazyLock};

use jiff::civil::date;

use super::clause::{Source, Words};
use super::read::Fault;
use super::{Clause, Validation};
use crate::policy::days::Holidays;
use crate::policy::expression::{Expression, Facts, kind_of};
use crate::policy::manifest::MANIFEST;
use crate::policy::shape::Kind;
use crate::policy::yaml::{self, Limits, Node, Path};

/// A request that says everything and one that says as little as it may, each with how faults call
/// it.
const SAMPLES: &[(&str, &str)] =
    &[(FULL, "that says everything"), (MINIMAL, "that says no more than it has to")];

/// In this one, conditions (`when`) are not asked: what holds in no sample is tried here.
const FULL: &str = "
kind: CanvasTokenRequest
version: 1
policy: canvas
requested: 2026-11-23
requester: {name: Ada Byron, email: byron@example.edu, role: student}
sponsor: {name: Mary Somerville, email: somerville@example.edu, role: faculty, understands_use: true}
purpose: {name: Weekly grade export, description: d, use: script, necessity: n}
access: [{data: grades, reason: r}, {data: files, reason: s}, {data: quizzes, reason: t}]
third_parties: [{name: A, reaches: [a, b]}, {name: B, reaches: [c]}, {name: C, reaches: [d]}]
needed_by: 2026-12-04
expires: 2027-03-01
long_term: false
storage: {place: password-manager, product: p, sharing: private, passed_by: [in-person, email, vault-share]}
end_of_use: {when: w, revoke: true, report: true}
review: {instructional_necessity: i, accessibility: a, security: s}
acknowledges: [acceptable-use, student-conduct, third-party-risk]
follows: {kind: renewal, token_hint: aB3xY, expires: 2026-12-15, purpose_changed: false, changes: c, feedback: f, account_secured: true}
decision: {outcome: approved, by: b, on: 2026-11-25, feedback: f}
issuance: {by: administrator, on: 2026-11-26, expires: 2027-03-01, delivered_by: secure-note, link_expires: 2026-12-03}
activation: {on: 2026-11-27}
ended: {on: 2027-02-20, how: revoked, reported: true}
";

const MINIMAL: &str = "
kind: CanvasTokenRequest
version: 1
requested: 2026-11-23
requester: {name: Ada Byron, email: byron@example.edu, role: student}
purpose: {name: Weekly grade export}
";

static TREES: LazyLock<Vec<(Node, &str)>> = LazyLock::new(|| {
    let tree = |text| yaml::parse(text, Limits::MANIFEST).root;
    SAMPLES.iter().filter_map(|(text, name)| Some((tree(text)?, *name))).collect()
});

/// An issued token that says everything and one that says as little as it may.
static TOKENS: LazyLock<Vec<Node>> = LazyLock::new(|| {
    let tree = |text| yaml::parse(text, Limits::MANIFEST).root;
    [
        "{user_id: '1', user_name: 'Byron, Ada', email: byron@example.edu, hint: aB3xY, expires: \
         2027-03-01, last_used: 2026-11-01, created: 2026-10-01, status: active, kind: \
         user-generated, app: User-Generated, app_id: '2', purpose: Weekly grade export}",
        "{user_id: '1', hint: aB3xY, kind: user-generated, app: User-Generated}",
    ]
    .into_iter()
    .filter_map(tree)
    .collect()
});

static LIMITS: LazyLock<Node> = LazyLock::new(|| crate::policy::token::Limits::default().node());

/// What goes wrong when `clauses` judge the samples: a fault for each expression at most.
pub(super) fn faults(clauses: &[Clause]) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for (number, (root, name)) in TREES.iter().enumerate() {
        let facts = Facts {
            root,
            entry: None,
            token: None,
            today: date(2026, 11, 23),
            holidays: Arc::new(Holidays::new()),
        };
        let mut trial = Trial { facts, name, asks_when: number > 0, faults: &mut faults };
        for clause in clauses {
            trial.clause(clause);
        }
        trial.facts.token = TOKENS.get(number).map(|token| (token, &*LIMITS));
        for audit in clauses.iter().filter_map(|clause| clause.audit.as_ref()) {
            trial.conditions(audit.tokens.iter().chain(&audit.requests));
        }
    }
    faults
}

struct Trial<'f> {
    facts: Facts<'static>,
    name: &'static str,
    /// Whether conditions decide what is tried.
    asks_when: bool,
    faults: &'f mut Vec<Fault>,
}

impl Trial<'_> {
    fn clause(&mut self, clause: &Clause) {
        self.conditions(clause.validations.iter());
        let facts = self.facts.clone();
        for notice in &clause.notices {
            if self.applies(notice.when.as_ref()) {
                self.words(&notice.words, &facts);
            }
        }
        for entry in &clause.timeline {
            if self.applies(entry.when.as_ref()) {
                self.ask(&entry.date, &facts, Expression::day);
            }
        }
    }

    fn conditions<'c>(&mut self, validations: impl Iterator<Item = &'c Validation>) {
        for validation in validations {
            if !self.applies(validation.when.as_ref()) {
                continue;
            }
            match &validation.each {
                None => {
                    let facts = self.facts.clone();
                    self.condition(&validation.expression, &validation.words, &facts);
                }
                Some(each) => {
                    for facts in self.entries(each) {
                        self.condition(&validation.expression, &validation.words, &facts);
                    }
                }
            }
        }
    }

    /// The facts for each entry of the list at `each`.
    fn entries(&self, each: &Path) -> Vec<Facts<'static>> {
        let Some(Kind::List(kind)) = kind_of(&MANIFEST, each) else { return Vec::new() };
        let list = crate::policy::check::clauses::at_path(self.facts.root, each);
        list.map_or(&[][..], Node::elements)
            .iter()
            .map(|node| Facts { entry: Some((node, *kind)), ..self.facts.clone() })
            .collect()
    }

    fn condition(&mut self, expression: &Source, words: &Words, facts: &Facts<'_>) {
        let holds = self.ask(expression, facts, Expression::holds);
        // a message is only worked out where the condition fails
        if !self.asks_when || holds == Some(false) {
            self.words(words, facts);
        }
    }

    fn words(&mut self, words: &Words, facts: &Facts<'_>) {
        if let Words::Worked(source) = words {
            self.ask(source, facts, Expression::text);
        }
    }

    fn applies(&mut self, when: Option<&Source>) -> bool {
        let Some(when) = when else { return true };
        let facts = self.facts.clone();
        let holds = self.ask(when, &facts, Expression::holds);
        !self.asks_when || holds == Some(true)
    }

    fn ask<T>(
        &mut self,
        source: &Source,
        facts: &Facts<'_>,
        answer: impl Fn(&Expression, &Facts<'_>) -> Result<T, String>,
    ) -> Option<T> {
        // what can't be compiled was told before
        let expression = source.compiled().ok()?;
        match answer(expression, facts) {
            Ok(answer) => Some(answer),
            Err(error) => {
                if self.faults.iter().all(|fault| fault.span != source.span) {
                    let help = match self.asks_when {
                        true => {
                            "say with `when` that the field has to be there, such as \
                                 `has(request.expires)`"
                        }
                        false => {
                            "docs/policy-packs.md says what fields hold and what functions \
                                  take"
                        }
                    };
                    self.faults.push(Fault {
                        span: source.span.clone(),
                        message: format!("on a request {}, {error}", self.name),
                        help: Some(help.to_owned()),
                    });
                }
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::manifest::LONGEST_LIST;
    use crate::policy::shape::{Shape, violations};

    #[test]
    fn the_samples_are_requests_and_the_full_one_leaves_nothing_out() {
        fn has_all(node: &Node, shape: &'static Shape) {
            for field in shape.fields {
                let below = node.get(field.name);
                let below = below.unwrap_or_else(|| panic!("no {}", field.name));
                if let Kind::Section(shape) = field.kind {
                    has_all(below, shape);
                }
            }
        }
        assert_eq!(TREES.len(), SAMPLES.len());
        assert_eq!(TOKENS.len(), SAMPLES.len());
        for token in TOKENS.iter() {
            assert_eq!(violations(token, &crate::policy::token::TOKEN, LONGEST_LIST), []);
        }
        has_all(&TOKENS[0], &crate::policy::token::TOKEN);
        for (root, name) in TREES.iter() {
            assert_eq!(violations(root, &MANIFEST, LONGEST_LIST), [], "{name}");
        }
        has_all(&TREES[0].0, &MANIFEST);
    }
}
