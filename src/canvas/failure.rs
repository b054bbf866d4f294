//! Why a host could not be asked, in the reader's words.

use std::time::Duration;

use thiserror::Error;

use crate::finding::printable;

/// How much of what a library says about a failure is shown.
const MOST_DETAIL: usize = 200;

/// Why a host gave no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// Its name leads nowhere.
    #[error("no such host is known")]
    NoSuchHost,
    /// It could not be connected to, or the connection broke.
    #[error("the connection failed: {0}")]
    Connection(String),
    /// It did not prove who it is.
    #[error("its certificate is not accepted: {0}")]
    Certificate(String),
    /// The proxy did not let us through.
    #[error("the proxy did not connect: {0}")]
    Proxy(String),
    /// It took too long.
    #[error("it did not answer within {} seconds", .0.as_secs_f32())]
    Slow(Duration),
    /// What it answered is not HTTP.
    #[error("it does not speak HTTP as expected: {0}")]
    Protocol(String),
    /// Its answer is larger than any that Canvas gives.
    #[error("its answer is too long")]
    TooLong,
    /// It asks for patience, again and again or for too long.
    #[error("it asks to slow down (429); try again {}", patience(*.0))]
    Busy(Option<Duration>),
    /// It answered with a status that says nothing about the token.
    #[error("it answers {status}{}", hint(*.status))]
    Status {
        /// The status.
        status: u16,
    },
    /// It wants to send us elsewhere.
    #[error("it answers {0}, a redirect, which is not followed; name the host that it leads to")]
    Redirect(u16),
    /// It answered that all is well, but not as Canvas does.
    #[error("its answer is not Canvas'")]
    NotCanvas,
    /// It asked for another kind of credential: what refuses is not Canvas.
    #[error("something before Canvas asks for a login of its own")]
    OtherLogin,
    /// It was not asked, since it did not answer before.
    #[error("it was not asked any more after it failed several times")]
    GivenUp,
}

impl Failure {
    /// Whether the same request may well succeed a moment later.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Connection(_))
    }

    /// Whether the host could not be reached at all, so that further requests are in vain.
    pub(super) fn is_of_the_host(&self) -> bool {
        matches!(
            self,
            Self::NoSuchHost
                | Self::Connection(_)
                | Self::Certificate(_)
                | Self::Proxy(_)
                | Self::Slow(_)
                | Self::Protocol(_)
                | Self::Busy(_)
        )
    }

    pub(super) fn of(error: ureq::Error, timeout: Duration) -> Self {
        use ureq::Error;
        match error {
            Error::HostNotFound => Self::NoSuchHost,
            Error::Timeout(_) => Self::Slow(timeout),
            Error::Rustls(error) => Self::Certificate(detail(&error.to_string())),
            Error::Tls(message) => Self::Certificate(detail(message)),
            Error::ConnectProxyFailed(message) => Self::Proxy(detail(&message)),
            Error::BodyExceedsLimit(_) | Error::LargeResponseHeader(..) => Self::TooLong,
            Error::Io(error) => Self::of_io(&error, timeout),
            Error::ConnectionFailed => Self::Connection("refused".to_owned()),
            other => Self::Protocol(detail(&other.to_string())),
        }
    }

    pub(super) fn of_io(error: &std::io::Error, timeout: Duration) -> Self {
        if let Some(inner) = error.get_ref() {
            if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
                return Self::Certificate(detail(&tls.to_string()));
            }
            if inner
                .downcast_ref::<ureq::Error>()
                .is_some_and(|error| matches!(error, ureq::Error::Timeout(_)))
            {
                return Self::Slow(timeout);
            }
        }
        match error.kind() {
            std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => Self::Slow(timeout),
            std::io::ErrorKind::Other | std::io::ErrorKind::InvalidData => {
                Self::Connection(detail(&error.to_string()))
            }
            // of names that can't be looked up now, only the message says so
            _ if error.get_ref().is_some() => Self::Connection(detail(&error.to_string())),
            kind => Self::Connection(kind.to_string()),
        }
    }
}

/// A library's words, which may repeat what the host sent.
fn detail(text: &str) -> String {
    let short: String = text.chars().take(MOST_DETAIL).collect();
    printable(&short).into_owned()
}

fn patience(wait: Option<Duration>) -> String {
    match wait {
        Some(wait) => format!("in {} seconds", wait.as_secs()),
        None => "later".to_owned(),
    }
}

fn hint(status: u16) -> &'static str {
    match status {
        403 => ", which Canvas says where something is not permitted",
        404 => ", which Canvas does not say here: is it one?",
        500..=599 => ", an error of its own; try again later",
        _ => "",
    }
}
