//! Secrets on their way from where they are read to Canvas: kept in memory only, never printed,
//! overwritten when they are dropped.
//!
//! Nothing here implements `Serialize` or `Display`, and `Debug` shows `[REDACTED]`, so that no
//! report can hold one. What a reader of files or an HTTP client has in its own buffers is
//! outside this module's reach; [`memory::guard`] keeps that from being dumped.

pub mod command;
pub mod input;
pub mod memory;
mod shape;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

pub use secrecy::{ExposeSecret, SecretString};
pub use shape::Token;

use crate::finding::Fingerprint;

/// More secrets than this are not kept; so many findings a report lists at most.
const MOST_KEPT: usize = 100_000;

/// Receives secrets while a document is searched. Without one, nothing is kept of them.
#[derive(Debug)]
pub struct Keyring {
    rules: &'static [&'static str],
    kept: Mutex<BTreeMap<Fingerprint, SecretString>>,
}

impl Keyring {
    /// A keyring for what these rules find; what others find is not kept.
    pub fn new(rules: &'static [&'static str]) -> Self {
        Self { rules, kept: Mutex::default() }
    }

    /// Whether it keeps what `rule` finds.
    pub fn wants(&self, rule: &str) -> bool {
        self.rules.contains(&rule)
    }

    /// Keeps the secret that `fingerprint` is of: with its shard, if it has one.
    pub fn keep(&self, fingerprint: &Fingerprint, shard: Option<&str>, value: &[u8]) {
        let Ok(value) = std::str::from_utf8(value) else { return };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MOST_KEPT || kept.contains_key(fingerprint) {
            return;
        }
        // made in one piece, so that no shorter copy is left behind where it grew
        let mut whole = String::with_capacity(value.len() + shard.map_or(0, |s| s.len() + 1));
        if let Some(shard) = shard {
            whole.push_str(shard);
            whole.push('~');
        }
        whole.push_str(value);
        kept.insert(fingerprint.clone(), whole.into());
    }

    /// Hands out everything that was kept.
    pub fn take(&self) -> BTreeMap<Fingerprint, SecretString> {
        std::mem::take(&mut *self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_secret_once_and_shows_none() {
        let keyring = Keyring::new(&["a-rule"]);
        let fingerprint = Fingerprint::new("a-rule", b"7~secret");
        keyring.keep(&fingerprint, Some("7"), b"secret");
        keyring.keep(&fingerprint, Some("7"), b"secret");
        assert!(keyring.wants("a-rule") && !keyring.wants("another"));
        assert!(!format!("{keyring:?}").contains("secret"));
        let kept = keyring.take();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[&fingerprint].expose_secret(), "7~secret");
        assert!(keyring.take().is_empty());
    }
}
