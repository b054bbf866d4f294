//! What fits a token's shape and is none: digests, placeholders, words run together, parts of
//! keys and other encodings. Each test is judged against what 64 random characters look like, so
//! that a real token is lost less than once in a hundred thousand.

use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use memchr::memmem::Finder;

use super::detector::Reject;
use super::memo::Memo;

/// How far back the beginning of an armoured block is searched for.
const ARMOUR_REACH: usize = 16 * 1024;
/// How much of an armoured block before a value is looked at.
const ARMOUR_LOOK: usize = 2 * 1024;
/// How far back on a line a mark is searched for.
const LINE_REACH: usize = 512;

/// Words that stand in placeholders. None is shorter than five letters: 64 random characters hold
/// a given word of five less than once in ten million.
const PLACEHOLDER_WORDS: [&[u8]; 14] = [
    b"example",
    b"placeholder",
    b"token",
    b"secret",
    b"canvas",
    b"changeme",
    b"redacted",
    b"replace",
    b"insert",
    b"dummy",
    b"sample",
    b"yourkey",
    b"notareal",
    b"password",
];

/// How far a JSON Web Token reaches on either side.
const JWT_REACH: usize = 8 * 1024;

static PLACEHOLDERS: LazyLock<[Finder<'static>; 14]> =
    LazyLock::new(|| PLACEHOLDER_WORDS.map(Finder::new));

/// Whether one of `tests` speaks against `value` by itself being a secret.
pub(super) fn rejects_value(tests: &[Reject], value: &[u8]) -> bool {
    tests.iter().any(|test| match test {
        Reject::Digest => value.iter().all(u8::is_ascii_hexdigit),
        Reject::Placeholder => is_placeholder(value),
        Reject::Identifier => is_identifier(value),
        Reject::EncodedText => is_encoded_text(value),
        Reject::KeyBody
        | Reject::Integrity
        | Reject::Jwt
        | Reject::Encrypted
        | Reject::Malformed => false,
    })
}

/// Whether one of `tests` speaks against the text at `secret` being a secret, by what surrounds
/// it.
pub(super) fn rejects_place(tests: &[Reject], memo: &Memo<'_>, secret: &Range<usize>) -> bool {
    let bytes = memo.text;
    tests.iter().any(|test| match test {
        Reject::KeyBody => in_armour(memo, secret) || in_block(bytes, secret),
        Reject::Integrity => after_integrity(&bytes[..secret.start]),
        Reject::Jwt => in_jwt(memo, secret),
        Reject::Encrypted => in_sops_value(&bytes[..secret.start]),
        Reject::Malformed => after_tilde(&bytes[..secret.start]),
        Reject::Digest | Reject::Placeholder | Reject::Identifier | Reject::EncodedText => false,
    })
}

fn is_placeholder(value: &[u8]) -> bool {
    let lower: Vec<u8> = value.iter().map(u8::to_ascii_lowercase).collect();
    few_distinct(value)
        || has_period(&lower)
        || is_sequence(&lower)
        || longest_repeat(&lower) >= 8
        || PLACEHOLDERS.iter().any(|word| word.find(&lower).is_some())
}

/// 64 characters drawn from 46 hold 35 different ones, and fewer than 22 less than once in a
/// million; 40 characters drawn from 62 hold 30.
fn few_distinct(value: &[u8]) -> bool {
    distinct(value) * 10 < value.len() * 3
}

fn distinct(value: &[u8]) -> usize {
    let mut seen = [false; 256];
    value.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    seen.iter().filter(|seen| **seen).count()
}

/// Whether the value repeats itself, but for a few characters.
fn has_period(value: &[u8]) -> bool {
    // a character that stands a period before is none that stands there first
    let most_same = value.len() - distinct(value);
    (1..=value.len() * 3 / 4).any(|period| {
        let pairs = value.len() - period;
        pairs * 3 <= most_same * 4 && count_same(&value[..pairs], &value[period..]) * 4 >= pairs * 3
    })
}

/// At how many places two texts of one length are the same. Counts in bytes, as vector code does
/// sixteen at a time.
fn count_same(a: &[u8], b: &[u8]) -> usize {
    let parts = a.chunks(255).zip(b.chunks(255));
    parts
        .map(|(a, b)| usize::from(a.iter().zip(b).map(|(a, b)| u8::from(a == b)).sum::<u8>()))
        .sum()
}

/// Whether much of the value counts up or down: `abcdef…`, `9876…`.
fn is_sequence(value: &[u8]) -> bool {
    let steps = value.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) == 1).count();
    steps * 5 >= value.len() * 2
}

fn longest_repeat(value: &[u8]) -> usize {
    value.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0)
}

/// What kind of character a byte is: a digit, unless it is one of these. Numbers, so that telling
/// them takes no branch, which random characters would make the processor mispredict.
const LOWER: u8 = 1;
const UPPER: u8 = 2;

fn class(byte: u8) -> u8 {
    u8::from(byte.is_ascii_lowercase()) * LOWER + u8::from(byte.is_ascii_uppercase()) * UPPER
}

