//! The JSON Schemas of manifests and packs, made from the shapes that the reader goes by.

use serde_json::{Map, Value, json};

use super::manifest::{LONGEST_LIST, MANIFEST};
use super::pack::PACK;
use super::shape::{Field, Kind, Shape};

/// The JSON Schema of a request manifest, as text.
pub fn manifest_schema() -> String {
    text(&MANIFEST, Some(LONGEST_LIST))
}

/// The JSON Schema of a policy pack, as text.
pub fn pack_schema() -> String {
    text(&PACK, None)
}

fn text(shape: &Shape, longest: Option<usize>) -> String {
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".into(), json!(shape.name));
    schema.extend(section(shape, longest));
    format!("{:#}\n", Value::Object(schema))
}

fn section(shape: &Shape, longest: Option<usize>) -> Map<String, Value> {
    let properties: Map<String, Value> = shape
        .fields
        .iter()
        .map(|field| (field.name.to_owned(), property(field, longest)))
        .collect();
    let required: Vec<&str> =
        shape.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut schema = Map::new();
    schema.insert("description".into(), json!(sentence(shape.about)));
    schema.insert("type".into(), json!("object"));
    schema.insert("additionalProperties".into(), json!(false));
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    schema.insert("properties".into(), Value::Object(properties));
    schema
}

fn property(field: &Field, longest: Option<usize>) -> Value {
    let mut schema = kind(field.kind, longest);
    schema.insert("description".into(), json!(sentence(field.about)));
    // a key without a value says as much as no key
    if !field.required && !matches!(field.kind, Kind::Any) {
        if let Some(Value::Array(words)) = schema.get_mut("enum") {
            words.push(Value::Null);
        }
        if let Some(kind) = schema.get("type").cloned() {
            schema.insert("type".into(), json!([kind, "null"]));
        }
    }
    Value::Object(schema)
}

fn kind(kind: Kind, longest: Option<usize>) -> Map<String, Value> {
    let schema = match kind {
        Kind::Text => json!({"type": "string"}),
        Kind::Day => {
            json!({"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
        }
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Number(only) => json!({"const": only}),
        Kind::OneOf(words) => json!({"type": "string", "enum": words}),
        Kind::Hint(length) => {
            json!({"type": "string", "pattern": format!("^[A-Za-z0-9]{{{length}}}$")})
        }
        Kind::List(element) => {
            let mut list = json!({"type": "array", "items": self::kind(*element, longest)});
            if let (Some(longest), Some(list)) = (longest, list.as_object_mut()) {
                list.insert("maxItems".into(), json!(longest));
            }
            list
        }
        Kind::Section(shape) => Value::Object(section(shape, longest)),
        Kind::Any => json!({}),
    };
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn sentence(about: &str) -> String {
    let mut letters = about.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}
