//! Calls in which Perch itself is the other party: their media, the keys that are pressed in them, how they end.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::agent::{Agent, Timer};
use super::answer::{self, Agreed};
use super::flow::Flow;
use super::inbound::body_of;
use super::leg::Stage;
use super::reply;
use super::transaction::ServerId;
use super::waiting::Waiting;
use super::wire::{Message, Name};
use crate::media::{EndId, Order, Ports, Remote, Report, Tone};
use crate::pbx::{Body, Digit, Event, Failure, LegId, Prompt, Refusal};
use crate::time::Now;

/// How long a frame of a tone lasts.
const FRAME: Duration = Duration::from_millis(20);

/// A tone is on its way for a moment: the call is not released before it was heard.
const LINGER: Duration = Duration::from_millis(200);

/// The ends of media that are Perch's own.
#[derive(Debug, Default)]
pub(super) struct OwnMedia {
    ports: Ports,
    ends: BTreeMap<LegId, End>,
    legs: BTreeMap<EndId, LegId>,
    /// Those of callers who wait, and talk with nobody yet.
    pub waiting: BTreeMap<LegId, Waiting>,
    pub orders: Vec<Order>,
    /// How many calls found no port since somebody last asked.
    portless: u64,
}

/// One of them.
#[derive(Debug)]
struct End {
    id: EndId,
    /// Where it is reached.
    at: SocketAddr,
    /// Counts the descriptions of it.
    version: u64,
    /// How the first key came. A phone may send keys in both ways: the other one is not heard.
    keys_by: Option<KeysBy>,
    /// Why it is being released, once that is so.
    farewell: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeysBy {
    /// RFC 4733.
    Media,
    /// INFO.
    Signalling,
}

impl OwnMedia {
    /// Whether Perch itself is the other party of this leg.
    pub fn has(&self, leg: LegId) -> bool {
        self.ends.contains_key(&leg)
    }

    /// Which sockets there are.
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// A caller waits no longer.
    pub fn end_waiting(&mut self, leg: LegId) {
        if let Some(Waiting { end, .. }) = self.waiting.remove(&leg) {
            self.ports.give_back(end);
            self.orders.push(Order::Close(end));
        }
    }

    /// The leg is over.
    pub fn close(&mut self, leg: LegId) {
        self.end_waiting(leg);
        if let Some(end) = self.ends.remove(&leg) {
            self.legs.remove(&end.id);
            self.ports.give_back(end.id);
            self.orders.push(Order::Close(end.id));
        }
    }

    /// One more description of an end.
    fn next_version(&mut self, leg: LegId) -> Option<(SocketAddr, u64)> {
        let end = self.ends.get_mut(&leg)?;
        end.version += 1;
        Some((end.at, end.version))
    }

    fn agree(&mut self, leg: LegId, flow: Flow, agreed: Agreed) {
        if let Some(end) = self.ends.get(&leg) {
            self.agree_at(end.id, flow, agreed);
        }
    }

    /// What was agreed on for an end.
    pub fn agree_at(&mut self, end: EndId, flow: Flow, agreed: Agreed) {
        self.orders.push(Order::Agree {
            end,
            format: agreed.format,
            remote: Remote {
                says: agreed.says,
                host: flow.remote.ip(),
                listens: agreed.listens,
            },
        });
    }

    /// Whether a key counts that came this way.
    fn takes_keys(&mut self, leg: LegId, by: KeysBy) -> bool {
        let end = self.ends.get_mut(&leg);
        end.is_some_and(|end| end.farewell.is_none() && *end.keys_by.get_or_insert(by) == by)
    }
}

impl Agent {
    /// The same agent, with sockets for media of its own.
    pub fn with_ports(mut self, ports: Ports) -> Agent {
        self.own.ports = ports;
        self
    }

    /// Takes out what the ends of media are to do, and how many calls found no port for one.
    pub fn take_media(&mut self) -> (Vec<Order>, u64) {
        let orders = std::mem::take(&mut self.own.orders);
        (orders, std::mem::take(&mut self.own.portless))
    }

    /// Something happened at an end of media.
    pub fn media_reported(&mut self, report: &Report) {
        let Report::Digit { end, digit } = report;
        if let Some(leg) = self.own.legs.get(end).copied() {
            self.key_pressed(leg, KeysBy::Media, *digit);
        }
    }

    fn key_pressed(&mut self, leg: LegId, by: KeysBy, digit: Digit) {
        if self.own.takes_keys(leg, by) {
            self.events.push(Event::DigitPressed { leg, digit });
        }
    }

