//! Text to matches: token shapes, their surroundings, and how sure they make us.
//!
//! What a token looks like is data ([`detector`]); this module is the engine. It is handed the
//! long alphanumeric runs of a text, looks at those that have a length some detector asks for,
//! and judges them by what stands before and after (`boundary`), by what they can't
//! be (`reject`) and by what surrounds them (`context`).

mod boundary;
mod context;
pub mod detector;
pub mod examples;
mod literals;
mod memo;
mod misread;
mod reject;

use std::ops::Range;
use std::sync::OnceLock;

use regex::bytes::{Captures, Regex, RegexBuilder};
use thiserror::Error;

use crate::finding::{Confidence, Fingerprint, HINT_LENGTH, TokenHint};
use context::Context;
use detector::{Detector, EMBEDDED, Shape};
use memo::Memo;
use misread::Misread;

/// How much text before a run its `before` expression sees.
const BEFORE_REACH: usize = 512;
/// How much text after a run its `after` expression sees.
const AFTER_REACH: usize = 64;

/// Why a detector can't be used.
#[derive(Debug, Error)]
pub enum DetectError {
    /// The YAML is not a detector.
    #[error("{origin}: {message}")]
    Format {
        /// The file that it was read from.
        origin: String,
        /// What is wrong, with its line.
        message: String,
    },
    /// A regular expression is not one.
    #[error("the expression `{expression}` is not sound: {message}")]
    Expression {
        /// The expression.
        expression: String,
        /// What is wrong with it.
        message: String,
    },
    /// A shape that can't be searched for.
    #[error("detector `{id}`: {message}")]
    Shape {
        /// The detector.
        id: String,
        /// What is wrong.
        message: String,
    },
    /// A detector that does not do what its own examples say.
    #[error("detector `{id}`: {message}")]
    Example {
        /// The detector.
        id: String,
        /// Which example, and how it fails.
        message: String,
    },
}

/// Compiles an expression over bytes; classes are ASCII unless the expression says otherwise.
fn expression(text: &str) -> Result<Regex, DetectError> {
    RegexBuilder::new(text).unicode(false).build().map_err(|error| DetectError::Expression {
        expression: text.to_owned(),
        message: error.to_string(),
    })
}

/// Something found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Index of the detector, see [`Detectors::get`].
    pub detector: usize,
    /// Where the whole stands: the token with its shard, the link with its code.
    pub span: Range<usize>,
    /// Where the secret part of it stands.
    pub secret: Range<usize>,
    /// What may be shown of it.
    pub hint: TokenHint,
    /// Its identity, the same however it is written.
    pub fingerprint: Fingerprint,
    /// How sure we are.
    pub confidence: Confidence,
}

/// The text that another text was hidden in, whose surroundings count too.
#[derive(Debug, Clone)]
pub struct Outer<'a> {
    /// The outer text.
    pub bytes: &'a [u8],
    /// Where the hidden text stands in it.
    pub span: Range<usize>,
}

/// A set of detectors, ready to search.
#[derive(Debug)]
pub struct Detectors {
    compiled: Vec<Compiled>,
    lengths: Vec<usize>,
    patterns: bool,
}

#[derive(Debug)]
struct Compiled {
    detector: Detector,
    shapes: Vec<CompiledShape>,
    misread: Option<Misread>,
    context: Context,
}

#[derive(Debug)]
struct CompiledShape {
    kind: Kind,
    after: Option<Expression>,
    shape: Shape,
}

#[derive(Debug)]
enum Kind {
    Run { alphabet: Box<[bool; 256]>, length: usize, before: Option<Expression> },
    Pattern(Expression),
}

/// An expression that is compiled when it is first needed: most runs need none.
#[derive(Debug)]
struct Expression {
    text: String,
    compiled: OnceLock<Regex>,
}

impl Expression {
    fn new(text: String) -> Self {
        Self { text, compiled: OnceLock::new() }
    }

    fn get(&self) -> Option<&Regex> {
        if let Some(regex) = self.compiled.get() {
            return Some(regex);
        }
        // expressions are checked when a detector is loaded, so this does not fail
        let regex = expression(&self.text).ok()?;
        Some(self.compiled.get_or_init(|| regex))
    }
}

impl Detectors {
    /// The detectors that come with the program.
    ///
    /// # Errors
    ///
    /// If one of them is broken, which a test rules out.
    pub fn embedded() -> Result<Self, DetectError> {
        let mut detectors = Vec::with_capacity(EMBEDDED.len());
        for (origin, text) in EMBEDDED {
            detectors.push(parse(origin, text)?);
        }
        Self::new(detectors)
    }

