//! Spreadsheets: a row is one text, and each of its cells a place. Strings that cells share are
//! held until all sheets have been read. ECMA-376, SpreadsheetML.

use std::collections::HashMap;
use std::io::Read;

use super::parts::{Relations, common, elements, own_part};
use super::{Archive, Part, key_of, one_part, paragraphs};
use crate::extract::formats::cells::{Strings, cell_name, name_in, parse_cell, place_of};
use crate::extract::formats::header_codes;
use crate::extract::formats::xml::{self, Tag, Xml};
use crate::extract::unpack::budget::Bound;
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};

/// More sheets than this have no name.
const MOST_SHEETS: usize = 20_000;

/// What sheets are called, and the strings that their cells share.
pub(super) struct Book {
    names: HashMap<String, String>,
    strings: Strings,
    relations: Relations,
}

impl Book {
    /// Finds out which part is which sheet, and reads the strings. `main` is the part that lists the
    /// sheets.
    pub(super) fn read(
        main: &str,
        archive: &mut Archive<'_>,
        inside: &mut Inside<'_, '_>,
        relations: Relations,
    ) -> Result<Self, Failure> {
        let mut names = HashMap::new();
        one_part(archive, inside, main, &mut |member| {
            xml::read(member, &mut |event| {
                if let Xml::Open(tag) = event
                    && tag.name() == b"sheet"
                    && names.len() < MOST_SHEETS
                    && let Some((part, name)) = sheet(&tag, main, &relations)
                {
                    for target in relations.targets(&part) {
                        let called = match () {
                            () if target.contains("omments") => format!("{name}, a comment"),
                            () if target.contains("/drawings/") => format!("{name}, a drawing"),
                            () if target.contains("/tables/") => format!("{name}, a table"),
                            () => continue,
                        };
                        names.insert(target.to_owned(), called);
                    }
                    names.insert(part, name);
                }
                Ok(())
            })
        })?;
        let mut strings = Strings::new(inside)?;
        let named = relations.targets(main).find(|target| target.contains("sharedstrings"));
        let named = named.unwrap_or("xl/sharedstrings.xml");
        one_part(archive, inside, named, &mut |member| read_strings(&mut strings, member))?;
        if strings.full {
            let message = "its cells' shared strings were read, but not told by cell: too many";
            inside.unread_part(message.to_owned());
        }
        Ok(Self { names, strings, relations })
    }
}

/// A sheet's part and what people call it.
fn sheet(tag: &Tag<'_>, main: &str, relations: &Relations) -> Option<(String, String)> {
    let part =
        tag.get_all(b"id").find_map(|id| relations.target(main, &String::from_utf8_lossy(&id)))?;
    let hidden = match tag.get(b"state").as_deref() {
        Some(b"hidden" | b"veryHidden") => "hidden ",
        _ => "",
    };
    Some((part.to_owned(), format!("{hidden}sheet ‘{}’", tag.get_text(b"name")?)))
}

/// Reads the strings that cells share, joined over their runs.
fn read_strings(strings: &mut Strings, member: &mut dyn Read) -> Result<(), Failure> {
    // phonetic readings of a text are no part of it
    let (mut text, mut phonetic) = (false, false);
    let outcome = xml::read(member, &mut |event| {
        match event {
            Xml::Open(tag) => match tag.name() {
                b"t" => text = true,
                b"rPh" => phonetic = true,
                _ => {}
            },
            Xml::Close(b"t") => text = false,
            Xml::Close(b"rPh") => phonetic = false,
            Xml::Close(b"si") => {
                strings.end()?;
            }
            Xml::Text(part) if text && !phonetic => {
                strings.push(part)?;
            }
            _ => {}
        }
        Ok(())
    });
    match outcome {
        Err(Failure::Limit(Bound::Memory)) => {
            strings.full = true;
            Ok(())
        }
        other => other,
    }
}

/// Reads a part of a spreadsheet.
pub(super) fn part(
    name: &str,
    member: &mut dyn Read,
    book: &Book,
    inside: &mut Inside<'_, '_>,
) -> Result<Part, Failure> {
    // the cells that links belong to tell of them
    if key_of(name).starts_with("xl/worksheets/_rels/") {
        return Ok(Part::Copy);
    }
    let Some(part) = own_part(name, "xl/") else {
        return common(name, &book.names, member, inside);
    };
    let known = book.names.get(&key_of(name));
    let key = key_of(part);
    let is = |folder: &str| key.starts_with(folder);
    let called = known.cloned().unwrap_or_else(|| match () {
        () if is("sharedstrings") => "a cell".to_owned(),
        () if is("worksheets/") => "a sheet".to_owned(),
        // names of cells and formulas
        () if is("workbook") => "the workbook".to_owned(),
        () => format!("the part {part}"),
    });
    match () {
        // each cell shows its own
        () if is("sharedstrings") && !book.strings.full => {
            // so there is nothing left to be read in it
            if book.strings.is_empty() {
                elements(member, inside, &called)?;
            }
        }
        () if is("worksheets/") || is("macrosheets/") || is("dialogsheets/") => {
            let key = key_of(name);
            cells(member, inside, book, &key, &called)?;
        }
        () if key.contains("comments") => {
            comments(member, inside, &called)?;
        }
        () if is("drawings/") || is("diagrams/") => {
            paragraphs::read(member, inside, &|_| called.clone())?;
        }
        () => elements(member, inside, &called)?,
    }
    Ok(Part::Read)
}

