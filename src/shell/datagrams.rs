//! Datagrams in batches: one system call takes all that have come.

use std::cell::RefCell;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;

use bytes::Bytes;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrStorage, recvmmsg};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// The largest datagram there is.
const DATAGRAM: usize = 65_535;

/// How many are taken at once.
const BATCH: usize = 32;

thread_local! {
    /// Of the thread, not of the task: the kernel's headers hold pointers, and may not move between threads. One for each
    /// family: the kernel writes into a header how long the address was, and takes that for the room the next time.
    static ROOMS: [RefCell<Room>; 2] = [RefCell::new(Room::new()), RefCell::new(Room::new())];
}

/// Where the kernel puts what it has.
struct Room {
    headers: MultiHeaders<SockaddrStorage>,
    /// Only what is written to is ever resident.
    buffers: Vec<u8>,
}

/// What came at once.
pub(super) struct Batch {
    is_ipv6: bool,
    /// Where each came from, and what it is.
    pub(super) datagrams: Vec<(SocketAddr, Bytes)>,
}

impl Batch {
    /// For sockets of one family.
    pub(super) fn new(is_ipv6: bool) -> Batch {
        Batch {
            is_ipv6,
            datagrams: Vec::new(),
        }
    }

    /// Waits for datagrams, and takes those that there are.
    pub(super) async fn receive(&mut self, socket: &UdpSocket) -> io::Result<()> {
        while self.datagrams.is_empty() {
            socket.readable().await?;
            let taken = socket.try_io(Interest::READABLE, || {
                match self.take(socket)? {
                    BATCH => Ok(()),
                    // That were all: the kernel tells of the next, and need not be asked whether there is one.
                    _ => Err(io::ErrorKind::WouldBlock.into()),
                }
            });
            match taken {
                Err(error) if error.kind() != io::ErrorKind::WouldBlock => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes what has come by now.
    pub(super) fn take(&mut self, socket: &UdpSocket) -> io::Result<usize> {
        ROOMS.with(|rooms| {
            let room = &rooms[usize::from(self.is_ipv6)];
            room.borrow_mut().take(socket, &mut self.datagrams)
        })
    }
}

impl Room {
    fn new() -> Room {
        Room {
            headers: MultiHeaders::preallocate(BATCH, None),
            buffers: vec![0; BATCH * DATAGRAM],
        }
    }

    /// Takes what has come, and says how many that are.
    fn take(
        &mut self,
        socket: &UdpSocket,
        datagrams: &mut Vec<(SocketAddr, Bytes)>,
    ) -> io::Result<usize> {
        let mut buffers = self.buffers.chunks_exact_mut(DATAGRAM);
        let mut slices: [_; BATCH] =
            std::array::from_fn(|_| [IoSliceMut::new(buffers.next().unwrap_or_default())]);
        let received = recvmmsg(
            socket.as_raw_fd(),
            &mut self.headers,
            slices.iter_mut(),
            MsgFlags::MSG_DONTWAIT,
            None,
        )?;
        let mut count = 0;
        for datagram in received {
            count += 1;
            let remote = datagram.address.as_ref().and_then(address);
            let bytes = datagram.iovs().next().map(Bytes::copy_from_slice);
            datagrams.extend(remote.map(|remote| (remote, bytes.unwrap_or_default())));
        }
        Ok(count)
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

    async fn received(here: &UdpSocket, count: usize) -> Vec<(SocketAddr, Bytes)> {
        let mut batch = Batch::new(here.local_addr().expect("bound").is_ipv6());
        let mut all = Vec::new();
        while all.len() < count {
            batch.receive(here).await.expect("received");
            assert!(batch.datagrams.len() <= BATCH);
            all.append(&mut batch.datagrams);
        }
        all
    }

    async fn pair(address: &str) -> (UdpSocket, UdpSocket) {
        let here = UdpSocket::bind(address).await.expect("a socket");
        let there = UdpSocket::bind(address).await.expect("a socket");
        let to = here.local_addr().expect("bound");
        there.connect(to).await.expect("a socket");
        (here, there)
    }

    #[tokio::test]
    async fn what_has_come_is_taken_in_order_and_by_its_sender() {
        let (here, there) = pair("127.0.0.1:0").await;
        let count = 2 * BATCH + 3;
        for number in 0..count {
            // The empty datagram is one, too.
            there
                .send("x".repeat(number).as_bytes())
                .await
                .expect("sent");
        }
        let all = received(&here, count).await;
        let from = there.local_addr().expect("bound");
        assert!(all.iter().all(|(remote, _)| *remote == from));
        let lengths: Vec<usize> = all.iter().map(|(_, raw)| raw.len()).collect();
        assert_eq!(lengths, Vec::from_iter(0..count));
    }

    #[tokio::test]
    async fn one_thread_reads_for_both_families() {
        for address in ["127.0.0.1:0", "[::1]:0", "127.0.0.1:0", "[::1]:0"] {
            let (here, there) = pair(address).await;
            there.send(b"hello").await.expect("sent");
            let from = there.local_addr().expect("bound");
            assert_eq!(received(&here, 1).await, [(from, "hello".into())]);
        }
    }
}
