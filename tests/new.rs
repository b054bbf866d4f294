//! `hallpass new`: with flags, and asked and answered on a terminal.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;

use support::{Sandbox, token};

const BASE: [&str; 4] = [
    "requester.name=Ada Byron",
    "requester.email=byron@hws.edu",
    "requester.role=staff",
    "purpose.name=Weekly grade export",
];

fn args<'a>(file: &'a str, answers: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["new", file, "--today", "2026-11-23"];
    answers.iter().for_each(|answer| args.extend(["--set", answer]));
    args
}

#[test]
fn flags_make_a_request_that_is_checked() {
    let sandbox = Sandbox::new();
    let answers = [&BASE[..], &["expires=2027-03-01"]].concat();
    let ran = sandbox.run(&args("request.yaml", &answers));
    assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    assert!(ran.err().contains("Wrote request.yaml."), "{}", ran.err());
    assert!(ran.out().contains("No findings."), "{}", ran.out());
    assert_eq!(
        fs::read_to_string(sandbox.path().join("request.yaml")).unwrap(),
        "kind: CanvasTokenRequest\nversion: 1\npolicy: canvas\nrequested: 2026-11-23\n\n\
         requester:\n  name: Ada Byron\n  email: byron@hws.edu\n  role: staff\n\n\
         purpose:\n  name: Weekly grade export\nexpires: 2027-03-01\n"
    );
    assert_eq!(sandbox.run(&["check", "request.yaml"]).code, 0);
    // what is missing is a finding, with the exit code of the check
    let ran = sandbox.run(&args("open.yaml", &BASE));
    assert_eq!(ran.code, 1);
    assert!(ran.out().contains("warning[canvas/expires]"), "{}", ran.out());
}

