//! Finds and reads the configuration: `hallpass.toml`, `.hallpass.toml`, or `[tool.hallpass]` in
//! `pyproject.toml`, the nearest from the working directory up to the repository's root.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use miette::{Diagnostic, NamedSource, SourceSpan};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use thiserror::Error;

use crate::finding::{Severity, printable, scrub};
use crate::sources::paths::Display;

const NAMES: [&str; 3] = ["hallpass.toml", ".hallpass.toml", "pyproject.toml"];

/// What a project has decided for itself. Unknown keys are errors.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "hallpass configuration")]
pub struct Config {
    /// The institution's policy pack: an id, or a path relative to this file.
    pub policy: Option<String>,
    /// Paths of further policy packs, relative to this file.
    pub policies: Vec<PathBuf>,
    /// Days on which nobody works, besides weekends: they are no business days.
    #[serde(deserialize_with = "days")]
    #[schemars(with = "Vec<String>")]
    pub holidays: Vec<Date>,
    /// The least severity that makes a run fail.
    pub fail_on: Option<Severity>,
    /// What the scan passes over.
    pub exclude: Vec<Exclude>,
    /// Larger files are passed over: a number of bytes, or such as `10 MiB`.
    pub max_file_size: Option<String>,
    /// The baseline's path, relative to this file.
    pub baseline: Option<PathBuf>,
    /// Paths of further detectors, relative to this file, in the format of `rules/detectors`.
    pub detectors: Vec<PathBuf>,
    /// Another severity for a rule.
    pub severity: BTreeMap<String, Severity>,
    /// Findings that are accepted.
    pub allow: Vec<Allow>,
    /// What audits of issued tokens go by.
    pub audit: Audit,
}

/// What audits of issued tokens go by.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Audit {
    /// After how many days without use a token is idle; 90 unless this says otherwise.
    pub unused_days: Option<u32>,
    /// How many days before its end a token's renewal is due; 14 unless this says otherwise.
    pub renewal_days: Option<u32>,
    /// Names of developer keys of further mobile apps.
    pub mobile_apps: Vec<String>,
}

/// What the scan passes over, and why.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exclude {
    /// A pattern as in `.gitignore`, anchored at this file's folder.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// Findings that are accepted: those that fit each of the keys given.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// A rule's id.
    pub rule: Option<String>,
    /// A pattern as in `.gitignore`, anchored at this file's folder.
    pub path: Option<String>,
    /// A finding's fingerprint.
    pub fingerprint: Option<String>,
    /// The requester's email address, for findings about token requests.
    pub requester: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which this holds.
    #[serde(default, deserialize_with = "day")]
    #[schemars(with = "Option<String>")]
    pub until: Option<Date>,
}

/// A configuration that can't be used.
#[derive(Debug, Error, Diagnostic)]
pub enum ConfigError {
    /// It can't be read.
    #[error("can't read the configuration {path}: {message}")]
    Read {
        /// Its path.
        path: String,
        /// Why.
        message: String,
    },
    /// It does not say what a configuration can say.
    #[error("the configuration {path} can't be used: {message}")]
    Format {
        /// Its path.
        path: String,
        /// What is wrong.
        message: String,
        /// The text.
        #[source_code]
        source_code: Arc<NamedSource<String>>,
        /// Where.
        #[label("here")]
        span: Option<SourceSpan>,
        /// What to do.
        #[help]
        help: Option<String>,
    },
}

/// A configuration with the place it was read from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// The folder that its paths and patterns are relative to; absolute.
    pub root: PathBuf,
    /// The file, if there is one.
    pub path: Option<PathBuf>,
}

impl Loaded {
    /// No configuration: patterns are relative to `working`.
    pub fn none(working: &Path) -> Self {
        Self { config: Config::default(), root: working.to_path_buf(), path: None }
    }

    /// A path that the configuration names, made absolute.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.root.join(path)
    }
}

/// Reads the nearest configuration from the working directory upwards.
///
/// # Errors
///
/// If one is there and can't be used.
pub fn discover(display: &Display) -> Result<Loaded, ConfigError> {
    let working = display.working();
    for folder in working.ancestors() {
        for name in NAMES {
            let path = folder.join(name);
            if !path.is_file() {
                continue;
            }
            if let Some(loaded) = load(&path, display)? {
                return Ok(loaded);
            }
        }
        if folder.join(".git").exists() {
            break;
        }
    }
    Ok(Loaded::none(working))
}

