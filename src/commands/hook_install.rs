//! `hallpass hook install`: writes a hook where git looks for it, and keeps the one that is there.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::session::Session;
use super::{CommandError, EXIT_OK};
use crate::cli::{Global, HookKind};
use crate::report::{inert, write_atomically};
use crate::sources::files::describe;
use crate::sources::git::Repository;

/// By this line a hook of ours is known.
const MARK: &str = "# written by `hallpass hook install`; `hallpass hook uninstall` removes it";
/// What the name of a hook that was there before ends with.
const KEPT: &str = ".before-hallpass";

/// A hook of git's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    name: &'static str,
    command: &'static str,
    /// Whether git hands it something on standard input, which two programs then have to share.
    reads: bool,
}

const PRE_COMMIT: Kind = Kind { name: "pre-commit", command: "scan --staged", reads: false };
const PRE_PUSH: Kind = Kind { name: "pre-push", command: "hook pre-push \"$@\"", reads: true };
const PRE_RECEIVE: Kind = Kind { name: "pre-receive", command: "hook pre-receive", reads: true };

/// Writes the hooks that are asked for.
pub(super) fn install(asked: &HookKind, global: &Global) -> Result<u8, CommandError> {
    let (session, repository) = open(global)?;
    let folder = folder(&repository)?;
    std::fs::create_dir_all(&folder)
        .map_err(|error| failed("make the folder", &folder, &session, &error))?;
    let program = std::env::current_exe().ok();
    for kind in kinds(asked, &repository)? {
        let path = folder.join(kind.name);
        let kept = folder.join(format!("{}{KEPT}", kind.name));
        let ours = is_ours(&path, &session)?;
        let mut keeps = kept.symlink_metadata().is_ok();
        if !ours && path.symlink_metadata().is_ok() {
            if keeps {
                return Err(CommandError::Usage {
                    message: format!(
                        "both {} and {} are there, and neither is hallpass' own",
                        shown(&path, &session),
                        shown(&kept, &session)
                    ),
                    help: Some("move one of them away, or call hallpass from the first".to_owned()),
                });
            }
            std::fs::rename(&path, &kept)
                .map_err(|error| failed("keep the hook", &path, &session, &error))?;
            keeps = true;
        }
        write_atomically(&path, script(kind, program.as_deref()).as_bytes())?;
        make_executable(&path)
            .map_err(|error| failed("make executable", &path, &session, &error))?;
        let also = if keeps {
            format!("; the one that was there runs too, as {}", shown(&kept, &session))
        } else {
            String::new()
        };
        let what = if ours { "Renewed" } else { "Wrote" };
        say(&session, &format!("{what} {}{also}.", shown(&path, &session)));
    }
    Ok(EXIT_OK)
}

/// Removes them again.
pub(super) fn uninstall(asked: &HookKind, global: &Global) -> Result<u8, CommandError> {
    let (session, repository) = open(global)?;
    let folder = folder(&repository)?;
    for kind in kinds(asked, &repository)? {
        let path = folder.join(kind.name);
        let kept = folder.join(format!("{}{KEPT}", kind.name));
        if !is_ours(&path, &session)? {
            say(&session, &format!("There is no hook of hallpass' at {}.", shown(&path, &session)));
            continue;
        }
        let back = kept.symlink_metadata().is_ok();
        let done = if back { std::fs::rename(&kept, &path) } else { std::fs::remove_file(&path) };
        done.map_err(|error| failed("remove the hook", &path, &session, &error))?;
        let also = if back { " and put back the one that was there before" } else { "" };
        say(&session, &format!("Removed {}{also}.", shown(&path, &session)));
    }
    for kind in [PRE_COMMIT, PRE_PUSH, PRE_RECEIVE] {
        let path = folder.join(kind.name);
        if matches!(is_ours(&path, &session), Ok(true)) {
            let (path, name) = (shown(&path, &session), kind.name);
            let message =
                format!("{path} is still there; `hallpass hook uninstall --{name}` removes it.");
            say(&session, &message);
        }
    }
    Ok(EXIT_OK)
}

fn open(global: &Global) -> Result<(Session, Repository), CommandError> {
    let session = Session::new(global)?;
    let repository = Repository::discover(session.display.working())?;
    Ok((session, repository))
}

