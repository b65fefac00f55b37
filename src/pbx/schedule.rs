//! Clock times at which everybody goes (TOD-1), and the pace at which automatic logouts happen (TOD-3).

use std::collections::VecDeque;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::change::{Cause, Change, Door, SessionId, What};
use super::idle::Verdict;
use super::phone::InUse;
use super::{Pbx, Timer};
use crate::time::{Now, Utc};

/// The clock is looked at this often even if nothing is due: it may have been set, or the machine asleep.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Automatic logouts are let through in steps of this length.
const PACE_STEP: Duration = Duration::from_millis(100);

/// The clock-time logout and the queue of automatic logouts.
#[derive(Debug)]
pub(super) struct Schedule {
    zone: TimeZone,
    times: Vec<u16>,
    /// Clock times up to here were dealt with.
    looked: Utc,
    /// Clock times up to here were announced.
    warned: Utc,
    /// The clock time whose logout is not over.
    running: Option<Utc>,
    /// Automatic logouts that wait for their turn.
    queue: VecDeque<SessionId>,
    /// How many may still happen in this step, and when it began.
    step: (Duration, u32),
}

impl Schedule {
    /// A schedule that goes on from `looked`.
    pub fn new(timezone: &str, times: &[u16], looked: Utc) -> Schedule {
        Schedule {
            zone: zone(timezone),
            times: times.to_vec(),
            looked,
            warned: looked,
            running: None,
            queue: VecDeque::new(),
            step: (Duration::ZERO, 0),
        }
    }

    /// The site has other times now. What has passed by them is past.
    pub fn replace_times(&mut self, timezone: &str, times: &[u16]) {
        self.zone = zone(timezone);
        self.times = times.to_vec();
    }

    /// The next clock-time logout after `after`.
    pub fn next_after(&self, after: Utc) -> Option<Utc> {
        instants(&self.zone, &self.times, after)
            .into_iter()
            .find(|at| *at > after)
    }

