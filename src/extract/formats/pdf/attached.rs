//! Streams of a PDF that others say the meaning of: attached files and what they are called, scripts,
//! and the texts of form fields. ISO 32000-1, sections 7.11, 12.6.4.16 and 12.7.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use lopdf::{Dictionary, Document, Object, ObjectId};

use crate::extract::unpack::Failure;

/// Longer names are none that a file has.
const LONGEST: usize = 512;
/// A file has one stream for each kind of system.
const MOST_STREAMS: usize = 16;
/// A form of XFA has one stream for each of its parts.
const MOST_PARTS: usize = 64;
/// What leads to a text: scripts, values of fields, formatted ones, and forms of XFA.
const TEXTS: [&[u8]; 5] = [b"JS", b"V", b"RV", b"RC", b"XFA"];

/// What is said of streams.
#[derive(Debug, Default)]
pub(super) struct Attached {
    files: BTreeMap<ObjectId, Option<Rc<str>>>,
    texts: BTreeSet<ObjectId>,
}

impl Attached {
    /// Looks through all that is in `document`, calling `tick` now and then.
    pub(super) fn read(
        document: &Document,
        tick: &dyn Fn() -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let mut attached = Self::default();
        for object in document.objects.values() {
            tick()?;
            let Ok(outer) = object.as_dict() else {
                continue;
            };
            // in an annotation it stands as it is
            let inner = outer.iter().filter_map(|(_, part)| part.as_dict().ok());
            for dictionary in inner.chain([outer]) {
                attached.file(document, dictionary);
                attached.text(document, dictionary);
            }
        }
        attached.tell_apart();
        Ok(attached)
    }

    /// What the file in this stream is called, if it is one.
    pub(super) fn name(&self, id: ObjectId) -> Option<String> {
        let name = self.files.get(&id)?;
        Some(name.as_deref().map_or_else(|| format!("attachment {}", id.0), str::to_owned))
    }

    /// Whether this stream is a text.
    pub(super) fn is_text(&self, id: ObjectId) -> bool {
        self.texts.contains(&id)
    }

    /// Reads a file specification, if that is what it is.
    fn file(&mut self, document: &Document, specification: &Dictionary) -> Option<()> {
        let files = specification.get_deref(b"EF", document).and_then(Object::as_dict).ok()?;
        let said = [b"UF".as_slice(), b"F"].into_iter().find_map(|key| {
            let name = specification.get_deref(key, document).ok()?;
            let length = name.as_str().ok()?.len();
            let name = lopdf::decode_text_string(name).ok()?;
            (length <= LONGEST && !name.trim().is_empty()).then_some(name)
        });
        let said: Option<Rc<str>> = said.map(Into::into);
        let streams = files.iter().take(MOST_STREAMS);
        for id in streams.filter_map(|(_, file)| file.as_reference().ok()) {
            let known = self.files.entry(id).or_default();
            if known.is_none() {
                known.clone_from(&said);
            }
        }
        Some(())
    }

    fn text(&mut self, document: &Document, dictionary: &Dictionary) {
        for key in TEXTS {
            match dictionary.get(key) {
                Ok(Object::Reference(id)) => {
                    self.texts.insert(*id);
                    // the parts of a form may stand in a list of their own
                    if key == b"XFA"
                        && let Ok(parts) = document.get_object(*id).and_then(Object::as_array)
                    {
                        self.parts(parts);
                    }
                }
                Ok(Object::Array(parts)) => self.parts(parts),
                _ => {}
            }
        }
    }

    fn parts(&mut self, parts: &[Object]) {
        let parts = parts.iter().take(MOST_PARTS);
        self.texts.extend(parts.filter_map(|part| part.as_reference().ok()));
    }

    /// Files of one name are told apart.
    fn tell_apart(&mut self) {
        let mut taken = HashSet::new();
        for (id, name) in &mut self.files {
            if let Some(said) = name
                && !taken.insert(Rc::clone(said))
            {
                *name = Some(format!("attachment {}, {said}", id.0).into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use lopdf::{StringFormat, dictionary};

    use super::*;

    #[test]
    fn files_are_called_what_they_say() {
        let text = |text: &str| Object::String(text.into(), StringFormat::Literal);
        let file = |id| dictionary! { "F" => Object::Reference((id, 0)) };
        let mut document = Document::new();
        document.add_object(dictionary! { "F" => text("a.txt"), "EF" => file(17) });
        let told =
            dictionary! { "UF" => text("\u{feff}é.txt"), "F" => text("e"), "EF" => file(18) };
        document.add_object(dictionary! { "FS" => told });
        document.add_object(dictionary! { "UF" => text(" "), "EF" => file(19) });
        document.add_object(dictionary! { "F" => text(&"x".repeat(2000)), "EF" => file(20) });
        document.add_object(dictionary! { "F" => text("a.txt"), "EF" => file(21) });
        let attached = Attached::read(&document, &|| Ok(())).unwrap();
        let names: Vec<_> = (17..23).map(|id| attached.name((id, 0)).unwrap_or_default()).collect();
        let due = ["a.txt", "é.txt", "attachment 19", "attachment 20", "attachment 21, a.txt", ""];
        assert_eq!(names, due);
    }

    #[test]
    fn texts_are_what_leads_to_them() {
        let to = |id| Object::Reference((id, 0));
        let mut document = Document::new();
        let list = document.add_object(vec![to(31), to(32)]);
        document.add_object(dictionary! { "A" => dictionary! { "JS" => to(30) } });
        document.add_object(dictionary! { "XFA" => Object::Reference(list) });
        document.add_object(dictionary! { "XFA" => vec![to(33)], "V" => to(34), "AP" => to(35) });
        let attached = Attached::read(&document, &|| Ok(())).unwrap();
        let texts = (30..36).map(|id| attached.is_text((id, 0))).collect::<Vec<_>>();
        assert_eq!(texts, [true, true, true, true, true, false]);
    }
}
