//! "Commit, then act": an action that tells somebody what a change says is held until the store has confirmed the
//! change, and later actions for the same phone queue behind it.

use std::collections::{HashMap, VecDeque};

use super::CommitSeq;
use crate::pbx::{Action, Change, Holds, Ordered, PhoneName};

/// Actions that wait for the store, in order.
#[derive(Default)]
pub(super) struct Held {
    actions: VecDeque<(CommitSeq, Ordered)>,
    /// Phones for which something waits, and for which commit at the latest: their order must be kept.
    phones: HashMap<PhoneName, CommitSeq>,
}

/// What is stored with an outcome, as far as actions wait for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    /// The commit that the changes are in.
    commit: CommitSeq,
    /// The most that any of them holds back.
    holds: Holds,
}

impl Stored {
    /// These changes, in that commit.
    pub fn with(changes: &[Change], commit: CommitSeq) -> Stored {
        let holds = changes.iter().map(Change::holds).max();
        Stored {
            commit,
            holds: holds.unwrap_or_default(),
        }
    }

    /// The commit that an action of the same outcome waits for, if any.
    fn waits_for(self, action: &Ordered) -> Option<CommitSeq> {
        let is_record = matches!(action.action, Action::Announce(_));
        let waits = match self.holds {
            Holds::Nobody => false,
            Holds::Records => is_record,
            Holds::Everybody => true,
        };
        (waits && action.after_commit).then_some(self.commit)
    }
}

impl Held {
    /// Keeps an action back if it has to wait; hands it back if it has not.
    pub fn keep(&mut self, stored: Stored, action: Ordered) -> Option<Ordered> {
        let own = stored.waits_for(&action);
        let behind = action
            .phone
            .as_ref()
            .and_then(|phone| self.phones.get(phone));
        let Some(commit) = own.max(behind.copied()) else {
            return Some(action);
        };
        if let Some(phone) = &action.phone {
            self.phones.insert(phone.clone(), commit);
        }
        let at = self.actions.partition_point(|(other, _)| *other <= commit);
        self.actions.insert(at, (commit, action));
        None
    }

    /// Takes out what waited for commits up to this one.
    pub fn release(&mut self, confirmed: CommitSeq) -> Vec<Ordered> {
        let count = self
            .actions
            .partition_point(|(commit, _)| *commit <= confirmed);
        self.phones.retain(|_, commit| *commit > confirmed);
        self.actions
            .drain(..count)
            .map(|(_, action)| action)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pbx::{Cause, Closed, Door, Record, SessionId, Signal, Ticket, What};
    use crate::time::Utc;

    fn record() -> Record {
        Record {
            at: Utc(0),
            what: What::Stayed,
            user: None,
            phone: None,
            door: Door::Code,
            text: String::new(),
        }
    }

    fn ordered(action: Action) -> Ordered {
        Ordered {
            phone: None,
            after_commit: true,
            action,
        }
    }

    fn answer() -> Ordered {
        let (ticket, outcome) = (Ticket(1), Ok(String::new()));
        ordered(Action::Reply { ticket, outcome })
    }

    fn closed() -> Change {
        let at = Utc(0);
        Change::SessionClosed(Closed {
            session: SessionId(uuid::Uuid::nil()),
            cause: Cause::User,
            door: Door::Code,
            at,
            last_used: (at, Signal::Digit),
        })
    }

    /// Whether an answer, and an announcement, wait for these changes.
    fn wait(changes: &[Change]) -> (bool, bool) {
        let stored = Stored::with(changes, 7);
        let mut held = Held::default();
        let waits = [answer(), ordered(Action::Announce(record()))]
            .map(|action| held.keep(stored, action).is_none());
        (waits[0], waits[1])
    }

    #[test]
    fn actions_wait_for_the_changes_that_they_tell_of_and_for_no_others() {
        let background = [Change::ClockSeen(Utc(0)), Change::Acted(Vec::new())];
        assert_eq!(wait(&[]), (false, false));
        assert_eq!(wait(&background), (false, false));
        let [clock, acted] = background;
        let recorded = Change::Recorded(record());
        assert_eq!(wait(&[clock, recorded.clone()]), (false, true));
        assert_eq!(wait(&[acted, closed()]), (true, true));
        assert_eq!(wait(&[closed(), recorded]), (true, true));
    }

    #[test]
    fn what_does_not_tell_of_the_change_waits_only_behind_what_does_for_the_same_phone() {
        let phone = |name: &str, after_commit| Ordered {
            phone: Some(name.into()),
            after_commit,
            ..answer()
        };
        let mut held = Held::default();
        let stored = Stored::with(&[closed()], 1);
        let nothing = Stored::with(&[], 2);
        assert!(held.keep(stored, phone("a", true)).is_none());
        assert!(held.keep(nothing, phone("b", false)).is_some());
        assert!(held.keep(nothing, phone("a", false)).is_none());
        assert_eq!(held.release(0), []);
        assert_eq!(held.release(1), [phone("a", true), phone("a", false)]);
        assert!(held.keep(nothing, phone("a", false)).is_some());
    }
}
