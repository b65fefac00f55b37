//! When an unattended session ends: idle limit, total limit, and what puts them off.

use std::time::Duration;

use super::change::{Cause, Door, SessionId, Signal, What};
use super::event::Ticket;
use super::login::Asker;
use super::names::PhoneName;
use super::phone::InUse;
use super::{Action, Notice, Obstacle, Pbx, Refusal, Timer};
use crate::time::Now;

/// The limits that hold for a session. All of them hold together (IDL-4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// How long the phone may be idle.
    pub idle: Option<Duration>,
    /// How long the session may last.
    pub total: Option<Duration>,
    /// When a clock time of its own ends it (uptime).
    pub clock_end: Option<Duration>,
    /// How long before its end it is announced.
    pub warning: Duration,
    /// How long a held call alone keeps the session.
    pub held_cap: Duration,
}

/// What has been seen of a session's phone. All moments are uptimes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// When the session began.
    pub opened: Duration,
    /// When the phone was last used.
    pub last_used: Duration,
    /// What the phone is doing.
    pub in_use: InUse,
    /// Until when nobody may be logged out because of an emergency call (EMG-1).
    pub hold_until: Option<Duration>,
}

/// What is to be done about a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// No limit applies.
    Never,
    /// All is well; look again then.
    Active {
        /// When the next thing happens, if the phone is not used before.
        until: Duration,
    },
    /// Its end is near: say so, and look again at the end.
    Warn {
        /// Why it will end.
        cause: Cause,
        /// When.
        at: Duration,
    },
    /// Only the end of a call can end the session: look again then.
    WaitForRelease,
    /// It is over.
    Expired(Cause),
}

/// The rule (IDL-1, 2, 4, 6; DUR-1; EMG-1).
pub(super) fn verdict(limits: Limits, seen: Seen, now: Duration) -> Verdict {
    // A clock time that came is written down even in a call: the session then ends with it, and a restart knows (TOD-3).
    if limits.clock_end.is_some_and(|at| at <= now) {
        return Verdict::Expired(Cause::Schedule);
    }
    let waits = match limits.clock_end {
        Some(until) => Verdict::Active { until },
        None => Verdict::WaitForRelease,
    };
    let idle_end = limits.idle.map(|limit| {
        let end = seen.last_used + limit;
        match seen.in_use {
            InUse::HeldOnly { since } => end.max(since + limits.held_cap),
            _ => end,
        }
    });
    let total_end = limits.total.map(|limit| seen.opened + limit);
    let Some((end, cause, limit)) = earliest(limits, idle_end, total_end) else {
        return Verdict::Never;
    };
    let (end, held_back) = match seen.hold_until {
        Some(hold) if hold > end => (hold, true),
        _ => (end, false),
    };
    // A short limit is announced half-way, not at the login.
    let lead = if held_back {
        limits.warning
    } else {
        limits.warning.min(limit / 2)
    };
    match seen.in_use {
        // A total limit does not end a held call's session either: a timer never touches a call.
        InUse::Active | InUse::Ringing => waits,
        InUse::HeldOnly { .. } if cause != Cause::Idle => waits,
        _ if now >= end => Verdict::Expired(cause),
        _ if now >= end.saturating_sub(lead) => Verdict::Warn { cause, at: end },
        _ => Verdict::Active {
            until: end.saturating_sub(lead),
        },
    }
}

fn earliest(
    limits: Limits,
    idle_end: Option<Duration>,
    total_end: Option<Duration>,
) -> Option<(Duration, Cause, Duration)> {
    let idle = idle_end.map(|end| (end, Cause::Idle, limits.idle.unwrap_or_default()));
    let total = total_end.map(|end| (end, Cause::Duration, limits.total.unwrap_or_default()));
    let clock_end = limits.clock_end;
    let clock = clock_end.map(|end| (end, Cause::Schedule, Duration::MAX));
    let ends = [idle, total, clock].into_iter().flatten();
    ends.min_by_key(|(end, ..)| *end)
}

impl Pbx {
    /// Somebody used the phone: writes it down, and that is all, unless the end of the session was announced.
    pub(super) fn phone_used(&mut self, now: Now, phone: &PhoneName, signal: Signal) {
        self.recorder.used(phone, signal);
        let Some(id) = self.session_at(phone) else {
            self.companion_used(now, phone, signal);
            return;
        };
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        session.last_used = now.uptime;
        session.stored.last_used = (now.utc, signal);
        if !std::mem::replace(&mut session.unsaved_use, true) {
            self.unsaved_uses.push(session.stored.session);
        }
        let stayed = session.warned.take_if(|cause| *cause == Cause::Idle);
        if stayed.is_some() {
            let user = self.sessions[&id].stored.user.clone();
            self.record(
                now,
                What::Stayed,
                Some(&user),
                Some(phone),
                Door::Timer,
                format!("{user} stays at {phone}"),
            );
            self.look_at(now, id);
        }
    }

