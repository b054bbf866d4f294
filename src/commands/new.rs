//! `hallpass new`: a request by question and answer. The required fields are asked first; then the
//! check says what is missing or wrong, and that is asked, with the clause that wants it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::session::Session;
use super::{CommandError, ask, check, log, print};
use crate::cli::{CheckArgs, Global, NewArgs, OutputArgs, TriageArgs};
use crate::finding::Finding;
use crate::policy::form::{self, Answer, Question};
use crate::policy::{self, Catalog, Options, Pack};
use crate::report::inert;
use crate::sources::files::describe;

/// How often the same clause asks again.
const MOST_TRIES: u32 = 3;
/// What leaves a question open.
const OPEN: &str = "(leave open)";

/// Runs the command; answers the exit code of the check.
pub(super) fn run(args: &NewArgs, global: &Global) -> Result<u8, CommandError> {
    let session = Session::new(global)?;
    let shown = inert(&args.file.to_string_lossy()).into_owned();
    if std::fs::symlink_metadata(&args.file).is_ok() {
        return Err(CommandError::Usage {
            message: format!("{shown} is there already, and nothing is written over it"),
            help: Some("name another file: hallpass new FILE".to_owned()),
        });
    }
    let asks = ask::is_possible();
    let (catalog, named) = policy(args, &session, asks)?;
    let pack = catalog.resolve(&named)?;
    let mut form = Form {
        session: &session,
        catalog: &catalog,
        pack: Arc::clone(&pack),
        questions: form::questions(),
        answers: Map::new(),
        told: BTreeSet::new(),
    };
    form.begin(args, &named)?;
    if asks {
        form.fill()?;
    }
    let text = form::to_yaml(&form.answers);
    write(&args.file, &text, &shown)?;
    log::wrote(&shown, "request", Some(&format!("Wrote {shown}. hallpass check says of it:")));
    let check = CheckArgs {
        paths: vec![args.file.clone()],
        policy: args.policy.clone(),
        timeline: None,
        triage: TriageArgs {
            baseline: None,
            write_baseline: None,
            fail_on: None,
            exit_zero: false,
        },
        output: OutputArgs { format: Vec::new(), output: Vec::new() },
    };
    check::run(&check, global)
}

/// The policies at hand, and the one that the request goes to.
fn policy(
    args: &NewArgs,
    session: &Session,
    asks: bool,
) -> Result<(Catalog, String), CommandError> {
    let (catalog, named) = session.policy(args.policy.as_deref())?;
    if args.policy.is_none() && session.loaded.config.policy.is_none() && asks {
        let chosen = ask::policy(&catalog)?;
        return Ok((catalog, chosen));
    }
    Ok((catalog, named))
}

/// Writes a file that is not there yet.
fn write(path: &Path, text: &str, shown: &str) -> Result<(), CommandError> {
    let new = OpenOptions::new().write(true).create_new(true).open(path);
    new.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| CommandError::Usage {
        message: format!("can't write {shown}: {}", describe(&error)),
        help: Some("name a file in a folder that is there: hallpass new FILE".to_owned()),
    })
}

/// A request that is being filled in.
struct Form<'s> {
    session: &'s Session,
    catalog: &'s Catalog,
    pack: Arc<Pack>,
    questions: Vec<Question>,
    answers: Map<String, Value>,
    /// The clauses that were explained.
    told: BTreeSet<String>,
}