/// Reads the configuration at `path` (absolute); `None` for a `pyproject.toml` that has none.
///
/// # Errors
///
/// If it can't be read or says what no configuration can say.
pub fn load(path: &Path, display: &Display) -> Result<Option<Loaded>, ConfigError> {
    let shown = scrub(&printable(&display.show(path))).into_owned();
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Read {
        path: shown.clone(),
        message: crate::sources::files::describe(&error),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let config = if path.file_name().is_some_and(|name| name == "pyproject.toml") {
        toml::from_str::<PyProject>(text).map(|project| project.tool.and_then(|tool| tool.hallpass))
    } else {
        toml::from_str(text).map(Some)
    };
    let config = config.map_err(|error| format_error(&shown, text, &error))?;
    let root = path.parent().unwrap_or(Path::new("")).to_path_buf();
    Ok(config.map(|config| Loaded { config, root, path: Some(path.to_path_buf()) }))
}

#[derive(Deserialize)]
struct PyProject {
    tool: Option<PyTool>,
}

#[derive(Deserialize)]
struct PyTool {
    hallpass: Option<Config>,
}

fn format_error(path: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let message = printable(&scrub(error.message())).into_owned();
    let help = nearest_key(&message);
    let (shown, span) = shown_text(text, error.span());
    ConfigError::Format {
        path: path.to_owned(),
        message: message.replace("unknown field", "unknown key"),
        source_code: Arc::new(NamedSource::new(path, shown)),
        span: span.map(SourceSpan::from),
        help,
    }
}

/// `text` as it may be shown, and where `span` of it stands there: what is masked or made visible
/// has another length. In a line that is masked, the whole line stands in for any place in it.
fn shown_text(text: &str, span: Option<Range<usize>>) -> (String, Option<Range<usize>>) {
    let mut shown = String::with_capacity(text.len());
    let (mut start, mut end) = (None, None);
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let scrubbed = scrub(content);
        let clean = printable(&scrubbed);
        let place = |at: usize, otherwise: usize| match content.get(..at - offset) {
            Some(before) if scrubbed == content => printable(before).len(),
            _ => otherwise,
        };
        if let Some(span) = &span {
            // a place behind the last character of a line is that of its end
            let here = |at: usize| (offset..offset + line.len()).contains(&at);
            if here(span.start) {
                start = Some(shown.len() + place(span.start, 0));
            }
            if span.end > span.start && here(span.end - 1) {
                end = Some(shown.len() + place(span.end, clean.len()));
            }
        }
        shown.push_str(&clean);
        shown.push('\n');
        offset += line.len();
    }
    let span = span.map(|_| {
        let start = start.unwrap_or_else(|| shown.trim_end().len());
        start..end.unwrap_or(start).max(start)
    });
    (shown, span)
}

/// For a message that names an unknown key and the known ones, the known one that is nearest.
fn nearest_key(message: &str) -> Option<String> {
    let mut words = message.split('`').skip(1).step_by(2);
    let unknown = words.next()?;
    let nearest = words
        .map(|known| (strsim::damerau_levenshtein(unknown, known), known))
        .min()
        .filter(|(distance, _)| *distance <= 3)?;
    Some(format!("did you mean `{}`?", nearest.1))
}

/// Reads a day, written as TOML's own date or as text.
pub(crate) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Day {
        Native(toml::value::Datetime),
        Text(String),
    }
    let text = match Day::deserialize(deserializer)? {
        Day::Native(date) => date.to_string(),
        Day::Text(text) => text,
    };
    text.parse().map(Some).map_err(|_| {
        serde::de::Error::custom(format!("`{text}` is not a day; write it as 2027-01-31"))
    })
}

/// Reads days, each written as TOML's own date or as text.
fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Date>, D::Error> {
    #[derive(Deserialize)]
    struct One(#[serde(deserialize_with = "day")] Option<Date>);
    let days = Vec::<One>::deserialize(deserializer)?;
    Ok(days.into_iter().filter_map(|day| day.0).collect())
}

/// Reads a size: a number of bytes, or one with `kB`, `KiB`, `MB`, `MiB`, `GB` or `GiB` (or just
/// `k`, `M`, `G`, which are powers of 1024).
///
/// # Errors
///
/// A sentence that says how a size is written.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not a size; write it as 500000, 10MiB or 2G");
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().map_err(|_| wrong())?;
    let factor: u64 = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    number.checked_mul(factor).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_days_as_dates_and_as_text() {
        for until in ["2027-01-31", "\"2027-01-31\""] {
            let config: Config =
                toml::from_str(&format!("[[allow]]\nreason = \"x\"\nuntil = {until}")).unwrap();
            assert_eq!(config.allow[0].until, Some(jiff::civil::date(2027, 1, 31)));
        }
        assert!(toml::from_str::<Config>("[[allow]]\nreason = \"x\"\nuntil = \"soon\"").is_err());
    }

    #[test]
    fn an_unknown_key_names_the_nearest() {
        let error = toml::from_str::<Config>("fail-one = \"note\"").unwrap_err();
        assert_eq!(nearest_key(error.message()).as_deref(), Some("did you mean `fail-on`?"));
        assert_eq!(error.span(), Some(0..8));
    }

    #[test]
    fn a_place_in_what_is_shown_is_the_place_in_the_file() {
        let token = format!("7~{}", "kQ7v".repeat(16));
        let text = format!("# {token}\r\na\u{1b} = 1\r\nwrong = \"é\" # {token}\r\n");
        let underlined = |part: &str| {
            let at = text.find(part).unwrap();
            let (shown, span) = shown_text(&text, Some(at..at + part.len()));
            assert!(!shown.contains(&token) && !shown.contains('\r'));
            shown[span.unwrap()].to_owned()
        };
        assert_eq!(underlined("= 1"), "= 1");
        assert_eq!(underlined("\u{1b}"), "␛");
        assert_eq!(underlined("wrong"), format!("wrong = \"é\" # 7~{}…", "kQ7vk"));
        assert_eq!(underlined("= 1\r\nwrong").lines().count(), 2);
        let end = text.len();
        let (shown, span) = shown_text(&text, Some(end..end));
        assert_eq!(span, Some(shown.len() - 1..shown.len() - 1));
        assert_eq!(shown_text("", Some(0..0)), (String::new(), Some(0..0)));
    }

    #[test]
    fn reads_sizes() {
        assert_eq!(parse_size("10MiB"), Ok(10 << 20));
        assert_eq!(parse_size("2 kB"), Ok(2000));
        assert_eq!(parse_size("7"), Ok(7));
        assert!(parse_size("many").is_err());
        assert!(parse_size("99999999999 G").is_err());
    }
}
