//! DECISIONS. No I/O, no clock, no protocol.
//!
//! [`Pbx`] is handed events and the time, and answers with changes (facts to store) and actions (things to do).

mod action;
mod activity;
mod after_hours;
mod agent;
mod appearance;
mod attempt;
mod by_name;
mod call;
mod call_index;
mod carry;
mod change;
mod class_of_service;
mod clock_time;
mod conference;
mod deadline;
mod desk;
mod dial_pattern;
mod dialogue;
mod dialplan;
mod directory;
mod dispatch;
mod disturb;
mod enrolment;
mod event;
mod explain;
mod firmware;
mod forget;
mod forward;
mod forward_set;
mod hunt;
mod hunt_explain;
mod hunt_group;
mod hunt_order;
mod hunt_round;
mod hunt_statistics;
mod hunt_status;
mod idle;
mod job;
mod lamp;
mod latecomer;
mod layout;
mod leaving;
mod line;
mod lock;
mod login;
mod mass_logout;
mod membership;
mod messages;
mod mix;
mod mobility;
mod model;
mod names;
mod numbers;
mod obstacle;
mod outside_number;
mod own_dials;
mod own_pin;
mod park;
mod phone;
mod pickup;
mod pilot;
mod place;
mod policy;
mod prefix;
mod privacy;
mod profile;
mod prompt;
mod provision;
mod query;
mod queue;
mod recurrence;
mod renewal;
mod rest;
mod route;
mod schedule;
mod session;
mod shared_line;
pub mod site;
mod softphone;
mod takeover;
mod text;
mod three_way;
mod transfer;
mod trunk;
mod trunk_address;
mod trunk_status;
mod upstream;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

pub use action::{Action, Alert, Notice, Ordered, Outcome, Party, Refusal, Shown};
pub use activity::{Acted, Activity, Doing};
pub use after_hours::{AfterHours, WeekTime};
pub use agent::{HuntDuty, Readiness, ReadyAt, Standing};
pub use by_name::ByName;
pub use call::HUNG_UP;
pub use change::{
    AwaitedMove, Cause, Change, Claim, ClaimId, Closed, Door, Holds, LockedOut, Record, Remembered,
    SessionId, Signal, StoredSession, TotalLimit, Wanted, What,
};
pub use class_of_service::{AgentAnswer, ClassOfService};
pub use desk::{Desk, DeskLine, DeskMay, DeskSet, Seat};
pub use dial_pattern::DialPattern;
pub use dialplan::{Codes, EmergencyNumbers};
pub use enrolment::{AutoRegistration, NumberRange, Unwelcome};
pub use event::{
    Body, EarlyLink, Event, Failure, JobWish, LegId, LegIds, LogoutTarget, MediaFlow, Secret,
    Ticket, TransferTo,
};
pub use firmware::Firmware;
pub use forget::{Forgot, ToldBy};
pub use forward::{Diversion, Diverted, History, Hops};
pub use forward_set::{ForwardKind, ForwardTo, Owner};
pub use hunt_group::{
    AfterMiss, AutoLogout, AutoLogoutOf, ConnectedName, DEEPEST_NESTING, HuntGroup,
    HuntGroupLogout, HuntKind, HuntQueue, HuntSlot, JoinedAtLogout, LONGEST_QUEUE, MOST_HUNT_SLOTS,
    MOST_PILOTS, MissCounts, PresentCall, USUAL_HOP_S, USUAL_WRAP_UP_S,
};
pub use hunt_statistics::{HuntCounts, HuntHour};
pub use hunt_status::{HuntMember, HuntStatus};
pub use job::{
    Calendar, Days, Deed, Holidays, Job, JobEnd, JobOutcome, JobRun, JobState, Missed, MonthDay,
    NamePattern, WeekDay, When, Whom, time_of_day,
};
pub use lamp::{Lamp, LineCall, LineCallState, LineStatus};
pub use layout::{Button, Feature, Item, Layout, LeftOut, Room, Why};
pub use leaving::{KeptBy, LeaveBy, LeaveWish, Leaving, LineUse, NotNow};
pub use line::{Applied, LineKind, ProfileLine};
pub use messages::{Messages, Report};
pub use mix::{ConferenceId, MixNews, MixOrder};
pub use mobility::{AppUser, AsksFor, DurationUnit, Mobility, Personality};
pub use model::{
    FixedKey, Maker, Models, Orders, PageDialect, PhoneModel, Protocol, RenewalWords, Swap,
};
pub use names::{
    CalendarName, ClassName, Dn, GroupName, HuntGroupName, JobName, Mailbox, ModelName, PhoneName,
    ProfileName, UserGroupName, UserId,
};
pub use numbers::{Extent, NumberPlan};
pub use obstacle::Obstacle;
pub use own_dials::{DialEdit, OwnDials};
pub use own_pin::{OwnPin, PIN_DIGITS, is_pin};
pub use place::{CivicAddress, Place};
pub use policy::{LogoutLimits, UserGroup};
pub use prefix::Prefix;
pub use profile::{
    AbsentHandling, AgentKind, Forwarding, GoesTo, LogoutProfile, SpeedDial, UserProfile,
};
pub use prompt::{Digit, Prompt};
pub use provision::{Mac, Provision, Vendor};
pub use query::{
    Answer, AtPhone, Explanation, JobProgress, JobStatus, Lock, OfUser, Presence, Query, Status,
};
pub use renewal::Renewal;
pub use rest::{Rest, Resting};
pub use route::{CallKind, Numbering, Route};
pub use site::{
    DigestSecret, DoNotDisturb, Hardware, Phone, PinHash, SecondLogin, Settings, Site, User,
};
pub use softphone::{Softphone, SoftphoneSecret, SoftphoneUse};
pub use trunk::{Trunk, TrunkAccount};
pub use trunk_address::{Over, TrunkAddress};
pub use trunk_status::{TrunkIs, TrunkStatus};
pub use upstream::{Haste, Upstream, UpstreamFault, UpstreamLine, UpstreamStanding, UpstreamUser};

