//! What people did at phones, as far as the rules about the end of sessions go by it: recorded, so that it can be asked
//! later what another policy would have done.
//!
//! Never who was called, and never what was dialled. What happens often is told late, and only as far as a rule could
//! notice: the first use of a phone at once, and the last one of the half minute after it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::change::{Cause, Change, Claim, Door, SessionId, Signal, StoredSession, Wanted};
use super::login::{Asker, Login, Purpose};
use super::names::{JobName, PhoneName};
use super::phone::InUse;
use super::rest::{Rest, Resting};
use super::softphone::Reach;
use super::{JobWish, Pbx};
use crate::time::{Now, Utc};

/// So many wait to be saved together at most.
const UNSAVED: usize = 1000;

/// When nothing happens, it is recorded this often that nothing does: so it is known until when the server looked.
const LOOKED_EVERY: Duration = Duration::from_secs(300);

/// A wall clock that is further from where it should be was set; one that is nearer is being corrected.
const CLOCK_SET_MS: i64 = 1000;

/// Something that the rules about the end of sessions go by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// When.
    pub at: Utc,
    /// What.
    pub what: Activity,
}

/// What can happen that they go by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Activity {
    /// The server was started. Sessions that it found follow.
    Started,
    /// It stopped in good order.
    Stopped,
    /// It was there, and nothing happened.
    Looked,
    /// The wall clock was set, forward by so many milliseconds.
    ClockSet(i64),
    /// This session was open when the server was started.
    Found(Box<StoredSession>),
    /// A user logged in.
    LoggedIn(Box<StoredSession>),
    /// A session ended.
    LoggedOut {
        /// Which one.
        session: SessionId,
        /// Why.
        cause: Cause,
        /// How it was asked for.
        door: Door,
    },
    /// A session is to end when its phone is idle.
    Leaving {
        /// Which one.
        session: SessionId,
        /// Why.
        cause: Cause,
        /// How it was asked for.
        door: Door,
    },
    /// It is not to end any more.
    Stays {
        /// Which one.
        session: SessionId,
    },
    /// A phone was used.
    Used {
        /// Which phone.
        phone: PhoneName,
        /// What showed it.
        signal: Signal,
        /// How long before this was recorded.
        ago: Duration,
    },
    /// A phone does something else from now on.
    Is {
        /// Which phone.
        phone: PhoneName,
        /// On any line.
        doing: Doing,
        /// On its prime line.
        prime: Doing,
        /// What showed that somebody used it, if somebody did.
        used: Option<Signal>,
    },
    /// An emergency call was made there.
    EmergencyCalled(PhoneName),
    /// A phone can be reached.
    Reached(PhoneName),
    /// A phone cannot be reached any more.
    Gone(PhoneName),
    /// A phone says by its idle page that nobody uses it, and has not said so for a while.
    Rests {
        /// Which phone.
        phone: PhoneName,
        /// How long nobody has used it, if it begins to say so.
        begins: Option<Duration>,
        /// When it will say so again.
        every: Duration,
    },
    /// It says so no more.
    Silent(PhoneName),
    /// An administrator had this done with a job.
    JobWished {
        /// Which job.
        job: JobName,
        /// What.
        wish: JobWish,
    },
}

/// What a phone is doing, as far as logouts are concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doing {
    /// Nothing.
    #[default]
    Idle,
    /// It rings.
    Ringing,
    /// It has calls on hold, and nothing else.
    Held,
    /// Somebody speaks, dials or is being called.
    Active,
}

impl Doing {
    fn of(in_use: InUse) -> Doing {
        match in_use {
            InUse::Idle => Doing::Idle,
            InUse::Ringing => Doing::Ringing,
            InUse::HeldOnly { .. } => Doing::Held,
            InUse::Active => Doing::Active,
        }
    }

    /// The same as the rules have it. What was held already has been since then.
    fn in_use(self, before: InUse, now: Duration) -> InUse {
        match (self, before) {
            (Doing::Idle, _) => InUse::Idle,
            (Doing::Ringing, _) => InUse::Ringing,
            (Doing::Held, InUse::HeldOnly { since }) => InUse::HeldOnly { since },
            (Doing::Held, _) => InUse::HeldOnly { since: now },
            (Doing::Active, _) => InUse::Active,
        }
    }
}

