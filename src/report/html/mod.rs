//! The report as one page for people who would rather look than read: self-contained, without
//! scripts, for light and dark, for the keyboard, for a screen reader and for paper.
//!
//! Every text goes through the template's escaping; the policy in the page's head lets a browser
//! load nothing, run nothing and take styles only from the one sheet whose hash it names. So there
//! are no `style` attributes: pictures are SVG, whose geometry stands in attributes of their own.

mod account;
mod chart;
mod findings;
mod history;
mod overview;
mod requests;
mod timeline;
mod tokens;

use std::io::{self, Write};

use base64::Engine as _;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use crate::finding::{Finding, Report, Severity};

use super::{Context, summary, text};

const STYLE: &str = include_str!("style.css");

/// How many findings are shown one by one; the worst are, and the pictures count all of them.
const MOST_FINDINGS: usize = 1_000;
/// How many rows a list of paths or notices has.
const MOST_ROWS: usize = 500;
/// How many requests are shown one by one.
const MOST_REQUESTS: usize = 200;

/// A line's end between blocks, so that two pages can be compared.
const NL: PreEscaped<&str> = PreEscaped("\n");

/// The severities, the worst first.
const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Note];

pub(super) fn render(
    report: &Report,
    context: &Context<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    out.write_all(page(report, context).into_string().as_bytes())
}

fn page(report: &Report, context: &Context<'_>) -> Markup {
    let mut sentences = summary::sentences(report, context);
    let verdict = sentences.remove(0);
    let requests = requests::Request::all(report);
    let sections = sections(report, context, &requests);
    html! {
        (DOCTYPE) (NL)
        html lang="en" {
            head { (NL)
                meta charset="utf-8"; (NL)
                meta http-equiv="Content-Security-Policy" content=(policy()); (NL)
                meta name="viewport" content="width=device-width, initial-scale=1"; (NL)
                meta name="color-scheme" content="light dark"; (NL)
                meta name="referrer" content="no-referrer"; (NL)
                meta name="robots" content="noindex"; (NL)
                title { "hallpass " (text::job(context)) ": " (verdict) } (NL)
                style { (PreEscaped(STYLE)) }
            } (NL)
            body { (NL)
                a class="skip" href="#main" { "Skip to the report" } (NL)
                header class="top" {
                    p class="brand" {
                        (key()) span { "hallpass" } " " span class="job" { (title(context)) }
                    } (NL)
                    h1 class={ "verdict " (mood(report, context)) } {
                        (mark(report, context)) span { (verdict) }
                    } (NL)
                    @for sentence in &sentences {
                        p class="said" { (sentence) } (NL)
                    }
                } (NL)
                nav aria-label="Parts of this page" {
                    ul {
                        @for section in &sections {
                            li { a href={ "#" (section.id) } {
                                (section.title)
                                @if let Some(count) = section.count {
                                    " " span class="count" { (count) }
                                }
                            } }
                        }
                    }
                } (NL)
                main id="main" tabindex="-1" { (NL)
                    @for section in &sections {
                        section id=(section.id) aria-labelledby={ (section.id) "-title" } {
                            h2 id={ (section.id) "-title" } { (section.title) } (NL)
                            (section.body)
                        } (NL)
                    }
                } (NL)
                footer {
                    p {
                        "Made by hallpass " (report.tool.version)
                        @if let Some(day) = context.today { ", judged as of " (long_day(day)) }
                        ". Tokens are shown as Canvas shows them to administrators: the number of \
                         the shard and five characters."
                    }
                } (NL)
            } (NL)
        } (NL)
    }
}

/// A part of the page.
struct Section {
    id: &'static str,
    title: &'static str,
    count: Option<usize>,
    body: Markup,
}

