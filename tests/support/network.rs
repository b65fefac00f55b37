//! The network between phones and the server: datagrams that get lost, doubled, late and out of order, and streams.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use perch::pbx::PhoneName;
use perch::sip::wire::{Frame, Framer};
use perch::sip::{Flow, Transport};
use rand::RngExt;
use rand::rngs::StdRng;

/// Where the server listens.
pub const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 5060);

/// What happens to datagrams. Streams are only late.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// Of a thousand datagrams, so many get lost.
    pub lost: u32,
    /// Of a thousand, so many arrive twice.
    pub doubled: u32,
    /// A packet takes at most so long, at random.
    pub delay: Duration,
}

impl Weather {
    pub const FINE: Weather = Weather {
        lost: 0,
        doubled: 0,
        delay: Duration::ZERO,
    };
}

struct Link {
    transport: Transport,
    /// Where the phone listens.
    address: SocketAddr,
    /// The connection that is open, and the port that the phone opened it from.
    connection: Option<(u64, SocketAddr)>,
    /// When the last packet of a stream arrives, there and here: the next does not arrive before it.
    arrives: [Duration; 2],
}

/// Which way a packet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToServer,
    ToPhone,
}

pub struct Network {
    links: BTreeMap<PhoneName, Link>,
    last_connection: u64,
    random: StdRng,
    pub weather: Weather,
}

impl Network {
    pub fn new(random: StdRng) -> Network {
        Network {
            links: BTreeMap::new(),
            last_connection: 0,
            random,
            weather: Weather::FINE,
        }
    }

    /// Runs a cable to a phone. Its address.
    pub fn add(&mut self, phone: PhoneName, transport: Transport) -> SocketAddr {
        let number = u8::try_from(self.links.len() + 1).expect("fewer than 250 phones");
        let address = SocketAddr::new(Ipv4Addr::new(10, 0, 1, number).into(), 5060);
        let link = Link {
            transport,
            address,
            connection: None,
            arrives: [Duration::ZERO; 2],
        };
        self.links.insert(phone, link);
        address
    }

    /// The path of what a phone sends now; a stream is opened if there is none.
    pub fn flow_from(&mut self, phone: &PhoneName) -> Flow {
        let link = self.links.get_mut(phone).expect("every phone has a cable");
        let (connection, remote) = match link.transport {
            Transport::Udp => (0, link.address),
            _ => *link.connection.get_or_insert_with(|| {
                self.last_connection += 1;
                let port = 40_000 + (self.last_connection % 20_000) as u16;
                let from = SocketAddr::new(link.address.ip(), port);
                (self.last_connection, from)
            }),
        };
        Flow {
            transport: link.transport,
            local: SERVER,
            remote,
            connection,
        }
    }

    /// The phone that something sent on this flow reaches; none if that path is no more.
    pub fn phone_at(&self, flow: &Flow) -> Option<&PhoneName> {
        let reaches = |link: &Link| match (link.transport, flow.transport) {
            (Transport::Udp, Transport::Udp) => link.address == flow.remote,
            (Transport::Tcp, Transport::Tcp) => match link.connection {
                Some((connection, _)) if flow.connection != 0 => connection == flow.connection,
                Some((_, from)) => [from, link.address].contains(&flow.remote),
                None => flow.connection == 0 && flow.remote == link.address,
            },
            _ => false,
        };
        let found = self.links.iter().find(|(_, link)| reaches(link));
        found.map(|(phone, _)| phone)
    }

    /// The phone at the other end of a connection.
    pub fn phone_by(&self, connection: u64) -> Option<&PhoneName> {
        let has_it = |link: &Link| link.connection.is_some_and(|(own, _)| own == connection);
        let found = self.links.iter().find(|(_, link)| has_it(link));
        found.map(|(phone, _)| phone)
    }

    /// The phone at an address.
    pub fn phone_on(&self, host: IpAddr) -> Option<&PhoneName> {
        let mut links = self.links.iter();
        let found = links.find(|(_, link)| link.address.ip() == host);
        found.map(|(phone, _)| phone)
    }

    /// Breaks the stream of a phone. Its number, if there was one.
    pub fn break_stream(&mut self, phone: &PhoneName) -> Option<u64> {
        let link = self.links.get_mut(phone)?;
        link.connection.take().map(|(connection, _)| connection)
    }

    /// When the copies of a packet that is sent now arrive.
    pub fn arrivals(&mut self, uptime: Duration, phone: &PhoneName, way: Way) -> Vec<Duration> {
        let Weather {
            lost,
            doubled,
            delay,
        } = self.weather;
        let millis = u64::try_from(delay.as_millis()).unwrap_or(0);
        let random = &mut self.random;
        let mut late = || match millis {
            0 => Duration::ZERO,
            millis => Duration::from_millis(random.random_range(1..=millis)),
        };
        let first = uptime + late();
        let second = uptime + late();
        let link = self.links.get_mut(phone).expect("every phone has a cable");
        if link.transport == Transport::Tcp {
            let last = &mut link.arrives[way as usize];
            *last = first.max(*last);
            return vec![*last];
        }
        if self.random.random_range(0..1000) < lost {
            Vec::new()
        } else if self.random.random_range(0..1000) < doubled {
            vec![first, second]
        } else {
            vec![first]
        }
    }
}

/// What a receiver cuts out of a stream that holds just these bytes: exactly them, if they say how long they are.
pub fn framed(bytes: &Bytes) -> Result<(), String> {
    let mut framer = Framer::new();
    framer.push(bytes);
    match framer.next() {
        Ok(Some(Frame::Message(message))) if message == *bytes => Ok(()),
        other => Err(format!("not one frame of a stream: {other:?}")),
    }
}
