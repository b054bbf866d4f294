//! The real binary over files that git can't hold or that only the test can make: links, pipes,
//! odd names, vanished folders, large files; and what holds of every walk.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs;
use std::process::Stdio;

use support::{ALLOW, FORMATS, Ran, Sandbox, body, token};

/// Runs `args` and gives up after a minute: a scan that waits for a pipe waits for ever.
fn run_with_deadline(sandbox: &Sandbox, args: &[&str]) -> Ran {
    let mut child = sandbox
        .hallpass()
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..600 {
        if child.try_wait().unwrap().is_some() {
            return child.wait_with_output().unwrap().into();
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    child.kill().unwrap();
    panic!("{args:?} hangs");
}

#[test]
fn coverage_counts_files_and_bytes_and_nothing_twice() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", "12345");
    sandbox.write("sub/b.txt", "678");
    sandbox.write("sub/empty", "");
    sandbox.write(".hidden", "9");
    let ran = sandbox.scan(&[]);
    assert_eq!(ran.code, 0);
    let coverage = &ran.json()["coverage"];
    assert_eq!((coverage["files"].as_u64(), coverage["bytes"].as_u64()), (Some(4), Some(9)));
    // the same by way of roots that overlap
    let whole = sandbox.path();
    let whole = whole.to_str().unwrap();
    for roots in [
        &[".", "sub"][..],
        &["sub", "."],
        &["sub/b.txt", "."],
        &[".", "./"],
        &[".", whole],
        &[".", "sub/../sub", "./sub/b.txt", "../project"],
    ] {
        let coverage = sandbox.scan(roots).json()["coverage"].take();
        let counted = (coverage["files"].as_u64(), coverage["bytes"].as_u64());
        assert_eq!(counted, (Some(4), Some(9)), "{roots:?}");
    }
}

#[test]
fn what_is_attached_breaks_the_guidance_of_what_it_is_attached_to() {
    let sandbox = Sandbox::new();
    let mail = support::root().join("fixtures/documents/handover.eml");
    // it is in no repository
    fs::remove_dir(sandbox.outside().join(".git")).unwrap();
    // a mailbox in folders has files without an ending
    let kept = sandbox.outside().join("1769850000.M1P2.host:2,S");
    fs::copy(mail, &kept).unwrap();
    let ran = sandbox.scan(&["--policy", "udayton", kept.to_str().unwrap()]);
    let report = ran.json();
    let mut broken = std::collections::BTreeMap::new();
    for finding in report["findings"].as_array().unwrap() {
        let path = finding["location"]["path"].as_str().unwrap();
        let member = path.split_once('!').map_or("", |(_, member)| member).to_owned();
        let clauses = finding["guidance"].as_array().unwrap().iter();
        let clauses: Vec<_> = clauses.map(|one| one["clause"].as_str().unwrap()).collect();
        let cleaned = finding["help"].to_string().contains("every mailbox");
        assert!(cleaned, "{finding}");
        broken.insert(member, clauses.join(" "));
    }
    let due = [
        ("", "udayton/no-sharing udayton/contact"),
        ("minutes.docx", "udayton/no-unsecured-storage udayton/no-sharing udayton/contact"),
        ("sync.py", "udayton/no-repository udayton/no-sharing udayton/contact"),
    ];
    let broken: Vec<_> = broken.iter().map(|(member, all)| (&**member, &**all)).collect();
    assert_eq!(broken, due);
}

#[test]
fn overlapping_roots_report_a_leak_once() {
    let sandbox = Sandbox::new();
    sandbox.write("sub/a.env", format!("T={}\n", token(1)));
    let whole = sandbox.path();
    for roots in [
        vec![".", "sub"],
        vec!["sub/a.env", "sub", "."],
        vec!["sub", "./sub", "sub/"],
        vec![".", whole.to_str().unwrap()],
    ] {
        let ran = sandbox.scan(&roots);
        assert_eq!(ran.places(), ["sub/a.env:1:3"], "{roots:?}");
    }
}

#[test]
fn output_does_not_depend_on_threads_or_luck() {
    let sandbox = Sandbox::new();
    for number in 0..200 {
        let name = format!("{}/{}/f{number}.env", number % 7, number % 3);
        let text = format!("A={}\nB={}\n# {ALLOW} x\n", token(number), token(number % 5));
        sandbox.write(name, text);
    }
    sandbox.write("3/.gitignore", "f1*\n");
    for format in FORMATS {
        let run = |threads| sandbox.run(&["scan", "-v", "--format", format, "--threads", threads]);
        let first = run("1");
        assert_eq!(first.code, 1);
        for threads in ["8", "8", "8", "2", "0"] {
            let other = run(threads);
            assert_eq!(other.out(), first.out(), "{format} with {threads} threads");
            assert_eq!(other.err(), first.err(), "{format} with {threads} threads");
        }
    }
}

#[test]
fn a_missing_root_is_told_and_the_others_are_searched() {
    let sandbox = Sandbox::new();
    sandbox.write("a.env", format!("T={}\n", token(1)));
    let ran = sandbox.scan(&["gone", "a.env"]);
    assert_eq!(ran.code, 3, "3 wins over 1");
    assert_eq!(ran.places(), ["a.env:1:3"]);
    assert_eq!(ran.errors(), ["gone: there is no such file or folder"]);
}

#[cfg(unix)]
#[test]
fn a_path_through_a_file_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", "x");
    let ran = sandbox.scan(&["a.txt/b.txt"]);
    assert_eq!(ran.code, 3);
    assert_eq!(ran.errors(), ["a.txt/b.txt: not a directory"]);
}

