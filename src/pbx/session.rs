//! A user at a phone: what a session is, and how it ends.

use std::time::Duration;

use super::change::{Cause, Change, Closed, Door, SessionId, StoredSession, What};
use super::event::{LogoutTarget, Ticket};
use super::login::Asker;
use super::names::{Dn, PhoneName, UserId};
use super::phone::InUse;
use super::{Haste, Obstacle, Pbx, Refusal, Shown, Timer};
use crate::time::Now;

/// An open session.
#[derive(Debug)]
pub(super) struct Session {
    /// As the store knows it, but for a use in the last minute.
    pub stored: StoredSession,
    /// When the phone was last used (uptime).
    pub last_used: Duration,
    /// Whether the store does not know of the last use yet.
    pub unsaved_use: bool,
    /// The automatic logout that was announced.
    pub warned: Option<Cause>,
    /// The automatic logout that waits for its turn.
    pub queued: Option<Cause>,
}

impl Session {
    /// A session that begins.
    pub fn opened_now(now: Now, stored: StoredSession) -> Session {
        Session {
            last_used: now.uptime,
            stored,
            unsaved_use: false,
            warned: None,
            queued: None,
        }
    }

    /// A session that the store remembers.
    pub fn remembered(now: Now, stored: StoredSession) -> Session {
        Session {
            last_used: now.uptime_at(stored.last_used.0),
            ..Session::opened_now(now, stored)
        }
    }

    /// How it would be if it ended now.
    pub fn closed(&self, now: Now, cause: Cause, door: Door) -> Closed {
        Closed {
            session: self.stored.session,
            cause,
            door,
            at: now.utc,
            last_used: self.stored.last_used,
        }
    }
}

/// What becomes of a wish to log out, by the state of the prime line (OUT-1, OUT-2, OUT-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LogoutVerdict {
    Now,
    Delayed,
    Rejected,
}

