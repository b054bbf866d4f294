//! What earlier runs found nothing in: packs by their checksums, loose objects by their ids. No
//! secret stands in it, nor anything of what was searched; a file that is damaged, of other rules
//! or of another version is as good as none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gix::ObjectId;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::look::Looker;
use crate::commands::{log, session::Session};
use crate::detect::Detectors;
use crate::finding::Coverage;
use crate::report::write_atomically;
use crate::sources::git::history::{Known, Part, Source, Stores};

/// The version of the file's shape, and of what is read at all: it grows with every new reader.
const FORMAT: u32 = 2;
/// A larger file is none of ours.
const LARGEST: u64 = 256 << 20;
/// More loose objects than this are not remembered: git packs them long before.
const MOST_LOOSE: usize = 1_000_000;

/// The file, as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    /// A hash of the rules and whatever else decides what is found.
    rules: String,
    /// How many blobs each pack holds that none before it does.
    packs: BTreeMap<String, u64>,
    loose: Vec<String>,
    /// A hash of all the rest, against damage.
    sum: String,
}

impl File {
    fn sum(&self) -> String {
        let all = format!("{} {} {:?} {:?}", self.format, self.rules, self.packs, self.loose);
        hex(&Sha256::digest(all))
    }
}

/// What is remembered.
pub(super) struct Cache {
    path: PathBuf,
    known: Known,
    next: File,
    changed: bool,
}

impl Cache {
    /// Reads the cache at `path`, if there is one that holds for these rules, and counts what it
    /// remembers of `stores`.
    pub(super) fn read(
        path: &Path,
        detectors: &Detectors,
        limit: Option<u64>,
        stores: &Stores,
        coverage: &mut Coverage,
    ) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let all: Vec<_> = detectors.iter().collect();
        let rules = hex(&Sha256::digest(format!("{version} {limit:?} {all:?}")));
        let mut next = File {
            format: FORMAT,
            rules,
            packs: BTreeMap::new(),
            loose: Vec::new(),
            sum: String::new(),
        };
        let mut known = Known::default();
        let old = read(path).filter(|old| old.rules == next.rules && old.format == FORMAT);
        let changed = old.is_none();
        if let Some(old) = old {
            let present: Vec<String> = stores.packs().collect();
            // an object that a remembered one speaks of may have gone with a pack
            if old.packs.keys().all(|name| present.contains(name)) {
                coverage.remembered += old.packs.values().sum::<u64>();
                known.packs.extend(old.packs.keys().cloned());
                next.packs = old.packs;
            }
            let loose = old.loose.iter().filter_map(|id| ObjectId::from_hex(id.as_bytes()).ok());
            known.loose.extend(loose);
            let mut still = stores.loose().filter(|id| known.loose.contains(*id)).count();
            if still < known.loose.len() {
                known.loose.clear();
                still = 0;
            }
            coverage.remembered += still as u64;
        }
        Self { path: path.to_path_buf(), known, next, changed }
    }

    /// What need not be read again.
    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    /// Remembers `part` if nothing was found in it.
    pub(super) fn remember(&mut self, part: &Part<Looker<'_>>, stores: &Stores) {
        let clean = part.whole && part.sweepers.iter().all(Looker::found_nothing);
        match &part.source {
            Source::Pack(name) if clean => {
                let blobs = part.sweepers.iter().map(Looker::blobs).sum();
                self.changed |= self.next.packs.insert(name.clone(), blobs) != Some(blobs);
            }
            Source::Loose => {
                let mut ids: Vec<String> = if clean {
                    stores.loose().take(MOST_LOOSE).map(ToString::to_string).collect()
                } else {
                    self.known.loose.iter().map(ToString::to_string).collect()
                };
                ids.sort_unstable();
                self.changed |= ids.len() != self.known.loose.len();
                self.next.loose = ids;
            }
            Source::Pack(_) => {}
        }
    }

    /// Writes what is now known. A cache that can't be written costs time and nothing else.
    pub(super) fn write(mut self, session: &Session) {
        if !self.changed {
            return;
        }
        self.next.sum = self.next.sum();
        let Ok(text) = serde_json::to_vec(&self.next) else {
            return;
        };
        if let Err(error) = write_atomically(&self.path, &text)
            && !session.quiet
        {
            log::trouble(
                &session.display.show(&self.path),
                &format!("the cache was not written: {error}"),
            );
        }
    }
}

fn read(path: &Path) -> Option<File> {
    if std::fs::metadata(path).ok()?.len() > LARGEST {
        return None;
    }
    let file: File = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    (file.sum() == file.sum).then_some(file)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
