//! A line that says how far a long run is; on a terminal only, and not before a second has gone.
//! With `--log-format json` the same as lines for programs.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use super::log::{self, Event};

const BEFORE_IT_SHOWS: Duration = Duration::from_secs(1);
const BETWEEN_UPDATES: Duration = Duration::from_millis(100);
/// A program need not be told as often as an eye.
const BETWEEN_LINES: Duration = Duration::from_secs(5);

/// Counts what has been looked at; shared by the threads that look.
#[derive(Debug)]
pub(super) struct Counters {
    /// What is counted, in the plural.
    of: &'static str,
    done: AtomicU64,
    bytes: AtomicU64,
    /// How many there are in all; none if that is not known.
    total: AtomicU64,
}

impl Default for Counters {
    fn default() -> Self {
        Self::of("files")
    }
}

impl Counters {
    /// Counts things of a kind: `files`, `blobs`, `commits`.
    pub(super) fn of(kind: &'static str) -> Self {
        Self {
            of: kind,
            done: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            total: AtomicU64::new(0),
        }
    }

    /// Adds one of `bytes`.
    pub(super) fn add(&self, bytes: u64) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Says how many there are in all, as soon as that is known: the line becomes a bar.
    #[cfg_attr(
        not(test),
        allow(dead_code, reason = "for scans that know their end, as of history")
    )]
    pub(super) fn expect(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    fn total(&self) -> Option<u64> {
        Some(self.total.load(Ordering::Relaxed)).filter(|total| *total > 0)
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
        let for_programs = log::for_programs();
        if quiet || !(for_programs || std::io::stderr().is_terminal()) {
            return None;
        }
        let done = Arc::new((Mutex::new(false), Condvar::new()));
        let (shared, counters) = (Arc::clone(&done), Arc::clone(counters));
        let show = if for_programs { tell } else { show };
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

/// Waits; answers whether the end came meanwhile.
fn wait(done: &(Mutex<bool>, Condvar), time: Duration) -> bool {
    let Ok(guard) = done.0.lock() else {
        return true;
    };
    done.1.wait_timeout_while(guard, time, |done| !*done).map_or(true, |(guard, _)| *guard)
}

fn tell(done: &(Mutex<bool>, Condvar), counters: &Counters) {
    let begun = Instant::now();
    let mut time = BEFORE_IT_SHOWS;
    while !wait(done, time) {
        log::tell(&Event::Progress {
            of: counters.of.to_owned(),
            done: counters.done.load(Ordering::Relaxed),
            total: counters.total(),
            bytes: counters.bytes.load(Ordering::Relaxed),
            seconds: begun.elapsed().as_secs(),
        });
        time = BETWEEN_LINES;
    }
}

fn show(done: &(Mutex<bool>, Condvar), counters: &Counters) {
    if wait(done, BEFORE_IT_SHOWS) {
        return;
    }
    let line = ProgressBar::new_spinner();
    let mut is_bar = false;
    set_style(&line, "{spinner} {msg} ({elapsed})");
    loop {
        let count = counters.done.load(Ordering::Relaxed);
        let bytes = HumanBytes(counters.bytes.load(Ordering::Relaxed));
        if let Some(total) = counters.total() {
            if !is_bar {
                set_style(&line, "{bar:30} {percent:>3}%  {msg} ({elapsed}, {eta} to go)");
                is_bar = true;
            }
            line.set_length(total);
            line.set_position(count.min(total));
            let (count, total) = (HumanCount(count), HumanCount(total));
            line.set_message(format!("{count} of {total} {}, {bytes}", counters.of));
        } else {
            line.set_message(format!("{} {}, {bytes}", HumanCount(count), counters.of));
        }
        line.tick();
        if wait(done, BETWEEN_UPDATES) {
            line.finish_and_clear();
            return;
        }
    }
}

fn set_style(line: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        line.set_style(style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_is_not_known_is_none() {
        let counters = Counters::of("blobs");
        assert_eq!(counters.total(), None);
        counters.expect(7);
        assert_eq!(counters.total(), Some(7));
    }
}
