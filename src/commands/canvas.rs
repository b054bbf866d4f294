//! What `verify` and `revoke` share: which hosts are asked, and what their answers make of
//! findings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::CommandError;
use super::session::Session;
use crate::canvas::{Answer, Asker, Client, Host, Options};
use crate::cli::CanvasArgs;
use crate::finding::{
    Confidence, Finding, Fingerprint, Location, Notice, Problem, Report, Severity, TokenState,
};
use crate::report::inert;
use crate::secret::{ExposeSecret as _, Keyring, SecretString, Token};
use crate::sources::files::describe;
use crate::user_config;

/// The rules whose findings are tokens that Canvas can be asked about. Links are none, and what a
/// project's own detectors find may be anything: it is sent nowhere.
pub(super) const TOKEN_RULES: [&str; 2] = ["canvas-access-token", "canvas-bare-token"];
/// More tokens than this are not asked about in one run.
const MOST_TOKENS: usize = 1000;
/// The path of a token that was handed over on standard input.
pub(super) const STDIN: &str = "-";

/// A keyring for what Canvas can be asked about.
pub(super) fn keyring() -> Keyring {
    Keyring::new(&TOKEN_RULES)
}

/// An asker for the hosts that the user named: on the command line, else in the user's own
/// configuration, which must not lie in what is scanned.
pub(super) fn asker(
    args: &CanvasArgs,
    paths: &[PathBuf],
    session: &Session,
) -> Result<Asker, CommandError> {
    let config = if args.canvas_url.is_empty() {
        user_config::load(&scanned(args, paths, session))?
    } else {
        user_config::UserConfig::default()
    };
    let urls = if args.canvas_url.is_empty() { &config.canvas_urls } else { &args.canvas_url };
    let mut hosts: Vec<Host> = Vec::new();
    for url in urls {
        let host = Host::parse(url).map_err(|error| CommandError::Usage {
            message: format!("can't ask this Canvas: {error}"),
            help: Some("--canvas-url or `canvas-urls` names it".to_owned()),
        })?;
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    if hosts.is_empty() {
        return Err(CommandError::Usage {
            message: "no Canvas is named that could be asked".to_owned(),
            help: Some(
                "name yours with --canvas-url https://canvas.example.edu, or list it under \
                 `canvas-urls` in ~/.config/hallpass/config.toml"
                    .to_owned(),
            ),
        });
    }
    let authorities = authorities(args.ca_file.as_deref().or(config.ca_file.as_deref()), session)?;
    let options = Options { timeout: args.timeout, authorities };
    let clients: Result<Vec<_>, _> =
        hosts.into_iter().map(|host| Client::new(host, &options)).collect();
    let clients =
        clients.map_err(|error| CommandError::Usage { message: error.to_string(), help: None })?;
    Ok(Asker::new(clients))
}

/// What is scanned: the paths, and the project around the working directory.
fn scanned(args: &CanvasArgs, paths: &[PathBuf], session: &Session) -> Vec<PathBuf> {
    let mut scanned = vec![session.display.working().to_path_buf()];
    if args.token_stdin {
        return scanned;
    }
    let named = paths.iter().filter(|path| path.as_os_str() != STDIN);
    scanned.extend(named.map(|path| session.display.absolute(path)));
    scanned
}

/// The authorities of the file that is named, by a flag or by the variable that other programs
/// read, too.
fn authorities(file: Option<&Path>, session: &Session) -> Result<Option<Vec<u8>>, CommandError> {
    let variable = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty());
    let Some(file) = file.map(Path::to_path_buf).or_else(|| variable.map(PathBuf::from)) else {
        return Ok(None);
    };
    std::fs::read(&file).map(Some).map_err(|error| CommandError::Usage {
        message: format!(
            "can't read the certificate authorities {}: {}",
            inert(&session.display.show(&session.display.absolute(&file))),
            describe(&error)
        ),
        help: Some("--ca-file, your configuration or SSL_CERT_FILE names them".to_owned()),
    })
}

/// A token among a report's findings, once however often it was found.
pub(super) struct Known {
    pub(super) token: Token,
    pub(super) fingerprint: Fingerprint,
    pub(super) answer: Answer,
    /// What became of its deletion, where that was asked for.
    pub(super) deletion: Option<String>,
}

/// Asks about every token among the findings of `report`; notes there those for which it could
/// not be told.
pub(super) fn ask(
    report: &mut Report,
    mut secrets: BTreeMap<Fingerprint, SecretString>,
    asker: &Asker,
) -> Vec<Known> {
    let mut tokens: Vec<(Fingerprint, Token)> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut left_out = 0_usize;
    for finding in &report.findings {
        if !TOKEN_RULES.contains(&finding.rule.as_str()) || !seen.insert(&finding.fingerprint) {
            continue;
        }
        let token = secrets.remove(&finding.fingerprint).and_then(Token::new);
        match token {
            Some(token) if tokens.len() < MOST_TOKENS => {
                tokens.push((finding.fingerprint.clone(), token));
            }
            _ => left_out += 1,
        }
    }
    // what stands in no finding that is shown is not needed any more
    drop(secrets);
    if left_out > 0 {
        report.coverage.errors.push(Problem {
            path: String::new(),
            message: format!(
                "{left_out} tokens were not asked about: at most {MOST_TOKENS} are in one run"
            ),
        });
    }
    let asked: Vec<&Token> = tokens.iter().map(|(_, token)| token).collect();
    let answers = asker.ask_all(&asked);
    let known =
        |((fingerprint, token), answer)| Known { token, fingerprint, answer, deletion: None };
    tokens.into_iter().zip(answers).map(known).collect()
}

