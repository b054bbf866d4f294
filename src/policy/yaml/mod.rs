//! YAML as a tree in which every key and value knows where it stands: what manifests and packs are
//! read from, so that all their faults can be shown at once and underlined.

mod parse;
mod path;
mod words;

pub(crate) use parse::{Fault, Limits, parse};
pub(crate) use path::{Path, Step};

use std::ops::Range;

/// A byte range in the text that a tree was read from.
pub(crate) type Span = Range<usize>;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// Where it stands; for lists and maps from their first to their last character.
    pub(crate) span: Span,
    /// What it is.
    pub(crate) value: Value,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    /// The key's text.
    pub(crate) key: String,
    /// Where the key stands.
    pub(crate) key_span: Span,
    /// The value.
    pub(crate) node: Node,
}

/// What a node is, by YAML 1.2's core schema.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number, as it is written.
    Float(String),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys with values, in the order in which they are written; no key twice.
    Map(Vec<Entry>),
}

impl Node {
    /// The value under `key`, if this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The entry of `key`, if this is a map that has it.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entries, if this is a map.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The elements, if this is a list.
    pub(crate) fn elements(&self) -> &[Node] {
        match &self.value {
            Value::List(elements) => elements,
            _ => &[],
        }
    }

    /// Moves all places by `base` bytes, for a document that does not begin its file.
    pub(crate) fn shift(&mut self, base: usize) {
        if base == 0 {
            return;
        }
        let moved = |span: &Span| span.start + base..span.end + base;
        self.span = moved(&self.span);
        match &mut self.value {
            Value::List(elements) => elements.iter_mut().for_each(|node| node.shift(base)),
            Value::Map(entries) => {
                for entry in entries {
                    entry.key_span = moved(&entry.key_span);
                    entry.node.shift(base);
                }
            }
            _ => {}
        }
    }

    /// The text, if this is text.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether there is nothing here.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }
}
