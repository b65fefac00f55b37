//! Phone pages over HTTP and HTTPS: connections in, requests to the pages, answers out.
//!
//! Phones ask seldom and one thing at a time, so a connection is good for one request: nobody keeps a place that others
//! wait for.

mod door;

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::flows::without_scope;
use super::guard::Guard;
use super::metrics::Metrics;
use super::places::Places;
use super::serve::Server;
use super::supervise::supervise;
use super::tls::Tls;
use super::{Clock, tcp};
use crate::pages::{Method, Pages, Reply};
use door::{Door, Unreadable};

/// What a connection is secured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Nothing.
    Http,
    /// TLS.
    Https,
}

impl Scheme {
    /// How addresses begin, and the word for it in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

/// How long somebody may take to shake hands and to ask.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);

/// How long question and answer together may take: longer than the exchange may.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most that is read of a head.
const HEAD: usize = 16 * 1024;

/// The pages on their sockets.
pub struct PageServer {
    pages: Pages,
    server: Server,
    guard: Arc<Guard>,
    tls: Arc<Tls>,
    places: Places,
}

impl std::fmt::Debug for PageServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageServer").finish_non_exhaustive()
    }
}

impl PageServer {
    /// Pages that nobody asks for yet.
    pub fn new(server: Server, guard: Arc<Guard>, tls: Arc<Tls>) -> PageServer {
        let settings = &server.settings.pages;
        PageServer {
            pages: Pages::in_language(settings.language),
            places: Places::new(settings.connections, settings.connections_per_source),
            server,
            guard,
            tls,
        }
    }

    /// Begins to answer.
    pub fn start(self: &Arc<Self>, scheme: Scheme, listener: TcpListener) {
        let (pages, listener) = (Arc::clone(self), Arc::new(listener));
        supervise("accepting connections for pages", move || {
            Arc::clone(&pages).accept(scheme, Arc::clone(&listener))
        });
    }

    fn clock(&self) -> Clock {
        self.server.clock
    }

    fn metrics(&self) -> &Metrics {
        &self.server.metrics
    }

    async fn accept(self: Arc<Self>, scheme: Scheme, listener: Arc<TcpListener>) {
        loop {
            let (stream, remote) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Most likely too many open files: others must end before it can go on.
                    tracing::warn!(%error, "cannot accept connections for pages");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let remote = without_scope(remote);
            let is_secure = scheme == Scheme::Https;
            let now = self.clock().now();
            if !self.guard.may_connect(now, remote.ip(), is_secure) {
                self.metrics().pages.refused("guard");
                continue;
            }
            let Some(place) = self.places.take(remote.ip()) else {
                self.metrics().pages.refused("full");
                self.guard.connection_refused(remote.ip());
                continue;
            };
            let pages = Arc::clone(&self);
            tokio::spawn(async move {
                let served = timeout(PATIENCE, pages.welcome(scheme, stream, remote));
                if served.await.is_err() {
                    tracing::debug!(%remote, "page took too long");
                }
                drop(place);
            });
        }
    }

    async fn welcome(&self, scheme: Scheme, stream: TcpStream, remote: SocketAddr) {
        tcp::prepare(&stream);
        let Ok(local) = stream.local_addr() else {
            return;
        };
        let caller = Caller {
            scheme,
            remote: remote.ip(),
            local,
        };
        match scheme {
            Scheme::Http => self.serve(stream, caller).await,
            Scheme::Https => match timeout(HEAD_PATIENCE, self.tls.accept(stream)).await {
                Ok(Ok(stream)) => self.serve(stream, caller).await,
                _ => tracing::debug!(%remote, "no handshake for pages"),
            },
        }
    }

    async fn serve<S>(&self, stream: S, caller: Caller)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let answer = service_fn(|request| self.answer(&caller, request));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_PATIENCE)
            .max_buf_size(HEAD)
            .keep_alive(false)
            .serve_connection(TokioIo::new(stream), answer);
        let remote = caller.remote;
        if let Err(error) = connection.await {
            tracing::debug!(%remote, %error, "page not answered");
        }
    }

    async fn answer(
        &self,
        caller: &Caller,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Infallible> {
        let asked = self.clock().now().uptime;
        let reply = match door::read(caller, request).await {
            Ok(request) if request.head.method == Method::Other => Reply::method_not_allowed(),
            Ok(request) => self.pages.answer(&Door(&self.server), &request).await,
            Err(Unreadable::TooLong) => Reply::plain(413, "That is too much\n"),
            Err(Unreadable::Broken) => Reply::plain(400, "That cannot be read\n"),
        };
        let took = self.clock().now().uptime.saturating_sub(asked);
        self.metrics()
            .pages
            .answered(caller.scheme.word(), reply.status, took);
        Ok(door::response(reply))
    }
}

/// Who asks, and where.
#[derive(Clone, Copy, Debug)]
struct Caller {
    scheme: Scheme,
    remote: IpAddr,
    local: SocketAddr,
}
