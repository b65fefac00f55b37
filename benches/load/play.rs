//! What phones say: requests, and answers to the server's.

use std::fmt::Display;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bytes::Bytes;
use perch::sip::wire::{self, Builder, Contact, Message, Method, Name, Parsed};

use crate::arguments::Against;
use crate::digest::{Proof, nonce};
use crate::player::{Key, Stage, World};
use crate::site::{FIRST_GUEST, FIRST_USER, PIN, REALM};
use crate::stream::Task;

const SDP: &[u8] =
    b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8\r\n";

/// How often a phone answers a challenge before it gives up.
const CHALLENGES: u8 = 3;

impl World {
    /// Sends the first request of a task, with a proof if the phone has a nonce.
    pub fn request(&mut self, key: Key) {
        let (run, against, keeps_calls) = (self.run, self.against, self.keeps_calls);
        let Some(flight) = self.flight(key) else {
            return;
        };
        let (index, method, uri) = match flight.task {
            Task::Register { phone } => (phone, Method::Register, format!("sip:{REALM}")),
            Task::Login { phone, user } | Task::ControlLogin { phone, user } => {
                let uri = format!("sip:*11*u{user}*{PIN}%23@{REALM}");
                (phone, Method::Invite, uri)
            }
            // Programs do these, not phones.
            Task::ApiLogin { .. } | Task::ApiLogout { .. } => return,
            Task::Call { phone, callee } => {
                let uri = callee_uri(against, keeps_calls, callee);
                (phone, Method::Invite, uri)
            }
        };
        flight.cseq += 1;
        let call_cseq = flight.cseq;
        let link = self.link_of(index);
        let phone = &mut self.phones[index as usize];
        let cseq = match method {
            Method::Register => {
                phone.cseq += 1;
                phone.cseq
            }
            _ => call_cseq,
        };
        let name = phone.name.clone();
        let call_id = CallId { key, run };
        let to = match method {
            Method::Register => format!("<sip:{name}@{REALM}>"),
            _ => format!("<{uri}>"),
        };
        let mut builder = self
            .begin(method, &uri, link, call_id, cseq)
            .display(
                Name::From,
                format_args!("<sip:{name}@{REALM}>;tag={call_id}"),
            )
            .header(Name::To, to)
            .display(Name::Contact, self.contact(&name, link))
            .header(Name::UserAgent, "perch-load");
        let phone = &mut self.phones[index as usize];
        if !phone.nonce.is_empty() {
            phone.nonce_count += 1;
            let header = match (against, method) {
                (Against::Kamailio, Method::Invite) => Name::ProxyAuthorization,
                _ => Name::Authorization,
            };
            let proof = Proof {
                name: &name,
                realm: REALM,
                secret: &phone.secret,
                method: method_text(method),
                uri: &uri,
                nonce: &phone.nonce,
                count: phone.nonce_count,
            };
            builder = builder.display(header, proof);
        }
        let bytes = match method {
            Method::Register => builder.header(Name::Expires, "3600").finish(),
            _ => builder.finish_with(b"application/sdp", SDP),
        };
        if let Some(flight) = self.flight(key) {
            flight.cseq = cseq;
        }
        self.send_for(key, link, bytes);
    }

    /// The lines that every request begins with.
    fn begin(&self, method: Method, uri: &str, link: usize, call_id: CallId, cseq: u32) -> Builder {
        let (via, local) = (self.transport.via(), self.links[link].local);
        // An ACK to a 2xx is a transaction of its own (RFC 3261 §17.1.1.3).
        let branch = format_args!("{call_id}.{cseq}.{}", method_text(method));
        Builder::request(method, uri)
            .display(
                Name::Via,
                format_args!("SIP/2.0/{via} {local};branch=z9hG4bK{branch};rport"),
            )
            .header(Name::MaxForwards, "70")
            .display(Name::CallId, call_id)
            .display(Name::CSeq, format_args!("{cseq} {}", method_text(method)))
    }

