//! The page that `--format html` writes: what stands in it, and what a real browser makes of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod browser;
#[allow(dead_code, reason = "this binary uses a part of it")]
#[path = "formats/sample.rs"]
mod sample;
mod support;

use std::collections::BTreeSet;
use std::fs;

use browser::{Browser, contrast};
use hallpass::finding::{
    Commit, Finding, Job, Report, Severity, TimelineEntry, TokenBucket, TokenCount, TokenSummary,
};
use hallpass::report::{Context, Format, render};
use regex::Regex;
use sample::{HOSTILE, hostile, rules};
use support::{Ran, root};

fn page(report: &Report, job: Job) -> String {
    let rules = rules();
    let context = Context {
        job,
        rules: &rules,
        color: false,
        width: 100,
        fail_on: Severity::Warning,
        exit_code: 1,
        verbose: false,
        quiet: false,
        today: Some(jiff::civil::date(2026, 11, 23)),
    };
    let mut out = Vec::new();
    render(Format::Html, report, &context, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// A history of leaks and a request with dates near and far.
fn lively() -> Report {
    let mut report = hostile();
    let pattern = report.findings.iter().find(|one| one.location.path == "src/sync.py").unwrap();
    let pattern = pattern.clone();
    let old = (0..40_u32).map(|at| {
        let mut finding: Finding = pattern.clone();
        finding.location.path = format!("src/old-{at:02}.py");
        let (year, month) = (2024 + at * at % 3, 1 + at * 7 % 12);
        finding.location.commit = Some(Commit {
            id: format!("{at:040x}"),
            author: "Ada Byron <ada@example.edu>".into(),
            date: format!("{year}-{month:02}-1{}T09:00:00Z", at % 10),
            in_head: at % 3 == 0,
        });
        finding
    });
    report.findings.extend(old);
    let dates = ["2026-11-25", "2026-11-26", "2026-12-01", "2027-02-15", "2027-03-01", "no day"];
    report.timeline.extend(dates.iter().map(|date| TimelineEntry {
        date: (*date).into(),
        clause: "example/expiry".into(),
        what: "Something happens.".into(),
        path: Some("requests/sync.yaml".into()),
    }));
    report.sort();
    report
}

fn all(pattern: &str, text: &str) -> Vec<String> {
    let pattern = Regex::new(pattern).unwrap();
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect()
}

/// The page without its style sheet.
fn unstyled(page: &str) -> String {
    let (before, rest) = page.split_once("<style>").unwrap();
    format!("{before}{}", rest.split_once("</style>").unwrap().1)
}

#[test]
fn hostile_text_makes_no_element_and_no_attribute() {
    const KNOWN: [&str; 51] = [
        "a",
        "article",
        "body",
        "circle",
        "code",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "head",
        "header",
        "html",
        "input",
        "label",
        "legend",
        "li",
        "line",
        "main",
        "mark",
        "meta",
        "nav",
        "ol",
        "p",
        "path",
        "pre",
        "rect",
        "section",
        "span",
        "summary",
        "svg",
        "table",
        "tbody",
        "td",
        "text",
        "th",
        "thead",
        "time",
        "title",
        "tr",
        "ul",
        "caption",
        "!DOCTYPE",
    ];
    let quoted = Regex::new(r#""[^"]*""#).unwrap();
    for report in [hostile(), lively(), Report::default()] {
        let page = unstyled(&page(&report, Job::Check));
        for element in all(r"<([^\s/>]+)", &page) {
            assert!(KNOWN.contains(&element.as_str()), "<{element}> is no part of the page");
        }
        for tag in all(r"<([^>]*)>", &page) {
            assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
            for name in all(r#"\s([^\s="]+)="#, &quoted.replace_all(&tag, "\"\"")) {
                assert!(!name.starts_with("on") && name != "style" && name != "src", "<{tag}>");
            }
            let at = tag.split_once("href=\"").map_or("#", |(_, at)| at);
            assert!(at.starts_with('#'), "<{tag}> leads out of the page");
        }
        assert!(!page.contains(sample::token().split('~').nth(1).unwrap()));
    }
    // the hostile text is there, as text
    assert!(HOSTILE.contains("<script>"));
    assert!(page(&hostile(), Job::Scan).contains("&lt;script&gt;f&lt;/script&gt;"));
}

#[test]
fn the_page_holds_together() {
    let page = unstyled(&page(&lively(), Job::Check));
    let ids = all(r#" id="([^"]*)""#, &page);
    let known: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(known.len(), ids.len(), "an id stands twice: {ids:?}");
    for target in all(r##" href="#([^"]*)""##, &page) {
        assert!(known.contains(&target), "nothing has the id {target}");
    }
    for label in all(r#" aria-labelledby="([^"]*)""#, &page) {
        assert!(known.contains(&label), "nothing has the id {label}");
    }
    let mut last = 0;
    for level in all("<h([1-6])", &page) {
        let level: u32 = level.parse().unwrap();
        assert!(level <= last + 1, "h{last} is followed by h{level}");
        last = level;
    }
    for landmark in ["<header", "<nav aria-label=", "<main", "<footer", "lang=\"en\""] {
        assert_eq!(page.matches(landmark).count(), 1, "{landmark}");
    }
    for picture in all("<svg([^>]*)>", &page) {
        let told = picture.contains("aria-hidden=\"true\"") || picture.contains("aria-label=");
        assert!(told || picture.contains("swatch"), "<svg{picture}> says nothing to who can't see");
    }
}

#[test]
fn every_finding_is_there_with_its_excerpt_and_remedy() {
    let report = hostile();
    let page = page(&report, Job::Scan);
    assert_eq!(page.matches("<article class=\"finding ").count(), report.findings.len());
    let excerpts = report.findings.iter().filter(|finding| finding.excerpt.is_some()).count();
    assert_eq!(page.matches("<figure class=\"source\">").count(), excerpts);
    let helped = report.findings.iter().filter(|finding| !finding.help.is_empty()).count();
    assert_eq!(page.matches("<summary>What to do</summary>").count(), helped);
    assert!(page.contains("Choose a day in the term."));
    assert!(page.contains("<mark>7~"), "the leak is not marked in its line");
}

/// The sample's hostile finding was asked about, and answered by a hostile host.
#[test]
fn what_canvas_answered_stands_beside_the_finding() {
    let page = page(&hostile(), Job::Scan);
    assert_eq!(page.matches("<dt>Asked of Canvas</dt>").count(), 1);
}

#[test]
fn dates_are_drawn_to_scale() {
    let mut report = Report::default();
    report.coverage.files = 1;
    for date in ["2026-11-23", "2026-12-03", "2026-12-23"] {
        report.timeline.push(TimelineEntry {
            date: date.into(),
            clause: "x/y".into(),
            what: "Something.".into(),
            path: Some("a.yaml".into()),
        });
    }
    let page = page(&report, Job::Check);
    let at: Vec<i64> = all(r#"<circle class="dot" cx="(\d+)""#, &page)
        .iter()
        .map(|x| x.parse().unwrap())
        .collect();
    let [first, second, third] = at[..] else { panic!("{at:?}") };
    // ten days and thirty
    assert!(((third - first) - 3 * (second - first)).abs() <= 2, "{at:?}");
}

#[test]
fn a_large_report_makes_a_page_that_opens() {
    let mut report = hostile();
    let pattern = report.findings[3].clone();
    report.findings = (0..20_000)
        .map(|at| {
            let mut finding = pattern.clone();
            finding.location.path = format!("{at:05}.py");
            finding.severity = if at == 19_999 { Severity::Error } else { Severity::Warning };
            finding
        })
        .collect();
    report.coverage.skipped = vec![report.coverage.skipped[0].clone(); 20_000];
    let page = page(&report, Job::Scan);
    assert!(page.len() < 8 << 20, "{} bytes", page.len());
    assert!(page.contains("19000 more findings are left out here"), "what is left out is not told");
    assert!(page.contains("19999.py"), "the worst is left out");
    assert!(page.contains("Found 1 error, 19999 warnings"));
}

#[test]
fn colours_can_be_told_from_their_ground() {
    let sheet = fs::read_to_string(root().join("src/report/html/style.css")).unwrap();
    for scheme in contrast::schemes(&sheet) {
        for (ink, ground, least) in [
            ("ink", "paper", 7.0),
            ("ink", "card", 7.0),
            ("ink", "sunk", 7.0),
            ("soft", "paper", 4.5),
            ("soft", "card", 4.5),
            ("soft", "sunk", 4.5),
            ("link", "paper", 4.5),
            ("link", "card", 4.5),
            ("error", "error-wash", 4.5),
            ("warning", "warning-wash", 4.5),
            ("note", "note-wash", 4.5),
            ("error", "card", 4.5),
            ("warning", "card", 4.5),
            ("note", "card", 4.5),
            ("ink", "error-wash", 4.5),
            ("ink", "warning-wash", 4.5),
            ("ink", "note-wash", 4.5),
            ("on-fill", "note", 4.5),
            // pictures
            ("error-fill", "paper", 3.0),
            ("note-fill", "paper", 3.0),
            ("past-fill", "paper", 3.0),
            ("good", "paper", 3.0),
        ] {
            let ratio = contrast::ratio(&scheme[ink], &scheme[ground]);
            assert!(ratio >= least, "{ink} on {ground} is {ratio:.2} to 1 in {scheme:?}");
        }
    }
}

#[test]
fn a_browser_has_nothing_to_complain_about() {
    let Some(browser) = Browser::find() else { return };
    for (name, report, job) in [
        ("hostile", hostile(), Job::Scan),
        ("lively", lively(), Job::Check),
        ("nothing", sample::nothing_found(), Job::Scan),
        ("empty", Report::default(), Job::Check),
    ] {
        let page = page(&report, job);
        let seen = browser.open(name, &page);
        assert_eq!(seen.console, Vec::<String>::new(), "{name}");
        let articles = page.matches("<article ").count();
        assert_eq!(seen.dom.matches("<article ").count(), articles, "{name}");
        for element in ["<script", "<iframe", "<img", "<object", "<link"] {
            assert!(!seen.dom.to_lowercase().contains(element), "{name} has {element}");
        }
    }
}

/// The test above sees what it looks for.
#[test]
fn a_browser_refuses_what_the_page_does_not_hold() {
    let Some(browser) = Browser::find() else { return };
    let page = page(&hostile(), Job::Scan);
    for (name, spoiled) in [
        ("script", page.replace("</main>", "</main><script>document.title='x'</script>")),
        ("handler", page.replace("<main ", "<main onfocus=\"alert(1)\" autofocus ")),
        ("style", page.replace("<main ", "<main style=\"color:red\" ")),
        ("sheet", page.replace("--paper: #fbfbf9", "--paper: #fbfbf8")),
        (
            "picture",
            page.replace(
                "</main>",
                "</main><img src=\"data:image/gif;base64,R0lGODlhAQABAAAAACw=\">",
            ),
        ),
    ] {
        assert_ne!(spoiled, page);
        let seen = browser.open(name, &spoiled);
        assert!(
            seen.console.iter().any(|line| line.contains("Content Security Policy")),
            "{name}: {:?}",
            seen.console
        );
        assert!(!seen.dom.contains("<title>x</title>"));
    }
}

#[test]
fn light_and_dark_differ_and_paper_shows_what_is_folded() {
    let Some(browser) = Browser::find() else { return };
    let page = page(&lively(), Job::Check);
    let (light, dark) = (
        browser.picture("light", &page, false, (1000, 1400)),
        browser.picture("dark", &page, true, (1000, 1400)),
    );
    assert!(light.starts_with(b"\x89PNG") && dark.starts_with(b"\x89PNG"));
    assert_ne!(light, dark);
    // what is folded on a screen is printed: closing everything changes nothing on paper
    let folded =
        page.replace("<details open>", "<details>").replace("<details open=\"\">", "<details>");
    let unfolded = folded
        .replace("<details>", "<details open>")
        .replace("<details class=", "<details open class=");
    assert_ne!(folded, unfolded);
    let pages = |name: &str, page: &str| browser.printed_pages(name, page);
    assert_eq!(pages("folded", &folded), pages("unfolded", &unfolded));
    assert!(pages("folded", &folded) > 3);
}

/// The pictures of the README: `HALLPASS_UPDATE=1 cargo test --test html` makes them anew. Browsers
/// differ in a few points from version to version, so otherwise only the size is compared.
#[test]
fn the_readme_shows_the_page() {
    let Some(browser) = Browser::find() else { return };
    let size = (1040, 1120);
    let ran = Ran::of(support::hallpass(root()).args([
        "scan",
        "--policy",
        "udayton",
        "--format",
        "html",
        "--today",
        "2026-11-23",
        "fixtures/leaky-course",
    ]));
    assert_eq!(ran.code, 1, "{}", ran.err());
    for (name, dark) in [("report.png", false), ("report-dark.png", true)] {
        let path = root().join("docs").join(name);
        let picture = browser.picture(name, &ran.out(), dark, size);
        if std::env::var_os("HALLPASS_UPDATE").is_some() {
            fs::write(&path, &picture).unwrap();
        }
        let kept = fs::read(&path).unwrap_or_default();
        // width and height stand at the same place in every PNG
        assert_eq!(
            kept.get(16..24),
            picture.get(16..24),
            "docs/{name} is not of this size; set HALLPASS_UPDATE=1"
        );
        assert!(fs::read_to_string(root().join("README.md")).unwrap().contains(name));
    }
}

#[test]
fn the_command_writes_the_page_and_tells_the_rest_on_standard_error() {
    let sandbox = support::Sandbox::new();
    sandbox.write("a.env", format!("CANVAS_TOKEN={}\n", support::token(5)));
    let ran = sandbox.run(&["scan", "--output", "report.html", "--today", "2026-11-23"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err().contains("Found 1 error."), "{}", ran.err());
    let first = fs::read_to_string(sandbox.path().join("report.html")).unwrap();
    assert!(first.starts_with("<!DOCTYPE html>"));
    assert!(!first.contains(&support::body(5)[5..]));
    let again = sandbox.run(&["scan", "a.env", "--format", "html", "--today", "2026-11-23"]);
    assert_eq!(again.out(), first, "the page depends on more than the run");
}

#[test]
fn issued_tokens_are_drawn_by_age_end_and_last_use() {
    let count =
        |people, mobile, apps| TokenCount { user_generated: people, mobile, third_party: apps };
    let bucket = |label: &str, count| TokenBucket { label: label.into(), count };
    let report = Report {
        tokens: Some(TokenSummary {
            live: count(30, 5, 2),
            age: vec![bucket("under 30 days", count(10, 5, 0)), bucket("older", count(20, 0, 2))],
            expiry: vec![bucket("never", count(30, 5, 2))],
            last_use: vec![bucket(HOSTILE, count(30, 5, 2))],
            ..TokenSummary::default()
        }),
        ..Report::default()
    };
    let page = page(&report, Job::Audit);
    for held in ["Issued tokens", "By age", "By what is left", "By last use", "under 30 days"] {
        assert!(page.contains(held), "{held}");
    }
    assert!(page.contains("10 made by people, 5 by mobile apps"), "{page}");
    // the longest bar is as wide as the cell, the others in proportion
    assert!(page.contains("<rect class=\"by-people\" x=\"0\" y=\"0\" width=\"909\""), "{page}");
    assert!(!unstyled(&page).contains("<script"), "{page}");
}
