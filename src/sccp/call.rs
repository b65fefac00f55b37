//! A call as a station has it.

use std::net::SocketAddr;

use super::media::{Chosen, Theirs};
use super::wire::LampMode;
use crate::pbx::{Alert, Body, Dn, Door, ForwardKind, History, LegId, MediaFlow, Party, Secret};

/// A call, or the attempt at one.
#[derive(Debug)]
pub(super) struct Call {
    /// What the phone calls it.
    pub reference: u32,
    /// On which line.
    pub line: u32,
    /// Whether it came in.
    pub is_inbound: bool,
    /// Who is at the other end, as far as that is known.
    pub other: Party,
    /// How it came here, if it was not simply dialled.
    pub history: Option<Box<History>>,
    /// How far it is.
    pub stage: CallStage,
    /// What the number that is dialled is for.
    pub purpose: Purpose,
    pub media: Media,
    /// The call whose other end is to be handed on to this one's.
    pub consults: Option<u32>,
    /// Whether that one's other end is to talk with both, rather than to be handed on.
    pub confers: bool,
    /// Whether another call's other end was handed on to this one's: it ends without a word.
    pub is_handed_on: bool,
    /// The change that the other side was asked for, and has not answered.
    pub asked: Option<MediaFlow>,
    /// How often a change met another one.
    pub tries: u8,
}

#[derive(Debug)]
pub(super) enum CallStage {
    /// Digits are awaited, or more of them.
    Dialling(Secret),
    /// The number is complete, and nobody has answered.
    Calling(LegId),
    /// It rings here.
    Ringing {
        leg: LegId,
        /// What the other side offers; nothing if this side is to.
        offer: Option<Body>,
        /// Whether that is heard.
        alert: Alert,
    },
    /// It was answered here; the channel for media opens.
    Answering(LegId),
    /// Both talk, unless the other side holds.
    Talking(LegId),
    /// This side holds.
    Holding(LegId),
    /// This side does not hold any more; the channel for media opens, or the other side has not agreed yet.
    Resuming(LegId),
    /// Perch itself asks for user and PIN.
    Conversing {
        leg: LegId,
        /// What is asked.
        asks: Asks,
        /// What was typed, as it is shown.
        typed: String,
    },
    /// The number of whom to log out is complete; nobody has confirmed that yet (OUT-5).
    Confirming { dn: Dn, door: Door },
    /// It came to nothing, which is being shown.
    Over,
}

/// What somebody dials a number for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To call it.
    #[default]
    Call,
    /// So that calls go there from now on.
    Forward(ForwardKind),
    /// To take what rings there.
    PickUp,
    /// To have whoever has it logged out.
    LogOut,
}

/// What Perch asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    User,
    Pin,
}

/// The channels of a call.
#[derive(Debug, Default)]
pub(super) struct Media {
    /// What the phone calls the channels.
    pub pass_through: u32,
    pub receive: Receive,
    /// Where the phone sends.
    pub sends_to: Option<SocketAddr>,
    /// Whether it sends keys along with the sound.
    pub sends_keys: bool,
    /// Where it took media last.
    pub was_at: Option<SocketAddr>,
    /// Counts the descriptions.
    pub version: u64,
}

/// The channel for what the phone hears.
#[derive(Debug, Default)]
pub(super) enum Receive {
    #[default]
    Closed,
    /// It was asked for.
    Opening { chosen: Chosen, then: Then },
    /// It is there.
    Open { chosen: Chosen },
}

/// What is done when the channel is open. Each has what the other side said.
#[derive(Debug)]
pub(super) enum Then {
    /// The core is told what was dialled, with an offer: something may be to be heard before the answer.
    Dial(Box<Dialled>),
    /// The other side's offer, which came with its answer to the call, is answered.
    Acknowledge(Box<Theirs>),
    /// The call is answered: with an answer to their offer, or with an offer.
    Answer(Option<Box<Theirs>>),
    /// The other side's change is answered: with an answer to their offer, or with an offer.
    Change(Option<Box<Theirs>>),
    /// The other side is asked to go on.
    Resume,
    /// The other side has chosen a codec that was not open: it is now.
    Recode(Box<Theirs>),
    /// An end of Perch's own is the other side.
    Own,
}

/// What was dialled, on its way to the core.
#[derive(Debug)]
pub(super) struct Dialled {
    /// On which line.
    pub line: Option<Dn>,
    pub digits: Secret,
}

impl Call {
    pub fn leg(&self) -> Option<LegId> {
        match &self.stage {
            CallStage::Dialling(_) | CallStage::Confirming { .. } | CallStage::Over => None,
            CallStage::Calling(leg)
            | CallStage::Ringing { leg, .. }
            | CallStage::Answering(leg)
            | CallStage::Talking(leg)
            | CallStage::Holding(leg)
            | CallStage::Resuming(leg)
            | CallStage::Conversing { leg, .. } => Some(*leg),
        }
    }

    /// Whether it has the phone's ear and voice.
    pub fn is_active(&self) -> bool {
        !self.is_ringing() && !self.is_held()
    }

    pub fn is_ringing(&self) -> bool {
        matches!(self.stage, CallStage::Ringing { .. })
    }

    /// How it is to be heard that it rings here.
    pub fn alert(&self) -> Alert {
        match self.stage {
            CallStage::Ringing { alert, .. } => alert,
            _ => Alert::default(),
        }
    }

    pub fn is_held(&self) -> bool {
        matches!(self.stage, CallStage::Holding(_))
    }

    /// Whether there is somebody at the other end, or about to be, to whom another call can be handed on.
    pub fn can_be_joined(&self) -> bool {
        let has_somebody = matches!(
            self.stage,
            CallStage::Calling(_)
                | CallStage::Answering(_)
                | CallStage::Talking(_)
                | CallStage::Holding(_)
                | CallStage::Resuming(_)
        );
        has_somebody && !self.is_handed_on
    }

    /// Whether keys go along with the sound.
    pub fn sends_keys(&self) -> bool {
        self.media.sends_to.is_some() && self.media.sends_keys
    }

    /// Whether nothing was dialled yet.
    pub fn is_fresh(&self) -> bool {
        matches!(&self.stage, CallStage::Dialling(digits) if digits.reveal().is_empty())
    }

    /// How the lamp of its line is lit.
    pub fn lamp(&self) -> LampMode {
        match &self.stage {
            CallStage::Ringing { .. } => LampMode::Blink,
            CallStage::Holding(_) => LampMode::Wink,
            _ => LampMode::On,
        }
    }
}

impl Media {
    /// One more description.
    pub fn next_version(&mut self) -> u64 {
        self.version += 1;
        self.version
    }
}
