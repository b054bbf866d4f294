//! Servers that don't behave: each connection is handed to a function that does as it likes.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// A running server.
pub(crate) struct Raw {
    port: u16,
    count: Arc<AtomicUsize>,
}

impl Raw {
    /// Hands every connection to `behave`, on a thread of its own.
    pub(crate) fn new(behave: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("an address");
        let port = listener.local_addr().expect("an address").port();
        let count = Arc::new(AtomicUsize::new(0));
        let (behave, theirs) = (Arc::new(behave), Arc::clone(&count));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                theirs.fetch_add(1, Ordering::SeqCst);
                let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
                let behave = Arc::clone(&behave);
                thread::spawn(move || behave(stream));
            }
        });
        Self { port, count }
    }

    /// A server that answers every request with `text`, as it stands.
    pub(crate) fn saying(text: impl Into<Vec<u8>>) -> Self {
        use std::io::Write as _;
        let text = text.into();
        Self::new(move |mut stream| {
            request(&mut stream);
            let _ = stream.write_all(&text);
        })
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many connections there were.
    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

/// Reads a request's head.
pub(crate) fn request(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}
