//! hallpass: a linter for Canvas LMS access tokens.
//!
//! Two jobs, one direction of flow:
//!
//! ```text
//! sources → extract → detect ─┐
//!                             ├→ findings → triage → report
//! manifest + policy ──────────┘
//! ```

#![forbid(unsafe_code)]

pub mod finding;
pub mod policy;
