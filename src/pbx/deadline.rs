//! When a session ends by itself, who says so, and what puts it off: as data and in words (SES-11).

use std::time::Duration;

use super::Pbx;
use super::change::{Cause, Closed, SessionId, StoredSession};
use super::clock_time::WhoseClock;
use super::names::{PhoneName, UserId};
use super::phone::InUse;
use super::policy::{Level, Policy, Source};
use crate::time::{Now, Utc};

/// How many limits are told besides the next one: all but jobs, of which a site may have a hundred.
const TOLD_BESIDES: usize = 5;

/// A limit of a session, and when it is reached if the phone is not used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Due<'a> {
    at: Utc,
    what: Limit<'a>,
}

/// What a limit is of, how long it is, and who set it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit<'a> {
    /// The time without use.
    Idle(Duration, Source<'a>),
    /// The time since the login.
    Total(Duration, Source<'a>),
    /// The clock.
    Clock(WhoseClock<'a>),
}

impl Limit<'_> {
    fn cause(self) -> Cause {
        match self {
            Limit::Idle(..) => Cause::Idle,
            Limit::Total(..) => Cause::Duration,
            Limit::Clock(_) => Cause::Schedule,
        }
    }

    /// In words.
    fn words(self) -> String {
        let minutes = |limit: Duration| limit.as_secs() / 60;
        match self {
            Limit::Idle(limit, by) => format!("{} min without use, by {by}", minutes(limit)),
            Limit::Total(limit, by) => {
                let (hours, minutes) = (minutes(limit) / 60, minutes(limit) % 60);
                format!("a login lasts {hours}:{minutes:02} at most, by {by}")
            }
            Limit::Clock(whose) => whose.to_string(),
        }
    }
}

impl Pbx {
    /// When the session ends by itself, unless something defers it, and why.
    pub(super) fn next_logout(&self, now: Now, id: SessionId) -> Option<(Utc, Cause)> {
        let next = *self.dues(now, id).first()?;
        let phone = &self.sessions.get(&id)?.stored.phone;
        let hold = self.emergency_hold(now, phone);
        let hold = hold.map(|until| now.utc_at(until));
        let at = hold.map_or(next.at, |hold| hold.max(next.at));
        Some((at, next.what.cause()))
    }

    /// Every limit that holds for a session, the next one first.
    fn dues(&self, now: Now, id: SessionId) -> Vec<Due<'_>> {
        let Some(session) = self.sessions.get(&id) else {
            return Vec::new();
        };
        let stored = &session.stored;
        let policy = self.policy_of(stored);
        if policy.exempt.is_some() {
            return Vec::new();
        }
        let idle = policy.idle.and_then(|idle| Some((idle.value?, idle.by)));
        let idle = idle.filter(|_| self.may_be_idle(now, &stored.phone));
        let idle = idle.map(|(limit, by)| Due {
            at: now.utc_at(session.last_used + limit),
            what: Limit::Idle(limit, by),
        });
        let total = policy
            .total
            .and_then(|total| Some((total.value?, total.by)));
        let total = total.map(|(limit, by)| Due {
            at: stored.opened.plus(limit),
            what: Limit::Total(limit, by),
        });
        let own_time = self.own_clock_time(stored).zip(policy.times);
        let own_time = own_time.map(|(at, times)| Due {
            at,
            what: Limit::Clock(WhoseClock::Own(times.by)),
        });
        let by_jobs = self.next_by_clock(stored).map(|(at, job)| Due {
            at,
            what: Limit::Clock(WhoseClock::of_job(job)),
        });
        let limits = [idle, total, own_time].into_iter().flatten();
        let mut dues: Vec<Due<'_>> = limits.chain(by_jobs).collect();
        dues.sort_by_key(|due| due.at);
        dues
    }

    /// What there is to say about a session.
    pub(super) fn explain_session(&self, now: Now, id: SessionId) -> Vec<String> {
        let Some(session) = self.sessions.get(&id) else {
            return Vec::new();
        };
        let stored = &session.stored;
        let (user, phone) = (&stored.user, &stored.phone);
        let local = |at| self.schedule.local(at);
        let mut sentences = vec![
            format!(
                "{user} has been logged in at {phone} since {}.",
                local(stored.opened)
            ),
            format!(
                "{phone} was last used at {}, as {} showed.",
                local(stored.last_used.0),
                stored.last_used.1.words()
            ),
        ];
        match stored.leaving {
            Some((cause, _, since)) => sentences.push(format!(
                "{user} will be logged out ({}{}) as soon as {phone} is idle; that was decided at {}.",
                cause.word(),
                self.whose_clock(cause, stored, since).in_record(),
                local(since)
            )),
            None => sentences.extend(self.explain_limits(now, id, stored)),
        }
        sentences.extend(self.explain_runs(id, user));
        sentences.extend(self.explain_deferral(now, id, stored));
        sentences
    }

    /// The next automatic logout, what would put it off, and everything else that holds with it.
    fn explain_limits(&self, now: Now, id: SessionId, stored: &StoredSession) -> Vec<String> {
        let user = &stored.user;
        let policy = self.policy_of(stored);
        if let Some(by) = policy.exempt {
            return vec![format!(
                "Nothing logs {user} out automatically here: {by} is exempt."
            )];
        }
        let dues = self.dues(now, id);
        let mut sentences = Vec::new();
        match (self.next_logout(now, id), dues.first()) {
            (Some((at, cause)), Some(next)) => {
                sentences.push(format!(
                    "The next automatic logout is at {} ({}: {}).",
                    self.schedule.local(at),
                    cause.word(),
                    next.what.words()
                ));
                sentences.push(self.what_puts_off(cause));
            }
            _ => sentences.push(format!("Nothing logs {user} out automatically here.")),
        }
        let besides = dues.get(1..).unwrap_or_default();
        sentences.extend(besides.iter().take(TOLD_BESIDES).map(|due| {
            format!(
                "Besides: {}, which would be at {} ({}).",
                due.what.words(),
                self.schedule.local(due.at),
                due.what.cause().word()
            )
        }));
        let untold = besides.len().saturating_sub(TOLD_BESIDES);
        if untold > 0 {
            sentences.push(format!("And {untold} more, later."));
        }
        sentences.extend(taken_back(&policy));
        sentences
    }

    /// Jobs that run, and will log the user out when the turn comes.
    fn explain_runs(&self, id: SessionId, user: &UserId) -> Vec<String> {
        let runs = self.schedule.runs_for(id);
        let say = runs.map(|(job, run)| match run.paused {
            true => format!("Job {job} is paused: {user} will be logged out when it goes on."),
            false => format!("Job {job} runs: {user} will be logged out when the turn comes."),
        });
        say.take(TOLD_BESIDES).collect()
    }

    /// What would put an automatic logout off (IDL-2, TOD-3, OUT-3, EMG-1).
    fn what_puts_off(&self, cause: Cause) -> String {
        let settings = &self.site.settings;
        let mut text = match cause {
            Cause::Idle => format!(
                "Using the phone puts that off, a call until it ends, a call on hold alone for {} min, ringing until it stops",
                settings.held_cap_min
            ),
            _ => "A call puts that off until it ends, on hold or not, ringing until it stops"
                .to_owned(),
        };
        if settings.emergency_hold_min > 0 {
            let minutes = settings.emergency_hold_min;
            text += &format!(", an emergency call for {minutes} min");
        }
        text + "."
    }

    /// What puts a logout off at this moment.
    fn explain_deferral(&self, now: Now, id: SessionId, stored: &StoredSession) -> Vec<String> {
        let phone = &stored.phone;
        let hold = self.emergency_hold(now, phone).map(|until| {
            let until = self.schedule.local(now.utc_at(until));
            format!(
                "An emergency call was made at {phone}: nobody is logged out there before {until}."
            )
        });
        let is_held = matches!(self.in_use(phone), InUse::HeldOnly { .. });
        let may_be_idle = || {
            self.dues(now, id)
                .iter()
                .any(|due| due.what.cause() == Cause::Idle)
        };
        let own = match stored.leaving {
            Some(_) if is_held && may_be_idle() => self.explain_use(now, id, phone),
            // It has been said what it waits for; and whoever asked for it themselves is not held back.
            Some((Cause::User, ..)) => return Vec::new(),
            Some(_) => None,
            None if !self.may_be_idle(now, phone) => Some(format!(
                "{phone} does not ask for its idle page, so it is in use, or off: it is not idle before it asks again."
            )),
            None => self.explain_use(now, id, phone),
        };
        hold.into_iter().chain(own).collect()
    }

    fn explain_use(&self, now: Now, id: SessionId, phone: &PhoneName) -> Option<String> {
        let in_use = self.in_use(phone);
        let dues = self.dues(now, id);
        let idle = dues.iter().find(|due| due.what.cause() == Cause::Idle);
        match in_use {
            InUse::Active if !dues.is_empty() => Some(format!(
                "{phone} is in a call: no timer ends the session before the call ends."
            )),
            InUse::HeldOnly { since } => {
                let Some(idle) = idle else {
                    return Some(format!(
                        "{phone} has a call on hold: no timer ends the session before the call ends."
                    ));
                };
                let cap = Duration::from_secs(60 * u64::from(self.site.settings.held_cap_min));
                let until = now.utc_at(since + cap).max(idle.at);
                Some(format!(
                    "{phone} has a call on hold: the idle limit waits for it until {} at most, any other until it ends.",
                    self.schedule.local(until)
                ))
            }
            InUse::Ringing => Some(format!("{phone} rings: a logout waits.")),
            _ => None,
        }
    }

    /// Why a session ended.
    pub(super) fn explain_end(&self, (stored, closed): &(StoredSession, Closed)) -> String {
        format!(
            "The last logout at {} was at {}: {} ({}: {}; {}); last used at {}, as {} showed.",
            stored.phone,
            self.schedule.local(closed.at),
            stored.user,
            closed.cause.word(),
            reason(
                closed.cause,
                self.whose_clock(closed.cause, stored, closed.at)
            ),
            closed.door.words(),
            self.schedule.local(closed.last_used.0),
            closed.last_used.1.words()
        )
    }
}

