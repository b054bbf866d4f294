//! A request as a form: the questions that a manifest answers, which clauses speak of which, and
//! the answers as YAML.

mod write;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::manifest::MANIFEST;
use super::pack::{Clause, Pack};
use super::shape::{Field, Kind};
use super::yaml::{Path, Step};
use crate::finding::scrub;

pub use write::to_yaml;

/// What the institution and the tool itself fill in.
const NOT_ASKED: [&str; 8] =
    ["kind", "version", "policy", "requested", "decision", "issuance", "activation", "ended"];

/// A question: a field of the manifest that its author fills in.
#[derive(Debug, Clone)]
pub struct Question {
    /// The field, such as `requester.name`.
    pub field: String,
    /// What it says, in a few words.
    pub about: &'static str,
    /// Whether a request is wrong without it.
    pub required: bool,
    /// What can be answered.
    pub answer: Answer,
}

/// What can be answered.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A line of text.
    Text,
    /// Several, with commas between them.
    Texts,
    /// A calendar day, ISO 8601.
    Day,
    /// Yes or no.
    YesNo,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Any of these words.
    SomeOf(&'static [&'static str]),
    /// A list of entries, each with these fields.
    Entries(Vec<Question>),
}

impl Question {
    /// Reads an answer that was typed.
    ///
    /// # Errors
    ///
    /// If it is none, in words for who typed it.
    pub fn read(&self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        if scrub(text) != text {
            return Err("this looks like a token, which has no place in a request".to_owned());
        }
        let one_of = |word: &str, words: &[&str]| match words.contains(&word) {
            true => Ok(Value::from(word)),
            false => Err(format!("choose one of {}", words.join(", "))),
        };
        let parts = || text.trim_matches(['[', ']']).split(',').map(str::trim);
        match &self.answer {
            Answer::Text => Ok(text.into()),
            Answer::Texts => Ok(parts().filter(|part| !part.is_empty()).collect()),
            Answer::Day => match super::days::parse_day(text) {
                Some(day) => Ok(day.to_string().into()),
                None => Err("write a day as year-month-day, such as 2027-03-01".to_owned()),
            },
            Answer::YesNo => match text {
                "true" | "yes" => Ok(true.into()),
                "false" | "no" => Ok(false.into()),
                _ => Err("answer yes or no".to_owned()),
            },
            Answer::OneOf(words) => one_of(text, words),
            Answer::SomeOf(words) => {
                parts().filter(|part| !part.is_empty()).map(|part| one_of(part, words)).collect()
            }
            Answer::Entries(_) => match text {
                "[]" => Ok(Value::Array(Vec::new())),
                _ => Err(format!("write {}[0].… for its first entry, or []", self.field)),
            },
        }
    }
}

/// All questions, in the order of the manifest.
pub fn questions() -> Vec<Question> {
    let mut questions = Vec::new();
    for field in MANIFEST.fields.iter().filter(|field| !NOT_ASKED.contains(&field.name)) {
        ask(field, "", field.required, &mut questions);
    }
    questions
}

fn ask(field: &'static Field, before: &str, required: bool, questions: &mut Vec<Question>) {
    let name = format!("{before}{}", field.name);
    let answer = match field.kind {
        Kind::Section(shape) => {
            for inner in shape.fields {
                ask(inner, &format!("{name}."), required && inner.required, questions);
            }
            return;
        }
        Kind::Text | Kind::Hint(_) => Answer::Text,
        Kind::Day => Answer::Day,
        Kind::Bool => Answer::YesNo,
        Kind::OneOf(words) => Answer::OneOf(words),
        Kind::List(Kind::OneOf(words)) => Answer::SomeOf(words),
        Kind::List(Kind::Section(shape)) => {
            let mut inner = Vec::new();
            shape.fields.iter().for_each(|field| ask(field, "", field.required, &mut inner));
            Answer::Entries(inner)
        }
        Kind::List(_) => Answer::Texts,
        Kind::Number(_) | Kind::Any => return,
    };
    questions.push(Question { field: name, about: field.about, required, answer });
}

/// The fields that a clause speaks of, as questions name them: a section stands for all its fields.
pub fn fields_of(clause: &Clause, questions: &[Question]) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for validation in &clause.validations {
        let path = validation.each.as_ref().unwrap_or(&validation.at);
        let name = names(path);
        let inner = format!("{name}.");
        let of = questions
            .iter()
            .filter(|question| question.field == name || question.field.starts_with(&inner));
        for question in of {
            if !fields.contains(&question.field) {
                fields.push(question.field.clone());
            }
        }
    }
    fields
}

/// A path up to its first list.
fn names(path: &Path) -> String {
    let mut name = String::new();
    for step in &path.0 {
        let Step::Key(key) = step else { break };
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(key);
    }
    name
}

/// The clauses of a pack that speak of a field.
pub fn clauses_about<'p>(pack: &'p Pack, field: &str, questions: &[Question]) -> Vec<&'p Clause> {
    let speaks = |clause: &&Clause| fields_of(clause, questions).iter().any(|name| name == field);
    let mut seen = BTreeSet::new();
    pack.clauses.iter().filter(speaks).filter(|clause| seen.insert(&clause.id)).collect()
}

