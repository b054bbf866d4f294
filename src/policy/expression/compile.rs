//! From an expression's text to a tree whose every name is known to exist and whose cost is
//! bounded.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators};
use cel::parser::PrattParser;

use super::facts::ASKS_PRESENCE;
use super::{Expression, ExpressionFault, Scope};
use crate::policy::functions::{GIVEN, HOLIDAYS, OURS, STANDARD};
use crate::policy::manifest::MANIFEST;
use crate::policy::shape::{Kind, Shape, list, nearest};
use crate::policy::yaml::{Path, Step};

/// The longest expression, in bytes.
const LONGEST: usize = 2_000;
/// The most names, literals and operators in one expression, macros written out.
const MOST_NODES: usize = 600;
/// How many `all`, `exists` and the like may stand within each other.
const DEEPEST: usize = 2;

/// Compiles `text`; see [`Expression::compile`].
pub(super) fn compile(
    text: &str,
    each: Option<&Path>,
    scope: Scope,
) -> Result<Expression, Vec<ExpressionFault>> {
    let single = |message: String, help: &str| {
        vec![ExpressionFault { message, help: Some(help.to_owned()) }]
    };
    if text.len() > LONGEST {
        let message = format!("the expression is longer than {LONGEST} bytes");
        return Err(single(message, "split it into several validations"));
    }
    let mut tree = PrattParser::new()
        .max_expression_node_count(MOST_NODES)
        .parse(text)
        .map_err(|errors| syntax(text, &errors))?;
    let mut checker = Checker {
        scope,
        entry: None,
        bound: Vec::new(),
        depth: 0,
        nodes: 0,
        reads: Vec::new(),
        faults: Vec::new(),
    };
    if let Some(path) = each {
        match kind_of(&MANIFEST, path) {
            Some(Kind::List(kind)) => checker.entry = Some((path.index(None), *kind)),
            _ => {
                let message = format!("`each` needs a list, and `{path}` is none");
                return Err(single(
                    message,
                    "lists are access, third_parties, acknowledges, \
                     storage.passed_by and third_parties[].reaches",
                ));
            }
        }
    }
    checker.walk(&mut tree);
    if checker.nodes > MOST_NODES {
        let message = "the expression has too many parts".to_owned();
        checker.faults.extend(single(message, "split it into several validations"));
    }
    match checker.faults.is_empty() {
        true => Ok(Expression { tree, reads: checker.reads }),
        false => Err(checker.faults),
    }
}

/// What the field at `path` takes.
pub(crate) fn kind_of(shape: &'static Shape, path: &Path) -> Option<Kind> {
    let mut kind = Kind::Section(shape);
    for step in &path.0 {
        kind = match (kind, step) {
            (Kind::Section(shape), Step::Key(key)) => shape.field(key)?.kind,
            (Kind::List(kind), Step::Index(_)) => *kind,
            _ => return None,
        };
    }
    Some(kind)
}

/// Parse errors without the grammar's jargon: only their place is kept.
fn syntax(text: &str, errors: &cel::ParseErrors) -> Vec<ExpressionFault> {
    let place = errors.errors.first().map_or((1, 1), |error| error.pos);
    let line = usize::try_from(place.0).unwrap_or(1).saturating_sub(1);
    let column = usize::try_from(place.1).unwrap_or(1).saturating_sub(1);
    let rest: String =
        text.lines().nth(line).unwrap_or_default().chars().skip(column).take(30).collect();
    let message = match rest.trim().is_empty() {
        true => "the expression breaks off".to_owned(),
        false => format!("the expression can't be read from `{}` on", rest.trim()),
    };
    vec![ExpressionFault {
        message,
        help: Some(
            "write CEL, such as `request.expires <= request.requested + days(120)`; \
             docs/policy-packs.md has more examples"
                .to_owned(),
        ),
    }]
}

/// What is known of a part of an expression: the field that it is, and what that takes.
type Known = Option<(Path, Kind)>;

