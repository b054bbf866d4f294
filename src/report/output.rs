//! Writing a rendered report to a file: whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};
use thiserror::Error;

use super::inert;

/// Why a report could not be written to a file.
#[derive(Debug, Error)]
pub enum OutputError {
    /// The path names a folder.
    #[error("can't write the report to {}: it is a folder; name a file in it", show(path))]
    IsFolder {
        /// What was asked for.
        path: PathBuf,
    },
    /// The folder that the file would stand in does not exist.
    #[error(
        "can't write the report to {}: there is no folder {}; make it first",
        show(path),
        show(folder)
    )]
    NoFolder {
        /// What was asked for.
        path: PathBuf,
        /// The folder that is missing.
        folder: PathBuf,
    },
    /// The file, or a temporary file beside it, could not be written.
    #[error("can't write the report to {}: {source}", show(path))]
    Write {
        /// What was asked for.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

fn show(path: &Path) -> String {
    inert(&path.to_string_lossy()).into_owned()
}

/// Writes `contents` to `path`. A regular file is replaced in one step, by renaming a file made
/// beside it, so that nobody ever reads half a report and a failure leaves the old one; it keeps
/// its permissions, and a new one has those that the system gives to new files. A symbolic link
/// stays and its target is replaced. A device or a pipe is written to as it is.
///
/// # Errors
/// If the path is a folder, its folder is missing, or the system refuses.
pub fn write_atomically(path: &Path, contents: &[u8]) -> Result<(), OutputError> {
    let failed = |source| OutputError::Write { path: path.to_owned(), source };
    let existing = match fs::metadata(path) {
        Ok(existing) if existing.is_dir() => {
            return Err(OutputError::IsFolder { path: path.to_owned() });
        }
        Ok(existing) if !existing.is_file() => {
            let mut device = OpenOptions::new().write(true).open(path).map_err(failed)?;
            return device.write_all(contents).map_err(failed);
        }
        Ok(existing) => Some(existing),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    let target = match existing {
        Some(_) => fs::canonicalize(path).map_err(failed)?,
        None => path.to_owned(),
    };
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if !folder.is_dir() {
        return Err(OutputError::NoFolder { path: path.to_owned(), folder: folder.to_owned() });
    }
    let mut file = beside(folder).map_err(failed)?;
    file.write_all(contents).map_err(failed)?;
    if let Some(existing) = existing {
        file.as_file().set_permissions(existing.permissions()).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&target).map(|_: File| ()).map_err(|error| failed(error.error))
}

/// A temporary file in `folder`: on the same file system as its target, so that it can be renamed.
fn beside(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    builder.prefix(".hallpass-");
    // temporary files are their owner's alone by default; a report is an ordinary file, so this
    // asks for what any new file gets and leaves the rest to the umask
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_a_file_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        write_atomically(&path, b"one").unwrap();
        write_atomically(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["report.json"]);
    }

    #[test]
    fn says_what_is_wrong_with_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let error = write_atomically(folder.path(), b"").unwrap_err();
        assert!(matches!(error, OutputError::IsFolder { .. }), "{error}");
        let error = write_atomically(&folder.path().join("no/report"), b"").unwrap_err();
        assert!(matches!(error, OutputError::NoFolder { .. }), "{error}");
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn keeps_permissions_and_links() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let link = folder.path().join("link");
        symlink("report", &link).unwrap();
        write_atomically(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&path).unwrap(), b"new");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }

    #[cfg(unix)]
    #[test]
    fn a_new_file_has_the_permissions_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        write_atomically(&ours, b"").unwrap();
        fs::write(&plain, b"").unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(ours), mode(plain));
    }

    #[cfg(unix)]
    #[test]
    fn writes_to_a_device_without_replacing_it() {
        write_atomically(Path::new("/dev/null"), b"report").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }
}
