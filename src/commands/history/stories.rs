//! The second pass: what became of each leak, from the commit that brought it to the current one.

use std::collections::{BTreeMap, HashMap, HashSet};

use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::objs::Kind;

use super::look::{Hits, Key};
use crate::commands::CommandError;
use crate::commands::leak_findings::{Maker, Spot};
use crate::commands::leak_run::LeakRun;
use crate::commands::scan::{MOST_FINDINGS, note_unread};
use crate::extract::unpack::budget::Limits;
use crate::finding::{self, Coverage, Finding, Problem};
use crate::leaks::{Document, Leak, Part, Searched, Searcher};
use crate::sources::excludes::Excludes;
use crate::sources::git::history::{Commits, Trace};
use crate::sources::git::{Objects, Repository, commits, message_path};
use crate::triage::document_key;
use crate::triage::inline::{self, Allowance};

/// A text that leaks were found in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Text {
    Blob(ObjectId),
    Message(Kind, ObjectId),
}

/// A leak's place at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sighting {
    /// Position of the commit that brought the text there.
    commit: Option<u32>,
    /// The path in the repository; for messages, and blobs that have none, as it is shown.
    path: BString,
    text: Text,
    /// Whether `path` is one of a tree.
    is_file: bool,
}

/// What became of a leak.
#[derive(Debug)]
struct Story {
    first: usize,
    last: usize,
    also: Vec<String>,
    in_head: bool,
}

/// What there is to report.
#[derive(Default)]
pub(super) struct Told {
    pub(super) findings: Vec<Finding>,
    pub(super) comments: HashMap<String, Vec<Allowance>>,
}

/// Tells of leaks.
pub(super) struct Stories<'a> {
    run: &'a LeakRun<'a>,
    repository: &'a Repository,
    objects: &'a Objects,
    commits: &'a Commits,
    excludes: &'a Excludes,
    searcher: Searcher<'a>,
    limits: Limits,
    allow_partial: bool,
    sightings: Vec<Sighting>,
    /// Blobs that stand in some tree that was walked.
    placed: HashSet<ObjectId>,
    stories: BTreeMap<u32, Story>,
}

impl<'a> Stories<'a> {
    pub(super) fn new(
        run: &'a LeakRun<'a>,
        repository: &'a Repository,
        objects: &'a Objects,
        commits: &'a Commits,
        excludes: &'a Excludes,
        allow_partial: bool,
    ) -> Self {
        Self {
            run,
            repository,
            objects,
            commits,
            excludes,
            searcher: run.searcher(),
            limits: Limits::default(),
            allow_partial,
            sightings: Vec::new(),
            placed: HashSet::new(),
            stories: BTreeMap::new(),
        }
    }

    /// Makes a finding of each leak that `hits` holds and `trace` placed.
    pub(super) fn tell(
        mut self,
        mut hits: Hits,
        trace: &Trace,
        unreachable: bool,
        coverage: &mut Coverage,
    ) -> Result<Told, CommandError> {
        self.place(&hits, trace, unreachable, coverage);
        let in_head = self.commits.in_head();
        for at in 0..self.sightings.len() {
            let sighting = self.sightings[at].clone();
            let is_in_head = match sighting.text {
                Text::Blob(id) => trace.in_head.contains(&id),
                Text::Message(..) => sighting.commit.is_some_and(|at| in_head.contains(&at)),
            };
            for number in self.numbers(&sighting, &mut hits) {
                self.continue_story(number, at, is_in_head);
            }
        }
        if !unreachable {
            self.tell_unreached(&hits, coverage);
        }
        self.finish(&mut hits, coverage)
    }

    /// Lists where texts with leaks stood, oldest first.
    fn place(&mut self, hits: &Hits, trace: &Trace, unreachable: bool, coverage: &mut Coverage) {
        for one in &trace.occurrences {
            let is_told = hits.blobs.contains_key(&one.blob) || hits.values.contains(&one.blob);
            if !is_told && !hits.unread.contains(&one.blob) {
                continue;
            }
            self.placed.insert(one.blob);
            let place = self.repository.place(one.path.as_ref());
            let absolute = self.run.session.display.absolute(&place);
            if let Some(reason) = self.excludes.reason(&absolute, false) {
                let shown = self.run.session.display.show(&place);
                coverage.skipped.push(super::skipped(shown, &format!("excluded: {reason}")));
                continue;
            }
            let sighting = Sighting {
                commit: one.commit,
                path: one.path.clone(),
                text: Text::Blob(one.blob),
                is_file: true,
            };
            if hits.unread.contains(&one.blob) {
                let shown = self.shown(&sighting);
                note_unread(self.search(&sighting).unread, &shown, self.allow_partial, coverage);
            }
            if is_told {
                self.sightings.push(sighting);
            }
        }
        for (kind, id) in &hits.messages {
            let commit = self.commits.position(id);
            if commit.is_some() || self.commits.tags.contains_key(id) || unreachable {
                self.sightings.push(Sighting {
                    commit,
                    path: message_path(*kind, id).into(),
                    text: Text::Message(*kind, *id),
                    is_file: false,
                });
            }
        }
        if unreachable {
            for id in hits.blobs.keys().filter(|id| !self.placed.contains(*id)) {
                self.sightings.push(Sighting {
                    commit: None,
                    path: message_path(Kind::Blob, id).into(),
                    text: Text::Blob(*id),
                    is_file: false,
                });
            }
        }
        // what no commit brought comes last
        self.sightings.sort_by(|a, b| {
            let key = |one: &Sighting| (one.commit.unwrap_or(u32::MAX), one.text);
            key(a).cmp(&key(b)).then_with(|| a.path.cmp(&b.path))
        });
    }

