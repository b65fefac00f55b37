//! One file on its way to one peer (RFC 1350, 2347, 7440).
//!
//! Whoever asks may be somebody else who forges the peer's address. So until the peer has answered once, it gets one
//! packet, and that only three times. Pieces are sent again when nothing is heard, or when the peer says that one is
//! missing; never because an answer comes twice (that would be the Sorcerer's Apprentice: RFC 1123 §4.2.3.1).

use std::time::Duration;

use bytes::Bytes;

use super::netascii::netascii;
use super::packet::{Mode, Packet, Request};
use super::terms::Terms;

/// How long the first silence may be, and how long the last: each is twice as long as the one before.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// How often the first packet is sent, and how often any other, without an answer.
const FIRST_TRIES: u32 = 3;
const TRIES: u32 = 6;

/// How long all of it may take: whoever answers now and then only keeps a place that others need.
const PATIENCE: Duration = Duration::from_secs(60);

/// One file on its way.
#[derive(Debug)]
pub struct Transfer {
    file: Bytes,
    terms: Terms,
    phase: Phase,
    /// How often what is on its way was sent without an answer.
    tries: u32,
    /// When it is sent again (uptime).
    again_at: Duration,
    /// When it is over whatever happens (uptime).
    ends_at: Duration,
    /// For which piece the ones behind it were sent again on the peer's word.
    mended: Option<u64>,
    sent_again: u64,
    outbox: Vec<Bytes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The peer was told the terms, and has not said yes.
    Offered,
    /// Pieces up to this one have arrived.
    Sending { arrived: u64, has_answered: bool },
    /// It is over.
    Over(End),
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The peer has all of it.
    Done,
    /// The peer wants no more.
    Refused,
    /// The peer is not heard of any more.
    Vanished,
    /// It took too long.
    TooSlow,
}

impl End {
    /// The word for it in metrics.
    pub fn word(self) -> &'static str {
        match self {
            End::Done => "done",
            End::Refused => "refused",
            End::Vanished => "vanished",
            End::TooSlow => "too-slow",
        }
    }
}

impl Transfer {
    /// Begins to answer a request. `now` is uptime, here and below.
    pub fn begin(now: Duration, request: &Request, file: Bytes) -> Transfer {
        let file = match request.mode {
            Mode::Octet => file,
            Mode::Netascii => netascii(&file),
        };
        let terms = Terms::of(request, file.len());
        let phase = match terms.told.is_empty() {
            true => Phase::Sending {
                arrived: 0,
                has_answered: false,
            },
            false => Phase::Offered,
        };
        let mut transfer = Transfer {
            file,
            terms,
            phase,
            tries: 0,
            again_at: now,
            ends_at: now + PATIENCE,
            mended: None,
            sent_again: 0,
            outbox: Vec::new(),
        };
        transfer.send(now);
        transfer
    }

    /// Takes what the peer sent.
    pub fn receive(&mut self, now: Duration, datagram: &[u8]) {
        match (Packet::read(datagram), self.phase) {
            (_, Phase::Over(_)) => {}
            (Ok(Packet::Error { .. }), _) => self.phase = Phase::Over(End::Refused),
            (Ok(Packet::Ack { block: 0 }), Phase::Offered) => self.arrived(now, 0),
            (Ok(Packet::Ack { block }), Phase::Sending { arrived, .. }) => {
                self.acknowledged(now, arrived, block);
            }
            // Nothing else is due from a peer, and nothing else is worth an answer.
            _ => {}
        }
    }

    /// Does what is due.
    pub fn wake(&mut self, now: Duration) {
        if self.end().is_some() {
        } else if now >= self.ends_at {
            self.phase = Phase::Over(End::TooSlow);
        } else if now >= self.again_at {
            let most = if self.has_answered() {
                TRIES
            } else {
                FIRST_TRIES
            };
            match self.tries < most {
                true => self.send_again(now),
                false => self.phase = Phase::Over(End::Vanished),
            }
        }
    }