impl Form<'_> {
    /// What is known before anything is asked.
    fn begin(&mut self, args: &NewArgs, named: &str) -> Result<(), CommandError> {
        // a pack that was named by its file has to be named again
        if self.catalog.ids().iter().any(|id| id == named) {
            self.answers.insert("policy".to_owned(), named.into());
        }
        self.answers.insert("requested".to_owned(), self.session.today.to_string().into());
        for (field, text) in &args.set {
            form::set(&mut self.answers, &self.questions, field, text).map_err(|message| {
                CommandError::Usage {
                    message: format!("--set {}: {}", inert(field), inert(&message)),
                    help: Some("docs/requests.md names the fields of a request".to_owned()),
                }
            })?;
        }
        Ok(())
    }

    fn fill(&mut self) -> Result<(), CommandError> {
        print(&format!("A request to {}.\n", inert(&self.pack.institution)));
        for question in self.questions.clone() {
            let is_first = question.required || question.field == "needed_by";
            if is_first && !form::is_answered(&self.answers, &question.field) {
                self.explain_field(&question.field);
                self.ask(&question)?;
            }
        }
        let mut tries: BTreeMap<String, u32> = BTreeMap::new();
        loop {
            let findings = self.check();
            let mut asked = false;
            for finding in findings {
                let times = tries.entry(finding.rule.clone()).or_default();
                *times += 1;
                if *times <= MOST_TRIES && self.mend(&finding, *times > 1)? {
                    asked = true;
                    // one answer can settle several findings
                    break;
                }
            }
            if !asked {
                return Ok(());
            }
        }
    }

    /// Asks for what a finding misses; answers whether anything was asked.
    fn mend(&mut self, finding: &Finding, again: bool) -> Result<bool, CommandError> {
        let Some(clause) = self.pack.clause(&finding.rule) else {
            return Ok(false);
        };
        let fields = form::fields_of(clause, &self.questions);
        let open = |field: &&String| !form::is_answered(&self.answers, field);
        let missing: Vec<String> = fields.iter().filter(open).cloned().collect();
        let fields = if missing.is_empty() || again { fields } else { self.whole(missing) };
        if fields.is_empty() {
            return Ok(false);
        }
        self.explain(&finding.rule);
        let mut text = format!("  {}: {}\n", finding.severity, inert(&finding.message));
        for step in &finding.help {
            text.push_str(&format!("  {}\n", inert(step)));
        }
        print(&text);
        let answered = fields.iter().any(|field| form::is_answered(&self.answers, field));
        if answered && !ask::confirm("Answer again?", true)? {
            return Ok(false);
        }
        for question in self.questions.clone() {
            if fields.contains(&question.field) {
                self.ask(&question)?;
            }
        }
        Ok(true)
    }

    /// The fields, and with them all others of a section that nothing is said in yet.
    fn whole(&self, mut fields: Vec<String>) -> Vec<String> {
        for field in fields.clone() {
            let Some((section, _)) = field.rsplit_once('.') else { continue };
            if form::is_answered(&self.answers, section) {
                continue;
            }
            let inner = format!("{section}.");
            let of = self.questions.iter().filter(|one| one.field.starts_with(&inner));
            fields.extend(of.map(|one| one.field.clone()));
        }
        fields
    }

    /// Explains the clauses that speak of a field, each once.
    fn explain_field(&mut self, field: &str) {
        let pack = Arc::clone(&self.pack);
        for clause in form::clauses_about(&pack, field, &self.questions) {
            self.explain(&clause.id);
        }
    }

    fn explain(&mut self, id: &str) {
        let Some(clause) = self.pack.clause(id) else { return };
        if !self.told.insert(clause.id.clone()) {
            return;
        }
        let mut text = format!("\n{} ({})\n", inert(&clause.summary), inert(&clause.id));
        let words = clause.explanation.iter().flat_map(|text| text.split_whitespace());
        let explanation: Vec<&str> = words.collect();
        if !explanation.is_empty() {
            text.push_str(&format!("  {}\n", inert(&explanation.join(" "))));
        }
        print(&text);
    }

    fn check(&self) -> Vec<Finding> {
        let options = Options {
            catalog: self.catalog,
            forced: Some(Arc::clone(&self.pack)),
            default: None,
            today: self.session.today,
            holidays: self.session.loaded.config.holidays.iter().copied().collect(),
        };
        let text = form::to_yaml(&self.answers);
        let outcome = policy::check_bytes("request", text.as_bytes(), true, &options, &|_, _| {
            // the check of the written file looks for tokens; an answer with one was refused
            Vec::new()
        });
        outcome.findings.into_iter().map(|checked| checked.finding).collect()
    }

    fn ask(&mut self, question: &Question) -> Result<(), CommandError> {
        let answer = answer(question)?;
        *form::slot(&mut self.answers, &question.field) = answer;
        Ok(())
    }
}

/// Asks a question until it is answered; nothing is an answer where nothing is required.
fn answer(question: &Question) -> Result<Value, CommandError> {
    let label = format!("{}:", question.field);
    let value = match &question.answer {
        Answer::Text | Answer::Day | Answer::Texts => {
            let reader = question.clone();
            let check = move |text: &str| match (text, reader.required) {
                ("", true) => Some("this is required".to_owned()),
                ("", false) => None,
                (text, _) => reader.read(text).err(),
            };
            let text = ask::text(&label, &hint(question), check)?;
            if text.is_empty() { Value::Null } else { read(question, &text)? }
        }
        Answer::YesNo => ask::confirm(&format!("{label} {}?", question.about), true)?.into(),
        Answer::OneOf(words) => {
            let mut offered = words.to_vec();
            if !question.required {
                offered.push(OPEN);
            }
            match ask::one(&format!("{label} {}", question.about), &offered)? {
                OPEN => Value::Null,
                word => word.into(),
            }
        }
        Answer::SomeOf(words) => {
            let chosen = ask::several(&format!("{label} {}", question.about), words, false)?;
            chosen.into_iter().collect()
        }
        Answer::Entries(fields) => {
            let mut entries = Vec::new();
            let mut words = format!("{label} {}. Add one?", question.about);
            while ask::confirm(&words, false)? {
                let mut entry = Map::new();
                for field in fields {
                    entry.insert(field.field.clone(), answer(field)?);
                }
                entries.push(Value::Object(entry));
                words = format!("{label} another?");
            }
            Value::Array(entries)
        }
    };
    Ok(value)
}

fn hint(question: &Question) -> String {
    let more = match (&question.answer, question.required) {
        (Answer::Day, _) => ": year-month-day",
        (Answer::Texts, _) => ", with commas between them",
        _ => "",
    };
    let open = if question.required { "" } else { "; Enter leaves it open" };
    format!("{}{more}{open}", question.about)
}

fn read(question: &Question, text: &str) -> Result<Value, CommandError> {
    let refused = |message| CommandError::Usage { message, help: None };
    question.read(text).map_err(refused)
}
