//! Inputs made to be slow or large: time has to grow as they do, memory must not.

use std::fs::File;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::measure::{median, run, scan};
use super::options::Options;

const MIB: usize = 1 << 20;
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Peak memory on a file of 4 GiB without content.
pub(crate) fn memory(_: &Options) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("sparse");
    File::create(&path)
        .and_then(|file| file.set_len(4 << 30))
        .map_err(|error| error.to_string())?;
    let used = run(&scan(&path))?;
    println!("## A sparse file of 4 GiB\n");
    println!("peak memory {:.1} MiB, {:.1} s, exit {}\n", used.peak, used.wall, used.code);
    Ok(())
}

/// Time on each hostile input at 5, 10 and 20 MiB.
pub(crate) fn growth(options: &Options) -> Result<(), String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("input");
    let runs = options.runs.min(5);
    println!("## Hostile inputs, median of {runs} runs\n");
    println!("| input | 5 MiB | 10 MiB | 20 MiB | 10 : 5 | 20 : 10 | peak memory |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (name, make) in INPUTS {
        let mut times = Vec::new();
        let mut peak: f64 = 0.0;
        for size in [5, 10, 20] {
            write(&path, &make(size * MIB))?;
            let mut walls = Vec::new();
            for _ in 0..runs {
                let used = run(&scan(&path))?;
                walls.push(used.wall);
                peak = peak.max(used.peak);
            }
            times.push(median(walls));
        }
        if let [five, ten, twenty] = times[..] {
            println!(
                "| {name} | {five:.3} s | {ten:.3} s | {twenty:.3} s | {:.2} | {:.2} | {peak:.1} MiB |",
                ten / five,
                twenty / ten
            );
        }
    }
    println!();
    Ok(())
}

type Make = fn(usize) -> Vec<u8>;

const INPUTS: &[(&str, Make)] = &[
    ("`~`", |size| repeat(b"~", size)),
    ("`1~`", |size| repeat(b"1~", size)),
    ("`12345~a`", |size| repeat(b"12345~a", size)),
    ("one run of letters and digits", |size| random_letters(size)),
    ("one run of base64", |size| base64_of(random_bytes(size), size)),
    ("base64 of base64", |size| {
        base64_of(STANDARD.encode(random_bytes(size * 3 / 4)).into_bytes(), size)
    }),
    ("base64 of base64 of base64 …", |size| {
        let mut text = random_bytes(size / 6);
        while text.len() < size {
            text = STANDARD.encode(text).into_bytes();
        }
        text.truncate(size);
        text
    }),
    ("words of 64, on one line", |size| {
        repeat(&[random_letters(64), b" ".to_vec()].concat(), size)
    }),
    ("words of 64, on lines of their own", |size| {
        let lines: Vec<u8> =
            random_letters(64 * 500).chunks(64).flat_map(|w| [w, b"\n"].concat()).collect();
        repeat(&lines, size)
    }),
    ("bearer headers with 64 letters", |size| {
        repeat(
            &[b"Authorization: Bearer ".to_vec(), random_letters(64), b" ".to_vec()].concat(),
            size,
        )
    }),
];

fn write(path: &Path, bytes: &[u8]) -> Result<(), String> {
    std::fs::write(path, bytes).map_err(|error| error.to_string())
}

fn repeat(unit: &[u8], size: usize) -> Vec<u8> {
    unit.iter().copied().cycle().take(size).collect()
}

fn base64_of(bytes: Vec<u8>, size: usize) -> Vec<u8> {
    let mut text = STANDARD.encode(bytes).into_bytes();
    text.truncate(size);
    text
}

/// The same numbers in every run: Marsaglia's xorshift from a fixed seed.
fn random() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(0x9e37_79b9_7f4a_7c15_u64), |&last| {
        let mut next = last;
        next ^= next << 13;
        next ^= next >> 7;
        next ^= next << 17;
        Some(next)
    })
}

fn random_bytes(size: usize) -> Vec<u8> {
    random().map(|number| (number >> 32) as u8).take(size).collect()
}

fn random_letters(size: usize) -> Vec<u8> {
    let letter = |number: u64| LETTERS[(number >> 32) as usize % LETTERS.len()];
    random().map(letter).take(size).collect()
}
