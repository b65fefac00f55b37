//! What the exchange wants done.

use bytes::Bytes;

use super::{CommitSeq, TransferFate, TransferKind};
use crate::media;
use crate::media::relay::RelayOrder;
use crate::pbx::{Answer, Change, Forgot, PinHash, Record, Refusal, Secret, Ticket};
use crate::sccp;
use crate::sip::{Flow, Push, Told, WatchNews};

/// What comes out: to be done by the shell, in this order.
#[derive(Debug, Default)]
pub struct Output {
    /// To be stored, as one commit with this number.
    pub commit: Option<(CommitSeq, Vec<Change>)>,
    /// To be done at ends of media of our own.
    pub media: Vec<media::Order>,
    /// How many calls found no port for an end of media.
    pub portless: u64,
    /// To be done by media relays.
    pub relays: Vec<RelayOrder>,
    /// Transfers that were wanted, and what became of them.
    pub transfers: Vec<(TransferKind, TransferFate)>,
    /// To be sent.
    pub sends: Vec<Send>,
    /// To be sent to SCCP phones, each one or several whole messages, by the number of the connection.
    pub frames: Vec<(u64, Bytes)>,
    /// Connections of SCCP phones to be closed, after what was sent over them.
    pub hang_ups: Vec<u64>,
    /// SCCP phones that nobody named and that are to be taken into the site.
    pub newcomers: Vec<sccp::Newcomer>,
    /// SCCP phones that are in a call now, or no more: they are missed later, by the number of the connection.
    pub engaged: Vec<(u64, bool)>,
    /// SCCP phones that have become something else, for the metrics.
    pub swapped: Vec<sccp::Swapped>,
    /// What phones are to be told at their web servers.
    pub pushes: Vec<Push>,
    /// What became of telling phones to forget whom somebody called, for the metrics.
    pub forgot: Vec<Forgot>,
    /// What became of telling SIP phones to renew themselves, for the metrics.
    pub told: Vec<Told>,
    /// What happened to subscriptions of SIP phones, for the metrics.
    pub watching: Vec<WatchNews>,
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
