//! Any bytes through what turns bytes into text: what a piece says of where it came from lies
//! within the input, and windows show every byte once.

#![no_main]

use std::io::{self, Read};

use hallpass::extract::window::{self, Buffers};
use hallpass::extract::{Piece, base64, literals, runs, wide};
use libfuzzer_sys::fuzz_target;

/// Answers reads with as little as `step` bytes, and with interruptions.
struct Halting<'b> {
    bytes: &'b [u8],
    step: usize,
    interrupt: bool,
}

impl Read for Halting<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.interrupt = !self.interrupt;
        if self.interrupt {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let step = self.step.min(into.len());
        self.bytes.read(&mut into[..step])
    }
}

fn check(piece: &Piece, input: &[u8]) {
    assert!(piece.outer.start <= piece.outer.end && piece.outer.end <= input.len(), "{piece:?}");
    let length = piece.bytes.len();
    for inner in
        [0..length, 0..length.min(1), length / 3..length / 2 + 1, length.max(1) - 1..length]
    {
        if inner.start >= inner.end || inner.end > length {
            continue;
        }
        let outer = piece.outer_range(inner.clone());
        assert!(outer.start < outer.end, "{inner:?} {outer:?} {piece:?}");
        // two bytes of UTF-16 are one character, and the second one may belong to what follows
        let last = input.len().min(piece.outer.end + 1);
        assert!(piece.outer.start <= outer.start && outer.end <= last, "{outer:?} {piece:?}");
    }
}

fn pieces(bytes: &[u8]) {
    let mut found = Vec::new();
    runs::find(bytes, &mut found);
    let mut last = 0;
    for run in &found {
        assert!(run.start >= last && run.len() >= runs::SHORTEST_RUN && run.end <= bytes.len());
        assert!(bytes[run.clone()].iter().all(u8::is_ascii_alphanumeric));
        last = run.end;
    }
    base64::pieces(bytes, &found, &mut |piece| {
        check(piece, bytes);
        wide::pieces(&piece.bytes, &mut |inner| check(&inner, &piece.bytes));
    });
    wide::pieces(bytes, &mut |piece| check(&piece, bytes));
    let tilde = |(at, byte): (usize, &u8)| (*byte == b'~').then_some(at);
    let tildes: Vec<usize> = bytes.iter().enumerate().filter_map(tilde).collect();
    literals::pieces(bytes, &found, &tildes, &mut |piece| {
        // it has what stands beside the parts, and nothing that stands nowhere
        for (at, byte) in piece.bytes.iter().enumerate() {
            let outer = piece.outer_range(at..at + 1);
            assert_eq!(bytes.get(outer.start), Some(byte), "{at} {piece:?}");
        }
    });
}

fn windows(bytes: &[u8], step: usize) {
    let mut raw = Vec::new();
    let mut decoded = false;
    let source = Halting { bytes, step, interrupt: false };
    let read = window::read(source, &mut Buffers::default(), &mut |window| {
        assert!(window.fresh.start <= window.fresh.end && window.fresh.end <= window.bytes.len());
        decoded |= window.undecoded;
    });
    assert_eq!(read.ok(), Some(bytes.len() as u64));
    window::read_slice(bytes, &mut Buffers::default(), &mut |window| {
        if window.undecoded == decoded {
            raw.extend_from_slice(&window.bytes[window.fresh.clone()]);
        }
    });
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    assert!(raw == text, "{decoded}");
}

fuzz_target!(|bytes: &[u8]| {
    pieces(bytes);
    let step = 1 + usize::from(bytes.first().copied().unwrap_or(255)) * 16;
    windows(bytes, step);
    // now and then a text of several windows
    if bytes.len() % 16 == 5 {
        windows(&bytes.repeat(600 * 1024 / bytes.len()), 64 * 1024);
    }
});
