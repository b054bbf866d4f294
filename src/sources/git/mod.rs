//! Git repositories: what is staged, what commits added, and what is stored. Everything is read in
//! process; nothing that a repository's configuration names (filters, drivers, hooks, pagers) is
//! ever run, and replacements (`refs/replace/`) are not followed: what is stored is what leaks.
//!
//! What is searched is not only files. A message is shown under the path of [`message_path`]:
//! `commit:<id>` for a commit's author, committer and message, `tag:<id>` for a tag's, with the
//! first twelve digits of the object's id; no path of a file in a tree is told from those by more
//! than its looks, so such findings carry `location.commit`, and the configuration's path patterns
//! don't speak of them.

pub mod added;
pub mod changes;
pub mod commits;
mod error;
pub mod history;
mod objects;
mod open;
pub mod pushed;
pub mod revisions;
mod staged;

pub use error::GitError;
pub use objects::{ObjectError, Objects};
pub use open::Repository;
pub use staged::{Staged, head_tree, staged};

use gix::objs::Kind;

/// How many digits of an object's id stand in a path.
const SHORT: usize = 12;

/// The path under which the message of a commit or a tag is shown: see the module's description.
pub fn message_path(kind: Kind, id: &gix::oid) -> String {
    format!("{kind}:{}", id.to_hex_with_len(SHORT))
}
