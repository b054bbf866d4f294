//! Readers of other people's formats may be wrong about hostile bytes: a panic in one is that
//! document's failure, not the run's.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::Failure;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Silences the message of a panic that is caught here; others are told as before.
static QUIET: Once = Once::new();

/// Runs `read`; a panic in it is a failure.
pub(super) fn run(read: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    QUIET.call_once(|| {
        let told = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                told(info);
            }
        }));
    });
    let outer = GUARDED.replace(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(outer);
    outcome.unwrap_or_else(|_| Err(Failure::Broken("its reader gave up on it".to_owned())))
}

/// Runs `read` on a thread of its own that a reader has started: a panic in it ends that thread,
/// and its message is not told.
pub fn quietly<T>(read: impl FnOnce() -> T) -> T {
    GUARDED.set(true);
    read()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_failure() {
        let outcome = run(|| {
            let none: [u8; 0] = [];
            let at = std::hint::black_box(3);
            Err(Failure::Broken(format!("{}", none[at])))
        });
        assert!(matches!(outcome, Err(Failure::Broken(message)) if message.contains("gave up")));
    }
}