struct Checker {
    scope: Scope,
    entry: Option<(Path, Kind)>,
    /// Variables of comprehensions, with what they stand for.
    bound: Vec<(String, Known)>,
    depth: usize,
    nodes: usize,
    reads: Vec<Path>,
    faults: Vec<ExpressionFault>,
}

impl Checker {
    fn fault(&mut self, message: String, help: impl Into<Option<String>>) {
        self.faults.push(ExpressionFault { message, help: help.into() });
    }

    fn walk(&mut self, node: &mut IdedExpr) -> Known {
        self.nodes += 1;
        match &mut node.expr {
            Expr::Literal(_) | Expr::Unspecified => None,
            Expr::Ident(name) => {
                let name = name.clone();
                self.ident(&name)
            }
            Expr::Select(_) => self.select(node),
            Expr::Call(_) => self.call(node),
            Expr::List(elements) => {
                for element in &mut elements.elements {
                    self.walk(element);
                }
                None
            }
            Expr::Comprehension(loops) => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    self.fault(
                        format!("more than {DEEPEST} loops (`all`, `exists`, …) within each other"),
                        Some("split the validation, or use `each`".to_owned()),
                    );
                    return None;
                }
                let range = self.walk(&mut loops.iter_range);
                self.walk(&mut loops.accu_init);
                let element = match range {
                    Some((path, Kind::List(kind))) => Some((path.index(None), *kind)),
                    _ => None,
                };
                if let Some((path, _)) = &element {
                    self.reads.push(path.clone());
                }
                let mark = self.bound.len();
                self.bound.push((loops.iter_var.clone(), element));
                if let Some(second) = &loops.iter_var2 {
                    self.bound.push((second.clone(), None));
                }
                self.bound.push((loops.accu_var.clone(), None));
                self.walk(&mut loops.loop_cond);
                self.walk(&mut loops.loop_step);
                self.walk(&mut loops.result);
                self.bound.truncate(mark);
                self.depth -= 1;
                None
            }
            Expr::Map(_) | Expr::Struct(_) => {
                self.fault("maps (`{…}`) are not for policies".to_owned(), None);
                None
            }
        }
    }

    fn ident(&mut self, name: &str) -> Known {
        if let Some((_, known)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return known.clone();
        }
        match name {
            "today" => return None,
            _ if self.scope.section(name).is_some() => {
                self.fault(
                    format!("`{name}` alone says nothing"),
                    Some(format!("name a field of it, such as `{name}.expires`")),
                );
                return None;
            }
            "entry" => {
                if let Some((path, kind)) = self.entry.clone() {
                    self.reads.push(path.clone());
                    return Some((path, kind));
                }
            }
            _ => {}
        }
        let known = self.scope.names();
        let help = match (name, nearest(name, known.iter().copied())) {
            ("entry", _) => "`entry` is known where `each` names a list".to_owned(),
            (_, Some(near)) => format!("did you mean `{near}`?"),
            _ if MANIFEST.field(name).is_some() => format!("did you mean `request.{name}`?"),
            _ if self.scope == Scope::Request => {
                "an expression knows `request`, `today`, and `entry` beside `each`".to_owned()
            }
            _ => format!("an expression knows {}", list(known.iter().copied())),
        };
        self.fault(format!("there is no variable `{name}`"), help);
        None
    }

    /// `request.a.b`, `entry.a`, `x.a` of a loop's variable, or `has(…)` of these.
    fn select(&mut self, node: &mut IdedExpr) -> Known {
        let (root, fields, is_test) = chain(node)?;
        let start = match root.as_str() {
            name if self.scope.section(name).is_some() => {
                let (path, shape) = self.scope.section(name)?;
                Some((path, Kind::Section(shape)))
            }
            "entry" if !self.bound.iter().any(|(bound, _)| bound == "entry") => {
                match self.entry.clone() {
                    Some(entry) => Some(entry),
                    None => return self.ident("entry"),
                }
            }
            name => self.ident(name),
        };
        let is_loop_variable = self.bound.iter().any(|(bound, _)| *bound == root);
        let (mut path, mut kind) = start?;
        for field in &fields {
            let Kind::Section(shape) = kind else {
                self.fault(format!("`{path}` has no fields, so no `{field}`"), None);
                return None;
            };
            let Some(found) = shape.field(field) else {
                let names = || shape.fields.iter().map(|field| field.name);
                let place = match path.0.as_slice() {
                    [] => "a request".to_owned(),
                    _ => format!("`{path}`"),
                };
                let help = match nearest(field, names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it has {}", list(names())),
                };
                self.fault(format!("{place} has no field `{field}`"), help);
                return None;
            };
            path = path.key(field);
            kind = found.kind;
        }
        self.reads.push(path.clone());
        if !is_test {
            match kind {
                Kind::Section(_) => {
                    self.fault(
                        format!("`{path}` is a section and has no value of its own"),
                        Some(format!(
                            "ask `has({root}.{})`, or name one of its fields",
                            fields.join(".")
                        )),
                    );
                    return None;
                }
                // the words of a list are read with it; its sections only as far as they are asked
                Kind::List(Kind::Section(_)) => {}
                Kind::List(_) => self.reads.push(path.index(None)),
                _ => {}
            }
        }
        if is_loop_variable {
            if is_test && let Expr::Select(select) = &mut node.expr {
                select.test = false;
                let asked = std::mem::take(node);
                node.expr = Expr::Call(CallExpr {
                    func_name: GIVEN.to_owned(),
                    target: None,
                    args: vec![asked],
                });
            }
        } else {
            let name = format!("{root}.{}", fields.join("."));
            node.expr = Expr::Ident(match is_test {
                true => format!("{ASKS_PRESENCE}{name}"),
                false => name,
            });
        }
        (!is_test).then_some((path, kind))
    }

    fn call(&mut self, node: &mut IdedExpr) -> Known {
        let Expr::Call(call) = &mut node.expr else {
            return None;
        };
        let name = call.func_name.clone();
        let is_operator = name.contains('_') && !name.chars().any(char::is_alphanumeric)
            || matches!(
                name.as_str(),
                operators::IN | operators::NOT_STRICTLY_FALSE | operators::CONDITIONAL
            );
        let ours = OURS.iter().find(|(ours, _)| *ours == name);
        if !is_operator && ours.is_none() && !STANDARD.contains(&name.as_str()) {
            let names = || OURS.iter().map(|(name, _)| *name).chain(STANDARD.iter().copied());
            let help = match nearest(&name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if name == "duration" => "write days(30)".to_owned(),
                None => format!("there are {}", list(names())),
            };
            self.fault(format!("there is no function `{name}`"), help);
            return None;
        }
        let mut known = Vec::new();
        if let Some(target) = &mut call.target {
            self.walk(target);
        }
        for argument in &mut call.args {
            known.push(self.walk(argument));
        }
        let wanted = match name.as_str() {
            "businessDaysAfter" => Some(2),
            "isBusinessDay" | "days" | "blank" | "trim" | "lower" | "words" | "letters" => Some(1),
            _ => None,
        };
        if let Some(wanted) = wanted
            && call.args.len() + usize::from(call.target.is_some()) != wanted
        {
            let plural = if wanted == 1 { "" } else { "s" };
            self.fault(format!("`{name}` takes {wanted} argument{plural}"), None);
            return None;
        }
        if ours.is_some()
            && let Some(target) = call.target.take()
        {
            // a.trim() is trim(a)
            call.args.insert(0, *target);
        }
        if ours.is_some_and(|(_, needs_holidays)| *needs_holidays) {
            call.args.push(IdedExpr { id: 0, expr: Expr::Ident(HOLIDAYS.to_owned()) });
        }
        if let (operators::EQUALS | operators::NOT_EQUALS, [left, right]) =
            (name.as_str(), call.args.as_mut_slice())
        {
            // only the left side knows how to compare itself with what is absent
            if matches!(left.expr, Expr::Literal(_)) {
                std::mem::swap(left, right);
                known.swap(0, 1);
            }
        }
        self.words(&name, &known, &call.args);
        self.kinds(&name, &known, &call.args);
        None
    }

    /// Compares a field with a literal that it can never equal: CEL would quietly say no.
    fn kinds(&mut self, name: &str, known: &[Known], args: &[IdedExpr]) {
        let is_compared = matches!(name, operators::EQUALS | operators::NOT_EQUALS | operators::IN);
        let ([Some((path, kind)), _], [_, other]) = (known, args) else { return };
        let literals: Vec<&IdedExpr> = match &other.expr {
            Expr::List(list) if name == operators::IN => list.elements.iter().collect(),
            _ => vec![other],
        };
        let found = literals.into_iter().find_map(|literal| match &literal.expr {
            Expr::Literal(literal) => mismatch(*kind, literal),
            _ => None,
        });
        let Some((takes, given)) = found.filter(|_| is_compared) else { return };
        let help = match (kind, given) {
            (Kind::Day, _) => {
                "compare a day with another field's, with `today`, or with one of them and days(n)"
            }
            (Kind::Bool, "text") => "write true or false without quotes",
            _ => "compare it with a value of its own kind, or with null where it may be missing",
        };
        self.fault(
            format!("`{path}` is {takes}, and is compared with {given}, which it never equals"),
            Some(help.to_owned()),
        );
    }

    /// Compares a field that takes certain words with words that it never takes.
    fn words(&mut self, name: &str, known: &[Known], args: &[IdedExpr]) {
        let (field, other) = match (name, known, args) {
            (
                operators::EQUALS | operators::NOT_EQUALS | operators::IN,
                [Some(field), _],
                [_, other],
            ) => (field, other),
            (operators::IN, [None, Some((path, Kind::List(kind)))], [other, _]) => {
                (&(path.clone(), **kind), other)
            }
            _ => return,
        };
        let (path, Kind::OneOf(words)) = field else {
            return;
        };
        let literals: Vec<&IdedExpr> = match &other.expr {
            Expr::List(list) => list.elements.iter().collect(),
            _ => vec![other],
        };
        for literal in literals {
            if let Expr::Literal(LiteralValue::String(text)) = &literal.expr
                && !words.contains(&text.inner())
            {
                let help = match nearest(text.inner(), words.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("it can be {}", list(words.iter().copied())),
                };
                self.fault(format!("`{path}` is never `{}`", text.inner()), help);
            }
        }
    }
}

