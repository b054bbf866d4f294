//! Any bytes as a report of issued tokens: nothing panics, rows come in the order of their lines, no
//! row is larger than it may be, and what an audit says holds no control character.

#![no_main]

use std::sync::{Arc, LazyLock};

use hallpass::issued::{Column, Kinds, Reader};
use hallpass::policy::{AuditRun, Catalog, Holidays, Limits, Pack};
use libfuzzer_sys::fuzz_target;

static PACK: LazyLock<Arc<Pack>> =
    LazyLock::new(|| Catalog::embedded().unwrap().resolve("udayton").unwrap());
const NEEDED: [Column; 2] = [Column::UserId, Column::Hint];

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut reader) = Reader::new(bytes, &NEEDED) else { return };
    let columns = reader.columns().clone();
    let (mut rows, mut malformed, mut line) = (0, 0, 0);
    while let Ok(Some(batch)) = reader.next_batch() {
        malformed += batch.malformed.len();
        for index in 0..batch.len() {
            let row = batch.row(index, &columns, &Kinds::default()).unwrap();
            assert!(row.line >= line);
            line = row.line;
            assert!(row.hint.chars().count() <= 5);
            assert!(batch.text(index).len() <= hallpass::issued::LONGEST_ROW);
            for column in Column::all() {
                if let Some(cell) = reader.cell(batch.text(index), column) {
                    assert!(batch.text(index).get(cell).is_some());
                }
            }
            rows += 1;
        }
    }
    assert_eq!(reader.bytes(), bytes.len() as u64);
    let run = AuditRun {
        pack: &PACK,
        today: jiff::civil::date(2026, 11, 23),
        holidays: Holidays::new(),
        limits: Limits::default(),
        kinds: Kinds::default(),
        list: 100,
        accepts: false,
        anonymous: false,
        path: "report.csv".to_owned(),
        silences: None,
    };
    let Ok(mut reader) = Reader::new(bytes, &NEEDED) else { return };
    let outcome = run.audit(&mut reader, None);
    assert_eq!(outcome.tokens.rows, rows);
    assert!(outcome.tokens.malformed >= malformed as u64);
    assert!(rows > 0 || !outcome.coverage.errors.is_empty());
    for checked in outcome.findings {
        assert!(!checked.finding.message.contains(char::is_control));
    }
});
