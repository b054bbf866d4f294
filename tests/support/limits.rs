//! Runs the real binary under limits of memory and time.

use std::process::Command;
use std::time::{Duration, Instant};

use super::{Ran, Sandbox};

/// KiB of address space, for all that a run maps: the program and its threads' stacks among it.
const MEMORY: u64 = 640 * 1024;
/// How long a run may take; the tests are not optimised.
const TIME: Duration = Duration::from_secs(120);

/// Runs `hallpass scan --format json ARGS`; whatever it reads, it has to come back and to say so.
pub(crate) fn scan(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let begin = Instant::now();
    let mut command = Command::new("sh");
    command
        .current_dir(sandbox.path())
        .env_clear()
        .env("HOME", "/nonexistent")
        .args(["-c", &format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"")])
        .arg(env!("CARGO_BIN_EXE_hallpass"))
        .args(["scan", "--no-config", "--format", "json"])
        .args(args);
    let ran = Ran::of(&mut command);
    assert!(begin.elapsed() < TIME, "{:?}", begin.elapsed());
    assert!([0, 1, 3].contains(&ran.code), "{}: {}", ran.code, ran.err());
    assert!(!ran.err().contains("panicked"), "{}", ran.err());
    ran
}
