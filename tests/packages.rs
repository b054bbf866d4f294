//! The wheel, as pip, pipx and uv install it; and a checkout of a release, which is installed
//! without a compiler.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;
mod tools;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{Ran, Sandbox, root, token};
use tempfile::TempDir;
use tools::{VERSION, line, program, release, tools, wheel, without_compiler, without_index};

/// A program of the tools that asks no index, with a home of its own.
fn offline(tools: &Path, name: &str, home: &Path) -> Command {
    let mut command = Command::new(program(tools, name));
    without_index(&mut command, tools);
    fs::create_dir_all(home.join("bin")).unwrap();
    command
        .env("HOME", home)
        .env("PATH", without_compiler(&home.join("bin")))
        .env("PIPX_HOME", home.join("pipx"))
        .env("UV_CACHE_DIR", home.join("uv"))
        .env("UV_NO_INDEX", "1")
        .env("UV_FIND_LINKS", wheel(tools).parent().unwrap())
        .env("UV_NO_CONFIG", "1")
        .current_dir(home);
    command
}

/// The environment that `pip install WHAT` leaves, or what it says instead.
fn install(tools: &Path, home: &Path, what: &Path) -> Result<Command, String> {
    let environment = home.join("environment");
    let ran = Ran::of(offline(tools, "uv", home).arg("venv").arg(&environment));
    assert_eq!(ran.code, 0, "{}", ran.err());
    let mut pip = offline(tools, "python", home);
    pip.args(["-m", "pip", "--python"]).arg(environment.join("bin/python"));
    let ran = Ran::of(pip.arg("install").arg(what));
    match ran.code {
        0 => Ok(Command::new(environment.join("bin/hallpass"))),
        _ => Err(ran.out() + &ran.err()),
    }
}

/// Whether it is this version, and does its work.
fn works(mut run: impl FnMut() -> Command) {
    let version = Ran::of(run().arg("--version"));
    assert_eq!(
        (version.code, version.out().trim()),
        (0, &*format!("hallpass {VERSION}")),
        "{}",
        version.err()
    );
    let sandbox = Sandbox::new();
    sandbox.write("sync.py", format!("TOKEN = \"{}\"\n", token(3)));
    let scan = Ran::of(run().args(["scan", "--format", "concise"]).current_dir(sandbox.path()));
    assert_eq!(scan.code, 1, "{}", scan.err());
    assert!(scan.out().starts_with("sync.py:1:"), "{}", scan.out());
}

#[test]
fn pip_pipx_and_uv_run_the_wheel() {
    let Some(tools) = tools() else { return };
    let wheel = wheel(&tools);
    let name = wheel.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with(&format!("hallpass_canvas-{VERSION}-py3-none-")), "{name}");
    let home = TempDir::new().unwrap();
    let home = home.path();
    install(&tools, home, wheel).unwrap();
    works(|| Command::new(home.join("environment/bin/hallpass")));
    let by_file = wheel.to_str().unwrap();
    // as somebody types it who has it from an index, and who has the file
    for from in ["hallpass-canvas", by_file] {
        works(|| {
            let mut pipx = offline(&tools, "pipx", home);
            pipx.args(["run", "--spec", from, "hallpass"]);
            pipx
        });
        works(|| {
            let mut uvx = offline(&tools, "uvx", home);
            uvx.args(["--from", from, "hallpass"]);
            uvx
        });
    }
}

#[test]
fn the_wheel_says_what_is_in_it() {
    let Some(tools) = tools() else { return };
    let read = |file: &str| {
        let code = "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); \
                    print(z.read([n for n in z.namelist() if n.endswith(sys.argv[2])][0]).decode())";
        let mut python = Command::new(program(&tools, "python"));
        Ran::of(python.args(["-c", code]).arg(wheel(&tools)).arg(file)).out()
    };
    let bill: Value = serde_json::from_str(&read("hallpass.cyclonedx.json")).unwrap();
    assert_eq!(bill["bomFormat"], "CycloneDX");
    let components = bill["components"].as_array().unwrap();
    let names: Vec<&str> = components.iter().map(|part| part["name"].as_str().unwrap()).collect();
    for name in ["clap", "regex", "serde-saphyr"] {
        assert!(names.contains(&name), "{name} is not in {names:?}");
    }
    // what only tests use is not passed on
    assert!(!names.contains(&"insta"), "{names:?}");
    let metadata = read("METADATA");
    assert!(metadata.contains("License-Expression: MIT OR Apache-2.0"), "{metadata}");
    assert!(read("LICENSE-MIT").contains("Permission is hereby granted"));
    assert!(read("WHEEL").contains("Tag: py3-none-"));
}

#[test]
fn a_checkout_of_a_release_needs_no_compiler() {
    let Some(tools) = tools() else { return };
    let home = TempDir::new().unwrap();
    let checkout = TempDir::new().unwrap();
    release(checkout.path(), &line(wheel(&tools)));
    if let Err(told) = install(&tools, home.path(), checkout.path()) {
        panic!("{told}");
    }
    works(|| Command::new(home.path().join("environment/bin/hallpass")));
}

