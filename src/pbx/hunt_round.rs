//! Whom a hunt call is offered to next: rounds through the lists of groups, and of those that stand in them (HG-1).
//!
//! In a round nobody is asked twice, whatever lists they stand in.

use std::collections::VecDeque;

use super::Pbx;
use super::call::CallId;
use super::hunt_group::{DEEPEST_NESTING, HuntKind, PresentCall};
use super::hunt_order::{in_order, presents};
use super::membership::Member;
use super::names::{Dn, HuntGroupName, PhoneName};
use crate::time::Now;

/// Where a round is.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// In the group, and in those that stand in its list.
    levels: Vec<Level>,
    /// Who was asked in it.
    asked: Vec<Dn>,
}

/// A group in which a round is under way.
#[derive(Debug)]
struct Level {
    group: HuntGroupName,
    left: VecDeque<Member>,
    hops_left: usize,
}

impl Level {
    fn is_done(&self) -> bool {
        self.left.is_empty() || self.hops_left == 0
    }
}

/// Somebody who could be rung.
pub(super) struct Candidate {
    pub group: HuntGroupName,
    pub member: Member,
    pub phones: Vec<PhoneName>,
}

impl Round {
    /// One that begins in a group.
    fn of(level: Level) -> Round {
        Round {
            levels: vec![level],
            asked: Vec::new(),
        }
    }

    /// Members ring.
    pub fn rung(&mut self, candidates: &[Candidate]) {
        let rung = candidates.iter().map(|it| it.member.dn.clone());
        self.asked.extend(rung);
        for level in &mut self.levels {
            level.hops_left = level.hops_left.saturating_sub(candidates.len());
        }
    }

    /// Leaves the groups in whose lists nobody is left to be asked.
    fn leave_levels(&mut self) {
        while self.levels.last().is_some_and(Level::is_done) {
            self.levels.pop();
        }
    }

    /// The next place in the list of the group where the round is.
    fn next_place(&mut self) -> Option<(HuntGroupName, Member)> {
        let level = self.levels.last_mut()?;
        Some((level.group.clone(), level.left.pop_front()?))
    }
}

impl Pbx {
    /// Asks the members, from whoever is first.
    pub(super) fn begin_round(&mut self, now: Now, id: CallId) {
        let Some(group) = self.hunt(id).map(|hunt| hunt.group.clone()) else {
            return;
        };
        let level = self.level_of(&group);
        if let Some(hunt) = self.hunt(id) {
            hunt.round = Round::of(level);
        }
        self.hunt_on(now, id);
    }

    fn level_of(&self, name: &HuntGroupName) -> Level {
        let members = self.members_of(name);
        let group = self.site.hunt_groups.get(name);
        let kind = group.map_or(HuntKind::Sequential, |group| group.kind);
        let from_ring = group.is_some_and(|group| group.from_ring);
        let last = self.hunting.last_rang.get(name);
        let idle_since = |dn: &Dn| self.hunting.idle.since(dn, from_ring);
        let hops = group.and_then(|group| group.hops);
        Level {
            group: name.clone(),
            left: in_order(kind, members, last, idle_since).into(),
            hops_left: hops.map_or(usize::MAX, |hops| hops.try_into().unwrap_or(usize::MAX)),
        }
    }

    /// Whoever can be rung next: one, or all members of a parallel group.
    pub(super) fn next_candidates(&mut self, now: Now, id: CallId) -> Vec<Candidate> {
        let Some(attempt) = self.calls.attempt(id) else {
            return Vec::new();
        };
        let from = attempt.from.clone();
        let mut all: Vec<Candidate> = Vec::new();
        loop {
            if let Some(hunt) = self.hunt(id) {
                hunt.round.leave_levels();
            }
            let is_parallel = self.rings_at_once(id);
            let Some(hunt) = self.hunt(id).filter(|_| is_parallel || all.is_empty()) else {
                return all;
            };
            let depth = hunt.round.levels.len();
            let Some((group, member)) = hunt.round.next_place() else {
                return all;
            };
            if let Some(inner) = self.directory.pilot(&member.dn).cloned() {
                if depth < DEEPEST_NESTING {
                    let level = self.level_of(&inner);
                    self.hunting.idle.used(now.uptime, &member.dn);
                    if let Some(hunt) = self.hunt(id) {
                        hunt.round.levels.push(level);
                    }
                }
                continue;
            }
            let is_new = all.iter().all(|other| other.member.dn != member.dn);
            if !is_new || self.is_passed_by(now, id, &member.dn) {
                continue;
            }
            let phones = self.presented_at(Some(&from), &group, &member.dn);
            if phones.is_empty() {
                continue;
            }
            all.push(Candidate {
                group,
                member,
                phones,
            });
        }
    }

    /// Whether the round is in a parallel group, or in one that stands in the list of such a group.
    fn rings_at_once(&mut self, id: CallId) -> bool {
        let hunt = self.calls.attempt(id).and_then(|it| it.hunt.as_deref());
        let levels = hunt.into_iter().flat_map(|hunt| &hunt.round.levels);
        let mut groups = levels.filter_map(|level| self.site.hunt_groups.get(&level.group));
        groups.any(|group| group.kind == HuntKind::Parallel)
    }

    /// Whether a member was asked in this round, or said no too short a while ago.
    fn is_passed_by(&mut self, now: Now, id: CallId, dn: &Dn) -> bool {
        let Some(hunt) = self.hunt(id).filter(|hunt| !hunt.round.asked.contains(dn)) else {
            return true;
        };
        let waits = hunt.queued.is_some();
        let missed = hunt.missed.get(dn).copied();
        let resting = self.hunting.resting.get(dn).copied().filter(|_| waits);
        let until = missed.max(resting);
        until.is_some_and(|until| now.uptime < until)
    }

    /// The phones of a member that take a call of the group; none if the member is not ready, or busy.
    pub(super) fn presented_at(
        &self,
        from: Option<&PhoneName>,
        name: &HuntGroupName,
        dn: &Dn,
    ) -> Vec<PhoneName> {
        let Some(group) = self.site.hunt_groups.get(name) else {
            return Vec::new();
        };
        let is_busy = group.present_call == PresentCall::IdlePhone && self.has_call_with(dn);
        if is_busy || !self.takes_hunt_calls(name, dn) {
            return Vec::new();
        }
        let takes_it = |phone: &&PhoneName| {
            let state = self.phones.get(*phone).filter(|state| state.registered);
            let is_off_hook = state.is_some_and(|state| state.off_hook.is_some());
            Some(*phone) != from
                && state.is_some()
                && !self.is_quiet(phone)
                && self.takes_calls(phone)
                && self.line_takes_call(phone, dn, None)
                && presents(group.present_call, self.in_use(phone), is_off_hook)
        };
        let phones = self.directory.phones_with(dn).filter(takes_it);
        phones.cloned().collect()
    }
}