fn kinds(asked: &HookKind, repository: &Repository) -> Result<Vec<Kind>, CommandError> {
    let mut kinds = Vec::new();
    kinds.extend(asked.pre_commit.then_some(PRE_COMMIT));
    kinds.extend(asked.pre_push.then_some(PRE_PUSH));
    kinds.extend(asked.pre_receive.then_some(PRE_RECEIVE));
    let is_bare = repository.inner().workdir().is_none();
    if is_bare && kinds.contains(&PRE_COMMIT) {
        return Err(CommandError::Usage {
            message: "nobody commits in a bare repository".to_owned(),
            help: Some("--pre-receive refuses pushes to it".to_owned()),
        });
    }
    if kinds.is_empty() {
        kinds.push(if is_bare { PRE_RECEIVE } else { PRE_COMMIT });
    }
    Ok(kinds)
}

/// Where git looks for hooks: in the folder that `core.hooksPath` names, seen from where hooks
/// run, or in the repository that all work trees share.
fn folder(repository: &Repository) -> Result<PathBuf, CommandError> {
    let inner = repository.inner();
    let config = inner.config_snapshot();
    let common = || repository.absolute(inner.common_dir());
    match config.trusted_path("core.hooksPath") {
        Ok(Some(path)) if !path.as_os_str().is_empty() => {
            let base = inner.workdir().map_or_else(common, |tree| repository.absolute(tree));
            Ok(base.join(path))
        }
        Ok(_) => Ok(common().join("hooks")),
        Err(error) => Err(CommandError::Usage {
            message: format!("`core.hooksPath` can't be used: {}", inert(&error.to_string())),
            help: Some("`git config --show-origin core.hooksPath` says where it is set".to_owned()),
        }),
    }
}

/// Whether the file at `path` was written by us.
fn is_ours(path: &Path, session: &Session) -> Result<bool, CommandError> {
    match std::fs::read(path) {
        Ok(text) => Ok(memchr::memmem::find(&text, MARK.as_bytes()).is_some()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("read the hook", path, session, &error)),
    }
}

/// The hook's text, for the shell that git brings along on every system.
fn script(kind: Kind, program: Option<&Path>) -> String {
    let Kind { name, command, reads } = kind;
    let program = program.and_then(Path::to_str).map(|path| path.replace('\\', "/"));
    let quoted = program.map_or_else(|| "hallpass".to_owned(), |path| quote(&path));
    // the hook that was there may itself lead back here, where another program moved this one
    let guard = "HALLPASS_HOOK_RUNS";
    let kept = format!(
        "kept=$(dirname \"$0\")/{name}{KEPT}\n\
         if [ \"${guard}\" = \"$kept\" ] || ! [ -x \"$kept\" ]; then kept=; fi\n"
    );
    let mut text = format!("#!/bin/sh\n{MARK}\n\nhallpass={quoted}\n");
    text.push_str("command -v \"$hallpass\" >/dev/null 2>&1 || hallpass=hallpass\n");
    text.push_str(&kept);
    if reads {
        // hallpass first: nothing should act on a push that is refused
        text.push_str(&format!(
            "if [ -z \"$kept\" ]; then exec \"$hallpass\" {command}; fi\n\
             # both read what git says; the dot keeps its last line's end\n\
             input=$(cat; echo .)\n\
             input=${{input%.}}\n\
             printf %s \"$input\" | \"$hallpass\" {command} || exit\n\
             {guard}=$kept\n\
             export {guard}\n\
             printf %s \"$input\" | \"$kept\" \"$@\"\n"
        ));
    } else {
        // hallpass last: the other one may change what is staged
        text.push_str(&format!(
            "if [ -n \"$kept\" ]; then {guard}=$kept \"$kept\" \"$@\" || exit; fi\n\
             exec \"$hallpass\" {command}\n"
        ));
    }
    text
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(unix)]
fn make_executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

/// Git for Windows tells a hook by its first line.
#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn failed(what: &str, path: &Path, session: &Session, error: &std::io::Error) -> CommandError {
    CommandError::Usage {
        message: format!("can't {what} {}: {}", shown(path, session), describe(error)),
        help: None,
    }
}

fn shown(path: &Path, session: &Session) -> String {
    inert(&session.display.show(path)).into_owned()
}

fn say(session: &Session, text: &str) {
    if !session.quiet {
        let _ = writeln!(std::io::stdout(), "{text}");
    }
}
