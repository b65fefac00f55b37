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
