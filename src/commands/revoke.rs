//! `hallpass revoke`: verifies leaked tokens, deletes those that work, and verifies again.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::thread;
use std::time::Duration;

use super::canvas::{Known, apply, ask, asker, handed_over, keyring, owner, shown};
use super::leak_run::Inspector;
use super::session::Session;
use super::verify::{emit_alone, refuse_baseline};
use super::{CommandError, revoke_by_hint, scan};
use crate::canvas::{Asker, Client, Deletion, Failure, Issued, Whose, delete, delete_path, issued};
use crate::cli::{Global, RevokeArgs};
use crate::finding::{Fingerprint, Report, TokenState};
use crate::report::inert;
use crate::secret::{Keyring, SecretString, Token, command, input, memory};

/// The variable that an administrator's token is read from.
const ADMIN_VARIABLE: &str = "HALLPASS_ADMIN_TOKEN";
/// How often a deleted token is asked about: Canvas may take a moment.
const LOOKS: u32 = 4;
/// The wait between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(700);

/// Runs the command; answers the exit code.
pub(super) fn run(args: &RevokeArgs, global: &Global) -> Result<u8, CommandError> {
    memory::guard();
    refuse_baseline(&args.scan.triage, "revoke")?;
    let session = Session::new(global)?;
    let asker = asker(&args.canvas, &args.scan.paths, &session)?;
    let may_ask = io::stdin().is_terminal();
    if !args.yes && !args.dry_run && !may_ask {
        return Err(CommandError::Usage {
            message: "standard input is no terminal, so nobody can be asked for a yes".to_owned(),
            help: Some("look at what --dry-run says, then add --yes".to_owned()),
        });
    }
    let admin = admin(args, &asker)?;
    let revoker = Revoker { args, asker: &asker, admin, keyring: keyring() };
    if let (Some(user), Some(hint)) = (args.user, &args.hint) {
        return revoke_by_hint::run(&revoker, user, hint);
    }
    if args.canvas.token_stdin {
        let mut report = Report::default();
        let secrets = handed_over(input::read()?, &mut report);
        revoker.revoke(&mut report, secrets);
        return emit_alone(report, &args.scan, &session);
    }
    scan::run_with(&args.scan, global, Some(&revoker))
}

/// An administrator's token, where one is at hand. It goes to one host only: it was not issued for
/// the others.
fn admin(args: &RevokeArgs, asker: &Asker) -> Result<Option<Token>, CommandError> {
    let variable = std::env::var(ADMIN_VARIABLE).ok().filter(|text| !text.is_empty());
    let token = match (&args.admin_token_command, variable) {
        (Some(line), _) => Some(command::run(line, &[ADMIN_VARIABLE])?),
        (None, Some(text)) => {
            let token = Token::new(SecretString::from(text.trim()));
            Some(token.ok_or_else(|| CommandError::Usage {
                message: format!("what the variable {ADMIN_VARIABLE} holds is no Canvas token"),
                help: None,
            })?)
        }
        (None, None) => None,
    };
    if token.is_some() && asker.clients().len() > 1 {
        return Err(CommandError::Usage {
            message: "an administrator's token is sent to one Canvas only, but several are named"
                .to_owned(),
            help: Some("name the one that it is for with --canvas-url".to_owned()),
        });
    }
    if token.is_none() && args.user.is_some() {
        return Err(CommandError::Usage {
            message: "another user's token is deleted with an administrator's, and there is none"
                .to_owned(),
            help: Some(format!(
                "put it into the variable {ADMIN_VARIABLE}, or name a command that prints it with \
                 --admin-token-command"
            )),
        });
    }
    Ok(token)
}

/// Deletes tokens.
pub(super) struct Revoker<'a> {
    pub(super) args: &'a RevokeArgs,
    pub(super) asker: &'a Asker,
    pub(super) admin: Option<Token>,
    keyring: Keyring,
}

impl Inspector for Revoker<'_> {
    fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    fn go_over(&self, report: &mut Report) {
        self.revoke(report, self.keyring.take());
    }
}

