//! A user at a phone: what a session is, and its end. Whether it is time for that says `leaving.rs`.

use std::time::Duration;

use super::change::{Cause, Change, Closed, Door, SessionId, StoredSession, What};
use super::clock_time::WhoseClock;
use super::names::{PhoneName, UserId};
use super::{Haste, Pbx, Renewal, Shown, Timer};
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

impl Pbx {
    /// Ends a session: stored first, then shown.
    pub(super) fn close(&mut self, now: Now, id: SessionId, cause: Cause, door: Door) {
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let closed = session.closed(now, cause, door);
        let user = session.stored.user.clone();
        let whose = self.whose_clock(cause, &session.stored, now.utc);
        let (why, of) = (farewell(cause, whose), whose.in_record());
        self.outcome
            .changes
            .push(Change::SessionClosed(closed.clone()));
        let Some(phone) = self.forget_session(&closed) else {
            return;
        };
        self.members_depart(now, &user);
        let text = format!("{user} logged out at {phone} ({}{of})", cause.word());
        let what = What::LoggedOut(cause);
        self.record(now, what, Some(&user), Some(&phone), door, text);
        if !self.site.mobility.keeps_history(cause) {
            self.calls_to_forget(now, &phone, &user);
        }
        let shown = Shown::Nobody(Some(cause));
        let applied = self.applied(phone.clone(), shown, why);
        self.act_stored(applied);
        self.file_changed(now, &phone);
        self.ring_elsewhere(now, &phone);
        if cause == Cause::Firmware {
            self.renew(now, &phone, Renewal::Reset);
        }
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
        self.lifted.remove(&closed.session);
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
fn farewell(cause: Cause, whose: WhoseClock<'_>) -> String {
    let said = match cause {
        Cause::Schedule => return format!("Logged out: {}", whose.to_user()),
        Cause::User => "Logged out",
        Cause::Takeover => "Logged out: somebody else logged in here",
        Cause::Moved => "Logged out: logged in elsewhere",
        Cause::Remote => "Logged out from another phone",
        Cause::Admin => "Logged out by the administrator",
        Cause::Idle => "Logged out: not used",
        Cause::Duration => "Logged out: maximum login time",
        Cause::Unregistered => "Logged out: no longer registered",
        Cause::Api => "Logged out by a program",
        Cause::Missed => "Logged out: hunt calls were missed",
        Cause::Firmware => "Logged out: the phone needs other firmware",
    };
    said.to_owned()
}
