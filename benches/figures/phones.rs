//! Many phones, played by one thread: so many tasks under way at once, and no more.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use bytes::Bytes;
use md5::{Digest, Md5};
use perch::sip::wire::{self, Builder, Contact, Message, Name, Parsed};
use rsip::Method;

/// How long an answer may take before the request is sent again.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often a request is sent again before its task has failed.
const TRIES: u32 = 8;

const SDP: &[u8] =
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8\r\n";

/// Something for a phone to do.
#[derive(Clone, Copy)]
pub enum Task {
    /// Register; with a nonce that it knows already if there is one.
    Register(usize),
    /// Log a user in by code.
    Login { phone: usize, user: usize },
    /// Call another phone and hang up when it answers.
    Call { phone: usize, callee: usize },
}

/// What became of tasks.
pub struct Done {
    /// Of those that went well, in ascending order: from the request that carried the proof to its 200.
    pub latencies: Vec<Duration>,
    /// How many did not.
    pub failed: usize,
    /// How many messages had to be sent again.
    pub resent: usize,
    /// How long all of it took.
    pub took: Duration,
}

/// The phones.
pub struct Phones {
    socket: UdpSocket,
    local: SocketAddr,
    server: SocketAddr,
    phones: Vec<Phone>,
    flights: BTreeMap<String, Flight>,
    last: u64,
}

#[derive(Clone, Default)]
struct Phone {
    nonce: String,
    nc: u32,
}

/// A task under way, known by its Call-ID.
struct Flight {
    task: Task,
    cseq: u32,
    message: Bytes,
    sent: Instant,
    tries: u32,
    proof_sent: Instant,
    latency: Option<Duration>,
}

impl Phones {
    /// So many phones, none of them registered.
    pub fn new(count: usize, server: SocketAddr) -> Phones {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let patience = Some(Duration::from_millis(20));
        socket.set_read_timeout(patience).expect("a sane time-out");
        let local = socket.local_addr().expect("a bound socket has an address");
        Phones {
            socket,
            local,
            server,
            phones: vec![Phone::default(); count],
            flights: BTreeMap::new(),
            last: 0,
        }
    }

    /// Carries out tasks, `at_once` at a time.
    pub fn run(&mut self, at_once: usize, tasks: impl Iterator<Item = Task>) -> Done {
        let start = Instant::now();
        let mut tasks = tasks.fuse();
        let mut done = Done {
            latencies: Vec::new(),
            failed: 0,
            resent: 0,
            took: Duration::ZERO,
        };
        let mut buffer = vec![0; 65_536];
        loop {
            while self.flights.len() < at_once
                && let Some(task) = tasks.next()
            {
                self.begin(task);
            }
            if self.flights.is_empty() {
                break;
            }
            match self.socket.recv(&mut buffer) {
                Ok(length) => self.receive(Bytes::copy_from_slice(&buffer[..length]), &mut done),
                Err(_) => self.send_again(&mut done),
            }
        }
        done.took = start.elapsed();
        done.latencies.sort_unstable();
        done
    }

    fn begin(&mut self, task: Task) {
        self.last += 1;
        let call_id = format!("c{}", self.last);
        let now = Instant::now();
        let flight = Flight {
            task,
            cseq: 0,
            message: Bytes::new(),
            sent: now,
            tries: 0,
            proof_sent: now,
            latency: None,
        };
        self.flights.insert(call_id.clone(), flight);
        self.request(&call_id);
    }

