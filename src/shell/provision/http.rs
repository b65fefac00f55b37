//! Files over HTTP: GET and HEAD, in versions 1.0 and 1.1.
//!
//! A connection is good for one request: whoever guesses at names pays for each guess (see the guard).

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::{Files, NotMade, plain};
use crate::shell::guard::Guard;
use crate::shell::places::{Place, Places};
use crate::shell::supervise::supervise;

/// How long somebody may take to ask.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);

/// How long question and answer together may take: longer than the exchange may.
const PATIENCE: Duration = Duration::from_secs(30);

/// The most that is read of a head.
const HEAD: usize = 16 * 1024;

/// Begins to answer.
pub fn start(listener: TcpListener, files: Arc<Files>, guard: Arc<Guard>) {
    let settings = &files.settings.provision;
    let places = Places::new(settings.transfers, settings.transfers_per_source);
    let (listener, places) = (Arc::new(listener), Arc::new(places));
    supervise(
        "accepting connections of phones that fetch files",
        move || {
            let (listener, places) = (Arc::clone(&listener), Arc::clone(&places));
            accept(listener, places, Arc::clone(&files), Arc::clone(&guard))
        },
    );
}

async fn accept(
    listener: Arc<TcpListener>,
    places: Arc<Places>,
    files: Arc<Files>,
    guard: Arc<Guard>,
) {
    loop {
        let (stream, remote) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections of phones that fetch files");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let source = plain(remote);
        if !guard.may_connect(files.clock.now(), source, false) {
            continue;
        }
        let Some(place) = places.take(source) else {
            guard.connection_refused(source);
            continue;
        };
        tokio::spawn(serve(stream, remote, Arc::clone(&files), place));
    }
}

async fn serve(stream: TcpStream, remote: SocketAddr, files: Arc<Files>, place: Place) {
    let Ok(local) = stream.local_addr() else {
        return;
    };
    let (source, local) = (plain(remote), plain(local));
    let answer = service_fn(move |request| {
        let files = Arc::clone(&files);
        async move { Ok::<_, Infallible>(answer(&files, source, local, &request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), answer);
    match timeout(PATIENCE, connection).await {
        Ok(Ok(())) => {}
        // The names of files may hold tokens: neither is said what was asked for.
        Ok(Err(_)) => tracing::debug!(%remote, "a connection for files broke"),
        Err(_) => tracing::debug!(%remote, "a connection for files lasted too long"),
    }
    drop(place);
}

async fn answer(
    files: &Files,
    source: IpAddr,
    local: IpAddr,
    request: &Request<Incoming>,
) -> Response<Body> {
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
    match files
        .make(request.uri().path(), source, local, "http")
        .await
    {
        Ok(made) => {
            if let Some(token) = made.token.filter(|_| wants_body) {
                files.arrived(&token);
            }
            respond(StatusCode::OK, made.content_type, made.bytes, wants_body)
        }
        Err(NotMade::NoSuchFile) => plainly(StatusCode::NOT_FOUND, "no such file\n", wants_body),
        Err(NotMade::Busy) => {
            let mut response = plainly(StatusCode::SERVICE_UNAVAILABLE, "busy\n", wants_body);
            let later = header::HeaderValue::from_static("5");
            response.headers_mut().insert(header::RETRY_AFTER, later);
            response
        }
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