/// Limits that somebody has taken back.
fn taken_back(policy: &Policy<'_>) -> Vec<String> {
    let idle = policy.idle.filter(|idle| idle.value.is_none());
    let idle = idle.map(|idle| format!("There is no idle limit here, by {}.", idle.by));
    let total = policy.total.filter(|total| total.value.is_none());
    let total = total.map(|total| format!("A login may last for ever here, by {}.", total.by));
    let times = policy.times.filter(|times| times.value.is_empty());
    let times = times.filter(|times| times.by.level != Level::Site);
    let times = times.map(|times| format!("No logout times hold here, by {}.", times.by));
    idle.into_iter().chain(total).chain(times).collect()
}

fn reason(cause: Cause, whose: WhoseClock<'_>) -> String {
    let why = match cause {
        Cause::User => "the user logged out",
        Cause::Takeover => "somebody else logged in there",
        Cause::Moved => "the user logged in elsewhere",
        Cause::Remote => "somebody logged the user out by code",
        Cause::Admin => "an administrator did",
        Cause::Idle => "the phone was not used for the idle limit",
        Cause::Duration => "the maximum login time was over",
        Cause::Schedule => return whose.came(),
        Cause::Api => "a program did, over the API",
        Cause::Missed => "too many hunt calls were missed there",
        Cause::Firmware => "the phone came back with other firmware than it is to have",
        Cause::Unregistered => "the softphone unregistered, or was not heard of any more",
    };
    why.to_owned()
}
