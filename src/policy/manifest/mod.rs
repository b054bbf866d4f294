//! Request manifests: the format, and a file's documents.

mod claim;
mod documents;
mod order;
mod shape;

pub(crate) use claim::claims_to_be_one;
pub(crate) use documents::{decode, split};
pub(crate) use order::out_of_order;
pub(crate) use shape::{KIND, LONGEST_LIST, MANIFEST};
