//! ACTIONS: what is to be done. Imperative. The only way out of the core, besides changes.

use std::sync::Arc;

use super::change::{Cause, Change, Record};
use super::desk::Desk;
use super::event::{Body, EarlyLink, Failure, LegId, Secret, Ticket};
use super::forward::History;
use super::lamp::LineStatus;
use super::mix::MixOrder;
use super::names::{Dn, PhoneName, UserId};
use super::obstacle::Obstacle;
use super::place::Place;
use super::prompt::Prompt;
use super::renewal::Renewal;
use super::site::PinHash;
use super::upstream::{Haste, UpstreamUser};

/// Who somebody is to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// The number.
    pub dn: Dn,
    /// The name.
    pub display_name: String,
}

/// What a phone is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A user's.
    User(UserId),
    /// Nobody's, and why if it was somebody's.
    Nobody(Option<Cause>),
}

/// What a text on a display is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The session there will end soon (IDL-6).
    LogoutNear {
        /// Why.
        cause: Cause,
        /// Whether that is to be heard, too, where a phone can.
        aloud: bool,
    },
    /// It ends as soon as nothing goes on there, for this cause (OUT-2).
    LogoutWaits(Cause),
    /// Not any more: somebody stays.
    LogoutOff,
    /// Something else that whoever is there should know.
    News,
}

/// How a phone is to say that somebody calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alert {
    /// As usual.
    #[default]
    Aloud,
    /// Heard once.
    Beep,
    /// In another rhythm, where a phone has one.
    Feature,
    /// Without a sound. A phone that cannot is busy.
    Silent,
}

/// Why somebody was told no. The text is for the person at the phone and leaks nothing (SES-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nothing has that number.
    UnknownNumber,
    /// Whoever is at this phone may not call that number.
    NotAllowed,
    /// The code is not complete.
    Incomplete(&'static str),
    /// Wrong user, wrong PIN, locked: nobody shall know which.
    LoginRefused,
    /// A rule stands in the way.
    Blocked(Obstacle),
    /// Something else does; the text says what.
    Conflict(String),
    /// The store did not take it; nothing has changed.
    StoreFailed,
    /// Too much at once.
    Overloaded,
    /// Nobody pressed a key any more.
    Silence,
    /// The called party's side failed.
    Failed(Failure),
    /// Numbers are forwarded to each other, or too often.
    Circle,
    /// The call has been through too many servers already.
    TooManyHops,
    /// No trunk takes the call.
    NoLine,
    /// The called user is logged in nowhere and has nothing that answers instead.
    NobodyThere,
    /// No such user, phone or session; only administrators are told.
    NotFound(String),
}

