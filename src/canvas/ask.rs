//! Whether a token works: every named host is asked who it belongs to, until one knows.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use ureq::http::Method;

use super::client::{Client, Repeat};
use super::failure::Failure;
use crate::finding::{TokenState, Verified, printable, scrub};
use crate::secret::Token;

/// How many requests are under way at a time.
const AT_A_TIME: usize = 4;
/// The longest name that is shown.
const LONGEST_NAME: usize = 80;
/// Who a token belongs to: 200 with the owner for one that works, 401 for one that does not.
const SELF: &str = "/api/v1/users/self";

/// A token's owner, as Canvas tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The id in Canvas.
    pub id: u64,
    /// The name: cut, and without control characters.
    pub name: String,
}

/// What the hosts answered about a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it works.
    pub state: TokenState,
    /// Which of the asker's hosts accepts it.
    pub host: Option<usize>,
    /// Whose it is.
    pub owner: Option<Owner>,
    /// Why its state is unknown.
    pub reason: Option<String>,
    /// The names of the hosts that were asked.
    pub asked: Vec<String>,
}

impl Answer {
    /// An answer without asking.
    pub fn unknown(reason: &str) -> Self {
        let reason = Some(reason.to_owned());
        Self { state: TokenState::Unknown, host: None, owner: None, reason, asked: Vec::new() }
    }

    /// The same as findings carry it.
    pub fn verified(&self, asker: &Asker) -> Verified {
        let host = self.host.and_then(|at| asker.clients().get(at));
        Verified {
            state: self.state,
            host: host.map(|client| client.host().name().to_owned()),
            user_id: self.owner.as_ref().map(|owner| owner.id),
            user_name: self.owner.as_ref().map(|owner| owner.name.clone()),
            reason: self.reason.clone(),
            asked: self.asked.clone(),
            deletion: None,
        }
    }
}

/// Asks hosts about tokens.
#[derive(Debug)]
pub struct Asker {
    clients: Vec<Client>,
}

impl Asker {
    /// Will ask through `clients`, in this order.
    pub fn new(clients: Vec<Client>) -> Self {
        Self { clients }
    }

    /// Its clients, one for each host.
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// Asks about each of `tokens`, a few at a time; the answers are in the same order.
    pub fn ask_all(&self, tokens: &[&Token]) -> Vec<Answer> {
        let next = AtomicUsize::new(0);
        let answers = Mutex::new(vec![None; tokens.len()]);
        std::thread::scope(|scope| {
            for _ in 0..AT_A_TIME.min(tokens.len()) {
                scope.spawn(|| {
                    while let at = next.fetch_add(1, Ordering::Relaxed)
                        && let Some(token) = tokens.get(at)
                    {
                        let answer = self.ask(token);
                        let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
                        if let Some(place) = answers.get_mut(at) {
                            *place = Some(answer);
                        }
                    }
                });
            }
        });
        let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
        let missing = || Answer::unknown("it was not asked about");
        answers.into_iter().map(|answer| answer.unwrap_or_else(missing)).collect()
    }

    /// Asks about `token`: alive where one host accepts it, dead where all refuse it.
    pub fn ask(&self, token: &Token) -> Answer {
        let mut answer = Answer {
            state: TokenState::Dead,
            host: None,
            owner: None,
            reason: None,
            asked: Vec::new(),
        };
        let mut reasons = Vec::new();
        for (at, client) in self.clients.iter().enumerate() {
            let name = client.host().name();
            answer.asked.push(name.to_owned());
            match owner(client, token) {
                Ok(Some(owner)) => {
                    answer.state = TokenState::Alive;
                    answer.host = Some(at);
                    answer.owner = Some(owner);
                    return answer;
                }
                Ok(None) => {}
                Err(failure) => reasons.push(format!("{name}: {failure}")),
            }
        }
        if !reasons.is_empty() || self.clients.is_empty() {
            answer.state = TokenState::Unknown;
            answer.reason = Some(reasons.join("; "));
        }
        answer
    }
}

/// What Canvas tells of a token's owner.
#[derive(Deserialize)]
struct Profile {
    id: u64,
    #[serde(default)]
    name: Option<String>,
}

/// Whose `token` is, as far as this host knows; `None` if it refuses it.
pub(super) fn owner(client: &Client, token: &Token) -> Result<Option<Owner>, Failure> {
    let reply = client.send(&Method::GET, SELF, token, Repeat::Freely)?;
    match reply.status {
        200 => {
            let profile: Profile =
                serde_json::from_slice(&reply.body).map_err(|_| Failure::NotCanvas)?;
            let name = shown_name(&profile.name.unwrap_or_default(), token);
            Ok(Some(Owner { id: profile.id, name }))
        }
        401 if reply.wants_other_login() => Err(Failure::OtherLogin),
        401 => Ok(None),
        status @ 300..=399 => Err(Failure::Redirect(status)),
        status => Err(Failure::Status { status }),
    }
}

/// A name as it may be shown: cut, without control characters, and nothing at all where it
/// repeats the token.
fn shown_name(name: &str, token: &Token) -> String {
    if token.is_repeated_in(name) {
        return "a name that repeats the token".to_owned();
    }
    let mut short: String = name.trim().chars().take(LONGEST_NAME).collect();
    if short.len() < name.trim().len() {
        short.push('…');
    }
    if short.is_empty() {
        return "no name".to_owned();
    }
    printable(&scrub(&short)).into_owned()
}