    /// Whoever is there says so, and is not logged out soon (IDL-6).
    pub(super) fn stay(&mut self, now: Now, ticket: Ticket, phone: &PhoneName) {
        let outcome = match self.session_at(phone) {
            Some(id) => {
                self.phone_used(now, phone, Signal::Key);
                self.take_back_leaving(now, id);
                Ok("You stay logged in".to_owned())
            }
            None => Err(Refusal::Blocked(Obstacle::NobodyHere)),
        };
        self.answer(Asker::Ticket(ticket), outcome);
    }

    /// Looks at a session again: warns, ends it, or arms the next look.
    pub(super) fn look_at(&mut self, now: Now, id: SessionId) {
        let Some(verdict) = self.verdict_on(now, id) else {
            return;
        };
        match verdict {
            Verdict::Never | Verdict::WaitForRelease => self.deadlines.disarm(&Timer::Session(id)),
            Verdict::Active { until } => {
                if let Some(session) = self.sessions.get_mut(&id) {
                    session.warned = None;
                }
                self.deadlines.arm(Timer::Session(id), until);
            }
            Verdict::Warn { cause, at } => {
                self.warn(now, id, cause, at);
                self.deadlines.arm(Timer::Session(id), at);
            }
            Verdict::Expired(cause) => self.queue_logout(now, id, cause),
        }
    }

    /// The verdict on a session. Of one that ends with its call only a call that is forgotten on hold is looked at: it
    /// keeps nobody for ever (IDL-2).
    pub(super) fn verdict_on(&self, now: Now, id: SessionId) -> Option<Verdict> {
        let session = self.sessions.get(&id)?;
        let phone = &session.stored.phone;
        let in_use = self.in_use_to_timers(phone);
        let mut limits = self.limits_of(&session.stored)?;
        match (session.stored.leaving, in_use) {
            (None, _) => {
                let own_time = self.own_clock_time(&session.stored);
                limits.clock_end = own_time.map(|at| now.uptime_at(at));
            }
            (Some(_), InUse::HeldOnly { .. }) => limits.total = None,
            (Some(_), _) => return None,
        }
        limits.idle = limits.idle.filter(|_| self.may_be_idle(now, phone));
        let seen = Seen {
            opened: now.uptime_at(session.stored.opened),
            last_used: session.last_used,
            in_use,
            hold_until: self.emergency_hold(now, phone),
        };
        Some(verdict(limits, seen, now.uptime))
    }

