//! What Canvas' report of issued tokens says of a token, and a picture of all of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A row of the report of issued tokens. It holds no secret: the hint is what Canvas shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IssuedToken {
    /// The line of the report on which the row begins, counted from 1.
    pub line: u64,
    /// The owner's number in Canvas.
    pub user_id: String,
    /// The owner's name; left out on `--anonymous`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// The first five characters of the token.
    pub hint: String,
    /// What it was made by: `user-generated`, `mobile` or `third-party`.
    pub kind: String,
    /// The name of the developer key that it was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// The day on which it ends, ISO 8601, or `never`; absent where the report does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// The day of its last use, ISO 8601, or `never`; absent where the report does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
    /// The day on which it was made, ISO 8601; absent where the report does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// Active, pending, disabled or deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

impl std::fmt::Display for IssuedToken {
    /// `user 42 (Byron, Ada), for “Weekly grade export”, expires 2027-03-01, last used never`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "user {}", self.user_id)?;
        if let Some(name) = &self.user_name {
            write!(f, " ({name})")?;
        }
        match (&self.purpose, &self.app) {
            (Some(purpose), _) => write!(f, ", for “{purpose}”")?,
            (None, Some(app)) if self.kind != "user-generated" => write!(f, ", made by “{app}”")?,
            _ => {}
        }
        if let Some(expires) = &self.expires {
            write!(f, ", expires {expires}")?;
        }
        if let Some(last_used) = &self.last_used {
            write!(f, ", last used {last_used}")?;
        }
        match &self.status {
            Some(status) if !status.eq_ignore_ascii_case("active") => write!(f, ", {status}"),
            _ => Ok(()),
        }
    }
}

/// A picture of all issued tokens: how many there are of which age, with which end, and how long
/// after their last use. The three pictures count the tokens that can still work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenSummary {
    /// The day that all is counted from, ISO 8601.
    pub as_of: String,
    /// Rows that were read.
    pub rows: u64,
    /// Tokens that can still work: those that were judged.
    pub live: TokenCount,
    /// Tokens that were deleted or whose last day has passed: counted, and not judged.
    pub over: TokenCount,
    /// Rows that could not be read, or not all of their cells.
    pub malformed: u64,
    /// Findings that are counted, and not listed.
    pub unlisted: u64,
    /// By the days since they were made.
    pub age: Vec<TokenBucket>,
    /// By the days until they end.
    pub expiry: Vec<TokenBucket>,
    /// By the days since they were last used.
    pub last_use: Vec<TokenBucket>,
}

impl TokenSummary {
    /// Adds the counts of another report; its day counts if it is the later one.
    pub fn merge(&mut self, other: Self) {
        if other.as_of > self.as_of {
            self.as_of = other.as_of;
        }
        self.rows = self.rows.saturating_add(other.rows);
        self.live.add(&other.live);
        self.over.add(&other.over);
        self.malformed = self.malformed.saturating_add(other.malformed);
        self.unlisted = self.unlisted.saturating_add(other.unlisted);
        for (mine, others) in [
            (&mut self.age, other.age),
            (&mut self.expiry, other.expiry),
            (&mut self.last_use, other.last_use),
        ] {
            for bucket in others {
                match mine.iter_mut().find(|mine| mine.label == bucket.label) {
                    Some(mine) => mine.count.add(&bucket.count),
                    None => mine.push(bucket),
                }
            }
        }
    }
}

/// A bar of such a picture.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenBucket {
    /// What it counts: `under 30 days`, `never`.
    pub label: String,
    /// How many.
    #[serde(flatten)]
    pub count: TokenCount,
}

/// How many tokens, by what they were made by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TokenCount {
    /// By their owners, or by an administrator for them.
    pub user_generated: u64,
    /// By Canvas' mobile apps.
    pub mobile: u64,
    /// By other applications.
    pub third_party: u64,
}

impl TokenCount {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.user_generated.saturating_add(self.mobile).saturating_add(self.third_party)
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.user_generated = self.user_generated.saturating_add(other.user_generated);
        self.mobile = self.mobile.saturating_add(other.mobile);
        self.third_party = self.third_party.saturating_add(other.third_party);
    }
}
