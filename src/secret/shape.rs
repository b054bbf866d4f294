//! A secret that has the shape of a Canvas access token, and what may be shown of it.

use secrecy::{ExposeSecret as _, SecretString};

use crate::finding::{HINT_LENGTH, TokenHint};

/// How many letters and digits a token has behind its shard.
const LENGTH: usize = 64;
/// How many digits a shard has at most.
const SHARD_LENGTH: usize = 6;

/// A Canvas access token: 64 letters and digits, and before them, in hosted Canvas, the shard's
/// number and a tilde.
#[derive(Debug, Clone)]
pub struct Token {
    secret: SecretString,
    shard: Option<String>,
}

impl Token {
    /// `secret` as a token, if it has the shape of one.
    pub fn new(secret: SecretString) -> Option<Self> {
        let text = secret.expose_secret();
        let (shard, value) = match text.split_once('~') {
            Some((shard, value)) => (Some(shard.to_owned()), value),
            None => (None, text),
        };
        let is_shard = |shard: &String| {
            (1..=SHARD_LENGTH).contains(&shard.len()) && shard.bytes().all(|b| b.is_ascii_digit())
        };
        let fits = value.len() == LENGTH && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (fits && shard.as_ref().is_none_or(is_shard)).then_some(Self { secret, shard })
    }

    /// The secret, to be sent.
    pub fn secret(&self) -> &SecretString {
        &self.secret
    }

    /// What may be shown of it.
    pub fn hint(&self) -> TokenHint {
        let value = self.value();
        TokenHint {
            shard: self.shard.clone(),
            hint: value.get(..HINT_LENGTH).unwrap_or_default().to_owned(),
        }
    }

    /// Whether `text` repeats a part of the secret that may not be shown, whatever was put
    /// between its characters.
    pub fn is_repeated_in(&self, text: &str) -> bool {
        const PART: usize = 6;
        let plain = |c: char| c.is_ascii_alphanumeric();
        let text: String = text.chars().filter(|c| plain(*c)).collect();
        let reversed: String = text.chars().rev().collect();
        let hidden = self.value().as_bytes().get(HINT_LENGTH..).unwrap_or_default();
        hidden.windows(PART).any(|part| {
            [&text, &reversed]
                .iter()
                .any(|text| text.as_bytes().windows(PART).any(|own| own.eq_ignore_ascii_case(part)))
        })
    }

    /// The secret without its shard.
    fn value(&self) -> &str {
        let text = self.secret.expose_secret();
        text.split_once('~').map_or(text, |(_, value)| value)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn tells_tokens_by_their_shape() {
        let body = "kQ7vX".repeat(13)[..64].to_owned();
        let token = |text: &str| Token::new(text.into());
        for good in [body.clone(), format!("7~{body}"), format!("123456~{body}")] {
            let hint = token(&good).unwrap().hint();
            assert_eq!(hint.hint, "kQ7vX");
            assert_eq!(hint.shard.is_some(), good.contains('~'));
        }
        for bad in ["", "7~", "hunter2", &body[1..], &format!("x~{body}"), &format!("~{body}")] {
            assert!(token(bad).is_none(), "{bad}");
        }
        for bad in [format!("1234567~{body}"), format!("7~{body}\n"), format!("7~é{}", &body[2..])]
        {
            assert!(token(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn knows_itself_in_disguise() {
        let body: String =
            ('A'..='Z').chain('a'..='z').chain('0'..='9').chain("zZ".chars()).collect();
        let token = Token::new(body.as_str().into()).unwrap();
        assert!(token.is_repeated_in("Ada K.l.M.n.O.p Byron"));
        assert!(token.is_repeated_in("ponmlk"));
        assert!(!token.is_repeated_in("Ada Byron, ABCDE"));
    }
}
