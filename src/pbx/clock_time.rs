//! Clock times of users, groups, profiles, classes and phones: like the site's (TOD-1), but for those sessions alone.
//!
//! The site's clock times end everybody's sessions at once. These are a limit of each session, like the others; only that
//! they are reached by the clock on the wall, which may be set.

use std::fmt;
use std::time::Duration;

use super::Pbx;
use super::change::{Cause, SessionId, StoredSession};
use super::job::{Job, JobRun};
use super::names::JobName;
use super::policy::{Level, Source};
use super::recurrence::next_daily;
use super::schedule::Planned;
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

/// Whose clock it is that ends a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WhoseClock<'a> {
    /// The site's clock times.
    Site,
    /// A job's.
    Job(&'a JobName),
    /// Somebody's who has some of their own.
    Own(Source<'a>),
}

impl<'a> WhoseClock<'a> {
    /// That of a job, of which the site's clock times are one.
    pub fn of_job(name: &'a JobName) -> Self {
        match name.as_str() {
            Job::LOGOUT_TIMES => WhoseClock::Site,
            _ => WhoseClock::Job(name),
        }
    }

    /// What whoever is at the phone is told.
    pub fn to_user(self) -> &'static str {
        match self {
            WhoseClock::Site | WhoseClock::Job(_) => "the building's logout time",
            WhoseClock::Own(by) => match by.level {
                Level::User => "your own logout time",
                Level::Profile => "your profile's logout time",
                Level::Group => "your group's logout time",
                Level::Class => "your class's logout time",
                Level::Phone => "this phone's logout time",
                Level::Login | Level::Site => "the building's logout time",
            },
        }
    }

    /// Why somebody was logged out, in words.
    pub fn came(self) -> String {
        match self {
            WhoseClock::Site => "a logout time of the site came".to_owned(),
            WhoseClock::Job(name) => format!("job {name} ran"),
            WhoseClock::Own(by) => format!("a logout time of {by} came"),
        }
    }

    /// What a record says of it besides the cause: nothing of the site's.
    pub fn in_record(self) -> String {
        match self {
            WhoseClock::Site => String::new(),
            whose => format!(": {whose}"),
        }
    }
}

impl fmt::Display for WhoseClock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhoseClock::Site => f.write_str("the logout times of the site"),
            WhoseClock::Job(name) => write!(f, "job {name}"),
            WhoseClock::Own(by) => write!(f, "the logout times of {by}"),
        }
    }
}

/// Whether a time of a job has come by `at` for whoever logged in at `opened`, and it ends sessions still; or is to
/// come just then.
fn has_come(planned: &Planned, opened: Utc, at: Utc) -> bool {
    let running = planned.running.as_ref().map(|running| running.run);
    let running = running.filter(|run| !run.paused);
    let ended = planned.last.filter(|last| last.ended >= at);
    let mut runs = running.into_iter().chain(ended.map(|last| last.run));
    // Whoever asks for a job to run means those of that very moment, too.
    let ends_it = |run: JobRun| {
        !run.dry_run && opened < run.at && run.at <= at.plus(Duration::from_millis(1))
    };
    planned.next == Some(at) && !planned.job.dry_run || runs.any(ends_it)
}

impl Pbx {
    /// Whose clock ends a session at `at`, or ended it then, if a clock does.
    pub(super) fn whose_clock(
        &self,
        cause: Cause,
        stored: &StoredSession,
        at: Utc,
    ) -> WhoseClock<'_> {
        if cause != Cause::Schedule {
            return WhoseClock::Site;
        }
        let jobs = self.schedule.jobs.iter();
        let mut due = jobs.filter(|(name, planned)| {
            has_come(planned, stored.opened, at)
                && self.holds_for(name, stored)
                && self.is_meant(&planned.job, stored)
        });
        if let Some((name, _)) = due.next() {
            return WhoseClock::of_job(name);
        }
        let times = self.policy_of(stored).times;
        let own = times.filter(|times| {
            let first = next_daily(self.schedule.zone(), times.value, stored.opened);
            times.by.level != Level::Site && first.is_some_and(|first| first <= at)
        });
        own.map_or(WhoseClock::Site, |own| WhoseClock::Own(own.by))
    }

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
