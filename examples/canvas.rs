//! A stand-in Canvas to try `hallpass verify` and `hallpass revoke` with: `cargo run --example
//! canvas`. It serves made-up users and tokens on this machine and says what to type.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "an example may fail")]

#[path = "../tests/support/canvas/mod.rs"]
mod canvas;

use std::fs;

use canvas::Canvas;
use canvas::tls::Identity;
use canvas::world::{State, World};

/// A token that is made up anew at every start.
fn token(number: u8) -> String {
    const ALPHABET: &[u8] = b"2346789acefhkmnrtuvwxyzABCDEFGHJKLMNPQRTUVWXYZ";
    let mut token = "7~".to_owned();
    let mut state = std::process::id().wrapping_mul(2_654_435_761) ^ u32::from(number) << 24;
    for _ in 0..64 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        token.push(char::from(ALPHABET[(state >> 16) as usize % ALPHABET.len()]));
    }
    token
}

fn main() {
    let [leaked, deleted, pending, admin] = [1, 2, 3, 4].map(token);
    let world = World::default()
        .user(42, "Ada Byron")
        .admin(1, "Root of Example University")
        .token(42, &leaked, State::Active)
        .token(42, &deleted, State::Deleted)
        .token(42, &pending, State::Pending)
        .token(1, &admin, State::Active);
    let encrypted = std::env::args().any(|argument| argument == "--https");
    let address = "127.0.0.1:0";
    let identity = encrypted.then(|| Identity::new(&["localhost", "127.0.0.1"]));
    let server = Canvas::start(world, address, identity);

    let folder = std::env::temp_dir().join(format!("hallpass-try-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let course = folder.join("grader.py");
    let text = format!("LIVE = '{leaked}'\nOLD = '{deleted}'\nWAITING = '{pending}'\n");
    fs::write(&course, text).expect("a file");
    let mut flags = format!("--canvas-url {}", server.url());
    if encrypted {
        let authority = folder.join("ca.pem");
        fs::write(&authority, server.authority()).expect("a file");
        flags.push_str(&format!(" --ca-file {}", authority.display()));
    }
    let course = course.display();
    println!("A made-up Canvas answers at {} until you press Ctrl-C. Try:\n", server.url());
    println!("  hallpass verify {course} {flags}");
    println!("  hallpass revoke {course} {flags} --dry-run");
    println!("  hallpass revoke {course} {flags}");
    println!("\nAn administrator's token, for --user 42 --hint {}:\n", &leaked[2..7]);
    println!("  export HALLPASS_ADMIN_TOKEN='{admin}'");
    loop {
        std::thread::park();
    }
}
