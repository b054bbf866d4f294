//! Made-up reports: one with every feature and every kind of hostile text, one that found nothing.

use hallpass::finding::{
    Commit, Confidence, Coverage, Excerpt, Finding, Fingerprint, Guidance, IssuedToken, Job,
    Location, Notice, Place, Problem, Report, Rule, Severity, Skipped, Suppressed, SuppressedBy,
    SuppressionKind, TimelineEntry, TokenHint, TokenState, Verified,
};

/// Text that breaks one format or another if it is printed as it is.
pub(crate) const HOSTILE: &str = concat!(
    "a\n::error::b\r\n::add-mask::c\u{1b}[31m\u{202e}\u{9b}2J%0A | `d` ``e`` <script>f</script> ",
    "]]> ##[group]g ##vso[task.x]h @everyone #12 [i](http://j.example) \"k\" 'l' \\| www.m.example ::warning::n",
);

/// A synthetic token, the same in every run.
pub(crate) fn token() -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut state: u64 = 20_260_131;
    let body: String = (0..64)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(state >> 33).unwrap() % ALPHABET.len();
            char::from(ALPHABET[at])
        })
        .collect();
    format!("7~{body}")
}

fn hint() -> TokenHint {
    TokenHint { shard: Some("7".into()), hint: token()[2..7].into() }
}

fn masked() -> String {
    format!("7~{}…", hint().hint)
}

pub(crate) fn rules() -> Vec<Rule> {
    vec![
        Rule {
            id: "canvas-access-token".into(),
            job: Job::Scan,
            severity: Severity::Error,
            summary: "A Canvas access token stands in the open.".into(),
            explanation: "Whoever reads it acts as its owner.\n\nIt has no second factor.".into(),
            help: vec!["Revoke it.".into(), "Tell whoever is in charge.".into()],
            source: "Canvas API documentation".into(),
        },
        Rule {
            id: "canvas-calendar-feed".into(),
            job: Job::Scan,
            severity: Severity::Warning,
            summary: format!("A feed. {HOSTILE}"),
            explanation: String::new(),
            help: Vec::new(),
            source: "Canvas guides".into(),
        },
        Rule {
            id: "example/expiry".into(),
            job: Job::Check,
            severity: Severity::Error,
            summary: "A token must end.".into(),
            explanation: String::new(),
            help: Vec::new(),
            source: "Example University".into(),
        },
    ]
}

fn location(path: &str, line: u64, columns: std::ops::Range<u64>) -> Location {
    Location {
        path: path.into(),
        line: Some(line),
        column: Some(columns.start),
        end_line: Some(line),
        end_column: Some(columns.end),
        commit: None,
    }
}

fn excerpt(line: u64, text: &str, underlined: &str) -> Excerpt {
    let start = text.find(underlined).unwrap();
    Excerpt {
        text: text.into(),
        span: start..start + underlined.len(),
        first_line: line,
        label: "anyone who reads this acts as its owner".into(),
    }
}

fn leak(path: &str, line: u64, columns: std::ops::Range<u64>) -> Finding {
    Finding {
        rule: "canvas-access-token".into(),
        severity: Severity::Error,
        confidence: Confidence::High,
        message: format!("Canvas access token {} in source code", masked()),
        location: location(path, line, columns),
        also: Vec::new(),
        place: Some(Place::Code),
        token: Some(hint()),
        issued: vec![IssuedToken {
            line: 7,
            user_id: "=42".into(),
            user_name: Some(format!("@{HOSTILE}")),
            hint: hint().hint,
            kind: "user-generated".into(),
            app: Some("User-Generated".into()),
            purpose: Some(format!("+{}", token())),
            expires: Some("never".into()),
            last_used: None,
            created: None,
            status: Some("-1".into()),
        }],
        verified: None,
        guidance: vec![
            Guidance { policy: "canvas".into(), clause: "canvas/no-sharing".into() },
            Guidance { policy: "udayton".into(), clause: "udayton/no-repository".into() },
        ],
        fingerprint: Fingerprint::new("canvas-access-token", token().as_bytes()),
        help: vec![
            format!(
                "Revoke it now: Account, Settings, Approved Integrations, the one that begins \
                 with {}; an administrator can do it for you.",
                masked()
            ),
            "Tell the service desk of your institution that it was exposed, and since when.".into(),
            "Keep the new one in a secret store, and read it from there.".into(),
            "Last, clean the history; this alone does not help.".into(),
        ],
        excerpt: Some(excerpt(line, &format!("TOKEN = \"{}\"  # für später", masked()), &masked())),
    }
}

