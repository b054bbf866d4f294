//! `scan --ocr`: the text in pictures, read by the real tesseract over `fixtures/screenshots`, and
//! what happens where it is missing, fails, or is given something hostile.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;
mod tools;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use support::git::Git;
use support::{FORMATS, Ran, Sandbox, files_below, hallpass, root};

/// Fewer cases than this mean that the folder was not found.
const LEAST_CASES: usize = 12;

/// Whether the program is installed. In CI it has to be.
fn has_tesseract() -> bool {
    if Command::new("tesseract").arg("--version").output().is_ok_and(|ran| ran.status.success()) {
        return true;
    }
    let in_ci = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
    assert!(!in_ci, "there is no tesseract; .ci/run installs it");
    eprintln!("SKIPPED: there is no tesseract; .ci/run installs it");
    false
}

/// A program of this name in a folder of its own: what is said to be tesseract.
fn stand_in(sandbox: &Sandbox, script: &str) -> String {
    let folder = sandbox.outside().join("bin");
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join("tesseract");
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:/usr/bin:/bin", folder.display())
}

/// A picture that is large enough to be read.
fn picture(width: usize, height: usize) -> Vec<u8> {
    [format!("P5\n{width} {height}\n255\n").into_bytes(), vec![255; width * height]].concat()
}

/// Which version of the program reads it decides on a character or two, and two may be taken for
/// one.
fn is_alike(one: &str, other: &str) -> bool {
    one.len() == other.len() && one[..2].eq_ignore_ascii_case(&other[..2])
}

#[test]
fn every_token_on_a_screenshot_is_found() {
    if has_tesseract() {
        assert_found(&root().join("fixtures/screenshots"));
    }
}

#[test]
fn screenshots_made_anew_are_read() {
    let Some(python) = tools::documents() else { return };
    let sandbox = Sandbox::new();
    let made = Ran::of(
        Command::new(python)
            .arg(root().join("fixtures/make-screenshots.py"))
            .arg("--out")
            .arg(sandbox.path())
            .env("HOME", sandbox.outside())
            .env("PYTHONDONTWRITEBYTECODE", "1"),
    );
    assert_eq!(made.code, 0, "{}", made.err());
    assert_found(&sandbox.path());
}

/// Holds `scan --ocr` in `folder` against what the `.expect` files there say is due.
fn assert_found(folder: &Path) {
    let files: Vec<_> = files_below(folder)
        .into_iter()
        .map(|file| file.display().to_string())
        .filter(|file| !file.ends_with(".expect"))
        .collect();
    assert!(files.len() >= LEAST_CASES, "{files:?}");
    let ran = Ran::of(
        hallpass(folder).args(["scan", "--no-config", "--ocr", "--format", "json"]).args(&files),
    );
    assert_eq!((ran.code, ran.errors(), ran.skipped().len()), (1, vec![], 0), "{}", ran.out());
    let report = ran.json();
    let mut found: Vec<_> = report["findings"].as_array().unwrap().iter().collect();
    for file in files {
        let due = fs::read_to_string(folder.join(format!("{file}.expect"))).unwrap();
        for line in due.lines() {
            let (leak, place) = line.split_once(" | ").unwrap();
            let [member, _, rule, confidence, shown] =
                leak.splitn(5, ' ').collect::<Vec<_>>().try_into().unwrap();
            // a member may have blanks in its name
            let (member, rule, confidence, shown) = match member {
                "-" => (String::new(), rule, confidence, shown),
                _ => {
                    let words: Vec<_> = leak.rsplitn(5, ' ').collect();
                    (words[4].to_owned(), words[2], words[1], words[0])
                }
            };
            let (shard, hint) = shown.split_once('~').unwrap();
            let at = found.iter().position(|finding| {
                finding["location"]["path"] == format!("{file}{member}")
                    && finding["rule"] == rule
                    && finding["confidence"] == confidence
                    && finding["token"]["shard"] == shard
                    && is_alike(finding["token"]["hint"].as_str().unwrap(), hint)
                    && finding["message"].as_str().unwrap().ends_with(place)
            });
            let Some(at) = at else { panic!("{file}: {line} is due: {found:#?}") };
            found.remove(at);
        }
    }
    assert!(found.is_empty(), "not due: {found:#?}");
}

