//! What the parts of Microsoft's office files have in common: what they point to, properties, and
//! the parts of a text document. Open Packaging Conventions and ECMA-376.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use super::{Part, key_of, mashup, paragraphs};
use crate::extract::formats::xml::{self, Xml};
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};

/// More of them are not kept.
const MOST_RELATIONS: usize = 50_000;
/// Excel takes no longer address.
const LONGEST_LINK: usize = 2083;

/// What each part points to: by what the part is known by, and the id that the part knows it by.
#[derive(Debug, Default)]
pub(super) struct Relations {
    targets: BTreeMap<(String, String), String>,
    /// The same for what is outside of the file.
    links: BTreeMap<(String, String), String>,
}

impl Relations {
    /// Reads `name`, which says what another part points to.
    pub(super) fn read(&mut self, name: &str, member: &mut dyn Read) -> Result<(), Failure> {
        let (folder, of) = owner_of(name);
        xml::read(member, &mut |event| {
            if let Xml::Open(tag) = event
                && tag.name() == b"Relationship"
                && self.targets.len() + self.links.len() < MOST_RELATIONS
                && let (Some(id), Some(target)) = (tag.get_text(b"Id"), tag.get_text(b"Target"))
            {
                let key = (of.clone(), id);
                if tag.get(b"TargetMode").is_none_or(|mode| *mode != *b"External") {
                    self.targets.insert(key, key_of(&resolve(folder, &target)));
                } else if target.len() <= LONGEST_LINK {
                    self.links.insert(key, target);
                }
            }
            Ok(())
        })
    }

    /// The part that `part` knows as `id`.
    pub(super) fn target(&self, part: &str, id: &str) -> Option<&str> {
        self.targets.get(&(part.to_owned(), id.to_owned())).map(String::as_str)
    }

    /// The address that `part` knows as `id`.
    pub(super) fn link(&self, part: &str, id: &str) -> Option<&str> {
        self.links.get(&(part.to_owned(), id.to_owned())).map(String::as_str)
    }

    /// Every part that `part` points to.
    pub(super) fn targets(&self, part: &str) -> impl Iterator<Item = &str> {
        let from = (part.to_owned(), String::new());
        let part = part.to_owned();
        self.targets
            .range(from..)
            .take_while(move |((of, _), _)| *of == part)
            .map(|(_, target)| target.as_str())
    }
}

/// The part whose targets are in `name`, and its folder: `a/_rels/b.xml.rels` speaks of `a/b.xml`.
fn owner_of(name: &str) -> (&str, String) {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let folder = folder.strip_suffix("_rels").unwrap_or(folder);
    (folder, format!("{folder}{}", file.strip_suffix(".rels").unwrap_or(file)))
}

/// The name of the part at `target`, as seen from `folder`, which ends with `/` or is empty.
fn resolve(folder: &str, target: &str) -> String {
    let target = target.replace('\\', "/");
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Reads a part of a text document.
pub(super) fn word(
    name: &str,
    member: &mut dyn Read,
    inside: &mut Inside<'_, '_>,
) -> Result<Part, Failure> {
    let Some(part) = own_part(name, "word/") else {
        return common(name, &HashMap::new(), member, inside);
    };
    let key = key_of(part);
    let is = |start: &str| key.starts_with(start);
    let called = match () {
        () if is("document") => "paragraph",
        () if is("header") => "a header, paragraph",
        () if is("footer") => "a footer, paragraph",
        () if is("comments") => "comments, paragraph",
        () if is("footnotes") => "footnotes, paragraph",
        () if is("endnotes") => "endnotes, paragraph",
        () => {
            paragraphs::read(member, inside, &|_| format!("the part {part}"))?;
            return Ok(Part::Read);
        }
    };
    paragraphs::read(member, inside, &|number| format!("{called} {number}"))?;
    Ok(Part::Read)
}

/// The name within `folder` of a part that is XML.
pub(super) fn own_part<'n>(name: &'n str, folder: &str) -> Option<&'n str> {
    let (start, part) = name.split_at_checked(folder.len())?;
    let is_own = start.eq_ignore_ascii_case(folder) && key_of(part).ends_with(".xml");
    is_own.then_some(part)
}

/// Reads a part that every kind of office file may have; `names` are what people call the parts
/// that have a name.
pub(super) fn common(
    name: &str,
    names: &HashMap<String, String>,
    member: &mut dyn Read,
    inside: &mut Inside<'_, '_>,
) -> Result<Part, Failure> {
    let key = key_of(name);
    if ![".xml", ".rels", ".vml"].iter().any(|ending| key.ends_with(ending)) {
        return Ok(Part::Document);
    }
    let called = match () {
        () if key.ends_with(".rels") => match names.get(&owner_of(&key).1) {
            Some(owner) => format!("{owner}, a link's target"),
            None => "a link's target".to_owned(),
        },
        () if key.starts_with("docprops/") => "the document's properties".to_owned(),
        () if key.starts_with("customxml/") => {
            mashup::read(name, member, inside)?;
            return Ok(Part::Read);
        }
        () => format!("the part {name}"),
    };
    elements(member, inside, &called)?;
    Ok(Part::Read)
}

/// Reads XML whose meaning is not known: each element's text on a line of its own, behind its
/// name.
pub(super) fn elements(
    member: &mut dyn Read,
    inside: &mut Inside<'_, '_>,
    called: &str,
) -> Result<(), Failure> {
    let mut text = Text::default();
    let mut attributes = Text::default();
    let mut line = Vec::new();
    let outcome = xml::read(member, &mut |event| {
        match event {
            Xml::Open(tag) => {
                tag.push_long_values(0, &mut attributes);
                if let Some(name) = tag.get(b"name") {
                    text.push(&name);
                    text.push(b": ");
                }
            }
            Xml::Text(part) => line.extend_from_slice(part),
            Xml::Close(name) => {
                let value = line.trim_ascii();
                if !value.is_empty() {
                    text.push(name);
                    text.push(b": ");
                    text.push(value);
                    text.push(b"\n");
                }
                line.clear();
            }
        }
        for text in [&mut text, &mut attributes] {
            if text.is_enough() {
                inside.text(text, &|_| called.to_owned())?;
            }
        }
        if line.len() > 1024 * 1024 {
            text.push(&line);
            line.clear();
        }
        Ok(())
    });
    text.push(&line);
    inside.text(&mut text, &|_| called.to_owned())?;
    inside.text(&mut attributes, &|_| called.to_owned())?;
    outcome
}
