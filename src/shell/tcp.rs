//! Stream connections: accepted, opened on demand, read, written.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{timeout, timeout_at};

use super::Clock;
use super::edge::Edge;
use super::flows::{Flows, Place, Sent};
use super::metrics::Metrics;
use super::settings::Limits;
use super::supervise::supervise;
use crate::sip::Flow;
use crate::sip::wire::{Frame, Framer};

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1024;

/// How much is read at once.
const READ: usize = 16 * 1024;

/// How long a peer may take to make room for what we write.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// Up to so many bytes may be a keep-alive that is not over yet, rather than an unfinished message.
const KEEP_ALIVE: usize = 3;

/// The stream side of SIP.
#[derive(Debug)]
pub struct Tcp {
    clock: Clock,
    limits: Limits,
    flows: Arc<Flows>,
    edge: Arc<Edge>,
    metrics: Arc<Metrics>,
}

/// Opens one listening socket. IPv6 sockets take IPv6 alone.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let domain = socket2::Domain::for_address(address);
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // A restart must not wait for the connections of the one before.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(BACKLOG).unwrap_or(i32::MAX))?;
    TcpListener::from_std(socket.into())
}

impl Tcp {
    /// The stream side, with nothing connected.
    pub fn new(
        clock: Clock,
        limits: Limits,
        flows: Arc<Flows>,
        edge: Arc<Edge>,
        metrics: Arc<Metrics>,
    ) -> Tcp {
        Tcp {
            clock,
            limits,
            flows,
            edge,
            metrics,
        }
    }

    /// Begins to accept connections.
    pub fn start(self: &Arc<Self>, listener: TcpListener) {
        let (tcp, listener) = (Arc::clone(self), Arc::new(listener));
        supervise("accepting connections", move || {
            Arc::clone(&tcp).accept(Arc::clone(&listener))
        });
    }

    /// Sends one message, opening a connection if there is none.
    pub fn send(self: &Arc<Self>, flow: &Flow, bytes: Bytes) {
        if let Sent::Dial(place) = self.flows.send(flow, bytes) {
            let tcp = Arc::clone(self);
            tokio::spawn(async move { tcp.dial(place).await });
        }
    }

    /// Ends every connection after what waits for it is written.
    pub fn close_all(&self) {
        self.flows.close_all();
    }

    async fn accept(self: Arc<Self>, listener: Arc<TcpListener>) {
        loop {
            let (stream, remote) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Most likely too many open files: others must end before it can go on.
                    tracing::warn!(%error, "cannot accept connections");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let Ok(local) = stream.local_addr() else {
                continue;
            };
            match self.flows.accept(local, remote) {
                Ok(place) => {
                    let tcp = Arc::clone(&self);
                    tokio::spawn(async move { tcp.serve(stream, place).await });
                }
                Err(full) => {
                    tracing::debug!(%remote, ?full, "connection refused");
                    self.metrics.dropped("too-many-connections");
                }
            }
        }
    }

    async fn dial(self: Arc<Self>, place: Place) {
        let Flow { local, remote, .. } = place.flow;
        match timeout(self.limits.connect, connect(local, remote)).await {
            Ok(Ok(stream)) => self.serve(stream, place).await,
            Ok(Err(error)) => self.not_connected(place, &error).await,
            Err(late) => self.not_connected(place, &late.into()).await,
        }
    }

    async fn not_connected(&self, place: Place, error: &io::Error) {
        tracing::info!(remote = %place.flow.remote, %error, "cannot connect");
        self.metrics.unsent("not-connected");
        self.end(place).await;
    }

    async fn serve(&self, stream: TcpStream, mut place: Place) {
        let flow = place.flow;
        // Without it, small messages wait for each other.
        let _ = stream.set_nodelay(true);
        let (reader, writer) = stream.into_split();
        let (answers, answers_out) = mpsc::channel(ANSWERS);
        let why = tokio::select! {
            why = self.read(reader, flow, answers) => why,
            why = write(writer, &mut place.outbox, answers_out) => why,
            () = place.close.cancelled() => "the peer does not read",
        };
        tracing::debug!(remote = %flow.remote, connection = flow.connection, why, "connection ended");
        self.end(place).await;
    }

    async fn end(&self, place: Place) {
        let connection = place.flow.connection;
        // Out of the table first: nothing may be queued for a connection that the exchange knows to be gone.
        drop(place);
        self.edge.closed(connection).await;
    }

