//! One stream connection: read, cut into messages, answered and written, for as long as it may last.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::Clock;
use super::edge::Edge;
use super::flows::{Place, Proof};
use super::metrics::Metrics;
use super::patience::Patience;
use super::settings::Limits;
use super::ws::{self, Heard, WebSocket};
use crate::sip::Flow;
use crate::sip::wire::{Frame, Framer};

/// How much is read at once.
const READ: usize = 4096;

/// How long a peer may take to make room for what we write.
pub const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// How long answers may still come for a peer that has said all that it will say.
const LINGER: Duration = Duration::from_secs(2);

/// How many answers may wait to be written before the reader stops reading.
const ANSWERS: usize = 16;

/// How messages are told apart on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// By their length (RFC 3261 §18.3).
    Length,
    /// By the frames of a WebSocket (RFC 7118 §5).
    WebSocket,
}

/// What every connection needs while it lasts.
#[derive(Debug)]
pub struct Service {
    /// Reads the clocks.
    pub clock: Clock,
    /// How much a peer may take.
    pub limits: Limits,
    /// Takes messages.
    pub edge: Arc<Edge>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

/// What the reader wants written.
enum Answer {
    /// A message.
    Message(Bytes),
    /// Bytes as they are.
    Raw(Bytes),
    /// The peer has said all; answers to it may still come from elsewhere for a moment.
    Linger,
}

impl Service {
    /// How long a connection that begins now may go on.
    pub fn patience(&self) -> Patience {
        Patience::new(self.limits, self.edge.flow_silence(), self.clock)
    }

    /// Serves one connection to its end. Why it ended.
    pub async fn serve<S>(
        &self,
        stream: S,
        framing: Framing,
        place: &mut Place,
        patience: Patience,
    ) -> &'static str
    where
        S: AsyncRead + AsyncWrite,
    {
        let (reader, writer) = tokio::io::split(stream);
        let (answers, to_write) = mpsc::channel(ANSWERS);
        let reading = Reading {
            service: self,
            flow: place.flow,
            cutter: Cutter::new(framing),
            patience,
            answers,
            close: place.close.clone(),
            proof: place.proof(),
        };
        let writing = Writing {
            clock: self.clock,
            writer,
            framing,
            close: place.close.clone(),
        };
        let retirement = place.retirement();
        // Neither is ever dropped half-way: what the reader has taken in is dealt with whatever becomes of the writer.
        let (why, unwritten) = tokio::join!(
            async {
                let why = reading.until_end(reader).await;
                // Nothing new goes where nobody answers any more, and the exchange hears of it before answers linger.
                retirement.begin();
                self.edge.closed(&place.flow).await;
                why
            },
            writing.until_end(&mut place.outbox, to_write),
        );
        unwritten.unwrap_or(why)
    }
}

struct Reading<'a> {
    service: &'a Service,
    flow: Flow,
    cutter: Cutter,
    patience: Patience,
    answers: mpsc::Sender<Answer>,
    close: CancellationToken,
    proof: Proof,
}

impl Reading<'_> {
    async fn until_end<S: AsyncRead>(mut self, mut reader: ReadHalf<S>) -> &'static str {
        let mut buffer = BytesMut::with_capacity(READ);
        loop {
            buffer.clear();
            let read = tokio::select! {
                read = timeout_at(self.patience.until(), reader.read_buf(&mut buffer)) => read,
                () = self.close.cancelled() => return "it is not written to any more",
            };
            match read {
                Err(_) => {
                    let is_kept = || self.service.edge.keeps_flow(self.flow.connection);
                    match self.patience.ends(is_kept) {
                        Some(why) => return why,
                        None => continue,
                    }
                }
                Ok(Err(_)) => return "the connection broke",
                Ok(Ok(0)) => {
                    self.answer(Answer::Linger).await;
                    return "the peer closed it";
                }
                Ok(Ok(length)) => self.patience.more(length),
            }
            self.cutter.push(&buffer);
            if let Err(why) = self.take_in().await {
                return why;
            }
        }
    }

    /// Deals with everything that is whole. An error ends the connection.
    async fn take_in(&mut self) -> Result<(), &'static str> {
        loop {
            let cut = match self.cutter.next() {
                Ok(Some(cut)) => cut,
                Ok(None) => return Ok(()),
                Err(Unclear { why, farewell }) => {
                    tracing::debug!(remote = %self.flow.remote, why, "stream not understood");
                    self.service.metrics.dropped("stream");
                    self.answer(Answer::Raw(farewell)).await;
                    return Err(why);
                }
            };
            match &cut.what {
                What::Control { .. } => self.patience.control(cut.length),
                _ => self.patience.frame(cut.length),
            }
            let said = match &cut.what {
                What::Message(raw) => raw.as_ref(),
                _ => b"",
            };
            let source = self.flow.remote.ip();
            if !self.service.edge.may_go_on(source, said).await {
                return Err("its source sends too much");
            }
            let answer = match cut.what {
                What::Message(raw) => self.service.edge.receive(self.flow, raw).await,
                What::Ping => Some(Bytes::from_static(b"\r\n")),
                What::Pong => None,
                What::Control { reply, last } => {
                    self.answer(Answer::Raw(reply)).await;
                    if last {
                        return Err("the peer closed it");
                    }
                    None
                }
            };
            match self.service.edge.is_known(source) {
                true => self.proof.given(),
                false => self.patience.with_a_stranger(),
            }
            if let Some(answer) = answer
                && !self.answer(Answer::Message(answer)).await
            {
                return Err("the peer does not read");
            }
        }
    }

    async fn answer(&self, answer: Answer) -> bool {
        let sent = timeout(WRITE_PATIENCE, self.answers.send(answer)).await;
        matches!(sent, Ok(Ok(())))
    }
}

