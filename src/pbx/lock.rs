//! Wrong PINs: counting them, locking, and telling nobody which it was (SES-8).

use std::time::Duration;

use super::change::{Change, Door, LockedOut, What};
use super::event::Ticket;
use super::names::{PhoneName, UserId};
use super::query::Lock;
use super::site::Settings;
use super::{Action, Pbx, Refusal};
use crate::time::{Now, Utc};

/// The failed tries of a user, and the lock that they led to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tries {
    /// When the recent failures were, oldest first.
    pub failures: Vec<Utc>,
    /// Locked until.
    pub locked_until: Option<Utc>,
}

impl Tries {
    /// Whether no login may succeed now.
    pub fn is_locked(&self, now: Utc) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// One more failure. True if it locks the user.
    pub fn fail(&mut self, now: Utc, settings: &Settings) -> bool {
        let window = Duration::from_secs(settings.lock_window_s.into());
        // A clock that was set back must not keep old failures for ever.
        self.failures
            .retain(|at| *at <= now && now.since(*at) < window);
        self.failures.push(now);
        let locks = self.failures.len() >= settings.lock_after as usize;
        if locks {
            self.failures.clear();
            self.locked_until = Some(now.plus(Duration::from_secs(settings.lock_s.into())));
        }
        locks
    }
}

impl Pbx {
    /// Whether no login of this user may succeed now.
    pub(super) fn is_locked(&self, now: Now, user: &UserId) -> bool {
        self.tries
            .get(user)
            .is_some_and(|tries| tries.is_locked(now.utc))
    }

    /// A wrong PIN. While a user is locked further tries change nothing.
    pub(super) fn login_failed(&mut self, now: Now, user: &UserId, phone: &PhoneName, door: Door) {
        if self.is_locked(now, user) {
            return;
        }
        let tries = self.tries.entry(user.clone()).or_default();
        let locks = tries.fail(now.utc, &self.site.settings);
        self.store_tries(user);
        if locks {
            let text = format!(
                "{user} is locked for {} s after {} wrong PINs, the last at {phone}",
                self.site.settings.lock_s, self.site.settings.lock_after
            );
            self.record(now, What::Locked, Some(user), Some(phone), door, text);
        }
    }

    /// The right PIN: what went before is forgotten.
    pub(super) fn login_succeeded(&mut self, user: &UserId) {
        if self.tries.remove(user).is_some() {
            self.store_tries(user);
        }
    }

    /// An administrator takes a lock away.
    pub(super) fn unlock(&mut self, now: Now, ticket: Ticket, user: &UserId) {
        let outcome = if !self.site.users.contains_key(user) {
            Err(Refusal::NotFound(format!("There is no user {user}")))
        } else if self.tries.remove(user).is_none() {
            Ok(format!("{user} was not locked"))
        } else {
            self.store_tries(user);
            let text = format!("{user} was unlocked by an administrator");
            self.record(now, What::Unlocked, Some(user), None, Door::Control, text);
            Ok(format!("{user} may log in again"))
        };
        self.act_stored(Action::Reply { ticket, outcome });
    }

    /// A source guessed a phone's password too often. Whoever answers requests does not believe it already.
    pub(super) fn locked_out(&mut self, now: Now, locked: LockedOut) {
        let LockedOut { phone, source, .. } = &locked;
        let text = format!(
            "{source} is locked out of {phone} for {} s after {} wrong passwords",
            self.site.settings.lock_s, self.site.settings.lock_after
        );
        let (phone, user) = (phone.clone(), self.owner_of(phone));
        let at = now.utc;
        self.outcome.changes.push(Change::LockedOut { locked, at });
        let door = Door::Registration;
        self.record(
            now,
            What::LockedOut,
            user.as_ref(),
            Some(&phone),
            door,
            text,
        );
    }

    /// An administrator forgives those who guessed a phone's password.
    pub(super) fn forgiven(&mut self, now: Now, ticket: Ticket, phone: &PhoneName, sources: usize) {
        let user = self.owner_of(phone);
        let outcome = if user.is_none() && !self.site.phones.contains_key(phone) {
            Err(Refusal::NotFound(format!("There is no phone {phone}")))
        } else if sources == 0 {
            Ok(format!("nobody was locked out of {phone}"))
        } else {
            self.outcome.changes.push(Change::Forgiven(phone.clone()));
            let text = format!(
                "an administrator forgave wrong passwords of {phone}: {sources} were locked out"
            );
            let door = Door::Control;
            self.record(now, What::Unlocked, user.as_ref(), Some(phone), door, text);
            Ok(format!(
                "whoever has the password of {phone} is believed again"
            ))
        };
        self.act_stored(Action::Reply { ticket, outcome });
    }

    /// Whose softphone it is, if it is one.
    fn owner_of(&self, phone: &PhoneName) -> Option<UserId> {
        let softphone = self.site.softphone(phone.as_str());
        softphone.map(|_| UserId::from(phone.as_str()))
    }

    /// Users with failures that still count, or a lock.
    pub(super) fn locks(&self, now: Now) -> Vec<Lock> {
        let window = Duration::from_secs(self.site.settings.lock_window_s.into());
        let lock = |(user, tries): (&UserId, &Tries)| Lock {
            user: user.clone(),
            failures: tries
                .failures
                .iter()
                .filter(|at| now.utc.since(**at) < window)
                .count() as u32,
            until: tries.locked_until.filter(|until| now.utc < *until),
        };
        let locks = self.tries.iter().map(lock);
        locks
            .filter(|lock| lock.failures > 0 || lock.until.is_some())
            .collect()
    }

    fn store_tries(&mut self, user: &UserId) {
        let tries = self.tries.get(user).cloned().unwrap_or_default();
        self.outcome.changes.push(Change::TriesSet {
            user: user.clone(),
            failures: tries.failures,
            locked_until: tries.locked_until,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// rules: SES-8
    #[test]
    fn three_failures_in_five_minutes_lock_for_fifteen() {
        let settings = Settings::default();
        let at = |seconds: i64| Utc(seconds * 1000);
        let mut tries = Tries::default();
        assert!(!tries.fail(at(0), &settings));
        assert!(!tries.fail(at(299), &settings));
        assert!(
            !tries.fail(at(301), &settings),
            "the first no longer counts"
        );
        assert!(tries.fail(at(400), &settings));
        assert!(tries.is_locked(at(401)));
        assert!(tries.is_locked(at(400 + 899)));
        assert!(!tries.is_locked(at(400 + 900)));
    }

    #[test]
    fn a_clock_set_back_forgets_failures_of_the_future() {
        let settings = Settings::default();
        let mut tries = Tries::default();
        tries.fail(Utc(9_000_000), &settings);
        tries.fail(Utc(9_000_000), &settings);
        assert!(!tries.fail(Utc(0), &settings));
    }
}
