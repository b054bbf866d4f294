//! What `hallpass init` writes.

use std::fs;
use std::path::Path;

use jiff::civil::{Date, Weekday};

use crate::cli::Part;
use crate::commands::CommandError;
use crate::sources::files::describe;

/// The path of the hooks' configuration.
pub(super) const PRE_COMMIT: &str = ".pre-commit-config.yaml";
/// The path of the request to copy from.
pub(super) const REQUEST: &str = "requests/example.yaml";
const CONFIG: &str = "hallpass.toml";
const WORKFLOW: &str = ".github/workflows/hallpass.yml";

/// What the user wants.
pub(super) struct Choices {
    pub(super) policy: Option<String>,
    pub(super) parts: Vec<Part>,
    pub(super) requests: bool,
    pub(super) source: Option<String>,
    pub(super) today: Date,
}

/// A file as it is, empty if it is not there, and as it is to be.
pub(super) struct File {
    pub(super) path: String,
    pub(super) old: String,
    pub(super) new: String,
}

/// What is to be done.
#[derive(Default)]
pub(super) struct Plan {
    /// What is written anew.
    pub(super) files: Vec<File>,
    /// What the user has to add to a file that is there.
    pub(super) proposed: Vec<File>,
    /// What is there and stays: path and words.
    pub(super) kept: Vec<(String, &'static str)>,
}

impl Plan {
    fn add(&mut self, root: &Path, path: &str, new: String) {
        // also a link that leads nowhere is something that is there
        if fs::symlink_metadata(root.join(path)).is_ok() {
            self.kept.push((path.to_owned(), "it is there and stays as it is"));
        } else {
            self.files.push(File { path: path.to_owned(), old: String::new(), new });
        }
    }
}

/// Looks at the repository and says what is to be done.
pub(super) fn plan(root: &Path, choices: &Choices) -> Result<Plan, CommandError> {
    let mut plan = Plan::default();
    for part in &choices.parts {
        match part {
            Part::Config => match configured_in(root) {
                Some(path) => {
                    plan.kept.push((path.to_owned(), "it configures hallpass and stays as it is"));
                }
                None => plan.add(root, CONFIG, config(choices)),
            },
            Part::PreCommit => pre_commit(root, choices, &mut plan)?,
            Part::Workflow => plan.add(root, WORKFLOW, workflow(choices)),
        }
    }
    if choices.requests {
        plan.add(root, REQUEST, request(choices));
    }
    Ok(plan)
}

/// Whether the repository configures hallpass already.
pub(super) fn has_config(root: &Path) -> bool {
    configured_in(root).is_some()
}

fn configured_in(root: &Path) -> Option<&'static str> {
    let there = |name: &&str| fs::symlink_metadata(root.join(name)).is_ok();
    if let Some(name) = [CONFIG, ".hallpass.toml"].iter().find(|name| there(name)) {
        return Some(name);
    }
    let text = fs::read_to_string(root.join("pyproject.toml")).ok()?;
    let table: toml::Table = text.parse().ok()?;
    table.get("tool")?.get("hallpass").map(|_| "pyproject.toml")
}

fn policy(choices: &Choices) -> String {
    let name = choices.policy.as_deref().unwrap_or("canvas");
    toml::Value::String(name.to_owned()).to_string()
}

fn config(choices: &Choices) -> String {
    include_str!("hallpass.toml").replace("\r\n", "\n").replace("{policy}", &policy(choices))
}

/// A request that every policy at hand accepts.
fn request(choices: &Choices) -> String {
    let later = |weeks: i64| {
        let span = jiff::Span::new().try_weeks(weeks).unwrap_or_default();
        choices.today.checked_add(span).unwrap_or(choices.today)
    };
    // reviews take up to five business days; two weeks and a bit have as many in any case
    let mut needed = later(2);
    while matches!(needed.weekday(), Weekday::Saturday | Weekday::Sunday) {
        needed = needed.tomorrow().unwrap_or(needed);
    }
    let id = choices.policy.as_deref().filter(|name| !name.contains(['/', '.', '\\']));
    include_str!("request.yaml")
        .replace("\r\n", "\n")
        .replace("{policy}", id.unwrap_or("canvas"))
        .replace("{requested}", &choices.today.to_string())
        .replace("{needed_by}", &needed.to_string())
        .replace("{expires}", &later(15).to_string())
}

/// The files that hold requests, as pre-commit names them.
const REQUEST_FILES: &str = "^requests/.+\\.ya?ml$";

fn hooks(choices: &Choices) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut text = String::new();
    match &choices.source {
        Some(source) => {
            text.push_str(&format!("- repo: https://github.com/{source}\n  rev: v{version}\n"));
            text.push_str("  hooks:\n    - id: hallpass\n");
            if choices.requests {
                let files = REQUEST_FILES;
                text.push_str(&format!("    - id: hallpass-check\n      files: {files}\n"));
            }
        }
        None => {
            let hook = |id: &str, name: &str, entry: &str, more: &str| {
                format!(
                    "    - id: {id}\n      name: {name}\n      entry: {entry}\n      language: \
                     python\n      additional_dependencies: [hallpass-canvas=={version}]\n      \
                     {more}\n      require_serial: true\n"
                )
            };
            text.push_str("- repo: local\n  hooks:\n");
            let scan = "hallpass scan --format concise";
            text.push_str(&hook("hallpass", "leaked Canvas tokens", scan, "types: [file]"));
            if choices.requests {
                let files = format!("files: {REQUEST_FILES}");
                let name = "requests for Canvas tokens";
                text.push_str(&hook("hallpass-check", name, "hallpass check", &files));
            }
        }
    }
    text
}

