//! A phone that speaks to the built server over any transport. It does one thing at a time and waits for what must
//! come, so a test reads like the flow of messages that it is about.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use perch::sip::wire::{self, Builder, Frame, Framer, Message, Name, Parsed};
use rsip::Method;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};
use tokio_tungstenite::tungstenite::{self, WebSocket};

use super::digest::{self, Answer};

/// How long a phone waits for what must come, before the test fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a phone offers.
pub const SDP: &[u8] = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";

/// How a phone is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Udp,
    Tcp,
    Tls,
    Ws,
    Wss,
}

impl Over {
    pub const ALL: [Over; 5] = [Over::Udp, Over::Tcp, Over::Tls, Over::Ws, Over::Wss];

    /// The server's port for it, before the offset.
    pub fn port(self) -> u16 {
        match self {
            Over::Udp | Over::Tcp => 5060,
            Over::Tls => 5061,
            Over::Ws => 5080,
            Over::Wss => 5443,
        }
    }

    /// The token of the Via header.
    pub fn token(self) -> &'static str {
        match self {
            Over::Udp => "UDP",
            Over::Tcp => "TCP",
            Over::Tls => "TLS",
            Over::Ws => "WS",
            Over::Wss => "WSS",
        }
    }
}

/// Bytes both ways.
pub trait Pipe: Read + Write + Send {}

impl<T: Read + Write + Send> Pipe for T {}

/// A connection to the server.
pub enum Link {
    Udp(UdpSocket),
    Stream(Box<dyn Pipe>, Framer),
    Socket(Box<WebSocket<Box<dyn Pipe>>>),
}

/// Connects without a word of SIP: the socket, and its end for whoever must see it.
pub fn connect(over: Over, server: SocketAddr) -> (Link, SocketAddr, Option<TcpStream>) {
    if over == Over::Udp {
        let (link, local) = datagrams(server.ip(), server);
        return (link, local, None);
    }
    let tcp = TcpStream::connect(server).unwrap_or_else(|why| panic!("{over:?} {server}: {why}"));
    tcp.set_read_timeout(Some(PATIENCE)).expect("a time");
    tcp.set_nodelay(true).expect("a stream");
    let local = tcp.local_addr().expect("it is connected");
    let end = tcp.try_clone().expect("a socket can be had twice");
    let stream: Box<dyn Pipe> = match over {
        Over::Tls | Over::Wss => Box::new(tls(tcp, server)),
        _ => Box::new(tcp),
    };
    let link = match over {
        Over::Ws | Over::Wss => {
            let socket = web_socket(stream, over, server, &["sip"]).expect("a handshake");
            Link::Socket(Box::new(socket))
        }
        _ => Link::Stream(stream, Framer::new()),
    };
    (link, local, Some(end))
}

/// A socket for datagrams at an address of this host.
fn datagrams(host: IpAddr, server: SocketAddr) -> (Link, SocketAddr) {
    let socket = UdpSocket::bind(SocketAddr::new(host, 0)).expect("a socket");
    socket.connect(server).expect("the loopback is there");
    socket.set_read_timeout(Some(PATIENCE)).expect("a time");
    let local = socket.local_addr().expect("it is bound");
    (Link::Udp(socket), local)
}

/// TLS that takes any certificate.
pub fn tls(tcp: TcpStream, server: SocketAddr) -> StreamOwned<ClientConnection, TcpStream> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    let name = ServerName::IpAddress(server.ip().into());
    let connection = ClientConnection::new(Arc::new(config), name).expect("a client");
    StreamOwned::new(connection, tcp)
}

/// The handshake of a WebSocket that offers these sub-protocols. An error is the status of the refusal.
pub fn web_socket(
    stream: Box<dyn Pipe>,
    over: Over,
    server: SocketAddr,
    protocols: &[&str],
) -> Result<WebSocket<Box<dyn Pipe>>, u16> {
    let scheme = if over == Over::Wss { "wss" } else { "ws" };
    let url = format!("{scheme}://{server}/any/path");
    let uri = url.parse().expect("a URI");
    let builder = protocols
        .iter()
        .fold(tungstenite::ClientRequestBuilder::new(uri), |b, p| {
            b.with_sub_protocol(*p)
        });
    match tungstenite::client(builder, stream) {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(answer))) => {
            Err(answer.status().as_u16())
        }
        Err(why) => panic!("{url}: {why}"),
    }
}

