//! `hallpass policy`: which policies there are, what one says, whether packs pass their own tests.

use std::fmt::Write as _;
use std::path::Path;

use super::session::Session;
use super::{CommandError, EXIT_FINDINGS, EXIT_OK, print};
use crate::cli::{Global, PolicyArgs, PolicyCommand};
use crate::policy::{Catalog, Clause, Pack, test_pack};
use crate::report::inert;
use crate::sources::files::describe;

/// Runs the command; answers the exit code.
pub(super) fn run(args: &PolicyArgs, global: &Global) -> Result<u8, CommandError> {
    let session = Session::new(global)?;
    let catalog = session.catalog()?;
    match &args.command {
        PolicyCommand::List => list(&catalog),
        PolicyCommand::Show { policy } => show(&catalog, policy),
        PolicyCommand::Test { packs } => test(&catalog, packs, session.quiet),
    }
}

fn list(catalog: &Catalog) -> Result<u8, CommandError> {
    let ids = catalog.ids();
    let width = ids.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for id in ids {
        let pack = catalog.by_id(&id)?;
        let own = pack.clauses.iter().filter(|clause| clause.pack == pack.id).count();
        let inherited = pack.clauses.len() - own;
        let more = match inherited {
            0 => String::new(),
            more => format!(" and {more} inherited"),
        };
        let _ = writeln!(
            text,
            "{:width$}  {}: {own} clauses{more}",
            inert(&id),
            inert(&pack.institution)
        );
    }
    print(&text);
    Ok(EXIT_OK)
}

fn show(catalog: &Catalog, name: &str) -> Result<u8, CommandError> {
    let pack = catalog.resolve(name)?;
    let mut text = format!("{}: {}\n", inert(&pack.id), inert(&pack.institution));
    if let Some(base) = &pack.extends {
        let _ = writeln!(text, "extends {}", inert(base));
    }
    for contact in &pack.contacts {
        let _ = writeln!(text, "contact: {}", inert(&contact.to_string()));
    }
    for document in &pack.sources {
        let mut line = format!("source:  {document}");
        if let Some(day) = &document.modified {
            let _ = write!(line, ", changed {day}");
        }
        let _ = write!(line, ", read {}", document.read);
        let _ = writeln!(text, "{}", inert(&line));
    }
    clauses(&pack, &mut text);
    if !pack.switched_off.is_empty() {
        text.push_str("\nInherited clauses that do not hold here\n\n");
        for off in &pack.switched_off {
            let _ = writeln!(text, "  {}: {}", inert(&off.clause), inert(&off.reason));
        }
    }
    print(&text);
    Ok(EXIT_OK)
}

/// The clauses as a table, those of each pack under its own heading.
fn clauses(pack: &Pack, text: &mut String) {
    let width = pack.clauses.iter().map(|clause| clause.id.chars().count()).max().unwrap_or(0);
    let mut heading = "";
    for clause in &pack.clauses {
        if clause.source != heading {
            heading = &clause.source;
            let _ = writeln!(text, "\n{}\n", inert(heading));
        }
        let _ = writeln!(
            text,
            "  {:width$}  {:7}  {:24}  {}",
            inert(&clause.id),
            clause.severity,
            kinds(clause),
            inert(&clause.summary)
        );
        if let Some(reason) = &clause.reason {
            let _ = writeln!(text, "  {:width$}  changed: {}", "", inert(reason));
        }
    }
}

/// What becomes of a clause, in words.
fn kinds(clause: &Clause) -> String {
    let scans = clause.scan.as_ref();
    [
        (!clause.validations.is_empty() || scans.is_some_and(|scan| scan.requests), "check"),
        (!clause.notices.is_empty(), "notice"),
        (!clause.timeline.is_empty(), "timeline"),
        (scans.is_some_and(|scan| !scan.requests), "scan"),
        (clause.audit.is_some(), "audit"),
    ]
    .into_iter()
    .filter_map(|(is, word)| is.then_some(word))
    .collect::<Vec<_>>()
    .join(", ")
}

/// The packs to test: an id or a file is one, a folder all that stand in it.
fn named(catalog: &Catalog, packs: &[String]) -> Result<Vec<String>, CommandError> {
    let mut names = Vec::new();
    for pack in packs {
        let path = Path::new(pack);
        if catalog.ids().contains(pack) || path.is_file() {
            names.push(pack.clone());
        } else if path.is_dir() {
            names.extend(in_folder(path)?);
        } else if path.components().count() > 1 || path.extension().is_some() {
            return Err(CommandError::Usage {
                message: format!("there is no file or folder {}", inert(pack)),
                help: Some("name a pack's file, a folder of packs, or a pack's id".to_owned()),
            });
        } else {
            // not known: the catalog names the nearest
            names.push(pack.clone());
        }
    }
    Ok(names)
}

/// The files in a folder that are packs by their endings, in order.
fn in_folder(folder: &Path) -> Result<Vec<String>, CommandError> {
    let shown = inert(&folder.to_string_lossy()).into_owned();
    let entries = std::fs::read_dir(folder).map_err(|error| CommandError::Usage {
        message: format!("can't list the folder {shown}: {}", describe(&error)),
        help: None,
    })?;
    let mut files: Vec<String> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.is_file()
                && path.extension().is_some_and(|ending| {
                    ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml")
                })
        })
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    if files.is_empty() {
        return Err(CommandError::Usage {
            message: format!("there is no pack in the folder {shown}"),
            help: Some("a pack is a file that ends in .yaml or .yml".to_owned()),
        });
    }
    files.sort();
    Ok(files)
}

fn test(catalog: &Catalog, packs: &[String], quiet: bool) -> Result<u8, CommandError> {
    let names = match packs.is_empty() {
        true => catalog.ids(),
        false => named(catalog, packs)?,
    };
    let mut text = String::new();
    let mut good = true;
    for name in names {
        let test = test_pack(catalog, &name)?;
        good &= test.is_good();
        for failure in &test.failures {
            let _ = writeln!(
                text,
                "{}:{}: {}: {}",
                inert(&name),
                failure.line,
                inert(&failure.case),
                inert(&failure.message)
            );
        }
        for (clause, lacks) in &test.untested {
            let _ = writeln!(text, "{}: {}: {lacks}", inert(&name), inert(clause));
        }
        if !quiet || !test.is_good() {
            let verdict = match (test.failures.len(), test.untested.len()) {
                (0, 0) => "all as expected, every clause tested".to_owned(),
                (failed, lacking) => format!("{failed} failed, {lacking} clauses lack a case"),
            };
            let _ = writeln!(text, "{}: {} cases, {verdict}", inert(&test.pack), test.cases);
        }
    }
    print(&text);
    Ok(if good { EXIT_OK } else { EXIT_FINDINGS })
}
