//! No manifest makes the check panic, take long, or say something with a control character in it.
//! `cargo +nightly fuzz run manifest fuzz/corpus/manifest fixtures/requests/hws/fail`

#![no_main]

use std::sync::LazyLock;

use hallpass::policy::{Catalog, Holidays, Options, check_bytes};
use libfuzzer_sys::fuzz_target;

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::embedded().unwrap());

fuzz_target!(|bytes: &[u8]| {
    let options = Options {
        catalog: &CATALOG,
        forced: None,
        default: None,
        today: jiff::civil::date(2026, 11, 23),
        holidays: Holidays::new(),
    };
    let outcome = check_bytes("a.yaml", bytes, true, &options, &|_, _| Vec::new());
    assert!(outcome.coverage.errors.is_empty());
    for checked in outcome.findings {
        assert!(!checked.finding.message.contains(char::is_control));
    }
});
