//! Tells from a path what kind of place a file is: code, configuration, notes, mail, …

use std::path::Path;

use crate::finding::Place;

const NOTEBOOK: &[&str] = &["ipynb", "rmd", "qmd", "rnw", "nb", "dbc", "zpln"];
const DOCUMENT: &[&str] = &[
    "doc", "docx", "docm", "dot", "dotx", "odt", "ott", "fodt", "rtf", "pdf", "ppt", "pptx",
    "pptm", "odp", "fodp", "key", "pages", "wpd", "epub", "ps", "one", "vsdx", "odg",
];
const SPREADSHEET: &[&str] =
    &["xls", "xlsx", "xlsm", "xlsb", "ods", "fods", "csv", "tsv", "numbers", "dif", "parquet"];
const SCREENSHOT: &[&str] =
    &["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "heic", "avif"];
const NOTES: &[&str] = &[
    "md", "markdown", "mdx", "txt", "text", "org", "rst", "adoc", "asciidoc", "note", "notes",
    "wiki", "enex", "opml", "textile", "todo",
];
const MAIL: &[&str] = &["eml", "emlx", "mbox", "msg", "mbx", "pst", "ost", "mht", "mhtml", "ics"];
const LOG: &[&str] = &[
    "log",
    "logs",
    "out",
    "err",
    "har",
    "cast",
    "trace",
    "stdout",
    "stderr",
    "typescript",
    "pcap",
];
const CONFIGURATION: &[&str] = &[
    "env",
    "ini",
    "toml",
    "yaml",
    "yml",
    "json",
    "json5",
    "jsonc",
    "xml",
    "properties",
    "cfg",
    "conf",
    "config",
    "cnf",
    "tf",
    "tfvars",
    "tfstate",
    "hcl",
    "plist",
    "reg",
    "desktop",
    "service",
    "envrc",
    "credentials",
    "netrc",
    "npmrc",
    "pypirc",
    "renviron",
    "token",
    "lock",
    "pem",
    "settings",
    "prefs",
    "nomad",
    "kdl",
    "ron",
    "cue",
    "dhall",
    "jsonnet",
    "editorconfig",
    "gitconfig",
    "http",
    "rest",
    "bru",
    "webloc",
    "url",
    "strings",
    "resx",
    "ejs.json",
];
const CODE: &[&str] = &[
    "py",
    "pyw",
    "pyi",
    "pyx",
    "r",
    "js",
    "mjs",
    "cjs",
    "jsx",
    "ts",
    "mts",
    "cts",
    "tsx",
    "vue",
    "svelte",
    "astro",
    "rb",
    "erb",
    "rake",
    "gemspec",
    "php",
    "phtml",
    "java",
    "kt",
    "kts",
    "scala",
    "groovy",
    "gradle",
    "clj",
    "cljs",
    "edn",
    "c",
    "h",
    "cc",
    "cpp",
    "cxx",
    "hpp",
    "hh",
    "m",
    "mm",
    "swift",
    "go",
    "rs",
    "cs",
    "csx",
    "fs",
    "fsx",
    "vb",
    "vbs",
    "bas",
    "ps1",
    "psm1",
    "psd1",
    "bat",
    "cmd",
    "sh",
    "bash",
    "zsh",
    "fish",
    "ksh",
    "nu",
    "awk",
    "sed",
    "pl",
    "pm",
    "t",
    "lua",
    "tcl",
    "jl",
    "dart",
    "ex",
    "exs",
    "erl",
    "hrl",
    "hs",
    "lhs",
    "ml",
    "mli",
    "elm",
    "el",
    "lisp",
    "cl",
    "scm",
    "rkt",
    "sql",
    "psql",
    "graphql",
    "gql",
    "proto",
    "html",
    "htm",
    "xhtml",
    "css",
    "scss",
    "sass",
    "less",
    "styl",
    "hbs",
    "mustache",
    "liquid",
    "j2",
    "jinja",
    "jinja2",
    "tmpl",
    "tpl",
    "njk",
    "ejs",
    "pug",
    "haml",
    "slim",
    "twig",
    "tex",
    "sty",
    "cls",
    "bib",
    "sol",
    "zig",
    "nim",
    "cr",
    "d",
    "v",
    "sv",
    "vhd",
    "asm",
    "s",
    "f",
    "f90",
    "for",
    "pas",
    "ada",
    "adb",
    "cob",
    "do",
    "sas",
    "sps",
    "stan",
    "mk",
    "cmake",
    "bzl",
    "nix",
    "ipf",
    "applescript",
    "ahk",
    "gs",
    "wasm",
    "wat",
    "map",
    "snap",
    "diff",
    "patch",
    "coffee",
    "haxe",
    "hx",
    "ttl",
    "xsl",
    "xslt",
    "aspx",
    "cshtml",
    "jsp",
    "cfm",
    "as",
    "ino",
    "gd",
    "shader",
    "glsl",
    "hlsl",
];
const BINARY: &[&str] = &[
    "sqlite", "sqlite3", "db", "db3", "pickle", "pkl", "p", "npy", "npz", "rds", "rdata", "rda",
    "mat", "h5", "hdf5", "feather", "arrow", "exe", "dll", "so", "dylib", "a", "o", "pyc", "pyo",
    "class", "bin", "dat", "mo", "ldb", "leveldb", "realm", "bson", "msgpack", "cbor", "mdb",
];
const HISTORIES: &[&str] = &[
    ".history",
    ".rhistory",
    "fish_history",
    "consolehost_history.txt",
    ".viminfo",
    ".lesshst",
    ".python_history",
    ".node_repl_history",
    ".irb_history",
    ".pry_history",
    "zsh_history",
    "bash_history",
    ".histfile",
];
const CODE_NAMES: &[&str] = &[
    "makefile",
    "gnumakefile",
    "rakefile",
    "gemfile",
    "jenkinsfile",
    "justfile",
    "vagrantfile",
    "sconstruct",
    "build",
    "workspace",
    "cmakelists.txt",
    ".rprofile",
    "procfile",
];
const CONFIGURATION_NAMES: &[&str] =
    &["dockerfile", "containerfile", "credentials", "config", "requirements.txt", "robots.txt"];
const CHATS: &[&str] =
    &["slack", "discord", "zulip", "mattermost", "whatsapp", "telegram", "rocketchat", "msteams"];

/// The kind of place that `path` is. Nothing is read; the path may be one inside a container.
pub fn classify(path: &str) -> Place {
    let lower = path.replace('\\', "/").to_ascii_lowercase();
    let name = lower.rsplit(['/', '!']).next().unwrap_or(&lower);
    let extension = Path::new(name).extension().and_then(|text| text.to_str()).unwrap_or("");
    if HISTORIES.contains(&name) || name.ends_with("_history") || name.ends_with("_hist") {
        return Place::ShellHistory;
    }
    if is_chat(&lower, name, extension) {
        return Place::Chat;
    }
    if MAIL.contains(&extension) || name == "mbox" || lower.contains("maildir/") {
        return Place::Mail;
    }
    if CODE_NAMES.contains(&name) {
        return Place::Code;
    }
    if is_configuration_name(name) {
        return Place::Configuration;
    }
    // app.log.1, app.log.2026-01-31
    if name.contains(".log.")
        || lower.split('/').rev().skip(1).any(|part| part == "logs") && extension.is_empty()
    {
        return Place::Log;
    }
    let kinds = [
        (NOTEBOOK, Place::Notebook),
        (DOCUMENT, Place::Document),
        (SPREADSHEET, Place::Spreadsheet),
        (SCREENSHOT, Place::Screenshot),
        (NOTES, Place::Notes),
        (LOG, Place::Log),
        (CONFIGURATION, Place::Configuration),
        (CODE, Place::Code),
        (BINARY, Place::Binary),
    ];
    let known = kinds.iter().find(|(extensions, _)| extensions.contains(&extension));
    match known {
        Some((_, place)) => *place,
        // ~/.canvas_token and other dot files without an extension are settings
        None if name.starts_with('.') => Place::Configuration,
        None if matches!(name, "notes" | "readme" | "todo") => Place::Notes,
        None => Place::Other,
    }
}

/// Whether the path speaks of a chat and the file could be an export of one.
fn is_chat(path: &str, name: &str, extension: &str) -> bool {
    let export = matches!(
        extension,
        "json" | "txt" | "html" | "htm" | "csv" | "xml" | "jsonl" | "ndjson" | "md"
    );
    let speaks = |text: &str| CHATS.iter().any(|chat| text.contains(chat));
    let chat_name = name.contains("chat") || name.contains("teams-") || name.contains("teams_");
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let export_folder = folder.split('/').any(|part| {
        (speaks(part) || part.contains("teams") || part.contains("chat"))
            && (part.contains("export")
                || part.contains("archive")
                || part.contains("backup")
                || part.contains("dump")
                || speaks(part) && part.len() <= 12)
    });
    export && (export_folder || speaks(name) || chat_name)
}

fn is_configuration_name(name: &str) -> bool {
    CONFIGURATION_NAMES.contains(&name)
        || name.starts_with(".env")
        || name.ends_with(".env")
        || name.starts_with("dockerfile.")
        || name.starts_with("docker-compose")
        || name.ends_with("rc") && name.starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_places_from_paths() {
        for (path, place) in [
            ("src/sync.py", Place::Code),
            ("Makefile", Place::Code),
            (".env.local", Place::Configuration),
            ("k8s/secret.yaml", Place::Configuration),
            (".canvas_token", Place::Configuration),
            ("analysis.ipynb", Place::Notebook),
            ("report.docx", Place::Document),
            ("grades.csv", Place::Spreadsheet),
            ("docs/notes.md", Place::Notes),
            ("mail/handover.eml", Place::Mail),
            ("slack-export/general/2026-01-31.json", Place::Chat),
            ("exports/teams_chat.json", Place::Chat),
            ("sync.log", Place::Log),
            ("sync.log.1", Place::Log),
            ("home/.bash_history", Place::ShellHistory),
            ("x/ConsoleHost_history.txt", Place::ShellHistory),
            ("cache.sqlite", Place::Binary),
            ("backup.zip!course/notes.txt", Place::Notes),
            ("LICENSE", Place::Other),
            ("-", Place::Other),
        ] {
            assert_eq!(classify(path), place, "{path}");
        }
    }
}
