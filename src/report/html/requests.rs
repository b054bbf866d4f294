//! Requests for tokens: what was found in each, its dates on a line, and what to know of it.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::finding::{Finding, Notice, Report, TimelineEntry};

use super::{Context, MOST_REQUESTS, MOST_ROWS, NL, SEVERITIES, badge, left_out, text, timeline};

/// A manifest that has dates or notices, with all that is told of it.
#[derive(Default)]
pub(super) struct Request<'a> {
    path: &'a str,
    findings: Vec<(usize, &'a Finding)>,
    notices: Vec<&'a Notice>,
    dates: Vec<&'a TimelineEntry>,
}

impl<'a> Request<'a> {
    /// The requests that a report speaks of, in the order of their paths.
    pub(super) fn all(report: &'a Report) -> Vec<Self> {
        let mut requests: BTreeMap<&str, Self> = BTreeMap::new();
        for entry in &report.timeline {
            let path = entry.path.as_deref().unwrap_or_default();
            requests.entry(path).or_default().dates.push(entry);
        }
        for notice in &report.notices {
            if let Some(path) = notice.path.as_deref() {
                requests.entry(path).or_default().notices.push(notice);
            }
        }
        for (at, finding) in report.findings.iter().enumerate() {
            if let Some(request) = requests.get_mut(finding.location.path.as_str()) {
                request.findings.push((at + 1, finding));
            }
        }
        let named = requests.into_iter().map(|(path, request)| Self { path, ..request });
        named.collect()
    }

    fn name(&self) -> &str {
        if self.path.is_empty() { "the request" } else { text::path_name(self.path) }
    }
}

pub(super) fn body(requests: &[Request<'_>], context: &Context<'_>) -> Markup {
    html! {
        @for request in requests.iter().take(MOST_REQUESTS) {
            article class="request" {
                h3 class="path" { (request.name()) } (NL)
                (tally(request))
                @if !request.dates.is_empty() {
                    (timeline::body(&request.dates, context.today, request.name()))
                }
                @if !request.notices.is_empty() { (notices(&request.notices)) }
            } (NL)
        }
        (left_out(requests.len(), MOST_REQUESTS, "requests"))
    }
}

/// How many findings a request has, each number leading to the first.
fn tally(request: &Request<'_>) -> Markup {
    html! {
        p class="tally" {
            @for severity in SEVERITIES {
                @let mut of = request.findings.iter().filter(|(_, finding)| finding.severity == severity);
                @if let Some((number, _)) = of.next() {
                    a href={ "#finding-" (number) } {
                        (badge(severity)) " " (text::count(1 + of.count() as u64, "finding"))
                    } " "
                }
            }
            @if request.findings.is_empty() { "Nothing to put right." }
        } (NL)
    }
}

/// Notices as a list.
pub(super) fn notices(notices: &[&Notice]) -> Markup {
    html! {
        ul class="notices" {
            @for notice in notices.iter().take(MOST_ROWS) {
                li { (notice.message) " " code { (notice.clause) } } (NL)
            }
        }
        (left_out(notices.len(), MOST_ROWS, "notices"))
    }
}
