//! Checks one document: its text, its shape, the order of its days, then the clauses.

use super::super::error::PolicyError;
use super::super::manifest::{KIND, LONGEST_LIST, MANIFEST, claims_to_be_one, out_of_order};
use super::super::shape::{nearest, quote, violations};
use super::super::yaml::{self, Fault, Limits, Node, Path, Span};
use super::build::{Draft, Origin};
use super::clauses::{self, Unreadable};
use super::duplicates::Open;
use super::{Options, Outcome, SCHEMA, SYNTAX, pack_for};
use crate::finding::{Guidance, Notice, Problem, Severity, TimelineEntry, printable, scrub};

/// How many further places of a broken clause are named.
const MOST_PLACES: usize = 20;

/// Checks the document at `range` of the file. `named` says that the user named the file, so that
/// the document has to be a manifest; otherwise one that is none is passed over. Says whether it
/// was a manifest.
pub(super) fn check(
    origin: &Origin<'_>,
    range: Span,
    named: bool,
    options: &Options<'_>,
    outcome: &mut Outcome,
) -> bool {
    let text = &origin.text[range.clone()];
    let mut parsed = yaml::parse(text, Limits::MANIFEST);
    let base = range.start;
    let Some(mut root) = parsed.root.take() else {
        if !named && !claims_to_be_one(text) {
            return false;
        }
        let document = Document::new(origin, None);
        for fault in parsed.faults {
            outcome.findings.push(document.syntax(shift(fault, base)));
        }
        return true;
    };
    let kind = root.get("kind").and_then(Node::text);
    let is_one = kind == Some(KIND);
    // of a key that stands twice only the first value is kept, and the second may be the claim
    let may_be_one = !parsed.faults.is_empty() && claims_to_be_one(text);
    if !named && !is_one && !may_be_one {
        return false;
    }
    root.shift(base);
    let document = Document::new(origin, Some(&root));
    if !is_one && may_be_one {
        for fault in parsed.faults {
            outcome.findings.push(document.syntax(shift(fault, base)));
        }
        return true;
    }
    if let Some(other) = root.get("kind")
        && let Some(kind) = other.text()
        && nearest(kind, [KIND]).is_none()
    {
        let help = format!("a request begins with `kind: {KIND}`");
        outcome.findings.push(document.schema(
            &Path::default().key("kind"),
            other.span.clone(),
            format!("this document is no token request: its kind is {}", quote(kind)),
            help,
        ));
        return true;
    }
    let mut unreadable = Vec::new();
    for fault in parsed.faults {
        let fault = shift(fault, base);
        if let Some(path) = doubled(&root, &fault.span, origin.text) {
            unreadable.push(Unreadable { path, is_unlisted: false });
        }
        outcome.findings.push(document.syntax(fault));
    }
    for found in violations(&root, &MANIFEST, LONGEST_LIST) {
        if !found.is_unknown_key {
            unreadable
                .push(Unreadable { path: found.path.clone(), is_unlisted: found.is_unlisted });
        }
        let finding = document.schema(&found.path, found.span, found.message, found.help);
        outcome.findings.push(finding);
    }
    for disorder in out_of_order(&root) {
        let span = disorder.path.locate(&root);
        let help = "put the days right: they can't come before what they follow".to_owned();
        let finding = document.schema(&disorder.path, span, disorder.message, help);
        outcome.findings.push(finding);
    }
    judge(&document, &root, &unreadable, options, outcome);
    outcome.open.extend(Open::new(origin, &root));
    true
}

fn shift(mut fault: Fault, base: usize) -> Fault {
    fault.span = fault.span.start + base..fault.span.end + base;
    fault
}

/// The path of the key that stands a second time at `span`: the only fault that leaves a tree.
fn doubled(root: &Node, span: &Span, text: &str) -> Option<Path> {
    fn search(node: &Node, span: &Span, path: &Path) -> Option<Path> {
        if !(node.span.start <= span.start && span.end <= node.span.end) {
            return None;
        }
        let deeper = node
            .entries()
            .iter()
            .find_map(|entry| search(&entry.node, span, &path.key(&entry.key)))
            .or_else(|| {
                node.elements()
                    .iter()
                    .enumerate()
                    .find_map(|(index, node)| search(node, span, &path.index(Some(index))))
            });
        deeper.or_else(|| (!node.entries().is_empty()).then(|| path.clone()))
    }
    let key = text.get(span.clone())?.trim_matches(['"', '\'']);
    Some(search(root, span, &Path::default())?.key(key))
}

