//! The way into the exchange, and the way back for those who wait for an answer.
//!
//! There are three queues. Peers and the control API knock at the first: when it is full they are told so. The second
//! carries what must not be lost (what the store, the edge and the PIN checkers have to say); whoever sends there
//! waits for room, and the exchange never waits for them. The third carries what SCCP phones say: they cannot be told
//! to come back later, so while there is no room they are not read. Whoever has put something in works at the exchange,
//! too, if nobody else does: see [`Turns`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::overload::Overload;
use super::turns::Turns;
use crate::exchange::{ControlRequest, Input};
use crate::pbx::{Answer, Query, Refusal, Ticket};
use crate::time::Now;

/// Tickets minted here are told apart from those of other minters by their highest byte.
const MINTER: u64 = 0xC0 << 56;

/// How long a control request may take: longer than any wait that a rule makes before it answers.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many control requests may wait for an answer.
const WAITING: usize = 1024;

/// How much of what must not be lost may wait.
const OWN_QUEUE: usize = 4096;

/// The way into the exchange. Clones lead to the same one.
#[derive(Clone, Debug)]
pub struct Intake {
    peers: mpsc::Sender<Input>,
    own: mpsc::Sender<Input>,
    stations: mpsc::Sender<Input>,
    waiting: Arc<Waiting>,
    overload: Arc<Overload>,
    turns: Arc<Turns>,
}

/// The other end of an [`Intake`].
#[derive(Debug)]
pub struct Inputs {
    /// From peers and the control API.
    pub peers: mpsc::Receiver<Input>,
    /// From the server's own parts.
    pub own: mpsc::Receiver<Input>,
    /// From SCCP phones.
    pub stations: mpsc::Receiver<Input>,
    /// Those who wait for an answer.
    pub waiting: Arc<Waiting>,
    /// How long what comes from peers had to wait.
    pub overload: Arc<Overload>,
    /// Who works at the exchange.
    pub turns: Arc<Turns>,
}

/// Why a question was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Too much is waiting already.
    #[error("the server has too much to do; try again in some seconds")]
    Overloaded,
    /// The exchange did not answer, or has ended.
    #[error("the server did not answer in time; see its log")]
    NoAnswer,
}

/// A way into an exchange with room for `peers` inputs of peers and as many of SCCP phones, and where they come out.
pub fn intake(peers: usize) -> (Intake, Inputs) {
    let (peers_in, peers_out) = mpsc::channel(peers);
    let (own_in, own_out) = mpsc::channel(OWN_QUEUE);
    let (stations_in, stations_out) = mpsc::channel(peers);
    let waiting = Arc::new(Waiting::default());
    let overload = Arc::new(Overload::default());
    let turns = Arc::new(Turns::default());
    let intake = Intake {
        peers: peers_in,
        own: own_in,
        stations: stations_in,
        waiting: Arc::clone(&waiting),
        overload: Arc::clone(&overload),
        turns: Arc::clone(&turns),
    };
    let inputs = Inputs {
        peers: peers_out,
        own: own_out,
        stations: stations_out,
        waiting,
        overload,
        turns,
    };
    (intake, inputs)
}

impl Intake {
    /// Hands in something that may be refused. Gives it back if there is no room.
    #[expect(
        clippy::result_large_err,
        reason = "the caller answers what was refused"
    )]
    pub fn offer(&self, input: Input) -> Result<(), Input> {
        self.put(input)?;
        self.turns.take();
        Ok(())
    }

    /// The same for a message of a peer. What `begins` something is refused before the others have to wait for long.
    #[expect(
        clippy::result_large_err,
        reason = "the caller answers what was refused"
    )]
    pub fn offer_message(&self, now: Now, input: Input, begins: bool) -> Result<(), Input> {
        let room = self.peers.max_capacity();
        if begins && !self.overload.may_begin(now, self.depth(), room) {
            return Err(input);
        }
        self.put(input)?;
        self.overload.offered(now);
        self.turns.take();
        Ok(())
    }

    #[expect(
        clippy::result_large_err,
        reason = "the caller answers what was refused"
    )]
    fn put(&self, input: Input) -> Result<(), Input> {
        self.peers.try_send(input).map_err(|error| match error {
            mpsc::error::TrySendError::Full(input) | mpsc::error::TrySendError::Closed(input) => {
                input
            }
        })
    }

    /// Hands in something that must not be lost; waits for room. Lost only when the server is stopping.
    pub async fn tell(&self, input: Input) {
        let _ = self.own.send(input).await;
        self.turns.take();
    }

    /// Like [`Intake::tell`], for threads that are not the runtime's.
    pub fn tell_blocking(&self, input: Input) {
        let _ = self.own.blocking_send(input);
        self.turns.take();
    }

    /// Like [`Intake::tell_blocking`], for threads that have better to do than to work at the exchange.
    pub fn leave(&self, input: Input) {
        let _ = self.own.blocking_send(input);
        self.turns.call();
    }

    /// Hands in what an SCCP phone has to say; waits for room. False if the server is stopping.
    pub async fn station(&self, input: Input) -> bool {
        let is_taken = self.stations.send(input).await.is_ok();
        self.turns.take();
        is_taken
    }

    /// How many inputs of peers are waiting.
    pub fn depth(&self) -> usize {
        self.peers.max_capacity() - self.peers.capacity()
    }

    /// Asks a question and waits for the answer.
    pub async fn ask(&self, query: Query) -> Result<Answer, AskError> {
        match self.control(ControlRequest::Query(query)).await? {
            Reply::Answered(answer) => Ok(*answer),
            Reply::Settled(_) => Err(AskError::NoAnswer),
        }
    }

    /// Asks for something to be done and waits until it is, or is refused.
    pub async fn request(
        &self,
        request: ControlRequest,
    ) -> Result<Result<String, Refusal>, AskError> {
        match self.control(request).await? {
            Reply::Settled(outcome) => Ok(outcome),
            Reply::Answered(_) => Err(AskError::NoAnswer),
        }
    }

    async fn control(&self, request: ControlRequest) -> Result<Reply, AskError> {
        let mut pending = self.waiting.wait()?;
        let ticket = pending.ticket;
        self.offer(Input::Control { ticket, request })
            .map_err(|_| AskError::Overloaded)?;
        match tokio::time::timeout(PATIENCE, &mut pending.reply).await {
            Ok(Ok(reply)) => Ok(reply),
            _ => Err(AskError::NoAnswer),
        }
    }
}

