//! Files over HTTP and HTTPS: GET and HEAD, in versions 1.0 and 1.1.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;

use super::{Door, Files, NotMade};
use crate::shell::guard::Guard;
use crate::shell::places::Places;
use crate::shell::tls::Tls;
use crate::shell::web::{Application, Caller, Scheme, Web};

/// Files as HTTP gives them.
pub struct Shelf(Arc<Files>);

/// Files that nobody asks for yet.
pub fn on_the_web(files: &Arc<Files>, guard: Arc<Guard>, tls: Arc<Tls>) -> Arc<Web<Shelf>> {
    let settings = &files.settings.provision;
    let places = Places::new(settings.transfers, settings.transfers_per_source);
    let (clock, files) = (files.clock, Arc::clone(files));
    Arc::new(Web::new(Shelf(files), clock, guard, tls, places))
}

impl Application for Shelf {
    const CONNECTIONS: &'static str = "connections of phones that fetch files";

    async fn answer(&self, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        let wants_body = match *request.method() {
            Method::GET => true,
            Method::HEAD => false,
            _ => {
                let mut response = plainly(StatusCode::METHOD_NOT_ALLOWED, "GET or HEAD", true);
                let allowed = header::HeaderValue::from_static("GET, HEAD");
                response.headers_mut().insert(header::ALLOW, allowed);
                return response;
            }
        };
        let door = match caller.scheme {
            Scheme::Http => Door::Http,
            Scheme::Https => Door::Https,
        };
        let Shelf(files) = self;
        let local = caller.local.ip().to_canonical();
        let name = request.uri().path();
        match files.make(name, caller.remote, local, door).await {
            Ok(made) => {
                if let Some(token) = made.token.filter(|_| wants_body) {
                    files.arrived(&token);
                }
                respond(StatusCode::OK, made.content_type, made.bytes, wants_body)
            }
            Err(NotMade::NoSuchFile) => {
                plainly(StatusCode::NOT_FOUND, "no such file\n", wants_body)
            }
            Err(NotMade::Busy) => {
                let mut response = plainly(StatusCode::SERVICE_UNAVAILABLE, "busy\n", wants_body);
                let later = header::HeaderValue::from_static("5");
                response.headers_mut().insert(header::RETRY_AFTER, later);
                response
            }
        }
    }

    fn turned_away(&self, why: &'static str) {
        self.0.metrics.provision.turned_away(why);
    }
}

fn plainly(status: StatusCode, text: &'static str, wants_body: bool) -> Response<Body> {
    let kind = "text/plain; charset=utf-8";
    respond(status, kind, text.into(), wants_body)
}

fn respond(
    status: StatusCode,
    content_type: &'static str,
    bytes: bytes::Bytes,
    wants_body: bool,
) -> Response<Body> {
    let length = bytes.len();
    let body = if wants_body {
        Body::from(bytes)
    } else {
        Body::empty()
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, length.into());
    let content_type = header::HeaderValue::from_static(content_type);
    headers.insert(header::CONTENT_TYPE, content_type);
    // There may be a password in it, and it is another one after the next login.
    let no_store = header::HeaderValue::from_static("no-store");
    headers.insert(header::CACHE_CONTROL, no_store);
    response
}
