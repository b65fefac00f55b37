//! Files over TFTP: one socket for requests, and one for each transfer (RFC 1350 §4).

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::sleep_until;

use super::{Door, Files, Made, NotMade, plain};
use crate::provision::tftp::{End, ErrorCode, Malformed, Packet, Request, Transfer};
use crate::provision::{Asked, Kind};
use crate::shell::guard::{Guard, Pass};
use crate::shell::places::{Place, Places};
use crate::shell::supervise::supervise;
use crate::shell::udp;

/// The most that is read of a datagram: more than any that a peer has reason to send.
const DATAGRAM: usize = 1024;

/// What whoever may have nothing is told, whatever the reason.
const NO_SUCH_FILE: &str = "no such file";

/// Opens the socket for requests.
pub fn open(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = udp::open(address)?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

/// Begins to answer.
pub fn start(socket: UdpSocket, files: Arc<Files>, guard: Arc<Guard>) {
    let settings = &files.settings.provision;
    let places = Places::new(settings.transfers, settings.transfers_per_source);
    let tftp = Arc::new(Tftp {
        socket,
        files,
        guard,
        places,
        peers: Mutex::default(),
    });
    supervise("answering TFTP requests", move || {
        Arc::clone(&tftp).listen()
    });
}

/// Requests at one address.
#[derive(Debug)]
struct Tftp {
    socket: UdpSocket,
    files: Arc<Files>,
    guard: Arc<Guard>,
    places: Places,
    /// Those whose transfers go on: a request that comes again is no other one.
    peers: Mutex<HashSet<SocketAddr>>,
}

/// Somebody who is being served.
struct Peer {
    tftp: Arc<Tftp>,
    remote: SocketAddr,
    _place: Place,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let peers = self.tftp.peers.lock();
        peers
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.remote);
        // The place is still taken: it is dropped after this.
        let others = self.tftp.places.taken().saturating_sub(1);
        self.tftp.files.metrics.provision.transfers(others);
    }
}

impl Tftp {
    async fn listen(self: Arc<Self>) {
        let mut buffer = [0; DATAGRAM];
        loop {
            // Whoever asks while all places are taken waits in the kernel: to ask again takes a phone seconds.
            self.places.until_there_is_room().await;
            match self.socket.recv_from(&mut buffer).await {
                Ok((length, remote)) => self.received(&buffer[..length], remote),
                Err(error) => {
                    // What an earlier datagram of ours met comes back here, too.
                    tracing::debug!(%error, "cannot receive TFTP requests");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
        }
    }

    /// A datagram came. Its address may be forged: what it brings there is little.
    fn received(self: &Arc<Self>, datagram: &[u8], remote: SocketAddr) {
        let (now, source) = (self.files.clock.now(), plain(remote));
        if self.guard.may_prove_nothing(now, source, false) != Pass::Go {
            return;
        }
        match Packet::read(datagram) {
            // Most names that phones try are of nothing: those cost neither a place nor a socket.
            Ok(Packet::Read(request)) if Asked::read(&request.file).file == Kind::Nothing => {
                self.asked("none");
                self.refuse(remote, ErrorCode::NotFound, NO_SUCH_FILE);
            }
            Ok(Packet::Read(request)) => self.wanted(request, remote),
            Ok(Packet::Write(_)) => {
                self.refuse(remote, ErrorCode::Access, "files are only given here");
            }
            Err(malformed) if malformed.was_request() => {
                self.refuse(remote, malformed.code(), words(malformed));
            }
            Ok(_) | Err(_) => self.guard.wasted(now, source),
        }
    }

    fn wanted(self: &Arc<Self>, request: Request, remote: SocketAddr) {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if peers.contains(&remote) {
            return;
        }
        let Some(place) = self.places.take(plain(remote)) else {
            self.asked("busy");
            return;
        };
        peers.insert(remote);
        drop(peers);
        self.files.metrics.provision.transfers(self.places.taken());
        let peer = Peer {
            tftp: Arc::clone(self),
            remote,
            _place: place,
        };
        tokio::spawn(async move {
            if let Err(error) = peer.serve(&request).await {
                tracing::debug!(remote = %peer.remote, %error, "a TFTP transfer broke");
                peer.tftp.files.metrics.provision.ended("broken");
            }
        });
    }

    fn asked(&self, outcome: &'static str) {
        let metrics = &self.files.metrics.provision;
        metrics.asked(Door::Tftp.word(), outcome);
    }

    fn refuse(&self, remote: SocketAddr, code: ErrorCode, text: &str) {
        let error = error(code, text);
        // Whoever asks again hears it then.
        let _ = self.socket.try_send_to(&error, remote);
    }
}

impl Peer {
    /// Serves one request to its end.
    async fn serve(&self, request: &Request) -> io::Result<()> {
        let files = &self.tftp.files;
        let bound = self.tftp.socket.local_addr()?;
        let socket = UdpSocket::bind(SocketAddr::new(bound.ip(), 0)).await?;
        // From now on the kernel takes nothing from anybody else, and says what our address is there.
        socket.connect(self.remote).await?;
        let local = plain(socket.local_addr()?);
        let made = files.make(&request.file, plain(self.remote), local, Door::Tftp);
        match made.await {
            Ok(made) => self.transfer(&socket, request, made).await,
            Err(not_made) => {
                let error = match not_made {
                    NotMade::NoSuchFile => error(ErrorCode::NotFound, NO_SUCH_FILE),
                    NotMade::Busy => error(ErrorCode::Undefined, "busy, try again"),
                };
                socket.send(&error).await.map(drop)
            }
        }
    }

    async fn transfer(&self, socket: &UdpSocket, request: &Request, made: Made) -> io::Result<()> {
        let files = &self.tftp.files;
        let now = || files.clock.now().uptime;
        let mut transfer = Transfer::begin(now(), request, made.bytes);
        let mut buffer = [0; DATAGRAM];
        loop {
            for packet in transfer.take_packets() {
                // What is lost is sent again; a peer that is not there any more is told by the next wait.
                let _ = socket.send(&packet).await;
            }
            let Some(deadline) = transfer.next_deadline() else {
                break;
            };
            tokio::select! {
                received = socket.recv(&mut buffer) => {
                    let length = received?;
                    transfer.receive(now(), &buffer[..length]);
                }
                () = sleep_until(files.clock.instant_at(deadline)) => transfer.wake(now()),
            }
        }
        let end = transfer.end().unwrap_or(End::Vanished);
        files.metrics.provision.ended(end.word());
        files.metrics.provision.sent_again(transfer.sent_again());
        if let (End::Done, Some(token)) = (end, made.token) {
            files.arrived(&token);
        }
        Ok(())
    }
}

fn words(malformed: Malformed) -> &'static str {
    match malformed {
        Malformed::Packet => "no packet",
        Malformed::TooLong => "request too long",
        Malformed::Name => NO_SUCH_FILE,
        Malformed::Mode => "mode must be octet or netascii",
        Malformed::Options => "an option has no value or comes twice",
    }
}

fn error(code: ErrorCode, text: &str) -> bytes::Bytes {
    let text = text.to_owned();
    Packet::Error { code, text }.bytes()
}
