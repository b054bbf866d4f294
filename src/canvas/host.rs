//! The address of a Canvas: where a token may be sent.

use std::net::{Ipv4Addr, Ipv6Addr};

use thiserror::Error;
use ureq::http::Uri;
use ureq::http::uri::Scheme;

/// The address of a Canvas: `https` and a host, nothing more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Host {
    base: String,
    name: String,
    bare: String,
    encrypted: bool,
}

/// Why an address is refused. None of these repeats it: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HostError {
    /// It can't be read.
    #[error("it is no address; write it as https://canvas.example.edu")]
    Malformed,
    /// It is not encrypted.
    #[error(
        "tokens are sent over https only; http is for this machine alone (localhost, 127.0.0.1)"
    )]
    NotEncrypted,
    /// It names a user.
    #[error("an address with a user name or password in it is not used")]
    UserInfo,
    /// It goes on behind the host.
    #[error("it goes on behind the host; write only the host, as in https://canvas.example.edu")]
    Path,
}

impl Host {
    /// Reads an address as the user writes it; without a scheme it is `https`.
    ///
    /// # Errors
    ///
    /// If it is no address, not encrypted (on another machine than this one), or more than a host.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let text = text.trim();
        let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        // the library drops what stands behind `#`
        if whole.contains('#') {
            return Err(HostError::Path);
        }
        let uri: Uri = whole.parse().map_err(|_| HostError::Malformed)?;
        let authority = uri.authority().ok_or(HostError::Malformed)?;
        if authority.as_str().contains('@') {
            return Err(HostError::UserInfo);
        }
        let bare = authority.host().trim_matches(['[', ']']).to_ascii_lowercase();
        let port_is_sound = authority.port().is_some() == has_port(authority.as_str());
        if bare.is_empty() || !port_is_sound {
            return Err(HostError::Malformed);
        }
        let encrypted = uri.scheme() == Some(&Scheme::HTTPS);
        let stays_here = uri.scheme() == Some(&Scheme::HTTP) && is_loopback(&bare);
        if !encrypted && !stays_here {
            return Err(HostError::NotEncrypted);
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(HostError::Path);
        }
        let name = authority.as_str().to_ascii_lowercase();
        let scheme = if encrypted { "https" } else { "http" };
        Ok(Self { base: format!("{scheme}://{name}"), name, bare, encrypted })
    }

    /// Scheme and host, to which a path is appended.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The host, with its port where it has one, as reports show it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The host without its port.
    pub(super) fn bare(&self) -> &str {
        &self.bare
    }

    /// Whether the connection is encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Whether it is this machine.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.bare)
    }
}

/// Whether something is written where a port stands.
fn has_port(authority: &str) -> bool {
    let behind = authority.rsplit_once(']').map_or(authority, |(_, behind)| behind);
    behind.contains(':')
}

fn is_loopback(bare: &str) -> bool {
    bare == "localhost"
        || bare.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
        || bare.parse::<Ipv6Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hosts() {
        for (text, base, name) in [
            ("https://canvas.example.edu", "https://canvas.example.edu", "canvas.example.edu"),
            (" HTTPS://Canvas.Example.edu/ ", "https://canvas.example.edu", "canvas.example.edu"),
            ("canvas.example.edu", "https://canvas.example.edu", "canvas.example.edu"),
            ("https://c.example.edu:8443", "https://c.example.edu:8443", "c.example.edu:8443"),
            ("http://127.0.0.1:80", "http://127.0.0.1:80", "127.0.0.1:80"),
            ("http://localhost:3000/", "http://localhost:3000", "localhost:3000"),
            ("http://[::1]:3000", "http://[::1]:3000", "[::1]:3000"),
        ] {
            let read = Host::parse(text).map(|host| (host.base, host.name));
            assert_eq!(read, Ok((base.to_owned(), name.to_owned())));
        }
    }

    #[test]
    fn refuses_what_a_token_must_not_be_sent_to() {
        use HostError::{Malformed, NotEncrypted, Path, UserInfo};
        for (text, error) in [
            ("", Malformed),
            ("https://", Malformed),
            ("https://a b", Malformed),
            ("https://a:port", Malformed),
            ("https://a:", Malformed),
            ("https://[::1", Malformed),
            ("http://canvas.example.edu", NotEncrypted),
            ("http://127.0.0.1.example.edu", NotEncrypted),
            ("http://localhost.example.edu", NotEncrypted),
            ("http://10.0.0.1", NotEncrypted),
            ("http://128.0.0.1", NotEncrypted),
            ("ftp://localhost", NotEncrypted),
            ("file://localhost", NotEncrypted),
            ("https://user:secret@canvas.example.edu", UserInfo),
            ("https://canvas.example.edu@attacker.example", UserInfo),
            ("https://canvas.example.edu/courses/1", Path),
            ("https://canvas.example.edu?x=1", Path),
            ("https://canvas.example.edu/#x", Path),
        ] {
            assert_eq!(Host::parse(text), Err(error), "{text}");
        }
    }
}
