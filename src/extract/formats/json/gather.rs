//! What readers of JSON formats have in common: a document is read in a stream and looked at as
//! it is besides, and the text of one thing is gathered until its name is known.

use super::{Json, Str, Take, Way};
use crate::extract::formats::encoded::{self, Decoded};
use crate::extract::unpack::budget::Held;
use crate::extract::unpack::source::Source;
use crate::extract::unpack::text::Text;
use crate::extract::unpack::{Failure, Inside};

/// More than this is shown before the name is known.
const MOST: usize = 512 * 1024;

/// What looks at a document as it is read.
type Visit<'v> = dyn FnMut(&Way, Json<'_>, &mut Inside<'_, '_>) -> Result<(), Failure> + 'v;

/// Shows `visit` what is in the document.
pub(in crate::extract::formats) fn read(
    source: &mut Source<'_>,
    inside: &mut Inside<'_, '_>,
    visit: &mut Visit<'_>,
) -> Result<(), Failure> {
    // positions are the file's own, and what no part shows is in it as well: a member has to be
    // held for that
    inside.as_bytes_too();
    let stream = source.seekable()?;
    let budget = inside.budget().clone();
    let too_long = super::read(stream, &budget, &mut |way, next| visit(way, next, &mut *inside))?;
    if too_long > 0 {
        inside.unread_part(format!("{too_long} of its strings were too long to be opened"));
    }
    Ok(())
}

/// Shows what `value` is the base64 of, as the member `name`.
pub(in crate::extract::formats) fn base64_member(
    name: &str,
    value: Str<'_>,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    if encoded::is_sound(value.raw) {
        return inside.member(name, &mut Decoded::new(value.raw));
    }
    inside.unread(name, &Failure::Broken("it is no base64".to_owned()));
    Ok(())
}

/// Text that is gathered.
#[derive(Debug, Default)]
pub(in crate::extract::formats) struct Gathered {
    pub(in crate::extract::formats) text: Text,
    held: Vec<Held>,
}

impl Gathered {
    /// Adds what `value` says; answers whether there is enough of it now.
    pub(in crate::extract::formats) fn push(
        &mut self,
        place: u64,
        value: Str<'_>,
        inside: &mut Inside<'_, '_>,
    ) -> bool {
        if self.hold(value, inside) {
            value.push_to(place, &mut self.text);
        }
        self.is_enough()
    }

    /// The same for what `choose` takes of it.
    pub(in crate::extract::formats) fn push_chosen(
        &mut self,
        place: u64,
        value: Str<'_>,
        inside: &mut Inside<'_, '_>,
        choose: &mut dyn FnMut(u8) -> Take,
    ) -> bool {
        if self.hold(value, inside) {
            value.push_chosen(place, &mut self.text, choose);
        }
        self.is_enough()
    }

    /// Adds what `other` has gathered.
    pub(in crate::extract::formats) fn append(&mut self, other: &mut Self) {
        self.text.append(&other.text);
        self.held.append(&mut other.held);
        other.text.clear();
    }

    /// Ends a line.
    pub(in crate::extract::formats) fn line(&mut self) {
        if self.text.bytes.last().is_some_and(|byte| *byte != b'\n') {
            self.text.push(b"\n");
        }
    }

    /// Whether it has to be shown.
    pub(in crate::extract::formats) fn is_enough(&self) -> bool {
        self.text.memory() > MOST
    }

    /// Shows it; `name` says what its places are called.
    pub(in crate::extract::formats) fn show(
        &mut self,
        inside: &mut Inside<'_, '_>,
        name: &dyn Fn(u64) -> String,
    ) -> Result<(), Failure> {
        let shown = inside.text(&mut self.text, name);
        if self.is_enough() {
            self.text = Text::default();
        }
        self.held.clear();
        shown
    }

    /// Asks for memory for `value`, which may be long; notes where there is none.
    fn hold(&mut self, value: Str<'_>, inside: &mut Inside<'_, '_>) -> bool {
        if value.raw.len() <= MOST / 8 {
            return true;
        }
        match inside.budget().hold(value.cost()) {
            Ok(held) => self.held.push(held),
            Err(bound) => {
                inside.unread_part(format!("a long string of it was not opened: {bound}"));
                return false;
            }
        }
        true
    }
}
