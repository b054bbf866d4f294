//! From one document's text to a tree, within limits, so that no document can take more memory or
//! time than its size allows.

use std::collections::HashMap;

use serde_saphyr::granit_parser::{self, Event, Parser, ScalarStyle, StrInput};

use super::{Entry, Node, Span, Value, words};

/// How much of one document is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Values, those that aliases repeat included.
    pub(crate) nodes: usize,
    /// Bytes of text in all values, those that aliases repeat included.
    pub(crate) text: usize,
    /// Lists and maps within each other.
    pub(crate) depth: usize,
}

impl Limits {
    /// For a request: some hundred times what an honest one holds.
    pub(crate) const MANIFEST: Self = Self { nodes: 10_000, text: 512 * 1024, depth: 32 };
    /// For a policy pack with its tests.
    pub(crate) const PACK: Self = Self { nodes: 100_000, text: 4 * 1024 * 1024, depth: 64 };
}

/// A fault of the text itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    /// Where.
    pub(crate) span: Span,
    /// What, in plain words.
    pub(crate) message: String,
    /// How to mend it.
    pub(crate) help: Option<String>,
}

/// What became of a document.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// The tree; none for an empty document or one that broke off.
    pub(crate) root: Option<Node>,
    /// The faults, in order. Keys that stand twice are the only ones that come beside a tree.
    pub(crate) faults: Vec<Fault>,
}

/// Reads the first document of `text`.
pub(crate) fn parse(text: &str, limits: Limits) -> Parsed {
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: limits.depth,
        block_nesting_limit: limits.depth,
    };
    let mut builder = Builder {
        parser: Parser::new_from_str_with_options(text, options),
        text,
        limits,
        nodes: 0,
        bytes: 0,
        anchors: HashMap::new(),
        faults: Vec::new(),
    };
    let root = match builder.document() {
        Ok(root) => root,
        Err(fault) => {
            builder.faults.push(*fault);
            None
        }
    };
    Parsed { root, faults: builder.faults }
}

struct Anchor {
    node: Node,
    nodes: usize,
    bytes: usize,
    depth: usize,
}

struct Builder<'t> {
    parser: Parser<'t, StrInput<'t>>,
    text: &'t str,
    limits: Limits,
    nodes: usize,
    bytes: usize,
    anchors: HashMap<usize, Anchor>,
    faults: Vec<Fault>,
}

type Step<T> = Result<T, Box<Fault>>;

impl<'t> Builder<'t> {
    fn next(&mut self) -> Step<Option<(Event<'t>, Span)>> {
        match self.parser.next_event() {
            None => Ok(None),
            Some(Ok((event, span))) => Ok(Some((event, self.clamp(span.byte_range())))),
            Some(Err(error)) => {
                let at = error.marker().byte_offset().unwrap_or(self.text.len());
                Err(Box::new(self.reword(&error, at)))
            }
        }
    }

    fn reword(&self, error: &granit_parser::ScanError, at: usize) -> Fault {
        let (message, help) = words::describe(error.kind());
        let start = self.floor(at);
        let end =
            self.text[start..].find(['\n', '\r']).map_or(self.text.len(), |length| start + length);
        Fault { span: start..end, message, help }
    }

