//! One file, fetched as phones do: again when nothing comes, and from a socket of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use perch::provision::tftp::{ErrorCode, Mode, Packet, Request};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use super::model::Way;
use crate::{Failure, secure};

/// The first silence after which a phone asks again, and how often it does; each is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const TRIES: u32 = 6;

/// How long a phone that speaks HTTP waits for an answer, and until it tries again.
const HTTP_WAIT: Duration = Duration::from_secs(10);
const HTTP_PAUSE: Duration = Duration::from_secs(1);

/// RFC 1350 §2: how long each piece is but the last.
const PIECE: usize = 512;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The file.
    File(Vec<u8>),
    /// There is none.
    Missing,
}

/// Somebody who fetches files.
pub struct Fetcher {
    pub connector: TlsConnector,
    /// Where the server is, with the offset of its ports.
    pub host: Ipv4Addr,
    pub offset: u16,
}

impl Fetcher {
    /// Fetches a file from an address and, over UDP, from that port: a late answer about another file is not to come
    /// here. Counts what was said again.
    pub async fn fetch(
        &self,
        way: Way,
        from: SocketAddrV4,
        name: &str,
        again: &mut u64,
    ) -> Result<Fetched, Failure> {
        let server = SocketAddr::from((self.host, way.port() + self.offset));
        if way == Way::Tftp {
            return tftp(from, server, name, again).await;
        }
        let from = *from.ip();
        let mut tried = 0;
        loop {
            let asked = timeout(HTTP_WAIT, self.ask(way, from, server, name)).await;
            tried += 1;
            match asked {
                Ok(Ok(Some(fetched))) => return Ok(fetched),
                Ok(Err(why)) if tried == TRIES => return Err(why),
                Ok(Ok(None)) if tried == TRIES => return Err("the server is busy".into()),
                Err(_) if tried == TRIES => return Err("no answer over HTTP".into()),
                _ => *again += 1,
            }
            sleep(HTTP_PAUSE).await;
        }
    }

    /// None if the server has no time.
    async fn ask(
        &self,
        way: Way,
        from: Ipv4Addr,
        server: SocketAddr,
        name: &str,
    ) -> Result<Option<Fetched>, Failure> {
        let stream = connect(from, server).await?;
        let answer = match way {
            Way::Https => {
                let stream = secure::tls(&self.connector, stream, server.ip()).await?;
                exchange(stream, name).await?
            }
            Way::Tftp | Way::Http => exchange(stream, name).await?,
        };
        read(&answer)
    }
}

async fn connect(from: Ipv4Addr, server: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(server).await
}

async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    name: &str,
) -> io::Result<Vec<u8>> {
    let request = format!("GET /{name} HTTP/1.1\r\nHost: perch\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer).await {
        // Some ends of TLS are rude; the length says whether all of it has come.
        Err(error) if answer.is_empty() => Err(error),
        _ => Ok(answer),
    }
}

fn read(answer: &[u8]) -> Result<Option<Fetched>, Failure> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = answer.split_at(end.ok_or("no answer in HTTP")? + 4);
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    if !head.contains(&format!("content-length: {}\r\n", body.len())) {
        return Err("half an answer".into());
    }
    match head.split(' ').nth(1) {
        Some("200") => Ok(Some(Fetched::File(body.to_vec()))),
        Some("404") => Ok(Some(Fetched::Missing)),
        Some("503") => Ok(None),
        status => Err(format!("status {status:?}").into()),
    }
}

async fn tftp(
    from: SocketAddrV4,
    server: SocketAddr,
    name: &str,
    again: &mut u64,
) -> Result<Fetched, Failure> {
    let socket = UdpSocket::bind(from).await?;
    // As old phones ask: without options.
    let request = Packet::Read(Request {
        file: name.to_owned(),
        mode: Mode::Octet,
        choices: Vec::new(),
    });
    let (mut said, mut to, mut peer) = (request.bytes(), server, None);
    let (mut file, mut next) = (Vec::new(), 1_u16);
    let (mut wait, mut tries) = (FIRST_WAIT, 1);
    let mut buffer = [0; 1024];
    socket.send_to(&said, to).await?;
    loop {
        let Ok(received) = timeout(wait, socket.recv_from(&mut buffer)).await else {
            if tries == TRIES {
                return Err("no answer over TFTP".into());
            }
            (tries, wait) = (tries + 1, 2 * wait);
            *again += 1;
            socket.send_to(&said, to).await?;
            continue;
        };
        let (length, source) = received?;
        // RFC 1350 §4: the first who answers is the one to speak to.
        if *peer.get_or_insert(source) != source {
            continue;
        }
        to = source;
        match Packet::read(&buffer[..length]) {
            Ok(Packet::Data { block, bytes }) if block == next => {
                file.extend_from_slice(&bytes);
                said = Packet::Ack { block }.bytes();
                socket.send_to(&said, to).await?;
                if bytes.len() < PIECE {
                    return Ok(Fetched::File(file));
                }
                (next, wait, tries) = (next.wrapping_add(1), FIRST_WAIT, 1);
            }
            Ok(Packet::Error {
                code: ErrorCode::NotFound,
                ..
            }) => return Ok(Fetched::Missing),
            Ok(Packet::Error { text, .. }) => return Err(format!("TFTP says {text}").into()),
            _ => {}
        }
    }
}
