//! What Canvas answered when it was asked about a leaked token.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a token works.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum TokenState {
    /// A named host accepts it.
    Alive,
    /// Every named host refuses it.
    Dead,
    /// Neither could be told.
    Unknown,
}

impl TokenState {
    /// The lower-case word used in every output format.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        }
    }
}

/// What Canvas answered when it was asked about a leaked token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verified {
    /// Whether it works.
    pub state: TokenState,
    /// The host that accepts it, or accepted it before it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Its owner's id in Canvas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<u64>,
    /// Its owner's name, as the host tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// Why its state is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The hosts that were asked.
    pub asked: Vec<String>,
    /// What became of its deletion, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion: Option<String>,
}