fn pre_commit(root: &Path, choices: &Choices, plan: &mut Plan) -> Result<(), CommandError> {
    let path = root.join(PRE_COMMIT);
    if fs::symlink_metadata(&path).is_err() {
        plan.add(root, PRE_COMMIT, format!("repos:\n{}", indented(&hooks(choices), "  ")));
        return Ok(());
    }
    let old = fs::read_to_string(&path).map_err(|error| CommandError::Usage {
        message: format!("can't read {PRE_COMMIT}: {}", describe(&error)),
        help: Some("`--without pre-commit` leaves it out".to_owned()),
    })?;
    if old.contains("id: hallpass") {
        plan.kept.push((PRE_COMMIT.to_owned(), "it has hallpass' hook already"));
        return Ok(());
    }
    let new = with_hooks(&old, &hooks(choices));
    plan.proposed.push(File { path: PRE_COMMIT.to_owned(), old, new });
    Ok(())
}

/// The configuration with another entry at the end of its list of repositories.
fn with_hooks(old: &str, hooks: &str) -> String {
    let lines: Vec<&str> = old.lines().collect();
    let Some(list) = lines.iter().position(|line| line.starts_with("repos:")) else {
        return format!("{}\nrepos:\n{}", old.trim_end(), indented(hooks, "  "));
    };
    let after = lines.get(list + 1..).unwrap_or_default();
    let first = after.iter().find(|line| line.trim_start().starts_with("- "));
    let indent = first.map_or("  ", |line| &line[..line.len() - line.trim_start().len()]);
    // the list ends with the last line that belongs to it
    let is_part = |line: &str| line.starts_with([' ', '-', '\t']) && !line.trim().is_empty();
    let is_end = |line: &&str| !is_part(line) && !line.trim().is_empty() && !line.starts_with('#');
    let end = after.iter().position(is_end).unwrap_or(after.len());
    let kept = after.get(..end).unwrap_or_default();
    let last = kept.iter().rposition(|line| is_part(line)).map_or(0, |at| at + 1);
    let mut new = String::new();
    for (at, line) in lines.iter().enumerate() {
        if at == list + 1 + last {
            new.push_str(&indented(hooks, indent));
        }
        new.push_str(line);
        new.push('\n');
    }
    if lines.len() == list + 1 + last {
        new.push_str(&indented(hooks, indent));
    }
    new
}

fn indented(text: &str, indent: &str) -> String {
    text.lines().map(|line| format!("{indent}{line}\n")).collect()
}

fn workflow(choices: &Choices) -> String {
    let mut text = String::from(
        "# Looks for leaked Canvas access tokens in every push and pull request.\n\
         name: hallpass\n\
         \n\
         on:\n  push:\n  pull_request:\n\
         \n\
         permissions:\n  contents: read\n\
         \n\
         jobs:\n  hallpass:\n    runs-on: ubuntu-latest\n    steps:\n      \
         - uses: actions/checkout@v7\n        with:\n          \
         # all commits, to look at those of a pull request one by one\n          \
         fetch-depth: 0\n          persist-credentials: false\n",
    );
    match &choices.source {
        Some(source) => {
            text.push_str(&format!("      - uses: {source}@v1\n"));
            if choices.requests {
                text.push_str(&format!("      - uses: {source}@v1\n        with:\n"));
                text.push_str("          command: check\n          paths: requests\n");
            }
        }
        None => {
            let run = |command: &str| {
                let version = env!("CARGO_PKG_VERSION");
                let tool = format!("pipx run --spec hallpass-canvas=={version} hallpass");
                let summary = "--output \"markdown:$GITHUB_STEP_SUMMARY\"";
                format!("      - run: {tool} {command} --format github {summary}\n")
            };
            text.push_str(&run("scan"));
            if choices.requests {
                // also where the scan has found something
                let step = run("check requests").replace("- run", "- if: always()\n        run");
                text.push_str(&step);
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::with_hooks;

    #[test]
    fn hooks_go_to_the_end_of_the_list() {
        let hooks = "- repo: x\n";
        for (old, new) in [
            ("repos:\n- repo: a\n  rev: 1\n", "repos:\n- repo: a\n  rev: 1\n- repo: x\n"),
            (
                "repos:\n    - repo: a\n\n# end\nfail_fast: true\n",
                "repos:\n    - repo: a\n    - repo: x\n\n# end\nfail_fast: true\n",
            ),
            ("fail_fast: true\n", "fail_fast: true\nrepos:\n  - repo: x\n"),
            ("repos:\n", "repos:\n  - repo: x\n"),
        ] {
            assert_eq!(with_hooks(old, hooks), new);
        }
    }
}
