//! TCP: what listens, what connects, and how the kernel is to treat both.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// After how much silence the kernel asks whether a peer is still there, and how often before it gives up: a phone
/// whose plug was pulled says no good-bye.
const SILENCE: Duration = Duration::from_secs(60);
const ASK_EVERY: Duration = Duration::from_secs(15);

/// Opens one listening socket. IPv6 sockets take IPv6 alone.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // A restart must not wait for the connections of the one before.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Connects to a peer, from the address of ours that it knows.
pub async fn connect(local: SocketAddr, remote: SocketAddr) -> io::Result<TcpStream> {
    let socket = match remote {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if local.is_ipv4() == remote.is_ipv4() && !local.ip().is_unspecified() {
        let mut from = SocketAddr::new(local.ip(), 0);
        // A link-local address of ours is on the same link as the peer's.
        if let (SocketAddr::V6(from), SocketAddr::V6(to)) = (&mut from, remote) {
            from.set_scope_id(to.scope_id());
        }
        socket.bind(from)?;
    }
    socket.connect(remote).await
}

/// Makes a connection fit for SIP.
pub fn prepare(stream: &TcpStream) {
    // Without it, small messages wait for each other. A kernel that has neither can still be lived with.
    let _ = stream.set_nodelay(true);
    let keep_alive = TcpKeepalive::new()
        .with_time(SILENCE)
        .with_interval(ASK_EVERY);
    let _ = SockRef::from(stream).set_tcp_keepalive(&keep_alive);
}