    /// Answers a caller as the other party.
    pub(super) fn converse(&mut self, now: Now, leg: LegId) {
        let Some(Stage::Incoming(incoming)) = self.legs.get(&leg).map(|leg| &leg.stage) else {
            return;
        };
        let (flow, tag) = (incoming.flow, incoming.tag.clone());
        let offer = body_of(&incoming.invite);
        let Some((end, at)) = self.own.ports.take(flow.local.ip()) else {
            self.own.portless += 1;
            tracing::warn!("no port for media is left; see [media] ports in perch.toml");
            return self.not_conversing(now, leg, &Refusal::Overloaded);
        };
        let described = match &offer {
            None => Some((answer::offer(at, 1), None)),
            Some(offer) => answer::answer(offer, at, 1).map(|(body, agreed)| (body, Some(agreed))),
        };
        let Some((body, agreed)) = described else {
            self.own.ports.give_back(end);
            return self.not_conversing(now, leg, &Refusal::Failed(Failure::NotAcceptable));
        };
        let seed = self.mint_seed();
        self.own.legs.insert(end, leg);
        self.own.ends.insert(
            leg,
            End {
                id: end,
                at,
                version: 1,
                keys_by: None,
                farewell: None,
            },
        );
        self.own.orders.push(Order::Open { end, seed });
        if let Some(agreed) = agreed {
            self.own.agree(leg, flow, agreed);
        }
        self.accept(now, leg, &tag, Some(&body), None);
    }

    fn not_conversing(&mut self, now: Now, leg: LegId, why: &Refusal) {
        self.refuse(now, leg, why);
        self.events.push(Event::Released { leg, dead: false });
    }

    /// Lets the caller hear something.
    pub(super) fn prompt(&mut self, leg: LegId, prompt: Prompt) {
        let Some(end) = self.own.ends.get(&leg).map(|end| end.id) else {
            return;
        };
        let orders = &mut self.own.orders;
        let play = |tone| Order::Play { end, tone };
        match prompt {
            Prompt::Dial => orders.push(play(Tone::Dial)),
            Prompt::DialMore => orders.push(play(Tone::Stutter)),
            Prompt::DialAgain => orders.push(play(Tone::ErrorThenDial)),
            Prompt::Silence => orders.push(Order::Hush(end)),
            Prompt::Echo => orders.extend([play(Tone::Confirm), Order::Echo(end)]),
        }
    }

    /// Lets the caller hear how it went, and then releases. False if it does not talk to Perch itself.
    pub(super) fn say_farewell(
        &mut self,
        now: Now,
        leg: LegId,
        tone: Tone,
        reason: String,
    ) -> bool {
        let Some(end) = self.own.ends.get_mut(&leg) else {
            return false;
        };
        end.farewell = Some(reason);
        let end = end.id;
        self.own.orders.push(Order::Hush(end));
        self.own.orders.push(Order::Play { end, tone });
        let lasts = FRAME * tone.frames().unwrap_or_default();
        self.deadlines
            .arm(Timer::Farewell(leg), now.uptime + lasts + LINGER);
        true
    }

    /// It was heard.
    pub(super) fn farewell_said(&mut self, now: Now, leg: LegId) {
        let farewell = self.own.ends.get_mut(&leg);
        let reason = farewell.and_then(|end| end.farewell.clone());
        let (Some(reason), Some(talking)) = (reason, self.talking(leg)) else {
            return;
        };
        if talking.unacknowledged.is_some() {
            // RFC 3261 §15: no BYE before our 2xx is acknowledged.
            talking.closing = Some(reason);
        } else {
            self.hang_up(now, leg, &reason);
        }
    }

    /// The caller wants other media: held, taken back, somewhere else.
    pub(super) fn change_own_media(&mut self, now: Now, leg: LegId, offer: Option<&Body>) {
        let flow = self.talking(leg).map(|talking| talking.dialog.flow);
        let (Some(flow), Some((at, version))) = (flow, self.own.next_version(leg)) else {
            return;
        };
        let Some(offer) = offer else {
            let body = answer::offer(at, version);
            return self.accept_reoffer(now, leg, Some(&body));
        };
        match answer::answer(offer, at, version) {
            Some((body, agreed)) => {
                self.own.agree(leg, flow, agreed);
                self.accept_reoffer(now, leg, Some(&body));
            }
            None => self.refuse_reoffer(now, leg, Failure::NotAcceptable),
        }
    }

