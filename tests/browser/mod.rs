//! A real browser without a window, and what makes colours legible.

pub(crate) mod contrast;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Longer than this no page takes; a browser that hangs is ended.
const PATIENCE: Duration = Duration::from_secs(120);

/// A browser's program.
pub(crate) struct Browser(PathBuf);

/// What a browser made of a page.
pub(crate) struct Seen {
    /// The document as it stands after it was loaded.
    pub(crate) dom: String,
    /// What was written to the console: errors, and what the page's policy refused.
    pub(crate) console: Vec<String>,
}

impl Browser {
    /// The browser of this machine. Without one there is nothing to test, except where CI has
    /// installed it.
    pub(crate) fn find() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = std::env::split_paths(&path)
            .flat_map(|folder| NAMES.map(|name| folder.join(name)))
            .find(|program| program.is_file());
        if found.is_none() {
            assert!(std::env::var_os("CI").is_none(), "CI has no chromium: see .ci/run");
            eprintln!("skipped: there is no chromium on the PATH");
        }
        found.map(Self)
    }

    /// Loads a page.
    pub(crate) fn open(&self, name: &str, page: &str) -> Seen {
        let ran = self.run(name, page, &["--dump-dom", "--enable-logging=stderr"]);
        let dom = String::from_utf8_lossy(&ran.stdout).into_owned();
        assert!(dom.contains("</html>"), "{name}: {}", String::from_utf8_lossy(&ran.stderr));
        let log = String::from_utf8_lossy(&ran.stderr);
        let console = log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned);
        Seen { dom, console: console.collect() }
    }

    /// A picture of the top of a page, in PNG.
    pub(crate) fn picture(&self, name: &str, page: &str, dark: bool, size: (u32, u32)) -> Vec<u8> {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("page.png");
        let scheme = if dark { 0 } else { 1 };
        self.run(
            name,
            page,
            &[
                &format!("--screenshot={}", file.display()),
                &format!("--window-size={},{}", size.0, size.1),
                &format!("--blink-settings=preferredColorScheme={scheme}"),
                "--hide-scrollbars",
            ],
        );
        fs::read(&file).unwrap_or_else(|error| panic!("{name}: no picture: {error}"))
    }

    /// How many sheets of paper a page takes.
    pub(crate) fn printed_pages(&self, name: &str, page: &str) -> usize {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join("page.pdf");
        self.run(
            name,
            page,
            &[&format!("--print-to-pdf={}", file.display()), "--no-pdf-header-footer"],
        );
        let pdf = fs::read(&file).unwrap_or_else(|error| panic!("{name}: not printed: {error}"));
        // page objects are not compressed
        let text = String::from_utf8_lossy(&pdf);
        text.matches("/Type /Page\n").count() + text.matches("/Type /Page ").count()
    }

    fn run(&self, name: &str, page: &str, args: &[&str]) -> Output {
        let folder = TempDir::new().expect("a folder");
        let file = folder.path().join(format!("{name}.html"));
        fs::write(&file, page).expect("a written page");
        let mut command = Command::new(&self.0);
        command
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ])
            .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
            .args(args)
            .arg(format!("file://{}", file.display()));
        finish(command, folder.path(), name)
    }
}

/// Runs a command to its end, its output kept in files so that no pipe fills up.
fn finish(mut command: Command, folder: &Path, name: &str) -> Output {
    let (out, err) = (folder.join("stdout"), folder.join("stderr"));
    let file = |path: &Path| Stdio::from(fs::File::create(path).expect("a file"));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file(&out))
        .stderr(file(&err))
        .spawn()
        .expect("the browser starts");
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            panic!("{name}: the browser hangs: {}", fs::read_to_string(&err).unwrap_or_default());
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let read = |path: &Path| fs::read(path).expect("its output");
    Output { status, stdout: read(&out), stderr: read(&err) }
}