    /// Sends the request of a task, with a proof if the phone has a nonce.
    fn request(&mut self, call_id: &str) {
        let Some(flight) = self.flights.get_mut(call_id) else {
            return;
        };
        let (index, method, uri) = match flight.task {
            Task::Register(phone) => (phone, Method::Register, "sip:perch".to_owned()),
            Task::Login { phone, user } => {
                let uri = format!("sip:*11*u{user}*1234%23@perch");
                (phone, Method::Invite, uri)
            }
            Task::Call { phone, callee } => (
                phone,
                Method::Invite,
                format!("sip:{}@perch", 700_000 + callee),
            ),
        };
        flight.cseq += 1;
        let cseq = flight.cseq;
        let to = match method {
            Method::Register => format!("<sip:p{index}@perch>"),
            _ => format!("<{uri}>"),
        };
        let mut builder = Builder::request(method, &uri)
            .display(Name::Via, self.via(call_id, cseq))
            .header(Name::MaxForwards, "70")
            .display(
                Name::From,
                format_args!("<sip:p{index}@perch>;tag={call_id}"),
            )
            .header(Name::To, to)
            .header(Name::CallId, call_id)
            .display(Name::CSeq, format_args!("{cseq} {method}"))
            .display(Name::Contact, format_args!("<sip:p{index}@{}>", self.local));
        let phone = &mut self.phones[index];
        if !phone.nonce.is_empty() {
            phone.nc += 1;
            builder = builder.header(Name::Authorization, proof(index, phone, method, &uri));
        }
        let bytes = match method {
            Method::Register => builder.header(Name::Expires, "3600").finish(),
            _ => builder.finish_with(b"application/sdp", SDP),
        };
        self.send_for(call_id, bytes);
    }

    fn via(&self, call_id: &str, cseq: u32) -> String {
        format!(
            "SIP/2.0/UDP {};branch=z9hG4bK{call_id}.{cseq};rport",
            self.local
        )
    }

    /// Sends something that is sent again until it is answered.
    fn send_for(&mut self, call_id: &str, bytes: Bytes) {
        self.send(&bytes);
        if let Some(flight) = self.flights.get_mut(call_id) {
            flight.message = bytes;
            flight.sent = Instant::now();
            flight.proof_sent = flight.sent;
            flight.tries = 0;
        }
    }

    fn send(&self, bytes: &[u8]) {
        self.socket
            .send_to(bytes, self.server)
            .expect("the loopback takes datagrams");
    }

    fn receive(&mut self, raw: Bytes, done: &mut Done) {
        let Parsed::Accept(message) = wire::parse(raw) else {
            panic!("the server sent what nobody can read");
        };
        match message.status() {
            Some(status) => self.response(&message, status, done),
            None => self.asked(&message, done),
        }
    }

    fn response(&mut self, message: &Message, status: u16, done: &mut Done) {
        let call_id = message.call_id().to_owned();
        let (cseq, method) = message.cseq();
        let Some(flight) = self.flights.get_mut(&call_id) else {
            return;
        };
        if cseq != flight.cseq || status < 200 {
            return;
        }
        let is_invite = method == "INVITE";
        let index = match flight.task {
            Task::Register(phone) | Task::Login { phone, .. } | Task::Call { phone, .. } => phone,
        };
        if status == 200 && method != "BYE" {
            flight.latency.get_or_insert(flight.proof_sent.elapsed());
        }
        if is_invite {
            self.acknowledge(message, status);
        }
        match (status, method) {
            (401, _) => {
                let challenge = message.text(Name::WwwAuthenticate).unwrap_or_default();
                let nonce = challenge.split("nonce=\"").nth(1).unwrap_or_default();
                let nonce = nonce.split('"').next().unwrap_or_default();
                self.phones[index] = Phone {
                    nonce: nonce.to_owned(),
                    nc: 0,
                };
                self.request(&call_id);
            }
            (200, "INVITE") => {
                if let Task::Call { .. } = self.flights[&call_id].task {
                    self.hang_up(message, index);
                }
            }
            (200, _) => self.end(&call_id, done),
            _ => {
                self.flights.remove(&call_id);
                done.failed += 1;
            }
        }
    }

