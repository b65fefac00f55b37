//! Datagram sockets.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dashmap::DashMap;
use nix::sys::socket::{MsgFlags, SockaddrStorage, sendto};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::runtime::Handle;

use super::datagrams::Room;
use super::edge::Edge;
use super::metrics::Metrics;
use super::supervise::supervise_thread;
use crate::sip::{Flow, Transport, stun};

/// What the kernel is asked to buffer per socket and direction; it may give less (`net.core.rmem_max`).
const BUFFER: usize = 8 * 1024 * 1024;

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
    socket: UdpSocket,
    bound: SocketAddr,
    /// Our address towards a remote one, on a socket that has none of its own.
    learned: DashMap<IpAddr, IpAddr>,
}

/// Opens one datagram socket. IPv6 sockets take IPv6 alone.
pub fn open(address: SocketAddr) -> io::Result<UdpSocket> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_recv_buffer_size(BUFFER)?;
    socket.set_send_buffer_size(BUFFER)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

impl Udp {
    /// Takes opened sockets over.
    pub fn new(sockets: Vec<UdpSocket>, metrics: Arc<Metrics>) -> io::Result<Udp> {
        let listening = |socket: UdpSocket| {
            Ok(Listening {
                bound: socket.local_addr()?,
                socket,
                learned: DashMap::new(),
            })
        };
        let sockets = sockets.into_iter().map(listening);
        Ok(Udp {
            sockets: sockets.collect::<io::Result<_>>()?,
            metrics,
        })
    }

    /// Begins to receive at each address, with `workers` threads that wait in the kernel for the same socket: each datagram
    /// wakes one of them, whichever processor is free.
    pub fn start(self: &Arc<Self>, edge: &Arc<Edge>, workers: usize) -> io::Result<()> {
        for index in 0..self.sockets.len() {
            for _ in 0..workers {
                let (udp, edge) = (Arc::clone(self), Arc::clone(edge));
                let runtime = Handle::current();
                supervise_thread("receiving datagrams", move || {
                    // What a message leads to may be to open a connection, which is a task.
                    let _entered = runtime.enter();
                    udp.receive(index, &edge);
                })?;
            }
        }
        Ok(())
    }

    /// Sends one datagram, or loses it: the network may do that too, and retransmissions make up for it.
    pub fn send(&self, flow: &Flow, bytes: &Bytes) {
        let Some(listening) = self.socket_for(flow) else {
            self.metrics.unsent("no-socket");
            return;
        };
        self.send_by(&listening.socket, flow.remote, bytes);
    }

    fn send_by(&self, socket: &UdpSocket, remote: SocketAddr, bytes: &[u8]) {
        match send_now(socket, remote, bytes) {
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
            Some(answer) => match send_now(&listening.socket, remote, &answer) {
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

    /// Receives for ever.
    fn receive(&self, index: usize, edge: &Edge) {
        let listening = &self.sockets[index];
        let mut room = Room::new();
        let mut datagrams = Vec::new();
        loop {
            if let Err(error) = room.receive(&listening.socket, &mut datagrams) {
                tracing::warn!(local = %listening.bound, %error, "cannot receive datagrams");
                std::thread::sleep(Duration::from_millis(100));
            }
            for (remote, raw) in datagrams.drain(..) {
                let Some(flow) = self.flow(listening, edge, remote, &raw) else {
                    continue;
                };
                if let Some(answer) = edge.receive_blocking(flow, raw) {
                    self.send_by(&listening.socket, remote, &answer);
                }
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

/// The sockets wait when they are read; nobody waits until there is room to send.
fn send_now(socket: &UdpSocket, remote: SocketAddr, bytes: &[u8]) -> io::Result<usize> {
    let to = SockaddrStorage::from(remote);
    Ok(sendto(
        socket.as_raw_fd(),
        bytes,
        &to,
        MsgFlags::MSG_DONTWAIT,
    )?)
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
