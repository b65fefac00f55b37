//! The clock: which job is due, whom it means, and who is told before (TOD-1, TOD-2).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::change::{Cause, Change, Door, SessionId, StoredSession, What};
use super::job::{Job, JobEnd, JobOutcome, JobRun, JobState, Missed, Whom};
use super::mass_logout::MassLogout;
use super::names::JobName;
use super::recurrence::{self, Recurrence};
use super::site::Site;
use super::{Pbx, Timer};
use crate::time::{Now, Utc};

/// The clock is looked at this often even if nothing is due: it may have been set, or the machine asleep.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// A time that is noticed later than this was missed.
const LATE: Duration = Duration::from_secs(60);

/// A job of which no time was found is looked at again this often: the next one may have been too far away.
const SEEK_EVERY: Duration = Duration::from_secs(24 * 3600);

/// The jobs of the site, and the queue of automatic logouts.
#[derive(Debug)]
pub(super) struct Schedule {
    zone: TimeZone,
    pub(super) jobs: BTreeMap<JobName, Planned>,
    /// Clock times up to here were looked for.
    looked: Utc,
    /// Automatic logouts that wait for their turn, but for those of jobs.
    pub(super) queue: VecDeque<SessionId>,
    /// How many may still happen in this step, and when it began.
    pub(super) step: (Duration, u32),
    /// Whether the queue had the last turn, rather than a job.
    pub(super) queue_went_last: bool,
    /// Which job had a turn last.
    pub(super) last_job: Option<JobName>,
    /// Jobs whose state is not stored as it is.
    pub(super) unsaved: BTreeSet<JobName>,
}

/// A job, and how it stands.
#[derive(Debug)]
pub(super) struct Planned {
    pub job: Job,
    pub recurrence: Recurrence,
    /// Its times up to here were dealt with.
    looked: Utc,
    /// The first one after that.
    pub next: Option<Utc>,
    /// When that was looked for.
    sought: Utc,
    /// Its times up to here were announced.
    warned: Utc,
    /// The last run that is over.
    pub last: Option<JobEnd>,
    /// The run that is not.
    pub running: Option<MassLogout>,
}

impl Planned {
    fn new(job: Job, recurrence: Recurrence, looked: Utc) -> Planned {
        Planned {
            next: recurrence.next_after(looked),
            sought: looked,
            job,
            recurrence,
            looked,
            warned: looked,
            last: None,
            running: None,
        }
    }

    /// As it is to be stored.
    pub fn state(&self) -> JobState {
        JobState {
            running: self.running.as_ref().map(|running| running.run),
            last: self.last,
        }
    }

    /// The last of its times that have come since it was looked, if one has. From then on it has been dealt with.
    /// Never backwards: a clock that is set back must not log everybody out a second time.
    fn due(&mut self, now: Utc) -> Option<Utc> {
        if self.next.is_none() && now.since(self.sought) > SEEK_EVERY {
            self.sought = now;
            self.next = self.recurrence.next_after(now);
        }
        let Some(next) = self.next.filter(|next| *next <= now) else {
            self.looked = self.looked.max(now);
            return None;
        };
        let due = self.recurrence.last_within(self.looked, now);
        self.looked = now;
        self.next = self.recurrence.next_after(now);
        // A long sleep may hide a time that comes once in many years.
        Some(due.unwrap_or(next))
    }
}

impl Schedule {
    /// A schedule that goes on from `looked`.
    pub fn new(site: &Site, looked: Utc) -> Schedule {
        let mut schedule = Schedule {
            zone: recurrence::zone(&site.settings.timezone),
            jobs: BTreeMap::new(),
            looked,
            queue: VecDeque::new(),
            step: (Duration::ZERO, 0),
            queue_went_last: false,
            last_job: None,
            unsaved: BTreeSet::new(),
        };
        for (name, job) in site.all_jobs() {
            let recurrence = Recurrence::of(&job, site);
            let planned = Planned::new(job, recurrence, looked);
            schedule.jobs.insert(name, planned);
        }
        schedule
    }

    /// The site has other jobs now, or the same ones at other times: what has passed by those is past. Those that are
    /// no more come back.
    fn replace(&mut self, site: &Site, now: Utc) -> BTreeMap<JobName, Planned> {
        self.zone = recurrence::zone(&site.settings.timezone);
        let mut before = std::mem::take(&mut self.jobs);
        for (name, job) in site.all_jobs() {
            let recurrence = Recurrence::of(&job, site);
            let planned = match before.remove(&name) {
                Some(same) if same.recurrence == recurrence => Planned { job, ..same },
                Some(other) => Planned {
                    last: other.last,
                    running: other.running,
                    ..Planned::new(job, recurrence, now.max(other.looked))
                },
                None => Planned::new(job, recurrence, now.max(self.looked)),
            };
            self.jobs.insert(name, planned);
        }
        before
    }

