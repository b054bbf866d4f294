//! Stable identities: the same leak has the same fingerprint wherever it stands, however it is
//! encoded, and on whatever line.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A finding's identity: 32 hexadecimal digits, made of the rule and a hash of what was found.
/// It holds no line number, commit, author or absolute path, and the secret can't be had back
/// from it.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Makes the fingerprint of `identity` (a secret in its plain form, or a manifest's identity)
    /// under `rule`.
    pub fn new(rule: &str, identity: &[u8]) -> Self {
        use std::fmt::Write as _;
        let mut hash = Sha256::new();
        hash.update(b"hallpass fingerprint 1\0");
        hash.update(rule.as_bytes());
        hash.update(b"\0");
        hash.update(identity);
        let mut text = String::with_capacity(32);
        for byte in &hash.finalize()[..16] {
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// The hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}
