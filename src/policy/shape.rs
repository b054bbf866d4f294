//! What a manifest or a pack may hold, as data: one description from which a tree is read, the
//! JSON Schema is made and the variables of expressions are known.

use crate::finding::{printable, scrub};

use super::days::{LIKELY, is_day_like, parse_day};
use super::yaml::{Node, Path, Span, Step, Value};

/// The kind of value that a field takes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Text.
    Text,
    /// A calendar day, ISO 8601.
    Day,
    /// `true` or `false`.
    Bool,
    /// The one number that is allowed.
    Number(i64),
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Exactly this many letters and digits.
    Hint(usize),
    /// A list.
    List(&'static Kind),
    /// A section with keys of its own.
    Section(&'static Shape),
    /// Anything.
    Any,
}

/// A key, what it takes and what it is for.
#[derive(Debug)]
pub(crate) struct Field {
    /// The key.
    pub(crate) name: &'static str,
    /// What it takes.
    pub(crate) kind: Kind,
    /// Whether its section is wrong without it.
    pub(crate) required: bool,
    /// What it says, in one sentence.
    pub(crate) about: &'static str,
}

/// A section's keys.
#[derive(Debug)]
pub(crate) struct Shape {
    /// What the section is called in the schema.
    pub(crate) name: &'static str,
    /// What it is for, in one sentence.
    pub(crate) about: &'static str,
    /// Its keys, in the order in which they are documented.
    pub(crate) fields: &'static [Field],
}

impl Shape {
    /// The field of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Something that a tree says and its shape does not allow.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Violation {
    /// Where it stands in the tree, or would stand.
    pub(crate) path: Path,
    /// What to underline.
    pub(crate) span: Span,
    /// What is wrong, in one sentence.
    pub(crate) message: String,
    /// How to mend it.
    pub(crate) help: String,
    /// Whether it is about a key that does not exist, which leaves everything else readable.
    pub(crate) is_unknown_key: bool,
    /// Whether it is a word that is readable, but not one of those listed nor nearly one.
    pub(crate) is_unlisted: bool,
}

/// Everything in `root` that `shape` does not allow, in the order in which it stands. A list may
/// have `longest` entries at most.
pub(crate) fn violations(root: &Node, shape: &'static Shape, longest: usize) -> Vec<Violation> {
    let mut reader = Reader { root, longest, found: Vec::new() };
    reader.section(root, shape, &Path::default());
    reader.found.sort_by_key(|violation| violation.span.start);
    reader.found
}

struct Reader<'t> {
    root: &'t Node,
    longest: usize,
    found: Vec<Violation>,
}

