//! `hallpass verify`: the leaks of a scan, or one token, and whether Canvas accepts them.

use super::canvas::{apply, ask, asker, handed_over, keyring};
use super::emit::{Outputs, Verdict, emit};
use super::leak_run::Inspector;
use super::session::{Session, scan_rules};
use super::{CommandError, scan};
use crate::canvas::Asker;
use crate::cli::{Global, TriageArgs, VerifyArgs};
use crate::finding::{Job, Report, Severity};
use crate::secret::{Keyring, input, memory};

/// Runs the command; answers the exit code.
pub(super) fn run(args: &VerifyArgs, global: &Global) -> Result<u8, CommandError> {
    memory::guard();
    refuse_baseline(&args.scan.triage, "verify")?;
    let session = Session::new(global)?;
    // before anything is read: without a host there is nothing to do
    let asker = asker(&args.canvas, &args.scan.paths, &session)?;
    if args.canvas.token_stdin {
        let mut report = Report::default();
        let secrets = handed_over(input::read()?, &mut report);
        let known = ask(&mut report, secrets, &asker);
        apply(&mut report, &known, &asker);
        return emit_alone(report, &args.scan, &session);
    }
    scan::run_with(&args.scan, global, Some(&Verifier { keyring: keyring(), asker }))
}

/// Asks about what a scan found.
struct Verifier {
    keyring: Keyring,
    asker: Asker,
}

impl Inspector for Verifier {
    fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    fn go_over(&self, report: &mut Report) {
        let known = ask(report, self.keyring.take(), &self.asker);
        apply(report, &known, &self.asker);
    }
}

/// Refuses to accept what is found: a token that works is not accepted by asking about it.
pub(super) fn refuse_baseline(triage: &TriageArgs, command: &str) -> Result<(), CommandError> {
    if triage.write_baseline.is_none() {
        return Ok(());
    }
    Err(CommandError::Usage {
        message: format!("`hallpass {command}` writes no baseline"),
        help: Some("`hallpass scan --write-baseline FILE` does".to_owned()),
    })
}

/// Writes a report that no scan was needed for.
pub(super) fn emit_alone(
    mut report: Report,
    scan: &crate::cli::ScanArgs,
    session: &Session,
) -> Result<u8, CommandError> {
    report.sort();
    let outputs = Outputs::plan(&scan.output)?;
    let verdict = Verdict {
        job: Job::Scan,
        fail_on: scan.triage.fail_on.or(session.loaded.config.fail_on).unwrap_or(Severity::Warning),
        exit_zero: scan.triage.exit_zero,
    };
    emit(&report, &scan_rules(&session.detectors()?), &outputs, &verdict, session)
}
