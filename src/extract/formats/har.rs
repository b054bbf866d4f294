//! What a browser or a proxy recorded of its requests: HTTP Archive, HAR. Source: HAR 1.2
//! (github.com/ahmadnassri/har-spec), and what Chromium adds to it.

use super::Format;
use super::exchange::{Exchange, Pair, host};
use super::json::gather::{self, base64_member};
use super::json::{self, Json, Kept, Str, Way, opens};
use crate::extract::unpack::budget::Held;
use crate::extract::unpack::source::Source;
use crate::extract::unpack::{Failure, Inside};

/// What browsers save as "all as HAR".
pub(super) const HAR: Format = Format { name: "HAR", fits, read };

/// How much of its beginning says that it is one.
const HEAD: usize = 4096;
/// How many keys lead to an entry.
const ENTRY: &[&str] = &["log", "entries", ""];

fn fits(head: &[u8]) -> bool {
    let Some(text) = opens(head, b"{") else {
        return false;
    };
    // it is the one key that the document has
    let text = text.get(..HEAD).unwrap_or(text);
    if !text.get(1..).unwrap_or_default().trim_ascii_start().starts_with(b"\"log\"") {
        return false;
    }
    let (mut version, mut entries) = (false, false);
    json::begin(text, &mut |way, _| {
        version |= way.is(0, &["log", "version"]) || way.is(0, &["log", "creator"]);
        // the pages may be many
        entries |= way.is(0, &ENTRY[..2]) || way.is(0, &["log", "pages"]);
    });
    version && entries
}

/// A body, of the request or the response.
#[derive(Debug, Default)]
struct Body {
    text: Option<(Kept, Held)>,
    kind: String,
    base64: bool,
}

#[derive(Debug, Default)]
struct Archive {
    entry: u64,
    method: String,
    host: Option<String>,
    exchange: Exchange,
    pair: Option<Pair>,
    body: Body,
}

fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    inside.kind("har");
    let mut archive = Archive::default();
    gather::read(source, inside, &mut |way, next, inside| {
        if way.begins(0, ENTRY) { archive.take(way, next, inside) } else { Ok(()) }
    })?;
    archive.show(inside)
}

impl Archive {
    fn take(
        &mut self,
        way: &Way,
        next: Json<'_>,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        match next {
            Json::Open if way.len() == ENTRY.len() => {
                let entry = self.entry + 1;
                *self = Self { entry, ..Self::default() };
            }
            Json::Open if way.own().is_empty() => self.pair = Some(Pair::at(way)),
            Json::Close if way.len() == ENTRY.len() => return self.show(inside),
            Json::Close => {
                if let Some(pair) = self.pair.take_if(|pair| pair.base == way.len()) {
                    let place = place(way, &pair.called());
                    self.exchange.pair(place, pair, inside)?;
                }
                if matches!(way.own(), b"content" | b"postData") && way.len() == ENTRY.len() + 2 {
                    self.close_body(way, inside)?;
                }
            }
            Json::Value(value) => self.value(way, value, inside)?,
            Json::Open | Json::Other => {}
        }
        if self.exchange.is_enough() { self.show(inside) } else { Ok(()) }
    }

    fn value(
        &mut self,
        way: &Way,
        value: Str<'_>,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        if self.pair.as_mut().is_some_and(|pair| pair.take(way, value)) {
            return Ok(());
        }
        let in_entry = |keys: &[&str]| way.is(ENTRY.len(), keys);
        if in_entry(&["request", "url"]) {
            self.host = host(value.raw);
            return self.exchange.address("the URL".to_owned(), value, inside);
        }
        if in_entry(&["request", "method"]) {
            let is_method = value.raw.len() <= 10 && value.raw.iter().all(u8::is_ascii_alphabetic);
            self.method = if is_method { value.text() } else { String::new() };
            return Ok(());
        }
        let in_body = [["response", "content"], ["request", "postData"]]
            .iter()
            .any(|body| way.begins(ENTRY.len(), body) && way.len() == ENTRY.len() + 3);
        if in_body {
            match way.own() {
                b"text" if self.body.text.is_none() => {
                    // the copy, and what is made of it
                    let held = inside.budget().hold(value.raw.len() as u64)?;
                    self.body.text = Some((value.keep(), held));
                    return Ok(());
                }
                b"encoding" => self.body.base64 = value.is("base64"),
                b"mimeType" => self.body.kind = ending(value.raw).to_owned(),
                _ => {}
            }
        }
        self.exchange.line(place(way, ""), way.own(), value, inside);
        Ok(())
    }

    /// Shows a body, now that it is known how it is written.
    fn close_body(&mut self, way: &Way, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let Body { text, kind, base64 } = std::mem::take(&mut self.body);
        let Some((text, _held)) = text else {
            return Ok(());
        };
        if !base64 {
            self.exchange.body(place(way, ""), text.get(), inside);
            return Ok(());
        }
        let what = if way.own() == b"content" { "response" } else { "request" };
        let ending = if kind.is_empty() { "bin" } else { &kind };
        base64_member(&format!("{what} {}.{ending}", self.entry), text.get(), inside)
    }

    fn show(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let what = match (self.method.as_str(), &self.host) {
            ("", None) => String::new(),
            (method, None) => format!(" ({method})"),
            ("", Some(host)) => format!(" ({host})"),
            (method, Some(host)) => format!(" ({method} {host})"),
        };
        self.exchange.show(&format!("request {}{what}", self.entry), inside)
    }
}

/// What people call the place that `way` leads to; `name` is what stands there, if it has a name.
fn place(way: &Way, name: &str) -> String {
    let part = match way.key(ENTRY.len() + 1) {
        b"headers" => "header",
        b"cookies" => "cookie",
        b"queryString" | b"postData" if !name.is_empty() => "parameter",
        b"postData" | b"content" => "body",
        b"redirectURL" => "redirect",
        _ => return String::new(),
    };
    let of = match way.key(ENTRY.len()) {
        b"response" => "the response's",
        _ => "the",
    };
    format!("{of} {part} {name}").trim_end().to_owned()
}

/// The usual extension of what is of the type `mime`.
fn ending(mime: &[u8]) -> &'static str {
    let mime = mime.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    match mime.to_ascii_lowercase().as_slice() {
        b"application/json" => "json",
        b"application/pdf" => "pdf",
        b"application/zip" => "zip",
        b"image/png" => "png",
        b"image/jpeg" => "jpg",
        b"image/gif" => "gif",
        b"image/webp" => "webp",
        b"image/svg+xml" => "svg",
        b"text/css" => "css",
        b"text/csv" => "csv",
        b"text/html" => "html",
        b"text/javascript" | b"application/javascript" => "js",
        b"text/plain" => "txt",
        b"text/xml" | b"application/xml" => "xml",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_told_by_its_log() {
        for text in [
            r#"{"log":{"version":"1.2","creator":{"name":"x"},"entries":[]}}"#,
            r#" {"log": {"version": "1.2", "pages": [{"id": "page_1"#,
        ] {
            assert!(fits(text.as_bytes()), "{text}");
        }
        for text in [
            r#"{"log":"x","version":"1.2","entries":[]}"#,
            r#"{"log":{"level":"debug","version":"1"}}"#,
            r#"[{"log":{"version":"1.2","entries":[]}}]"#,
            "{",
            "",
        ] {
            assert!(!fits(text.as_bytes()), "{text}");
        }
    }
}
