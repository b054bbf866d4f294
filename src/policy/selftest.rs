//! The tests that a pack carries: requests with the findings that they have to get.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::audit::{self, Judge};
use super::check::SCHEMA;
use super::check::clauses::{self, Unreadable};
use super::days::{Holidays, parse_day};
use super::error::PolicyError;
use super::manifest::{MANIFEST, out_of_order};
use super::pack::{Catalog, Pack, RawPack, place};
use super::position::Lines;
use super::shape::{list, violations};
use super::token::{self, Limits};
use super::yaml::{Entry, Node, Path, Step, Value};
use crate::finding::Place;

/// Marks a clause's id where issued tokens are judged.
const AUDITED: &str = " (audit)";

/// What became of a pack's tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackTest {
    /// The pack's id.
    pub pack: String,
    /// How many cases there are.
    pub cases: usize,
    /// The cases that went wrong, in order.
    pub failures: Vec<TestFailure>,
    /// The pack's own clauses that lack a case, each with which.
    pub untested: Vec<(String, &'static str)>,
}

/// A case that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestFailure {
    /// The line in the pack's file, counted from 1.
    pub line: u64,
    /// The clause that the case is about, and its name.
    pub case: String,
    /// What went wrong.
    pub message: String,
}

impl PackTest {
    /// Whether every case went right and no clause lacks one.
    pub fn is_good(&self) -> bool {
        self.failures.is_empty() && self.untested.is_empty()
    }
}

/// Runs the tests of the pack of this id, or in the file of this name.
///
/// # Errors
///
/// If there is no such pack, or it is wrong.
pub fn test_pack(catalog: &Catalog, name: &str) -> Result<PackTest, PolicyError> {
    let raw = catalog.raw_or_file(name)?;
    let pack = catalog.merge(&raw, &mut Vec::new())?;
    let mut run = Run {
        raw: &raw,
        pack: &pack,
        lines: Lines::new(&raw.text),
        failures: Vec::new(),
        failing: BTreeSet::new(),
        passing: BTreeSet::new(),
        shown: BTreeSet::new(),
    };
    let tests = raw.tests.as_ref();
    let cases = tests.and_then(|tests| tests.get("cases")).map_or(&[][..], Node::elements);
    if let Some(base) = tests.and_then(|tests| tests.get("base")) {
        run.base(base);
        for case in cases {
            run.case(base, case);
        }
    }
    Ok(PackTest {
        pack: pack.id.clone(),
        cases: cases.len(),
        untested: run.untested(),
        failures: run.failures,
    })
}

struct Run<'p> {
    raw: &'p RawPack,
    pack: &'p Pack,
    lines: Lines<'p>,
    failures: Vec<TestFailure>,
    /// Clauses that a case about them has broken.
    failing: BTreeSet<String>,
    /// Clauses that a case about them has kept.
    passing: BTreeSet<String>,
    /// Clauses whose notice, date or guidance a case about them has seen.
    shown: BTreeSet<String>,
}

/// What a request got.
struct Got {
    findings: BTreeSet<String>,
    notices: BTreeSet<String>,
    timeline: Vec<(String, Date)>,
    judged: BTreeSet<String>,
    errors: Vec<String>,
}

