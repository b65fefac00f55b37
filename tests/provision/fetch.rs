//! Fetches files from the built server, by each way and from wherever a phone may be.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use perch::provision::tftp::{Choice, ErrorCode};
use socket2::{Domain, Socket, Type};

use crate::built_server::Perch;
use crate::client;
use crate::wire_phone::tls;

pub const TFTP: u16 = 69;
pub const FILES: u16 = 6970;
pub const FILES_TLS: u16 = 6971;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Options that newer phones send.
pub const NEWER: &[Choice] = &[Choice::BlockSize(1428), Choice::Size(0), Choice::Window(4)];

pub fn at(server: &Perch, port: u16) -> SocketAddr {
    server.at(Ipv4Addr::LOCALHOST.into(), port)
}

/// Fetches a file by TFTP.
pub fn tftp(server: &Perch, name: &str, choices: &[Choice]) -> Result<String, (ErrorCode, String)> {
    tftp_from(server, Ipv4Addr::LOCALHOST, name, choices)
}

/// The same from that address.
pub fn tftp_from(
    server: &Perch,
    from: Ipv4Addr,
    name: &str,
    choices: &[Choice],
) -> Result<String, (ErrorCode, String)> {
    let fetched = client::fetch(from.into(), at(server, TFTP), name, choices);
    fetched.unwrap_or_else(|| panic!("nothing came of {name}\n{}", server.log()))
}

/// There is no such file.
pub fn missing<T>() -> Result<T, (ErrorCode, String)> {
    Err((ErrorCode::NotFound, "no such file".into()))
}

/// What an HTTP server says to these bytes.
pub fn http(server: &Perch, request: &str) -> String {
    said(connect(Ipv4Addr::LOCALHOST, at(server, FILES)), request)
}

/// Fetches a file over HTTP.
pub fn get(server: &Perch, path: &str) -> (u16, String) {
    get_from(server, Ipv4Addr::LOCALHOST, path)
}

/// The same from that address.
pub fn get_from(server: &Perch, from: Ipv4Addr, path: &str) -> (u16, String) {
    let stream = connect(from, at(server, FILES));
    status_and_body(&said(stream, &asks(path)))
}

/// Asks for a page as an address says, from wherever that phone is. The status.
pub fn call(address: &str, from: Ipv4Addr) -> u16 {
    let rest = address.strip_prefix("http://").expect("plain HTTP");
    let (host, path) = rest.split_once('/').expect("a path");
    let stream = connect(from, host.parse().expect("an address and a port"));
    status_and_body(&said(stream, &asks(&format!("/{path}")))).0
}

/// Fetches a file over HTTPS.
pub fn get_secure(server: &Perch, path: &str) -> (u16, String) {
    get_secure_from(server, Ipv4Addr::LOCALHOST, path)
}

/// The same from that address.
pub fn get_secure_from(server: &Perch, from: Ipv4Addr, path: &str) -> (u16, String) {
    let to = at(server, FILES_TLS);
    let stream = tls(connect(from, to), to);
    status_and_body(&said(stream, &asks(path)))
}

fn connect(from: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    let from = SocketAddr::from((from, 0));
    socket.bind(&from.into()).expect("an address of the host");
    socket.connect(&to.into()).expect("the server listens");
    let stream = TcpStream::from(socket);
    stream
        .set_read_timeout(Some(PATIENCE))
        .expect("it can be set");
    stream
}

fn said(mut stream: impl Read + Write, request: &str) -> String {
    stream
        .write_all(request.as_bytes())
        .expect("it is connected");
    let mut said = Vec::new();
    // A connection that is cut after an answer has answered.
    let _ = stream.read_to_end(&mut said);
    String::from_utf8(said).expect("answers are text")
}

fn asks(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: perch\r\nConnection: close\r\n\r\n")
}

fn status_and_body(said: &str) -> (u16, String) {
    let (head, body) = said.split_once("\r\n\r\n").expect("an answer");
    let status = head.split(' ').nth(1).and_then(|text| text.parse().ok());
    let length = format!("content-length: {}\r\n", body.len());
    assert!(format!("{head}\r\n").contains(&length), "{head}");
    (status.expect("a status"), body.to_owned())
}

/// What stands between two marks of a text.
pub fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).expect("it is in there");
    rest.split_once(after).expect("it ends").0
}
