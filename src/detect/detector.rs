//! The format of `rules/detectors/*.yaml`: what a kind of token looks like, where it counts, and
//! what it is mistaken for. The same format serves detectors that a configuration adds.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::finding::{Confidence, Severity};

/// One kind of secret.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "hallpass detector")]
pub struct Detector {
    /// Lower-case words with hyphens; what findings and allowances call it.
    pub id: String,
    /// Severity of its findings.
    pub severity: Severity,
    /// What it finds, as a noun: "Canvas access token".
    pub noun: String,
    /// One sentence.
    pub summary: String,
    /// What it means that such a thing is found; paragraphs.
    pub description: String,
    /// Where the knowledge of its shape comes from.
    pub source: String,
    /// How to end the secret, as a clause; `{token}` and `{hint}` are filled in.
    pub revoke: String,
    /// The shapes that it takes; the first that fits a place is reported.
    pub shapes: Vec<Shape>,
    /// How it may come out of a picture, where characters are taken for others.
    #[serde(default)]
    pub misread: Option<MisreadShape>,
    /// What fits the shape but never is the secret.
    #[serde(default)]
    pub reject: Vec<Reject>,
    /// The surroundings that make it more certain, or that some shapes ask for.
    #[serde(default)]
    pub context: ContextWords,
    /// Texts in which it is found. `{{new 64}}`, `{{any 64}}`, `{{hex 64}}`, `{{repeat ab}}` and
    /// `{{base64 …}}` stand for made-up values, so that no token has to be written down.
    pub examples: Vec<String>,
    /// Texts in which it is not found.
    pub negative_examples: Vec<String>,
}

/// One shape of a secret. Either a run of `length` letters of `alphabet`, or a `pattern`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// The inside of a character class; letters and digits only.
    #[serde(default)]
    pub alphabet: Option<String>,
    /// Exactly how long the run is; at least 31. No letter or digit stands on either side.
    #[serde(default)]
    pub length: Option<usize>,
    /// A regular expression that has to match right before the run. Its group `token`, if any,
    /// says where the finding begins; its group `shard` is shown in reports.
    #[serde(default)]
    pub before: Option<String>,
    /// A regular expression for what has to follow.
    #[serde(default)]
    pub after: Option<String>,
    /// For shapes that are no run: a regular expression for the whole; its group `secret` is
    /// what is masked (else all of it), its group `shard` is shown.
    #[serde(default)]
    pub pattern: Option<String>,
    /// How sure the shape makes us.
    pub confidence: Confidence,
    /// How sure we are where the context words stand nearby.
    #[serde(default)]
    pub confidence_in_context: Option<Confidence>,
    /// Whether the shape counts only in strong context: a name, a call or a carrier.
    #[serde(default)]
    pub requires_context: bool,
    /// Whether the run has to be a whole value, between quotes, blanks or other delimiters.
    #[serde(default)]
    pub whole_value: bool,
}

/// What a secret of letters and digits looks like when a program has read it from a picture: with
/// blanks in it, some characters taken for others, some lost and some added.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MisreadShape {
    /// A regular expression that has to match right before the secret. Its group `token`, if any,
    /// says where the finding begins; its group `shard` is shown in reports.
    pub before: String,
    /// How long the secret is.
    pub length: usize,
    /// How many characters may be read at least, and at the most.
    pub least: usize,
    /// See `least`.
    pub most: usize,
    /// The inside of a character class: what the secret is made of today. Where nearly all of it is,
    /// the rest was misread.
    pub alphabet: String,
    /// What a misread character most likely is: a character of the alphabet for each.
    #[serde(default)]
    pub instead: BTreeMap<char, char>,
    /// Whether it counts only in strong context, as in `shapes`.
    #[serde(default)]
    pub requires_context: bool,
}

/// What fits a shape without being the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reject {
    /// Hexadecimal digits only.
    Digest,
    /// One character, a short period, the alphabet, or words such as "example".
    Placeholder,
    /// Words run together, or one letter case only.
    Identifier,
    /// Inside PEM, SSH or another armoured block.
    KeyBody,
    /// Behind `sha384-` and its like.
    Integrity,
    /// A part of a JSON Web Token.
    Jwt,
    /// A value that sops has encrypted.
    Encrypted,
    /// Base64 of readable text.
    EncodedText,
    /// The remains of a token with a shard that is no shard.
    Malformed,
}

/// Surroundings, as lists of regular expressions.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ContextWords {
    /// Names, in snake case, that the value is assigned to.
    pub names: Vec<String>,
    /// Names that never count, in snake case.
    pub not_names: Vec<String>,
    /// Names that count only where one of `hosts` is nearby.
    pub plain_names: Vec<String>,
    /// What ends right before the value.
    pub calls: Vec<String>,
    /// What ends right before the value and counts only where `hosts` or `api_paths` are nearby.
    pub carriers: Vec<String>,
    /// Hosts and sections.
    pub hosts: Vec<String>,
    /// Paths of the interface.
    pub api_paths: Vec<String>,
    /// Words that raise the confidence.
    pub words: Vec<String>,
    /// What looks like one of `hosts` or `words` and isn't.
    pub not_words: Vec<String>,
}

/// The detectors that come with the program, in the order in which they are tried: a place that
/// one has claimed is not looked at by the next.
pub(super) const EMBEDDED: [(&str, &str); 4] = [
    (
        "rules/detectors/canvas-access-token.yaml",
        include_str!("../../rules/detectors/canvas-access-token.yaml"),
    ),
    (
        "rules/detectors/canvas-bare-token.yaml",
        include_str!("../../rules/detectors/canvas-bare-token.yaml"),
    ),
    (
        "rules/detectors/canvas-calendar-feed.yaml",
        include_str!("../../rules/detectors/canvas-calendar-feed.yaml"),
    ),
    (
        "rules/detectors/canvas-file-verifier.yaml",
        include_str!("../../rules/detectors/canvas-file-verifier.yaml"),
    ),
];
