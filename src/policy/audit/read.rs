//! Reads files of requests, on every core, for an audit: what each says, and what the pack says of
//! it if the report has no token for it.

use std::sync::Arc;

use jiff::civil::Date;

use super::super::check::Checked;
use super::super::check::build::{Draft, Origin};
use super::super::check::file::{LARGEST, may_hold_a_request};
use super::super::days::{Holidays, parse_day};
use super::super::expression::Facts;
use super::super::manifest::{KIND, LONGEST_LIST, MANIFEST, claims_to_be_one, decode, split};
use super::super::pack::Pack;
use super::super::position::Lines;
use super::super::shape::violations;
use super::super::yaml::{self, Limits as Budget, Node, Path, Step, Value};
use super::judge::{NOTHING, judge_request};
use super::requests::{plain, plain_name};
use crate::finding::{Coverage, Guidance, Problem, Skipped, printable, scrub};

/// A request that was just read.
#[derive(Debug)]
pub(super) struct New {
    pub(super) root: Node,
    pub(super) place: String,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) purpose: String,
    pub(super) ends: [Option<Date>; 2],
    pub(super) requested: Option<Date>,
    pub(super) is_open: bool,
    pub(super) unissued: Vec<Checked>,
}

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub(super) requests: Vec<New>,
    pub(super) coverage: Coverage,
}

/// What requests are read with.
pub(super) struct Reading<'r> {
    pub(super) pack: &'r Pack,
    pub(super) holidays: Arc<Holidays>,
    pub(super) limits_node: Node,
    pub(super) today: Date,
}

impl Part {
    pub(super) fn problem(&mut self, path: &str, message: String) {
        self.coverage.errors.push(Problem { path: path.to_owned(), message });
    }

    pub(super) fn file(&mut self, path: &str, bytes: &[u8], named: bool, reading: &Reading<'_>) {
        if !named && !may_hold_a_request(bytes) {
            let reason = "without a token request".to_owned();
            self.coverage.skipped.push(Skipped { path: path.to_owned(), reason });
            return;
        }
        if bytes.len() > LARGEST {
            self.problem(path, format!("it is larger than {} MiB", LARGEST >> 20));
            return;
        }
        let Ok(text) = decode(bytes) else {
            self.problem(path, "this is not UTF-8; save it as UTF-8".to_owned());
            return;
        };
        self.coverage.bytes += bytes.len() as u64;
        let origin = Origin { path, text: &text, lines: Lines::new(&text) };
        for range in split(&text) {
            let document = text.get(range.clone()).unwrap_or_default();
            let parsed = yaml::parse(document, Budget::MANIFEST);
            let is_one = |root: &Node| root.get("kind").and_then(Node::text) == Some(KIND);
            match parsed.root {
                Some(mut root) if is_one(&root) => {
                    let has_faults = !parsed.faults.is_empty();
                    root.shift(range.start);
                    self.coverage.files += 1;
                    self.request(root, &origin, has_faults, reading);
                }
                None if claims_to_be_one(document) => self.problem(
                    path,
                    "a request in it can't be read; `hallpass check` says why".to_owned(),
                ),
                _ => {}
            }
        }
    }

    fn request(
        &mut self,
        mut root: Node,
        origin: &Origin<'_>,
        has_faults: bool,
        reading: &Reading<'_>,
    ) {
        let line = origin.lines.position(root.span.start).0;
        let place = format!("{}:{line}", origin.path);
        let is_wrong = |path: &Path| {
            // of what is wrong only that matters by which requests and tokens are compared
            let first = path.to_string();
            ["requester", "purpose", "expires", "requested", "decision", "issuance", "ended"]
                .iter()
                .any(|field| first.starts_with(field))
        };
        let found = violations(&root, &MANIFEST, LONGEST_LIST);
        for wrong in found.iter().filter(|found| !found.is_unknown_key) {
            // what can't be read is told here, and says nothing further on
            blank(&mut root, &wrong.path.0);
        }
        if has_faults || found.iter().any(|found| !found.is_unknown_key && is_wrong(&found.path)) {
            let message = format!(
                "the request on line {line} says things that can't be read; `hallpass check` says \
                 which"
            );
            self.problem(origin.path, message);
        }
        let text = |section: &str, field: &str| root.get(section)?.get(field)?.text();
        let day = |node: Option<&Node>| node.and_then(Node::text).and_then(parse_day);
        let email = plain(text("requester", "email").unwrap_or_default());
        let name = plain_name(text("requester", "name").unwrap_or_default());
        let purpose = plain(text("purpose", "name").unwrap_or_default());
        let requested = root.get("requested").and_then(Node::text).unwrap_or_default();
        let is_over = root.get("ended").is_some_and(|node| !node.is_null());
        let is_open = text("decision", "outcome") == Some("approved") && !is_over;
        let ends = [
            day(root.get("issuance").and_then(|issuance| issuance.get("expires"))),
            day(root.get("expires")),
        ];
        let identity = ["request without a token", &email, &purpose, requested].join("\0");
        let unissued = self.unissued(&root, origin, &identity, reading);
        self.requests.push(New {
            requested: parse_day(requested),
            root,
            place,
            email,
            name,
            purpose,
            ends,
            is_open,
            unissued,
        });
    }

    /// What the pack says of the request if it has no token.
    fn unissued(
        &mut self,
        root: &Node,
        origin: &Origin<'_>,
        identity: &str,
        reading: &Reading<'_>,
    ) -> Vec<Checked> {
        let facts = Facts {
            root,
            entry: None,
            token: Some((&NOTHING, &reading.limits_node)),
            today: reading.today,
            holidays: Arc::clone(&reading.holidays),
        };
        let requester = root
            .get("requester")
            .and_then(|requester| requester.get("email"))
            .and_then(Node::text)
            .map(|email| printable(&scrub(&plain(email))).into_owned());
        let mut found = Vec::new();
        for (clause, said) in judge_request(reading.pack, &facts) {
            match said {
                Ok((validation, message)) => {
                    let steps =
                        validation.help.as_ref().map_or(String::new(), |help| format!("{help} "));
                    let help = vec![format!("{steps}Source: {}.", clause.source)];
                    found.push(origin.finding(Draft {
                        rule: clause.id.clone(),
                        severity: clause.severity,
                        message,
                        span: validation.at.locate(root),
                        label: "no token for it in the report".to_owned(),
                        guidance: vec![Guidance {
                            policy: clause.pack.clone(),
                            clause: clause.id.clone(),
                        }],
                        help,
                        identity: identity.to_owned(),
                        requester: requester.clone(),
                    }));
                }
                Err(error) => self.problem(
                    origin.path,
                    format!("{} could not be judged: {error}; mend the pack", clause.id),
                ),
            }
        }
        found
    }
}

/// Takes out what stands at `steps`, as if it were not there.
fn blank(node: &mut Node, steps: &[Step]) {
    let Some((first, rest)) = steps.split_first() else {
        node.value = Value::Null;
        return;
    };
    let below = match (&mut node.value, first) {
        (Value::Map(entries), Step::Key(key)) => {
            entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.node)
        }
        (Value::List(elements), Step::Index(Some(index))) => elements.get_mut(*index),
        _ => None,
    };
    if let Some(below) = below {
        blank(below, rest);
    }
}
