//! Reads one pack's file: shape first, so that all faults are shown at once, then the types.

use super::clause::{self, Words};
use super::{Audit, Clause, Contact, Document, Leak, Notice, Scan, Timeline, Validation};
use crate::finding::{Place, Severity};
use crate::policy::days::{Holidays, parse_day};
use crate::policy::error::{PackFault, PolicyError};
use crate::policy::expression::{Scope, kind_of};
use crate::policy::manifest::MANIFEST;
use crate::policy::position::Lines;
use crate::policy::shape::{Shape, violations};
use crate::policy::token::TOKEN;
use crate::policy::yaml::{self, Limits, Node, Path, Span, Step};

/// A pack as its file says, without what it inherits.
#[derive(Debug)]
pub(crate) struct RawPack {
    pub(crate) id: String,
    pub(crate) institution: String,
    pub(crate) extends: Option<String>,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) sources: Vec<Document>,
    pub(crate) holidays: Holidays,
    pub(crate) leak: Leak,
    pub(crate) changes: Vec<Change>,
    pub(crate) clauses: Vec<Clause>,
    /// The `tests` section, and the text that its places refer to.
    pub(crate) tests: Option<Node>,
    /// The file's text.
    pub(crate) text: String,
    /// The file's name, or the id of an embedded pack, safe to print.
    pub(crate) name: String,
}

/// A clause of the extended pack that is different here.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) clause: String,
    pub(crate) span: Span,
    pub(crate) off: bool,
    pub(crate) severity: Option<Severity>,
    pub(crate) reason: String,
}

/// A fault with its place in the file.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// The error that shows `faults` in the pack of this name and text.
pub(crate) fn invalid(name: &str, text: &str, mut faults: Vec<Fault>) -> PolicyError {
    faults.sort_by_key(|fault| fault.span.start);
    let lines = Lines::new(text);
    PolicyError::Invalid {
        path: name.to_owned(),
        faults: faults
            .into_iter()
            .map(|fault| {
                let (line, column) = lines.position(fault.span.start);
                PackFault { line, column, message: fault.message, help: fault.help }
            })
            .collect(),
    }
}

impl RawPack {
    /// Reads a pack's text, compiles all its expressions and tries them on samples; `name` is what errors call it.
    pub(crate) fn compile(text: &str, name: &str) -> Result<Self, PolicyError> {
        let pack = Self::read(text, name)?;
        let mut faults = Vec::new();
        for source in pack.clauses.iter().flat_map(Clause::expressions) {
            for fault in source.compiled().err().unwrap_or_default() {
                faults.push(Fault {
                    span: source.span.clone(),
                    message: fault.message.clone(),
                    help: fault.help.clone(),
                });
            }
        }
        if faults.is_empty() {
            faults = super::rehearse::faults(&pack.clauses);
        }
        match faults.is_empty() {
            true => Ok(pack),
            false => Err(invalid(name, text, faults)),
        }
    }

    /// Reads a pack's text without compiling its expressions, which the packs in the binary are
    /// known to need no check for.
    pub(crate) fn read(text: &str, name: &str) -> Result<Self, PolicyError> {
        let parsed = yaml::parse(text, Limits::PACK);
        let mut faults: Vec<Fault> = parsed
            .faults
            .into_iter()
            .map(|fault| Fault { span: fault.span, message: fault.message, help: fault.help })
            .collect();
        let Some(root) = parsed.root else {
            if faults.is_empty() {
                faults.push(Fault {
                    span: 0..0,
                    message: "the file is empty".to_owned(),
                    help: Some("docs/policy-packs.md shows a pack to begin with".to_owned()),
                });
            }
            return Err(invalid(name, text, faults));
        };
        faults.extend(violations(&root, &super::PACK, usize::MAX).into_iter().map(|found| Fault {
            span: found.span,
            message: found.message,
            help: Some(found.help),
        }));
        let mut reader = Reader { faults };
        let pack = reader.pack(root, text, name);
        match reader.faults.is_empty() {
            true => Ok(pack),
            false => Err(invalid(name, text, reader.faults)),
        }
    }
}

struct Reader {
    faults: Vec<Fault>,
}

fn text(node: &Node, key: &str) -> String {
    optional(node, key).unwrap_or_default()
}

fn optional(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::text).map(|text| text.trim().to_owned())
}

fn elements<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    node.get(key).map_or(&[], Node::elements)
}

fn source(node: &Node, key: &str, each: Option<&Path>, scope: Scope) -> Option<clause::Source> {
    let node = node.get(key)?;
    let text = node.text()?.trim().to_owned();
    Some(clause::Source::new(text, node.span.clone(), each.cloned(), scope))
}

fn severity(text: &str) -> Severity {
    match text {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        _ => Severity::Note,
    }
}

