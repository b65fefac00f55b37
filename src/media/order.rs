//! What the exchange wants of the ends of its media, and what they report.

use std::net::{IpAddr, SocketAddr};

use super::{Law, Tone};
use crate::pbx::{ConferenceId, Digit};

/// One end of media: a socket, and which of its uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndId {
    /// Which of the sockets.
    pub socket: usize,
    /// How often that socket was used before: what is said about an earlier use is about nobody any more.
    pub use_no: u64,
}

/// What was agreed on to be sent and heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// How sound is coded.
    pub law: Law,
    /// The payload type of sound.
    pub sound: u8,
    /// The payload type of digits (RFC 4733), if they come that way.
    pub digits: Option<u8>,
}

/// The other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Where it says that it listens; none if it says nothing of use.
    pub says: Option<SocketAddr>,
    /// The host that its signalling comes from: behind a NAT the one that media comes from, too.
    pub host: IpAddr,
    /// Whether it wants to hear anything now.
    pub listens: bool,
}

/// To be done at an end, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// The end is in use from now on.
    Open {
        /// Which one.
        end: EndId,
        /// What its packets begin to count from.
        seed: u64,
    },
    /// What was agreed on, at first or anew.
    Agree {
        /// Which one.
        end: EndId,
        /// What is sent and heard.
        format: Format,
        /// With whom.
        remote: Remote,
    },
    /// Play a tone instead of whatever is heard now.
    Play {
        /// Which one.
        end: EndId,
        /// What.
        tone: Tone,
    },
    /// Fall silent.
    Hush(EndId),
    /// Send back what is heard, as soon as no tone is played any more.
    Echo(EndId),
    /// Hear the others of a conference, and be heard by them, as soon as no tone is played any more.
    Join {
        /// Which one.
        end: EndId,
        /// Which conference.
        conference: ConferenceId,
    },
    /// The end is free.
    Close(EndId),
}

/// What happened at an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// Somebody pressed a key.
    Digit {
        /// Which end.
        end: EndId,
        /// Which key.
        digit: Digit,
    },
}
