//! The names of the files that are attached to a PDF. ISO 32000-1, section 7.11.

use std::collections::BTreeMap;
use std::rc::Rc;

use lopdf::{Dictionary, Document, Object, ObjectId};

/// Longer ones are none that a file has.
const LONGEST: usize = 512;

/// What the attached files are called, by the streams that hold them.
pub(super) fn names(document: &Document) -> BTreeMap<ObjectId, Rc<str>> {
    let mut names = BTreeMap::new();
    for object in document.objects.values() {
        let Ok(outer) = object.as_dict() else {
            continue;
        };
        // in an annotation it stands as it is
        let inner = outer.iter().filter_map(|(_, part)| part.as_dict().ok());
        for specification in inner.chain([outer]) {
            name(document, specification, &mut names);
        }
    }
    names
}

/// Reads a file specification, if that is what it is.
fn name(
    document: &Document,
    specification: &Dictionary,
    names: &mut BTreeMap<ObjectId, Rc<str>>,
) -> Option<()> {
    let files = specification.get_deref(b"EF", document).and_then(Object::as_dict).ok()?;
    let said = [b"UF".as_slice(), b"F"].into_iter().find_map(|key| {
        let name = specification.get_deref(key, document).ok()?;
        let length = name.as_str().ok()?.len();
        let name = lopdf::decode_text_string(name).ok()?;
        (length <= LONGEST && !name.trim().is_empty()).then_some(name)
    })?;
    let said: Rc<str> = said.into();
    let streams = files.iter().filter_map(|(_, file)| file.as_reference().ok());
    names.extend(streams.map(|id| (id, Rc::clone(&said))));
    Some(())
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
        document.add_object(dictionary! { "F" => text("a.txt"), "EF" => file(7) });
        let told = dictionary! { "UF" => text("\u{feff}é.txt"), "F" => text("e"), "EF" => file(8) };
        document.add_object(dictionary! { "FS" => told });
        document.add_object(dictionary! { "UF" => text(" "), "EF" => file(9) });
        document.add_object(dictionary! { "F" => text(&"x".repeat(2000)), "EF" => file(10) });
        let names: Vec<_> = names(&document).into_iter().collect();
        let due = [((7, 0), "a.txt".into()), ((8, 0), "é.txt".into())];
        assert_eq!(names, due);
    }
}