#[derive(Debug)]
enum Reply {
    Settled(Result<String, Refusal>),
    Answered(Box<Answer>),
}

/// Those who wait for an answer.
#[derive(Debug, Default)]
pub struct Waiting {
    last: AtomicU64,
    replies: Mutex<HashMap<Ticket, oneshot::Sender<Reply>>>,
}

/// One who waits; forgotten when dropped.
struct Pending {
    ticket: Ticket,
    reply: oneshot::Receiver<Reply>,
    waiting: Arc<Waiting>,
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.waiting.take(self.ticket);
    }
}

impl Waiting {
    /// Tells whoever holds `ticket` that the request was done, or why not.
    pub fn settle(&self, ticket: Ticket, outcome: Result<String, Refusal>) {
        self.reply(ticket, Reply::Settled(outcome));
    }

    /// Tells whoever holds `ticket` the answer to the question.
    pub fn answer(&self, ticket: Ticket, answer: Answer) {
        self.reply(ticket, Reply::Answered(Box::new(answer)));
    }

    fn wait(self: &Arc<Self>) -> Result<Pending, AskError> {
        let ticket = Ticket(MINTER | self.last.fetch_add(1, Ordering::Relaxed));
        let (sender, reply) = oneshot::channel();
        let mut replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        if replies.len() >= WAITING {
            return Err(AskError::Overloaded);
        }
        replies.insert(ticket, sender);
        Ok(Pending {
            ticket,
            reply,
            waiting: Arc::clone(self),
        })
    }

    fn reply(&self, ticket: Ticket, reply: Reply) {
        match self.take(ticket) {
            // Who has gone away in the meantime needs no answer.
            Some(sender) => drop(sender.send(reply)),
            None => tracing::debug!(ticket = ticket.0, "nobody waits for this answer any more"),
        }
    }

    fn take(&self, ticket: Ticket) -> Option<oneshot::Sender<Reply>> {
        let mut replies = self.replies.lock().unwrap_or_else(PoisonError::into_inner);
        replies.remove(&ticket)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pbx::Status;

    #[tokio::test]
    async fn the_answer_comes_back_to_whoever_asked() {
        let (intake, mut inputs) = intake(4);
        let exchange = tokio::spawn(async move {
            while let Some(Input::Control { ticket, request }) = inputs.peers.recv().await {
                match request {
                    ControlRequest::Query(_) => {
                        inputs
                            .waiting
                            .answer(ticket, Answer::Status(Status::default()));
                    }
                    _ => inputs.waiting.settle(ticket, Err(Refusal::NotAllowed)),
                }
            }
        });
        let unlock = ControlRequest::Unlock("alice".into());
        let (status, unlocked) = tokio::join!(intake.ask(Query::Status), intake.request(unlock));
        assert_eq!(status, Ok(Answer::Status(Status::default())));
        assert_eq!(unlocked, Ok(Err(Refusal::NotAllowed)));
        assert!(
            intake
                .waiting
                .replies
                .lock()
                .expect("nobody panicked")
                .is_empty()
        );
        drop(intake);
        exchange
            .await
            .expect("it ends when nobody can ask any more");
    }

    #[tokio::test]
    async fn a_full_queue_is_said_and_leaves_nobody_waiting() {
        let (intake, _inputs) = intake(1);
        intake.offer(Input::Draining).expect("room for one");
        assert!(intake.offer(Input::Draining).is_err());
        assert_eq!(intake.ask(Query::Status).await, Err(AskError::Overloaded));
        assert!(
            intake
                .waiting
                .replies
                .lock()
                .expect("nobody panicked")
                .is_empty()
        );
        assert_eq!(intake.depth(), 1);
    }

    #[tokio::test]
    async fn what_must_not_be_lost_has_a_queue_of_its_own() {
        let (intake, mut inputs) = intake(1);
        intake.offer(Input::Draining).expect("room for one");
        intake.tell(Input::ConnectionClosed(7)).await;
        assert!(matches!(
            inputs.own.recv().await,
            Some(Input::ConnectionClosed(7))
        ));
    }
}
