//! The SCCP side: connections that phones open, each with one light task, because there may be tens of thousands.

mod connection;
mod edge;
mod end;
mod line;
mod lines;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout_at;

use super::Clock;
use super::flows::without_scope;
use super::guard::Guard;
use super::guard::bucket::{Bucket, Limit};
use super::intake::Intake;
use super::metrics::Metrics;
use super::patience::Patience;
use super::settings;
use super::supervise::supervise;
use super::tcp;
use super::tls::Tls;
use crate::exchange::Input;
use connection::Connection;
use end::End;
use line::Line;
use lines::{Lines, Place};

/// What a connection is secured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Security {
    /// Nothing.
    Plain,
    /// TLS.
    Tls,
}

impl Security {
    /// Both.
    pub const ALL: [Security; 2] = [Security::Plain, Security::Tls];

    /// The word for it in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Security::Plain => "tcp",
            Security::Tls => "tls",
        }
    }
}

/// What every connection needs while it lasts.
#[derive(Debug)]
pub struct Service {
    /// Reads the clocks.
    pub clock: Clock,
    /// How much a peer may take.
    pub limits: settings::Limits,
    /// How SCCP is spoken.
    pub settings: settings::Sccp,
    /// The way into the exchange.
    pub intake: Intake,
    /// What one source may cost.
    pub guard: Arc<Guard>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

/// The SCCP side.
#[derive(Debug)]
pub struct Sccp {
    service: Service,
    lines: Arc<Lines>,
    tls: Arc<Tls>,
    /// How much was said of connections that ended.
    said: Mutex<Said>,
}

/// How many lines there are in the log about connections that ended badly, in a second and at once. Who makes many is to
/// fill no disk.
const LINES: Limit = Limit::new(5, 200);

#[derive(Debug, Default)]
struct Said {
    bucket: Bucket,
    /// Of which nothing was said.
    unsaid: u64,
}

impl Sccp {
    /// The SCCP side, with nobody connected.
    pub fn new(service: Service, tls: Arc<Tls>) -> Sccp {
        let metrics = Arc::clone(&service.metrics);
        let lines = Lines::new(service.settings.clone(), service.limits, metrics);
        Sccp {
            lines: Arc::new(lines),
            service,
            tls,
            said: Mutex::default(),
        }
    }

    /// Begins to accept connections.
    pub fn start(self: &Arc<Self>, security: Security, listener: TcpListener) {
        let (sccp, listener) = (Arc::clone(self), Arc::new(listener));
        supervise("accepting SCCP connections", move || {
            Arc::clone(&sccp).accept(security, Arc::clone(&listener))
        });
    }

    /// Sends whole messages over a connection, if it is still there. Never waits.
    pub fn send(&self, connection: u64, frames: Bytes) {
        match self.lines.find(connection) {
            Some(line) => line.send(frames),
            None => self.service.metrics.sccp.unsent("connection-gone"),
        }
    }

    /// Ends a connection after what waits for it is written.
    pub fn hang_up(&self, connection: u64) {
        if let Some(line) = self.lines.find(connection) {
            line.hang_up();
        }
    }

    /// A phone is in a call, or no more.
    pub fn engage(&self, connection: u64, is_engaged: bool) {
        if let Some(line) = self.lines.find(connection) {
            line.engage(is_engaged);
        }
    }

    /// Ends every connection after what waits for it is written. The phones come back by themselves.
    pub fn close_all(&self) {
        for line in self.lines.all() {
            line.hang_up();
        }
    }

    async fn accept(self: Arc<Self>, security: Security, listener: Arc<TcpListener>) {
        loop {
            let (stream, remote) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Most likely too many open files: others must end before it can go on.
                    tracing::warn!(%error, "cannot accept SCCP connections");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            if let Some(place) = self.admit(security, without_scope(remote)) {
                let sccp = Arc::clone(&self);
                tokio::spawn(async move { sccp.welcome(stream, place).await });
            }
        }
    }

