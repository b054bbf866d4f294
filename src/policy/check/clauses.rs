//! Judges one readable manifest by a pack's clauses.

use std::sync::Arc;

use super::super::expression::{Expression, Facts, kind_of};
use super::super::manifest::MANIFEST;
use super::super::pack::{Clause, Pack, Source, Validation, Words};
use super::super::shape::Kind;
use super::super::yaml::{Node, Path, Step};
use jiff::civil::Date;

/// A clause that the request breaks.
#[derive(Debug)]
pub(crate) struct Breach<'p> {
    pub(crate) clause: &'p Clause,
    pub(crate) message: String,
    /// The field to underline.
    pub(crate) at: Path,
    pub(crate) help: Option<String>,
    /// The other fields by which the request breaks the clause, each with what is wrong there.
    pub(crate) also: Vec<(Path, String)>,
}

impl Breach<'_> {
    /// Adds a further breach of the same clause, unless its place is known already.
    fn add(&mut self, other: Self) {
        if self.at != other.at && self.also.iter().all(|(at, _)| *at != other.at) {
            self.also.push((other.at, other.message));
        }
    }
}

/// What a pack says of a request.
#[derive(Debug, Default)]
pub(crate) struct Judgement<'p> {
    pub(crate) breaches: Vec<Breach<'p>>,
    /// Clause and words.
    pub(crate) notices: Vec<(&'p Clause, String)>,
    /// Clause, day and words.
    pub(crate) timeline: Vec<(&'p Clause, Date, String)>,
    /// Clauses that could not be judged, with why: faults of the pack, not of the request.
    pub(crate) errors: Vec<(&'p Clause, String)>,
    /// Clauses with a condition that was judged; only kept for the packs' own tests.
    pub(crate) judged: Vec<&'p str>,
}

/// A field that could not be read as what it should be.
#[derive(Debug, Clone)]
pub(crate) struct Unreadable {
    pub(crate) path: Path,
    /// Whether it is a word that is readable, but not one that the format lists.
    pub(crate) is_unlisted: bool,
}

/// Judges `facts` by `pack`, leaving out what needs one of the `unreadable` fields.
pub(crate) fn judge<'p>(
    pack: &'p Pack,
    facts: &Facts<'_>,
    unreadable: &[Unreadable],
) -> Judgement<'p> {
    let mut judgement = Judgement::default();
    for clause in &pack.clauses {
        let mut judge = Judge { clause, facts, unreadable };
        if let Err(error) = judge.clause(&mut judgement) {
            judgement.errors.push((clause, error));
        }
    }
    judgement
}

struct Judge<'p, 'f> {
    clause: &'p Clause,
    facts: &'f Facts<'f>,
    unreadable: &'f [Unreadable],
}

/// What an expression says: `None` where a field that it needs can't be read.
type Said<T> = Result<Option<T>, String>;

