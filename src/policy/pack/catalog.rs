//! The packs at hand: those in the binary, and those that the user names. Each is read when it is
//! first asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::read::{Fault, RawPack, invalid};
use super::{Clause, Pack, SwitchedOff};
use crate::finding::{printable, scrub};
use crate::policy::error::PolicyError;
use crate::policy::shape::nearest;

/// The packs in the binary, in the order in which they are listed.
const EMBEDDED: &[(&str, &str)] = &[
    ("canvas", include_str!("../../../rules/policies/canvas.yaml")),
    ("udayton", include_str!("../../../rules/policies/udayton.yaml")),
    ("hws", include_str!("../../../rules/policies/hws.yaml")),
    ("calpoly", include_str!("../../../rules/policies/calpoly.yaml")),
    ("uw-madison", include_str!("../../../rules/policies/uw-madison.yaml")),
];

/// The largest pack that is read, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;

/// The packs at hand.
#[derive(Debug)]
pub struct Catalog {
    /// Packs that the user added, by id; none has an embedded one's.
    local: BTreeMap<String, Arc<RawPack>>,
    raw: Mutex<BTreeMap<String, Arc<RawPack>>>,
    resolved: Mutex<BTreeMap<String, Arc<Pack>>>,
}

impl Catalog {
    /// The packs in the binary. Cheap: nothing is read yet.
    ///
    /// # Errors
    ///
    /// None at present; reading fails when a pack is asked for.
    pub fn embedded() -> Result<Self, PolicyError> {
        Ok(Self { local: BTreeMap::new(), raw: Mutex::default(), resolved: Mutex::default() })
    }

    /// Adds the pack in the file at `path`, and says its id.
    ///
    /// # Errors
    ///
    /// If the file can't be read, what it says is not a pack, or its id is an embedded pack's.
    pub fn add_file(&mut self, path: &str) -> Result<String, PolicyError> {
        Ok(self.add(own(read_file(path)?)?))
    }

    /// Adds the pack that `text` is, which errors call `name`, and says its id.
    ///
    /// # Errors
    ///
    /// If the text is not a pack, or its id is an embedded pack's.
    pub fn add_text(&mut self, text: &str, name: &str) -> Result<String, PolicyError> {
        Ok(self.add(own(RawPack::compile(text, name)?)?))
    }

    fn add(&mut self, pack: RawPack) -> String {
        let id = pack.id.clone();
        self.local.insert(id.clone(), Arc::new(pack));
        self.resolved = Mutex::default();
        id
    }

    /// The ids of the packs at hand: the embedded ones first.
    pub fn ids(&self) -> Vec<String> {
        let embedded = EMBEDDED.iter().map(|(id, _)| (*id).to_owned());
        let local = self.local.keys().filter(|id| !is_embedded(id)).cloned();
        embedded.chain(local).collect()
    }

    /// The pack of this id, or the one in the file of this name.
    ///
    /// # Errors
    ///
    /// If there is no such pack, which names the nearest; or if it, or the one that it extends,
    /// is wrong.
    pub fn resolve(&self, name: &str) -> Result<Arc<Pack>, PolicyError> {
        match self.by_id(name) {
            Err(PolicyError::Unknown { .. }) if looks_like_a_file(name) => {
                let raw = own(read_file(name)?)?;
                Ok(Arc::new(self.merge(&raw, &mut Vec::new())?))
            }
            result => result,
        }
    }

    /// The pack of this id; unlike [`Catalog::resolve`], never a file, so that it can be asked for
    /// what a manifest says.
    ///
    /// # Errors
    ///
    /// As for [`Catalog::resolve`].
    pub fn by_id(&self, id: &str) -> Result<Arc<Pack>, PolicyError> {
        let known = lock(&self.resolved).get(id).cloned();
        if let Some(pack) = known {
            return Ok(pack);
        }
        let raw = self.raw(id)?;
        let pack = Arc::new(self.merge(&raw, &mut Vec::new())?);
        lock(&self.resolved).insert(id.to_owned(), Arc::clone(&pack));
        Ok(pack)
    }

    /// The pack of this id, or in the file of this name, as its file says.
    pub(crate) fn raw(&self, name: &str) -> Result<Arc<RawPack>, PolicyError> {
        if let Some(pack) = self.local.get(name) {
            return Ok(Arc::clone(pack));
        }
        if let Some((id, text)) = EMBEDDED.iter().find(|(id, _)| *id == name) {
            if let Some(pack) = lock(&self.raw).get(name) {
                return Ok(Arc::clone(pack));
            }
            let pack = Arc::new(RawPack::read(text, id)?);
            lock(&self.raw).insert((*id).to_owned(), Arc::clone(&pack));
            return Ok(pack);
        }
        let ids = self.ids();
        let clean = scrub(name);
        Err(PolicyError::Unknown {
            name: printable(&clean).into_owned(),
            nearest: nearest(name, ids.iter().map(String::as_str)).map(str::to_owned),
            known: crate::policy::shape::list(ids.iter().map(String::as_str)),
        })
    }