/// What a field of this kind is, and what the literal is, where the two are never equal.
fn mismatch(kind: Kind, literal: &LiteralValue) -> Option<(&'static str, &'static str)> {
    let given = match literal {
        LiteralValue::String(_) => "text",
        LiteralValue::Boolean(_) => "true or false",
        LiteralValue::Int(_) | LiteralValue::UInt(_) | LiteralValue::Double(_) => "a number",
        _ => return None,
    };
    let takes = match kind {
        Kind::Text | Kind::OneOf(_) | Kind::Hint(_) => "text",
        Kind::Bool => "true or false",
        Kind::Number(_) => "a number",
        Kind::Day => "a day",
        Kind::List(_) => "a list",
        Kind::Section(_) | Kind::Any => return None,
    };
    (takes != given).then_some((takes, given))
}

/// The parts of `a.b.c` or `has(a.b.c)`; `None` for selections on anything but a name.
fn chain(node: &IdedExpr) -> Option<(String, Vec<String>, bool)> {
    let mut fields = Vec::new();
    let mut is_test = false;
    let mut node = node;
    loop {
        match &node.expr {
            Expr::Select(select) => {
                is_test |= select.test;
                fields.push(select.field.clone());
                node = &select.operand;
            }
            Expr::Ident(name) => {
                fields.reverse();
                return Some((name.clone(), fields, is_test));
            }
            _ => return None,
        }
    }
}
