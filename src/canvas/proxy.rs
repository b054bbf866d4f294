//! The proxy that the environment names, in the manner of curl: `HTTPS_PROXY`, else `ALL_PROXY`,
//! and `NO_PROXY` for what goes without one; the lower-case names come first. Connections to this
//! machine never go through a proxy, encrypted or not.

use super::host::Host;

/// The address of the proxy for `host`, if there is one. `variable` reads the environment.
pub(super) fn proxy_for(host: &Host, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    if host.is_loopback() || !host.is_encrypted() {
        return None;
    }
    let first = |names: [&str; 2]| names.iter().find_map(|name| variable(name));
    let exempt = first(["no_proxy", "NO_PROXY"]).unwrap_or_default();
    if exempt.split([',', ' ']).any(|entry| is_exempt(host, entry.trim())) {
        return None;
    }
    first(["https_proxy", "HTTPS_PROXY"])
        .or_else(|| first(["all_proxy", "ALL_PROXY"]))
        .map(|proxy| proxy.trim().to_owned())
        .filter(|proxy| !proxy.is_empty())
}

/// Whether an entry of `NO_PROXY` is meant for `host`: a name holds for what lies below it, too.
fn is_exempt(host: &Host, entry: &str) -> bool {
    if entry == "*" {
        return true;
    }
    let entry = entry.to_ascii_lowercase();
    let (bare, port) = match entry.rsplit_once(':') {
        Some((bare, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => {
            (bare, Some(port))
        }
        _ => (entry.as_str(), None),
    };
    let bare = bare.trim_start_matches('*').trim_start_matches('.');
    let own_port = host.name().strip_prefix(host.bare()).and_then(|port| port.strip_prefix(':'));
    let own = host.bare();
    !bare.is_empty()
        && port.is_none_or(|port| port == own_port.unwrap_or("443"))
        && (own == bare || own.strip_suffix(bare).is_some_and(|before| before.ends_with('.')))
}

#[cfg(test)]
#[allow(clippy::panic, reason = "a test may fail by panicking")]
mod tests {
    use super::*;

    fn proxy(host: &str, environment: &[(&str, &str)]) -> Option<String> {
        let variable = |name: &str| {
            environment.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned())
        };
        match Host::parse(host) {
            Ok(host) => proxy_for(&host, variable),
            Err(error) => panic!("{host}: {error}"),
        }
    }

    #[test]
    fn follows_the_environment() {
        let https = ("HTTPS_PROXY", "http://proxy:3128");
        let all = ("ALL_PROXY", "http://other:1");
        let host = "https://canvas.example.edu";
        assert_eq!(proxy(host, &[]), None);
        assert_eq!(proxy(host, &[https, all]).as_deref(), Some(https.1));
        assert_eq!(proxy(host, &[all]).as_deref(), Some(all.1));
        assert_eq!(
            proxy(host, &[https, ("https_proxy", "http://low:2")]).as_deref(),
            Some("http://low:2")
        );
        assert_eq!(proxy(host, &[("https_proxy", "")]), None);
        // never what is meant for connections without encryption, and never for this machine
        assert_eq!(proxy(host, &[("HTTP_PROXY", "http://proxy:3128")]), None);
        assert_eq!(proxy("http://localhost:80", &[https, all]), None);
        assert_eq!(proxy("https://127.0.0.1", &[https, all]), None);
    }

    #[test]
    fn leaves_out_what_is_exempt() {
        let gone = |host: &str, exempt: &str| {
            proxy(host, &[("HTTPS_PROXY", "http://proxy:3128"), ("NO_PROXY", exempt)]).is_none()
        };
        let host = "https://canvas.example.edu";
        for exempt in ["*", "canvas.example.edu", "a.b, example.edu", ".Example.edu", "*.edu"] {
            assert!(gone(host, exempt), "{exempt}");
        }
        for exempt in ["", ",", "ample.edu", "other.edu", "canvas.example.edu:8443"] {
            assert!(!gone(host, exempt), "{exempt}");
        }
        assert!(gone("https://c.example.edu:8443", "example.edu:8443"));
        assert!(gone(host, "example.edu:443"));
    }
}