    /// A moment as the people at the site say it.
    pub fn local(&self, at: Utc) -> String {
        recurrence::local(&self.zone, at)
    }

    /// The site's time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// When a time is next that has to be done something about: it, or what is said before it.
    fn next(&self, now: Utc, lead: Duration) -> Option<Utc> {
        let moments = self.jobs.values().filter_map(|planned| {
            let at = planned.next?;
            let warning = at.minus(lead);
            Some(if warning > now { warning } else { at })
        });
        moments.min()
    }
}

impl Site {
    /// Its jobs, among them the one that its `logout_times` are (TOD-1).
    pub(super) fn all_jobs(&self) -> Vec<(JobName, Job)> {
        let times = &self.settings.logout_times;
        let own = (!times.is_empty()).then(|| {
            let job = Job::daily(times.clone());
            (Job::LOGOUT_TIMES.into(), job)
        });
        let jobs = self.jobs.iter();
        let jobs = jobs.map(|(name, job)| (name.clone(), job.clone()));
        own.into_iter().chain(jobs).collect()
    }
}

impl Pbx {
    /// Looks at the clock: is it time to go, or to say so?
    pub(super) fn look_at_clock(&mut self, now: Now) {
        let jobs = self.schedule.jobs.iter_mut();
        let due = jobs.filter_map(|(name, planned)| Some((name.clone(), planned.due(now.utc)?)));
        let due: Vec<(JobName, Utc)> = due.collect();
        self.schedule.looked = self.schedule.looked.max(now.utc);
        for (name, at) in due {
            self.job_is_due(now, &name, at);
        }
        self.end_mass_logouts(now);
        self.warn_of_clock_times(now);
        self.look_for_jump(now);
        let lead = Duration::from_secs(self.site.settings.warning_s.into());
        let next = self.schedule.next(now.utc, lead);
        let latest = now.uptime + LOOK_EVERY;
        let next = next.map_or(latest, |next| now.uptime_at(next).min(latest));
        self.deadlines.arm(Timer::Clock, next);
    }

    /// A time has come. One that was missed is made up for once, or left out.
    fn job_is_due(&mut self, now: Now, name: &JobName, at: Utc) {
        let Some(planned) = self.schedule.jobs.get_mut(name) else {
            return;
        };
        let is_late = now.utc.since(at) > LATE;
        let run = JobRun {
            at,
            asked: false,
            dry_run: planned.job.dry_run,
            paused: false,
            total: 0,
            done: 0,
            after_calls: 0,
        };
        if planned.job.missed == Missed::RunOnce || !is_late {
            self.begin_mass_logout(now, name, run);
            return;
        }
        planned.last = Some(JobEnd {
            run,
            ended: now.utc,
            outcome: JobOutcome::Skipped,
        });
        let at = planned.recurrence.local(at);
        self.schedule.unsaved.insert(name.clone());
        let text = format!("Job {name} of {at} was missed, and is left out");
        self.record(now, What::JobMissed, None, None, Door::Timer, text);
    }

    fn warn_of_clock_times(&mut self, now: Now) {
        let lead = Duration::from_secs(self.site.settings.warning_s.into());
        if lead.is_zero() {
            return;
        }
        let mut near = Vec::new();
        for (name, planned) in &mut self.schedule.jobs {
            let at = planned.next.filter(|at| *at <= now.utc.plus(lead));
            if let Some(at) = at.filter(|at| planned.warned < *at && !planned.job.dry_run) {
                planned.warned = at;
                near.push((name.clone(), at));
            }
        }
        for (name, at) in near {
            for id in self.meant_by(&name, at) {
                self.warn(now, id, Cause::Schedule, now.uptime_at(at));
            }
        }
    }

    /// Sessions that a job's time ends: those that it means, that began before it and are not exempt.
    pub(super) fn meant_by(&self, name: &JobName, at: Utc) -> Vec<SessionId> {
        let Some(planned) = self.schedule.jobs.get(name) else {
            return Vec::new();
        };
        let sessions = self.sessions.iter();
        let meant = sessions.filter(|(_, session)| {
            session.stored.opened < at
                && session.stored.leaving.is_none()
                && self.holds_for(name, &session.stored)
                && self.is_meant(&planned.job, &session.stored)
        });
        meant.map(|(id, _)| *id).collect()
    }

    /// Whether nobody has said other clock times for a session, where a job is those of the site.
    pub(super) fn holds_for(&self, name: &JobName, stored: &StoredSession) -> bool {
        name.as_str() != Job::LOGOUT_TIMES || self.goes_by_site(stored)
    }

