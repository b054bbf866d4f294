//! OpenDocument: texts, spreadsheets and slides, in `content.xml` and `styles.xml` (headers and
//! footers). Source: OASIS OpenDocument 1.3.

use std::collections::HashSet;
use std::io::Read;

use super::parts::elements;
use super::{Archive, Part, one_part};
use crate::extract::formats::cells::{name_in, place_of};
use crate::extract::formats::xml::{self, Tag, Xml};
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};

/// Repeated cells and rows are empty, or the same: more of them need no place of their own.
const MOST_REPEATED: u64 = 1 << 20;
/// Comments and frames stand inside paragraphs; so deep.
const DEEPEST: usize = 64;
/// More styles than this hide nothing.
const MOST_STYLES: usize = 20_000;

/// The usual extension of the format whose type is `mimetype`, if it is one of OpenDocument's.
pub(super) fn kind_of(mimetype: &[u8]) -> Option<&'static str> {
    let kind = mimetype.trim_ascii().strip_prefix(b"application/vnd.oasis.opendocument.")?;
    Some(match kind {
        kind if kind.starts_with(b"spreadsheet") => "ods",
        kind if kind.starts_with(b"presentation") => "odp",
        _ => "odt",
    })
}

/// Whether the file is encrypted, wholly or by its parts.
pub(super) fn is_encrypted(
    archive: &mut Archive<'_>,
    inside: &mut Inside<'_, '_>,
) -> Result<bool, Failure> {
    let mut is_encrypted = false;
    one_part(archive, inside, "meta-inf/manifest.xml", &mut |member| {
        xml::read(member, &mut |event| {
            is_encrypted |= matches!(event, Xml::Open(tag) if tag.name() == b"encryption-data");
            Ok(())
        })
    })?;
    Ok(is_encrypted)
}

/// Reads a part.
pub(super) fn part(
    name: &str,
    member: &mut dyn Read,
    inside: &mut Inside<'_, '_>,
) -> Result<Part, Failure> {
    // how an object was drawn, in a format of LibreOffice's
    if name.starts_with("ObjectReplacements/") || name.ends_with(".svm") {
        return Ok(Part::Copy);
    }
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    match file {
        "content.xml" | "styles.xml" => content(folder, member, inside)?,
        "meta.xml" => elements(member, inside, "the document's properties")?,
        other if other.ends_with(".xml") => elements(member, inside, &format!("the part {name}"))?,
        other if other.ends_with(".rdf") => elements(member, inside, "metadata")?,
        _ => return Ok(Part::Document),
    }
    Ok(Part::Read)
}

/// What stands around a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Around {
    Comment,
    Deletion,
    Header,
    Footer,
    Notes,
    Footnote,
    Properties,
}

impl Around {
    fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"annotation" => Self::Comment,
            b"deletion" | b"tracked-changes" => Self::Deletion,
            b"header" | b"header-left" | b"header-first" => Self::Header,
            b"footer" | b"footer-left" | b"footer-first" => Self::Footer,
            b"notes" => Self::Notes,
            b"note" => Self::Footnote,
            b"meta" => Self::Properties,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Comment => "a comment",
            Self::Deletion => "in a deletion that is tracked",
            Self::Header => "a header",
            Self::Footer => "a footer",
            Self::Notes => "speaker notes",
            Self::Footnote => "a footnote",
            Self::Properties => "the document's properties",
        }
    }
}

#[derive(Default)]
struct Content {
    /// The folder of an object in the document, a chart or a formula.
    object: String,
    text: Text,
    /// Text of paragraphs that are open: a comment stands inside one.
    open: Vec<Vec<u8>>,
    around: Vec<Around>,
    /// How many of `open` are a paragraph, or stand in one.
    within: usize,
    paragraph: u64,
    slide: u64,
    /// The style that is open, and those whose tables are not shown.
    style: Option<String>,
    hidden: HashSet<String>,
    sheet: Option<String>,
    /// Whether that is not shown.
    is_hidden: bool,
    /// What a table is called here.
    table: &'static str,
    row: u64,
    rows: u64,
    column: u64,
    columns: u64,
    in_cell: bool,
    /// What the places of the gathered text have in common.
    called: String,
}

/// Reads text, styles or both. `folder` is where they stand, if they are an object's.
pub(super) fn content(
    folder: &str,
    member: &mut dyn Read,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    let table = if inside.is_kind("ods") { "sheet" } else { "table" };
    let mut content = Content { object: folder.to_owned(), table, ..Content::default() };
    let outcome = xml::read(member, &mut |event| match event {
        Xml::Open(tag) => content.open(&tag, inside),
        Xml::Close(name) => content.close(name, inside),
        Xml::Text(text) => {
            content.push(text);
            content.cut_long(inside)
        }
    });
    while !content.open.is_empty() {
        content.end_paragraph(inside)?;
    }
    content.show(inside)?;
    outcome
}

