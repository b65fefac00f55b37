//! CHANGES: facts to be stored. Past tense; each is true from the moment that the store has it.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::activity::Acted;
use super::agent::Standing;
use super::forward_set::{ForwardKind, ForwardTo, Owner};
use super::hunt_statistics::HuntHour;
use super::job::JobState;
use super::messages::Messages;
use super::names::{Dn, HuntGroupName, JobName, Mailbox, PhoneName, ProfileName, UserId};
use super::own_dials::OwnDials;
use super::own_pin::OwnPin;
use crate::time::Utc;

/// Which session; unique for ever, in order of time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub Uuid);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A way to ask for a login or logout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// A feature code dialled at a phone.
    Code,
    /// A key of the phone that has the word on it.
    Softkey,
    /// The control API, and the command line over it.
    Control,
    /// A timer of Perch's own: idle, duration, clock time.
    Timer,
    /// Registering: a softphone as the user itself (SES-17), or somebody with a phone's password.
    Registration,
    /// A page on the display of the phone.
    Page,
    /// The Extension Mobility API.
    Api,
}

impl Door {
    /// The way in words.
    pub fn words(self) -> &'static str {
        match self {
            Door::Code => "by code",
            Door::Softkey => "by a key of the phone",
            Door::Control => "over the control API",
            Door::Timer => "by a timer",
            Door::Registration => "by registering",
            Door::Page => "on a page of the phone",
            Door::Api => "over the Extension Mobility API",
        }
    }
}

/// Why a session ended (SES-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The user logged out.
    User,
    /// Somebody else logged in at the phone.
    Takeover,
    /// The user logged in at another phone.
    Moved,
    /// Somebody logged the user out by code.
    Remote,
    /// An administrator did, or took the user or phone out of the site.
    Admin,
    /// The phone was idle for too long.
    Idle,
    /// The session was too long.
    Duration,
    /// A clock time came.
    Schedule,
    /// The softphone that was the user's phone unregistered, or was not heard of any more (SES-17).
    Unregistered,
    /// A program did, over the Extension Mobility API.
    Api,
    /// An agent missed too many hunt calls (HG-7).
    Missed,
    /// The phone came back with other firmware than it is to have (OUT-8).
    Firmware,
}

impl Cause {
    /// Whether a policy ended the session, rather than anybody.
    pub fn is_automatic(self) -> bool {
        matches!(self, Cause::Idle | Cause::Duration | Cause::Schedule)
    }

    /// Whether somebody wanted just that, rather than a login that another session gave way to.
    pub fn was_wanted(self) -> bool {
        !self.is_automatic() && !matches!(self, Cause::Takeover | Cause::Moved)
    }

    /// The word for it in records, metrics and texts.
    pub fn word(self) -> &'static str {
        match self {
            Cause::User => "user",
            Cause::Takeover => "takeover",
            Cause::Moved => "moved",
            Cause::Remote => "remote",
            Cause::Admin => "admin",
            Cause::Idle => "idle",
            Cause::Duration => "duration",
            Cause::Schedule => "schedule",
            Cause::Unregistered => "unregistered",
            Cause::Api => "api",
            Cause::Missed => "missed",
            Cause::Firmware => "firmware",
        }
    }
}

/// Which signal showed that a phone was used (IDL-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signal {
    /// The login itself.
    Login,
    /// The handset was lifted.
    OffHook,
    /// The handset was put down.
    OnHook,
    /// A digit was dialled.
    Digit,
    /// A softkey or feature key was pressed.
    Key,
    /// A call was begun at this phone.
    CallBegun,
    /// A call was answered at this phone.
    CallAnswered,
    /// A call ended at this phone.
    CallEnded,
    /// A call was held, resumed or changed at this phone.
    CallChanged,
    /// A call was transferred at this phone.
    CallTransferred,
    /// The phone asked for its idle page, or did not.
    IdlePage,
}