impl Refusal {
    /// The refusal in words, for the person who asked.
    pub fn text(&self) -> String {
        match self {
            Refusal::UnknownNumber => "Unknown number".into(),
            Refusal::NotAllowed => "Not allowed from this phone".into(),
            Refusal::Incomplete(form) => (*form).into(),
            Refusal::LoginRefused => "Login refused".into(),
            Refusal::Blocked(obstacle) => obstacle.text(),
            Refusal::Conflict(text) | Refusal::NotFound(text) => text.clone(),
            Refusal::StoreFailed => "It could not be stored. Try again".into(),
            Refusal::Overloaded => "Too busy. Try again in a moment".into(),
            Refusal::Silence => "Nothing was dialled for too long".into(),
            Refusal::NobodyThere => "Nobody is logged in with that number".into(),
            Refusal::NoLine => "No line to the outside is free, or works".into(),
            Refusal::Circle => "That number is forwarded in a circle".into(),
            Refusal::TooManyHops => "The call has been through too many servers".into(),
            Refusal::Failed(failure) => match failure {
                Failure::Busy => "Busy".into(),
                Failure::Declined => "Declined".into(),
                Failure::NoAnswer => "No answer".into(),
                Failure::Unreachable => "The phone cannot be reached".into(),
                Failure::UnknownNumber => "The phone does not know the number".into(),
                Failure::NotAcceptable => "No media in common".into(),
                Failure::NoRelay => "WebRTC and RTP phones need a media relay".into(),
                Failure::RelayFailed => "The media relay cannot be used now. Try again".into(),
                Failure::Glare => "Both sides changed the call at once".into(),
                Failure::Gone => "The call is over".into(),
                Failure::Released => "The other party hung up".into(),
                Failure::Other(status) => format!("The phone answered {status}"),
            },
        }
    }
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Make a phone ring, at all its contacts.
    Ring {
        /// The new leg.
        leg: LegId,
        /// Which phone.
        phone: PhoneName,
        /// Who calls.
        caller: Party,
        /// The number that was called, as the phone knows it.
        called: Dn,
        /// The media offer; none if the phone is to make it.
        offer: Option<Body>,
        /// How the call came here.
        history: Box<History>,
        /// How it is said.
        alert: Alert,
        /// Under which index the phones of its line show the call, if they do.
        index: Option<u8>,
    },
    /// Make a call out of the house.
    RingOut {
        /// The new leg.
        leg: LegId,
        /// By which trunk.
        trunk: PhoneName,
        /// Who calls, as outside.
        caller: Party,
        /// Who answers for the call, as outside: whoever sent it on, else the caller.
        asserted: Party,
        /// The number, as the trunk wants it.
        called: Dn,
        /// The media offer; none if the other side is to make it.
        offer: Option<Body>,
        /// How the call came here.
        history: Box<History>,
        /// Where help is needed, if it is a call for help (EMG-1).
        place: Option<Box<Place>>,
        /// As whom the call is made, if the trunk leads to an exchange where users have accounts.
        account: Option<Arc<UpstreamUser>>,
    },
    /// The phone of a leg that rings can be reached at one more place: it is to ring there, too.
    RingAnew {
        /// The leg.
        leg: LegId,
    },
    /// Tell a caller that the call goes on elsewhere.
    ShowForwarding {
        /// The caller's leg.
        leg: LegId,
    },
    /// Tell a caller that the call waits until somebody is free.
    ShowWaiting {
        /// The caller's leg.
        leg: LegId,
        /// Which place it has; the first one is next.
        place: usize,
        /// For whom.
        group: Party,
        /// Whether the caller is to hear it, too.
        announce: bool,
    },
    /// Tell a caller how far the call is.
    ShowProgress {
        /// The caller's leg.
        leg: LegId,
        /// Which phone and contact it is about.
        from: (LegId, u32),
        /// Whether somebody is being rung.
        ringing: bool,
        /// Who that is to the caller, where it is nobody who was dialled for: the group whose member rings.
        as_whom: Option<Party>,
        /// Early media.
        media: Option<Body>,
    },
    /// Ask a caller, or a phone that rings for it, for other media before the call is answered.
    OfferEarly {
        /// Whose leg.
        leg: LegId,
        /// Between whom.
        link: EarlyLink,
        /// The offer.
        offer: Body,
    },
    /// Tell it what the other one says to the media that it wants.
    AnswerEarly {
        /// Whose leg.
        leg: LegId,
        /// Between whom.
        link: EarlyLink,
        /// The answer, or why not.
        media: Result<Body, Failure>,
    },
    /// Tell a caller that the call was answered.
    Answer {
        /// The caller's leg.
        leg: LegId,
        /// Which phone and contact answered.
        from: (LegId, u32),
        /// The media answer, or the offer if the caller made none; none if no media is to flow as yet.
        media: Option<Body>,
        /// Who answered.
        connected: Party,
    },
    /// Give a party the media answer to the offer that it made when answering, or when asked to make one.
    Acknowledge {
        /// The party's leg.
        leg: LegId,
        /// The answer; none if there is nothing in common.
        media: Option<Body>,
    },
    /// Answer a caller: it talks to Perch itself from now on. What it hears are prompts, and the keys that it presses
    /// are events. If that cannot be had it is told why, and has left.
    Converse {
        /// The caller's leg.
        leg: LegId,
    },
    /// Let somebody who talks to Perch itself hear something.
    Prompt {
        /// The caller's leg.
        leg: LegId,
        /// What.
        prompt: Prompt,
    },
    /// Tell a caller no. Whoever talks to Perch itself is let hear it, and released.
    Refuse {
        /// The caller's leg.
        leg: LegId,
        /// Why.
        why: Refusal,
    },
    /// Answer a caller and release the call at once: how a code says yes. Whoever talks to Perch itself is let hear it
    /// first.
    Confirm {
        /// The caller's leg.
        leg: LegId,
        /// What was done.
        text: String,
    },
    /// End a leg in whatever state it is.
    Release {
        /// Which leg.
        leg: LegId,
        /// Why, in words.
        text: &'static str,
        /// Whether another phone answered the same call.
        answered_elsewhere: bool,
    },
    /// Ask a party to change the media of the call.
    Reoffer {
        /// Which leg.
        leg: LegId,
        /// The new offer; none if it is to make one.
        offer: Option<Body>,
        /// Who is at the other end now, if that changes.
        connected: Option<Party>,
    },
    /// Give a party the answer to the change it wanted.
    AcceptReoffer {
        /// Which leg.
        leg: LegId,
        /// The answer.
        media: Option<Body>,
    },
    /// Tell a party that the change it wanted is not to be had.
    RefuseReoffer {
        /// Which leg.
        leg: LegId,
        /// Why.
        why: Failure,
    },
    /// Add up the sound of several parties, or no longer.
    Mix(MixOrder),
    /// Carry a signal to a party.
    Signal {
        /// To whom.
        leg: LegId,
        /// To be given back with the answer.
        ticket: Ticket,
        /// What.
        body: Option<Body>,
    },
    /// Answer the sender of a signal.
    SignalReply {
        /// Of the signal.
        ticket: Ticket,
        /// The status that the other party answered.
        status: u16,
    },

