//! What is told beside the report, on standard error: in words for people, or as one JSON object a
//! line for programs. Standard error belongs to the process, and so does the choice between them.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use schemars::JsonSchema;
use serde::Serialize;

use super::{CommandError, EXIT_USAGE};
use crate::cli::LogFormat;
use crate::finding::{Report, Severity, scrub};
use crate::report::{self, Context, inert};

static FOR_PROGRAMS: AtomicBool = AtomicBool::new(false);

/// One line of `--log-format json`. Lines are added and keys are added, never renamed; a reader
/// passes over what it doesn't know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(title = "A line of hallpass --log-format json")]
#[serde(tag = "event", rename_all = "lowercase")]
pub(super) enum Event {
    /// The command line or the configuration is wrong; nothing was done.
    Error {
        /// What is wrong.
        message: String,
        /// What to do.
        #[serde(skip_serializing_if = "Option::is_none")]
        help: Option<String>,
        /// The file that is wrong, where the fault has a place in one.
        #[serde(skip_serializing_if = "Option::is_none")]
        path: Option<String>,
        /// The line in it, from 1.
        #[serde(skip_serializing_if = "Option::is_none")]
        line: Option<u64>,
        /// The column in it, from 1.
        #[serde(skip_serializing_if = "Option::is_none")]
        column: Option<u64>,
        /// The exit code.
        exit_code: u8,
    },
    /// How far a run is: after a second, and then every few seconds.
    Progress {
        /// What is counted, such as `files` or `blobs`.
        of: String,
        /// How many are done.
        done: u64,
        /// How many there are in all, where that is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        total: Option<u64>,
        /// Bytes read.
        bytes: u64,
        /// Whole seconds since the run began.
        seconds: u64,
    },
    /// What is about to be done, or was done: what `revoke` deletes.
    Step {
        /// A sentence.
        message: String,
    },
    /// Something that was asked for and could not be looked at.
    Problem {
        /// Where; empty where it has no place.
        path: String,
        /// What went wrong.
        message: String,
    },
    /// Something that went wrong beside the run, and changes neither report nor exit code.
    Trouble {
        /// Where.
        path: String,
        /// What went wrong.
        message: String,
    },
    /// Something to know of a request.
    Notice {
        /// The clause that it comes from.
        clause: String,
        /// What to know.
        message: String,
        /// The request.
        #[serde(skip_serializing_if = "Option::is_none")]
        path: Option<String>,
    },
    /// A file was written.
    Wrote {
        /// The file.
        path: String,
        /// What it is, such as `sarif` or `baseline`.
        what: String,
    },
    /// The last line of a run: how it ended.
    End {
        /// The same in a sentence.
        message: String,
        /// The exit code.
        exit_code: u8,
        /// Findings of severity `error`.
        errors: u64,
        /// Findings of severity `warning`.
        warnings: u64,
        /// Findings of severity `note`.
        notes: u64,
        /// Findings that were silenced.
        silenced: u64,
        /// Files or manifests read.
        files: u64,
        /// Git blobs read.
        blobs: u64,
        /// Commits looked at.
        commits: u64,
        /// Bytes read.
        bytes: u64,
        /// How many things were passed over on purpose.
        skipped: u64,
        /// How many things could not be looked at.
        problems: u64,
    },
}

/// Chooses what standard error is for.
pub(super) fn choose(format: LogFormat) {
    FOR_PROGRAMS.store(format == LogFormat::Json, Ordering::Relaxed);
}

/// Whether standard error is for programs.
pub(super) fn for_programs() -> bool {
    FOR_PROGRAMS.load(Ordering::Relaxed)
}

