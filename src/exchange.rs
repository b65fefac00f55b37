//! The whole server without its sockets: protocols and core, joined. Inputs go in, outputs come out.
//!
//! Here is where "commit, then act" is kept: an action that tells somebody what a change says is held until the
//! store has confirmed the change, and later actions for the same phone queue behind it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::pbx::{
    Answer, Change, ClaimId, LogoutTarget, PhoneName, PinHash, Query, Record, Refusal, Remembered,
    Secret, Site, Ticket, UserId,
};
use crate::sip::{Flow, News, Registrar, wire};
use crate::time::Now;

/// Numbers the commits, from 1.
pub type CommitSeq = u64;

/// Something for the exchange.
#[derive(Debug)]
pub enum Input {
    /// A SIP message that the edge did not answer itself.
    Sip {
        /// Where it came from.
        flow: Flow,
        /// The message, understood.
        message: wire::Message,
    },
    /// A stream connection ended.
    ConnectionClosed(u64),
    /// The edge has news of a phone.
    News(News),
    /// A commit is durable. Answers to the claims in it, in order.
    Committed {
        /// Which commit.
        seq: CommitSeq,
        /// For each claim in it: whether it was granted.
        claims: Vec<(ClaimId, bool)>,
    },
    /// The claims of a commit could not be decided because the store failed; its other changes are being retried.
    ClaimsFailed(Vec<ClaimId>),
    /// A secret was compared.
    SecretChecked {
        /// Of the check.
        ticket: Ticket,
        /// Whether it was right.
        matches: bool,
    },
    /// The site changed; it is stored already.
    SiteApplied(Arc<Site>),
    /// A question or request over the control API.
    Control {
        /// Who waits; minted by the control API.
        ticket: Ticket,
        /// What.
        request: ControlRequest,
    },
    /// The server is about to stop: no new calls, what is unsaved is saved.
    Draining,
}

/// What the control API may ask for.
#[derive(Debug)]
pub enum ControlRequest {
    /// Log a user in at a phone. The secret is optional: an administrator needs none.
    Login {
        /// Where.
        phone: PhoneName,
        /// User id or DN.
        user: String,
        /// PIN.
        secret: Option<Secret>,
    },
    /// Log somebody out.
    Logout(LogoutTarget),
    /// Take the lock of a user away.
    Unlock(UserId),
    /// A question.
    Query(Query),
}

/// What comes out: to be done by the shell, in this order.
#[derive(Debug, Default)]
pub struct Output {
    /// To be stored, as one commit with this number.
    pub commit: Option<(CommitSeq, Vec<Change>)>,
    /// To be sent.
    pub sends: Vec<Send>,
    /// Secrets to be compared, away from here.
    pub checks: Vec<Check>,
    /// Answers to control requests that change something.
    pub replies: Vec<(Ticket, Result<String, Refusal>)>,
    /// Answers to questions.
    pub answers: Vec<(Ticket, Answer)>,
    /// For the event stream, the log and the metrics.
    pub announcements: Vec<Record>,
}

/// Bytes for a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// By which path. `connection` 0 on a stream: any connection to `remote`, or a new one.
    pub flow: Flow,
    /// One whole message.
    pub bytes: Bytes,
}

/// A secret to be compared. Without `against` the same work is done for nothing, and the answer is no.
#[derive(Debug)]
pub struct Check {
    /// To be given back.
    pub ticket: Ticket,
    /// What was given.
    pub secret: Secret,
    /// What it must match.
    pub against: Option<PinHash>,
}

/// What the exchange is made from.
pub struct Start {
    /// When.
    pub now: Now,
    /// Randomness for tags, branches, ids.
    pub seed: [u8; 32],
    /// The edge's table of bindings, shared with the socket workers.
    pub registrar: Arc<Registrar>,
    /// The site as it is stored.
    pub site: Arc<Site>,
    /// What was stored.
    pub remembered: Remembered,
}

/// The whole server without its sockets.
pub struct Exchange {}

impl Exchange {
    /// An exchange that goes on where the store left off.
    pub fn new(start: Start) -> Exchange {
        let _ = start;
        todo!()
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Now, input: Input) {
        let _ = (now, input);
        todo!()
    }

    /// Does what is due.
    pub fn wake(&mut self, now: Now) {
        let _ = now;
        todo!()
    }

    /// When to call [`Exchange::wake`] (uptime).
    pub fn next_deadline(&self) -> Option<Duration> {
        todo!()
    }

    /// What is to be done after the inputs so far.
    pub fn take_output(&mut self) -> Output {
        todo!()
    }
}