    /// A moment as the people at the site say it.
    pub fn local(&self, at: Utc) -> String {
        let Ok(at) = Timestamp::from_millisecond(at.0) else {
            return "?".into();
        };
        let at = at.to_zoned(self.zone.clone());
        at.strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// How many automatic logouts wait for their turn.
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Up to which moment clock times are dealt with for good: not past one that is still running, so that a
    /// restart takes it up again (TOD-3).
    fn settled(&self) -> Utc {
        match self.running {
            Some(at) => Utc(at.0 - 1),
            None => self.looked,
        }
    }
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// The clock times around `around`: from the day before to the day after next, in order.
///
/// 24:00 is midnight at the day's end (TOD-1). A time that the clocks skip is taken as much later as they skip; one
/// that comes twice happens the first time.
fn instants(zone: &TimeZone, times: &[u16], around: Utc) -> Vec<Utc> {
    let Ok(around) = Timestamp::from_millisecond(around.0) else {
        return Vec::new();
    };
    let today = around.to_zoned(zone.clone()).date();
    let mut instants = Vec::new();
    for offset in -1..=2_i32 {
        let Ok(day) = today.checked_add(offset.days()) else {
            continue;
        };
        for minutes in times {
            let at = match i8::try_from(minutes / 60) {
                Ok(24) => day
                    .checked_add(1.day())
                    .map(|next| next.to_datetime(Time::midnight())),
                Ok(hour) => {
                    let minute = i8::try_from(minutes % 60).expect("a remainder of 60 fits");
                    Time::new(hour, minute, 0, 0).map(|time| day.to_datetime(time))
                }
                Err(_) => continue,
            };
            let zoned = at.and_then(|at| zone.to_zoned(at));
            if let Ok(zoned) = zoned {
                instants.push(Utc(zoned.timestamp().as_millisecond()));
            }
        }
    }
    instants.sort_unstable();
    instants.dedup();
    instants
}

impl Pbx {
    /// Looks at the clock: is it time to go, or to say so?
    pub(super) fn look_at_clock(&mut self, now: Now) {
        let schedule = &self.schedule;
        let due = instants(&schedule.zone, &schedule.times, now.utc)
            .into_iter()
            .rfind(|at| *at <= now.utc)
            .filter(|at| *at > schedule.looked);
        // After a long sleep the instants around `looked` are too old to be listed; the latest is enough.
        if let Some(at) = due {
            self.start_mass_logout(now, at);
        }
        // Never backwards: a clock that is set back must not log everybody out a second time.
        self.schedule.looked = self.schedule.looked.max(now.utc);
        self.warn_of_clock_time(now);
        let next = self.schedule.next_after(now.utc).map(|at| {
            let lead = Duration::from_secs(self.site.settings.warning_s.into());
            let warning = at.minus(lead);
            let at = if warning > now.utc { warning } else { at };
            now.uptime_at(at)
        });
        let latest = now.uptime + LOOK_EVERY;
        self.deadlines
            .arm(Timer::Clock, next.map_or(latest, |next| next.min(latest)));
    }

    fn warn_of_clock_time(&mut self, now: Now) {
        let lead = Duration::from_secs(self.site.settings.warning_s.into());
        let Some(at) = self.schedule.next_after(now.utc) else {
            return;
        };
        if lead.is_zero() || at > now.utc.plus(lead) || self.schedule.warned >= at {
            return;
        }
        self.schedule.warned = at;
        for id in self.may_go_by_clock(at) {
            self.warn(now, id, Cause::Schedule, now.uptime_at(at));
        }
    }

    /// Sessions that a clock time ends: those that began before it and are not exempt.
    fn may_go_by_clock(&self, at: Utc) -> Vec<SessionId> {
        let sessions = self.sessions.iter();
        let concerned = sessions.filter(|(_, session)| {
            session.stored.opened < at
                && session.stored.leaving.is_none()
                && self.limits_of(&session.stored).is_some()
        });
        concerned.map(|(id, _)| *id).collect()
    }

    fn start_mass_logout(&mut self, now: Now, at: Utc) {
        let sessions = self.may_go_by_clock(at);
        self.schedule.running = Some(at);
        let text = format!(
            "The logout time {} has come: {} to log out, {} a second",
            self.schedule.local(at),
            sessions.len(),
            self.site.settings.logouts_per_s
        );
        self.record(now, What::MassLogoutStarted, None, None, Door::Timer, text);
        for id in sessions {
            self.queue_logout(now, id, Cause::Schedule);
        }
        self.end_mass_logout_if_done(now);
    }

    /// An automatic logout gets in line, so that a building never restarts at once.
    pub(super) fn queue_logout(&mut self, now: Now, id: SessionId, cause: Cause) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        match session.queued {
            None => self.schedule.queue.push_back(id),
            // An idle phone may be used again before its turn; these two go all the same.
            Some(_) if matches!(cause, Cause::Schedule | Cause::Admin | Cause::Api) => {}
            Some(_) => return,
        }
        session.queued = Some(cause);
        self.deadlines.disarm(&Timer::Session(id));
        self.deadlines.arm_no_later(Timer::Pace, now.uptime);
    }

    /// Lets as many automatic logouts through as the pace allows.
    pub(super) fn pace_logouts(&mut self, now: Now) {
        let rate = self.site.settings.logouts_per_s.max(1);
        let step = PACE_STEP.max(Duration::from_secs(1) / rate);
        let per_step = (f64::from(rate) * step.as_secs_f64()).round().max(1.0) as u32;
        if now.uptime >= self.schedule.step.0 + step {
            self.schedule.step = (now.uptime, per_step);
        }
        while self.schedule.step.1 > 0 {
            let Some(id) = self.schedule.queue.pop_front() else {
                break;
            };
            if self.log_out_in_turn(now, id) {
                self.schedule.step.1 -= 1;
            }
        }
        if self.schedule.queue.is_empty() {
            self.end_mass_logout_if_done(now);
        } else {
            self.deadlines.arm(Timer::Pace, self.schedule.step.0 + step);
        }
    }

    /// Its turn has come. Whether it still is to go is decided now; a call is never cut (TOD-3).
    fn log_out_in_turn(&mut self, now: Now, id: SessionId) -> bool {
        let Some(session) = self.sessions.get_mut(&id) else {
            return false;
        };
        let Some(cause) = session.queued.take() else {
            return false;
        };
        let phone = session.stored.phone.clone();
        if let Cause::Schedule | Cause::Admin | Cause::Api = cause {
            let door = match cause {
                Cause::Admin => Door::Control,
                Cause::Api => Door::Api,
                _ => Door::Timer,
            };
            let held_back = self.emergency_hold(now, &phone).is_some();
            if self.in_use(&phone) == InUse::Idle && !held_back {
                self.close(now, id, cause, door);
            } else {
                self.set_leaving(now, id, cause, door);
                self.leave_if_idle(now, id);
            }
            return true;
        }
        if let Some(Verdict::Expired(cause)) = self.verdict_on(now, id) {
            self.close(now, id, cause, Door::Timer);
            return true;
        }
        self.look_at(now, id);
        false
    }

    /// A clock-time logout is over when nobody waits for it any more, those in calls included.
    pub(super) fn end_mass_logout_if_done(&mut self, now: Now) {
        let Some(at) = self.schedule.running else {
            return;
        };
        let by_clock = |cause: Option<Cause>| cause == Some(Cause::Schedule);
        let waiting = self.sessions.values().any(|session| {
            by_clock(session.queued) || by_clock(session.stored.leaving.map(|l| l.0))
        });
        if !waiting {
            self.schedule.running = None;
            let text = format!("The logout of {} is over", self.schedule.local(at));
            self.record(now, What::MassLogoutEnded, None, None, Door::Timer, text);
        }
    }

    /// Saves what may be saved late: last uses, and how far the clock has been dealt with (IDL-5).
    pub(super) fn save_in_background(&mut self, now: Now) {
        for (id, session) in &mut self.sessions {
            if std::mem::take(&mut session.unsaved_use) {
                self.outcome.changes.push(Change::Used {
                    session: *id,
                    last_used: session.stored.last_used,
                });
            }
        }
        if !self.schedule.times.is_empty() {
            let settled = self.schedule.settled();
            self.outcome.changes.push(Change::ClockSeen(settled));
        }
        self.deadlines
            .arm(Timer::Save, now.uptime + super::SAVE_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> Utc {
        let at: Timestamp = text.parse().expect("a timestamp");
        Utc(at.as_millisecond())
    }

    fn next(zone_name: &str, times: &[u16], after: &str) -> String {
        let schedule = Schedule::new(zone_name, times, Utc(0));
        let next = schedule.next_after(utc(after)).expect("a next one");
        Timestamp::from_millisecond(next.0)
            .expect("in range")
            .to_string()
    }

    /// rules: TOD-1
    #[test]
    fn clock_times_are_local_times() {
        let seven = [19 * 60];
        let berlin = "Europe/Berlin";
        let table = [
            (
                "winter",
                berlin,
                &seven[..],
                "2026-01-15T12:00:00Z",
                "2026-01-15T18:00:00Z",
            ),
            (
                "summer",
                berlin,
                &seven,
                "2026-07-15T12:00:00Z",
                "2026-07-15T17:00:00Z",
            ),
            (
                "just passed",
                berlin,
                &seven,
                "2026-01-15T18:00:00Z",
                "2026-01-16T18:00:00Z",
            ),
            (
                "into summer time",
                berlin,
                &seven,
                "2026-03-28T20:00:00Z",
                "2026-03-29T17:00:00Z",
            ),
            (
                "out of it",
                berlin,
                &seven,
                "2026-10-24T20:00:00Z",
                "2026-10-25T18:00:00Z",
            ),
            (
                "24:00 is the day's end",
                berlin,
                &[1440],
                "2026-01-15T12:00:00Z",
                "2026-01-15T23:00:00Z",
            ),
            (
                "00:00 is the day's begin",
                berlin,
                &[0],
                "2026-01-15T12:00:00Z",
                "2026-01-15T23:00:00Z",
            ),
            (
                "a time that is skipped",
                berlin,
                &[150],
                "2026-03-28T20:00:00Z",
                "2026-03-29T01:30:00Z",
            ),
            (
                "a time that comes twice",
                berlin,
                &[150],
                "2026-10-24T20:00:00Z",
                "2026-10-25T00:30:00Z",
            ),
            (
                "after it came the first time",
                berlin,
                &[150],
                "2026-10-25T00:45:00Z",
                "2026-10-26T01:30:00Z",
            ),
            (
                "the first of three",
                "UTC",
                &[1440, 720, 1140],
                "2026-05-05T09:00:00Z",
                "2026-05-05T12:00:00Z",
            ),
            (
                "leap day",
                "UTC",
                &[1440],
                "2028-02-28T23:59:00Z",
                "2028-02-29T00:00:00Z",
            ),
        ];
        for (what, zone, times, after, expected) in table {
            assert_eq!(next(zone, times, after), expected, "{what}");
        }
    }
}
