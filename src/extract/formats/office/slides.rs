//! Presentations: slides in the order in which they are shown, their notes and comments.
//! ECMA-376, PresentationML.

use std::collections::HashMap;
use std::io::Read;

use super::parts::{Relations, common};
use super::{Archive, one_part, paragraphs};
use crate::extract::formats::xml::{self, Xml};
use crate::extract::unpack::{Failure, Inside};

const PRESENTATION: &str = "ppt/presentation.xml";
/// More slides than this have no number.
const MOST_SLIDES: usize = 20_000;

/// What people call the parts of a presentation.
#[derive(Debug, Default)]
pub(super) struct Deck {
    names: HashMap<String, String>,
}

impl Deck {
    /// Finds out which part is which slide's.
    pub(super) fn read(
        archive: &mut Archive<'_>,
        inside: &mut Inside<'_, '_>,
        relations: &Relations,
    ) -> Result<Self, Failure> {
        let mut slides: Vec<String> = Vec::new();
        one_part(archive, inside, PRESENTATION, &mut |member| {
            xml::read(member, &mut |event| {
                // the plain `id` is a number of its own, and comes first
                if let Xml::Open(tag) = event
                    && tag.name() == b"sldId"
                    && slides.len() < MOST_SLIDES
                    && let Some(slide) = tag.get_all(b"id").find_map(|id| {
                        relations.target(PRESENTATION, &String::from_utf8_lossy(&id))
                    })
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
                    () if target.contains("/notesSlides/") => {
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

/// Reads a part of a presentation; answers whether it is one of its own parts.
pub(super) fn part(
    name: &str,
    member: &mut dyn Read,
    deck: &Deck,
    inside: &mut Inside<'_, '_>,
) -> Result<bool, Failure> {
    let Some(part) = name.strip_prefix("ppt/").filter(|part| part.ends_with(".xml")) else {
        return common(name, member, inside);
    };
    let called = match deck.names.get(name) {
        Some(name) => name.clone(),
        None if part.starts_with("slideLayouts/") => "a slide layout".to_owned(),
        None if part.starts_with("slideMasters/") => "a slide master".to_owned(),
        None if part.starts_with("notesSlides/") => "speaker notes".to_owned(),
        None if part.starts_with("comments/") => "a comment".to_owned(),
        None => format!("the part {part}"),
    };
    if part.starts_with("comments/") || part.starts_with("commentAuthors") {
        super::parts::elements(member, inside, &called)?;
    } else {
        paragraphs::read(member, inside, &|_| called.clone())?;
    }
    Ok(true)
}