/// Puts an answer into its place: `requester.name`, or `access[0].data`.
///
/// # Errors
///
/// If there is no such field, or the answer is none.
pub fn set(
    answers: &mut Map<String, Value>,
    questions: &[Question],
    field: &str,
    text: &str,
) -> Result<(), String> {
    if let Some((list, rest)) = field.split_once('[') {
        let (at, inner) = rest.split_once(']').ok_or("a [ has no ]")?;
        let at: usize = at.parse().map_err(|_| "between [ and ] belongs a number")?;
        let question = known(questions, list)?;
        let Answer::Entries(fields) = &question.answer else {
            return Err(format!("{list} is not a list of entries"));
        };
        let inner = inner.strip_prefix('.').ok_or("after ] belongs a point and a field")?;
        let value = known(fields, inner)?.read(text)?;
        let entries = slot(answers, list);
        if !entries.is_array() {
            *entries = Value::Array(Vec::new());
        }
        let entries = entries.as_array_mut().ok_or("no list")?;
        if at > entries.len() {
            return Err(format!("{list}[{}] is the next", entries.len()));
        }
        if at == entries.len() {
            entries.push(Value::Object(Map::new()));
        }
        if let Some(Value::Object(entry)) = entries.get_mut(at) {
            entry.insert(inner.to_owned(), value);
        }
        return Ok(());
    }
    let value = known(questions, field)?.read(text)?;
    *slot(answers, field) = value;
    Ok(())
}

fn known<'q>(questions: &'q [Question], field: &str) -> Result<&'q Question, String> {
    questions.iter().find(|question| question.field == field).ok_or_else(|| {
        let near = questions
            .iter()
            .map(|question| (strsim::damerau_levenshtein(field, &question.field), &question.field))
            .min();
        match near {
            Some((_, near)) => format!("no field of that name is asked for; did you mean {near}?"),
            None => "no field of that name is asked for".to_owned(),
        }
    })
}

/// The place of a field in the tree, made where it is not there.
pub fn slot<'a>(answers: &'a mut Map<String, Value>, field: &str) -> &'a mut Value {
    let (first, rest) = match field.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (field, None),
    };
    let place = answers.entry(first).or_insert(Value::Null);
    let Some(rest) = rest else { return place };
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    match place {
        Value::Object(section) => slot(section, rest),
        // it was made a section above
        other => other,
    }
}

/// Whether a field is answered.
pub fn is_answered(answers: &Map<String, Value>, field: &str) -> bool {
    let mut steps = field.split('.');
    let first = steps.next().and_then(|name| answers.get(name));
    steps.fold(first, |place, name| place?.get(name)).is_some_and(|value| !value.is_null())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;
    use crate::policy::Catalog;

    #[test]
    fn every_field_of_the_asking_is_a_question() {
        let questions = questions();
        let named = |name: &str| questions.iter().find(|question| question.field == name);
        assert!(named("requester.role").unwrap().required);
        assert!(!named("sponsor.name").unwrap().required);
        assert!(matches!(named("access").unwrap().answer, Answer::Entries(_)));
        assert!(named("issuance.by").is_none() && named("kind").is_none());
    }

    #[test]
    fn clauses_are_told_where_their_fields_are_asked() {
        let catalog = Catalog::embedded().unwrap();
        let questions = questions();
        let about = |policy: &str, field: &str| -> Vec<String> {
            let pack = catalog.by_id(policy).unwrap();
            clauses_about(&pack, field, &questions).iter().map(|one| one.id.clone()).collect()
        };
        assert!(about("hws", "sponsor.role").contains(&"hws/student-sponsor".to_owned()));
        assert!(about("udayton", "expires").contains(&"udayton/lifetime".to_owned()));
        assert!(about("calpoly", "access").contains(&"calpoly/data-and-why".to_owned()));
    }

    #[test]
    fn answers_find_their_place_or_are_refused() {
        let questions = questions();
        let mut answers = Map::new();
        let mut put = |field: &str, text: &str| set(&mut answers, &questions, field, text);
        put("requester.role", "student").unwrap();
        put("access[0].data", "grades").unwrap();
        put("third_parties", "[]").unwrap();
        put("acknowledges", "acceptable-use, student-conduct").unwrap();
        assert!(put("requester.rolle", "x").unwrap_err().contains("requester.role"));
        assert!(put("requester.role", "pupil").unwrap_err().contains("teaching-assistant"));
        assert!(put("expires", "soon").unwrap_err().contains("2027-03-01"));
        assert!(put("access[7].data", "x").unwrap_err().contains("access[1]"));
        let token = format!("7~{}", "kQ7v".repeat(16));
        assert!(put("purpose.name", &token).unwrap_err().contains("token"));
        assert!(is_answered(&answers, "requester.role") && is_answered(&answers, "access"));
        assert!(!is_answered(&answers, "requester.name"));
    }
}