    /// Adds a detector in the format of `rules/detectors`, after checking its expressions and
    /// trying its examples.
    ///
    /// # Errors
    ///
    /// If the text is no detector, an expression is not sound, the id is taken, or an example
    /// does not hold.
    pub fn add(&mut self, origin: &str, text: &str) -> Result<(), DetectError> {
        let detector = parse(origin, text)?;
        let shape_error = |message: &str| DetectError::Shape {
            id: detector.id.clone(),
            message: message.to_owned(),
        };
        if self.compiled.iter().any(|known| known.detector.id == detector.id) {
            return Err(shape_error("another detector has this id already; choose another one"));
        }
        let alone = Self::new(vec![detector.clone()])?;
        alone.check()?;
        examples::check(&alone, 0)?;
        self.push(detector)
    }

    fn new(detectors: Vec<Detector>) -> Result<Self, DetectError> {
        let mut all = Self { compiled: Vec::new(), lengths: Vec::new(), patterns: false };
        for detector in detectors {
            all.push(detector)?;
        }
        Ok(all)
    }

    fn push(&mut self, detector: Detector) -> Result<(), DetectError> {
        let shapes = detector
            .shapes
            .iter()
            .map(|shape| compile_shape(&detector.id, shape))
            .collect::<Result<Vec<_>, _>>()?;
        for shape in &shapes {
            match &shape.kind {
                Kind::Run { length, .. } if !self.lengths.contains(length) => {
                    self.lengths.push(*length);
                }
                Kind::Run { .. } => {}
                Kind::Pattern(_) => self.patterns = true,
            }
        }
        let wrong = |message| DetectError::Shape { id: detector.id.clone(), message };
        let misread = detector.misread.as_ref().map(Misread::new).transpose().map_err(wrong)?;
        let context = Context::new(detector.context.clone());
        self.compiled.push(Compiled { detector, shapes, misread, context });
        Ok(())
    }

    /// Compiles every expression now, to tell an unsound one before it is needed.
    ///
    /// # Errors
    ///
    /// The first expression that is not sound.
    pub fn check(&self) -> Result<(), DetectError> {
        for compiled in &self.compiled {
            compiled.context.check()?;
            compiled.misread.as_ref().map_or(Ok(()), Misread::check)?;
            for shape in &compiled.shapes {
                let before = match &shape.kind {
                    Kind::Run { before, .. } => before.as_ref(),
                    Kind::Pattern(pattern) => Some(pattern),
                };
                for part in before.into_iter().chain(shape.after.as_ref()) {
                    expression(&part.text)?;
                }
            }
        }
        Ok(())
    }

    /// The detector that a match names.
    pub fn get(&self, index: usize) -> Option<&Detector> {
        self.compiled.get(index).map(|compiled| &compiled.detector)
    }

    /// All detectors, in the order in which they are tried.
    pub fn iter(&self) -> impl Iterator<Item = &Detector> {
        self.compiled.iter().map(|compiled| &compiled.detector)
    }

    /// Whether some detector searches for something else than runs.
    pub fn has_patterns(&self) -> bool {
        self.patterns
    }

    /// Appends to `matches` what stands in `text`, whose long alphanumeric runs are `runs`.
    /// `binary` says that the text is none: then a token may touch its neighbours. `outer` is
    /// the text that this one was hidden in.
    pub fn search(
        &self,
        text: &[u8],
        runs: &[Range<usize>],
        binary: bool,
        outer: Option<&Outer<'_>>,
        matches: &mut Vec<Match>,
    ) {
        let memo = Memo::new(text);
        for run in runs {
            self.search_run(&memo, run, binary, outer, matches);
        }
        if self.patterns {
            self.search_patterns(&memo, matches);
        }
    }

    /// The same for `text` that was read from a picture. A match reaches to the end of its line:
    /// which of what follows the secret belongs to it is not known.
    pub fn search_misread(&self, text: &[u8], matches: &mut Vec<Match>) {
        let memo = Memo::new(text);
        for (index, compiled) in self.compiled.iter().enumerate() {
            let Some(misread) = &compiled.misread else { continue };
            for reading in misread.readings(text) {
                let taken = |found: &Match| found.span.contains(&reading.secret.start);
                if !matches.iter().any(taken) {
                    matches.extend(compiled.judge_misread(index, misread, &memo, reading));
                }
            }
        }
    }

    fn search_run(
        &self,
        memo: &Memo<'_>,
        run: &Range<usize>,
        binary: bool,
        outer: Option<&Outer<'_>>,
        matches: &mut Vec<Match>,
    ) {
        let text = memo.text;
        for start in boundary::starts(text, run) {
            let length = run.end - start;
            // behind a tilde the format may say where the secret ends, whatever touches it
            let cut = binary || (start > 0 && text[start - 1] == b'~');
            let touching = cut && self.lengths.iter().any(|wanted| length > *wanted);
            if !touching && !self.lengths.contains(&length) {
                continue;
            }
            let binary = binary && boundary::beside_control(text, start, run.end);
            let candidate = Candidate { text, memo, start, run, binary, outer };
            let found = self
                .compiled
                .iter()
                .enumerate()
                .find_map(|(index, compiled)| compiled.judge(index, &candidate));
            if let Some(found) = found {
                matches.push(found);
                return;
            }
        }
    }

