//! Paths as URI references.

/// `path` as the reference that SARIF asks for: relative paths stay relative, whatever could be
/// taken for a scheme, a query or a fragment is escaped.
pub(super) fn from_path(path: &str) -> String {
    let encoded = encode(path);
    if path.starts_with('/') {
        // so that a path with two slashes does not name a host
        format!("file://{encoded}")
    } else {
        encoded
    }
}

fn encode(path: &str) -> String {
    use std::fmt::Write as _;
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'!' => {
                uri.push(char::from(byte));
            }
            byte => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::from_path;

    #[test]
    fn escapes_what_would_change_the_meaning() {
        for (path, uri) in [
            ("src/a b.py", "src/a%20b.py"),
            ("https://x", "https%3A//x"),
            ("a%0A?#é", "a%250A%3F%23%C3%A9"),
            ("a.zip!b/c", "a.zip!b/c"),
            ("../a\n", "../a%0A"),
            ("/etc/x", "file:///etc/x"),
            ("//host/x", "file:////host/x"),
            ("-", "-"),
        ] {
            assert_eq!(from_path(path), uri);
        }
    }
}
