//! The table of stream connections: who is connected, how many, and how to reach them.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::metrics::Metrics;
use super::settings::Limits;
use crate::sip::{Flow, Transport};

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
    /// The newest connection to each remote address.
    by_remote: HashMap<SocketAddr, u64>,
    per_source: HashMap<IpAddr, usize>,
}

#[derive(Debug)]
struct Connection {
    remote: SocketAddr,
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

/// What became of something to be sent.
#[derive(Debug)]
pub enum Sent {
    /// It will be written.
    Queued,
    /// It will be written as soon as this connection, which the caller must open, is there.
    Dial(Place),
    /// It is lost.
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

    /// Gives a connection that a peer opened its place.
    pub fn accept(self: &Arc<Self>, local: SocketAddr, remote: SocketAddr) -> Result<Place, Full> {
        let mut table = self.table();
        if table.connections.len() >= self.limits.connections {
            return Err(Full::Total);
        }
        let from_there = table.per_source.get(&remote.ip()).copied().unwrap_or(0);
        if from_there >= self.limits.connections_per_source {
            return Err(Full::Source);
        }
        Ok(self.insert(&mut table, local, remote))
    }

    /// Sends on the flow's connection, or on any other to the same peer, or on a new one.
    pub fn send(self: &Arc<Self>, flow: &Flow, bytes: Bytes) -> Sent {
        let mut table = self.table();
        let by_remote = table.by_remote.get(&flow.remote);
        // Numbers of connections begin anew with every start; a saved flow may name one of the life before.
        let open = table.connections.get(&flow.connection);
        let open = open.filter(|connection| connection.remote == flow.remote);
        let open = open.or_else(|| table.connections.get(by_remote?));
        if let Some(connection) = open {
            return self.write(connection, bytes);
        }
        if table.connections.len() >= self.limits.connections {
            self.metrics.unsent("too-many-connections");
            return Sent::Lost;
        }
        let place = self.insert(&mut table, flow.local, flow.remote);
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
                self.metrics.sent("tcp");
                Sent::Queued
            }
            Err(_) => {
                // A peer that does not read loses the connection rather than single messages.
                self.metrics.unsent("peer-does-not-read");
                connection.close.cancel();
                Sent::Lost
            }
        }
    }

    fn insert(self: &Arc<Self>, table: &mut Table, local: SocketAddr, remote: SocketAddr) -> Place {
        table.last_id += 1;
        let id = table.last_id;
        let (sender, outbox) = mpsc::channel(self.outbox);
        let close = CancellationToken::new();
        let connection = Connection {
            remote,
            outbox: sender,
            close: close.clone(),
        };
        table.connections.insert(id, connection);
        table.by_remote.insert(remote, id);
        *table.per_source.entry(remote.ip()).or_default() += 1;
        self.metrics.connections(table.connections.len());
        let flow = Flow {
            transport: Transport::Tcp,
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

    fn remove(&self, id: u64, remote: SocketAddr) {
        let mut table = self.table();
        table.connections.remove(&id);
        if table.by_remote.get(&remote) == Some(&id) {
            table.by_remote.remove(&remote);
        }
        if let Some(count) = table.per_source.get_mut(&remote.ip()) {
            *count -= 1;
            if *count == 0 {
                table.per_source.remove(&remote.ip());
            }
        }
        self.metrics.connections(table.connections.len());
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.flows.remove(self.flow.connection, self.flow.remote);
    }
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
        let first = flows.accept(local, address("192.0.2.7:1")).expect("room");
        let _second = flows.accept(local, address("192.0.2.7:2")).expect("room");
        let third = flows.accept(local, address("192.0.2.7:3"));
        assert_eq!(third.err(), Some(Full::Source));
        let _other = flows.accept(local, address("192.0.2.8:1")).expect("room");
        let fourth = flows.accept(local, address("192.0.2.9:1"));
        assert_eq!(fourth.err(), Some(Full::Total));
        drop(first);
        assert!(flows.accept(local, address("192.0.2.7:3")).is_ok());
    }

    #[test]
    fn an_open_connection_to_the_same_peer_is_used_again() {
        let flows = flows(limits());
        let (local, remote) = (address("192.0.2.1:5060"), address("192.0.2.7:5060"));
        let mut open = flows.accept(local, remote).expect("room");
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
        let place = flows.accept(address("192.0.2.1:5060"), remote);
        let place = place.expect("room");
        for _ in 0..2 {
            assert!(matches!(
                flows.send(&place.flow, Bytes::new()),
                Sent::Queued
            ));
        }
        assert!(matches!(flows.send(&place.flow, Bytes::new()), Sent::Lost));
        assert!(place.close.is_cancelled());
    }
}
