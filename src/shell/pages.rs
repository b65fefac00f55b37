//! Phone pages over HTTP and HTTPS: requests to the pages, answers out.
//!
//! Phones ask seldom. Programs ask often, and a handshake costs more than an answer: their connections are kept.

mod door;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Request, Response};
use tokio::time::timeout;

use super::guard::Guard;
use super::places::Places;
use super::serve::Server;
use super::tls::Tls;
use super::web::{Application, Caller, Web};
use crate::pages::{Method, Pages, Reply};
use door::{Door, Unreadable};

/// How long a request may take to come.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pages, and the server that they are about.
pub struct PageServer {
    pages: Pages,
    server: Server,
}

impl PageServer {
    /// Pages that nobody asks for yet.
    pub fn on_the_web(server: Server, guard: Arc<Guard>, tls: Arc<Tls>) -> Arc<Web<PageServer>> {
        let settings = &server.settings.pages;
        let places = Places::new(settings.connections, settings.connections_per_source);
        let clock = server.clock;
        let pages = Pages::in_language(settings.language).with_axl(settings.axl);
        let pages = PageServer { pages, server };
        Arc::new(Web::new(pages, clock, guard, tls, places))
    }
}

impl Application for PageServer {
    const CONNECTIONS: &'static str = "connections for pages";
    const KEPT: Duration = Duration::from_secs(60);

    async fn answer(&self, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        let server = &self.server;
        let asked = server.clock.now().uptime;
        let is_program = Pages::is_for_programs(request.uri().path());
        let read = timeout(PATIENCE, door::read(caller, request)).await;
        let reply = match read.unwrap_or(Err(Unreadable::Slow)) {
            Ok(request) if request.head.method == Method::Other => Reply::method_not_allowed(),
            Ok(request) => self.pages.answer(&Door(server), &request).await,
            Err(Unreadable::TooLong) => Reply::plain(413, "That is too much\n"),
            Err(Unreadable::Broken) => Reply::plain(400, "That cannot be read\n"),
            Err(Unreadable::Slow) => Reply::plain(408, "That takes too long\n"),
        };
        // A fault of SOAP is an answer, too; who is not let in gets no more than that.
        let is_kept = is_program && matches!(reply.status, 200 | 500);
        let took = server.clock.now().uptime.saturating_sub(asked);
        let metrics = &server.metrics.pages;
        metrics.answered(caller.scheme.word(), reply.status, took);
        let mut response = door::response(reply);
        if !is_kept {
            let headers = response.headers_mut();
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn turned_away(&self, why: &'static str) {
        self.server.metrics.pages.refused(why);
    }
}
