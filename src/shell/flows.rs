//! The table of stream connections: who is connected, how many, and how to reach them.
//!
//! A connection that a peer opened is used for requests to the address that it came from, and to phones that registered
//! by it. `;alias` (RFC 5923) is passed over: it would have us use the connection for the address that the Via names, as
//! well, and that may be believed of a peer alone that has shown a certificate for that address (§9.2, and §8.2). Phones
//! show none: they prove themselves by digest, and that proves no address.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::half_open::HalfOpen;
use super::metrics::Metrics;
use super::settings::Limits;
use crate::sip::{Flow, Network, Transport};

/// Every stream connection, those that are being opened included.
#[derive(Debug)]
pub struct Flows {
    limits: Limits,
    outbox: usize,
    metrics: Arc<Metrics>,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    last_id: u64,
    connections: HashMap<u64, Connection>,
    /// The newest connection of each kind to each remote address.
    by_remote: HashMap<Peer, u64>,
    per_source: HashMap<Network, usize>,
    half_open: HalfOpen,
    per_transport: BTreeMap<Transport, usize>,
}

/// Who a connection is to, and how.
type Peer = (Transport, SocketAddr);

#[derive(Debug)]
struct Connection {
    peer: Peer,
    outbox: mpsc::Sender<Bytes>,
    close: CancellationToken,
}

/// A connection's own end of its place in the table. Dropping it gives the place back.
#[derive(Debug)]
pub struct Place {
    /// The flow that it is.
    pub flow: Flow,
    /// What is to be written, in order.
    pub outbox: mpsc::Receiver<Bytes>,
    /// When it is to end.
    pub close: CancellationToken,
    flows: Arc<Flows>,
}

/// A connection that a peer opened has its place.
#[derive(Debug)]
pub struct Accepted {
    /// The place.
    pub place: Place,
    /// Whose connection had to go for it, if one had to.
    pub gave_way: Option<Network>,
}

/// Who opens a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newcomer {
    /// Somebody with limits.
    Limited,
    /// Somebody who is trusted: it may be half open for as long as it likes.
    Trusted,
}

/// What a connection that is half open waits for.
#[derive(Debug)]
pub struct Proof {
    id: u64,
    flows: Arc<Flows>,
    is_given: bool,
}

/// The beginning of a connection's end.
#[derive(Debug)]
pub struct Retirement {
    id: u64,
    peer: Peer,
    flows: Arc<Flows>,
}

/// What became of something to be sent.
#[derive(Debug)]
pub enum Sent {
    /// It will be written, or is lost with the connection that it waits for.
    Queued,
    /// It will be written as soon as this connection, which the caller must open, is there.
    Dial(Place),
    /// It is lost, and there is no connection that it was lost with.
    Lost,
}

/// Why a connection was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// There are too many.
    Total,
    /// There are too many from the same address.
    Source,
}

impl Flows {
    /// An empty table. `outbox` is how many messages may wait for one connection.
    pub fn new(limits: Limits, outbox: usize, metrics: Arc<Metrics>) -> Flows {
        Flows {
            limits,
            outbox,
            metrics,
            table: Mutex::default(),
        }
    }

    /// Gives a connection that a peer opened its place. It is half open until it gives a proof, and if too many are,
    /// the oldest of those ends.
    pub fn accept(
        self: &Arc<Self>,
        transport: Transport,
        local: SocketAddr,
        remote: SocketAddr,
        newcomer: Newcomer,
    ) -> Result<Accepted, Full> {
        let mut table = self.table();
        if table.connections.len() >= self.limits.connections {
            return Err(Full::Total);
        }
        let source = Network::from(remote.ip());
        let from_there = table.per_source.get(&source).copied().unwrap_or(0);
        if from_there >= self.limits.connections_per_source {
            return Err(Full::Source);
        }
        let place = self.insert(&mut table, local, (transport, remote));
        let gave_way = match newcomer {
            Newcomer::Limited => self.half_open(&mut table, place.flow.connection, source),
            Newcomer::Trusted => None,
        };
        Ok(Accepted { place, gave_way })
    }

