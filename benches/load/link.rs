//! Real sockets, from many source ports: the ways between played phones and the server.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::{Rc, Weak};

use bytes::{Bytes, BytesMut};
use perch::sip::wire::{Frame, Framer};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::spawn_local;
use tokio_rustls::TlsConnector;

use crate::Failure;
use crate::arguments::{Run, Transport};
use crate::player::World;
use crate::{secure, websocket};

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
        _ => usize::try_from(run.site.phones)?,
    };
    let connector = secure::connector()?;
    for index in 0..count {
        let local = SocketAddr::new(source(run, index), 0);
        let ear = Ear {
            world: Rc::downgrade(world),
            index,
        };
        let link = match run.transport {
            Transport::Udp => open_datagrams(ear, local, server).await?,
            transport => open_connection(ear, transport, &connector, local, server)
                .await
                .map_err(|error| format!("connection {index}: {error}. Is `ulimit -n` too low?"))?,
        };
        world.borrow_mut().links.push(link);
    }
    Ok(())
}

async fn open_datagrams(ear: Ear, local: SocketAddr, server: SocketAddr) -> Result<Link, Failure> {
    let socket = Rc::new(datagrams(local, server)?);
    // Until it is known to be so, nothing can be sent.
    socket.writable().await?;
    let local = socket.local_addr()?;
    spawn_local(read_datagrams(ear, Rc::clone(&socket)));
    Ok(Link {
        local,
        way: Way::Datagrams(socket),
    })
}

async fn open_connection(
    ear: Ear,
    transport: Transport,
    connector: &TlsConnector,
    local: SocketAddr,
    server: SocketAddr,
) -> Result<Link, Failure> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(local)?;
    let stream = socket.connect(server).await?;
    stream.set_nodelay(true)?;
    let local = stream.local_addr()?;
    let (sender, queue) = mpsc::channel(QUEUE);
    match transport {
        Transport::Udp | Transport::Tcp => speak(ear, stream, queue, Unframer::stream()),
        Transport::Tls => {
            let stream = secure::tls(connector, stream, server.ip()).await?;
            speak(ear, stream, queue, Unframer::stream());
        }
        Transport::Ws => {
            let stream = websocket::upgrade(stream, server.ip()).await?;
            speak(ear, stream, queue, Unframer::web_socket());
        }
        Transport::Wss => {
            let stream = secure::tls(connector, stream, server.ip()).await?;
            let stream = websocket::upgrade(stream, server.ip()).await?;
            speak(ear, stream, queue, Unframer::web_socket());
        }
    }
    Ok(Link {
        local,
        way: Way::Stream(sender),
    })
}

fn speak(
    ear: Ear,
    stream: impl AsyncRead + AsyncWrite + 'static,
    queue: mpsc::Receiver<Bytes>,
    unframer: Unframer,
) {
    let (reader, writer) = tokio::io::split(stream);
    let is_framed = matches!(unframer, Unframer::WebSocket(_));
    spawn_local(write_stream(writer, queue, is_framed));
    spawn_local(read_stream(ear, reader, unframer));
}

/// Finds the messages in what a connection brings.
enum Unframer {
    Stream(Framer),
    WebSocket(BytesMut),
}

impl Unframer {
    fn stream() -> Unframer {
        Unframer::Stream(Framer::new())
    }

    fn web_socket() -> Unframer {
        Unframer::WebSocket(BytesMut::new())
    }

    fn push(&mut self, bytes: &[u8]) {
        match self {
            Unframer::Stream(framer) => framer.push(bytes),
            Unframer::WebSocket(buffer) => buffer.extend_from_slice(bytes),
        }
    }

    fn next(&mut self) -> Option<Bytes> {
        loop {
            match self {
                Unframer::Stream(framer) => {
                    if let Frame::Message(message) = framer.next().ok()?? {
                        return Some(message);
                    }
                }
                Unframer::WebSocket(buffer) => {
                    if let Some(message) = websocket::unframed(buffer)? {
                        return Some(message);
                    }
                }
            }
        }
    }
}

/// The address that a socket sends from: one of the loopback's many.
fn source(run: &Run, index: usize) -> IpAddr {
    if let Some(local) = run.local {
        return local;
    }
    loopback(index, run.sources).into()
}

/// One of so many loopback addresses, in turn.
pub fn loopback(index: usize, sources: u16) -> Ipv4Addr {
    let number = u16::try_from(index % usize::from(sources.max(1))).unwrap_or(0);
    let [high, low] = (number + 1).to_be_bytes();
    Ipv4Addr::new(127, 0, high, low)
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

/// Hands the phones what comes by one socket.
struct Ear {
    world: Weak<RefCell<World>>,
    index: usize,
}

impl Ear {
    /// False if nobody listens any more.
    fn hear(&self, messages: impl IntoIterator<Item = Bytes>) -> bool {
        let Some(world) = self.world.upgrade() else {
            return false;
        };
        for message in messages {
            world.borrow_mut().received(self.index, message);
        }
        world.borrow_mut().pump();
        true
    }
}

async fn read_datagrams(ear: Ear, socket: Rc<UdpSocket>) {
    let mut buffer = vec![0; MESSAGE];
    while socket.readable().await.is_ok() {
        let messages = std::iter::from_fn(|| {
            let length = socket.try_recv(&mut buffer).ok()?;
            Some(Bytes::copy_from_slice(&buffer[..length]))
        });
        if !ear.hear(messages) {
            return;
        }
    }
}

async fn read_stream(ear: Ear, mut reader: impl AsyncRead + Unpin, mut unframer: Unframer) {
    let mut buffer = vec![0; MESSAGE];
    while let Ok(length) = reader.read(&mut buffer).await {
        unframer.push(&buffer[..length]);
        let messages = std::iter::from_fn(|| unframer.next());
        if length == 0 || !ear.hear(messages) {
            return;
        }
    }
}

async fn write_stream(
    mut writer: impl AsyncWrite + Unpin,
    mut queue: mpsc::Receiver<Bytes>,
    is_framed: bool,
) {
    while let Some(message) = queue.recv().await {
        let message = match is_framed {
            true => websocket::framed(&message),
            false => message,
        };
        let written = writer.write_all(&message).await;
        if written.is_err() || writer.flush().await.is_err() {
            return;
        }
    }
}
