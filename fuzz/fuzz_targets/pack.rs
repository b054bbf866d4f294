//! No policy pack makes its reader or the compiler of its expressions panic or take long.
//! `cargo +nightly fuzz run pack fuzz/corpus/pack rules/policies`

#![no_main]

use hallpass::policy::{Catalog, test_pack};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut catalog = Catalog::embedded().unwrap();
    if let Ok(id) = catalog.add_text(text, "pack.yaml") {
        let _ = test_pack(&catalog, &id);
    }
});
