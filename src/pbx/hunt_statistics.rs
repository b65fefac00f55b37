//! What happens in hunt groups, counted by the hour: of each group, and of each member in it (HG-5).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Pbx;
use super::agent::HuntNews;
use super::change::Change;
use super::names::{Dn, HuntGroupName};
use crate::time::{Now, Utc};

/// An hour, in milliseconds.
const HOUR_MS: i64 = 3_600_000;

/// What happened, of a group or of a member. Times are in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HuntCounts {
    /// Calls to the group. Each of them is answered, abandoned, passed on or picked up in the end.
    pub calls: u64,
    /// How often a call rang at a member.
    pub offered: u64,
    /// Calls that a member answered.
    pub answered: u64,
    /// How often a member did not answer.
    pub missed: u64,
    /// Calls whose caller hung up.
    pub abandoned: u64,
    /// Calls that waited in the queue.
    pub queued: u64,
    /// Calls that no member took, and that went on elsewhere.
    pub passed_on: u64,
    /// Calls that somebody took who was not rung.
    pub picked_up: u64,
    /// How long callers waited, all in all.
    pub waited_ms: u64,
    /// How long the most patient one did.
    pub longest_wait_ms: u64,
    /// How long members talked.
    pub talked_ms: u64,
    /// How long members were ready.
    pub ready_ms: u64,
}

impl HuntCounts {
    /// How long a caller waited on average, of all who are not waiting any more.
    pub fn average_wait_ms(&self) -> u64 {
        let over = self.answered + self.abandoned + self.passed_on + self.picked_up;
        self.waited_ms.checked_div(over).unwrap_or(0)
    }

    /// These, and others.
    pub fn add(&mut self, other: &HuntCounts) {
        self.calls += other.calls;
        self.offered += other.offered;
        self.answered += other.answered;
        self.missed += other.missed;
        self.abandoned += other.abandoned;
        self.queued += other.queued;
        self.passed_on += other.passed_on;
        self.picked_up += other.picked_up;
        self.waited_ms += other.waited_ms;
        self.longest_wait_ms = self.longest_wait_ms.max(other.longest_wait_ms);
        self.talked_ms += other.talked_ms;
        self.ready_ms += other.ready_ms;
    }

    fn waited(mut self, waited: Duration) -> HuntCounts {
        self.waited_ms = millis(waited);
        self.longest_wait_ms = self.waited_ms;
        self
    }
}

/// What happened in one hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HuntHour {
    /// When it began.
    pub hour: Utc,
    /// In which group.
    pub group: HuntGroupName,
    /// To which member; none: to the group as a whole.
    pub agent: Option<Dn>,
    /// What.
    pub counts: HuntCounts,
}

/// What counts for the group, and what for a member.
fn counted(news: &HuntNews) -> (HuntCounts, Option<(&Dn, HuntCounts)>) {
    let mut group = HuntCounts::default();
    let member = match news {
        HuntNews::Began => {
            group.calls = 1;
            None
        }
        HuntNews::Queued => {
            group.queued = 1;
            None
        }
        HuntNews::Offered { dn } => {
            group.offered = 1;
            Some(dn)
        }
        HuntNews::Missed { dn } => {
            group.missed = 1;
            Some(dn)
        }
        HuntNews::Withdrawn { .. } => None,
        HuntNews::Answered { dn, waited } => {
            group.answered = 1;
            group = group.waited(*waited);
            Some(dn)
        }
        HuntNews::Abandoned { waited } => {
            group.abandoned = 1;
            group = group.waited(*waited);
            None
        }
        HuntNews::PassedOn { waited } => {
            group.passed_on = 1;
            group = group.waited(*waited);
            None
        }
        HuntNews::PickedUp { waited } => {
            group.picked_up = 1;
            group = group.waited(*waited);
            None
        }
        HuntNews::Ended { dn, talked } => {
            group.talked_ms = millis(*talked);
            Some(dn)
        }
    };
    (group, member.map(|dn| (dn, group)))
}

/// The hour of a moment.
fn hour_of(at: Utc) -> Utc {
    Utc(at.0.div_euclid(HOUR_MS) * HOUR_MS)
}