impl Signal {
    /// The signal in words.
    pub fn words(self) -> &'static str {
        match self {
            Signal::Login => "the login",
            Signal::OffHook => "going off hook",
            Signal::OnHook => "going on hook",
            Signal::Digit => "a dialled digit",
            Signal::Key => "a key press",
            Signal::CallBegun => "a call attempt",
            Signal::CallAnswered => "a call answered",
            Signal::CallEnded => "the end of a call",
            Signal::CallChanged => "hold or resume",
            Signal::CallTransferred => "a call transferred",
            Signal::IdlePage => "its idle page",
        }
    }
}

/// How long a session may last, whatever it is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TotalLimit {
    /// As long as profile, class and site say.
    #[default]
    Usual,
    /// For ever, whatever they say.
    Never,
    /// So many seconds, whatever they say.
    Seconds(u32),
}

/// What a login wants besides the phone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Which of the user's profiles; none for the default (SES-5).
    pub profile: Option<ProfileName>,
    /// For how long.
    pub total: TotalLimit,
}

/// A session as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSession {
    /// Which one.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// Where.
    pub phone: PhoneName,
    /// As what.
    pub profile: ProfileName,
    /// How the login was asked for.
    pub door: Door,
    /// Since when.
    pub opened: Utc,
    /// How long it may last.
    pub total: TotalLimit,
    /// When the phone was last used, and what showed it.
    pub last_used: (Utc, Signal),
    /// Logged out as soon as the phone is idle, why, and since when.
    pub leaving: Option<(Cause, Door, Utc)>,
}

/// A session that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Which one.
    pub session: SessionId,
    /// Why.
    pub cause: Cause,
    /// How it was asked for.
    pub door: Door,
    /// When.
    pub at: Utc,
    /// When the phone was last used, and what showed it.
    pub last_used: (Utc, Signal),
}

/// Which claim an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClaimId(pub u64);

/// "This user is now at this phone", to be decided by the store: granted if, and only if, the open sessions of the
/// user and of the phone are exactly those listed in `expects`. When it is granted, those in `closes` are closed
/// and `opens` is opened, in one transaction (SES-2: no moment exists in which two phones hold the profile).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Comes back in the answer.
    pub id: ClaimId,
    /// Every open session of the user or at the phone, as far as the claimant knows; sorted.
    pub expects: Vec<SessionId>,
    /// Sessions that give way; a subset of `expects`.
    pub closes: Vec<Closed>,
    /// The new session.
    pub opens: StoredSession,
    /// What to write into the audit log if it is granted.
    pub records: Vec<Record>,
}

