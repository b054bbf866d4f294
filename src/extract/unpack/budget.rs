//! How much one file may cost: depth, members, expanded bytes, memory and time. What is spent is
//! counted as it is read; no header is believed.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// What a single file may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How many containers may stand in each other.
    pub depth: usize,
    /// How many members all containers in the file may have together.
    pub members: u64,
    /// How many bytes all its members may have together, at every level of nesting.
    pub expanded: u64,
    /// How many times its own size all its members may have together.
    pub ratio: u64,
    /// So many bytes may always be expanded, whatever the ratio.
    pub least: u64,
    /// How long its containers may take.
    pub time: Duration,
    /// If this is set, a file that has a reader, and can be read once more, is not read now if it
    /// has at least so many bytes, or takes more memory than every file may hold.
    pub postponed: Option<u64>,
    /// How long reading the text in one picture may take.
    pub picture: Duration,
    /// How long reading the text in all its pictures may take; none of it counts as `time`.
    pub pictures: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 5,
            members: 100_000,
            expanded: 4096 * MIB,
            ratio: 200,
            least: 64 * MIB,
            time: Duration::from_secs(60),
            postponed: None,
            picture: Duration::from_secs(60),
            pictures: Duration::from_secs(600),
        }
    }
}

/// A limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Too many members.
    Members(u64),
    /// Too many bytes.
    Expanded(u64),
    /// Too many bytes for so small a file.
    Ratio(u64),
    /// Too long, in seconds.
    Time(u64),
    /// Too much at once.
    Memory,
    /// Too long for the pictures in it, in seconds.
    Pictures(u64),
    /// Too much for now: it is to be read once more.
    Postponed,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Members(count) => write!(f, "it has more than {count} members"),
            Self::Expanded(bytes) => {
                write!(f, "it expands to more than {} MiB", bytes / MIB)
            }
            Self::Ratio(ratio) => write!(f, "it expands to more than {ratio} times its size"),
            Self::Time(seconds) => write!(f, "reading it takes more than {seconds} seconds"),
            Self::Pictures(seconds) => {
                write!(f, "reading the pictures in its file takes more than {seconds} seconds")
            }
            Self::Postponed => f.write_str("it is read later"),
            Self::Memory => write!(f, "reading it takes more than {} MiB of memory", MOST / MIB),
        }
    }
}

impl std::error::Error for Bound {}

impl From<Bound> for io::Error {
    fn from(bound: Bound) -> Self {
        Self::other(bound)
    }
}

/// What one file has cost so far.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    members: Cell<u64>,
    expanded: Cell<u64>,
    /// Bytes of the file itself, as far as they have been read.
    own: Cell<u64>,
    deadline: Cell<Option<Instant>>,
    /// What pictures have taken so far.
    pictures: Cell<Duration>,
    reached: Cell<Option<Bound>>,
    held: Cell<u64>,
    permit: RefCell<Option<Permit>>,
    may_postpone: Cell<bool>,
}

impl Budget {
    /// Nothing has been spent yet.
    pub fn new(limits: Limits) -> Rc<Self> {
        Rc::new(Self {
            limits,
            members: Cell::new(0),
            expanded: Cell::new(0),
            own: Cell::new(0),
            deadline: Cell::new(None),
            pictures: Cell::new(Duration::ZERO),
            reached: Cell::new(None),
            held: Cell::new(0),
            permit: RefCell::new(None),
            may_postpone: Cell::new(false),
        })
    }

    /// What may be spent.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The limit that was reached, if one was; nothing more of the file is then read.
    pub fn reached(&self) -> Option<Bound> {
        self.reached.get()
    }

    /// The file itself has so many bytes, at least.
    pub(super) fn set_own(&self, bytes: u64) {
        self.own.set(self.own.get().max(bytes));
    }

    /// Whether the file is to be read later; `length` is how many bytes it has, if it can be read
    /// once more.
    pub(super) fn is_for_later(&self, length: Option<u64>) -> bool {
        let Some((length, least)) = length.zip(self.limits.postponed) else {
            return false;
        };
        self.may_postpone.set(true);
        let is_large = length >= least;
        if is_large {
            self.stop(Bound::Postponed);
        }
        is_large
    }

    fn stop(&self, bound: Bound) -> Bound {
        if self.reached.get().is_none() {
            self.reached.set(Some(bound));
        }
        bound
    }

    /// One more member.
    pub(super) fn member(&self) -> Result<(), Bound> {
        self.members.set(self.members.get() + 1);
        if self.members.get() > self.limits.members {
            return Err(self.stop(Bound::Members(self.limits.members)));
        }
        self.tick()
    }

    /// So many more bytes of members or of text.
    pub fn spend(&self, bytes: u64) -> Result<(), Bound> {
        let expanded = self.expanded.get().saturating_add(bytes);
        self.expanded.set(expanded);
        if expanded > self.limits.expanded {
            return Err(self.stop(Bound::Expanded(self.limits.expanded)));
        }
        let share = self.own.get().saturating_mul(self.limits.ratio);
        if expanded > share.max(self.limits.least) {
            return Err(self.stop(Bound::Ratio(self.limits.ratio)));
        }
        self.tick()
    }

