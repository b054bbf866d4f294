//! What the targets of the document readers share: bytes go straight to one reader, whatever they
//! begin with, and what it shows is looked at. See `reader!`.

mod memory;
mod packed;
mod parts;

use std::io::{self, Cursor, Read};
use std::time::Duration;

use hallpass::extract::formats::{self, Format};
use hallpass::extract::position::Position;
use hallpass::extract::unpack::budget::Limits;
use hallpass::extract::unpack::text::Text;
use hallpass::extract::unpack::{self, Account, At, Input, Pool, Reading, Sink};
use hallpass::extract::window::{self, Buffers, Head};

pub use libfuzzer_sys;
pub use packed::{bzip2, gzip, lzma, xz, zstd};
pub use parts::zip_of;

/// What one document may hold at once: the most that a reader may ask for, and what lies beside it.
const MEMORY: usize = 112 << 20;

/// A target for the reader of a format, by the format's name.
///
/// `reader!("tar")` hands it the bytes as they are. A second argument turns them into a document
/// first: a compressor, whose output is then damaged in one place, or the names of the parts of an
/// office file, whose texts are the bytes between zero bytes (`name=text` is a part that is always
/// the same).
#[macro_export]
macro_rules! reader {
    ($format:literal) => {
        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $crate::feed($format, bytes));
    };
    ($format:literal, $compress:path) => {
        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
            $crate::feed_packed($format, bytes, &$compress)
        });
    };
    ($format:literal, [$($part:literal),+ $(,)?]) => {
        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
            $crate::feed($format, &$crate::zip_of(&[$($part),+], bytes))
        });
    };
}

/// Hands `bytes` to the reader of `format`; it has to come back within what a file may cost, and
/// what it says of places has to make sense.
pub fn feed(format: &str, bytes: &[u8]) {
    let format = formats::all()
        .iter()
        .find(|known| known.name == format)
        .unwrap_or_else(|| panic!("there is no format of the name {format:?}"));
    let before = memory::begin();
    let account = read(format, Input::Seekable(&mut Cursor::new(bytes)), bytes);
    let held = memory::most().saturating_sub(before);
    assert!(held < MEMORY, "{} MiB were held at once", held >> 20);
    assert_eq!(account.bytes, bytes.len() as u64);
    // a stream tells the same of what is inside, as far as it can be read
    if bytes.len() % 8 == 1 {
        read(format, Input::Stream(&mut &bytes[..]), bytes);
    }
}

/// The same for what `compress` makes of `bytes`; bytes that do not begin with a zero byte are the
/// compressed form itself. Behind the zero byte stands where the form is damaged, and how.
pub fn feed_packed(format: &str, bytes: &[u8], compress: &dyn Fn(&[u8]) -> Vec<u8>) {
    let [0, low, high, mask, content @ ..] = bytes else {
        return feed(format, bytes);
    };
    let mut packed = compress(content);
    let at = usize::from(u16::from_le_bytes([*low, *high]));
    if let Some(byte) = packed.get_mut(at) {
        *byte ^= mask;
    }
    feed(format, &packed);
}

fn read(format: &'static Format, input: Input<'_>, bytes: &[u8]) -> Account {
    let limits = Limits { least: 4 << 20, time: Duration::from_secs(5), ..Limits::default() };
    let lines = 1 + bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
    let mut sink = Looks { lines };
    unpack::read_as(Some(format), input, "x", &limits, None, &mut Pool::default(), &mut sink)
        .expect("reading from memory does not fail")
}

/// Looks at what a reader shows.
struct Looks {
    /// How many lines the file has.
    lines: u64,
}

impl Sink for Looks {
    fn bytes(
        &mut self,
        at: &At,
        _: Reading,
        head: Head,
        buffers: &mut Buffers,
        rest: &mut dyn Read,
    ) -> io::Result<u64> {
        way_in(at);
        window::read_on(rest, head, buffers, &mut |_| {})
    }

    fn text(&mut self, at: &At, text: &Text, name: &dyn Fn(u64) -> String) {
        way_in(at);
        let length = text.bytes.len();
        // a few places in each text: all of them would take the time of the reading itself
        for offset in [0, 1, length / 3, length / 2, length.saturating_sub(1)] {
            let _ = name(text.place(offset).unwrap_or_default());
            let (start, end) = (text.position(offset), text.end(offset));
            assert!(start >= Position::default() && start < end, "{start:?} {end:?}");
            if text.is_positioned() && at.member.is_empty() {
                assert!(end.line <= self.lines, "{end:?} of {} lines", self.lines);
            }
        }
    }
}

/// The way into a document is one, and leads nowhere else.
fn way_in(at: &At) {
    assert!(at.member.is_empty() || at.member.starts_with('!'), "{at:?}");
    assert!(!at.member.split(['!', '/']).any(|part| part == ".."), "{at:?}");
    assert!(at.member.len() < 64 * 1024, "{} bytes", at.member.len());
}