/// A fact to be stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// A login asks for its phone. The answer comes back as `ClaimGranted` or `ClaimLost`.
    Claimed(Claim),
    /// A session ended. Harmless if the store has it closed already.
    SessionClosed(Closed),
    /// A session is to end as soon as its phone is idle; `None` takes that back.
    LeavingSet {
        /// Which session.
        session: SessionId,
        /// Why and since when.
        leaving: Option<(Cause, Door, Utc)>,
    },
    /// A login waits for the user's call at another phone to end (SES-2). One per user.
    MoveAwaited(AwaitedMove),
    /// It waits no longer.
    MoveSettled(UserId),
    /// The failed tries and the lock of a user, as they are now (SES-8). No tries and no lock: nothing to remember.
    TriesSet {
        /// Whose.
        user: UserId,
        /// When the recent failures were.
        failures: Vec<Utc>,
        /// Locked until.
        locked_until: Option<Utc>,
    },
    /// A source is not believed to be a phone (SES-8). In the background. Those whose time is up are forgotten.
    LockedOut {
        /// Who, and where.
        locked: LockedOut,
        /// Since when.
        at: Utc,
    },
    /// Whoever has the phone's password is believed again.
    Forgiven(PhoneName),
    /// Somebody has said where calls go. None: as the site says.
    ForwardingSet {
        /// Whose calls.
        owner: Owner,
        /// Which of them.
        kind: ForwardKind,
        /// Where they go.
        to: Option<ForwardTo>,
    },
    /// A user has chosen a PIN, or the site's counts again.
    OwnPinSet {
        /// Whose.
        user: UserId,
        /// The PIN; none: the site's.
        own: Option<OwnPin>,
    },
    /// A user has changed the speed dials of a profile, or the site's count again.
    OwnDialsSet {
        /// Whose.
        user: UserId,
        /// In which profile.
        profile: ProfileName,
        /// All of them; none: the site's.
        own: Option<OwnDials>,
    },
    /// What waits in a mailbox. Nothing, and nothing kept: nothing to remember.
    MessagesSet {
        /// Which mailbox.
        mailbox: Mailbox,
        /// What waits there.
        messages: Messages,
    },
    /// Nobody at a phone is to be disturbed, or anybody may be again.
    QuietSet {
        /// Which phone.
        phone: PhoneName,
        /// Who wants it; none: the phone's, while nobody is logged in there.
        session: Option<SessionId>,
        /// Whether it is so.
        quiet: bool,
    },
    /// What was said of a member of hunt groups: whether it is ready.
    AgentSet {
        /// Which number.
        dn: Dn,
        /// What; none: what its groups say.
        standing: Option<Standing>,
    },
    /// Somebody has joined a hunt group or has left it.
    HuntPlaceSet {
        /// Which group.
        group: HuntGroupName,
        /// At which place of its list.
        slot: usize,
        /// Who is there; none: nobody any more.
        dn: Option<Dn>,
    },
    /// What has happened in a hunt group in this hour so far. In the background.
    HuntCounted(HuntHour),
    /// A phone may still know whom somebody called who has left it since, or does not any more.
    CallsRemembered {
        /// Which phone.
        phone: PhoneName,
        /// Who left it, and when.
        whose: Option<(UserId, Utc)>,
    },
    /// When the phone of a session was last used. In the background (IDL-5).
    Used {
        /// Which session.
        session: SessionId,
        /// When, and what showed it.
        last_used: (Utc, Signal),
    },
    /// An emergency call was made from a phone. In the background: nothing may delay the call (EMG-1).
    EmergencyCalled {
        /// From where.
        phone: PhoneName,
        /// When.
        at: Utc,
    },
    /// Clock times up to here have been dealt with (TOD-3). In the background.
    ClockSeen(Utc),
    /// How a job stands. None: there is no such job any more.
    JobSet {
        /// Which job.
        job: JobName,
        /// Its last run, and the one that goes on.
        state: Option<JobState>,
    },
    /// Something for the audit log.
    Recorded(Record),
    /// What the rules about the end of sessions went by, in order. In the background.
    Acted(Vec<Acted>),
}

/// Who waits until a change is stored, of those who are told something with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// Nobody: it is saved in the background, and nobody could notice that it was lost.
    #[default]
    Nobody,
    /// Those who read what is on record. Whoever is at a phone does not.
    Records,
    /// Everybody.
    Everybody,
}

impl Change {
    /// Who waits until it is stored.
    pub fn holds(&self) -> Holds {
        match self {
            Change::Used { .. }
            | Change::EmergencyCalled { .. }
            | Change::ClockSeen(_)
            | Change::LockedOut { .. }
            | Change::HuntCounted(_)
            | Change::Acted(_) => Holds::Nobody,
            Change::Recorded(_) => Holds::Records,
            Change::Claimed(_)
            | Change::SessionClosed(_)
            | Change::LeavingSet { .. }
            | Change::MoveAwaited(_)
            | Change::MoveSettled(_)
            | Change::TriesSet { .. }
            | Change::Forgiven(_)
            | Change::ForwardingSet { .. }
            | Change::OwnPinSet { .. }
            | Change::OwnDialsSet { .. }
            | Change::MessagesSet { .. }
            | Change::QuietSet { .. }
            | Change::AgentSet { .. }
            | Change::HuntPlaceSet { .. }
            | Change::CallsRemembered { .. }
            | Change::JobSet { .. } => Holds::Everybody,
        }
    }
}