use crate::time::{Deadlines, Now};
use directory::Directory;
use lock::Tries;
use login::{Login, PendingClaim};
use phone::{PhoneState, Seldom};
use schedule::Schedule;
use session::Session;
use softphone::{Present, Reach};

/// How long facts in the background may stay unsaved (IDL-5: last activity is durable to within 60 s).
const SAVE_EVERY: Duration = Duration::from_secs(30);

/// Leg ids of the core are minted in this range; adapters have others.
const CORE_LEGS: u8 = 0;

/// What the core wakes up for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Timer {
    /// Look at a session: idle, too long, warned.
    Session(SessionId),
    /// Nobody answered a call.
    NoAnswer(call::CallId),
    /// Look at a call that waits for a member of a hunt group.
    Waiting(call::CallId),
    /// Members of hunt groups who said no may be asked again.
    Members,
    /// Nobody has fetched a call that was parked.
    Park(call::CallId),
    /// Somebody who talks to Perch itself has pressed no key for a while.
    Conversation(LegId),
    /// A member of hunt groups has been left alone for long enough.
    WrapUp(Dn),
    /// A handset has been up for long.
    OffHook(PhoneName),
    /// A phone has not said that it has forgotten whom somebody called, or is told once more.
    Forgetting(PhoneName),
    /// A login has waited long enough for a call elsewhere.
    MoveLimit(UserId),
    /// Softphones with a session have had time to be heard of after a restart.
    Softphones,
    /// Let some more automatic logouts through.
    Pace,
    /// Let some more phones start anew.
    Renewals,
    /// Look at the clock.
    Clock,
    /// Save what may be saved late.
    Save,
}

