//! What is wanted of a media relay: that it stands between two parties whose media cannot meet, and translates their
//! descriptions. Which relay that is, and how it is spoken to, is not said here.

mod bencode;
pub mod ng;

use bytes::Bytes;

use crate::sdp::Speech;

/// A pair of parties that a relay stands between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelayCall(pub u64);

/// One of the two. A relay keeps them apart; who they are may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Whose media is the harder to speak, and for whom the relay is there.
    Owner,
    /// Whoever that one talks with.
    Other,
}

impl Side {
    /// The one across.
    pub fn across(self) -> Side {
        match self {
            Side::Owner => Side::Other,
            Side::Other => Side::Owner,
        }
    }
}

/// What a description is in a negotiation (RFC 3264).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It proposes.
    Offer,
    /// It agrees.
    Answer,
}

/// A description that is to be translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    /// To be given back with what came of it.
    pub request: u64,
    /// Between whom.
    pub call: RelayCall,
    /// What it is.
    pub role: Role,
    /// Who describes.
    pub from: Side,
    /// Whether both sides have described themselves before.
    pub is_known: bool,
    /// What the other side understands.
    pub speech: Speech,
    /// The description.
    pub description: Bytes,
}

/// What a relay is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RelayOrder {
    /// Translate, and say what came of it.
    Translate(Translation),
    /// Nobody talks there any more.
    Forget(RelayCall),
}

/// Why a description was not translated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RelayError {
    /// No relay answered in time.
    #[error("no media relay answers")]
    Silent,
    /// The relay says no; its reason.
    #[error("the media relay refuses: {0}")]
    Refused(String),
    /// Too much is wanted of relays at once.
    #[error("too much is wanted of media relays at once")]
    Busy,
    /// The call was over before a relay answered.
    #[error("the call was over before the media relay answered")]
    Over,
}