    fn contact(&self, name: &str, link: usize) -> impl Display + use<> {
        let local = self.links[link].local;
        format!("<sip:{name}@{local}{}>", self.transport.uri_param())
    }

    fn link_of(&self, phone: u32) -> usize {
        phone as usize % self.links.len()
    }

    /// Takes a message from the server.
    pub fn received(&mut self, link: usize, raw: Bytes) {
        let message = match wire::parse(raw) {
            Parsed::Accept(message) => message,
            Parsed::Reject(rejected) => rejected.message,
            Parsed::Drop(_) => return,
        };
        match message.status() {
            Some(status) => self.answered(link, &message, status),
            None => self.asked(link, &message),
        }
    }

    fn answered(&mut self, link: usize, message: &Message, status: u16) {
        let Some(key) = CallId::parse(message.call_id(), self.run) else {
            return;
        };
        let (cseq, method) = message.cseq();
        let Some(flight) = self.flight(key) else {
            return;
        };
        let (stage, is_current) = (flight.stage, flight.cseq == cseq);
        let is_invite = method == "INVITE";
        if is_invite && status >= 200 {
            self.acknowledge(link, key, message, status);
        }
        if !is_current || (is_invite && stage != Stage::Asking) {
            return;
        }
        match status {
            ..200 => self.heard_if_invite(key, is_invite),
            401 | 407 => self.prove(key, message),
            200..300 if is_invite => self.connected(link, key, message),
            200..300 => self.end(key, Ok(())),
            _ => self.end(key, Err(&format!("{status} {}", message.reason()))),
        }
    }

    /// A request other than INVITE is sent until its final answer (RFC 3261 §17.1.2.2).
    fn heard_if_invite(&mut self, key: Key, is_invite: bool) {
        if is_invite {
            self.heard(key);
        }
    }

    fn prove(&mut self, key: Key, challenge: &Message) {
        self.challenged(key);
        let Some(flight) = self.flight(key) else {
            return;
        };
        flight.challenges += 1;
        let is_too_often = flight.challenges > CHALLENGES;
        let index = flight.task.phone();
        match nonce(challenge).filter(|_| !is_too_often) {
            Some(nonce) => {
                self.phones[index as usize].challenged(nonce);
                self.request(key);
            }
            None => self.end(key, Err("challenged again and again")),
        }
    }

    /// The call or login was answered.
    fn connected(&mut self, link: usize, key: Key, answer: &Message) {
        self.heard(key);
        let Some(flight) = self.flight(key) else {
            return;
        };
        match flight.task {
            Task::Call { phone, .. } => {
                flight.stage = Stage::HangingUp;
                flight.cseq += 1;
                let cseq = flight.cseq;
                let call_id = CallId { key, run: self.run };
                let name = self.phones[phone as usize].name.clone();
                let bye = self
                    .begin(Method::Bye, &target(answer), link, call_id, cseq)
                    .copy(answer, Name::From)
                    .copy(answer, Name::To)
                    .display(Name::Contact, self.contact(&name, link));
                let bye = routed(bye, answer).finish();
                match self.keeps_calls {
                    true => self.keep(key, link, bye, cseq),
                    false => self.send_for(key, link, bye),
                }
            }
            _ => {
                // The server hangs up when it has said what it had to say.
                flight.stage = Stage::Talking;
                self.succeeded(key);
            }
        }
    }

    /// The ACK of a refusal belongs to the transaction of the INVITE, that of a 2xx to nothing (RFC 3261 §17.1.1.3).
    fn acknowledge(&self, link: usize, key: Key, answer: &Message, status: u16) {
        let (cseq, _) = answer.cseq();
        let call_id = CallId { key, run: self.run };
        let ack = if status < 300 {
            let ack = self.begin(Method::Ack, &target(answer), link, call_id, cseq);
            routed(ack.copy(answer, Name::From).copy(answer, Name::To), answer)
        } else {
            let uri = answer.to().map_or(String::new(), |to| to.uri.text.into());
            Builder::request(Method::Ack, &uri)
                .copy(answer, Name::Via)
                .header(Name::MaxForwards, "70")
                .copy(answer, Name::From)
                .copy(answer, Name::To)
                .copy(answer, Name::CallId)
                .display(Name::CSeq, format_args!("{cseq} ACK"))
        };
        self.links[link].send(&ack.finish());
    }

