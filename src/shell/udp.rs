//! Datagram sockets.

use std::io;
use std::iter;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dashmap::DashMap;
use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use super::datagrams::Batch;
use super::edge::Edge;
use super::metrics::Metrics;
use super::supervise::supervise;
use crate::sip::{Flow, Transport, stun};

/// What the kernel is asked to buffer per socket and direction; it may give less (`net.core.rmem_max`).
const BUFFER: usize = 8 * 1024 * 1024;

/// From how many datagrams at once on a task looks at the others' sockets as well.
const BUSY: usize = 4;

/// For how many remote addresses we remember our own.
const LEARNED: usize = 65_536;

/// The datagram sockets.
#[derive(Debug)]
pub struct Udp {
    sockets: Vec<Listening>,
    metrics: Arc<Metrics>,
}

#[derive(Debug)]
struct Listening {
    socket: Arc<UdpSocket>,
    bound: SocketAddr,
    /// Our address towards a remote one, on a socket that has none of its own.
    learned: DashMap<IpAddr, IpAddr>,
}

/// Opens one datagram socket. IPv6 sockets take IPv6 alone.
pub fn open(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = unbound(address)?;
    socket.bind(&address.into())?;
    // Only now: an address that somebody else listens at must not be shared with them.
    setsockopt(&socket, sockopt::ReusePort, &true)?;
    UdpSocket::from_std(socket.into())
}

