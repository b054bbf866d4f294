//! Where bytes come from, and the account of what was looked at: files and folders, standard
//! input, git repositories. Knows nothing of what is searched for.

pub mod excludes;
pub mod files;
pub mod git;
pub mod paths;
pub mod place;
