//! `hallpass revoke` against a real server: what it deletes, what it leaves, and what it says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

#[path = "support/canvas/mod.rs"]
mod canvas;
mod support;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use canvas::Canvas;
use canvas::raw::{Raw, request};
use canvas::world::{State, World};
use support::{Ran, Sandbox, token};

/// An administrator's token.
fn admin() -> String {
    token(99)
}

/// Another token with the same hint as `token(1)`.
fn twin() -> String {
    let hint = &token(1)[..7];
    format!("{hint}{}", &token(50)[7..])
}

fn campus() -> World {
    World::default()
        .user(42, "Ada Byron")
        .admin(1, "Root")
        .token(42, &token(1), State::Active)
        .token(42, &token(2), State::Deleted)
        .token(42, &token(3), State::Active)
        .token(1, &admin(), State::Active)
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("alive.py", format!("TOKEN = '{}'\n", token(1)));
    sandbox.write("dead.py", format!("TOKEN = '{}'\n", token(2)));
    sandbox
}

fn command(sandbox: &Sandbox, server: &Canvas, more: &[&str]) -> Command {
    let mut command = sandbox.hallpass();
    command.args(["revoke", "--timeout", "5", "--canvas-url", &server.url()]).args(more);
    command
}

fn deletions(server: &Canvas) -> Vec<String> {
    server.requests().into_iter().filter(|request| request.starts_with("DELETE")).collect()
}

/// Nothing of a token but its hint.
fn silent(ran: &Ran) {
    for text in [ran.out(), ran.err()] {
        for secret in [token(1), token(2), token(3), twin(), admin()] {
            assert!(!text.contains(&secret[8..20]), "{text}");
        }
    }
}

#[test]
fn deletes_what_works_and_proves_it() {
    let (server, sandbox) = (Canvas::http(campus()), sandbox());
    let ran = Ran::of(&mut command(&sandbox, &server, &["--yes", "--format", "json", "."]));
    assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    silent(&ran);
    let hint = &token(1)[2..7];
    assert_eq!(deletions(&server), [format!("DELETE /api/v1/users/self/tokens/{hint}")]);
    assert_eq!(server.world().state_of(&token(1)), State::Deleted);
    assert_eq!(server.world().state_of(&token(3)), State::Active);
    let report = ran.json();
    let verified = &report["findings"][0]["verified"];
    assert_eq!(
        (verified["state"].as_str(), verified["user_id"].as_u64()),
        (Some("dead"), Some(42))
    );
    assert!(verified["deletion"].as_str().unwrap().contains("Canvas answered 200"));
    assert_eq!(report["findings"][0]["severity"], "note");
    // it asked after the deletion, too
    assert_eq!(server.requests().last().unwrap(), "GET /api/v1/users/self");
    // what was done and what it was for is told
    assert!(ran.err().contains("Ada Byron (user 42)"), "{}", ran.err());
    assert!(ran.err().contains("“script 1”, expires never"), "{}", ran.err());
    // a second time there is nothing to do
    let before = deletions(&server);
    let ran = Ran::of(&mut command(&sandbox, &server, &["--yes"]));
    assert_eq!(ran.code, 0);
    assert_eq!(deletions(&server), before);
}

#[test]
fn does_nothing_without_a_yes() {
    let (server, sandbox) = (Canvas::http(campus()), sandbox());
    let ran = Ran::of(&mut command(&sandbox, &server, &[]));
    assert_eq!(ran.code, 2);
    assert!(ran.err().contains("--yes"), "{}", ran.err());
    assert_eq!(server.requests().len(), 0);
    let ran = Ran::of(&mut command(&sandbox, &server, &["--dry-run"]));
    assert_eq!(ran.code, 1);
    assert!(ran.err().contains("to do: DELETE http://127.0.0.1"), "{}", ran.err());
    assert!(ran.out().contains("dry run"), "{}", ran.out());
    silent(&ran);
    assert_eq!(deletions(&server), [""; 0]);
}

