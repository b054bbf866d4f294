//! Asks a pack's audit conditions of one token.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;

use super::super::days::Holidays;
use super::super::expression::{Expression, Facts, Quick, Quickly};
use super::super::pack::{Clause, Pack, Source, Validation, Words};
use super::super::token::{self, Limits};
use super::super::yaml::{Node, Step, Value};
use crate::issued::{Columns, Row};

/// A tree in which nothing is said: the request behind a token that has none.
pub(super) static NOTHING: Node = Node { span: 0..0, value: Value::Map(Vec::new()) };

/// What an expression needs to be asked.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Needs {
    /// The columns that it reads, as a set of bits.
    pub(crate) columns: u16,
    /// Whether it reads the request.
    pub(crate) request: bool,
}

impl Needs {
    fn of(expression: &Expression) -> Self {
        let mut needs = Self::default();
        for path in &expression.reads {
            match path.0.as_slice() {
                [Step::Key(root), Step::Key(field), ..] if root == "token" => {
                    needs.columns |= token::column(field).map_or(0, |column| 1 << column as u16);
                }
                [Step::Key(root), ..] if root == "limits" => {}
                _ => needs.request = true,
            }
        }
        needs
    }

    fn and(self, other: Self) -> Self {
        Self { columns: self.columns | other.columns, request: self.request || other.request }
    }
}

/// An expression, ready to be asked of many tokens.
struct Ask<'p> {
    expression: &'p Expression,
    quick: Option<Quick>,
}

impl<'p> Ask<'p> {
    fn new(source: &'p Source) -> Result<Self, String> {
        let expression = compiled(source)?;
        Ok(Self { expression, quick: Quick::of(expression) })
    }

    fn holds(&self, case: &Case<'_>) -> Result<bool, String> {
        match self.quick.as_ref().and_then(|quick| quick.holds(&case.quickly)) {
            Some(holds) => Ok(holds),
            None => case.facts(|facts| self.expression.holds(facts)),
        }
    }
}

fn compiled(source: &Source) -> Result<&Expression, String> {
    source
        .compiled()
        .map_err(|faults| faults.first().map_or_else(String::new, |fault| fault.message.clone()))
}

/// A condition that is asked of each token.
struct Condition<'p> {
    validation: &'p Validation,
    when: Option<Ask<'p>>,
    expression: Ask<'p>,
    needs: Needs,
}

/// A clause with the conditions that can be asked of this report.
struct Asked<'p> {
    clause: &'p Clause,
    conditions: Vec<Condition<'p>>,
}

/// A condition that a token does not satisfy, by its position among the judge's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Breach {
    pub(super) clause: u16,
    pub(super) condition: u16,
}

/// Judges tokens.
pub(crate) struct Judge<'p> {
    asked: Vec<Asked<'p>>,
    limits: Limits,
    limits_node: Node,
    today: Date,
    holidays: Arc<Holidays>,
    /// Clauses of which something is not asked, since the report lacks columns: which.
    pub(crate) unasked: Vec<(&'p Clause, u16)>,
    /// Clauses that can't be asked at all, with why: faults of the pack.
    pub(crate) errors: Vec<(&'p Clause, String)>,
}

/// A token with what is asked of it.
pub(crate) struct Case<'c> {
    quickly: Quickly<'c>,
    judge: &'c Judge<'c>,
    tree: OnceCell<Node>,
}

impl Case<'_> {
    /// Answers with the general facts, made only where they are needed.
    pub(super) fn facts<T>(&self, ask: impl FnOnce(&Facts<'_>) -> T) -> T {
        let tree = self.tree.get_or_init(|| token::node(self.quickly.row));
        ask(&Facts {
            root: self.quickly.request.unwrap_or(&NOTHING),
            entry: None,
            token: Some((tree, &self.judge.limits_node)),
            today: self.judge.today,
            holidays: Arc::clone(&self.judge.holidays),
        })
    }
}

