//! Perch as an HTTP client: what it asks of phones and of other servers. One connection a question, and everything has an end.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Uri};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use super::settings::Tls;
use super::tcp;
use super::tls::{TlsError, client_config};
use crate::pbx::Secret;

/// The most that is read of an answer.
const ANSWER: usize = 256 * 1024;

/// How many addresses of a name are tried.
const ADDRESSES: usize = 4;

/// Asks over HTTP and HTTPS, so many questions at once.
pub struct HttpClient {
    tls: TlsConnector,
    patience: Duration,
    room: Semaphore,
}

/// What is asked.
pub struct Question {
    uri: Uri,
    credentials: Option<(String, Secret)>,
    body: Option<(&'static str, Vec<u8>)>,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// Its status (RFC 9110 §15).
    pub status: u16,
    /// What it says.
    pub body: Bytes,
}

/// Why there is no answer. None of them holds more of the address than its host: the rest may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// An address that cannot be asked.
    #[error("it is not an address such as http://host/path or https://host:port/path")]
    Address,
    /// Too many questions are open.
    #[error("too many others are being asked")]
    Busy,
    /// Its name has no address.
    #[error("the name {0} has no address")]
    Unknown(String),
    /// Nobody is there, or it is not who it should be.
    #[error("{host} cannot be reached: {why}")]
    Unreachable {
        /// Who.
        host: String,
        /// What the system or TLS said.
        why: io::Error,
    },
    /// It takes too long.
    #[error("{0} does not answer in time")]
    Late(String),
    /// What comes is not an answer, or more than is read.
    #[error("{0} gives no answer in HTTP of at most 256 KiB")]
    Broken(String),
}

impl Question {
    /// Asks for what is at an address.
    pub fn get(address: &str) -> Result<Question, HttpError> {
        let uri: Uri = address.parse().map_err(|_| HttpError::Address)?;
        let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
        // A name and password in an address would be shown with it.
        let is_plain = uri.authority().is_some_and(|a| !a.as_str().contains('@'));
        if !is_web || !is_plain {
            return Err(HttpError::Address);
        }
        Ok(Question {
            uri,
            credentials: None,
            body: None,
        })
    }

    /// Posts something there instead.
    pub fn post(mut self, content_type: &'static str, body: Vec<u8>) -> Question {
        self.body = Some((content_type, body));
        self
    }

    /// Says who asks (RFC 7617).
    pub fn by(mut self, user: &str, password: Secret) -> Question {
        self.credentials = Some((user.to_owned(), password));
        self
    }

    /// Whom it is for, with its port.
    pub fn host(&self) -> &str {
        self.uri.authority().map_or("", |a| a.as_str())
    }

    fn request(self) -> Result<Request<Body>, HttpError> {
        let target = self.uri.path_and_query().map_or("/", |p| p.as_str());
        let mut request = Request::builder()
            .uri(target)
            .header(HOST, self.host())
            .header(USER_AGENT, concat!("Perch/", env!("CARGO_PKG_VERSION")))
            .header(CONNECTION, "close");
        if let Some((user, password)) = &self.credentials {
            let pair = Zeroizing::new(format!("{user}:{}", password.reveal()));
            let value = format!("Basic {}", BASE64_STANDARD.encode(pair.as_bytes()));
            let mut value = HeaderValue::try_from(value).map_err(|_| HttpError::Address)?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        let request = match self.body {
            Some((content_type, body)) => request
                .method(Method::POST)
                .header(CONTENT_TYPE, content_type)
                .body(Body::from(body)),
            None => request.body(Body::empty()),
        };
        request.map_err(|_| HttpError::Address)
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("host", &self.host())
            .finish_non_exhaustive()
    }
}

impl HttpClient {
    /// One that believes whom the settings believe, waits so long for each answer, and asks so many at once.
    pub fn new(trust: &Tls, patience: Duration, at_once: usize) -> Result<HttpClient, TlsError> {
        let config: Arc<ClientConfig> = client_config(trust)?;
        Ok(HttpClient {
            tls: TlsConnector::from(config),
            patience,
            room: Semaphore::new(at_once),
        })
    }

    /// Asks, and waits for the whole answer. It does not follow redirections.
    pub async fn ask(&self, question: Question) -> Result<HttpAnswer, HttpError> {
        let _place = self.room.try_acquire().map_err(|_| HttpError::Busy)?;
        let host = question.host().to_owned();
        let asked = timeout(self.patience, self.exchange(question)).await;
        asked.unwrap_or(Err(HttpError::Late(host)))
    }

