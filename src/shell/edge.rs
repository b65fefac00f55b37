//! What the socket workers do with a message before the exchange hears of it, in parallel.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::Clock;
use super::guard::{Arrival, Guard, Known, Pass};
use super::intake::Intake;
use super::metrics::Metrics;
use crate::exchange::Input;
use crate::sip::wire::{self, Message, Method, Name, Parsed};
use crate::sip::{self, Flow, Network, News, Registrar};
use crate::time::Now;

/// After how many seconds somebody who was turned away may come again: at random, so that they do not all come
/// at once.
const RETRY_AFTER_S: std::ops::RangeInclusive<u8> = 5..=15;

/// How long a stream is not read whose source sends too much, and how often in a row before it is closed.
const PAUSE: Duration = Duration::from_millis(200);
const PAUSES: u32 = 50;

/// What the socket workers share.
#[derive(Debug)]
pub struct Edge {
    clock: Clock,
    registrar: Arc<Registrar>,
    intake: Intake,
    metrics: Arc<Metrics>,
    guard: Arc<Guard>,
    /// The To tag of answers that no state is kept for: one for all, so that a retransmission gets the same
    /// (RFC 3261 §8.2.7).
    tag: String,
}

/// What a message led to at once.
#[derive(Default)]
struct Taken {
    /// For the exchange, before the answer: a phone that is told that it is registered must be known to be. Whoever
    /// tells it waits for room.
    news: Option<News>,
    /// For the peer.
    answer: Option<Bytes>,
}

impl From<Bytes> for Taken {
    fn from(answer: Bytes) -> Taken {
        Taken {
            news: None,
            answer: Some(answer),
        }
    }
}

impl Edge {
    /// What the socket workers share.
    pub fn new(
        clock: Clock,
        registrar: Arc<Registrar>,
        intake: Intake,
        metrics: Arc<Metrics>,
        guard: Arc<Guard>,
    ) -> Edge {
        Edge {
            clock,
            registrar,
            intake,
            metrics,
            guard,
            tag: format!("{:016x}", rand::random::<u64>()),
        }
    }

    /// Whether a datagram may be read, as far as its source is concerned.
    pub fn may_be_read(&self, source: IpAddr, raw: &[u8]) -> bool {
        let arrival = match raw.starts_with(b"SIP/2.0 ") {
            true => Arrival::Response,
            false => Arrival::Request,
        };
        self.may_pass(source, raw, arrival)
    }

    fn may_pass(&self, source: IpAddr, raw: &[u8], arrival: Arrival) -> bool {
        let is_ours = || {
            let registrar = &self.registrar;
            registrar.has_nonce_for(source, raw) || registrar.has_tag_for(source, raw)
        };
        self.guard
            .may_be_read(self.clock.now(), source, arrival, is_ours)
    }

    /// Waits until a message that came by a stream may be read; until then no more is read of the stream, and the peer
    /// cannot send. False if that takes too long: the stream is to be closed.
    pub async fn may_go_on(&self, source: IpAddr, raw: &[u8]) -> bool {
        for _ in 0..PAUSES {
            if self.may_pass(source, raw, Arrival::Stream) {
                return true;
            }
            tokio::time::sleep(PAUSE).await;
        }
        false
    }

    /// Whether a phone has proven itself there.
    pub fn is_known(&self, source: IpAddr) -> bool {
        self.guard.known(self.clock.now(), source) != Known::Stranger
    }

    /// Whether a phone has promised to keep a connection alive.
    pub fn keeps_flow(&self, connection: u64) -> bool {
        self.registrar.keeps_flow(connection)
    }

    /// After how much silence one that was to be kept alive has failed.
    pub fn flow_silence(&self) -> Duration {
        self.registrar.flow_silence()
    }

    /// Whether a source has no limits.
    pub fn is_trusted(&self, source: IpAddr) -> bool {
        self.guard.is_trusted(source)
    }

    /// Whether a connection from there may be taken, as far as its source is concerned.
    pub fn may_connect(&self, source: IpAddr, is_secure: bool) -> bool {
        self.guard.may_connect(self.clock.now(), source, is_secure)
    }

    /// A connection from there had to make room for another.
    pub fn gave_way(&self, source: Network) {
        self.guard.gave_way(source);
    }

    /// A connection from there was not taken.
    pub fn connection_refused(&self, source: IpAddr) {
        self.guard.connection_refused(source);
    }

    /// Takes one whole message, and says what is to be sent back on the same flow, if anything.
    pub async fn receive(&self, flow: Flow, raw: Bytes) -> Option<Bytes> {
        let Taken { news, answer } = self.take(flow, raw);
        if let Some(news) = news {
            self.intake.tell(Input::News(news)).await;
        }
        answer
    }

