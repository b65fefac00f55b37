//! A leg as SIP sees it: an INVITE that waits, INVITEs that ring, a dialog.

use std::time::Duration;

use bytes::Bytes;

use super::bindings::Binding;
use super::dialog::Dialog;
use super::early::Towards;
use super::flow::Flow;
use super::relayed::Relayed;
use super::reliable::{Early, Reliable};
use super::session_timer::SessionTimer;
use super::transaction::{ClientId, ServerId};
use super::wire::Message;
use crate::pbx::{Body, Dn, History, Party, PhoneName, Place};

/// One leg.
#[derive(Debug)]
pub(super) struct Leg {
    pub phone: PhoneName,
    pub stage: Stage,
}

/// How far it is.
#[derive(Debug)]
pub(super) enum Stage {
    /// The phone called us, and is not answered yet.
    Incoming(Box<Incoming>),
    /// We called the phone.
    Outgoing(Box<Outgoing>),
    /// The call is answered.
    Talking(Box<Talking>),
}

/// An INVITE of a phone that waits for its answer.
#[derive(Debug)]
pub(super) struct Incoming {
    pub server: ServerId,
    pub invite: Message,
    pub flow: Flow,
    /// Our To tag, for answers that stand for nobody else.
    pub tag: String,
    /// The early dialogs: the first has our tag, and then there is one for each phone and contact that is being rung.
    pub early: Vec<Towards>,
    /// What the caller is told and has to acknowledge.
    pub reliable: Reliable,
    /// Who it rings at, in the eyes of the caller, if that is not just the number that was called.
    pub rings_as: Option<Party>,
}

/// INVITEs to the contacts of a phone.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub call_id: String,
    /// Our From value, without the tag.
    pub local: String,
    pub local_tag: String,
    /// The number in our To.
    pub called: Dn,
    /// How the call came there.
    pub history: Box<History>,
    pub branches: Vec<Branch>,
    /// The offer in the INVITEs, if they carry one.
    pub offer: Option<Body>,
    /// What some of the places are offered instead, if a relay stands between.
    pub relayed: Option<Relayed>,
    /// The most telling refusal so far.
    pub refused: Option<u16>,
    /// Under which index the phones of the line show the call, if this one does.
    pub index: Option<u8>,
    /// What is said outside, if the call goes out by a trunk.
    pub out: Option<Box<Out>>,
}

/// What is said of a call that leaves the house.
#[derive(Debug)]
pub(super) struct Out {
    /// Who answers for it, as P-Asserted-Identity has it.
    pub asserted: String,
    /// Whether the caller hides.
    pub is_private: bool,
    /// Where help is needed, if it is.
    pub place: Option<Box<Place>>,
}

/// The INVITE to one place.
#[derive(Debug)]
pub(super) struct Branch {
    pub client: ClientId,
    pub target: String,
    pub flow: Flow,
    /// The Call-ID of the registration that it was found by: a phone that has started again has another.
    pub registered_by: Box<str>,
    /// More flows to the same place, best first, for when this one turns out to be dead.
    pub spare: Vec<Binding>,
    /// Its early dialogs, as far as they were acknowledged.
    pub early: Vec<Early>,
    /// Whether it is over.
    pub ended: bool,
}

/// An answered call.
#[derive(Debug)]
pub(super) struct Talking {
    pub dialog: Dialog,
    /// A 2xx of ours that they have not acknowledged.
    pub unacknowledged: Option<Unacknowledged>,
    /// What we owe, or sent, for their last 2xx.
    pub ack: Option<(u32, Owed)>,
    /// Their re-INVITE that waits for the other party.
    pub incoming: Option<(ServerId, Message)>,
    /// Their re-INVITE that came before the ACK of our last 2xx: datagrams overtake each other.
    pub overtaker: Option<(ServerId, Message)>,
    /// Our re-INVITE that is under way.
    pub outgoing: Option<Asked>,
    /// A change that waits until this leg is ready for it.
    pub wish: Option<Wish>,
    /// To be released when the 2xx is acknowledged and all is told, with this Reason.
    pub closing: Option<String>,
    /// How the call is kept alive, if the phone speaks of that; else it is asked.
    pub timer: Option<SessionTimer>,
    /// Whether a question after their health is on its way.
    pub probing: bool,
}

/// The ACK of a 2xx of theirs.
#[derive(Clone, Debug)]
pub(super) enum Owed {
    /// It waits for the answer to this offer, if the 2xx brought one.
    AnswerTo(Option<Body>),
    /// It was sent; kept for retransmissions of the 2xx.
    Sent(Bytes),
}

/// A change that a party is being asked for.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// The core waits for what it says.
    For(Wish),
    /// It wants something else by now.
    InVain {
        /// Whether an offer was made; else theirs has to be answered.
        offered: bool,
    },
}

/// A change that a party is to be asked for.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// None if the party is to make the offer.
    pub offer: Option<Body>,
    /// Who is at the other end now, if that changes.
    pub connected: Option<Party>,
    /// How often it was asked for already.
    pub tries: u8,
}

/// A 2xx that is sent again until it is acknowledged (RFC 3261 §13.3.1.4).
#[derive(Debug)]
pub(super) struct Unacknowledged {
    pub cseq: u32,
    pub answer: Bytes,
    pub interval: Duration,
    pub give_up: Duration,
    /// Whether the ACK must bring an answer to the offer in our 2xx.
    pub expects_answer: bool,
}

impl Talking {
    /// A call that has just been answered.
    pub fn new(dialog: Dialog) -> Talking {
        Talking {
            dialog,
            unacknowledged: None,
            ack: None,
            incoming: None,
            overtaker: None,
            outgoing: None,
            wish: None,
            closing: None,
            timer: None,
            probing: false,
        }
    }
}
