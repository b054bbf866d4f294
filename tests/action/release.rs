//! Plays the server that releases are fetched from, on the loopback interface.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};

use super::runner::{Runner, executable};

/// A server; it ends with the test's process.
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT`.
    pub(crate) address: String,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// One that has nothing to offer yet.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let server = Self { address, files: Arc::default(), asked: Arc::default() };
        let (files, asked) = (Arc::clone(&server.files), Arc::clone(&server.asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &files, &asked);
            }
        });
        server
    }

    /// Offers a file.
    pub(crate) fn offer(&self, path: &str, contents: Vec<u8>) {
        self.files.lock().expect("no poison").insert(path.to_owned(), contents);
    }

    /// The paths that were asked for so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no poison").clone()
    }
}

fn answer(
    mut stream: TcpStream,
    files: &Mutex<BTreeMap<String, Vec<u8>>>,
    asked: &Mutex<Vec<String>>,
) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let mut request = String::new();
    let _ = reader.read_line(&mut request);
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        line.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let file = files.lock().expect("no poison").get(&path).cloned();
    asked.lock().expect("no poison").push(path);
    let (status, body) = match file {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", b"no such release".to_vec()),
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(&body);
}

/// The version of this repository.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The archive that a release holds for a target, with a program in it that writes down how it is
/// called, a NUL after each argument, and hands over to the real one.
pub(crate) fn archive(runner: &Runner, target: &str) -> (String, Vec<u8>) {
    let name = format!("hallpass-{VERSION}-{target}");
    let folder = runner.path("release").join(&name);
    fs::create_dir_all(&folder).expect("a folder");
    let ending = if target.contains("windows") { ".exe" } else { "" };
    let program = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] || printf '%s\\0' \"$@\" >'{}'\nexec '{}' \"$@\"\n",
        runner.path("called").display(),
        env!("CARGO_BIN_EXE_hallpass"),
    );
    executable(&folder.join(format!("hallpass{ending}")), &program);
    let file = format!("{name}.tar.gz");
    let status = Command::new("tar")
        .args(["-czf", &file, &name])
        .current_dir(runner.path("release"))
        .status()
        .expect("tar runs");
    assert!(status.success());
    let bytes = fs::read(runner.path("release").join(&file)).expect("an archive");
    (file, bytes)
}

/// Adds a line to the action's list of checksums.
pub(crate) fn list(runner: &Runner, file: &str, bytes: &[u8]) {
    let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let path = runner.action().join(".github/checksums.sha256");
    let old = fs::read_to_string(&path).expect("the list");
    fs::write(path, format!("{old}{digest}  {file}\n")).expect("the list");
}

/// A runner, and a server that has the release for it.
pub(crate) fn released() -> (Runner, Server) {
    let mut runner = Runner::new();
    let server = Server::start();
    runner.set("GITHUB_SERVER_URL", &server.address);
    offer(&runner, &server, "x86_64-unknown-linux-musl");
    (runner, server)
}

/// Has `server` offer the archive for `target`, listed with its checksum.
pub(crate) fn offer(runner: &Runner, server: &Server, target: &str) {
    let (file, bytes) = archive(runner, target);
    list(runner, &file, &bytes);
    server.offer(&format!("/owner/hallpass/releases/download/v{VERSION}/{file}"), bytes);
}

/// How the program was called: its arguments.
pub(crate) fn called(runner: &Runner) -> Vec<String> {
    let text = fs::read_to_string(runner.path("called")).expect("the program was called");
    text.split_terminator('\0').map(str::to_owned).collect()
}