    async fn read(
        &self,
        mut reader: OwnedReadHalf,
        flow: Flow,
        answers: mpsc::Sender<Bytes>,
    ) -> &'static str {
        let mut framer = Framer::new();
        let mut buffer = BytesMut::with_capacity(READ);
        let mut patience = Patience::new(self.limits, self.clock);
        loop {
            buffer.clear();
            match timeout_at(patience.until(), reader.read_buf(&mut buffer)).await {
                Err(_) => return patience.words(),
                Ok(Err(_)) => return "the connection broke",
                Ok(Ok(0)) => return "the peer closed it",
                Ok(Ok(length)) => patience.more(length),
            }
            framer.push(&buffer);
            loop {
                let answer = match framer.next() {
                    Ok(None) => break,
                    Err(error) => {
                        tracing::debug!(remote = %flow.remote, %error, "stream not understood");
                        self.metrics.dropped("stream");
                        return "the peer does not speak SIP";
                    }
                    Ok(Some(Frame::Pong)) => {
                        patience.frame(2);
                        None
                    }
                    Ok(Some(Frame::Ping)) => {
                        patience.frame(4);
                        Some(Bytes::from_static(b"\r\n"))
                    }
                    Ok(Some(Frame::Message(raw))) => {
                        patience.frame(raw.len());
                        self.edge.receive(flow, raw).await
                    }
                };
                if let Some(answer) = answer
                    && timeout(WRITE_PATIENCE, answers.send(answer)).await.is_err()
                {
                    return "the peer does not read";
                }
            }
        }
    }
}

/// How many answers may wait to be written before the reader stops reading.
const ANSWERS: usize = 16;

/// Writes what comes, in order; ends when nothing can come any more.
async fn write(
    mut writer: OwnedWriteHalf,
    outbox: &mut mpsc::Receiver<Bytes>,
    mut answers: mpsc::Receiver<Bytes>,
) -> &'static str {
    loop {
        let next = tokio::select! {
            biased;
            next = outbox.recv() => next,
            Some(answer) = answers.recv() => Some(answer),
        };
        let Some(bytes) = next else {
            let _ = timeout(WRITE_PATIENCE, writer.shutdown()).await;
            return "the server is stopping";
        };
        match timeout(WRITE_PATIENCE, writer.write_all(&bytes)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return "the connection broke",
            Err(_) => return "the peer does not read",
        }
    }
}

