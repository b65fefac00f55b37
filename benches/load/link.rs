//! Real sockets, from many source ports: the ways between played phones and the server.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::{Rc, Weak};

use bytes::Bytes;
use perch::sip::wire::{Frame, Framer};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::spawn_local;

use crate::Failure;
use crate::arguments::{Run, Transport};
use crate::player::World;

/// The largest message that a server sends us.
const MESSAGE: usize = 16 * 1024;

/// What the kernel is asked to buffer per datagram socket and direction.
const BUFFER: usize = 1024 * 1024;

/// How many messages may wait for one connection.
const QUEUE: usize = 64;

/// One socket.
pub struct Link {
    pub local: SocketAddr,
    way: Way,
}

enum Way {
    Datagrams(Rc<UdpSocket>),
    Stream(mpsc::Sender<Bytes>),
}

impl Link {
    /// Sends a message, or loses it: it is sent again when no answer comes.
    pub fn send(&self, bytes: &Bytes) {
        match &self.way {
            Way::Datagrams(socket) => drop(socket.try_send(bytes)),
            Way::Stream(queue) => drop(queue.try_send(bytes.clone())),
        }
    }
}

/// Opens the sockets, and begins to read from them. To be called within a `LocalSet`.
pub async fn open(
    world: &Rc<RefCell<World>>,
    run: &Run,
    server: SocketAddr,
) -> Result<(), Failure> {
    let count = match run.transport {
        Transport::Udp => run.ports,
        Transport::Tcp => usize::try_from(run.site.phones)?,
    };
    for index in 0..count {
        let local = SocketAddr::new(source(run, index), 0);
        let world_of_reader = Rc::downgrade(world);
        let link = match run.transport {
            Transport::Udp => {
                let socket = Rc::new(datagrams(local, server)?);
                // Until it is known to be so, nothing can be sent.
                socket.writable().await?;
                let link = Link {
                    local: socket.local_addr()?,
                    way: Way::Datagrams(Rc::clone(&socket)),
                };
                spawn_local(read_datagrams(world_of_reader, index, socket));
                link
            }
            Transport::Tcp => {
                let socket = TcpSocket::new_v4()?;
                socket.bind(local)?;
                let stream = socket.connect(server).await.map_err(|error| {
                    format!("connection {index} cannot be opened: {error}. Is `ulimit -n` too low?")
                })?;
                stream.set_nodelay(true)?;
                let local = stream.local_addr()?;
                let (reader, writer) = stream.into_split();
                let (sender, queue) = mpsc::channel(QUEUE);
                spawn_local(write_stream(writer, queue));
                spawn_local(read_stream(world_of_reader, index, reader));
                Link {
                    local,
                    way: Way::Stream(sender),
                }
            }
        };
        world.borrow_mut().links.push(link);
    }
    Ok(())
}

/// The address that a socket sends from: one of the loopback's many.
fn source(run: &Run, index: usize) -> IpAddr {
    if let Some(local) = run.local {
        return local;
    }
    let number = u16::try_from(index % usize::from(run.sources.max(1))).unwrap_or(0);
    let [high, low] = (number + 1).to_be_bytes();
    Ipv4Addr::new(127, 0, high, low).into()
}

fn datagrams(local: SocketAddr, server: SocketAddr) -> Result<UdpSocket, Failure> {
    let socket = Socket::new(Domain::for_address(local), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    socket.set_recv_buffer_size(BUFFER)?;
    socket.set_send_buffer_size(BUFFER)?;
    socket.bind(&local.into())?;
    socket.connect(&server.into())?;
    Ok(UdpSocket::from_std(socket.into())?)
}

async fn read_datagrams(world: Weak<RefCell<World>>, index: usize, socket: Rc<UdpSocket>) {
    let mut buffer = vec![0; MESSAGE];
    while socket.readable().await.is_ok() {
        let Some(world) = world.upgrade() else { return };
        while let Ok(length) = socket.try_recv(&mut buffer) {
            let message = Bytes::copy_from_slice(&buffer[..length]);
            world.borrow_mut().received(index, message);
        }
        world.borrow_mut().pump();
    }
}

async fn read_stream(
    world: Weak<RefCell<World>>,
    index: usize,
    mut reader: impl AsyncRead + Unpin,
) {
    let mut framer = Framer::new();
    let mut buffer = vec![0; MESSAGE];
    while let Ok(length) = reader.read(&mut buffer).await {
        let Some(world) = world.upgrade().filter(|_| length > 0) else {
            return;
        };
        framer.push(&buffer[..length]);
        while let Ok(Some(frame)) = framer.next() {
            if let Frame::Message(message) = frame {
                world.borrow_mut().received(index, message);
            }
        }
        world.borrow_mut().pump();
    }
}

async fn write_stream(mut writer: impl AsyncWrite + Unpin, mut queue: mpsc::Receiver<Bytes>) {
    while let Some(message) = queue.recv().await {
        if writer.write_all(&message).await.is_err() {
            return;
        }
    }
}
