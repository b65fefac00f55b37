//! A small SIP phone over UDP: it registers, dials codes, and notices when it is called.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use bytes::Bytes;
use perch::sip::wire::{self, Builder, Message, Name, Parsed};
use rsip::Method;

use super::digest::{self, Answer};

/// When a request is sent again for the first time (RFC 3261 §17.1.1.1).
const T1: Duration = Duration::from_millis(500);
/// How long a phone waits for an answer, and for the server to hang up after one.
const PATIENCE: Duration = Duration::from_secs(6);
const HANG_UP: Duration = Duration::from_secs(2);

const SDP: &[u8] = b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";

/// The server does not answer any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// A phone of the site; its password is its name and `-secret`, unless it is given another.
#[derive(Debug)]
pub struct Phone {
    pub name: String,
    pub password: String,
    socket: UdpSocket,
    local: SocketAddr,
    server: SocketAddr,
    challenge: Option<String>,
    nc: u32,
    requests: u32,
}

impl Phone {
    pub fn new(name: String, server: SocketAddr) -> Phone {
        Phone::at(Ipv4Addr::LOCALHOST, name, server)
    }

    /// A phone at this address of the host.
    pub fn at(host: Ipv4Addr, name: String, server: SocketAddr) -> Phone {
        let socket = UdpSocket::bind((host, 0)).expect("a socket");
        // Connected, so that the system says so when nobody listens there any more.
        socket.connect(server).expect("the loopback is there");
        let local = socket.local_addr().expect("a bound socket has an address");
        Phone {
            password: format!("{name}-secret"),
            name,
            socket,
            local,
            server,
            challenge: None,
            nc: 0,
            requests: 0,
        }
    }

    /// Registers for an hour. Says how that was answered.
    pub fn register(&mut self) -> Result<u16, Gone> {
        let aor = format!("<sip:{}@perch>", self.name);
        let (answer, _) = self.ask(Method::Register, "sip:perch", &aor)?;
        Ok(answer.status().unwrap_or_default())
    }

    /// Dials, and lets the server release the call if it answers. Says how it was answered.
    pub fn dial(&mut self, digits: &str) -> Result<u16, Gone> {
        self.dial_and_tell(digits, |_| ())
    }

    /// The same, and tells at once how it is answered: before the server releases the call.
    pub fn dial_and_tell(&mut self, digits: &str, answered: impl FnOnce(u16)) -> Result<u16, Gone> {
        let uri = format!("sip:{}@perch", digits.replace('#', "%23"));
        let (answer, call_id) = self.ask(Method::Invite, &uri, &format!("<{uri}>"))?;
        let status = answer.status().unwrap_or_default();
        answered(status);
        if status == 200 {
            // What was promised stands, even if the server is gone before it has hung up.
            let _ = self.await_bye(&call_id);
        }
        Ok(status)
    }

    /// Whether it is called within `limit`. It says that it is busy.
    pub fn is_called(&mut self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        while let Ok(message) = self.receive(end) {
            if self.answer(&message) == Some(Method::Invite) {
                return true;
            }
        }
        false
    }

    /// Sends a request, with a proof when the server wants one. Hands back the final answer and the Call-ID.
    fn ask(&mut self, method: Method, uri: &str, to: &str) -> Result<(Message, String), Gone> {
        self.requests += 1;
        let call_id = format!("{}.{}.{}", self.name, self.local.port(), self.requests);
        let mut cseq = 0;
        loop {
            cseq += 1;
            let request = self.request(method, uri, to, &call_id, cseq);
            let answer = self.exchange(&request, &call_id, cseq)?;
            if method == Method::Invite {
                self.acknowledge(&answer, uri, cseq)?;
            }
            if answer.status() != Some(401) || cseq >= 4 {
                return Ok((answer, call_id));
            }
            let challenge = answer.text(Name::WwwAuthenticate);
            self.challenge = challenge.map(|text| text.into_owned());
            self.nc = 0;
        }
    }

