//! Metrics and health, over HTTP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::intake::Intake;
use super::metrics::Metrics;
use super::readiness::Readiness;
use crate::pbx::{Answer, Query};

/// How many may ask at once; more wait to be accepted.
const AT_ONCE: usize = 64;

/// How long somebody may take to ask.
const HEAD_PATIENCE: Duration = Duration::from_secs(5);

/// How long question and answer together may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long the exchange may take to say how it is.
const STATUS_PATIENCE: Duration = Duration::from_secs(2);

/// The most that is read of a head.
const HEAD: usize = 16 * 1024;

/// What the pages are made from.
#[derive(Clone, Debug)]
pub struct Pages {
    /// Whether the server is ready.
    pub readiness: Readiness,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The way to the exchange.
    pub intake: Intake,
}

/// Begins to answer.
pub fn start(listener: TcpListener, pages: Pages) {
    tokio::spawn(async move { accept(listener, router(pages)).await });
}

fn router(pages: Pages) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(pages)
}

/// Whether the process lives: if this is answered, it does.
async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the server should be sent work, and if not, why.
async fn readyz(State(pages): State<Pages>) -> Response {
    let reasons = pages.readiness.reasons();
    if reasons.is_empty() {
        return "ready\n".into_response();
    }
    let text = format!("{}\n", reasons.join("\n"));
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}

async fn metrics(State(pages): State<Pages>) -> Response {
    pages.metrics.queue_depth(pages.intake.depth());
    // An exchange that is too busy to answer still shows in the other numbers.
    if let Ok(Ok(Answer::Status(status))) =
        timeout(STATUS_PATIENCE, pages.intake.ask(Query::Status)).await
    {
        pages.metrics.status(&status);
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], pages.metrics.text()).into_response()
}

async fn accept(listener: TcpListener, router: Router) {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return;
        };
        let (stream, remote) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept HTTP connections");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let router = router.clone();
        tokio::spawn(async move {
            serve(stream, remote, router).await;
            drop(permit);
        });
    }
}

/// One request per connection: nobody keeps a place that others wait for.
async fn serve(stream: TcpStream, remote: SocketAddr, router: Router) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    match timeout(PATIENCE, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%remote, %error, "HTTP request not answered"),
        Err(_) => tracing::debug!(%remote, "HTTP request took too long"),
    }
}
