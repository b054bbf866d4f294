//! What holds for every manifest: no text makes the check panic or print an escape, and an
//! irrelevant key changes no other verdict.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::LazyLock;

use hallpass::policy::{Catalog, Holidays, Options, Outcome, check_bytes, manifest_rules};
use proptest::prelude::*;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::embedded().unwrap());

static FIXTURES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut texts = Vec::new();
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/requests")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "yaml") {
                texts.push((path.clone(), std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    texts.sort();
    texts.into_iter().map(|(_, text)| text).collect()
});

static PACKS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("rules/policies");
    ["canvas", "udayton", "hws", "calpoly", "uw-madison"]
        .iter()
        .map(|id| std::fs::read_to_string(folder.join(format!("{id}.yaml"))).unwrap())
        .collect()
});

fn check(text: &[u8]) -> Outcome {
    let options = Options {
        catalog: &CATALOG,
        forced: None,
        default: None,
        today: jiff::civil::date(2026, 11, 23),
        holidays: Holidays::new(),
    };
    check_bytes("a.yaml", text, true, &options, &|_, _| Vec::new())
}

fn rules(outcome: &Outcome) -> Vec<String> {
    let mut rules: Vec<String> =
        outcome.findings.iter().map(|checked| checked.finding.rule.clone()).collect();
    rules.sort();
    rules
}

/// What must hold of any outcome.
fn is_sound(outcome: &Outcome) {
    assert!(outcome.coverage.errors.is_empty(), "{:?}", outcome.coverage.errors);
    for checked in &outcome.findings {
        let finding = &checked.finding;
        let excerpt = finding.excerpt.as_ref().unwrap();
        assert!(excerpt.text.get(excerpt.span.clone()).is_some());
        let is_bad = |c: char| c.is_control() && c != '\n';
        for text in
            [&finding.message, &excerpt.text, &excerpt.label].into_iter().chain(&finding.help)
        {
            assert!(!text.contains(is_bad), "{text:?}");
        }
        assert!(!finding.message.is_empty() && finding.location.line.is_some());
        let (line, end) = (finding.location.line, finding.location.end_line);
        assert!(line <= end);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        is_sound(&check(&bytes));
    }

    #[test]
    fn no_yaml_makes_it_panic(text in "(kind: CanvasTokenRequest\n)?([a-z_]{1,9}:|  ?[a-z]{1,5}:|- |\\[|\\]|\\{|\\}|&a|\\*a|!x|'|\"|\\||---|#|\u{1b}|é|,| |\n|\t|x|2026-11-23|true){0,60}") {
        is_sound(&check(text.as_bytes()));
    }

    #[test]
    fn no_change_of_a_request_makes_it_panic(
        which in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        length in 0_usize..30,
        instead in "(|\n|: |\\[\\]|\\{\\}|null|[0-9]{1,4}|\"|9999-12-31|0000-01-01|true|é|\u{202e}|student|&a|\\*a){0,3}",
    ) {
        let mut text = which.get(&FIXTURES).clone();
        let marks: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let start = at.index(marks.len());
        let end = (start + length).min(marks.len() - 1);
        text.replace_range(marks[start]..marks[end], &instead);
        is_sound(&check(text.as_bytes()));
    }

    #[test]
    fn no_change_of_a_pack_makes_its_reader_panic(
        which in 0_usize..5,
        at in any::<prop::sample::Index>(),
        length in 0_usize..40,
        instead in "(|\n|: |\\[\\]|\\(|'|\"|request|entry|has|days|[a-z]{1,4}|null|&&|\\+|-1|é|999999999999){0,4}",
    ) {
        let mut text = PACKS[which].clone();
        // the expressions, not the tests, which only take time
        let end = text.find("\ntests:").unwrap_or(text.len());
        text.truncate(end);
        let mut start = at.index(end);
        while !text.is_char_boundary(start) { start -= 1; }
        let mut stop = (start + length).min(text.len());
        while !text.is_char_boundary(stop) { stop -= 1; }
        text.replace_range(start..stop.max(start), &instead);
        let mut catalog = Catalog::embedded().unwrap();
        match catalog.add_text(&text, "pack.yaml") {
            Ok(id) => {
                let _ = catalog.by_id(&id);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn an_irrelevant_key_changes_no_other_verdict(
        which in any::<prop::sample::Index>(),
        key in "zz[a-z]{6}",
        value in "(x|1|true|\\[a, b\\]|\\{a: b\\})",
    ) {
        let text = which.get(&FIXTURES);
        let before = check(text.as_bytes());
        let is_readable = !rules(&before).contains(&"manifest/syntax".to_owned());
        prop_assume!(is_readable && !text.is_empty() && !text.contains("\n- ") && !text.contains("Deployment"));
        let separator = if text.ends_with('\n') { "" } else { "\n" };
        let after = check(format!("{text}{separator}{key}: {value}\n").as_bytes());
        let mut wanted = rules(&before);
        wanted.push("manifest/schema".to_owned());
        wanted.sort();
        prop_assert_eq!(rules(&after), wanted);
    }
}

#[test]
fn the_rules_about_manifests_are_known() {
    let ids: Vec<String> = manifest_rules().into_iter().map(|rule| rule.id).collect();
    assert_eq!(ids, ["manifest/syntax", "manifest/schema", "manifest/duplicate"]);
}
