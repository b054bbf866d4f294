//! The rules of a run as SARIF describes them.

use std::collections::BTreeMap;

use serde_json::json;

use crate::finding::{Finding, Job, Rule, Severity};

use super::super::{Context, text};
use super::level;
use super::model::{Configuration, Descriptor, Properties, Text};

/// The rules of a run and where each stands in the list.
pub(super) struct Rules {
    descriptors: Vec<Descriptor>,
    indices: BTreeMap<String, usize>,
}

impl Rules {
    /// The rules of the job that ran, in their own order.
    pub(super) fn of(context: &Context<'_>) -> Self {
        let mut rules = Self { descriptors: Vec::new(), indices: BTreeMap::new() };
        for rule in context.rules {
            if context.job == Job::Any || [Job::Any, context.job].contains(&rule.job) {
                rules.add(&rule.id, describe(rule));
            }
        }
        rules
    }

    /// Where the rule of `finding` stands; one that nobody described is added.
    pub(super) fn index(&mut self, finding: &Finding) -> usize {
        if let Some(at) = self.indices.get(&finding.rule) {
            return *at;
        }
        let descriptor = Descriptor {
            id: finding.rule.clone(),
            short_description: None,
            full_description: None,
            help: None,
            default_configuration: Configuration { level: level(finding.severity) },
            properties: Properties::new(),
        };
        self.add(&finding.rule, descriptor)
    }

    fn add(&mut self, id: &str, descriptor: Descriptor) -> usize {
        let at = self.descriptors.len();
        if let Some(known) = self.indices.get(id) {
            return *known;
        }
        self.indices.insert(id.to_owned(), at);
        self.descriptors.push(descriptor);
        at
    }

    pub(super) fn into_descriptors(self) -> Vec<Descriptor> {
        self.descriptors
    }
}

fn describe(rule: &Rule) -> Descriptor {
    let help = (!rule.help.is_empty())
        .then(|| Text { text: text::steps(&rule.help).join("\n"), markdown: Some(markdown(rule)) });
    let full = if rule.explanation.is_empty() { &rule.summary } else { &rule.explanation };
    let mut properties = Properties::from([("source", json!(rule.source))]);
    if rule.job == Job::Scan {
        properties.insert("tags", json!(["security", "secrets"]));
        // code scanning ranks what is tagged as security by this number, from 0 to 10
        let rank = match rule.severity {
            Severity::Error => "8.5",
            Severity::Warning => "5.5",
            Severity::Note => "2.5",
        };
        properties.insert("security-severity", json!(rank));
    }
    Descriptor {
        id: rule.id.clone(),
        short_description: Some(Text::plain(&rule.summary)),
        full_description: Some(Text::plain(full)),
        help,
        default_configuration: Configuration { level: level(rule.severity) },
        properties,
    }
}

fn markdown(rule: &Rule) -> String {
    let mut markdown = String::new();
    if !rule.explanation.is_empty() {
        for paragraph in rule.explanation.split("\n\n") {
            let lines: Vec<String> = paragraph.lines().map(super::super::markdown::prose).collect();
            markdown.push_str(&lines.join("\n"));
            markdown.push_str("\n\n");
        }
    }
    for (at, step) in rule.help.iter().enumerate() {
        markdown.push_str(&format!("{}. {}\n", at + 1, super::super::markdown::prose(step)));
    }
    markdown
}
