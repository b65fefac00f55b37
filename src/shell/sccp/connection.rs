//! One SCCP connection: read, cut into messages, answered or handed in, and written to, by one task with one timer.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout};

use super::super::guard::Arrival;
use super::super::guard::bucket::{Bucket, Limit};
use super::super::patience::Patience;
use super::super::stream::WRITE_PATIENCE;
use super::edge::{
    KEEP_ALIVE, KEEP_ALIVE_ACK, REGISTER_ACK, REGISTER_REJECT, TOKEN_REJECTS, ids, is_known,
};
use super::line::Then;
use super::{End, Place, Service};
use crate::exchange::Input;
use crate::sccp::LONGEST_WAIT;
use crate::sccp::wire::{Frame, Framer, HEADER};
use crate::sip::{Standing, Witness};

/// How much is read at once.
const READ: usize = 2048;

/// What one phone may say: more in a second than fingers can do, and at once more than a registration takes with every
/// button that there is. Who says more is not read for a while.
const FRAMES: Limit = Limit::new(50, 500);

/// How long somebody is not read, and how often in a row before the connection of a stranger is closed.
const PAUSE: Duration = Duration::from_millis(200);
const PAUSES: u32 = 50;

/// One connection.
pub struct Connection<'a> {
    service: &'a Service,
    place: &'a Place,
    patience: Patience,
    framer: Framer,
    said: Bucket,
}