/// Opens another socket at an address where one is open. The kernel spreads peers over them.
fn open_beside(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = unbound(address)?;
    setsockopt(&socket, sockopt::ReusePort, &true)?;
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

fn unbound(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.set_recv_buffer_size(BUFFER)?;
    socket.set_send_buffer_size(BUFFER)?;
    Ok(socket)
}

impl Udp {
    /// Takes opened sockets over.
    pub fn new(sockets: Vec<UdpSocket>, metrics: Arc<Metrics>) -> io::Result<Udp> {
        let listening = |socket: UdpSocket| {
            Ok(Listening {
                bound: socket.local_addr()?,
                socket: Arc::new(socket),
                learned: DashMap::new(),
            })
        };
        let sockets = sockets.into_iter().map(listening);
        Ok(Udp {
            sockets: sockets.collect::<io::Result<_>>()?,
            metrics,
        })
    }

    /// Begins to receive at each address, with `workers` sockets and a task for each: two tasks that wait for one
    /// socket would both be woken by every datagram.
    pub fn start(self: &Arc<Self>, edge: &Arc<Edge>, workers: usize) {
        for (index, listening) in self.sockets.iter().enumerate() {
            let others = (1..workers).map_while(|_| {
                open_beside(listening.bound)
                    .map(Arc::new)
                    .inspect_err(
                        |error| tracing::warn!(local = %listening.bound, %error, "one socket less"),
                    )
                    .ok()
            });
            let sockets = iter::once(Arc::clone(&listening.socket)).chain(others);
            let sockets: Arc<[Arc<UdpSocket>]> = sockets.collect();
            for own in 0..sockets.len() {
                let (udp, edge, sockets) =
                    (Arc::clone(self), Arc::clone(edge), Arc::clone(&sockets));
                supervise("receiving datagrams", move || {
                    let (udp, edge) = (Arc::clone(&udp), Arc::clone(&edge));
                    let sockets = Arc::clone(&sockets);
                    async move { udp.receive(index, &sockets, own, &edge).await }
                });
            }
        }
    }

    /// Sends one datagram, or loses it: the network may do that too, and retransmissions make up for it.
    pub fn send(&self, flow: &Flow, bytes: &Bytes) {
        let Some(listening) = self.socket_for(flow) else {
            self.metrics.unsent("no-socket");
            return;
        };
        self.send_by(&listening.socket, flow.remote, bytes);
    }

    fn send_by(&self, socket: &UdpSocket, remote: SocketAddr, bytes: &Bytes) {
        match socket.try_send_to(bytes, remote) {
            Ok(_) => self.metrics.sent("udp"),
            Err(error) => {
                tracing::debug!(%remote, %error, "datagram not sent");
                self.metrics.unsent(match error.kind() {
                    io::ErrorKind::WouldBlock => "buffer-full",
                    _ => "network",
                });
            }
        }
    }

    /// A phone asks where it is, to keep its NAT open.
    fn answer_stun(&self, listening: &Listening, question: &[u8], remote: SocketAddr) {
        match stun::answer(question, remote) {
            Some(answer) => match listening.socket.try_send_to(&answer, remote) {
                Ok(_) => self.metrics.sent("stun"),
                Err(_) => self.metrics.unsent("network"),
            },
            None => self.metrics.dropped("stun"),
        }
    }

    /// Forgets our addresses, so that a change of them is noticed.
    pub fn forget_addresses(&self) {
        for listening in &self.sockets {
            listening.learned.clear();
        }
    }

    /// The socket bound to just this address, or the one bound to all.
    fn socket_for(&self, flow: &Flow) -> Option<&Listening> {
        let usable = |l: &&Listening| {
            l.bound.port() == flow.local.port() && l.bound.is_ipv4() == flow.remote.is_ipv4()
        };
        let mut usable = self.sockets.iter().filter(usable);
        let exact = usable.clone().find(|l| l.bound.ip() == flow.local.ip());
        exact.or_else(|| usable.find(|l| l.bound.ip().is_unspecified()))
    }

    async fn receive(&self, index: usize, sockets: &[Arc<UdpSocket>], own: usize, edge: &Edge) {
        let listening = &self.sockets[index];
        let mut batch = Batch::new(listening.bound.is_ipv6());
        loop {
            if let Err(error) = batch.receive(&sockets[own]).await {
                tracing::warn!(local = %listening.bound, %error, "cannot receive datagrams");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
            let is_busy = batch.datagrams.len() >= BUSY;
            self.answer(listening, &sockets[own], &mut batch, edge)
                .await;
            // The thread that should read there may be kept from running for longer than the kernel's buffer lasts.
            let others = sockets
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != own && is_busy);
            for (_, other) in others {
                if batch.take(other).is_ok() {
                    self.answer(listening, other, &mut batch, edge).await;
                }
            }
        }
    }

    async fn answer(
        &self,
        listening: &Listening,
        socket: &UdpSocket,
        batch: &mut Batch,
        edge: &Edge,
    ) {
        for (remote, raw) in batch.datagrams.drain(..) {
            let Some(flow) = self.flow(listening, edge, remote, &raw) else {
                continue;
            };
            if let Some(answer) = edge.receive(flow, raw).await {
                self.send_by(socket, remote, &answer);
            }
        }
    }

    /// The flow that a datagram with a message came by; none if it is no message, or not to be read.
    fn flow(
        &self,
        listening: &Listening,
        edge: &Edge,
        remote: SocketAddr,
        raw: &[u8],
    ) -> Option<Flow> {
        // Keep-alives of four bytes or fewer (RFC 5626 §4.4 has others, but phones send these).
        if raw.len() <= 4 {
            self.metrics.dropped("keep-alive");
            return None;
        }
        if !edge.may_be_read(remote.ip(), raw) {
            return None;
        }
        if stun::is_stun(raw) {
            self.metrics.received("stun");
            self.answer_stun(listening, raw, remote);
            return None;
        }
        let Some(local) = listening.towards(remote) else {
            self.metrics.dropped("no-way-back");
            return None;
        };
        Some(Flow {
            transport: Transport::Udp,
            local,
            remote,
            connection: 0,
        })
    }
}

impl Listening {
    /// Our address, as the peer at `remote` reaches it.
    fn towards(&self, remote: SocketAddr) -> Option<SocketAddr> {
        if !self.bound.ip().is_unspecified() {
            return Some(self.bound);
        }
        let known = self.learned.get(&remote.ip()).map(|ip| *ip);
        let ip = match known {
            Some(ip) => ip,
            None => {
                let ip = address_towards(remote).ok()?;
                // Whoever forges senders must not make us remember them all.
                if self.learned.len() >= LEARNED {
                    self.learned.clear();
                }
                self.learned.insert(remote.ip(), ip);
                ip
            }
        };
        Some(SocketAddr::new(ip, self.bound.port()))
    }
}

/// Asks the kernel which of our addresses it would use towards `remote`. Nothing is sent.
pub fn address_towards(remote: SocketAddr) -> io::Result<IpAddr> {
    let any: IpAddr = match remote {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let probe = std::net::UdpSocket::bind(SocketAddr::new(any, 0))?;
    probe.connect(remote)?;
    Ok(probe.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_address_towards_ourselves_is_the_loopback() {
        let remote = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 5060);
        assert_eq!(
            address_towards(remote).expect("loopback is there"),
            Ipv4Addr::LOCALHOST
        );
    }
}
