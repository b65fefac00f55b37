//! What is counted while recorded activity is replayed.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::pbx::{Cause, Closed, Door, PhoneName, SessionId, StoredSession, UserId};
use crate::time::Utc;

/// The end of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Which one.
    pub session: SessionId,
    /// Whose.
    pub user: UserId,
    /// Where.
    pub phone: PhoneName,
    /// Since when.
    pub opened: Utc,
    /// Until when.
    pub at: Utc,
    /// Why.
    pub cause: Cause,
    /// How it was asked for.
    pub door: Door,
    /// Whether it had waited for the phone to be free.
    pub had_waited: bool,
}

impl End {
    /// The end of a session as it is stored.
    pub fn of(session: &StoredSession, closed: &Closed, had_waited: bool) -> End {
        End {
            session: session.session,
            user: session.user.clone(),
            phone: session.phone.clone(),
            opened: session.opened,
            at: closed.at,
            cause: closed.cause,
            door: closed.door,
            had_waited,
        }
    }
}

/// Somebody whom the policy had logged out used the phone afterwards, as if nothing had happened. They would have had to
/// log in again, and in the replay they did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedInAgain {
    /// Who.
    pub user: UserId,
    /// Where.
    pub phone: PhoneName,
    /// When.
    pub at: Utc,
    /// How long after the logout.
    pub after: Duration,
}

/// A login that was, and that the policy would not have allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// When.
    pub at: Utc,
    /// Who, if that is known.
    pub user: Option<UserId>,
    /// Where.
    pub phone: Option<PhoneName>,
    /// Why, in words.
    pub why: String,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// How much was recorded.
    pub activities: u64,
    /// From when.
    pub from: Utc,
    /// Until when.
    pub to: Utc,
    /// How sessions ended, as it was.
    pub as_it_was: Vec<End>,
    /// How they would have ended.
    pub with_policy: Vec<End>,
    /// How long phones were somebody's, as it was.
    pub occupied_as_it_was: Duration,
    /// How long they would have been.
    pub occupied_with_policy: Duration,
    /// Who would have had to log in again.
    pub logged_in_again: Vec<LoggedInAgain>,
    /// Logins that were, and that nobody would have needed: the session would still have been there.
    pub logins_saved: u64,
    /// Logins that were, and that would have been refused.
    pub refused: Vec<Refused>,
    /// Ends of sessions that began before anything was recorded.
    pub unknown: u64,
}

impl Account {
    /// Whether a moment is looked at.
    pub(super) fn contains(&self, at: Utc) -> bool {
        self.from <= at && at <= self.to
    }

    /// How long a session was open within the time that is looked at.
    pub(super) fn occupied(&self, opened: Utc, until: Utc) -> Duration {
        until.min(self.to).since(opened.max(self.from))
    }

    /// Who was logged out by the policy, and who would have been: the pairs that are not the same, in order of time.
    /// A pair is a session of the same user at the same phone that ended within a second of the other, by the same
    /// cause.
    pub fn differences(&self) -> (Vec<&End>, Vec<&End>) {
        let mut others: HashMap<_, Vec<(i64, usize)>> = HashMap::new();
        for (index, end) in self.with_policy.iter().enumerate() {
            let key = (&end.user, &end.phone, end.cause.word());
            others.entry(key).or_default().push((end.at.0, index));
        }
        let mut is_paired = vec![false; self.with_policy.len()];
        let mut only_as_it_was = Vec::new();
        for end in &self.as_it_was {
            let key = (&end.user, &end.phone, end.cause.word());
            let theirs = others.get_mut(&key);
            let pair = theirs.and_then(|theirs| {
                let found = theirs
                    .iter()
                    .position(|(at, _)| (at - end.at.0).abs() <= 1000)?;
                Some(theirs.swap_remove(found))
            });
            match pair {
                Some((_, index)) => is_paired[index] = true,
                None => only_as_it_was.push(end),
            }
        }
        let only_with_policy = self.with_policy.iter().zip(is_paired);
        let only_with_policy = only_with_policy.filter(|(_, paired)| !paired);
        (
            only_as_it_was,
            only_with_policy.map(|(end, _)| end).collect(),
        )
    }

    /// How many sessions ended why: as it was, and with the policy.
    pub fn causes(&self) -> BTreeMap<&'static str, (u64, u64)> {
        let mut causes: BTreeMap<&'static str, (u64, u64)> = BTreeMap::new();
        for end in &self.as_it_was {
            causes.entry(end.cause.word()).or_default().0 += 1;
        }
        for end in &self.with_policy {
            causes.entry(end.cause.word()).or_default().1 += 1;
        }
        causes
    }
}
