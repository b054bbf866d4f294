//! `hallpass scan --history`: every object is searched once; only what was found is traced to its
//! commits.

mod cache;
mod look;
mod stories;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gix::ObjectId;

use self::cache::Cache;
use self::look::{Hits, Looker};
use self::stories::Stories;
use super::CommandError;
use super::leak_run::{Inspector, LeakRun};
use super::progress::{Counters, Progress};
use super::scan::{excludes, max_file_size};
use crate::cli::{Global, ScanArgs};
use crate::finding::{Coverage, Problem, Skipped};
use crate::sources::git::history::{self, Commits, Graph, Known, Outline, Stores, Trace};
use crate::sources::git::{GitError, Objects, Repository, revisions};

/// How many missing objects are named; the rest is counted.
const MOST_NAMED: usize = 20;

/// Runs the command; answers the exit code.
pub(super) fn run(
    args: &ScanArgs,
    global: &Global,
    inspector: Option<&dyn Inspector>,
) -> Result<u8, CommandError> {
    let run = LeakRun::new(args.policy.as_deref(), &args.triage, &args.output, global)?
        .inspected_by(inspector)
        .asked_by(args);
    let repository = match Repository::discover(run.session.display.working()) {
        Ok(repository) => repository,
        Err(error) => return run.refuse(error),
    };
    let search = Search {
        run: &run,
        args,
        objects: repository.objects().for_many(),
        repository: &repository,
        coverage: Coverage::default(),
    };
    search.run()
}

struct Search<'a> {
    run: &'a LeakRun<'a>,
    args: &'a ScanArgs,
    repository: &'a Repository,
    objects: Objects,
    coverage: Coverage,
}

impl Search<'_> {
    fn run(mut self) -> Result<u8, CommandError> {
        let run = self.run;
        let stores = Stores::open(&self.objects, self.repository.inner().object_hash());
        let limit = max_file_size(self.args.max_file_size, &run.session)?;
        let counters = Arc::new(Counters::of("objects"));
        counters.expect(stores.len());
        let progress = Progress::start(&counters, run.session.quiet);
        let mut cache = self
            .args
            .cache
            .as_ref()
            .map(|path| Cache::read(path, &run.detectors, limit, &stores, &mut self.coverage));
        // whoever wants to know every commit has to read them all
        let nothing = Known::default();
        let known = match &cache {
            Some(cache) if !self.args.unreachable => cache.known(),
            _ => &nothing,
        };
        let (parts, outline) = history::sweep(&stores, known, self.args.threads, || {
            Looker::new(run.searcher(), limit, self.args.unreachable, &counters)
        });
        let mut hits = Hits::default();
        let mut lookers = Vec::new();
        for part in parts {
            if let Some(cache) = &mut cache {
                cache.remember(&part, &stores);
            }
            lookers.extend(part.sweepers);
        }
        lookers.into_iter().for_each(|looker| hits.take(looker, &mut self.coverage));
        self.coverage.errors.extend(outline.problems.iter().cloned());

        let story = match self.trace(&stores, &outline, &hits) {
            Ok(story) => story,
            Err(error) => return run.refuse(error),
        };
        drop(progress);
        if let Some(cache) = cache {
            cache.write(&run.session);
        }
        let Some((commits, trace)) = story else {
            return run.conclude(&[], Vec::new(), Default::default(), self.coverage);
        };
        self.tell_missing(&stores, &outline.missing, &commits, &trace);
        let excludes = excludes(&self.args.exclude, &run.session)?;
        let partial = self.args.allow_partial;
        let stories =
            Stories::new(run, self.repository, &self.objects, &commits, &excludes, partial);
        let told = stories.tell(hits, &trace, self.args.unreachable, &mut self.coverage)?;
        run.conclude(&[], told.findings, told.comments, self.coverage)
    }

    /// The commits and where in them stood what was found; `None` if there is nothing to trace.
    fn trace(
        &mut self,
        stores: &Stores,
        outline: &Outline,
        hits: &Hits,
    ) -> Result<Option<(Commits, Trace)>, GitError> {
        let cut = !revisions::boundary(self.repository)?.is_empty();
        if cut {
            let what = "does not hold the whole history".to_owned();
            self.problem(&GitError::Shallow { what });
        }
        let mut problems = Vec::new();
        let tips = history::tips(self.repository, &mut problems)?;
        let nothing = self.coverage.blobs + self.coverage.commits == 0;
        if nothing && tips.is_empty() && self.coverage.errors.is_empty() {
            let message = "there is nothing to search: the repository holds no object".to_owned();
            self.coverage.errors.push(Problem { path: ".".to_owned(), message });
        }
        let whole = problems.is_empty()
            && outline.missing.is_empty()
            && outline.problems.is_empty()
            && tips.iter().all(|(_, id)| stores.contains(id));
        if hits.is_empty() && whole {
            return Ok(None);
        }
        let mut commits = Commits::reachable(self.repository, &self.objects)?;
        if self.args.unreachable {
            commits.add(hits.commits.iter().copied(), &self.objects);
        }
        let sought = hits.sought().chain(outline.missing.iter().copied()).collect();
        let graph = Graph::find(stores, outline, &sought, self.args.threads);
        let mut trace = history::trace(&self.objects, &commits, &sought, &graph);
        self.coverage.errors.append(&mut commits.problems);
        self.coverage.errors.append(&mut trace.problems);
        Ok(Some((commits, trace)))
    }

    fn problem(&mut self, error: &GitError) {
        let help = miette::Diagnostic::help(error).map(|help| format!("; {help}"));
        let message = format!("{error}{}", help.unwrap_or_default());
        self.coverage.errors.push(Problem { path: ".".to_owned(), message });
    }

    /// Tells of objects that are not there, as far as what references reach speaks of them.
    fn tell_missing(
        &mut self,
        stores: &Stores,
        missing: &BTreeSet<ObjectId>,
        commits: &Commits,
        trace: &Trace,
    ) {
        let reached = trace.occurrences.iter().filter(|one| {
            let by_reference = one.commit.is_none_or(|at| commits.is_reachable(at));
            by_reference && missing.contains(&one.blob)
        });
        let (mut named, mut more) = (BTreeMap::new(), 0_u64);
        for one in reached {
            if named.len() < MOST_NAMED {
                named.entry(one.blob).or_insert_with(|| one.path.clone());
            } else if !named.contains_key(&one.blob) {
                more += 1;
            }
        }
        if stores.promised {
            let count = named.len() as u64 + more;
            if count > 0 {
                let message = format!(
                    "{count} objects were left out of this partial clone; `git fetch --refetch \
                     --no-filter` brings them"
                );
                self.coverage.errors.push(Problem { path: ".".to_owned(), message });
            }
            return;
        }
        for (id, path) in named {
            let path = self.run.session.display.show(&self.repository.place(path.as_ref()));
            let message = format!("the object {id} is missing; `git fsck` tells what else is");
            self.coverage.errors.push(Problem { path, message });
        }
        if more > 0 {
            let message = format!("{more} more objects are missing");
            self.coverage.errors.push(Problem { path: ".".to_owned(), message });
        }
    }
}

/// Something of `path` was passed over because of `reason`.
fn skipped(path: String, reason: &str) -> Skipped {
    Skipped { path, reason: reason.to_owned() }
}
