//! Finds and opens the repository, as git would: from the environment that git hands to its hooks,
//! or upwards from a folder. One that git distrusts, or that nobody here can read, is refused.

use std::path::{Path, PathBuf};

use gix::bstr::BStr;
use gix::sec::trust::DefaultForLevel as _;

use super::error::quoted;
use super::{GitError, Objects};

/// What git hands to hooks that run while new objects are not yet part of the repository.
const OBJECT_DIRECTORY: &str = "GIT_OBJECT_DIRECTORY";
const ALTERNATES: &str = "GIT_ALTERNATE_OBJECT_DIRECTORIES";
/// What stands in the name of a repository that git itself takes for granted.
const GIT_DIR: &str = "GIT_DIR";

/// What repositories of format 1 may demand of whoever reads them, as far as it is understood
/// here or makes no difference for reading. (gitrepository-layout, "extensions".)
const EXTENSIONS: [&str; 6] = [
    "noop",
    "preciousobjects",
    "partialclone",
    "worktreeconfig",
    "objectformat",
    "relativeworktrees",
];

/// A repository, opened for reading.
pub struct Repository {
    inner: gix::Repository,
    objects: Objects,
    root: PathBuf,
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository").field("git_dir", &self.inner.git_dir()).finish()
    }
}

impl Repository {
    /// Opens the repository that the environment names or, if it names none, the one that
    /// `folder` (absolute, usually the working directory) stands in. Honours `GIT_DIR`,
    /// `GIT_WORK_TREE`, `GIT_INDEX_FILE`, `GIT_OBJECT_DIRECTORY`,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`, `GIT_CEILING_DIRECTORIES` and `GIT_SHALLOW_FILE`.
    ///
    /// # Errors
    ///
    /// If there is none, or it can't or should not be read.
    pub fn discover(folder: &Path) -> Result<Self, GitError> {
        let named = std::env::var_os(GIT_DIR).map(PathBuf::from);
        let shown = || named.as_deref().unwrap_or(folder).display().to_string();
        let inner = match &named {
            Some(path) => options(gix::sec::Trust::Full)
                .open_path_as_is(true)
                .open(folder.join(path))
                .map(Into::into),
            None => gix::ThreadSafeRepository::discover_with_environment_overrides_opts(
                folder,
                gix::discover::upwards::Options {
                    match_ceiling_dir_or_error: false,
                    ..Default::default()
                },
                gix::sec::trust::Mapping {
                    full: options(gix::sec::Trust::Full),
                    reduced: options(gix::sec::Trust::Reduced),
                },
            )
            .map(gix::Repository::from),
        };
        let inner = inner.map_err(|error| {
            if error.downcast_any_ref::<gix::discover::upwards::Error>().is_some()
                || (named.is_some() && error.is_not_found())
            {
                GitError::NoRepository { path: shown() }
            } else {
                GitError::Open { path: shown(), message: GitError::describe(&error) }
            }
        })?;
        // git, too, takes the word of whoever sets GIT_DIR
        if named.is_none() && inner.git_dir_trust() != gix::sec::Trust::Full {
            let path = inner.workdir().unwrap_or_else(|| inner.git_dir());
            let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
            let path = path.display().to_string();
            return Err(GitError::Distrusted { quoted: quoted(&path), path });
        }
        check_format(&inner)?;
        let objects = Objects::new(stores(&inner)?);
        let root = inner.workdir().unwrap_or(folder).to_path_buf();
        Ok(Self { inner, objects, root })
    }

    /// The repository as `gix` sees it.
    pub fn inner(&self) -> &gix::Repository {
        &self.inner
    }

    /// A handle on its objects, for one thread.
    pub fn objects(&self) -> Objects {
        self.objects.clone()
    }

    /// The folder that paths in trees and in the index are relative to: the work tree, or the
    /// working directory if there is none. Absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a file of the path `path`, as trees and the index have it, stands or would stand.
    /// Bytes that the system can't have in a path become replacement characters.
    pub fn place(&self, path: &BStr) -> PathBuf {
        let relative = gix::path::from_bstr(path)
            .map_or_else(|_| PathBuf::from(path.to_string()), std::borrow::Cow::into_owned);
        // a hostile tree may hold names that begin with a slash
        let relative = relative.strip_prefix("/").unwrap_or(&relative).to_path_buf();
        self.root.join(relative)
    }

    /// `path`, which is there and may be relative to the working directory, made absolute.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        let path = self.inner.current_dir().join(path);
        std::fs::canonicalize(&path).unwrap_or(path)
    }

    /// The folder of the repository itself, as errors name it.
    pub fn shown(&self) -> String {
        self.inner.git_dir().display().to_string()
    }
}

