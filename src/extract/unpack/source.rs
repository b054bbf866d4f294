//! The bytes of a document, as its reader needs them: in a stream, with seeking, or all at once.

use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::rc::Rc;

use super::Failure;
use super::budget::{Bound, Budget, Held};

/// What can be read from any place.
pub trait Seekable: Read + Seek {}

impl<T: Read + Seek> Seekable for T {}

/// The bytes of a document.
pub struct Source<'a> {
    inner: Inner<'a>,
    budget: Rc<Budget>,
}

enum Inner<'a> {
    Seekable(&'a mut dyn Seekable),
    /// What has been read of a stream, and the rest of it.
    Stream {
        stream: io::Chain<&'a [u8], &'a mut dyn Read>,
        begun: bool,
    },
    /// A stream that was read into memory, to its end or as far as memory went.
    Held {
        bytes: Cursor<Vec<u8>>,
        rest: Option<&'a mut dyn Read>,
        _held: Held,
    },
    Spent,
}

impl<'a> Source<'a> {
    pub(super) fn seekable_from(inner: &'a mut dyn Seekable, budget: Rc<Budget>) -> Self {
        Self { inner: Inner::Seekable(inner), budget }
    }

    pub(super) fn stream_from(head: &'a [u8], rest: &'a mut dyn Read, budget: Rc<Budget>) -> Self {
        Self { inner: Inner::Stream { stream: head.chain(rest), begun: false }, budget }
    }

    /// The document from its beginning, to be read once.
    ///
    /// # Errors
    ///
    /// If it can't be read from its beginning any more.
    pub fn stream(&mut self) -> Result<&mut dyn Read, Failure> {
        match &mut self.inner {
            Inner::Seekable(inner) => {
                inner.seek(SeekFrom::Start(0))?;
                Ok(*inner)
            }
            Inner::Stream { stream, begun } => {
                *begun = true;
                Ok(stream)
            }
            Inner::Held { bytes, rest: None, .. } => {
                bytes.set_position(0);
                Ok(bytes)
            }
            Inner::Held { rest: Some(_), .. } | Inner::Spent => {
                Err(Failure::Broken("it can't be read twice".to_owned()))
            }
        }
    }

    /// The document with seeking. A member is read into memory for that.
    ///
    /// # Errors
    ///
    /// If it is too large to be held, or can't be read.
    pub fn seekable(&mut self) -> Result<&mut dyn Seekable, Failure> {
        if let Inner::Stream { .. } = self.inner {
            self.hold()?;
        }
        match &mut self.inner {
            Inner::Seekable(inner) => {
                inner.seek(SeekFrom::Start(0))?;
                Ok(*inner)
            }
            Inner::Held { bytes, rest: None, .. } => {
                bytes.set_position(0);
                Ok(bytes)
            }
            _ => Err(Bound::Memory.into()),
        }
    }

    /// All bytes of the document, if they are at most `most`. They count as held until the
    /// document is done with.
    ///
    /// # Errors
    ///
    /// If there are more, or they can't be read.
    pub fn bytes(&mut self, most: u64) -> Result<(Vec<u8>, Held), Failure> {
        let budget = Rc::clone(&self.budget);
        // a reader may fail on them, and they are then looked at as they are
        if let Inner::Stream { .. } = self.inner {
            self.hold()?;
        }
        let stream = self.stream()?;
        read_all(stream, most, &budget)
    }

    /// How many bytes there are, where that is known without reading them.
    pub fn length(&mut self) -> Option<u64> {
        match &mut self.inner {
            Inner::Seekable(inner) => inner.seek(SeekFrom::End(0)).ok(),
            Inner::Held { bytes, rest: None, .. } => Some(bytes.get_ref().len() as u64),
            _ => None,
        }
    }

    fn hold(&mut self) -> Result<(), Failure> {
        let Inner::Stream { mut stream, .. } = std::mem::replace(&mut self.inner, Inner::Spent)
        else {
            return Ok(());
        };
        let mut held = self.budget.hold(0)?;
        let mut bytes = Vec::new();
        let result = fill(&mut stream, &mut bytes, u64::MAX, &mut held);
        let (_, rest) = stream.into_inner();
        // whatever came before a failure can still be looked at as it is
        let rest = matches!(result, Err(Failure::Limit(Bound::Memory))).then_some(rest);
        self.inner = Inner::Held { bytes: Cursor::new(bytes), rest, _held: held };
        result
    }

    /// The document's bytes as they are, once its reader has done with them; `None` where they
    /// are gone.
    pub(super) fn raw(self) -> Option<Raw<'a>> {
        match self.inner {
            Inner::Seekable(inner) => {
                inner.seek(SeekFrom::Start(0)).ok()?;
                Some(Raw::Seekable(inner))
            }
            Inner::Held { mut bytes, rest, _held } => {
                bytes.set_position(0);
                Some(Raw::Held(bytes, rest, _held))
            }
            Inner::Stream { stream, begun: false } => Some(Raw::Stream(stream)),
            Inner::Stream { .. } | Inner::Spent => None,
        }
    }
}

/// A document's bytes as they are.
pub(super) enum Raw<'a> {
    Seekable(&'a mut dyn Seekable),
    Stream(io::Chain<&'a [u8], &'a mut dyn Read>),
    Held(Cursor<Vec<u8>>, Option<&'a mut dyn Read>, #[expect(dead_code, reason = "lives")] Held),
}

impl Read for Raw<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Seekable(inner) => inner.read(into),
            Self::Stream(stream) => stream.read(into),
            Self::Held(bytes, rest, _) => match (bytes.read(into)?, rest) {
                (0, Some(rest)) => rest.read(into),
                (count, _) => Ok(count),
            },
        }
    }
}

/// Reads `stream` to its end into memory that counts as held.
///
/// # Errors
///
/// If there is more than `most`, or it can't be read.
pub fn read_all(
    stream: &mut dyn Read,
    most: u64,
    budget: &Rc<Budget>,
) -> Result<(Vec<u8>, Held), Failure> {
    let mut held = budget.hold(0)?;
    let mut bytes = Vec::new();
    fill(stream, &mut bytes, most, &mut held)?;
    Ok((bytes, held))
}

/// Reads `stream` to its end into `bytes`, asking for memory as it goes.
fn fill(
    stream: &mut dyn Read,
    bytes: &mut Vec<u8>,
    most: u64,
    held: &mut Held,
) -> Result<(), Failure> {
    const FIRST: usize = 16 * 1024;
    loop {
        if bytes.len() == bytes.capacity() {
            // doubling would hold up to twice of what is asked for
            let more = (bytes.capacity() / 4).max(FIRST);
            held.grow(more as u64)?;
            bytes.reserve_exact(more);
        }
        let room = bytes.capacity() - bytes.len();
        let before = bytes.len();
        let count = stream.take(room as u64).read_to_end(bytes)?;
        debug_assert_eq!(before + count, bytes.len());
        if bytes.len() as u64 > most {
            return Err(Bound::Memory.into());
        }
        if count < room {
            return Ok(());
        }
    }
}
