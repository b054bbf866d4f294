//! `hallpass verify` against servers that mean harm: they are slow or endless, they lie, and they
//! want the token sent elsewhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

#[path = "support/canvas/mod.rs"]
mod canvas;
mod support;

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use canvas::Canvas;
use canvas::proxy::Proxy;
use canvas::raw::{Raw, request};
use canvas::world::{State, World};
use support::{Ran, Sandbox, token};

/// The longest that a run may take whose requests are given half a second.
const PATIENCE: Duration = Duration::from_secs(6);

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("a.py", format!("TOKEN = '{}'\n", token(1)));
    sandbox
}

fn verify(sandbox: &Sandbox, url: &str) -> Ran {
    let mut command = sandbox.hallpass();
    command.args(["verify", "--format", "json", "--timeout", "0.5", "--canvas-url", url]);
    Ran::of(&mut command)
}

/// Runs against `server`; answers why it could not be told whether the token works.
fn unknown(server: &Raw) -> String {
    let began = Instant::now();
    let ran = verify(&sandbox(), &server.url());
    assert!(began.elapsed() < PATIENCE, "it took {:?}", began.elapsed());
    assert_eq!(ran.code, 3, "{}{}", ran.out(), ran.err());
    let report = ran.json();
    let verified = &report["findings"][0]["verified"];
    assert_eq!(verified["state"], "unknown");
    assert!(!ran.out().contains(&token(1)[8..]) && !ran.err().contains(&token(1)[8..]));
    verified["reason"].as_str().unwrap().to_owned()
}

/// Sends `first`, then `then` again and again, with a pause; counts the bytes.
fn drip(first: &'static str, then: Vec<u8>, pause: Duration) -> (Raw, Arc<AtomicU64>) {
    let sent = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&sent);
    let server = Raw::new(move |mut stream: TcpStream| {
        request(&mut stream);
        let _ = stream.write_all(first.as_bytes());
        while stream.write_all(&then).is_ok() {
            count.fetch_add(then.len() as u64, Ordering::SeqCst);
            thread::sleep(pause);
        }
    });
    (server, sent)
}

#[test]
fn one_that_is_slow() {
    let pause = Duration::from_millis(50);
    let silent = Raw::new(|_stream| thread::sleep(Duration::from_secs(10)));
    let (head, _) = drip("HTTP/1.1 200 OK\r\nX: ", b"x".to_vec(), pause);
    let (body, _) = drip("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{", b" ".to_vec(), pause);
    let (chunks, _) = drip(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"1\r\n \r\n".to_vec(),
        pause,
    );
    for (name, server) in [("silent", silent), ("head", head), ("body", body), ("chunks", chunks)] {
        let why = unknown(&server);
        assert!(why.contains("did not answer within 0.5 seconds"), "{name}: {why}");
    }
}

#[test]
fn one_that_does_not_end() {
    let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000)).into_bytes();
    let none = Duration::ZERO;
    let (head, of_head) = drip("HTTP/1.1 200 OK\r\nX: ", vec![b'x'; 8192], none);
    let (body, of_body) = drip("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 8192], none);
    let (chunks, of_chunks) =
        drip("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk, none);
    for (server, sent) in [(head, of_head), (body, of_body), (chunks, of_chunks)] {
        let why = unknown(&server);
        assert!(why.contains("too long") || why.contains("did not answer"), "{why}");
        // what it read is bounded; the rest is what the connection holds
        assert!(sent.load(Ordering::SeqCst) < 64 << 20, "{sent:?}");
    }
}

#[test]
fn one_that_answers_something_else() {
    let answer =
        |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let deep = "[".repeat(200_000);
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "{\"id\": \"42\"}",
        "{\"id\": -1}",
        "{\"id\": 1e400}",
        "{\"id\": 42, \"name\": 7}",
        "{\"id\": 42",
        "<html>Please log in</html>",
        "\u{feff}{\"id\": 42}",
        &deep,
    ] {
        let why = unknown(&Raw::saying(answer(body)));
        assert!(why.contains("not Canvas'"), "{body:.20}: {why}");
    }
    for text in ["", "HTTP/1.1", "SSH-2.0-x\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"]
    {
        let why = unknown(&Raw::saying(text));
        assert!(why.contains("connection failed") || why.contains("not speak HTTP"), "{why}");
    }
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n{{}}", "A: b\r\n".repeat(50_000));
    assert!(!unknown(&Raw::saying(many)).is_empty());
    // a door before Canvas says nothing about the token
    let login =
        "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
    assert!(unknown(&Raw::saying(login)).contains("login of its own"));
}

#[test]
fn one_that_sends_us_elsewhere() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Raw::saying("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"id\": 1}");
        let here = Raw::saying(format!(
            "HTTP/1.1 {status} Go\r\nLocation: {}/api/v1/users/self\r\nContent-Length: 0\r\n\r\n",
            elsewhere.url()
        ));
        let why = unknown(&here);
        assert!(why.contains("redirect"), "{why}");
        assert_eq!(elsewhere.count(), 0);
    }
}

