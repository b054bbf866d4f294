//! What the stand-in knows: users, their tokens, and how it answers.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::http::{Answer, Request};

/// Where a token is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Active,
    /// Made by an administrator, and not yet activated by its owner.
    Pending,
    Disabled,
    Expired,
    Deleted,
}

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) admin: bool,
    /// Whether the account lets them manage their own tokens.
    pub(crate) manages: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) id: u64,
    pub(crate) user: u64,
    /// The whole token, with its shard.
    pub(crate) secret: String,
    pub(crate) purpose: String,
    pub(crate) expires: Option<String>,
    pub(crate) last_used: Option<String>,
    pub(crate) state: State,
}

impl Token {
    /// The first five characters behind the shard.
    pub(crate) fn hint(&self) -> &str {
        &self.secret.split_once('~').map_or(self.secret.as_str(), |(_, value)| value)[..5]
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "user_id": self.user,
            "purpose": self.purpose,
            "app_name": "User-Generated",
            "token_hint": self.hint(),
            "expires_at": self.expires,
            "last_used_at": self.last_used,
            "workflow_state": match self.state {
                State::Pending => "pending",
                State::Disabled => "disabled",
                State::Deleted => "deleted",
                State::Active | State::Expired => "active",
            },
        })
    }
}

/// Everything that it knows.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) users: Vec<User>,
    pub(crate) tokens: Vec<Token>,
    /// The requests so far, as `METHOD /path`.
    pub(crate) requests: Vec<String>,
    /// Answers for the next requests, whatever they ask: a status, and `Retry-After`.
    pub(crate) faults: VecDeque<(u16, Option<String>)>,
    /// The answer to every deletion, which then deletes nothing.
    pub(crate) no_deletions: Option<u16>,
}

impl World {
    /// Adds a user.
    pub(crate) fn user(mut self, id: u64, name: &str) -> Self {
        self.users.push(User { id, name: name.to_owned(), admin: false, manages: true });
        self
    }

    /// Adds an administrator.
    pub(crate) fn admin(mut self, id: u64, name: &str) -> Self {
        self.users.push(User { id, name: name.to_owned(), admin: true, manages: true });
        self
    }

    /// Adds a token of a user's.
    pub(crate) fn token(mut self, user: u64, secret: &str, state: State) -> Self {
        self.tokens.push(Token {
            id: 100 + self.tokens.len() as u64,
            user,
            secret: secret.to_owned(),
            purpose: format!("script {}", self.tokens.len() + 1),
            expires: None,
            last_used: Some("2026-11-20T09:00:00Z".to_owned()),
            state,
        });
        self
    }

    /// The state of a token.
    pub(crate) fn state_of(&self, secret: &str) -> State {
        self.tokens.iter().find(|token| token.secret == secret).expect("a token").state
    }

    /// The user that a token works for.
    fn caller(&self, bearer: Option<&str>) -> Option<&User> {
        let token = self
            .tokens
            .iter()
            .find(|token| Some(token.secret.as_str()) == bearer && token.state == State::Active)?;
        self.users.iter().find(|user| user.id == token.user)
    }

    /// Answers a request.
    pub(crate) fn answer(&mut self, base: &str, request: &Request) -> Answer {
        self.requests.push(format!("{} {}", request.method, request.target));
        if let Some((status, retry_after)) = self.faults.pop_front() {
            let mut answer = error(status, "Rate Limit Exceeded");
            answer.headers.extend(retry_after.map(|after| ("Retry-After".to_owned(), after)));
            return answer;
        }
        let Some(caller) = self.caller(request.bearer.as_deref()).cloned() else {
            let mut answer = error(401, "Invalid access token.");
            let realm = "Bearer realm=\"canvas-lms\"".to_owned();
            answer.headers.push(("WWW-Authenticate".to_owned(), realm));
            return answer;
        };
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        if let (Some(status), "DELETE") = (self.no_deletions, request.method.as_str()) {
            return error(status, "An error occurred.");
        }
        match (request.method.as_str(), &parts[..]) {
            ("GET", ["api", "v1", "users", "self"]) => ok(&json!({
                "id": caller.id,
                "name": caller.name,
                "short_name": caller.name,
                "locale": null,
            })),
            ("GET", ["api", "v1", "users", whose, "user_generated_tokens"]) => {
                self.list(base, path, &caller, whose, query)
            }
            ("DELETE", ["api", "v1", "users", whose, "tokens", hint]) => {
                self.delete(&caller, whose, hint)
            }
            ("POST", ["profile", "tokens", id, "activate"]) => self.activate(&caller, id),
            _ => error(404, "The specified resource does not exist."),
        }
    }

    /// Whose tokens a request is about, if the caller may ask about them.
    fn subject(&self, caller: &User, whose: &str) -> Result<u64, Answer> {
        let id = if whose == "self" { Some(caller.id) } else { whose.parse().ok() };
        let id = id
            .filter(|id| self.users.iter().any(|user| user.id == *id))
            .ok_or_else(|| error(404, "The specified resource does not exist."))?;
        if id == caller.id || caller.admin {
            return Ok(id);
        }
        Err(error(403, "user not authorized to perform that action"))
    }

    fn list(&self, base: &str, path: &str, caller: &User, whose: &str, query: &str) -> Answer {
        let id = match self.subject(caller, whose) {
            Ok(id) => id,
            Err(answer) => return answer,
        };
        let number = |name: &str, default: usize| {
            let value =
                query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            value.and_then(|value| value.parse().ok()).unwrap_or(default)
        };
        let (page, size) = (number("page", 1).max(1), number("per_page", 10).clamp(1, 100));
        let own =
            self.tokens.iter().filter(|token| token.user == id && token.state != State::Deleted);
        let own: Vec<Value> = own.map(Token::json).collect();
        let rows: Vec<&Value> = own.iter().skip((page - 1) * size).take(size).collect();
        let mut answer = ok(&json!(rows));
        let link = |page: usize, rel: &str| {
            format!("<{base}{path}?page={page}&per_page={size}>; rel=\"{rel}\"")
        };
        let mut links = vec![link(page, "current"), link(1, "first")];
        if own.len() > page * size {
            links.insert(1, link(page + 1, "next"));
        }
        answer.headers.push(("Link".to_owned(), links.join(",")));
        answer
    }

    fn delete(&mut self, caller: &User, whose: &str, hint: &str) -> Answer {
        let id = match self.subject(caller, whose) {
            Ok(id) => id,
            Err(answer) => return answer,
        };
        if !caller.admin && !caller.manages {
            return error(403, "user not authorized to perform that action");
        }
        let token = self.tokens.iter_mut().find(|token| {
            token.user == id && token.hint() == hint && token.state != State::Deleted
        });
        match token {
            Some(token) => {
                token.state = State::Deleted;
                ok(&token.json())
            }
            None => error(404, "The specified resource does not exist."),
        }
    }

    fn activate(&mut self, caller: &User, id: &str) -> Answer {
        let token = self.tokens.iter_mut().find(|token| {
            token.id.to_string() == id && token.user == caller.id && token.state == State::Pending
        });
        match token {
            Some(token) => {
                token.state = State::Active;
                ok(&token.json())
            }
            None => error(404, "The specified resource does not exist."),
        }
    }
}

fn ok(body: &Value) -> Answer {
    Answer { status: 200, headers: Vec::new(), body: body.to_string() }
}

fn error(status: u16, message: &str) -> Answer {
    let body = json!({ "errors": [{ "message": message }] }).to_string();
    Answer { status, headers: Vec::new(), body }
}
