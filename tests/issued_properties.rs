//! Properties of the reader of issued tokens: any table comes back as it was written, in any
//! encoding and with its true lines; any bytes are read to their end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use std::io::Read;

use hallpass::issued::{Column, Kinds, MOST_COLUMNS, Reader};
use proptest::prelude::*;

/// What a row's cells say: user, name, purpose.
type Cells = (String, String, String);

/// Hands out what is read in pieces of odd sizes.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.1 = self.1 * 7 % 11 + 1;
        let count = self.1.min(self.0.len()).min(out.len());
        let (now, later) = self.0.split_at(count);
        out[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,6}",
        "[a-z,;\t\"\n ]{0,12}",
        any::<String>().prop_map(|text| text
            .replace(['\r', '\u{feff}'], "")
            .chars()
            .take(20)
            .collect()),
    ]
    // the reader trims, and so does this
    .prop_map(|text: String| text.trim().to_owned())
}

fn rows() -> impl Strategy<Value = Vec<Cells>> {
    proptest::collection::vec(("[1-9][0-9]{0,4}", cell(), cell()), 0..12)
}

/// The table as text, and the line on which each row begins.
fn table(rows: &[Cells], order: usize, delimiter: u8, newline: &str) -> (String, Vec<u64>) {
    let columns = ["user id", "user name", "purpose", "token hint", "unknown"];
    let place = |number: usize| (number + order) % columns.len();
    let arranged = |cells: [&str; 5]| -> Vec<String> {
        (0..5).map(|number| cells[place(number)].to_owned()).collect()
    };
    let terminator = match newline {
        "\r\n" => csv::Terminator::CRLF,
        _ => csv::Terminator::Any(b'\n'),
    };
    let mut lines = Vec::new();
    let mut whole = Vec::new();
    let write = |cells: Vec<String>, whole: &mut Vec<u8>| {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(terminator)
            .from_writer(Vec::new());
        writer.write_record(cells).unwrap();
        whole.extend(writer.into_inner().unwrap());
    };
    write(arranged(columns), &mut whole);
    for (user, name, purpose) in rows {
        lines.push(whole.iter().filter(|byte| **byte == b'\n').count() as u64 + 1);
        write(arranged([user, name, purpose, "aB3xY", "x"]), &mut whole);
    }
    (String::from_utf8(whole).unwrap(), lines)
}

fn read(source: impl Read) -> Vec<(u64, Cells)> {
    let mut reader = Reader::new(source, &[Column::UserId, Column::Hint]).unwrap();
    let columns = reader.columns().clone();
    let mut rows = Vec::new();
    while let Some(batch) = reader.next_batch().unwrap() {
        assert_eq!(batch.malformed, []);
        for index in 0..batch.len() {
            let row = batch.row(index, &columns, &Kinds::default()).unwrap();
            assert_eq!(row.hint, "aB3xY");
            // the cell is where it is said to be
            if let Some(cell) = reader.cell(batch.text(index), Column::Hint) {
                assert_eq!(batch.text(index)[cell].trim_matches('"'), "aB3xY");
            }
            let own = |text: &str| text.to_owned();
            rows.push((row.line, (own(row.user_id), own(row.user_name), own(row.purpose))));
        }
    }
    rows
}

proptest! {
    #[test]
    fn a_table_comes_back_as_it_was_written(
        rows in rows(),
        order in 0..5usize,
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t')],
        newline in prop_oneof![Just("\n"), Just("\r\n")],
        encoding in 0..5u8,
    ) {
        let (text, lines) = table(&rows, order, delimiter, newline);
        let due: Vec<(u64, Cells)> = lines.into_iter().zip(rows).collect();
        let wide = |mark: &[u8], unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
            mark.iter().copied().chain(text.encode_utf16().flat_map(unit)).collect()
        };
        let bytes = match encoding {
            0 => text.clone().into_bytes(),
            1 => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            2 => wide(b"\xff\xfe", u16::to_le_bytes),
            3 => wide(b"\xfe\xff", u16::to_be_bytes),
            _ => wide(b"", u16::to_le_bytes),
        };
        prop_assert_eq!(&read(&bytes[..]), &due);
        prop_assert_eq!(&read(Pieces(&bytes, 3)), &due);
    }

    #[test]
    fn any_bytes_are_read_to_their_end(
        bytes in proptest::collection::vec(
            prop_oneof![any::<u8>(), Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r')],
            0..4000,
        ),
    ) {
        let mut whole = b"user id,token hint\n".to_vec();
        whole.extend(bytes);
        let mut reader = Reader::new(Pieces(&whole, 5), &[Column::UserId]).unwrap();
        let columns = reader.columns().clone();
        let mut line = 0;
        while let Some(batch) = reader.next_batch().unwrap() {
            for index in 0..batch.len() {
                let row = batch.row(index, &columns, &Kinds::default()).unwrap();
                // a carriage return alone ends a row, and no line
                prop_assert!(row.line >= line, "rows come in the order of their lines");
                line = row.line;
                prop_assert!(row.hint.chars().count() <= 5);
            }
        }
        prop_assert_eq!(reader.bytes(), whole.len() as u64);
        let breaks = whole.iter().filter(|byte| **byte == b'\n').count() as u64;
        prop_assert!(line <= breaks + 1);
    }
}

/// Rows of every length around the limits, over the edges of batches.
#[test]
fn rows_of_every_size_are_read_or_told() {
    let mut report = String::from("user id,user name,token hint\n");
    let mut due = Vec::new();
    for (number, length) in
        (0..40).map(|number| (number, [10, 65_500, 65_518, 65_519, 65_536, 200_000][number % 6]))
    {
        report.push_str(&format!("{number:03},{},aB3xY\n", "x".repeat(length)));
        // with its line end a row takes at most 64 KiB
        if length + 11 <= hallpass::issued::LONGEST_ROW {
            due.push(number as u64 + 2);
        }
    }
    report.push_str(&format!("999{}\n", ",".repeat(MOST_COLUMNS)));
    let mut reader = Reader::new(report.as_bytes(), &[Column::UserId]).unwrap();
    let columns = reader.columns().clone();
    let (mut lines, mut malformed) = (Vec::new(), Vec::new());
    while let Some(batch) = reader.next_batch().unwrap() {
        malformed.extend(batch.malformed.iter().map(|fault| fault.line));
        for index in 0..batch.len() {
            lines.push(batch.row(index, &columns, &Kinds::default()).unwrap().line);
        }
    }
    assert_eq!(lines, due);
    let mut all = [lines, malformed].concat();
    all.sort_unstable();
    assert_eq!(all, (2..43).collect::<Vec<u64>>());
}