/// The rules, and the state that they need.
pub struct Pbx {
    site: Arc<Site>,
    directory: Directory,
    /// Looked up all the time; in no order that means anything.
    phones: IndexMap<PhoneName, PhoneState, RandomState>,
    seldom: Seldom,
    registered: usize,
    /// When this core began (uptime).
    began: Duration,
    /// Softphones that are registered.
    softphones: BTreeMap<PhoneName, Present>,
    sessions: BTreeMap<SessionId, Session>,
    by_user: HashMap<UserId, Vec<SessionId>>,
    /// Sessions whose last use the store does not know.
    unsaved_uses: Vec<SessionId>,
    logins: HashMap<Ticket, Login>,
    claims: HashMap<ClaimId, PendingClaim>,
    awaited_moves: BTreeMap<UserId, AwaitedMove>,
    forwardings: forward_set::Forwardings,
    own_pins: BTreeMap<UserId, OwnPin>,
    own_dials: own_dials::AllOwnDials,
    mailboxes: messages::Mailboxes,
    agents: membership::Agents,
    hunt_statistics: hunt_statistics::HuntStatistics,
    tries: BTreeMap<UserId, Tries>,
    calls: call::Calls,
    lamps: lamp::Lamps,
    lot: park::Lot,
    hunting: hunt::Hunting,
    /// Calls that are about to become one.
    joinings: BTreeMap<ConferenceId, three_way::Joining>,
    trunks: BTreeMap<PhoneName, trunk_status::TrunkState>,
    conversations: dialogue::Conversations,
    telling: forget::Telling,
    schedule: Schedule,
    own_times: clock_time::OwnTimes,
    renewals: renewal::Renewals,
    upstream: upstream::Enrolment,
    recorder: activity::Recorder,
    lifted: after_hours::Lifted,
    /// When it is, as the event or the wake-up says that is being dealt with.
    moment: Now,
    deadlines: Deadlines<Timer>,
    outcome: Outcome,
    random: StdRng,
    leg_ids: LegIds,
    next_ticket: u64,
    next_claim: u64,
}

impl Pbx {
    /// A core that goes on where the store left off. What is overdue ends at once, at the usual pace (IDL-5).
    pub fn new(now: Now, seed: [u8; 32], site: Arc<Site>, remembered: Remembered) -> Pbx {
        let looked = remembered.clock_seen.unwrap_or(now.utc);
        let mut pbx = Pbx {
            directory: Directory::of(&site),
            mailboxes: messages::Mailboxes::of(&site),
            own_times: clock_time::OwnTimes::of(&site, looked, now),
            schedule: Schedule::new(&site, looked),
            agents: membership::Agents::of(&site),
            hunt_statistics: hunt_statistics::HuntStatistics::default(),
            site,
            phones: IndexMap::default(),
            seldom: Seldom::default(),
            registered: 0,
            began: now.uptime,
            softphones: BTreeMap::new(),
            sessions: BTreeMap::new(),
            by_user: HashMap::new(),
            unsaved_uses: Vec::new(),
            logins: HashMap::new(),
            claims: HashMap::new(),
            awaited_moves: BTreeMap::new(),
            forwardings: forward_set::Forwardings::default(),
            own_pins: BTreeMap::new(),
            own_dials: own_dials::AllOwnDials::default(),
            tries: BTreeMap::new(),
            calls: call::Calls::default(),
            lamps: lamp::Lamps::default(),
            lot: park::Lot::default(),
            hunting: hunt::Hunting::default(),
            joinings: BTreeMap::new(),
            trunks: BTreeMap::new(),
            conversations: dialogue::Conversations::default(),
            telling: forget::Telling::default(),
            renewals: renewal::Renewals::default(),
            upstream: upstream::Enrolment::default(),
            recorder: activity::Recorder::default(),
            lifted: after_hours::Lifted::default(),
            moment: now,
            deadlines: Deadlines::default(),
            outcome: Outcome::default(),
            random: StdRng::from_seed(seed),
            leg_ids: LegIds::minted_by(CORE_LEGS),
            next_ticket: 0,
            next_claim: 0,
        };
        pbx.remember(now, remembered);
        pbx.notice_activity(now);
        pbx
    }

