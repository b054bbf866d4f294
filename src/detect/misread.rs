//! Secrets in text that was read from a picture. Such text has blanks where there are none,
//! characters that were taken for others, and now and then one too few or too many. What is looked
//! for is therefore a stretch of about the right length that looks random; what can't stand in the
//! secret is replaced by what it most likely is.

use std::collections::BTreeMap;
use std::ops::Range;

use super::detector::MisreadShape;
use super::{DetectError, Expression, expression, lossy, parse_alphabet};

/// A secret is read in so many pieces at the most.
const MOST_PIECES: usize = 16;
/// It stands on so many lines at the most.
const MOST_LINES: usize = 4;
/// More characters than one in so many that can't stand in the secret mean that it is made of
/// other characters.
const ONE_IN: usize = 8;
/// Random letters and digits hold so many of each sort at the least; text that somebody wrote
/// doesn't.
const LEAST_DIGITS: usize = 3;
const LEAST_UPPER: usize = 8;
const LEAST_LOWER: usize = 6;
/// What stands for a character that can't be told.
const UNKNOWN: u8 = b'?';

/// How a secret may be misread, ready to search.
#[derive(Debug)]
pub(super) struct Misread {
    shape: MisreadShape,
    alphabet: Box<[bool; 256]>,
    before: Expression,
    instead: BTreeMap<char, u8>,
}

/// A stretch that may be a secret.
#[derive(Debug)]
pub(super) struct Reading {
    /// Where the whole begins, with its shard.
    pub(super) start: usize,
    /// Where the secret stands, and all that follows it on its line.
    pub(super) secret: Range<usize>,
    /// The shard before it.
    pub(super) shard: Option<String>,
    /// The secret, as well as it can be told.
    pub(super) value: Vec<u8>,
}

impl Misread {
    /// Makes `shape` ready.
    pub(super) fn new(shape: &MisreadShape) -> Result<Self, String> {
        if !(1..=shape.length).contains(&shape.least)
            || !(shape.length..=1024).contains(&shape.most)
        {
            return Err("`misread` asks for least ≤ length ≤ most ≤ 1024".to_owned());
        }
        let alphabet = parse_alphabet(&shape.alphabet)?;
        let mut instead = BTreeMap::new();
        for (read, meant) in &shape.instead {
            match u8::try_from(*meant).ok().filter(|byte| alphabet[usize::from(*byte)]) {
                Some(meant) => instead.insert(*read, meant),
                None => return Err(format!("`misread`: `{meant}` is not in its alphabet")),
            };
        }
        let before = Expression::new(shape.before.clone());
        Ok(Self { shape: shape.clone(), alphabet, before, instead })
    }

    /// Whether the expression is sound.
    pub(super) fn check(&self) -> Result<(), DetectError> {
        expression(&self.before.text).map(drop)
    }

    /// Whether it counts only in strong context.
    pub(super) fn requires_context(&self) -> bool {
        self.shape.requires_context
    }

    /// All stretches of `text` that may be the secret.
    pub(super) fn readings<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = Reading> + 't {
        let leads = self.before.get().into_iter().flat_map(|before| before.captures_iter(text));
        leads.filter_map(|captures| {
            let whole = captures.get(0)?;
            let token = captures.name("token").unwrap_or(whole);
            // a shard has a beginning
            let beside = text.get(..token.start()).and_then(<[u8]>::last);
            if whole.start() == token.start() && beside.is_some_and(u8::is_ascii_alphanumeric) {
                return None;
            }
            let shard = captures.name("shard").map(|shard| digits(&lossy(shard.as_bytes())));
            let (value, end) = self.gather(text, whole.end())?;
            let end = memchr::memchr(b'\n', &text[end..]).map_or(text.len(), |at| end + at);
            Some(Reading { start: token.start(), secret: whole.end()..end, shard, value })
        })
    }

    /// The secret that begins at `start` of `text`, and where it ends.
    fn gather(&self, text: &[u8], start: usize) -> Option<(Vec<u8>, usize)> {
        let mut read: Vec<char> = Vec::new();
        // where a piece ends, after how many characters
        let mut ends = Vec::new();
        let (mut pieces, mut lines) = (1, 1);
        let mut at = start;
        let rest = text.get(start..).unwrap_or_default();
        let chars = rest.utf8_chunks().flat_map(|chunk| chunk.valid().chars());
        for c in chars {
            if c == ' ' || c == '\n' {
                if read.is_empty() {
                    return None;
                }
                ends.push((read.len(), at));
                pieces += 1;
                lines += usize::from(c == '\n');
                if pieces > MOST_PIECES || lines > MOST_LINES {
                    break;
                }
            } else if c.is_ascii_alphanumeric() {
                read.push(c);
            } else if is_quote(c) || c.is_ascii_control() {
                // what closes a value is no part of it
                break;
            } else {
                // it may stand behind the value, or for a character of it
                ends.push((read.len(), at));
                read.push(c);
            }
            at += c.len_utf8();
            if read.len() > self.shape.most {
                break;
            }
        }
        ends.push((read.len(), at));
        let fits = |length: usize| (self.shape.least..=self.shape.most).contains(&length);
        let (length, end) = ends
            .into_iter()
            .filter(|(length, _)| fits(*length))
            .min_by_key(|(length, _)| length.abs_diff(self.shape.length))?;
        read.truncate(length);
        looks_random(&read).then(|| (self.repair(&read), end))
    }

    /// What was read, with what can't stand in the secret replaced, if nearly all of it can.
    fn repair(&self, read: &[char]) -> Vec<u8> {
        let own = |c: char| u8::try_from(c).ok().filter(|byte| self.alphabet[usize::from(*byte)]);
        let others = read.iter().filter(|c| own(**c).is_none()).count();
        let repairs = others <= self.shape.length / ONE_IN;
        read.iter()
            .map(|c| {
                let meant = self.instead.get(c).copied().filter(|_| repairs);
                let plain = u8::try_from(*c).ok().filter(u8::is_ascii_alphanumeric);
                own(*c).or(meant).or(plain).unwrap_or(UNKNOWN)
            })
            .collect()
    }
}

