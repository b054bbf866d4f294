//! Answers as a manifest.

use serde_json::{Map, Value};

use crate::policy::manifest::{KIND, MANIFEST};
use crate::policy::shape::{Kind, Shape};

/// The manifest of `answers`, its keys in the order in which the format documents them.
pub fn to_yaml(answers: &Map<String, Value>) -> String {
    let mut text = format!("kind: {KIND}\nversion: 1\n");
    section(&MANIFEST, answers, "", &mut text);
    text
}

fn section(shape: &Shape, answers: &Map<String, Value>, indent: &str, text: &mut String) {
    for field in shape.fields {
        let Some(value) = answers.get(field.name).filter(|value| !value.is_null()) else {
            continue;
        };
        match (field.kind, value) {
            (Kind::Section(shape), Value::Object(inner)) => {
                if indent.is_empty() {
                    text.push('\n');
                }
                text.push_str(&format!("{indent}{}:\n", field.name));
                section(shape, inner, &format!("{indent}  "), text);
            }
            (Kind::List(Kind::Section(shape)), Value::Array(entries)) if !entries.is_empty() => {
                text.push_str(&format!("\n{indent}{}:\n", field.name));
                for entry in entries.iter().filter_map(Value::as_object) {
                    let mut inner = String::new();
                    section(shape, entry, &format!("{indent}    "), &mut inner);
                    // the first key stands beside the dash
                    let first = inner.get(indent.len() + 4..).unwrap_or("{}\n");
                    text.push_str(&format!("{indent}  - {first}"));
                }
            }
            (_, Value::Array(list)) => {
                let list: Vec<String> = list.iter().map(scalar).collect();
                text.push_str(&format!("{indent}{}: [{}]\n", field.name, list.join(", ")));
            }
            (_, value) => {
                text.push_str(&format!("{indent}{}: {}\n", field.name, scalar(value)));
            }
        }
    }
}

/// A value on its line. Text that YAML could read as something else stands between quotes.
fn scalar(value: &Value) -> String {
    let Value::String(text) = value else {
        return value.to_string();
    };
    // a day stays one
    if text.parse::<jiff::civil::Date>().is_ok() {
        return text.clone();
    }
    const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let inner = |c: char| c.is_alphanumeric() || " -_.'/()@+’".contains(c);
    let is_plain = text.starts_with(char::is_alphabetic)
        && text.chars().all(inner)
        && !text.ends_with(' ')
        && !WORDS.contains(&text.to_lowercase().as_str());
    // JSON's strings are YAML's too
    if is_plain { text.clone() } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_have_their_order_and_text_its_quotes() {
        let answers = json!({
            "acknowledges": ["acceptable-use"],
            "access": [{"reason": "a: b", "data": "grades"}, {"data": "#x"}],
            "requester": {"role": "student", "name": "Ada \"A\" Byron", "email": "a@b.edu"},
            "requested": "2026-11-23",
            "third_parties": [],
            "end_of_use": {"revoke": true, "when": "yes"},
        });
        let Value::Object(answers) = answers else { return };
        assert_eq!(
            to_yaml(&answers),
            "kind: CanvasTokenRequest\nversion: 1\nrequested: 2026-11-23\n\nrequester:\n  name: \
             \"Ada \\\"A\\\" Byron\"\n  email: a@b.edu\n  role: student\n\naccess:\n  - data: \
             grades\n    reason: \"a: b\"\n  - data: \"#x\"\nthird_parties: \
             []\n\nend_of_use:\n  when: \"yes\"\n  revoke: true\nacknowledges: [acceptable-use]\n"
        );
    }
}