/// Runs on a terminal; where a prompt appears, something is typed.
#[cfg(target_os = "linux")]
fn on_a_terminal(command: &Command, dialogue: &[(&str, &str)]) -> Ran {
    use std::io::Read as _;
    let mut line = vec![command.get_program().to_str().unwrap().to_owned()];
    line.extend(command.get_args().map(|arg| arg.to_str().unwrap().to_owned()));
    let line = shlex::try_join(line.iter().map(String::as_str)).unwrap();
    let mut script = Command::new("timeout");
    script.args(["60", "script", "--quiet", "--return", "--command", &line, "/dev/null"]);
    script.current_dir(command.get_current_dir().unwrap()).env("HOME", "/nonexistent");
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut keyboard, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (mut shown, mut byte) = (Vec::new(), [0]);
    for (prompt, typed) in dialogue {
        while !shown.ends_with(prompt.as_bytes()) {
            assert_eq!(screen.read(&mut byte).unwrap(), 1, "{}", String::from_utf8_lossy(&shown));
            shown.push(byte[0]);
        }
        // the terminal is made ready right after the prompt
        std::thread::sleep(std::time::Duration::from_millis(200));
        keyboard.write_all(typed.as_bytes()).unwrap();
    }
    screen.read_to_end(&mut shown).unwrap();
    let status = child.wait().unwrap();
    Ran { code: status.code().unwrap(), stdout: shown, stderr: Vec::new() }
}

#[cfg(target_os = "linux")]
#[test]
fn asks_on_a_terminal() {
    const PROMPT: &str = "Delete this token? Type yes: ";
    let (server, sandbox) = (Canvas::http(campus()), sandbox());
    for no in ["no\n", "\n", "yesterday\n"] {
        let ran = on_a_terminal(&command(&sandbox, &server, &["."]), &[(PROMPT, no)]);
        assert_eq!((ran.code, deletions(&server).len()), (1, 0));
    }
    let ran = on_a_terminal(&command(&sandbox, &server, &["."]), &[(PROMPT, "yes\n")]);
    assert_eq!((ran.code, deletions(&server).len()), (0, 1), "{}", ran.out());
    silent(&ran);
    // a token that is typed is not shown
    let typed = format!("{}\n", token(3));
    let dialogue = [("(it is not shown): ", typed.as_str()), (PROMPT, "yes\n")];
    let ran = on_a_terminal(&command(&sandbox, &server, &["--token-stdin"]), &dialogue);
    silent(&ran);
    assert_eq!(server.world().state_of(&token(3)), State::Deleted, "{}", ran.out());
}

