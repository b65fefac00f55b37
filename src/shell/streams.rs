//! The stream side of SIP: connections accepted and opened on demand, over TCP, TLS and WebSocket.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{timeout, timeout_at};

use super::flows::{Accepted, Flows, Newcomer, Place, Sent, without_scope};
use super::patience::Patience;
use super::stream::{Framing, Service};
use super::supervise::supervise;
use super::tls::Tls;
use super::{tcp, ws};
use crate::sip::{Flow, Transport};

/// The stream side of SIP.
#[derive(Debug)]
pub struct Streams {
    service: Service,
    flows: Arc<Flows>,
    tls: Arc<Tls>,
    /// The origins that WebSockets may have; none: any.
    origins: Vec<String>,
}

impl Streams {
    /// The stream side, with nothing connected.
    pub fn new(
        service: Service,
        flows: Arc<Flows>,
        tls: Arc<Tls>,
        origins: Vec<String>,
    ) -> Streams {
        Streams {
            service,
            flows,
            tls,
            origins,
        }
    }

    /// Begins to accept connections.
    pub fn start(self: &Arc<Self>, transport: Transport, listener: TcpListener) {
        let (streams, listener) = (Arc::clone(self), Arc::new(listener));
        supervise("accepting connections", move || {
            Arc::clone(&streams).accept(transport, Arc::clone(&listener))
        });
    }

    /// Sends one message, opening a connection if there is none.
    pub fn send(self: &Arc<Self>, flow: &Flow, bytes: Bytes) {
        let streams = Arc::clone(self);
        match self.flows.send(flow, bytes) {
            Sent::Queued => {}
            Sent::Dial(place) => {
                tokio::spawn(async move { streams.dial(place).await });
            }
            Sent::Lost => {
                // Whoever sends must not wait; what it is to hear comes back by the queue of its inputs.
                let flow = *flow;
                tokio::spawn(async move { streams.service.edge.unreachable(flow).await });
            }
        }
    }

    /// Ends every connection after what waits for it is written.
    pub fn close_all(&self) {
        self.flows.close_all();
    }

    async fn accept(self: Arc<Self>, transport: Transport, listener: Arc<TcpListener>) {
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
            if let Some(place) = self.place(transport, without_scope(local), remote) {
                let streams = Arc::clone(&self);
                tokio::spawn(async move { streams.welcome(stream, place).await });
            }
        }
    }

    /// The place of a connection that a peer opened, if it may have one.
    fn place(&self, transport: Transport, local: SocketAddr, remote: SocketAddr) -> Option<Place> {
        let edge = &self.service.edge;
        if !edge.may_connect(remote.ip(), transport.is_secure()) {
            return None;
        }
        let newcomer = match edge.is_trusted(remote.ip()) {
            true => Newcomer::Trusted,
            false => Newcomer::Limited,
        };
        match self.flows.accept(transport, local, remote, newcomer) {
            Ok(Accepted { place, gave_way }) => {
                if let Some(source) = gave_way {
                    edge.gave_way(source);
                }
                Some(place)
            }
            Err(full) => {
                tracing::debug!(%remote, ?full, "connection refused");
                self.service.metrics.dropped("too-many-connections");
                edge.connection_refused(remote.ip());
                None
            }
        }
    }

    /// Serves a connection that a peer opened, once the handshakes are done.
    async fn welcome(&self, stream: TcpStream, mut place: Place) {
        tcp::prepare(&stream);
        let patience = self.service.patience();
        let why = match place.flow.transport {
            Transport::Tls => match self.tls_handshake(stream, &place, &patience).await {
                Ok(stream) => self.serve(stream, &mut place, patience).await,
                Err(why) => why,
            },
            Transport::Ws => self.open_web_socket(stream, &mut place, patience).await,
            Transport::Wss => match self.tls_handshake(stream, &place, &patience).await {
                Ok(stream) => self.open_web_socket(stream, &mut place, patience).await,
                Err(why) => why,
            },
            Transport::Tcp | Transport::Udp => self.serve(stream, &mut place, patience).await,
        };
        ended(&place.flow, why);
    }

    async fn tls_handshake(
        &self,
        stream: TcpStream,
        place: &Place,
        patience: &Patience,
    ) -> Result<impl AsyncRead + AsyncWrite + Unpin + use<>, &'static str> {
        match in_time(place, patience, self.tls.accept(stream)).await? {
            Ok(stream) => Ok(stream),
            Err(error) => {
                tracing::debug!(remote = %place.flow.remote, %error, "TLS handshake failed");
                self.service.metrics.dropped("tls-handshake");
                Err("the TLS handshake failed")
            }
        }
    }

    async fn open_web_socket<S>(
        &self,
        stream: S,
        place: &mut Place,
        patience: Patience,
    ) -> &'static str
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let accepting = ws::accept(stream, &self.origins);
        match in_time(place, &patience, accepting).await {
            Ok(Ok(stream)) => {
                self.service
                    .serve(stream, Framing::WebSocket, place, patience)
                    .await
            }
            Ok(Err(error)) => {
                tracing::debug!(remote = %place.flow.remote, %error, "WebSocket handshake refused");
                self.service.metrics.dropped("websocket-handshake");
                "the WebSocket handshake was refused"
            }
            Err(why) => why,
        }
    }

    async fn serve<S>(&self, stream: S, place: &mut Place, patience: Patience) -> &'static str
    where
        S: AsyncRead + AsyncWrite,
    {
        self.service
            .serve(stream, Framing::Length, place, patience)
            .await
    }

    /// Opens a connection to a peer, and serves it.
    async fn dial(self: Arc<Self>, mut place: Place) {
        let Flow {
            transport,
            local,
            remote,
            ..
        } = place.flow;
        let limit = self.service.limits.connect;
        let why = match transport {
            Transport::Tls => match timed(limit, self.tls.connect(local, remote)).await {
                Ok(stream) => {
                    let patience = self.service.patience();
                    self.serve(stream, &mut place, patience).await
                }
                Err(error) => return self.not_connected(place, &error).await,
            },
            _ => match timed(limit, tcp::connect(local, remote)).await {
                Ok(stream) => {
                    tcp::prepare(&stream);
                    let patience = self.service.patience();
                    self.serve(stream, &mut place, patience).await
                }
                Err(error) => return self.not_connected(place, &error).await,
            },
        };
        // What was sent by "any connection" went by this one.
        self.service.edge.unreachable(place.flow).await;
        ended(&place.flow, why);
    }

    async fn not_connected(&self, place: Place, error: &io::Error) {
        let flow = place.flow;
        tracing::info!(remote = %flow.remote, transport = flow.transport.word(), %error, "cannot connect");
        self.service.metrics.unsent("not-connected");
        // Out of the table first: the next message is to be tried anew.
        drop(place);
        self.service.edge.unreachable(flow).await;
    }
}