    /// Says that the session will end (IDL-6), once.
    pub(super) fn warn(&mut self, now: Now, id: SessionId, cause: Cause, at: Duration) {
        let Some(session) = self.sessions.get_mut(&id) else {
            return;
        };
        if session.warned == Some(cause) {
            return;
        }
        session.warned = Some(cause);
        let stored = session.stored.clone();
        let whose = self.whose_clock(cause, &stored, now.utc_at(at));
        let of = whose.in_record();
        let (user, phone) = (stored.user.clone(), stored.phone.clone());
        // A timer rings a little late; nobody is to read 29 where 30 was meant.
        let seconds = at
            .saturating_sub(now.uptime)
            .as_millis()
            .div_ceil(1000)
            .max(1);
        let text = match cause {
            Cause::Idle => format!("Logout in {seconds} s: not used. Make a call to stay."),
            Cause::Duration => format!("Logout in {seconds} s: maximum login time."),
            _ => format!("Logout in {seconds} s: {}.", whose.to_user()),
        };
        // Not in somebody's ear.
        let aloud = self.site.settings.warning_tone && self.in_use(&phone) == InUse::Idle;
        self.act(Action::Tell {
            phone: phone.clone(),
            notice: Notice::LogoutNear { cause, aloud },
            text,
        });
        self.record(
            now,
            What::Warned(cause),
            Some(&user),
            Some(&phone),
            Door::Timer,
            format!("{user} at {phone} was told of the logout in {seconds} s{of}"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn m(minutes: u64) -> Duration {
        Duration::from_secs(minutes * 60)
    }

    const SECOND: Duration = Duration::from_secs(1);

    fn limits(idle: Option<u64>, total: Option<u64>) -> Limits {
        Limits {
            idle: idle.map(m),
            total: total.map(m),
            clock_end: None,
            warning: m(1),
            held_cap: m(60),
        }
    }

    fn seen(last_used: u64, in_use: InUse) -> Seen {
        Seen {
            opened: m(0),
            last_used: m(last_used),
            in_use,
            hold_until: None,
        }
    }

    /// rules: IDL-1, IDL-2, IDL-4, IDL-6, DUR-1
    #[test]
    fn the_table_of_verdicts() {
        let idle = InUse::Idle;
        let held = InUse::HeldOnly { since: m(10) };
        let table = [
            (
                "no limit",
                limits(None, None),
                seen(0, idle),
                m(9999),
                Verdict::Never,
            ),
            (
                "used lately",
                limits(Some(30), None),
                seen(0, idle),
                m(5),
                Verdict::Active { until: m(29) },
            ),
            (
                "one second before the warning",
                limits(Some(30), None),
                seen(0, idle),
                m(29) - SECOND,
                Verdict::Active { until: m(29) },
            ),
            (
                "the warning",
                limits(Some(30), None),
                seen(0, idle),
                m(29),
                Verdict::Warn {
                    cause: Cause::Idle,
                    at: m(30),
                },
            ),
            (
                "idle for the limit",
                limits(Some(30), None),
                seen(0, idle),
                m(30),
                Verdict::Expired(Cause::Idle),
            ),
            (
                "used since",
                limits(Some(30), None),
                seen(25, idle),
                m(30),
                Verdict::Active { until: m(54) },
            ),
            (
                "in a call",
                limits(Some(30), None),
                seen(0, InUse::Active),
                m(300),
                Verdict::WaitForRelease,
            ),
            (
                "ringing: a logout waits",
                limits(Some(30), None),
                seen(0, InUse::Ringing),
                m(31),
                Verdict::WaitForRelease,
            ),
            (
                "held call, below the cap",
                limits(Some(30), None),
                seen(10, held),
                m(45),
                Verdict::Active { until: m(69) },
            ),
            (
                "held call, the cap passed",
                limits(Some(30), None),
                seen(10, held),
                m(70),
                Verdict::Expired(Cause::Idle),
            ),
            (
                "held call, long limit",
                limits(Some(120), None),
                seen(10, held),
                m(75),
                Verdict::Active { until: m(129) },
            ),
            (
                "total limit while used",
                limits(Some(30), Some(60)),
                seen(59, idle),
                m(60),
                Verdict::Expired(Cause::Duration),
            ),
            (
                "idle limit first",
                limits(Some(30), Some(60)),
                seen(10, idle),
                m(40),
                Verdict::Expired(Cause::Idle),
            ),
            (
                "total limit never cuts a call",
                limits(None, Some(60)),
                seen(59, InUse::Active),
                m(61),
                Verdict::WaitForRelease,
            ),
            (
                "total limit never cuts a held call",
                limits(None, Some(60)),
                seen(10, held),
                m(61),
                Verdict::WaitForRelease,
            ),
            (
                "a short limit is announced half-way",
                limits(Some(1), None),
                seen(0, idle),
                SECOND * 30,
                Verdict::Warn {
                    cause: Cause::Idle,
                    at: m(1),
                },
            ),
            (
                "and not before",
                limits(Some(1), None),
                seen(0, idle),
                SECOND * 29,
                Verdict::Active { until: SECOND * 30 },
            ),
        ];
        for (what, limits, seen, now, expected) in table {
            assert_eq!(verdict(limits, seen, now), expected, "{what}");
        }
    }

    /// rules: TOD-1, TOD-3, IDL-6
    #[test]
    fn a_clock_time_of_ones_own_comes_whatever_the_phone_is_doing() {
        let held = InUse::HeldOnly { since: m(10) };
        let expired = Verdict::Expired(Cause::Schedule);
        let warn = |cause, at| Verdict::Warn { cause, at };
        let table = [
            (
                "long before",
                None,
                InUse::Idle,
                10,
                Verdict::Active { until: m(44) },
            ),
            (
                "announced",
                None,
                InUse::Idle,
                44,
                warn(Cause::Schedule, m(45)),
            ),
            ("idle", None, InUse::Idle, 45, expired),
            (
                "idleness comes first",
                Some(30),
                InUse::Idle,
                29,
                warn(Cause::Idle, m(30)),
            ),
            (
                "looked at in a call, too",
                Some(30),
                InUse::Active,
                40,
                Verdict::Active { until: m(45) },
            ),
            ("it came in a call", Some(30), InUse::Active, 45, expired),
            ("it came while it rang", None, InUse::Ringing, 46, expired),
            (
                "it is to come with a call on hold",
                None,
                held,
                20,
                Verdict::Active { until: m(45) },
            ),
            ("it came with a call on hold", None, held, 45, expired),
        ];
        for (what, idle, in_use, now, expected) in table {
            let limits = Limits {
                clock_end: Some(m(45)),
                ..limits(idle, None)
            };
            assert_eq!(verdict(limits, seen(0, in_use), m(now)), expected, "{what}");
        }
    }

    /// rules: EMG-1
    #[test]
    fn an_emergency_call_holds_the_session() {
        let mut seen = seen(0, InUse::Idle);
        seen.hold_until = Some(m(45));
        let limits = limits(Some(30), None);
        assert_eq!(
            verdict(limits, seen, m(30)),
            Verdict::Active { until: m(44) }
        );
        assert_eq!(verdict(limits, seen, m(45)), Verdict::Expired(Cause::Idle));
        // However short the limit is, the end of the hold is announced in good time.
        let short = Limits {
            idle: Some(m(1)),
            ..limits
        };
        let until = m(44);
        assert_eq!(verdict(short, seen, m(30)), Verdict::Active { until });
    }
}