/// The kind of place of this name.
pub(crate) fn place(text: &str) -> Option<Place> {
    Some(match text {
        "code" => Place::Code,
        "configuration" => Place::Configuration,
        "notebook" => Place::Notebook,
        "document" => Place::Document,
        "spreadsheet" => Place::Spreadsheet,
        "screenshot" => Place::Screenshot,
        "notes" => Place::Notes,
        "mail" => Place::Mail,
        "chat" => Place::Chat,
        "log" => Place::Log,
        "shell-history" => Place::ShellHistory,
        "binary" => Place::Binary,
        "other" => Place::Other,
        _ => return None,
    })
}

impl Reader {
    fn fault(&mut self, span: &Span, message: String, help: &str) {
        self.faults.push(Fault { span: span.clone(), message, help: Some(help.to_owned()) });
    }

    fn pack(&mut self, root: Node, file: &str, name: &str) -> RawPack {
        let id = text(&root, "id");
        if let Some(node) = root.get("id")
            && !is_name(&id)
        {
            let message = "a pack's id is made of small letters, digits and hyphens".to_owned();
            self.fault(&node.span, message, "write it like `hws` or `uw-madison`");
        }
        let sources: Vec<Document> = elements(&root, "sources").iter().map(document).collect();
        let mut clauses: Vec<Clause> = Vec::new();
        for node in elements(&root, "clauses") {
            let clause = self.clause(node, &id, &sources);
            if clauses.iter().any(|other| other.id == clause.id) {
                let message = format!("the clause `{}` stands here a second time", clause.id);
                self.fault(&node.span, message, "give each clause an id of its own");
            }
            clauses.push(clause);
        }
        RawPack {
            institution: text(&root, "institution"),
            extends: optional(&root, "extends"),
            contacts: elements(&root, "contacts").iter().map(contact).collect(),
            holidays: elements(&root, "holidays")
                .iter()
                .filter_map(|node| parse_day(node.text()?))
                .collect(),
            leak: root.get("leak").map_or_else(Leak::default, |node| Leak {
                tell: optional(node, "tell"),
                keep: optional(node, "keep"),
            }),
            changes: elements(&root, "changes").iter().map(|node| self.change(node)).collect(),
            tests: root.get("tests").cloned(),
            id,
            sources,
            clauses,
            text: file.to_owned(),
            name: name.to_owned(),
        }
    }

    fn change(&mut self, node: &Node) -> Change {
        let off = node.get("off").is_some_and(is_true);
        let severity = optional(node, "severity").map(|word| severity(&word));
        if !off && severity.is_none() {
            let message = "this change changes nothing".to_owned();
            self.fault(&node.span, message, "say `off: true` or give a `severity`");
        }
        Change {
            clause: text(node, "clause"),
            span: node.get("clause").map_or(node.span.clone(), |n| n.span.clone()),
            off,
            severity,
            reason: text(node, "reason"),
        }
    }

    fn clause(&mut self, node: &Node, pack: &str, sources: &[Document]) -> Clause {
        let id = text(node, "id");
        if let Some(at) = node.get("id")
            && !id.split_once('/').is_some_and(|(pack, name)| is_name(pack) && is_name(name))
        {
            let message = "a clause's id is a pack's id, a slash and a name".to_owned();
            self.fault(&at.span, message, "write it like `hws/student-sponsor`");
        }
        let key = text(node, "source");
        let document = sources.iter().find(|source| source.key == key);
        if document.is_none()
            && let Some(at) = node.get("source")
        {
            let message = format!("there is no source with the key `{key}`");
            let known = crate::policy::shape::list(sources.iter().map(|s| s.key.as_str()));
            let help = match known.is_empty() {
                true => "add the document under `sources`, with this key".to_owned(),
                false => format!("the sources are {known}"),
            };
            self.fault(&at.span, message, &help);
        }
        let clause = Clause {
            pack: pack.to_owned(),
            severity: severity(&text(node, "severity")),
            summary: text(node, "summary"),
            explanation: optional(node, "explanation"),
            source: document.map(ToString::to_string).unwrap_or_default(),
            reason: optional(node, "reason"),
            judge_unlisted: node.get("judge_unlisted").and_then(|node| self.path(node)),
            validations: elements(node, "validations")
                .iter()
                .filter_map(|node| self.validation(node, Scope::Request, &MANIFEST))
                .collect(),
            notices: elements(node, "notices")
                .iter()
                .filter_map(|node| self.notice(node))
                .collect(),
            timeline: elements(node, "timeline")
                .iter()
                .filter_map(|node| {
                    Some(Timeline {
                        when: source(node, "when", None, Scope::Request),
                        date: source(node, "date", None, Scope::Request)?,
                        what: text(node, "what"),
                    })
                })
                .collect(),
            scan: node.get("scan").map(scan),
            audit: node.get("audit").map(|node| self.audit(node)),
            id,
        };
        let parts = [
            clause.validations.len(),
            clause.notices.len(),
            clause.timeline.len(),
            usize::from(clause.scan.is_some()),
            usize::from(clause.audit.is_some()),
        ];
        if parts.iter().sum::<usize>() == 0 {
            let message = format!("the clause `{}` does nothing", clause.id);
            self.fault(
                &node.span,
                message,
                "give it validations, notices, a timeline, scan or audit",
            );
        }
        clause
    }