fn sections(
    report: &Report,
    context: &Context<'_>,
    requests: &[requests::Request<'_>],
) -> Vec<Section> {
    let problems = text::problems(report, context);
    let mut sections = vec![Section {
        id: "overview",
        title: "Overview",
        count: None,
        body: overview::body(report, context),
    }];
    let mut add = |id, title, count: usize, body: &dyn Fn() -> Markup| {
        if count > 0 {
            sections.push(Section { id, title, count: Some(count), body: body() });
        }
    };
    add("unread", "Not looked at", problems.len(), &|| account::problems(&problems));
    add("requests", "Requests", requests.len(), &|| requests::body(requests, context));
    if let Some(tokens) = &report.tokens {
        let live = usize::try_from(tokens.live.total()).unwrap_or(usize::MAX);
        add("tokens", "Issued tokens", live, &|| tokens::body(tokens));
    }
    add("findings", "Findings", report.findings.len(), &|| findings::body(report, context));
    let general: Vec<_> = report.notices.iter().filter(|notice| notice.path.is_none()).collect();
    add("notices", "Good to know", general.len(), &|| requests::notices(&general));
    add("silenced", "Silenced", report.suppressed.len(), &|| account::silenced(report));
    add("passed-over", "Passed over", report.coverage.skipped.len(), &|| account::skipped(report));
    let rules = account::rules_named(report, context);
    add("rules", "Rules", rules.len(), &|| account::rules(&rules));
    sections
}

/// What a browser may do with the page: show it.
fn policy() -> String {
    let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

fn title(context: &Context<'_>) -> &'static str {
    match context.job {
        crate::finding::Job::Audit => "audit of issued tokens",
        crate::finding::Job::Scan => "scan for leaked tokens",
        crate::finding::Job::Check => "check of token requests",
        crate::finding::Job::Any => "report",
    }
}

/// How a run ended, as a class.
fn mood(report: &Report, context: &Context<'_>) -> &'static str {
    let worst = report.findings.iter().map(|finding| finding.severity).max();
    match worst {
        Some(Severity::Error) => "error",
        Some(Severity::Warning) => "warning",
        _ if !text::problems(report, context).is_empty() || !text::is_complete(report) => "warning",
        Some(Severity::Note) => "note",
        None => "good",
    }
}

/// The sign beside the verdict: told apart by shape, not by colour alone.
fn mark(report: &Report, context: &Context<'_>) -> Markup {
    html! {
        svg class="mark" viewBox="0 0 32 32" aria-hidden="true" {
            @match mood(report, context) {
                "error" => {
                    path class="fill" d="M10 2h12l8 8v12l-8 8H10l-8-8V10z" {}
                    path class="line" d="M11 11l10 10M21 11L11 21" {}
                }
                "warning" => {
                    path class="fill" d="M16 3l14 26H2z" {}
                    path class="line" d="M16 12v8M16 24.5v.5" {}
                }
                "note" => {
                    circle class="fill" cx="16" cy="16" r="14" {}
                    path class="line" d="M16 15v8M16 9v.5" {}
                }
                _ => {
                    circle class="fill" cx="16" cy="16" r="14" {}
                    path class="line" d="M9.5 16.5l4.5 4.5 8.5-9.5" {}
                }
            }
        }
    }
}

fn key() -> Markup {
    html! {
        svg class="key" viewBox="0 0 24 24" aria-hidden="true" {
            path d="M14.5 3a6.5 6.5 0 0 0-6.2 8.5L3 16.8V21h4.2v-2.6h2.6v-2.6h2.1l.9-.9A6.5 6.5 0 1 0 14.5 3zm2 3.2a1.8 1.8 0 1 1 0 3.6 1.8 1.8 0 0 1 0-3.6z" {}
        }
    }
}

/// A severity as a badge.
fn badge(severity: Severity) -> Markup {
    html! { span class={ "badge " (severity.as_str()) } { (severity.as_str()) } }
}

/// Where a finding stands, as a line.
fn place(finding: &Finding) -> String {
    text::place(text::path_name(&finding.location.path), &finding.location)
}

/// A day as people write it: `23 November 2026`.
fn long_day(day: jiff::civil::Date) -> String {
    day.strftime("%-d %B %Y").to_string()
}

/// Says that a list was cut, and where the rest is.
fn left_out(all: usize, most: usize, what: &str) -> Markup {
    html! {
        @if all > most {
            p class="left-out" {
                (all - most) " more " (what) " are left out here; "
                code { "--format json" } " has them all."
            }
        }
    }
}
