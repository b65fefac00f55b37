//! What becomes of a wish to end a session: it ends now, or when its phone is idle, or not.
//!
//! There is one rule, whoever asks by whichever door. `docs/logout.md` is its table, and every row of that is played.

use super::change::{Cause, Change, Door, SessionId, What};
use super::clock_time::WhoseClock;
use super::event::{LogoutTarget, Ticket};
use super::login::Asker;
use super::names::{Dn, PhoneName};
use super::phone::InUse;
use super::profile::AgentKind;
use super::{Action, Notice, Obstacle, Pbx, Refusal, Timer};
use crate::time::Now;

/// Somebody wants a session to end, and all that decides what becomes of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaveWish {
    /// Who wants it.
    pub by: LeaveBy,
    /// What goes on at the phone on its prime line.
    pub prime: LineUse,
    /// What goes on there on its other lines. What co-workers do with those at their own phones is nothing to it.
    pub others: LineUse,
    /// Which kind of agent the user is, if any.
    pub agent: Option<AgentKind>,
    /// What keeps the session.
    pub kept_by: KeptBy,
}

/// Who wants a session to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveBy {
    /// Whoever stands at the phone: its user, or somebody who wants it (SES-3).
    Here,
    /// Somebody at another phone (OUT-5).
    OtherPhone,
    /// An administrator or a program, and nobody else is meant.
    Office,
    /// A program, and everybody is meant.
    Everybody,
    /// Perch itself, for this cause.
    Perch(Cause),
}

/// What goes on on lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineUse {
    /// Nothing.
    Idle,
    /// They ring.
    Ringing,
    /// Somebody speaks, dials or is being called.
    Active,
    /// There is a call on hold.
    Held,
}

/// What keeps a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptBy {
    /// Nothing.
    Nothing,
    /// Phone, profile or class are exempt from automatic logout (EXM-1).
    Exemption,
    /// Somebody called for help there a short while ago, and may be called back (EMG-1).
    EmergencyCall,
}

/// What becomes of the wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaving {
    /// The session ends.
    Now,
    /// It will end as soon as the phone is idle, and nothing keeps it. That is stored.
    WhenIdle,
    /// It goes on: whoever asked is told why.
    Refused(NotNow),
    /// Nothing is decided: Perch looks again when what is in the way is over.
    Waits,
    /// This does not end such a session.
    Kept,
}

/// Why a session does not end now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotNow {
    /// The prime line rings (OUT-3).
    Rings,
    /// The user is an agent who has a call, and must not leave by halves (OUT-2).
    AgentInCall,
    /// Something goes on there (OUT-5).
    InUse,
    /// Somebody called for help there (EMG-1).
    EmergencyCall,
}

impl LeaveWish {
    /// The rule (OUT-1 to OUT-5, OUT-8, IDL-2, DUR-1, TOD-3, EXM-1, EMG-1).
    pub fn decide(self) -> Leaving {
        match self.by {
            LeaveBy::Here => self.of_whoever_is_there(),
            LeaveBy::OtherPhone => match self.kept_by {
                _ if !self.is_idle() => Leaving::Refused(NotNow::InUse),
                KeptBy::EmergencyCall => Leaving::Refused(NotNow::EmergencyCall),
                KeptBy::Nothing | KeptBy::Exemption => Leaving::Now,
            },
            LeaveBy::Office => match self.kept_by {
                KeptBy::EmergencyCall => Leaving::Refused(NotNow::EmergencyCall),
                _ if !self.is_idle() => Leaving::WhenIdle,
                KeptBy::Nothing | KeptBy::Exemption => Leaving::Now,
            },
            LeaveBy::Everybody => self.as_soon_as_possible(),
            LeaveBy::Perch(cause) => self.of_perch(cause),
        }
    }

    /// The prime line decides (OUT-1). Other lines may ring (OUT-4); a talk or a held call of one's own there is none
    /// that one can leave behind, though.
    fn of_whoever_is_there(self) -> Leaving {
        match (self.prime, self.others) {
            (LineUse::Ringing, _) => Leaving::Refused(NotNow::Rings),
            (LineUse::Idle, LineUse::Idle | LineUse::Ringing) => Leaving::Now,
            _ if self.agent == Some(AgentKind::Traditional) => {
                Leaving::Refused(NotNow::AgentInCall)
            }
            _ => Leaving::WhenIdle,
        }
    }

