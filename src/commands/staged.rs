//! `hallpass scan --staged`: what the next commit would bring.

use super::CommandError;
use super::git_search::{Bounds, GitSearch};
use super::leak_run::{Inspector, LeakRun};
use super::scan::{excludes, max_file_size};
use crate::cli::{Global, ScanArgs};
use crate::sources::git::{Repository, staged};

/// Runs the command; answers the exit code.
pub(super) fn run(
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
    let staged = match staged(&repository, &objects) {
        Ok(staged) => staged,
        Err(error) => return run.refuse(error),
    };
    let excludes = excludes(&args.exclude, session)?;
    let bounds = Bounds {
        max_size: max_file_size(args.max_file_size, session)?,
        allow_partial: args.allow_partial,
    };
    let mut search = GitSearch::new(&run, &repository, &objects, excludes, bounds);
    for path in &staged.announced {
        search.passed_over(path.as_ref(), "announced by --intent-to-add: nothing of it is staged");
    }
    if staged.changes.changed.is_empty() {
        // an index that holds what HEAD holds was compared with it as a whole
        search.nothing(if staged.changes.removed.is_empty() {
            "nothing is staged"
        } else {
            "what is staged only removes files"
        });
    }
    search.changes(staged.changes, None);
    let outcome = search.finish(None)?;
    run.conclude(&[], outcome.findings, outcome.comments, outcome.coverage)
}
