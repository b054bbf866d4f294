//! Jupyter notebooks: which cell a text is in, and what it is there. Source: the nbformat
//! documentation, versions 3 and 4.

use super::Format;
use super::encoded::{self, Decoded};
use super::json::{self, Json, Str};
use crate::extract::position::Walker;
use crate::extract::unpack::source::Source;
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};

/// What Jupyter, Colab and editors write.
pub(super) const NOTEBOOK: Format = Format { name: "notebook", fits, read };

/// The largest notebook that is opened.
const LARGEST: u64 = 64 * 1024 * 1024;
/// How much of its beginning says that it is one.
const HEAD: usize = 4096;
/// A text that is longer is shown in pieces of this length.
const LONG: usize = 128 * 1024;
/// Deeper than this nothing is told apart.
const DEEPEST: usize = 256;

fn fits(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if text.first() != Some(&b'{') {
        return false;
    }
    let holds = |text: &[u8], word: &[u8]| memchr::memmem::find(text, word).is_some();
    let begin = text.get(..HEAD).unwrap_or(text);
    // either stands among the first keys; the other may be anywhere
    (holds(begin, b"\"cells\"") || holds(begin, b"\"worksheets\"") || holds(begin, b"\"nbformat\""))
        && (holds(text, b"\"cell_type\"") || holds(text, b"\"nbformat\""))
}

/// What a string of a cell is.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Source = 0,
    Output = 1,
    Other = 2,
}

struct Notebook<'j> {
    walker: Walker<'j>,
    /// The keys that lead to where reading is; a list has none.
    way: Vec<Option<Str<'j>>>,
    key: Option<Str<'j>>,
    /// How deep the present cell stands, and its number.
    cell: Option<usize>,
    number: u64,
    kind: String,
    text: Text,
    pictures: Vec<(String, Str<'j>)>,
}

fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    inside.kind("ipynb");
    // positions are the file's own, and what stands outside of cells is in it as well
    inside.as_bytes_too();
    let (bytes, _held) = source.bytes(LARGEST)?;
    let mut notebook = Notebook {
        walker: json::walker(&bytes),
        way: Vec::new(),
        key: None,
        cell: None,
        number: 0,
        kind: String::new(),
        text: Text::default(),
        pictures: Vec::new(),
    };
    let mut outcome = Ok(());
    json::read(&bytes, &mut |next| {
        outcome = notebook.take(next, inside);
        outcome.is_ok()
    });
    outcome?;
    notebook.show(inside)
}

impl<'j> Notebook<'j> {
    fn take(&mut self, next: Json<'j>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        match next {
            Json::Open => {
                if self.way.len() >= DEEPEST {
                    return Err(Failure::Broken("it is nested too deep".to_owned()));
                }
                self.way.push(self.key.take());
                let in_cells = self.way.len() >= 3
                    && self
                        .way
                        .len()
                        .checked_sub(2)
                        .and_then(|at| self.way.get(at))
                        .is_some_and(|key| key.as_ref().is_some_and(|key| key.is("cells")));
                if self.cell.is_none() && in_cells {
                    self.cell = Some(self.way.len());
                    self.number += 1;
                    self.kind.clear();
                }
            }
            Json::Close => {
                if self.cell == Some(self.way.len()) {
                    self.show(inside)?;
                    self.cell = None;
                } else if self.cell.is_some() {
                    self.text.push(b"\n");
                }
                self.way.pop();
                self.key = None;
            }
            Json::Key(key) => self.key = Some(key),
            Json::Value(value) => {
                let key = self.key.take();
                if let Some(cell) = self.cell {
                    self.value(key, value, cell, inside)?;
                }
            }
            Json::Other => self.key = None,
        }
        Ok(())
    }

    fn value(
        &mut self,
        key: Option<Str<'j>>,
        value: Str<'j>,
        cell: usize,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        // the key that the value, or what it stands in, has in the cell
        let in_cell = self.way.get(cell).copied().flatten().or(key);
        let is = |name: &str| in_cell.is_some_and(|key| key.is(name));
        if is("cell_type") && self.way.len() == cell {
            self.kind = value.text();
            return Ok(());
        }
        let nearest = key.or_else(|| self.way.iter().rev().find_map(|key| *key));
        let picture = nearest
            .and_then(|key| key.raw.strip_prefix(b"image/"))
            .filter(|kind| !kind.starts_with(b"svg"));
        if let Some(kind) = picture {
            let kind = String::from_utf8_lossy(kind).into_owned();
            self.pictures.push((kind, value));
            return Ok(());
        }
        let part = match () {
            () if is("source") || is("input") => Part::Source,
            () if is("outputs") => Part::Output,
            () => Part::Other,
        };
        for stretch in value.parts(LONG) {
            stretch.push_to(self.number * 4 + part as u64, &mut self.text, &mut self.walker);
            // a cell without end is shown in pieces
            if self.text.bytes.len() >= LONG {
                self.show(inside)?;
            }
        }
        // the lines of a text are strings of one list, which a reader sees joined
        if key.is_some() || part == Part::Other {
            self.text.push(b"\n");
        }
        Ok(())
    }

    /// Shows the cell's text, now that its kind is known, and its pictures.
    fn show(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let kind = match self.kind.as_str() {
            kind @ ("code" | "markdown" | "raw" | "heading") => kind,
            _ => "source",
        };
        inside.text(&mut self.text, &|place| match place % 4 {
            0 => format!("cell {}, {kind}", place / 4),
            1 => format!("cell {}, output", place / 4),
            _ => format!("cell {}, metadata", place / 4),
        })?;
        for (kind, picture) in std::mem::take(&mut self.pictures) {
            let name = format!("cell {}, picture.{kind}", self.number);
            if encoded::is_sound(picture.raw) {
                inside.member(&name, &mut Decoded::new(picture.raw))?;
            } else {
                inside.unread(&name, &Failure::Broken("it is no base64".to_owned()));
            }
        }
        Ok(())
    }
}
