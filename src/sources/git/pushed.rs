//! What git tells the hooks of a push on standard input: which references move from where to
//! where (githooks, "pre-receive" and "pre-push").

use std::io::{BufRead, Read as _};

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice as _};

use super::commits::{self, End, Tag};
use super::{GitError, ObjectError, Objects, Repository};

/// A longer line is none that git wrote.
const LONGEST_LINE: u64 = 1 << 16;
/// More references in one push are refused.
const MOST_LINES: usize = 1_000_000;

/// A reference that is to move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// Where it stands at the receiving end; `None` if it is not there yet.
    pub old: Option<ObjectId>,
    /// Where it is to stand; `None` if it is to go.
    pub new: Option<ObjectId>,
    /// Its name at the receiving end.
    pub name: BString,
}

/// Who wrote the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// `<old> <new> <name>`.
    PreReceive,
    /// `<local name> <new> <name> <old>`.
    PrePush,
}

/// Reads the lines that git hands to `hook`.
///
/// # Errors
///
/// If a line is none that git writes: what is pushed can't be told then.
pub fn read(hook: Hook, mut input: impl BufRead) -> Result<Vec<Update>, GitError> {
    let mut updates = Vec::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        let wrong = |message: &str| GitError::Read {
            what: format!("line {} of what git says is pushed", updates.len() + 1),
            message: message.to_owned(),
        };
        let length = input
            .by_ref()
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
            .map_err(|error| wrong(&crate::sources::files::describe(&error)))?;
        if length == 0 {
            return Ok(updates);
        }
        if length as u64 == LONGEST_LINE || updates.len() >= MOST_LINES {
            return Err(wrong("it is too long"));
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        let update = update(hook, text).ok_or_else(|| wrong("it is not in git's words"))?;
        updates.push(update);
    }
}

fn update(hook: Hook, line: &[u8]) -> Option<Update> {
    let id = |text: &[u8]| ObjectId::from_hex(text).ok();
    let some = |id: ObjectId| (!id.is_null()).then_some(id);
    let parts: Vec<&[u8]> = match hook {
        Hook::PreReceive => line.splitn(3, |byte| *byte == b' ').collect(),
        // the name at this end may be an expression with blanks in it
        Hook::PrePush => {
            let mut parts: Vec<_> = line.rsplitn(4, |byte| *byte == b' ').collect();
            parts.reverse();
            parts
        }
    };
    let (old, new, name) = match (hook, &parts[..]) {
        (Hook::PreReceive, [old, new, name]) => (old, new, name),
        (Hook::PrePush, [_, new, name, old]) => (old, new, name),
        _ => return None,
    };
    (!name.is_empty()).then_some(Update {
        old: some(id(old)?),
        new: some(id(new)?),
        name: name.as_bstr().to_owned(),
    })
}

/// What a push brings, as far as references tell.
#[derive(Debug, Default)]
pub struct Brought {
    /// Commits, with those behind them.
    pub tips: Vec<ObjectId>,
    /// Annotated tags.
    pub tags: Vec<Tag>,
    /// References to trees without a commit.
    pub trees: Vec<(BString, ObjectId)>,
    /// References to blobs.
    pub blobs: Vec<(BString, ObjectId)>,
    /// References that lead to nothing that can be read.
    pub problems: Vec<(BString, ObjectError)>,
}

/// Follows the references of `updates` to what they are to point to.
pub fn brought(updates: &[Update], objects: &Objects) -> Brought {
    let mut brought = Brought::default();
    for update in updates {
        let Some(id) = update.new else {
            continue;
        };
        match commits::peel(id, objects) {
            Ok(peeled) => {
                brought.tags.extend(peeled.tags);
                match peeled.end {
                    End::Commit(id) => brought.tips.push(id),
                    End::Tree(id) => brought.trees.push((update.name.clone(), id)),
                    End::Blob(id) => brought.blobs.push((update.name.clone(), id)),
                }
            }
            Err(error) => brought.problems.push((update.name.clone(), error)),
        }
    }
    brought
}

/// The commits that the references of `repository` lead to, as far as they lead to any; with
/// `prefix`, only those of references below it.
///
/// # Errors
///
/// If the references can't be listed.
pub fn known(
    repository: &Repository,
    objects: &Objects,
    prefix: Option<&str>,
) -> Result<Vec<ObjectId>, GitError> {
    let unreadable = |error: &gix::Error| GitError::Read {
        what: "the list of references".to_owned(),
        message: GitError::describe(error),
    };
    let references = repository.inner().references().map_err(|error| unreadable(&error))?;
    let list = match prefix {
        Some(prefix) => references.prefixed(prefix),
        None => references.all(),
    };
    let mut known = Vec::new();
    for reference in list.map_err(|error| unreadable(&error))? {
        // one that can't be read hides nothing: more is searched then
        let Ok(reference) = reference else {
            continue;
        };
        if let Some(id) = reference.target().try_id()
            && let Ok(peeled) = commits::peel(id.to_owned(), objects)
            && let End::Commit(id) = peeled.end
        {
            known.push(id);
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_git_writes_them() {
        let (a, b, zero) = ("1".repeat(40), "2".repeat(40), "0".repeat(40));
        let updates = read(Hook::PreReceive, format!("{a} {b} refs/heads/a b\n").as_bytes());
        let [update] = &updates.unwrap()[..] else { panic!() };
        assert_eq!(
            (update.old.unwrap().to_string(), &update.name[..]),
            (a.clone(), &b"refs/heads/a b"[..])
        );
        let line = format!("HEAD^{{/a b}} {b} refs/heads/x {zero}");
        let [update] = &read(Hook::PrePush, line.as_bytes()).unwrap()[..] else { panic!() };
        assert_eq!((update.old, update.new.unwrap().to_string()), (None, b.clone()));
        let (long, other) = ("0".repeat(64), "3".repeat(64));
        let [update] =
            &read(Hook::PreReceive, format!("{other} {long} r\n").as_bytes()).unwrap()[..]
        else {
            panic!()
        };
        assert_eq!((update.old.is_some(), update.new), (true, None));
        for line in ["x", " ", &a, &format!("{a} {b}"), &format!("{a} {b} "), &"y".repeat(1 << 17)]
        {
            assert!(read(Hook::PreReceive, line.as_bytes()).is_err(), "{line:.50}");
        }
    }
}
