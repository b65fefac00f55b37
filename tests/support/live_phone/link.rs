//! The way of a phone to its server: datagrams, or a connection that is opened by the first word.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use bytes::Bytes;
use socket2::{Domain, Socket, Type};

use super::super::phone::Packet;
use super::super::wire_phone::{Pipe, tls};
use super::tape::{Tape, Way, whole};

/// What a connection is secured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    Plain,
    Tls,
}

/// Where a SIP phone listens.
const SIP: u16 = 5060;

pub enum Link {
    Datagrams {
        socket: UdpSocket,
        server: SocketAddr,
    },
    Stream {
        host: IpAddr,
        server: SocketAddr,
        security: Security,
        open: Option<Open>,
        /// How many were opened.
        count: u32,
    },
}

/// A connection that is open.
pub struct Open {
    pipe: Box<dyn Pipe>,
    /// The beginning of a message.
    waiting: Vec<u8>,
    /// Whether it has broken, and the phone does not know.
    is_broken: bool,
}

impl Link {
    pub fn datagrams(host: IpAddr, server: SocketAddr) -> Link {
        let socket = UdpSocket::bind((host, SIP)).expect("nobody else has this address");
        socket.set_nonblocking(true).expect("it is a socket");
        Link::Datagrams { socket, server }
    }

    pub fn stream(host: IpAddr, server: SocketAddr, security: Security) -> Link {
        Link::Stream {
            host,
            server,
            security,
            open: None,
            count: 0,
        }
    }

    /// Where it listens.
    pub fn local(&self) -> SocketAddr {
        match self {
            Link::Datagrams { socket, .. } => socket.local_addr().expect("it is bound"),
            Link::Stream { host, .. } => SocketAddr::new(*host, 0),
        }
    }

    /// How many connections were opened.
    pub fn connections(&self) -> u32 {
        match self {
            Link::Datagrams { .. } => 0,
            Link::Stream { count, .. } => *count,
        }
    }

    /// Says something.
    pub fn send(&mut self, bytes: &Bytes, tape: &mut Tape) {
        match self {
            Link::Datagrams { socket, server } => {
                let sent = socket.send_to(bytes, *server);
                sent.expect("the loopback is there");
            }
            Link::Stream {
                host,
                server,
                security,
                open,
                count,
            } => {
                if open.is_none() {
                    *count += 1;
                    tape.begin();
                    *open = Open::new(*host, *server, *security).ok();
                }
                let is_sent = open.as_mut().map(|open| open.send(bytes));
                tape.note(Way::ToServer, bytes);
                match (is_sent, open) {
                    (Some(Ok(())), _) => {}
                    (_, Some(open)) => open.is_broken = true,
                    // Nobody listens: the phone misses an answer.
                    (_, None) => {}
                }
            }
        }
    }

    /// What has come by now.
    pub fn take(&mut self, tape: &mut Tape) -> Vec<Packet> {
        match self {
            Link::Datagrams { socket, .. } => datagrams(socket),
            Link::Stream { open, .. } => {
                let Some(connection) = open else {
                    return Vec::new();
                };
                let mut heard = Vec::new();
                let is_over = connection.read().is_err() || connection.is_broken;
                let messages = whole(&mut connection.waiting);
                if !messages.is_empty() {
                    tape.note(Way::ToPhone, &messages);
                    heard.push(Packet::Bytes(messages.into()));
                }
                if is_over {
                    *open = None;
                    heard.push(Packet::ConnectionLost);
                }
                heard
            }
        }
    }

    pub fn close(&mut self) {
        if let Link::Stream { open, .. } = self {
            *open = None;
        }
    }
}

fn datagrams(socket: &UdpSocket) -> Vec<Packet> {
    let mut heard = Vec::new();
    let mut buffer = [0; 8192];
    while let Ok(length) = socket.recv(&mut buffer) {
        heard.push(Packet::Bytes(Bytes::copy_from_slice(&buffer[..length])));
    }
    heard
}

impl Open {
    fn new(host: IpAddr, server: SocketAddr, security: Security) -> io::Result<Open> {
        let socket = Socket::new(Domain::for_address(server), Type::STREAM, None)?;
        socket.bind(&SocketAddr::new(host, 0).into())?;
        socket.connect(&server.into())?;
        let tcp = TcpStream::from(socket);
        tcp.set_nodelay(true)?;
        let own = tcp.try_clone()?;
        let pipe: Box<dyn Pipe> = match security {
            Security::Plain => Box::new(tcp),
            Security::Tls => {
                let mut stream = tls(tcp, server);
                stream.conn.complete_io(&mut stream.sock)?;
                Box::new(stream)
            }
        };
        own.set_nonblocking(true)?;
        Ok(Open {
            pipe,
            waiting: Vec::new(),
            is_broken: false,
        })
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut left = bytes;
        while !left.is_empty() {
            match self.pipe.write(left) {
                Ok(written) => left = &left[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(error) => return Err(error),
            }
        }
        match self.pipe.flush() {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Ok(()),
        }
    }

    /// Reads what there is. An error is the end.
    fn read(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16_384];
        loop {
            match self.pipe.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(length) => self.waiting.extend_from_slice(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}
