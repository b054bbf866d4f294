//! Plays GitHub's runner for `action.yml`: takes inputs and an event, works out the expressions that
//! the file holds, runs its steps with bash one after the other, and reads what they leave.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// A runner with a checkout, and the action beside it.
pub(crate) struct Runner {
    whole: TempDir,
    environment: BTreeMap<String, String>,
}

/// What a use of the action left.
#[derive(Debug)]
pub(crate) struct Job {
    /// The exit code of the step that failed, or 0.
    pub(crate) code: i32,
    /// Both streams: the runner reads commands from either.
    pub(crate) log: String,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) summary: String,
}

impl Runner {
    /// A runner whose checkout is an empty folder, and whose action is this repository's.
    pub(crate) fn new() -> Self {
        let whole = TempDir::new().expect("a temporary folder");
        for folder in ["checkout", "temp", "bin", "home"] {
            fs::create_dir(whole.path().join(folder)).expect("a folder");
        }
        let action = whole.path().join("_actions/owner/hallpass/v1");
        fs::create_dir_all(action.join(".github")).expect("a folder");
        let root = super::support::root();
        for file in super::support::files_below(&root.join(".github/action")) {
            let to = action.join(".github/action").join(&file);
            fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
            fs::copy(root.join(".github/action").join(&file), to).expect("a copy");
        }
        for file in ["action.yml", "Cargo.toml", ".github/checksums.sha256"] {
            fs::copy(root.join(file), action.join(file)).expect("a copy");
        }
        let mut runner = Self { whole, environment: BTreeMap::new() };
        let path = std::env::var("PATH").expect("a PATH");
        runner.set("PATH", &format!("{}:{path}", runner.path("bin").display()));
        runner.set("HOME", &runner.path("home").display().to_string());
        runner.set("GIT_CONFIG_NOSYSTEM", "1");
        runner.set("RUNNER_TEMP", &runner.path("temp").display().to_string());
        runner.set("RUNNER_OS", "Linux");
        runner.set("RUNNER_ARCH", "X64");
        runner.set("GITHUB_ACTION_PATH", &action.display().to_string());
        runner.set("GITHUB_REPOSITORY", "somebody/course");
        runner
    }

    /// A path below the runner's own folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.whole.path().join(name)
    }

    /// Where the repository that is looked at lies.
    pub(crate) fn checkout(&self) -> PathBuf {
        self.path("checkout")
    }

    /// Where the action lies.
    pub(crate) fn action(&self) -> PathBuf {
        self.path("_actions/owner/hallpass/v1")
    }

    /// Sets a variable of the steps' environment.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// Puts a program in front of the machine's own.
    pub(crate) fn program(&self, name: &str, text: &str) {
        executable(&self.path("bin").join(name), text);
    }

    /// Writes a file into the checkout.
    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        let path = self.checkout().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, contents).expect("a written file");
    }

    /// Runs git in `folder`; answers what it prints.
    pub(crate) fn git_in(&self, folder: &Path, args: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.edu"])
            .args(["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"])
            .args(args)
            .current_dir(folder)
            .env("HOME", self.path("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .output()
            .expect("git runs");
        assert!(output.status.success(), "git {args:?}: {output:?}");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// Runs git in the checkout.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.checkout(), args)
    }

    /// Commits a file with `contents`; answers the commit's id.
    pub(crate) fn commit(&self, name: &str, contents: &str) -> String {
        self.write(name, contents);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", name]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Uses the action with `inputs`, on a run for `event`.
    pub(crate) fn run(&self, inputs: &[(&str, &str)], name: &str, event: &Value) -> Job {
        let text = fs::read_to_string(self.action().join("action.yml")).expect("action.yml");
        let action: Value = serde_saphyr::from_str(&text).expect("YAML");
        let mut context = serde_json::json!({
            "inputs": {},
            "steps": {},
            "github": { "event": event, "action_repository": "owner/hallpass" },
        });
        for (name, input) in action["inputs"].as_object().expect("inputs") {
            context["inputs"][name] = input["default"].clone();
        }
        for (name, value) in inputs {
            assert!(!context["inputs"][name].is_null(), "the action has no input {name}");
            context["inputs"][name] = (*value).into();
        }
        let mut job =
            Job { code: 0, log: String::new(), outputs: BTreeMap::new(), summary: String::new() };
        for step in action["runs"]["steps"].as_array().expect("steps") {
            self.step(step, name, &mut context, &mut job);
            if job.code != 0 {
                break;
            }
        }
        for (name, output) in action["outputs"].as_object().expect("outputs") {
            let value = output["value"].as_str().expect("a value");
            job.outputs.insert(name.clone(), evaluate(value, &context));
        }
        job
    }

    fn step(&self, step: &Value, event: &str, context: &mut Value, job: &mut Job) {
        assert_eq!(step["shell"], "bash");
        let script = step["run"].as_str().expect("a script");
        assert!(!script.contains("${{"), "an expression in a script: {script}");
        let folder = TempDir::new_in(self.whole.path()).expect("a folder");
        let file = |name: &str| folder.path().join(name);
        fs::write(file("script.sh"), script).expect("a script");
        fs::write(file("output"), "").expect("a file");
        fs::write(file("summary"), "").expect("a file");
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(file("script.sh"))
            .current_dir(self.checkout())
            .env_clear()
            .envs(&self.environment)
            .env("GITHUB_EVENT_NAME", event)
            .env("GITHUB_OUTPUT", file("output"))
            .env("GITHUB_STEP_SUMMARY", file("summary"));
        for (name, value) in step["env"].as_object().expect("an environment") {
            command.env(name, evaluate(value.as_str().expect("text"), context));
        }
        let ran = command.output().expect("bash runs");
        job.code = ran.status.code().expect("an exit code");
        job.log.push_str(&String::from_utf8(ran.stdout).expect("text"));
        job.log.push_str(&String::from_utf8(ran.stderr).expect("text"));
        job.summary.push_str(&fs::read_to_string(file("summary")).expect("a summary"));
        let id = step["id"].as_str().expect("an id");
        let outputs = fs::read_to_string(file("output")).expect("outputs");
        context["steps"][id]["outputs"] = read_outputs(&outputs);
    }
}

/// Writes a program.
pub(crate) fn executable(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).expect("a program");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("permissions");
}

/// The file of outputs as the runner reads it: `name<<mark`, lines, `mark`, or `name=value`.
fn read_outputs(text: &str) -> Value {
    let mut outputs = serde_json::Map::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((name, mark)) = line.split_once("<<") {
            let value: Vec<&str> = lines.by_ref().take_while(|line| *line != mark).collect();
            outputs.insert(name.to_owned(), value.join("\n").into());
        } else if let Some((name, value)) = line.split_once('=') {
            outputs.insert(name.to_owned(), value.into());
        }
    }
    outputs.into()
}

/// A string with expressions: paths, joined with `||`. The action holds no others.
fn evaluate(text: &str, context: &Value) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").expect("an end");
        result.push_str(before);
        let value = expression.split("||").map(|path| {
            let path = path.trim();
            assert!(
                path.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)),
                "the test can't evaluate {path}"
            );
            path.split('.').fold(context, |at, name| &at[name])
        });
        // null and the empty string are false
        let value = value.filter_map(Value::as_str).find(|text| !text.is_empty());
        result.push_str(value.unwrap_or_default());
        rest = after;
    }
    result + rest
}
