//! The control API on its sockets, with the usual services beside it: health and reflection.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::service::InterceptorLayer;
use tonic::transport::Server as Transport;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};

use super::guard::{Guard, Token};
use super::service::Service;
use super::v1;
use super::v1::control_server::ControlServer;
use crate::shell::Server;
use crate::shell::readiness::State;

/// The largest site file that is taken, and the largest answer.
const MESSAGE: usize = 64 * 1024 * 1024;

/// How many requests one connection may have open, event streams included.
const AT_ONCE: usize = 64;

/// How long a request may take until it is answered; event streams are answered at once.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a silent caller is asked whether it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// Begins to serve the control API at each of `listeners`.
pub fn start(listeners: Vec<TcpListener>, server: &Server, token: Option<Token>) {
    for listener in listeners {
        let (server, guard) = (server.clone(), Guard::new(token.clone()));
        tokio::spawn(async move {
            if let Err(error) = serve(listener, server, guard).await {
                tracing::error!(%error, "the control API ended");
            }
        });
    }
}

async fn serve(
    listener: TcpListener,
    server: Server,
    guard: Guard,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(v1::DESCRIPTORS)
        .build_v1()?;
    let (reporter, health) = health_reporter();
    tokio::spawn(report(reporter, server.readiness.subscribe()));
    let mut stop = server.readiness.subscribe();
    let stopped = async move {
        // An error means that the server is gone already.
        let _ = stop.wait_for(|state| state.draining).await;
    };
    let control = ControlServer::new(Service::new(server))
        .max_decoding_message_size(MESSAGE)
        .max_encoding_message_size(MESSAGE);
    Transport::builder()
        .concurrency_limit_per_connection(AT_ONCE)
        .timeout(PATIENCE)
        .http2_keepalive_interval(Some(KEEP_ALIVE))
        .layer(InterceptorLayer::new(guard))
        .add_service(control)
        .add_service(health)
        .add_service(reflection)
        .serve_with_incoming_shutdown(TcpIncoming::from(listener), stopped)
        .await?;
    Ok(())
}

/// Keeps the health service's answer true.
async fn report(reporter: HealthReporter, mut readiness: watch::Receiver<State>) {
    loop {
        let ready = readiness.borrow_and_update().reasons().is_empty();
        let status = if ready {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        for service in ["", "perch.control.v1.Control"] {
            reporter.set_service_status(service, status).await;
        }
        if readiness.changed().await.is_err() {
            return;
        }
    }
}