    /// The same, for threads that are not the runtime's.
    pub fn receive_blocking(&self, flow: Flow, raw: Bytes) -> Option<Bytes> {
        let Taken { news, answer } = self.take(flow, raw);
        if let Some(news) = news {
            self.intake.tell_blocking(Input::News(news));
        }
        answer
    }

    fn take(&self, flow: Flow, raw: Bytes) -> Taken {
        self.metrics.received(flow.transport.word());
        let (now, source) = (self.clock.now(), flow.remote.ip());
        match wire::parse(raw) {
            Parsed::Drop(reason) => {
                tracing::debug!(remote = %flow.remote, reason, "message dropped");
                self.metrics.dropped(reason);
                self.guard.wasted(now, source);
                Taken::default()
            }
            Parsed::Reject(rejected) => {
                let (status, reason) = (rejected.status, rejected.reason);
                tracing::debug!(remote = %flow.remote, status, reason, "message refused");
                self.metrics.rejected(reason);
                match self.guard.may_prove_nothing(now, source, false) {
                    Pass::Go => self
                        .answer(&rejected.message, flow.remote, status, reason)
                        .into(),
                    Pass::Later | Pass::Drop => Taken::default(),
                }
            }
            Parsed::Accept(message) => match self.admit(now, &flow, &message) {
                Pass::Go => self.accept(now, flow, message),
                Pass::Later => self.overloaded(&message, flow.remote).into(),
                Pass::Drop => Taken::default(),
            },
        }
    }

    /// What the source may still have this message lead to.
    fn admit(&self, now: Now, flow: &Flow, message: &Message) -> Pass {
        let source = flow.remote.ip();
        // Where a phone has proven itself nobody is taken for a scanner, and refreshes need not be looked through.
        let known = self.guard.known(now, source);
        let agent = message.header(Name::UserAgent);
        if known == Known::Stranger && self.guard.is_scanner(source, agent) {
            return Pass::Drop;
        }
        if !begins_something(message) {
            let is_response = !message.is_request();
            let is_ours = || self.registrar.has_tag_for(source, message.raw());
            return match self.guard.may_belong(now, source, is_response, is_ours) {
                true => Pass::Go,
                false => Pass::Drop,
            };
        }
        let is_tried = message.header(Name::Authorization).is_some();
        // A try that fails is charged for when it has.
        if is_tried && known == Known::Calm {
            return Pass::Go;
        }
        let has_nonce = is_tried && self.registrar.has_nonce_for(source, message.raw());
        if has_nonce && known == Known::Busy {
            return Pass::Go;
        }
        let is_urgent = has_nonce || self.registrar.is_emergency(message);
        self.guard.may_prove_nothing(now, source, is_urgent)
    }

    /// A stream connection is gone, and phones with it that nothing else leads to.
    pub async fn closed(&self, flow: &Flow) {
        let now = self.clock.now();
        for news in self.registrar.connection_closed(now, flow.connection) {
            self.intake.tell(Input::News(news)).await;
        }
        self.intake
            .tell(Input::ConnectionClosed(flow.connection))
            .await;
    }

    /// A peer cannot be reached by this flow.
    pub async fn unreachable(&self, flow: Flow) {
        self.intake.tell(Input::Unreachable(flow)).await;
    }

    fn accept(&self, now: Now, flow: Flow, message: Message) -> Taken {
        match self.registrar.edge(now, &flow, &message) {
            sip::Edge::NotMine => Taken {
                news: None,
                answer: self.hand_in(now, flow, message),
            },
            sip::Edge::Answered { bytes, news } => {
                self.metrics.edge_answered();
                let answer = Some(bytes);
                Taken { news, answer }
            }
        }
    }

    fn hand_in(&self, now: Now, flow: Flow, message: Message) -> Option<Bytes> {
        // Help is not kept waiting, whatever else is.
        let begins = begins_something(&message) && !self.registrar.is_emergency(&message);
        let input = Input::Sip { flow, message };
        let offered = self.intake.offer_message(now, input, begins);
        let Err(Input::Sip { flow, message }) = offered else {
            return None;
        };
        if !message.is_request() || message.method() == Some(Method::Ack) {
            self.metrics.dropped("overloaded");
            return None;
        }
        self.metrics.overloaded();
        Some(self.overloaded(&message, flow.remote))
    }

    fn overloaded(&self, message: &Message, source: SocketAddr) -> Bytes {
        let wait = rand::random_range(RETRY_AFTER_S).to_string();
        wire::respond(message, source, 503, "Service Unavailable", Some(&self.tag))
            .header(Name::RetryAfter, wait)
            .finish()
    }

    fn answer(&self, message: &Message, source: SocketAddr, status: u16, reason: &str) -> Bytes {
        wire::respond(message, source, status, reason, Some(&self.tag)).finish()
    }
}