    /// The leaks of a text, by number.
    fn numbers(&mut self, sighting: &Sighting, hits: &mut Hits) -> Vec<u32> {
        if let Text::Blob(id) = &sighting.text
            && let Some(numbers) = hits.blobs.get(id)
        {
            return numbers.clone();
        }
        let leaks = self.read(sighting).into_iter().flat_map(|piece| piece.part.document.leaks);
        leaks.map(|leak| hits.number((leak.detector, leak.fingerprint))).collect()
    }

    fn continue_story(&mut self, number: u32, at: usize, in_head: bool) {
        let shown = self.shown(&self.sightings[at]);
        let Some(story) = self.stories.get_mut(&number) else {
            self.stories.insert(number, Story { first: at, last: at, also: Vec::new(), in_head });
            return;
        };
        let known = self.sightings[story.first].path == self.sightings[at].path;
        if !known && !story.also.contains(&shown) {
            story.also.push(shown);
        }
        if in_head || !story.in_head {
            story.last = at;
        }
        story.in_head |= in_head;
    }

    fn tell_unreached(&self, hits: &Hits, coverage: &mut Coverage) {
        let unreached: HashSet<u32> = hits
            .blobs
            .iter()
            .filter(|(id, _)| !self.placed.contains(*id))
            .flat_map(|(_, numbers)| numbers)
            .filter(|number| !self.stories.contains_key(number))
            .copied()
            .collect();
        let reason = "a leak that no reference reaches; --unreachable tells of it";
        let mut shown: Vec<String> = (hits.blobs.iter())
            .filter(|(id, numbers)| {
                !self.placed.contains(*id)
                    && numbers.iter().any(|number| unreached.contains(number))
            })
            .map(|(id, _)| message_path(Kind::Blob, id))
            .collect();
        shown.sort();
        coverage.skipped.extend(shown.into_iter().map(|path| super::skipped(path, reason)));
    }

    /// Makes findings of the stories, and takes the allowances that speak of them.
    fn finish(mut self, hits: &mut Hits, coverage: &mut Coverage) -> Result<Told, CommandError> {
        let mut told = Told::default();
        if self.stories.is_empty() {
            return Ok(told);
        }
        let maker = Maker::new(&self.run.detectors, self.run.pack()?);
        let mut firsts: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
        for (number, story) in &self.stories {
            firsts.entry(story.first).or_default().push(*number);
        }
        let mut unlisted = 0;
        // where each finding stands, for what is later said of it
        let mut made: BTreeMap<usize, Vec<(u32, String, u64)>> = BTreeMap::new();
        for (at, numbers) in firsts {
            let sighting = self.sightings[at].clone();
            let shown = self.shown(&sighting);
            let commit = self.commit(&sighting);
            let parts = self.read(&sighting);
            for number in numbers {
                if told.findings.len() >= MOST_FINDINGS {
                    unlisted += 1;
                    continue;
                }
                let Some((piece, leak)) = find(&parts, number, hits) else {
                    continue;
                };
                let Some(story) = self.stories.get(&number) else {
                    continue;
                };
                let commit =
                    commit.clone().map(|one| finding::Commit { in_head: story.in_head, ..one });
                let shown = format!("{shown}{}", piece.part.member);
                let spot = Spot {
                    shown: &shown,
                    kind: piece.part.kind,
                    around: &piece.part.around,
                    binary: piece.part.document.binary,
                    in_repository: true,
                    phrase: piece.phrase,
                    commit: commit.as_ref(),
                };
                let line = leak.start.line;
                let key = document_key(&shown, commit.as_ref().map(|one| one.id.as_str()));
                let speaking = speaking(&piece.part.document, line);
                if speaking.is_empty() && story.last != at {
                    made.entry(story.last).or_default().push((number, key, line));
                } else if !speaking.is_empty() {
                    let own = told.comments.entry(key).or_default();
                    for one in speaking {
                        if !own.contains(&one) {
                            own.push(one);
                        }
                    }
                }
                let made = maker.make_at(leak.clone(), &spot);
                told.findings.extend(made.map(|made| Finding { also: story.also.clone(), ..made }));
            }
        }
        if unlisted > 0 {
            let message = format!("{unlisted} further leaks are not listed");
            coverage.errors.push(Problem { path: ".".to_owned(), message });
        }
        // a later version of a text may allow what an earlier one brought
        for (at, later) in made {
            let parts = self.read(&self.sightings[at].clone());
            for (number, key, line) in later {
                if let Some((piece, leak)) = find(&parts, number, hits)
                    && let Some(word) =
                        speaking(&piece.part.document, leak.start.line).into_iter().next()
                {
                    told.comments.entry(key).or_default().push(Allowance { line, ..word });
                }
            }
        }
        Ok(told)
    }