/// What is about to be recorded.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    /// What waits to be saved, in order.
    unsaved: Vec<Acted>,
    /// Phones that may do something else than before, or were used.
    touched: Vec<(PhoneName, Option<Signal>)>,
    /// What phones do, and on their prime line, that do anything.
    doing: BTreeMap<PhoneName, (Doing, Doing)>,
    /// Phones whose use was recorded lately, and when they were used since.
    uses: BTreeMap<PhoneName, Option<(Duration, Signal)>>,
    /// Phones that were found silent.
    silent: BTreeSet<PhoneName>,
    /// How many changes of this outcome have been looked at.
    looked_at: usize,
    /// What the wall clock is ahead of the uptime, in milliseconds.
    clock_ahead: Option<i64>,
    /// When something was recorded last (uptime).
    last: Duration,
}

impl Recorder {
    /// A phone may do something else than before.
    pub fn touch(&mut self, phone: &PhoneName) {
        self.touched.push((phone.clone(), None));
    }

    /// A phone was used.
    pub fn used(&mut self, phone: &PhoneName, signal: Signal) {
        self.touched.push((phone.clone(), Some(signal)));
    }

    /// The changes of an outcome were handed out.
    pub fn handed_out(&mut self) {
        self.looked_at = 0;
    }

    /// Writes something down.
    pub fn push(&mut self, now: Now, what: Activity) {
        self.last = now.uptime;
        self.unsaved.push(Acted { at: now.utc, what });
    }

    /// A phone rests. That it still does is no news.
    pub fn rests(&mut self, now: Now, phone: &PhoneName, rest: Rest, is_known: bool) {
        if rest.begins.is_some() || !is_known {
            self.silent.remove(phone);
            let Rest { begins, every } = rest;
            let phone = phone.clone();
            self.push(
                now,
                Activity::Rests {
                    phone,
                    begins,
                    every,
                },
            );
        }
    }

    fn clock_looked_at(&mut self, now: Now) {
        let uptime = i64::try_from(now.uptime.as_millis()).unwrap_or(i64::MAX);
        let ahead = now.utc.0.saturating_sub(uptime);
        let by = ahead - *self.clock_ahead.get_or_insert(ahead);
        if by.abs() >= CLOCK_SET_MS {
            self.clock_ahead = Some(ahead);
            self.push(now, Activity::ClockSet(by));
        }
    }

    /// A phone does this now, and was used if there is a signal.
    fn seen(&mut self, now: Now, phone: &PhoneName, is: (Doing, Doing), signal: Option<Signal>) {
        let before = self.doing.get(phone).copied().unwrap_or_default();
        if is == before {
            match (signal, self.uses.get_mut(phone)) {
                (None, _) => {}
                (Some(signal), Some(later)) => *later = Some((now.uptime, signal)),
                (Some(signal), None) => {
                    self.uses.insert(phone.clone(), None);
                    self.use_seen(now, phone.clone(), (now.uptime, signal));
                }
            }
            return;
        }
        let later = self.uses.get_mut(phone).and_then(Option::take);
        if signal.is_some() {
            self.uses.insert(phone.clone(), None);
        } else if let Some(later) = later {
            self.use_seen(now, phone.clone(), later);
        }
        if is == Default::default() {
            self.doing.remove(phone);
        } else {
            self.doing.insert(phone.clone(), is);
        }
        let (doing, prime) = is;
        self.push(
            now,
            Activity::Is {
                phone: phone.clone(),
                doing,
                prime,
                used: signal,
            },
        );
    }

    fn use_seen(&mut self, now: Now, phone: PhoneName, (at, signal): (Duration, Signal)) {
        let ago = now.uptime.saturating_sub(at);
        self.push(now, Activity::Used { phone, signal, ago });
    }
}