    /// Looks at the clock.
    pub fn tick(&self) -> Result<(), Bound> {
        if let Some(bound) = self.reached.get() {
            return Err(bound);
        }
        let now = Instant::now();
        match self.deadline.get() {
            None => self.deadline.set(now.checked_add(self.limits.time)),
            Some(deadline) if now > deadline => {
                return Err(self.stop(Bound::Time(self.limits.time.as_secs())));
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// How long reading the text in the next picture may take. Other parts of the file can still
    /// be read where that is nothing.
    ///
    /// # Errors
    ///
    /// If the pictures before it have taken all the time there is.
    pub fn picture(&self) -> Result<Duration, Bound> {
        let Limits { picture, pictures, .. } = self.limits;
        match pictures.saturating_sub(self.pictures.get()) {
            Duration::ZERO => Err(Bound::Pictures(pictures.as_secs())),
            left => Ok(left.min(picture)),
        }
    }

    /// Reading the text in a picture took so long.
    pub fn spend_on_picture(&self, took: Duration) {
        self.pictures.set(self.pictures.get() + took);
        self.deadline.set(self.deadline.get().and_then(|deadline| deadline.checked_add(took)));
    }

    /// When the time is up, once it has begun; for those who can't ask here.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline.get()
    }

    /// Asks for `bytes` of memory, for as long as the answer lives. All files that are read at
    /// one time share what there is: this waits for its turn.
    pub fn hold(self: &Rc<Self>, bytes: u64) -> Result<Held, Bound> {
        let mut held = Held { budget: Rc::clone(self), bytes: 0 };
        held.grow(bytes)?;
        Ok(held)
    }
}

/// Memory that was asked for.
#[derive(Debug)]
pub struct Held {
    budget: Rc<Budget>,
    bytes: u64,
}

impl Held {
    /// Asks for `more` bytes.
    pub fn grow(&mut self, more: u64) -> Result<(), Bound> {
        let total = self.budget.held.get().saturating_add(more);
        if total > MOST {
            // not the end of the file: what needs less can still be read
            return Err(Bound::Memory);
        }
        let mut permit = self.budget.permit.borrow_mut();
        let size = if total <= SMALL {
            None
        } else if total <= MEDIUM {
            Some(Size::Medium)
        } else {
            Some(Size::Large)
        };
        if let Some(size) = size
            && permit.as_ref().is_none_or(|permit| permit.size() < size)
        {
            if self.budget.may_postpone.get() {
                return Err(self.budget.stop(Bound::Postponed));
            }
            let mut new = permit.take().unwrap_or_else(Permit::medium);
            if size == Size::Large {
                new.enlarge();
            }
            *permit = Some(new);
            // time spent waiting is not the file's own
            self.budget.deadline.set(Instant::now().checked_add(self.budget.limits.time));
        }
        self.budget.held.set(total);
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.held.set(self.budget.held.get().saturating_sub(self.bytes));
        if self.budget.held.get() <= SMALL {
            self.budget.permit.borrow_mut().take();
        }
    }
}

/// So much every file may hold.
const SMALL: u64 = MIB;
/// So much a few files may hold at one time.
const MEDIUM: u64 = 10 * MIB;
/// How many these are.
const MEDIUMS: usize = 3;
/// So much a single one of those may hold.
const MOST: u64 = 72 * MIB;

static FREE: Mutex<usize> = Mutex::new(MEDIUMS);
static FREED: Condvar = Condvar::new();
static LARGE: Mutex<()> = Mutex::new(());

#[derive(Debug, PartialEq, PartialOrd)]
enum Size {
    Medium,
    Large,
}

/// A file's turn to hold more than a little. Whoever waits for the large turn has a medium one,
/// and whoever has the large one waits for nothing: nobody waits for ever.
#[derive(Debug)]
struct Permit {
    large: Option<MutexGuard<'static, ()>>,
}

impl Permit {
    fn medium() -> Self {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        while *free == 0 {
            free = FREED.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= 1;
        Self { large: None }
    }

    fn enlarge(&mut self) {
        if self.large.is_none() {
            self.large = Some(LARGE.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn size(&self) -> Size {
        if self.large.is_some() { Size::Large } else { Size::Medium }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        *FREE.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        FREED.notify_one();
    }
}

/// Counts what is read of a member.
#[derive(Debug)]
pub(super) struct Metered<R> {
    pub(super) inner: R,
    pub(super) budget: Rc<Budget>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if let Some(bound) = self.budget.reached() {
            return Err(bound.into());
        }
        let count = self.inner.read(into)?;
        self.budget.spend(count as u64)?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(limits: Limits) -> Rc<Budget> {
        Budget::new(limits)
    }

    #[test]
    fn bytes_are_bounded_in_total_and_by_ratio() {
        let limits = Limits { expanded: 1000, ratio: 10, least: 50, ..Limits::default() };
        let small = budget(limits.clone());
        small.set_own(20);
        assert_eq!(small.spend(200), Ok(()));
        assert_eq!(small.spend(1), Err(Bound::Ratio(10)));
        assert_eq!(small.reached(), Some(Bound::Ratio(10)));
        let large = budget(limits);
        large.set_own(5000);
        assert_eq!(large.spend(1000), Ok(()));
        assert_eq!(large.spend(1), Err(Bound::Expanded(1000)));
    }

    #[test]
    fn memory_is_given_back() {
        let budget = budget(Limits::default());
        for _ in 0..3 {
            let held = budget.hold(60 * MIB).unwrap();
            assert!(budget.hold(20 * MIB).is_err(), "more than there is for one file");
            drop(held);
        }
        assert!(budget.permit.borrow().is_none());
        assert_eq!(budget.reached(), None);
    }

    #[test]
    fn files_take_turns_with_memory() {
        let threads: Vec<_> = (0..12)
            .map(|_| {
                std::thread::spawn(|| {
                    let budget = budget(Limits::default());
                    let _medium = budget.hold(8 * MIB).unwrap();
                    let _large = budget.hold(60 * MIB).unwrap();
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}
