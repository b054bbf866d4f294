//! Documents inside documents: an archive's members, a message's attachments, the text of an
//! office file. Each format has a reader in [`crate::extract::formats`]; this module finds out
//! what a document is by its content, hands it to its reader, and shows what comes out to a
//! [`Sink`], however deep it was nested. Nothing is written to disk, and what is read of one file
//! is bounded by its [`Budget`].
//!
//! A reader that fails, reaches a limit or panics leaves an [`Unread`] behind; the bytes of its
//! document are then shown as they are.

pub mod budget;
mod guard;
pub mod names;
pub mod source;
pub mod text;

pub use guard::quietly;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::rc::Rc;

use budget::{Bound, Budget, Limits, Metered};
use source::{Seekable, Source};
use text::Text;

use super::formats::{self, Format};
use super::ocr::Ocr;
use super::window::{Buffers, Head};

/// Which document, seen from the file that was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct At {
    /// The way in: `!outer member!inner member`; empty for the file itself.
    pub member: String,
    /// The document's own name.
    pub name: String,
    /// What the document is, as the usual extension of its format, where its reader says so.
    pub kind: Option<&'static str>,
    /// What the documents around it are, where their readers say so; the outermost first.
    pub around: Vec<&'static str>,
    /// The way to what this document is the compressed form of, if it is one: a compressed
    /// archive is one document for people.
    wrapper: Option<String>,
}

/// How a document's bytes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// They are all there is of it.
    Only,
    /// Its parts were shown already, as far as they could be read.
    Again,
}

/// What looks at documents.
pub trait Sink {
    /// Looks at the bytes of a document as they are: `head` has been read into `buffers`, `rest`
    /// is what follows. Answers how many there were.
    ///
    /// # Errors
    ///
    /// Whatever reading answers; what was seen before then counts.
    fn bytes(
        &mut self,
        at: &At,
        reading: Reading,
        head: Head,
        buffers: &mut Buffers,
        rest: &mut dyn Read,
    ) -> io::Result<u64>;

    /// Looks at text that a reader took out of a document. `name` says what the text's places
    /// are called.
    fn text(&mut self, at: &At, text: &Text, name: &dyn Fn(u64) -> String);
}

/// Why a part of a document was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A limit, damage, a password, a method that is not known.
    Failed,
    /// It is a picture, and pictures, or those of its kind, are not read.
    Picture,
}

/// What is said of a picture that was not read.
pub const PICTURE_UNREAD: &str = "a picture, not read";

/// A part of a document that was not read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// The way in, as in [`At::member`].
    pub member: String,
    /// Why, for people.
    pub message: String,
    /// Why, for programs.
    pub why: Why,
}

/// The account of one file.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// How many bytes the file itself has.
    pub bytes: u64,
    /// What was not read of it.
    pub unread: Vec<Unread>,
    /// Whether it was not read now, as [`Limits::postponed`] asks.
    pub is_postponed: bool,
}

/// More of these are counted, not listed.
const MOST_UNREAD: usize = 100;

/// Why a reader gave up.
#[derive(Debug)]
pub enum Failure {
    /// A limit was reached.
    Limit(Bound),
    /// The bytes can't be read, or are not what their format asks for.
    Io(io::Error),
    /// The document is not what its format asks for, in words that follow "it".
    Broken(String),
    /// It can't be read without a password.
    Encrypted,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(bound) => bound.fmt(f),
            Self::Io(error) => f.write_str(&damage(error)),
            Self::Broken(message) => f.write_str(message),
            Self::Encrypted => f.write_str("it is encrypted"),
        }
    }
}

/// What went wrong in a document's bytes.
fn damage(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => "it is cut short".to_owned(),
        _ => {
            let text = error.to_string();
            format!("it is damaged ({})", text.split(" (os error").next().unwrap_or(&text))
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Bound>()) {
            Some(bound) => Self::Limit(*bound),
            None => Self::Io(error),
        }
    }
}

impl From<Bound> for Failure {
    fn from(bound: Bound) -> Self {
        Self::Limit(bound)
    }
}

