//! What the texts of a text document are called, where the document is one stream of them: a place
//! is a story and the number of a paragraph in it.

use super::paragraph::name_of;

/// A text of its own within a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Story {
    Body,
    Header,
    Footer,
    Footnotes,
    Endnotes,
    Comments,
    TextBoxes,
    Properties,
    Other,
}

/// All of them, by their numbers.
pub(super) const STORIES: [Story; 9] = [
    Story::Body,
    Story::Header,
    Story::Footer,
    Story::Footnotes,
    Story::Endnotes,
    Story::Comments,
    Story::TextBoxes,
    Story::Properties,
    Story::Other,
];

const SHIFT: u32 = 40;

/// The number of the place of a paragraph.
pub(super) fn place_of(story: Story, paragraph: u64) -> u64 {
    (story as u64) << SHIFT | paragraph.min((1 << SHIFT) - 1)
}

/// What people call the place.
pub(super) fn name(place: u64) -> String {
    name_of(place, &|place| {
        let number = place & ((1 << SHIFT) - 1);
        let story = STORIES.get((place >> SHIFT) as usize).copied().unwrap_or(Story::Other);
        match story {
            Story::Body => format!("paragraph {number}"),
            Story::Header => format!("a header, paragraph {number}"),
            Story::Footer => format!("a footer, paragraph {number}"),
            Story::Footnotes => format!("footnotes, paragraph {number}"),
            Story::Endnotes => format!("endnotes, paragraph {number}"),
            Story::Comments => format!("comments, paragraph {number}"),
            Story::TextBoxes => format!("text boxes, paragraph {number}"),
            Story::Properties => "the document's properties".to_owned(),
            Story::Other => "its other data".to_owned(),
        }
    })
}
