//! Collections of requests, and the variables for them: what Postman and Insomnia save. Sources:
//! Postman's schema of collections, versions 2.0 and 2.1 (schema.getpostman.com), its environments
//! and data dumps as it writes them, Insomnia's export format 4.

use super::Format;
use super::exchange::{Exchange, Pair};
use super::json::gather;
use super::json::{self, Json, Kept, Str, Way, opens};
use crate::extract::unpack::names::short;
use crate::extract::unpack::source::Source;
use crate::extract::unpack::{Failure, Inside};

/// A collection, an environment, a dump of all.
pub(super) const POSTMAN: Format = Format { name: "API collection", fits, read };

/// More of the names of folders and requests is not shown.
const LONGEST_NAMES: usize = 160;
/// Lists of things that have names.
const NAMED: &[&str] = &["collections", "environments", "folders", "item", "requests", "resources"];

/// How much of a document's beginning says that it is one, where Postman doesn't name itself.
const HEAD: usize = 4096;
/// Words that stand in one of those together.
const WORDS: &[&[&str]] = &[
    &["\"__export_format\""],
    &["\"item\"", "\"request\"", "\"method\""],
    &["\"collections\"", "\"environments\""],
];

fn fits(head: &[u8]) -> bool {
    let Some(text) = opens(head, b"{") else {
        return false;
    };
    let begin = text.get(..HEAD).unwrap_or(text);
    let holds = |text: &[u8], word: &str| memchr::memmem::find(text, word.as_bytes()).is_some();
    // an environment says behind its values what it is
    let looked_at = if holds(text, "postman") {
        text
    } else if WORDS.iter().any(|words| words.iter().all(|word| holds(begin, word))) {
        begin
    } else {
        return false;
    };
    is_shaped(looked_at)
}

/// Whether keys stand together that only such a document has.
fn is_shaped(text: &[u8]) -> bool {
    let mut named = false;
    let mut seen = [[false; 2]; 4];
    json::begin(text, &mut |way, next| {
        if let Json::Value(value) = next {
            let schema = memchr::memmem::find(value.raw, b"schema.getpostman.com").is_some();
            named |= way.is(0, &["info", "schema"]) && schema;
            named |= way.is(0, &["info", "_postman_id"]);
        }
        let root = |key: &str| way.is(0, &[key]);
        // in folders, however deep
        let end = way.len().saturating_sub(2);
        let requested = |key: &str| way.begins(0, &["item", ""]) && way.is(end, &["request", key]);
        let now = [
            [root("values"), root("_postman_variable_scope")],
            [root("collections"), root("environments")],
            [root("resources"), root("__export_format")],
            [requested("method"), requested("url")],
        ];
        for (seen, now) in seen.iter_mut().flatten().zip(now.into_iter().flatten()) {
            *seen |= now;
        }
    });
    named || seen.contains(&[true, true])
}

/// A folder, a request, an environment.
#[derive(Debug)]
struct Thing {
    /// How many keys lead to it.
    base: usize,
    what: &'static str,
    name: String,
}

#[derive(Debug, Default)]
struct Collection {
    things: Vec<Thing>,
    exchange: Exchange,
    pair: Option<Pair>,
    host: Vec<Kept>,
}

fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    inside.kind("postman.json");
    let mut collection = Collection::default();
    gather::read(source, inside, &mut |way, next, inside| collection.take(way, next, inside))?;
    collection.show(inside)
}

