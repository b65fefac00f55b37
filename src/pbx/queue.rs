//! Callers who wait until a member of a hunt group is free, first come, first served.
//!
//! Whoever waits is offered to members as soon as one may be free, and whoever calls meanwhile waits behind. The wait
//! is bounded, and so is the number of those who wait.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::action::Action;
use super::agent::HuntNews;
use super::call::{CallId, Stage};
use super::hunt_group::HuntQueue;
use super::names::{Dn, HuntGroupName, PhoneName};
use super::{Pbx, Timer};
use crate::time::Now;

/// A call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Queued {
    /// Since when (uptime).
    since: Duration,
    /// When the caller heard last that it does.
    announced: Duration,
    /// When the caller's side was told last.
    told: Duration,
    /// The place that the caller was told.
    shown: Option<usize>,
    /// Whether the caller hears it just now.
    is_announcing: bool,
}

/// Who waits in which group, in the order in which they came. A call that rings at a member keeps its place.
#[derive(Debug, Default)]
pub(super) struct Queues {
    waiting: BTreeMap<HuntGroupName, VecDeque<(CallId, Duration)>>,
    /// Those of them of which a member may have become free since somebody looked.
    stirred: BTreeSet<HuntGroupName>,
}

impl Queues {
    /// Whether nobody waits in any group.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// A member of a group may be free now.
    pub fn stir(&mut self, group: &HuntGroupName) {
        if self.waiting.contains_key(group) {
            self.stirred.insert(group.clone());
        }
    }

    /// The same of every group.
    pub fn stir_all(&mut self) {
        self.stirred = self.waiting.keys().cloned().collect();
    }

    /// A call waits no longer.
    pub fn leave(&mut self, group: &HuntGroupName, id: CallId) {
        if let Some(calls) = self.waiting.get_mut(group) {
            calls.retain(|(other, _)| *other != id);
            if calls.is_empty() {
                self.waiting.remove(group);
            }
            // Others have another place now.
            self.stir(group);
        }
    }

    fn join(&mut self, group: &HuntGroupName, id: CallId, since: Duration) {
        let calls = self.waiting.entry(group.clone()).or_default();
        calls.push_back((id, since));
    }

    fn calls(&self, group: &HuntGroupName) -> Vec<CallId> {
        let calls = self.waiting.get(group);
        let calls = calls.into_iter().flatten();
        calls.map(|(id, _)| *id).collect()
    }
}

/// A call of which nothing is heard for longer is given up on the way (RFC 3261 §13.3.1.1).
const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// So long a caller hears that the call waits.
const ANNOUNCEMENT: Duration = Duration::from_secs(2);

/// The rule: when a call that waits is to be looked at again.
fn next_look(
    queue: &HuntQueue,
    queued: &Queued,
    again: impl Iterator<Item = Duration>,
) -> Duration {
    let over = queued.since + Duration::from_secs(queue.max_wait_s.into());
    let announce = Duration::from_secs(queue.announce_every_s.into());
    let announce = (!announce.is_zero()).then(|| queued.announced + announce);
    let told = match queued.is_announcing {
        true => queued.told + ANNOUNCEMENT,
        false => queued.told + TOLD_AGAIN_AFTER,
    };
    again
        .chain(announce)
        .chain([told])
        .fold(over, Duration::min)
}

impl Pbx {
    /// How many callers wait for a member of a group, those included that ring at one.
    pub(super) fn calls_waiting(&self, group: &HuntGroupName) -> usize {
        self.hunting
            .queues
            .waiting
            .get(group)
            .map_or(0, VecDeque::len)
    }

    /// How long whoever came first has waited.
    pub(super) fn longest_wait(&self, now: Now, group: &HuntGroupName) -> Option<Duration> {
        let since = self.hunting.queues.waiting.get(group)?.front()?.1;
        Some(now.uptime.saturating_sub(since))
    }

    /// Whether somebody waits whom nobody rings for.
    pub(super) fn has_callers_unserved(&mut self, group: &HuntGroupName) -> bool {
        let calls = self.hunting.queues.calls(group);
        calls
            .into_iter()
            .any(|id| self.hunt(id).is_some_and(|hunt| !hunt.is_ringing()))
    }

    /// A call waits, or waits on; if there is no room, or it has waited for long enough, it goes on.
    pub(super) fn join_queue(&mut self, now: Now, id: CallId) {
        let Some((name, queue, overflow_to)) = self.queue_of(id) else {
            return self.hunt_over(now, id, None);
        };
        let length = self.calls_waiting(&name);
        let Some(hunt) = self.hunt(id) else {
            return;
        };
        let longest = Duration::from_secs(queue.max_wait_s.into());
        match hunt.queued {
            Some(queued) if now.uptime >= queued.since + longest => {
                self.hunt_over(now, id, overflow_to);
            }
            Some(_) => self.wait_on(now, id),
            None if length >= usize::try_from(queue.length).unwrap_or(usize::MAX) => {
                tracing::info!(call = %id, group = %name, length, "the queue is full");
                self.hunt_over(now, id, overflow_to);
            }
            None => {
                hunt.queued = Some(Queued {
                    since: now.uptime,
                    announced: now.uptime,
                    told: now.uptime,
                    shown: None,
                    is_announcing: false,
                });
                let is_external = hunt.is_external;
                tracing::info!(call = %id, group = %name, place = length + 1, "the caller waits");
                self.hunting.queues.join(&name, id, now.uptime);
                self.pilot_of_changed(id);
                self.hunt_told(now, &name, is_external, &HuntNews::Queued);
                self.wait_on(now, id);
                self.show_places(&name);
            }
        }
    }