/// What stands in a sheet and in no cell, by how the names of its elements end. Its places are
/// counted from 1, which no cell's are.
const BESIDE: [(&[u8], &str); 5] = [
    // HEADER, FOOTER and RULE
    (b"Header", "a header"),
    (b"Footer", "a footer"),
    (b"formula", "a condition"),
    (b"formula1", "a rule for what a cell may hold"),
    (b"formula2", "a rule for what a cell may hold"),
];

const HEADER: usize = 0;
const FOOTER: usize = 1;
const RULE: usize = 3;

/// The place of the first cell that a link belongs to.
fn linked_cell(tag: &Tag<'_>) -> u64 {
    let cells = tag.get(b"ref").unwrap_or_default();
    let first = cells.split(|byte| *byte == b':').next().and_then(parse_cell);
    first.map_or(0, |(row, column)| place_of(row, column))
}

fn cells(
    member: &mut dyn Read,
    inside: &mut Inside<'_, '_>,
    book: &Book,
    key: &str,
    called: &str,
) -> Result<(), Failure> {
    let name = |number: u64| {
        let beside = number.checked_sub(1).and_then(|at| BESIDE.get(usize::try_from(at).ok()?));
        match beside {
            Some((_, what)) => format!("{called}, {what}"),
            None => name_in(called, number),
        }
    };
    let mut text = Text::default();
    let mut attributes = Text::default();
    let (mut row, mut column) = (0, 0);
    let mut shared = false;
    let mut value = Vec::new();
    let mut cell = false;
    let mut phonetic = false;
    let outcome = xml::read(member, &mut |event| {
        match event {
            Xml::Open(tag) => {
                let place = match tag.name() {
                    b"hyperlink" => linked_cell(&tag),
                    b"dataValidation" => RULE as u64 + 1,
                    _ => place_of(row, column),
                };
                tag.push_long_values(place, &mut attributes);
                match tag.name() {
                    b"hyperlink" => {
                        let id = tag.get_text(b"id");
                        if let Some(link) = id.and_then(|id| book.relations.link(key, &id)) {
                            attributes.mark(place);
                            attributes.push(link.as_bytes());
                            attributes.push(b"\n");
                        }
                    }
                    b"row" => {
                        row = tag.get_number(b"r").unwrap_or(row + 1);
                        column = 0;
                    }
                    b"c" => {
                        column += 1;
                        (shared, cell) = (false, true);
                        tag.each(&mut |name, value| match name {
                            b"r" => (row, column) = parse_cell(value).unwrap_or((row, column)),
                            b"t" => shared = value == b"s",
                            _ => {}
                        });
                    }
                    b"rPh" => phonetic = true,
                    _ => {}
                }
            }
            Xml::Text(part) if !phonetic => {
                value.extend_from_slice(part);
                // one without end is shown in pieces
                if value.len() > 1024 * 1024 {
                    text.push(&value);
                    value.clear();
                }
            }
            Xml::Text(_) => {}
            Xml::Close(closed) => match closed {
                b"rPh" => phonetic = false,
                b"v" | b"f" | b"is" => {
                    text.mark(place_of(row, column));
                    let index =
                        std::str::from_utf8(&value).ok().and_then(|v| v.trim().parse().ok());
                    match index.and_then(|index| book.strings.get(index)) {
                        Some(string) if shared && closed == b"v" => text.push(string),
                        _ => text.push(&value),
                    }
                    value.clear();
                    text.push(b"\t");
                }
                b"c" => {
                    cell = false;
                    value.clear();
                }
                // the runs of a text in the cell itself
                _ if cell => {}
                b"row" => {
                    column = 0;
                    text.push(b"\n");
                }
                _ if !value.trim_ascii().is_empty() => {
                    let what = BESIDE.iter().position(|(end, _)| closed.ends_with(end));
                    text.mark(what.map_or(0, |at| at as u64 + 1));
                    match what {
                        Some(HEADER | FOOTER) => text.push(&header_codes::plain(&value)),
                        _ => text.push(&value),
                    }
                    text.push(b"\n");
                    value.clear();
                }
                _ => value.clear(),
            },
        }
        for text in [&mut text, &mut attributes] {
            if text.is_enough() {
                inside.text(text, &name)?;
            }
        }
        Ok(())
    });
    text.push(&value);
    inside.text(&mut text, &name)?;
    inside.text(&mut attributes, &name)?;
    outcome
}

/// Comments on cells, each joined over its runs.
fn comments(
    member: &mut dyn Read,
    inside: &mut Inside<'_, '_>,
    called: &str,
) -> Result<(), Failure> {
    let name = |number: u64| match cell_name(number) {
        Some(cell) => format!("{called} on {cell}"),
        None => called.to_owned(),
    };
    let mut text = Text::default();
    let outcome = xml::read(member, &mut |event| {
        match event {
            Xml::Open(tag) => {
                if matches!(tag.name(), b"comment" | b"threadedComment") {
                    let cell = tag.get(b"ref").as_deref().and_then(parse_cell);
                    let (row, column) = cell.unwrap_or_default();
                    text.mark(place_of(row, column));
                }
                tag.push_long_values(0, &mut text);
            }
            Xml::Text(part) => text.push(part),
            // numbers may follow the text, of where its box stands
            Xml::Close(b"text" | b"comment" | b"threadedComment" | b"author") => {
                text.push(b"\n");
                if text.is_enough() {
                    inside.text(&mut text, &name)?;
                }
            }
            Xml::Close(_) => {}
        }
        Ok(())
    });
    inside.text(&mut text, &name)?;
    outcome
}