#[test]
fn a_screenshot_breaks_the_guidance_on_screenshots_and_shows_no_secret() {
    if !has_tesseract() {
        return;
    }
    let sandbox = Sandbox::new();
    fs::copy(root().join("fixtures/screenshots/editor.png"), sandbox.path().join("a.bin")).unwrap();
    let ran = sandbox.scan(&["--ocr", "--policy", "udayton"]);
    let finding = ran.json()["findings"][0].take();
    let hint = finding["token"]["hint"].as_str().unwrap();
    let guidance = finding["guidance"].to_string();
    assert!(guidance.contains("udayton/no-unsecured-storage"), "{guidance}");
    for format in FORMATS {
        let ran = sandbox.run(&["scan", "--ocr", "--format", format]);
        let text = ran.out();
        // whatever was read stands behind the hint and is no part of any report
        for (at, _) in text.match_indices(hint) {
            let rest: String = text[at + hint.len()..].chars().take(2).collect();
            assert!(!rest.chars().all(|c| c.is_ascii_alphanumeric()), "{format}: {text}");
        }
        assert!(text.contains(hint) || format == "junit" || format == "gitlab", "{format}: {text}");
    }
    // the same bytes on every run
    let again = sandbox.scan(&["--ocr", "--policy", "udayton", "--threads", "1"]);
    assert_eq!(ran.out(), again.out());
}

#[test]
fn pictures_in_git_are_read_too() {
    if !has_tesseract() {
        return;
    }
    let git = Git::new();
    let shot = fs::read(root().join("fixtures/screenshots/editor-palette.png")).unwrap();
    git.write("docs/shot.png", &shot);
    git.git(&["add", "."]);
    let scan = |args: &[&str]| {
        let ran =
            Ran::of(hallpass(git.path()).args(["scan", "--format", "json", "--ocr"]).args(args));
        assert_eq!(ran.code, 1, "{args:?}: {}{}", ran.out(), ran.err());
        ran.json()["findings"][0]["location"]["path"].clone()
    };
    assert_eq!(scan(&["--staged"]), "docs/shot.png");
    git.commit("A picture");
    assert_eq!(scan(&["--history"]), "docs/shot.png");
    // what a run without --ocr remembers as empty is looked at again
    let plain = ["scan", "--history", "--cache", "cache"];
    assert_eq!(Ran::of(hallpass(git.path()).args(plain)).code, 0);
    assert_eq!(scan(&["--history", "--cache", "cache"]), "docs/shot.png");
}

#[test]
fn without_the_program_one_line_says_so() {
    let sandbox = Sandbox::new();
    sandbox.write("notes.txt", "nothing");
    let ran = Ran::of(sandbox.hallpass().env("PATH", "/nonexistent").args(["scan", "--ocr"]));
    assert_eq!(ran.code, 0, "there is no picture: {}", ran.out());
    sandbox.write("a.pgm", picture(100, 50));
    sandbox.write("b.gif", "GIF89a and so on");
    for path in ["/nonexistent", ".", ""] {
        // a program of this name beside the scanned files is not run
        sandbox.write("tesseract", "#!/bin/sh\necho run > ran\n");
        fs::set_permissions(sandbox.path().join("tesseract"), fs::Permissions::from_mode(0o755))
            .unwrap();
        let args = ["scan", "--ocr", "--format", "json"];
        let ran = Ran::of(sandbox.hallpass().env("PATH", path).args(args));
        assert_eq!(ran.code, 3);
        assert_eq!(
            ran.errors(),
            ["pictures: 2 of them were not read: --ocr needs `tesseract`, which is not installed \
              (Debian's package is `tesseract-ocr`)"]
        );
        assert_eq!(ran.skipped(), ["a.pgm: a picture, not read", "b.gif: a picture, not read"]);
        assert!(!sandbox.path().join("ran").exists());
    }
}

