//! What must hold in an office, whatever happens: one session a user and a phone, no session past its policy, none ended
//! before it, no call cut.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use perch::pbx::{Cause, Closed, SessionId, StoredSession};
use perch::time::Utc;

use super::office::{CLOCK_TIMES, limits_of, moment};

/// How late a logout may be: its turn comes, and a timer is seen to.
const LATE_MS: i64 = 180_000;

/// How much of the last use a kill may cost (IDL-5).
const LOST_MS: i64 = 60_000;

const MINUTE_MS: i64 = 60_000;

/// How long a held call alone keeps a session, and how long a call for help keeps everybody (the product's defaults).
const HELD_CAP_MIN: i64 = 60;
const EMERGENCY_HOLD_MIN: i64 = 30;

/// More faults are not worth telling.
const FAULTS: usize = 20;

/// What a phone is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    Free,
    Ringing,
    Call,
    Held(Utc),
}

/// A phone, and who is there.
struct Desk {
    who: Option<Sitting>,
    busy: Busy,
    last_used: Utc,
    /// Since when it is free; it may be in the future, for a handset that lies there.
    freed: Utc,
    hold_until: Utc,
}

struct Sitting {
    person: usize,
    session: SessionId,
    opened: Utc,
    /// Whether a kill may have lost its last use.
    may_be_early: bool,
}

pub struct Inspector {
    desks: Vec<Desk>,
    where_is: HashMap<usize, usize>,
    zone: TimeZone,
    started: Utc,
    /// What must not be, and was.
    pub faults: Vec<String>,
}

impl Inspector {
    pub fn new(phones: usize, zone: TimeZone) -> Inspector {
        let desk = || Desk {
            who: None,
            busy: Busy::Free,
            last_used: Utc(0),
            freed: Utc(0),
            hold_until: Utc(0),
        };
        Inspector {
            desks: (0..phones).map(|_| desk()).collect(),
            where_is: HashMap::new(),
            zone,
            started: Utc(0),
            faults: Vec::new(),
        }
    }

    /// Where somebody is.
    pub fn phone_of(&self, person: usize) -> Option<usize> {
        self.where_is.get(&person).copied()
    }

    pub fn is_free(&self, phone: usize) -> bool {
        self.desks[phone].busy == Busy::Free
    }

    pub fn busy(&mut self, phone: usize, busy: Busy) {
        self.desks[phone].busy = busy;
    }

    pub fn used(&mut self, at: Utc, phone: usize) {
        self.desks[phone].last_used = at;
    }

    pub fn freed(&mut self, at: Utc, phone: usize) {
        self.desks[phone].busy = Busy::Free;
        self.desks[phone].freed = self.desks[phone].freed.max(at);
    }

    /// Its handset is up, and after a minute it counts as idle.
    pub fn left_lying(&mut self, at: Utc, phone: usize) {
        self.desks[phone].freed = Utc(at.0 + MINUTE_MS);
    }

    pub fn called_for_help(&mut self, at: Utc, phone: usize) {
        self.desks[phone].hold_until = Utc(at.0 + EMERGENCY_HOLD_MIN * MINUTE_MS);
    }

    /// Somebody asked for a login.
    pub fn came(&mut self, at: Utc, person: usize, phone: usize) {
        if self.where_is.get(&person) == Some(&phone)
            && self.desks[phone]
                .who
                .as_ref()
                .is_some_and(|who| who.opened == at)
        {
            self.desks[phone].last_used = at;
        }
    }

    pub fn started(&mut self, at: Utc) {
        self.started = at;
    }

    /// Calls are over for the server, and what it knows of uses may be old.
    pub fn stopped(&mut self, at: Utc, is_killed: bool) {
        for desk in &mut self.desks {
            if desk.busy != Busy::Free {
                desk.busy = Busy::Free;
                desk.freed = at;
            }
            if let Some(who) = &mut desk.who {
                who.may_be_early |= is_killed;
            }
        }
    }

    pub fn opened(&mut self, stored: &StoredSession) {
        let (person, phone) = (number(stored.user.as_str()), number(stored.phone.as_str()));
        if let Some(other) = self.where_is.insert(person, phone) {
            self.fault(
                stored.opened,
                format!("u{person} is at p{other}, and at p{phone}"),
            );
        }
        let sitting = Sitting {
            person,
            session: stored.session,
            opened: stored.opened,
            may_be_early: false,
        };
        if let Some(other) = self.desks[phone].who.replace(sitting) {
            let other = other.person;
            self.fault(
                stored.opened,
                format!("u{other} and u{person} are at p{phone}"),
            );
        }
        self.desks[phone].last_used = stored.opened;
    }

