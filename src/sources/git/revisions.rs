//! Ranges as people write them: `A..B`, `A...B`, and `A` for `A..HEAD`.

use std::collections::HashSet;

use gix::ObjectId;
use gix::bstr::ByteSlice as _;

use super::commits::{self, End, Tag};
use super::{GitError, Objects, Repository};

/// A range, resolved.
#[derive(Debug)]
pub struct Range {
    /// The commits at its end.
    pub tips: Vec<ObjectId>,
    /// The commits whose history is not part of it.
    pub hidden: Vec<ObjectId>,
    /// The annotated tags that name its end.
    pub tags: Vec<Tag>,
}

/// Resolves `text`:
///
/// * `A..B`: what can be reached from `B` and not from `A`; an end that is left out is `HEAD`;
/// * `A...B`: the same, where both have to have a common ancestor: what `B` brings since it left
///   `A`, as a pull request shows it, and as `git diff A...B` compares;
/// * `A`: `A..HEAD`.
///
/// Where `A` is all zeros, as a push event says of a new branch, nothing is left out.
///
/// # Errors
///
/// If an end is not there, is no commit, or a shallow clone can't tell.
pub fn resolve(text: &str, repository: &Repository, objects: &Objects) -> Result<Range, GitError> {
    let (from, to, symmetric) = match (text.split_once("..."), text.split_once("..")) {
        (Some((from, to)), _) => (from, to, true),
        (None, Some((from, to))) => (from, to, false),
        (None, None) => (text, "HEAD", false),
    };
    let or_head = |text: &str| if text.is_empty() { "HEAD".to_owned() } else { text.to_owned() };
    let (from, to) = (or_head(from), or_head(to));
    let is_nothing = from.len() >= 40 && from.bytes().all(|byte| byte == b'0');
    let (tip, tags) = commit(&to, repository, objects)?;
    let mut hidden = Vec::new();
    if !is_nothing {
        let (base, _) = commit(&from, repository, objects)?;
        if symmetric {
            common(base, tip, text, repository)?;
        }
        hidden.push(base);
    }
    Ok(Range { tips: vec![tip], hidden, tags })
}

/// The commits at which a shallow clone ends; their parents are not there.
///
/// # Errors
///
/// If the list of them can't be read.
pub fn boundary(repository: &Repository) -> Result<HashSet<ObjectId>, GitError> {
    let commits = repository.inner().shallow_commits().map_err(|error| GitError::Read {
        what: "the list of where this shallow clone ends".to_owned(),
        message: GitError::describe(&error),
    })?;
    Ok(commits.map(|commits| commits.iter().copied().collect()).unwrap_or_default())
}

fn commit(
    text: &str,
    repository: &Repository,
    objects: &Objects,
) -> Result<(ObjectId, Vec<Tag>), GitError> {
    let unknown = || {
        let revision = text.to_owned();
        if is_shallow(repository) {
            GitError::Shallow { what: format!("does not hold `{revision}`") }
        } else {
            GitError::UnknownRevision { revision }
        }
    };
    let id = match repository.inner().rev_parse_single(text.as_bytes().as_bstr()) {
        Ok(id) => id.detach(),
        // while git has objects elsewhere, a full id is all that can be looked up
        Err(_) => ObjectId::from_hex(text.as_bytes()).map_err(|_| unknown())?,
    };
    match commits::peel(id, objects) {
        Ok(peeled) => match peeled.end {
            End::Commit(id) => Ok((id, peeled.tags)),
            End::Tree(_) | End::Blob(_) => Err(GitError::NoCommit { revision: text.to_owned() }),
        },
        Err(super::ObjectError::Missing { .. }) => Err(unknown()),
        Err(error) => Err(GitError::Read { what: format!("`{text}`"), message: error.to_string() }),
    }
}

/// Makes sure that `base` and `tip` have a history in common.
fn common(
    base: ObjectId,
    tip: ObjectId,
    text: &str,
    repository: &Repository,
) -> Result<(), GitError> {
    match repository.inner().merge_base(base, tip) {
        Ok(Some(_)) => Ok(()),
        Ok(None) if is_shallow(repository) => {
            Err(GitError::Shallow { what: format!("does not reach back to where `{text}` parted") })
        }
        Ok(None) => Err(GitError::NothingInCommon { range: text.to_owned() }),
        Err(error) => Err(GitError::Read {
            what: format!("the history of `{text}`"),
            message: GitError::describe(&error),
        }),
    }
}

/// Whether the clone is shallow; one that can't tell is not said to be.
pub fn is_shallow(repository: &Repository) -> bool {
    repository.inner().is_shallow().unwrap_or(false)
}
