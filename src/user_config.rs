//! The user's own configuration, which holds for every project: `~/.config/hallpass/config.toml`,
//! on Windows `%APPDATA%\hallpass\config.toml`.
//!
//! It names the hosts that tokens may be sent to. Nothing of what is scanned may do so: whoever
//! planted an address there would be handed the tokens. So a file that lies in what is scanned, or
//! in the repository around it, is refused.

use std::path::{Path, PathBuf};

use miette::Diagnostic;
use serde::Deserialize;
use thiserror::Error;

use crate::finding::{printable, scrub};
use crate::sources::files::describe;

/// What a user has decided for every project. Unknown keys are errors.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct UserConfig {
    /// The Canvas hosts that may be asked about tokens.
    pub canvas_urls: Vec<String>,
    /// The certificate authorities to trust in place of the system's: a file in PEM; a relative
    /// path is relative to the configuration.
    pub ca_file: Option<PathBuf>,
}

/// A configuration of the user's that can't be used.
#[derive(Debug, Error, Diagnostic)]
pub enum UserConfigError {
    /// It can't be read.
    #[error("can't read your configuration {path}: {message}")]
    Read {
        /// Its path.
        path: String,
        /// Why.
        message: String,
    },
    /// It does not say what it can say.
    #[error("your configuration {path} can't be used: {message}")]
    #[diagnostic(help("it may hold `canvas-urls`, a list of addresses, and `ca-file`, a path"))]
    Format {
        /// Its path.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// It is a part of what is scanned.
    #[error("your configuration {path} lies in {within}, which is scanned: it is not trusted")]
    #[diagnostic(help(
        "name the hosts with --canvas-url, or keep the configuration outside of what is scanned"
    ))]
    Within {
        /// Its path.
        path: String,
        /// The folder.
        within: String,
    },
}

/// Reads the user's configuration; the default one if there is none. `scanned` are absolute paths
/// of what is looked at.
///
/// # Errors
///
/// If it is there and can't be read or used, or lies in what is scanned.
pub fn load(scanned: &[PathBuf]) -> Result<UserConfig, UserConfigError> {
    match place() {
        Some(path) => read(&path, scanned),
        None => Ok(UserConfig::default()),
    }
}

/// Where the configuration is looked for. A relative path in the environment counts as none: it
/// would lead into the working directory.
fn place() -> Option<PathBuf> {
    let folder = |name: &str| {
        std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute())
    };
    let base = if cfg!(windows) {
        folder("APPDATA")
    } else {
        folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))
    };
    Some(base?.join("hallpass").join("config.toml"))
}

fn read(path: &Path, scanned: &[PathBuf]) -> Result<UserConfig, UserConfigError> {
    let shown = |path: &Path| scrub(&printable(&path.to_string_lossy())).into_owned();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Ok(UserConfig::default());
        }
        Err(error) => {
            return Err(UserConfigError::Read { path: shown(path), message: describe(&error) });
        }
    };
    // as it really lies, whatever links lead there
    let real = std::fs::canonicalize(path)
        .map_err(|error| UserConfigError::Read { path: shown(path), message: describe(&error) })?;
    for root in scanned {
        let root = std::fs::canonicalize(root).unwrap_or_else(|_| root.clone());
        let within = repository(&root).unwrap_or(&root);
        if real.starts_with(within) {
            return Err(UserConfigError::Within { path: shown(path), within: shown(within) });
        }
    }
    let mut config: UserConfig =
        toml::from_str(&text).map_err(|error| UserConfigError::Format {
            path: shown(path),
            message: printable(&scrub(error.message())).into_owned(),
        })?;
    if let (Some(file), Some(folder)) = (&config.ca_file, path.parent()) {
        config.ca_file = Some(folder.join(file));
    }
    Ok(config)
}

/// The root of the repository that holds `path`.
fn repository(path: &Path) -> Option<&Path> {
    path.ancestors().find(|folder| folder.join(".git").exists())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn is_trusted_only_outside_of_what_is_scanned() {
        let whole = tempfile::tempdir().unwrap();
        let home = whole.path().join("home");
        let repository = whole.path().join("repository");
        std::fs::create_dir_all(home.join("sub")).unwrap();
        std::fs::create_dir_all(repository.join(".git")).unwrap();
        std::fs::create_dir_all(repository.join("src")).unwrap();
        let text = "canvas-urls = [\"https://canvas.example.edu\"]\nca-file = \"ca.pem\"\n";
        let path = home.join("config.toml");
        std::fs::write(&path, text).unwrap();
        let config = read(&path, &[repository.clone(), home.join("sub")]).unwrap();
        assert_eq!(config.canvas_urls, ["https://canvas.example.edu"]);
        assert_eq!(config.ca_file, Some(home.join("ca.pem")));
        let refused = |path: &Path, scanned: &Path| {
            matches!(read(path, &[scanned.to_path_buf()]), Err(UserConfigError::Within { .. }))
        };
        assert!(refused(&path, &home));
        assert!(refused(&path, whole.path()));
        assert!(refused(&path, &path));
        // beside what is scanned, but in the same repository
        let planted = repository.join("config.toml");
        std::fs::write(&planted, text).unwrap();
        assert!(refused(&planted, &repository.join("src")));
        #[cfg(unix)]
        {
            let link = home.join("link.toml");
            std::os::unix::fs::symlink(&planted, &link).unwrap();
            assert!(refused(&link, &repository));
        }
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        assert_eq!(read(&path, &[]).unwrap(), UserConfig::default());
        std::fs::write(&path, "canvas-url = \"x\"").unwrap();
        assert!(matches!(read(&path, &[]), Err(UserConfigError::Format { .. })));
    }
}
