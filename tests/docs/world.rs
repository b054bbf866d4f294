//! The small repository that the documentation's commands are run in: the same in every run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::markdown::blocks;
use super::support::{Ran, Sandbox, root, token};

pub(crate) struct World {
    sandbox: Sandbox,
}

impl World {
    /// The world of a page.
    pub(crate) fn of(page: &str) -> Self {
        let world = Self { sandbox: Sandbox::new() };
        // the day is the same for ever
        let program = world.sandbox.outside().join("bin/hallpass");
        fs::create_dir(program.parent().expect("a folder")).expect("a folder");
        let real = env!("CARGO_BIN_EXE_hallpass");
        let script = format!("#!/bin/sh\nexec '{real}' --today 2026-11-23 \"$@\"\n");
        fs::write(&program, script).expect("a script");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("permissions");

        world.prepare("git init -q -b main . && git commit -q --allow-empty -m begin");
        world.prepare("git update-ref refs/remotes/origin/main HEAD && git switch -q -c course");
        let leak = format!("import canvas\n\ntoken = \"{}\"\n", token(1));
        world.sandbox.write("src/sync.py", leak);
        world.sandbox.write("notes.md", "Office hours are on Fridays.\n");
        world.sandbox.write("export.json", "{\"courses\": []}\n");
        let request = first("docs/requests.md", "kind: CanvasTokenRequest");
        world.sandbox.write("request.yaml", &request);
        let other = request.replace("Ada Byron", "Charles Babbage").replace("byron@", "babbage@");
        world.sandbox.write("requests/babbage.yaml", other);
        world.sandbox.write("requests/byron.yaml", request.replace("sponsor:", "# sponsor:\n#"));
        let pack = first("docs/policy-packs.md", "id: example");
        world.sandbox.write("policies/ours.yaml", &pack);
        world.sandbox.write("example.yaml", pack);
        world.prepare("git add . && git commit -q -m 'Read the grades'");
        if ["docs/audit.md", "README.md"].contains(&page) {
            let report = root().join("fixtures/audit/idle-and-renewal-days/report.csv");
            world.sandbox.write("report.csv", fs::read(report).expect("a report"));
        }
        if ["docs/organisation.md", "README.md"].contains(&page) {
            world.sandbox.write("reports/.gitignore", "*\n");
            world.prepare("hallpass scan src --exit-zero --output reports/tree.json");
            world.prepare("hallpass scan --history --exit-zero --output reports/history.json");
        }
        world
    }

    /// The working directory.
    pub(crate) fn work(&self) -> PathBuf {
        self.sandbox.path()
    }

    /// A command for a shell, in an environment that depends on nothing outside.
    pub(crate) fn command(&self, script: &str) -> Command {
        let path = std::env::var("PATH").expect("a path");
        let bin = self.sandbox.outside().join("bin");
        let mut command = Command::new("bash");
        command
            .args(["-c", script])
            .current_dir(self.work())
            .env_clear()
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("HOME", self.sandbox.outside())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(std::process::Stdio::null());
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "Ada Byron")
                .env(format!("GIT_{who}_EMAIL"), "ada@example.edu")
                .env(format!("GIT_{who}_DATE"), "2026-11-20T09:00:00Z");
        }
        command
    }

    /// Runs a command; answers standard output, standard error and the exit code, as a terminal
    /// would show them at the best.
    pub(crate) fn run(&self, script: &str) -> String {
        let ran = Ran::of(&mut self.command(script));
        let mut text = ran.out() + &ran.err();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let version = concat!("=", env!("CARGO_PKG_VERSION"));
        let text = text.replace(version, "=[version]");
        format!("{text}[exit {}]\n", ran.code)
    }

    fn prepare(&self, script: &str) {
        let ran = Ran::of(&mut self.command(script));
        assert_eq!(ran.code, 0, "{script}: {}", ran.err());
    }
}

/// The first block of a page that holds `text`.
fn first(page: &str, text: &str) -> String {
    let page = fs::read_to_string(root().join(page)).expect("a page");
    let found = blocks(&page).into_iter().find(|block| block.text.contains(text));
    found.expect("a block").text
}

/// A tool of another's that CI installs (`.ci/run`); elsewhere a test goes without.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let tools = std::env::var_os("HALLPASS_TOOLS").map(PathBuf::from);
    let installed = tools.unwrap_or_else(|| root().join("target/ci-tools")).join("bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::iter::once(installed)
        .chain(std::env::split_paths(&path))
        .map(|folder: PathBuf| Path::new(&folder).join(name))
        .find(|program| program.is_file());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "CI has no {name}: see .ci/run");
        eprintln!("skipped: there is no {name} on the PATH");
    }
    found
}