    /// Whether a job may end a session, whenever it comes.
    pub(super) fn is_meant(&self, job: &Job, stored: &StoredSession) -> bool {
        let is_whom = match &job.whom {
            Whom::All => true,
            Whom::Internal => self.site.phones.contains_key(&stored.phone),
            Whom::External => !self.site.phones.contains_key(&stored.phone),
            Whom::Group(group) => {
                let user = self.site.users.get(&stored.user);
                user.is_some_and(|user| user.group.as_ref() == Some(group))
            }
            Whom::Class(class) => {
                let profile = self.profile_of(stored);
                profile.is_some_and(|it| self.site.class_of(&stored.user, it) == class)
            }
            Whom::Phones(patterns) => {
                let phone = stored.phone.as_str();
                patterns.iter().any(|pattern| pattern.matches(phone))
            }
        };
        is_whom && self.limits_of(stored).is_some()
    }

    /// The jobs that end a session when their time comes, and when that is next.
    pub(super) fn next_by_clock(
        &self,
        stored: &StoredSession,
    ) -> impl Iterator<Item = (Utc, &JobName)> {
        let jobs = self.schedule.jobs.iter();
        jobs.filter_map(move |(name, planned)| {
            let ends_it = !planned.job.dry_run
                && self.holds_for(name, stored)
                && self.is_meant(&planned.job, stored);
            Some((planned.next.filter(|_| ends_it)?, name))
        })
    }

    /// The site has other jobs. A run goes on with those whom it is for; without its job it ends.
    pub(super) fn jobs_applied(&mut self, now: Now) {
        let site = Arc::clone(&self.site);
        for (name, planned) in self.schedule.replace(&site, now.utc) {
            if let Some(running) = planned.running {
                self.cancel_mass_logout(now, &name, running);
            }
            self.schedule.unsaved.insert(name);
        }
        if !self.schedule.jobs.is_empty() {
            // What passed while there were no jobs is not made up for after a restart.
            self.outcome.changes.push(Change::ClockSeen(now.utc));
        }
    }

    /// Takes up jobs where the store left off: before a restart each time counts once, and what went on goes on.
    pub(super) fn remember_jobs(&mut self, now: Now, states: Vec<(JobName, JobState)>) {
        for (name, state) in states {
            let Some(planned) = self.schedule.jobs.get_mut(&name) else {
                self.schedule.unsaved.insert(name);
                continue;
            };
            let running = state.running.filter(|run| !run.asked);
            let ended = state.last.map(|last| last.run).filter(|run| !run.asked);
            let dealt_with = running.into_iter().chain(ended).map(|run| run.at).max();
            if let Some(at) = dealt_with.filter(|at| *at > planned.looked) {
                planned.looked = at;
                planned.warned = at;
                planned.next = planned.recurrence.next_after(at);
            }
            planned.last = state.last;
            if let Some(run) = state.running {
                self.resume_mass_logout(now, &name, run);
            }
        }
    }

    /// What is known of jobs is stored with whatever they did.
    pub(super) fn save_jobs(&mut self) {
        for job in std::mem::take(&mut self.schedule.unsaved) {
            let planned = self.schedule.jobs.get(&job);
            let state = planned.map(Planned::state);
            self.outcome.changes.push(Change::JobSet { job, state });
        }
    }

    /// Saves what may be saved late: last uses, and how far the clock has been dealt with (IDL-5).
    pub(super) fn save_in_background(&mut self, now: Now) {
        for id in std::mem::take(&mut self.unsaved_uses) {
            let Some(session) = self.sessions.get_mut(&id) else {
                continue;
            };
            if std::mem::take(&mut session.unsaved_use) {
                self.outcome.changes.push(Change::Used {
                    session: id,
                    last_used: session.stored.last_used,
                });
            }
        }
        if !self.schedule.jobs.is_empty() || self.own_times.any() {
            let looked = self.schedule.looked;
            self.outcome.changes.push(Change::ClockSeen(looked));
        }
        self.deadlines
            .arm(Timer::Save, now.uptime + super::SAVE_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::pbx::job::{Calendar, Holidays};

    const DAY: Duration = Duration::from_secs(24 * 3600);

    /// rules: TOD-2
    #[test]
    fn a_time_that_was_too_far_away_to_be_found_is_found_when_it_comes_near() {
        let mut site = Site::default();
        let day = "2050-06-01".parse().expect("a day");
        let calendar = Arc::new(Calendar::of(vec![day]));
        site.calendars.insert("feast".into(), calendar);
        let mut job = Job::daily(vec![12 * 60]);
        job.holidays = Holidays::Only("feast".into());
        let noon: jiff::Timestamp = "2050-06-01T12:00:00Z".parse().expect("a moment");
        let noon = Utc(noon.as_millisecond());
        let far = Utc(noon.0).minus(30 * 366 * DAY);
        let mut planned = Planned::new(job.clone(), Recurrence::of(&job, &site), far);
        assert_eq!((planned.next, planned.due(far)), (None, None));
        let near = noon.minus(DAY);
        assert_eq!((planned.due(near), planned.next), (None, Some(noon)));
        assert_eq!(planned.due(noon), Some(noon));
        assert_eq!((planned.due(noon.plus(DAY)), planned.next), (None, None));
    }
}
