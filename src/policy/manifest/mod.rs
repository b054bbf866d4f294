//! Request manifests.

mod shape;

pub(crate) use shape::{KIND, MANIFEST};