/// A file that is to be read.
pub enum Input<'a> {
    /// With seeking.
    Seekable(&'a mut dyn Seekable),
    /// Once, from its beginning.
    Stream(&'a mut dyn Read),
}

/// Memory for reading, one for each level of nesting, reused from file to file.
#[derive(Debug, Default)]
pub struct Pool(Vec<Buffers>);

/// Reads the file `input` of the name `name` and shows it, and all that is inside it, to `sink`.
/// The text in pictures is read by `ocr`, if there is one.
///
/// # Errors
///
/// If the file itself can't be read. What can't be read inside it is told in the account.
pub fn read(
    input: Input<'_>,
    name: &str,
    limits: &Limits,
    ocr: Option<&Ocr>,
    pool: &mut Pool,
    sink: &mut dyn Sink,
) -> io::Result<Account> {
    read_as(None, input, name, limits, ocr, pool, sink)
}

/// The same for a file that is said to be of `format`, whatever it begins with.
///
/// # Errors
///
/// If the file itself can't be read.
pub fn read_as(
    format: Option<&'static Format>,
    input: Input<'_>,
    name: &str,
    limits: &Limits,
    ocr: Option<&Ocr>,
    pool: &mut Pool,
    sink: &mut dyn Sink,
) -> io::Result<Account> {
    let budget = Budget::new(limits.clone());
    let at = At { name: name.to_owned(), ..At::default() };
    let (unread, unlisted, depth) = Default::default();
    let mut unpacker = Unpacker { sink, ocr, pool, budget, unread, unlisted, depth, format };
    let bytes = match input {
        Input::Seekable(_) => unpacker.document(at, input)?,
        Input::Stream(inner) => {
            let budget = Rc::clone(&unpacker.budget);
            let mut counted = Counted { inner, budget, total: 0 };
            unpacker.document(at, Input::Stream(&mut counted))?;
            counted.total
        }
    };
    let Unpacker { mut unread, unlisted, budget, .. } = unpacker;
    let is_postponed = budget.reached() == Some(Bound::Postponed);
    for (why, count) in unlisted {
        let what = match why {
            Why::Failed => "parts were not read",
            Why::Picture => "pictures were not read",
        };
        unread.push(Unread {
            member: String::new(),
            message: format!("{count} more of its {what}"),
            why,
        });
    }
    Ok(Account { bytes, unread, is_postponed })
}

struct Unpacker<'u> {
    sink: &'u mut dyn Sink,
    ocr: Option<&'u Ocr>,
    pool: &'u mut Pool,
    budget: Rc<Budget>,
    unread: Vec<Unread>,
    unlisted: BTreeMap<Why, u64>,
    depth: usize,
    /// What the file itself is said to be.
    format: Option<&'static Format>,
}

impl Unpacker<'_> {
    fn document(&mut self, at: At, input: Input<'_>) -> io::Result<u64> {
        let mut buffers = self.pool.0.pop().unwrap_or_default();
        let result = self.look(at, input, &mut buffers);
        self.pool.0.push(buffers);
        result
    }

    /// Looks at a document; answers how many bytes it has, where it was read whole.
    fn look(&mut self, mut at: At, mut input: Input<'_>, buffers: &mut Buffers) -> io::Result<u64> {
        let head = match &mut input {
            Input::Seekable(reader) => buffers.fill(reader),
            Input::Stream(reader) => buffers.fill(reader),
        };
        let said = self.format.take();
        let known = said.or_else(|| formats::of(buffers.head(head)));
        let reader = known.filter(|_| self.goes_deeper(&at));
        let Some(format) = reader else {
            let rest: &mut dyn Read = match &mut input {
                Input::Seekable(reader) => reader,
                Input::Stream(reader) => reader,
            };
            return self.sink.bytes(&at, Reading::Only, head, buffers, rest);
        };
        if let Some(wrapper) = at.wrapper.take() {
            at.member = wrapper;
        }
        let budget = Rc::clone(&self.budget);
        let mut source = match input {
            Input::Seekable(reader) => match reader.rewind() {
                Ok(()) => Source::seekable_from(reader, budget),
                // a pipe that was named
                Err(_) => Source::stream_from(buffers.head(head), reader, budget),
            },
            Input::Stream(rest) => Source::stream_from(buffers.head(head), rest, budget),
        };
        let length = source.length();
        if self.depth == 0 {
            self.budget.set_own(length.unwrap_or(0));
            if self.budget.is_for_later(length) {
                return Ok(0);
            }
        }
        // the time of the first document begins here; whoever reads asks again
        let _ = self.budget.tick();
        let depth = self.depth;
        self.depth += 1;
        let mut inside = Inside { unpacker: self, at, as_bytes: false };
        let outcome = guard::run(|| (format.read)(&mut source, &mut inside));
        let Inside { at, mut as_bytes, .. } = inside;
        // not one less: a panic skips what readers further in put back
        self.depth = depth;
        if self.budget.reached() == Some(Bound::Postponed) {
            return Ok(0);
        }
        if let Err(failure) = outcome {
            as_bytes = true;
            // a limit of the whole file is told once, of the file
            match self.budget.reached() {
                Some(bound) if depth == 0 => {
                    self.note(&at, format!("{}: {bound}", format.name), Why::Failed);
                }
                Some(_) => {}
                None => self.note(&at, format!("{}: {failure}", format.name), Why::Failed),
            }
        }
        if as_bytes && let Some(mut raw) = source.raw() {
            let mut buffers = self.pool.0.pop().unwrap_or_default();
            let head = buffers.fill(&mut raw);
            let result = self.sink.bytes(&at, Reading::Again, head, &mut buffers, &mut raw);
            self.pool.0.push(buffers);
            if self.depth == 0 {
                result?;
            }
        }
        Ok(length.unwrap_or(0))
    }

    /// Whether containers are still opened here.
    fn goes_deeper(&mut self, at: &At) -> bool {
        let depth = self.budget.limits().depth;
        if self.depth < depth {
            return true;
        }
        let message = format!("it is nested more than {depth} deep; it was searched as it is");
        self.note(at, message, Why::Failed);
        false
    }

    fn note(&mut self, at: &At, message: String, why: Why) {
        // many pictures must not hide what failed
        if self.unread.iter().filter(|unread| unread.why == why).count() >= MOST_UNREAD {
            *self.unlisted.entry(why).or_default() += 1;
            return;
        }
        let unread = Unread { member: at.member.clone(), message, why };
        if !self.unread.contains(&unread) {
            self.unread.push(unread);
        }
    }
}

