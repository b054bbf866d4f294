//! Leaks to findings: what to say of one, whose guidance it breaks, and what to do now.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::detect::Detectors;
use crate::finding::{Commit, Finding, Location, Place};
use crate::leaks::{Hidden, Leak};
use crate::policy::Pack;
use crate::sources::place::classify;

/// The place that a document of this kind is.
fn place_of(kind: &str) -> Place {
    classify(&format!("document.{kind}"))
}

/// What to do first with what was read from a picture.
const COMPARE: &str = "Compare with the picture: OCR may have taken some characters for others";

/// Where a leak stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spot<'s> {
    /// The path as findings show it.
    pub(super) shown: &'s str,
    /// What the document is, as an extension, where its content says so.
    pub(super) kind: Option<&'static str>,
    /// What the documents around it are, in the same words.
    pub(super) around: &'s [&'static str],
    /// Whether it is something else than text.
    pub(super) binary: bool,
    /// Whether it stands in a git repository.
    pub(super) in_repository: bool,
    /// How a sentence names the place, where it is no file.
    pub(super) phrase: Option<&'static str>,
    /// The commit that brought it.
    pub(super) commit: Option<&'s Commit>,
}

/// Makes findings of leaks.
pub(super) struct Maker<'a> {
    detectors: &'a Detectors,
    pack: Arc<Pack>,
    repositories: HashMap<PathBuf, bool>,
}

impl<'a> Maker<'a> {
    /// Findings will name the guidance of `pack`.
    pub(super) fn new(detectors: &'a Detectors, pack: Arc<Pack>) -> Self {
        Self { detectors, pack, repositories: HashMap::new() }
    }

    /// The finding for `leak` in the file `path`; `spot` says where, but for the repository.
    pub(super) fn make(&mut self, leak: Leak, path: &Path, spot: &Spot<'_>) -> Option<Finding> {
        let in_repository = self.in_repository(path);
        self.make_at(leak, &Spot { in_repository, ..*spot })
    }

    /// The finding for `leak`, which stands at `spot`.
    pub(super) fn make_at(&self, leak: Leak, spot: &Spot<'_>) -> Option<Finding> {
        let detector = self.detectors.get(leak.detector)?;
        let Spot { shown, kind, around, binary, in_repository, phrase, commit } = *spot;
        let place = match (classify(shown), kind) {
            _ if phrase.is_some() => Place::Other,
            // what a document is says more than what it is called, but for where it lies
            (place, Some(kind)) if place != Place::Chat => place_of(kind),
            (Place::Other, None) if binary => Place::Binary,
            (place, _) => place,
        };
        // what is attached to a message was sent, too
        let mut places = vec![place];
        places.extend(around.iter().map(|kind| place_of(kind)));
        let is_sent = |place: &&Place| matches!(place, Place::Mail | Place::Chat);
        let sent = places.iter().find(is_sent).copied();
        let phrase = phrase.unwrap_or_else(|| place.phrase());
        let hint = &leak.hint.hint;
        let token = match &leak.hint.shard {
            Some(shard) => format!("{shard}~{hint}…"),
            None => format!("{hint}…"),
        };
        let hidden = match leak.hidden {
            Some(Hidden::Base64) => ", hidden in base64",
            Some(Hidden::Utf16) => ", as UTF-16",
            Some(Hidden::Parts) => ", written in parts",
            Some(Hidden::Picture) => ", read by OCR",
            None => "",
        };
        let within = leak.place.as_ref().map(|place| format!(", {place}")).unwrap_or_default();
        let revoke = detector.revoke.trim().replace("{token}", &token).replace("{hint}", hint);
        let mut help = self.pack.leak_help(&revoke, sent.unwrap_or(place), in_repository);
        if leak.hidden == Some(Hidden::Picture) {
            help.insert(0, COMPARE.to_owned());
        }
        let mut excerpt = leak.excerpt;
        excerpt.label = detector.noun.clone();
        Some(Finding {
            rule: detector.id.clone(),
            severity: detector.severity,
            confidence: leak.confidence,
            message: format!("{} {token} in {phrase}{within}{hidden}", detector.noun),
            location: Location {
                path: shown.to_owned(),
                line: leak.lines.then_some(leak.start.line),
                column: leak.lines.then_some(leak.start.column),
                end_line: leak.lines.then_some(leak.end.line),
                end_column: leak.lines.then_some(leak.end.column),
                commit: commit.cloned(),
            },
            also: Vec::new(),
            place: Some(place),
            issued: Vec::new(),
            guidance: self.pack.leak_guidance(&places, in_repository),
            help,
            token: Some(leak.hint),
            verified: None,
            fingerprint: leak.fingerprint,
            excerpt: Some(excerpt),
        })
    }

    /// Whether `path` stands in a git work tree.
    fn in_repository(&mut self, path: &Path) -> bool {
        let Some(folder) = path.parent() else {
            return false;
        };
        if let Some(known) = self.repositories.get(folder) {
            return *known;
        }
        let answer = folder.join(".git").exists() || self.in_repository(folder);
        self.repositories.insert(folder.to_path_buf(), answer);
        answer
    }
}