    /// The queue that a call may wait in, and where it goes from there.
    fn queue_of(&mut self, id: CallId) -> Option<(HuntGroupName, HuntQueue, Option<Dn>)> {
        let name = self.hunt(id)?.group.clone();
        let group = self.site.hunt_groups.get(&name)?;
        let overflow_to = group.overflow_to().cloned();
        Some((name, group.queue.clone()?, overflow_to))
    }

    fn wait_on(&mut self, now: Now, id: CallId) {
        let Some((_, queue, _)) = self.queue_of(id) else {
            return;
        };
        let Some(hunt) = self.hunt(id) else {
            return;
        };
        let Some(queued) = hunt.queued else {
            return;
        };
        hunt.missed.retain(|_, until| *until > now.uptime);
        let at = next_look(&queue, &queued, hunt.missed.values().copied());
        self.deadlines.disarm(&Timer::NoAnswer(id));
        self.deadlines.arm(Timer::Waiting(id), at.max(now.uptime));
    }

    /// A call that waits is looked at: it may have waited for long enough, or somebody may be asked again.
    pub(super) fn waiting_due(&mut self, now: Now, id: CallId) {
        let Some((_, queue, overflow_to)) = self.queue_of(id) else {
            return self.hunt_over(now, id, None);
        };
        let caller = self.calls.call(id).map(|call| call.caller);
        let Some(hunt) = self.hunt(id).filter(|hunt| !hunt.is_ringing()) else {
            return;
        };
        let Some(queued) = &mut hunt.queued else {
            return;
        };
        let over = queued.since + Duration::from_secs(queue.max_wait_s.into());
        if now.uptime >= over {
            return self.hunt_over(now, id, overflow_to);
        }
        let every = Duration::from_secs(queue.announce_every_s.into());
        let is_announced = !every.is_zero() && now.uptime >= queued.announced + every;
        let lasts = match queued.is_announcing {
            true => ANNOUNCEMENT,
            false => TOLD_AGAIN_AFTER,
        };
        let is_told = is_announced || now.uptime >= queued.told + lasts;
        if is_announced {
            queued.announced = now.uptime;
        }
        if is_told {
            queued.told = now.uptime;
            queued.is_announcing = is_announced;
        }
        let place = queued.shown;
        if hunt.missed.values().any(|until| *until <= now.uptime) {
            let group = hunt.group.clone();
            self.hunting.queues.stir(&group);
        }
        if let (true, Some(leg), Some(place)) = (is_told, caller, place) {
            self.show_waiting(id, leg, place, is_announced);
        }
        self.wait_on(now, id);
    }

    /// A member may be free, or ready, or there: those who wait in its groups are looked at, and in the groups in whose
    /// lists those stand.
    pub(super) fn member_freed(&mut self, dn: &Dn) {
        if self.hunting.queues.is_empty() {
            return;
        }
        for group in self.groups_around(dn) {
            self.hunting.queues.stir(&group);
        }
    }

    /// The same of all lines of a phone.
    pub(super) fn members_freed(&mut self, phone: &PhoneName) {
        if self.hunting.queues.is_empty() {
            return;
        }
        for dn in self.lines_of(phone) {
            self.member_freed(&dn);
        }
    }

    /// Offers those who wait to members who may have become free.
    pub(super) fn serve_queues(&mut self, now: Now) {
        let mut served = BTreeSet::new();
        while let Some(group) = self.hunting.queues.stirred.pop_first() {
            // What that leads to in a group was seen while it was looked at.
            if served.insert(group.clone()) {
                self.serve_queue(now, &group);
            }
        }
    }

    /// Those who wait in one group, whoever came first first.
    fn serve_queue(&mut self, now: Now, group: &HuntGroupName) {
        for id in self.hunting.queues.calls(group) {
            let Some(hunt) = self.hunt(id) else {
                self.hunting.queues.leave(group, id);
                continue;
            };
            if hunt.is_ringing() {
                continue;
            }
            let passes_some_by = hunt.missed.values().any(|until| *until > now.uptime);
            self.begin_round(now, id);
            let still_waits = self.hunt(id).is_some_and(|hunt| !hunt.is_ringing());
            // Nobody is free for this one, and so for nobody behind it.
            if still_waits && !passes_some_by {
                break;
            }
        }
        self.show_places(group);
    }

