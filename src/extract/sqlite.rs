//! SQLite's record format, as far as it tells where a text value begins and ends. In a database
//! file the values of a row stand one behind the other without delimiters; their lengths stand
//! before the first of them. Looking at the record alone works in tables and indexes, in freed
//! pages, in journals and write-ahead logs. Source: "Database File Format", sqlite.org.

/// How far before a value its record's header may begin.
const REACH: usize = 1024;
/// The longest header that is read: a record of about as many columns.
const LONGEST_HEADER: usize = 127;

/// Whether a record near `start` says that a text value begins at `start` and is `length` bytes.
pub fn is_text_value(bytes: &[u8], start: usize, length: usize) -> bool {
    let first = start.saturating_sub(REACH);
    // its length has to be written somewhere before it
    let serial = 2 * length + 13;
    let written = [0x80 | (serial >> 7) as u8, (serial & 0x7f) as u8];
    let written = if serial < 0x80 { &written[1..] } else { &written[..] };
    if serial >= 1 << 14 || memchr::memmem::find(&bytes[first..start], written).is_none() {
        return false;
    }
    (first..start).rev().any(|header| record_has_value(bytes, header, start, length))
}

/// Whether the record whose header begins at `header` has a text value there.
fn record_has_value(bytes: &[u8], header: usize, start: usize, length: usize) -> bool {
    let size = usize::from(bytes[header]);
    if !(2..=LONGEST_HEADER).contains(&size) || header + size > start {
        return false;
    }
    let (mut at, end) = (header + 1, header + size);
    let mut value = end;
    while at < end && value <= start {
        let Some((serial, next)) = varint(&bytes[..end], at) else {
            return false;
        };
        at = next;
        let Some(size) = value_size(serial) else {
            return false;
        };
        if value == start && serial >= 13 && serial % 2 == 1 && size == length {
            return true;
        }
        value += size;
    }
    false
}

/// A number of one to three bytes, seven bits each; longer ones do not describe short texts.
fn varint(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut value = 0;
    for _ in 0..3 {
        let byte = *bytes.get(at)?;
        at += 1;
        value = value << 7 | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
    }
    None
}

/// The size of a value by its serial type.
fn value_size(serial: usize) -> Option<usize> {
    match serial {
        0 | 8 | 9 => Some(0),
        1..=4 => Some(serial),
        5 => Some(6),
        6 | 7 => Some(8),
        10 | 11 => None,
        _ => Some((serial - 12) / 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_says_where_its_values_begin() {
        // header of 5 bytes: integer of one byte, text of 6, text of 66
        let mut record = vec![0xff, 5, 1, 13 + 2 * 6, 0x81, 0x11, 42];
        record.extend(b"room12");
        record.extend(b"7~");
        record.extend([b'k'; 64]);
        record.extend(b"2026");
        assert!(is_text_value(&record, 13, 66));
        assert!(is_text_value(&record, 7, 6));
        assert!(!is_text_value(&record, 12, 67));
        assert!(!is_text_value(&record, 13, 65));
    }
}
