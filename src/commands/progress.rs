//! A line that says how far a long run is; on a terminal only, and not before a second has gone.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

const BEFORE_IT_SHOWS: Duration = Duration::from_secs(1);
const BETWEEN_UPDATES: Duration = Duration::from_millis(100);

/// Counts what has been looked at.
#[derive(Debug, Default)]
pub(super) struct Counters {
    files: AtomicU64,
    bytes: AtomicU64,
}

impl Counters {
    /// Adds a file of `bytes`.
    pub(super) fn add(&self, bytes: u64) {
        self.files.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// Shows the counters until it is dropped.
pub(super) struct Progress {
    done: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Begins to show `counters`, if somebody is there to see it.
    pub(super) fn start(counters: &Arc<Counters>, quiet: bool) -> Option<Self> {
        if quiet || !std::io::stderr().is_terminal() {
            return None;
        }
        let done = Arc::new((Mutex::new(false), Condvar::new()));
        let (shared, counters) = (Arc::clone(&done), Arc::clone(counters));
        let thread = std::thread::spawn(move || show(&shared, &counters));
        Some(Self { done, thread: Some(thread) })
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Ok(mut done) = self.done.0.lock() {
            *done = true;
        }
        self.done.1.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn show(done: &(Mutex<bool>, Condvar), counters: &Counters) {
    let wait = |time| {
        let Ok(guard) = done.0.lock() else {
            return true;
        };
        done.1.wait_timeout_while(guard, time, |done| !*done).map_or(true, |(guard, _)| *guard)
    };
    if wait(BEFORE_IT_SHOWS) {
        return;
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    loop {
        let files = counters.files.load(Ordering::Relaxed);
        let bytes = counters.bytes.load(Ordering::Relaxed);
        bar.set_message(format!("{} files, {}", HumanCount(files), HumanBytes(bytes)));
        bar.tick();
        if wait(BETWEEN_UPDATES) {
            bar.finish_and_clear();
            return;
        }
    }
}
