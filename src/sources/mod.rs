//! Where bytes come from, and the account of what was looked at: files and folders, standard
//! input. Knows nothing of what is searched for.

pub mod excludes;
pub mod files;
pub mod paths;
pub mod place;