    /// Tells those who wait which place they have, if it is another one.
    fn show_places(&mut self, group: &HuntGroupName) {
        for (place, id) in self.hunting.queues.calls(group).into_iter().enumerate() {
            let place = place + 1;
            let Some(queued) = self.hunt(id).and_then(|hunt| hunt.queued.as_mut()) else {
                continue;
            };
            if queued.shown.replace(place) != Some(place)
                && let Some(leg) = self.calls.call(id).map(|call| call.caller)
            {
                self.show_waiting(id, leg, place, false);
            }
        }
    }

    fn show_waiting(&mut self, id: CallId, leg: super::LegId, place: usize, announce: bool) {
        let call = self.calls.call(id);
        let Some(Stage::Alerting(attempt)) = call.map(|call| &call.stage) else {
            return;
        };
        let group = self.party_of(attempt.wanted());
        self.act(Action::ShowWaiting {
            leg,
            place,
            group,
            announce,
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::pbx::hunt_group::{HuntGroup, HuntSlot};
    use crate::pbx::{Remembered, Site};
    use crate::time::Utc;

    /// rules: HG-1
    ///
    /// Among many groups only those are looked at that what happened is about.
    #[test]
    fn who_is_free_stirs_the_groups_around_and_no_others() {
        let group = |pilot: &str, list: &[&str]| HuntGroup {
            list: list
                .iter()
                .map(|dn| HuntSlot::Static((*dn).into()))
                .collect(),
            ..HuntGroup::at(pilot)
        };
        let mut site = Site::default();
        // One stands in the list of another; and then there are many more.
        let named = [
            ("support", group("4200", &["1001", "1002"])),
            ("all", group("4300", &["4200", "1003"])),
        ];
        let others = (0..100).map(|number| {
            let name = format!("other-{number}");
            let (pilot, member) = ((5000 + number).to_string(), (2000 + number).to_string());
            (name, group(&pilot, &[&member]))
        });
        let named = named.map(|(name, group)| (name.to_owned(), group));
        site.hunt_groups = named
            .into_iter()
            .chain(others)
            .map(|(name, group)| (name.into(), group))
            .collect();
        let now = Now {
            uptime: Duration::from_secs(100),
            utc: Utc(0),
        };
        let mut pbx = Pbx::new(now, [0; 32], Arc::new(site), Remembered::default());
        let groups: Vec<HuntGroupName> = pbx.site.hunt_groups.keys().cloned().collect();
        for (id, group) in (1..).zip(&groups) {
            pbx.hunting.queues.join(group, CallId::of(id), now.uptime);
        }
        let stirred_by = |pbx: &mut Pbx, dn: &str| {
            pbx.member_freed(&dn.into());
            let stirred = std::mem::take(&mut pbx.hunting.queues.stirred);
            stirred.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let table: [(&str, &[&str]); 5] = [
            ("1001", &["all", "support"]),
            ("1003", &["all"]),
            ("2007", &["other-7"]),
            ("4200", &["all"]),
            ("9009", &[]),
        ];
        for (dn, expected) in table {
            assert_eq!(stirred_by(&mut pbx, dn), expected, "{dn}");
        }
        pbx.hunting.queues.stir_all();
        assert_eq!(pbx.hunting.queues.stirred.len(), groups.len());
    }

    /// rules: HG-1
    #[test]
    fn whoever_came_first_is_first_and_is_looked_at_in_time() {
        let mut queues = Queues::default();
        let group = HuntGroupName::from("support");
        queues.stir(&group);
        assert!(queues.stirred.is_empty(), "nobody waits");
        for id in 1..=3 {
            queues.join(&group, CallId::of(id), Duration::ZERO);
        }
        queues.leave(&group, CallId::of(1));
        assert!(queues.stirred.contains(&group));
        assert_eq!(queues.calls(&group), [CallId::of(2), CallId::of(3)]);
        queues.leave(&group, CallId::of(2));
        queues.leave(&group, CallId::of(3));
        assert!(queues.is_empty());

        let queue = |announce_every_s| HuntQueue {
            length: 3,
            max_wait_s: 100,
            overflow_to: None,
            announce_every_s,
        };
        let second = Duration::from_secs;
        let queued = Queued {
            since: second(1000),
            announced: second(1050),
            told: second(1050),
            shown: None,
            is_announcing: false,
        };
        let look = |every, again: Option<u64>| {
            next_look(&queue(every), &queued, again.map(second).into_iter())
        };
        assert_eq!(look(0, None), second(1100));
        let told = Queued {
            told: second(1030),
            ..queued
        };
        assert_eq!(next_look(&queue(0), &told, [].into_iter()), second(1090));
        assert_eq!(look(30, None), second(1080));
        assert_eq!(look(30, Some(1060)), second(1060));
        assert_eq!(look(60, Some(1200)), second(1100));
    }
}