    fn of_perch(self, cause: Cause) -> Leaving {
        match (self.kept_by, cause) {
            (KeptBy::Exemption, _) => Leaving::Kept,
            (_, Cause::Duration) if self.agent == Some(AgentKind::Traditional) => Leaving::Kept,
            (KeptBy::EmergencyCall, Cause::Idle | Cause::Duration) => Leaving::Waits,
            // Held calls alone keep nobody for ever (IDL-2). That the cap is over is known before this is asked.
            (_, Cause::Idle) if !self.rings() && !self.is_active() => Leaving::Now,
            (_, Cause::Idle | Cause::Duration) if !self.is_idle() => Leaving::Waits,
            (_, Cause::Duration) => Leaving::Now,
            _ => self.as_soon_as_possible(),
        }
    }

    fn as_soon_as_possible(self) -> Leaving {
        match self.kept_by {
            KeptBy::EmergencyCall => Leaving::WhenIdle,
            _ if !self.is_idle() => Leaving::WhenIdle,
            KeptBy::Nothing | KeptBy::Exemption => Leaving::Now,
        }
    }

    fn is_idle(self) -> bool {
        self.prime == LineUse::Idle && self.others == LineUse::Idle
    }

    fn is_active(self) -> bool {
        self.prime == LineUse::Active || self.others == LineUse::Active
    }

    fn rings(self) -> bool {
        self.prime == LineUse::Ringing || self.others == LineUse::Ringing
    }
}

impl From<InUse> for LineUse {
    fn from(in_use: InUse) -> LineUse {
        match in_use {
            InUse::Idle => LineUse::Idle,
            InUse::Ringing => LineUse::Ringing,
            InUse::HeldOnly { .. } => LineUse::Held,
            InUse::Active => LineUse::Active,
        }
    }
}

impl Pbx {
    /// The user at the phone wants to leave.
    pub(super) fn leave(&mut self, now: Now, asker: Asker, phone: &PhoneName, door: Door) {
        let Some(id) = self.session_at(phone) else {
            let why = Refusal::Blocked(Obstacle::NobodyHere);
            self.answer(asker, Err(why));
            return;
        };
        match self.leaving(now, id, LeaveBy::Here) {
            Leaving::Now => {
                self.close(now, id, Cause::User, door);
                self.answer(asker, Ok("Logged out".into()));
            }
            Leaving::WhenIdle => {
                self.leave_later(now, id, Cause::User, door);
                self.answer(asker, Ok("Logged out when the call ends".into()));
            }
            not_now => {
                let why = self.why_not_now(now, phone, not_now);
                self.logout_refused(now, asker, id, door, why);
            }
        }
    }

    /// Somebody wants somebody else out, by DN from another phone (OUT-5).
    pub(super) fn leave_remotely(
        &mut self,
        now: Now,
        (asker, door): (Asker, Door),
        phone: &PhoneName,
        dn: &Dn,
    ) {
        // A handset that is up for this is up for no call.
        self.hook_explained(phone);
        if !self.class_at(phone).remote_logout {
            let text = format!("Remote logout of {dn} from {phone} is not permitted there");
            self.record(now, What::LogoutRefused, None, Some(phone), door, text);
            self.answer(asker, Err(Refusal::NotAllowed));
            return;
        }
        let sessions = match self.find_user(dn.as_str()) {
            Some((user, _)) => self.sessions_of(&user.clone()),
            None => Vec::new(),
        };
        if sessions.is_empty() {
            let why = Refusal::Conflict(format!("{dn} is logged in nowhere"));
            self.answer(asker, Err(why));
            return;
        }
        if let Some((id, why)) = self.first_in_the_way(now, &sessions, LeaveBy::OtherPhone) {
            self.logout_refused(now, asker, id, door, why);
            return;
        }
        for id in sessions {
            self.close(now, id, Cause::Remote, door);
        }
        self.answer(asker, Ok(format!("{dn} is logged out")));
    }

    /// An administrator wants somebody out (SES-3). A call is not cut: then it happens when the call ends.
    pub(super) fn log_out(&mut self, now: Now, ticket: Ticket, door: Door, target: &LogoutTarget) {
        let asker = Asker::Ticket(ticket);
        let (sessions, subject) = match target {
            LogoutTarget::Phone(phone) => (Vec::from_iter(self.session_at(phone)), phone.as_str()),
            LogoutTarget::User(given) => match self.find_user(given) {
                Some((user, _)) => (self.sessions_of(&user.clone()), given.as_str()),
                None => (Vec::new(), given.as_str()),
            },
        };
        if sessions.is_empty() {
            let why = self.why_nobody(target, subject);
            self.answer(asker, Err(why));
            return;
        }
        if let Some((id, why)) = self.first_in_the_way(now, &sessions, LeaveBy::Office) {
            self.logout_refused(now, asker, id, door, why);
            return;
        }
        let cause = match door {
            Door::Api => Cause::Api,
            _ => Cause::Admin,
        };
        let mut told = Vec::new();
        for id in sessions {
            let Some(phone) = self.sessions.get(&id).map(|s| s.stored.phone.clone()) else {
                continue;
            };
            told.push(
                match self.leave_soon(now, id, LeaveBy::Office, (cause, door)) {
                    true => format!("logged out at {phone}"),
                    false => format!("{phone} is in use: logged out when it is idle"),
                },
            );
        }
        self.answer(asker, Ok(format!("{subject}: {}", told.join("; "))));
    }