/// The digits that were taken for letters.
fn digits(shard: &str) -> String {
    shard
        .chars()
        .map(|c| match c {
            'l' | 'I' | '|' => '1',
            'o' | 'O' => '0',
            c => c,
        })
        .collect()
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '“' | '”' | '„' | '‘' | '’' | '«' | '»' | ',' | ';' | '<' | '>')
}

fn looks_random(read: &[char]) -> bool {
    let count = |is: fn(&char) -> bool| read.iter().filter(|c| is(c)).count();
    count(char::is_ascii_digit) >= LEAST_DIGITS
        && count(char::is_ascii_uppercase) >= LEAST_UPPER
        && count(char::is_ascii_lowercase) >= LEAST_LOWER
}

#[cfg(test)]
mod tests {
    use crate::detect::examples::expand;
    use crate::detect::{Detectors, Match};

    fn found(text: &str) -> Vec<Match> {
        let mut matches = Vec::new();
        Detectors::embedded().unwrap().search_misread(text.as_bytes(), &mut matches);
        matches
    }

    fn shown(text: &str) -> Vec<String> {
        let shown = |found: &Match| {
            format!("{}~{}", found.hint.shard.as_deref().unwrap_or("-"), found.hint.hint)
        };
        found(text).iter().map(shown).collect()
    }

    /// A token of the present alphabet that begins as wanted.
    fn token(begin: &str) -> String {
        let rest = expand("{{new 64}}", begin);
        format!("{begin}{}", &rest[begin.len()..])
    }

    #[test]
    fn blanks_and_lost_characters_do_not_hide_it() {
        let token = token("xY2Zk");
        for text in [
            format!("TOKEN = \"7~{token}\""),
            format!("TOKEN = “7~{} {} {}”", &token[..9], &token[9..40], &token[40..]),
            format!("Token: 7~{}\n{}\nCopy it", &token[..40], &token[40..]),
            format!("7~{} and what follows it", &token[..61]),
            format!("(7~{}ii)", token),
            format!("l~{}", token.replace('8', "S")),
            format!("7~{}?{}¥{}", &token[..20], &token[21..50], &token[51..]),
        ] {
            let due = if text.starts_with('l') { "1~xY2Zk" } else { "7~xY2Zk" };
            assert_eq!(shown(&text), [due], "{text}");
        }
    }

    #[test]
    fn a_sound_reading_is_the_secret_itself() {
        let token = token("xY2Zk");
        let misread = format!("7~{}", token.replacen('J', "I", 1).replacen('Y', "¥", 1));
        let plain = found(&format!("7~{token}"));
        assert_eq!(found(&misread)[0].fingerprint, plain[0].fingerprint);
        // old tokens have all letters: nothing of theirs is replaced
        let old = expand("{{any 64}}", "old");
        assert_eq!(shown(&format!("7~{old}")), [format!("7~{}", &old[..5])]);
    }

    #[test]
    fn nothing_behind_it_is_shown() {
        let token = token("xY2Zk");
        let text = format!("first\n7~{} {}\nnext", token, &token[..7]);
        let span = found(&text)[0].span.clone();
        assert_eq!(&text[span.end..], "\nnext");
    }

    #[test]
    fn words_and_digests_are_none() {
        let digest = expand("{{hex 64}}", "digest");
        for text in [
            &format!("1~{digest}"),
            "about 5~ minutes of walking through the old Garden and back again, 3 times or 4",
            "7~XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
            &format!("a7~{}", token("x")),
            "7~",
            "7~ ",
        ] {
            assert_eq!(shown(text), [""; 0], "{text}");
        }
    }
}