#[test]
fn a_program_that_fails_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("a.pgm", picture(100, 50));
    let path = stand_in(
        &sandbox,
        "cat > /dev/null; printf '\\n no \\033[31mdata ::error::\\n' >&2; exit 1",
    );
    let ran =
        Ran::of(sandbox.hallpass().env("PATH", &path).args(["scan", "--ocr", "--format", "json"]));
    assert_eq!(ran.code, 3);
    let errors = ran.errors();
    assert!(errors[0].starts_with("a.pgm: a picture: tesseract can't read it: no "), "{errors:?}");
    let human = Ran::of(sandbox.hallpass().env("PATH", &path).args(["scan", "--ocr"]));
    assert!(!human.out().contains('\x1b'), "{}", human.out());
    // one that ends before it has read the picture
    let path = stand_in(&sandbox, "echo nothing");
    sandbox.write("a.pgm", picture(4000, 3000));
    let ran = Ran::of(sandbox.hallpass().env("PATH", &path).args(["scan", "--ocr"]));
    assert_eq!(ran.code, 0, "{}", ran.out());
}

#[test]
fn the_program_is_handed_pixels_and_no_secrets() {
    let sandbox = Sandbox::new();
    sandbox.write("a.pgm", picture(60, 30));
    let seen = sandbox.outside().join("seen");
    fs::create_dir(&seen).unwrap();
    let script =
        "env > \"$TMPDIR/env\"; cat > \"$TMPDIR/picture\"; echo \"$*\" > \"$TMPDIR/arguments\"";
    let path = stand_in(&sandbox, script);
    let ran = Ran::of(
        sandbox
            .hallpass()
            .env("PATH", &path)
            .env("TMPDIR", &seen)
            .env("HALLPASS_ADMIN_TOKEN", "a secret")
            .args(["scan", "--ocr"]),
    );
    assert_eq!(ran.code, 0, "{}", ran.out());
    let read = |name: &str| fs::read(Path::new(&seen).join(name)).unwrap();
    let env = String::from_utf8(read("env")).unwrap();
    assert!(!env.contains("secret") && !env.contains("HOME="), "{env}");
    assert!(read("picture").starts_with(b"P5\n144 84\n255\n"));
    assert!(read("arguments").starts_with(b"stdin stdout "));
}

/// Sizes that lie, bombs and damage: told, within the memory that there is.
#[test]
fn hostile_pictures_are_told() {
    let sandbox = Sandbox::new();
    let shot = fs::read(root().join("fixtures/screenshots/editor-palette.png")).unwrap();
    let jpeg = fs::read(root().join("fixtures/screenshots/photographed.jpg")).unwrap();
    let webp = fs::read(root().join("fixtures/screenshots/lossless.webp")).unwrap();
    let mut large = shot.clone();
    large[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
    let at = jpeg.windows(2).position(|pair| pair == [0xff, 0xc2]).unwrap();
    let mut wide = jpeg.clone();
    wide[at + 5..at + 9].copy_from_slice(&[0x75, 0x30, 0x75, 0x30]);
    sandbox.write("checksum.png", &large);
    sandbox.write("wide.jpg", &wide);
    sandbox.write("large.pgm", b"P5\n30000 30000\n255\n");
    for (name, whole) in [("cut.png", &shot), ("cut.jpg", &jpeg), ("cut.webp", &webp)] {
        sandbox.write(name, &whole[..whole.len() / 2]);
    }
    let path = stand_in(&sandbox, "exec cat > /dev/null");
    let mut command = Command::new("sh");
    command
        .current_dir(sandbox.path())
        .env_clear()
        .env("PATH", path)
        .args(["-c", "ulimit -v 655360; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_hallpass"))
        .args(["scan", "--ocr", "--format", "json"]);
    let ran = Ran::of(&mut command);
    assert_eq!(ran.code, 3, "{}", ran.out());
    let errors = ran.errors();
    for due in [
        "checksum.png: a picture: it is damaged",
        "cut.png: a picture: it is damaged",
        "cut.webp: a picture: it is damaged",
        "large.pgm: a picture: reading it takes more than 72 MiB of memory",
        "wide.jpg: a picture: reading it takes more than 72 MiB of memory",
    ] {
        assert!(errors.iter().any(|error| error.starts_with(due)), "{due}: {errors:#?}");
    }
}