/// How repositories are opened: nothing but what the repository and the environment say counts,
/// and replacements don't.
fn options(trust: gix::sec::Trust) -> gix::open::Options {
    gix::open::Options::default_for_level(trust)
        .config_overrides(["core.useReplaceRefs=false"])
        .lossy_config(true)
        .with(trust)
}

/// Refuses what would be read wrongly.
fn check_format(repository: &gix::Repository) -> Result<(), GitError> {
    let path = || repository.git_dir().display().to_string();
    let config = repository.config_snapshot();
    if config.integer("core.repositoryFormatVersion").unwrap_or(0) == 0 {
        // git, too, leaves extensions alone there
        return Ok(());
    }
    let sections = config.plumbing().sections_by_name("extensions").into_iter().flatten();
    for section in sections {
        for name in section.value_names() {
            let lower = name.to_ascii_lowercase();
            let value = || section.value(&name).unwrap_or_default().to_string();
            let known = EXTENSIONS.contains(&lower.as_str())
                || (lower == "refstorage" && value() == "files");
            if known {
                continue;
            }
            let (what, help) = if lower == "refstorage" {
                (
                    format!("keeps its references as `{}`", value()),
                    "`git refs migrate --ref-format=files` makes a repository readable".to_owned(),
                )
            } else {
                (
                    format!("uses the extension `{name}`"),
                    "scan a clone without that extension".to_owned(),
                )
            };
            return Err(GitError::Unsupported { path: path(), what, help });
        }
    }
    Ok(())
}

/// The stores of objects that git would look into, in its order: while a push is received, new
/// objects stand in a folder of their own, and the repository's are an alternate of that.
fn stores(repository: &gix::Repository) -> Result<Vec<gix::odb::Handle>, GitError> {
    let hash = repository.object_hash();
    let own = repository.common_dir().join("objects");
    let mut folders = vec![match std::env::var_os(OBJECT_DIRECTORY) {
        Some(folder) if !folder.is_empty() => repository.current_dir().join(folder),
        _ => own,
    }];
    if let Some(list) = std::env::var_os(ALTERNATES) {
        folders.extend(split(&list).into_iter().map(|path| repository.current_dir().join(path)));
    }
    let mut seen = Vec::new();
    let mut stores = Vec::new();
    for folder in folders {
        let real = std::fs::canonicalize(&folder).unwrap_or_else(|_| folder.clone());
        // git passes over alternates that are gone; a missing object is told when it is asked for
        if seen.contains(&real) || (!seen.is_empty() && !real.is_dir()) {
            continue;
        }
        let store = gix::odb::at(&folder, hash).map_err(|error| GitError::Read {
            what: format!("the folder of objects {}", folder.display()),
            message: crate::sources::files::describe(&error),
        })?;
        seen.push(real);
        stores.push(store);
    }
    Ok(stores)
}

/// The folders of a list as git writes it: like `PATH`, and a name with unusual characters stands
/// in double quotes, with escapes as in C.
fn split(list: &std::ffi::OsStr) -> Vec<PathBuf> {
    let Some(text) = list.to_str().filter(|text| text.contains('"')) else {
        return std::env::split_paths(list).filter(|path| !path.as_os_str().is_empty()).collect();
    };
    let separator = if cfg!(windows) { ';' } else { ':' };
    let mut folders = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let length = if rest.starts_with('"') {
            let unquoted = gix::quote::ansi_c::undo(rest.as_bytes().into());
            let Ok((name, length)) = unquoted else {
                break;
            };
            folders.extend(gix::path::from_bstr(name).map(std::borrow::Cow::into_owned));
            length
        } else {
            let length = rest.find(separator).unwrap_or(rest.len());
            folders.extend(rest.get(..length).map(PathBuf::from));
            length
        };
        rest = rest.get(length..).unwrap_or_default();
        rest = rest.strip_prefix(separator).unwrap_or(rest);
    }
    folders.retain(|folder| !folder.as_os_str().is_empty());
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn folders_are_told_apart_as_git_does() {
        let folders = |text: &str| {
            let shown = |path: PathBuf| path.display().to_string();
            split(text.as_ref()).into_iter().map(shown).collect::<Vec<_>>()
        };
        assert_eq!(folders("/a:/b c:"), ["/a", "/b c"]);
        assert_eq!(folders(r#""/a:\"b":/c"#), ["/a:\"b", "/c"]);
        assert_eq!(folders(r#""/broken"#), [""; 0]);
    }
}
