//! The surroundings of a value: the name that it is assigned to, the call or header that it
//! stands in, and hosts and words nearby.

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::Regex;

use super::DetectError;
use super::detector::ContextWords;
use super::literals;

/// How far "nearby" reaches, in bytes and in lines, on either side.
const NEAR_BYTES: usize = 2048;
const NEAR_LINES: usize = 10;
/// How far back on its own lines a value's name is searched for.
const NAME_REACH: usize = 240;
/// How far back a call may begin.
const CALL_REACH: usize = 320;
/// How many lines above may hold the name, where the lines between hold none.
const NAME_LINES: usize = 4;

/// How many words before a plain name may say whose it is.
const OWNERS: usize = 6;

/// Words between a name and its value that are no names themselves.
const FILLERS: &[&str] = &[
    "optional",
    "secret_str",
    "body",
    "secret_string",
    "convert_to_secure_string",
    "td",
    "th",
    "tr",
    "li",
    "span",
    "code",
    "p",
    "strong",
    "em",
    "value",
    "default",
    "string",
    "str",
    "text",
    "const",
    "let",
    "var",
    "final",
    "static",
    "public",
    "private",
    "val",
    "or",
    "null",
    "none",
    "nil",
    "get",
    "getenv",
    "environ",
    "env",
    "os",
    "process",
    "set",
    "setx",
    "export",
    "type",
    "required",
    "sensitive",
    "secret",
    "data",
    "content",
    "bearer",
    "authorization",
    "true",
    "false",
    "description",
    "literal",
    "from",
    "json",
    "enabled",
    "u",
    "r",
    "b",
    "f",
    "x",
    "n",
    "is",
    "system",
    "key",
    "name",
    "cdata",
    "array",
    "dict",
    "entry",
    "item",
    "property",
    "param",
    "field",
    "q",
    "qq",
    "id",
    "label",
];

/// The compiled surroundings of one detector.
#[derive(Debug)]
pub(super) struct Context {
    words: ContextWords,
    compiled: OnceLock<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    names: Regex,
    not_names: Regex,
    plain_names: Regex,
    calls: Regex,
    carriers: Regex,
    hosts: Nearby,
    api_paths: Nearby,
    words: Nearby,
    not_words: Regex,
}

/// Something that is searched for nearby.
#[derive(Debug)]
struct Nearby {
    regex: Regex,
    /// Matches wherever `regex` does, and says sooner that it does not.
    quick: Option<Regex>,
}

impl Nearby {
    fn new(parts: &[String]) -> Result<Self, DetectError> {
        let regex = any_of(parts)?;
        let quick = literals::quick(regex.as_str());
        Ok(Self { regex, quick })
    }
}

/// One expression that matches what any of `parts` does; nothing if there are none.
fn any_of(parts: &[String]) -> Result<Regex, DetectError> {
    if parts.is_empty() {
        return super::expression("[^\\s\\S]");
    }
    for part in parts {
        // each has to be sound by itself, so that an error names the one that isn't
        super::expression(part)?;
    }
    super::expression(&parts.iter().map(|part| format!("(?:{part})")).collect::<Vec<_>>().join("|"))
}

impl Compiled {
    fn new(words: &ContextWords) -> Result<Self, DetectError> {
        Ok(Self {
            names: any_of(&words.names)?,
            not_names: any_of(&words.not_names)?,
            plain_names: any_of(&words.plain_names)?,
            calls: any_of(&words.calls)?,
            carriers: any_of(&words.carriers)?,
            hosts: Nearby::new(&words.hosts)?,
            api_paths: Nearby::new(&words.api_paths)?,
            words: Nearby::new(&words.words)?,
            not_words: any_of(&words.not_words)?,
        })
    }
}

/// How a value is named.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    /// By a name of the kind that is searched for.
    Own,
    /// By a name such as `API_KEY`, which counts only beside a host.
    Plain,
    /// Otherwise, or not at all.
    Other,
}

impl Context {
    /// Takes the lists; their expressions are compiled when they are first needed.
    pub(super) fn new(words: ContextWords) -> Self {
        Self { words, compiled: OnceLock::new() }
    }

    /// Compiles the expressions now.
    pub(super) fn check(&self) -> Result<(), DetectError> {
        Compiled::new(&self.words).map(drop)
    }

    fn compiled(&self) -> Option<&Compiled> {
        if let Some(compiled) = self.compiled.get() {
            return Some(compiled);
        }
        // expressions are checked when a detector is loaded, so this does not fail
        let compiled = Compiled::new(&self.words).ok()?;
        Some(self.compiled.get_or_init(|| compiled))
    }

    /// Whether the surroundings say that the value at `span` is what is searched for.
    pub(super) fn is_strong(&self, bytes: &[u8], span: &Range<usize>) -> bool {
        let Some(compiled) = self.compiled() else {
            return false;
        };
        let before = &bytes[span.start.saturating_sub(CALL_REACH)..span.start];
        let called = compiled.calls.find(before).is_some_and(|found| {
            let lead = found.start().saturating_sub(8);
            !compiled.not_words.is_match(&before[lead..found.end()])
        });
        if called {
            return true;
        }
        match compiled.named(bytes, span.start) {
            Named::Own => return true,
            Named::Plain if compiled.near(&compiled.hosts, bytes, span) => return true,
            Named::Plain | Named::Other => {}
        }
        compiled.carriers.is_match(before)
            && (compiled.near(&compiled.hosts, bytes, span)
                || compiled.near(&compiled.api_paths, bytes, span))
    }