#[test]
fn every_kind_of_answer_survives() {
    let sandbox = Sandbox::new();
    let answers = [
        &BASE[..],
        &[
            "expires=2027-03-01",
            "purpose.description=it's \"quoted\": #1, {a} & *b, ja – 100 %",
            "access[0].data=no",
            "access[0].reason=- what: it is",
            "access[1].data=1e3",
            "third_parties[0].name=true",
            "third_parties[0].reaches=grades, names",
            "end_of_use.revoke=yes",
            "acknowledges=acceptable-use,student-conduct",
            "storage.passed_by=[]",
        ],
    ]
    .concat();
    let ran = sandbox.run(&args("request.yaml", &answers));
    assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    let text = fs::read_to_string(sandbox.path().join("request.yaml")).unwrap();
    for line in ["  - data: \"no\"\n", "    reaches: [grades, names]\n", "  revoke: true\n"] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn what_is_no_answer_is_refused_and_nothing_is_written() {
    let sandbox = Sandbox::new();
    let secret = format!("purpose.description={}", token(1));
    for (answer, told) in [
        ("requester.rolle=student", "did you mean requester.role?"),
        ("requester.role=pupil", "choose one of student"),
        ("expires=soon", "year-month-day"),
        ("issuance.by=owner", "no field of that name is asked for"),
        (&secret, "looks like a token"),
        ("nothing", "FIELD=VALUE"),
    ] {
        let ran = sandbox.run(&args("request.yaml", &[answer]));
        assert_eq!(ran.code, 2, "{answer}");
        assert!(ran.err().contains(told), "{answer}: {}", ran.err());
        assert!(!ran.err().contains(&token(1)), "{}", ran.err());
        assert!(!sandbox.path().join("request.yaml").exists());
    }
    sandbox.write("there.yaml", "mine");
    let ran = sandbox.run(&args("there.yaml", &BASE));
    assert_eq!(ran.code, 2);
    assert!(ran.err().contains("nothing is written over it"), "{}", ran.err());
    assert_eq!(fs::read_to_string(sandbox.path().join("there.yaml")).unwrap(), "mine");
    assert_eq!(sandbox.run(&args("no/folder.yaml", &BASE)).code, 2);
}

#[cfg(unix)]
mod terminal {
    use super::*;
    use rexpect::session::{PtySession, spawn_command};
    use std::process::Command;

    struct Talk(PtySession);

    impl Talk {
        /// Waits for what is asked, and answers.
        fn answer(&mut self, question: &str, answer: &str) -> String {
            let before =
                self.0.exp_string(question).unwrap_or_else(|error| panic!("{question}: {error}"));
            self.say(question, answer);
            before
        }

        /// Types an answer, and waits until it stands there as one: until then every key has the
        /// question written again.
        fn say(&mut self, question: &str, answer: &str) {
            self.0.send(answer).unwrap();
            self.0.send("\r").unwrap();
            self.0.flush().unwrap();
            let answered = format!("\u{1b}[32m>\u{1b}[0m {question}");
            self.0.exp_string(&answered).unwrap_or_else(|error| panic!("{question}: {error}"));
        }
    }

    #[test]
    fn a_student_is_asked_for_what_the_policy_wants_until_nothing_is_missing() {
        let sandbox = Sandbox::new();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.args(["new", "--today", "2026-11-23", "--policy", "hws"]);
        command.env_clear().env("TERM", "xterm").current_dir(sandbox.path());
        let mut talk = Talk(spawn_command(command, Some(30_000)).unwrap());
        talk.answer("requester.name:", "Ada Byron");
        talk.answer("requester.email:", "byron@hws.edu");
        talk.answer("requester.role:", "student");
        // what says nothing is asked again
        talk.answer("purpose.name:", "token");
        // too soon: reviews take five business days
        let before = talk.answer("needed_by:", "2026-11-25");
        assert!(before.contains("(hws/review-time)"), "the clause is not explained: {before}");
        let mut asked = Vec::new();
        let answers = [
            ("Answer again?", "y"),
            ("purpose.name:", "Weekly grade export"),
            ("Answer again?", "y"),
            ("needed_by:", "2026-12-07"),
            ("expires:", "2027-03-01"),
            ("acknowledges:", " "),
            ("sponsor.name:", "Mary Somerville"),
            ("sponsor.email:", "somerville@hws.edu"),
            ("sponsor.role:", "faculty"),
            ("sponsor.understands_use:", "y"),
            ("third_parties:", "n"),
        ];
        // the order is the policy's: answer whatever comes up
        let mut left: Vec<(&str, &str)> = answers.to_vec();
        while !left.is_empty() {
            let any = left
                .iter()
                .map(|(question, _)| regex::escape(question))
                .collect::<Vec<_>>()
                .join("|");
            let (_, question) =
                talk.0.exp_regex(&any).unwrap_or_else(|error| panic!("{left:?}: {error}"));
            let at = left.iter().position(|(one, _)| *one == question).unwrap();
            let (question, answer) = left.remove(at);
            asked.push(question);
            talk.say(question, answer);
        }
        let rest = talk.0.exp_eof().unwrap();
        let text = fs::read_to_string(sandbox.path().join("request.yaml")).unwrap();
        assert!(rest.contains("No findings."), "{asked:?}\n{text}\n{rest}");
        assert!(text.contains("sponsor:\n  name: Mary Somerville\n"), "{text}");
        assert!(text.contains("third_parties: []\n"), "{text}");
        let checked = sandbox.run(&["check", "request.yaml", "--today", "2026-11-23"]);
        assert_eq!(checked.code, 0, "{}", checked.out());
    }

    #[test]
    fn a_token_is_not_taken_for_an_answer() {
        let sandbox = Sandbox::new();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
        command.args(["new", "--today", "2026-11-23", "--policy", "canvas"]);
        command.env_clear().env("TERM", "xterm").current_dir(sandbox.path());
        let mut talk = Talk(spawn_command(command, Some(30_000)).unwrap());
        talk.0.exp_string("requester.name:").unwrap();
        talk.0.send(&token(7)).unwrap();
        talk.0.send("\r").unwrap();
        talk.0.flush().unwrap();
        talk.0.exp_string("looks like a token").unwrap();
        talk.0.send("\u{1b}").unwrap();
        talk.0.flush().unwrap();
        talk.0.exp_string("nothing was written").unwrap();
        assert!(!sandbox.path().join("request.yaml").exists());
    }
}
