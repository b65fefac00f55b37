//! Why the connection of an SCCP phone ended.

use crate::sccp::wire::WireError;

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// The phone closed it.
    Closed,
    /// We did, after saying what was to be said.
    HungUp,
    /// The network did.
    Broken,
    /// It took too long: over what.
    TooLong(&'static str),
    /// What came is not SCCP.
    NotUnderstood(WireError),
    /// It takes nothing in.
    DoesNotRead,
    /// Too much came from there, by people whom nobody knows.
    TooMuch,
    /// Nobody registered there, and others need the room.
    GaveWay,
    /// There was no agreement about how to encrypt it.
    Handshake(&'static str),
    /// The server stops.
    Stopping,
}

impl End {
    /// The word for it in metrics.
    pub fn word(self) -> &'static str {
        match self {
            End::Closed => "closed-by-phone",
            End::HungUp => "closed-by-us",
            End::Broken => "broken",
            End::TooLong(_) => "too-long",
            End::NotUnderstood(_) => "not-understood",
            End::DoesNotRead => "does-not-read",
            End::TooMuch => "too-much",
            End::GaveWay => "gave-way",
            End::Handshake(_) => "handshake",
            End::Stopping => "stopping",
        }
    }

    /// Whether somebody there did what phones do not do. An administrator is to hear of it.
    pub fn is_misbehaviour(self) -> bool {
        match self {
            End::NotUnderstood(_)
            | End::DoesNotRead
            | End::TooMuch
            | End::GaveWay
            | End::TooLong(_)
            | End::Handshake(_) => true,
            End::Closed | End::HungUp | End::Broken | End::Stopping => false,
        }
    }

    /// What it says in the log.
    pub fn words(self) -> String {
        match self {
            End::Closed => "the phone closed it".into(),
            End::HungUp => "nothing more was to be said".into(),
            End::Broken => "the connection broke".into(),
            End::TooLong(over) => over.into(),
            End::NotUnderstood(error) => format!("what came is not SCCP: {error}"),
            End::DoesNotRead => "the phone does not read".into(),
            End::TooMuch => "its source sends too much".into(),
            End::GaveWay => "it made room for others before anybody registered".into(),
            End::Handshake(why) => format!("no TLS: {why}"),
            End::Stopping => "the server stops".into(),
        }
    }
}