    /// Carry a text to whoever reads it at any of these phones, and tell its sender whether somebody took it.
    DeliverText {
        /// Who waits.
        ticket: Ticket,
        /// Who sent it.
        from: Party,
        /// The number that it was sent to.
        called: Dn,
        /// Where that is.
        phones: Vec<PhoneName>,
        /// What.
        body: Body,
    },
    /// Tell the sender of a text no.
    RefuseText {
        /// Who waits.
        ticket: Ticket,
        /// Why.
        why: Refusal,
    },
    /// Tell a voicemail system whether what it said of messages was taken.
    AnswerReport {
        /// Who waits.
        ticket: Ticket,
        /// Whether it was, or why not.
        outcome: Result<(), Refusal>,
    },
    /// Tell somebody who transfers a call that it is being done.
    AcceptTransfer {
        /// Who waits.
        ticket: Ticket,
    },
    /// Tell somebody who transfers a call that the phones there ring.
    ShowTransfer {
        /// Who waits.
        ticket: Ticket,
    },
    /// Tell somebody who transfers a call what became of it.
    EndTransfer {
        /// Who waits.
        ticket: Ticket,
        /// Whether the others are connected, or why not.
        outcome: Result<(), Refusal>,
    },

    /// Make a phone what it is now.
    ApplyProfile {
        /// Which phone.
        phone: PhoneName,
        /// What it is.
        shown: Shown,
        /// In words, for its display.
        text: String,
        /// What is on its desk.
        desk: Box<Desk>,
    },
    /// Show what is set at a phone now. It is whose it was.
    ShowDesk {
        /// Which phone.
        phone: PhoneName,
        /// What is on its desk.
        desk: Box<Desk>,
    },
    /// Show whoever watches a number how it stands now.
    ShowLine {
        /// How.
        status: Arc<LineStatus>,
    },
    /// Tell a phone whether somebody there may dial now.
    AnswerTaking {
        /// Who waits.
        ticket: Ticket,
        /// Under which index, if there is one; or why not.
        outcome: Result<Option<u8>, Refusal>,
    },
    /// Have a phone read its file again, or start anew. Nothing goes on there.
    Renew {
        /// Which phone.
        phone: PhoneName,
        /// What it is to do.
        how: Renewal,
    },
    /// Show something to whoever is at a phone.
    Tell {
        /// Which phone.
        phone: PhoneName,
        /// What it is about.
        notice: Notice,
        /// What.
        text: String,
    },
    /// Have a phone forget whom somebody called, and report [`super::Event::CallsForgotten`]: soon, whatever the phone
    /// does.
    ForgetCalls {
        /// Which phone.
        phone: PhoneName,
        /// To be given back.
        attempt: u64,
    },
    /// Ask somebody to hang up: off hook for too long without a call (IDL-3).
    Howl {
        /// Which phone.
        phone: PhoneName,
    },
    /// Compare a secret, away from the core, and report [`super::Event::SecretChecked`].
    CheckSecret {
        /// To be given back.
        ticket: Ticket,
        /// What was given.
        secret: Secret,
        /// What it must match; none for a user that does not exist: the same work is to be done for nothing.
        against: Option<PinHash>,
    },
    /// Answer whoever asked through a door other than a code.
    Reply {
        /// Who waits.
        ticket: Ticket,
        /// What was done, or why not.
        outcome: Result<String, Refusal>,
    },
    /// Register a user at the other exchange, and keep that up.
    EnrolUpstream {
        /// Who.
        user: UserId,
        /// As whom.
        account: Arc<UpstreamUser>,
        /// How soon.
        haste: Haste,
    },
    /// Take that back.
    WithdrawUpstream {
        /// Who.
        user: UserId,
        /// As whom.
        account: Arc<UpstreamUser>,
    },
    /// Tell the world.
    Announce(Record),
}

/// An action in its place: after what it may be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// The phone whose order the action must keep, if any.
    pub phone: Option<PhoneName>,
    /// Whether it tells somebody what the changes of the same outcome say, and so waits for those that hold it back
    /// ([`Change::holds`]).
    pub after_commit: bool,
    /// The action.
    pub action: Action,
}

/// What the core wants after an event: facts to store, and things to do, each in order.
#[derive(Debug, Default)]
pub struct Outcome {
    /// To be stored.
    pub changes: Vec<Change>,
    /// To be done.
    pub actions: Vec<Ordered>,
}