    async fn exchange(&self, question: Question) -> Result<HttpAnswer, HttpError> {
        let host = question.host().to_owned();
        let uri = question.uri.clone();
        let unreachable = |why| HttpError::Unreachable {
            host: host.clone(),
            why,
        };
        let is_tls = uri.scheme_str() == Some("https");
        let name = uri.host().ok_or(HttpError::Address)?;
        // IPv6 addresses are in brackets there, and nowhere else.
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let stream = connect(name, port).await?;
        let request = question.request()?;
        if is_tls {
            let server = ServerName::try_from(name.to_owned()).map_err(|_| HttpError::Address)?;
            let stream = self.tls.connect(server, stream).await;
            converse(stream.map_err(unreachable)?, request, &host).await
        } else {
            converse(stream, request, &host).await
        }
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}

/// Connects to the first address of a name that is there.
async fn connect(name: &str, port: u16) -> Result<TcpStream, HttpError> {
    let unknown = || HttpError::Unknown(name.to_owned());
    let addresses = lookup_host((name, port)).await.map_err(|_| unknown())?;
    let addresses: Vec<SocketAddr> = addresses.take(ADDRESSES).collect();
    let mut error = None;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                tcp::prepare(&stream);
                return Ok(stream);
            }
            Err(why) => error = Some(why),
        }
    }
    let host = format!("{name}:{port}");
    Err(error.map_or_else(unknown, |why| HttpError::Unreachable { host, why }))
}

async fn converse<S>(stream: S, request: Request<Body>, host: &str) -> Result<HttpAnswer, HttpError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let broken = || HttpError::Broken(host.to_owned());
    let handshake = http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.map_err(|_| broken())?;
    let answer = async {
        let answer = sender.send_request(request).await.map_err(|_| broken())?;
        let status = answer.status().as_u16();
        let body = to_bytes(Body::new(answer.into_body()), ANSWER).await;
        let body = body.map_err(|_| broken())?;
        Ok(HttpAnswer { status, body })
    };
    tokio::pin!(answer);
    // The connection is ours to drive; it may end before the answer has been read out of it.
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        _ = connection => answer.await,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// A server that hears one question and says this; whoever waits for it learns what was asked.
    async fn server(says: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let heard = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let mut asked = vec![0; 4096];
            let mut length = 0;
            while !String::from_utf8_lossy(&asked[..length]).contains("\r\n\r\n") {
                length += stream.read(&mut asked[length..]).await.expect("readable");
            }
            stream.write_all(says.as_bytes()).await.expect("writable");
            String::from_utf8_lossy(&asked[..length]).into_owned()
        });
        (format!("http://{address}/a?b=c"), heard)
    }

    fn client(patience: Duration) -> HttpClient {
        HttpClient::new(&Tls::default(), patience, 1).expect("no authority to read")
    }

    #[tokio::test]
    async fn an_answer_is_read_to_its_end() {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        let (address, heard) = server(answer).await;
        let question = Question::get(&address).expect("an address");
        let question = question.by("perch", Secret::new("pass word".to_owned()));
        assert!(!format!("{question:?}").contains("pass"));
        let answer = client(Duration::from_secs(5)).ask(question).await;
        let answer = answer.expect("answered");
        assert_eq!((answer.status, &answer.body[..]), (200, &b"hello"[..]));
        let heard = heard.await.expect("heard").to_lowercase();
        assert!(heard.starts_with("get /a?b=c http/1.1\r\n"), "{heard}");
        assert!(heard.contains("\r\nauthorization: basic "), "{heard}");
    }

    #[tokio::test]
    async fn what_is_no_answer_is_said() {
        let patience = Duration::from_secs(5);
        let (address, _heard) = server("SSH-2.0-OpenSSH\r\n\r\n").await;
        let question = Question::get(&address).expect("an address");
        let answer = client(patience).ask(question).await;
        assert!(matches!(answer, Err(HttpError::Broken(_))), "{answer:?}");

        let long = "HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\nhello";
        let (address, _heard) = server(long).await;
        let question = Question::get(&address).expect("an address");
        let answer = client(patience).ask(question).await;
        assert!(matches!(answer, Err(HttpError::Broken(_))), "{answer:?}");

        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let silent = format!("http://{}/", listener.local_addr().expect("bound"));
        let question = Question::get(&silent).expect("an address");
        let answer = client(Duration::from_millis(20)).ask(question).await;
        assert!(matches!(answer, Err(HttpError::Late(_))), "{answer:?}");

        let nobody = listener.local_addr().expect("bound");
        drop(listener);
        let question = Question::get(&format!("https://{nobody}/")).expect("an address");
        let answer = client(patience).ask(question).await;
        let is_refused = matches!(answer, Err(HttpError::Unreachable { .. }));
        assert!(is_refused, "{answer:?}");
    }

    #[test]
    fn an_address_must_be_one_of_the_web_without_a_password() {
        for address in ["", "phone", "ftp://a/", "http://", "http://u:p@a/", "/a"] {
            let question = Question::get(address);
            assert!(matches!(question, Err(HttpError::Address)), "{address}");
        }
    }
}
