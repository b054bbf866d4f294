//! The requests that were handed in, and which of them stands behind a token.
//!
//! Neither the report nor a request names the other, so they are matched by their owner: by mail
//! address where the report has one, by name otherwise. Among an owner's requests the one is taken
//! that fits best: by purpose, by expiry, by its state, by its day.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::Date;
use rayon::prelude::*;

use super::super::check::file::LARGEST;
use super::super::check::folder::{describe, find, shown};
use super::super::check::{Checked, Outcome, Paths};
use super::super::days::Holidays;
use super::super::pack::Pack;
use super::super::token::Limits;
use super::super::yaml::Node;
use super::read::{New, Part, Reading};
use crate::finding::{Coverage, Notice, Problem, printable, scrub};
use crate::issued::{Row, When};

/// How many owners of one name are told apart.
const MOST_OWNERS: usize = 4;

/// The requests of a folder.
#[derive(Debug, Default)]
pub struct Requests {
    all: Vec<Request>,
    by_email: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    owners: Vec<Owner>,
    /// What was looked at, and what could not be.
    pub coverage: Coverage,
}

#[derive(Debug)]
pub(super) struct Request {
    pub(super) root: Node,
    /// Where it stands, safe to print.
    pub(super) place: String,
    owner: usize,
    email: String,
    purpose: String,
    ends: [Option<Date>; 2],
    requested: Option<Date>,
    is_open: bool,
    /// What is to be said if the report has no token for it.
    unissued: Vec<Checked>,
    taken: AtomicU64,
}

/// Whoever handed in requests.
#[derive(Debug, Default)]
struct Owner {
    name: String,
    /// Approved requests whose use has not ended.
    open: u64,
    /// Tokens that one of the owner's requests stands behind.
    tokens: AtomicU64,
    /// The numbers under which Canvas knows owners that were matched by name alone.
    users: Mutex<BTreeSet<String>>,
}

impl Requests {
    /// Reads the requests in these files and folders, and works out what `pack` says of those that
    /// have no token.
    pub fn read(
        inputs: &[PathBuf],
        pack: &Pack,
        extra: &Holidays,
        limits: Limits,
        today: Date,
        paths: &Paths<'_>,
    ) -> Self {
        let reading = Reading {
            pack,
            holidays: std::sync::Arc::new(pack.holidays.union(extra).copied().collect()),
            limits_node: limits.node(),
            today,
        };
        let mut requests = Self::default();
        let mut outcome = Outcome::default();
        let mut seen = HashSet::new();
        for input in inputs {
            let mut files = find(input, paths, &mut outcome);
            // a folder and a file in it, or a file twice
            files.retain(|found| {
                let whole = found.path.canonicalize();
                seen.insert(whole.unwrap_or_else(|_| found.path.clone()))
            });
            let parts: Vec<Part> = files
                .par_iter()
                .map(|found| {
                    let mut part = Part::default();
                    let path = shown(paths, &found.path);
                    let mut bytes = Vec::new();
                    let read = std::fs::File::open(&found.path)
                        .and_then(|file| file.take(LARGEST as u64 + 1).read_to_end(&mut bytes));
                    match read {
                        Ok(_) => part.file(&path, &bytes, found.named, &reading),
                        Err(error) => part.problem(&path, describe(&error)),
                    }
                    part
                })
                .collect();
            for part in parts {
                requests.coverage.merge(part.coverage);
                part.requests.into_iter().for_each(|new| requests.add(new));
            }
        }
        requests.coverage.merge(outcome.coverage);
        if requests.all.is_empty() && requests.coverage.errors.is_empty() {
            let path = inputs.first().map(|input| shown(paths, input)).unwrap_or_default();
            let message = "there is no token request in it".to_owned();
            requests.coverage.errors.push(Problem { path, message });
        }
        requests
    }

    /// Takes in a request.
    fn add(&mut self, new: New) {
        let owner = self.owner(&new.email, &new.name);
        if let Some(owner) = self.owners.get_mut(owner) {
            owner.open += u64::from(new.is_open);
        }
        let number = self.all.len();
        if !new.email.is_empty() {
            self.by_email.entry(new.email.clone()).or_default().push(number);
        }
        if !new.name.is_empty() {
            self.by_name.entry(new.name).or_default().push(number);
        }
        self.all.push(Request {
            root: new.root,
            place: new.place,
            owner,
            email: new.email,
            purpose: new.purpose,
            ends: new.ends,
            requested: new.requested,
            is_open: new.is_open,
            unissued: new.unissued,
            taken: AtomicU64::new(0),
        });
    }

