//! Which of the sockets for media are free.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::EndId;

/// The sockets for media, by the addresses that they are bound to. Every clone takes from the same ones: each protocol
/// has one.
#[derive(Clone, Debug, Default)]
pub struct Ports(Arc<Mutex<Sockets>>);

#[derive(Debug, Default)]
struct Sockets {
    bound: Vec<SocketAddr>,
    uses: Vec<u64>,
    /// Longest unused first: what was on its way to an earlier use has arrived until a socket is used again.
    free: VecDeque<usize>,
}

impl Ports {
    /// All of them free.
    pub fn new(bound: Vec<SocketAddr>) -> Ports {
        Ports(Arc::new(Mutex::new(Sockets {
            uses: vec![0; bound.len()],
            free: (0..bound.len()).collect(),
            bound,
        })))
    }

    fn sockets(&self) -> MutexGuard<'_, Sockets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a socket that is reached at `local`. None if all of those are in use.
    pub fn take(&self, local: IpAddr) -> Option<(EndId, SocketAddr)> {
        let mut sockets = self.sockets();
        let reaches = |socket: &usize| {
            let bound = sockets.bound[*socket].ip();
            bound == local || bound.is_unspecified() && bound.is_ipv4() == local.is_ipv4()
        };
        let at = sockets.free.iter().position(reaches)?;
        let socket = sockets.free.remove(at)?;
        sockets.uses[socket] += 1;
        let end = EndId {
            socket,
            use_no: sockets.uses[socket],
        };
        let port = sockets.bound[socket].port();
        Some((end, SocketAddr::new(local, port)))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.sockets().bound.len()
    }

    /// Gives a socket back. Giving back what is not in use any more does nothing.
    pub fn give_back(&self, end: EndId) {
        let mut sockets = self.sockets();
        let is_current = sockets.uses.get(end.socket) == Some(&end.use_no);
        if is_current && !sockets.free.contains(&end.socket) {
            sockets.free.push_back(end.socket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_socket_serves_those_who_reach_it_one_at_a_time() {
        let ports = Ports::new(vec![
            at("0.0.0.0:10000"),
            at("[::]:10000"),
            at("192.0.2.1:10002"),
        ]);
        let v4: IpAddr = "192.0.2.7".parse().expect("an address");
        let v6: IpAddr = "2001:db8::7".parse().expect("an address");
        let (first, reached) = ports.take(v4).expect("one is free");
        assert_eq!(reached, at("192.0.2.7:10000"));
        assert_eq!(ports.take(v4), None);
        let (_, reached) = ports.take(v6).expect("one is free");
        assert_eq!(reached, at("[2001:db8::7]:10000"));
        ports.give_back(first);
        ports.give_back(first);
        let (second, _) = ports.take(v4).expect("it was given back");
        assert_ne!(first, second);
        ports.give_back(first);
        let both = ports.clone();
        assert_eq!(both.take(v4), None, "an earlier use gives nothing back");
    }

    #[test]
    fn the_one_that_rested_longest_comes_first() {
        let ports = Ports::new(vec![at("127.0.0.1:10000"), at("127.0.0.1:10002")]);
        let local: IpAddr = "127.0.0.1".parse().expect("an address");
        let mut seen = Vec::new();
        for _ in 0..3 {
            let (end, reached) = ports.take(local).expect("one is free");
            ports.give_back(end);
            seen.push(reached.port());
        }
        assert_eq!(seen, [10000, 10002, 10000]);
    }
}