/// A handshake, for as long as it may last: it ends early when it is the oldest of too many.
async fn in_time<T>(
    place: &Place,
    patience: &Patience,
    handshake: impl Future<Output = T>,
) -> Result<T, &'static str> {
    tokio::select! {
        done = timeout_at(patience.until(), handshake) => {
            done.map_err(|_| "a handshake was not finished in time")
        }
        () = place.close.cancelled() => Err("it made room for others before it proved anything"),
    }
}

async fn timed<T>(
    limit: Duration,
    connecting: impl Future<Output = io::Result<T>>,
) -> io::Result<T> {
    timeout(limit, connecting).await?
}

fn ended(flow: &Flow, why: &'static str) {
    let (remote, connection) = (flow.remote, flow.connection);
    let transport = flow.transport.word();
    tracing::debug!(%remote, transport, connection, why, "connection ended");
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::edge::Edge;
    use super::super::guard::Guard;
    use super::super::intake::{Inputs, intake};
    use super::super::metrics::Metrics;
    use super::super::settings::Limits;
    use super::super::{Clock, Settings};
    use super::*;
    use crate::exchange::Input;
    use crate::sip::{self, Registrar};

    const OPTIONS: &str = "OPTIONS sip:127.0.0.1 SIP/2.0\r\n\
        Via: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK1\r\n\
        Max-Forwards: 70\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\n\
        Call-ID: a\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

    /// A stream side that listens at the loopback.
    struct World {
        streams: Arc<Streams>,
        address: SocketAddr,
        inputs: Inputs,
        _data: tempfile::TempDir,
    }

    fn listening(transport: Transport, limits: Limits) -> World {
        let clock = Clock::start();
        let (intake, inputs) = intake(16);
        let registrar = Arc::new(Registrar::new([7; 32], sip::Limits::default()));
        let metrics = Arc::new(Metrics::new(Arc::clone(&registrar)));
        let guard = Guard::new(Default::default(), Arc::clone(&metrics));
        let guard = Arc::new(guard);
        let edge = Edge::new(clock, registrar, intake, Arc::clone(&metrics), guard);
        let edge = Arc::new(edge);
        let flows = Arc::new(Flows::new(limits, 16, Arc::clone(&metrics)));
        let data = tempfile::tempdir().expect("a directory");
        let settings = Settings {
            data: data.path().to_owned(),
            ..Settings::default()
        };
        let tls = Tls::open(&settings, clock.now().utc, Arc::clone(&metrics));
        let service = Service {
            clock,
            limits,
            edge,
            metrics,
        };
        let tls = Arc::new(tls.expect("a certificate can be made"));
        let streams = Arc::new(Streams::new(service, flows, tls, Vec::new()));
        let any = "127.0.0.1:0".parse().expect("an address");
        let listener = tcp::listen(any).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        streams.start(transport, listener);
        World {
            streams,
            address,
            inputs,
            _data: data,
        }
    }

    fn limits() -> Limits {
        Settings::default().limits
    }

    fn soon() -> Limits {
        Limits {
            greeting: Duration::from_millis(20),
            ..limits()
        }
    }

    fn flow(world: &World, remote: SocketAddr) -> Flow {
        Flow {
            transport: Transport::Tcp,
            local: world.address,
            remote,
            connection: 0,
        }
    }

    #[tokio::test]
    async fn pings_and_requests_are_answered() {
        let world = listening(Transport::Tcp, limits());
        let mut peer = TcpStream::connect(world.address).await.expect("it listens");
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
    async fn who_has_said_all_still_gets_the_answers() {
        let mut world = listening(Transport::Tcp, limits());
        let mut peer = TcpStream::connect(world.address).await.expect("it listens");
        let many = OPTIONS.repeat(50);
        peer.write_all(many.as_bytes()).await.expect("connected");
        peer.shutdown().await.expect("connected");
        let told = world.inputs.own.recv().await;
        assert!(matches!(told, Some(Input::ConnectionClosed(1))), "{told:?}");
        // What the exchange answers after it was told comes through, too.
        let late = Flow {
            remote: peer.local_addr().expect("it is connected"),
            connection: 1,
            ..flow(&world, world.address)
        };
        world.streams.send(&late, Bytes::from("late"));
        let mut answers = String::new();
        let read = peer.read_to_string(&mut answers).await;
        read.expect("an end, not a reset");
        assert_eq!(answers.matches("SIP/2.0 200 ").count(), 50);
        assert!(answers.ends_with("late"));
    }

    #[tokio::test]
    async fn a_message_that_is_never_finished_ends_the_connection() {
        let limits = Limits {
            message: Duration::from_millis(20),
            ..limits()
        };
        let mut world = listening(Transport::Tcp, limits);
        let mut peer = TcpStream::connect(world.address).await.expect("it listens");
        peer.write_all(b"OPTIONS").await.expect("connected");
        assert_eq!(peer.read(&mut [0]).await.expect("no reset"), 0);
        let told = world.inputs.own.recv().await;
        assert!(matches!(told, Some(Input::ConnectionClosed(1))), "{told:?}");
    }

    #[tokio::test]
    async fn a_silent_peer_is_cut_off_whatever_it_should_have_said() {
        for transport in [
            Transport::Tcp,
            Transport::Tls,
            Transport::Ws,
            Transport::Wss,
        ] {
            let world = listening(transport, soon());
            let mut peer = TcpStream::connect(world.address).await.expect("it listens");
            let read = peer.read(&mut [0]).await.expect("no reset");
            assert_eq!(read, 0, "{transport:?}");
        }
    }

    #[tokio::test]
    async fn a_connection_is_opened_for_what_is_to_be_sent() {
        let world = listening(Transport::Tcp, limits());
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let phone = TcpListener::bind(any).await.expect("a free port");
        let flow = flow(&world, phone.local_addr().expect("it is bound"));
        world.streams.send(&flow, Bytes::from("one "));
        world.streams.send(&flow, Bytes::from("two"));
        let (mut connection, _) = phone.accept().await.expect("a connection");
        let mut got = [0; 7];
        let read = connection.read_exact(&mut got).await;
        read.expect("both messages");
        assert_eq!(&got, b"one two");
    }

    #[tokio::test]
    async fn a_peer_that_cannot_be_reached_is_told_to_the_exchange() {
        for transport in [Transport::Tcp, Transport::Tls, Transport::Ws] {
            let mut world = listening(Transport::Tcp, limits());
            let any = SocketAddr::from(([127, 0, 0, 1], 0));
            let gone = TcpListener::bind(any).await.expect("a free port");
            let remote = gone.local_addr().expect("it is bound");
            drop(gone);
            let flow = Flow {
                transport,
                ..flow(&world, remote)
            };
            world.streams.send(&flow, Bytes::from("lost"));
            let told = world.inputs.own.recv().await;
            let Some(Input::Unreachable(lost)) = told else {
                panic!("{told:?}");
            };
            assert_eq!((lost.transport, lost.remote), (transport, remote));
        }
    }
}
