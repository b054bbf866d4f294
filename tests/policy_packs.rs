//! `hallpass policy` as its users run it: packs are listed, shown, tested, and refused where they
//! could not judge.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "support/requests.rs"]
mod requests;

use requests::{GOOD, hallpass, report, root, rules};

#[test]
fn packs_are_listed_shown_and_tested() {
    let output = hallpass(&root(), &["policy", "test"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let list = String::from_utf8(hallpass(&root(), &["policy", "list"]).stdout).unwrap();
    assert_eq!(list.lines().count(), 5, "{list}");
    let shown =
        String::from_utf8(hallpass(&root(), &["policy", "show", "calpoly"]).stdout).unwrap();
    assert!(shown.contains("calpoly/denied") && shown.contains("canvas/expires: calpoly/bounded"));

    let folder = tempfile::tempdir().unwrap();
    let pack = "id: sixth\ninstitution: Sixth\nextends: udayton\nsources: [{key: k, title: T, publisher: Sixth, read: 2026-11-22}]\nclauses:\n  - id: sixth/vault\n    severity: error\n    summary: Tokens live in the vault.\n    source: k\n    validations: [{expression: request.storage.product == 'Vault', message: not in the vault, at: storage.product}]\n";
    std::fs::write(folder.path().join("sixth.yaml"), pack).unwrap();
    let output = hallpass(folder.path(), &["policy", "test", "sixth.yaml"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("sixth/vault: no case breaks it"));
    std::fs::write(folder.path().join("a.yaml"), GOOD).unwrap();
    let (found, _) = report(folder.path(), &["--policy", "sixth.yaml", "a.yaml"]);
    assert!(rules(&found).contains(&"sixth/vault".to_owned()), "{found:#}");
    assert!(rules(&found).contains(&"udayton/storage".to_owned()));
    std::fs::write(folder.path().join("sixth.yaml"), pack.replace("product ==", "prodct =="))
        .unwrap();
    let output = hallpass(folder.path(), &["check", "--policy", "sixth.yaml", "a.yaml"]);
    assert_eq!(output.status.code(), Some(2));
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains("did you mean `product`?"), "{words}");
}

#[test]
fn a_pack_that_could_not_judge_is_refused_when_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.yaml"), GOOD).unwrap();
    let run = |id: &str, clause: &str, validation: &str| {
        let pack = format!(
            "id: {id}\ninstitution: X\nextends: canvas\nsources: [{{key: k, title: T, publisher: X, read: 2026-11-22}}]\nclauses:\n  - id: {clause}\n    severity: error\n    summary: s\n    source: k\n    validations: [{{{validation}, at: expires}}]\n"
        );
        std::fs::write(folder.path().join("pack.yaml"), pack).unwrap();
        let output = hallpass(folder.path(), &["check", "--policy", "pack.yaml", "a.yaml"]);
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stderr).unwrap().replace("\n", " "),
        )
    };
    for (validation, words) in [
        (
            "expression: request.expires > request.requested, message: m",
            "10:32: on a request that says no more",
        ),
        ("expression: size(request.purpose.name), message: m", "the answer is not true or false"),
        (
            "expression: request.requested < 'x', message: m",
            "a day can only be compared with a day",
        ),
        (
            "expression: request.requested == '2026-11-23', message: m",
            "`requested` is a day, and is compared with text",
        ),
        ("expression: request.long_term == 'true', message: m", "without quotes"),
        (
            "expression: has(request.expires), messageExpression: size(request.access)",
            "the answer is not text",
        ),
        (
            "when: has(request.ended), expression: request.ended.on > 3, message: m",
            "a day can only be compared",
        ),
        (
            "each: access, expression: size(entry.data), message: m",
            "the answer is not true or false",
        ),
    ] {
        let (code, said) = run("x", "x/y", validation);
        assert_eq!(code, 2, "{validation}: {said}");
        let plain: Vec<&str> =
            said.split_whitespace().filter(|word| !"×│╰─▶".contains(word)).collect();
        assert!(plain.join(" ").contains(words), "{validation}: {said}");
    }
    let good =
        "when: has(request.expires), expression: request.expires > request.requested, message: m";
    assert_eq!(run("x", "x/y", good).0, 0);
    let (code, said) = run("hws", "hws/y", good);
    assert!(code == 2 && said.contains("choose another id"), "{said}");
    let (code, said) = run("x", "hws/y", good);
    assert!(code == 2 && said.contains("call it `x/y`"), "{said}");
    let replaced = "{when: has(request.expires), expression: request.expires > request.requested, message: m, at: expires}";
    let pack = format!(
        "id: x\ninstitution: X\nextends: canvas\nsources: [{{key: k, title: T, publisher: X, read: 2026-11-22}}]\nclauses:\n  - id: canvas/purpose\n    severity: error\n    summary: s\n    source: k\n    reason: r\n    validations: [{replaced}]\n"
    );
    std::fs::write(folder.path().join("pack.yaml"), pack).unwrap();
    assert_eq!(
        hallpass(folder.path(), &["check", "--policy", "pack.yaml", "a.yaml"]).status.code(),
        Some(0)
    );
}

#[test]
fn a_folder_of_packs_is_tested_whole_and_a_missing_path_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| {
        let output = hallpass(folder.path(), arguments);
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    };
    let (code, words) = said(&["policy", "test", "no/such.yaml"]);
    assert!(code == 2 && words.contains("there is no file or folder no/such.yaml"), "{words}");
    let (code, words) = said(&["policy", "test", "."]);
    assert!(code == 2 && words.contains("there is no pack in the folder"), "{words}");
    let (code, words) = said(&["check", "--timeline", "-", "."]);
    assert!(code == 2 && words.contains("to a file"), "{words}");
    for name in ["hws.yaml", "calpoly.yml"] {
        let pack = root().join("rules/policies").join(name).with_extension("yaml");
        std::fs::copy(pack, folder.path().join(name)).unwrap();
    }
    let (code, words) = said(&["policy", "test", "."]);
    assert!(code == 0 && words.contains("hws: ") && words.contains("calpoly: "), "{words}");
}

#[test]
fn a_baseline_leaves_to_the_configuration_what_it_silences() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("a.yaml", &format!("policy: udayton\n{GOOD}"));
    write(
        "hallpass.toml",
        "[[allow]]\nrule = \"udayton/storage\"\nreason = \"a pilot\"\nuntil = 2026-12-31\n",
    );
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_hallpass"))
        .current_dir(folder.path())
        .args(["check", "--today", "2026-11-23", "a.yaml", "--write-baseline", "accepted.toml"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let accepted = std::fs::read_to_string(folder.path().join("accepted.toml")).unwrap();
    assert!(!accepted.contains("udayton/storage"), "{accepted}");
    assert!(accepted.contains("udayton/"), "the others are accepted: {accepted}");
}