    /// A connection is half open. Whose had to go for it, if one had to.
    fn half_open(&self, table: &mut Table, id: u64, source: Network) -> Option<Network> {
        let oldest = table.half_open.add(id, source, &self.limits);
        self.metrics.half_open(table.half_open.len());
        let (oldest, source) = oldest?;
        if let Some(connection) = table.connections.get(&oldest) {
            connection.close.cancel();
        }
        Some(source)
    }

    /// Sends on the flow's connection, or on any other to the same peer, or on a new one.
    pub fn send(self: &Arc<Self>, flow: &Flow, bytes: Bytes) -> Sent {
        let mut table = self.table();
        let peer = (flow.transport, flow.remote);
        let by_remote = table.by_remote.get(&peer);
        // Numbers of connections begin anew with every start; a saved flow may name one of the life before.
        let open = table.connections.get(&flow.connection);
        let open = open.filter(|connection| connection.peer == peer);
        let open = open.or_else(|| table.connections.get(by_remote?));
        if let Some(connection) = open {
            return self.write(connection, bytes);
        }
        if !flow.transport.can_be_dialled() {
            self.metrics.unsent("connection-gone");
            return Sent::Lost;
        }
        if table.connections.len() >= self.limits.connections {
            self.metrics.unsent("too-many-connections");
            return Sent::Lost;
        }
        let place = self.insert(&mut table, flow.local, peer);
        if let Some(connection) = table.connections.get(&place.flow.connection) {
            self.write(connection, bytes);
        }
        Sent::Dial(place)
    }

    /// Ends every connection after what waits for it is written.
    pub fn close_all(&self) {
        // A writer ends when nobody can queue anything any more.
        let mut table = self.table();
        table.by_remote.clear();
        table.connections.clear();
    }

    fn write(&self, connection: &Connection, bytes: Bytes) -> Sent {
        match connection.outbox.try_send(bytes) {
            Ok(()) => {
                self.metrics.sent(connection.peer.0.word());
                Sent::Queued
            }
            Err(_) => {
                // A peer that does not read loses the connection rather than single messages.
                self.metrics.unsent("peer-does-not-read");
                connection.close.cancel();
                Sent::Queued
            }
        }
    }

    fn insert(self: &Arc<Self>, table: &mut Table, local: SocketAddr, peer: Peer) -> Place {
        table.last_id += 1;
        let id = table.last_id;
        let (sender, outbox) = mpsc::channel(self.outbox);
        let close = CancellationToken::new();
        let connection = Connection {
            peer,
            outbox: sender,
            close: close.clone(),
        };
        let (transport, remote) = peer;
        table.connections.insert(id, connection);
        table.by_remote.insert(peer, id);
        *table.per_source.entry(remote.ip().into()).or_default() += 1;
        *table.per_transport.entry(transport).or_default() += 1;
        self.count(table, transport);
        let flow = Flow {
            transport,
            local,
            remote,
            connection: id,
        };
        Place {
            flow,
            outbox,
            close,
            flows: Arc::clone(self),
        }
    }

    fn retire(&self, id: u64, peer: Peer) {
        let mut table = self.table();
        if table.by_remote.get(&peer) == Some(&id) {
            table.by_remote.remove(&peer);
        }
    }

    fn remove(&self, id: u64, peer: Peer) {
        self.retire(id, peer);
        let (transport, remote) = peer;
        let mut table = self.table();
        table.connections.remove(&id);
        if let Some(count) = table.per_transport.get_mut(&transport) {
            *count -= 1;
        }
        let source = Network::from(remote.ip());
        if let Some(count) = table.per_source.get_mut(&source) {
            *count -= 1;
            if *count == 0 {
                table.per_source.remove(&source);
            }
        }
        self.count(&table, transport);
        self.settle(&mut table, id);
    }

