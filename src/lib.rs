//! hallpass: a linter for Canvas LMS access tokens.
//!
//! Three jobs, one direction of flow:
//!
//! ```text
//! sources → extract → detect ─┐
//!                             ├→ findings → triage → report
//! manifest, issued + policy ──┘
//! ```

#![forbid(unsafe_code)]

pub mod canvas;
pub mod cli;
pub mod commands;
pub mod config;
pub mod detect;
pub mod extract;
pub mod finding;
pub mod issued;
pub mod leaks;
pub mod policy;
pub mod report;
pub mod secret;
pub mod sources;
pub mod triage;
pub mod user_config;