/// Whether a request belongs to nothing that was there before it. What ends or acknowledges something does.
fn begins_something(message: &Message) -> bool {
    let belongs = matches!(message.method(), Some(Method::Ack | Method::Cancel))
        || message.to_tag().is_some();
    message.is_request() && !belongs
}

#[cfg(test)]
mod tests {
    use super::super::intake::{Inputs, intake};
    use super::*;
    use crate::pbx::Site;
    use crate::sip::{Limits, Transport};

    fn edge(room: usize) -> (Edge, Inputs) {
        let (intake, inputs) = intake(room);
        let registrar = Arc::new(Registrar::new([7; 32], Limits::default()));
        let metrics = Arc::new(Metrics::new(Arc::clone(&registrar)));
        let guard = Arc::new(Guard::new(Default::default(), Arc::clone(&metrics)));
        let edge = Edge::new(Clock::start(), registrar, intake, metrics, guard);
        (edge, inputs)
    }

    fn flow() -> Flow {
        Flow {
            transport: Transport::Udp,
            local: "192.0.2.1:5060".parse().expect("an address"),
            remote: "192.0.2.7:5062".parse().expect("an address"),
            connection: 0,
        }
    }

    fn request(method: &str) -> Bytes {
        Bytes::from(format!(
            "{method} sip:2001@192.0.2.1 SIP/2.0\r\n\
             Via: SIP/2.0/UDP 192.0.2.7:5062;branch=z9hG4bK1\r\n\
             Max-Forwards: 70\r\n\
             From: <sip:desk-1@192.0.2.1>;tag=1\r\n\
             To: <sip:2001@192.0.2.1>;tag=2\r\n\
             Call-ID: a@192.0.2.7\r\n\
             CSeq: 1 {method}\r\n\
             Content-Length: 0\r\n\r\n"
        ))
    }

    #[tokio::test]
    async fn a_full_exchange_is_said_on_the_wire() {
        let (edge, mut inputs) = edge(1);
        assert_eq!(edge.receive(flow(), request("INVITE")).await, None);
        let answer = edge.receive(flow(), request("INVITE")).await;
        let answer = answer.expect("there is no room");
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("SIP/2.0 503 "), "{answer}");
        let wait = answer
            .lines()
            .find_map(|line| line.strip_prefix("Retry-After: "));
        let wait: u8 = wait.and_then(|wait| wait.parse().ok()).expect("a number");
        assert!(RETRY_AFTER_S.contains(&wait));
        assert_eq!(edge.receive(flow(), request("ACK")).await, None);
        assert_eq!(edge.metrics.overloads(), 1);
        assert!(matches!(inputs.peers.recv().await, Some(Input::Sip { .. })));
        assert_eq!(edge.receive(flow(), request("INVITE")).await, None);
    }

    fn accepted(raw: Bytes) -> Message {
        match wire::parse(raw) {
            Parsed::Accept(message) => message,
            other => panic!("not accepted: {other:?}"),
        }
    }

    /// Of 16 places four are kept for what goes on, and for calls for help.
    #[tokio::test]
    async fn new_calls_are_refused_before_there_is_no_room_for_anything() {
        let (edge, _inputs) = edge(16);
        let mut site = Site::default();
        site.emergency.insert("112".into(), Vec::new());
        edge.registrar.set_phones(Arc::new(site));
        let new = || {
            let text = String::from_utf8_lossy(&request("INVITE")).replace(";tag=2", "");
            accepted(text.into())
        };
        for _ in 0..12 {
            assert_eq!(edge.hand_in(edge.clock.now(), flow(), new()), None);
        }
        let refused = edge
            .hand_in(edge.clock.now(), flow(), new())
            .expect("no new calls");
        assert!(refused.starts_with(b"SIP/2.0 503 "));
        for method in ["BYE", "CANCEL", "ACK"] {
            let message = accepted(request(method));
            assert_eq!(
                edge.hand_in(edge.clock.now(), flow(), message),
                None,
                "{method}"
            );
        }
        let help = String::from_utf8_lossy(new().raw()).replace("sip:2001@", "sip:112@");
        assert_eq!(
            edge.hand_in(edge.clock.now(), flow(), accepted(help.into())),
            None
        );
        assert_eq!(edge.metrics.overloads(), 1);
    }

    #[tokio::test]
    async fn what_cannot_be_understood_is_refused_or_dropped() {
        let (edge, _inputs) = edge(1);
        assert_eq!(edge.receive(flow(), Bytes::from("hello")).await, None);
        let wrong = String::from_utf8_lossy(&request("INVITE")).replace("CSeq: 1", "CSeq: x");
        let refused = edge.receive(flow(), wrong.into()).await;
        let refused = refused.expect("enough of it can be understood to answer");
        assert!(refused.starts_with(b"SIP/2.0 400 "));
    }
}
