//! Two open requests of one requester for one purpose.

use std::collections::HashMap;

use super::super::yaml::{Node, Path};
use super::build::{Draft, Origin};
use super::{Checked, DUPLICATE, Outcome};
use crate::finding::Severity;

/// A request that is neither denied nor over.
#[derive(Debug)]
pub(super) struct Open {
    key: (String, String),
    /// What it comes after, if it says so.
    follows: Option<Follows>,
    /// Whether it has its decision.
    decided: bool,
    /// The finding, should it be a second one: all but which request was first.
    finding: Checked,
}

impl Open {
    /// The request `root`, if it is open and says whose it is and for what.
    pub(super) fn new(origin: &Origin<'_>, root: &Node) -> Option<Self> {
        let text = |section: &str, field: &str| root.get(section)?.get(field)?.text();
        let is_given = |section: &str| root.get(section).is_some_and(|node| !node.is_null());
        if is_given("ended") || text("decision", "outcome") == Some("denied") {
            return None;
        }
        let plain =
            |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let email = plain(text("requester", "email")?);
        let purpose = plain(text("purpose", "name")?);
        if email.is_empty() || purpose.is_empty() {
            return None;
        }
        let requested = root.get("requested").and_then(Node::text).unwrap_or_default();
        let path = Path::default().key("purpose").key("name");
        Some(Self {
            finding: origin.finding(Draft {
                rule: DUPLICATE.to_owned(),
                severity: Severity::Warning,
                message: String::new(),
                span: path.locate(root),
                label: "the same purpose again".to_owned(),
                guidance: Vec::new(),
                help: vec![
                    "Keep one of the two; or say under `follows:` what this one comes after (with \
                     the `token_hint`, where both follow something), or under `ended:` that the \
                     other is over."
                        .to_owned(),
                ],
                identity: [email.as_str(), purpose.as_str(), requested].join("\0"),
                requester: Some(email.clone()),
            }),
            key: (email, purpose),
            follows: Follows::new(root),
            decided: is_given("decision") || is_given("issuance"),
        })
    }
}

/// What a request says that it comes after.
#[derive(Debug, PartialEq, Eq)]
struct Follows {
    kind: Option<String>,
    token_hint: Option<String>,
    expires: Option<String>,
}

impl Follows {
    fn new(root: &Node) -> Option<Self> {
        let section = root.get("follows").filter(|node| !node.is_null())?;
        let text = |field: &str| section.get(field).and_then(Node::text).map(str::to_owned);
        Some(Self { kind: text("kind"), token_hint: text("token_hint"), expires: text("expires") })
    }

    /// Whether both may come after the same thing: nothing that both say tells them apart.
    fn meets(&self, other: &Self) -> bool {
        let agree = |one: &Option<String>, two: &Option<String>| match (one, two) {
            (Some(one), Some(two)) => one == two,
            _ => true,
        };
        agree(&self.kind, &other.kind)
            && agree(&self.token_hint, &other.token_hint)
            && agree(&self.expires, &other.expires)
    }
}

/// An open request that came first.
struct Earlier {
    follows: Option<Follows>,
    decided: bool,
    /// Where it stands.
    place: String,
}

impl Earlier {
    /// Whether a request of the same requester for the same purpose asks for the same again.
    fn is_repeated_by(&self, follows: Option<&Follows>, decided: bool) -> bool {
        match (&self.follows, follows) {
            (None, None) => true,
            (Some(mine), Some(other)) => {
                // without the token's hint, a second renewal may come after the first one
                let is_named = mine.token_hint.is_some() && other.token_hint.is_some();
                mine.meets(other) && (is_named || !(self.decided || decided))
            }
            _ => false,
        }
    }
}

/// Adds a finding for every open request that has an earlier one of the same requester for the
/// same purpose.
pub(super) fn find(outcome: &mut Outcome) {
    let mut first: HashMap<(String, String), Vec<Earlier>> = HashMap::new();
    for open in std::mem::take(&mut outcome.open) {
        let earlier = first.entry(open.key).or_default();
        let other =
            earlier.iter().find(|other| other.is_repeated_by(open.follows.as_ref(), open.decided));
        let mut checked = open.finding;
        let location = &checked.finding.location;
        let place = format!("{}:{}", location.path, location.line.unwrap_or(1));
        if let Some(other) = other {
            checked.finding.message = format!(
                "the same requester asks for a token for the same purpose in {}",
                other.place
            );
            outcome.findings.push(checked);
        }
        earlier.push(Earlier { follows: open.follows, decided: open.decided, place });
    }
}