fn logout_verdict(prime_line: InUse) -> LogoutVerdict {
    match prime_line {
        InUse::Idle => LogoutVerdict::Now,
        InUse::Active | InUse::HeldOnly { .. } => LogoutVerdict::Delayed,
        InUse::Ringing => LogoutVerdict::Rejected,
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
        match logout_verdict(self.prime_line_in_use(phone)) {
            LogoutVerdict::Now => {
                self.close(now, id, Cause::User, door);
                self.answer(asker, Ok("Logged out".into()));
            }
            LogoutVerdict::Delayed => {
                self.set_leaving(now, id, Cause::User, door);
                self.answer(asker, Ok("Logged out when the call ends".into()));
            }
            LogoutVerdict::Rejected => {
                let why = Refusal::Blocked(Obstacle::Ringing);
                self.logout_refused(now, asker, id, door, why);
            }
        }
    }

    /// Somebody wants somebody else out, by code and DN (OUT-5).
    pub(super) fn leave_remotely(&mut self, now: Now, asker: Asker, phone: &PhoneName, dn: &Dn) {
        if !self.class_at(phone).remote_logout {
            let text = format!("Remote logout of {dn} from {phone} is not permitted there");
            self.record(
                now,
                What::LogoutRefused,
                None,
                Some(phone),
                Door::Code,
                text,
            );
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
        let in_the_way = sessions
            .iter()
            .find_map(|id| Some((*id, self.not_remotely(now, *id)?)));
        if let Some((id, why)) = in_the_way {
            self.logout_refused(now, asker, id, Door::Code, Refusal::Conflict(why));
            return;
        }
        for id in sessions {
            self.close(now, id, Cause::Remote, Door::Code);
        }
        self.answer(asker, Ok(format!("{dn} is logged out")));
    }

    /// Why a session cannot be ended by somebody elsewhere.
    fn not_remotely(&self, now: Now, id: SessionId) -> Option<String> {
        let phone = &self.sessions.get(&id)?.stored.phone;
        if self.in_use(phone) != InUse::Idle {
            return Some(format!("{phone} is in use"));
        }
        self.emergency_hold(now, phone).map(|until| {
            let minutes = (until - now.uptime).as_secs().div_ceil(60);
            format!("An emergency call was made at {phone}: no logout for {minutes} min")
        })
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
        let mut told = Vec::new();
        for id in sessions {
            let Some(phone) = self.sessions.get(&id).map(|s| s.stored.phone.clone()) else {
                continue;
            };
            if let Some(until) = self.emergency_hold(now, &phone) {
                let minutes = (until - now.uptime).as_secs().div_ceil(60);
                let why = Refusal::Blocked(Obstacle::EmergencyHold(phone, minutes));
                self.logout_refused(now, asker, id, door, why);
                return;
            }
            let cause = match door {
                Door::Api => Cause::Api,
                _ => Cause::Admin,
            };
            if self.in_use(&phone) == InUse::Idle {
                self.close(now, id, cause, door);
                told.push(format!("logged out at {phone}"));
            } else {
                self.set_leaving(now, id, cause, door);
                told.push(format!("{phone} is in use: logged out when it is idle"));
            }
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
        let (user, phone) = (session.stored.user.clone(), session.stored.phone.clone());
        self.deadlines.disarm(&Timer::Session(id));
        let change = Change::LeavingSet {
            session: id,
            leaving,
        };
        self.outcome.changes.push(change);
        let text = format!("{user} will be logged out at {phone} when it is idle");
        let what = What::LogoutDeferred(cause);
        self.record(now, what, Some(&user), Some(&phone), door, text);
    }

    /// The user logs in again: the logout that waited is off.
    pub(super) fn cancel_leaving(&mut self, now: Now, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        if session.stored.leaving.take().is_some() {
            self.outcome.changes.push(Change::LeavingSet {
                session: id,
                leaving: None,
            });
            self.look_at(now, id);
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

    /// Ends a session: stored first, then shown.
    pub(super) fn close(&mut self, now: Now, id: SessionId, cause: Cause, door: Door) {
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let closed = session.closed(now, cause, door);
        let user = session.stored.user.clone();
        self.outcome
            .changes
            .push(Change::SessionClosed(closed.clone()));
        let Some(phone) = self.forget_session(&closed) else {
            return;
        };
        self.members_depart(now, &user);
        let text = format!("{user} logged out at {phone} ({})", cause.word());
        let what = What::LoggedOut(cause);
        self.record(now, what, Some(&user), Some(&phone), door, text);
        if !self.site.mobility.keeps_history(cause) {
            self.calls_to_forget(now, &phone, &user);
        }
        let shown = Shown::Nobody(Some(cause));
        let applied = self.applied(phone.clone(), shown, farewell(cause).into());
        self.act_stored(applied);
        self.file_changed(now, &phone);
        if cause == Cause::Schedule {
            self.deadlines.arm_no_later(Timer::Pace, now.uptime);
        }
        self.settle_move_if_free(now, &user);
    }

    /// Takes a session that has ended out of every table. Its phone, if it was open.
    pub(super) fn forget_session(&mut self, closed: &Closed) -> Option<PhoneName> {
        let phone = self.sessions.get(&closed.session)?.stored.phone.clone();
        let lines = self.lines_of(&phone);
        let session = self.sessions.remove(&closed.session)?;
        self.upstream.look_at(&session.stored.user, Haste::InTurn);
        self.schedule.session_gone(closed.session, closed.cause);
        if let Some(theirs) = self.by_user.get_mut(&session.stored.user) {
            theirs.retain(|id| *id != closed.session);
            if theirs.is_empty() {
                self.by_user.remove(&session.stored.user);
            }
        }
        self.deadlines.disarm(&Timer::Session(closed.session));
        let state = self.phones.entry(phone.clone()).or_default();
        state.session = None;
        state.last_closed = Some(Box::new((session.stored, closed.clone())));
        self.lines_changed(&phone, &lines);
        Some(phone)
    }

    /// Enters a session into every table.
    pub(super) fn add_session(&mut self, session: Session) {
        let (id, phone) = (session.stored.session, session.stored.phone.clone());
        let lines = self.lines_of(&phone);
        self.upstream.look_at(&session.stored.user, Haste::Now);
        self.by_user
            .entry(session.stored.user.clone())
            .or_default()
            .push(id);
        self.sessions.insert(id, session);
        self.phones.entry(phone.clone()).or_default().session = Some(id);
        self.lines_changed(&phone, &lines);
    }

    /// The session at a phone.
    pub(super) fn session_at(&self, phone: &PhoneName) -> Option<SessionId> {
        self.phones.get(phone)?.session
    }

    /// The sessions of a user, oldest first.
    pub(super) fn sessions_of(&self, user: &UserId) -> Vec<SessionId> {
        self.by_user.get(user).cloned().unwrap_or_default()
    }
}

/// What the phone says afterwards (SES-12).
fn farewell(cause: Cause) -> &'static str {
    match cause {
        Cause::User => "Logged out",
        Cause::Takeover => "Logged out: somebody else logged in here",
        Cause::Moved => "Logged out: logged in elsewhere",
        Cause::Remote => "Logged out from another phone",
        Cause::Admin => "Logged out by the administrator",
        Cause::Idle => "Logged out: not used",
        Cause::Duration => "Logged out: maximum login time",
        Cause::Schedule => "Logged out: the building's logout time",
        Cause::Unregistered => "Logged out: no longer registered",
        Cause::Api => "Logged out by a program",
        Cause::Missed => "Logged out: hunt calls were missed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// rules: OUT-1, OUT-2, OUT-3
    #[test]
    fn the_prime_line_decides() {
        let since = Duration::ZERO;
        assert_eq!(logout_verdict(InUse::Idle), LogoutVerdict::Now);
        assert_eq!(logout_verdict(InUse::Active), LogoutVerdict::Delayed);
        assert_eq!(
            logout_verdict(InUse::HeldOnly { since }),
            LogoutVerdict::Delayed
        );
        assert_eq!(logout_verdict(InUse::Ringing), LogoutVerdict::Rejected);
    }
}