impl<'a> Connection<'a> {
    /// A connection that begins now.
    pub fn new(service: &'a Service, place: &'a Place, patience: Patience) -> Connection<'a> {
        Connection {
            service,
            place,
            patience,
            framer: Framer::new(),
            said: Bucket::default(),
        }
    }

    /// When it is over, unless something comes. A phone in a call is given more time: nothing but its silence says that it
    /// is gone, and with it goes the call.
    pub fn until(&self) -> Instant {
        let until = self.patience.until();
        if self.place.line.is_engaged() && !self.framer.is_waiting() {
            until + self.service.settings.silence_in_call() - self.service.settings.silence()
        } else {
            until
        }
    }

    /// Serves it to its end. The exchange hears of its beginning, and that it is over.
    pub async fn until_end<S>(mut self, mut stream: S, opened: Input) -> End
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        if !self.service.intake.station(opened).await {
            return End::Stopping;
        }
        let end = match self.talk(&mut stream).await {
            Ok(never) => match never {},
            Err(end) => end,
        };
        let connection = self.place.id;
        let closed = Input::SccpClosed { connection };
        self.service.intake.station(closed).await;
        end
    }

    async fn talk<S>(&mut self, stream: &mut S) -> Result<std::convert::Infallible, End>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let alarm = sleep_until(self.until());
        tokio::pin!(alarm);
        loop {
            let line = &self.place.line;
            tokio::select! {
                biased;
                () = line.wanted() => self.write_out(stream).await?,
                read = read_into(stream, &mut self.framer) => {
                    match read {
                        Ok(0) => return Err(End::Closed),
                        Ok(length) => self.patience.more(length),
                        Err(_) => return Err(End::Broken),
                    }
                    self.take_in(stream).await?;
                    self.set(alarm.as_mut());
                }
                () = alarm.as_mut() => self.look_at_time(alarm.as_mut())?,
            }
        }
    }

    /// Every frame puts the end off; the timer is moved only when it fires, or when the end comes nearer.
    fn set(&self, alarm: Pin<&mut Sleep>) {
        let until = self.until();
        if until < alarm.deadline() {
            alarm.reset(until);
        }
    }

    fn look_at_time(&self, alarm: Pin<&mut Sleep>) -> Result<(), End> {
        let until = self.until();
        if until <= alarm.deadline() {
            return Err(End::TooLong(self.patience.words()));
        }
        alarm.reset(until);
        Ok(())
    }

    /// Deals with everything that is whole.
    async fn take_in<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> Result<(), End> {
        loop {
            let frame = match self.framer.next() {
                Ok(Some(frame)) => frame,
                Ok(None) => return Ok(()),
                Err(error) => return Err(End::NotUnderstood(error)),
            };
            self.patience.frame(HEADER + frame.body.len());
            self.pace(stream).await?;
            self.service.metrics.sccp.received();
            if frame.id == KEEP_ALIVE {
                self.service.metrics.sccp.keep_alive();
                self.write(stream, &KEEP_ALIVE_ACK).await?;
            } else {
                if !is_known(frame.id) {
                    self.service.metrics.sccp.unknown();
                }
                self.hand_in(frame).await?;
            }
            if !self.place.line.is_registered() {
                self.patience.with_a_stranger();
            }
        }
    }

    /// While the exchange has too much to do, nothing more is read.
    async fn hand_in(&self, frame: Frame) -> Result<(), End> {
        let connection = self.place.id;
        let input = Input::Sccp { connection, frame };
        match self.service.intake.station(input).await {
            true => Ok(()),
            false => Err(End::Stopping),
        }
    }

    /// Waits until one more message may be dealt with. What is to be said is said in the meantime.
    async fn pace<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> Result<(), End> {
        let mut pauses = 0;
        while !self.may_go_on() {
            let is_stranger = !self.place.line.is_registered();
            if is_stranger && pauses == PAUSES {
                return Err(End::TooMuch);
            }
            pauses += 1;
            let line = &self.place.line;
            tokio::select! {
                () = line.wanted() => self.write_out(stream).await?,
                () = sleep(PAUSE) => {}
            }
        }
        Ok(())
    }

    /// A phone has an allowance of its own; before it is registered it also shares that of its source.
    fn may_go_on(&mut self) -> bool {
        let (now, source) = (self.service.clock.now(), self.place.remote.ip());
        let guard = &self.service.guard;
        if guard.is_trusted(source) {
            return true;
        }
        let is_registered = self.place.line.is_registered();
        self.said.has_room(now, FRAMES)
            && (is_registered || guard.may_be_read(now, source, Arrival::Stream, || false))
            && self.said.take(now, FRAMES)
    }

    async fn write_out<S: AsyncWrite + Unpin>(&mut self, stream: &mut S) -> Result<(), End> {
        let pending = self.place.line.take();
        for frames in pending.frames {
            self.note_sent(&frames);
            self.write(stream, &frames).await?;
        }
        match pending.then {
            Then::GoOn => Ok(()),
            Then::HangUp => {
                let _ = timeout(WRITE_PATIENCE, stream.shutdown()).await;
                Err(End::HungUp)
            }
            Then::GiveUp => Err(End::DoesNotRead),
            Then::GiveWay => Err(End::GaveWay),
        }
    }

    /// What is sent tells whether a phone is registered here.
    fn note_sent(&mut self, frames: &[u8]) {
        let metrics = &self.service.metrics.sccp;
        for id in ids(frames) {
            metrics.sent();
            match id {
                REGISTER_ACK if self.place.register() => metrics.registered(),
                REGISTER_REJECT => self.note_reject(),
                id if TOKEN_REJECTS.contains(&id) => self.patience.wait_for(LONGEST_WAIT),
                _ => {}
            }
        }
    }

    /// Somebody named a phone that he is not to be. A guess is as dear as that at a password.
    fn note_reject(&self) {
        let (now, source) = (self.service.clock.now(), self.place.remote.ip());
        self.service.metrics.sccp.rejected();
        self.service.guard.saw(now, source, Standing::Wrong);
    }

    async fn write<S: AsyncWrite + Unpin>(&self, stream: &mut S, bytes: &[u8]) -> Result<(), End> {
        let written = async {
            stream.write_all(bytes).await?;
            // TLS keeps back what it is not told to send.
            stream.flush().await
        };
        match timeout(WRITE_PATIENCE, written).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Broken),
            Err(_) => Err(End::DoesNotRead),
        }
    }
}