    /// A connection is not half open any more.
    fn settle(&self, table: &mut Table, id: u64) {
        table.half_open.remove(id);
        self.metrics.half_open(table.half_open.len());
    }

    fn count(&self, table: &Table, transport: Transport) {
        let open = table.per_transport.get(&transport).copied().unwrap_or(0);
        self.metrics.connections(transport.word(), open);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// What it waits for while it is half open.
    pub fn proof(&self) -> Proof {
        Proof {
            id: self.flow.connection,
            flows: Arc::clone(&self.flows),
            is_given: false,
        }
    }

    /// How its connection is to be left alone while answers may still be written to it.
    pub fn retirement(&self) -> Retirement {
        Retirement {
            id: self.flow.connection,
            peer: (self.flow.transport, self.flow.remote),
            flows: Arc::clone(&self.flows),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let peer = (self.flow.transport, self.flow.remote);
        self.flows.remove(self.flow.connection, peer);
    }
}

impl Proof {
    /// Something was proven. Costs nothing but the first time.
    pub fn given(&mut self) {
        if !std::mem::replace(&mut self.is_given, true) {
            self.flows.settle(&mut self.flows.table(), self.id);
        }
    }
}

impl Retirement {
    /// From now on only what names the connection goes there.
    pub fn begin(&self) {
        self.flows.retire(self.id, self.peer);
    }
}

/// An address as messages have it: which of our links it is on is nobody else's business (RFC 4007 §6).
pub fn without_scope(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    fn flows(limits: Limits) -> Arc<Flows> {
        Arc::new(Flows::new(limits, 2, metrics()))
    }

    fn metrics() -> Arc<Metrics> {
        let registrar = crate::sip::Registrar::new([0; 32], crate::sip::Limits::default());
        Arc::new(Metrics::new(Arc::new(registrar)))
    }

    fn accept(
        flows: &Arc<Flows>,
        transport: Transport,
        local: SocketAddr,
        remote: SocketAddr,
    ) -> Result<Place, Full> {
        let accepted = flows.accept(transport, local, remote, Newcomer::Limited);
        accepted.map(|accepted| accepted.place)
    }

    fn limits() -> Limits {
        super::super::Settings::default().limits
    }

    #[test]
    fn one_source_cannot_take_every_place() {
        let flows = flows(Limits {
            connections: 3,
            connections_per_source: 2,
            ..limits()
        });
        let local = address("192.0.2.1:5060");
        let first = accept(&flows, Transport::Tcp, local, address("192.0.2.7:1")).expect("room");
        let _second = accept(&flows, Transport::Tcp, local, address("192.0.2.7:2")).expect("room");
        let third = accept(&flows, Transport::Tcp, local, address("192.0.2.7:3"));
        assert_eq!(third.err(), Some(Full::Source));
        let _other = accept(&flows, Transport::Tcp, local, address("192.0.2.8:1")).expect("room");
        let fourth = accept(&flows, Transport::Tcp, local, address("192.0.2.9:1"));
        assert_eq!(fourth.err(), Some(Full::Total));
        drop(first);
        assert!(accept(&flows, Transport::Tcp, local, address("192.0.2.7:3")).is_ok());
    }

    #[test]
    fn the_oldest_half_open_connection_ends_for_the_newest() {
        let flows = flows(Limits {
            half_open_per_source: 2,
            ..limits()
        });
        let local = address("192.0.2.1:5061");
        let accept = |remote: &str, newcomer| {
            let accepted = flows.accept(Transport::Tls, local, address(remote), newcomer);
            accepted.expect("room")
        };
        let limited = |remote| accept(remote, Newcomer::Limited);
        let proven = limited("192.0.2.7:1");
        proven.place.proof().given();
        // One that its source has 2^64 addresses for counts as one of the same.
        let oldest = limited("[2001:db8::1]:2");
        let second = limited("[2001:db8::2]:3");
        let trusted = accept("[2001:db8::2]:4", Newcomer::Trusted);
        assert!(!oldest.place.close.is_cancelled());
        let newest = limited("[2001:db8::3]:5");
        assert_eq!(
            newest.gave_way.map(|n| n.to_string()).as_deref(),
            Some("2001:db8::/64")
        );
        assert!(oldest.place.close.is_cancelled());
        for other in [&proven, &second, &trusted, &newest] {
            assert!(!other.place.close.is_cancelled());
        }
        // Those that end by themselves are not counted.
        drop((second, newest));
        assert_eq!(limited("[2001:db8::1]:6").gave_way, None);
        assert_eq!(limited("192.0.2.7:7").gave_way, None);
    }

    #[test]
    fn an_open_connection_to_the_same_peer_is_used_again() {
        let flows = flows(limits());
        let (local, remote) = (address("192.0.2.1:5060"), address("192.0.2.7:5060"));
        let mut open = accept(&flows, Transport::Tcp, local, remote).expect("room");
        let any = Flow {
            connection: 0,
            ..open.flow
        };
        let gone = Flow {
            connection: 77,
            ..open.flow
        };
        assert!(matches!(flows.send(&any, Bytes::from("a")), Sent::Queued));
        assert!(matches!(flows.send(&gone, Bytes::from("b")), Sent::Queued));
        assert_eq!(open.outbox.try_recv().as_deref(), Ok(b"a".as_slice()));
        assert_eq!(open.outbox.try_recv().as_deref(), Ok(b"b".as_slice()));
        drop(open);
        let Sent::Dial(mut place) = flows.send(&any, Bytes::from("c")) else {
            panic!("there is no connection left");
        };
        assert!(matches!(flows.send(&any, Bytes::from("d")), Sent::Queued));
        assert_eq!(place.outbox.try_recv().as_deref(), Ok(b"c".as_slice()));
        assert_eq!(place.outbox.try_recv().as_deref(), Ok(b"d".as_slice()));
    }

    #[test]
    fn a_peer_that_does_not_read_is_cut_off() {
        let flows = flows(limits());
        let remote = address("192.0.2.7:5060");
        let place = accept(&flows, Transport::Tcp, address("192.0.2.1:5060"), remote);
        let place = place.expect("room");
        for _ in 0..2 {
            assert!(matches!(
                flows.send(&place.flow, Bytes::new()),
                Sent::Queued
            ));
        }
        assert!(!place.close.is_cancelled());
        assert!(matches!(
            flows.send(&place.flow, Bytes::new()),
            Sent::Queued
        ));
        assert!(place.close.is_cancelled());
    }

    #[test]
    fn kinds_are_kept_apart_and_nobody_listens_behind_a_web_socket() {
        let flows = flows(limits());
        let (local, remote) = (address("192.0.2.1:5080"), address("192.0.2.7:40000"));
        let mut open = accept(&flows, Transport::Ws, local, remote).expect("room");
        let tcp = Flow {
            transport: Transport::Tcp,
            ..open.flow
        };
        assert!(matches!(flows.send(&tcp, Bytes::from("a")), Sent::Dial(_)));
        assert!(open.outbox.try_recv().is_err());
        assert!(matches!(
            flows.send(&open.flow, Bytes::from("b")),
            Sent::Queued
        ));
        let gone = open.flow;
        drop(open);
        assert!(matches!(flows.send(&gone, Bytes::from("c")), Sent::Lost));
    }

    #[test]
    fn a_connection_that_ends_takes_answers_and_nothing_new() {
        let flows = flows(limits());
        let remote = address("192.0.2.7:40000");
        let open = accept(&flows, Transport::Ws, address("192.0.2.1:5080"), remote);
        let mut open = open.expect("room");
        open.retirement().begin();
        let any = Flow {
            connection: 0,
            ..open.flow
        };
        assert!(matches!(flows.send(&any, Bytes::from("a")), Sent::Lost));
        assert!(matches!(
            flows.send(&open.flow, Bytes::from("b")),
            Sent::Queued
        ));
        assert_eq!(open.outbox.try_recv().as_deref(), Ok(b"b".as_slice()));
    }
}