    /// The ACK of a refusal belongs to the transaction of the INVITE, that of a 2xx to nothing (RFC 3261 §17.1.1.3).
    fn acknowledge(&self, answer: &Message, status: u16) {
        let (cseq, _) = answer.cseq();
        let via = if status < 300 {
            self.via(&format!("{}.ack", answer.call_id()), cseq)
        } else {
            self.via(answer.call_id(), cseq)
        };
        let bytes = Builder::request(Method::Ack, &target(answer))
            .header(Name::Via, via)
            .header(Name::MaxForwards, "70")
            .copy(answer, Name::From)
            .copy(answer, Name::To)
            .copy(answer, Name::CallId)
            .display(Name::CSeq, format_args!("{cseq} ACK"))
            .finish();
        self.send(&bytes);
    }

    fn hang_up(&mut self, answer: &Message, index: usize) {
        let call_id = answer.call_id().to_owned();
        let Some(flight) = self.flights.get_mut(&call_id) else {
            return;
        };
        flight.cseq += 1;
        let cseq = flight.cseq;
        let bytes = Builder::request(Method::Bye, &target(answer))
            .display(Name::Via, self.via(&call_id, cseq))
            .header(Name::MaxForwards, "70")
            .copy(answer, Name::From)
            .copy(answer, Name::To)
            .header(Name::CallId, &call_id)
            .display(Name::CSeq, format_args!("{cseq} BYE"))
            .display(Name::Contact, format_args!("<sip:p{index}@{}>", self.local))
            .finish();
        self.send_for(&call_id, bytes);
    }

    /// The server asks something of a phone: calls are answered, and so is everything else.
    fn asked(&mut self, request: &Message, done: &mut Done) {
        let Some(method) = request.method().filter(|method| *method != Method::Ack) else {
            return;
        };
        let builder = wire::respond(request, self.server, 200, "OK", Some("callee"));
        let bytes = if method == Method::Invite {
            builder
                .display(Name::Contact, format_args!("<sip:{}>", self.local))
                .finish_with(b"application/sdp", SDP)
        } else {
            builder.finish()
        };
        self.send(&bytes);
        if method == Method::Bye {
            self.end(request.call_id(), done);
        }
    }

    fn end(&mut self, call_id: &str, done: &mut Done) {
        if let Some(flight) = self.flights.remove(call_id) {
            match flight.latency {
                Some(latency) => done.latencies.push(latency),
                None => done.failed += 1,
            }
        }
    }

    fn send_again(&mut self, done: &mut Done) {
        let mut lost = Vec::new();
        for (call_id, flight) in &mut self.flights {
            if flight.sent.elapsed() < PATIENCE {
                continue;
            }
            flight.sent = Instant::now();
            flight.tries += 1;
            done.resent += 1;
            if flight.tries > TRIES {
                lost.push(call_id.clone());
            }
            let sent = self.socket.send_to(&flight.message, self.server);
            sent.expect("the loopback takes datagrams");
        }
        for call_id in lost {
            self.flights.remove(&call_id);
            done.failed += 1;
        }
    }
}

/// Where requests within the dialog go: to the Contact; an answer without one is acknowledged where the call went.
fn target(answer: &Message) -> String {
    match answer.contacts().next() {
        Some(Ok(Contact::Address(address))) => address.uri.text.to_owned(),
        _ => match answer.to() {
            Ok(to) => to.uri.text.to_owned(),
            Err(_) => "sip:perch".to_owned(),
        },
    }
}

/// Digest credentials by MD5 (RFC 3261 §22.4).
fn proof(index: usize, phone: &Phone, method: Method, uri: &str) -> String {
    let hash = |text: String| hex(&Md5::digest(text.as_bytes()));
    let a1 = hash(format!("p{index}:perch:secret-{index}"));
    let a2 = hash(format!("{method}:{uri}"));
    let (nonce, nc) = (&phone.nonce, phone.nc);
    let response = hash(format!("{a1}:{nonce}:{nc:08x}:c:auth:{a2}"));
    format!(
        "Digest username=\"p{index}\", realm=\"perch\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", \
         algorithm=MD5, cnonce=\"c\", nc={nc:08x}, qop=auth"
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
