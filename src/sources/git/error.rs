//! Why a repository, or what was asked of it, can't be looked at, and what to do about it.

use miette::Diagnostic;
use thiserror::Error;

/// Git can't answer. What was asked for is then not looked at, which is never "clean".
#[derive(Debug, Error, Diagnostic)]
pub enum GitError {
    /// There is no repository.
    #[error("there is no git repository at {path}, nor in any folder above it")]
    #[diagnostic(help("run this inside a repository; `hallpass scan` looks at plain folders"))]
    NoRepository {
        /// Where it was looked for.
        path: String,
    },
    /// It belongs to somebody else, whose configuration and hooks git would not trust either.
    #[error("the repository at {path} belongs to another user, and git distrusts it")]
    #[diagnostic(help(
        "if you trust its owner: git config --global --add safe.directory {quoted}"
    ))]
    Distrusted {
        /// Its folder.
        path: String,
        /// The same, as a shell takes it.
        quoted: String,
    },
    /// It is of a kind that can't be read.
    #[error("the repository at {path} {what}, which can't be read")]
    #[diagnostic(help("{help}"))]
    Unsupported {
        /// Its folder.
        path: String,
        /// What it does.
        what: String,
        /// What to do.
        help: String,
    },
    /// It can't be opened.
    #[error("the repository at {path} can't be opened: {message}")]
    #[diagnostic(help("`git status` there says whether git can open it"))]
    Open {
        /// Its folder.
        path: String,
        /// Why.
        message: String,
    },
    /// A name for a commit that nothing has.
    #[error("the repository knows no revision `{revision}`")]
    #[diagnostic(help(
        "if it stands elsewhere, `git fetch` it first; a workflow on GitHub needs `fetch-depth: 0` \
         under `with:` of its actions/checkout step"
    ))]
    UnknownRevision {
        /// The name.
        revision: String,
    },
    /// A shallow clone ends before the answer.
    #[error("this clone is shallow and {what}, so what the range added can't be told")]
    #[diagnostic(help(
        "fetch the whole history: `fetch-depth: 0` under `with:` of a workflow's actions/checkout \
         step, `GIT_DEPTH: 0` under `variables:` on GitLab, `git fetch --unshallow` elsewhere"
    ))]
    Shallow {
        /// What it lacks.
        what: String,
    },
    /// Something else than a commit.
    #[error("`{revision}` is no commit")]
    #[diagnostic(help("a range goes from commit to commit: A..B, A...B, or A for A..HEAD"))]
    NoCommit {
        /// The name.
        revision: String,
    },
    /// Histories that never met.
    #[error("the two ends of `{range}` have no history in common")]
    #[diagnostic(help("`A..B` takes all that B has and A has not"))]
    NothingInCommon {
        /// The range.
        range: String,
    },
    /// Part of it can't be read.
    #[error("{what} can't be read: {message}")]
    #[diagnostic(help("`git fsck` says what is damaged"))]
    Read {
        /// The part.
        what: String,
        /// Why.
        message: String,
    },
}

impl GitError {
    /// What `gix` answers, and what it thinks is behind it.
    pub(super) fn describe(error: &gix::Error) -> String {
        let line = |text: String| {
            let first = text.lines().next().unwrap_or_default().trim().to_owned();
            first.trim_end_matches(['.', ',', ':']).to_owned()
        };
        let (told, cause) = (line(error.to_string()), line(error.probable_cause().to_string()));
        if cause.is_empty() || told.contains(&cause) { told } else { format!("{told}: {cause}") }
    }
}

/// `text` as a POSIX shell takes it for one word.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_word_of_a_shell() {
        assert_eq!(quoted("/home/ada/course"), "/home/ada/course");
        assert_eq!(quoted("/home/ada's $(x)"), r"'/home/ada'\''s $(x)'");
    }
}