impl<'p> Judge<'p> {
    /// Prepares the audit clauses of `pack` for a report with these columns (`None`: all there
    /// are). What asks about requests is asked only if there are some.
    pub(crate) fn new(
        pack: &'p Pack,
        extra: &Holidays,
        columns: Option<&Columns>,
        has_requests: bool,
        limits: Limits,
        today: Date,
    ) -> Self {
        let missing = columns.map_or(0, |columns| {
            crate::issued::Column::all()
                .filter(|column| !columns.has(*column))
                .fold(0, |bits, column| bits | 1 << column as u16)
        });
        // what else is missing is not known, and a condition says itself what that means
        let needed = crate::issued::Column::all()
            .filter(|column| token::is_needed(*column))
            .fold(0, |bits, column| bits | 1 << column as u16);
        let mut judge = Self {
            asked: Vec::new(),
            limits,
            limits_node: limits.node(),
            today,
            holidays: Arc::new(pack.holidays.union(extra).copied().collect()),
            unasked: Vec::new(),
            errors: Vec::new(),
        };
        for clause in &pack.clauses {
            let Some(audit) = clause.audit.as_ref().filter(|audit| !audit.tokens.is_empty()) else {
                continue;
            };
            let (mut conditions, mut lacks) = (Vec::new(), 0);
            for validation in &audit.tokens {
                match condition(validation) {
                    Ok(condition) if condition.needs.request && !has_requests => {}
                    Ok(condition) => {
                        let unknown = condition.needs.columns & missing;
                        lacks |= unknown;
                        if unknown & needed == 0 {
                            conditions.push(condition);
                        }
                    }
                    Err(error) => judge.errors.push((clause, error)),
                }
            }
            if lacks != 0 {
                judge.unasked.push((clause, lacks));
            }
            if !conditions.is_empty() {
                judge.asked.push(Asked { clause, conditions });
            }
        }
        judge
    }

    /// The row as a case.
    pub(crate) fn case<'c>(&'c self, row: &'c Row<'c>, request: Option<&'c Node>) -> Case<'c> {
        Case {
            quickly: Quickly { row, request, limits: self.limits, today: self.today },
            judge: self,
            tree: OnceCell::new(),
        }
    }

    /// Calls `found` for each clause that the token breaks, with the first condition that it does
    /// not satisfy, and `failed` for each that can't be judged. What needs a cell that can't be
    /// read is not asked.
    pub(super) fn judge(
        &self,
        case: &Case<'_>,
        mut found: impl FnMut(Breach),
        mut failed: impl FnMut(&'p Clause, String),
    ) {
        let unreadable = case.quickly.row.unreadable();
        for (number, asked) in self.asked.iter().enumerate() {
            for (position, condition) in asked.conditions.iter().enumerate() {
                if condition.needs.columns & unreadable != 0 {
                    continue;
                }
                match condition.is_broken(case) {
                    Ok(false) => {}
                    Ok(true) => {
                        let whole = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
                        found(Breach { clause: whole(number), condition: whole(position) });
                        break;
                    }
                    Err(error) => {
                        failed(asked.clause, error);
                        break;
                    }
                }
            }
        }
    }

    /// The clauses that are asked, in order: a breach names one by its position.
    pub(super) fn clauses(&self) -> impl Iterator<Item = &'p Clause> {
        self.asked.iter().map(|asked| asked.clause)
    }

    /// The clause and the condition of a breach.
    pub(super) fn of(&self, breach: Breach) -> Option<(&'p Clause, &'p Validation)> {
        let asked = self.asked.get(usize::from(breach.clause))?;
        let condition = asked.conditions.get(usize::from(breach.condition))?;
        Some((asked.clause, condition.validation))
    }

