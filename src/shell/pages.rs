//! Phone pages over HTTP and HTTPS: requests to the pages, answers out.

mod door;

use std::sync::Arc;

use axum::body::Body;
use hyper::body::Incoming;
use hyper::{Request, Response};

use super::guard::Guard;
use super::places::Places;
use super::serve::Server;
use super::tls::Tls;
use super::web::{Application, Caller, Web};
use crate::pages::{Method, Pages, Reply};
use door::{Door, Unreadable};

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
        let pages = Pages::in_language(settings.language);
        let pages = PageServer { pages, server };
        Arc::new(Web::new(pages, clock, guard, tls, places))
    }
}

impl Application for PageServer {
    const CONNECTIONS: &'static str = "connections for pages";

    async fn answer(&self, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        let server = &self.server;
        let asked = server.clock.now().uptime;
        let reply = match door::read(caller, request).await {
            Ok(request) if request.head.method == Method::Other => Reply::method_not_allowed(),
            Ok(request) => self.pages.answer(&Door(server), &request).await,
            Err(Unreadable::TooLong) => Reply::plain(413, "That is too much\n"),
            Err(Unreadable::Broken) => Reply::plain(400, "That cannot be read\n"),
        };
        let took = server.clock.now().uptime.saturating_sub(asked);
        let metrics = &server.metrics.pages;
        metrics.answered(caller.scheme.word(), reply.status, took);
        door::response(reply)
    }

    fn turned_away(&self, why: &'static str) {
        self.server.metrics.pages.refused(why);
    }
}