    /// The server asks something of a phone: calls are answered, and so is everything else.
    fn asked(&mut self, link: usize, request: &Message) {
        let call = hash(request.call_id());
        match request.method() {
            Some(Method::Ack) => self.end(Key::Answer(call), Ok(())),
            Some(Method::Invite) => {
                let ringing = self.answer(request, 180, "Ringing", link).finish();
                self.links[link].send(&ringing);
                let ok = self.answer(request, 200, "OK", link);
                self.owe(call, link, ok.finish_with(b"application/sdp", SDP));
            }
            method => {
                let ok = wire::respond(request, self.server, 200, "OK", Some("callee"));
                self.links[link].send(&ok.finish());
                // The server has hung up a call of ours.
                if method == Some(Method::Bye)
                    && let Some(key) = CallId::parse(request.call_id(), self.run)
                    && self.flight(key).is_some_and(|f| f.stage == Stage::Talking)
                {
                    self.end(key, Ok(()));
                }
            }
        }
    }

    fn answer(&self, request: &Message, status: u16, reason: &str, link: usize) -> Builder {
        wire::respond(request, self.server, status, reason, Some("callee"))
            .copy(request, Name::RecordRoute)
            .display(Name::Contact, self.contact("callee", link))
    }
}

/// What a task's requests are known by on the wire.
#[derive(Clone, Copy)]
struct CallId {
    key: Key,
    run: u32,
}

impl CallId {
    fn parse(text: &str, run: u32) -> Option<Key> {
        let (number, suffix) = text.get(1..)?.split_once('.')?;
        if suffix.parse() != Ok(run) {
            return None;
        }
        match text.as_bytes()[0] {
            b'r' => Some(Key::Phone(number.parse().ok()?)),
            b'c' => Some(Key::Call(number.parse().ok()?)),
            _ => None,
        }
    }
}

impl Display for CallId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.key {
            Key::Phone(number) => write!(f, "r{number}.{}", self.run),
            Key::Call(number) | Key::Answer(number) => write!(f, "c{number}.{}", self.run),
        }
    }
}

/// Where requests within the dialog go: to the Contact; an answer without one is acknowledged where the call went.
fn target(answer: &Message) -> String {
    match answer.contacts().next() {
        Some(Ok(Contact::Address(address))) => address.uri.text.to_owned(),
        _ => answer
            .to()
            .map_or(format!("sip:{REALM}"), |to| to.uri.text.into()),
    }
}

/// The route set, as the caller has it (RFC 3261 §12.1.2).
fn routed(request: Builder, answer: &Message) -> Builder {
    let mut routes: Vec<&[u8]> = answer.values(Name::RecordRoute).collect();
    routes.reverse();
    routes
        .into_iter()
        .fold(request, |request, route| request.header(Name::Route, route))
}

/// Where a phone is called. Somebody is logged in there if calls are kept.
fn callee_uri(against: Against, keeps_calls: bool, callee: u32) -> String {
    match (against, keeps_calls) {
        (Against::Perch, true) => format!("sip:{}@{REALM}", FIRST_USER + callee),
        (Against::Perch, false) => format!("sip:{}@{REALM}", FIRST_GUEST + callee),
        (Against::Kamailio, _) => format!("sip:p{callee}@{REALM}"),
    }
}

fn method_text(method: Method) -> &'static str {
    match method {
        Method::Register => "REGISTER",
        Method::Invite => "INVITE",
        Method::Ack => "ACK",
        Method::Bye => "BYE",
        _ => "OPTIONS",
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