    /// Gives a newcomer a place, if there is one.
    fn admit(&self, security: Security, remote: SocketAddr) -> Option<Place> {
        let Service {
            guard,
            metrics,
            clock,
            ..
        } = &self.service;
        let source = remote.ip();
        if !guard.may_connect(clock.now(), source, security == Security::Tls) {
            metrics.sccp.closed("turned-away");
            return None;
        }
        match self
            .lines
            .accept(security, remote, guard.is_trusted(source))
        {
            Ok((place, gave_way)) => {
                gave_way
                    .into_iter()
                    .for_each(|source| guard.gave_way(source));
                Some(place)
            }
            Err(full) => {
                tracing::debug!(%remote, ?full, "SCCP connection refused");
                metrics.sccp.closed(full.word());
                guard.connection_refused(source);
                None
            }
        }
    }

    /// Serves a connection to its end.
    async fn welcome(&self, stream: TcpStream, place: Place) {
        tcp::prepare(&stream);
        let end = match self.serve(stream, &place).await {
            Ok(end) | Err(end) => end,
        };
        self.service.metrics.sccp.closed(end.word());
        self.say(&place, end);
    }

    /// Says why a connection ended, if somebody is to know.
    fn say(&self, place: &Place, end: End) {
        let (remote, connection) = (place.remote, place.id);
        let why = end.words();
        let is_phone = place.line.is_registered();
        if is_phone && !matches!(end, End::HungUp) {
            tracing::info!(%remote, connection, why, "the connection of an SCCP phone ended");
        } else if !is_phone && end.is_misbehaviour() {
            let Some(unsaid) = self.may_say() else {
                return;
            };
            tracing::info!(%remote, connection, why, unsaid, "SCCP connection ended");
        } else {
            tracing::debug!(%remote, connection, why, "SCCP connection ended");
        }
    }

    /// Whether there may be another line about a stranger, and of how many there was none since the last.
    fn may_say(&self) -> Option<u64> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        match said.bucket.take(self.service.clock.now(), LINES) {
            true => Some(std::mem::take(&mut said.unsaid)),
            false => {
                said.unsaid += 1;
                None
            }
        }
    }

    async fn serve(&self, stream: TcpStream, place: &Place) -> Result<End, End> {
        let Ok(local) = stream.local_addr() else {
            return Err(End::Broken);
        };
        let patience = self.service.patience();
        let opened = Input::SccpOpened {
            connection: place.id,
            remote: place.remote,
            local: without_scope(local),
            secure: place.security == Security::Tls,
        };
        let connection = Connection::new(&self.service, place, patience);
        match place.security {
            Security::Plain => Ok(connection.until_end(stream, opened).await),
            // What TLS needs is large, and connections without it are not to have room for it.
            Security::Tls => Box::pin(self.serve_secure(stream, place, connection, opened)).await,
        }
    }

    async fn serve_secure(
        &self,
        stream: TcpStream,
        place: &Place,
        connection: Connection<'_>,
        opened: Input,
    ) -> Result<End, End> {
        let shaking_hands = timeout_at(connection.until(), self.tls.accept(stream));
        let stream = tokio::select! {
            done = shaking_hands => done
                .map_err(|_| End::Handshake("it took too long"))?
                .map_err(|_| End::Handshake("it failed"))?,
            end = place.is_asked_to_go() => return Err(end),
        };
        Ok(connection.until_end(stream, opened).await)
    }
}