fn findings() -> Vec<Finding> {
    let first = leak("src/sync.py", 3, 10..76);
    let again = leak("src/sync.py", 14, 10..76);

    let mut other = leak("src/other.py", 1, 1..67);
    other.rule = "canvas-bare-token".into();
    other.confidence = Confidence::Medium;
    other.fingerprint = Fingerprint::new("canvas-bare-token", b"other");
    other.token = Some(TokenHint { shard: None, hint: "Zz9Yy".into() });
    other.message = "Canvas access token or developer key secret Zz9Yy… in source code".into();
    other.help[0] = "Revoke Zz9Yy… now.".into();
    other.excerpt = None;

    let mut hostile = leak(&format!("{HOSTILE}/{}.txt", token()), 9, 1..2);
    hostile.message = format!("{HOSTILE} {}", token());
    hostile.excerpt = Some(Excerpt {
        text: format!("{HOSTILE} {}\tend", token()),
        span: 3..12,
        first_line: 9,
        label: HOSTILE.into(),
    });
    hostile.help = vec![HOSTILE.into(), token()];
    let told = || Some(format!("{HOSTILE} {}", token()));
    hostile.verified = Some(Verified {
        state: TokenState::Alive,
        host: told(),
        user_id: Some(42),
        user_name: told(),
        reason: told(),
        asked: told().into_iter().collect(),
        deletion: told(),
    });
    hostile.guidance = vec![Guidance { policy: "x".into(), clause: HOSTILE.into() }];
    hostile.fingerprint = Fingerprint::new("canvas-access-token", b"hostile");
    hostile.location.commit = Some(Commit {
        id: "0123456789abcdef0123456789abcdef01234567".into(),
        author: format!("{HOSTILE} {}", token()),
        date: "2026-01-31T09:00:00Z".into(),
        in_head: false,
    });

    let mut command = leak("::error::x", 1, 1..2);
    command.severity = Severity::Warning;
    command.rule = "canvas-calendar-feed".into();
    command.help = Vec::new();
    command.token = None;
    command.excerpt = None;

    let mut cell = leak("grades.xlsx", 1, 1..2);
    cell.location.line = None;
    cell.location.column = None;
    cell.location.end_line = None;
    cell.location.end_column = None;
    cell.message = format!("Canvas access token {} in a spreadsheet, cell B7", masked());
    cell.place = Some(Place::Spreadsheet);

    let mut stdin = leak("-", 2, 5..71);
    stdin.severity = Severity::Note;
    stdin.rule = "user-defined".into();
    stdin.help = vec!["Look at it.".into()];
    stdin.token = None;

    let mut manifest = leak("requests/sync.yaml", 5, 3..20);
    manifest.rule = "example/expiry".into();
    manifest.message = "the token would outlive the term".into();
    manifest.place = None;
    manifest.token = None;
    manifest.location.end_line = Some(6);
    manifest.excerpt = Some(excerpt(
        4,
        "token:\n  expires: 2030-01-01\n    # so that it lasts\n  scopes: []",
        "expires: 2030-01-01\n    # so that",
    ));
    manifest.help = vec!["Choose a day in the term.".into()];
    vec![first, again, other, hostile, command, cell, stdin, manifest]
}

