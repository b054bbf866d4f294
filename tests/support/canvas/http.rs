//! As much of HTTP as the stand-in needs.

use std::io::{self, Read, Write};

/// A connection.
pub(crate) trait Stream: Read + Write {}
impl<S: Read + Write> Stream for S {}

/// A request.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Behind `Bearer`.
    pub(crate) bearer: Option<String>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// Reads a request; `None` where the connection is closed in good order.
pub(crate) fn read(stream: &mut impl Stream) -> io::Result<Option<Request>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() > 64 * 1024 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (method, target) = (word(), word());
    let header = |wanted: &str| {
        head.lines().skip(1).find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    io::copy(&mut Read::by_ref(stream).take(length), &mut io::sink())?;
    let bearer = header("authorization").and_then(|it| it.strip_prefix("Bearer ").map(Into::into));
    Ok(Some(Request { method, target, bearer }))
}

/// Writes an answer.
pub(crate) fn write(stream: &mut impl Stream, answer: &Answer) -> io::Result<()> {
    let mut text = format!("HTTP/1.1 {} X\r\n", answer.status);
    text.push_str("Content-Type: application/json; charset=utf-8\r\n");
    for (name, value) in &answer.headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{}", answer.body.len(), answer.body));
    stream.write_all(text.as_bytes())?;
    stream.flush()
}
