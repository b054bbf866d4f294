//! The examples that detectors carry. Made-up values are filled in when they are needed, so that
//! no token stands in a rule file: `{{new 64}}` is drawn from Canvas' present alphabet,
//! `{{any 64}}` from all letters and digits, `{{hex 64}}` from hexadecimal digits,
//! `{{repeat ab}}` is `ab` over and over to 64 characters, `{{base64 …}}` encodes what it holds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::{DetectError, Detectors};
use crate::extract::{base64 as hidden, runs};

const NEW: &[u8] = b"2346789acefhkmnrtuvwxyzABCDEFGHJKLMNPQRTUVWXYZ";
const ANY: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const HEX: &[u8] = b"0123456789abcdef";

/// Fills in the made-up values of `text`. The same `seed` makes the same values.
pub fn expand(text: &str, seed: &str) -> String {
    let mut text = text.to_owned();
    let mut count = 0;
    // the innermost first: a value may hold others
    while let Some(end) = text.find("}}") {
        let Some(start) = text[..end].rfind("{{") else {
            break;
        };
        let (kind, argument) = text[start + 2..end].split_once(' ').unwrap_or(("", ""));
        let length = argument.trim().parse().unwrap_or(64).min(4096);
        let value = match kind {
            "new" => random(NEW, length, seed, count),
            "any" => random(ANY, length, seed, count),
            "hex" => random(HEX, length, seed, count),
            "repeat" => {
                argument.chars().cycle().take(if argument.is_empty() { 0 } else { 64 }).collect()
            }
            "base64" => STANDARD.encode(argument),
            // not ours: GitHub's ${{ … }}, a template's {{ … }}
            _ => format!("\u{1}{}\u{2}", &text[start + 2..end]),
        };
        text.replace_range(start..end + 2, &value);
        count += 1;
    }
    text.replace('\u{1}', "{{").replace('\u{2}', "}}")
}

/// Characters drawn from `alphabet`, the same for the same seed.
fn random(alphabet: &[u8], length: usize, seed: &str, count: usize) -> String {
    let mut text = String::with_capacity(length);
    let mut block = 0u32;
    while text.len() < length {
        let digest = Sha256::digest(format!("{seed}/{count}/{block}"));
        let letters = digest
            .chunks_exact(2)
            .map(|pair| usize::from(u16::from_be_bytes([pair[0], pair[1]])) % alphabet.len());
        text.extend(letters.map(|index| char::from(alphabet[index])).take(length - text.len()));
        block += 1;
    }
    text
}

/// Tries the examples of one of `detectors`.
///
/// # Errors
///
/// The first example in which the detector finds nothing, or negative example in which it does.
pub fn check(detectors: &Detectors, index: usize) -> Result<(), DetectError> {
    let Some(detector) = detectors.get(index) else {
        return Ok(());
    };
    let wrong = |message| DetectError::Example { id: detector.id.clone(), message };
    if detector.examples.is_empty() {
        return Err(wrong("it has no examples; give at least one".to_owned()));
    }
    let cases = detector.examples.iter().map(|example| (example, true));
    for (example, wanted) in cases.chain(detector.negative_examples.iter().map(|e| (e, false))) {
        let text = expand(example, &detector.id);
        if finds(detectors, index, &text) != wanted {
            let problem = if wanted {
                "is not found in the example"
            } else {
                "is found in the negative example"
            };
            return Err(wrong(format!("it {problem} `{example}`")));
        }
    }
    Ok(())
}

/// Whether the detector finds something in `text`, plain or in base64.
fn finds(detectors: &Detectors, index: usize, text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut matches = Vec::new();
    runs::find(bytes, &mut found);
    detectors.search(bytes, &found, false, None, &mut matches);
    hidden::pieces(bytes, &found, &mut |piece| {
        let mut inner = Vec::new();
        runs::find(&piece.bytes, &mut inner);
        let outer = super::Outer { bytes, span: piece.outer.clone() };
        detectors.search(&piece.bytes, &inner, false, Some(&outer), &mut matches);
    });
    matches.iter().any(|found| found.detector == index)
}