    fn remember(&mut self, now: Now, remembered: Remembered) {
        self.recording_begins(now, remembered.sessions.iter());
        let phones: Vec<PhoneName> = self.site.phones.keys().cloned().collect();
        for phone in phones {
            self.lines_changed(&phone, &[]);
        }
        for (stored, closed) in remembered.last_closed {
            let phone = self.phones.entry(stored.phone.clone()).or_default();
            phone.last_closed = Some(Box::new((stored, closed)));
        }
        self.seldom.emergency_at.extend(remembered.emergency_calls);
        self.seldom.quiet.extend(remembered.quiet_phones);
        self.remember_calls(remembered.calls);
        for (owner, kind, to) in remembered.forwardings {
            self.forwardings.set(owner, kind, Some(to));
        }
        self.review_forwardings();
        self.own_pins = remembered.own_pins.into_iter().collect();
        self.review_own_pins();
        for (user, profile, own) in remembered.own_dials {
            self.own_dials.set(user, profile, Some(own));
        }
        self.review_own_dials();
        self.remember_messages(remembered.messages);
        for (user, failures, locked_until) in remembered.tries {
            let tries = Tries {
                failures,
                locked_until,
            };
            self.tries.insert(user, tries);
        }
        for stored in remembered.sessions {
            self.add_session(Session::remembered(now, stored));
        }
        self.remember_jobs(now, remembered.jobs);
        self.review_sessions(now);
        self.await_softphones(now);
        for awaited in remembered.awaited_moves {
            let user = awaited.user.clone();
            self.awaited_moves.insert(user.clone(), awaited);
            self.settle_move_if_free(now, &user);
        }
        self.remember_agents(now, remembered.agents, remembered.hunt_places);
        self.hunt_statistics.remember(remembered.hunt_hours);
        self.deadlines.arm(Timer::Save, now.uptime + SAVE_EVERY);
        self.look_at_clock(now);
        self.remember_upstream(now);
    }