/// Reads what there is, by way of the stack: a silent phone has no buffer. How much it was.
async fn read_into<S>(stream: &mut S, framer: &mut Framer) -> std::io::Result<usize>
where
    S: AsyncRead + Unpin,
{
    std::future::poll_fn(|context| {
        let mut bytes = [0; READ];
        let mut buffer = ReadBuf::new(&mut bytes);
        match Pin::new(&mut *stream).poll_read(context, &mut buffer) {
            Poll::Ready(Ok(())) => {
                framer.push(buffer.filled());
                Poll::Ready(Ok(buffer.filled().len()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;

    use bytes::Bytes;
    use tokio::io::{AsyncReadExt, DuplexStream, duplex};
    use tokio::sync::mpsc;

    use super::super::super::Settings;
    use super::super::super::guard::Guard;
    use super::super::super::intake::{Inputs, intake};
    use super::super::super::metrics::Metrics;
    use super::super::super::{Clock, settings};
    use super::super::lines::Lines;
    use super::super::{Line, Security};
    use super::*;
    use crate::sip::{Limits, Registrar};

    const SAYS_IT_IS_THERE: [u8; HEADER] = [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    const IS_REGISTERED: [u8; 16] = [8, 0, 0, 0, 0, 0, 0, 0, 0x81, 0, 0, 0, 1, 0, 0, 0];

    /// Phones that are to say every second that they are there.
    struct World {
        service: Arc<Service>,
        lines: Arc<Lines>,
        ending: mpsc::Sender<(u64, End)>,
        ends: mpsc::Receiver<(u64, End)>,
        _inputs: Inputs,
    }

    fn world() -> World {
        let (intake, inputs) = intake(1024);
        let registrar = Arc::new(Registrar::new([7; 32], Limits::default()));
        let metrics = Arc::new(Metrics::new(registrar));
        let defaults = Settings::default();
        let settings = settings::Sccp {
            keep_alive_s: 1,
            ..defaults.sccp
        };
        let limits = settings::Limits {
            message: Duration::from_millis(20),
            ..defaults.limits
        };
        let guard = Guard::new(defaults.guard, Arc::clone(&metrics));
        let (ending, ends) = mpsc::channel(8);
        World {
            lines: Arc::new(Lines::new(settings.clone(), limits, Arc::clone(&metrics))),
            service: Arc::new(Service {
                clock: Clock::start(),
                limits,
                settings,
                intake,
                guard: Arc::new(guard),
                metrics,
            }),
            ending,
            ends,
            _inputs: inputs,
        }
    }

    impl World {
        /// A phone that is registered, and said just now that it is there.
        async fn phone(&self) -> (DuplexStream, Arc<Line>) {
            let remote: SocketAddr = "127.0.0.1:4000".parse().expect("an address");
            let accepted = self.lines.accept(Security::Plain, remote, true);
            let (place, _) = accepted.expect("room");
            let line = Arc::clone(&place.line);
            let (mut phone, end) = duplex(4096);
            let (service, ends) = (Arc::clone(&self.service), self.ending.clone());
            tokio::spawn(async move {
                let opened = Input::SccpOpened {
                    connection: place.id,
                    remote,
                    local: remote,
                    secure: false,
                };
                let connection = Connection::new(&service, &place, service.patience());
                let end = connection.until_end(end, opened).await;
                let _ = ends.send((place.id, end)).await;
            });
            line.send(Bytes::from_static(&IS_REGISTERED));
            let heard = phone.read_exact(&mut [0; IS_REGISTERED.len()]).await;
            heard.expect("it is registered");
            let said = phone.write_all(&SAYS_IT_IS_THERE).await;
            said.expect("it is heard");
            let answered = phone.read_exact(&mut [0; HEADER]).await;
            answered.expect("it is answered");
            (phone, line)
        }

        async fn next_end(&mut self) -> (u64, End) {
            self.ends.recv().await.expect("some end")
        }
    }

    const SILENT: End = End::TooLong("it was idle for too long");

    #[tokio::test]
    async fn a_phone_in_a_call_is_missed_later_than_others() {
        let mut world = world();
        let (_talks, line) = world.phone().await;
        line.engage(true);
        let (_talked, line) = world.phone().await;
        line.engage(true);
        line.engage(false);
        let _idle = world.phone().await;
        assert_eq!(world.next_end().await, (2, SILENT));
        assert_eq!(world.next_end().await, (3, SILENT));
        assert_eq!(world.next_end().await, (1, SILENT));
        let settings = &world.service.settings;
        assert_eq!(settings.silence(), Duration::from_millis(1200));
        assert_eq!(settings.silence_in_call(), Duration::from_secs(2));
    }

    #[tokio::test]
    async fn a_call_gives_no_more_time_for_half_a_message() {
        let mut world = world();
        let (mut phone, line) = world.phone().await;
        line.engage(true);
        let said = phone.write_all(&SAYS_IT_IS_THERE[..9]).await;
        said.expect("it is heard");
        let late = End::TooLong("a message was not finished in time");
        assert_eq!(world.next_end().await, (1, late));
    }
}