/// Unlike a file without permissions, this can't be read by root either.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_fails_while_it_is_read_is_told() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", "x");
    let ran = sandbox.scan(&["/proc/self/mem", "a.txt"]);
    assert_eq!(ran.code, 3);
    let errors = ran.errors();
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].ends_with("proc/self/mem: input/output error"), "{errors:?}");
    assert_eq!(ran.json()["coverage"]["files"], 1);
    for format in FORMATS {
        let ran = sandbox.run(&["scan", "--format", format, "/proc/self/mem"]);
        assert_eq!(ran.code, 3, "{format}");
        let all = ran.out() + &ran.err();
        assert!(all.contains("input/output error"), "{format}: {all}");
    }
    // --write-baseline must not hide it
    let ran = sandbox.run(&["scan", "/proc/self/mem", "a.txt", "--write-baseline", "b.toml"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err().contains("input/output error"), "{}", ran.err());
}

#[cfg(unix)]
#[test]
fn what_permissions_forbid_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    sandbox.write("readable.txt", "x");
    let file = sandbox.write("closed.txt", "x");
    let folder = sandbox.path().join("folder");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o0)).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o0)).unwrap();
    let is_root = fs::read(&file).is_ok();
    let ran = sandbox.scan(&[]);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    if is_root {
        assert_eq!(ran.code, 0, "nothing is closed to root");
    } else {
        assert_eq!(ran.code, 3);
        let closed = ["closed.txt: permission denied", "folder: permission denied"];
        assert_eq!(ran.errors(), closed);
    }
}

