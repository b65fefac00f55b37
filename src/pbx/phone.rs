//! A phone as the core sees it: registered or not, on or off hook, in which calls.

use std::collections::BTreeMap;
use std::time::Duration;

use super::change::{Closed, SessionId, Signal, StoredSession};
use super::event::LegId;
use super::forget::Remembering;
use super::names::{Dn, PhoneName};
use super::rest::Resting;
use super::{Action, Pbx, Timer};
use crate::time::{Now, Utc};

/// What is known of a phone at this moment.
#[derive(Debug, Default)]
pub(super) struct PhoneState {
    /// Whether it can be reached.
    pub registered: bool,
    /// Off hook since (uptime), as far as its protocol tells; calls count for themselves.
    pub off_hook: Option<OffHook>,
    /// What it does as was recorded of it, while that is replayed: on any line, and on its prime line.
    pub as_recorded: Option<Box<(InUse, InUse)>>,
    /// Who is logged in.
    pub session: Option<SessionId>,
    /// Its legs, oldest first.
    pub legs: Vec<LegId>,
    /// Whether it still knows whom somebody called who has left it.
    pub remembering: Option<Box<Remembering>>,
    /// The last session that ended here.
    pub last_closed: Option<Box<(StoredSession, Closed)>>,
}

/// What is true of few phones at a time, so that the others need no room for it.
#[derive(Debug, Default)]
pub(super) struct Seldom {
    /// What idle pages have said.
    pub resting: BTreeMap<PhoneName, Resting>,
    /// Where nobody is to be disturbed, by whose wish: of a session, or of the phone as nobody's.
    pub quiet: BTreeMap<PhoneName, Option<SessionId>>,
    /// Where calls on shared lines are private, by whose wish.
    pub private: BTreeMap<PhoneName, Option<SessionId>>,
    /// The last emergency call from a phone.
    pub emergency_at: BTreeMap<PhoneName, Utc>,
    /// Since when phones with a session are away (uptime), where firmware is prescribed.
    pub away: BTreeMap<PhoneName, Duration>,
}

impl Seldom {
    /// Forgets all phones but those.
    pub fn retain(&mut self, is_known: impl Fn(&PhoneName) -> bool) {
        self.resting.retain(|phone, _| is_known(phone));
        self.quiet.retain(|phone, _| is_known(phone));
        self.private.retain(|phone, _| is_known(phone));
        self.emergency_at.retain(|phone, _| is_known(phone));
        self.away.retain(|phone, _| is_known(phone));
    }
}

/// A handset that is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OffHook {
    /// Somebody may be about to dial.
    Waiting {
        /// When it was lifted, or the last digit dialled.
        since: Duration,
    },
    /// Somebody dialled: what was dialled says what it is up for, and a code is no use of a line.
    Explained,
    /// For too long: it has been left lying, and counts as idle (IDL-3).
    Forgotten,
}

/// What a phone is doing, as far as logouts are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InUse {
    /// Nothing.
    Idle,
    /// It rings, and nothing else.
    Ringing,
    /// It has a call on hold, and nothing else.
    HeldOnly {
        /// When the last of them was held.
        since: Duration,
    },
    /// Somebody speaks, dials or is being called.
    Active,
}

impl InUse {
    /// Whether there is a call here that a person would call one.
    pub fn in_call(self) -> bool {
        matches!(self, InUse::Active | InUse::HeldOnly { .. })
    }
}

impl Pbx {
    /// What the phone is doing on any line.
    pub(super) fn in_use(&self, phone: &PhoneName) -> InUse {
        self.lines_in_use(phone, |recorded| recorded.0, |_| true)
    }

    /// What the phone is doing on its prime line (OUT-1).
    pub(super) fn prime_line_in_use(&self, phone: &PhoneName) -> InUse {
        let prime = self.lines_of(phone).into_iter().next();
        let is_prime = |line: &Dn| Some(line) == prime.as_ref();
        self.lines_in_use(phone, |recorded| recorded.1, is_prime)
    }

    /// What the phone is doing on its other lines.
    pub(super) fn other_lines_in_use(&self, phone: &PhoneName) -> InUse {
        let prime = self.lines_of(phone).into_iter().next();
        // Of what was recorded only the sum is known, and the prime line.
        let rest = |recorded: &(InUse, InUse)| match recorded.0 == recorded.1 {
            true => InUse::Idle,
            false => recorded.0,
        };
        self.lines_in_use(phone, rest, |line| Some(line) != prime.as_ref())
    }

    /// What the phone is doing, to a timer: whatever rings is waited for, beside a call on hold, too (OUT-3).
    pub(super) fn in_use_to_timers(&self, phone: &PhoneName) -> InUse {
        let rings = || {
            let legs = self.phones.get(phone).into_iter().flat_map(|p| &p.legs);
            let mut legs = legs.filter_map(|id| self.calls.leg(*id));
            legs.any(|leg| leg.in_use() == InUse::Ringing)
        };
        match self.in_use(phone) {
            InUse::HeldOnly { .. } if rings() => InUse::Ringing,
            in_use => in_use,
        }
    }