    /// When to call [`Transfer::wake`].
    pub fn next_deadline(&self) -> Option<Duration> {
        let is_going_on = self.end().is_none();
        is_going_on.then(|| self.again_at.min(self.ends_at))
    }

    /// What is to be sent, in this order.
    pub fn take_packets(&mut self) -> Vec<Bytes> {
        std::mem::take(&mut self.outbox)
    }

    /// How it ended, if it has.
    pub fn end(&self) -> Option<End> {
        match self.phase {
            Phase::Over(end) => Some(end),
            _ => None,
        }
    }

    /// How many packets were sent again.
    pub fn sent_again(&self) -> u64 {
        self.sent_again
    }

    /// How long the file is on the wire.
    pub fn size(&self) -> usize {
        self.file.len()
    }

    fn has_answered(&self) -> bool {
        matches!(self.phase, Phase::Sending { has_answered, .. } if has_answered)
    }

    /// The number of the last piece: the one that is shorter, and may be empty.
    fn last(&self) -> u64 {
        (self.file.len() / self.terms.block_size) as u64 + 1
    }

    /// The last piece that may be on its way.
    fn ahead(&self, arrived: u64) -> u64 {
        match self.has_answered() {
            true => self.last().min(arrived + self.terms.window),
            // With a window the peer was asked first, so it has answered.
            false => 1,
        }
    }

    fn acknowledged(&mut self, now: Duration, arrived: u64, block: u16) {
        // Numbers on the wire begin anew after 65535, and far fewer pieces are on their way.
        let news = u64::from(block.wrapping_sub(wire(arrived)));
        let on_their_way = self.ahead(arrived) - arrived;
        if (1..=on_their_way).contains(&news) {
            self.arrived(now, arrived + news);
            // RFC 7440 §4: an answer from the midst of a window says that the next piece is missing, and those behind
            // it are sent again.
            let again = on_their_way.saturating_sub(news);
            self.sent_again += again;
        } else if news == 0 && self.terms.window > 1 && self.mended != Some(arrived) {
            // The first of the window is missing. Once only: a late answer that comes twice looks the same.
            self.mended = Some(arrived);
            self.send_again(now);
        }
    }

    fn arrived(&mut self, now: Duration, arrived: u64) {
        self.tries = 0;
        self.phase = match arrived == self.last() {
            true => Phase::Over(End::Done),
            false => Phase::Sending {
                arrived,
                has_answered: true,
            },
        };
        self.send(now);
    }

    fn send_again(&mut self, now: Duration) {
        let before = self.outbox.len();
        self.send(now);
        self.sent_again += (self.outbox.len() - before) as u64;
    }

    /// Sends what is on its way.
    fn send(&mut self, now: Duration) {
        match self.phase {
            Phase::Over(_) => return,
            Phase::Offered => {
                let told = Packet::OptionsAck(self.terms.told.clone());
                self.outbox.push(told.bytes());
            }
            Phase::Sending { arrived, .. } => {
                let blocks = arrived + 1..=self.ahead(arrived);
                let pieces = blocks.map(|block| self.piece(block));
                let pieces: Vec<Bytes> = pieces.collect();
                self.outbox.extend(pieces);
            }
        }
        let wait = FIRST_WAIT.saturating_mul(1 << self.tries.min(8));
        self.again_at = now + self.terms.timeout.unwrap_or(wait.min(LONGEST_WAIT));
        self.tries += 1;
    }

    fn piece(&self, block: u64) -> Bytes {
        let size = self.terms.block_size;
        let place = usize::try_from(block - 1).unwrap_or(usize::MAX);
        let from = place.saturating_mul(size).min(self.file.len());
        let to = (from + size).min(self.file.len());
        let packet = Packet::Data {
            block: wire(block),
            bytes: self.file.slice(from..to),
        };
        packet.bytes()
    }
}

/// The number of a piece on the wire.
fn wire(block: u64) -> u16 {
    u16::try_from(block & 0xFFFF).expect("16 bits fit")
}