/// A source that guessed a phone's password too often (SES-8).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedOut {
    /// Which phone it is not believed to be.
    pub phone: PhoneName,
    /// From where, in the adapter's words.
    pub source: String,
    /// Until then.
    pub until: Utc,
}

/// A login that waits for a call elsewhere to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitedMove {
    /// Who.
    pub user: UserId,
    /// To which phone.
    pub phone: PhoneName,
    /// How it was asked for.
    pub door: Door,
    /// At the latest then.
    pub until: Utc,
    /// What it wants besides.
    pub wanted: Wanted,
}

/// One line of the audit log and of the event stream (SES-12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// When.
    pub at: Utc,
    /// What happened.
    pub what: What,
    /// To whom, as far as is known. Never what somebody typed in place of a user id: it may be a PIN.
    pub user: Option<UserId>,
    /// At which phone.
    pub phone: Option<PhoneName>,
    /// How it was asked for.
    pub door: Door,
    /// In words, for a person. Never a secret.
    pub text: String,
}

/// The kinds of events that are told to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event", content = "cause")]
pub enum What {
    /// A user logged in.
    LoggedIn,
    /// A session ended.
    LoggedOut(Cause),
    /// A logout waits until the phone is idle.
    LogoutDeferred(Cause),
    /// A login waits for a call elsewhere to end.
    LoginDeferred,
    /// A login was refused.
    LoginRefused,
    /// A logout was refused.
    LogoutRefused,
    /// A user was locked after too many failures.
    Locked,
    /// A source was locked out of a phone after too many wrong passwords.
    LockedOut,
    /// An administrator took the lock away, of a user or of a phone.
    Unlocked,
    /// Somebody was logged out at another call manager, since nobody used the phone.
    LoggedOutElsewhere,
    /// An automatic logout was announced (IDL-6).
    Warned(Cause),
    /// Somebody stayed after the announcement.
    Stayed,
    /// An emergency call was made.
    EmergencyCalled,
    /// Somebody at a phone said where calls go.
    ForwardingSet,
    /// A user chose another PIN at a phone.
    PinChosen,
    /// A user changed speed dials at a phone.
    SpeedDialsChanged,
    /// A phone has forgotten whom somebody called who has left it (PRO-9).
    CallsForgotten,
    /// A phone does not forget that, whatever it is told.
    CallsNotForgotten,
    /// A user is not registered at the other exchange, or that does not answer.
    UpstreamFailed,
    /// A user is registered there after all, or it answers again.
    UpstreamRegistered,
    /// A member of hunt groups is ready for their calls.
    AgentReady,
    /// A member of hunt groups is not ready for their calls.
    AgentNotReady,
    /// Somebody joined a hunt group.
    HuntJoined,
    /// Somebody left a hunt group that was joined.
    HuntLeft,
    /// Clock-time logout began.
    MassLogoutStarted,
    /// Clock-time logout is over.
    MassLogoutEnded,
    /// An administrator had it wait.
    MassLogoutPaused,
    /// It goes on, after that or after a restart.
    MassLogoutResumed,
    /// It was stopped before its end.
    MassLogoutCancelled,
    /// A job whose time was missed was left out.
    JobMissed,
    /// A job that is only tried would have logged somebody out.
    WouldLogOut,
    /// A PIN lifted the blocking of numbers after hours for a while (PRO-5).
    BlockingLifted,
    /// A PIN that was to do so was wrong.
    LiftRefused,
}

