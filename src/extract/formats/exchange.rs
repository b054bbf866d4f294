//! A request and its answer, as the files of programs that send requests hold them. What stands in
//! two strings there, a name and its value, is shown as one line, close to the address that the
//! request goes to: a reader knows a value by both.

use super::json::gather::Gathered;
use super::json::{Kept, Str, Way};
use crate::extract::unpack::budget::Held;
use crate::extract::unpack::{Failure, Inside};

/// After so many lines the address is written again.
const TOGETHER: usize = 8;
/// A longer address is written once.
const LONGEST_ADDRESS: usize = 1024;
/// More than this is shown before all of it is known.
const MOST_BYTES: usize = 256 * 1024;
const MOST_PLACES: usize = 1000;

/// A name and its value.
#[derive(Debug, Default)]
pub(super) struct Pair {
    /// How many keys lead to it.
    pub(super) base: usize,
    name: Option<Kept>,
    value: Option<Kept>,
}

impl Pair {
    /// One that stands where `way` leads.
    pub(super) fn at(way: &Way) -> Self {
        Self { base: way.len(), ..Self::default() }
    }

    /// Takes `value`, which `way` leads to, if it is the name or the value.
    pub(super) fn take(&mut self, way: &Way, value: Str<'_>) -> bool {
        let part = match way.own() {
            b"name" | b"key" => &mut self.name,
            b"value" => &mut self.value,
            _ => return false,
        };
        let free = way.len() == self.base + 1 && part.is_none();
        if free {
            *part = Some(value.keep());
        }
        free
    }

    /// The name, for people.
    pub(super) fn called(&self) -> String {
        self.name.as_ref().map_or(String::new(), |name| name.get().name())
    }

    fn size(&self) -> usize {
        [&self.name, &self.value].into_iter().flatten().map(Kept::size).sum()
    }
}

/// A request, with all that belongs to it.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    address: Option<(String, Kept)>,
    pairs: Vec<(usize, Pair)>,
    lines: Gathered,
    /// What its places are called.
    places: Vec<String>,
    size: usize,
    held: Vec<Held>,
}

impl Exchange {
    /// Whether there is so much of it that it has to be shown.
    pub(super) fn is_enough(&self) -> bool {
        self.size > MOST_BYTES || self.places.len() > MOST_PLACES || self.lines.is_enough()
    }

    /// The address that it goes to, which stands at `place`.
    pub(super) fn address(
        &mut self,
        place: String,
        value: Str<'_>,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        if self.address.is_some() {
            self.line(place, b"url", value, inside);
            return Ok(());
        }
        self.hold(value.raw.len(), inside)?;
        self.address = Some((place, value.keep()));
        Ok(())
    }

    /// A name and its value.
    pub(super) fn pair(
        &mut self,
        place: String,
        pair: Pair,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        if pair.name.is_none() && pair.value.is_none() {
            return Ok(());
        }
        self.hold(pair.size(), inside)?;
        let place = self.place(place);
        self.pairs.push((place, pair));
        Ok(())
    }

    /// Any other string, whose key is `key`; empty where it has none.
    pub(super) fn line(
        &mut self,
        place: String,
        key: &[u8],
        value: Str<'_>,
        inside: &mut Inside<'_, '_>,
    ) {
        let place = self.place(place) as u64;
        if !key.is_empty() {
            self.lines.text.mark_written(place, value.at);
            self.lines.text.push(key);
            self.lines.text.push(b": ");
        }
        self.lines.push(place, value, inside);
        self.lines.text.push(b"\n");
    }

    /// A body: text of its own.
    pub(super) fn body(&mut self, place: String, value: Str<'_>, inside: &mut Inside<'_, '_>) {
        self.line(place, b"", value, inside);
    }

    /// Shows it; `called` says which it is, and is put before its places.
    pub(super) fn show(
        &mut self,
        called: &str,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        let pairs = std::mem::take(&mut self.pairs);
        let mut shown = Gathered::default();
        self.write_address(&mut shown, usize::MAX, inside);
        for (number, (place, pair)) in pairs.iter().enumerate() {
            if number > 0 && number % TOGETHER == 0 {
                self.write_address(&mut shown, LONGEST_ADDRESS, inside);
            }
            for (at, part) in [&pair.name, &pair.value].into_iter().flatten().enumerate() {
                if at > 0 {
                    shown.text.push(b": ");
                }
                shown.push(*place as u64, part.get(), inside);
            }
            shown.text.push(b"\n");
        }
        if !pairs.is_empty() && !self.lines.text.is_empty() {
            self.write_address(&mut shown, LONGEST_ADDRESS, inside);
        }
        shown.append(&mut self.lines);
        // an address stands in more than one place, with its parts and without
        shown.text.tell_once();
        let places = std::mem::take(&mut self.places);
        let name = |place: u64| {
            let place = usize::try_from(place).ok().and_then(|at| places.get(at));
            match (called, place.map_or("", String::as_str)) {
                (called, "") => called.to_owned(),
                ("", place) => place.to_owned(),
                (called, place) => format!("{called}, {place}"),
            }
        };
        self.size = 0;
        self.held.clear();
        shown.show(inside, &name)
    }

    /// Adds the address, if it is not longer than `most`.
    fn write_address(&mut self, shown: &mut Gathered, most: usize, inside: &mut Inside<'_, '_>) {
        let Some((name, _)) = self.address.as_ref().filter(|(_, url)| url.size() <= most) else {
            return;
        };
        let place = self.place(name.clone()) as u64;
        if let Some((_, url)) = &self.address {
            shown.push(place, url.get(), inside);
            shown.line();
        }
    }

    /// The number of the place `name`.
    fn place(&mut self, name: String) -> usize {
        if self.places.last() != Some(&name) {
            self.places.push(name);
        }
        self.places.len() - 1
    }

    fn hold(&mut self, bytes: usize, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        self.size += bytes;
        if bytes > MOST_BYTES / 8 {
            self.held.push(inside.budget().hold(bytes as u64)?);
        }
        Ok(())
    }
}

/// The host of an address, where it has one that may be shown.
pub(super) fn host(address: &[u8]) -> Option<String> {
    let after = memchr::memmem::find(address, b"://")? + 3;
    let rest = address.get(after..)?;
    let end = rest.iter().position(|byte| b"/?#\\".contains(byte)).unwrap_or(rest.len());
    // a name and a password may stand before it, and a port behind it
    let host = rest[..end].rsplit(|byte| *byte == b'@').next()?;
    let host = host.split(|byte| *byte == b':').next()?;
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let shown = !host.is_empty() && host.len() <= 100 && host.iter().all(plain);
    shown.then(|| String::from_utf8_lossy(host).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_address_only_the_host_is_shown() {
        for (address, due) in [
            ("https://canvas.example.edu/api/v1?access_token=x", Some("canvas.example.edu")),
            ("http://ada:secret@localhost:3000", Some("localhost")),
            ("https://{{host}}/x", None),
            ("/api/v1", None),
            ("https://", None),
            ("https://a/b@c.example", Some("a")),
        ] {
            assert_eq!(host(address.as_bytes()).as_deref(), due, "{address}");
        }
    }
}