    /// The pack of this id, or the one in the file of this name, as its file says.
    pub(crate) fn raw_or_file(&self, name: &str) -> Result<Arc<RawPack>, PolicyError> {
        match self.raw(name) {
            Err(PolicyError::Unknown { .. }) if looks_like_a_file(name) => {
                Ok(Arc::new(read_file(name)?))
            }
            result => result,
        }
    }

    /// `raw` with what it inherits. `above` are the packs on the way here.
    pub(crate) fn merge(
        &self,
        raw: &RawPack,
        above: &mut Vec<String>,
    ) -> Result<Pack, PolicyError> {
        let fault = |message: String, help: &str| {
            let at = raw.text.find("extends:").unwrap_or(0);
            let fault = Fault { span: at..at, message, help: Some(help.to_owned()) };
            invalid(&raw.name, &raw.text, vec![fault])
        };
        let base = match &raw.extends {
            None => None,
            Some(base) => {
                above.push(raw.id.clone());
                if above.contains(base) {
                    let message = format!("`{base}` extends itself by way of this pack");
                    return Err(fault(message, "packs have to extend each other one way"));
                }
                let base = match self.raw(base) {
                    Err(PolicyError::Unknown { name, known, .. }) => {
                        let message = format!("there is no pack `{name}` to extend");
                        return Err(fault(message, &format!("known are {known}")));
                    }
                    other => other?,
                };
                Some(self.merge(&base, above)?)
            }
        };
        merge(raw, base)
    }
}

/// Puts `raw` over `base`.
fn merge(raw: &RawPack, base: Option<Pack>) -> Result<Pack, PolicyError> {
    let mut faults = Vec::new();
    let mut inherited: Vec<Clause> = Vec::new();
    let mut switched_off = Vec::new();
    let mut pack = Pack {
        id: raw.id.clone(),
        institution: raw.institution.clone(),
        extends: raw.extends.clone(),
        contacts: raw.contacts.clone(),
        sources: raw.sources.clone(),
        holidays: Arc::new(raw.holidays.clone()),
        leak: raw.leak.clone(),
        clauses: raw.clauses.clone(),
        switched_off: Vec::new(),
    };
    if let Some(base) = base {
        if pack.contacts.is_empty() {
            pack.contacts = base.contacts;
        }
        pack.holidays = Arc::new(pack.holidays.union(&base.holidays).copied().collect());
        pack.leak.tell = pack.leak.tell.take().or(base.leak.tell);
        pack.leak.keep = pack.leak.keep.take().or(base.leak.keep);
        switched_off = base.switched_off;
        inherited = base.clauses;
    }
    let inherited_ids: BTreeSet<String> =
        inherited.iter().map(|clause| clause.id.clone()).collect();
    for clause in &mut pack.clauses {
        let place = inherited.iter().position(|base| base.id == clause.id);
        match (place, &clause.reason) {
            (Some(place), Some(_)) => {
                inherited.remove(place);
            }
            (None, None) => {}
            (Some(_), None) => faults.push(missing_reason(raw, &clause.id)),
            // a reason without anything to replace harms nobody
            (None, Some(_)) => {}
        }
    }
    for clause in &raw.clauses {
        let is_own = clause.id.split_once('/').is_some_and(|(pack, _)| pack == raw.id);
        if !is_own && !inherited_ids.contains(&clause.id) {
            faults.push(foreign_prefix(raw, &clause.id));
        }
    }
    for change in &raw.changes {
        let Some(place) = inherited.iter().position(|base| base.id == change.clause) else {
            let near = nearest(&change.clause, inherited.iter().map(|clause| clause.id.as_str()));
            faults.push(Fault {
                span: change.span.clone(),
                message: format!("no clause `{}` is inherited", change.clause),
                help: near.map(|near| format!("did you mean `{near}`?")),
            });
            continue;
        };
        if change.off {
            let clause = inherited.remove(place);
            switched_off.push(SwitchedOff { clause: clause.id, reason: change.reason.clone() });
        } else if let (Some(severity), Some(clause)) = (change.severity, inherited.get_mut(place)) {
            clause.severity = severity;
            clause.reason = Some(change.reason.clone());
        }
    }
    if !faults.is_empty() {
        return Err(invalid(&raw.name, &raw.text, faults));
    }
    pack.clauses.extend(inherited);
    pack.switched_off = switched_off;
    Ok(pack)
}

