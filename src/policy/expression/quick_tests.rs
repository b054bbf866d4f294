//! The quick way and the general way give the same answers, wherever the quick one gives any.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::issued::{Kind, Row, When};
use crate::policy::days::Holidays;
use crate::policy::token::{self, Limits};
use crate::policy::yaml::{self, Limits as Budget, Node};

/// Conditions with every operator and function that the quick way knows, of what is there and of
/// what is not.
const CONDITIONS: &[&str] = &[
    "has(token.expires)",
    "!has(token.expires) || token.expires > today",
    "has(token.expires) && token.expires <= today + days(120)",
    "token.expires <= today",
    "token.expires == today",
    "token.expires != null",
    "token.expires - today > days(limits.renewal_days)",
    "today - token.last_used <= days(limits.unused_days + 1)",
    "today - days(10) >= token.created",
    "token.kind == 'user-generated' && !has(token.last_used)",
    "token.kind != 'mobile'",
    "token.kind in ['mobile', 'third-party']",
    "token.app.startsWith('Canvas') || token.app.endsWith('d')",
    "token.purpose.contains('rade')",
    "blank(token.purpose)",
    "lower(trim(token.purpose)) == lower(trim(request.purpose.name))",
    "token.status != 'pending' ? has(token.created) : token.created == null",
    "request.decision.outcome == 'approved'",
    "has(request.ended) || !has(request.issuance.expires)",
    "has(request.expires) && token.expires <= request.expires + days(1)",
    "request.long_term == true",
    "request.requested < token.created",
    "token.created - request.requested > days(-3)",
    "token.user_id == '1' && token.hint != token.app_id",
    "limits.unused_days - 5 < 90 || 'x' == token.email",
    "token.last_used == token.created",
    "token.user_name == null",
];

const REQUESTS: &[&str] = &[
    "{}",
    "{requested: 2026-10-01, purpose: {name: ' Grade Export '}, expires: 2027-01-01, long_term: true}",
    "{requested: 2026-11-23, decision: {outcome: approved}, issuance: {expires: 2026-12-01}, ended: {on: 2026-12-02}}",
    "{requested: soon, decision: {outcome: denied}, ended: , long_term: 3, expires: [1]}",
];

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        Just(When::Never),
        (2025i16..2028, 1i8..13, 1i8..29)
            .prop_map(|(year, month, day)| When::On(jiff::civil::date(year, month, day))),
        Just(When::On(jiff::civil::date(2026, 11, 23))),
    ]
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    proptest::sample::select(words)
}

proptest! {
    #[test]
    fn both_ways_give_one_answer(
        expires in when(),
        last_used in when(),
        created in when(),
        kind in word(&["user-generated", "mobile", "third-party"]),
        status in word(&["", "active", "Pending"]),
        app in word(&["", "User-Generated", "Canvas for iOS"]),
        purpose in word(&["", "  ", "grade export", "Trade"]),
        ids in word(&["", "1", "aB3xY"]),
        request in word(REQUESTS),
        unused_days in 0u32..200,
    ) {
        let mut row = Row::blank();
        (row.expires, row.last_used, row.created) = (expires, last_used, created);
        row.kind = Kind::named(kind).expect("a kind");
        (row.status, row.app, row.purpose) = (status, app, purpose);
        (row.user_id, row.app_id, row.hint) = (ids, ids, "aB3xY");
        let limits = Limits { unused_days, renewal_days: 14 };
        let root = yaml::parse(request, Budget::MANIFEST).root.expect("a tree");
        let today = jiff::civil::date(2026, 11, 23);
        let (tree, limits_tree): (Node, Node) = (token::node(&row), limits.node());
        let facts = Facts {
            root: &root,
            entry: None,
            token: Some((&tree, &limits_tree)),
            today,
            holidays: Arc::new(Holidays::new()),
        };
        let quickly = Quickly { row: &row, request: Some(&root), limits, today };
        for condition in CONDITIONS {
            let expression = Expression::compile(condition, None, Scope::Token)
                .unwrap_or_else(|faults| panic!("{condition}: {faults:?}"));
            let quick = Quick::of(&expression).expect("a condition that the quick way knows");
            if let Some(answer) = quick.holds(&quickly) {
                prop_assert_eq!(Ok(answer), expression.holds(&facts), "{}", condition);
            }
        }
    }
}

#[test]
fn the_clauses_of_every_embedded_pack_are_asked_the_quick_way() {
    let catalog = crate::policy::Catalog::embedded().expect("packs");
    for id in catalog.ids() {
        for clause in &catalog.by_id(&id).expect("a pack").clauses {
            for validation in clause.audit.iter().flat_map(|audit| &audit.tokens) {
                for source in [Some(&validation.expression), validation.when.as_ref()] {
                    let Some(source) = source else { continue };
                    let expression = source.compiled().expect("it compiles");
                    assert!(Quick::of(expression).is_some(), "{}: {}", clause.id, source.text);
                }
            }
        }
    }
}
