//! Sockets for media of our own: one task reads and writes all of them, every 20 ms, while any is in use.
//!
//! Nobody waits for a packet: what has come by a tick is read then, and no more of it than anybody has to say. A flood
//! fills the buffer of its socket and goes no further.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};

use super::Clock;
use super::intake::Intake;
use super::metrics::Metrics;
use super::settings::Settings;
use super::supervise::supervise;
use crate::exchange::Input;
use crate::media::{EndId, Endpoint, Mixer, Order, Report, Sound, mix};
use crate::pbx::ConferenceId;

/// How long a frame lasts, and so how often all ends are looked at.
const TICK: Duration = Duration::from_millis(20);

/// So many packets of one end are read in a tick: a phone sends one or two.
const MOST_PACKETS: usize = 16;

/// So many packets that were meant for an earlier call are thrown away before the next.
const MOST_LEFTOVERS: usize = 256;

/// No packet that we understand is longer.
const PACKET: usize = 2048;

/// How the network is asked to treat voice: expedited forwarding (RFC 4594 §4.1), as the byte that carries it.
const VOICE: u32 = 46 << 2;

/// The sockets, and what they are used for.
#[derive(Debug)]
pub struct Media {
    clock: Clock,
    sockets: Vec<Line>,
    conferences: Mutex<BTreeMap<ConferenceId, Conference>>,
    in_use: AtomicUsize,
    wake: Notify,
    intake: Intake,
    metrics: Arc<Metrics>,
}

/// Ends that hear each other.
#[derive(Debug)]
struct Conference {
    mixer: Mixer,
    ends: Vec<EndId>,
}

/// One socket.
#[derive(Debug)]
struct Line {
    socket: UdpSocket,
    end: Mutex<Option<(EndId, Endpoint)>>,
}