impl Service {
    /// How long a connection that begins now may go on. Until a phone is registered there it is a stranger's.
    fn patience(&self) -> Patience {
        let limits = settings::Limits {
            idle: self.settings.silence(),
            ..self.limits
        };
        let mut patience = Patience::new(limits, limits.idle, self.clock);
        patience.with_a_stranger();
        patience
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::Settings;
    use super::super::intake::{Inputs, intake};
    use super::*;
    use crate::sip::{Limits, Registrar};

    const KEEP_ALIVE: [u8; 12] = [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const KEEP_ALIVE_ACK: [u8; 12] = [4, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0];
    const TIME_DATE_REQ: [u8; 12] = [4, 0, 0, 0, 0, 0, 0, 0, 0x0D, 0, 0, 0];
    const REGISTER_ACK: [u8; 16] = [8, 0, 0, 0, 0, 0, 0, 0, 0x81, 0, 0, 0, 30, 0, 0, 0];

    /// An SCCP side that listens at the loopback, with room for `room` inputs, and a phone that is connected.
    struct World {
        sccp: Arc<Sccp>,
        inputs: Inputs,
        phone: TcpStream,
        _data: tempfile::TempDir,
    }

    async fn world(room: usize, change: impl FnOnce(&mut Settings)) -> World {
        let clock = Clock::start();
        let (intake, inputs) = intake(room);
        let registrar = Arc::new(Registrar::new([7; 32], Limits::default()));
        let metrics = Arc::new(Metrics::new(registrar));
        let data = tempfile::tempdir().expect("a directory");
        let mut settings = Settings {
            data: data.path().to_owned(),
            ..Settings::default()
        };
        change(&mut settings);
        let tls = Tls::open(&settings, clock.now().utc, Arc::clone(&metrics));
        let guard = Guard::new(settings.guard, Arc::clone(&metrics));
        let service = Service {
            clock,
            limits: settings.limits,
            settings: settings.sccp,
            intake,
            guard: Arc::new(guard),
            metrics,
        };
        let tls = Arc::new(tls.expect("a certificate can be made"));
        let sccp = Arc::new(Sccp::new(service, tls));
        let any: SocketAddr = "127.0.0.1:0".parse().expect("an address");
        let listener = tcp::listen(any).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        sccp.start(Security::Plain, listener);
        World {
            sccp,
            inputs,
            phone: TcpStream::connect(address).await.expect("it listens"),
            _data: data,
        }
    }

    impl World {
        async fn says(&mut self, bytes: &[u8]) {
            self.phone.write_all(bytes).await.expect("it is connected");
        }

        async fn hears(&mut self, expected: &[u8]) {
            let mut heard = vec![0; expected.len()];
            let read = self.phone.read_exact(&mut heard).await;
            read.expect("so many bytes");
            assert_eq!(heard, expected);
        }

        async fn hears_the_end(&mut self) {
            let end = self.phone.read(&mut [0; 12]).await;
            assert_eq!(end.expect("no reset"), 0);
        }

        async fn told(&mut self) -> Input {
            let told = self.inputs.stations.recv().await;
            told.expect("the exchange is told")
        }

        async fn is_told_of_its_beginning(&mut self) {
            let told = self.told().await;
            let Input::SccpOpened { remote, secure, .. } = told else {
                panic!("{told:?}");
            };
            assert_eq!(Some(remote), self.phone.local_addr().ok());
            assert!(!secure);
        }

        async fn is_told_of_its_end(&mut self) {
            let told = self.told().await;
            let is_end = matches!(told, Input::SccpClosed { connection: 1 });
            assert!(is_end, "{told:?}");
        }
    }

    #[tokio::test]
    async fn keep_alives_are_answered_and_the_rest_is_handed_in() {
        let mut world = world(16, |_| {}).await;
        world
            .says(&[KEEP_ALIVE, TIME_DATE_REQ, KEEP_ALIVE].concat())
            .await;
        world
            .hears(&[KEEP_ALIVE_ACK, KEEP_ALIVE_ACK].concat())
            .await;
        world.is_told_of_its_beginning().await;
        let told = world.told().await;
        let Input::Sccp { connection, frame } = told else {
            panic!("{told:?}");
        };
        assert_eq!((connection, frame.id, frame.body.len()), (1, 0x0D, 0));
        world.phone.shutdown().await.expect("it is connected");
        world.is_told_of_its_end().await;
        let metrics = world.sccp.service.metrics.text();
        for line in [
            "perch_sccp_messages_received_total 3",
            "perch_sccp_keep_alives_total 2",
            "perch_sccp_connections_ended_total{reason=\"closed-by-phone\"} 1",
        ] {
            assert!(metrics.contains(line), "{line} is not in {metrics}");
        }
    }

    #[tokio::test]
    async fn what_nobody_knows_is_counted_and_handed_in() {
        let mut world = world(16, |_| {}).await;
        let unknown = [8, 0, 0, 0, 0, 0, 0, 0, 0x77, 0x77, 0, 0, 1, 2, 3, 4];
        world.says(&unknown).await;
        world.is_told_of_its_beginning().await;
        assert!(matches!(world.told().await, Input::Sccp { .. }));
        let metrics = world.sccp.service.metrics.text();
        let line = "perch_sccp_messages_unknown_total 1";
        assert!(metrics.contains(line), "{metrics}");
    }

    #[tokio::test]
    async fn what_is_to_be_said_is_said_before_the_end() {
        let mut world = world(16, |_| {}).await;
        world.is_told_of_its_beginning().await;
        world.sccp.send(1, Bytes::from_static(&REGISTER_ACK));
        world.sccp.send(1, Bytes::from_static(&KEEP_ALIVE_ACK));
        world.sccp.hang_up(1);
        world.sccp.send(1, Bytes::from_static(&REGISTER_ACK));
        world.hears(&REGISTER_ACK).await;
        world.hears(&KEEP_ALIVE_ACK).await;
        world.hears_the_end().await;
        world.is_told_of_its_end().await;
        world.sccp.send(1, Bytes::from_static(&REGISTER_ACK));
    }

    #[tokio::test]
    async fn what_does_not_fit_is_not_read_and_not_lost() {
        let mut world = world(1, |_| {}).await;
        world.says(&TIME_DATE_REQ.repeat(50)).await;
        world.says(&KEEP_ALIVE).await;
        world.is_told_of_its_beginning().await;
        for _ in 0..50 {
            assert!(matches!(world.told().await, Input::Sccp { .. }));
        }
        world.hears(&KEEP_ALIVE_ACK).await;
    }

    #[tokio::test]
    async fn what_is_not_sccp_ends_the_connection() {
        let mut world = world(16, |_| {}).await;
        world.says(&TIME_DATE_REQ).await;
        world.says(b"OPTIONS sip:perch SIP/2.0\r\n\r\n").await;
        world.is_told_of_its_beginning().await;
        assert!(matches!(world.told().await, Input::Sccp { .. }));
        world.is_told_of_its_end().await;
        let metrics = world.sccp.service.metrics.text();
        assert!(
            metrics.contains("reason=\"not-understood\"} 1"),
            "{metrics}"
        );
    }

    #[tokio::test]
    async fn a_message_that_is_never_finished_ends_the_connection() {
        let soon = |settings: &mut Settings| settings.limits.message = Duration::from_millis(20);
        let mut world = world(16, soon).await;
        world.says(&TIME_DATE_REQ).await;
        world.says(&TIME_DATE_REQ[..11]).await;
        world.hears_the_end().await;
    }

    #[tokio::test]
    async fn whoever_says_nothing_is_cut_off() {
        let soon = |settings: &mut Settings| settings.limits.greeting = Duration::from_millis(20);
        let mut world = world(16, soon).await;
        world.hears_the_end().await;
        world.is_told_of_its_beginning().await;
        world.is_told_of_its_end().await;
    }

    #[tokio::test]
    async fn whoever_never_registers_is_cut_off_whatever_he_says() {
        let soon = |settings: &mut Settings| settings.limits.stranger = Duration::from_millis(20);
        let mut world = world(16, soon).await;
        let mut byte = [0];
        while world.phone.write_all(&KEEP_ALIVE).await.is_ok() {
            if !matches!(world.phone.read(&mut byte).await, Ok(1)) {
                break;
            }
        }
        world.is_told_of_its_beginning().await;
        world.is_told_of_its_end().await;
    }

    #[tokio::test]
    async fn a_phone_that_falls_silent_is_cut_off() {
        let mut world = world(16, |settings| settings.sccp.keep_alive_s = 0).await;
        world.is_told_of_its_beginning().await;
        world.sccp.send(1, Bytes::from_static(&REGISTER_ACK));
        world.hears(&REGISTER_ACK).await;
        world.says(&KEEP_ALIVE).await;
        world.hears(&KEEP_ALIVE_ACK).await;
        world.hears_the_end().await;
        world.is_told_of_its_end().await;
        let metrics = world.sccp.service.metrics.text();
        assert!(
            metrics.contains("perch_sccp_phones_registered 0"),
            "{metrics}"
        );
    }
}