    /// The caller's answer to what Perch offered. Without one that can be had there is nothing to talk over.
    pub(super) fn own_offer_answered(&mut self, now: Now, leg: LegId, media: Option<&Body>) {
        let Some(flow) = self.talking(leg).map(|talking| talking.dialog.flow) else {
            return;
        };
        match media.and_then(answer::agreed) {
            Some(agreed) => self.own.agree(leg, flow, agreed),
            None => {
                self.hang_up(now, leg, &reply::reason("SIP", 488, "No media in common"));
                self.events.push(Event::Released { leg, dead: false });
            }
        }
    }

    /// A key by INFO, as phones have sent it since before RFC 6086.
    pub(super) fn own_info(
        &mut self,
        now: Now,
        leg: LegId,
        info: &Message,
        flow: Flow,
        server: ServerId,
    ) {
        let status = match body_of(info).as_ref().map(key_in) {
            // RFC 6086 §4.2.2: no package is understood here.
            _ if info.header(Name::InfoPackage).is_some() => 469,
            // RFC 6086 §4.2.2: an INFO without a body only asks whether somebody is there.
            None => 200,
            Some(Said::Key(digit)) => {
                self.key_pressed(leg, KeysBy::Signalling, digit);
                200
            }
            Some(Said::Other) => 200,
            Some(Said::Unknown) => 415,
        };
        if status != 415 {
            return self.respond(now, server, info, flow, status, None);
        }
        let answer = self.begin_response(info, flow, status);
        let answer = answer.header(Name::Accept, "application/dtmf-relay, application/dtmf");
        self.transactions
            .respond(now, server, status, answer.finish());
    }
}

/// What the body of an INFO says.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Key(Digit),
    /// Something about keys that is none of ours: a flash.
    Other,
    /// Nothing that anybody here understands.
    Unknown,
}

fn key_in(body: &Body) -> Said {
    let kind = body.content_type.split(|byte| *byte == b';').next();
    let kind = kind.unwrap_or_default().trim_ascii();
    let text = String::from_utf8_lossy(&body.bytes);
    let signal = if kind.eq_ignore_ascii_case(b"application/dtmf-relay") {
        let fields = text.lines().filter_map(|line| line.split_once('='));
        let mut signals = fields.filter(|(name, _)| name.trim().eq_ignore_ascii_case("signal"));
        signals.next().map(|(_, value)| value.trim().to_owned())
    } else if kind.eq_ignore_ascii_case(b"application/dtmf") {
        Some(text.trim().to_owned())
    } else {
        return Said::Unknown;
    };
    let signal = signal.unwrap_or_default();
    let mut keys = signal.chars();
    let key = match (signal.as_str(), keys.next(), keys.next()) {
        // Some phones number them as RFC 4733 does.
        ("10", ..) => Some('*'),
        ("11", ..) => Some('#'),
        (_, Some(key), None) => Some(key),
        _ => None,
    };
    key.and_then(Digit::new).map_or(Said::Other, Said::Key)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn keys_by_info_in_every_dialect() {
        let key = |key| Said::Key(Digit::new(key).expect("a key"));
        let table = [
            (
                "application/dtmf-relay",
                "Signal=5\r\nDuration=160\r\n",
                key('5'),
            ),
            (
                "Application/DTMF-Relay; x=y",
                "Duration = 160\nsignal = *\n",
                key('*'),
            ),
            ("application/dtmf-relay", "Signal=#", key('#')),
            ("application/dtmf-relay", "Signal=10\r\n", key('*')),
            ("application/dtmf-relay", "Signal=11\r\n", key('#')),
            ("application/dtmf-relay", "Signal=d\r\n", key('D')),
            ("application/dtmf", "7", key('7')),
            ("application/dtmf", " 7\r\n", key('7')),
            ("application/dtmf-relay", "Signal=16\r\n", Said::Other),
            ("application/dtmf-relay", "Signal=hook\r\n", Said::Other),
            ("application/dtmf-relay", "", Said::Other),
            ("application/dtmf", "\u{fffd}", Said::Other),
            ("text/plain", "5", Said::Unknown),
        ];
        for (kind, text, expected) in table {
            let body = Body::new(
                Bytes::from_static(kind.as_bytes()),
                Bytes::from_static(text.as_bytes()),
            );
            assert_eq!(key_in(&body), expected, "{kind}: {text}");
        }
    }
}
