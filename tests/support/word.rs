//! Writes what Word and Excel wrote, as far as a test needs it: [MS-DOC], [MS-XLS].

use super::compound::Compound;

/// A piece of a text: where it stands in the stream, how many characters it has, and whether each
/// takes two bytes.
pub(crate) struct Piece {
    pub(crate) offset: u32,
    pub(crate) characters: u32,
    pub(crate) wide: bool,
}

/// How many bytes the header of a text stream takes.
pub(crate) const HEADER: usize = 1024;

/// A document whose text stream holds `text` behind its header, in these pieces.
pub(crate) fn document(text: &[u8], pieces: &[Piece]) -> Vec<u8> {
    let mut positions = vec![0_u32];
    let mut descriptors = Vec::new();
    for piece in pieces {
        positions.push(positions.last().unwrap().wrapping_add(piece.characters));
        let offset = if piece.wide { piece.offset } else { (piece.offset * 2) | (1 << 30) };
        descriptors.extend([0, 0]);
        descriptors.extend(offset.to_le_bytes());
        descriptors.extend([0, 0]);
    }
    let mut table: Vec<u8> = positions.iter().flat_map(|at| at.to_le_bytes()).collect();
    table.extend(descriptors);
    let mut whole = vec![2];
    whole.extend((table.len() as u32).to_le_bytes());
    whole.extend(table);
    let mut main = vec![0; HEADER];
    let mut put = |at: usize, bytes: &[u8]| main[at..at + bytes.len()].copy_from_slice(bytes);
    for (at, short) in [(0, 0xa5ec_u16), (2, 0xc1), (0x20, 14), (0x3e, 22), (0x98, 93)] {
        put(at, &short.to_le_bytes());
    }
    put(0x4c, &positions.last().unwrap().to_le_bytes());
    put(0x9a + 33 * 8, &0_u32.to_le_bytes());
    put(0x9a + 33 * 8 + 4, &(whole.len() as u32).to_le_bytes());
    main.extend(text);
    let mut file = Compound::new();
    file.stream(0, "WordDocument", &main);
    file.stream(0, "0Table", &whole);
    file.finish()
}

/// A record of a workbook.
pub(crate) fn record(kind: u16, bytes: &[u8]) -> Vec<u8> {
    let mut record = kind.to_le_bytes().to_vec();
    record.extend((bytes.len() as u16).to_le_bytes());
    record.extend(bytes);
    record
}

/// A workbook with one sheet, `Log`, whose cells show in turn the shared strings, which are
/// written in the records `strings`.
pub(crate) fn workbook(strings: &[u8], cells: u32) -> Vec<u8> {
    let begin = |what: u16| {
        let mut begin = 0x0600_u16.to_le_bytes().to_vec();
        begin.extend(what.to_le_bytes());
        begin.extend([0; 12]);
        record(0x0809, &begin)
    };
    let mut book = begin(5);
    let name = |place: u32| {
        let mut sheet = place.to_le_bytes().to_vec();
        sheet.extend([0, 0, 3, 0]);
        sheet.extend(b"Log");
        record(0x0085, &sheet)
    };
    let place = book.len() + name(0).len() + strings.len() + 4;
    book.extend(name(place as u32));
    book.extend(strings);
    book.extend(record(0x000a, b""));
    book.extend(begin(0x10));
    for cell in 0..cells {
        let mut label = (cell as u16).to_le_bytes().to_vec();
        label.extend([0; 4]);
        label.extend(cell.to_le_bytes());
        book.extend(record(0x00fd, &label));
    }
    book.extend(record(0x000a, b""));
    let mut file = Compound::new();
    file.stream(0, "Workbook", &book);
    file.finish()
}