    fn request(&mut self, method: Method, uri: &str, to: &str, id: &str, cseq: u32) -> Bytes {
        let name = &self.name;
        let builder = Builder::request(method, uri)
            .display(Name::Via, self.via(id, cseq))
            .header(Name::MaxForwards, "70")
            .display(Name::From, format_args!("<sip:{name}@perch>;tag={id}"))
            .header(Name::To, to)
            .header(Name::CallId, id)
            .display(Name::CSeq, format_args!("{cseq} {method}"))
            .display(Name::Contact, format_args!("<sip:{name}@{}>", self.local));
        let builder = match self.proof(method, uri) {
            Some(proof) => builder.header(Name::Authorization, proof),
            None => builder,
        };
        match method {
            Method::Invite => builder.finish_with(b"application/sdp", SDP),
            _ => builder.header(Name::Expires, "3600").finish(),
        }
    }

    fn proof(&mut self, method: Method, uri: &str) -> Option<String> {
        let challenge = self.challenge.as_deref()?;
        self.nc += 1;
        let answer = Answer {
            username: &self.name,
            password: &self.password,
            method: &method.to_string(),
            uri,
            nc: Some(self.nc),
        };
        Some(digest::authorization(challenge, &answer))
    }

    fn via(&self, id: &str, cseq: u32) -> String {
        format!("SIP/2.0/UDP {};branch=z9hG4bK{id}.{cseq};rport", self.local)
    }

    /// Sends a request until it is answered finally.
    fn exchange(&mut self, request: &Bytes, call_id: &str, cseq: u32) -> Result<Message, Gone> {
        let end = Instant::now() + PATIENCE;
        let mut wait = T1;
        while Instant::now() < end {
            self.send(request)?;
            let again = end.min(Instant::now() + wait);
            wait *= 2;
            loop {
                let message = match self.receive(again) {
                    Ok(message) => message,
                    Err(error) if is_timeout(&error) => break,
                    Err(_) => return Err(Gone),
                };
                let is_answer = message.call_id() == call_id && message.cseq().0 == cseq;
                if is_answer && message.status().is_some_and(|status| status >= 200) {
                    return Ok(message);
                }
                self.answer(&message);
            }
        }
        Err(Gone)
    }

    /// The ACK of a refusal belongs to the transaction of the INVITE, that of a 2xx to nothing (RFC 3261 §17.1.1.3).
    fn acknowledge(&self, answer: &Message, uri: &str, cseq: u32) -> Result<(), Gone> {
        let is_refusal = answer.status() != Some(200);
        let id = answer.call_id();
        let via = self.via(id, if is_refusal { cseq } else { 1000 + cseq });
        let ack = Builder::request(Method::Ack, uri)
            .header(Name::Via, via)
            .header(Name::MaxForwards, "70")
            .copy(answer, Name::From)
            .copy(answer, Name::To)
            .header(Name::CallId, id)
            .display(Name::CSeq, format_args!("{cseq} ACK"))
            .finish();
        self.send(&ack)
    }

    /// Waits until the server hangs up.
    fn await_bye(&mut self, call_id: &str) -> Result<(), Gone> {
        let end = Instant::now() + HANG_UP;
        loop {
            let message = self.receive(end).map_err(|_| Gone)?;
            if self.answer(&message) == Some(Method::Bye) && message.call_id() == call_id {
                return Ok(());
            }
        }
    }

    /// Answers a request of the server: calls are refused, everything else is fine.
    fn answer(&self, request: &Message) -> Option<Method> {
        let method = request.method().filter(|method| *method != Method::Ack)?;
        let (status, reason) = match method {
            Method::Invite => (486, "Busy Here"),
            _ => (200, "OK"),
        };
        let answer = wire::respond(request, self.server, status, reason, Some("phone"));
        // A server that is gone needs no answer.
        let _ = self.send(&answer.finish());
        Some(method)
    }

    fn send(&self, bytes: &[u8]) -> Result<(), Gone> {
        self.socket.send(bytes).map(drop).map_err(|_| Gone)
    }

    fn receive(&mut self, until: Instant) -> io::Result<Message> {
        let mut buffer = [0; 8192];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.socket.set_read_timeout(Some(left))?;
            let length = self.socket.recv(&mut buffer)?;
            if let Parsed::Accept(message) = wire::parse(Bytes::copy_from_slice(&buffer[..length]))
            {
                return Ok(message);
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
    )
}