/// What a reader does with the document that it reads.
pub struct Inside<'i, 'u> {
    unpacker: &'i mut Unpacker<'u>,
    at: At,
    as_bytes: bool,
}

impl Inside<'_, '_> {
    /// The document's own name.
    pub fn name(&self) -> &str {
        &self.at.name
    }

    /// Says what the document is: the usual extension of its format.
    pub fn kind(&mut self, kind: &'static str) {
        self.at.kind = Some(kind);
    }

    /// Whether the document was said to be of this kind.
    pub fn is_kind(&self, kind: &str) -> bool {
        self.at.kind == Some(kind)
    }

    /// What the documents around a member are.
    fn around(&self) -> Vec<&'static str> {
        self.at.around.iter().copied().chain(self.at.kind).collect()
    }

    /// What reads the text in pictures, if that was asked for.
    pub fn ocr(&self) -> Option<&Ocr> {
        self.unpacker.ocr
    }

    /// What reading may still cost.
    pub fn budget(&self) -> &Rc<Budget> {
        &self.unpacker.budget
    }

    /// Shows a member, which may be a document of any format itself. What can't be read of it is
    /// noted; the members after it can be.
    ///
    /// # Errors
    ///
    /// If a limit of the file was reached.
    pub fn member(&mut self, name: &str, reader: &mut dyn Read) -> Result<(), Failure> {
        let name = names::clean(name);
        let member = format!("{}!{name}", self.at.member);
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        let around = self.around();
        self.inner(At { member, name, around, ..At::default() }, reader)
    }

    /// Reads a part of the document with `read`; what it costs is counted.
    ///
    /// # Errors
    ///
    /// What `read` answers, or the limit that was reached.
    pub fn part<T>(
        &mut self,
        reader: &mut dyn Read,
        read: impl FnOnce(&mut dyn Read, &mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.unpacker.budget.member()?;
        let budget = Rc::clone(&self.unpacker.budget);
        let outcome = read(&mut Metered { inner: reader, budget }, self);
        match self.unpacker.budget.reached() {
            Some(bound) => Err(bound.into()),
            None => outcome,
        }
    }

    /// Shows the bytes of a part whose text was read in part only, and notes why.
    ///
    /// # Errors
    ///
    /// If a limit of the file was reached.
    pub fn broken_part(
        &mut self,
        name: &str,
        failure: &Failure,
        reader: &mut dyn Read,
    ) -> Result<(), Failure> {
        self.unread(name, failure);
        self.bytes_again(name, reader)
    }

    /// Shows the bytes of a part, whose text was read, as they are, too.
    ///
    /// # Errors
    ///
    /// If a limit of the file was reached.
    pub fn bytes_again(&mut self, name: &str, reader: &mut dyn Read) -> Result<(), Failure> {
        let name = names::clean(name);
        let member = format!("{}!{name}", self.at.member);
        let at = At { member, name, around: self.around(), ..At::default() };
        self.part(reader, |reader, inside| {
            let mut buffers = inside.unpacker.pool.0.pop().unwrap_or_default();
            let head = buffers.fill(reader);
            let sink = &mut inside.unpacker.sink;
            // what can't be read of it was noted when its text was
            let _ = sink.bytes(&at, Reading::Again, head, &mut buffers, reader);
            inside.unpacker.pool.0.push(buffers);
            Ok(())
        })
    }

    /// Shows what the document is the compressed form of.
    ///
    /// # Errors
    ///
    /// If a limit of the file was reached.
    pub fn expanded(&mut self, name: &str, reader: &mut dyn Read) -> Result<(), Failure> {
        let name = names::clean(name);
        let member = format!("{}!{name}", self.at.member);
        let wrapper = Some(self.at.member.clone());
        let around = self.around();
        self.inner(At { member, name, around, wrapper, ..At::default() }, reader)
    }

    fn inner(&mut self, at: At, reader: &mut dyn Read) -> Result<(), Failure> {
        self.unpacker.budget.member()?;
        let budget = Rc::clone(&self.unpacker.budget);
        let mut metered = Metered { inner: reader, budget };
        let member = at.member.clone();
        let result = self.unpacker.document(at, Input::Stream(&mut metered));
        if let Some(bound) = self.unpacker.budget.reached() {
            return Err(bound.into());
        }
        if let Err(error) = result {
            let at = At { member, ..At::default() };
            self.unpacker.note(&at, damage(&error), Why::Failed);
        }
        Ok(())
    }

    /// Shows, with `read`, a document that stands in this one without bytes of its own: as part
    /// of the same container. What can't be read of it is noted.
    ///
    /// # Errors
    ///
    /// If a limit of the file was reached.
    pub fn nested(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.unpacker.budget.member()?;
        let name = names::clean(name);
        let member = format!("{}!{name}", self.at.member);
        let at = At { member, name, around: self.around(), ..At::default() };
        if !self.unpacker.goes_deeper(&at) {
            return Ok(());
        }
        let depth = self.unpacker.depth;
        self.unpacker.depth += 1;
        let outer = std::mem::replace(&mut self.at, at);
        let outcome = guard::run(|| read(self));
        self.unpacker.depth = depth;
        let at = std::mem::replace(&mut self.at, outer);
        if let Some(bound) = self.unpacker.budget.reached() {
            return Err(bound.into());
        }
        if let Err(failure) = outcome {
            self.unpacker.note(&at, failure.to_string(), Why::Failed);
        }
        Ok(())
    }

    /// Shows text that was taken out of the document, and clears it. `name` says what its places
    /// are called.
    ///
    /// # Errors
    ///
    /// If a limit of the file was reached.
    pub fn text(&mut self, text: &mut Text, name: &dyn Fn(u64) -> String) -> Result<(), Failure> {
        if !text.is_empty() {
            self.unpacker.budget.spend(text.bytes.len() as u64)?;
            self.unpacker.sink.text(&self.at, text, name);
        }
        text.clear();
        Ok(())
    }

    /// Has the document's bytes looked at as they are, too.
    pub fn as_bytes_too(&mut self) {
        self.as_bytes = true;
    }

    /// Notes that the member `name` was not read, and why, in words that follow "it".
    pub fn unread(&mut self, name: &str, failure: &Failure) {
        let member = format!("{}!{}", self.at.member, names::clean(name));
        let at = At { member, ..At::default() };
        self.unpacker.note(&at, failure.to_string(), Why::Failed);
    }

    /// Notes that something of the document itself was not read, and why.
    pub fn unread_part(&mut self, message: String) {
        let Self { unpacker, at, .. } = self;
        unpacker.note(at, message, Why::Failed);
    }

    /// Notes that the document is a picture, which was not read.
    pub fn picture_unread(&mut self) {
        let Self { unpacker, at, .. } = self;
        unpacker.note(at, PICTURE_UNREAD.to_owned(), Why::Picture);
    }
}

/// Counts what is read of a stream.
struct Counted<'a> {
    inner: &'a mut dyn Read,
    budget: Rc<Budget>,
    total: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(into)?;
        self.total += count as u64;
        self.budget.set_own(self.total);
        Ok(count)
    }
}