async fn connect(local: SocketAddr, remote: SocketAddr) -> io::Result<TcpStream> {
    let socket = match remote {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if local.is_ipv4() == remote.is_ipv4() && !local.ip().is_unspecified() {
        socket.bind(SocketAddr::new(local.ip(), 0))?;
    }
    socket.connect(remote).await
}

/// How long a connection may go on as it is.
struct Patience {
    limits: Limits,
    clock: Clock,
    /// Bytes of a message that is not finished.
    unfinished: usize,
    /// Whether it ever said something whole.
    greeted: bool,
    until: Duration,
}

impl Patience {
    fn new(limits: Limits, clock: Clock) -> Patience {
        Patience {
            limits,
            clock,
            unfinished: 0,
            greeted: false,
            until: clock.now().uptime + limits.greeting,
        }
    }

    fn until(&self) -> tokio::time::Instant {
        self.clock.instant_at(self.until)
    }

    /// Something was read. The limit for a message runs from its first byte; more bytes do not put it off.
    fn more(&mut self, length: usize) {
        let began = self.unfinished <= KEEP_ALIVE;
        self.unfinished += length;
        if began && self.unfinished > KEEP_ALIVE {
            let by_message = self.clock.now().uptime + self.limits.message;
            self.until = if self.greeted {
                by_message
            } else {
                by_message.min(self.until)
            };
        }
    }

    /// A whole frame was taken out.
    fn frame(&mut self, length: usize) {
        self.unfinished = self.unfinished.saturating_sub(length);
        self.greeted = true;
        let limit = match self.unfinished {
            0..=KEEP_ALIVE => self.limits.idle,
            _ => self.limits.message,
        };
        self.until = self.clock.now().uptime + limit;
    }

    fn words(&self) -> &'static str {
        match (self.greeted, self.unfinished > KEEP_ALIVE) {
            (_, true) => "a message was not finished in time",
            (true, false) => "it was idle for too long",
            (false, false) => "it never said anything",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::super::intake::{Inputs, intake};
    use super::*;
    use crate::exchange::Input;
    use crate::sip::{self, Registrar, Transport};

    const OPTIONS: &str = "OPTIONS sip:127.0.0.1 SIP/2.0\r\n\
        Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1\r\n\
        Max-Forwards: 70\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\n\
        Call-ID: a\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

    /// A stream side, where it listens, and what it tells the exchange.
    fn listening(limits: Limits) -> (Arc<Tcp>, SocketAddr, Inputs) {
        let clock = Clock::start();
        let (intake, inputs) = intake(16);
        let registrar = Arc::new(Registrar::new([7; 32], sip::Limits::default()));
        let metrics = Arc::new(Metrics::new(Arc::clone(&registrar)));
        let edge = Edge::new(clock, registrar, intake, Arc::clone(&metrics));
        let flows = Arc::new(Flows::new(limits, 16, Arc::clone(&metrics)));
        let tcp = Arc::new(Tcp::new(clock, limits, flows, Arc::new(edge), metrics));
        let listener = listen("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        tcp.start(listener);
        (tcp, address, inputs)
    }

    fn limits() -> Limits {
        Settings::default().limits
    }

    #[tokio::test]
    async fn pings_and_requests_are_answered() {
        let (_tcp, address, _inputs) = listening(limits());
        let mut peer = TcpStream::connect(address).await.expect("it listens");
        peer.write_all(b"\r\n\r\n").await.expect("connected");
        let mut pong = [0; 2];
        peer.read_exact(&mut pong).await.expect("an answer");
        assert_eq!(&pong, b"\r\n");
        peer.write_all(OPTIONS.as_bytes()).await.expect("connected");
        let mut answer = [0; 12];
        peer.read_exact(&mut answer).await.expect("an answer");
        assert_eq!(&answer, b"SIP/2.0 200 ");
    }

    #[tokio::test]
    async fn a_message_that_is_never_finished_ends_the_connection() {
        let (_tcp, address, mut inputs) = listening(Limits {
            message: Duration::from_millis(20),
            ..limits()
        });
        let mut peer = TcpStream::connect(address).await.expect("it listens");
        peer.write_all(b"OPTIONS").await.expect("connected");
        assert_eq!(peer.read(&mut [0]).await.expect("no reset"), 0);
        let told = inputs.own.recv().await;
        assert!(matches!(told, Some(Input::ConnectionClosed(1))), "{told:?}");
    }

    #[tokio::test]
    async fn a_silent_peer_is_cut_off() {
        let (_tcp, address, _inputs) = listening(Limits {
            greeting: Duration::from_millis(20),
            ..limits()
        });
        let mut peer = TcpStream::connect(address).await.expect("it listens");
        assert_eq!(peer.read(&mut [0]).await.expect("no reset"), 0);
    }

    #[tokio::test]
    async fn a_connection_is_opened_for_what_is_to_be_sent() {
        let (tcp, address, _inputs) = listening(limits());
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let phone = TcpListener::bind(any).await.expect("a free port");
        let flow = Flow {
            transport: Transport::Tcp,
            local: address,
            remote: phone.local_addr().expect("it is bound"),
            connection: 0,
        };
        tcp.send(&flow, Bytes::from("one "));
        tcp.send(&flow, Bytes::from("two"));
        let (mut connection, _) = phone.accept().await.expect("a connection");
        let mut got = [0; 7];
        connection
            .read_exact(&mut got)
            .await
            .expect("both messages");
        assert_eq!(&got, b"one two");
    }

    #[tokio::test]
    async fn a_peer_that_cannot_be_reached_is_told_to_the_exchange() {
        let (tcp, address, mut inputs) = listening(limits());
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let gone = TcpListener::bind(any).await.expect("a free port");
        let remote = gone.local_addr().expect("it is bound");
        drop(gone);
        let flow = Flow {
            transport: Transport::Tcp,
            local: address,
            remote,
            connection: 0,
        };
        tcp.send(&flow, Bytes::from("lost"));
        let told = inputs.own.recv().await;
        assert!(matches!(told, Some(Input::ConnectionClosed(1))), "{told:?}");
    }
}