    fn shown(&self, sighting: &Sighting) -> String {
        if sighting.is_file {
            self.run.session.display.show(&self.repository.place(sighting.path.as_ref()))
        } else {
            sighting.path.to_string()
        }
    }

    /// The commit that brought a text, or the tag that is one.
    fn commit(&self, sighting: &Sighting) -> Option<finding::Commit> {
        if let Text::Message(Kind::Tag, id) = sighting.text {
            let mut buffer = Vec::new();
            let data = self.objects.read(&id, Kind::Tag, &mut buffer).ok()?;
            return commits::parse_tag(id, data).ok().map(|tag| tag.told);
        }
        let id = match (sighting.commit, sighting.text) {
            (Some(at), _) => self.commits.steps.get(at as usize)?.id,
            (None, Text::Message(_, id)) => id,
            (None, Text::Blob(_)) => return None,
        };
        commits::read(id, self.objects).ok().map(|commit| commit.told)
    }

    /// A blob, searched under its name.
    fn search(&mut self, sighting: &Sighting) -> Searched {
        let mut buffer = Vec::new();
        let Text::Blob(id) = sighting.text else {
            return Searched::default();
        };
        let Ok(bytes) = self.objects.read(&id, Kind::Blob, &mut buffer) else {
            return Searched::default();
        };
        let name = if sighting.is_file { file_name(sighting.path.as_ref()) } else { "".into() };
        self.searcher.search_bytes(bytes, &name.to_string(), &self.limits)
    }

    /// What a text holds.
    fn read(&mut self, sighting: &Sighting) -> Vec<Piece> {
        let mut buffer = Vec::new();
        match sighting.text {
            Text::Blob(_) => {
                let parts = self.search(sighting).parts.into_iter();
                parts.map(|part| Piece { part, phrase: None }).collect()
            }
            Text::Message(kind, id) => {
                let Ok(bytes) = self.objects.read(&id, kind, &mut buffer) else {
                    return Vec::new();
                };
                let (message, headers, phrases) = if kind == Kind::Tag {
                    let Ok(tag) = commits::parse_tag(id, bytes) else {
                        return Vec::new();
                    };
                    (tag.message, tag.headers, ["a tag's message", "a tag's name or tagger"])
                } else {
                    let Ok(commit) = commits::parse(id, bytes) else {
                        return Vec::new();
                    };
                    let phrases = ["a commit message", "a commit's author or committer"];
                    (commit.message, commit.headers, phrases)
                };
                [&message, &headers]
                    .into_iter()
                    .zip(phrases)
                    .map(|(text, phrase)| {
                        let document = self.searcher.search(&text[..]).unwrap_or_default();
                        let part = Part { document, ..Part::default() };
                        Piece { part, phrase: Some(phrase) }
                    })
                    .collect()
            }
        }
    }
}

/// Part of a text, searched.
struct Piece {
    part: Part,
    phrase: Option<&'static str>,
}

/// The first leak with this number.
fn find<'p>(parts: &'p [Piece], number: u32, hits: &mut Hits) -> Option<(&'p Piece, &'p Leak)> {
    parts.iter().find_map(|piece| {
        let is_sought = |leak: &&Leak| {
            let key: Key = (leak.detector, leak.fingerprint.clone());
            hits.number(key) == number
        };
        piece.part.document.leaks.iter().find(is_sought).map(|leak| (piece, leak))
    })
}

/// The allowances of a document that cover `line`.
fn speaking(document: &Document, line: u64) -> Vec<Allowance> {
    let allowances = document.comments.iter().filter_map(inline::parse);
    allowances.filter(|one| one.line == line || one.line + 1 == line).collect()
}

/// The last part of a path.
fn file_name(path: &BStr) -> &BStr {
    path.rfind_byte(b'/').and_then(|at| path.get(at + 1..)).unwrap_or(path).as_bstr()
}