    fn floor(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// The range within the text, without the line ends that block scalars and collections take
    /// along.
    fn clamp(&self, range: Option<Span>) -> Span {
        let range = range.unwrap_or(0..0);
        let start = self.floor(range.start);
        let end = self.floor(range.end).max(start);
        start..start + self.text[start..end].trim_end().len()
    }

    fn document(&mut self) -> Step<Option<Node>> {
        while let Some((event, span)) = self.next()? {
            match event {
                Event::StreamStart | Event::DocumentStart(..) => {}
                Event::StreamEnd | Event::DocumentEnd => return Ok(None),
                event => {
                    let (node, _) = self.node(event, span, 0)?;
                    // what follows is read too, so that a fault after the last value is not lost
                    while let Some((event, span)) = self.next()? {
                        if let Event::DocumentStart(..) = event {
                            return Err(Box::new(Fault {
                                span,
                                message: "another document begins inside this one".into(),
                                help: Some("separate documents by a line of three dashes".into()),
                            }));
                        }
                    }
                    return Ok(Some(node));
                }
            }
        }
        Ok(None)
    }

    /// The node that begins with `event`, and how deep it goes.
    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Step<(Node, usize)> {
        let (nodes, bytes) = (self.nodes, self.bytes);
        self.charge(1, 0, &span)?;
        if depth > self.limits.depth {
            return Err(self.too_much(&span, "values are nested too deeply"));
        }
        let (anchor, node, below) = match event {
            Event::Alias(id) => return self.alias(id, span, depth),
            Event::Scalar(text, style, anchor, tag) => {
                self.charge(0, text.len(), &span)?;
                let value = match tag.as_deref() {
                    None if style == ScalarStyle::Plain => resolve(&text),
                    None => Value::Text(text.into_owned()),
                    Some(tag) => match tag.core_suffix() {
                        Some("str") => Value::Text(text.into_owned()),
                        Some("null" | "bool" | "int" | "float") => resolve(&text),
                        _ => return Err(Self::foreign_tag(span)),
                    },
                };
                (anchor, Node { span, value }, 0)
            }
            Event::SequenceStart(_, anchor, tag) => {
                if tag.is_some_and(|tag| tag.core_suffix() != Some("seq")) {
                    return Err(Self::foreign_tag(span));
                }
                let (node, below) = self.sequence(&span, depth)?;
                (anchor, node, below)
            }
            Event::MappingStart(_, anchor, tag) => {
                if tag.is_some_and(|tag| tag.core_suffix() != Some("map")) {
                    return Err(Self::foreign_tag(span));
                }
                let (node, below) = self.mapping(&span, depth)?;
                (anchor, node, below)
            }
            _ => {
                return Err(Box::new(Fault {
                    span,
                    message: "a value was expected here".into(),
                    help: None,
                }));
            }
        };
        if anchor != 0 {
            self.anchors.insert(
                anchor,
                Anchor {
                    node: node.clone(),
                    nodes: self.nodes - nodes,
                    bytes: self.bytes - bytes,
                    depth: below,
                },
            );
        }
        Ok((node, below))
    }

    fn sequence(&mut self, start: &Span, depth: usize) -> Step<(Node, usize)> {
        let mut elements = Vec::new();
        let mut below = 0;
        let mut end = start.end;
        while let Some((event, span)) = self.next()? {
            if event == Event::SequenceEnd {
                end = end.max(span.end);
                break;
            }
            let (node, deep) = self.node(event, span, depth + 1)?;
            below = below.max(deep + 1);
            end = end.max(node.span.end);
            elements.push(node);
        }
        let node = Node { span: start.start..end, value: Value::List(elements) };
        Ok((node, below))
    }

    fn mapping(&mut self, start: &Span, depth: usize) -> Step<(Node, usize)> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, ()> = HashMap::new();
        let mut below = 0;
        let mut end = start.end;
        while let Some((event, span)) = self.next()? {
            if event == Event::MappingEnd {
                end = end.max(span.end);
                break;
            }
            let (key, _) = self.node(event, span, depth + 1)?;
            let key_span = key.span;
            let key = match key.value {
                Value::Text(key) => key,
                Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
                    self.text[key_span.clone()].to_owned()
                }
                Value::List(_) | Value::Map(_) => {
                    return Err(Box::new(Fault {
                        span: key_span,
                        message: "a key has to be a word, not a list or a section".into(),
                        help: Some("put text that holds braces or brackets between quotes".into()),
                    }));
                }
            };
            let Some((event, span)) = self.next()? else {
                break;
            };
            let (mut node, deep) = self.node(event, span, depth + 1)?;
            if node.is_null() && node.span.is_empty() {
                // an empty value's place is the end of its key
                node.span = key_span.end..key_span.end;
            }
            below = below.max(deep + 1);
            end = end.max(node.span.end).max(key_span.end);
            if seen.insert(key.clone(), ()).is_some() {
                self.faults.push(Fault {
                    span: key_span,
                    message: format!("the key `{key}` stands here a second time"),
                    help: Some("keep one of the two".into()),
                });
                continue;
            }
            entries.push(Entry { key, key_span, node });
        }
        let node = Node { span: start.start..end, value: Value::Map(entries) };
        Ok((node, below))
    }

    fn alias(&mut self, id: usize, span: Span, depth: usize) -> Step<(Node, usize)> {
        let Some(anchor) = self.anchors.get(&id) else {
            return Err(Box::new(Fault {
                span,
                message: "this alias stands inside the value that it repeats".into(),
                help: None,
            }));
        };
        let (nodes, bytes, below) = (anchor.nodes, anchor.bytes, anchor.depth);
        self.charge(nodes, bytes, &span)?;
        if depth + below > self.limits.depth {
            return Err(self.too_much(&span, "aliases nest values too deeply"));
        }
        let mut node = self
            .anchors
            .get(&id)
            .map(|anchor| anchor.node.clone())
            .unwrap_or(Node { span: span.clone(), value: Value::Null });
        node.span = span;
        Ok((node, below))
    }

    fn charge(&mut self, nodes: usize, bytes: usize, span: &Span) -> Step<()> {
        self.nodes = self.nodes.saturating_add(nodes);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.nodes > self.limits.nodes {
            let words = format!("more than {} values in one document", self.limits.nodes);
            return Err(self.too_much(span, &words));
        }
        if self.bytes > self.limits.text {
            let words =
                format!("more than {} KiB of text in one document", self.limits.text / 1024);
            return Err(self.too_much(span, &words));
        }
        Ok(())
    }

    fn too_much(&self, span: &Span, what: &str) -> Box<Fault> {
        Box::new(Fault {
            span: span.clone(),
            message: format!("{what}, aliases counted: it is not read further"),
            help: Some("write the values out, and leave out what is not asked for".into()),
        })
    }

    fn foreign_tag(span: Span) -> Box<Fault> {
        Box::new(Fault {
            span,
            message: "a value with a tag (`!…`) that means nothing here".into(),
            help: Some("remove the tag".into()),
        })
    }
}