#[test]
fn a_token_on_standard_input() {
    let (server, sandbox) = (Canvas::http(campus()), sandbox());
    let mut command = command(&sandbox, &server, &["--token-stdin", "--yes"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(token(3).as_bytes()).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{}", ran.err());
    silent(&ran);
    assert_eq!(server.world().state_of(&token(3)), State::Deleted);
    assert_eq!(server.world().state_of(&token(1)), State::Active);
}

#[test]
fn an_administrator_helps_where_the_token_may_not() {
    let (server, sandbox) = (Canvas::http(campus()), sandbox());
    server.world().users[0].manages = false;
    let ran = Ran::of(&mut command(&sandbox, &server, &["--yes"]));
    assert_eq!(ran.code, 1, "{}", ran.out());
    assert!(ran.out().contains("403"), "{}", ran.out());
    let ran = Ran::of(command(&sandbox, &server, &["--yes"]).env("HALLPASS_ADMIN_TOKEN", admin()));
    assert_eq!(ran.code, 0, "{}", ran.out());
    silent(&ran);
    let hint = &token(1)[2..7];
    assert!(deletions(&server).contains(&format!("DELETE /api/v1/users/42/tokens/{hint}")));
    assert_eq!(server.world().state_of(&token(1)), State::Deleted);
    // it goes to one host only
    let other = Canvas::http(World::default());
    let mut several = command(&sandbox, &server, &["--yes", "--canvas-url", &other.url()]);
    let ran = Ran::of(several.env("HALLPASS_ADMIN_TOKEN", admin()));
    assert_eq!((ran.code, other.requests().len()), (2, 0));
}

#[test]
fn by_hint_with_an_administrators_token() {
    let (server, sandbox) = (Canvas::http(campus()), sandbox());
    let hint = token(1)[2..7].to_owned();
    let named = ["--user", "42", "--hint", &hint];
    let run = |more: &[&str]| {
        let mut command = command(&sandbox, &server, &named);
        Ran::of(command.args(more).env("HALLPASS_ADMIN_TOKEN", admin()))
    };
    // without an administrator's token there is nothing to do it with
    assert_eq!(
        Ran::of(&mut command(&sandbox, &server, &[&named[..], &["--yes"]].concat())).code,
        2
    );
    let ran = run(&["--dry-run"]);
    assert_eq!((ran.code, deletions(&server).len()), (1, 0), "{}", ran.err());
    assert!(ran.err().contains("“script 1”"), "{}", ran.err());
    let ran = run(&["--yes"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    assert!(ran.out().contains("Canvas answered 200"), "{}", ran.out());
    silent(&ran);
    assert_eq!(server.world().state_of(&token(1)), State::Deleted);
    // again: there is nothing left to do
    let ran = run(&["--yes"]);
    assert_eq!((ran.code, deletions(&server).len()), (0, 1));
    assert!(ran.out().contains("nothing to do"), "{}", ran.out());
    // a user that is not there, and an administrator that is none
    let of = |user: &str, admin: &str| {
        let mut command = command(&sandbox, &server, &["--user", user, "--hint", "aB3xY", "--yes"]);
        Ran::of(command.env("HALLPASS_ADMIN_TOKEN", admin))
    };
    for (user, admin, why) in
        [("77", admin(), "(404)"), ("1", token(3), "(403)"), ("42", token(70), "(401)")]
    {
        let ran = of(user, &admin);
        assert_eq!(ran.code, 3, "{}", ran.out());
        assert!(ran.out().contains(why), "{}", ran.out());
    }
    assert_eq!(deletions(&server).len(), 1);
    for wrong in ["aB3x", "aB3xYz", "aB/xY", "../.."] {
        assert_eq!(run(&["--yes", "--hint", wrong]).code, 2, "{wrong}");
    }
}

#[test]
fn hints_that_two_tokens_share() {
    let sandbox = sandbox();
    let world = World::default()
        .user(42, "Ada Byron")
        .admin(1, "Root")
        .token(42, &twin(), State::Active)
        .token(42, &token(1), State::Active)
        .token(1, &admin(), State::Active);
    let server = Canvas::http(world);
    // Canvas deletes the other one first; that the leaked one works is told
    let ran = Ran::of(&mut command(&sandbox, &server, &["--yes", "alive.py"]));
    assert_eq!(ran.code, 1, "{}", ran.out());
    assert!(ran.err().contains("2 tokens of this user have this hint"), "{}", ran.err());
    let out = ran.out().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(out.contains("still works") && out.contains("repeat this"), "{out}");
    let ran = Ran::of(&mut command(&sandbox, &server, &["--yes", "alive.py"]));
    assert_eq!(ran.code, 0, "{}", ran.out());
    assert_eq!(server.world().state_of(&token(1)), State::Deleted);
    // by hint alone
    server.world().tokens[0].state = State::Active;
    server.world().tokens[1].state = State::Active;
    let hint = token(1)[2..7].to_owned();
    let run = || {
        let mut command = command(&sandbox, &server, &["--user", "42", "--hint", &hint, "--yes"]);
        Ran::of(command.env("HALLPASS_ADMIN_TOKEN", admin()))
    };
    let ran = run();
    assert_eq!(ran.code, 1, "{}", ran.out());
    assert!(ran.out().contains("still lists 1"), "{}", ran.out());
    assert_eq!(run().code, 0);
}

#[test]
fn reads_every_page_of_a_long_list() {
    let sandbox = sandbox();
    let mut world =
        World::default().user(42, "Ada").admin(1, "Root").token(1, &admin(), State::Active);
    for seed in 200..450 {
        world = world.token(42, &token(seed), State::Active);
    }
    let last = token(449);
    let server = Canvas::http(world);
    let mut command = command(&sandbox, &server, &["--user", "42", "--hint", &last[..7], "--yes"]);
    let ran = Ran::of(command.env("HALLPASS_ADMIN_TOKEN", admin()));
    assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    assert_eq!(server.world().state_of(&last), State::Deleted);
    let pages = server.requests().iter().filter(|request| request.contains("page=")).count();
    assert_eq!(pages, 6);
}

#[test]
fn follows_no_page_to_another_host() {
    let elsewhere = Raw::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]");
    let link = format!("{}/api/v1/users/42/user_generated_tokens?page=2", elsewhere.url());
    let server = Raw::new(move |mut stream| {
        request(&mut stream);
        let head = format!("HTTP/1.1 200 OK\r\nLink: <{link}>; rel=\"next\"\r\nContent-Length: 2");
        let _ = stream.write_all(format!("{head}\r\n\r\n[]").as_bytes());
    });
    let sandbox = sandbox();
    let mut command = sandbox.hallpass();
    command.args([
        "revoke",
        "--canvas-url",
        &server.url(),
        "--user",
        "42",
        "--hint",
        "aB3xY",
        "--yes",
    ]);
    let ran = Ran::of(command.env("HALLPASS_ADMIN_TOKEN", admin()));
    assert_eq!(ran.code, 3, "{}", ran.out());
    assert_eq!(elsewhere.count(), 0);
}

#[test]
fn says_so_where_canvas_does_not_delete() {
    let (server, sandbox) = (Canvas::http(campus()), sandbox());
    for status in [500, 302, 418] {
        server.world().no_deletions = Some(status);
        let before = deletions(&server).len();
        let ran = Ran::of(&mut command(&sandbox, &server, &["--yes", "alive.py"]));
        assert_eq!(ran.code, 1, "{}{}", ran.out(), ran.err());
        assert!(ran.out().contains(&status.to_string()), "{}", ran.out());
        // it may have arrived, so it is not sent again
        assert_eq!(deletions(&server).len(), before + 1);
    }
    assert_eq!(server.world().state_of(&token(1)), State::Active);
}

#[cfg(unix)]
#[test]
fn a_command_prints_the_administrators_token() {
    use std::os::unix::fs::PermissionsExt as _;
    let (server, sandbox) = (Canvas::http(campus()), sandbox());
    let tools = sandbox.outside().join("tools");
    fs::create_dir(&tools).unwrap();
    let tool = |name: &str, text: &str| {
        fs::write(tools.join(name), format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(tools.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    let vault = sandbox.outside().join("vault");
    fs::write(&vault, format!("{}\n", admin())).unwrap();
    // it sees neither the administrator's variable nor anything on its standard input
    tool(
        "op",
        &format!(
            "[ \"$1 $2\" = 'read op://vault/canvas token' ] || exit 9\n\
         [ -z \"$HALLPASS_ADMIN_TOKEN\" ] || exit 8\n[ -z \"$(cat)\" ] || exit 7\ncat {}",
            vault.display()
        ),
    );
    tool("chatty", "echo hello; echo secret-of-the-vault");
    tool("failing", "cat; exit 1");
    let hint = token(1)[2..7].to_owned();
    let run = |line: &str, environment: &str| {
        let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
        let mut command = command(&sandbox, &server, &["--user", "42", "--hint", &hint, "--yes"]);
        command.args(["--admin-token-command", line]).env("PATH", path);
        Ran::of(command.env("HALLPASS_ADMIN_TOKEN", environment))
    };
    for (wrong, why) in [
        ("", "empty"),
        ("op 'read", "quote"),
        ("no-such-program", "can't start"),
        ("chatty", "holds no Canvas token"),
        ("failing", "failed"),
        // no shell: neither a variable nor a second command
        ("echo $HALLPASS_ADMIN_TOKEN", "holds no Canvas token"),
    ] {
        let ran = run(wrong, &token(98));
        assert_eq!(ran.code, 2, "{wrong}: {}", ran.out());
        assert!(ran.err().contains(why), "{wrong}: {}", ran.err());
        assert!(!ran.err().contains("secret-of-the-vault"));
    }
    let marker = sandbox.path().join("marker");
    assert_eq!(run(&format!("echo x; touch {}", marker.display()), "").code, 2);
    assert!(!Path::new(&marker).exists());
    assert_eq!(deletions(&server).len(), 0);
    let ran = run("op read 'op://vault/canvas token'", &token(98));
    assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    silent(&ran);
    assert_eq!(server.world().state_of(&token(1)), State::Deleted);
}
