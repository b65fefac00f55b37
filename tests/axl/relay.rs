//! Bytes to and fro between a port that somebody insists on and the port that a server has.

use std::io;
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;

/// Such a port. It is open until the process ends.
pub struct Relay {
    at: SocketAddr,
}

impl Relay {
    /// Connections to `at` lead to `server`.
    pub fn open(at: SocketAddr, server: SocketAddr) -> Relay {
        let listener = TcpListener::bind(at).expect("nobody is at this address");
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                thread::spawn(move || join(client, server));
            }
        });
        Relay { at }
    }

    /// Its address.
    pub fn host(&self) -> IpAddr {
        self.at.ip()
    }
}

fn join(client: TcpStream, server: SocketAddr) {
    let Ok(server) = TcpStream::connect(server) else {
        return;
    };
    let twins = (client.try_clone(), server.try_clone());
    let (Ok(from_server), Ok(to_server)) = (twins.1, twins.0) else {
        return;
    };
    let back = thread::spawn(move || pump(from_server, to_server));
    pump(client, server);
    // It ends when its end has come.
    let _ = back.join();
}

fn pump(mut from: TcpStream, mut to: TcpStream) {
    // Whoever hangs up first does so for both.
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}
