//! Presentations: slides in the order in which they are shown, their notes and comments.
//! ECMA-376, PresentationML.

use std::collections::HashMap;
use std::io::Read;

use super::parts::{Relations, common, own_part};
use super::{Archive, Part, key_of, one_part, paragraphs};
use crate::extract::formats::xml::{self, Xml};
use crate::extract::unpack::{Failure, Inside};

/// More slides than this have no number.
const MOST_SLIDES: usize = 20_000;

/// What people call the parts of a presentation.
#[derive(Debug, Default)]
pub(super) struct Deck {
    names: HashMap<String, String>,
}

impl Deck {
    /// Finds out which part is which slide's. `main` is the part that lists the slides.
    pub(super) fn read(
        main: &str,
        archive: &mut Archive<'_>,
        inside: &mut Inside<'_, '_>,
        relations: &Relations,
    ) -> Result<Self, Failure> {
        let mut slides: Vec<String> = Vec::new();
        one_part(archive, inside, main, &mut |member| {
            xml::read(member, &mut |event| {
                // the plain `id` is a number of its own, and comes first
                if let Xml::Open(tag) = event
                    && tag.name() == b"sldId"
                    && slides.len() < MOST_SLIDES
                    && let Some(slide) = tag
                        .get_all(b"id")
                        .find_map(|id| relations.target(main, &String::from_utf8_lossy(&id)))
                {
                    slides.push(slide.to_owned());
                }
                Ok(())
            })
        })?;
        let mut names = HashMap::new();
        for (number, slide) in (1..).zip(slides) {
            for target in relations.targets(&slide) {
                let name = match () {
                    () if target.contains("/notesslides/") => {
                        format!("slide {number}, speaker notes")
                    }
                    () if target.contains("/comments/") => format!("slide {number}, a comment"),
                    () if target.contains("/diagrams/") => format!("slide {number}, a diagram"),
                    () if target.contains("/charts/") => format!("slide {number}, a chart"),
                    () => continue,
                };
                names.insert(target.to_owned(), name);
            }
            names.insert(slide, format!("slide {number}"));
        }
        Ok(Self { names })
    }
}

/// Reads a part of a presentation.
pub(super) fn part(
    name: &str,
    member: &mut dyn Read,
    deck: &Deck,
    inside: &mut Inside<'_, '_>,
) -> Result<Part, Failure> {
    let Some(part) = own_part(name, "ppt/") else {
        return common(name, &deck.names, member, inside);
    };
    let key = key_of(part);
    let called = match deck.names.get(&key_of(name)) {
        Some(name) => name.clone(),
        None if key.starts_with("slidelayouts/") => "a slide layout".to_owned(),
        None if key.starts_with("slidemasters/") => "a slide master".to_owned(),
        None if key.starts_with("notesslides/") => "speaker notes".to_owned(),
        None if key.starts_with("comments/") => "a comment".to_owned(),
        None => format!("the part {part}"),
    };
    if key.starts_with("comments/comment") || key.starts_with("commentauthors") {
        super::parts::elements(member, inside, &called)?;
    } else {
        paragraphs::read(member, inside, &|_| called.clone())?;
    }
    Ok(Part::Read)
}