    pub fn closed(&mut self, stored: &StoredSession, closed: &Closed) {
        let (person, phone) = (number(stored.user.as_str()), number(stored.phone.as_str()));
        let who = self.desks[phone].who.take();
        let Some(who) = who.filter(|who| who.session == closed.session) else {
            return self.fault(closed.at, format!("u{person} left p{phone} a second time"));
        };
        self.where_is.remove(&person);
        if closed.cause.is_automatic() {
            self.ended_by_itself(phone, &who, closed);
        }
    }

    fn ended_by_itself(&mut self, phone: usize, who: &Sitting, closed: &Closed) {
        let (at, cause) = (closed.at, closed.cause);
        let desk = &self.desks[phone];
        let may_be_held = cause == Cause::Idle && matches!(desk.busy, Busy::Held(_));
        if desk.busy != Busy::Free && !may_be_held {
            let busy = desk.busy;
            return self.fault(at, format!("{cause:?} cut a call at p{phone}: {busy:?}"));
        }
        if at < desk.hold_until {
            return self.fault(at, format!("{cause:?} at p{phone} after a call for help"));
        }
        let early = if who.may_be_early { LOST_MS } else { 0 };
        match self.due(phone, who, cause, at) {
            None => self.fault(
                at,
                format!(
                    "{cause:?} ended a session of u{}, which has no such limit",
                    who.person
                ),
            ),
            Some(due) if at.0 < due.0 - early => {
                let due = moment(due, &self.zone);
                self.fault(at, format!("{cause:?} at p{phone} too early: {due}"));
            }
            Some(due) => self.not_late(at, phone, due, cause.word()),
        }
    }

    /// When the policy ends a session for a cause: the moment that has come, or that will.
    fn due(&self, phone: usize, who: &Sitting, cause: Cause, now: Utc) -> Option<Utc> {
        let (idle, total) = limits_of(who.person)?;
        let desk = &self.desks[phone];
        match cause {
            Cause::Idle => {
                let due = Utc(desk.last_used.0 + idle * MINUTE_MS);
                Some(match desk.busy {
                    Busy::Held(since) => due.max(Utc(since.0 + HELD_CAP_MIN * MINUTE_MS)),
                    _ => due,
                })
            }
            Cause::Duration => total.map(|total| Utc(who.opened.0 + total * MINUTE_MS)),
            _ => self.clock_time_after(who.opened).filter(|at| *at <= now),
        }
    }

    /// Whatever was in the way of the end of a session, it is over for too long.
    fn not_late(&mut self, at: Utc, phone: usize, due: Utc, what: &str) {
        let desk = &self.desks[phone];
        let reasons = [due, desk.freed, desk.hold_until, self.started];
        let due = reasons.into_iter().max().unwrap_or(due);
        if at.0 > due.0 + LATE_MS {
            let due = moment(due, &self.zone);
            self.fault(at, format!("{what} at p{phone} is late: {due}"));
        }
    }

    /// Nobody is there whom the policy should have ended.
    pub fn sweep(&mut self, at: Utc) {
        for phone in 0..self.desks.len() {
            let desk = &self.desks[phone];
            let in_call = matches!(desk.busy, Busy::Call | Busy::Ringing);
            let Some(who) = desk.who.as_ref().filter(|_| !in_call) else {
                continue;
            };
            let is_held = matches!(desk.busy, Busy::Held(_));
            let causes = [Cause::Idle, Cause::Duration, Cause::Schedule];
            let dues = causes.map(|cause| match cause {
                Cause::Duration | Cause::Schedule if is_held => None,
                cause => self.due(phone, who, cause, at),
            });
            for (due, cause) in dues.into_iter().zip(causes) {
                if let Some(due) = due {
                    self.not_late(at, phone, due, cause.word());
                }
            }
        }
    }

    /// The first clock time after a moment, by the calendar of the wall.
    fn clock_time_after(&self, after: Utc) -> Option<Utc> {
        let zoned = Timestamp::from_millisecond(after.0)
            .ok()?
            .to_zoned(self.zone.clone());
        let days = [Some(zoned.date()), zoned.date().tomorrow().ok()];
        let instants = days.into_iter().flatten().flat_map(|day| {
            CLOCK_TIMES.map(|minutes| {
                let midnight = day.to_datetime(jiff::civil::Time::midnight());
                let span = jiff::Span::new().minutes(minutes);
                let at = self.zone.to_zoned(midnight.checked_add(span).ok()?).ok()?;
                Some(Utc(at.timestamp().as_millisecond()))
            })
        });
        instants.flatten().filter(|at| *at > after).min()
    }

    fn fault(&mut self, at: Utc, what: String) {
        if self.faults.len() < FAULTS {
            self.faults
                .push(format!("{}: {what}", moment(at, &self.zone)));
        }
    }
}

fn number(name: &str) -> usize {
    name[1..].parse().expect("a letter and a number")
}