/// Writes a line for programs. Where nobody reads it, nothing is to be done about that.
pub(super) fn tell(event: &Event) {
    if let Ok(mut line) = serde_json::to_string(event) {
        line.push('\n');
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

/// Writes sentences for people, each line made safe.
pub(super) fn say(text: &str) {
    for line in scrub(text.trim_end()).lines() {
        let _ = writeln!(std::io::stderr(), "{}", inert(line));
    }
}

/// Tells what could not be looked at, where no report does.
pub(super) fn problems(problems: &[crate::finding::Problem]) {
    for problem in problems {
        let (path, message) = (inert(&problem.path).into_owned(), inert(&problem.message));
        if for_programs() {
            tell(&Event::Problem { path, message: message.into_owned() });
        } else {
            say(&format!("not looked at: {path}: {message}"));
        }
    }
}

/// Tells what went wrong beside the run: it changes neither the report nor the exit code.
pub(super) fn trouble(path: &str, message: &str) {
    if for_programs() {
        let (path, message) = (inert(path).into_owned(), inert(message).into_owned());
        tell(&Event::Trouble { path, message });
    } else {
        say(&format!("{path}: {message}"));
    }
}

/// Tells that a file was written; `sentence` is for people, where there is something to say.
pub(super) fn wrote(path: &str, what: &str, sentence: Option<&str>) {
    if for_programs() {
        tell(&Event::Wrote { path: inert(path).into_owned(), what: what.to_owned() });
    } else if let Some(sentence) = sentence {
        say(sentence);
    }
}

/// Tells how a run ended and what it looked at.
pub(super) fn account(report: &Report, context: &Context<'_>) {
    if !for_programs() {
        let _ = std::io::stderr().write_all(report::account(report, context).as_bytes());
        return;
    }
    problems(&report.coverage.errors);
    if !context.quiet {
        for notice in &report.notices {
            tell(&Event::Notice {
                clause: inert(&notice.clause).into_owned(),
                message: inert(&notice.message).into_owned(),
                path: notice.path.as_deref().map(|path| inert(path).into_owned()),
            });
        }
    }
    let coverage = &report.coverage;
    let count = |severity| report.count(severity) as u64;
    tell(&Event::End {
        message: report::verdict(report, context),
        exit_code: context.exit_code,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        notes: count(Severity::Note),
        silenced: report.suppressed.len() as u64,
        files: coverage.files,
        blobs: coverage.blobs,
        commits: coverage.commits,
        bytes: coverage.bytes,
        skipped: coverage.skipped.len() as u64,
        problems: coverage.errors.len() as u64,
    });
}

/// Shows an error, with its place in the file where it has one.
pub(super) fn complain(error: &CommandError, exit_code: u8) {
    if for_programs() {
        let (path, line, column) = place(error).unwrap_or_default();
        tell(&Event::Error {
            message: one_line(&error.to_string()),
            help: error.help().map(|help| one_line(&help.to_string())),
            path,
            line,
            column,
            exit_code,
        });
        return;
    }
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_links(false)
        // each error says what caused it in its own sentence
        .without_cause_chain()
        .with_width(100);
    if handler.render_report(&mut text, error).is_err() {
        text = format!("{error}\n");
    }
    say(&text);
}

/// Where in a file an error is.
fn place(error: &CommandError) -> Option<(Option<String>, Option<u64>, Option<u64>)> {
    let label = error.labels()?.next()?;
    let source = error.source_code()?;
    let contents = source.read_span(label.inner(), 0, 0).ok()?;
    Some((
        contents.name().map(|name| inert(name).into_owned()),
        Some(contents.line() as u64 + 1),
        Some(contents.column() as u64 + 1),
    ))
}

/// Tells that the command line could not be read. It was not read, so its words are looked at for
/// what standard error is for.
pub(super) fn refuse(text: &str) {
    let words: Vec<_> = std::env::args_os().collect();
    let asked = words.iter().any(|word| word == "--log-format=json")
        || words
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a == "--log-format" && b == "json"));
    if asked {
        let message = one_line(text.strip_prefix("error: ").unwrap_or(text));
        tell(&Event::Error {
            message,
            help: None,
            path: None,
            line: None,
            column: None,
            exit_code: EXIT_USAGE,
        });
    } else {
        // it repeats arguments, which may be file names that an attacker chose
        for line in scrub(text).lines() {
            let _ = writeln!(std::io::stderr(), "{}", inert(line));
        }
    }
}

/// Text of several lines as one, safe to print.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    inert(&words.join(" ")).into_owned()
}
