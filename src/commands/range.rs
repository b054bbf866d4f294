//! `hallpass scan --range`: what the commits of a range added. A push is such a range, too.

use std::collections::HashSet;

use gix::ObjectId;
use gix::bstr::BString;
use gix::objs::Kind;

use super::CommandError;
use super::git_search::{Bounds, GitSearch, Outcome};
use super::leak_run::{Inspector, LeakRun};
use super::scan::{excludes, max_file_size};
use crate::cli::{Global, ScanArgs};
use crate::sources::excludes::Excludes;
use crate::sources::git::changes::{Changes, Comparison};
use crate::sources::git::commits::{self, Tag};
use crate::sources::git::{GitError, Objects, Repository, head_tree, revisions};

/// Runs the command; answers the exit code.
pub(super) fn run(
    range: &str,
    args: &ScanArgs,
    global: &Global,
    inspector: Option<&dyn Inspector>,
) -> Result<u8, CommandError> {
    let run = LeakRun::new(args.policy.as_deref(), &args.triage, &args.output, global)?
        .inspected_by(inspector)
        .asked_by(args);
    let session = &run.session;
    let repository = match Repository::discover(session.display.working()) {
        Ok(repository) => repository,
        Err(error) => return run.refuse(error),
    };
    let objects = repository.objects();
    let range = match revisions::resolve(range, &repository, &objects) {
        Ok(range) => range,
        Err(error) => return run.refuse(error),
    };
    let added = AddedBy {
        tips: range.tips,
        hidden: range.hidden,
        tags: range.tags,
        nothing: "the range holds no commit",
        ..AddedBy::default()
    };
    let excludes = excludes(&args.exclude, session)?;
    let bounds = Bounds {
        max_size: max_file_size(args.max_file_size, session)?,
        allow_partial: args.allow_partial,
    };
    match search(&run, &repository, &objects, added, excludes, bounds)? {
        Ok(outcome) => run.conclude(&[], outcome.findings, outcome.comments, outcome.coverage),
        Err(error) => run.refuse(error),
    }
}

/// Commits and whatever else is new.
#[derive(Debug, Default)]
pub(super) struct AddedBy {
    /// New commits and those behind them …
    pub(super) tips: Vec<ObjectId>,
    /// … but not these and those behind them.
    pub(super) hidden: Vec<ObjectId>,
    /// New tags.
    pub(super) tags: Vec<Tag>,
    /// New references to trees and blobs, with the reference's name.
    pub(super) trees: Vec<(BString, ObjectId)>,
    /// See `trees`.
    pub(super) blobs: Vec<(BString, ObjectId)>,
    /// What to say if all of that comes to nothing.
    pub(super) nothing: &'static str,
}

/// Searches what `added` holds.
pub(super) fn search(
    run: &LeakRun<'_>,
    repository: &Repository,
    objects: &Objects,
    added: AddedBy,
    excludes: Excludes,
    bounds: Bounds,
) -> Result<Result<Outcome, GitError>, CommandError> {
    let boundary = match revisions::boundary(repository) {
        Ok(boundary) => boundary,
        Err(error) => return Ok(Err(error)),
    };
    let new = commits::new(&added.tips, &added.hidden, objects, &boundary);
    if new.cut.is_some() {
        let what = "ends before the range does".to_owned();
        return Ok(Err(GitError::Shallow { what }));
    }
    let mut search = GitSearch::new(run, repository, objects, excludes, bounds);
    new.problems.iter().for_each(|error| search.problem(b"".into(), error));
    let mut seen = HashSet::new();
    for tag in added.tags.iter().filter(|tag| seen.insert(tag.id)) {
        search.message(Kind::Tag, tag.id, &tag.message, &tag.headers, &tag.told);
    }
    let mut comparison = Comparison::new(objects);
    let is_empty = new.ids.is_empty() && seen.is_empty() && new.problems.is_empty();
    for id in new.ids {
        let commit = match commits::read(id, objects) {
            Ok(commit) => commit,
            Err(error) => {
                search.problem(b"".into(), &error);
                continue;
            }
        };
        search.count_commit();
        search.message(Kind::Commit, id, &commit.message, &commit.headers, &commit.told);
        let mut changes = Changes::default();
        let mut before = Vec::new();
        for parent in &commit.parents {
            match commits::tree(*parent, objects) {
                Ok(tree) => before.push(tree),
                // everything is new against what is not there
                Err(error) => changes.problems.push((BString::default(), error)),
            }
        }
        comparison.trees(commit.tree, &before, &mut changes);
        search.changes(changes, Some(&commit.told));
    }
    let loose = !added.trees.is_empty() || !added.blobs.is_empty();
    for (_, tree) in &added.trees {
        let mut changes = Changes::default();
        comparison.trees(*tree, &[], &mut changes);
        search.changes(changes, None);
    }
    for (name, blob) in added.blobs {
        search.blob(name, blob);
    }
    if is_empty && !loose {
        search.nothing(added.nothing);
    }
    // without a current commit nothing is in it
    let head = head_tree(repository, objects).ok().flatten();
    search.finish(head).map(Ok)
}