/// Puts what is known of tokens into the findings that are of them: one that works is an error
/// whatever the configuration says of its rule, one that does not is a note, and one of which it
/// could not be told stays as it was and makes the run incomplete.
pub(super) fn apply(report: &mut Report, known: &[Known], asker: &Asker) {
    let by_fingerprint: BTreeMap<_, _> =
        known.iter().map(|known| (&known.fingerprint, known)).collect();
    for finding in &mut report.findings {
        let Some(known) = by_fingerprint.get(&finding.fingerprint) else { continue };
        let mut verified = known.answer.verified(asker);
        verified.deletion = known.deletion.clone();
        finding.message.push_str(&format!(": {}", sentence(known, asker)));
        match verified.state {
            TokenState::Alive => {
                finding.severity = Severity::Error;
                finding.confidence = Confidence::High;
                finding.help.insert(0, end_now(known));
            }
            TokenState::Dead => {
                finding.severity = Severity::Note;
                finding.help = dead_help(known);
            }
            TokenState::Unknown => report.coverage.errors.push(Problem {
                path: finding.location.path.clone(),
                message: format!(
                    "it can't be told whether {} works: {}",
                    shown(&known.token),
                    known.answer.reason.as_deref().unwrap_or("no host was asked")
                ),
            }),
        }
        finding.verified = Some(verified);
    }
    if known.is_empty() {
        return;
    }
    let hosts: Vec<_> = asker.clients().iter().map(|client| client.host().name()).collect();
    let count = |state| known.iter().filter(|known| known.answer.state == state).count();
    report.notices.push(Notice {
        clause: "verify".to_owned(),
        message: format!(
            "asked {} about {}: {} alive, {} dead, {} unknown",
            hosts.join(", "),
            if known.len() == 1 { "1 token".to_owned() } else { format!("{} tokens", known.len()) },
            count(TokenState::Alive),
            count(TokenState::Dead),
            count(TokenState::Unknown),
        ),
        path: None,
    });
}

/// What the answers say of a token, for the end of a finding's message.
fn sentence(known: &Known, asker: &Asker) -> String {
    let answer = &known.answer;
    let host = answer.host.and_then(|at| asker.clients().get(at)).map(|c| c.host().name());
    let owner = owner(answer);
    let deleted = known.deletion.as_deref();
    match (answer.state, deleted) {
        (TokenState::Alive, None) => {
            format!("it works on {} and belongs to {owner}", host.unwrap_or_default())
        }
        (TokenState::Alive, Some(deletion)) => {
            format!("it still works on {} for {owner}: {deletion}", host.unwrap_or_default())
        }
        (TokenState::Dead, None) => format!("no longer accepted by {}", answer.asked.join(", ")),
        (TokenState::Dead, Some(deletion)) => format!("ended; it belonged to {owner}: {deletion}"),
        (TokenState::Unknown, None) => "it can't be told whether it works".to_owned(),
        (TokenState::Unknown, Some(deletion)) => {
            format!("it can't be told whether it works: {deletion}")
        }
    }
}

/// The owner as a sentence names it.
pub(super) fn owner(answer: &Answer) -> String {
    match &answer.owner {
        Some(owner) => format!("{} (user {})", owner.name, owner.id),
        None => "someone unknown".to_owned(),
    }
}

/// The first step for a token that works.
fn end_now(known: &Known) -> String {
    format!("end it now: `hallpass revoke` deletes {} by its own authority", shown(&known.token))
}

/// What is left to do about a token that does not work.
fn dead_help(known: &Known) -> Vec<String> {
    let shown = shown(&known.token);
    let hint = known.token.hint().hint;
    let mut help = Vec::new();
    if known.deletion.is_none() {
        help.push(format!(
            "a token of another Canvas is refused as well, and so is one that waits for its \
             owner's activation: if {shown} may be one of these, ask there, or let an \
             administrator delete the hint {hint}"
        ));
    }
    help.push("remove it from where it stands; it opens nothing any more".to_owned());
    help
}

/// What is shown of a token.
pub(super) fn shown(token: &Token) -> String {
    let hint = token.hint();
    match hint.shard {
        Some(shard) => format!("{shard}~{}…", hint.hint),
        None => format!("{}…", hint.hint),
    }
}

/// The finding for a token that was handed over on standard input.
pub(super) fn handed_over(
    token: Token,
    report: &mut Report,
) -> BTreeMap<Fingerprint, SecretString> {
    let hint = token.hint();
    let rule = if hint.shard.is_some() { TOKEN_RULES[0] } else { TOKEN_RULES[1] };
    let secret = token.secret().expose_secret();
    let fingerprint = Fingerprint::new(rule, secret.as_bytes());
    report.coverage.files = 1;
    report.coverage.bytes = secret.len() as u64;
    report.findings.push(Finding {
        rule: rule.to_owned(),
        severity: Severity::Error,
        confidence: Confidence::High,
        message: format!("Canvas access token {}", shown(&token)),
        location: Location {
            path: STDIN.to_owned(),
            line: None,
            column: None,
            end_line: None,
            end_column: None,
            commit: None,
        },
        place: None,
        issued: Vec::new(),
        verified: None,
        guidance: Vec::new(),
        help: Vec::new(),
        token: Some(hint),
        fingerprint: fingerprint.clone(),
        also: Vec::new(),
        excerpt: None,
    });
    BTreeMap::from([(fingerprint, token.secret().clone())])
}
