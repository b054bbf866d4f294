//! Whether text that can't be read as YAML was meant to be a request, so that a broken request in
//! a folder is told instead of being taken for somebody else's file.

use std::sync::LazyLock;

use regex::Regex;

/// The key `kind` with a request's kind as its value, in block and in flow style.
#[expect(clippy::expect_used, reason = "a constant pattern, compiled by a test")]
static CLAIM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?:\?[ \t]+)?["']?\bkind["']?\s*:\s*(?:[!&]\S*\s+)*["']?CanvasTokenRequest"#)
        .expect("constant pattern")
});

/// A key with a value on its own line: what follows it indented is a slip, and no part of it.
#[expect(clippy::expect_used, reason = "a constant pattern, compiled by a test")]
static COMPLETE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^\s*[\w"'-]+\s*:\s+[^"'|>\[{&!#\s]"#).expect("constant pattern")
});

/// Whether `text`, one document, says at its top that it is a request. The words inside a longer
/// text or in a section of something else do not count.
pub(crate) fn claims_to_be_one(text: &str) -> bool {
    let is_flow = first_content(text).starts_with('{');
    CLAIM.find_iter(text).any(|found| {
        let start = text[..found.start()].rfind('\n').map_or(0, |end| end + 1);
        let before = &text[start..found.start()];
        let before = before.strip_prefix("---").filter(|_| is_marked(before)).unwrap_or(before);
        match is_flow {
            true => matches!(before.trim_end().chars().last(), None | Some('{' | ',' | '[' | '}')),
            false => before.trim().is_empty() && is_at_the_top(&text[..start], before.len()),
        }
    })
}

fn is_marked(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| rest.starts_with([' ', '\t']))
}

/// What the document begins with, behind comments, directives and markers.
fn first_content(text: &str) -> &str {
    text.lines()
        .map(|line| if is_marked(line) { line[3..].trim() } else { line.trim() })
        .find(|line| !line.is_empty() && !line.starts_with(['#', '%']) && *line != "---")
        .unwrap_or_default()
}

/// Whether a key that is indented by `indent` after the lines `above` belongs to no section and
/// no text of several lines that begins there.
fn is_at_the_top(above: &str, indent: usize) -> bool {
    let outer = above.lines().rev().find(|line| {
        let content = line.trim_start();
        !content.is_empty() && !content.starts_with('#') && line.len() - content.len() < indent
    });
    match outer {
        None => true,
        Some(line) if line.starts_with("---") || line.starts_with('%') => {
            // `--- |` begins a text
            !line.trim_end().ends_with(['|', '>', '-', '+']) || line.trim_end() == "---"
        }
        Some(line) => COMPLETE.is_match(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_request_is_known_in_every_style() {
        for text in [
            "kind: CanvasTokenRequest\npurpose: [\n",
            "{\"kind\": \"CanvasTokenRequest\", \"version\": 1,,}",
            "{kind: CanvasTokenRequest, version: [}",
            "{\n  \"version\": 1,,\n  \"kind\": \"CanvasTokenRequest\"\n}",
            "{access: [, kind: CanvasTokenRequest}",
            "\"kind\": \"CanvasTokenRequest\"\nversion: [\n",
            "'kind' : 'CanvasTokenRequest'\nversion: [\n",
            "# mine\n--- {kind: CanvasTokenRequest, a: [}",
            "---\n  kind: CanvasTokenRequest\n  version: [\n",
            "version: 1\n kind: CanvasTokenRequest\n",
            "kind:\n  CanvasTokenRequest\na: [",
            "kind: !!str CanvasTokenRequest\na: [",
            "? kind\n: CanvasTokenRequest\na: [",
            "a: b\nkind: CanvasTokenRequest # mine\nc: [",
            "kind: Pod\nkind: CanvasTokenRequest\n",
        ] {
            assert!(claims_to_be_one(text), "{text}");
        }
    }

    #[test]
    fn words_inside_something_else_are_no_claim() {
        for text in [
            "doc: |\n  kind: CanvasTokenRequest\nfoo: [",
            "doc: >-\n\n  Write\n  kind: CanvasTokenRequest\nfoo: [",
            "spec:\n  template:\n    kind: CanvasTokenRequest\nfoo: [",
            "items:\n  - kind: CanvasTokenRequest\nfoo: [",
            "doc: \"\n  kind: CanvasTokenRequest\nfoo: [",
            "# kind: CanvasTokenRequest\nfoo: [",
            "about: kind: CanvasTokenRequest\nfoo: [",
            "mankind: CanvasTokenRequest\nfoo: [",
            "--- |\n kind: CanvasTokenRequest\n",
            "kind: Pod\nfoo: [",
        ] {
            assert!(!claims_to_be_one(text), "{text}");
        }
    }
}
