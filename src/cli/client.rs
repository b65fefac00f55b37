//! The way to a server's control API.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::Failure;
use crate::control::v1::control_client::ControlClient;

/// How long a server may take to be reached.
const CONNECT: Duration = Duration::from_secs(5);

/// How long it may take to answer; longer than it gives itself.
const ANSWER: Duration = Duration::from_secs(65);

/// Nothing came back.
const LATE: &str = "the server did not answer in time; see its log";

/// The largest site file and the largest answer.
const MESSAGE: usize = 64 * 1024 * 1024;

/// Which server to ask, and how to print what it says.
#[derive(Clone, Debug, Args)]
pub struct Client {
    /// The server's control API
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5070")]
    control: String,
    /// Add N to the port, for a server that was started so
    #[arg(long, value_name = "N", default_value_t = 0)]
    port_offset: u16,
    /// Holds the token that a server on another host wants
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// A connected client.
pub type Connected = ControlClient<InterceptedService<Channel, Bearer>>;

/// Adds the token to each request.
#[derive(Clone, Debug)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(value) = &self.0 {
            request
                .metadata_mut()
                .insert("authorization", value.clone());
        }
        Ok(request)
    }
}

impl Client {
    /// Asks one question and waits for the answer.
    pub fn ask<T>(
        &self,
        question: impl AsyncFnOnce(&mut Connected) -> Result<Response<T>, Status>,
    ) -> Result<T, Failure> {
        self.converse(async |client| {
            let answer = timeout(ANSWER, question(client)).await;
            Ok(answer.map_err(|_| LATE)?.map_err(failure)?.into_inner())
        })
    }

    /// Connects and does something over the connection.
    pub fn converse<T>(
        &self,
        talk: impl AsyncFnOnce(&mut Connected) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        runtime()?.block_on(async {
            let mut client = ControlClient::with_interceptor(self.connect().await?, self.bearer()?)
                .max_decoding_message_size(MESSAGE)
                .max_encoding_message_size(MESSAGE);
            talk(&mut client).await
        })
    }

    /// Whether the server says that it is ready, by the usual health service.
    pub fn is_serving(&self) -> Result<bool, Failure> {
        runtime()?.block_on(async {
            let mut client = HealthClient::with_interceptor(self.connect().await?, self.bearer()?);
            let answer = timeout(ANSWER, client.check(HealthCheckRequest::default())).await;
            let answer = answer.map_err(|_| LATE)?.map_err(failure)?;
            Ok(answer.into_inner().status() == ServingStatus::Serving)
        })
    }

    async fn connect(&self) -> Result<Channel, Failure> {
        let address = self.address()?;
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .map_err(|_| format!("{address:?} is no address; write --control HOST:PORT"))?
            .connect_timeout(CONNECT);
        let channel = endpoint.connect().await.map_err(|error| {
            let why = root_cause(&error);
            format!(
                "no server answers at {address}: {why}. Is it running? Name another with --control or --port-offset"
            )
        })?;
        Ok(channel)
    }

    fn address(&self) -> Result<String, Failure> {
        let remedy = || {
            format!(
                "{:?} is no address; write --control HOST:PORT",
                self.control
            )
        };
        let (host, port) = self.control.rsplit_once(':').ok_or_else(remedy)?;
        let port: u16 = port.parse().map_err(|_| remedy())?;
        let port = port.checked_add(self.port_offset);
        let port = port.ok_or("--port-offset takes the port past 65535; choose a smaller one")?;
        Ok(format!("{host}:{port}"))
    }

    fn bearer(&self) -> Result<Bearer, Failure> {
        let Some(file) = &self.token_file else {
            return Ok(Bearer(None));
        };
        let token = std::fs::read_to_string(file)
            .map_err(|why| format!("the token file {} cannot be read: {why}", file.display()))?;
        let mut value: MetadataValue<Ascii> =
            format!("Bearer {}", token.trim()).parse().map_err(|_| {
                format!(
                    "{} holds no token: it must be one line of ASCII",
                    file.display()
                )
            })?;
        value.set_sensitive(true);
        Ok(Bearer(Some(value)))
    }
}

fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

/// What the server said, without gRPC's own words around it.
pub fn failure(status: Status) -> Failure {
    match (status.code(), status.message()) {
        (Code::Unimplemented, _) => {
            "this server does not know that command; use the same version as it".into()
        }
        (code, "") => code.to_string().into(),
        (_, message) => message.into(),
    }
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(control: &str, port_offset: u16) -> Client {
        Client {
            control: control.into(),
            port_offset,
            token_file: None,
            json: false,
        }
    }

    #[test]
    fn the_offset_is_added_to_the_port() {
        let address = |control, offset| client(control, offset).address().ok();
        assert_eq!(
            address("127.0.0.1:5070", 0).as_deref(),
            Some("127.0.0.1:5070")
        );
        assert_eq!(address("[::1]:5070", 1000).as_deref(), Some("[::1]:6070"));
        assert_eq!(address("perch.example:5070", 65_000), None);
        assert_eq!(address("perch.example", 0), None);
    }
}