fn foreign_prefix(raw: &RawPack, id: &str) -> Fault {
    let at = raw.text.find(id).unwrap_or(0);
    let name = id.split_once('/').map_or(id, |(_, name)| name);
    Fault {
        span: at..at + id.len(),
        message: format!("the clause `{id}` is named after another pack, and replaces none of it"),
        help: Some(format!("call it `{}/{name}`", raw.id)),
    }
}

fn missing_reason(raw: &RawPack, id: &str) -> Fault {
    let at = raw.text.find(id).unwrap_or(0);
    Fault {
        span: at..at + id.len(),
        message: format!("the clause `{id}` replaces an inherited one without a reason"),
        help: Some("add `reason:`, or give the clause an id of its own".to_owned()),
    }
}

/// A pack that the user named, whose id has to be its own: findings, manifests and exceptions
/// call it by that alone.
fn own(raw: RawPack) -> Result<RawPack, PolicyError> {
    if !is_embedded(&raw.id) {
        return Ok(raw);
    }
    let at = raw.text.find("id:").unwrap_or(0);
    let fault = Fault {
        span: at..at,
        message: format!("`{}` is the id of a pack that comes with hallpass", raw.id),
        help: Some(format!(
            "choose another id, and say `extends: {}` to change that pack's clauses",
            raw.id
        )),
    };
    Err(invalid(&raw.name, &raw.text, vec![fault]))
}

fn is_embedded(id: &str) -> bool {
    EMBEDDED.iter().any(|(known, _)| *known == id)
}

fn looks_like_a_file(name: &str) -> bool {
    name.contains(['/', '\\', '.']) || std::path::Path::new(name).is_file()
}

