//! What a run that handles tokens leaves behind: everything that it writes, and everything that
//! the system shows of it while it runs, is searched for them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]
#![cfg(target_os = "linux")]

#[path = "support/canvas/mod.rs"]
mod canvas;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use canvas::Canvas;
use canvas::world::{State, World};
use support::{Ran, Sandbox, files_below, token};

fn admin() -> String {
    token(99)
}

/// Whether `bytes` hold more of a token than its hint, plain, in base64 or in hexadecimal.
fn holds_token(bytes: &[u8]) -> bool {
    let has = |part: &[u8]| memchr::memmem::find(bytes, part).is_some();
    [token(1), admin()].iter().any(|token| {
        let hidden = &token[7..];
        let encoded = (0..3).map(|shift| {
            let encoded = STANDARD_NO_PAD.encode(&hidden[shift..]);
            encoded[..24].to_owned()
        });
        let hexadecimal: String = hidden[..12].bytes().map(|byte| format!("{byte:02x}")).collect();
        hidden.as_bytes().windows(10).any(has)
            || encoded.into_iter().any(|part| has(part.as_bytes()))
            || has(hexadecimal.as_bytes())
    })
}

/// A place for everything that a run might write to, and the leak.
struct Place {
    sandbox: Sandbox,
    before: BTreeMap<PathBuf, Vec<u8>>,
}

