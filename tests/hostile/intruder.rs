//! Somebody on a stream connection who goes as far as he likes: to the first byte, through the handshakes, into a message.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::attacker::{BURST, PAUSE};
use crate::wire_phone::{Over, Pipe, tls};

/// How long something that is to happen within a second or two may take.
pub const SOON: Duration = Duration::from_secs(15);

/// How long somebody who floods waits for room.
const NO_ROOM: Duration = Duration::from_millis(100);

pub struct Intruder {
    pub over: Over,
    pub local: SocketAddr,
    /// The connection without what is on top of it.
    pub end: TcpStream,
    pipe: Box<dyn Pipe>,
}

impl Intruder {
    /// Connected, and not a byte said.
    pub fn at(host: Ipv4Addr, over: Over, server: SocketAddr) -> Intruder {
        Intruder::connect(host, over, server).expect("it listens")
    }

    pub fn connect(host: Ipv4Addr, over: Over, server: SocketAddr) -> io::Result<Intruder> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.bind(&SocketAddr::from((host, 0)).into())?;
        socket.connect(&server.into())?;
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(SOON))?;
        let (local, end) = (stream.local_addr()?, stream.try_clone()?);
        let pipe: Box<dyn Pipe> = match over {
            Over::Tls | Over::Wss => Box::new(tls(stream, server)),
            _ => Box::new(stream),
        };
        Ok(Intruder {
            over,
            local,
            end,
            pipe,
        })
    }

    /// Goes through every handshake.
    pub fn get_ready(&mut self) -> io::Result<()> {
        self.pipe.flush()?;
        if !is_web_socket(self.over) {
            return Ok(());
        }
        self.write(UPGRADE)?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.pipe.read_exact(&mut byte)?;
            answer.extend(byte);
        }
        match answer.starts_with(b"HTTP/1.1 101 ") {
            true => Ok(()),
            false => Err(ErrorKind::InvalidData.into()),
        }
    }

    /// Writes bytes where messages would be.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pipe.write_all(bytes)?;
        self.pipe.flush()
    }

    /// Writes bytes below what is on top of the connection.
    pub fn write_below(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.end.write_all(bytes)
    }
}

/// Whether the server ends the connection, whatever it says before.
pub fn is_ended(end: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    match end.read_to_end(&mut rest) {
        Ok(_) => true,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

/// Pours out what `make` makes and reads nothing, by one connection after the other, until it is over.
pub fn pour(
    (host, over, server): (Ipv4Addr, Over, SocketAddr),
    is_over: &AtomicBool,
    make: impl Fn(u64, SocketAddr) -> Vec<u8>,
) {
    let mut n = 0;
    while !is_over.load(Ordering::Relaxed) {
        // Some connections are refused; so is this attack meant.
        if let Ok(mut intruder) = Intruder::connect(host, over, server)
            && intruder.get_ready().is_ok()
        {
            let room = intruder.end.set_write_timeout(Some(NO_ROOM));
            room.expect("a socket has time-outs");
            while !is_over.load(Ordering::Relaxed) && intruder.burst(&mut n, &make) {
                thread::sleep(PAUSE);
            }
        }
        thread::sleep(PAUSE);
    }
}

impl Intruder {
    /// Whether the connection is still there afterwards.
    fn burst(&mut self, n: &mut u64, make: &impl Fn(u64, SocketAddr) -> Vec<u8>) -> bool {
        for _ in 0..BURST {
            *n += 1;
            if let Err(error) = self.write(&make(*n, self.local)) {
                return matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            }
        }
        true
    }
}

/// A message as it is sent on a transport.
pub fn framed(over: Over, message: Vec<u8>) -> Vec<u8> {
    match is_web_socket(over) {
        true => frame(0x81, &message),
        false => message,
    }
}

/// A frame of a client's, with a mask that changes nothing. `first` says what it is and whether it is the last.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | length as u8),
        length @ 126..65_536 => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

fn is_web_socket(over: Over) -> bool {
    matches!(over, Over::Ws | Over::Wss)
}

const UPGRADE: &[u8] =
    b"GET /sip HTTP/1.1\r\nHost: perch\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Protocol: sip\r\n\r\n";