    fn search_patterns(&self, memo: &Memo<'_>, matches: &mut Vec<Match>) {
        for (index, compiled) in self.compiled.iter().enumerate() {
            for shape in &compiled.shapes {
                let Kind::Pattern(pattern) = &shape.kind else {
                    continue;
                };
                let Some(regex) = pattern.get() else { continue };
                for captures in regex.captures_iter(memo.text) {
                    matches.extend(compiled.judge_pattern(index, shape, memo, &captures));
                }
            }
        }
    }
}

/// A place that may hold a secret.
struct Candidate<'a> {
    text: &'a [u8],
    memo: &'a Memo<'a>,
    start: usize,
    run: &'a Range<usize>,
    binary: bool,
    outer: Option<&'a Outer<'a>>,
}

impl Compiled {
    /// The match at `candidate`, if one of the shapes fits.
    fn judge(&self, index: usize, candidate: &Candidate<'_>) -> Option<Match> {
        self.shapes.iter().find_map(|shape| self.judge_shape(index, shape, candidate))
    }

    fn judge_shape(
        &self,
        index: usize,
        shape: &CompiledShape,
        at: &Candidate<'_>,
    ) -> Option<Match> {
        let Kind::Run { alphabet, length, before } = &shape.kind else {
            return None;
        };
        let secret = at.start..at.start + length;
        let whole = secret.end == at.run.end;
        if secret.end > at.run.end || (!whole && before.is_none()) {
            return None;
        }
        if !at.text[secret.clone()].iter().all(|byte| alphabet[usize::from(*byte)]) {
            return None;
        }
        let lead = match before {
            Some(before) => Lead::before(before.get()?, at.text, secret.start, at.binary)?,
            None => Lead { start: secret.start, shard: None, bounded: false },
        };
        // in a database or an archive the next value may follow without a delimiter
        if !whole && !at.binary && !lead.bounded {
            return None;
        }
        if shape.shape.whole_value && !boundary::is_whole_value(at.text, &secret) {
            return None;
        }
        if let Some(after) = &shape.after {
            let reach = at.text.len().min(secret.end + AFTER_REACH);
            after.get()?.find(&at.text[secret.end..reach])?;
        }
        let tests = &self.detector.reject;
        if reject::rejects_value(tests, &at.text[secret.clone()])
            || reject::rejects_place(tests, at.memo, &secret)
        {
            return None;
        }
        let confidence = self.confidence(&shape.shape, at, &secret)?;
        Some(self.found(index, &at.text[secret.clone()], lead, secret, confidence))
    }

    /// How sure the surroundings make us; `None` if the shape asks for more than they give.
    fn confidence(
        &self,
        shape: &Shape,
        at: &Candidate<'_>,
        secret: &Range<usize>,
    ) -> Option<Confidence> {
        if shape.requires_context {
            let strong = self.context.is_strong(at.text, secret)
                || at.outer.is_some_and(|outer| self.context.is_strong(outer.bytes, &outer.span));
            return strong.then_some(shape.confidence);
        }
        let Some(raised) = shape.confidence_in_context else {
            return Some(shape.confidence);
        };
        let beside = self.context.is_beside(at.text, secret)
            || at.outer.is_some_and(|outer| self.context.is_beside(outer.bytes, &outer.span));
        Some(if beside { raised } else { shape.confidence })
    }

    fn judge_pattern(
        &self,
        index: usize,
        shape: &CompiledShape,
        memo: &Memo<'_>,
        captures: &Captures<'_>,
    ) -> Option<Match> {
        let text = memo.text;
        let whole = captures.get(0)?;
        let secret = captures.name("secret").unwrap_or(whole).range();
        let tests = &self.detector.reject;
        if secret.is_empty()
            || reject::rejects_value(tests, &text[secret.clone()])
            || reject::rejects_place(tests, memo, &secret)
        {
            return None;
        }
        let (start, run) = (secret.start, &secret);
        let at = Candidate { text, memo, start, run, binary: false, outer: None };
        let confidence = self.confidence(&shape.shape, &at, &secret)?;
        let shard = captures.name("shard").map(|shard| lossy(shard.as_bytes()));
        let lead = Lead { start: whole.start(), shard, bounded: false };
        Some(self.found(index, &text[secret.clone()], lead, secret, confidence))
    }

