//! Questions on a terminal.

use std::io::IsTerminal as _;

use inquire::validator::Validation;
use inquire::{Confirm, InquireError, MultiSelect, Select, Text};

use super::CommandError;
use crate::policy::Catalog;
use crate::report::inert;

/// Whether there is somebody to ask.
pub(super) fn is_possible() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A question that is answered with yes or no.
pub(super) fn confirm(question: &str, default: bool) -> Result<bool, CommandError> {
    Confirm::new(question).with_default(default).prompt().map_err(stopped)
}

/// One of several words.
pub(super) fn one<'w>(question: &str, words: &[&'w str]) -> Result<&'w str, CommandError> {
    Select::new(question, words.to_vec()).with_page_size(12).prompt().map_err(stopped)
}

/// Any of several words; at first all of them are chosen, or none.
pub(super) fn several<'w>(
    question: &str,
    words: &[&'w str],
    all: bool,
) -> Result<Vec<&'w str>, CommandError> {
    let prompt = MultiSelect::new(question, words.to_vec());
    let prompt = if all { prompt.with_all_selected_by_default() } else { prompt };
    prompt.prompt().map_err(stopped)
}

/// A line of text that `check` accepts: it answers what is wrong with it.
pub(super) fn text(
    question: &str,
    hint: &str,
    check: impl Fn(&str) -> Option<String> + Clone + 'static,
) -> Result<String, CommandError> {
    let validator = move |answer: &str| {
        Ok(match check(answer.trim()) {
            Some(fault) => Validation::Invalid(fault.into()),
            None => Validation::Valid,
        })
    };
    let mut prompt = Text::new(question).with_validator(validator);
    if !hint.is_empty() {
        prompt = prompt.with_help_message(hint);
    }
    prompt.prompt().map(|answer| answer.trim().to_owned()).map_err(stopped)
}

/// One of the policies at hand.
pub(super) fn policy(catalog: &Catalog) -> Result<String, CommandError> {
    let mut named = Vec::new();
    for id in catalog.ids() {
        let institution = catalog.by_id(&id)?.institution.clone();
        named.push((inert(&format!("{id}: {institution}")).into_owned(), id));
    }
    let shown: Vec<&str> = named.iter().map(|(shown, _)| shown.as_str()).collect();
    let chosen = one("Whose policy?", &shown)?;
    let id = named.iter().find(|(shown, _)| shown == chosen).map(|(_, id)| id.clone());
    Ok(id.unwrap_or_else(|| "canvas".to_owned()))
}

fn stopped(error: InquireError) -> CommandError {
    let message = match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            "stopped; nothing was written".to_owned()
        }
        other => format!("can't ask on this terminal: {}", inert(&other.to_string())),
    };
    CommandError::Usage {
        message,
        help: Some("flags answer the questions too; see --help".to_owned()),
    }
}
