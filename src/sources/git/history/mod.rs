//! Everything that a repository has ever held: each object is read once, and what was found in it
//! is traced back to the commits that brought it.

mod decode;
mod graph;
mod store;
mod sweep;
mod trace;
mod walk;

pub use graph::Graph;
pub use store::Stores;
pub use sweep::{Known, Outline, Part, Source, Sweeper, sweep};
pub use trace::{Occurrence, Trace, trace};
pub use walk::{Commits, Step, tips};
