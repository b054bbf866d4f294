//! `hallpass revoke --user ID --hint HINT`: an administrator deletes a token that nobody has at
//! hand, by what Canvas shows of it.

use super::revoke::{Revoker, say_rows, told};
use super::{CommandError, EXIT_FINDINGS, EXIT_INCOMPLETE, EXIT_OK, print};
use crate::canvas::{Deletion, Failure, Issued, Whose, delete, delete_path, issued};
use crate::report::inert;

/// Deletes the token that `hint` names among those of `user`; answers the exit code.
pub(super) fn run(revoker: &Revoker<'_>, user: u64, hint: &str) -> Result<u8, CommandError> {
    // both are there: the flags and the hosts were checked
    let (Some(admin), Some(client)) = (&revoker.admin, revoker.asker.clients().first()) else {
        return Ok(EXIT_INCOMPLETE);
    };
    let whose = Whose::User(user);
    let host = client.host().name();
    let list = || issued(client, whose, admin);
    let before = list();
    match &before {
        Ok(rows) if count(rows, hint) == 0 => {
            tell(&format!(
                "user {user} has no token with the hint {hint} on {host}: nothing to do"
            ));
            return Ok(EXIT_OK);
        }
        Ok(rows) => say_rows(rows, hint),
        Err(failure @ Failure::Status { status: 401 | 403 | 404 }) => {
            tell(&format!(
                "nothing was done: {host} shows no tokens of user {user}: {}",
                refused(failure)
            ));
            return Ok(EXIT_INCOMPLETE);
        }
        Err(failure) => {
            tell(&format!("nothing was done: {host}: {failure}"));
            return Ok(EXIT_INCOMPLETE);
        }
    }
    super::revoke::say(&format!(
        "  to do: DELETE {}{}, by the administrator's authority",
        client.host().base(),
        delete_path(whose, hint)
    ));
    if let Some(refusal) = revoker.refusal(1) {
        tell(&format!("the token {hint}… of user {user} was {refusal}"));
        return Ok(EXIT_FINDINGS);
    }
    let outcome = delete(client, whose, hint, admin);
    let deletion = told(&format!("the token {hint}… of user {user} was to be deleted"), &outcome);
    Ok(match (list(), before.map(|rows| count(&rows, hint))) {
        (Ok(rows), _) if count(&rows, hint) == 0 => {
            tell(&format!("{deletion}; now {host} lists no token with this hint"));
            EXIT_OK
        }
        (Ok(rows), Ok(before)) => {
            let left = count(&rows, hint);
            let again = matches!(outcome, Ok(Deletion::Done)) && left < before;
            let advice = if again { "; repeat this to delete the next one" } else { "" };
            tell(&format!("{deletion}; {host} still lists {left} with this hint{advice}"));
            EXIT_FINDINGS
        }
        (Err(failure), _) | (_, Err(failure)) => {
            tell(&format!("{deletion}; whether it is gone can't be told: {failure}"));
            EXIT_INCOMPLETE
        }
    })
}

fn count(rows: &[Issued], hint: &str) -> usize {
    rows.iter().filter(|row| row.hint == hint).count()
}

/// What a refusal means where tokens are to be listed.
fn refused(failure: &Failure) -> &'static str {
    match failure {
        Failure::Status { status: 401 } => "the administrator's token is not accepted (401)",
        Failure::Status { status: 403 } => "the administrator's token does not suffice (403)",
        _ => "there is no such user (404)",
    }
}

fn tell(sentence: &str) {
    let sentence = inert(sentence);
    let mut letters = sentence.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    print(&format!("{first}{}.\n", letters.as_str()));
}