impl Link {
    /// Sends bytes as one message.
    pub fn send(&mut self, bytes: &[u8]) {
        match self {
            Link::Udp(socket) => drop(socket.send(bytes).expect("it is sent")),
            Link::Stream(stream, _) => {
                stream.write_all(bytes).expect("it is written");
                stream.flush().expect("it is written");
            }
            Link::Socket(socket) => {
                let text = String::from_utf8(bytes.to_vec()).expect("text");
                socket.send(text.into()).expect("it is written");
            }
        }
    }

    /// The next message.
    pub fn take(&mut self) -> Message {
        let raw = match self {
            Link::Udp(socket) => {
                let mut buffer = vec![0; 65_535];
                let length = socket.recv(&mut buffer).expect("a message");
                buffer.truncate(length);
                buffer.into()
            }
            Link::Stream(stream, framer) => loop {
                match framer.next().expect("the server speaks SIP") {
                    Some(Frame::Message(raw)) => break raw,
                    Some(_) => {}
                    None => {
                        let mut buffer = [0; 4096];
                        let length = stream.read(&mut buffer).expect("a message");
                        assert!(length > 0, "the server has closed the connection");
                        framer.push(&buffer[..length]);
                    }
                }
            },
            Link::Socket(socket) => loop {
                match socket.read().expect("a message") {
                    tungstenite::Message::Text(text) => break Bytes::from(text),
                    tungstenite::Message::Binary(bytes) => break bytes,
                    _ => {}
                }
            },
        };
        match wire::parse(raw.clone()) {
            Parsed::Accept(message) => message,
            other => panic!("the server sent {raw:?}: {other:?}"),
        }
    }

    /// Reads bytes as they come; only of streams.
    pub fn read(&mut self, into: &mut [u8]) -> io::Result<()> {
        match self {
            Link::Stream(stream, _) => stream.read_exact(into),
            _ => panic!("only streams have bytes"),
        }
    }
}

/// One side of a call.
#[derive(Clone, Debug)]
pub struct Side {
    call_id: String,
    /// From and To of what this side sends.
    own: String,
    other: String,
    target: String,
    cseq: u32,
}

impl Side {
    /// Of a request that belongs to no call.
    pub fn outside(phone: &Phone, target: &str) -> Side {
        let aor = phone.aor();
        Side {
            call_id: format!("outside-{}-{}", phone.name, phone.count),
            own: format!("{aor};tag=o"),
            other: aor,
            target: target.to_owned(),
            cseq: 0,
        }
    }
}

/// A phone of the demonstration; its password is its name and `-secret`.
pub struct Phone {
    pub name: String,
    pub link: Link,
    pub local: SocketAddr,
    /// The socket itself, to be shut or broken.
    pub end: Option<TcpStream>,
    /// The password; right unless somebody changes it.
    pub password: String,
    /// What stands behind the address in its Contact.
    pub contact_params: String,
    /// Headers of its REGISTER.
    pub register_headers: Vec<(&'static str, &'static str)>,
    /// The Contact's URI.
    pub contact: String,
    /// The scheme of what it asks for.
    pub scheme: &'static str,
    over: Over,
    server: SocketAddr,
    challenge: Option<String>,
    count: u32,
    /// The number of the last request, which the next answer is for.
    asked: u32,
    /// An answer that was taken before anybody asked for it.
    answered_already: Option<Message>,
}

impl Phone {
    /// A phone that is connected. `server` is an address of the server with its port for this transport.
    pub fn new(name: &str, over: Over, server: SocketAddr) -> Phone {
        Phone::on(connect(over, server), name, over, server)
    }

    /// A phone at this address of the host, by datagrams.
    pub fn at(host: IpAddr, name: &str, server: SocketAddr) -> Phone {
        let (link, local) = datagrams(host, server);
        Phone::on((link, local, None), name, Over::Udp, server)
    }

    fn on(
        (link, local, end): (Link, SocketAddr, Option<TcpStream>),
        name: &str,
        over: Over,
        server: SocketAddr,
    ) -> Phone {
        let contact = match over {
            // RFC 7118 §5.3: nobody can connect to a browser.
            Over::Ws | Over::Wss => format!("sip:{name}@x{}.invalid;transport=ws", local.port()),
            _ => format!(
                "sip:{name}@{local};transport={}",
                over.token().to_lowercase()
            ),
        };
        Phone {
            name: name.to_owned(),
            link,
            local,
            end,
            password: format!("{name}-secret"),
            contact_params: String::new(),
            register_headers: Vec::new(),
            contact,
            scheme: "sip",
            over,
            server,
            challenge: None,
            count: 0,
            asked: 0,
            answered_already: None,
        }
    }

