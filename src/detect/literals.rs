//! What a text has to hold for an expression to match anywhere in it: a look for a few words,
//! letter case aside, is many times faster than the expression, and mostly enough to say no.

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Hir, HirKind};

/// Shorter words stand in too many texts to be of use.
const SHORTEST: usize = 3;
/// More words than this are not searched for faster than the expression.
const MOST: usize = 16;

/// An expression that matches wherever `expression` (over bytes, its classes ASCII) does, and
/// elsewhere, but faster. `None` if there is none.
pub(super) fn quick(expression: &str) -> Option<Regex> {
    let hir = ParserBuilder::new().utf8(false).unicode(false).build().parse(expression).ok()?;
    let words = minimal(required(&hir)?);
    if words.len() > MOST || words.iter().any(|word| word.len() < SHORTEST) {
        return None;
    }
    let words = words
        .iter()
        .map(|word| std::str::from_utf8(word).map(regex_syntax::escape))
        .collect::<Result<Vec<_>, _>>()
        .ok()?;
    RegexBuilder::new(&words.join("|")).unicode(false).case_insensitive(true).build().ok()
}

/// Words in lower case, one of which stands in every match.
fn required(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Alternation(parts) => {
            parts.iter().map(required).collect::<Option<Vec<_>>>().map(|sets| sets.concat())
        }
        HirKind::Concat(parts) => required_of_all(parts),
        _ => letters(hir).map(|word| vec![word]),
    }
}

/// The best that one of the parts, or letters of several in a row, ask for.
fn required_of_all(parts: &[Hir]) -> Option<Vec<Vec<u8>>> {
    let mut sets = Vec::new();
    let mut word = Vec::new();
    for part in parts {
        match letters(part) {
            Some(more) => word.extend(more),
            None => {
                sets.push(vec![std::mem::take(&mut word)]);
                sets.extend(required(part));
            }
        }
    }
    sets.push(vec![word]);
    let shortest = |set: &Vec<Vec<u8>>| set.iter().map(Vec::len).min().unwrap_or(0);
    sets.into_iter().filter(|set| shortest(set) > 0).max_by_key(shortest)
}

/// The text that `hir` stands for, in lower case, if it stands for only one.
fn letters(hir: &Hir) -> Option<Vec<u8>> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(literal.0.to_ascii_lowercase()),
        HirKind::Class(regex_syntax::hir::Class::Bytes(class)) => {
            let mut bytes = class.iter().flat_map(|range| range.start()..=range.end());
            let first = bytes.next()?.to_ascii_lowercase();
            bytes.all(|byte| byte.to_ascii_lowercase() == first).then(|| vec![first])
        }
        _ => None,
    }
}

/// Without the words that hold another one.
fn minimal(mut words: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    words.sort_by_key(Vec::len);
    let mut kept: Vec<Vec<u8>> = Vec::new();
    for word in words {
        if !kept.iter().any(|known| memchr::memmem::find(&word, known).is_some()) {
            kept.push(word);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words_of(expression: &str) -> Option<String> {
        quick(expression).map(|regex| regex.as_str().to_owned())
    }

    #[test]
    fn finds_the_words_that_every_match_holds() {
        for (expression, words) in [
            (r"(?i)\binstructure\.com\b", Some(r"instructure\.com")),
            (r"(?i)(?:^|[^a-z])canvas[_-]?(?:api|base)", Some("canvas")),
            (r"/api/v1/(?:courses|users)\b|(?i)RCanvas|\bCANVAS\b", Some("canvas|/api/v1/")),
            (r"(?:abc|def)+[0-9]*", Some("abc|def")),
            (r"(?:abc)?[0-9]*", None),
            (r"abc|[0-9]{4}", None),
            ("ab", None),
        ] {
            assert_eq!(words_of(expression).as_deref(), words, "{expression}");
        }
    }
}