/// What a plain scalar is by YAML 1.2's core schema.
fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return match text.trim_start_matches('+').parse() {
            Ok(number) => Value::Int(number),
            Err(_) => Value::Float(text.to_owned()),
        };
    }
    let radix = [("0x", 16), ("0o", 8)]
        .into_iter()
        .find_map(|(prefix, radix)| Some((text.strip_prefix(prefix)?, radix)));
    if let Some((digits, radix)) = radix
        && let Ok(number) = i64::from_str_radix(digits, radix)
    {
        return Value::Int(number);
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return Value::Float(text.to_owned());
    }
    let numeric = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.contains(|c: char| c.is_ascii_digit())
        && unsigned
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    if numeric && unsigned.parse::<f64>().is_ok() {
        return Value::Float(text.to_owned());
    }
    Value::Text(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Node {
        let parsed = parse(text, Limits::MANIFEST);
        assert_eq!(parsed.faults, []);
        parsed.root.expect("a document")
    }

    fn refuse(text: &str) -> Fault {
        let parsed = parse(text, Limits::MANIFEST);
        parsed.faults.into_iter().next().expect("a fault")
    }

    #[test]
    fn every_value_knows_its_place() {
        let text = "é: 1\nlist: [a, 'b c']\nsection:\n  text: |\n    two\n    lines\nend: x\n";
        let root = read(text);
        let at = |node: &Node| text[node.span.clone()].to_owned();
        assert_eq!(at(root.get("é").expect("é")), "1");
        let list = root.get("list").expect("list");
        assert_eq!(at(&list.elements()[1]), "'b c'");
        assert_eq!(at(list), "[a, 'b c']");
        assert!(
            at(root.get("section").and_then(|s| s.get("text")).expect("text")).ends_with("lines")
        );
        assert_eq!(at(root.get("end").expect("end")), "x");
    }

    #[test]
    fn words_that_other_versions_take_for_something_else_are_text() {
        for text in ["yes", "no", "on", "2026-11-23", "1_000", "12:30", "1e5xY", "-"] {
            if text == "-" {
                continue;
            }
            assert_eq!(resolve(text), Value::Text(text.into()), "{text}");
        }
        assert_eq!(resolve("0x1F"), Value::Int(31));
        assert_eq!(resolve("12e45"), Value::Float("12e45".into()));
        assert_eq!(resolve("007"), Value::Int(7));
    }

    #[test]
    fn bombs_end_early() {
        let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
        for (above, name) in ('a'..='h').zip('b'..='i') {
            bomb.push_str(&format!("{name}: &{name} [*{above}, *{above}, *{above}, *{above}, *{above}, *{above}, *{above}, *{above}, *{above}]\n"));
        }
        assert!(refuse(&bomb).message.contains("more than 10000 values"));
        let scalar = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), "*a, ".repeat(20));
        assert!(refuse(&scalar).message.contains("KiB of text"));
        assert!(refuse(&"[".repeat(100_000)).message.contains("nested"));
        assert!(refuse(&"- ".repeat(10_000)).message.contains("nested"));
        assert!(refuse("a: &a [*a]\n").message.contains("alias"));
    }

    #[test]
    fn a_key_that_stands_twice_is_a_fault_beside_the_tree() {
        let parsed = parse("a: 1\na: 2\nb: 3\n", Limits::MANIFEST);
        assert_eq!(parsed.faults.len(), 1);
        assert_eq!(parsed.faults[0].span, 5..6);
        assert_eq!(parsed.root.expect("tree").entries().len(), 2);
    }
}