    /// The clauses that the token breaks and those that were asked, for the packs' own tests; and
    /// what could not be worked out.
    pub(crate) fn rehearse(&self, case: &Case<'_>) -> (Vec<&'p str>, Vec<&'p str>, Vec<String>) {
        let (mut broken, mut errors) = (Vec::new(), Vec::new());
        self.judge(
            case,
            |breach| {
                if let Some((clause, validation)) = self.of(breach) {
                    broken.push((clause, validation));
                }
            },
            |clause, error| errors.push(format!("{}: {error}", clause.id)),
        );
        for (clause, validation) in &broken {
            if let Err(error) = words(&validation.words, case) {
                errors.push(format!("{}: {error}", clause.id));
            }
        }
        let mut asked = Vec::new();
        for clause in &self.asked {
            let applies = |condition: &Condition<'_>| match &condition.when {
                Some(when) => when.holds(case).unwrap_or(false),
                None => true,
            };
            if clause.conditions.iter().any(applies) {
                asked.push(clause.clause.id.as_str());
            }
        }
        (broken.into_iter().map(|(clause, _)| clause.id.as_str()).collect(), asked, errors)
    }
}

impl Condition<'_> {
    fn is_broken(&self, case: &Case<'_>) -> Result<bool, String> {
        if let Some(when) = &self.when
            && !when.holds(case)?
        {
            return Ok(false);
        }
        self.expression.holds(case).map(|holds| !holds)
    }
}

fn condition(validation: &Validation) -> Result<Condition<'_>, String> {
    let when = validation.when.as_ref().map(Ask::new).transpose()?;
    let expression = Ask::new(&validation.expression)?;
    let mut needs = Needs::of(expression.expression);
    if let Some(when) = &when {
        needs = needs.and(Needs::of(when.expression));
    }
    Ok(Condition { validation, when, expression, needs })
}

/// What a condition says of a token.
pub(super) fn words(words: &Words, case: &Case<'_>) -> Result<String, String> {
    match words {
        Words::Plain(words) => Ok(words.clone()),
        Words::Worked(source) => {
            let expression = compiled(source)?;
            case.facts(|facts| expression.text(facts))
        }
    }
}

/// What is said of a request: the condition that it does not satisfy, and its words; or why that
/// can't be worked out.
pub(super) type Said<'p> = Result<(&'p Validation, String), String>;

/// What the pack's conditions on requests say of one without a token: each clause's first.
pub(super) fn judge_request<'p>(pack: &'p Pack, facts: &Facts<'_>) -> Vec<(&'p Clause, Said<'p>)> {
    let mut found = Vec::new();
    for clause in &pack.clauses {
        let conditions = clause.audit.iter().flat_map(|audit| &audit.requests);
        for validation in conditions {
            match breaks(validation, facts) {
                Ok(None) => continue,
                Ok(Some(words)) => {
                    found.push((clause, Ok((validation, words))));
                }
                Err(error) => found.push((clause, Err(error))),
            }
            break;
        }
    }
    found
}

/// As [`Judge::rehearse`], for a request without a token.
pub(crate) fn rehearse_request(
    pack: &Pack,
    request: &Node,
    limits: Limits,
    today: Date,
) -> (BTreeSet<String>, BTreeSet<String>, Vec<String>) {
    let limits = limits.node();
    let facts = Facts {
        root: request,
        entry: None,
        token: Some((&NOTHING, &limits)),
        today,
        holidays: Arc::clone(&pack.holidays),
    };
    let (mut broken, mut errors) = (BTreeSet::new(), Vec::new());
    for (clause, said) in judge_request(pack, &facts) {
        match said {
            Ok(_) => {
                broken.insert(clause.id.clone());
            }
            Err(error) => errors.push(format!("{}: {error}", clause.id)),
        }
    }
    let judges = |clause: &&Clause| clause.audit.iter().any(|audit| !audit.requests.is_empty());
    let judged = pack.clauses.iter().filter(judges).map(|clause| clause.id.clone()).collect();
    (broken, judged, errors)
}

fn breaks(validation: &Validation, facts: &Facts<'_>) -> Result<Option<String>, String> {
    if let Some(when) = &validation.when
        && !compiled(when)?.holds(facts)?
    {
        return Ok(None);
    }
    if compiled(&validation.expression)?.holds(facts)? {
        return Ok(None);
    }
    match &validation.words {
        Words::Plain(words) => Ok(Some(words.clone())),
        Words::Worked(source) => compiled(source)?.text(facts).map(Some),
    }
}
