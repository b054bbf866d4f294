//! Requests for tokens against the institutions' policies: from a manifest and a pack to findings,
//! notices and dates; and what each institution says of a token that leaked.
//!
//! `yaml` reads text into a tree in which everything knows its place; `shape` says what a tree may
//! hold; `manifest` and `pack` are the two trees that there are.

mod audit;
mod check;
mod days;
mod error;
mod expression;
pub mod form;
mod functions;
mod ics;
mod manifest;
mod pack;
mod position;
mod schema;
mod selftest;
mod shape;
mod token;
mod values;
mod yaml;

pub use audit::{AuditOutcome, AuditRun, Requests, Silences, issued};
pub use check::{
    Checked, DUPLICATE, Input, LeakFinder, Options, Outcome, Paths, RequestLeak, SCHEMA, SYNTAX,
    TOKEN, check, check_bytes, rules as manifest_rules,
};
pub use days::Holidays;
pub use error::{PackFault, PolicyError};
pub use ics::calendar;
pub use pack::{
    Audit, Catalog, Clause, Contact, Document, Leak, Notice, Pack, Scan, SwitchedOff, Timeline,
    Validation,
};
pub use schema::{manifest_schema, pack_schema};
pub use selftest::{PackTest, TestFailure, test_pack};
pub use token::Limits;