/// Pairs of letters that make up most of English words and of names in programs.
const WORD_PAIRS: &str = "ab ac ad ai al am an ap ar as at ba bl ca ce ch ck co ct da de di ea ec ed ee ef el em en ep \
    er es et ex ff fi ge ha he ia ic id ie ig il im in io is it ke la le li ll lo ly ma me mi mp \
    na nc nd ne ng ni no ns nt oc od ol om on op or os ot ou ow pa pe pl po pp pr ra re ri ro rr \
    rs rt sc se sh si so ss st su ta te th ti to tr ts tt ty ul un ur us ut va ve ze";

/// [`WORD_PAIRS`] by their two letters.
const IS_WORD_PAIR: [[bool; 26]; 26] = {
    let (pairs, mut table, mut at) = (WORD_PAIRS.as_bytes(), [[false; 26]; 26], 0);
    while at < pairs.len() {
        table[(pairs[at] - b'a') as usize][(pairs[at + 1] - b'a') as usize] = true;
        at += 3;
    }
    table
};

/// Whether the value is made of words. Random characters have both cases, change between lower
/// case, upper case and digits about 39 times in 64, stand a third of the time in lower-case
/// runs of three or more, and only every sixth of their pairs is a common one; in words it is
/// two of three.
fn is_identifier(value: &[u8]) -> bool {
    let classes: Vec<u8> = value.iter().map(|byte| class(*byte)).collect();
    if !classes.contains(&LOWER) || !classes.contains(&UPPER) {
        return true;
    }
    let changes: usize = classes.windows(2).map(|pair| usize::from(pair[0] != pair[1])).sum();
    if changes * 100 < value.len() * 28 {
        return true;
    }
    let in_words: usize =
        classes.split(|class| *class != LOWER).map(<[u8]>::len).filter(|length| *length >= 3).sum();
    if in_words * 2 < value.len() {
        return false;
    }
    let pairs = value.windows(2).filter(|pair| class(pair[0]) != 0 && class(pair[1]) == LOWER);
    let (mut all, mut common) = (0, 0);
    for pair in pairs {
        all += 1;
        let letter = |byte: u8| usize::from(byte.to_ascii_lowercase() - b'a');
        common += usize::from(IS_WORD_PAIR[letter(pair[0])][letter(pair[1])]);
    }
    common * 2 >= all
}

/// Whether an armoured block (PEM, OpenPGP, OpenSSH, age) has begun and not ended, or the value
/// belongs to an SSH public key.
fn in_armour(memo: &Memo<'_>, secret: &Range<usize>) -> bool {
    let from = secret.start.saturating_sub(ARMOUR_REACH);
    let word = memo.base64_around(secret).start.max(from);
    let in_block = memo
        .open_armour(from..secret.start)
        .is_some_and(|begin| is_armour(&memo.text[begin..secret.start]));
    in_block || memo.text[word..secret.start].starts_with(b"AAAA")
}

/// Whether nothing but armour follows the line that `block` begins with: lines of base64 and the
/// headers of OpenPGP and PEM. A program or a text that merely speaks of `-----BEGIN` goes on
/// differently. Line breaks may be written out, and lines quoted and joined.
fn is_armour(block: &[u8]) -> bool {
    const HEADERS: [&[u8]; 6] =
        [b"Version:", b"Comment:", b"Hash:", b"Charset:", b"Proc-Type:", b"DEK-Info:"];
    let Some(body) = memchr::memmem::find(&block[5..], b"-----").map(|at| &block[at + 10..]) else {
        return false;
    };
    // the nearest part is enough to tell, and bounds the work
    let near = &body[body.len().saturating_sub(ARMOUR_LOOK)..];
    let cut = near.len() < body.len();
    let mut lines = near
        .split(|byte| *byte == b'\n')
        .flat_map(|line| SplitWritten { rest: Some(line) })
        .skip(usize::from(cut));
    lines.all(|line| {
        let blank = |byte: &u8| byte.is_ascii_whitespace() || b"\"'`,+.;\\>#*|()".contains(byte);
        let start = line.iter().position(|byte| !blank(byte)).unwrap_or(line.len());
        let line = &line[start..];
        if HEADERS.iter().any(|header| line.starts_with(header)) {
            return true;
        }
        let end = line.iter().rposition(|byte| !blank(byte)).map_or(0, |at| at + 1);
        let line = &line[..end];
        // a checksum begins with `=`, padding ends with it
        let line = line.strip_prefix(b"=").unwrap_or(line);
        let padding = line.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
        line[..line.len() - padding].iter().all(|byte| is_base64(*byte))
    })
}

/// Splits a line at the line breaks that are written out in it, as in JSON: `\n`.
struct SplitWritten<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for SplitWritten<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let Some(at) = memchr::memmem::find(rest, b"\\n") else {
            self.rest = None;
            return Some(rest);
        };
        self.rest = Some(&rest[at + 2..]);
        Some(rest[..at].strip_suffix(b"\\r").unwrap_or(&rest[..at]))
    }
}