    /// Everybody is to be logged out. Who waits for that is stored, so that a restart goes on with it.
    pub(super) fn log_out_all(&mut self, now: Now, ticket: Ticket, door: Door) {
        let sessions: Vec<SessionId> = self.sessions.keys().copied().collect();
        let count = sessions.len();
        for id in sessions {
            self.set_leaving(now, id, Cause::Api, door);
            self.queue_logout(now, id, Cause::Api);
        }
        let text = format!("{count} are being logged out");
        self.answer(Asker::Ticket(ticket), Ok(text));
    }

    /// Ends a session that is to end, now or as soon as that may be. Whether it has ended.
    pub(super) fn leave_soon(
        &mut self,
        now: Now,
        id: SessionId,
        by: LeaveBy,
        (cause, door): (Cause, Door),
    ) -> bool {
        match self.leaving(now, id, by) {
            Leaving::Now => self.close(now, id, cause, door),
            Leaving::WhenIdle => {
                self.leave_later(now, id, cause, door);
                self.leave_if_idle(now, id);
            }
            Leaving::Refused(_) | Leaving::Waits | Leaving::Kept => {}
        }
        !self.sessions.contains_key(&id)
    }

    /// What becomes of a wish to end a session.
    pub(super) fn leaving(&self, now: Now, id: SessionId, by: LeaveBy) -> Leaving {
        let Some(stored) = self.sessions.get(&id).map(|session| &session.stored) else {
            return Leaving::Kept;
        };
        let is_exempt = self.limits_of(stored).is_none();
        let wish = LeaveWish {
            by,
            prime: self.prime_line_in_use(&stored.phone).into(),
            others: self.other_lines_in_use(&stored.phone).into(),
            agent: self.profile_of(stored).and_then(|profile| profile.agent),
            kept_by: match self.emergency_hold(now, &stored.phone) {
                // To Perch itself an exemption is the end of it, whatever else there is.
                _ if is_exempt && matches!(by, LeaveBy::Perch(_)) => KeptBy::Exemption,
                Some(_) => KeptBy::EmergencyCall,
                None if is_exempt => KeptBy::Exemption,
                None => KeptBy::Nothing,
            },
        };
        wish.decide()
    }

    /// The first of these sessions that cannot be ended, and why.
    fn first_in_the_way(
        &self,
        now: Now,
        sessions: &[SessionId],
        by: LeaveBy,
    ) -> Option<(SessionId, Refusal)> {
        sessions.iter().find_map(|id| {
            let not_now = self.leaving(now, *id, by);
            let phone = &self.sessions.get(id)?.stored.phone;
            let is_refused = matches!(not_now, Leaving::Refused(_));
            is_refused.then(|| (*id, self.why_not_now(now, phone, not_now)))
        })
    }

    fn why_not_now(&self, now: Now, phone: &PhoneName, not_now: Leaving) -> Refusal {
        Refusal::Blocked(match not_now {
            Leaving::Refused(NotNow::Rings) => Obstacle::Ringing,
            Leaving::Refused(NotNow::AgentInCall) => Obstacle::AgentInCall,
            Leaving::Refused(NotNow::EmergencyCall) => {
                let until = self.emergency_hold(now, phone).unwrap_or(now.uptime);
                let minutes = (until - now.uptime).as_secs().div_ceil(60);
                Obstacle::EmergencyHold(phone.clone(), minutes)
            }
            _ => Obstacle::InUse(phone.clone()),
        })
    }

    fn why_nobody(&self, target: &LogoutTarget, subject: &str) -> Refusal {
        let known = match target {
            LogoutTarget::Phone(phone) => {
                self.site.phones.contains_key(phone)
                    || self.site.softphone(phone.as_str()).is_some()
            }
            LogoutTarget::User(given) => self.find_user(given).is_some(),
        };
        match (target, known) {
            (LogoutTarget::Phone(phone), true) => {
                Refusal::Blocked(Obstacle::NobodyAt(phone.clone()))
            }
            (LogoutTarget::User(_), true) => {
                Refusal::Conflict(format!("{subject} is logged in nowhere"))
            }
            (LogoutTarget::Phone(_), false) => {
                Refusal::NotFound(format!("There is no phone {subject}"))
            }
            (LogoutTarget::User(_), false) => {
                Refusal::NotFound(format!("There is no user {subject}"))
            }
        }
    }