impl Place {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        sandbox.write("grader.py", format!("TOKEN = '{}'\n", token(1)));
        for folder in ["tmp", "home", "cache", "state", "config", "data", "run"] {
            fs::create_dir(sandbox.outside().join(folder)).unwrap();
        }
        let vault = sandbox.outside().join("home/vault");
        fs::write(&vault, admin()).unwrap();
        let tool = sandbox.outside().join("home/op");
        let text = format!("#!/bin/sh\nsleep 1.5\ncat {}\n", vault.display());
        fs::write(&tool, text).unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
        let before = Self::contents(&sandbox);
        Self { sandbox, before }
    }

    fn contents(sandbox: &Sandbox) -> BTreeMap<PathBuf, Vec<u8>> {
        let root = sandbox.outside();
        let read = |path: PathBuf| (path.clone(), fs::read(root.join(path)).unwrap());
        files_below(root).into_iter().map(read).collect()
    }

    /// Runs a command line under a shell that allows core dumps of any size.
    fn start(&self, line: &str) -> Child {
        let mut command = Command::new("sh");
        let binary = env!("CARGO_BIN_EXE_hallpass");
        command.args(["-c", &format!("ulimit -c unlimited; exec {binary} {line}")]);
        let outside = self.sandbox.outside();
        command.env_clear().current_dir(self.sandbox.path());
        command.env("PATH", std::env::var_os("PATH").unwrap());
        for (name, folder) in [
            ("TMPDIR", "tmp"),
            ("HOME", "home"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_RUNTIME_DIR", "run"),
        ] {
            command.env(name, outside.join(folder));
        }
        // what would make a library talk, or write its keys down
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
        command.env("SSLKEYLOGFILE", outside.join("tmp/keys"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Checks what a run wrote, but for the files that it was asked to write.
    fn check(&self, asked: &[&str]) {
        for (path, bytes) in Self::contents(&self.sandbox) {
            match self.before.get(&path) {
                Some(before) => assert_eq!(*before, bytes, "{} changed", path.display()),
                None => {
                    assert!(!holds_token(&bytes), "{} holds a token", path.display());
                    let known = asked.iter().any(|asked| path.ends_with(asked));
                    assert!(known, "{} was left behind", path.display());
                }
            }
        }
    }
}

/// The process and what it started.
fn family(process: u32) -> Vec<u32> {
    let mut all = vec![process];
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    for thread in threads {
        let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        let children = children.split_whitespace().map(|child| child.parse::<u32>().unwrap());
        all.extend(children.flat_map(family));
    }
    all
}

/// Searches what the system shows of a process; answers how much there was to see.
fn check_process(process: u32) -> usize {
    let mut seen = 0;
    for process in family(process) {
        let of = |name: &str| Path::new("/proc").join(process.to_string()).join(name);
        for name in ["cmdline", "environ", "comm", "status", "maps"] {
            // a process may have ended, or be nobody else's business
            let Ok(bytes) = fs::read(of(name)) else { continue };
            assert!(!holds_token(&bytes), "{name} of {process} holds a token");
            seen += bytes.len();
        }
        for file in fs::read_dir(of("fd")).into_iter().flatten().flatten() {
            let Ok(target) = fs::read_link(file.path()) else { continue };
            let text = target.to_string_lossy();
            assert!(!text.contains("memfd") && !text.contains("deleted"), "{text} is open");
        }
    }
    seen
}

fn campus() -> Canvas {
    let server = Canvas::http(
        World::default()
            .user(42, "Ada Byron")
            .admin(1, "Root")
            .token(42, &token(1), State::Active)
            .token(1, &admin(), State::Active),
    );
    server.delay(Duration::from_millis(700));
    server
}

/// Waits until the server holds a request.
fn wait_for_request(server: &Canvas) {
    let began = Instant::now();
    while server.requests().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20), "no request came");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Watches a process until it ends; answers what it printed.
fn watch(mut child: Child) -> Ran {
    let mut seen = 0;
    while child.try_wait().unwrap().is_none() {
        seen += check_process(child.id());
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(seen > 10_000, "there was nothing to see: {seen}");
    child.wait_with_output().unwrap().into()
}

#[test]
fn the_search_finds_a_token() {
    assert!(holds_token(token(1).as_bytes()));
    assert!(holds_token(STANDARD_NO_PAD.encode(format!("x{}", token(1))).as_bytes()));
    assert!(!holds_token(&token(1).as_bytes()[..7]));
    let mut child = Command::new("sleep").args(["5", "--"]).env("LEAK", token(1)).spawn().unwrap();
    // its environment is there once it has begun to run
    let began = Instant::now();
    let is_seen = || std::panic::catch_unwind(|| check_process(child.id())).is_err();
    let mut seen = is_seen();
    while !seen && began.elapsed() < Duration::from_secs(3) {
        std::thread::sleep(Duration::from_millis(5));
        seen = is_seen();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(seen, "a token in the environment was not seen");
}

#[test]
fn verify_leaves_nothing() {
    let (server, place) = (campus(), Place::new());
    let url = server.url();
    let mut line = format!("verify --verbose --canvas-url {url} grader.py");
    for format in support::FORMATS {
        line.push_str(&format!(" --output {format}:../tmp/report.{format}"));
    }
    let ran = watch(place.start(&line));
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert!(!holds_token(&ran.stdout) && !holds_token(&ran.stderr));
    let asked: Vec<_> = support::FORMATS.iter().map(|format| format!("report.{format}")).collect();
    place.check(&asked.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn revoke_leaves_nothing() {
    let (server, place) = (campus(), Place::new());
    server.world().users[0].manages = false;
    let line = format!(
        "revoke --yes --canvas-url {} --admin-token-command ../home/op grader.py",
        server.url()
    );
    let ran = watch(place.start(&line));
    assert_eq!(ran.code, 0, "{}{}", ran.out(), ran.err());
    assert!(ran.err().contains("administrator"), "{}", ran.err());
    assert!(!holds_token(&ran.stdout) && !holds_token(&ran.stderr));
    place.check(&[]);
}

#[test]
fn a_crash_leaves_nothing() {
    for signal in ["ABRT", "SYS"] {
        let (server, place) = (campus(), Place::new());
        let child = place.start(&format!("verify --canvas-url {} grader.py", server.url()));
        wait_for_request(&server);
        // the shell allowed dumps, the program does not
        let limits = fs::read_to_string(format!("/proc/{}/limits", child.id())).unwrap();
        let limit = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert_eq!(limit.split_whitespace().nth(4), Some("0"), "{limit}");
        let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let output = child.wait_with_output().unwrap();
        use std::os::unix::process::ExitStatusExt as _;
        let status = output.status;
        assert!(status.signal().is_some() && !status.core_dumped(), "{signal}: {status:?}");
        assert!(!holds_token(&output.stdout) && !holds_token(&output.stderr));
        place.check(&[]);
    }
}