/// Cuts what is read into what it means.
enum Cutter {
    Length(Framer),
    WebSocket(Box<WebSocket>),
}

/// Something whole.
struct Cut {
    /// How many of the bytes that were read it took.
    length: usize,
    what: What,
}

enum What {
    Message(Bytes),
    Ping,
    Pong,
    Control { reply: Bytes, last: bool },
}

/// Why nothing more can be cut out, and what is to be said about it.
struct Unclear {
    why: &'static str,
    farewell: Bytes,
}

impl Cutter {
    fn new(framing: Framing) -> Cutter {
        match framing {
            Framing::Length => Cutter::Length(Framer::new()),
            Framing::WebSocket => Cutter::WebSocket(Box::new(WebSocket::new())),
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        match self {
            Cutter::Length(framer) => framer.push(bytes),
            Cutter::WebSocket(socket) => socket.push(bytes),
        }
    }

    fn next(&mut self) -> Result<Option<Cut>, Unclear> {
        match self {
            Cutter::Length(framer) => match framer.next() {
                Ok(frame) => Ok(frame.map(|frame| match frame {
                    Frame::Ping => Cut::new(4, What::Ping),
                    Frame::Pong => Cut::new(2, What::Pong),
                    Frame::Message(raw) => Cut::new(raw.len(), What::Message(raw)),
                })),
                Err(_) => Err(Unclear {
                    why: "the peer does not speak SIP",
                    farewell: Bytes::new(),
                }),
            },
            Cutter::WebSocket(socket) => match socket.next() {
                Ok(heard) => Ok(heard.map(|heard| Cut::heard(heard, socket.length()))),
                Err(ws::Broken { why, farewell }) => Err(Unclear { why, farewell }),
            },
        }
    }
}

impl Cut {
    fn new(length: usize, what: What) -> Cut {
        Cut { length, what }
    }

    /// RFC 7118 §6: the keep-alive of a stream is one on a WebSocket, too.
    fn heard(heard: Heard, length: usize) -> Cut {
        let what = match heard {
            Heard::Control { reply, last } => What::Control { reply, last },
            Heard::Message(raw) => match raw.as_ref() {
                b"\r\n\r\n" => What::Ping,
                b"\r\n" | b"" => What::Pong,
                _ => What::Message(raw),
            },
        };
        Cut::new(length, what)
    }
}

struct Writing<S> {
    clock: Clock,
    writer: WriteHalf<S>,
    framing: Framing,
    close: CancellationToken,
}

/// Why a connection cannot be written to any more.
type Unwritten = Option<&'static str>;

impl<S: AsyncWrite> Writing<S> {
    /// Writes what comes, in order, until nothing can come any more; then closes. Says what kept it from that.
    async fn until_end(
        mut self,
        outbox: &mut mpsc::Receiver<Bytes>,
        answers: mpsc::Receiver<Answer>,
    ) -> Unwritten {
        let ended = self.write_all(outbox, answers).await;
        if ended.is_none() {
            let _ = timeout(WRITE_PATIENCE, self.writer.shutdown()).await;
        }
        // The reader must not wait for what a peer says to whom nothing can be said.
        self.close.cancel();
        ended
    }

    async fn write_all(
        &mut self,
        outbox: &mut mpsc::Receiver<Bytes>,
        mut answers: mpsc::Receiver<Answer>,
    ) -> Unwritten {
        let close = self.close.clone();
        let mut until: Option<Instant> = None;
        loop {
            let next = tokio::select! {
                biased;
                () = close.cancelled() => return Some("the peer does not read"),
                next = outbox.recv() => match next {
                    Some(bytes) => Answer::Message(bytes),
                    None => return self.say_good_bye().await,
                },
                answer = answers.recv(), if until.is_none() => match answer {
                    Some(answer) => answer,
                    None => return None,
                },
                () = at(until), if until.is_some() => return None,
            };
            let bytes = match (next, self.framing) {
                (Answer::Linger, _) => {
                    until = Some(self.clock.instant_at(self.clock.now().uptime + LINGER));
                    continue;
                }
                (Answer::Message(bytes), Framing::WebSocket) => ws::framed(&bytes),
                (Answer::Message(bytes), Framing::Length) | (Answer::Raw(bytes), _) => bytes,
            };
            if let Some(why) = self.write(&bytes).await {
                return Some(why);
            }
        }
    }

    async fn say_good_bye(&mut self) -> Unwritten {
        match self.framing {
            Framing::Length => None,
            Framing::WebSocket => self.write(&ws::going_away()).await,
        }
    }

    async fn write(&mut self, bytes: &Bytes) -> Unwritten {
        let close = self.close.clone();
        let written = async {
            self.writer.write_all(bytes).await?;
            // TLS keeps back what it is not told to send.
            self.writer.flush().await
        };
        tokio::select! {
            written = timeout(WRITE_PATIENCE, written) => match written {
                Ok(Ok(())) => None,
                Ok(Err(_)) => Some("the connection broke"),
                Err(_) => Some("the peer does not read"),
            },
            () = close.cancelled() => Some("the peer does not read"),
        }
    }
}

async fn at(moment: Option<Instant>) {
    if let Some(moment) = moment {
        sleep_until(moment).await;
    }
}