    /// The owner of this address, or of this name where there is none.
    fn owner(&mut self, email: &str, name: &str) -> usize {
        let known = match email {
            "" => self.by_name.get(name),
            email => self.by_email.get(email),
        };
        let known = known.and_then(|known| known.first()).and_then(|first| self.all.get(*first));
        match known {
            Some(request) => request.owner,
            None => {
                self.owners.push(Owner { name: name.to_owned(), ..Owner::default() });
                self.owners.len() - 1
            }
        }
    }
}

impl Requests {
    /// The request behind a token, if its owner handed one in. Counts the token as the request's.
    pub(super) fn behind(&self, row: &Row<'_>) -> Option<&Request> {
        let email = if row.email.is_empty() { String::new() } else { plain(row.email) };
        let by_email = self.by_email.get(&email);
        let candidates = match by_email {
            Some(candidates) => candidates,
            None => self.by_name.get(&plain_name(row.user_name))?,
        };
        let purpose = plain(row.purpose);
        let best = candidates
            .iter()
            .filter_map(|number| self.all.get(*number))
            // who is known by another address is another person
            .filter(|request| by_email.is_some() || email.is_empty() || request.email.is_empty())
            .max_by(|one, two| one.fit(row, &purpose).cmp(&two.fit(row, &purpose)))?;
        best.taken.fetch_add(1, Ordering::Relaxed);
        if let Some(owner) = self.owners.get(best.owner) {
            owner.tokens.fetch_add(1, Ordering::Relaxed);
            if by_email.is_none() {
                let mut users = owner.users.lock().unwrap_or_else(PoisonError::into_inner);
                users.insert(row.user_id.to_owned());
                // the first ones, whatever order they came in, and one more to tell that there are
                if users.len() > MOST_OWNERS + 1 {
                    users.pop_last();
                }
            }
        }
        Some(best)
    }

    /// What is to be said of requests that no token of the report stands for. An owner who has as
    /// many tokens as open requests has one for each, even if it can't be told which is which.
    pub(super) fn unissued_findings(&mut self) -> Vec<Checked> {
        let owners = &self.owners;
        self.all
            .iter_mut()
            .filter(|request| {
                request.taken.load(Ordering::Relaxed) == 0
                    && owners.get(request.owner).is_none_or(|owner| {
                        !request.is_open || owner.tokens.load(Ordering::Relaxed) < owner.open
                    })
            })
            .flat_map(|request| std::mem::take(&mut request.unissued))
            .collect()
    }

    /// Says which names belong to several users of the report.
    pub(super) fn notices(&self, path: &str) -> Vec<Notice> {
        let mut notices = Vec::new();
        for owner in &self.owners {
            let users = owner.users.lock().unwrap_or_else(PoisonError::into_inner);
            if users.len() > 1 {
                let numbers: Vec<&str> =
                    users.iter().take(MOST_OWNERS).map(String::as_str).collect();
                let message = format!(
                    "“{}” is the name of several users of the report ({}{}), and requests are \
                     matched by name where the report has no mail address: look which of them \
                     asked.",
                    owner.name,
                    numbers.join(", "),
                    if users.len() > MOST_OWNERS { ", …" } else { "" }
                );
                notices.push(Notice {
                    clause: "canvas/requested".to_owned(),
                    message: printable(&scrub(&message)).into_owned(),
                    path: Some(path.to_owned()),
                });
            }
        }
        notices.sort();
        notices
    }
}

impl Request {
    /// How well it fits a token of its owner; the larger the better.
    fn fit(&self, row: &Row<'_>, purpose: &str) -> impl Ord + use<> {
        let ends = row.expires.day();
        let is_before = match (self.requested, row.created) {
            (Some(requested), When::On(created)) => requested <= created,
            _ => true,
        };
        (
            !purpose.is_empty() && purpose == self.purpose,
            ends.is_some() && self.ends.contains(&ends),
            self.is_open,
            is_before,
            self.requested,
        )
    }
}

/// Text without letter case and superfluous blanks.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.extend(word.chars().flat_map(char::to_lowercase));
    }
    plain
}

/// A name in the order in which it is spoken: the report writes `Byron, Ada`.
pub(super) fn plain_name(name: &str) -> String {
    match name.split_once(',') {
        Some((last, first)) => plain(&format!("{first} {last}")),
        None => plain(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_they_are_spoken() {
        for name in ["Ada Byron", "Byron, Ada", " byron ,ADA ", "ada  byron"] {
            assert_eq!(plain_name(name), "ada byron", "{name}");
        }
        assert_eq!(plain_name("Clair, John St."), plain_name("John St. Clair"));
        assert_eq!(plain_name(""), "");
    }
}