impl Content {
    fn open(&mut self, tag: &Tag<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let name = tag.name();
        if let Some(around) = Around::of(name)
            && self.around.len() < DEEPEST
        {
            self.around.push(around);
        }
        match name {
            b"p" | b"h" if self.open.len() < DEEPEST => {
                self.paragraph += u64::from(self.within == 0 && self.around.is_empty());
                self.within += 1;
                self.open.push(Vec::new());
            }
            // what a picture shows, for those who can't see it
            b"title" | b"desc" if self.open.len() < DEEPEST => self.open.push(Vec::new()),
            _ if self.is_property(name) && self.open.len() < DEEPEST => self.open.push(Vec::new()),
            b"s" => self.push(&vec![b' '; tag.get_number(b"c").unwrap_or(1).min(1000) as usize]),
            b"tab" => self.push(b"\t"),
            b"line-break" => self.push(b"\n"),
            b"page" => {
                self.show(inside)?;
                self.slide += 1;
            }
            b"table" => {
                self.show(inside)?;
                self.sheet = tag.get_text(b"name");
                let style = tag.get_text(b"style-name");
                self.is_hidden = style.is_some_and(|style| self.hidden.contains(&style));
                (self.row, self.rows) = (0, 1);
            }
            b"style" => self.style = tag.get_text(b"name"),
            b"table-properties"
                if tag.get(b"display").as_deref() == Some(b"false")
                    && self.hidden.len() < MOST_STYLES =>
            {
                self.hidden.extend(self.style.take());
            }
            b"table-row" => {
                self.row += self.rows.min(MOST_REPEATED);
                self.rows = tag.get_number(b"number-rows-repeated").unwrap_or(1);
                if self.row == 0 {
                    self.row = 1;
                }
                (self.column, self.columns) = (0, 1);
            }
            b"table-cell" | b"covered-table-cell" => {
                self.column += self.columns.min(MOST_REPEATED);
                self.columns = tag.get_number(b"number-columns-repeated").unwrap_or(1);
                self.in_cell = true;
            }
            _ => {}
        }
        self.change_place(inside)?;
        tag.push_long_values(self.place(), &mut self.text);
        self.cut_long(inside)
    }

    fn close(&mut self, name: &[u8], inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        match name {
            b"p" | b"h" => {
                self.end_paragraph(inside)?;
                self.within = self.within.saturating_sub(1);
            }
            b"title" | b"desc" => self.end_paragraph(inside)?,
            _ if self.is_property(name) => self.end_paragraph(inside)?,
            b"table-cell" | b"covered-table-cell" => self.in_cell = false,
            b"table-row" => self.text.push(b"\n"),
            b"table" => {
                self.show(inside)?;
                self.sheet = None;
            }
            name if Around::of(name).is_some()
                && Around::of(name) == self.around.last().copied() =>
            {
                self.show(inside)?;
                self.around.pop();
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether this element is one of the document's properties.
    fn is_property(&self, name: &[u8]) -> bool {
        self.around.last() == Some(&Around::Properties) && name != b"meta"
    }

    fn push(&mut self, text: &[u8]) {
        if let Some(paragraph) = self.open.last_mut() {
            paragraph.extend_from_slice(text);
        }
    }

    /// A paragraph without end is shown in pieces; the more of them are open, the smaller.
    fn cut_long(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let most = 1024 * 1024 / self.open.len().max(1);
        if self.open.last().is_some_and(|paragraph| paragraph.len() > most) {
            self.end_paragraph(inside)?;
            self.open.push(Vec::new());
        }
        Ok(())
    }

    fn end_paragraph(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let Some(paragraph) = self.open.pop() else {
            return Ok(());
        };
        self.change_place(inside)?;
        self.text.mark(self.place());
        self.text.push(&paragraph);
        // cells of a row are one text
        self.text.push(if self.sheet.is_some() { b"\t" } else { b"\n" });
        if self.text.is_enough() {
            self.show(inside)?;
        }
        Ok(())
    }

    /// Shows what was gathered at another place than the present one.
    fn change_place(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let called = self.name();
        if called != self.called {
            self.show(inside)?;
            self.called = called;
        }
        Ok(())
    }

    fn place(&self) -> u64 {
        match self.sheet {
            Some(_) if self.in_cell => place_of(self.row, self.column),
            None if self.within > 0 => self.paragraph,
            _ => 0,
        }
    }

    /// What the present place is called, but for the number in it.
    fn name(&self) -> String {
        if !self.object.is_empty() {
            return format!("the object ‘{}’", self.object);
        }
        let outer = match (&self.sheet, self.slide) {
            (Some(sheet), _) => {
                let hidden = if self.is_hidden { "hidden " } else { "" };
                Some(format!("{hidden}{} ‘{sheet}’", self.table))
            }
            (None, 0) => None,
            (None, slide) => Some(format!("slide {slide}")),
        };
        let around = self.around.last().map(|around| around.name());
        match (outer, around) {
            (Some(outer), Some(around)) => format!("{outer}, {around}"),
            (Some(outer), None) => outer,
            (None, Some(around)) => around.to_owned(),
            (None, None) => String::new(),
        }
    }

    fn show(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let called = &self.called;
        let shown = called.strip_prefix("hidden ").unwrap_or(called);
        let table = shown.starts_with("sheet ") || shown.starts_with("table ");
        inside.text(&mut self.text, &|number| match () {
            () if table => name_in(called, number),
            () if called.is_empty() && number == 0 => "its other data".to_owned(),
            () if called.is_empty() => format!("paragraph {number}"),
            () => called.clone(),
        })
    }
}
