//! A paragraph of a text document, joined over its runs: as it reads now, and, where changes are
//! tracked, as it read before them.

use crate::extract::unpack::text::Text;

/// Set in the number of a place whose text was deleted and is still kept.
const DELETED: u64 = 1 << 63;

/// What the place `place` is called, where `name` names the places of paragraphs.
pub(super) fn name_of(place: u64, name: &dyn Fn(u64) -> String) -> String {
    match (place & DELETED, name(place & !DELETED)) {
        (0, name) => name,
        (_, name) => format!("{name}, in a deletion that is tracked"),
    }
}

/// The text of a paragraph that has not ended yet.
#[derive(Debug, Default)]
pub(super) struct Paragraph {
    now: Vec<u8>,
    /// As it was: stretches of text, and whether each was deleted since.
    before: Vec<(bool, Vec<u8>)>,
    /// What fields say that they are: a link's target among it.
    fields: Vec<u8>,
    changed: bool,
}

impl Paragraph {
    /// Adds text where it belongs: to the paragraph as it is now, as it was, or both.
    pub(super) fn add(&mut self, text: &[u8], deleted: bool, inserted: bool) {
        if !deleted {
            self.now.extend_from_slice(text);
        }
        if !inserted || deleted {
            match self.before.last_mut() {
                Some((same, before)) if *same == deleted => before.extend_from_slice(text),
                _ => self.before.push((deleted, text.to_vec())),
            }
        }
        self.changed |= deleted || inserted;
    }

    /// Adds text of a field.
    pub(super) fn add_field(&mut self, text: &[u8]) {
        self.fields.extend_from_slice(text);
    }

    /// Whether it is long, where `open` of them are open: one without end is shown in pieces.
    pub(super) fn is_long(&self, open: usize) -> bool {
        let long = 1024 * 1024 / open.max(1);
        self.now.len() >= long || self.fields.len() >= long || self.before.len() >= long / 16
    }

    /// Whether nothing was added.
    pub(super) fn is_empty(&self) -> bool {
        self.now.is_empty() && self.before.is_empty() && self.fields.is_empty()
    }

    /// Adds the paragraph to `text`, where it stands at `place`, and begins another.
    pub(super) fn end(&mut self, place: u64, text: &mut Text) {
        text.mark(place);
        text.push(&self.now);
        text.push(b"\n");
        if !self.fields.is_empty() {
            text.push(&self.fields);
            text.push(b"\n");
        }
        if self.changed {
            for (deleted, part) in &self.before {
                text.mark(place | if *deleted { DELETED } else { 0 });
                text.push(part);
            }
            text.push(b"\n");
        }
        self.now.clear();
        self.before.clear();
        self.fields.clear();
        self.changed = false;
    }
}