    /// Whether hosts or words nearby make the value at `span` more certain.
    pub(super) fn is_beside(&self, bytes: &[u8], span: &Range<usize>) -> bool {
        let Some(compiled) = self.compiled() else {
            return false;
        };
        compiled.near(&compiled.words, bytes, span)
            || compiled.near(&compiled.hosts, bytes, span)
            || self.is_strong(bytes, span)
    }
}

impl Compiled {
    /// Whether `wanted` matches nearby, in a place that `not_words` does not take away.
    fn near(&self, wanted: &Nearby, bytes: &[u8], span: &Range<usize>) -> bool {
        let near = nearby(bytes, span);
        if wanted.quick.as_ref().is_some_and(|quick| !quick.is_match(near)) {
            return false;
        }
        wanted.regex.find_iter(near).any(|found| {
            let lead = found.start().saturating_sub(8);
            !self.not_words.is_match(&near[lead..found.end()])
        })
    }

    /// The name of the value that begins at `start`: the nearest word before it on its line that
    /// is not a filler, or, if there is none, on the lines right above.
    fn named(&self, bytes: &[u8], start: usize) -> Named {
        let mut line_end = start;
        for above in 0..NAME_LINES {
            let reach = line_end.saturating_sub(NAME_REACH);
            let line_start =
                memchr::memrchr(b'\n', &bytes[reach..line_end]).map_or(reach, |at| reach + at + 1);
            let line = &bytes[line_start..line_end];
            // a line above counts only if it leads on to this one
            if above > 0 && line.trim_ascii().is_empty() {
                return Named::Other;
            }
            match self.name_in(line) {
                Some(named) => return named,
                None if line_start <= reach || line_start == 0 => return Named::Other,
                None => line_end = line_start - 1,
            }
        }
        Named::Other
    }

    /// What the last name in `line` is; `None` if it holds only fillers.
    fn name_in(&self, line: &[u8]) -> Option<Named> {
        let mut names = identifiers(line).map(snake);
        loop {
            let name = names.next()?;
            if self.is_name(&name) {
                return Some(Named::Own);
            }
            if self.plain_names.is_match(name.as_bytes()) {
                // canvas["token"], <canvas><token>, canvas_auth: token …
                let owners: Vec<String> = names.take(OWNERS).collect();
                let own = owners.iter().enumerate().any(|(at, owner)| {
                    // a word before it may say that it is another canvas
                    let whole = owners.get(at + 1).map(|word| format!("{word}_{owner}"));
                    (self.is_name(owner) || self.is_name(&format!("{owner}_{name}")))
                        && !whole.is_some_and(|whole| self.not_names.is_match(whole.as_bytes()))
                });
                return Some(if own { Named::Own } else { Named::Plain });
            }
            if !FILLERS.contains(&name.as_str()) {
                return Some(Named::Other);
            }
        }
    }

    fn is_name(&self, name: &str) -> bool {
        self.names.is_match(name.as_bytes()) && !self.not_names.is_match(name.as_bytes())
    }
}

/// The bytes around `span`, at most [`NEAR_LINES`] and [`NEAR_BYTES`] away.
fn nearby<'a>(bytes: &'a [u8], span: &Range<usize>) -> &'a [u8] {
    let reach = span.start.saturating_sub(NEAR_BYTES);
    let start = memchr::memrchr_iter(b'\n', &bytes[reach..span.start])
        .nth(NEAR_LINES)
        .map_or(reach, |at| reach + at);
    let reach = bytes.len().min(span.end + NEAR_BYTES);
    let end = memchr::memchr_iter(b'\n', &bytes[span.end..reach])
        .nth(NEAR_LINES)
        .map_or(reach, |at| span.end + at);
    &bytes[start..end]
}

/// The words of a line that could be names, the last one first: letters, digits, `_`, `-` and
/// `.` inside.
fn identifiers(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.rsplit(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')))
        .filter(|word| word.iter().any(u8::is_ascii_alphabetic))
}

/// A name in snake case: `canvasApiKey`, `CANVAS-API.key` and `CanvasAPIKey` become
/// `canvas_api_key`.
fn snake(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for (at, &byte) in name.iter().enumerate() {
        if !byte.is_ascii_alphanumeric() {
            if !text.is_empty() && !text.ends_with('_') {
                text.push('_');
            }
            continue;
        }
        let previous = at.checked_sub(1).map(|at| name[at]);
        let next = name.get(at + 1);
        let begins = byte.is_ascii_uppercase()
            && (previous.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
                || (previous.is_some_and(|b| b.is_ascii_uppercase())
                    && next.is_some_and(u8::is_ascii_lowercase)));
        if begins && !text.ends_with('_') {
            text.push('_');
        }
        text.push(char::from(byte.to_ascii_lowercase()));
    }
    text.truncate(text.trim_end_matches('_').len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_snake_case() {
        for name in
            ["canvasApiKey", "CANVAS_API_KEY", "CanvasAPIKey", "canvas-api.key", "Canvas_Api_Key_"]
        {
            assert_eq!(snake(name.as_bytes()), "canvas_api_key", "{name}");
        }
    }

    #[test]
    fn nearby_is_bounded() {
        let text = "x\n".repeat(5000);
        assert_eq!(nearby(text.as_bytes(), &(4000..4001)).len(), 2 * 10 * 2 + 2);
        assert!(
            nearby("y".repeat(100_000).as_bytes(), &(50_000..50_064)).len() <= 2 * NEAR_BYTES + 64
        );
    }
}