impl Collection {
    fn take(
        &mut self,
        way: &Way,
        next: Json<'_>,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        match next {
            Json::Open if way.own().is_empty() && way.len() > 1 => {
                let list = way.key(way.len() - 2);
                if NAMED.iter().any(|name| name.as_bytes() == list) {
                    // what was read belongs to what this stands in
                    self.show(inside)?;
                    let what = match list {
                        b"collections" => "collection",
                        b"environments" => "environment",
                        b"folders" => "folder",
                        _ => "request",
                    };
                    self.things.push(Thing { base: way.len(), what, name: String::new() });
                } else {
                    self.end_pair(way, inside)?;
                    self.pair = Some(Pair::at(way));
                }
            }
            Json::Close => {
                if !self.host.is_empty() && way.own() == b"host" {
                    let host = Kept::joined(&std::mem::take(&mut self.host), b".");
                    let place = place(way, self.base(), "");
                    self.exchange.address(place, host.get(), inside)?;
                }
                if self.pair.as_ref().is_some_and(|pair| pair.base == way.len()) {
                    self.end_pair(way, inside)?;
                }
                if self.things.last().is_some_and(|thing| thing.base == way.len()) {
                    self.show(inside)?;
                    self.things.pop();
                }
            }
            Json::Value(value) => self.value(way, value, inside)?,
            _ => {}
        }
        if self.exchange.is_enough() { self.show(inside) } else { Ok(()) }
    }

    fn value(
        &mut self,
        way: &Way,
        value: Str<'_>,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        let base = self.base();
        if let Some(thing) = self.things.last_mut() {
            if way.is(base, &["name"]) {
                thing.name = value.name();
            }
            // Insomnia says behind all else what it is
            match value.raw {
                b"environment" if way.is(base, &["_type"]) => thing.what = "environment",
                b"request_group" if way.is(base, &["_type"]) => thing.what = "folder",
                _ => {}
            }
        }
        if self.pair.as_mut().is_some_and(|pair| pair.take(way, value)) {
            return Ok(());
        }
        let own = way.own();
        let place = place(way, base, &String::from_utf8_lossy(own));
        let in_url = way.len() > 1 && way.key(way.len() - 2) == b"url";
        if own == b"url" || own == b"raw" && in_url {
            return self.exchange.address(place, value, inside);
        }
        // the parts of a host's name are strings of their own
        if way.len() > 2 && own.is_empty() && way.is(way.len() - 3, &["url", "host", ""]) {
            self.host.push(value.keep());
            return Ok(());
        }
        self.exchange.line(place, own, value, inside);
        Ok(())
    }

    /// A pair ends, or something begins within it.
    fn end_pair(&mut self, way: &Way, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let Some(pair) = self.pair.take() else {
            return Ok(());
        };
        let place = place(way, self.base(), &pair.called());
        self.exchange.pair(place, pair, inside)
    }

    fn base(&self) -> usize {
        self.things.last().map_or(0, |thing| thing.base)
    }

    fn show(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let names: Vec<_> = self
            .things
            .iter()
            .map(|thing| thing.name.as_str())
            .filter(|name| !name.is_empty())
            .collect();
        let called = match self.things.last() {
            Some(thing) if !names.is_empty() => {
                format!("the {} ‘{}’", thing.what, short(&names.join(" / "), LONGEST_NAMES))
            }
            _ => String::new(),
        };
        let shown = self.exchange.show(&called, inside);
        // the next one has an address of its own
        self.exchange = Exchange::default();
        shown
    }
}

/// What people call the place that `way` leads to, from the key with the number `base` on; `name`
/// is what stands there.
fn place(way: &Way, base: usize, name: &str) -> String {
    let holds = |keys: &[&str]| way.holds(base, keys);
    let what = if holds(&["header", "headers"]) {
        format!("the header {name}")
    } else if holds(&["query", "parameters", "urlencoded", "formdata", "params"]) {
        format!("the parameter {name}")
    } else if holds(&["auth", "authentication"]) {
        "the authorization".to_owned()
    } else if holds(&["exec", "script", "preRequestScript", "tests"]) {
        "a script".to_owned()
    } else if holds(&["url"]) {
        "the URL".to_owned()
    } else if holds(&["body", "rawModeData"]) {
        "the body".to_owned()
    } else if holds(&["variable", "values", "globals", "data"]) {
        format!("the variable {name}")
    } else {
        String::new()
    };
    let saved = if holds(&["response", "responses"]) { "a saved response" } else { "" };
    match (saved, what.trim_end()) {
        (saved, "") => saved.to_owned(),
        ("", what) => what.to_owned(),
        (saved, what) => format!("{saved}, {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_are_told_by_their_shape() {
        for text in [
            r#"{"info":{"name":"x","schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},"item":[]}"#,
            r#"{"info":{"_postman_id":"x"}}"#,
            r#"{"item":[{"name":"x","request":{"method":"GET","url":"x"}}]}"#,
            r#"{"item":[{"item":[{"request":{"url":{"path":[]},"method":"GET"}}]}]}"#,
            r#"{"id":"x","values":[],"_postman_variable_scope":"environment"}"#,
            r#"{"version":1,"collections":[],"environments":[]}"#,
            r#"{"_type":"export","__export_format":4,"resources":[]}"#,
        ] {
            assert!(fits(text.as_bytes()), "{text}");
        }
        for text in [
            r#"{"info":{"title":"schema.getpostman.com/"}}"#,
            r#"{"item":["request"],"request":{"method":"GET"}}"#,
            r#"{"collections":{"environments":[]}}"#,
            r#"{"openapi":"3.0.0","info":{},"paths":{}}"#,
            "{",
            "",
        ] {
            assert!(!fits(text.as_bytes()), "{text}");
        }
    }
}
