//! `hallpass hook`: the hooks that git calls for a push, and where hooks are written.

use gix::bstr::ByteSlice as _;

use super::git_search::Bounds;
use super::leak_run::LeakRun;
use super::range::{AddedBy, search};
use super::scan::{excludes, max_file_size};
use super::{CommandError, hook_install};
use crate::cli::{Global, HookArgs, HookCommand, PushArgs};
use crate::sources::git::pushed::{self, Hook};
use crate::sources::git::{GitError, Objects, Repository};

/// Runs the command; answers the exit code.
pub(super) fn run(args: &HookArgs, global: &Global) -> Result<u8, CommandError> {
    match &args.command {
        HookCommand::Install(kind) => hook_install::install(kind, global),
        HookCommand::Uninstall(kind) => hook_install::uninstall(kind, global),
        HookCommand::PreReceive(args) => push(Hook::PreReceive, args, global),
        HookCommand::PrePush(args) => push(Hook::PrePush, args, global),
    }
}

fn push(hook: Hook, args: &PushArgs, global: &Global) -> Result<u8, CommandError> {
    let run = LeakRun::new(args.policy.as_deref(), &args.triage, &args.output, global)?;
    let working = run.session.display.working();
    let repository = match Repository::discover(working) {
        Ok(repository) => repository,
        Err(error) => return run.refuse(error),
    };
    let objects = repository.objects();
    let (added, problems) = match added(hook, args, &repository, &objects) {
        Ok(added) => added,
        Err(error) => return run.refuse(error),
    };
    let excludes = excludes(&args.exclude, &run.session)?;
    let bounds = Bounds {
        max_size: max_file_size(args.max_file_size, &run.session)?,
        allow_partial: args.allow_partial,
    };
    match search(&run, &repository, &objects, added, excludes, bounds)? {
        Ok(mut outcome) => {
            outcome.coverage.errors.extend(problems);
            run.conclude(&[], outcome.findings, outcome.comments, outcome.coverage)
        }
        Err(error) => run.refuse(error),
    }
}

/// What the push brings that the receiving end does not have.
fn added(
    hook: Hook,
    args: &PushArgs,
    repository: &Repository,
    objects: &Objects,
) -> Result<(AddedBy, Vec<crate::finding::Problem>), GitError> {
    let updates = pushed::read(hook, std::io::stdin().lock())?;
    let hidden = match hook {
        // they still stand where they stood before the push
        Hook::PreReceive => pushed::known(repository, objects, None)?,
        Hook::PrePush => {
            let mut known: Vec<_> = updates.iter().filter_map(|update| update.old).collect();
            // a remote may be given by its address alone: nothing is remembered of it then
            if let Some(name) = args.remote.first().filter(|name| is_remote(name, repository)) {
                let prefix = format!("refs/remotes/{name}/");
                known.extend(pushed::known(repository, objects, Some(&prefix))?);
            }
            known
        }
    };
    let brought = pushed::brought(&updates, objects);
    let problems = brought.problems.iter().map(|(name, error)| crate::finding::Problem {
        path: name.to_str_lossy().into_owned(),
        message: error.to_string(),
    });
    let problems = problems.collect();
    let added = AddedBy {
        tips: brought.tips,
        hidden,
        tags: brought.tags,
        trees: brought.trees,
        blobs: brought.blobs,
        nothing: "the push brings nothing new",
    };
    Ok((added, problems))
}

fn is_remote(name: &str, repository: &Repository) -> bool {
    repository.inner().remote_names().iter().any(|remote| remote.as_bstr() == name.as_bytes())
}
