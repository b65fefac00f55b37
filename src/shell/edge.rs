//! What the socket workers do with a message before the exchange hears of it, in parallel.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;

use super::Clock;
use super::intake::Intake;
use super::metrics::Metrics;
use crate::exchange::Input;
use crate::sip::wire::{self, Message, Method, Name, Parsed};
use crate::sip::{self, Flow, Registrar};

/// After how many seconds somebody who was turned away may come again: at random, so that they do not all come
/// at once.
const RETRY_AFTER_S: std::ops::RangeInclusive<u8> = 5..=15;

/// What the socket workers share.
#[derive(Debug)]
pub struct Edge {
    clock: Clock,
    registrar: Arc<Registrar>,
    intake: Intake,
    metrics: Arc<Metrics>,
    /// The To tag of answers that no state is kept for: one for all, so that a retransmission gets the same
    /// (RFC 3261 §8.2.7).
    tag: String,
}

impl Edge {
    /// What the socket workers share.
    pub fn new(
        clock: Clock,
        registrar: Arc<Registrar>,
        intake: Intake,
        metrics: Arc<Metrics>,
    ) -> Edge {
        Edge {
            clock,
            registrar,
            intake,
            metrics,
            tag: format!("{:016x}", rand::random::<u64>()),
        }
    }

    /// Takes one whole message, and says what is to be sent back on the same flow, if anything.
    pub async fn receive(&self, flow: Flow, raw: Bytes) -> Option<Bytes> {
        self.metrics.received(flow.transport.word());
        match wire::parse(raw) {
            Parsed::Drop(reason) => {
                tracing::debug!(remote = %flow.remote, reason, "message dropped");
                self.metrics.dropped(reason);
                None
            }
            Parsed::Reject(rejected) => {
                let (status, reason) = (rejected.status, rejected.reason);
                tracing::debug!(remote = %flow.remote, status, reason, "message refused");
                self.metrics.rejected(reason);
                Some(self.answer(&rejected.message, flow.remote, status, reason))
            }
            Parsed::Accept(message) => self.accept(flow, message).await,
        }
    }

    /// A stream connection is gone.
    pub async fn closed(&self, flow: &Flow) {
        self.intake
            .tell(Input::ConnectionClosed(flow.connection))
            .await;
    }

    /// A peer cannot be reached by this flow.
    pub async fn unreachable(&self, flow: Flow) {
        self.intake.tell(Input::Unreachable(flow)).await;
    }

    async fn accept(&self, flow: Flow, message: Message) -> Option<Bytes> {
        match self.registrar.edge(self.clock.now(), &flow, &message) {
            sip::Edge::NotMine => self.hand_in(flow, message),
            sip::Edge::Answered { bytes, news } => {
                self.metrics.edge_answered();
                if let Some(news) = news {
                    // Waits for room: a phone that is told that it is registered must be known to be.
                    self.intake.tell(Input::News(news)).await;
                }
                Some(bytes)
            }
        }
    }

    fn hand_in(&self, flow: Flow, message: Message) -> Option<Bytes> {
        let Err(Input::Sip { flow, message }) = self.intake.offer(Input::Sip { flow, message })
        else {
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

#[cfg(test)]
mod tests {
    use super::super::intake::{Inputs, intake};
    use super::*;
    use crate::sip::{Limits, Transport};

    fn edge(room: usize) -> (Edge, Inputs) {
        let (intake, inputs) = intake(room);
        let registrar = Arc::new(Registrar::new([7; 32], Limits::default()));
        let metrics = Arc::new(Metrics::new(Arc::clone(&registrar)));
        let edge = Edge::new(Clock::start(), registrar, intake, metrics);
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
             To: <sip:2001@192.0.2.1>\r\n\
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
