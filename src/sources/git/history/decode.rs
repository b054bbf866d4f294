//! Decodes the objects of a pack on every core, each base once for all that is built on it.

use std::sync::atomic::AtomicBool;

use gix::hash;
use gix::objs::Kind;
use gix::odb::pack::cache::delta::{Tree, traverse};

use super::store::{LARGEST_OBJECT, Pack};

/// Where an object stands in a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Offset in the pack.
    pub(super) offset: u64,
    /// Position in the pack's index.
    pub(super) at: u32,
    /// Whether it is a tree; known once it was decoded.
    pub(super) is_tree: bool,
}

/// All places of `pack`, as they follow one another.
pub(super) fn places(pack: &Pack) -> Vec<Place> {
    let index = &pack.index;
    let place = |at| Place { offset: index.pack_offset_at_index(at), at, is_tree: false };
    let mut places: Vec<Place> = (0..index.num_objects()).map(place).collect();
    places.sort_unstable();
    places
}

/// Shows the objects at `places`, which stand in order and with each its base, to clones of
/// `show`, one a thread. Answers the places as `show` left them.
///
/// # Errors
///
/// If any object can't be decoded; others were shown, or not.
pub(super) fn decode<F>(
    pack: &Pack,
    places: Vec<Place>,
    threads: usize,
    hash: hash::Kind,
    mut show: F,
) -> gix::Result<Vec<Place>>
where
    F: FnMut(&mut Place, Kind, &[u8]) + Send + Clone,
{
    let stop = AtomicBool::new(false);
    let index = &pack.index;
    let tree = Tree::from_offsets_in_pack(
        pack.data.path(),
        places.into_iter(),
        &|place| place.offset,
        &|id| Ok(index.lookup(id).map(|at| index.pack_offset_at_index(at))),
        &mut gix::progress::Discard,
        &stop,
        hash,
    )?;
    let outcome = tree.traverse(
        |range, pack: &Pack| pack.data.entry_slice(range),
        pack,
        pack.data.pack_end() as u64,
        move |place, _, context| {
            if let Some(kind) = context.entry.header.as_kind() {
                show(place, kind, context.decompressed);
            }
            Ok(())
        },
        traverse::Options {
            object_progress: Box::new(gix::progress::Discard),
            size_progress: &mut gix::progress::Discard,
            thread_limit: (threads > 0).then_some(threads),
            should_interrupt: &stop,
            object_hash: hash,
            alloc_limit_bytes: Some(LARGEST_OBJECT),
        },
    )?;
    let mut places: Vec<Place> =
        outcome.roots.into_iter().chain(outcome.children).map(|item| item.data).collect();
    places.sort_unstable();
    Ok(places)
}
