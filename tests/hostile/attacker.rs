//! Somebody who means no good: sends what he likes, as fast as he may, from wherever he likes.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::wire_phone::Over;

/// How many messages are sent at once, and how long the pause is after them: floods are bounded so that the machine
/// has time for the honest.
pub const BURST: u64 = 50;
pub const PAUSE: Duration = Duration::from_millis(4);

/// A datagram socket of the attacker's.
pub struct Attacker {
    pub socket: UdpSocket,
    pub local: SocketAddr,
    server: SocketAddr,
}

impl Attacker {
    pub fn at(host: Ipv4Addr, server: SocketAddr) -> Attacker {
        let socket = UdpSocket::bind((host, 0)).expect("a socket");
        socket.set_nonblocking(true).expect("a socket");
        let local = socket.local_addr().expect("it is bound");
        Attacker {
            socket,
            local,
            server,
        }
    }

    /// Sends what `make` makes, again and again. Answers are not read.
    pub fn flood(&self, is_over: &AtomicBool, make: impl Fn(u64, SocketAddr) -> Vec<u8>) {
        let mut n = 0;
        while !is_over.load(Ordering::Relaxed) {
            for _ in 0..BURST {
                n += 1;
                // The system may have no room; it is only a flood.
                let _ = self.socket.send_to(&make(n, self.local), self.server);
            }
            thread::sleep(PAUSE);
        }
    }

    /// Sends something.
    pub fn send(&self, message: &[u8]) {
        let sent = self.socket.send_to(message, self.server);
        sent.expect("the loopback is there");
    }

    /// Sends something, and waits for what is answered.
    pub fn ask(&self, message: &[u8]) -> Option<String> {
        self.socket.set_nonblocking(false).expect("a socket");
        let patience = Some(Duration::from_millis(500));
        self.socket.set_read_timeout(patience).expect("a socket");
        let mut buffer = [0; 8192];
        for _ in 0..3 {
            self.send(message);
            if let Ok(length) = self.socket.recv(&mut buffer) {
                return Some(String::from_utf8_lossy(&buffer[..length]).into_owned());
            }
        }
        None
    }
}

/// A request that begins something and proves nothing, by datagram.
pub fn request(method: &str, user: &str, n: u64, local: SocketAddr, headers: &str) -> Vec<u8> {
    request_over(Over::Udp, method, user, n, local, headers)
}

/// The same over any transport.
pub fn request_over(
    over: Over,
    method: &str,
    user: &str,
    n: u64,
    local: SocketAddr,
    headers: &str,
) -> Vec<u8> {
    let to = match method {
        "BYE" => ";tag=1",
        _ => "",
    };
    let transport = over.token();
    format!(
        "{method} sip:{user}@perch SIP/2.0\r\n\
         Via: SIP/2.0/{transport} {local};branch=z9hG4bKevil{n};rport\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:{user}@perch>;tag={n}\r\n\
         To: <sip:{user}@perch>{to}\r\n\
         Call-ID: {n}@evil\r\n\
         CSeq: 1 {method}\r\n\
         Contact: <sip:evil@{local}>\r\n{headers}\
         Content-Length: 0\r\n\r\n"
    )
    .into_bytes()
}
