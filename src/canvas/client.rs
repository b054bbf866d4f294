//! Requests to one Canvas, with limits on time and size, patience where it asks for it, and none
//! where it does not answer.

use std::io::Read as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use thiserror::Error;
use ureq::http::header::{AUTHORIZATION, HeaderMap, LINK, RETRY_AFTER, WWW_AUTHENTICATE};
use ureq::http::{HeaderValue, Method, Request};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy};
use zeroize::Zeroizing;

use super::failure::Failure;
use super::host::Host;
use super::proxy::proxy_for;
use crate::secret::{ExposeSecret as _, Token};

/// Longer answers are none of Canvas': a page of a hundred tokens has some 60 kB.
const MOST_BODY: u64 = 1 << 20;
/// Longer headers are none of Canvas', either.
const MOST_HEADERS: usize = 64 * 1024;
/// How often a request is made at most.
const MOST_TRIES: u32 = 4;
/// How long the wait before a second try is, where the host does not say; then twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait that a host may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// So many failures in a row, and a host is not asked any more.
const MOST_FAILURES: u32 = 3;

/// How requests are made.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a request may take, from looking up the name to the last byte of the answer.
    pub timeout: Duration,
    /// The certificate authorities to trust, in PEM; the system's if there are none.
    pub authorities: Option<Vec<u8>>,
}

/// Why no request can be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SetupError {
    /// The authorities.
    #[error("the file of certificate authorities holds no certificate in PEM")]
    Authorities,
    /// The proxy.
    #[error("the proxy that the environment names can't be used; write it as http://host:port")]
    Proxy,
}

/// What a request may do if it is not known whether it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// It only asks: it is repeated.
    Freely,
    /// It changes something: it is repeated only where the host says that it did not look at it.
    IfRefused,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    headers: HeaderMap,
}

impl Reply {
    /// Whether the refusal speaks of a login that is not Canvas'.
    pub(super) fn wants_other_login(&self) -> bool {
        let mut schemes = self.headers.get_all(WWW_AUTHENTICATE).iter().peekable();
        schemes.peek().is_some()
            && !schemes.any(|scheme| {
                let bytes = scheme.as_bytes();
                bytes.get(..6).is_some_and(|start| start.eq_ignore_ascii_case(b"bearer"))
            })
    }

    /// The address of the next page.
    pub(super) fn next(&self) -> Option<String> {
        let links = self.headers.get(LINK)?.to_str().ok()?;
        links.split(',').find_map(|link| {
            let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
            parameters.contains("rel=\"next\"").then(|| address.to_owned())
        })
    }

    /// How long the host asks to wait: seconds, or until a date.
    fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<f64>() {
            return Duration::try_from_secs_f64(seconds).ok();
        }
        let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        let now = Timestamp::try_from(SystemTime::now()).ok()?;
        Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
    }
}

/// Makes requests to one Canvas.
#[derive(Debug)]
pub struct Client {
    host: Host,
    agent: Agent,
    timeout: Duration,
    /// Before this moment the host wants no request, from any thread.
    not_before: Mutex<Option<Instant>>,
    failures: AtomicU32,
}

