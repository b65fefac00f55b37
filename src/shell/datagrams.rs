//! Datagrams in batches: one system call takes all that have come.

use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use bytes::Bytes;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg};

/// The largest datagram there is.
const DATAGRAM: usize = 65_535;

/// How many are taken at once.
const BATCH: usize = 32;

/// Where the kernel puts what it has. For sockets of one family: the kernel writes into a header how long the address
/// was, and takes that for the room the next time.
pub(super) struct Room {
    headers: MultiHeaders<SockaddrStorage>,
    /// Only what is written to is ever resident.
    buffers: Vec<u8>,
}

impl Room {
    /// Room for one batch.
    pub(super) fn new() -> Room {
        Room {
            headers: MultiHeaders::preallocate(BATCH, None),
            buffers: vec![0; BATCH * DATAGRAM],
        }
    }

    /// Waits for datagrams, and takes those that there are: where each came from, and what it is.
    pub(super) fn receive(
        &mut self,
        socket: &UdpSocket,
        datagrams: &mut Vec<(SocketAddr, Bytes)>,
    ) -> io::Result<()> {
        let mut buffers = self.buffers.chunks_exact_mut(DATAGRAM);
        let mut slices: [_; BATCH] =
            std::array::from_fn(|_| [IoSliceMut::new(buffers.next().unwrap_or_default())]);
        let received = recvmmsg(
            socket.as_raw_fd(),
            &mut self.headers,
            slices.iter_mut(),
            MsgFlags::MSG_WAITFORONE,
            None,
        );
        let received = match received {
            Err(Errno::EINTR) => return Ok(()),
            other => other?,
        };
        for datagram in received {
            let remote = datagram.address.as_ref().and_then(address);
            let bytes = datagram.iovs().next().map(Bytes::copy_from_slice);
            datagrams.extend(remote.map(|remote| (remote, bytes.unwrap_or_default())));
        }
        Ok(())
    }
}

fn address(from: &SockaddrStorage) -> Option<SocketAddr> {
    match (from.as_sockaddr_in(), from.as_sockaddr_in6()) {
        (Some(v4), _) => Some(SocketAddr::V4((*v4).into())),
        (None, Some(v6)) => Some(SocketAddr::V6((*v6).into())),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(room: &mut Room, here: &UdpSocket, count: usize) -> Vec<(SocketAddr, Bytes)> {
        let mut all = Vec::new();
        while all.len() < count {
            let before = all.len();
            room.receive(here, &mut all).expect("received");
            assert!(all.len() - before <= BATCH);
        }
        all
    }

    fn pair(address: &str) -> (UdpSocket, UdpSocket) {
        let here = UdpSocket::bind(address).expect("a socket");
        let there = UdpSocket::bind(address).expect("a socket");
        let to = here.local_addr().expect("bound");
        there.connect(to).expect("a socket");
        (here, there)
    }

    #[test]
    fn what_has_come_is_taken_in_order_and_by_its_sender() {
        let (here, there) = pair("127.0.0.1:0");
        let count = 2 * BATCH + 3;
        for number in 0..count {
            // The empty datagram is one, too.
            there.send("x".repeat(number).as_bytes()).expect("sent");
        }
        let all = received(&mut Room::new(), &here, count);
        let from = there.local_addr().expect("bound");
        assert!(all.iter().all(|(remote, _)| *remote == from));
        let lengths: Vec<usize> = all.iter().map(|(_, raw)| raw.len()).collect();
        assert_eq!(lengths, Vec::from_iter(0..count));
    }

    #[test]
    fn a_room_is_used_again() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let mut room = Room::new();
            for _ in 0..2 {
                let (here, there) = pair(address);
                there.send(b"hello").expect("sent");
                let from = there.local_addr().expect("bound");
                assert_eq!(received(&mut room, &here, 1), [(from, "hello".into())]);
            }
        }
    }
}
