use std::sync::Arc;

use super::*;
use crate::policy::days::{Holidays, parse_day};
use crate::policy::yaml::{self, Limits, Node};

fn tree(text: &str) -> Node {
    yaml::parse(text, Limits::MANIFEST).root.expect("a tree")
}

fn holds(expression: &str, manifest: &str) -> Result<bool, String> {
    let root = tree(manifest);
    let facts = Facts {
        root: &root,
        entry: None,
        token: None,
        today: parse_day("2026-11-23").expect("day"),
        holidays: Arc::new(Holidays::new()),
    };
    Expression::compile(expression, None, Scope::Request)
        .unwrap_or_else(|faults| panic!("{expression}: {faults:?}"))
        .holds(&facts)
}

fn faults(expression: &str) -> String {
    let faults = Expression::compile(expression, None, Scope::Request).expect_err(expression);
    faults
        .into_iter()
        .map(|fault| format!("{}; {}\n", fault.message, fault.help.unwrap_or_default()))
        .collect()
}

#[test]
fn what_is_absent_is_null_and_empty() {
    for expression in [
        "request.storage.place == null",
        "null == request.storage.place",
        "!has(request.storage)",
        "!has(request.storage.place)",
        "request.storage.place != 'notes'",
        "!(request.storage.place in ['notes'])",
        "!('acceptable-use' in request.acknowledges)",
        "size(request.access) == 0",
        "request.access.all(a, blank(a.reason))",
        "!request.access.exists(a, true)",
        "blank(request.purpose.necessity)",
        "words(request.purpose.name) == 0",
        "string(request.expires) == ''",
        "!(request.long_term == true)",
    ] {
        assert_eq!(holds(expression, "kind: x"), Ok(true), "{expression}");
    }
}

#[test]
fn reads_every_kind_of_value() {
    let manifest = "requested: 2026-11-23\nexpires: 2027-03-23\nlong_term: true\npurpose: {name: ' Ab '}\nacknowledges: [acceptable-use]\naccess: [{data: d, reason: r}, {data: e}]\nstorage: {passed_by: []}\n";
    for expression in [
        "request.expires == request.requested + days(120)",
        "request.expires - request.requested == days(120)",
        "request.expires - days(120) == request.requested",
        "request.expires > request.requested && request.requested <= today",
        "string(request.expires - request.requested) == '120 days'",
        "string(request.requested) == '2026-11-23'",
        "businessDaysAfter(request.requested, 5) == request.requested + days(7)",
        "isBusinessDay(request.requested)",
        "request.long_term",
        "lower(trim(request.purpose.name)) == 'ab' && letters(request.purpose.name) == 2",
        "request.purpose.name.trim() == 'Ab'",
        "'acceptable-use' in request.acknowledges",
        "has(request.storage.passed_by) && size(request.storage.passed_by) == 0",
        "request.access.exists(a, has(a.reason)) && !request.access.all(a, has(a.reason))",
        "request.access.filter(a, !blank(a.reason)).size() == 1",
    ] {
        assert_eq!(holds(expression, manifest), Ok(true), "{expression}");
    }
}

#[test]
fn faults_speak_plainly() {
    for (expression, words) in [
        ("request.expire == null", "a request has no field `expire`; did you mean `expires`?"),
        (
            "request.storage.plaec == 'notes'",
            "`storage` has no field `plaec`; did you mean `place`?",
        ),
        ("expires == null", "there is no variable `expires`; did you mean `request.expires`?"),
        ("request.storage == null", "`storage` is a section"),
        (
            "request.storage.place == 'note'",
            "`storage.place` is never `note`; did you mean `notes`?",
        ),
        ("'acceptable' in request.acknowledges", "is never `acceptable`"),
        (
            "request.access.all(a, blank(a.why))",
            "`access[]` has no field `why`; it has data and reason",
        ),
        ("blnak(request.policy)", "there is no function `blnak`; did you mean `blank`?"),
        ("duration('30d') == null", "write days(30)"),
        ("days(1, 2) == days(1)", "`days` takes 1 argument"),
        ("request.expires <= ", "the expression breaks off"),
        ("request.expires <= <= 3", "can't be read from `<= 3`"),
        ("entry == 1", "where `each` names a list"),
        ("[1].all(a, [1].all(b, [1].all(c, true)))", "more than 2 loops"),
        ("{'a': 1} == null", "maps"),
    ] {
        let found = faults(expression);
        assert!(found.contains(words), "{expression}: {found}");
        for jargon in ["token", "ANTLR", "mismatched", "expecting", "<input>"] {
            assert!(!found.contains(jargon), "{expression}: {found}");
        }
    }
    assert!(faults(&"1 + ".repeat(1000)).contains("longer than"));
    assert!(!faults(&"(".repeat(1500)).is_empty());
    assert!(!faults(&format!("[{}]", "1,".repeat(900))).is_empty());
}

#[test]
fn a_wrong_type_is_an_error_and_no_answer() {
    assert!(holds("request.expires < days(1)", "expires: 2026-11-23").is_err());
    assert!(holds("request.expires < request.requested", "expires: 2026-11-23").is_err());
    assert!(holds("'text'", "kind: x").is_err());
}

#[test]
fn knows_what_it_reads() {
    let reads = |text: &str| {
        let expression = Expression::compile(text, None, Scope::Request).expect("compiles");
        let mut reads: Vec<String> = expression.reads.iter().map(ToString::to_string).collect();
        reads.sort();
        reads.dedup();
        reads
    };
    assert_eq!(reads("has(request.issuance)"), ["issuance"]);
    assert_eq!(reads("size(request.access) > 0"), ["access"]);
    assert_eq!(
        reads("request.access.all(a, blank(a.reason))"),
        ["access", "access[]", "access[].reason"]
    );
    assert_eq!(
        reads("'acceptable-use' in request.acknowledges"),
        ["acknowledges", "acknowledges[]"]
    );
}

/// The fenced blocks of this language in the documentation of packs.
fn blocks(language: &str) -> Vec<String> {
    include_str!("../../../docs/policy-packs.md")
        .split("```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n').map(str::to_owned))
        .collect()
}

#[test]
fn the_examples_of_the_documentation_hold() {
    let manifest =
        blocks("yaml").into_iter().find(|block| block.starts_with("kind:")).expect("a request");
    let mut examples = String::new();
    for expression in blocks("cel").iter().flat_map(|block| block.lines()) {
        assert_eq!(holds(expression, &manifest), Ok(true), "{expression}");
        examples.push_str(expression);
    }
    for (name, _) in crate::policy::functions::OURS {
        assert!(examples.contains(&format!("{name}(")), "{name} has no example");
    }
}

#[test]
fn the_pack_of_the_documentation_passes_its_tests() {
    let pack = blocks("yaml").into_iter().find(|block| block.contains("\nid:")).expect("a pack");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("example.yaml");
    std::fs::write(&path, pack).expect("writes");
    let catalog = crate::policy::Catalog::embedded().expect("packs");
    let test = crate::policy::test_pack(&catalog, path.to_str().expect("path"))
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(test.is_good(), "{test:?}");
}
