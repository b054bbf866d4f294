//! The audit: every issued token, and every request without one, judged by a pack's audit clauses.
//!
//! `judge` asks the conditions of a row, `read` reads requests and `requests` finds the one behind
//! a token, `finding` says what was found, `picture` counts, `run` streams the report through all
//! of them.

mod finding;
mod judge;
mod picture;
mod read;
mod requests;
mod run;

pub use finding::issued;
pub use requests::Requests;
pub use run::{AuditOutcome, AuditRun, Silences};

pub(crate) use judge::{Judge, rehearse_request};
