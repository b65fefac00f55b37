//! Questions that change nothing, and their answers as data.

use std::net::IpAddr;

use super::change::{Cause, Closed, Door, Signal, StoredSession};
use super::desk::Seat;
use super::hunt_status::HuntStatus;
use super::job::{JobEnd, JobRun};
use super::layout::LeftOut;
use super::names::{Dn, JobName, PhoneName, ProfileName, UserId};
use super::profile::SpeedDial;
use super::trunk_status::TrunkStatus;
use crate::time::Utc;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Everybody who is logged in, and where.
    Who,
    /// Everything that is known about a phone or user and its logouts (SES-11).
    Explain(String),
    /// What is known about a phone that somebody stands at.
    Phone(PhoneName),
    /// Who a user id or DN is, and where they are.
    User(String),
    /// Who was at each phone last. Phones at which nobody was are left out.
    LastUsers,
    /// Users that are locked or had recent failures (SES-8).
    Locks,
    /// What a phone is now: its lines and speed dials, and whose it is.
    Seat(PhoneName),
    /// How jobs stand.
    Jobs,
    /// How every hunt group stands.
    Hunt,
    /// How the server is.
    Status,
}

/// Its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Sorted by user, then phone.
    Who(Vec<Presence>),
    /// None: there is no such phone or user.
    Explain(Option<Explanation>),
    /// None: there is no such phone.
    Phone(Option<AtPhone>),
    /// None: there is no such user.
    User(Option<OfUser>),
    /// Sorted by phone.
    LastUsers(Vec<(PhoneName, UserId)>),
    /// Sorted by user.
    Locks(Vec<Lock>),
    /// None: there is no such phone.
    Seat(Option<Box<Seat>>),
    /// Sorted by name, the site's own logout times among them.
    Jobs(Vec<JobStatus>),
    /// Sorted by group.
    Hunt(Vec<HuntStatus>),
    /// Numbers.
    Status(Status),
}

/// A user at a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// Whose session.
    pub user: UserId,
    /// The user's number.
    pub dn: Dn,
    /// The user's name.
    pub display_name: String,
    /// Where.
    pub phone: PhoneName,
    /// As what.
    pub profile: ProfileName,
    /// How long the login may last in all, in seconds. None: for ever.
    pub lasts_s: Option<u64>,
    /// How the login was asked for.
    pub door: Door,
    /// Since when.
    pub since: Utc,
    /// When the phone was last used, and what showed it.
    pub last_used: (Utc, Signal),
    /// When the next automatic logout is planned, and why, unless something defers it.
    pub next_logout: Option<(Utc, Cause)>,
    /// Logged out as soon as the phone is idle, and why.
    pub leaving: Option<Cause>,
    /// Whether the phone is in a call.
    pub in_call: bool,
}

/// What is known about a phone or user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The phone or user that was asked for.
    pub subject: String,
    /// Those who are there now (or where the user is).
    pub present: Vec<Presence>,
    /// The last session that ended there, or of that user.
    pub last: Option<(StoredSession, Closed)>,
    /// All of it in words, a sentence a line.
    pub sentences: Vec<String>,
}

impl Explanation {
    /// Nothing yet, of a phone or user.
    pub fn of(subject: String) -> Explanation {
        Explanation {
            subject,
            present: Vec::new(),
            last: None,
            sentences: Vec::new(),
        }
    }
}

/// A phone that somebody stands at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtPhone {
    /// Where requests of the phone come from, as far as its registrations show.
    pub addresses: Vec<IpAddr>,
    /// What it called itself when it was heard of last, if it speaks SIP.
    pub user_agent: Option<String>,
    /// Whether anybody may log in there.
    pub may_log_in: bool,
    /// Whether whoever is logged in there may change their speed dials there (PRO-7).
    pub may_edit_dials: bool,
    /// The speed dials there now.
    pub speed_dials: Vec<SpeedDial>,
    /// What of the profile has no button there (PRO-2).
    pub left_out: Vec<LeftOut>,
    /// Who is there.
    pub present: Option<Presence>,
    /// Who was there last.
    pub last_user: Option<UserId>,
    /// The automatic logout there that was announced, if any (IDL-6).
    pub warned: Option<Cause>,
}

/// A user, whom somebody named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfUser {
    /// The user's id.
    pub user: UserId,
    /// The user's profiles, the default first.
    pub profiles: Vec<ProfileName>,
    /// Where the user is logged in, oldest first.
    pub present: Vec<Presence>,
}

/// A user who failed to log in lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// Who.
    pub user: UserId,
    /// Failures that still count.
    pub failures: u32,
    /// Locked until.
    pub until: Option<Utc>,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobStatus {
    /// Its name.
    pub name: JobName,
    /// When it happens, in words.
    pub when: String,
    /// To whom, in words.
    pub whom: String,
    /// Whether it only writes down what it would do.
    pub dry_run: bool,
    /// When it happens next.
    pub next: Option<Utc>,
    /// The run that is not over.
    pub running: Option<JobProgress>,
    /// The last one that is.
    pub last: Option<JobEnd>,
}

/// How far a run of a job is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobProgress {
    /// Which job.
    pub name: JobName,
    /// The run, and how many it has done.
    pub run: JobRun,
    /// Those whose turn has not come.
    pub left: usize,
    /// Those who are logged out when their phones are idle.
    pub waiting: usize,
}

/// How the server is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The site's name.
    pub site: String,
    /// Phones in the site.
    pub phones: usize,
    /// Those that can be reached.
    pub phones_registered: usize,
    /// Softphones of users' own that may register.
    pub softphones: usize,
    /// Those that can be reached.
    pub softphones_registered: usize,
    /// Users in the site.
    pub users: usize,
    /// Open sessions.
    pub sessions: usize,
    /// Calls going on.
    pub calls: usize,
    /// Those of them that are parked.
    pub calls_parked: usize,
    /// How each trunk is, by name.
    pub trunks: Vec<TrunkStatus>,
    /// How each hunt group stands, by name.
    pub hunt: Vec<HuntStatus>,
    /// Automatic logouts waiting for their turn.
    pub logouts_queued: usize,
    /// Jobs that are not over.
    pub jobs_running: Vec<JobProgress>,
    /// Users that are to be registered at the other exchange.
    pub upstream_users: usize,
    /// Those that are.
    pub upstream_registered: usize,
    /// Commits that the store has not confirmed yet.
    pub commits_outstanding: usize,
}
