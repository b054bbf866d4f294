//! What exports of chats look like. Sources:
//!
//! - Slack: "How to read Slack data exports" (slack.com/help/articles/220556107), the message
//!   object of its Web API (docs.slack.dev/messaging), its schema as people wrote it down
//!   (gist.github.com/viccro/734581d3c9777f9733d1f665279e5b54); a single channel as
//!   `conversations.history` answers it and slackdump writes it.
//! - Teams: `chatMessage` of Microsoft Graph (learn.microsoft.com/graph/api/chat-list-messages),
//!   and the export of Skype and Teams Free (`messages.json`, as github.com/siwen-r/skype-export-parser
//!   reads it).
//! - Discord: DiscordChatExporter's `JsonMessageWriter`, and Discord's own data package
//!   (`messages.json`, as github.com/seanbreckenridge/discord_data reads it).

use super::Way;

/// Keys that follow each other; an empty one stands for an element of a list.
pub(super) type Keys = &'static [&'static str];

/// An export of a chat.
pub(super) struct Shape {
    /// What it is, as an extension.
    pub(super) kind: &'static str,
    /// What its beginning has to hold before it is looked at any closer.
    pub(super) word: &'static str,
    /// What has to stand in its beginning.
    pub(super) signs: &'static [Sign],
    /// The ways to its messages.
    pub(super) messages: &'static [Keys],
    /// Where a message says who wrote it, the best first.
    pub(super) who: &'static [Keys],
    /// Who it was, where no message says so.
    pub(super) owner: Option<&'static str>,
    /// Where a message says when.
    pub(super) when: Keys,
    /// Its text.
    pub(super) said: Keys,
    /// Whether that is HTML.
    pub(super) html: bool,
    /// The way to the channel's name.
    pub(super) channel: Option<Keys>,
}

/// What has to be there.
pub(super) struct Sign {
    pub(super) way: Keys,
    /// Whether the way begins at a message.
    pub(super) in_message: bool,
    /// What the string there looks like.
    pub(super) fits: fn(&[u8]) -> bool,
}

const fn root(way: Keys) -> Sign {
    Sign { way, in_message: false, fits: |_| true }
}

const fn message(way: Keys) -> Sign {
    Sign { way, in_message: true, fits: |_| true }
}

const fn like(way: Keys, fits: fn(&[u8]) -> bool) -> Sign {
    Sign { way, in_message: true, fits }
}

/// A time as Slack writes it: seconds, a dot, and a number that tells messages apart.
fn is_slack_time(text: &[u8]) -> bool {
    let Some(dot) = memchr::memchr(b'.', text) else {
        return false;
    };
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let (seconds, rest) = (&text[..dot], &text[dot + 1..]);
    (9..=11).contains(&seconds.len()) && rest.len() == 6 && digits(seconds) && digits(rest)
}

pub(super) const SHAPES: &[Shape] = &[
    Shape {
        kind: "slack.json",
        word: "\"ts\"",
        signs: &[like(&["type"], |text| text == b"message"), like(&["ts"], is_slack_time)],
        messages: &[&[""], &["messages", ""]],
        who: &[
            &["user_profile", "real_name"],
            &["user_profile", "display_name"],
            &["bot_profile", "name"],
            &["username"],
            &["user"],
            &["bot_id"],
        ],
        owner: None,
        when: &["ts"],
        said: &["text"],
        html: false,
        channel: Some(&["name"]),
    },
    Shape {
        kind: "msteams.json",
        word: "\"messageType\"",
        signs: &[
            message(&["messageType"]),
            message(&["createdDateTime"]),
            message(&["body", "content"]),
        ],
        messages: &[&["value", ""], &["value", "", "replies", ""], &[""], &["", "replies", ""]],
        who: &[
            &["from", "user", "displayName"],
            &["from", "application", "displayName"],
            &["from", "device", "displayName"],
            &["from", "user", "id"],
        ],
        owner: None,
        when: &["createdDateTime"],
        said: &["body", "content"],
        html: true,
        channel: None,
    },
    Shape {
        kind: "msteams.json",
        word: "\"MessageList\"",
        signs: &[root(&["userId"]), root(&["conversations", "", "MessageList"])],
        messages: &[&["conversations", "", "MessageList", ""]],
        who: &[&["displayName"], &["from"]],
        owner: None,
        when: &["originalarrivaltime"],
        said: &["content"],
        html: true,
        channel: Some(&["conversations", "", "displayName"]),
    },
    Shape {
        kind: "discord.json",
        word: "\"guild\"",
        signs: &[root(&["guild", "id"]), root(&["channel", "id"]), root(&["messages"])],
        messages: &[&["messages", ""]],
        who: &[&["author", "nickname"], &["author", "name"]],
        owner: None,
        when: &["timestamp"],
        said: &["content"],
        html: false,
        channel: Some(&["channel", "name"]),
    },
    Shape {
        kind: "discord.json",
        word: "\"Contents\"",
        signs: &[
            message(&["ID"]),
            message(&["Timestamp"]),
            message(&["Contents"]),
            message(&["Attachments"]),
        ],
        messages: &[&[""]],
        who: &[],
        owner: Some("the account's owner"),
        when: &["Timestamp"],
        said: &["Contents"],
        html: false,
        channel: None,
    },
];

impl Shape {
    /// How many keys lead to the message that `way` leads into, if it does: the innermost.
    pub(super) fn message(&self, way: &Way) -> Option<usize> {
        let into = self.messages.iter().filter(|keys| way.begins(0, keys));
        into.map(|keys| keys.len()).max()
    }

    /// The same for a way that ends with a message.
    pub(super) fn is_message(&self, way: &Way) -> bool {
        self.messages.iter().any(|keys| way.is(0, keys))
    }
}