impl Reader<'_> {
    fn add(&mut self, path: &Path, span: Span, message: String, help: String) {
        self.found.push(Violation {
            path: path.clone(),
            span,
            message,
            help,
            is_unknown_key: false,
            is_unlisted: false,
        });
    }

    fn section(&mut self, node: &Node, shape: &'static Shape, path: &Path) {
        let Value::Map(entries) = &node.value else {
            let (message, help) = match path.0.is_empty() {
                true => (
                    format!("{} was expected, and this is {}", shape.about, describe(node)),
                    "begin with `key: value` lines".to_owned(),
                ),
                false => (
                    format!("`{path}` is a section, and this is {}", describe(node)),
                    format!("its keys are {}", list(shape.fields.iter().map(|f| f.name))),
                ),
            };
            self.add(path, node.span.clone(), message, help);
            return;
        };
        for entry in entries {
            let below = path.key(&entry.key);
            match shape.field(&entry.key) {
                Some(field) if entry.node.is_null() && !matches!(field.kind, Kind::Any) => {
                    if field.required {
                        self.add(
                            &below,
                            entry.key_span.clone(),
                            format!("`{below}` is required, and says nothing"),
                            ask(field),
                        );
                    }
                }
                Some(field) => self.value(&entry.node, field.kind, &below),
                None => {
                    let names = || shape.fields.iter().map(|field| field.name);
                    let section = match path.0.is_empty() {
                        true => "at the top".to_owned(),
                        false => format!("in `{path}`"),
                    };
                    let help = match nearest(&entry.key, names()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => format!("the keys {section} are {}", list(names())),
                    };
                    self.add(
                        &below,
                        entry.key_span.clone(),
                        format!("there is no key {} {section}", quote(&entry.key)),
                        help,
                    );
                    if let Some(last) = self.found.last_mut() {
                        last.is_unknown_key = true;
                    }
                }
            }
        }
        for field in shape.fields.iter().filter(|field| field.required) {
            if node.entry(field.name).is_none() {
                let below = path.key(field.name);
                self.add(
                    &below,
                    below.locate(self.root),
                    format!("`{below}` is missing"),
                    ask(field),
                );
            }
        }
    }

    fn value(&mut self, node: &Node, kind: Kind, path: &Path) {
        let wrong =
            |expected: &str| format!("`{path}` is {expected}, and this is {}", describe(node));
        match (kind, &node.value) {
            (Kind::Section(shape), _) => self.section(node, shape, path),
            (Kind::List(_), Value::List(elements)) if elements.is_empty() => {}
            (Kind::List(_), Value::List(elements)) if elements.len() > self.longest => self.add(
                path,
                path.locate(self.root),
                format!(
                    "`{path}` has {} entries, and {} are the most that is read",
                    elements.len(),
                    self.longest
                ),
                "put what belongs together into one entry".to_owned(),
            ),
            (Kind::List(kind), Value::List(elements)) => {
                for (index, element) in elements.iter().enumerate() {
                    self.value(element, *kind, &path.index(Some(index)));
                }
            }
            (Kind::List(_), _) => self.add(
                path,
                path.locate(self.root),
                wrong("a list"),
                "write the entries between brackets, or each on a line of its own after a dash"
                    .to_owned(),
            ),
            (Kind::Any, _) | (Kind::Text, Value::Text(_)) | (Kind::Bool, Value::Bool(_)) => {}
            (Kind::Text, Value::Int(_) | Value::Float(_) | Value::Bool(_)) => {
                self.add(path, node.span.clone(), wrong("text"), "put it between quotes".to_owned())
            }
            (Kind::Text, _) => self.add(
                path,
                path.locate(self.root),
                wrong("text"),
                "write it on one line, or after `|` on indented lines below".to_owned(),
            ),
            (Kind::Bool, _) => self.add(
                path,
                node.span.clone(),
                wrong("true or false"),
                "write true or false, without quotes".to_owned(),
            ),
            (Kind::Number(only), Value::Int(number)) if only == *number => {}
            (Kind::Number(only), _) => self.add(
                path,
                node.span.clone(),
                format!("`{path}` can only be {only}, and this is {}", describe(node)),
                format!("write {only}"),
            ),
            (Kind::Day, value) => {
                let text = match value {
                    Value::Text(text) => text.as_str(),
                    _ => "",
                };
                let help = "write it as year-month-day, such as 2026-11-23";
                let message = match parse_day(text) {
                    Some(day) if LIKELY.contains(&day) || may_be_far(path) => return,
                    Some(day) => format!("`{path}` is {day}, which no request can mean"),
                    None if is_day_like(text) => {
                        format!("`{path}` is not a day: there is no {text} in the calendar")
                    }
                    None => format!("`{path}` is not a day: this is {}", describe(node)),
                };
                self.add(path, node.span.clone(), message, help.to_owned());
            }
            (Kind::Hint(length), Value::Text(text))
                if text.len() == length && text.bytes().all(|b| b.is_ascii_alphanumeric()) => {}
            (Kind::Hint(length), Value::Int(_) | Value::Float(_)) => self.add(
                path,
                node.span.clone(),
                format!("`{path}` is text, and this is a number, since no quotes are around it"),
                format!("put the {length} characters between quotes"),
            ),
            // the value itself may be a secret, so it is not repeated
            (Kind::Hint(length), _) => self.add(
                path,
                node.span.clone(),
                format!("`{path}` is not the {length} letters and digits that Canvas shows"),
                format!("write these {length} characters and never more, between quotes"),
            ),
            (Kind::OneOf(words), Value::Text(text)) if words.contains(&text.as_str()) => {}
            (Kind::OneOf(words), _) => {
                let near = node.text().and_then(|text| nearest(text, words.iter().copied()));
                let message = match node.text() {
                    Some(text) => format!("`{path}` can't be {}", quote(text)),
                    None => wrong("a word"),
                };
                let all = list(words.iter().copied());
                let help = match near {
                    Some(near) => format!("did you mean `{near}`? It can be {all}"),
                    None => format!("it can be {all}"),
                };
                self.add(path, node.span.clone(), message, help);
                let is_unlisted = near.is_none() && node.text().is_some();
                if let Some(last) = self.found.last_mut() {
                    last.is_unlisted = is_unlisted;
                }
            }
        }
    }
}

