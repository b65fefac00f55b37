//! Clock times of users, groups, profiles, classes and phones: like the site's (TOD-1), but for those sessions alone.
//!
//! The site's clock times end everybody's sessions at once. These are a limit of each session, like the others; only that
//! they are reached by the clock on the wall, which may be set.

use std::time::Duration;

use super::Pbx;
use super::change::{SessionId, StoredSession};
use super::policy::Level;
use super::recurrence::next_daily;
use super::site::Site;
use crate::time::{Now, Utc};

/// A clock that goes so much wrong between two looks has been set.
const JUMP: Duration = Duration::from_secs(2);

/// What is to be known of clock times that are not the site's.
#[derive(Debug)]
pub(super) struct OwnTimes {
    /// Whether anybody has some.
    any: bool,
    /// Times up to here were dealt with, or held for nobody.
    since: Utc,
    /// When the clock was looked at last, and what it said.
    looked: Now,
}

impl OwnTimes {
    /// Those of a site, of which the times up to `since` were dealt with.
    pub fn of(site: &Site, since: Utc, now: Now) -> OwnTimes {
        let of_users = site.users.values().filter_map(|it| it.limits.as_deref());
        let of_phones = site.phones.values().filter_map(|it| it.limits.as_deref());
        let of_profiles = site.user_profiles.values().map(|it| &it.limits);
        let of_groups = site.user_groups.values().map(|it| &it.limits);
        let of_classes = site.classes.values().map(|it| &it.limits);
        let mut all = of_groups
            .chain(of_classes)
            .chain(of_profiles)
            .chain(of_users)
            .chain(of_phones);
        OwnTimes {
            any: all.any(|limits| limits.logout_times.is_some()),
            since,
            looked: now,
        }
    }

    /// Whether anybody has some.
    pub fn any(&self) -> bool {
        self.any
    }
}

impl Pbx {
    /// The clock times that end a session.
    pub(super) fn clock_times_of(&self, stored: &StoredSession) -> &[u16] {
        self.policy_of(stored)
            .times
            .map_or(&[], |times| times.value)
    }

    /// Whether a session ends by the site's clock times: it does not where somebody else says others, or none.
    pub(super) fn goes_by_site(&self, stored: &StoredSession) -> bool {
        let times = self.policy_of(stored).times;
        times.is_none_or(|times| times.by.level == Level::Site)
    }

    /// The moment at which a session ends by clock times that are not the site's.
    pub(super) fn own_clock_time(&self, stored: &StoredSession) -> Option<Utc> {
        if !self.own_times.any || self.goes_by_site(stored) {
            return None;
        }
        // What passed before the login, or before somebody said so, has passed.
        let after = stored.opened.max(self.own_times.since);
        let times = self.clock_times_of(stored);
        next_daily(self.schedule.zone(), times, after)
    }

    /// Another site is about to hold: what is due by the old one is done, and the new one's times begin.
    pub(super) fn own_times_change(&mut self, now: Now) {
        self.own_times = OwnTimes::of(&self.site, now.utc, now);
    }

    /// Sessions are looked at anew when the clock was set: their timers know nothing of that.
    pub(super) fn look_for_jump(&mut self, now: Now) {
        let expected = self.own_times.looked.utc_at(now.uptime);
        self.own_times.looked = now;
        let is_off = now.utc.since(expected).max(expected.since(now.utc)) > JUMP;
        if !self.own_times.any || !is_off {
            return;
        }
        let all: Vec<SessionId> = self.sessions.keys().copied().collect();
        for id in all {
            self.look_at(now, id);
        }
    }
}