    /// Registers for an hour. The final answer.
    pub fn register(&mut self) -> Message {
        let call_id = format!("register-{}", self.name);
        self.register_as(&call_id)
    }

    /// The same, in a series of registrations of its own.
    pub fn register_as(&mut self, call_id: &str) -> Message {
        let (aor, uri) = (self.aor(), format!("{}:{}", self.scheme, self.server));
        let side = Side {
            call_id: call_id.to_owned(),
            own: format!("{aor};tag=r"),
            other: aor,
            target: uri,
            cseq: self.count,
        };
        let headers = self.register_headers.clone();
        self.ask(Method::Register, &mut side.clone(), &headers, b"")
    }

    /// Sends a request, proves who it is if that is asked, and takes the final answer.
    pub fn ask(
        &mut self,
        method: Method,
        side: &mut Side,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Message {
        self.send_request(method, side, headers, body);
        let answer = self.final_answer();
        if answer.status() != Some(401) {
            return answer;
        }
        let challenge = answer.text(Name::WwwAuthenticate).expect("a challenge");
        self.challenge = Some(challenge.into_owned());
        if method == Method::Invite {
            self.acknowledge(side, &answer);
        }
        self.send_request(method, side, headers, body);
        self.final_answer()
    }

    /// What a Refer-To says that means this call of ours: its Replaces, escaped as a header in a URI is.
    pub fn names(&self, side: &Side) -> String {
        let tag = |address: &str| {
            let tag = address.split_once(";tag=").map(|(_, tag)| tag.to_owned());
            tag.expect("the call is answered")
        };
        let (ours, theirs) = (tag(&side.own), tag(&side.other));
        format!("{}%3Bto-tag%3D{theirs}%3Bfrom-tag%3D{ours}", side.call_id)
    }

    /// Begins a call to a number, proving who it is.
    pub fn invite(&mut self, number: &str) -> Side {
        let mut side = self.new_call(number);
        self.send_request(Method::Invite, &mut side, &[], SDP);
        let answer = self.next_answer();
        if answer.status() == Some(401) {
            let challenge = answer.text(Name::WwwAuthenticate).expect("a challenge");
            self.challenge = Some(challenge.into_owned());
            self.acknowledge(&side, &answer);
            self.send_request(Method::Invite, &mut side, &[], SDP);
        } else {
            self.answered_already = Some(answer);
        }
        side
    }

    /// This side of a call to a number that is not begun yet.
    pub fn new_call(&mut self, number: &str) -> Side {
        let uri = format!("{}:{number}@{}", self.scheme, self.server);
        self.count += 1;
        Side {
            call_id: format!("call-{}-{}", self.name, self.count),
            own: format!("{};tag=c{}", self.aor(), self.count),
            other: format!("<{uri}>"),
            target: uri,
            cseq: 0,
        }
    }

    /// From now on it proves nothing unless it is asked to.
    pub fn forget_challenge(&mut self) {
        self.challenge = None;
    }

    /// Takes answers until a final one comes.
    pub fn final_answer(&mut self) -> Message {
        loop {
            let message = self.next_answer();
            if message.status().is_some_and(|status| status >= 200) {
                return message;
            }
        }
    }

    /// The next answer to what was asked last. One to what was asked before may come again.
    fn next_answer(&mut self) -> Message {
        loop {
            let already = self.answered_already.take();
            let message = already.unwrap_or_else(|| self.link.take());
            if message.status().is_none() || message.cseq().0 == self.asked {
                return message;
            }
        }
    }

    /// The final answer to the INVITE of a call that is refused. Acknowledged.
    pub fn refused(&mut self, side: &Side) -> Option<u16> {
        let answer = self.final_answer();
        self.acknowledge(side, &answer);
        answer.status()
    }

    /// The answer to the INVITE of a call: the dialog is known from here on. Acknowledged.
    pub fn answered(&mut self, side: &mut Side) -> Message {
        let answer = self.final_answer();
        assert_eq!(answer.status(), Some(200), "{answer:?}");
        side.other = answer.text(Name::To).expect("a To").into_owned();
        side.target = contact_of(&answer);
        self.acknowledge(side, &answer);
        answer
    }

    /// The next request, which must be this one.
    pub fn expect(&mut self, method: Method) -> Message {
        let request = self.link.take();
        assert_eq!(request.method(), Some(method), "{request:?}");
        request
    }

    /// Answers a request.
    pub fn respond(&mut self, request: &Message, status: u16, body: &[u8]) {
        let tag = format!("t{}", self.name);
        let answer = wire::respond(request, self.server, status, "Any Reason", Some(&tag));
        let answer = answer.header(Name::Contact, format!("<{}>", self.contact));
        self.link.send(&finish(answer, body));
    }

    /// The called side of a call that is answered with 200; its ACK has been taken.
    pub fn answer(&mut self, invite: &Message) -> Side {
        self.respond(invite, 200, SDP);
        self.expect(Method::Ack);
        let text = |name| invite.text(name).expect("there is one").into_owned();
        Side {
            call_id: invite.call_id().to_owned(),
            own: format!("{};tag=t{}", text(Name::To), self.name),
            other: text(Name::From),
            target: contact_of(invite),
            cseq: 0,
        }
    }

    /// Sends a request of a call, or one that begins something.
    pub fn send_request(
        &mut self,
        method: Method,
        side: &mut Side,
        headers: &[(&str, &str)],
        body: &[u8],
    ) {
        self.count += 1;
        side.cseq = side.cseq.max(self.count) + 1;
        self.asked = side.cseq;
        let via = self.via(&format!("{}-{}", self.name, self.count));
        let mut builder = Builder::request(method, &side.target)
            .header(Name::Via, via)
            .header(Name::MaxForwards, "70")
            .header(Name::From, &side.own)
            .header(Name::To, &side.other)
            .header(Name::CallId, &side.call_id)
            .display(Name::CSeq, format_args!("{} {method}", side.cseq));
        if matches!(
            method,
            Method::Register | Method::Invite | Method::Refer | Method::Subscribe
        ) {
            let (contact, params) = (&self.contact, &self.contact_params);
            builder = builder.header(Name::Contact, format!("<{contact}>{params}"));
        }
        for (name, value) in headers {
            builder = builder.header_named(name, value);
        }
        if let Some(challenge) = &self.challenge {
            let answer = Answer {
                username: &self.name,
                password: &self.password,
                method: &method.to_string(),
                uri: &side.target,
                nc: Some(self.count),
            };
            let proof = digest::authorization(challenge, &answer);
            builder = builder.header(Name::Authorization, proof);
        }
        self.link.send(&finish(builder, body));
    }

    /// Acknowledges the final answer to an INVITE.
    fn acknowledge(&mut self, side: &Side, answer: &Message) {
        let is_refusal = answer.status().is_some_and(|status| status >= 300);
        let via = match is_refusal {
            true => answer.text(Name::Via).expect("our Via").into_owned(),
            false => self.via(&format!("ack-{}-{}", self.name, self.count)),
        };
        let ack = Builder::request(Method::Ack, &side.target)
            .header(Name::Via, via)
            .header(Name::MaxForwards, "70")
            .header(Name::From, &side.own)
            .copy(answer, Name::To)
            .header(Name::CallId, &side.call_id)
            .display(Name::CSeq, format_args!("{} ACK", answer.cseq().0));
        self.link.send(&ack.finish());
    }

    fn via(&self, branch: &str) -> String {
        let by = match self.over {
            Over::Ws | Over::Wss => format!("x{}.invalid", self.local.port()),
            _ => self.local.to_string(),
        };
        let token = self.over.token();
        format!("SIP/2.0/{token} {by};branch=z9hG4bK{branch};rport")
    }

    fn aor(&self) -> String {
        format!("<sip:{}@{}>", self.name, self.server)
    }
}

fn finish(builder: Builder, body: &[u8]) -> Bytes {
    match body {
        [] => builder.finish(),
        body => {
            let kind: &[u8] = match body {
                [b'v', b'=', ..] => b"application/sdp",
                body if body.starts_with(b"<x-cisco-remotecc-request") => {
                    b"application/x-cisco-remotecc-request+xml"
                }
                [b'<', ..] => b"application/x-cisco-remotecc-response+xml",
                _ => b"application/dtmf-relay",
            };
            builder.finish_with(kind, body)
        }
    }
}

/// The URI in the Contact of a message.
pub fn contact_of(message: &Message) -> String {
    match message.contacts().next() {
        Some(Ok(wire::Contact::Address(address))) => address.uri.text.to_owned(),
        other => panic!("no contact: {other:?}"),
    }
}

#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
