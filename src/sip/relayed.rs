//! Which places of a phone are pages in browsers, and what those are offered that do not understand the caller's offer.

use super::agent::Agent;
use super::bindings::Binding;
use super::flow::Transport;
use super::leg::{Outgoing, Stage};
use crate::pbx::{Body, LegId, PhoneName};
use crate::time::Now;

/// Where a phone can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// In a browser.
    pub web: bool,
    /// Anywhere else.
    pub other: bool,
}

/// What the places are offered that do not understand the caller's offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relayed {
    /// Whether these are the browsers, or all the others.
    pub web: bool,
    /// The offer; none if there is none for them, and they are not to ring.
    pub offer: Option<Body>,
}

impl Transport {
    /// Whether it leads to a page in a browser: nothing else speaks SIP over WebSocket.
    pub fn is_web(self) -> bool {
        matches!(self, Transport::Ws | Transport::Wss)
    }
}

impl Outgoing {
    /// The offer for a place. None if it is not to ring at all.
    pub(super) fn offer_for(&self, binding: &Binding) -> Option<Option<&Body>> {
        match &self.relayed {
            Some(relayed) if relayed.web == binding.flow.transport.is_web() => {
                relayed.offer.as_ref().map(Some)
            }
            _ => Some(self.offer.as_ref()),
        }
    }
}

impl Agent {
    /// Whether a leg leads to a browser; of a phone that rings, one of its contacts.
    pub fn is_web(&self, leg: LegId, branch: Option<u32>) -> bool {
        let flow = match self.legs.get(&leg).map(|leg| &leg.stage) {
            Some(Stage::Incoming(incoming)) => Some(incoming.flow),
            Some(Stage::Talking(talking)) => Some(talking.dialog.flow),
            Some(Stage::Outgoing(outgoing)) => {
                let branch = branch.and_then(|branch| usize::try_from(branch).ok());
                let branch = branch.and_then(|branch| outgoing.branches.get(branch));
                branch.map(|branch| branch.flow)
            }
            None => None,
        };
        flow.is_some_and(|flow| flow.transport.is_web())
    }

    /// Whether there is such a leg.
    pub fn has_leg(&self, leg: LegId) -> bool {
        self.legs.contains_key(&leg)
    }

    /// Where a phone can be reached.
    pub fn places_of(&self, phone: &PhoneName, now: Now) -> Places {
        let targets = self.registrar.targets_of(phone, now);
        let mut places = Places::default();
        for place in targets.iter().filter_map(|flows| flows.first()) {
            match place.flow.transport.is_web() {
                true => places.web = true,
                false => places.other = true,
            }
        }
        places
    }

    /// A leg is about to ring, and some of its places are offered something else.
    pub fn ring_relayed(&mut self, leg: LegId, relayed: Relayed) {
        self.relayed.insert(leg, relayed);
    }
}