/// How much of a time that has just ended was in each hour, the latest first.
fn by_hours(end: Utc, lasted: Duration) -> Vec<(Utc, u64)> {
    let mut left = millis(lasted);
    let mut hour = hour_of(end);
    let mut room = u64::try_from(end.0 - hour.0).unwrap_or(0);
    let mut parts = Vec::new();
    while left > 0 {
        let part = left.min(room);
        if part > 0 {
            parts.push((hour, part));
        }
        left -= part;
        hour = Utc(hour.0 - HOUR_MS);
        room = HOUR_MS.unsigned_abs();
    }
    parts
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The hours that are not over, and how long members have been ready.
#[derive(Debug, Default)]
pub(super) struct HuntStatistics {
    hours: BTreeMap<(Utc, HuntGroupName, Option<Dn>), Counted>,
    /// Since the start of the server, of each group.
    totals: BTreeMap<HuntGroupName, HuntCounts>,
    /// Members that are ready, and up to when (uptime) that has been counted.
    ready: BTreeMap<(HuntGroupName, Dn), Duration>,
}

#[derive(Debug, Default)]
struct Counted {
    counts: HuntCounts,
    is_saved: bool,
}

impl HuntStatistics {
    /// What the store has of the hour that is not over.
    pub fn remember(&mut self, hours: Vec<HuntHour>) {
        for it in hours {
            let counted = Counted {
                counts: it.counts,
                is_saved: true,
            };
            self.hours.insert((it.hour, it.group, it.agent), counted);
        }
    }

    fn add(&mut self, hour: Utc, group: &HuntGroupName, agent: Option<&Dn>, more: &HuntCounts) {
        let key = (hour, group.clone(), agent.cloned());
        let counted = self.hours.entry(key).or_default();
        counted.counts.add(more);
        counted.is_saved = false;
        if agent.is_none() {
            self.totals.entry(group.clone()).or_default().add(more);
        }
    }

    /// A member is ready now, or is not; what it was until now is counted.
    fn clock(&mut self, now: Now, group: &HuntGroupName, dn: &Dn, is_ready: bool) {
        let key = (group.clone(), dn.clone());
        let since = match is_ready {
            true => self.ready.insert(key, now.uptime),
            false => self.ready.remove(&key),
        };
        let Some(since) = since else {
            return;
        };
        for (hour, ready_ms) in by_hours(now.utc, now.uptime.saturating_sub(since)) {
            let more = HuntCounts {
                ready_ms,
                ..HuntCounts::default()
            };
            self.add(hour, group, Some(dn), &more);
            self.add(hour, group, None, &more);
        }
    }

    /// Takes out what is not saved yet. Hours that are over are forgotten.
    fn unsaved(&mut self, now: Now) -> Vec<HuntHour> {
        let unsaved = self.hours.iter_mut().filter(|(_, it)| !it.is_saved);
        let unsaved = unsaved.map(|((hour, group, agent), it)| {
            it.is_saved = true;
            HuntHour {
                hour: *hour,
                group: group.clone(),
                agent: agent.clone(),
                counts: it.counts,
            }
        });
        let unsaved = unsaved.collect();
        let present = hour_of(now.utc);
        self.hours.retain(|(hour, ..), _| *hour >= present);
        unsaved
    }

    /// The groups that a member is ready in, as far as that is being counted.
    fn ready_in(&self, dn: &Dn) -> Vec<HuntGroupName> {
        let ready = self.ready.keys().filter(|(_, who)| who == dn);
        ready.map(|(group, _)| group.clone()).collect()
    }

    /// What has happened in a group since the start of the server.
    pub fn total(&self, group: &HuntGroupName) -> HuntCounts {
        self.totals.get(group).copied().unwrap_or_default()
    }
}

impl Pbx {
    /// Counts what happened to a call to a group, where that is wanted.
    pub(super) fn count_hunt(&mut self, now: Now, group: &HuntGroupName, news: &HuntNews) {
        let config = self.site.hunt_groups.get(group);
        if config.is_none_or(|config| !config.statistics) {
            return;
        }
        let hour = hour_of(now.utc);
        let (of_group, of_member) = counted(news);
        self.hunt_statistics.add(hour, group, None, &of_group);
        if let Some((dn, counts)) = of_member {
            self.hunt_statistics.add(hour, group, Some(dn), &counts);
        }
    }

    /// A member is ready or not, or somewhere or nowhere, otherwise than before, maybe.
    pub(super) fn clock_member(&mut self, now: Now, dn: &Dn) {
        let is_there = self.directory.phones_with(dn).next().is_some();
        let groups = self.agents.groups_of(dn).map(|(group, _)| group);
        let mut groups: BTreeSet<HuntGroupName> = groups.cloned().collect();
        let ready_in = |group: &HuntGroupName| {
            let config = self.site.hunt_groups.get(group);
            let counts = config.is_some_and(|config| config.statistics);
            let is_in = self.agents.groups_of(dn).any(|(name, _)| name == group);
            counts && is_in && is_there && self.takes_hunt_calls(group, dn)
        };
        // Those that it has left, too.
        groups.extend(self.hunt_statistics.ready_in(dn));
        let clocked: Vec<(HuntGroupName, bool)> = groups
            .into_iter()
            .map(|group| (group.clone(), ready_in(&group)))
            .collect();
        for (group, is_ready) in clocked {
            self.hunt_statistics.clock(now, &group, dn, is_ready);
        }
    }

    /// Saves what was counted since the last time.
    pub(super) fn save_hunt_statistics(&mut self, now: Now) {
        let ready = self.hunt_statistics.ready.keys();
        let ready: BTreeSet<Dn> = ready.map(|(_, dn)| dn.clone()).collect();
        for dn in ready {
            self.clock_member(now, &dn);
        }
        let unsaved = self.hunt_statistics.unsaved(now);
        let changes = unsaved.into_iter().map(Change::HuntCounted);
        self.outcome.changes.extend(changes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64, minutes: i64) -> Now {
        let utc = Utc(hours * HOUR_MS + minutes * 60_000);
        Now {
            uptime: Duration::from_millis(utc.0.unsigned_abs()),
            utc,
        }
    }

    /// rules: HG-5
    #[test]
    fn a_time_is_counted_in_the_hours_in_which_it_was() {
        let minutes = |m: u64| m * 60_000;
        let parts = by_hours(at(10, 20).utc, Duration::from_secs(60 * 95));
        let hour = |h: i64| Utc(h * HOUR_MS);
        let expected = [
            (hour(10), minutes(20)),
            (hour(9), minutes(60)),
            (hour(8), minutes(15)),
        ];
        assert_eq!(parts, expected);
        assert_eq!(by_hours(at(10, 0).utc, Duration::ZERO), []);
        let parts = by_hours(at(10, 0).utc, Duration::from_secs(60));
        assert_eq!(parts, [(hour(9), minutes(1))]);
    }

    /// rules: HG-5
    #[test]
    fn what_a_member_does_counts_for_the_group_too() {
        let (group, dn) = (HuntGroupName::from("sales"), Dn::from("1001"));
        let mut statistics = HuntStatistics::default();
        let waited = Duration::from_secs(7);
        let talked = Duration::from_secs(60);
        let story = [
            HuntNews::Began,
            HuntNews::Offered { dn: dn.clone() },
            HuntNews::Missed { dn: dn.clone() },
            HuntNews::Queued,
            HuntNews::Offered { dn: dn.clone() },
            HuntNews::Answered {
                dn: dn.clone(),
                waited,
            },
            HuntNews::Ended {
                dn: dn.clone(),
                talked,
            },
            HuntNews::Began,
            HuntNews::Abandoned { waited: 3 * waited },
        ];
        for news in &story {
            let (of_group, of_member) = counted(news);
            statistics.add(hour_of(at(9, 5).utc), &group, None, &of_group);
            if let Some((dn, counts)) = of_member {
                statistics.add(hour_of(at(9, 5).utc), &group, Some(dn), &counts);
            }
        }
        statistics.clock(at(9, 50), &group, &dn, true);
        statistics.clock(at(10, 5), &group, &dn, false);
        let of_group = HuntCounts {
            calls: 2,
            offered: 2,
            answered: 1,
            missed: 1,
            abandoned: 1,
            queued: 1,
            waited_ms: 28_000,
            longest_wait_ms: 21_000,
            talked_ms: 60_000,
            ready_ms: 15 * 60_000,
            ..HuntCounts::default()
        };
        assert_eq!(statistics.total(&group), of_group);
        assert_eq!(of_group.average_wait_ms(), 14_000);
        let saved = statistics.unsaved(at(10, 5));
        assert_eq!(saved.len(), 4);
        let ready: u64 = saved
            .iter()
            .filter(|it| it.agent.is_some())
            .map(|it| it.counts.ready_ms)
            .sum();
        assert_eq!(ready, 15 * 60_000);
        assert_eq!(statistics.unsaved(at(10, 6)), []);
        // The hour that is over is forgotten, the present one is not.
        assert_eq!(statistics.hours.len(), 2);
    }
}
