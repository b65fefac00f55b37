//! Calls with an end of media of Perch's own: the echo test. What a phone is asked by Perch it hears as tones that it makes
//! itself, and answers by keys that it tells of, so that needs no media.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::call::{CallStage, Then};
use super::media::Chosen;
use super::shared::Shared;
use super::station::Station;
use super::switchboard::Switchboard;
use super::wire::{CallState, Codec, Tone};
use crate::media::{self, EndId, Format, Law, Order, Ports, Remote};
use crate::pbx::{Event, Failure, LegId, Refusal};

/// The ends of media that are Perch's own.
#[derive(Debug, Default)]
pub(super) struct OwnMedia {
    ports: Ports,
    ends: HashMap<LegId, End>,
    orders: Vec<Order>,
    /// How many calls found no port since somebody last asked.
    portless: u64,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
struct End {
    id: EndId,
    /// Where it is reached.
    at: SocketAddr,
    /// Whether it does what it is for.
    has_begun: bool,
}

impl OwnMedia {
    /// Whether the other party of this leg is an end of Perch's own.
    pub fn has(&self, leg: LegId) -> bool {
        self.ends.contains_key(&leg)
    }

    /// The leg is over.
    pub fn close(&mut self, leg: LegId) {
        if let Some(end) = self.ends.remove(&leg) {
            self.ports.give_back(end.id);
            self.orders.push(Order::Close(end.id));
        }
    }
}

impl Switchboard {
    /// Gives it sockets for media.
    pub fn set_ports(&mut self, ports: Ports) {
        self.shared.own.ports = ports;
    }

    /// Takes out what ends of media are to do, and how many calls found no port for one.
    pub fn take_media(&mut self) -> (Vec<Order>, u64) {
        let own = &mut self.shared.own;
        (
            std::mem::take(&mut own.orders),
            std::mem::take(&mut own.portless),
        )
    }
}

impl Station {
    /// Somebody wants to hear themselves.
    pub fn echo(&mut self, shared: &mut Shared, reference: u32, leg: LegId) {
        let Some(chosen) = self.abilities.g711() else {
            let why = Refusal::Failed(Failure::NotAcceptable);
            return self.no_echo(shared, reference, leg, &why);
        };
        let local = self.connection.local.ip().to_canonical();
        let Some((id, at)) = shared.own.ports.take(local) else {
            shared.own.portless += 1;
            tracing::warn!("no port for media is left; see [media] ports in perch.toml");
            return self.no_echo(shared, reference, leg, &Refusal::Overloaded);
        };
        let Some(call) = self.call_mut(reference) else {
            return shared.own.ports.give_back(id);
        };
        call.stage = CallStage::Talking(leg);
        let at_call = (call.line, reference);
        let end = End {
            id,
            at,
            has_begun: false,
        };
        shared.own.ends.insert(leg, end);
        let seed = shared.mint_seed();
        shared.own.orders.push(Order::Open { end: id, seed });
        self.hush(shared, at_call);
        self.open(shared, reference, chosen, Then::Own);
        self.show_connected(shared, reference);
    }

    fn no_echo(&mut self, shared: &mut Shared, reference: u32, leg: LegId, why: &Refusal) {
        shared.events.push(Event::Released { leg, dead: false });
        let said = (Tone::Reorder, &*why.text());
        self.over(shared, reference, CallState::Congestion, said);
    }

    /// The channel is open: the phone sends to our end, and hears it.
    pub fn own_is_open(
        &mut self,
        shared: &mut Shared,
        reference: u32,
        (at, chosen): (SocketAddr, &Chosen),
        leg: LegId,
    ) {
        if let Some(call) = self.call_mut(reference) {
            call.stage = CallStage::Talking(leg);
        }
        let Some(end) = shared.own.ends.get_mut(&leg) else {
            return;
        };
        let (id, ours) = (end.id, end.at);
        let begins = !std::mem::replace(&mut end.has_begun, true);
        self.agree_own(shared, leg, Some(at), chosen);
        if begins {
            let tone = media::Tone::Confirm;
            let orders = [Order::Play { end: id, tone }, Order::Echo(id)];
            shared.own.orders.extend(orders);
        }
        self.transmit(shared, reference, Some(ours), chosen);
    }

    /// The phone holds: it hears nothing for now.
    pub fn hold_own(&mut self, shared: &mut Shared, leg: LegId) {
        if let Some(chosen) = self.abilities.g711() {
            self.agree_own(shared, leg, None, &chosen);
        }
    }

    fn agree_own(
        &self,
        shared: &mut Shared,
        leg: LegId,
        listens_at: Option<SocketAddr>,
        chosen: &Chosen,
    ) {
        let Some(end) = shared.own.ends.get(&leg).map(|end| end.id) else {
            return;
        };
        let law = match chosen.codec {
            Codec::G711Alaw => Law::A,
            _ => Law::Mu,
        };
        shared.own.orders.push(Order::Agree {
            end,
            format: Format {
                law,
                sound: law.payload_type(),
                // Phones tell of their keys.
                digits: None,
            },
            remote: Remote {
                says: listens_at,
                host: self.connection.remote.ip().to_canonical(),
                listens: listens_at.is_some(),
            },
        });
    }
}
