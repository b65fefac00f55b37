//! EVENTS: what happened. Past tense. The only way into the core.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::action::Party;
use super::activity::Activity;
use super::agent::ReadyAt;
use super::change::{ClaimId, Door, LockedOut, Signal, Wanted};
use super::firmware::Firmware;
use super::forget::Forgot;
use super::forward::Hops;
use super::forward_set::ForwardKind;
use super::messages::Report;
use super::mix::MixNews;
use super::names::{Dn, JobName, PhoneName, UserId};
use super::own_dials::DialEdit;
use super::prompt::Digit;
use super::rest::Rest;
use super::site::{PinHash, Site};
use super::trunk_status::TrunkIs;
use super::upstream::{UpstreamLine, UpstreamStanding};

/// One party's side of a call, wherever it was made: an adapter for calls that a phone begins, the core for phones
/// that it rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(pub u64);

/// Hands out leg ids; each minter has a range of its own.
#[derive(Debug)]
pub struct LegIds(u64);

impl LegIds {
    /// A range of 2^56 ids for one minter.
    pub fn minted_by(minter: u8) -> LegIds {
        LegIds(u64::from(minter) << 56)
    }

    /// The next id.
    pub fn mint(&mut self) -> LegId {
        self.0 += 1;
        LegId(self.0)
    }
}

/// Stands for whoever waits for an answer. Only the adapter that minted it knows what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Session description or other body, untouched: its type and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The media type, as the peer wrote it.
    pub content_type: Bytes,
    /// The bytes.
    pub bytes: Bytes,
    /// Which leg it describes, once that is known; it goes wherever the description does.
    pub said_by: Option<LegId>,
}

impl Body {
    /// A body that nobody is known to have said.
    pub fn new(content_type: impl Into<Bytes>, bytes: impl Into<Bytes>) -> Body {
        Body {
            content_type: content_type.into(),
            bytes: bytes.into(),
            said_by: None,
        }
    }
}

/// A PIN or password on its way to be checked. Wiped when dropped, never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// The secret itself; for the one who checks it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// One key more. Who knows how many there will be makes room for them first, so that no copy stays behind.
    pub(super) fn push(&mut self, key: char) {
        self.0.push(key);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Why a leg could not be had, in terms that every protocol has (after Q.850).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The party is in a call.
    Busy,
    /// The party said no.
    Declined,
    /// Nobody answered.
    NoAnswer,
    /// The phone cannot be reached.
    Unreachable,
    /// The phone does not know the number.
    UnknownNumber,
    /// No media in common.
    NotAcceptable,
    /// The phones speak media in ways that only a relay could bring together, and there is none.
    NoRelay,
    /// The same, and the relay does not do it.
    RelayFailed,
    /// Both sides wanted to change the call at once; try again.
    Glare,
    /// There is no such call any more.
    Gone,
    /// The other party hung up meanwhile.
    Released,
    /// Something else; a status of the protocol that it came from, for the log.
    Other(u16),
}

/// Between a caller and one contact of one phone that rings for it: what is said there before the call is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlyLink {
    /// The leg of the phone that rings.
    pub ringing: LegId,
    /// Which of its contacts.
    pub branch: u32,
}

/// Whether a party put the other one on hold by a change of media.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaFlow {
    /// Both may speak.
    Open,
    /// The sender of the change does not listen: it holds the other.
    Held,
}

