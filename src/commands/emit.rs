//! Where reports go: standard output and files, each in its format; and the exit code.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::session::Session;
use super::{CommandError, EXIT_FINDINGS, EXIT_INCOMPLETE, EXIT_OK, log};
use crate::cli::OutputArgs;
use crate::finding::{Job, Report, Rule, Severity};
use crate::report::{Context, Format, render, write_atomically};
use crate::sources::files::describe;

/// Where a run's report goes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Outputs {
    stdout: Option<Format>,
    files: Vec<(Format, PathBuf)>,
}

impl Outputs {
    /// Pairs formats with files: a file that names its own (`sarif:out.sarif`) has it, the others
    /// take the formats of `--format` in turn or, where those run out, the one that their
    /// extension tells. A format that is left over goes to standard output.
    pub(super) fn plan(args: &OutputArgs) -> Result<Self, CommandError> {
        let mut formats = args.format.iter().copied();
        let mut outputs = Self::default();
        for output in &args.output {
            let (format, path) = match named_format(output) {
                Some((format, path)) => (format, path),
                None => {
                    let format =
                        formats.next().or_else(|| by_extension(output)).ok_or_else(|| {
                            CommandError::Usage {
                                message: format!(
                                    "no format is named for the output file {}",
                                    crate::report::inert(output)
                                ),
                                help: Some("write --output sarif:FILE, or add --format".to_owned()),
                            }
                        })?;
                    (format, output.as_str())
                }
            };
            outputs.files.push((format, PathBuf::from(path)));
        }
        outputs.stdout = formats.next();
        if formats.next().is_some() {
            return Err(CommandError::Usage {
                message: "more formats are asked for than there are places to write them to"
                    .to_owned(),
                help: Some("give each but one of them a file: --output sarif:FILE".to_owned()),
            });
        }
        if outputs.files.is_empty() && outputs.stdout.is_none() {
            outputs.stdout = Some(Format::Human);
        }
        Ok(outputs)
    }
}

impl Outputs {
    /// Whether nothing but a terminal, or somebody's log, is written to.
    pub(super) fn are_for_people(&self) -> bool {
        self.files.is_empty() && self.stdout.is_none_or(|format| format == Format::Human)
    }
}

fn named_format(output: &str) -> Option<(Format, &str)> {
    let (name, path) = output.split_once([':', '='])?;
    Some((name.parse().ok()?, path)).filter(|(_, path)| !path.is_empty())
}

fn by_extension(output: &str) -> Option<Format> {
    match Path::new(output).extension()?.to_str()? {
        "sarif" => Some(Format::Sarif),
        "json" => Some(Format::Json),
        "md" => Some(Format::Markdown),
        "html" | "htm" => Some(Format::Html),
        "xml" => Some(Format::Junit),
        "csv" => Some(Format::Csv),
        "txt" => Some(Format::Human),
        _ => None,
    }
}

/// How a run is judged.
pub(super) struct Verdict {
    pub(super) job: Job,
    pub(super) fail_on: Severity,
    pub(super) exit_zero: bool,
}

impl Verdict {
    fn exit_code(&self, report: &Report) -> u8 {
        if !report.coverage.is_complete() {
            EXIT_INCOMPLETE
        } else if !self.exit_zero && report.findings.iter().any(|f| f.severity >= self.fail_on) {
            EXIT_FINDINGS
        } else {
            EXIT_OK
        }
    }
}

/// Writes `report` to every place that was asked for; answers the exit code.
pub(super) fn emit(
    report: &Report,
    rules: &[Rule],
    outputs: &Outputs,
    verdict: &Verdict,
    session: &Session,
) -> Result<u8, CommandError> {
    let exit_code = verdict.exit_code(report);
    let context = |color| Context {
        job: verdict.job,
        rules,
        color,
        width: session.width,
        fail_on: verdict.fail_on,
        exit_code,
        verbose: session.verbose,
        quiet: session.quiet,
        today: Some(session.today),
    };
    for (format, path) in &outputs.files {
        let mut text = Vec::new();
        // writing to memory does not fail
        let _ = render(*format, report, &context(false), &mut text);
        write_atomically(path, &text)?;
        if !session.quiet {
            log::wrote(&path.to_string_lossy(), format.as_str(), None);
        }
    }
    if let Some(format) = outputs.stdout {
        let mut out = std::io::BufWriter::new(std::io::stdout().lock());
        let written =
            render(format, report, &context(session.color), &mut out).and_then(|()| out.flush());
        // a reader that went away, such as `head`, is no error
        if let Err(error) = written
            && error.kind() != std::io::ErrorKind::BrokenPipe
        {
            return Err(CommandError::Stdout(describe(&error)));
        }
    }
    let told = outputs.stdout.is_some_and(Format::tells_coverage) && !log::for_programs();
    if !told && (!session.quiet || !report.coverage.is_complete()) {
        log::account(report, &context(false));
    }
    Ok(exit_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(formats: &[Format], outputs: &[&str]) -> Option<Outputs> {
        let output = outputs.iter().map(|text| (*text).to_owned()).collect();
        Outputs::plan(&OutputArgs { format: formats.to_vec(), output }).ok()
    }

    #[test]
    fn formats_and_files_are_paired() {
        let file = |format, path: &str| (format, PathBuf::from(path));
        let outputs = |stdout, files: Vec<_>| Some(Outputs { stdout, files });
        assert_eq!(plan(&[], &[]), outputs(Some(Format::Human), vec![]));
        assert_eq!(plan(&[Format::Sarif], &["x"]), outputs(None, vec![file(Format::Sarif, "x")]));
        assert_eq!(
            plan(&[Format::Human], &["sarif:a", "json=b"]),
            outputs(Some(Format::Human), vec![file(Format::Sarif, "a"), file(Format::Json, "b")])
        );
        assert_eq!(
            plan(&[Format::Json, Format::Github], &["out"]),
            outputs(Some(Format::Github), vec![file(Format::Json, "out")])
        );
        assert_eq!(plan(&[], &["r.sarif"]), outputs(None, vec![file(Format::Sarif, "r.sarif")]));
        assert_eq!(plan(&[], &["report"]), None);
        assert_eq!(plan(&[Format::Json, Format::Sarif], &[]), None);
    }
}