#[cfg(unix)]
#[test]
fn links_are_listed_and_not_followed() {
    use std::os::unix::fs::symlink;
    let sandbox = Sandbox::new();
    sandbox.write("in/real.env", format!("T={}\n", token(1)));
    fs::write(sandbox.outside().join("secret.env"), token(2)).unwrap();
    let at = |name: &str| sandbox.path().join(name);
    symlink("..", at("in/loop")).unwrap();
    symlink(".", at("self")).unwrap();
    symlink("real.env", at("in/again.env")).unwrap();
    symlink("../secret.env", at("out.env")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    symlink("circle", at("circle")).unwrap();
    let ran = run_with_deadline(&sandbox, &["scan", "--format", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert_eq!(ran.places(), ["in/real.env:1:3"]);
    let links = ["circle", "dangling", "in/again.env", "in/loop", "out.env", "self"];
    let listed = links.map(|name| format!("{name}: a symbolic link, not followed"));
    assert_eq!(ran.skipped(), listed);
    // what the user names is followed
    assert_eq!(sandbox.scan(&["out.env"]).places(), ["out.env:1:1"]);
    assert_eq!(sandbox.scan(&["in/again.env"]).places(), ["in/again.env:1:3"]);
    for (name, why) in [
        ("dangling", "there is no such file or folder"),
        ("circle", "too many levels of symbolic links"),
    ] {
        let ran = run_with_deadline(&sandbox, &["scan", "--format", "json", name]);
        assert_eq!(ran.code, 3, "{name}");
        assert!(ran.errors()[0].contains(why), "{:?}", ran.errors());
    }
    let named = run_with_deadline(&sandbox, &["scan", "--format", "json", "in/loop"]);
    assert_eq!(named.places(), ["in/loop/in/real.env:1:3"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_tree_does_not_hang() {
    let sandbox = Sandbox::new();
    sandbox.write("a.env", format!("T={}\n", token(1)));
    let made = std::process::Command::new("mkfifo").arg(sandbox.path().join("pipe")).status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    let ran = run_with_deadline(&sandbox, &["scan", "--format", "json"]);
    assert_eq!(ran.places(), ["a.env:1:3"]);
    assert_eq!(ran.skipped(), ["pipe: neither a file nor a folder"]);
    // a pipe that is named is read, as in `hallpass scan <(command)`
    let path = sandbox.path().join("pipe");
    let writer = std::thread::spawn(move || fs::write(path, token(2)));
    let ran = run_with_deadline(&sandbox, &["scan", "--format", "json", "pipe"]);
    writer.join().unwrap().unwrap();
    assert_eq!(ran.places(), ["pipe:1:1"]);
}

#[cfg(unix)]
#[test]
fn sockets_in_the_tree_are_listed() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", "x");
    let _socket = std::os::unix::net::UnixListener::bind(sandbox.path().join("socket")).unwrap();
    assert_eq!(sandbox.scan(&[]).skipped(), ["socket: neither a file nor a folder"]);
}

/// Names that try to break out of a line, a terminal, an annotation, an XML attribute or a table.
#[cfg(unix)]
fn hostile_names() -> Vec<std::ffi::OsString> {
    use std::os::unix::ffi::OsStringExt as _;
    let mut names: Vec<Vec<u8>> = [
        "new\nline.env",
        "::error file=x,line=1::owned.env",
        "a\n::error::owned.env",
        "a\r##[command]owned.env",
        "##vso[task.setvariable variable=x]owned.env",
        "esc\u{1b}[31mred\u{1b}]0;title\u{7}.env",
        "c1\u{9b}31m.env",
        "bidi\u{202e}vne.env",
        "quote\"'<b>&amp;]]>|`.env",
        "percent%0Anewline,comma:colon.env",
        "space at end .env ",
        "-dash.env",
        "é😀.env",
    ]
    .map(|name| name.as_bytes().to_vec())
    .to_vec();
    names.push(b"invalid\xff\xfe\x80.env".to_vec());
    names.push(format!("backup-{}.env", token(77)).into_bytes());
    names.into_iter().map(std::ffi::OsString::from_vec).collect()
}

#[cfg(unix)]
#[test]
fn hostile_names_do_no_harm_in_any_format() {
    use std::os::unix::ffi::OsStrExt as _;
    let secret = body(77);
    for (number, name) in hostile_names().into_iter().enumerate() {
        let sandbox = Sandbox::new();
        let path = sandbox.path().join(&name);
        fs::write(&path, format!("T={}\n", token(number as u64))).unwrap();
        let named = std::path::Path::new(".").join(&name);
        for format in FORMATS {
            for (by_name, extra) in
                [(false, "--verbose"), (true, "--verbose"), (true, "--max-file-size=1")]
            {
                let mut command = sandbox.hallpass();
                command.args(["scan", "--format", format, extra, "--output", "json:out.json"]);
                if by_name {
                    command.arg(&named).arg(named.join("no-such-thing"));
                }
                let ran = Ran::of(&mut command);
                let report = fs::read(sandbox.path().join("out.json")).unwrap();
                fs::remove_file(sandbox.path().join("out.json")).unwrap();
                for (stream, bytes) in
                    [("stdout", &ran.stdout), ("stderr", &ran.stderr), ("out.json", &report)]
                {
                    let what = format!("{name:?} as {format} on {stream}");
                    harmless(&what, bytes, format == "github" && stream == "stdout");
                    let text = std::str::from_utf8(bytes).unwrap();
                    assert!(!text.contains(&secret[5..13]), "{what}");
                    assert!(!text.contains(&body(number as u64)[5..13]), "{what}");
                }
                // the path is one line of one cell of it
                if format == "concise" && !by_name {
                    let lines = ran.out().lines().count();
                    assert_eq!(lines, 1, "{name:?}: {}", ran.out());
                }
                if format == "json" && !by_name {
                    let shown = &ran.json()["findings"][0]["location"]["path"];
                    let is_text = std::str::from_utf8(name.as_bytes()).is_ok();
                    if is_text && !name.as_bytes().starts_with(b"backup") {
                        assert_eq!(shown, name.to_str().unwrap(), "programs get the name as it is");
                    }
                }
            }
        }
    }
}

/// No control character but line ends, no bidirectional override, and no workflow command but
/// those that the format itself writes.
fn harmless(what: &str, bytes: &[u8], commands: bool) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|_| panic!("{what} is not UTF-8"));
    for c in text.chars() {
        assert!(c == '\n' || !hallpass::finding::is_hostile(c), "{what} holds {c:?}:\n{text}");
    }
    for line in text.lines() {
        let line = line.trim_start();
        let ours = ["::error file=", "::warning file=", "::notice file=", "::error title="];
        let own = commands && ours.iter().any(|start| line.starts_with(start));
        assert!(own || !line.starts_with("::"), "{what} holds a command: {line}");
        if own {
            let properties = line[2..].split("::").next().unwrap();
            assert!(!properties.contains("=x,"), "{what} holds a forged property: {line}");
        }
        for bracket in ["##[", "##vso["] {
            assert!(!line.contains(bracket), "{what} holds a command: {line}");
        }
    }
}

#[test]
fn deep_trees_are_walked_to_the_end() {
    let sandbox = Sandbox::new();
    let deep = "d/".repeat(400);
    sandbox.write(format!("{deep}a.env"), format!("T={}\n", token(1)));
    let ran = sandbox.scan(&[]);
    assert_eq!(ran.places(), [format!("{deep}a.env:1:3")]);
}

/// 300 MB in an address space of 256 MiB, more than half of which are thread stacks: the file is
/// streamed, or this fails.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_a_file() {
    use std::io::{Seek as _, SeekFrom, Write as _};
    let sandbox = Sandbox::new();
    let path = sandbox.write("large.bin", "");
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(300_000_000)).unwrap();
    file.write_all(format!("\nT={}\n", token(1)).as_bytes()).unwrap();
    drop(file);
    let limited = format!(
        "ulimit -v 262144; exec '{}' scan --format json --threads 2",
        env!("CARGO_BIN_EXE_hallpass")
    );
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &limited]).current_dir(sandbox.path());
    let ran = Ran::of(&mut command);
    assert_eq!(ran.code, 1, "{}", ran.err());
    assert_eq!(ran.places(), ["large.bin:2:3"]);
    assert_eq!(ran.json()["coverage"]["bytes"], 300_000_000 + 70);
}

