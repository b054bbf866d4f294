//! `hallpass init`: looks at a repository and writes what it needs, never over what is there.

mod files;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use imara_diff::{Algorithm, BasicLineDiffPrinter, Diff, InternedInput, UnifiedDiffConfig};

use super::session::Session;
use super::{CommandError, EXIT_OK, ask, log, print};
use crate::cli::{Global, InitArgs, Part};
use crate::report::inert;
use crate::sources::files::describe;
use files::{Choices, File, Plan};

/// Runs the command; answers the exit code.
pub(super) fn run(args: &InitArgs, global: &Global) -> Result<u8, CommandError> {
    let session = Session::new(global)?;
    let root = repository(&session.display.absolute(&args.folder))?;
    let mut choices = Choices {
        policy: args.policy.clone(),
        parts: [Part::Config, Part::PreCommit, Part::Workflow]
            .into_iter()
            .filter(|part| !args.without.contains(part))
            .collect(),
        requests: args.requests,
        source: args.source.clone(),
        today: session.today,
    };
    let asks = !args.yes && !args.dry_run && ask::is_possible();
    if asks {
        questions(&mut choices, &session, &root)?;
    }
    check_policy(&choices, &session, &root)?;
    let plan = files::plan(&root, &choices)?;
    print(&shown(&plan));
    if args.dry_run || plan.files.is_empty() {
        return Ok(EXIT_OK);
    }
    if asks && !ask::confirm("Write this?", true)? {
        print("Nothing was written.\n");
        return Ok(EXIT_OK);
    }
    for file in &plan.files {
        write(&root, file)?;
        log::wrote(&file.path, "init", None);
    }
    if !session.quiet {
        print(&next(&plan));
    }
    Ok(EXIT_OK)
}

/// The repository that `folder` is in, or the folder itself where there is none.
fn repository(folder: &Path) -> Result<PathBuf, CommandError> {
    if !folder.is_dir() {
        return Err(CommandError::Usage {
            message: format!("there is no folder {}", inert(&folder.to_string_lossy())),
            help: Some("name a folder of the repository that is to be set up".to_owned()),
        });
    }
    let root = folder.ancestors().find(|folder| folder.join(".git").exists());
    Ok(root.unwrap_or(folder).to_path_buf())
}

fn questions(choices: &mut Choices, session: &Session, root: &Path) -> Result<(), CommandError> {
    if choices.policy.is_none() && !files::has_config(root) {
        choices.policy = Some(ask::policy(&session.catalog()?)?);
    }
    let offered: Vec<(&str, Part)> = [
        ("hallpass.toml: what hallpass goes by here", Part::Config),
        (".pre-commit-config.yaml: refuse commits that leak", Part::PreCommit),
        (".github/workflows/hallpass.yml: look at every push and pull request", Part::Workflow),
    ]
    .into_iter()
    .filter(|(_, part)| choices.parts.contains(part))
    .collect();
    let names: Vec<&str> = offered.iter().map(|(name, _)| *name).collect();
    let chosen = ask::several("What shall be written?", &names, true)?;
    choices.parts =
        offered.iter().filter(|(name, _)| chosen.contains(name)).map(|(_, part)| *part).collect();
    if !choices.requests {
        choices.requests = ask::confirm("A folder for token requests, too?", false)?;
    }
    Ok(())
}

/// A policy that does not exist is refused before anything is written.
fn check_policy(choices: &Choices, session: &Session, root: &Path) -> Result<(), CommandError> {
    let Some(policy) = &choices.policy else {
        return Ok(());
    };
    let catalog = session.catalog()?;
    let file = root.join(policy);
    if !catalog.ids().contains(policy) && file.is_file() {
        catalog.resolve(&file.to_string_lossy())?;
    } else {
        catalog.resolve(policy)?;
    }
    Ok(())
}

/// What would be written and what stays, for people.
fn shown(plan: &Plan) -> String {
    let mut text = String::new();
    for (path, why) in &plan.kept {
        text.push_str(&format!("{}: {why}\n", inert(path)));
    }
    for change in plan.proposed.iter().chain(&plan.files) {
        let (old, new) = match change.old.is_empty() {
            true => ("/dev/null".to_owned(), format!("b/{}", change.path)),
            false => (format!("a/{}", change.path), format!("b/{}", change.path)),
        };
        if !change.old.is_empty() {
            text.push_str(&format!(
                "{} is there and stays as it is; these lines are for you to add:\n",
                change.path
            ));
        }
        let unified = difference(&change.old, &change.new);
        for line in format!("--- {old}\n+++ {new}\n{unified}").lines() {
            text.push_str(&inert(line));
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

fn difference(old: &str, new: &str) -> String {
    let lines = InternedInput::new(old, new);
    let mut diff = Diff::compute(Algorithm::Histogram, &lines);
    diff.postprocess_lines(&lines);
    let printer = BasicLineDiffPrinter(&lines.interner);
    diff.unified_diff(&printer, UnifiedDiffConfig::default(), &lines).to_string()
}

/// Writes a new file, and the folders above it. It fails if the file has come into being since.
fn write(root: &Path, file: &File) -> Result<(), CommandError> {
    let failed = |error: &std::io::Error| CommandError::Usage {
        message: format!("can't write {}: {}", file.path, describe(error)),
        help: None,
    };
    let path = root.join(&file.path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    }
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .and_then(|mut new| new.write_all(file.new.as_bytes()))
        .map_err(|error| failed(&error))
}

/// What to do next.
fn next(plan: &Plan) -> String {
    let mut text = String::from("Written. Next:\n");
    let wrote = |name: &str| plan.files.iter().any(|file| file.path == name);
    text.push_str("  hallpass scan          what leaks today\n");
    if wrote(files::PRE_COMMIT) {
        text.push_str("  pre-commit install     look at every commit\n");
    }
    if wrote(files::REQUEST) {
        text.push_str("  hallpass check requests\n");
    }
    text
}
