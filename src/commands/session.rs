//! What every command starts from: the working directory, the configuration, the day, the
//! detectors and the policies.

use std::io::IsTerminal as _;

use jiff::civil::Date;

use super::CommandError;
use crate::cli::{Color, Global};
use crate::config::{self, Loaded};
use crate::detect::{DetectError, Detectors};
use crate::finding::{Job, Rule};
use crate::policy::{Catalog, Pack, manifest_rules};
use crate::report::inert;
use crate::sources::files::describe;
use crate::sources::paths::Display;
use crate::triage::own_rules;

/// What every command starts from.
pub(super) struct Session {
    pub(super) display: Display,
    pub(super) loaded: Loaded,
    pub(super) today: Date,
    pub(super) color: bool,
    pub(super) width: usize,
    pub(super) quiet: bool,
    pub(super) verbose: bool,
}

/// The narrowest and widest that human output is laid out for.
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=120;
/// How wide human output is where it does not go to a terminal.
const DEFAULT_WIDTH: usize = 100;

impl Session {
    pub(super) fn new(global: &Global) -> Result<Self, CommandError> {
        let working = std::env::current_dir()
            .map_err(|error| CommandError::WorkingDirectory(describe(&error)))?;
        let display = Display::new(working);
        let loaded = load_config(global, &display)?;
        let today = global.today.unwrap_or_else(|| jiff::Zoned::now().date());
        let terminal = std::io::stdout().is_terminal();
        let color = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => terminal && wants_color(),
        };
        let width = if terminal {
            terminal_size::terminal_size().map_or(DEFAULT_WIDTH, |(width, _)| usize::from(width.0))
        } else {
            DEFAULT_WIDTH
        };
        Ok(Self {
            display,
            loaded,
            today,
            color,
            width: width.clamp(*WIDTHS.start(), *WIDTHS.end()),
            quiet: global.quiet,
            verbose: global.verbose,
        })
    }

    /// The detectors that come with the program and those that the configuration adds.
    pub(super) fn detectors(&self) -> Result<Detectors, CommandError> {
        let mut detectors = Detectors::embedded()?;
        for path in &self.loaded.config.detectors {
            let whole = self.loaded.resolve(path);
            let shown = inert(&self.display.show(&whole)).into_owned();
            let text = std::fs::read_to_string(&whole).map_err(|error| CommandError::Usage {
                message: format!("can't read the detector {shown}: {}", describe(&error)),
                help: Some("the configuration names it under `detectors`".to_owned()),
            })?;
            detectors.add(&shown, &text).map_err(|error| CommandError::Detector {
                path: shown,
                message: match error {
                    // it names the file itself
                    DetectError::Format { message, .. } => message,
                    other => other.to_string(),
                },
            })?;
        }
        Ok(detectors)
    }

    /// The policies that come with the program and those that the configuration adds.
    pub(super) fn catalog(&self) -> Result<Catalog, CommandError> {
        let mut catalog = Catalog::embedded()?;
        for path in &self.loaded.config.policies {
            catalog.add_file(&self.loaded.resolve(path).to_string_lossy())?;
        }
        Ok(catalog)
    }

    /// The catalog of policies and the name of the one to judge by: the command line's, the
    /// configuration's, or Canvas' own.
    pub(super) fn policy(&self, asked: Option<&str>) -> Result<(Catalog, String), CommandError> {
        let catalog = self.catalog()?;
        if let Some(asked) = asked {
            return Ok((catalog, asked.to_owned()));
        }
        let Some(named) = &self.loaded.config.policy else {
            return Ok((catalog, "canvas".to_owned()));
        };
        // a path in the configuration is relative to the configuration
        let path = self.loaded.resolve(named.as_ref());
        let is_path = path.is_file() && !catalog.ids().contains(named);
        let name = if is_path { path.to_string_lossy().into_owned() } else { named.clone() };
        Ok((catalog, name))
    }

    /// Refuses an allowance of the configuration for a rule that nothing has: it would silence
    /// nothing for ever. The packs are read only if another rule than the scan's is named.
    pub(super) fn check_allowances(
        &self,
        detectors: &Detectors,
        catalog: Option<&Catalog>,
        pack: Option<&Pack>,
    ) -> Result<(), CommandError> {
        let is_known = |rules: &[Rule], id: &str| rules.iter().any(|rule| rule.id == id);
        let asked = || self.loaded.config.allow.iter().filter_map(|entry| entry.rule.as_deref());
        if asked().next().is_none() {
            return Ok(());
        }
        let mut rules = scan_rules(detectors);
        rules.extend(manifest_rules());
        if asked().all(|id| is_known(&rules, id)) {
            return Ok(());
        }
        let own;
        let catalog = match catalog {
            Some(catalog) => catalog,
            None => {
                own = self.catalog()?;
                &own
            }
        };
        for id in catalog.ids() {
            rules.extend(catalog.by_id(&id)?.rules());
        }
        rules.extend(pack.map(Pack::rules).unwrap_or_default());
        if let (Some(named), None) = (&self.loaded.config.policy, pack) {
            // the configuration may name a pack by its file
            let path = self.loaded.resolve(named.as_ref());
            if path.is_file() && !catalog.ids().contains(named) {
                rules.extend(catalog.resolve(&path.to_string_lossy())?.rules());
            }
        }
        let Some(unknown) = asked().find(|id| !is_known(&rules, id)) else {
            return Ok(());
        };
        let nearest = rules
            .iter()
            .map(|rule| (strsim::damerau_levenshtein(unknown, &rule.id), rule.id.as_str()))
            .min()
            .filter(|(distance, id)| *distance * 2 <= id.len());
        let list = "`hallpass rules` lists them all";
        Err(CommandError::Usage {
            message: format!(
                "the configuration allows a rule that does not exist: `{}`",
                inert(unknown)
            ),
            help: Some(match nearest {
                Some((_, id)) => format!("did you mean `{}`? {list}", inert(id)),
                None => list.to_owned(),
            }),
        })
    }

    /// The configuration's path as findings show it.
    pub(super) fn config_path(&self) -> Option<String> {
        self.loaded.path.as_ref().map(|path| self.display.show(path))
    }
}

/// What is known of the rules of the scan.
pub(super) fn scan_rules(detectors: &Detectors) -> Vec<Rule> {
    let mut rules: Vec<Rule> = detectors
        .iter()
        .map(|detector| Rule {
            id: detector.id.clone(),
            job: Job::Scan,
            severity: detector.severity,
            summary: detector.summary.clone(),
            explanation: detector.description.trim().to_owned(),
            help: vec![
                detector.revoke.trim().replace("{token}", "it").replace("{hint}", ":token_hint"),
            ],
            source: detector.source.clone(),
        })
        .collect();
    rules.extend(own_rules());
    rules
}

fn load_config(global: &Global, display: &Display) -> Result<Loaded, CommandError> {
    if global.no_config {
        return Ok(Loaded::none(display.working()));
    }
    let Some(path) = &global.config else {
        return Ok(config::discover(display)?);
    };
    let loaded = config::load(&display.absolute(path), display)?;
    loaded.ok_or_else(|| CommandError::Usage {
        message: format!("{} has no [tool.hallpass]", inert(&display.show(path))),
        help: Some("add that table, or name another configuration".to_owned()),
    })
}

/// Whether the environment lets a terminal have colour.
fn wants_color() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