fn judge(
    document: &Document<'_>,
    root: &Node,
    unreadable: &[Unreadable],
    options: &Options<'_>,
    outcome: &mut Outcome,
) {
    let named = root.get("policy");
    let pack = match pack_for(options, named.and_then(Node::text)) {
        Ok(pack) => pack,
        Err(PolicyError::Unknown { name, nearest, known }) => {
            let path = Path::default().key("policy");
            let span = path.locate(root);
            let help = match nearest {
                Some(near) => format!("did you mean `{near}`? There are {known}"),
                None => format!("there are {known}"),
            };
            let message = format!("there is no policy {}", quote(&name));
            outcome.findings.push(document.schema(&path, span, message, help));
            return;
        }
        Err(error) => {
            outcome.coverage.errors.push(Problem {
                path: document.origin.path.to_owned(),
                message: error.to_string(),
            });
            return;
        }
    };
    if options.forced.is_none()
        && named.is_some_and(|node| node.text().is_none() && !node.is_null())
    {
        // a policy that is no text was told already, and no other one may stand in for it
        return;
    }
    if options.forced.is_none() && options.default.is_none() && named.is_none() {
        outcome.notices.push(Notice {
            clause: SCHEMA.to_owned(),
            message: "No institution is named, so this was judged by Canvas' own guidance alone. \
                      Add `policy:` with the institution's id."
                .to_owned(),
            path: Some(document.origin.path.to_owned()),
        });
    }
    let facts = clauses::facts(root, &pack, &options.holidays, options.today);
    let judgement = clauses::judge(&pack, &facts, unreadable);
    for breach in judgement.breaches {
        let clause = breach.clause;
        let help = match breach.help {
            Some(help) => format!("{help} Source: {}.", clause.source),
            None => format!("Source: {}.", clause.source),
        };
        let mut help = vec![help];
        help.extend(document.also(root, &breach.message, &breach.also));
        let is_there = clauses::at_path(root, &breach.at).is_some_and(|node| !node.is_null());
        outcome.findings.push(document.origin.finding(Draft {
            rule: clause.id.clone(),
            severity: clause.severity,
            message: breach.message,
            span: breach.at.locate(root),
            label: match (is_there, clause.severity) {
                (false, _) => format!("`{}` belongs here", breach.at),
                (true, Severity::Error) => "would be refused".to_owned(),
                (true, Severity::Warning) => "would be sent back".to_owned(),
                (true, Severity::Note) => "good to know".to_owned(),
            },
            guidance: vec![Guidance { policy: clause.pack.clone(), clause: clause.id.clone() }],
            help,
            identity: document.identity.clone(),
            requester: document.requester.clone(),
        }));
    }
    let path = Some(document.origin.path.to_owned());
    for (clause, message) in judgement.notices {
        outcome.notices.push(Notice { clause: clause.id.clone(), message, path: path.clone() });
    }
    for (clause, day, what) in judgement.timeline {
        outcome.timeline.push(TimelineEntry {
            date: day.to_string(),
            clause: clause.id.clone(),
            what,
            path: path.clone(),
        });
    }
    for (clause, error) in judgement.errors {
        outcome.coverage.errors.push(Problem {
            path: document.origin.path.to_owned(),
            message: format!("{} could not be judged: {error}; mend the pack", clause.id),
        });
    }
}

/// What the findings of one document share.
pub(super) struct Document<'o> {
    origin: &'o Origin<'o>,
    /// What tells this request from others, however often its file changes.
    identity: String,
    requester: Option<String>,
}

impl<'o> Document<'o> {
    pub(super) fn new(origin: &'o Origin<'o>, root: Option<&Node>) -> Self {
        let text = |section: &str, field: &str| {
            let node = root?.get(section)?;
            let node = if field.is_empty() { node } else { node.get(field)? };
            node.text().map(|text| text.trim().to_lowercase())
        };
        let email = text("requester", "email");
        let parts = [email.clone(), text("purpose", "name"), text("requested", "")];
        let identity = match parts.iter().flatten().next() {
            Some(_) => parts.map(Option::unwrap_or_default).join("\0"),
            // nothing tells it from others but its place
            None => format!("path\0{}", origin.path),
        };
        let requester = email.map(|email| printable(&scrub(&email)).into_owned());
        Self { origin, identity, requester }
    }

    /// The line that names the further places where a clause is broken, so that a reader mends
    /// all of them at once. What is said of the first place is not repeated.
    fn also(&self, root: &Node, message: &str, places: &[(Path, String)]) -> Option<String> {
        let mut said = message;
        let mut parts: Vec<String> = Vec::new();
        for (path, words) in places.iter().take(MOST_PLACES) {
            let place = match clauses::at_path(root, path) {
                Some(_) => {
                    let line = self.origin.lines.position(path.locate(root).start).0;
                    format!("`{path}` (line {line})")
                }
                None => format!("`{path}` (missing)"),
            };
            parts.push(match words == said {
                true => place,
                false => format!("{place}: {words}"),
            });
            said = words;
        }
        if places.len() > MOST_PLACES {
            parts.push(format!("{} more", places.len() - MOST_PLACES));
        }
        (!parts.is_empty()).then(|| format!("Also: {}.", parts.join("; ")))
    }

    fn syntax(&self, fault: Fault) -> super::Checked {
        self.origin.finding(Draft {
            rule: SYNTAX.to_owned(),
            severity: Severity::Error,
            identity: format!("{}\0{}", self.identity, fault.message),
            message: fault.message,
            span: fault.span,
            label: "can't be read".to_owned(),
            guidance: Vec::new(),
            help: fault.help.into_iter().collect(),
            requester: self.requester.clone(),
        })
    }

    fn schema(&self, path: &Path, span: Span, message: String, help: String) -> super::Checked {
        self.origin.finding(Draft {
            rule: SCHEMA.to_owned(),
            severity: Severity::Error,
            identity: format!("{}\0{path}\0{message}", self.identity),
            message,
            span,
            label: "not what the format allows".to_owned(),
            guidance: Vec::new(),
            help: vec![help],
            requester: self.requester.clone(),
        })
    }
}