impl Pbx {
    /// The server begins to look.
    pub(super) fn recording_begins<'a>(
        &mut self,
        now: Now,
        found: impl Iterator<Item = &'a StoredSession>,
    ) {
        self.recorder.push(now, Activity::Started);
        for stored in found {
            let found = Activity::Found(Box::new(stored.clone()));
            self.recorder.push(now, found);
        }
    }

    /// Notices what the event, or the moment, that was just dealt with has changed.
    pub(super) fn notice_activity(&mut self, now: Now) {
        self.recorder.clock_looked_at(now);
        for phone in self.calls.take_used() {
            self.recorder.touched.push((phone, None));
        }
        let mut touched = std::mem::take(&mut self.recorder.touched);
        touched.sort_by(|(a, _), (b, _)| a.cmp(b));
        for same in touched.chunk_by(|(a, _), (b, _)| a == b) {
            let phone = &same[0].0;
            if self.site.is_trunk(phone) {
                continue;
            }
            let doing = Doing::of(self.in_use_to_timers(phone));
            let prime = match doing {
                Doing::Idle => Doing::Idle,
                _ => Doing::of(self.prime_line_in_use(phone)),
            };
            let signal = same.iter().rev().find_map(|(_, signal)| *signal);
            self.recorder.seen(now, phone, (doing, prime), signal);
        }
        touched.clear();
        self.recorder.touched = touched;
        if self.notice_changes(now) || self.recorder.unsaved.len() >= UNSAVED {
            self.save_activity();
        }
    }

    /// What is stored of sessions anyway is recorded with it.
    fn notice_changes(&mut self, now: Now) -> bool {
        let recorder = &mut self.recorder;
        let mut found = false;
        for change in &self.outcome.changes[recorder.looked_at..] {
            if let Some(what) = noticed(change) {
                recorder.push(now, what);
                found = true;
            }
        }
        recorder.looked_at = self.outcome.changes.len();
        found
    }

    /// A login was granted, and is stored. What is recorded of it is saved with whatever comes next: one commit for a
    /// login is enough.
    pub(super) fn login_noticed(&mut self, now: Now, claim: &Claim) {
        for closed in &claim.closes {
            let what = Activity::LoggedOut {
                session: closed.session,
                cause: closed.cause,
                door: closed.door,
            };
            self.recorder.push(now, what);
        }
        let opens = Activity::LoggedIn(Box::new(claim.opens.clone()));
        self.recorder.push(now, opens);
    }

    /// An administrator had something done with a job. It is saved with what came of it: a run that is paused is paused
    /// after a kill, too. Who stays by it is not said besides, as another policy may have others leave.
    pub(super) fn job_wish_noticed(&mut self, now: Now, job: &JobName, wish: JobWish) {
        let recorder = &mut self.recorder;
        let job = job.clone();
        recorder.push(now, Activity::JobWished { job, wish });
        let changes = &self.outcome.changes[recorder.looked_at..];
        for what in changes.iter().filter_map(noticed) {
            if !matches!(what, Activity::Stays { .. }) {
                recorder.push(now, what);
            }
        }
        recorder.looked_at = self.outcome.changes.len();
        self.save_activity();
    }

    /// Everything that is to be recorded late is recorded now.
    pub(super) fn settle_activity(&mut self, now: Now) {
        for (phone, later) in std::mem::take(&mut self.recorder.uses) {
            if let Some(later) = later {
                self.recorder.use_seen(now, phone, later);
            }
        }
        let silent = self.seldom.resting.iter();
        let silent = silent.filter(|(phone, resting)| {
            resting.is_silent(now.uptime) && !self.recorder.silent.contains(*phone)
        });
        let silent: Vec<PhoneName> = silent.map(|(phone, _)| phone.clone()).collect();
        for phone in silent {
            self.recorder.silent.insert(phone.clone());
            self.recorder.push(now, Activity::Silent(phone));
        }
        if now.uptime >= self.recorder.last + LOOKED_EVERY {
            self.recorder.push(now, Activity::Looked);
        }
        self.save_activity();
    }

    fn save_activity(&mut self) {
        if !self.recorder.unsaved.is_empty() {
            let acted = std::mem::take(&mut self.recorder.unsaved);
            self.outcome.changes.push(Change::Acted(acted));
        }
    }

    /// Something that was recorded happens again, to see what the rules make of it. Sessions are known by the ids that
    /// they have here.
    pub(super) fn replayed(&mut self, now: Now, what: Activity) {
        match what {
            Activity::LoggedIn(stored) => self.logs_in_again(now, *stored),
            Activity::LoggedOut {
                session,
                cause,
                door,
            } if cause.was_wanted() => self.close(now, session, cause, door),
            Activity::Leaving {
                session,
                cause,
                door,
            } if cause.was_wanted() => self.set_leaving(now, session, cause, door),
            Activity::Stays { session } => self.cancel_leaving(now, session),
            Activity::Used { phone, signal, ago } if ago.is_zero() => {
                self.phone_used(now, &phone, signal);
            }
            Activity::Used { phone, signal, ago } => self.was_used_then(now, &phone, signal, ago),
            Activity::Is {
                phone,
                doing,
                prime,
                used,
            } => self.does_again(now, &phone, (doing, prime), used),
            Activity::EmergencyCalled(phone) => {
                self.seldom.emergency_at.insert(phone.clone(), now.utc);
                let at = now.utc;
                self.outcome
                    .changes
                    .push(Change::EmergencyCalled { phone, at });
            }
            Activity::Reached(phone) => self.reached(now, &phone, Reach::Restored),
            Activity::Gone(phone) => self.reached(now, &phone, Reach::Gone),
            Activity::Rests {
                phone,
                begins,
                every,
            } => self.rests_again(now, &phone, Rest { begins, every }),
            Activity::Silent(phone) => {
                self.seldom.resting.insert(phone, Resting::long_silent());
            }
            // A policy that knows no such job has nothing to do there.
            Activity::JobWished { job, wish } => drop(self.do_job_wish(now, &job, wish)),
            // What a policy did is for this one to decide, and a session that gave way gives way to the login.
            Activity::LoggedOut { .. } | Activity::Leaving { .. } => {}
            // These are for whoever has the clock and the store.
            Activity::Started
            | Activity::Stopped
            | Activity::Looked
            | Activity::ClockSet(_)
            | Activity::Found(_) => {}
        }
    }

    /// The PIN was right and the store agreed. Only what this policy says may stand in the way.
    fn logs_in_again(&mut self, now: Now, stored: StoredSession) {
        let Some(user) = self.site.users.get(&stored.user) else {
            return;
        };
        let profile = Some(stored.profile).filter(|profile| user.profiles.contains(profile));
        // Whoever is there already goes on, and has used the phone.
        let is_there = self.session_at(&stored.phone);
        let is_there = is_there.and_then(|id| self.sessions.get(&id));
        if is_there.is_some_and(|session| session.stored.user == stored.user) {
            self.phone_used(now, &stored.phone, Signal::Login);
        }
        let login = Login {
            asker: Asker::Answered,
            door: stored.door,
            phone: stored.phone,
            user: Some(stored.user),
            blank: false,
            purpose: Purpose::Login(Wanted {
                profile,
                total: stored.total,
            }),
            forced: true,
            lost: 0,
            session: Some(stored.session),
        };
        self.login_proven(now, login);
    }

    fn was_used_then(&mut self, now: Now, phone: &PhoneName, signal: Signal, ago: Duration) {
        let session = self.session_at(phone);
        let Some(session) = session.and_then(|id| self.sessions.get_mut(&id)) else {
            return;
        };
        let used = now.uptime.saturating_sub(ago);
        if used > session.last_used {
            session.last_used = used;
            session.stored.last_used = (now.utc_at(used), signal);
            if !std::mem::replace(&mut session.unsaved_use, true) {
                self.unsaved_uses.push(session.stored.session);
            }
            session.warned = None;
        }
    }

    fn does_again(
        &mut self,
        now: Now,
        phone: &PhoneName,
        (doing, prime): (Doing, Doing),
        used: Option<Signal>,
    ) {
        let state = self.phones.entry(phone.clone()).or_default();
        let before = state.as_recorded.as_deref().copied();
        let before = before.unwrap_or((InUse::Idle, InUse::Idle));
        state.as_recorded = Some(Box::new((
            doing.in_use(before.0, now.uptime),
            prime.in_use(before.1, now.uptime),
        )));
        if let Some(signal) = used {
            self.phone_used(now, phone, signal);
        }
        let is_freed = match doing {
            Doing::Idle | Doing::Held => true,
            Doing::Ringing => before.0 != InUse::Idle,
            Doing::Active => false,
        };
        if is_freed {
            self.phone_freed(now, phone);
        }
    }

    /// It rests until it is said to be silent.
    fn rests_again(&mut self, now: Now, phone: &PhoneName, rest: Rest) {
        let lasting = Resting::heard(now.uptime, rest).lasting();
        let before = self.seldom.resting.insert(phone.clone(), lasting);
        let was_silent = before.is_some_and(|before| before.is_silent(now.uptime));
        let used = Resting::used_before(before, now.uptime, rest);
        let used = used.filter(|used| self.was_used(now, phone, *used));
        if let Some(id) = self.session_at(phone)
            && (was_silent || used.is_some())
        {
            self.look_at(now, id);
        }
    }
}

/// What is recorded of a change.
fn noticed(change: &Change) -> Option<Activity> {
    Some(match change {
        Change::SessionClosed(closed) => Activity::LoggedOut {
            session: closed.session,
            cause: closed.cause,
            door: closed.door,
        },
        Change::LeavingSet {
            session,
            leaving: Some((cause, door, _)),
        } => Activity::Leaving {
            session: *session,
            cause: *cause,
            door: *door,
        },
        Change::LeavingSet { session, .. } => Activity::Stays { session: *session },
        Change::EmergencyCalled { phone, .. } => Activity::EmergencyCalled(phone.clone()),
        _ => return None,
    })
}
