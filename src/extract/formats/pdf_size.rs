//! How many objects a PDF would become in memory, counted before it is parsed: a list of a few
//! megabytes of digits is gigabytes once each of them is an object.

use std::io::Read;

use flate2::read::ZlibDecoder;

/// More than this are not held: each takes some 350 bytes while it is parsed.
pub(super) const MOST: usize = 250_000;
/// What all streams that hold objects may grow to.
const EXPANDED: u64 = 24 * 1024 * 1024;
/// How much before a stream says what is in it.
const DICTIONARY: usize = 1024;

/// Whether `bytes` are a PDF that can be held: as far as can be told without parsing it. What
/// stands in streams is not parsed, unless it holds objects itself, by its name or by its looks.
pub(super) fn fits(bytes: &[u8]) -> bool {
    let mut count = 0;
    let mut left = EXPANDED;
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&bytes[at..], b"stream") {
        let begin = at + found + b"stream".len();
        count += tokens(&bytes[at..begin]);
        let rest = &bytes[begin..];
        let length = memchr::memmem::find(rest, b"endstream").unwrap_or(rest.len());
        let stream = &rest[..length];
        let dictionary = &bytes[begin.saturating_sub(DICTIONARY).max(at)..begin];
        let holds = |text: &[u8], word: &[u8]| memchr::memmem::find(text, word).is_some();
        // a name may be written with escapes
        if holds(dictionary, b"ObjStm") || holds(dictionary, b"#") {
            let inner = stream.trim_ascii_start();
            let mut expanded = ZlibDecoder::new(inner).take(left);
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(read @ 1..) = expanded.read(&mut buffer) {
                count += tokens(&buffer[..read]);
                left = left.saturating_sub(read as u64);
                if count > MOST || left == 0 {
                    return false;
                }
            }
        }
        // what points into a stream finds an object by this word
        if holds(stream, b"obj") {
            count += tokens(stream);
        }
        if count > MOST {
            return false;
        }
        // behind `endstream`, so that its own `stream` is not taken for another
        at = (begin + length + b"endstream".len()).min(bytes.len());
    }
    count + tokens(&bytes[at..]) <= MOST
}

/// How many words, numbers, names, texts and lists begin in `text`.
pub(super) fn tokens(text: &[u8]) -> usize {
    let mut count = 0;
    let mut apart = true;
    for byte in text {
        let delimiter = matches!(byte, b'(' | b'<' | b'[' | b'/' | b'{');
        let blank = byte.is_ascii_whitespace() || matches!(byte, 0 | b')' | b'>' | b']' | b'}');
        count += usize::from(delimiter || apart && !blank);
        // the word behind these is theirs
        apart = blank || delimiter && !matches!(byte, b'/' | b'(');
    }
    count
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn counts_what_would_be_parsed() {
        assert_eq!(tokens(b"1 0 obj [1 2<</A(b)/C 3>>]"), 12);
        let many = b"1 ".repeat(MOST + 1);
        assert!(!fits(&many));
        let noise = [b"<</Length 9>>stream\n".as_slice(), &many, b"endstream\n"].concat();
        assert!(fits(&noise.repeat(2)), "what is in a stream is not parsed");
        let found = [b"stream\n2 0 obj".as_slice(), &many, b"endstream\n"].concat();
        assert!(!fits(&found), "but for an object that is found there");
        for name in ["/Type/ObjStm", "/Type/Obj#53tm"] {
            let head = format!("<<{name}>>stream\n").into_bytes();
            assert!(!fits(&[head, packed(&many), b"\nendstream".to_vec()].concat()), "{name}");
        }
        assert!(fits(b"stream"));
        assert!(fits(b"xstreamendstream"));
    }
}