fn read_file(path: &str) -> Result<RawPack, PolicyError> {
    let clean = scrub(path);
    let name = printable(&clean).into_owned();
    let unreadable = |message: String| PolicyError::Unreadable { path: name.clone(), message };
    let size = std::fs::metadata(path)
        .map_err(|error| unreadable(crate::policy::error::plainly(&error)))?
        .len();
    if size > LARGEST {
        return Err(unreadable(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| unreadable(crate::policy::error::plainly(&error)))?;
    RawPack::compile(text.trim_start_matches('\u{feff}'), &name)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Place;

    /// The ids of the five institutions' clauses, so that none is forgotten.
    const CLAUSES: &[(&str, &str)] = &[
        (
            "canvas",
            "purpose expires expires-past acts-as-owner admin-only inventory mobile \
             third-party ends-soon requested as-requested ended issued remedy no-token-in-request",
        ),
        (
            "udayton",
            "lifetime long-term approval eligible necessary use storage no-unsecured-storage \
             no-repository no-sharing no-public-link end-of-use permissions contact",
        ),
        (
            "hws",
            "admin-issued eligible student-sponsor sponsor-understands third-party \
             third-party-elevated request-route review-time acceptable-use activation contact",
        ),
        (
            "calpoly",
            "right-fit use-description data-and-why review-criteria common-use student-conduct \
             managed delivery storage response-time bounded renewal usage-audit compromise denied",
        ),
        ("uw-madison", "students lifetime admin-issued delivery storage activation removal"),
    ];

    fn catalog() -> Catalog {
        Catalog::embedded().expect("embedded packs")
    }

    fn guidance(pack: &str, place: Place, in_repository: bool) -> Vec<String> {
        catalog()
            .resolve(pack)
            .expect("pack")
            .leak_guidance(&[place], in_repository)
            .into_iter()
            .map(|guidance| guidance.clause)
            .collect()
    }

    #[test]
    fn every_clause_of_every_institution_is_there() {
        let mut total = 0;
        for (pack, names) in CLAUSES {
            let raw = catalog().raw(pack).unwrap_or_else(|error| panic!("{error}"));
            let found: Vec<&str> = raw.clauses.iter().map(|clause| clause.id.as_str()).collect();
            let wanted: Vec<String> =
                names.split_whitespace().map(|name| format!("{pack}/{name}")).collect();
            assert_eq!(found, wanted);
            total += found.len();
        }
        assert_eq!(total, 62);
    }

    #[test]
    fn every_expression_of_the_embedded_packs_compiles() {
        for (id, text) in EMBEDDED {
            RawPack::compile(text, id).unwrap_or_else(|error| panic!("{error}"));
        }
    }

    #[test]
    fn stricter_rules_replace_the_inherited_expiry() {
        for (id, holds, off) in [
            ("canvas", true, 0),
            ("udayton", false, 2),
            ("hws", true, 0),
            ("calpoly", false, 2),
            ("uw-madison", false, 1),
        ] {
            let pack = catalog().resolve(id).expect("pack");
            assert_eq!(pack.clause("canvas/expires").is_some(), holds, "{id}");
            assert!(pack.clause("canvas/purpose").is_some(), "{id}");
            assert_eq!(pack.switched_off.len(), off, "{id}");
        }
    }

    #[test]
    fn a_leak_names_the_clauses_that_its_place_breaks() {
        let udayton = |place, in_repository| guidance("udayton", place, in_repository);
        assert_eq!(udayton(Place::Code, true), ["udayton/no-repository", "udayton/contact"]);
        assert_eq!(
            udayton(Place::Document, true),
            ["udayton/no-unsecured-storage", "udayton/no-repository", "udayton/contact"]
        );
        assert_eq!(
            udayton(Place::Notes, false),
            ["udayton/no-unsecured-storage", "udayton/contact"]
        );
        assert_eq!(udayton(Place::Chat, false), ["udayton/no-sharing", "udayton/contact"]);
        assert_eq!(udayton(Place::Other, false), ["udayton/contact"]);
        assert_eq!(guidance("hws", Place::Code, true), ["hws/contact"]);
        assert_eq!(guidance("uw-madison", Place::Mail, false), ["uw-madison/removal"]);
        assert_eq!(guidance("calpoly", Place::Code, true), ["canvas/remedy"]);
        assert_eq!(guidance("canvas", Place::Other, false), ["canvas/remedy"]);
    }

    #[test]
    fn the_steps_after_a_leak_stand_in_order() {
        let pack = catalog().resolve("udayton").expect("pack");
        let steps = pack.leak_help("Delete it.", Place::Code, true);
        assert_eq!(steps.len(), 4);
        assert_eq!(steps[0], "Delete it.");
        assert!(steps[1].contains("onlinelearning@udayton.edu"));
        assert!(steps[2].contains("password manager"));
        assert!(steps[3].contains("history"));
        for id in catalog().ids() {
            let pack = catalog().resolve(&id).expect("pack");
            assert_eq!(pack.leak_help("x", Place::Mail, false).len(), 4, "{id}");
        }
    }

    #[test]
    fn an_unknown_pack_names_the_nearest() {
        let error = |name: &str| catalog().resolve(name).map(|_| ()).expect_err("no pack");
        assert!(error("hwss").to_string().contains("did you mean `hws`?"));
        assert!(error("uwmadison").to_string().contains("`uw-madison`"));
        assert!(error("stanford").to_string().contains("canvas, udayton, hws, calpoly and"));
        assert!(matches!(error("./no-such.yaml"), PolicyError::Unreadable { .. }));
    }

    #[test]
    fn a_pack_says_everything_that_is_wrong_with_it() {
        let text = "id: My Pack\ninstitution: X\nsources: []\nextend: canvas\nclauses:\n  - id: a/b\n    severity: fatal\n    summary: s\n    source: none\n";
        let error = RawPack::read(text, "my.yaml").expect_err("faults").to_string();
        for part in [
            "1:5:",
            "4:1: there is no key `extend`",
            "did you mean `extends`?",
            "7:15: `clauses[0].severity` can't be `fatal`",
            "9:13: there is no source",
            "does nothing",
        ] {
            assert!(error.contains(part), "{part} in {error}");
        }
    }

    #[test]
    fn changes_need_something_to_change() {
        let text = "id: x\ninstitution: X\nextends: canvas\nsources: []\nchanges:\n  - {clause: canvas/expire, off: true, reason: r}\nclauses: []\n";
        let raw = RawPack::read(text, "x.yaml").expect("reads");
        let error = catalog().merge(&raw, &mut Vec::new()).expect_err("fault").to_string();
        assert!(error.contains("did you mean `canvas/expires`?"), "{error}");
        let text = text.replace("canvas/expire,", "canvas/expires,");
        let raw = RawPack::read(&text, "x.yaml").expect("reads");
        let pack = catalog().merge(&raw, &mut Vec::new()).expect("merges");
        assert_eq!(pack.switched_off[0].reason, "r");
        let text = text.replace("extends: canvas", "extends: x");
        let raw = RawPack::read(&text, "x.yaml").expect("reads");
        let error = catalog().merge(&raw, &mut Vec::new()).expect_err("fault").to_string();
        assert!(error.contains("extends itself"), "{error}");
    }
}
