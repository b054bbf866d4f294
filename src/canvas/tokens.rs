//! The tokens that a user has, and the end of one.

use serde::Deserialize;
use ureq::http::Method;

use super::client::{Client, Repeat};
use super::failure::Failure;
use crate::finding::{HINT_LENGTH, printable, scrub};
use crate::secret::Token;

/// More pages of tokens than this are not read; a page has a hundred.
const MOST_PAGES: usize = 20;
/// The longest text of a token's that is shown.
const LONGEST_TEXT: usize = 80;

/// Whose tokens: a user by id, or those of whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The user's with this id.
    User(u64),
    /// One's own.
    Own,
}

impl std::fmt::Display for Whose {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(id) => write!(f, "{id}"),
            Self::Own => f.write_str("self"),
        }
    }
}

/// A token as Canvas lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The five characters that it is known by.
    pub hint: String,
    /// What it is for, in its owner's words; safe to print.
    pub purpose: String,
    /// When it ends, as Canvas writes it; safe to print.
    pub expires: Option<String>,
    /// When it was last used, as Canvas writes it; safe to print.
    pub last_used: Option<String>,
}

/// What Canvas answered to a deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// It is deleted.
    Done,
    /// The token that asked for it works no more, or never did.
    NotAccepted,
    /// Whoever asked may not do that.
    NotPermitted,
    /// There is no such token.
    NoSuchToken,
}

impl Deletion {
    /// The status that Canvas answers with.
    pub fn status(self) -> u16 {
        match self {
            Self::Done => 200,
            Self::NotAccepted => 401,
            Self::NotPermitted => 403,
            Self::NoSuchToken => 404,
        }
    }
}

/// The path under which Canvas deletes a token.
pub fn delete_path(whose: Whose, hint: &str) -> String {
    format!("/api/v1/users/{whose}/tokens/{hint}")
}

/// Deletes the token that `hint` names, with the authority of `by`. It is not sent again where it
/// may have arrived: two tokens of a user may share a hint.
///
/// # Errors
///
/// If Canvas gives no answer that can be used.
pub fn delete(client: &Client, whose: Whose, hint: &str, by: &Token) -> Result<Deletion, Failure> {
    let path = delete_path(whose, hint);
    let reply = client.send(&Method::DELETE, &path, by, Repeat::IfRefused)?;
    match reply.status {
        200 | 204 => Ok(Deletion::Done),
        401 if reply.wants_other_login() => Err(Failure::OtherLogin),
        401 => Ok(Deletion::NotAccepted),
        403 => Ok(Deletion::NotPermitted),
        404 => Ok(Deletion::NoSuchToken),
        status @ 300..=399 => Err(Failure::Redirect(status)),
        status => Err(Failure::Status { status }),
    }
}

/// A row of Canvas' list.
#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    token_hint: Option<String>,
    #[serde(default)]
    purpose: Option<String>,
    #[serde(default)]
    expires_at: Option<String>,
    #[serde(default)]
    last_used_at: Option<String>,
    #[serde(default)]
    workflow_state: Option<String>,
}

/// The tokens of a user that are not deleted, with the authority of `by`.
///
/// # Errors
///
/// If Canvas gives no answer that can be used, a refusal among them, or more than anyone has.
pub fn issued(client: &Client, whose: Whose, by: &Token) -> Result<Vec<Issued>, Failure> {
    let base = format!("/api/v1/users/{whose}/user_generated_tokens");
    let mut path = format!("{base}?per_page=100");
    let mut issued = Vec::new();
    for _ in 0..MOST_PAGES {
        let reply = client.send(&Method::GET, &path, by, Repeat::Freely)?;
        match reply.status {
            200 => {}
            401 if reply.wants_other_login() => return Err(Failure::OtherLogin),
            status @ 300..=399 => return Err(Failure::Redirect(status)),
            status => return Err(Failure::Status { status }),
        }
        let rows: Vec<Row> = serde_json::from_slice(&reply.body).map_err(|_| Failure::NotCanvas)?;
        issued.extend(rows.into_iter().filter_map(Issued::of));
        let Some(next) = reply.next() else {
            return Ok(issued);
        };
        // only the same list of the same host: the address comes from the answer
        path = next
            .strip_prefix(client.host().base())
            .filter(|next| next.strip_prefix(&base).is_some_and(|rest| rest.starts_with('?')))
            .ok_or(Failure::NotCanvas)?
            .to_owned();
    }
    Err(Failure::TooLong)
}

impl Issued {
    fn of(row: Row) -> Option<Self> {
        if row.workflow_state.as_deref() == Some("deleted") {
            return None;
        }
        let hint = row.token_hint?;
        // the shard may stand before it, and dots behind
        let hint = hint.rsplit_once('~').map_or(hint.as_str(), |(_, hint)| hint);
        let hint: String = hint.chars().take(HINT_LENGTH).collect();
        let shown = |text: String| {
            let short: String = text.chars().take(LONGEST_TEXT).collect();
            printable(&scrub(&short)).into_owned()
        };
        Some(Self {
            hint,
            purpose: shown(row.purpose.unwrap_or_default()),
            expires: row.expires_at.map(shown),
            last_used: row.last_used_at.map(shown),
        })
    }
}
