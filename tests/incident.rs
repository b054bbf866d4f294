//! The commands of `docs/incident.md`, as they stand there, against a stand-in Canvas: in order,
//! under the names that the document uses, with the exit codes that it promises.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]
#![cfg(unix)]

#[path = "support/canvas/mod.rs"]
mod canvas;
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use canvas::Canvas;
use canvas::proxy::Proxy;
use canvas::world::{State, World};
use support::{Ran, Sandbox, body, root, token};

/// The commands of a document, each with the exit code that it promises.
fn commands(text: &str) -> Vec<(String, i32)> {
    let mut commands: Vec<(String, i32)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            line => {
                if let Some(command) = line.strip_prefix("$ ") {
                    commands.push((command.to_owned(), 0));
                } else {
                    let code = line.strip_prefix("exit code ").expect("a command or an exit code");
                    commands.last_mut().expect("a command").1 = code.parse().unwrap();
                }
            }
        }
    }
    commands
}

/// The configuration that a document shows.
fn configuration(text: &str) -> &str {
    text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap()
}

fn executable(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn every_command_does_what_the_document_says() {
    let text = fs::read_to_string(root().join("docs/incident.md")).unwrap();
    let commands = commands(&text);
    assert!(commands.len() >= 10, "{commands:?}");
    let admin = token(99);
    let seen = format!("7~aB3xY{}", &body(5)[5..]);
    let world = World::default()
        .user(42, "Ada Byron")
        .user(57, "Charles Bee")
        .admin(1, "Root")
        .token(42, &token(1), State::Active)
        .token(42, &token(2), State::Active)
        .token(57, &seen, State::Active)
        .token(1, &admin, State::Active);
    let server = Canvas::https(world, &["canvas.example.edu"]);
    let proxy = Proxy::to(server.address());

    let sandbox = Sandbox::new();
    sandbox.write("course/grader.py", format!("TOKEN = '{}'\n", token(1)));
    sandbox.write("course/README.md", "Grades on Fridays.\n");
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let tools = home.join("tools");
    fs::create_dir_all(&tools).unwrap();
    fs::create_dir_all(home.join(".config/hallpass")).unwrap();
    fs::write(home.join(".config/hallpass/config.toml"), configuration(&text)).unwrap();
    fs::write(home.join("ca.pem"), server.authority()).unwrap();
    for (vault, secret) in
        [("op://canvas/admin/token", &admin), ("op://canvas/reported/token", &token(2))]
    {
        fs::write(home.join(vault.replace('/', "_")), secret).unwrap();
    }
    // a password manager
    let op = "#!/bin/sh\n[ \"$1\" = read ] && cat \"$HOME/$(echo \"$2\" | tr / _)\"\n";
    executable(&tools.join("op"), op);
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_hallpass"), tools.join("hallpass")).unwrap();

    let mut told = String::new();
    for (line, code) in &commands {
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(sandbox.path()).env_clear();
        let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
        command.env("PATH", path).env("HOME", home);
        command.env("HTTPS_PROXY", proxy.url()).env("SSL_CERT_FILE", home.join("ca.pem"));
        let ran = Ran::of(&mut command);
        assert_eq!(ran.code, *code, "{line}\n{}{}", ran.out(), ran.err());
        told.push_str(&format!("{}\n{}\n", ran.out(), ran.err()));
    }
    // what the document says of them
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for said in [
        "works on canvas.example.edu and belongs to Ada Byron (user 42)",
        "to do: DELETE https://canvas.example.edu/api/v1/users/self/tokens/",
        "dry run",
        "Canvas answered 200 (deleted)",
        "Canvas.example.edu lists no token with this hint",
    ] {
        assert!(words.to_lowercase().contains(&said.to_lowercase()), "{said}: {told}");
    }
    let world = server.world();
    for ended in [&token(1), &token(2), &seen] {
        assert_eq!(world.state_of(ended), State::Deleted);
        assert!(!told.contains(&ended[8..16]));
    }
    assert!(!told.contains(&admin[8..16]));
    assert_eq!(world.state_of(&admin), State::Active);
    let report = fs::read_to_string(sandbox.path().join("report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["findings"][0]["verified"]["state"], "dead");
    // every name went through the proxy, and only that one
    assert!(proxy.asked().iter().all(|name| name == "canvas.example.edu:443"));
}
