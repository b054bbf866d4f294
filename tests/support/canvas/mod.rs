//! A stand-in for Canvas: a real server on loopback, over HTTP or HTTPS, that answers the four
//! endpoints about tokens as Canvas does. It knows no real token and has no other use.
//!
//! | request | answer |
//! | --- | --- |
//! | `GET /api/v1/users/self` | 200 with the owner of a token that works, 401 otherwise |
//! | `GET /api/v1/users/ID/user_generated_tokens` | 200 with a page of the user's tokens |
//! | `DELETE /api/v1/users/ID/tokens/HINT` | 200, and the token is deleted; 404 if there is none |
//! | `POST /profile/tokens/ID/activate` | 200, and a pending token of one's own works |
//!
//! Where two tokens of a user share a hint, the older one is deleted: what Canvas does is not
//! documented.

#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

pub(crate) mod http;
pub(crate) mod proxy;
pub(crate) mod raw;
pub(crate) mod tls;
pub(crate) mod world;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use world::World;

/// A running server. It ends when it is dropped.
pub(crate) struct Canvas {
    address: SocketAddr,
    authority: Option<String>,
    shared: Arc<Shared>,
}

struct Shared {
    world: Mutex<World>,
    /// How long it takes to answer.
    delay: Mutex<Duration>,
    ended: AtomicBool,
}

impl Canvas {
    /// Serves `world` over HTTP.
    pub(crate) fn http(world: World) -> Self {
        Self::start(world, "127.0.0.1:0", None)
    }

    /// Serves `world` over HTTPS, with a certificate for `names` by an authority of its own.
    pub(crate) fn https(world: World, names: &[&str]) -> Self {
        Self::start(world, "127.0.0.1:0", Some(tls::Identity::new(names)))
    }

    /// Serves `world` at an address.
    pub(crate) fn start(world: World, address: &str, identity: Option<tls::Identity>) -> Self {
        let listener = TcpListener::bind(address).expect("an address");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            world: Mutex::new(world),
            delay: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let authority = identity.as_ref().map(|identity| identity.authority.clone());
        let scheme = if identity.is_some() { "https" } else { "http" };
        let base = format!("{scheme}://{address}");
        let tls = identity.map(|identity| identity.server());
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if theirs.ended.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (shared, tls, base) = (Arc::clone(&theirs), tls.clone(), base.clone());
                thread::spawn(move || {
                    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
                    // a connection that breaks is the other side's business
                    let _ = match tls {
                        Some(tls) => tls::accept(stream, tls)
                            .and_then(|mut stream| serve(&shared, &base, &mut stream)),
                        None => serve(&shared, &base, &mut { stream }),
                    };
                });
            }
        });
        Self { address, authority, shared }
    }

    /// Its address, as `--canvas-url` takes it.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.authority.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The authority behind its certificate, in PEM.
    pub(crate) fn authority(&self) -> &str {
        self.authority.as_deref().expect("a server with a certificate")
    }

    /// What it serves.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.shared.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The requests that it was sent so far, as `METHOD /path`.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.world().requests.clone()
    }

    /// Lets it take its time.
    pub(crate) fn delay(&self, delay: Duration) {
        *self.shared.delay.lock().unwrap_or_else(PoisonError::into_inner) = delay;
    }
}

impl Drop for Canvas {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // wakes the listener
        let _ = TcpStream::connect(self.address);
    }
}

/// Answers requests on one connection until the other side closes it.
fn serve(shared: &Shared, base: &str, stream: &mut impl http::Stream) -> std::io::Result<()> {
    while let Some(request) = http::read(stream)? {
        let answer =
            shared.world.lock().unwrap_or_else(PoisonError::into_inner).answer(base, &request);
        thread::sleep(*shared.delay.lock().unwrap_or_else(PoisonError::into_inner));
        http::write(stream, &answer)?;
    }
    Ok(())
}