/// To whom somebody hands a call on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferTo {
    /// To what somebody would dial. May hold a PIN, whatever that is good for.
    Number(Secret),
    /// To the other end of another call of the same phone's: its leg there.
    Call(LegId),
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The site was loaded or changed; it is stored already.
    SiteApplied(Arc<Site>),
    /// A phone can be reached now.
    PhoneRegistered(PhoneName),
    /// A phone that was registered before the server was restarted still is.
    PhoneRestored(PhoneName),
    /// A phone cannot be reached any more.
    PhoneGone(PhoneName),
    /// A phone that is about to be reached says what it runs (OUT-8).
    FirmwareTold {
        /// Which phone.
        phone: PhoneName,
        /// What it says.
        firmware: Firmware,
    },
    /// A phone that cannot be reached yet, or that may have changed, wants to know what it is.
    DeskRequested(PhoneName),
    /// A phone can be reached at one more place, or has started again where it was.
    PhoneMoved(PhoneName),

    /// The phone was used in a way that is not a call (IDL-1).
    PhoneUsed {
        /// Which phone.
        phone: PhoneName,
        /// What showed it.
        signal: Signal,
    },

    /// Somebody at a phone dialled, en bloc.
    Dialled {
        /// The caller's leg, minted by the adapter.
        leg: LegId,
        /// At which phone.
        phone: PhoneName,
        /// On which of its lines; none for the prime line.
        line: Option<Dn>,
        /// What was dialled. May hold a PIN after a login code: wiped when dropped, never shown.
        digits: Secret,
        /// The media offer; none if the callee is to make it.
        offer: Option<Body>,
        /// How far the call may go; all the way, if the phone does not say.
        hops: Hops,
    },
    /// Somebody outside calls, by a trunk.
    CalledIn {
        /// The caller's leg, minted by the adapter.
        leg: LegId,
        /// By which trunk.
        trunk: PhoneName,
        /// Who calls, as the trunk says.
        caller: Party,
        /// The number, as the trunk has it.
        called: String,
        /// The media offer; none if the callee is to make it.
        offer: Option<Body>,
        /// How far the call may go.
        hops: Hops,
    },
    /// Whether a trunk is there, if that is another than before.
    TrunkIs {
        /// Which one.
        trunk: PhoneName,
        /// How it is.
        is: TrunkIs,
    },
    /// A phone wants to take the place of a leg in its call: one that talks, or one that rings.
    TookOver {
        /// The new leg.
        leg: LegId,
        /// Whose.
        phone: PhoneName,
        /// The leg whose place it takes.
        of: LegId,
        /// The media offer; none if the other side is to make it.
        offer: Option<Body>,
    },
    /// A phone that was made to ring does, or has something to play meanwhile.
    Progressed {
        /// Which leg.
        leg: LegId,
        /// Which of the phone's contacts, if it has several.
        branch: u32,
        /// Whether it rings (else it is only on its way).
        ringing: bool,
        /// Early media.
        media: Option<Body>,
    },
    /// A caller, or a phone that rings for it, wants other media before the call is answered.
    EarlyOffered {
        /// Whose leg.
        leg: LegId,
        /// Between whom.
        link: EarlyLink,
        /// The offer.
        offer: Body,
    },
    /// What it was asked for, the other way round.
    EarlyAnswered {
        /// Whose leg.
        leg: LegId,
        /// Between whom.
        link: EarlyLink,
        /// Its answer, or why it wants no such media.
        media: Result<Body, Failure>,
    },
    /// A ringing leg was answered.
    Answered {
        /// Which leg.
        leg: LegId,
        /// Which of the phone's contacts.
        branch: u32,
        /// The media answer, or the offer if none was made.
        media: Option<Body>,
    },
    /// The caller's media answer to an offer that the callee made when answering.
    Acknowledged {
        /// The caller's leg.
        leg: LegId,
        /// The answer.
        media: Body,
    },
    /// A leg that was made to ring will not be answered.
    Failed {
        /// Which leg.
        leg: LegId,
        /// Why.
        why: Failure,
    },
    /// A phone that was made to ring sends the call on, in its order of preference.
    Deflected {
        /// Which leg.
        leg: LegId,
        /// To what somebody would dial.
        to: Vec<Secret>,
    },
    /// A party hands the other one on.
    Transferred {
        /// Its leg in the call.
        leg: LegId,
        /// To be given back with what becomes of it.
        ticket: Ticket,
        /// To whom.
        to: TransferTo,
    },
    /// A party left: hung up, gave up ringing, or was found dead.
    Released {
        /// Which leg.
        leg: LegId,
        /// Whether the party is gone rather than having hung up.
        dead: bool,
    },
    /// A party wants to change the media of an answered call.
    Reoffered {
        /// Which leg.
        leg: LegId,
        /// The new offer; none if the other side is to make it.
        offer: Option<Body>,
        /// What it means, if the adapter can tell.
        flow: Option<MediaFlow>,
    },
    /// The other party agreed to the change.
    ReofferAnswered {
        /// Which leg answered.
        leg: LegId,
        /// Its answer.
        media: Option<Body>,
    },
    /// The other party did not agree; the call goes on as it was.
    ReofferRefused {
        /// Which leg refused.
        leg: LegId,
        /// Why.
        why: Failure,
    },
    /// The mixer says what became of what was wanted of it.
    Mixed(MixNews),
    /// A phone wants to come into the talk of a leg, at another phone of a line of its own.
    BargeAsked {
        /// The new leg.
        leg: LegId,
        /// Whose.
        phone: PhoneName,
        /// The leg that talks.
        of: LegId,
        /// The media offer; none if one is to be made to it.
        offer: Option<Body>,
    },
    /// A party sent something to the other within the call (SIP INFO: DTMF and the like).
    Signalled {
        /// Who sent it.
        leg: LegId,
        /// To be given back with the answer.
        ticket: Ticket,
        /// What.
        body: Option<Body>,
    },
    /// Somebody watches a number through this adapter, or nobody does any more. Whoever begins is told at once how it
    /// stands.
    LineWatched {
        /// Which number.
        dn: Dn,
        /// Whether somebody does.
        watched: bool,
    },
    /// Somebody at a phone is about to dial, on the call of its prime line that has this index; on any, if none is named.
    LineTaken {
        /// Who waits for whether it may.
        ticket: Ticket,
        /// Which phone.
        phone: PhoneName,
        /// Which index.
        index: Option<u8>,
    },
    /// Nobody is about to dial there any more: somebody did, or does not want to.
    LineGivenBack(PhoneName),
    /// A phone wants the call that all phones of its prime line show under an index: to take it if it is held, to come
    /// into it if it is talked over.
    CallAtIndexAsked {
        /// The new leg.
        leg: LegId,
        /// Whose.
        phone: PhoneName,
        /// Which index.
        index: u8,
        /// What was dialled: the phone's own name. May hold a PIN.
        digits: Secret,
        /// The media offer; none if one is to be made to it.
        offer: Option<Body>,
        /// How much further the call may go.
        hops: Hops,
    },
    /// A party says of the hold that it is about to ask for whether others may take the call meanwhile.
    HoldMarked {
        /// Its leg.
        leg: LegId,
        /// Whether nobody may.
        alone: bool,
    },
    /// Somebody watches all numbers that a phone has lamps for: what is on its desk is to be shown.
    DeskWatched(PhoneName),
    /// Somebody sent a text that belongs to no call.
    TextSent {
        /// Who waits for what becomes of it.
        ticket: Ticket,
        /// From which phone.
        phone: PhoneName,
        /// To what somebody would dial.
        to: Secret,
        /// What.
        body: Body,
    },
    /// A voicemail system says what waits in a mailbox.
    MessagesReported {
        /// Who waits for what becomes of it.
        ticket: Ticket,
        /// Which phone it is to Perch.
        phone: PhoneName,
        /// What it says.
        report: Report,
    },
    /// The other party took it, or did not.
    SignalAnswered {
        /// Of the signal.
        ticket: Ticket,
        /// The status that it answered.
        status: u16,
    },

    /// Somebody who talks to Perch itself pressed a key.
    DigitPressed {
        /// Their leg.
        leg: LegId,
        /// Which key.
        digit: Digit,
    },

    /// Somebody asked for a login through a door other than a code.
    LoginRequested {
        /// Who waits for the answer.
        ticket: Ticket,
        /// How it was asked for.
        door: Door,
        /// Where.
        phone: PhoneName,
        /// User id or DN, as given.
        user: String,
        /// The PIN; none for an administrator, who needs none.
        secret: Option<Secret>,
        /// What else is wanted.
        wanted: Wanted,
    },
    /// Somebody at a phone says who they are, before they say what they want. The answer is the user's id.
    ProofOffered {
        /// Who waits for the answer.
        ticket: Ticket,
        /// How it was asked for.
        door: Door,
        /// Where.
        phone: PhoneName,
        /// User id or DN, as given.
        user: String,
        /// The PIN.
        secret: Secret,
    },
    /// Somebody at a phone wants to be asked for user and PIN, through a door other than a code.
    LoginAsked {
        /// Their leg, minted by the adapter.
        leg: LegId,
        /// How it was asked for.
        door: Door,
        /// At which phone.
        phone: PhoneName,
    },
    /// Whoever is logged in at a phone wants to leave, through a door other than a code.
    LeaveAsked {
        /// Who waits for the answer.
        ticket: Ticket,
        /// How it was asked for.
        door: Door,
        /// At which phone.
        phone: PhoneName,
    },
    /// Somebody in a call wants the other party to wait at a number of its own, through a door other than a code.
    ParkAsked {
        /// Their leg in the call.
        leg: LegId,
        /// Who waits for the answer.
        ticket: Ticket,
    },
    /// Somebody at a phone takes a call that rings elsewhere, through a door other than a code.
    PickupAsked {
        /// Their leg, minted by the adapter.
        leg: LegId,
        /// At which phone.
        phone: PhoneName,
        /// Where it rings, as somebody would dial that; none: anywhere in the group.
        number: Option<Secret>,
    },
    /// Somebody at a phone wants calls to go on elsewhere from now on, through a door other than a code.
    ForwardAsked {
        /// Who waits for the answer.
        ticket: Ticket,
        /// How it was asked for.
        door: Door,
        /// At which phone.
        phone: PhoneName,
        /// Which calls.
        kind: ForwardKind,
        /// What somebody would dial; none if they are to stay.
        to: Option<Secret>,
    },
    /// Somebody at a phone does not want to be disturbed, or to be called again, through a door other than a code.
    QuietAsked {
        /// Who waits for the answer.
        ticket: Ticket,
        /// How it was asked for.
        door: Door,
        /// At which phone.
        phone: PhoneName,
        /// Whether it is to be quiet.
        quiet: bool,
    },
    /// Somebody is ready for hunt calls or is not, through a door other than a code.
    ReadyAsked {
        /// Who waits for the answer.
        ticket: Ticket,
        /// How it was asked for.
        door: Door,
        /// Where.
        at: ReadyAt,
        /// Whether they are; none: otherwise than before.
        ready: Option<bool>,
    },
    /// Somebody in a call wants the other party of another call of theirs to come in.
    ConferenceAsked {
        /// Who waits for the answer.
        ticket: Ticket,
        /// Their leg in the call.
        leg: LegId,
        /// Their leg in the other one.
        other: LegId,
    },
    /// Somebody at a phone wants calls on shared lines to be private, or not any more, through a door other than a code.
    PrivacyAsked {
        /// Who waits for the answer.
        ticket: Ticket,
        /// At which phone.
        phone: PhoneName,
        /// Whether they are to be.
        private: bool,
    },
    /// Somebody at a phone wants somebody else out who is at another, through a door other than a code (OUT-5).
    RemoteLogoutAsked {
        /// Who waits for the answer.
        ticket: Ticket,
        /// How it was asked for.
        door: Door,
        /// At which phone.
        phone: PhoneName,
        /// The number of whoever is to go.
        dn: Dn,
    },
    /// Whoever is logged in at a phone says that they are still there.
    StayAsked {
        /// Who waits for the answer.
        ticket: Ticket,
        /// At which phone.
        phone: PhoneName,
    },
    /// A phone was used in a way that is not a call, and says so beside its protocol (IDL-7).
    UseTold {
        /// Who waits for the answer.
        ticket: Ticket,
        /// Which phone.
        phone: PhoneName,
        /// What showed it.
        signal: Signal,
    },
    /// A phone says by its idle page that nobody uses it (IDL-7).
    PhoneRests {
        /// Who waits for the answer.
        ticket: Ticket,
        /// Which phone.
        phone: PhoneName,
        /// Since when, and when it says so again.
        rest: Rest,
    },
    /// Somebody was logged out at another call manager, since nobody used the phone.
    LeftElsewhere {
        /// Who waits for the answer.
        ticket: Ticket,
        /// At which phone.
        phone: PhoneName,
        /// Who, and why, in words.
        text: String,
    },
    /// Somebody at a phone, who has proven to be a user, has chosen another PIN.
    PinChosen {
        /// Who waits for the answer.
        ticket: Ticket,
        /// How it was asked for.
        door: Door,
        /// At which phone.
        phone: PhoneName,
        /// Who.
        user: UserId,
        /// The PIN.
        pin: PinHash,
    },
    /// Whoever is logged in at a phone has changed one of their speed dials.
    DialEdited {
        /// Who waits for the answer.
        ticket: Ticket,
        /// How it was asked for.
        door: Door,
        /// At which phone.
        phone: PhoneName,
        /// Which, and what it is now.
        edit: DialEdit,
    },
    /// Somebody asked for a logout through a door other than a code.
    LogoutRequested {
        /// Who waits for the answer.
        ticket: Ticket,
        /// How it was asked for.
        door: Door,
        /// Whom or where.
        target: LogoutTarget,
    },
    /// Somebody from afar wants a phone to start anew, as soon as nothing goes on there.
    ResetRequested {
        /// Who waits for the answer.
        ticket: Ticket,
        /// Which phone.
        phone: PhoneName,
        /// From its very beginning, rather than by registering anew.
        hard: bool,
    },
    /// Somebody asked for everybody to be logged out, at the usual pace.
    MassLogoutRequested {
        /// Who waits for the answer.
        ticket: Ticket,
        /// How it was asked for.
        door: Door,
    },
    /// An administrator wants something of a job (TOD-2).
    JobWished {
        /// Who waits for the answer.
        ticket: Ticket,
        /// Which job.
        job: JobName,
        /// What.
        wish: JobWish,
    },
    /// An administrator took the lock of a user away (SES-8).
    UnlockRequested {
        /// Who waits for the answer.
        ticket: Ticket,
        /// Whose.
        user: UserId,
    },
    /// A source guessed a phone's password too often, and is not believed for a while (SES-8).
    LockedOut(LockedOut),
    /// An administrator wants whoever has a phone's password believed again; the adapter has forgotten its guessers.
    Forgiven {
        /// Who waits for the answer.
        ticket: Ticket,
        /// Which phone.
        phone: PhoneName,
        /// How many sources were locked out.
        sources: usize,
    },
    /// A phone was told to forget whom somebody called.
    CallsForgotten {
        /// Which phone.
        phone: PhoneName,
        /// Which time it was.
        attempt: u64,
        /// What became of it.
        forgot: Forgot,
    },
    /// A secret was compared.
    SecretChecked {
        /// Of the check.
        ticket: Ticket,
        /// Whether it was right.
        matches: bool,
    },
    /// The store decided for a claim.
    ClaimGranted(ClaimId),
    /// The store decided against a claim.
    ClaimLost {
        /// Which one.
        claim: ClaimId,
        /// Whether the store failed, rather than another claim having been first.
        store_failed: bool,
    },

    /// How a user stands at the other exchange is known, or has changed.
    UpstreamStands {
        /// Who.
        user: UserId,
        /// How.
        standing: UpstreamStanding,
    },
    /// The other exchange answers, or does not.
    UpstreamLine(UpstreamLine),

    /// Something that was recorded happens again, to see what the rules make of it. Never at a server that serves.
    Replayed(Activity),
}

/// What an administrator wants of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JobWish {
    /// To run now, whatever the clock says.
    Run {
        /// Only to write down what it would do; some jobs do no more anyhow.
        dry_run: bool,
    },
    /// To stop for a while.
    Pause,
    /// To go on.
    Resume,
    /// To stop for good.
    Cancel,
}

/// Whom to log out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogoutTarget {
    /// A user, at every phone.
    User(String),
    /// Whoever is at a phone.
    Phone(PhoneName),
}