impl Run<'_> {
    fn fail(&mut self, node: &Node, case: &str, message: String) {
        self.failures.push(TestFailure {
            line: self.lines.position(node.span.start).0,
            case: case.to_owned(),
            message,
        });
    }

    fn judge(&self, root: &Node) -> Got {
        let found = violations(root, &MANIFEST, usize::MAX);
        let unreadable: Vec<Unreadable> = found
            .iter()
            .filter(|found| !found.is_unknown_key)
            .map(|found| Unreadable { path: found.path.clone(), is_unlisted: found.is_unlisted })
            .collect();
        let today =
            root.get("requested").and_then(Node::text).and_then(parse_day).unwrap_or(Date::ZERO);
        let facts = clauses::facts(root, self.pack, &Holidays::new(), today);
        let judgement = clauses::judge(self.pack, &facts, &unreadable);
        let mut findings: BTreeSet<String> =
            judgement.breaches.iter().map(|breach| breach.clause.id.clone()).collect();
        if !found.is_empty() || !out_of_order(root).is_empty() {
            findings.insert(SCHEMA.to_owned());
        }
        Got {
            findings,
            notices: judgement.notices.iter().map(|(clause, _)| clause.id.clone()).collect(),
            timeline: judgement
                .timeline
                .iter()
                .map(|(clause, day, _)| (clause.id.clone(), *day))
                .collect(),
            judged: judgement.judged.iter().map(|id| (*id).to_owned()).collect(),
            errors: judgement
                .errors
                .iter()
                .map(|(clause, error)| format!("{}: {error}", clause.id))
                .collect(),
        }
    }

    fn base(&mut self, base: &Node) {
        let got = self.judge(base);
        if !got.findings.is_empty() {
            let found = list(got.findings.iter().map(String::as_str));
            self.fail(base, "base", format!("the base request has findings: {found}"));
        }
        for error in got.errors {
            self.fail(base, "base", error);
        }
    }

    fn case(&mut self, base: &Node, case: &Node) {
        let text = |key: &str| case.get(key).and_then(Node::text).unwrap_or_default();
        let about = text("about").to_owned();
        let name = format!("{about}: {}", text("name"));
        if self.pack.clause(&about).is_none() && about != SCHEMA {
            self.fail(case, &name, format!("the pack has no clause `{about}`"));
            return;
        }
        let expected = words(case, "expect");
        if let Some(leak) = case.get("leak") {
            self.leak(case, leak, &name, &about, &expected);
            return;
        }
        let root = self.changed(base, case, &name);
        if case.get("token").is_some() || case.get("requests").is_some() {
            self.token(case, &root, &name, &about, &expected);
            return;
        }
        let got = self.judge(&root);
        for error in &got.errors {
            self.fail(case, &name, error.clone());
        }
        let judged = got.judged.contains(&about);
        self.compare(case, &name, (&about, &about), &expected, &got.findings, judged);
        for clause in words(case, "notices") {
            if got.notices.contains(&clause) {
                self.shown.insert(clause);
            } else {
                self.fail(case, &name, format!("no notice of {clause} was shown"));
            }
        }
        for clause in words(case, "no_notices") {
            if got.notices.contains(&clause) {
                self.fail(case, &name, format!("a notice of {clause} was shown"));
            }
        }
        for entry in case.get("timeline").map_or(&[][..], Node::entries) {
            let days: Vec<String> = got
                .timeline
                .iter()
                .filter(|(clause, _)| *clause == entry.key)
                .map(|(_, day)| day.to_string())
                .collect();
            let wanted = entry.node.text().unwrap_or("none");
            let found = days.first().map_or("none", String::as_str);
            if days.len() > 1 || found != wanted {
                let found = if days.is_empty() { "none".to_owned() } else { days.join(", ") };
                let message = format!("{} should give {wanted}, and gave {found}", entry.key);
                self.fail(case, &name, message);
            } else if wanted != "none" {
                self.shown.insert(entry.key.clone());
            }
        }
    }

    /// The base request with the changes of a case.
    fn changed(&mut self, base: &Node, case: &Node, name: &str) -> Node {
        let mut root = base.clone();
        for path in words(case, "remove") {
            if Path::parse(&path).is_none_or(|path| !remove(&mut root, &path)) {
                self.fail(case, name, format!("the base request has no `{path}` to remove"));
            }
        }
        for entry in case.get("set").map_or(&[][..], Node::entries) {
            match Path::parse(&entry.key) {
                Some(path) => set(&mut root, &path.0, &entry.node),
                None => self.fail(case, name, format!("`{}` is not a field", entry.key)),
            }
        }
        root
    }

    /// Holds what was found against what was expected, and notes under `slot` which side of its
    /// clause the case tests.
    fn compare(
        &mut self,
        case: &Node,
        name: &str,
        (about, slot): (&str, &str),
        expected: &BTreeSet<String>,
        found: &BTreeSet<String>,
        is_judged: bool,
    ) {
        if found != expected {
            let words = |set: &BTreeSet<String>| match set.is_empty() {
                true => "none".to_owned(),
                false => list(set.iter().map(String::as_str)),
            };
            let message = format!("expected {}, found {}", words(expected), words(found));
            self.fail(case, name, message);
        } else if expected.contains(about) {
            self.failing.insert(slot.to_owned());
        } else if is_judged {
            self.passing.insert(slot.to_owned());
        }
    }

    /// A case about an issued token, or about a request that has none.
    fn token(
        &mut self,
        case: &Node,
        request: &Node,
        name: &str,
        about: &str,
        expected: &BTreeSet<String>,
    ) {
        let text = |key: &str| case.get(key).and_then(Node::text);
        let day = text("today").or_else(|| request.get("requested").and_then(Node::text));
        let today = day.and_then(parse_day).unwrap_or(Date::ZERO);
        let limits = Limits::default();
        let stands = text("requests");
        let (found, judged, errors) = match case.get("token") {
            Some(token) => {
                let judge =
                    Judge::new(self.pack, &Holidays::new(), None, stands.is_some(), limits, today);
                let row = token::row(token);
                let behind = (stands == Some("behind-it")).then_some(request);
                let (found, judged, errors) = judge.rehearse(&judge.case(&row, behind));
                let own = |ids: Vec<&str>| ids.into_iter().map(str::to_owned).collect();
                (own(found), own(judged), errors)
            }
            None => audit::rehearse_request(self.pack, request, limits, today),
        };
        for error in errors {
            self.fail(case, name, error);
        }
        // a clause may judge both requests and tokens, and each wants its own cases
        let slot = format!("{about}{AUDITED}");
        self.compare(case, name, (about, &slot), expected, &found, judged.contains(about));
    }

    fn leak(
        &mut self,
        case: &Node,
        leak: &Node,
        name: &str,
        about: &str,
        expected: &BTreeSet<String>,
    ) {
        let word = leak.get("place").and_then(Node::text).unwrap_or("other");
        let kind: Place = place(word).unwrap_or(Place::Other);
        let in_repository =
            leak.get("repository").is_some_and(|node| node.value == Value::Bool(true));
        let guidance: BTreeSet<String> = self
            .pack
            .leak_guidance(&[kind], in_repository)
            .into_iter()
            .map(|guidance| guidance.clause)
            .collect();
        if guidance == *expected {
            if guidance.contains(about) {
                self.shown.insert(about.to_owned());
            }
        } else {
            let found = list(guidance.iter().map(String::as_str));
            self.fail(case, name, format!("such a leak breaks {found}"));
        }
    }

    fn untested(&self) -> Vec<(String, &'static str)> {
        let mut untested = Vec::new();
        for clause in &self.raw.clauses {
            let mut lacks = |what| untested.push((clause.id.clone(), what));
            let audits = clause
                .audit
                .as_ref()
                .is_some_and(|audit| !audit.tokens.is_empty() || !audit.requests.is_empty());
            if audits {
                let audited = format!("{}{AUDITED}", clause.id);
                if !self.failing.contains(&audited) {
                    lacks("no case of an issued token breaks it");
                }
                if !self.passing.contains(&audited) {
                    lacks("no case of an issued token keeps it");
                }
            }
            if !clause.validations.is_empty() {
                if !self.failing.contains(&clause.id) {
                    lacks("no case breaks it");
                }
                if !self.passing.contains(&clause.id) {
                    lacks("no case keeps it");
                }
            }
            let says = !clause.notices.is_empty() || !clause.timeline.is_empty();
            let scans = clause.scan.as_ref().is_some_and(|scan| !scan.requests);
            if (says || scans) && !self.shown.contains(&clause.id) {
                lacks("no case sees its notice, date or guidance");
            }
        }
        untested
    }
}