#[test]
fn a_failed_output_leaves_the_old_report() {
    let sandbox = Sandbox::new();
    sandbox.write("a.env", format!("T={}\n", token(1)));
    sandbox.write("old.json", "an old report");
    // the command line is wrong: nothing is written at all
    for args in [
        &["scan", "--policy", "nope", "--output", "json:old.json"][..],
        &["scan", "--output", "json:no/such/folder", "--output", "old.json", "--fail-on", "x"],
        &["scan", "--output", "old.json", "--baseline", "nope.toml"],
    ] {
        let ran = sandbox.run(args);
        assert_eq!(ran.code, 2, "{args:?}");
        let left = fs::read_to_string(sandbox.path().join("old.json")).unwrap();
        assert_eq!(left, "an old report", "{args:?}");
    }
    // a good one replaces it whole, and leaves nothing beside it
    let ran = sandbox.run(&["scan", "a.env", "--output", "old.json"]);
    assert_eq!(ran.code, 1);
    let report = fs::read(sandbox.path().join("old.json")).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    let names: Vec<_> = support::files_below(&sandbox.path());
    assert_eq!(names, ["a.env", "old.json"].map(std::path::PathBuf::from));
}

/// The device that is always full stands for a disk that is.
#[cfg(target_os = "linux")]
#[test]
fn a_report_that_can_not_be_written_is_an_error() {
    let sandbox = Sandbox::new();
    sandbox.write("a.txt", "x");
    let ran = sandbox.run(&["scan", "a.txt", "--output", "json:/dev/full"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err().contains("/dev/full"), "{}", ran.err());
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = sandbox.hallpass();
    let status = command.args(["scan", "--format", "json"]).stdout(full).status().unwrap();
    assert_ne!(status.code(), Some(0), "a report that nobody got is no all-clear");
}

#[test]
fn a_baseline_is_not_clobbered_by_a_failed_run() {
    let sandbox = Sandbox::new();
    sandbox.write("a.env", format!("T={}\n", token(1)));
    sandbox.write("base.toml", "version = 1\n[findings]\nbroken\n");
    let ran = sandbox.run(&["scan", "--write-baseline", "base.toml"]);
    assert_eq!(ran.code, 2, "{}", ran.err());
    let left = fs::read_to_string(sandbox.path().join("base.toml")).unwrap();
    assert!(left.ends_with("broken\n"), "{left}");
}

#[test]
fn a_baseline_silences_what_it_was_written_for_wherever_it_moves() {
    let sandbox = Sandbox::new();
    sandbox.write("a.env", format!("T={}\n", token(1)));
    let ran = sandbox.run(&["scan", "--write-baseline", "base.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.err());
    sandbox.write("a.env", format!("\n\n\n\nOTHER={}\n", token(1).replace('~', "%7E")));
    sandbox.write("sub/b.env", format!("T={}\n", token(1)));
    let ran = sandbox.scan(&["--baseline", "base.toml"]);
    assert_eq!(ran.code, 0, "{}", ran.out());
    sandbox.write("c.env", format!("T={}\n", token(2)));
    let ran = sandbox.scan(&["--baseline", "base.toml"]);
    assert_eq!(ran.places(), ["c.env:1:3"]);
}

#[test]
fn comments_count_in_every_encoding_and_line_end() {
    let sandbox = Sandbox::new();
    let text = |end: &str| {
        format!(
            "A = \"{}\"  # {ALLOW} made up, until 2999-01-31{end}\
             # {ALLOW}[canvas-access-token] also made up{end}B = \"{}\"{end}",
            token(1),
            token(2)
        )
    };
    let wide = |text: &str, encode: fn(u16) -> [u8; 2]| -> Vec<u8> {
        text.encode_utf16().flat_map(encode).collect()
    };
    let bom = |text: String| format!("\u{feff}{text}");
    sandbox.write("lf.py", text("\n"));
    sandbox.write("crlf.py", text("\r\n"));
    sandbox.write("bom.py", bom(text("\r\n")));
    sandbox.write("le.py", wide(&bom(text("\r\n")), u16::to_le_bytes));
    sandbox.write("be.py", wide(&bom(text("\n")), u16::to_be_bytes));
    sandbox.write("le-no-bom.py", wide(&text("\r\n"), u16::to_le_bytes));
    let ran = sandbox.scan(&[]);
    let report = ran.json();
    assert_eq!(ran.places(), [""; 0], "{}", ran.out());
    let suppressed = report["suppressed"].as_array().unwrap();
    assert_eq!(suppressed.len(), 12);
    for (at, one) in suppressed.iter().enumerate() {
        let by = &one["suppressed_by"];
        let due = [("made up", Some("2999-01-31")), ("also made up", None)][at % 2];
        assert_eq!(by["kind"], "inline");
        assert_eq!((by["reason"].as_str(), by["expires"].as_str()), (Some(due.0), due.1), "{one}");
    }
}

#[test]
fn colour_obeys_flag_and_environment() {
    let sandbox = Sandbox::new();
    sandbox.write("a.env", format!("T={}\n", token(1)));
    let colored = |args: &[&str], no_color: Option<&str>| {
        let mut command = sandbox.hallpass();
        command.arg("scan").args(args);
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        Ran::of(&mut command).stdout.contains(&0x1b)
    };
    assert!(!colored(&[], None), "a pipe is no terminal");
    assert!(colored(&["--color", "always"], None));
    assert!(colored(&["--color", "always"], Some("1")), "the flag is nearer than the environment");
    assert!(!colored(&["--color", "never"], None));
    // a terminal: script(1) makes one
    let on_terminal = |no_color: &str| {
        let line = format!("'{}' scan", env!("CARGO_BIN_EXE_hallpass"));
        let mut command = std::process::Command::new("script");
        command.args(["-qec", &line, "/dev/null"]).current_dir(sandbox.path());
        command.env("TERM", "xterm").env("NO_COLOR", no_color).stdin(Stdio::null());
        command.output().ok().filter(|output| !output.stdout.is_empty())
    };
    if let (Some(with), Some(without)) = (on_terminal(""), on_terminal("1")) {
        assert!(with.stdout.contains(&0x1b), "a terminal gets colour");
        let shown = String::from_utf8_lossy(&without.stdout);
        assert!(!shown.contains("\u{1b}[1"), "NO_COLOR takes it away: {shown:?}");
        assert!(shown.contains("canvas-access-token"), "{shown}");
    }
}

#[test]
fn git_folders_and_their_files_are_left_alone() {
    let sandbox = Sandbox::new();
    sandbox.write(".git/config", format!("token = {}\n", token(1)));
    sandbox.write("sub/.git", format!("gitdir: {}\n", token(2)));
    let ran = sandbox.scan(&["--no-ignore"]);
    assert_eq!(ran.places(), ["sub/.git:1:9"]);
    assert_eq!(ran.skipped().len(), 1, "{:?}", ran.skipped());
    // named, it is searched
    assert_eq!(sandbox.scan(&[".git/config"]).places(), [".git/config:1:9"]);
}

#[test]
fn hooks_pass_names_that_the_configuration_excludes() {
    let sandbox = Sandbox::new();
    let leak = format!("T={}\n", token(1));
    sandbox.write("vendor/deep/a.env", &leak);
    sandbox.write("b.env", &leak);
    sandbox.write("hallpass.toml", "[[exclude]]\npath = \"/vendor/\"\nreason = \"not ours\"\n");
    let as_hook = |value: &str, args: &[&str]| {
        let mut command = sandbox.hallpass();
        command.env("PRE_COMMIT", value).args(["scan", "--format", "json"]).args(args);
        Ran::of(&mut command)
    };
    let names = ["vendor/deep/a.env", "b.env"];
    assert_eq!(as_hook("1", &names).places(), ["b.env:1:3"]);
    assert_eq!(as_hook("1", &names).skipped(), ["vendor/deep/a.env: excluded: not ours"]);
    assert_eq!(as_hook("0", &names).places().len(), 2);
    let absolute = sandbox.path().join("vendor/deep/a.env");
    let ran = as_hook("1", &[absolute.to_str().unwrap(), "b.env"]);
    assert_eq!(ran.places(), ["b.env:1:3"]);
    // a hook all of whose names are excluded has nothing to say, and nothing went wrong
    let ran = as_hook("1", &["vendor/deep/a.env"]);
    assert_eq!((ran.code, ran.errors()), (0, vec![]), "{}", ran.err());
}