/// Whether the line above or below is a line of base64 of another kind: then the value is one
/// line of an encoded block.
fn in_block(bytes: &[u8], secret: &Range<usize>) -> bool {
    // only blanks may stand beside it: a line may be too long to be looked at as a whole
    let blank = |byte: &&u8| byte.is_ascii_whitespace() && **byte != b'\n';
    let start = secret.start - bytes[..secret.start].iter().rev().take_while(blank).count();
    let end = secret.end + bytes[secret.end..].iter().take_while(blank).count();
    if (start > 0 && bytes[start - 1] != b'\n') || bytes.get(end).is_some_and(|b| *b != b'\n') {
        return false;
    }
    let above = bytes[..start]
        .strip_suffix(b"\n")
        .map(|rest| &rest[memchr::memrchr(b'\n', rest).map_or(0, |at| at + 1)..]);
    let below =
        bytes.get(end + 1..).map(|rest| &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())]);
    [above, below].into_iter().flatten().any(|line| {
        let line = line.trim_ascii();
        let padding = line.iter().rev().take(2).take_while(|b| **b == b'=').count();
        let letters = &line[..line.len() - padding];
        // a line of a block is as long as the value at least, is no rule of dashes or the like,
        // and no digest
        line.len() >= secret.len()
            && letters.iter().all(|b| is_base64(*b))
            && !few_distinct(&letters[..secret.len().min(letters.len())])
            && !letters.iter().all(u8::is_ascii_hexdigit)
            && (line.len() != secret.len() || line.iter().any(|b| !b.is_ascii_alphanumeric()))
    })
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// Whether `sha384-`, `md5:` or their like stands right before.
fn after_integrity(before: &[u8]) -> bool {
    let tail = before[before.len().saturating_sub(16)..].to_ascii_lowercase();
    let tail = tail.trim_ascii_end();
    let Some(name) = tail
        .strip_suffix(b"-")
        .or_else(|| tail.strip_suffix(b":"))
        .or_else(|| tail.strip_suffix(b"="))
    else {
        return false;
    };
    let digits = name.iter().rev().take_while(|b| b.is_ascii_digit() || **b == b'-').count();
    let name = &name[..name.len() - digits];
    digits > 0
        && (name.ends_with(b"sha")
            || name.ends_with(b"md")
            || name.ends_with(b"blake")
            || name.ends_with(b"sha3"))
}

/// Whether the value is one of the parts, joined by dots, of a JSON Web Token.
fn in_jwt(memo: &Memo<'_>, secret: &Range<usize>) -> bool {
    let around = memo.jwt_around(secret);
    let start = around.start.max(secret.start.saturating_sub(JWT_REACH));
    let end = around.end.min(secret.end + JWT_REACH);
    let whole = &memo.text[start..end];
    whole.starts_with(b"eyJ") && whole.contains(&b'.')
}

/// Whether `ENC[` has been opened on the line and not closed.
fn in_sops_value(before: &[u8]) -> bool {
    let line = &before[before.len().saturating_sub(LINE_REACH)..];
    let line = &line[memchr::memrchr(b'\n', line).map_or(0, |at| at + 1)..];
    memchr::memmem::rfind(line, b"ENC[").is_some_and(|open| !line[open..].contains(&b']'))
}

/// Whether the value is base64 of readable text: then it is an encoding of something else. Random
/// characters decode to 48 random bytes, which are never all printable.
fn is_encoded_text(value: &[u8]) -> bool {
    STANDARD_NO_PAD.decode(value).is_ok_and(|text| {
        std::str::from_utf8(&text).is_ok_and(|text| !text.chars().any(char::is_control))
    })
}

/// Whether a tilde, however it is written, stands right before: a shard that is none has already
/// been turned down.
fn after_tilde(before: &[u8]) -> bool {
    const TILDES: [&[u8]; 5] = [b"~", b"%7e", b"\\u007e", b"&#126;", b"&#x7e;"];
    let tail = before[before.len().saturating_sub(8)..].to_ascii_lowercase();
    TILDES.iter().any(|tilde| tail.ends_with(tilde))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_down_placeholders() {
        let period: String = "6vV".chars().cycle().take(64).collect();
        let alphabet: String = ('a'..='z').chain('0'..='9').cycle().take(64).collect();
        let both: String = ('A'..='Z').chain('a'..='z').chain('0'..='9').cycle().take(64).collect();
        let padded = format!("aB3xY{}", "X".repeat(59));
        for value in [period, alphabet, both, padded, "0123456789".repeat(7)[..64].to_owned()] {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn turns_down_words() {
        for value in [
            "getTheCanvasAccessTokenFromTheEnvironmentOrFailWithAnErrorWhenIt",
            "ThisIsNotARealTokenItIsOnlyHereToShowWhereYoursHasToGoInThisLine",
            "somelongidentifierinlowercasewithoutanyboundariesbetweenitswords",
        ] {
            assert!(is_identifier(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn knows_integrity_prefixes() {
        for before in ["sha384-", "SHA-256: ", "sha512=", "md5-", "sha3-256:"] {
            assert!(after_integrity(before.as_bytes()), "{before}");
        }
        for before in ["token=", "sha-", "room 12-", "X-Sha: "] {
            assert!(!after_integrity(before.as_bytes()), "{before}");
        }
    }
}