impl Revoker<'_> {
    /// Ends every token among the findings of `report` that works.
    fn revoke(&self, report: &mut Report, secrets: BTreeMap<Fingerprint, SecretString>) {
        let mut known = ask(report, secrets, self.asker);
        let alive: Vec<&mut Known> =
            known.iter_mut().filter(|known| known.answer.state == TokenState::Alive).collect();
        if !alive.is_empty() {
            for known in &alive {
                self.show(known);
            }
            let refusal = self.refusal(alive.len());
            for known in alive {
                match refusal {
                    Some(refusal) => known.deletion = Some(refusal.to_owned()),
                    None => self.end(known),
                }
            }
        }
        apply(report, &known, self.asker);
    }

    /// Why nothing is to be deleted, if so.
    pub(super) fn refusal(&self, count: usize) -> Option<&'static str> {
        if self.args.dry_run {
            return Some("not deleted, as this is a dry run");
        }
        if self.args.yes {
            return None;
        }
        let what =
            if count == 1 { "this token".to_owned() } else { format!("these {count} tokens") };
        say_without_end(&format!("Delete {what}? Type yes: "));
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        let yes = read.is_ok() && ["y", "yes"].contains(&line.trim().to_lowercase().as_str());
        (!yes).then_some("not deleted, as nobody said yes")
    }

    /// Says what will be done about a token.
    fn show(&self, known: &Known) {
        let Some(client) = self.client(known) else { return };
        let token = shown(&known.token);
        let hint = known.token.hint().hint;
        say(&format!(
            "{token} works on {} and belongs to {}",
            client.host().name(),
            owner(&known.answer)
        ));
        match issued(client, Whose::Own, &known.token) {
            Ok(rows) => say_rows(&rows, &hint),
            Err(failure) => say(&format!("  what it is for can't be told: {failure}")),
        }
        say(&format!(
            "  to do: DELETE {}{}, by its own authority",
            client.host().base(),
            delete_path(Whose::Own, &hint)
        ));
    }

    /// The client for the host that accepts a token.
    fn client(&self, known: &Known) -> Option<&Client> {
        known.answer.host.and_then(|at| self.asker.clients().get(at))
    }

    /// Deletes a token and asks about it again.
    fn end(&self, known: &mut Known) {
        let Some(client) = self.client(known) else { return };
        let hint = known.token.hint().hint;
        let mut outcome = delete(client, Whose::Own, &hint, &known.token);
        let mut deletion = told("it was to be deleted by its own authority", &outcome);
        if let (Ok(Deletion::NotPermitted | Deletion::NoSuchToken), Some(admin), Some(owner)) =
            (&outcome, &self.admin, &known.answer.owner)
        {
            outcome = delete(client, Whose::User(owner.id), &hint, admin);
            deletion = format!("{deletion}; {}", told("then by an administrator's", &outcome));
        }
        let before = known.answer.clone();
        for look in 0..LOOKS {
            if look > 0 {
                thread::sleep(BETWEEN_LOOKS);
            }
            known.answer = self.asker.ask(&known.token);
            let done = matches!(outcome, Ok(Deletion::Done));
            if known.answer.state != TokenState::Alive || !done {
                break;
            }
        }
        if known.answer.state == TokenState::Alive && matches!(outcome, Ok(Deletion::Done)) {
            deletion.push_str(
                ", and yet it works: the owner has another token with this hint, and that one was \
                 deleted; repeat this",
            );
        }
        known.answer.owner = known.answer.owner.take().or(before.owner);
        known.answer.host = known.answer.host.or(before.host);
        say(&format!(
            "{}: {deletion}; now it is {}",
            shown(&known.token),
            known.answer.state.as_str()
        ));
        known.deletion = Some(deletion);
    }
}

/// What came of a deletion, as a sentence.
pub(super) fn told(what: &str, outcome: &Result<Deletion, Failure>) -> String {
    match outcome {
        Ok(deletion) => {
            let meaning = match deletion {
                Deletion::Done => "deleted",
                Deletion::NotAccepted => "not accepted",
                Deletion::NotPermitted => "not permitted",
                Deletion::NoSuchToken => "no such token",
            };
            format!("{what}, and Canvas answered {} ({meaning})", deletion.status())
        }
        Err(failure) => format!("{what}, but there was no answer to that: {failure}"),
    }
}

/// Says what Canvas' list tells of the tokens with a hint.
pub(super) fn say_rows(rows: &[Issued], hint: &str) {
    let mut count = 0;
    for row in rows.iter().filter(|row| row.hint == hint) {
        count += 1;
        say(&format!(
            "  {hint}…: “{}”, expires {}, last used {}",
            row.purpose,
            row.expires.as_deref().unwrap_or("never"),
            row.last_used.as_deref().unwrap_or("never")
        ));
    }
    if count > 1 {
        say(&format!(
            "  {count} tokens of this user have this hint: Canvas deletes one of them at a time"
        ));
    }
}

/// A line for whoever runs this, beside the report.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}", inert(line));
}

fn say_without_end(line: &str) {
    let mut stderr = io::stderr();
    let _ = write!(stderr, "{}", inert(line));
    let _ = stderr.flush();
}
