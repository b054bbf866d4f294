//! Jupyter notebooks: which cell a text is in, and what it is there. Source: the nbformat
//! documentation, versions 3 and 4.

use super::Format;
use super::json::gather::{self, Gathered, base64_member};
use super::json::{Json, Str, Way, opens};
use crate::extract::unpack::source::Source;
use crate::extract::unpack::{Failure, Inside};

/// What Jupyter, Colab and editors write.
pub(super) const NOTEBOOK: Format = Format { name: "notebook", fits, read };

/// How much of its beginning says that it is one.
const HEAD: usize = 4096;
fn fits(head: &[u8]) -> bool {
    let Some(text) = opens(head, b"{") else {
        return false;
    };
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

struct Notebook {
    /// How many keys lead to the present cell, and its number.
    cell: Option<usize>,
    number: u64,
    kind: String,
    text: Gathered,
}

fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    inside.kind("ipynb");
    let mut notebook =
        Notebook { cell: None, number: 0, kind: String::new(), text: Gathered::default() };
    gather::read(source, inside, &mut |way, next, inside| notebook.take(way, next, inside))?;
    notebook.show(inside)
}

impl Notebook {
    fn take(
        &mut self,
        way: &Way,
        next: Json<'_>,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        match (next, self.cell) {
            (Json::Open, None) => {
                let list = way.len().checked_sub(2).map(|at| way.key(at));
                if list == Some(b"cells") && way.own().is_empty() {
                    self.cell = Some(way.len());
                    self.number += 1;
                    self.kind.clear();
                }
            }
            (Json::Close, Some(cell)) if cell == way.len() => {
                self.show(inside)?;
                self.cell = None;
            }
            (Json::Close, Some(_)) => self.text.line(),
            (Json::Value(value), Some(cell)) => self.value(way, value, cell, inside)?,
            _ => {}
        }
        Ok(())
    }

    fn value(
        &mut self,
        way: &Way,
        value: Str<'_>,
        cell: usize,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        if way.is(cell, &["cell_type"]) {
            self.kind = value.text();
            return Ok(());
        }
        let picture = way.nearest().strip_prefix(b"image/");
        if let Some(kind) = picture.filter(|kind| !kind.starts_with(b"svg")) {
            let kind = String::from_utf8_lossy(kind);
            return base64_member(&format!("cell {}, picture.{kind}", self.number), value, inside);
        }
        // the key that the value, or what it stands in, has in the cell
        let part = match way.key(cell) {
            b"source" | b"input" => Part::Source,
            b"outputs" => Part::Output,
            _ => Part::Other,
        };
        let enough = self.text.push(self.number * 4 + part as u64, value, inside);
        // the lines of a text are strings of one list, which a reader sees joined
        if !way.own().is_empty() || part == Part::Other {
            self.text.line();
        }
        if enough { self.show(inside) } else { Ok(()) }
    }

    /// Shows the cell's text, now that its kind is known.
    fn show(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let kind = match self.kind.as_str() {
            kind @ ("code" | "markdown" | "raw" | "heading") => kind,
            _ => "source",
        };
        self.text.show(inside, &|place| match place % 4 {
            0 => format!("cell {}, {kind}", place / 4),
            1 => format!("cell {}, output", place / 4),
            _ => format!("cell {}, metadata", place / 4),
        })
    }
}