impl Line {
    fn end(&self) -> MutexGuard<'_, Option<(EndId, Endpoint)>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens what can be opened of the ports for media. Others may use some of them: those are left to them.
pub fn open(settings: &Settings) -> Vec<UdpSocket> {
    let mut sockets = Vec::new();
    let mut skipped: Vec<(SocketAddr, io::Error)> = Vec::new();
    for address in settings.media_addresses() {
        match bind(address) {
            Ok(socket) => sockets.push(socket),
            Err(why) => skipped.push((address, why)),
        }
    }
    if let Some((address, why)) = skipped.first() {
        tracing::warn!(
            count = skipped.len(),
            first = %address,
            %why,
            "ports for media that cannot be used are left out"
        );
    }
    if sockets.is_empty() {
        tracing::error!(
            "there is no port for media: nobody can log in by tones; see [media] ports"
        );
    }
    sockets
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    // Where the host does not let voice be marked it is sent all the same.
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
        let _ = socket.set_tclass_v6(VOICE);
    } else {
        let _ = socket.set_tos_v4(VOICE);
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

impl Media {
    /// Takes opened sockets over.
    pub fn new(
        clock: Clock,
        sockets: Vec<UdpSocket>,
        intake: Intake,
        metrics: Arc<Metrics>,
    ) -> Media {
        let line = |socket| Line {
            socket,
            end: Mutex::default(),
        };
        Media {
            clock,
            sockets: sockets.into_iter().map(line).collect(),
            conferences: Mutex::default(),
            in_use: AtomicUsize::new(0),
            wake: Notify::new(),
            intake,
            metrics,
        }
    }

    /// What the sockets are bound to, in their order.
    pub fn bound(&self) -> io::Result<Vec<SocketAddr>> {
        let sockets = self.sockets.iter();
        sockets.map(|line| line.socket.local_addr()).collect()
    }

    /// Begins to serve them.
    pub fn start(self: &Arc<Self>) {
        let media = Arc::clone(self);
        supervise("media", move || {
            let media = Arc::clone(&media);
            async move { media.serve().await }
        });
    }

    /// Does what the exchange wants of an end. Never waits for the network.
    pub fn carry_out(&self, now: Duration, order: Order) {
        match order {
            Order::Open { end, seed } => self.open_end(now, end, seed),
            Order::Close(end) => self.close_end(end),
            Order::Agree {
                end,
                format,
                remote,
            } => drop(self.with(end, |endpoint| endpoint.agree(format, remote))),
            Order::Play { end, tone } => drop(self.with(end, |endpoint| endpoint.play(tone))),
            Order::Hush(end) => drop(self.with(end, Endpoint::hush)),
            Order::Echo(end) => drop(self.with(end, Endpoint::echo)),
            Order::Join { end, conference } => self.join(now, end, conference),
        }
    }

    fn join(&self, now: Duration, end: EndId, conference: ConferenceId) {
        if self.with(end, Endpoint::join).is_none() {
            return;
        }
        let mut conferences = self.conferences();
        let mixer = || Conference {
            mixer: Mixer::new(now),
            ends: Vec::new(),
        };
        let ends = &mut conferences.entry(conference).or_insert_with(mixer).ends;
        if !ends.contains(&end) {
            ends.push(end);
        }
    }

    fn conferences(&self) -> MutexGuard<'_, BTreeMap<ConferenceId, Conference>> {
        let conferences = self.conferences.lock();
        conferences.unwrap_or_else(PoisonError::into_inner)
    }

    fn open_end(&self, now: Duration, end: EndId, seed: u64) {
        let Some(line) = self.sockets.get(end.socket) else {
            return;
        };
        let mut buffer = [0; 1];
        for _ in 0..MOST_LEFTOVERS {
            if line.socket.recv_from(&mut buffer).is_err() {
                break;
            }
        }
        let before = line.end().replace((end, Endpoint::new(now, seed)));
        if before.is_none() {
            self.count(self.in_use.fetch_add(1, Ordering::Relaxed) + 1);
        }
        self.wake.notify_one();
    }

    fn close_end(&self, end: EndId) {
        let line = self.sockets.get(end.socket);
        let closed = line.and_then(|line| line.end().take_if(|(id, _)| *id == end));
        if closed.is_some() {
            self.count(self.in_use.fetch_sub(1, Ordering::Relaxed) - 1);
        }
        self.conferences().retain(|_, conference| {
            conference.ends.retain(|other| *other != end);
            !conference.ends.is_empty()
        });
    }

    fn count(&self, in_use: usize) {
        self.metrics.media_ends(in_use);
    }

    fn with<T>(&self, end: EndId, act: impl FnOnce(&mut Endpoint) -> T) -> Option<T> {
        let mut held = self.sockets.get(end.socket)?.end();
        let (_, endpoint) = held.as_mut().filter(|(id, _)| *id == end)?;
        Some(act(endpoint))
    }

    async fn serve(&self) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            if self.in_use.load(Ordering::Relaxed) == 0 {
                self.wake.notified().await;
                ticks.reset_immediately();
            }
            ticks.tick().await;
            let now = self.clock.now().uptime;
            for line in &self.sockets {
                self.receive(now, line);
            }
            self.mix(now);
            for line in &self.sockets {
                self.send(now, line);
            }
        }
    }

    /// Lets the ends of each conference hear what the others have said.
    fn mix(&self, now: Duration) {
        for conference in self.conferences().values_mut() {
            for _ in 0..conference.mixer.frames_due(now) {
                let ends = conference.ends.iter();
                let say = |end: &EndId| self.with(*end, Endpoint::say).flatten();
                let said: Vec<Option<Sound>> = ends.clone().map(say).collect();
                for (end, sound) in ends.zip(mix(&said)) {
                    self.with(*end, |endpoint| endpoint.hear(sound));
                }
            }
        }
    }

    fn receive(&self, now: Duration, line: &Line) {
        let mut held = line.end();
        let Some((end, endpoint)) = held.as_mut() else {
            return;
        };
        let end = *end;
        let mut buffer = [0; PACKET];
        let mut digits = Vec::new();
        let mut received = 0;
        for _ in 0..MOST_PACKETS {
            let Ok((length, from)) = line.socket.recv_from(&mut buffer) else {
                break;
            };
            received += 1;
            digits.extend(endpoint.receive(now, from, &buffer[..length]));
        }
        drop(held);
        self.metrics.media(received, 0, 0);
        for digit in digits {
            let report = Report::Digit { end, digit };
            if self.intake.offer(Input::Media(report)).is_err() {
                // The person hears that nothing happens, and presses the key once more.
                self.metrics.media_digit_lost();
            }
        }
    }

    fn send(&self, now: Duration, line: &Line) {
        let mut held = line.end();
        let Some((_, endpoint)) = held.as_mut() else {
            return;
        };
        let (mut sent, mut unsent) = (0, 0);
        while let Some(packet) = endpoint.next(now) {
            match line.socket.send_to(&packet.bytes, packet.to) {
                Ok(_) => sent += 1,
                Err(_) => unsent += 1,
            }
        }
        drop(held);
        self.metrics.media(0, sent, unsent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback(port: u16) -> SocketAddr {
        (std::net::Ipv4Addr::LOCALHOST, port).into()
    }

    #[test]
    fn a_port_that_is_taken_is_left_to_whoever_has_it() {
        let taken = std::iter::repeat_with(|| bind(loopback(0)).expect("a free port"));
        let port = |socket: &UdpSocket| socket.local_addr().expect("it is bound").port();
        let taken: Vec<UdpSocket> = taken.take(64).collect();
        let even = taken.iter().find(|socket| port(socket) % 2 == 0);
        let first = port(even.expect("one of 64 is even"));
        let mut settings = Settings::default();
        settings.bind.addresses = vec![loopback(0).ip()];
        settings.media.first = first;
        settings.media.last = first;
        assert_eq!(open(&settings).len(), 0);
        drop(taken);
        assert_eq!(open(&settings).len(), 1);
    }
}
