//! Callers who wait for a member of a hunt group: what they are told, and what they hear meanwhile.
//!
//! They hear a tone of ours before the call is answered, in an early dialog of its own (RFC 3261 §12.1.1): nobody pays for
//! waiting. Who cannot hear it, or finds no port left, is told that it rings, and makes that tone itself.

use super::agent::Agent;
use super::answer;
use super::flow::Flow;
use super::inbound::body_of;
use super::outbound::finish;
use super::reliable::{Manner, manner};
use super::wire::status_reason;
use crate::media::{EndId, Order, Tone};
use crate::pbx::{Body, LegId};
use crate::time::Now;

/// What a caller hears who waits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    /// The end of media of ours.
    pub end: EndId,
    /// Whether that is more than that it rings.
    is_announced: bool,
}

impl Agent {
    /// The call waits: it may have to be said often, as a call of which nothing is heard is given up (RFC 3261 §13.3.1.1).
    pub(super) fn show_waiting(&mut self, now: Now, leg: LegId, place: usize, announce: bool) {
        if !self.waits(leg) && !self.begin_waiting(now, leg) {
            self.show_status(now, leg, 180, status_reason(180));
        }
        if let Some(waiting) = self.own.waiting.get_mut(&leg) {
            let was_announced = std::mem::replace(&mut waiting.is_announced, announce);
            let (end, tone) = match announce {
                true => (waiting.end, Tone::Waiting),
                false => (waiting.end, Tone::Ringing),
            };
            if announce || was_announced {
                self.own.orders.push(Order::Play { end, tone });
            }
        }
        // RFC 3261 §21.1.4: the reason phrase may say more.
        let reason = format!("{}, place {place}", status_reason(182));
        self.show_status(now, leg, 182, &reason);
    }

    /// Whether a caller hears a tone of ours for that it rings.
    pub(super) fn waits(&self, leg: LegId) -> bool {
        self.own.waiting.contains_key(&leg)
    }

    /// Lets a caller hear that it rings. False if that cannot be.
    fn begin_waiting(&mut self, now: Now, leg: LegId) -> bool {
        let Some(incoming) = self.incoming(leg) else {
            return false;
        };
        let (flow, manner) = (incoming.flow, manner(&incoming.invite, true));
        let Some(offer) = body_of(&incoming.invite) else {
            return false;
        };
        let Some(body) = self.open_waiting(leg, flow, &offer) else {
            return false;
        };
        let tag = self.tag_towards(leg, (leg, 0));
        match manner {
            Manner::Reliable => self.tell_reliably(now, leg, 183, &tag, Some(&body)),
            Manner::Plain | Manner::NotAtAll => {
                let Some(incoming) = self.incoming(leg) else {
                    return false;
                };
                let (server, reason) = (incoming.server, status_reason(183));
                let builder = self.progress_of(incoming, 183, reason, &tag);
                self.transactions
                    .respond(now, server, 183, finish(builder, Some(&body)));
            }
        }
        true
    }

    /// An end of ours for a caller who waits, and its description. Those who wait leave others half of the ports.
    fn open_waiting(&mut self, leg: LegId, flow: Flow, offer: &Body) -> Option<Body> {
        if self.own.waiting.len() >= self.own.ports().count() / 2 {
            return None;
        }
        let (end, at) = self.own.ports().take(flow.local.ip())?;
        let Some((body, agreed)) = answer::answer(offer, at, 1) else {
            self.own.ports().give_back(end);
            return None;
        };
        let seed = self.mint_seed();
        self.own.orders.push(Order::Open { end, seed });
        self.own.agree_at(end, flow, agreed);
        let tone = Tone::Ringing;
        self.own.orders.push(Order::Play { end, tone });
        let is_announced = false;
        self.own.waiting.insert(leg, Waiting { end, is_announced });
        Some(body)
    }

    /// The caller waits no longer, or hears something else.
    pub(super) fn end_waiting(&mut self, leg: LegId) {
        self.own.end_waiting(leg);
    }
}
