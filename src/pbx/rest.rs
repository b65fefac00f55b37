//! Phones that say by their idle page that nobody uses them (IDL-7): all that is known of one that is not registered here.
//!
//! A phone asks for its idle page when nobody has used it for a while, and from then on at intervals. When it begins anew, or
//! stays away for more than two intervals, somebody has used it.

use std::time::Duration;

use super::Pbx;
use super::change::{Door, Signal, What};
use super::event::Ticket;
use super::login::Asker;
use super::names::PhoneName;
use super::{Obstacle, Refusal};
use crate::time::Now;

/// What a phone says by asking for its idle page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// How long nobody has used it, if it begins to say so; none: it says so again.
    pub begins: Option<Duration>,
    /// When it will say so again, if nobody uses it.
    pub every: Duration,
}

/// What was heard from a phone's idle page last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    /// When (uptime).
    heard: Duration,
    every: Duration,
}

impl Resting {
    /// It was heard just now.
    pub fn heard(now: Duration, rest: Rest) -> Resting {
        Resting {
            heard: now,
            every: rest.every,
        }
    }

    /// Whether it should have said so again, but for somebody who uses it.
    pub fn is_silent(self, now: Duration) -> bool {
        now > self.heard + 2 * self.every
    }

    /// Nothing was heard for long.
    pub fn long_silent() -> Resting {
        Resting {
            heard: Duration::ZERO,
            every: Duration::ZERO,
        }
    }

    /// It need not say so again.
    pub fn lasting(self) -> Resting {
        let every = Duration::from_secs(u64::from(u32::MAX));
        Resting { every, ..self }
    }

    /// When the phone was last used, as far as that shows from what it says now, after this; none: not since.
    pub fn used_before(last: Option<Resting>, now: Duration, rest: Rest) -> Option<Duration> {
        match (rest.begins, last) {
            (Some(spent), _) => Some(now.saturating_sub(spent)),
            (None, Some(last)) if last.is_silent(now) => Some(now.saturating_sub(rest.every)),
            // Nothing was heard since the server was started: it may have gone on all the time.
            (None, _) => None,
        }
    }
}

impl Pbx {
    /// A phone says that nobody uses it. That is no use by itself.
    pub(super) fn phone_rests(&mut self, now: Now, ticket: Ticket, phone: &PhoneName, rest: Rest) {
        if !self.site.phones.contains_key(phone) {
            let refusal = Refusal::NotFound(format!("There is no phone {phone}"));
            return self.answer(Asker::Ticket(ticket), Err(refusal));
        }
        let was_silent = !self.may_be_idle(now, phone);
        let heard = Resting::heard(now.uptime, rest);
        let before = self.seldom.resting.insert(phone.clone(), heard);
        let is_known = before.is_some_and(|before| !before.is_silent(now.uptime));
        self.recorder.rests(now, phone, rest, is_known);
        let used = Resting::used_before(before, now.uptime, rest);
        let Some(id) = self.session_at(phone) else {
            let refusal = Refusal::Blocked(Obstacle::NobodyHere);
            return self.answer(Asker::Ticket(ticket), Err(refusal));
        };
        let used = used.filter(|used| self.was_used(now, phone, *used));
        if was_silent || used.is_some() {
            self.look_at(now, id);
        }
        self.answer(Asker::Ticket(ticket), Ok("It rests".to_owned()));
    }

    /// Writes down when a phone was used, if that is news.
    pub(super) fn was_used(&mut self, now: Now, phone: &PhoneName, used: Duration) -> bool {
        let session = self.session_at(phone);
        let Some(session) = session.and_then(|id| self.sessions.get_mut(&id)) else {
            return false;
        };
        if used <= session.last_used {
            return false;
        }
        session.last_used = used;
        session.stored.last_used = (now.utc_at(used), Signal::IdlePage);
        if !std::mem::replace(&mut session.unsaved_use, true) {
            self.unsaved_uses.push(session.stored.session);
        }
        session.warned = None;
        true
    }

    /// Whether a phone may be idle. One that shows nothing but its idle page, and does not ask for it, is used.
    pub(super) fn may_be_idle(&self, now: Now, phone: &PhoneName) -> bool {
        let is_here = self.phones.get(phone).is_some_and(|it| it.registered);
        let resting = self.seldom.resting.get(phone);
        is_here || resting.is_none_or(|resting| !resting.is_silent(now.uptime))
    }

    /// Somebody was logged out at another call manager, since nobody used the phone there.
    pub(super) fn left_elsewhere(
        &mut self,
        now: Now,
        ticket: Ticket,
        phone: &PhoneName,
        text: String,
    ) {
        let why = What::LoggedOutElsewhere;
        self.record(now, why, None, Some(phone), Door::Timer, text.clone());
        self.answer(Asker::Ticket(ticket), Ok(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    const AGAIN: Rest = Rest {
        begins: None,
        every: Duration::from_secs(60),
    };

    /// rules: IDL-7
    #[test]
    fn who_begins_or_stays_away_was_used() {
        let begins = Rest {
            begins: Some(s(300)),
            ..AGAIN
        };
        let last = Some(Resting::heard(s(1000), AGAIN));
        let used = |last, at, rest| Resting::used_before(last, s(at), rest);
        assert_eq!(used(None, 1000, begins), Some(s(700)));
        assert_eq!(used(last, 1010, begins), Some(s(710)), "it begins anew");
        assert_eq!(used(last, 1060, AGAIN), None);
        assert_eq!(used(last, 1120, AGAIN), None, "one may be lost");
        assert_eq!(used(last, 1121, AGAIN), Some(s(1061)), "two are not");
        assert_eq!(used(None, 1060, AGAIN), None, "after a restart");
    }
}