impl What {
    /// The word for it, as metrics and the event stream say it.
    pub fn word(self) -> &'static str {
        match self {
            What::LoggedIn => "logged-in",
            What::LoggedOut(_) => "logged-out",
            What::LogoutDeferred(_) => "logout-deferred",
            What::LoginDeferred => "login-deferred",
            What::LoginRefused => "login-refused",
            What::LogoutRefused => "logout-refused",
            What::Locked => "locked",
            What::LockedOut => "locked-out",
            What::Unlocked => "unlocked",
            What::LoggedOutElsewhere => "logged-out-elsewhere",
            What::Warned(_) => "warned",
            What::Stayed => "stayed",
            What::EmergencyCalled => "emergency-called",
            What::ForwardingSet => "forwarding-set",
            What::PinChosen => "pin-chosen",
            What::SpeedDialsChanged => "speed-dials-changed",
            What::CallsForgotten => "calls-forgotten",
            What::CallsNotForgotten => "calls-not-forgotten",
            What::UpstreamFailed => "upstream-failed",
            What::UpstreamRegistered => "upstream-registered",
            What::AgentReady => "agent-ready",
            What::AgentNotReady => "agent-not-ready",
            What::HuntJoined => "hunt-joined",
            What::HuntLeft => "hunt-left",
            What::MassLogoutStarted => "mass-logout-started",
            What::MassLogoutEnded => "mass-logout-ended",
            What::MassLogoutPaused => "mass-logout-paused",
            What::MassLogoutResumed => "mass-logout-resumed",
            What::MassLogoutCancelled => "mass-logout-cancelled",
            What::JobMissed => "job-missed",
            What::WouldLogOut => "would-log-out",
            What::BlockingLifted => "blocking-lifted",
            What::LiftRefused => "lift-refused",
        }
    }

    /// The cause, where there is one.
    pub fn cause(self) -> Option<Cause> {
        match self {
            What::LoggedOut(cause) | What::LogoutDeferred(cause) | What::Warned(cause) => {
                Some(cause)
            }
            _ => None,
        }
    }
}

/// What was stored, as the core is told at start: everything it needs to go on where it was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// Open sessions.
    pub sessions: Vec<StoredSession>,
    /// The last closed session of each phone, for `explain`.
    pub last_closed: Vec<(StoredSession, Closed)>,
    /// Logins that wait.
    pub awaited_moves: Vec<AwaitedMove>,
    /// Failed tries and locks.
    pub tries: Vec<(UserId, Vec<Utc>, Option<Utc>)>,
    /// Sources that are not believed to be phones.
    pub locked_out: Vec<LockedOut>,
    /// The last emergency call of each phone.
    pub emergency_calls: Vec<(PhoneName, Utc)>,
    /// Where calls go by what was set at phones.
    pub forwardings: Vec<(Owner, ForwardKind, ForwardTo)>,
    /// PINs that users have chosen.
    pub own_pins: Vec<(UserId, OwnPin)>,
    /// Speed dials that users have changed, by profile.
    pub own_dials: Vec<(UserId, ProfileName, OwnDials)>,
    /// What waits in mailboxes.
    pub messages: Vec<(Mailbox, Messages)>,
    /// Phones where nobody is to be disturbed, and by whose wish.
    pub quiet_phones: Vec<(PhoneName, Option<SessionId>)>,
    /// What was said of members of hunt groups.
    pub agents: Vec<(Dn, Standing)>,
    /// Who has joined hunt groups, and at which place of the list.
    pub hunt_places: Vec<(HuntGroupName, usize, Dn)>,
    /// What was counted in hunt groups in the last hour that anything was.
    pub hunt_hours: Vec<HuntHour>,
    /// Phones that may still know whom somebody called who has left them: who, and when.
    pub calls: Vec<(PhoneName, UserId, Utc)>,
    /// Clock times up to here were dealt with.
    pub clock_seen: Option<Utc>,
    /// How jobs stand.
    pub jobs: Vec<(JobName, JobState)>,
}