impl Client {
    /// A client for `host`. Proxies are taken from the environment.
    ///
    /// # Errors
    ///
    /// If the authorities or the proxy can't be used.
    pub fn new(host: Host, options: &Options) -> Result<Self, SetupError> {
        let proxy = proxy_for(&host, |name| std::env::var(name).ok());
        let proxy = proxy.map(|proxy| Proxy::new(&proxy)).transpose();
        let proxy = proxy.map_err(|_| SetupError::Proxy)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(roots(options.authorities.as_deref())?)
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let agent = Agent::config_builder()
            .https_only(host.is_encrypted())
            .tls_config(tls)
            .proxy(proxy)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_response_header_size(MOST_HEADERS)
            .timeout_global(Some(options.timeout))
            .user_agent(concat!("hallpass/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .build()
            .new_agent();
        Ok(Self {
            host,
            agent,
            timeout: options.timeout,
            not_before: Mutex::new(None),
            failures: AtomicU32::new(0),
        })
    }

    /// The host that it makes requests to.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// Makes a request with `token`'s authority, again where that helps.
    ///
    /// # Errors
    ///
    /// If there is no answer, or one that asks for more patience than there is.
    pub(super) fn send(
        &self,
        method: &Method,
        path: &str,
        token: &Token,
        repeat: Repeat,
    ) -> Result<Reply, Failure> {
        let mut tries = 0;
        loop {
            if self.failures.load(Ordering::Relaxed) >= MOST_FAILURES {
                return Err(Failure::GivenUp);
            }
            self.wait();
            tries += 1;
            let outcome = self.send_once(method, path, token);
            let wait = match &outcome {
                Ok(reply) if reply.status == 429 => Some(reply.retry_after()),
                Ok(reply) if reply.status >= 500 && repeat == Repeat::Freely => {
                    Some(reply.retry_after())
                }
                // once: a connection that the host had closed meanwhile
                Err(failure) if failure.is_passing() && repeat == Repeat::Freely && tries == 1 => {
                    Some(None)
                }
                _ => None,
            };
            let Some(asked) = wait else {
                return self.count(outcome);
            };
            let own = FIRST_WAIT * 2_u32.pow(tries - 1);
            let wait = asked.unwrap_or(own);
            if tries >= MOST_TRIES || wait > LONGEST_WAIT {
                return self.count(match outcome {
                    Ok(reply) if reply.status == 429 => Err(Failure::Busy(asked)),
                    other => other,
                });
            }
            self.hold_until(Instant::now() + wait);
        }
    }

    /// Counts the failures in a row.
    fn count(&self, outcome: Result<Reply, Failure>) -> Result<Reply, Failure> {
        match &outcome {
            Err(failure) if failure.is_of_the_host() => {
                self.failures.fetch_add(1, Ordering::Relaxed);
            }
            _ => self.failures.store(0, Ordering::Relaxed),
        }
        outcome
    }

    /// Waits until the host wants requests again.
    fn wait(&self) {
        loop {
            let until = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
            match until.map(|until| until.saturating_duration_since(Instant::now())) {
                Some(left) if !left.is_zero() => thread::sleep(left),
                _ => return,
            }
        }
    }

    fn hold_until(&self, until: Instant) {
        let mut not_before = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        *not_before = Some(not_before.map_or(until, |before| before.max(until)));
    }

    fn send_once(&self, method: &Method, path: &str, token: &Token) -> Result<Reply, Failure> {
        let began = Instant::now();
        let failed = |error| Failure::of(error, self.timeout);
        let bearer = Zeroizing::new(format!("Bearer {}", token.secret().expose_secret()));
        let mut bearer = HeaderValue::from_str(&bearer)
            .map_err(|_| Failure::Protocol("the token is no header".to_owned()))?;
        // the library's own debug output leaves it out
        bearer.set_sensitive(true);
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.host.base()))
            .header(AUTHORIZATION, bearer)
            .body(())
            .map_err(|error| Failure::Protocol(error.to_string()))?;
        let mut response = self.agent.run(request).map_err(failed)?;
        let status = response.status().as_u16();
        let headers = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        // what else it says with a refusal is of no use
        if status == 200 {
            let reader = response.body_mut().as_reader();
            reader
                .take(MOST_BODY + 1)
                .read_to_end(&mut body)
                .map_err(|error| Failure::of_io(&error, self.timeout))?;
            if body.len() as u64 > MOST_BODY {
                return Err(Failure::TooLong);
            }
        }
        // a second line of defence: the library's limit holds for each part as well as the whole
        if began.elapsed() > self.timeout * 2 {
            return Err(Failure::Slow(self.timeout));
        }
        Ok(Reply { status, body, headers })
    }
}

/// The authorities to trust.
fn roots(authorities: Option<&[u8]>) -> Result<RootCerts, SetupError> {
    let Some(pem) = authorities else {
        return Ok(RootCerts::PlatformVerifier);
    };
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| SetupError::Authorities)? {
            certificates.push(certificate);
        }
    }
    if certificates.is_empty() {
        return Err(SetupError::Authorities);
    }
    Ok(RootCerts::new_with_certs(&certificates))
}
