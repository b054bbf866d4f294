//! The messages of a chat, one after the other: who and when may stand behind the text.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::html::Tags;
use super::json::gather::Gathered;
use super::json::{Json, Str, Way};
use super::shapes::Shape;
use crate::extract::unpack::{Failure, Inside};

/// Where a string stands in a message.
#[derive(Debug, Clone, Copy)]
enum Part {
    Text = 0,
    Attachment = 1,
    File = 2,
    Other = 3,
}

/// What is known of a message.
#[derive(Debug, Default)]
struct Head {
    /// How many keys lead to it.
    base: usize,
    number: u64,
    /// How good the name is, and the name.
    who: Option<(usize, String)>,
    when: Option<String>,
}

/// A chat that is read.
pub(super) struct Chat {
    shape: &'static Shape,
    channel: Option<String>,
    messages: u64,
    /// The message that is read, and those that it is a part of.
    heads: Vec<Head>,
    /// Its text, its text as it was formatted, and all else.
    said: Gathered,
    rich: Gathered,
    other: Gathered,
}

impl Chat {
    pub(super) fn new(shape: &'static Shape) -> Self {
        let (said, rich, other) = Default::default();
        Self { shape, channel: None, messages: 0, heads: Vec::new(), said, rich, other }
    }

    /// Takes what comes next.
    pub(super) fn take(
        &mut self,
        way: &Way,
        next: Json<'_>,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        match next {
            Json::Open if self.shape.is_message(way) => {
                self.show(inside)?;
                self.messages += 1;
                let (base, number) = (way.len(), self.messages);
                self.heads.push(Head { base, number, ..Head::default() });
            }
            Json::Open => {
                // one conversation ends where the next begins, which may have no name
                let channel = self.shape.channel.and_then(|keys| keys.split_last());
                if channel.is_some_and(|(_, keys)| way.is(0, keys)) {
                    self.channel = None;
                }
            }
            Json::Close if self.heads.last().is_some_and(|head| head.base == way.len()) => {
                self.show(inside)?;
                self.heads.pop();
            }
            Json::Close => self.close(way),
            Json::Value(value) if self.heads.is_empty() => {
                if self.shape.channel.is_some_and(|keys| way.is(0, keys)) {
                    self.channel = Some(value.name());
                }
            }
            Json::Value(value) => self.value(way, value, inside)?,
            Json::Other => {}
        }
        Ok(())
    }

    /// Shows what has not been shown.
    pub(super) fn finish(mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        self.show(inside)
    }

    /// Ends a line of formatted text: its elements are words of one line.
    fn close(&mut self, way: &Way) {
        let list = way.len().checked_sub(2).map(|at| way.key(at));
        let is_word = list == Some(b"elements") && way.own().is_empty();
        if !is_word && way.own() != b"style" {
            self.rich.line();
        }
    }

    fn value(
        &mut self,
        way: &Way,
        value: Str<'_>,
        inside: &mut Inside<'_, '_>,
    ) -> Result<(), Failure> {
        let Some(head) = self.heads.last_mut() else {
            return Ok(());
        };
        let base = head.base;
        let rank = self.shape.who.iter().position(|keys| way.is(base, keys));
        if let Some(rank) = rank.filter(|_| !value.raw.is_empty())
            && head.who.as_ref().is_none_or(|(known, _)| rank < *known)
        {
            head.who = Some((rank, value.name()));
        }
        if way.is(base, self.shape.when) {
            head.when = time(&value.begin().text());
        }
        let part = match way.key(base) {
            b"attachments" | b"Attachments" | b"embeds" => Part::Attachment,
            b"files" => Part::File,
            b"blocks" | b"text" | b"body" | b"content" | b"Contents" => Part::Text,
            _ => Part::Other,
        } as u64;
        let enough = if way.is(base, self.shape.said) {
            if self.shape.html {
                let mut tags = Tags::default();
                self.said.push_chosen(part, value, inside, &mut |byte| tags.take(byte));
                self.said.line();
                // what stands in the tags
                self.other.push(part, value, inside);
                self.other.line();
            } else {
                self.said.push(part, value, inside);
                self.said.line();
            }
            self.said.is_enough() || self.other.is_enough()
        } else if way.key(base) == b"blocks" && way.own() == b"text" {
            self.rich.push(part, value, inside)
        } else {
            let enough = self.other.push(part, value, inside);
            self.other.line();
            enough
        };
        if enough { self.show(inside) } else { Ok(()) }
    }

    /// Shows what was said so far: once, though an export may hold it in two forms.
    fn show(&mut self, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
        let called = self.called();
        let name = |place: u64| match place {
            1 => format!("{called}, an attachment"),
            2 => format!("{called}, a file"),
            _ => called.clone(),
        };
        self.rich.line();
        self.said.append(&mut self.rich);
        self.said.append(&mut self.other);
        self.said.text.tell_once();
        self.said.show(inside, &name)
    }

    /// What people call the present message.
    fn called(&self) -> String {
        let Some(head) = self.heads.last() else {
            return String::new();
        };
        let mut called = format!("message {}", head.number);
        let who = head.who.as_ref().map(|(_, who)| who.as_str()).or(self.shape.owner);
        let said = [(" from ", who), (" of ", head.when.as_deref())];
        let channel = [(" in ", self.channel.as_deref())];
        for (word, what) in said.into_iter().chain(channel) {
            if let Some(what) = what.filter(|what| !what.is_empty()) {
                called.push_str(word);
                called.push_str(what);
            }
        }
        called
    }
}

/// A time as the mailbox writes it: seconds since 1970, with an offset, or else in UTC.
fn time(text: &str) -> Option<String> {
    let text = text.trim();
    let seconds = text.split('.').next().unwrap_or_default();
    let is_epoch = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let time = if is_epoch {
        Timestamp::from_second(seconds.parse().ok()?).ok()?
    } else {
        let local = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
        text.parse().ok().or_else(|| local().map(|zoned| zoned.timestamp()))?
    };
    Some(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn times_are_written_in_one_way() {
        for (written, due) in [
            ("1769850000.000100", Some("2026-01-31T09:00:00Z")),
            ("2026-01-31T10:00:00.123+01:00", Some("2026-01-31T09:00:00Z")),
            ("2026-01-31T09:00:00.5Z", Some("2026-01-31T09:00:00Z")),
            ("2026-01-31 09:00:00.726000+00:00", Some("2026-01-31T09:00:00Z")),
            ("2026-01-31 09:00:00", Some("2026-01-31T09:00:00Z")),
            ("99999999999999999999.0", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(time(written).as_deref(), due, "{written}");
        }
    }
}
