//! Runs a program and tells what it used. The kernel tells a parent the peak memory of the
//! largest child it ever had; so that this means one run, the harness starts itself anew for
//! each, and that process starts the program and nothing else.

use std::ffi::OsString;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// The first argument of a harness that is started to run one program.
pub(crate) const ONCE: &str = "--once";

/// What one run of a program used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    /// Seconds from its start to its end.
    pub(crate) wall: f64,
    /// Seconds of processor time, its own and the kernel's for it.
    pub(crate) cpu: f64,
    /// Peak resident memory in MiB.
    pub(crate) peak: f64,
    /// Its exit code; -1 if it was killed.
    pub(crate) code: i32,
}

/// Runs the program that `command` names, in a harness of its own.
pub(crate) fn run(command: &[OsString]) -> Result<Run, String> {
    let shown = || command.first().map(|name| name.display().to_string()).unwrap_or_default();
    let harness = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(harness)
        .arg(ONCE)
        .args(command)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let figures: Vec<f64> = text.split_whitespace().flat_map(str::parse).collect();
    match figures[..] {
        [wall, cpu, peak, code] => Ok(Run { wall, cpu, peak, code: code as i32 }),
        _ => Err(format!("could not run {}", shown())),
    }
}

/// Runs the program that `command` names and prints what it used.
pub(crate) fn once(command: &[OsString]) -> ExitCode {
    let Some((program, arguments)) = command.split_first() else {
        return ExitCode::FAILURE;
    };
    let begin = Instant::now();
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let wall = begin.elapsed().as_secs_f64();
    let (Ok(status), Ok(usage)) = (status, getrusage(UsageWho::RUSAGE_CHILDREN)) else {
        return ExitCode::FAILURE;
    };
    let cpu = (usage.user_time() + usage.system_time()).num_microseconds() as f64 / 1e6;
    // kilobytes, but for macOS, which counts bytes
    let unit = if cfg!(target_os = "macos") { 1024.0 * 1024.0 } else { 1024.0 };
    let peak = usage.max_rss() as f64 / unit;
    println!("{wall} {cpu} {peak} {}", status.code().unwrap_or(-1));
    ExitCode::SUCCESS
}

/// The middle one of `values`.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values[..] {
        [] => f64::NAN,
        _ if values.len() % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// `hallpass scan` of `path`, by the release binary, as it is run in the comparison.
pub(crate) fn scan(path: &std::path::Path) -> Vec<OsString> {
    let mut command: Vec<OsString> = vec![env!("CARGO_BIN_EXE_hallpass").into()];
    let flags = ["scan", "--no-config", "--no-ignore", "--format", "concise", "--quiet"];
    command.extend(flags.map(OsString::from));
    command.push(path.into());
    command
}