    fn judge_misread(
        &self,
        index: usize,
        misread: &Misread,
        memo: &Memo<'_>,
        reading: misread::Reading,
    ) -> Option<Match> {
        let misread::Reading { start, secret, shard, value } = reading;
        if reject::rejects_value(&self.detector.reject, &value)
            || misread.requires_context() && !self.context.is_strong(memo.text, &secret)
        {
            return None;
        }
        let lead = Lead { start, shard, bounded: false };
        Some(self.found(index, &value, lead, secret, Confidence::Medium))
    }

    /// The match of the secret `value`, which stands at `secret`.
    fn found(
        &self,
        index: usize,
        value: &[u8],
        lead: Lead,
        secret: Range<usize>,
        confidence: Confidence,
    ) -> Match {
        // the identity is the secret as it is meant, however its tilde is written
        let identity = match &lead.shard {
            Some(shard) => [shard.as_bytes(), b"~", value].concat(),
            None => value.to_vec(),
        };
        Match {
            detector: index,
            span: lead.start..secret.end,
            hint: TokenHint {
                shard: lead.shard,
                hint: lossy(&value[..value.len().min(HINT_LENGTH)]),
            },
            fingerprint: Fingerprint::new(&self.detector.id, &identity),
            confidence,
            secret,
        }
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What stands before the secret and belongs to it.
struct Lead {
    start: usize,
    shard: Option<String>,
    /// Whether the format that the text is in says where the secret ends.
    bounded: bool,
}

impl Lead {
    /// Matches `before` right before `start`.
    fn before(before: &Regex, text: &[u8], start: usize, binary: bool) -> Option<Self> {
        let from = start.saturating_sub(BEFORE_REACH);
        let captures = before.captures(&text[from..start])?;
        let whole = captures.get(0)?;
        let token = captures.name("token").unwrap_or(whole);
        let begin = from + token.start();
        // what the expression itself took in as a lead is a boundary
        let led = token.start() > whole.start();
        let shard = captures.name("shard").map(|shard| from + shard.start()..from + shard.end());
        let named = |shard: Range<usize>| lossy(&text[shard]);
        if binary
            && let Some(shard) = &shard
            && let Some(begin) = boundary::value_begin(text, shard, start)
        {
            return Some(Self {
                start: begin,
                shard: Some(named(begin..shard.end)),
                bounded: true,
            });
        }
        if !led && !boundary::begins(text, begin, start, binary) {
            return None;
        }
        let bounded = boundary::is_length_prefix(&text[..begin], begin, start);
        Some(Self { start: begin, shard: shard.map(named), bounded })
    }
}

fn compile_shape(id: &str, shape: &Shape) -> Result<CompiledShape, DetectError> {
    let wrong =
        |message: &str| DetectError::Shape { id: id.to_owned(), message: message.to_owned() };
    let kind = match (&shape.alphabet, shape.length, &shape.pattern) {
        (None, None, Some(pattern)) => Kind::Pattern(Expression::new(pattern.clone())),
        (Some(alphabet), Some(length), None) => {
            if !(crate::extract::runs::SHORTEST_RUN..=1024).contains(&length) {
                return Err(wrong("a run's length is from 31 to 1024; use `pattern` for others"));
            }
            let before = shape.before.as_ref().map(|text| Expression::new(format!("(?:{text})$")));
            Kind::Run { alphabet: parse_alphabet(alphabet).map_err(|m| wrong(&m))?, length, before }
        }
        _ => {
            return Err(wrong("a shape has either `alphabet` and `length`, or `pattern`"));
        }
    };
    let after = shape.after.clone().map(Expression::new);
    Ok(CompiledShape { kind, after, shape: shape.clone() })
}

/// Reads the inside of a character class of letters and digits: `a-f2-46-9x`.
fn parse_alphabet(text: &str) -> Result<Box<[bool; 256]>, String> {
    let mut set = Box::new([false; 256]);
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let first = bytes[at];
        let last = if bytes.get(at + 1) == Some(&b'-') && at + 2 < bytes.len() {
            at += 2;
            bytes[at]
        } else {
            first
        };
        if !first.is_ascii_alphanumeric() || !last.is_ascii_alphanumeric() || last < first {
            return Err(format!(
                "the alphabet `{text}` may hold only letters, digits and ranges of them"
            ));
        }
        (first..=last).for_each(|byte| set[usize::from(byte)] = byte.is_ascii_alphanumeric());
        at += 1;
    }
    Ok(set)
}

fn parse(origin: &str, text: &str) -> Result<Detector, DetectError> {
    serde_saphyr::from_str(text).map_err(|error| DetectError::Format {
        origin: origin.to_owned(),
        message: error.to_string(),
    })
}

#[cfg(test)]
mod tests;