    fn lines_in_use(
        &self,
        phone: &PhoneName,
        as_recorded: impl Fn(&(InUse, InUse)) -> InUse,
        counts: impl Fn(&Dn) -> bool,
    ) -> InUse {
        let Some(state) = self.phones.get(phone) else {
            return InUse::Idle;
        };
        if let Some(recorded) = &state.as_recorded {
            return as_recorded(recorded);
        }
        let mut result = match state.off_hook {
            Some(OffHook::Waiting { .. }) if state.legs.is_empty() => return InUse::Active,
            _ => InUse::Idle,
        };
        for id in &state.legs {
            if self.conversations.is_call(*id) {
                return InUse::Active;
            }
            let Some(leg) = self.calls.leg(*id).filter(|leg| counts(&leg.line)) else {
                continue;
            };
            result = match (result, leg.in_use()) {
                (_, InUse::Active) => return InUse::Active,
                (InUse::HeldOnly { since: a }, InUse::HeldOnly { since: b }) => {
                    InUse::HeldOnly { since: a.max(b) }
                }
                (InUse::HeldOnly { since }, _) | (_, InUse::HeldOnly { since }) => {
                    InUse::HeldOnly { since }
                }
                (InUse::Ringing, _) | (_, InUse::Ringing) => InUse::Ringing,
                _ => InUse::Idle,
            };
        }
        result
    }

    /// Until when nobody at the phone may be logged out automatically or remotely (EMG-1).
    pub(super) fn emergency_hold(&self, now: Now, phone: &PhoneName) -> Option<Duration> {
        let at = *self.seldom.emergency_at.get(phone)?;
        let hold = Duration::from_secs(60 * u64::from(self.site.settings.emergency_hold_min));
        let until = now.uptime_at(at) + hold;
        (until > now.uptime).then_some(until)
    }

    /// A signal that is not a call: hook, digits, keys.
    pub(super) fn hook_signal(&mut self, now: Now, phone: &PhoneName, signal: Signal) {
        if !self.site.phones.contains_key(phone) {
            return;
        }
        let state = self.phones.entry(phone.clone()).or_default();
        match signal {
            Signal::OnHook => state.off_hook = None,
            Signal::OffHook => state.off_hook = Some(OffHook::Waiting { since: now.uptime }),
            _ if state.off_hook.is_some() => {
                state.off_hook = Some(OffHook::Waiting { since: now.uptime });
            }
            _ => {}
        }
        match state.off_hook {
            Some(_) => {
                let limit = Duration::from_secs(self.site.settings.off_hook_limit_s.into());
                self.deadlines
                    .arm(Timer::OffHook(phone.clone()), now.uptime + limit);
            }
            None => self.deadlines.disarm(&Timer::OffHook(phone.clone())),
        }
        self.phone_used(now, phone, signal);
        if signal == Signal::OnHook {
            self.phone_freed(now, phone);
        }
    }

    /// Somebody dialled at a phone whose handset may be up.
    pub(super) fn hook_explained(&mut self, phone: &PhoneName) {
        if let Some(state) = self.phones.get_mut(phone)
            && state.off_hook.is_some()
        {
            state.off_hook = Some(OffHook::Explained);
            self.recorder.touch(phone);
        }
    }

    /// A call ended at a phone. A handset that is still up has no call from now on, and so it may have been left lying
    /// (IDL-3).
    pub(super) fn hook_without_call(&mut self, now: Now, phone: &PhoneName) {
        let Some(state) = self.phones.get_mut(phone) else {
            return;
        };
        if state.off_hook.is_none() || !state.legs.is_empty() {
            return;
        }
        state.off_hook = Some(OffHook::Waiting { since: now.uptime });
        self.recorder.touch(phone);
        let limit = Duration::from_secs(self.site.settings.off_hook_limit_s.into());
        self.deadlines
            .arm(Timer::OffHook(phone.clone()), now.uptime + limit);
    }

    /// The handset has been up for the limit: left lying, unless there is a call (IDL-3).
    pub(super) fn off_hook_limit(&mut self, now: Now, phone: &PhoneName) {
        let Some(state) = self.phones.get_mut(phone) else {
            return;
        };
        if state.off_hook.is_none() {
            return;
        }
        if !state.legs.is_empty() {
            let limit = Duration::from_secs(self.site.settings.off_hook_limit_s.into());
            self.deadlines
                .arm(Timer::OffHook(phone.clone()), now.uptime + limit);
            return;
        }
        state.off_hook = Some(OffHook::Forgotten);
        self.act(Action::Howl {
            phone: phone.clone(),
        });
        self.phone_freed(now, phone);
    }

    /// The phone may have become idle: does what was waiting for that.
    pub(super) fn phone_freed(&mut self, now: Now, phone: &PhoneName) {
        self.members_freed(phone);
        self.recorder.touch(phone);
        self.forget_calls_if_free(now, phone);
        self.renew_if_free(now, phone);
        let Some(id) = self.session_at(phone) else {
            return;
        };
        self.leave_if_idle(now, id);
        let Some(user) = self.sessions.get(&id).map(|s| s.stored.user.clone()) else {
            return;
        };
        self.settle_move_if_free(now, &user);
        self.look_at(now, id);
    }
}
