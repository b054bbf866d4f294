//! OpenDocument in one file of XML, as LibreOffice saves `.fodt`, `.fods` and `.fodp`. Source: OASIS
//! OpenDocument 1.3, part 3, section 3.1.2.

use std::io::{Cursor, Read};

use super::odf;
use crate::extract::formats::Format;
use crate::extract::unpack::source::Source;
use crate::extract::unpack::{Failure, Inside};

/// Told by its root element, which says what it is.
pub(in crate::extract::formats) const FLAT: Format =
    Format { name: "OpenDocument", fits: |head| kind_of(head).is_some(), read };

/// The root element, and the attribute that says what it is.
const ROOT: &[u8] = b"<office:document";
const TYPE: &[u8] = b" office:mimetype=";
/// How much of its beginning is looked at: the root declares some forty namespaces.
const HEAD: usize = 8 * 1024;

/// The usual extension of what begins with `head`, if it is one.
fn kind_of(head: &[u8]) -> Option<&'static str> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if !head.starts_with(b"<?xml") && !head.starts_with(ROOT) {
        return None;
    }
    let head = head.get(..HEAD).unwrap_or(head);
    let root = head.get(memchr::memmem::find(head, ROOT)?..)?;
    let root = root.get(..memchr::memchr(b'>', root).unwrap_or(root.len()))?;
    let said = root.get(memchr::memmem::find(root, TYPE)? + TYPE.len() + 1..)?;
    odf::kind_of(said.get(..memchr::memchr2(b'"', b'\'', said)?)?)
}

fn read(source: &mut Source<'_>, inside: &mut Inside<'_, '_>) -> Result<(), Failure> {
    let stream = source.stream()?;
    let mut head = Vec::new();
    (&mut *stream).take(HEAD as u64).read_to_end(&mut head)?;
    if let Some(kind) = kind_of(&head) {
        inside.kind(kind);
    }
    // properties and addresses stand on lines of their own
    inside.as_bytes_too();
    odf::content("", &mut Cursor::new(head).chain(stream), inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_files_are_told_by_their_root() {
        let root = |kind: &str| {
            format!(
                "<?xml version=\"1.0\"?>\n<office:document xmlns:x=\"y\" office:mimetype=\"{kind}\">"
            )
        };
        let text = root("application/vnd.oasis.opendocument.text");
        assert_eq!(kind_of(text.as_bytes()), Some("odt"));
        let sheets = root("application/vnd.oasis.opendocument.spreadsheet");
        assert_eq!(kind_of(sheets.as_bytes()), Some("ods"));
        for other in [root("text/plain"), root("x").replace("office:m", "m"), "<html>".to_owned()] {
            assert_eq!(kind_of(other.as_bytes()), None, "{other}");
        }
    }
}