/// Whether a day may lie beyond those that are likely: a token's end, where it says "never".
fn may_be_far(path: &Path) -> bool {
    matches!(path.0.last(), Some(Step::Key(key)) if key == "expires")
}

fn ask(field: &Field) -> String {
    match field.kind {
        Kind::OneOf(words) => format!("add it: {} ({})", field.about, list(words.iter().copied())),
        Kind::Number(only) => format!("add `{}: {only}`", field.name),
        Kind::Section(shape) => format!(
            "add it: {}, with {}",
            field.about,
            list(shape.fields.iter().filter(|f| f.required).map(|f| f.name))
        ),
        _ => format!("add it: {}", field.about),
    }
}

fn describe(node: &Node) -> String {
    match &node.value {
        Value::Null => "empty".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => format!("the number {number}"),
        Value::Float(number) => format!("the number {}", shorten(number)),
        Value::Text(text) => format!("the text {}", quote(text)),
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a section".to_owned(),
    }
}

/// `text` between backticks, safe to print and not too long.
pub(crate) fn quote(text: &str) -> String {
    format!("`{}`", shorten(text))
}

fn shorten(text: &str) -> String {
    const LONGEST: usize = 40;
    let clean = scrub(text);
    let clean = printable(&clean);
    match clean.char_indices().nth(LONGEST) {
        None => clean.into_owned(),
        Some((end, _)) => format!("{}…", &clean[..end]),
    }
}

/// "a, b and c".
pub(crate) fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// The word that `text` was probably meant to be.
pub(crate) fn nearest<'a>(text: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if text.len() > 64 {
        return None;
    }
    let plain = |text: &str| text.trim().to_lowercase().replace(['_', ' '], "-");
    let text = plain(text);
    words
        .into_iter()
        .filter_map(|word| {
            let clean = plain(word);
            let mut distance = strsim::damerau_levenshtein(&text, &clean);
            // `passwordmanager` is as near as a slip of one key
            if text.replace('-', "") == clean.replace('-', "") {
                distance = distance.min(1);
            }
            let near = distance <= (clean.chars().count() / 3).clamp(1, 3)
                || strsim::jaro_winkler(&text, &clean) >= 0.9;
            near.then_some((distance, word))
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_is_near() {
        let roles = ["student", "faculty", "staff", "instructor"];
        assert_eq!(nearest("Student", roles), Some("student"));
        assert_eq!(nearest("studnet", roles), Some("student"));
        assert_eq!(nearest("guest", roles), None);
        assert_eq!(nearest("contractor", roles), None);
        assert_eq!(nearest("passwordmanager", ["password-manager"]), Some("password-manager"));
        assert_eq!(nearest("nessecity", ["description", "necessity"]), Some("necessity"));
        for other in ["alumnus", "alumni", "vendor", "visitor", "parent", "professor", "observer"] {
            assert_eq!(nearest(other, roles), None, "{other}");
        }
        assert_eq!(nearest("need_by", ["needed_by"]), Some("needed_by"));
    }

    #[test]
    fn lists_read_well() {
        assert_eq!(list(["a"]), "a");
        assert_eq!(list(["a", "b", "c"]), "a, b and c");
    }
}