    /// When to wake the core next (uptime).
    pub fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.next()
    }

    /// Takes out what the events so far led to.
    pub fn take_outcome(&mut self) -> Outcome {
        self.show_lines();
        self.save_jobs();
        self.recorder.handed_out();
        std::mem::take(&mut self.outcome)
    }

    /// Saves what may be saved late, now: the server is about to stop.
    pub fn settle_background(&mut self, now: Now) {
        self.recorder.push(now, Activity::Stopped);
        self.settle_activity(now);
        self.save_hunt_statistics(now);
        self.save_in_background(now);
        self.save_remembering();
    }

    fn reached(&mut self, now: Now, phone: &PhoneName, reach: Reach) {
        let news = match reach {
            Reach::Gone => Activity::Gone(phone.clone()),
            Reach::Registered | Reach::Restored => Activity::Reached(phone.clone()),
        };
        self.recorder.push(now, news);
        if !self.site.phones.contains_key(phone) {
            self.softphone_reached(now, phone, reach);
            return;
        }
        let registered = reach != Reach::Gone;
        let state = self.phones.entry(phone.clone()).or_default();
        match (state.registered, registered) {
            (false, true) => self.registered += 1,
            (true, false) => self.registered -= 1,
            _ => {}
        }
        state.registered = registered;
        if registered {
            self.seldom.away.remove(phone);
        }
        self.presence_changed(phone);
        self.members_changed(phone);
        let state = self.phones.entry(phone.clone()).or_default();
        // Whatever its handset did before, it has not told of it since.
        let was_lifted = state.off_hook.take().is_some();
        match registered {
            true => self.calls_of_comer(now, phone),
            false => self.calls_of_goer(phone),
        }
        if was_lifted {
            self.deadlines.disarm(&Timer::OffHook(phone.clone()));
            self.phone_freed(now, phone);
        }
        self.renew_if_free(now, phone);
    }

    /// Another site. Sessions stay, but for users and phones that are no more (SES-13).
    fn site_applied(&mut self, now: Now, site: Arc<Site>) {
        // What is due by the site as it was is done by that.
        self.wake(now);
        let in_calls = self
            .phones
            .iter()
            .filter(|(_, state)| !state.legs.is_empty());
        let old: BTreeMap<PhoneName, Vec<Dn>> = in_calls
            .map(|(phone, _)| (phone.clone(), self.lines_of(phone)))
            .collect();
        let files = self.file_facts();
        self.site = site;
        self.own_times_change(now);
        self.directory = Directory::of(&self.site);
        let phones: Vec<PhoneName> = self.site.phones.keys().cloned().collect();
        for phone in &phones {
            self.lines_changed(phone, old.get(phone).map_or(&[], Vec::as_slice));
        }
        self.review_softphones(now, |phone| old.get(phone).cloned().unwrap_or_default());
        self.jobs_applied(now);
        self.review_sessions(now);
        self.review_forwardings();
        self.review_files(now, &files);
        self.review_own_pins();
        self.review_own_dials();
        self.review_messages();
        self.review_agents(now);
        self.review_upstream();
        self.review_trunks();
        self.review_hunting();
        self.forget_phones();
        self.look_at_clock(now);
    }

    /// Looks at every session afresh.
    fn review_sessions(&mut self, now: Now) {
        let ids: Vec<SessionId> = self.sessions.keys().copied().collect();
        for id in ids {
            let stored = &self.sessions[&id].stored;
            let known = self.site.users.contains_key(&stored.user)
                && self.site.holds_sessions(&stored.phone);
            match stored.leaving {
                _ if !known => self.queue_logout(now, id, Cause::Admin),
                // After a restart no phone is in a call: all that were deferred would go at once (TOD-3).
                Some((
                    cause @ (Cause::Schedule | Cause::Admin | Cause::Api | Cause::Firmware),
                    ..,
                )) => {
                    self.queue_logout(now, id, cause);
                }
                _ => {
                    self.leave_if_idle(now, id);
                    self.look_at(now, id);
                }
            }
        }
    }

    /// Phones that are no longer in the site are forgotten, unless a call still goes on there.
    fn forget_phones(&mut self) {
        let gone = self.phones.iter();
        let gone = gone.filter(|(name, state)| {
            state.remembering.is_some() && !self.site.phones.contains_key(*name)
        });
        let gone: Vec<PhoneName> = gone.map(|(name, _)| name.clone()).collect();
        gone.iter().for_each(|phone| self.forget_remembering(phone));
        let site = &self.site;
        self.phones.retain(|name, state| {
            let is_known =
                site.phones.contains_key(name) || site.softphone(name.as_str()).is_some();
            is_known || state.session.is_some() || !state.legs.is_empty()
        });
        let phones = &self.phones;
        let is_known =
            |name: &PhoneName| site.phones.contains_key(name) || phones.contains_key(name);
        self.seldom.retain(is_known);
        self.renewals.retain(is_known);
        let known = self
            .phones
            .iter()
            .filter(|(name, _)| site.phones.contains_key(*name));
        self.registered = known.filter(|(_, state)| state.registered).count();
    }

    /// To be done at once.
    fn act(&mut self, action: Action) {
        self.push(action, false);
    }

    /// To be done when the changes of this outcome are stored.
    fn act_stored(&mut self, action: Action) {
        self.push(action, true);
    }

    fn push(&mut self, action: Action, after_commit: bool) {
        let phone = match &action {
            Action::Ring { phone, .. }
            | Action::ApplyProfile { phone, .. }
            | Action::ShowDesk { phone, .. }
            | Action::Renew { phone, .. }
            | Action::Tell { phone, .. }
            | Action::ForgetCalls { phone, .. }
            | Action::Howl { phone } => Some(phone.clone()),
            // A user's name is no phone's (SES-4): what is done there keeps its order, too.
            Action::EnrolUpstream { user, .. } | Action::WithdrawUpstream { user, .. } => {
                Some(user.as_str().into())
            }
            _ => None,
        };
        self.outcome.actions.push(Ordered {
            phone,
            after_commit,
            action,
        });
    }

    /// Writes an event into the audit log and tells the world (SES-12).
    fn record(
        &mut self,
        now: Now,
        what: What,
        user: Option<&UserId>,
        phone: Option<&PhoneName>,
        door: Door,
        text: String,
    ) {
        let record = Record {
            at: now.utc,
            what,
            user: user.cloned(),
            phone: phone.cloned(),
            door,
            text,
        };
        self.outcome.changes.push(Change::Recorded(record.clone()));
        self.act_stored(Action::Announce(record));
    }

    fn mint_ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        Ticket(self.next_ticket)
    }

    fn mint_session_id(&mut self, now: Now) -> SessionId {
        let mut noise = [0; 10];
        self.random.fill_bytes(&mut noise);
        let millis = u64::try_from(now.utc.0).unwrap_or(0);
        SessionId(uuid::Builder::from_unix_timestamp_millis(millis, &noise).into_uuid())
    }
}
