//! `hallpass verify` against a real server: what it asks, what it says, how it ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

#[path = "support/canvas/mod.rs"]
mod canvas;
mod support;

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use canvas::Canvas;
use canvas::proxy::Proxy;
use canvas::world::{State, World};
use serde_json::Value;
use support::{Ran, Sandbox, body, token};

/// A Canvas with a user and a token of each state.
fn campus() -> World {
    World::default()
        .user(42, "Ada Byron")
        .token(42, &token(1), State::Active)
        .token(42, &token(2), State::Deleted)
        .token(42, &token(3), State::Pending)
        .token(42, &token(4), State::Expired)
        .token(42, &token(5), State::Disabled)
}

fn run_with_input(command: &mut Command, input: &str) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

/// `verify --format json` over a sandbox.
fn verify(sandbox: &Sandbox, url: &str, more: &[&str]) -> Ran {
    let mut command = sandbox.hallpass();
    command.args(["verify", "--format", "json", "--timeout", "5", "--canvas-url", url]).args(more);
    Ran::of(&mut command)
}

/// State and severity of each finding, by path.
fn states(report: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| {
            (
                text(&finding["location"]["path"]),
                text(&finding["verified"]["state"]),
                text(&finding["severity"]),
            )
        })
        .collect()
}

#[test]
fn tells_the_living_from_the_dead() {
    let server = Canvas::http(campus());
    let sandbox = Sandbox::new();
    for (name, seed) in [("alive", 1), ("deleted", 2), ("pending", 3), ("expired", 4), ("stray", 9)]
    {
        sandbox.write(format!("{name}.py"), format!("TOKEN = '{}'\n", token(seed)));
    }
    let ran = verify(&sandbox, &server.url(), &["."]);
    assert_eq!(ran.code, 1, "{}", ran.err());
    let report = ran.json();
    let dead = |name: &str| (format!("{name}.py"), "dead".to_owned(), "note".to_owned());
    let alive = ("alive.py".to_owned(), "alive".to_owned(), "error".to_owned());
    assert_eq!(
        states(&report),
        [alive, dead("deleted"), dead("expired"), dead("pending"), dead("stray")]
    );
    let verified = &report["findings"][0]["verified"];
    assert_eq!(verified["user_id"], 42);
    assert_eq!(verified["user_name"], "Ada Byron");
    assert_eq!(verified["host"], server.url().strip_prefix("http://").unwrap());
    let message = report["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("belongs to Ada Byron (user 42)"), "{message}");
    // it only asked, and it asked once for each
    assert_eq!(server.requests(), vec!["GET /api/v1/users/self"; 5]);
    // a token that waits for its owner is told of
    let help = report["findings"][3]["help"].to_string();
    assert!(help.contains("activation"), "{help}");
}

#[test]
fn nothing_that_works_is_an_all_clear() {
    let server = Canvas::http(campus());
    let sandbox = Sandbox::new();
    sandbox.write("a.py", format!("TOKEN = '{}'\n", token(2)));
    let ran = verify(&sandbox, &server.url(), &[]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    assert_eq!(verify(&sandbox, &server.url(), &["--fail-on", "note"]).code, 1);
    // activated by its owner, it works
    sandbox.write("a.py", format!("TOKEN = '{}'\n", token(3)));
    assert_eq!(verify(&sandbox, &server.url(), &[]).code, 0);
    server.world().tokens[2].state = State::Active;
    assert_eq!(verify(&sandbox, &server.url(), &[]).code, 1);
}

#[test]
fn a_token_is_asked_about_once_wherever_and_however_it_stands() {
    let server = Canvas::http(campus());
    let sandbox = Sandbox::new();
    let plain = token(1);
    sandbox.write("a.py", format!("TOKEN = '{plain}'\n"));
    sandbox.write("b.txt", format!("?access_token={}\n", plain.replace('~', "%7E")));
    let utf16: Vec<u8> =
        format!("TOKEN = '{plain}'").encode_utf16().flat_map(u16::to_le_bytes).collect();
    sandbox.write("c.txt", [&[0xff, 0xfe][..], &utf16].concat());
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("token: {plain}"));
    sandbox.write("d.yaml", format!("data: {encoded}\n"));
    let report = verify(&sandbox, &server.url(), &[]).json();
    let states = states(&report);
    assert_eq!(states.len(), 4, "{states:?}");
    assert!(states.iter().all(|(_, state, _)| state == "alive"), "{states:?}");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn tokens_without_shard_and_other_secrets() {
    let bare = body(21);
    let server = Canvas::http(World::default().user(7, "Bo").token(7, &bare, State::Active));
    let sandbox = Sandbox::new();
    sandbox.write("a.py", format!("CANVAS_TOKEN = '{bare}'\n"));
    let feed = format!("https://canvas.example.edu/feeds/calendars/user_{}.ics\n", &body(22)[..40]);
    sandbox.write("feed.txt", feed);
    sandbox.write("hallpass.toml", "detectors = ['ours.yaml']\n");
    let detector =
        fs::read_to_string(support::root().join("rules/detectors/canvas-bare-token.yaml"));
    // a project's own detector can't have other secrets sent to Canvas
    let ours = "id: ours\nseverity: error\nnoun: Key\nsummary: A key\ndescription: A key\n\
                source: ours\nrevoke: end {token}\nshapes:\n  - pattern: 'key-(?<secret>[a-z]{12})'\n    \
                confidence: high\nexamples: ['key-qwertzuiopas']\nnegative_examples: ['key']\n";
    assert!(detector.is_ok());
    sandbox.write("ours.yaml", ours);
    sandbox.write("keys.txt", "key-qwertzuiopas\n");
    let ran = verify(&sandbox, &server.url(), &["a.py", "feed.txt", "keys.txt"]);
    assert_eq!(ran.code, 1, "{}", ran.err());
    let states = states(&ran.json());
    let state: Vec<_> =
        states.iter().map(|(path, state, _)| (path.as_str(), state.as_str())).collect();
    assert_eq!(state, [("a.py", "alive"), ("feed.txt", "-"), ("keys.txt", "-")]);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn every_named_host_is_asked_until_one_knows() {
    let here = Canvas::http(campus());
    let there = Canvas::http(World::default().user(3, "Bo").token(3, &token(30), State::Active));
    let sandbox = Sandbox::new();
    sandbox.write("a.py", format!("A = '{}'\nB = '{}'\nC = '{}'\n", token(1), token(30), token(2)));
    let report = verify(&sandbox, &here.url(), &["--canvas-url", &there.url()]).json();
    let verified = |at: usize| report["findings"][at]["verified"].clone();
    assert_eq!(verified(0)["asked"].as_array().unwrap().len(), 1);
    assert_eq!(verified(1)["user_name"], "Bo");
    assert_eq!(verified(1)["asked"].as_array().unwrap().len(), 2);
    assert_eq!(verified(2)["state"], "dead");
    assert_eq!((here.requests().len(), there.requests().len()), (3, 2));
    // where one of them can't be asked, nobody knows that a token is dead
    let url = there.url();
    drop(there);
    let ran = verify(&sandbox, &here.url(), &["--canvas-url", &url]);
    assert_eq!(ran.code, 3);
    let report = ran.json();
    let states: Vec<_> = states(&report).into_iter().map(|(_, state, _)| state).collect();
    assert_eq!(states, ["alive", "unknown", "unknown"]);
    let errors = report["coverage"]["errors"].to_string();
    assert!(errors.contains("connection failed"), "{errors}");
}

#[test]
fn one_token_on_standard_input() {
    let server = Canvas::http(campus());
    let sandbox = Sandbox::new();
    let ask = |input: &str| {
        let mut command = sandbox.hallpass();
        command.args([
            "verify",
            "--token-stdin",
            "--format",
            "json",
            "--canvas-url",
            &server.url(),
        ]);
        run_with_input(&mut command, input)
    };
    let ran = ask(&format!("\u{feff}{}\r\n", token(1)));
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert_eq!(ran.json()["findings"][0]["verified"]["user_name"], "Ada Byron");
    assert_eq!(ask(&token(2)).code, 0);
    // what is no token is sent nowhere, and not repeated
    let before = server.requests().len();
    for wrong in
        ["", "hunter2-is-my-password", &format!("{} {}", token(1), token(2)), &"x".repeat(9999)]
    {
        let ran = ask(wrong);
        assert_eq!(ran.code, 2, "{wrong}");
        assert!(ran.err().contains("holds no Canvas token"), "{}", ran.err());
        assert!(!ran.err().contains("hunter2") && ran.out().is_empty());
    }
    assert_eq!(server.requests().len(), before);
    // a document on standard input is scanned
    let mut command = sandbox.hallpass();
    command.args(["verify", "-", "--format", "json", "--canvas-url", &server.url()]);
    let ran =
        run_with_input(&mut command, &format!("curl -H 'Authorization: Bearer {}'", token(1)));
    assert_eq!(ran.code, 1);
    assert_eq!(ran.json()["findings"][0]["verified"]["state"], "alive");
}

#[test]
fn waits_as_long_as_canvas_asks() {
    let server = Canvas::http(campus());
    let sandbox = Sandbox::new();
    sandbox.write("a.py", format!("TOKEN = '{}'\n", token(1)));
    server.world().faults = [(429, Some("1".into())), (503, None), (500, None)].into();
    let began = Instant::now();
    let ran = verify(&sandbox, &server.url(), &[]);
    assert_eq!(states(&ran.json())[0].1, "alive");
    assert_eq!(server.requests().len(), 4);
    // a second as asked, then one and two of its own
    assert!(began.elapsed() >= Duration::from_secs(4), "{:?}", began.elapsed());
    // again and again: not for ever
    server.world().faults = vec![(429, Some("0".into())); 50].into();
    let ran = verify(&sandbox, &server.url(), &[]);
    assert_eq!(ran.code, 3);
    assert_eq!(server.world().faults.len(), 46);
    let why = ran.json()["findings"][0]["verified"]["reason"].to_string();
    assert!(why.contains("429"), "{why}");
    // and not for an hour
    for after in ["3600", "Wed, 01 Jan 2098 00:00:00 GMT", "1e300"] {
        server.world().faults = [(429, Some(after.into()))].into();
        let began = Instant::now();
        assert_eq!(verify(&sandbox, &server.url(), &[]).code, if after == "1e300" { 1 } else { 3 });
        assert!(began.elapsed() < Duration::from_secs(4));
        server.world().faults.clear();
    }
    // a date that has passed
    server.world().faults = [(429, Some("Sun, 06 Nov 1994 08:49:37 GMT".into()))].into();
    assert_eq!(verify(&sandbox, &server.url(), &[]).code, 1);
}

#[test]
fn other_answers_say_nothing_about_the_token() {
    let server = Canvas::http(campus());
    let sandbox = Sandbox::new();
    sandbox.write("a.py", format!("TOKEN = '{}'\n", token(1)));
    for status in [204, 302, 400, 403, 404, 418] {
        server.world().faults = [(status, None)].into();
        let ran = verify(&sandbox, &server.url(), &[]);
        assert_eq!((ran.code, states(&ran.json())[0].1.as_str()), (3, "unknown"), "{status}");
        // it stays as bad as it was
        assert_eq!(states(&ran.json())[0].2, "error");
    }
}

#[test]
fn asks_a_few_at_a_time_and_in_a_fixed_order() {
    let server = Canvas::http(campus());
    server.delay(Duration::from_millis(50));
    let sandbox = Sandbox::new();
    for seed in 1..40 {
        sandbox.write(format!("{seed:02}.py"), format!("TOKEN = '{}'\n", token(seed)));
    }
    let first = verify(&sandbox, &server.url(), &["--threads", "1"]);
    let second = verify(&sandbox, &server.url(), &["--threads", "4"]);
    assert_eq!(first.out(), second.out());
    assert_eq!(server.requests().len(), 2 * 39);
}

#[test]
fn what_is_silenced_is_not_asked_about() {
    let server = Canvas::http(campus());
    let sandbox = Sandbox::new();
    sandbox.write("a.py", format!("A = '{}'  # {} old\n", token(1), support::ALLOW));
    assert_eq!(verify(&sandbox, &server.url(), &[]).code, 0);
    assert_eq!(server.requests().len(), 0);
    // and a configuration can't make light of a token that works
    sandbox.write("a.py", format!("A = '{}'\n", token(1)));
    sandbox.write("hallpass.toml", "[severity]\ncanvas-access-token = \"note\"\n");
    assert_eq!(sandbox.run(&["scan"]).code, 0);
    let ran = verify(&sandbox, &server.url(), &[]);
    assert_eq!((ran.code, states(&ran.json())[0].2.as_str()), (1, "error"));
}

#[test]
fn hosts_come_from_the_user_alone() {
    let server = Canvas::http(campus());
    let sandbox = Sandbox::new();
    sandbox.write("a.py", format!("TOKEN = '{}'\n", token(1)));
    let ran = sandbox.run(&["verify", "."]);
    assert_eq!(ran.code, 2);
    assert!(ran.err().contains("--canvas-url"), "{}", ran.err());
    // the user's own configuration
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("hallpass");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("config.toml"), format!("canvas-urls = [\"{}\"]\n", server.url()))
        .unwrap();
    let configured = |home: &std::path::Path| {
        Ran::of(sandbox.hallpass().arg("verify").env("XDG_CONFIG_HOME", home))
    };
    assert_eq!(configured(home.path()).code, 1);
    assert_eq!(server.requests().len(), 1);
    // not one that lies in the project, whatever the environment says
    let planted =
        sandbox.write("conf/hallpass/config.toml", format!("canvas-urls = [\"{}\"]", server.url()));
    let planted = planted.parent().unwrap().parent().unwrap();
    let ran = configured(planted);
    assert_eq!(ran.code, 2, "{}", ran.out());
    assert!(ran.err().contains("not trusted"), "{}", ran.err());
    assert_eq!(configured(std::path::Path::new("conf")).code, 2);
    // nor the project's own
    sandbox.write("hallpass.toml", format!("canvas-urls = [\"{}\"]\n", server.url()));
    assert_eq!(sandbox.run(&["verify"]).code, 2);
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn through_a_proxy_with_a_certificate_of_ones_own() {
    let server = Canvas::https(campus(), &["canvas.example.edu"]);
    let proxy = Proxy::to(server.address());
    let sandbox = Sandbox::new();
    sandbox.write("a.py", format!("TOKEN = '{}'\n", token(1)));
    let ca = sandbox.outside().join("ca.pem");
    fs::write(&ca, server.authority()).unwrap();
    let ca = ca.to_str().unwrap();
    let url = ["verify", "--timeout", "5", "--canvas-url", "https://canvas.example.edu"];
    let ran = |environment: &[(&str, &str)], more: &[&str]| {
        let mut command = sandbox.hallpass();
        Ran::of(command.args(url).args(more).envs(environment.iter().copied()))
    };
    let https = ("HTTPS_PROXY", proxy.url());
    let https = (https.0, https.1.as_str());
    assert_eq!(ran(&[https], &["--ca-file", ca]).code, 1);
    assert_eq!(ran(&[https, ("SSL_CERT_FILE", ca)], &[]).code, 1);
    assert_eq!(proxy.asked(), ["canvas.example.edu:443"; 2]);
    assert_eq!(server.requests().len(), 2);
    // an authority that nobody vouches for
    let unknown = ran(&[https], &[]);
    assert_eq!(unknown.code, 3);
    assert!(unknown.out().contains("certificate"), "{}", unknown.out());
    // past the proxy there is no such host
    let direct = ran(&[https, ("NO_PROXY", "example.edu")], &["--ca-file", ca]);
    assert_eq!(direct.code, 3);
    assert_eq!(proxy.asked().len(), 3);
    assert_eq!(server.requests().len(), 2);
    // neither authorities nor a proxy that can't be used are passed over
    let empty = sandbox.write("empty.pem", "");
    for bad in [empty.to_str().unwrap(), "missing.pem"] {
        assert_eq!(ran(&[https], &["--ca-file", bad]).code, 2);
    }
    assert_eq!(ran(&[("HTTPS_PROXY", "http://user:hunter2@")], &["--ca-file", ca]).code, 2);
}

#[test]
fn every_format_tells_the_answer() {
    let server = Canvas::http(campus());
    let sandbox = Sandbox::new();
    sandbox.write("a.py", format!("A = '{}'\n", token(1)));
    sandbox.write("b.py", format!("B = '{}'\n", token(2)));
    for format in support::FORMATS {
        let mut command = sandbox.hallpass();
        command.args(["verify", "--format", format, "--canvas-url", &server.url()]);
        let ran = Ran::of(&mut command);
        assert_eq!(ran.code, 1, "{format}");
        let text = ran.out().replace(['\n', '\\'], " ").replace("  ", " ");
        assert!(text.contains("Ada Byron"), "{format}: {}", ran.out());
        assert!(!text.contains(&token(1)[8..]), "{format}");
    }
}

#[test]
fn what_stands_in_git() {
    use support::git::Git;
    let server = Canvas::http(campus());
    let git = Git::new();
    git.git(&["commit", "--quiet", "--allow-empty", "--message", "begin"]);
    git.write("a.py", format!("TOKEN = '{}'\n", token(1)));
    git.git(&["add", "."]);
    let verify = |more: &[&str]| {
        let mut command = git.hallpass_in(git.path());
        command.args(["verify", "--format", "json", "--canvas-url", &server.url()]).args(more);
        Ran::of(&mut command)
    };
    assert_eq!(states(&verify(&["--staged"]).json())[0].1, "alive");
    git.git(&["commit", "--quiet", "--message", "grade"]);
    git.write("a.py", "TOKEN = ''\n");
    git.git(&["commit", "--quiet", "--all", "--message", "take it out"]);
    // out of the files, but not out of the history
    assert_eq!(verify(&["."]).code, 0);
    for args in [&["--history"][..], &["--range", "HEAD~2..HEAD"]] {
        let ran = verify(args);
        assert_eq!(ran.code, 1, "{args:?}: {}{}", ran.out(), ran.err());
        assert_eq!(states(&ran.json())[0].1, "alive", "{args:?}");
    }
    assert_eq!(server.requests().len(), 3);
    // a single value that is known by its file's name
    git.write(".canvas_token", body(2));
    git.git(&["add", "."]);
    git.git(&["commit", "--quiet", "--message", "a value"]);
    let states = states(&verify(&["--history"]).json());
    assert!(
        states.iter().any(|(path, state, _)| path == ".canvas_token" && state == "dead"),
        "{states:?}"
    );
}