impl<'p> Judge<'p, '_> {
    fn clause(&mut self, judgement: &mut Judgement<'p>) -> Result<(), String> {
        let mut first: Option<Breach<'p>> = None;
        for validation in &self.clause.validations {
            let breaches = match self.validation(validation, judgement) {
                Ok(breaches) => breaches,
                // a later condition may take for granted what the first breach denies
                Err(_) if first.is_some() => continue,
                Err(error) => return Err(error),
            };
            for breach in breaches {
                match &mut first {
                    None => first = Some(breach),
                    Some(first) => first.add(breach),
                }
            }
        }
        judgement.breaches.extend(first);
        for notice in &self.clause.notices {
            if self.applies(notice.when.as_ref())?
                && let Some(words) = self.words(&notice.words, self.facts)?
            {
                judgement.notices.push((self.clause, words));
            }
        }
        for entry in &self.clause.timeline {
            if self.applies(entry.when.as_ref())?
                && let Some(day) = self.ask(&entry.date, self.facts, Expression::day)?
            {
                judgement.timeline.push((self.clause, day, entry.what.clone()));
            }
        }
        Ok(())
    }

    fn validation(
        &self,
        validation: &'p Validation,
        judgement: &mut Judgement<'p>,
    ) -> Result<Vec<Breach<'p>>, String> {
        if !self.applies(validation.when.as_ref())? {
            return Ok(Vec::new());
        }
        let Some(each) = &validation.each else {
            return match self.ask(&validation.expression, self.facts, Expression::holds)? {
                None => Ok(Vec::new()),
                Some(holds) => {
                    judgement.judged.push(&self.clause.id);
                    let at = || validation.at.clone();
                    let breach = (!holds).then(|| self.breach(validation, self.facts, at()));
                    Ok(breach.transpose()?.into_iter().collect())
                }
            };
        };
        let mut breaches = Vec::new();
        let Some(Kind::List(kind)) = kind_of(&MANIFEST, each) else {
            return Ok(breaches);
        };
        for (index, node) in
            at_path(self.facts.root, each).map_or(&[][..], Node::elements).iter().enumerate()
        {
            let facts = Facts { entry: Some((node, *kind)), ..self.facts.clone() };
            // only this entry's own fields have to be readable
            let said = self.ask_entry(&validation.expression, &facts, each, index)?;
            let Some(holds) = said else { continue };
            judgement.judged.push(&self.clause.id);
            if !holds {
                let mut at = each.index(Some(index));
                match validation.at.0.first() {
                    Some(Step::Key(first)) if first == "entry" => {
                        at.0.extend(validation.at.0.iter().skip(1).cloned());
                    }
                    _ => at = validation.at.clone(),
                }
                breaches.push(self.breach(validation, &facts, at)?);
            }
        }
        Ok(breaches)
    }

    fn breach(
        &self,
        validation: &'p Validation,
        facts: &Facts<'_>,
        at: Path,
    ) -> Result<Breach<'p>, String> {
        let message =
            self.words(&validation.words, facts)?.unwrap_or_else(|| self.clause.summary.clone());
        let help = validation.help.clone();
        Ok(Breach { clause: self.clause, message, at, help, also: Vec::new() })
    }

    fn applies(&self, when: Option<&Source>) -> Result<bool, String> {
        match when {
            None => Ok(true),
            Some(when) => Ok(self.ask(when, self.facts, Expression::holds)?.unwrap_or(false)),
        }
    }

    fn words(&self, words: &Words, facts: &Facts<'_>) -> Said<String> {
        match words {
            Words::Plain(words) => Ok(Some(words.clone())),
            Words::Worked(source) => self.ask(source, facts, Expression::text),
        }
    }

    fn ask<T>(
        &self,
        source: &Source,
        facts: &Facts<'_>,
        answer: impl Fn(&Expression, &Facts<'_>) -> Result<T, String>,
    ) -> Said<T> {
        let expression = compiled(source)?;
        if expression.reads.iter().any(|read| self.is_unreadable(read)) {
            return Ok(None);
        }
        answer(expression, facts).map(Some)
    }

    /// As [`Judge::ask`], for the entry at `index` of `each`.
    fn ask_entry(
        &self,
        source: &Source,
        facts: &Facts<'_>,
        each: &Path,
        index: usize,
    ) -> Said<bool> {
        let expression = compiled(source)?;
        let any = each.index(None);
        for read in &expression.reads {
            let mut read = read.clone();
            if any.covers(&read) {
                read.0[any.0.len() - 1] = Step::Index(Some(index));
            }
            if self.is_unreadable(&read) {
                return Ok(None);
            }
        }
        expression.holds(facts).map(Some)
    }

    fn is_unreadable(&self, read: &Path) -> bool {
        self.unreadable.iter().any(|field| {
            let is_judged = field.is_unlisted && self.clause.judge_unlisted.as_ref() == Some(read);
            !is_judged && field.path.covers(read)
        })
    }
}

fn compiled(source: &Source) -> Result<&Expression, String> {
    source
        .compiled()
        .map_err(|faults| faults.first().map_or_else(String::new, |fault| fault.message.clone()))
}

/// The node at `path`, if there is one.
pub(crate) fn at_path<'n>(root: &'n Node, path: &Path) -> Option<&'n Node> {
    path.0.iter().try_fold(root, |node, step| match step {
        Step::Key(key) => node.get(key),
        Step::Index(index) => node.elements().get(index.unwrap_or(0)),
    })
}

/// The facts about the manifest `root`, with the holidays of `pack` and of the user.
pub(crate) fn facts<'t>(
    root: &'t Node,
    pack: &Pack,
    extra: &super::Holidays,
    today: Date,
) -> Facts<'t> {
    let holidays = match extra.is_empty() {
        true => Arc::clone(&pack.holidays),
        false => Arc::new(pack.holidays.union(extra).copied().collect()),
    };
    Facts { root, entry: None, token: None, today, holidays }
}