#[test]
fn a_wheel_with_another_checksum_is_not_installed() {
    let Some(tools) = tools() else { return };
    let home = TempDir::new().unwrap();
    let checkout = TempDir::new().unwrap();
    let real = line(wheel(&tools));
    release(checkout.path(), &real.replacen(&real[..64], &"0".repeat(64), 1));
    let told = install(&tools, home.path(), checkout.path()).expect_err("it was installed");
    assert!(told.contains("has another checksum than 000000"), "{told}");
    assert!(!told.contains("was asked to compile"), "{told}");
    assert!(!home.path().join("environment/bin/hallpass").exists());
}

#[test]
fn any_other_checkout_is_built() {
    let Some(tools) = tools() else { return };
    let ask = |checkout: &Path, build: &str| {
        let code = "import hallpass_build as b; print(b.get_requires_for_build_wheel())";
        let mut python = Command::new(program(&tools, "python"));
        without_index(&mut python, &tools);
        python.args(["-c", code]).env("PYTHONPATH", checkout.join(".github/wheel"));
        Ran::of(python.env("HALLPASS_BUILD", build).current_dir(checkout)).out()
    };
    let unlisted = TempDir::new().unwrap();
    release(unlisted.path(), "");
    assert!(ask(unlisted.path(), "").contains("maturin"));
    // listed for another system only, so that there is none for this one
    let elsewhere = TempDir::new().unwrap();
    let name = format!("hallpass_canvas-{VERSION}-py3-none-win32.whl");
    release(elsewhere.path(), &format!("{}  {name}\n", "0".repeat(64)));
    let empty = TempDir::new().unwrap();
    let code = "import hallpass_build as b; print(b.get_requires_for_build_wheel())";
    let mut python = Command::new(program(&tools, "python"));
    python.args(["-c", code]).env("PYTHONPATH", elsewhere.path().join(".github/wheel"));
    python.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", empty.path());
    assert!(Ran::of(python.current_dir(elsewhere.path())).out().contains("maturin"));
    // listed, but asked to build all the same
    let listed = TempDir::new().unwrap();
    release(listed.path(), &line(wheel(&tools)));
    assert!(ask(listed.path(), "source").contains("maturin"));
    assert_eq!(ask(listed.path(), "").trim(), "[]");
}

/// The places that name the version or the package agree.
#[test]
fn the_packages_agree() {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap();
    assert!(read("pyproject.toml").contains("name = \"hallpass-canvas\""));
    assert!(read(".github/wheel/hallpass_build.py").contains("f\"hallpass-canvas=={version}\""));
    for file in [".github/workflows/release.yml", "deny.toml", ".github/action/install.sh"] {
        for target in [
            "x86_64-unknown-linux-musl",
            "aarch64-unknown-linux-musl",
            "x86_64-apple-darwin",
            "aarch64-apple-darwin",
            "x86_64-pc-windows-msvc",
        ] {
            assert!(read(file).contains(target), "{file} lacks {target}");
        }
    }
    for workflow in support::files_below(&root().join(".github/workflows")) {
        for line in read(&format!(".github/workflows/{}", workflow.display())).lines() {
            let Some((_, used)) = line.split_once("uses: ") else { continue };
            let pinned = used.split_once('@').is_some_and(|(_, rest)| {
                let (commit, version) = rest.split_once(" # v").unwrap_or((rest, ""));
                commit.len() == 40 && !version.is_empty()
            });
            assert!(pinned || used.starts_with("./"), "{} is not pinned", line.trim());
        }
    }
}

#[test]
fn the_documentation_shows_what_there_is() {
    let read = |file: &str| fs::read_to_string(root().join(file)).unwrap();
    let page = read("docs/ci.md");
    let action: Value = serde_saphyr::from_str(&read("action.yml")).unwrap();
    for part in ["inputs", "outputs"] {
        for name in action[part].as_object().unwrap().keys() {
            assert!(page.contains(&format!("\n| `{name}` | ")), "docs/ci.md lacks {name}");
        }
    }
    let hooks: Value = serde_saphyr::from_str(&read(".pre-commit-hooks.yaml")).unwrap();
    for hook in hooks.as_array().unwrap() {
        let id = hook["id"].as_str().unwrap();
        assert!(page.contains(&format!("\n| `{id}` | ")), "docs/ci.md lacks {id}");
    }
    // the workflow on the page is one, and so are the steps that are shown after it
    let Some(tools) = tools() else { return };
    let mut blocks = page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let workflow = blocks.next().unwrap();
    assert!(workflow.starts_with("on: "), "{workflow}");
    let steps = blocks.filter(|block| block.starts_with("      - uses: "));
    let (head, _) = workflow.split_once("      - uses: OWNER").unwrap();
    let whole: String = steps.fold(head.to_owned(), |whole, steps| whole + steps);
    for text in [workflow, &whole] {
        let sandbox = Sandbox::new();
        let file = sandbox.write("workflow.yml", text.replace("OWNER/", "owner/"));
        let mut lint = Command::new(program(&tools, "actionlint"));
        let ran = Ran::of(lint.arg("-shellcheck=").arg(file).current_dir(sandbox.path()));
        assert_eq!(ran.code, 0, "{}{}", ran.out(), text);
    }
}