#[test]
fn one_that_hides_commands_in_names() {
    let secret = token(1);
    let spread: String = secret.chars().flat_map(|c| [c, ' ']).collect();
    let names = [
        "Ada\u{1b}[2J\u{1b}]0;x\u{7}\u{202e}\r\n::error::gone\n##[group]x".to_owned(),
        "x".repeat(100_000),
        secret.clone(),
        spread,
        secret.chars().rev().collect(),
        format!("{}\u{200b}{}", &secret[2..30], &secret[30..]),
    ];
    for name in names {
        let body = serde_json::json!({ "id": 42, "name": name }).to_string();
        let text = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let server = Raw::saying(text);
        let sandbox = sandbox();
        for format in support::FORMATS {
            let mut command = sandbox.hallpass();
            command.args(["verify", "--format", format, "--canvas-url", &server.url()]);
            let ran = Ran::of(&mut command);
            assert_eq!(ran.code, 1, "{format}: {}", ran.err());
            for text in [ran.out(), ran.err()] {
                assert!(text.contains("42") || text.is_empty() || text == ran.err());
                assert!(text.lines().all(|line| !line.starts_with("::error::gone")), "{text}");
                assert!(!text.contains("##[group]"), "{format}: {text}");
                let hostile = |c| c != '\n' && hallpass::finding::is_hostile(c);
                assert!(!text.contains(hostile), "{format}: {text:?}");
                assert!(text.len() < 20_000, "{format}");
                let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
                assert!(!plain.contains(&secret[8..20]), "{format}: {text}");
                let reversed: String = plain.chars().rev().collect();
                assert!(!reversed.contains(&secret[8..20]), "{format}: {text}");
            }
        }
    }
}

#[test]
fn one_that_is_not_who_it_says() {
    let world = || World::default().user(42, "Ada").token(42, &token(1), State::Active);
    // another name, and an authority that nobody vouches for
    let other = Canvas::https(world(), &["canvas.attacker.example"]);
    let foreign = Canvas::https(world(), &["canvas.example.edu"]);
    for (server, authority) in [(&other, other.authority()), (&foreign, other.authority())] {
        let proxy = Proxy::to(server.address());
        let sandbox = sandbox();
        let ca = sandbox.outside().join("ca.pem");
        std::fs::write(&ca, authority).unwrap();
        let mut command = sandbox.hallpass();
        command.env("HTTPS_PROXY", proxy.url()).env("SSL_CERT_FILE", &ca);
        command.args(["verify", "--canvas-url", "https://canvas.example.edu"]);
        let ran = Ran::of(&mut command);
        assert_eq!(ran.code, 3);
        let told = ran.out().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("its certificate is not accepted"), "{told}");
        // the token was not sent
        assert_eq!(server.requests().len(), 0);
        assert_eq!(proxy.asked().len(), 1);
    }
    // encryption where there is none
    let plain = Canvas::http(world());
    let ran = verify(&sandbox(), &plain.url().replace("http:", "https:"));
    assert_eq!((ran.code, plain.requests().len()), (3, 0));
}

#[test]
fn one_that_is_reached_in_the_open() {
    let sandbox = sandbox();
    for url in [
        "http://canvas.example.edu",
        "http://192.0.2.1",
        "http://127.0.0.1.example.edu",
        "ftp://127.0.0.1",
        "https://user:hunter2@canvas.example.edu",
        "https://canvas.example.edu/api",
    ] {
        let ran = verify(&sandbox, url);
        assert_eq!(ran.code, 2, "{url}");
        assert!(ran.out().is_empty() && !ran.err().contains("hunter2"), "{}", ran.err());
    }
}

#[test]
fn one_that_was_planted() {
    let planted = Raw::saying("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"id\": 1}");
    let url = planted.url();
    let server = Canvas::http(World::default());
    let sandbox = sandbox();
    sandbox
        .write(".env", format!("CANVAS_URL={url}\nHTTPS_PROXY={url}\nCANVAS_TOKEN={}\n", token(2)));
    sandbox.write("canvas.py", format!("Canvas(\"{url}\", \"{}\")\n", token(3)));
    sandbox.write("curl.sh", format!("curl {url}/api?access_token={}\n", token(4)));
    sandbox.write("config.toml", format!("canvas-urls = [\"{url}\"]\n"));
    sandbox.write(".config/hallpass/config.toml", format!("canvas-urls = [\"{url}\"]\n"));
    sandbox.write(".netrc", format!("machine {url} login a password b\n"));
    std::fs::write(sandbox.outside().join(".git/config"), format!("[http]\nproxy = {url}\n"))
        .unwrap();
    let ran = verify(&sandbox, &server.url());
    assert_eq!(ran.code, 0, "{}", ran.err());
    assert_eq!(server.requests().len(), 4);
    // a home in the project is not the user's either
    let ran = Ran::of(sandbox.hallpass().arg("verify").env("HOME", sandbox.path()));
    assert_eq!(ran.code, 2, "{}", ran.out());
    // nor does a configuration name one
    sandbox.write("hallpass.toml", format!("canvas-urls = [\"{url}\"]\n"));
    assert_eq!(verify(&sandbox, &server.url()).code, 2);
    assert_eq!(planted.count(), 0);
}

#[test]
fn one_that_never_answers_is_left_alone() {
    let server = Raw::new(|_stream| thread::sleep(Duration::from_secs(10)));
    let sandbox = Sandbox::new();
    for seed in 0..100 {
        sandbox.write(format!("{seed:02}.py"), format!("TOKEN = '{}'\n", token(seed)));
    }
    let began = Instant::now();
    let ran = verify(&sandbox, &server.url());
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    assert_eq!(ran.code, 3);
    assert!(server.count() < 10, "{}", server.count());
    assert_eq!(ran.errors().len(), 100);
}