    fn logout_refused(&mut self, now: Now, asker: Asker, id: SessionId, door: Door, why: Refusal) {
        if let Some(session) = self.sessions.get(&id) {
            let (user, phone) = (session.stored.user.clone(), session.stored.phone.clone());
            let text = format!("Logout of {user} at {phone} refused: {}", why.text());
            let what = What::LogoutRefused;
            self.record(now, what, Some(&user), Some(&phone), door, text);
        }
        self.answer(asker, Err(why));
    }

    /// The session ends as soon as its phone is idle, and whoever is there is told so. The first cause stays.
    fn leave_later(&mut self, now: Now, id: SessionId, cause: Cause, door: Door) {
        self.set_leaving(now, id, cause, door);
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let stored = &session.stored;
        let cause = stored.leaving.map_or(cause, |(first, ..)| first);
        let phone = stored.phone.clone();
        let why = announced(cause, self.whose_clock(cause, stored, now.utc));
        let text = match cause {
            Cause::User => "Logout when the call ends. Stay: log in again".into(),
            // There is no call, but there was one for help (EMG-1).
            _ if self.in_use(&phone) == InUse::Idle => {
                format!("Logout later, help may call back: {why}")
            }
            _ => format!("Logout when the call ends: {why}"),
        };
        self.act_stored(Action::Tell {
            phone,
            notice: Notice::LogoutWaits(cause),
            text,
        });
    }

    /// The session ends as soon as its phone is idle. The first cause stays.
    pub(super) fn set_leaving(&mut self, now: Now, id: SessionId, cause: Cause, door: Door) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        if session.stored.leaving.is_some() {
            return;
        }
        let leaving = Some((cause, door, now.utc));
        session.stored.leaving = leaving;
        let stored = session.stored.clone();
        let (user, phone) = (stored.user.clone(), stored.phone.clone());
        self.deadlines.disarm(&Timer::Session(id));
        let change = Change::LeavingSet {
            session: id,
            leaving,
        };
        self.outcome.changes.push(change);
        let of = self.whose_clock(cause, &stored, now.utc).in_record();
        let text = format!("{user} will be logged out at {phone} when it is idle{of}");
        let what = What::LogoutDeferred(cause);
        self.record(now, what, Some(&user), Some(&phone), door, text);
        self.look_at(now, id);
    }

    /// The logout that waited is off: the user logs in again, say.
    pub(super) fn cancel_leaving(&mut self, now: Now, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        let Some((cause, door, _)) = session.stored.leaving.take() else {
            return;
        };
        let (user, phone) = (session.stored.user.clone(), session.stored.phone.clone());
        self.outcome.changes.push(Change::LeavingSet {
            session: id,
            leaving: None,
        });
        // A softphone that was away for a moment has nobody who stayed.
        if cause != Cause::Unregistered {
            self.act_stored(Action::Tell {
                phone: phone.clone(),
                notice: Notice::LogoutOff,
                text: "You stay logged in".into(),
            });
            let text = format!("{user} stays at {phone}");
            self.record(now, What::Stayed, Some(&user), Some(&phone), door, text);
        }
        self.look_at(now, id);
    }

    /// Whoever asked to leave says that they stay. What others decided is not theirs to take back.
    pub(super) fn take_back_leaving(&mut self, now: Now, id: SessionId) {
        let session = self.sessions.get(&id);
        let leaving = session.and_then(|session| session.stored.leaving);
        if matches!(leaving, Some((Cause::User, ..))) {
            self.cancel_leaving(now, id);
        }
    }

    /// Ends a session that waits for its phone to be idle, if it is. Ringing is waited for, too (OUT-3).
    pub(super) fn leave_if_idle(&mut self, now: Now, id: SessionId) {
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let Some((cause, door, _)) = session.stored.leaving else {
            return;
        };
        let phone = session.stored.phone.clone();
        let held_back = cause != Cause::User && self.emergency_hold(now, &phone).is_some();
        if self.in_use(&phone) == InUse::Idle && !held_back {
            self.close(now, id, cause, door);
        } else if let Some(until) = self.emergency_hold(now, &phone) {
            self.deadlines.arm(Timer::Session(id), until);
        }
    }
}

/// What stands behind a logout that is to come.
fn announced(cause: Cause, whose: WhoseClock<'_>) -> &'static str {
    match cause {
        Cause::Remote => "from another phone",
        Cause::Admin => "by the administrator",
        Cause::Api => "by a program",
        Cause::Idle => "not used",
        Cause::Duration => "maximum login time",
        Cause::Schedule => whose.to_user(),
        Cause::Firmware => "the phone needs other firmware",
        Cause::Missed => "hunt calls were missed",
        Cause::User | Cause::Takeover | Cause::Moved | Cause::Unregistered => "it was decided",
    }
}