/// The words of a case's list.
fn words(case: &Node, key: &str) -> BTreeSet<String> {
    let elements = case.get(key).map_or(&[][..], Node::elements);
    elements.iter().filter_map(Node::text).map(str::to_owned).collect()
}

/// Takes the field at `path` out of `root`; says whether it was there.
fn remove(root: &mut Node, path: &Path) -> bool {
    let Some((last, above)) = path.0.split_last() else {
        return false;
    };
    let mut node = root;
    for step in above {
        let Some(next) = below(node, step) else {
            return false;
        };
        node = next;
    }
    match (&mut node.value, last) {
        (Value::Map(entries), Step::Key(key)) => {
            let before = entries.len();
            entries.retain(|entry| entry.key != *key);
            entries.len() < before
        }
        (Value::List(elements), Step::Index(Some(index))) if *index < elements.len() => {
            elements.remove(*index);
            true
        }
        _ => false,
    }
}

fn below<'n>(node: &'n mut Node, step: &Step) -> Option<&'n mut Node> {
    match (&mut node.value, step) {
        (Value::Map(entries), Step::Key(key)) => {
            entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.node)
        }
        (Value::List(elements), Step::Index(index)) => elements.get_mut(index.unwrap_or(0)),
        _ => None,
    }
}

/// Puts `value` at `steps` of `node`, with the sections on the way.
fn set(node: &mut Node, steps: &[Step], value: &Node) {
    let Some((first, rest)) = steps.split_first() else {
        *node = value.clone();
        return;
    };
    if let Step::Key(key) = first {
        if !matches!(node.value, Value::Map(_)) {
            node.value = Value::Map(Vec::new());
        }
        if let Value::Map(entries) = &mut node.value
            && !entries.iter().any(|entry| entry.key == *key)
        {
            entries.push(Entry {
                key: key.clone(),
                key_span: value.span.clone(),
                node: value.clone(),
            });
        }
    }
    if let Some(next) = below(node, first) {
        set(next, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_packs_pass_their_own_tests_and_leave_no_clause_untested() {
        let catalog = Catalog::embedded().expect("packs");
        for id in catalog.ids() {
            let test = test_pack(&catalog, &id).unwrap_or_else(|error| panic!("{error}"));
            assert!(test.failures.is_empty(), "{id}: {:#?}", test.failures);
            assert!(test.untested.is_empty(), "{id}: {:#?}", test.untested);
        }
    }

    #[test]
    fn a_case_that_expects_something_else_fails_and_a_clause_without_one_is_named() {
        let text = "id: x\ninstitution: X\nsources: [{key: k, title: T, publisher: P, read: 2026-11-22}]\nclauses:\n  - id: x/a\n    severity: error\n    summary: s\n    source: k\n    validations: [{expression: has(request.expires), message: m, at: expires}]\ntests:\n  base: {kind: CanvasTokenRequest, version: 1, requested: 2026-11-23, requester: {name: A, email: a@b, role: staff}, purpose: {name: Export}, expires: 2026-12-01}\n  cases:\n    - {about: x/a, name: wrong, remove: [expires], expect: []}\n    - {about: x/a, name: right, expect: []}\n";
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("x.yaml");
        std::fs::write(&path, text).expect("writes");
        let catalog = Catalog::embedded().expect("packs");
        let test = test_pack(&catalog, path.to_str().expect("path")).expect("runs");
        assert_eq!(test.cases, 2);
        assert_eq!(test.failures.len(), 1);
        assert_eq!(test.failures[0].line, 13);
        assert_eq!(test.failures[0].message, "expected none, found x/a");
        assert_eq!(test.untested, [("x/a".to_owned(), "no case breaks it")]);
    }
}
