//! What the exchange is told.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;

use super::CommitSeq;
use crate::media;
use crate::media::relay::RelayError;
use crate::pages;
use crate::pbx::{
    ClaimId, Dn, Door, Forgot, JobName, JobWish, LogoutTarget, PhoneName, Query, Secret, Site,
    Ticket, UserId,
};
use crate::sccp;
use crate::sip::{Flow, News, Push, TrunkPaths, wire};

/// Something for the exchange.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "messages are what there is most of: a box would cost an allocation for each"
)]
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
    /// There is no connection for what was to be sent on this flow, and none could be opened.
    Unreachable(Flow),
    /// An SCCP phone opened a connection.
    SccpOpened {
        /// The number of the connection; no other ever has it.
        connection: u64,
        /// Where the phone is, as seen from here.
        remote: SocketAddr,
        /// Where it came in.
        local: SocketAddr,
        /// Whether the connection is encrypted.
        secure: bool,
    },
    /// An SCCP message that the edge did not answer itself.
    Sccp {
        /// Over which connection.
        connection: u64,
        /// The message.
        frame: sccp::wire::Frame,
    },
    /// The connection of an SCCP phone ended.
    SccpClosed {
        /// Which one.
        connection: u64,
    },
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
    /// A phone was told something at its web server.
    Pushed {
        /// What.
        push: Push,
        /// What became of it.
        forgot: Forgot,
    },
    /// The ways to the addresses of trunks are these now.
    TrunkPaths(TrunkPaths),
    /// Something happened at an end of media of our own.
    Media(media::Report),
    /// A media relay has translated a description, or has not.
    Relayed {
        /// Which one.
        request: u64,
        /// What it is now, or why not.
        outcome: Result<Bytes, RelayError>,
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
    /// What somebody wants through a door of pages.
    Visit(Door, pages::Wish),
    /// Take the lock of a user away.
    Unlock(UserId),
    /// Say whether a member of hunt groups is ready for their calls.
    Ready {
        /// Which number.
        dn: Dn,
        /// Whether it is.
        ready: bool,
    },
    /// Believe whoever has the password of a phone again.
    Forgive(PhoneName),
    /// Run a job, or do something to one that runs.
    Job(JobName, JobWish),
    /// A question.
    Query(Query),
}