pub(crate) fn hostile() -> Report {
    let mut silenced = leak("notes/old.md", 4, 1..67);
    silenced.message = format!("{HOSTILE} {}", token());
    let suppress = |kind, reason: Option<&str>, expires: Option<&str>| Suppressed {
        finding: silenced.clone(),
        suppressed_by: SuppressedBy {
            kind,
            reason: reason.map(Into::into),
            expires: expires.map(Into::into),
        },
    };
    let hidden = format!("{HOSTILE} {}", token());
    let mut report = Report {
        tool: hallpass::finding::Tool {
            name: "hallpass".into(),
            // so that a release changes no snapshot
            version: "1.2.3".into(),
        },
        findings: findings(),
        suppressed: vec![
            suppress(SuppressionKind::Inline, Some(&hidden), Some("2027-01-31")),
            suppress(SuppressionKind::Baseline, None, None),
            suppress(SuppressionKind::Config, Some("sample data"), None),
        ],
        notices: vec![
            Notice {
                clause: "calpoly/denied".into(),
                message: hidden.clone(),
                path: Some("requests/sync.yaml".into()),
            },
            Notice {
                clause: "calpoly/contact".into(),
                message: "Ask the service desk.".into(),
                path: None,
            },
        ],
        timeline: vec![TimelineEntry {
            date: "2026-12-01".into(),
            clause: "hws/review-time".into(),
            what: hidden.clone(),
            path: Some(hidden.clone()),
        }],
        coverage: Coverage {
            remembered: 0,
            files: 12,
            bytes: 3456,
            blobs: 0,
            commits: 0,
            nothing: None,
            skipped: vec![
                Skipped { path: "a.iso".into(), reason: "larger than 100 MiB".into() },
                Skipped { path: hidden.clone(), reason: "excluded by configuration".into() },
                Skipped { path: "b.iso".into(), reason: "excluded by configuration".into() },
            ],
            errors: vec![
                Problem {
                    path: "data/locked.bin".into(),
                    message: "permission denied; make it readable or exclude it".into(),
                },
                Problem { path: hidden.clone(), message: hidden },
                Problem { path: String::new(), message: "git is not installed".into() },
            ],
        },
        ..Report::default()
    };
    report.sort();
    report
}

pub(crate) fn nothing_found() -> Report {
    Report {
        coverage: Coverage {
            files: 1,
            bytes: 20 << 20,
            skipped: vec![Skipped { path: "x".into(), reason: "excluded by configuration".into() }],
            ..Coverage::default()
        },
        ..Report::default()
    }
}

/// The names of the elements of `xml`, in order. Fails unless every tag is closed in its turn and
/// text and attributes hold nothing but what XML allows: enough XML for what we write.
pub(crate) fn well_formed(xml: &str) -> Vec<String> {
    let mut rest =
        xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a declaration");
    let (mut names, mut open) = (Vec::new(), Vec::new());
    while let Some((text, after)) = rest.split_once('<') {
        assert_escaped(text);
        let (tag, after) = after.split_once('>').expect("a tag ends");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let (tag, empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{tag}");
        let mut quoted = attributes.split('"');
        while let (Some(key), Some(value)) = (quoted.next(), quoted.next()) {
            let key = key.trim().strip_suffix('=').expect("key=\"value\"");
            assert!(key.bytes().all(|b| b.is_ascii_lowercase()), "{tag}");
            assert!(!value.contains('\n'));
            assert_escaped(value);
        }
        names.push(name.to_owned());
        if !empty {
            open.push(name.to_owned());
        }
    }
    assert_eq!(rest.trim(), "");
    assert!(open.is_empty(), "{open:?} not closed");
    names
}

fn assert_escaped(text: &str) {
    assert!(!text.contains(['<', '>', '"', '\'']), "{text}");
    for part in text.split('&').skip(1) {
        let (entity, _) = part.split_once(';').expect("an entity ends");
        assert!(["amp", "lt", "gt", "quot", "apos"].contains(&entity), "{text}");
    }
    assert!(text.chars().all(|c| c == '\n' || !c.is_control() && !"\u{fffe}\u{ffff}".contains(c)));
}
