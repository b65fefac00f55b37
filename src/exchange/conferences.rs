//! The mixer, as far as signalling goes: which ends it has for whom, and what is agreed on with each.
//!
//! The core says who is in a conference; who speaks which protocol makes no difference here.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use rand::Rng;
use rand::rngs::StdRng;

use crate::media::{EndId, Order, Ports, Remote, Tone};
use crate::pbx::{Body, ConferenceId, Event, Failure, LegId, MixNews, MixOrder, Refusal};
use crate::sip::answer::{self, Agreed};

/// Where a party is: the address of ours that it is reached from, and its own.
pub(super) type Place = (IpAddr, IpAddr);

/// The ends of all conferences.
pub(super) struct Conferences {
    ports: Ports,
    ends: BTreeMap<LegId, End>,
    orders: Vec<Order>,
    events: Vec<Event>,
    /// How many people found no port since somebody last asked.
    portless: u64,
    random: StdRng,
}

/// One of them.
struct End {
    id: EndId,
    conference: ConferenceId,
    /// Where it is reached.
    at: SocketAddr,
    /// The host that its party signals from.
    host: IpAddr,
    /// Counts the descriptions of it.
    version: u64,
}

/// An end that is about to be one, and what its party is told.
struct Prepared {
    leg: LegId,
    end: End,
    description: Body,
    agreed: Option<Agreed>,
}

impl Conferences {
    /// None, as long as there are no ports.
    pub fn new(random: StdRng) -> Conferences {
        Conferences {
            ports: Ports::default(),
            ends: BTreeMap::new(),
            orders: Vec::new(),
            events: Vec::new(),
            portless: 0,
            random,
        }
    }

    /// Gives it sockets.
    pub fn set_ports(&mut self, ports: Ports) {
        self.ports = ports;
    }

    /// Takes out what happened.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    /// Takes out what ends are to do, and how many people found no port.
    pub fn take_media(&mut self) -> (Vec<Order>, u64) {
        let orders = std::mem::take(&mut self.orders);
        (orders, std::mem::take(&mut self.portless))
    }

    /// Does what the core wants.
    pub fn perform(&mut self, order: MixOrder, place_of: impl Fn(LegId) -> Option<Place>) {
        match order {
            MixOrder::Open {
                conference,
                parties,
            } => {
                let media = self.open(conference, parties, place_of);
                let news = MixNews::Opened { conference, media };
                self.events.push(Event::Mixed(news));
            }
            MixOrder::Agree { leg, media } => match answer::agreed(&media) {
                Some(agreed) => self.agree(leg, agreed),
                // Nothing is heard of it, and it hears nothing: it hangs up, or wants a change.
                None => tracing::warn!(?leg, "a party of a conference has no media in common"),
            },
            MixOrder::Change { leg, offer } => {
                let media = self.change(leg, offer.as_ref());
                self.events
                    .push(Event::Mixed(MixNews::Changed { leg, media }));
            }
            MixOrder::Chime(conference) => {
                let ends = self.ends.values();
                let ends = ends.filter(|end| end.conference == conference);
                let tone = Tone::Joined;
                let play = ends.map(|end| Order::Play { end: end.id, tone });
                self.orders.extend(play);
            }
            MixOrder::Close(leg) => {
                if let Some(end) = self.ends.remove(&leg) {
                    self.ports.give_back(end.id);
                    self.orders.push(Order::Close(end.id));
                }
            }
        }
    }

    /// Ends for all parties, or for none.
    fn open(
        &mut self,
        conference: ConferenceId,
        parties: Vec<(LegId, Option<Body>)>,
        place_of: impl Fn(LegId) -> Option<Place>,
    ) -> Result<Vec<(LegId, Body)>, Refusal> {
        let mut prepared = Vec::new();
        for (leg, offer) in parties {
            let place = place_of(leg).ok_or(Refusal::Failed(Failure::Gone));
            match place.and_then(|place| self.prepare(conference, (leg, place), offer.as_ref())) {
                Ok(one) => prepared.push(one),
                Err(why) => {
                    for one in prepared {
                        self.ports.give_back(one.end.id);
                    }
                    return Err(why);
                }
            }
        }
        let mut media = Vec::new();
        for one in prepared {
            let (leg, end) = (one.leg, one.end.id);
            let seed = self.random.next_u64();
            self.orders.push(Order::Open { end, seed });
            self.orders.push(Order::Join { end, conference });
            self.ends.insert(leg, one.end);
            if let Some(agreed) = one.agreed {
                self.agree(leg, agreed);
            }
            media.push((leg, one.description));
        }
        Ok(media)
    }

    fn prepare(
        &mut self,
        conference: ConferenceId,
        (leg, (local, host)): (LegId, Place),
        offer: Option<&Body>,
    ) -> Result<Prepared, Refusal> {
        let Some((id, at)) = self.ports.take(local) else {
            self.portless += 1;
            tracing::warn!("no port for media is left; see [media] ports in perch.toml");
            return Err(Refusal::Overloaded);
        };
        let described = match offer {
            None => Some((answer::offer(at, 1), None)),
            Some(offer) => answer::answer(offer, at, 1).map(|(body, agreed)| (body, Some(agreed))),
        };
        let Some((description, agreed)) = described else {
            self.ports.give_back(id);
            return Err(Refusal::Failed(Failure::NotAcceptable));
        };
        let end = End {
            id,
            conference,
            at,
            host,
            version: 1,
        };
        Ok(Prepared {
            leg,
            end,
            description,
            agreed,
        })
    }

    fn change(&mut self, leg: LegId, offer: Option<&Body>) -> Option<Body> {
        let end = self.ends.get_mut(&leg)?;
        end.version += 1;
        let (at, version) = (end.at, end.version);
        let Some(offer) = offer else {
            return Some(answer::offer(at, version));
        };
        let (body, agreed) = answer::answer(offer, at, version)?;
        self.agree(leg, agreed);
        Some(body)
    }

    fn agree(&mut self, leg: LegId, agreed: Agreed) {
        if let Some(end) = self.ends.get(&leg) {
            self.orders.push(Order::Agree {
                end: end.id,
                format: agreed.format,
                remote: Remote {
                    says: agreed.says,
                    host: end.host,
                    listens: agreed.listens,
                },
            });
        }
    }
}
