//! Files embedded by way of OLE 1.0: what `\x01Ole10Native` streams hold, and RTF's objects.
//! [MS-OLEDS].

use std::io::{self, Read};

use crate::extract::unpack::{Failure, Inside};

/// The longest name that is read.
const LONGEST_NAME: usize = 1024;
/// How much of the beginning of a package tells its file's name.
const HEAD: u64 = 8 * 1024;

/// Shows the file in an `\x01Ole10Native` stream.
pub(in crate::extract::formats) fn stream(
    stream: &mut dyn Read,
    fallback: &str,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    // its length, which is that of the stream
    number(stream)?;
    package(stream, fallback, inside)
}

/// Shows an object as RTF holds it: what made it, and its file.
pub(in crate::extract::formats) fn object(
    object: &mut dyn Read,
    fallback: &str,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    // version and format
    number(object)?;
    number(object)?;
    let class = counted(object)?;
    counted(object)?;
    counted(object)?;
    number(object)?;
    if class.eq_ignore_ascii_case(b"Package") {
        return package(object, fallback, inside);
    }
    inside.member(fallback, object)
}

/// Shows the file in a package: behind its label, and the paths that it had.
fn package(
    package: &mut dyn Read,
    fallback: &str,
    inside: &mut Inside<'_, '_>,
) -> Result<(), Failure> {
    let mut head = Vec::new();
    package.take(HEAD).read_to_end(&mut head)?;
    let mut rest = &head[..];
    match header(&mut rest) {
        Ok((label, size)) => {
            let label = String::from_utf8_lossy(&label).into_owned();
            let name = label.rsplit(['/', '\\']).next().filter(|name| !name.is_empty());
            let name = name.unwrap_or(fallback);
            let mut file = (&mut rest).chain(&mut *package).take(size);
            inside.member(name, &mut file)?;
            io::copy(&mut file, &mut io::sink())?;
            // names in UTF-16, and whatever else follows
            inside.bytes_again(&format!("{name} (its package)"), &mut rest.chain(package))
        }
        // data of a program, as it is
        Err(_) => inside.member(fallback, &mut head.chain(package)),
    }
}

/// The label of a package's file and the file's size.
fn header(head: &mut &[u8]) -> io::Result<(Vec<u8>, u64)> {
    let bad = || io::Error::from(io::ErrorKind::InvalidData);
    let mut mark = [0; 2];
    head.read_exact(&mut mark)?;
    if mark != [2, 0] {
        return Err(bad());
    }
    let label = terminated(head)?;
    terminated(head)?;
    number(head)?;
    let length = number(head)? as usize;
    *head = head.get(length..).ok_or_else(bad)?;
    Ok((label, u64::from(number(head)?)))
}

fn number(from: &mut dyn Read) -> io::Result<u32> {
    let mut number = [0; 4];
    from.read_exact(&mut number)?;
    Ok(u32::from_le_bytes(number))
}

/// A text behind its length.
fn counted(from: &mut dyn Read) -> io::Result<Vec<u8>> {
    let length = number(from)? as usize;
    if length > LONGEST_NAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a name too long"));
    }
    let mut text = vec![0; length];
    from.read_exact(&mut text)?;
    while text.pop_if(|last| *last == 0).is_some() {}
    Ok(text)
}

/// A text that ends with a zero.
fn terminated(from: &mut &[u8]) -> io::Result<Vec<u8>> {
    let end = memchr::memchr(0, from.get(..LONGEST_NAME).unwrap_or(from))
        .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    let (text, rest) = from.split_at(end);
    *from = rest.get(1..).unwrap_or_default();
    Ok(text.to_vec())
}