    fn path(&mut self, node: &Node) -> Option<Path> {
        let path = node.text().and_then(Path::parse);
        if path.is_none() {
            let message = "this is not a field of a request".to_owned();
            self.fault(&node.span, message, "write it like `storage.place`");
        }
        path
    }

    fn audit(&mut self, node: &Node) -> Audit {
        let mut conditions = |key: &str, shape: &'static Shape| {
            elements(node, key)
                .iter()
                .filter_map(|node| self.validation(node, Scope::Token, shape))
                .collect()
        };
        Audit {
            checks: text(node, "checks"),
            tokens: conditions("tokens", &TOKEN),
            requests: conditions("requests", &MANIFEST),
        }
    }

    /// A condition; `at` is a field of `shape`.
    fn validation(
        &mut self,
        node: &Node,
        scope: Scope,
        shape: &'static Shape,
    ) -> Option<Validation> {
        let each = node.get("each").and_then(|node| self.path(node));
        let at = node.get("at").and_then(|node| self.path(node))?;
        let place = node.get("at").map_or(node.span.clone(), |node| node.span.clone());
        self.underlined(&at, each.as_ref(), shape, &place);
        Some(Validation {
            when: source(node, "when", None, scope),
            expression: source(node, "expression", each.as_ref(), scope)?,
            words: self.words(node, each.as_ref(), scope)?,
            help: optional(node, "help"),
            each,
            at,
        })
    }

    /// The field to underline has to be one that a request (or a token) has.
    fn underlined(&mut self, at: &Path, each: Option<&Path>, shape: &'static Shape, span: &Span) {
        let mut whole = at.clone();
        if let (Some(each), Some(Step::Key(first))) = (each, at.0.first())
            && first == "entry"
        {
            whole = each.index(None);
            whole.0.extend(at.0.iter().skip(1).cloned());
        }
        if kind_of(shape, &whole).is_none() {
            let is_token = shape.name == TOKEN.name;
            let (what, help) = match is_token {
                true => ("an issued token", "write it like `expires` or `last_used`"),
                false => {
                    ("a request", "write it like `storage.place`, or `entry.reason` with `each`")
                }
            };
            let message = format!("{what} has no field `{at}` to underline");
            self.fault(span, message, help);
        }
    }

    fn notice(&mut self, node: &Node) -> Option<Notice> {
        let when = source(node, "when", None, Scope::Request);
        Some(Notice { when, words: self.words(node, None, Scope::Request)? })
    }

    fn words(&mut self, node: &Node, each: Option<&Path>, scope: Scope) -> Option<Words> {
        match (optional(node, "message"), source(node, "messageExpression", each, scope)) {
            (Some(message), None) => Some(Words::Plain(message)),
            (None, Some(source)) => Some(Words::Worked(source)),
            (Some(_), Some(_)) => {
                let message = "both `message` and `messageExpression` stand here".to_owned();
                self.fault(&node.span, message, "keep one of the two");
                None
            }
            (None, None) => {
                let message = "neither `message` nor `messageExpression` stands here".to_owned();
                self.fault(&node.span, message, "say what the reader is told");
                None
            }
        }
    }
}

fn is_true(node: &Node) -> bool {
    node.value == yaml::Value::Bool(true)
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn contact(node: &Node) -> Contact {
    Contact {
        name: text(node, "name"),
        email: optional(node, "email"),
        phone: optional(node, "phone"),
        url: optional(node, "url"),
    }
}

fn document(node: &Node) -> Document {
    Document {
        key: text(node, "key"),
        title: text(node, "title"),
        publisher: text(node, "publisher"),
        article: optional(node, "article"),
        url: optional(node, "url"),
        modified: optional(node, "modified"),
        read: text(node, "read"),
    }
}

fn scan(node: &Node) -> Scan {
    let words: Vec<&str> = elements(node, "places").iter().filter_map(Node::text).collect();
    Scan {
        anywhere: words.contains(&"any"),
        places: words.into_iter().filter_map(place).collect(),
        repository: node.get("repository").is_some_and(is_true),
        requests: node.get("requests").is_some_and(is_true),
    }
}
