//! Canvas' API, as far as it serves to find out whether a token works and to end it. The only
//! module that uses the network.
//!
//! A host is hostile until it has shown that it is not: answers are bounded in size and time,
//! redirects are not followed, and whatever it says is shown cut and without control characters.
//! A token goes to the hosts that the caller names, and nowhere else.

mod ask;
mod client;
mod failure;
mod host;
mod proxy;
mod tokens;

pub use ask::{Answer, Asker, Owner};
pub use client::{Client, Options, SetupError};
pub use failure::Failure;
pub use host::{Host, HostError};
pub use tokens::{Deletion, Issued, Whose, delete, delete_path, issued};
