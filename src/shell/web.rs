//! Connections of phones that speak HTTP, with or without TLS: who may open one, how many there may be, and how long each may last.
//!
//! Phones ask seldom and one thing at a time, so a connection is good for one request: nobody keeps a place that others
//! wait for, and whoever guesses at names pays for each guess (see the guard). An application may let connections be kept
//! for a while.

use std::convert::Infallible;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
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
use tokio::time::{sleep, timeout};

use super::guard::Guard;
use super::places::Places;
use super::supervise::supervise;
use super::tls::Tls;
use super::{Clock, tcp};

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

/// How long it is waited when no connection can be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// Who asks, and where.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    /// How.
    pub scheme: Scheme,
    /// Who.
    pub remote: IpAddr,
    /// At which address of ours.
    pub local: SocketAddr,
}

/// What answers.
pub trait Application: Send + Sync + 'static {
    /// The words for its connections in the log.
    const CONNECTIONS: &'static str;

    /// How long a connection may be kept for more requests, silent in between for as long as a head may take. Zero: each
    /// is good for one. An answer that is to be the last one there says so itself.
    const KEPT: Duration = Duration::ZERO;

    /// Answers one request.
    fn answer(
        &self,
        caller: &Caller,
        request: Request<Incoming>,
    ) -> impl Future<Output = Response<Body>> + Send;

    /// A connection was not taken.
    fn turned_away(&self, why: &'static str);
}

/// An application on its sockets.
pub struct Web<A> {
    application: A,
    clock: Clock,
    guard: Arc<Guard>,
    tls: Arc<Tls>,
    places: Places,
}

impl<A> std::fmt::Debug for Web<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Web").finish_non_exhaustive()
    }
}

impl<A: Application> Web<A> {
    /// An application that nobody asks yet.
    pub fn new(
        application: A,
        clock: Clock,
        guard: Arc<Guard>,
        tls: Arc<Tls>,
        places: Places,
    ) -> Web<A> {
        Web {
            application,
            clock,
            guard,
            tls,
            places,
        }
    }

    /// Begins to answer.
    pub fn start(self: &Arc<Self>, scheme: Scheme, listener: TcpListener) {
        let (web, listener) = (Arc::clone(self), Arc::new(listener));
        supervise(A::CONNECTIONS, move || {
            Arc::clone(&web).accept(scheme, Arc::clone(&listener))
        });
    }

    async fn accept(self: Arc<Self>, scheme: Scheme, listener: Arc<TcpListener>) {
        loop {
            // Whoever comes while all places are taken waits in the kernel: most phones give up at a connection that
            // is cut.
            self.places.until_there_is_room().await;
            match listener.accept().await {
                Ok((stream, remote)) => self.take(scheme, stream, remote),
                Err(error) => {
                    // Most likely too many open files: others must end before it can go on.
                    tracing::warn!(%error, "cannot accept {}", A::CONNECTIONS);
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    fn take(self: &Arc<Self>, scheme: Scheme, stream: TcpStream, remote: SocketAddr) {
        // Without the zone of a link-local address, and as IPv4 if it is that.
        let source = remote.ip().to_canonical();
        let is_secure = scheme == Scheme::Https;
        if !self.guard.may_connect(self.clock.now(), source, is_secure) {
            self.application.turned_away("guard");
            return;
        }
        let Some(place) = self.places.take(source) else {
            self.application.turned_away("full");
            self.guard.connection_refused(source);
            return;
        };
        let web = Arc::clone(self);
        tokio::spawn(async move {
            let served = timeout(A::KEPT + PATIENCE, web.welcome(scheme, stream, source));
            if served.await.is_err() {
                tracing::debug!(%remote, "one of the {} lasted too long", A::CONNECTIONS);
            }
            drop(place);
        });
    }

    async fn welcome(&self, scheme: Scheme, stream: TcpStream, remote: IpAddr) {
        tcp::prepare(&stream);
        let Ok(local) = stream.local_addr() else {
            return;
        };
        let caller = Caller {
            scheme,
            remote,
            local,
        };
        match scheme {
            Scheme::Http => self.serve(stream, caller).await,
            Scheme::Https => match timeout(HEAD_PATIENCE, self.tls.accept(stream)).await {
                Ok(Ok(stream)) => self.serve(stream, caller).await,
                _ => tracing::debug!(%remote, "no handshake in the {}", A::CONNECTIONS),
            },
        }
    }

    async fn serve<S>(&self, stream: S, caller: Caller)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let answer = service_fn(async |request| {
            Ok::<_, Infallible>(self.application.answer(&caller, request).await)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_PATIENCE)
            .max_buf_size(HEAD)
            .keep_alive(!A::KEPT.is_zero())
            .serve_connection(TokioIo::new(stream), answer);
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = sleep(A::KEPT), if !A::KEPT.is_zero() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        let remote = caller.remote;
        // What was asked for is not said: there may be a token in it.
        if let Err(error) = ended {
            tracing::debug!(%remote, %error, "one of the {} broke", A::CONNECTIONS);
        }
    }
}
