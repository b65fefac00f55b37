//! A call that looks for a member of a hunt group who answers: who rings next, and when nobody is left (HG-1).
//!
//! Members who are not ready, logged in nowhere or busy are passed by. Where calls to a member are forwarded to does not
//! matter: a hunt call is for whoever is there.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use super::action::Refusal;
use super::agent::HuntNews;
use super::attempt::Attempt;
use super::call::{CallId, Leg};
use super::event::{Failure, LegId};
use super::forward::{Diverted, History, Wanted};
use super::hunt_group::{DEEPEST_NESTING, HuntKind, PresentCall};
use super::membership::Member;
use super::names::{Dn, HuntGroupName, PhoneName};
use super::phone::InUse;
use super::queue::{Queued, Queues};
use super::{Pbx, Timer};
use crate::time::Now;

/// Whoever did not answer a call is not offered the same one for so long.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Phones that were busy or said no are not offered those who wait for so long: what they were busy with may take no
/// time, as a code does, and a phone that always says no is not to be asked without end.
const TRIED_AGAIN_AFTER: Duration = Duration::from_secs(2);

/// A call on its way through a group.
#[derive(Debug)]
pub(super) struct Hunt {
    /// The number that was called.
    pub pilot: Dn,
    /// Whose it is.
    pub group: HuntGroupName,
    /// Whether the caller is outside.
    pub is_external: bool,
    /// Since when (uptime).
    pub began: Duration,
    /// How the call came to the group.
    came_by: History,
    /// Where the round is: in the group, and in those that stand in its list.
    levels: Vec<Level>,
    /// Whom it rings at now.
    pub offers: Vec<Offer>,
    /// Since when it rings there.
    rings_since: Duration,
    /// For how long it has rung at members, all in all.
    rang_for: Duration,
    /// Whether anybody was rung.
    has_rung: bool,
    /// Who has not answered it, and when they may be asked again.
    pub missed: BTreeMap<Dn, Duration>,
    /// Since when it waits, if it does.
    pub queued: Option<Queued>,
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

/// A member who is rung.
#[derive(Debug)]
pub(super) struct Offer {
    group: HuntGroupName,
    dn: Dn,
    legs: Vec<LegId>,
    /// Whether somebody there said no.
    is_declined: bool,
}

/// Somebody who could be rung.
struct Candidate {
    group: HuntGroupName,
    member: Member,
    phones: Vec<PhoneName>,
}

/// What is known of hunt groups at this moment.
#[derive(Debug, Default)]
pub(super) struct Hunting {
    /// Who rang last.
    last_rang: BTreeMap<HuntGroupName, Dn>,
    /// Since when numbers are idle.
    idle: HashMap<Dn, Idle>,
    /// Numbers that have just appeared at a phone.
    appeared: Vec<Dn>,
    /// Members who said no, and until when none of those who wait is offered to them.
    resting: BTreeMap<Dn, Duration>,
    /// Members who talk with somebody who called a group.
    talking: HashMap<LegId, Talk>,
    /// Who waits.
    pub queues: Queues,
}

/// Since when a number is idle (uptime).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Idle {
    /// Since its last call, or since it came.
    used: Duration,
    /// Since it rang last.
    rang: Duration,
}

#[derive(Debug)]
struct Talk {
    group: HuntGroupName,
    dn: Dn,
    is_external: bool,
    since: Duration,
}

/// The rule: in which order members are offered a call.
fn in_order(
    kind: HuntKind,
    mut members: Vec<Member>,
    last: Option<&Dn>,
    idle_since: impl Fn(&Dn) -> Duration,
) -> Vec<Member> {
    match kind {
        HuntKind::Sequential | HuntKind::Parallel => {}
        // From the place after the one that rang last, answered or not, as ephone-hunt has it.
        HuntKind::Peer => {
            let is_last = |member: &Member| Some(&member.dn) == last;
            if let Some(place) = members.iter().position(is_last) {
                let after = (place + 1) % members.len();
                members.rotate_left(after);
            }
        }
        // Among those who have been idle for as long, the list decides.
        HuntKind::LongestIdle => members.sort_by_key(|member| idle_since(&member.dn)),
    }
    members
}

/// The rule: whether a call is presented at a phone that is in use like that.
fn presents(present_call: PresentCall, in_use: InUse, is_off_hook: bool) -> bool {
    match present_call {
        PresentCall::Usual => true,
        PresentCall::OnhookPhone => in_use != InUse::Active && !is_off_hook,
        PresentCall::IdlePhone => in_use == InUse::Idle && !is_off_hook,
    }
}

/// The rule: for how long a member rings, if the call has rung for `rang_for` and may for so many seconds. None: not at
/// all.
fn hop_limit(hop: Duration, most_s: Option<u32>, rang_for: Duration) -> Option<Duration> {
    let Some(most_s) = most_s else {
        return Some(hop);
    };
    let left = Duration::from_secs(most_s.into()).saturating_sub(rang_for);
    (!left.is_zero()).then(|| hop.min(left))
}

impl Hunt {
    fn new(now: Now, pilot: &Dn, group: &HuntGroupName, is_external: bool, by: History) -> Hunt {
        Hunt {
            pilot: pilot.clone(),
            group: group.clone(),
            is_external,
            began: now.uptime,
            came_by: by,
            levels: Vec::new(),
            offers: Vec::new(),
            rings_since: now.uptime,
            rang_for: Duration::ZERO,
            has_rung: false,
            missed: BTreeMap::new(),
            queued: None,
        }
    }

    /// How long the caller has waited.
    pub fn waited(&self, now: Now) -> Duration {
        now.uptime.saturating_sub(self.began)
    }

    /// Whether it rings at somebody.
    pub fn is_ringing(&self) -> bool {
        !self.offers.is_empty()
    }

    /// A leg does not ring any more; the offer that this was the last one of.
    fn leg_over(&mut self, leg: LegId, is_declined: bool) -> Option<Offer> {
        let place = self.offers.iter().position(|it| it.legs.contains(&leg))?;
        let offer = &mut self.offers[place];
        offer.legs.retain(|other| *other != leg);
        offer.is_declined |= is_declined;
        offer.legs.is_empty().then(|| self.offers.remove(place))
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

impl Hunting {
    /// Somebody used a number.
    fn used(&mut self, now: Now, dn: &Dn) {
        self.idle.entry(dn.clone()).or_default().used = now.uptime;
    }

    fn idle_since(&self, dn: &Dn, from_ring: bool) -> Duration {
        let idle = self.idle.get(dn).copied().unwrap_or_default();
        match from_ring {
            true => idle.used.max(idle.rang),
            false => idle.used,
        }
    }

    /// Numbers appear at a phone that did not.
    pub fn appeared(&mut self, numbers: impl Iterator<Item = Dn>) {
        self.appeared.extend(numbers);
        self.queues.stir();
    }
}

impl Pbx {
    /// Somebody called a pilot.
    pub(super) fn begin_hunt(&mut self, now: Now, id: CallId, pilot: &Dn) {
        let Some(group) = self.directory.pilot(pilot).cloned() else {
            return;
        };
        let party = self.party_of(pilot);
        let Some(attempt) = self.calls.attempt(id) else {
            return;
        };
        let came_by = attempt.history.clone();
        attempt.history.hunted(party);
        attempt.called = pilot.clone();
        attempt.alternatives.clear();
        let is_external = self.site.is_trunk(&attempt.from);
        let hunt = Hunt::new(now, pilot, &group, is_external, came_by);
        attempt.hunt = Some(Box::new(hunt));
        tracing::info!(call = %id, %pilot, %group, "hunt begun");
        self.hunt_told(now, &group, is_external, &HuntNews::Began);
        // Those who wait already come first.
        match self.has_callers_unserved(&group) {
            false => self.begin_round(now, id),
            true => {
                self.join_queue(now, id);
                self.hunting.queues.stir();
            }
        }
    }

    /// Asks the members, from whoever is first.
    pub(super) fn begin_round(&mut self, now: Now, id: CallId) {
        let Some(group) = self.hunt(id).map(|hunt| hunt.group.clone()) else {
            return;
        };
        let level = self.level_of(&group);
        if let Some(hunt) = self.hunt(id) {
            hunt.levels = vec![level];
        }
        self.hunt_on(now, id);
    }

    fn level_of(&self, name: &HuntGroupName) -> Level {
        let members = self.members_of(name);
        let group = self.site.hunt_groups.get(name);
        let kind = group.map_or(HuntKind::Sequential, |group| group.kind);
        let from_ring = group.is_some_and(|group| group.from_ring);
        let last = self.hunting.last_rang.get(name);
        let idle_since = |dn: &Dn| self.hunting.idle_since(dn, from_ring);
        let hops = group.and_then(|group| group.hops);
        Level {
            group: name.clone(),
            left: in_order(kind, members, last, idle_since).into(),
            hops_left: hops.map_or(usize::MAX, |hops| hops.try_into().unwrap_or(usize::MAX)),
        }
    }

    /// Rings whoever is next, or says that nobody is.
    pub(super) fn hunt_on(&mut self, now: Now, id: CallId) {
        let candidates = self.next_candidates(now, id);
        let Some(hunt) = self.hunt(id) else {
            return;
        };
        let (top, rang_for) = (hunt.group.clone(), hunt.rang_for);
        let groups = &self.site.hunt_groups;
        let (Some(first), Some(top)) = (candidates.first(), groups.get(&top)) else {
            return self.round_over(now, id);
        };
        let hop = groups.get(&first.group);
        let hop = hop.map_or(Duration::ZERO, |own| own.rings_for(first.member.slot));
        match hop_limit(hop, top.max_timeout_s, rang_for) {
            Some(limit) => self.offer(now, id, candidates, limit),
            None => {
                let to = top.final_to.clone();
                self.hunt_over(now, id, to);
            }
        }
    }

    /// Whoever can be rung next: one, or all members of a parallel group.
    fn next_candidates(&mut self, now: Now, id: CallId) -> Vec<Candidate> {
        let Some(attempt) = self.calls.attempt(id) else {
            return Vec::new();
        };
        let from = attempt.from.clone();
        let mut all: Vec<Candidate> = Vec::new();
        loop {
            if let Some(hunt) = self.hunt(id) {
                hunt.leave_levels();
            }
            let is_parallel = self.rings_at_once(id);
            let Some(hunt) = self.hunt(id).filter(|_| is_parallel || all.is_empty()) else {
                return all;
            };
            let depth = hunt.levels.len();
            let Some((group, member)) = hunt.next_place() else {
                return all;
            };
            if let Some(inner) = self.directory.pilot(&member.dn).cloned() {
                if depth < DEEPEST_NESTING {
                    let level = self.level_of(&inner);
                    self.hunting.used(now, &member.dn);
                    if let Some(hunt) = self.hunt(id) {
                        hunt.levels.push(level);
                    }
                }
                continue;
            }
            let is_new = all.iter().all(|other| other.member.dn != member.dn);
            if !is_new || self.has_missed(now, id, &member.dn) {
                continue;
            }
            let phones = self.presented_at(&from, &group, &member.dn);
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
        let groups: Vec<HuntGroupName> = match self.hunt(id) {
            Some(hunt) => hunt
                .levels
                .iter()
                .map(|level| level.group.clone())
                .collect(),
            None => Vec::new(),
        };
        let mut kinds = groups.iter().filter_map(|it| self.site.hunt_groups.get(it));
        kinds.any(|group| group.kind == HuntKind::Parallel)
    }

    fn has_missed(&mut self, now: Now, id: CallId, dn: &Dn) -> bool {
        let Some(hunt) = self.hunt(id) else {
            return true;
        };
        let waits = hunt.queued.is_some();
        let missed = hunt.missed.get(dn).copied();
        let resting = self.hunting.resting.get(dn).copied().filter(|_| waits);
        let until = missed.max(resting);
        until.is_some_and(|until| now.uptime < until)
    }

    /// Members who said no may be asked again.
    pub(super) fn members_rested(&mut self, now: Now) {
        let resting = &mut self.hunting.resting;
        resting.retain(|_, until| *until > now.uptime);
        if let Some(next) = resting.values().min() {
            self.deadlines.arm(Timer::Members, *next);
        }
        self.hunting.queues.stir();
    }

    /// The phones of a member that take a call of the group; none if the member is not ready, or busy.
    fn presented_at(&self, from: &PhoneName, name: &HuntGroupName, dn: &Dn) -> Vec<PhoneName> {
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
            *phone != from
                && state.is_some()
                && !self.is_quiet(phone)
                && self.takes_calls(phone)
                && self.line_takes_call(phone, dn, None)
                && presents(group.present_call, self.in_use(phone), is_off_hook)
        };
        let phones = self.directory.phones_with(dn).filter(takes_it);
        phones.cloned().collect()
    }

    /// Makes members ring.
    fn offer(&mut self, now: Now, id: CallId, candidates: Vec<Candidate>, limit: Duration) {
        let is_external = match self.hunt(id) {
            Some(hunt) => {
                hunt.rings_since = now.uptime;
                hunt.has_rung = true;
                let rung = candidates.len();
                for level in &mut hunt.levels {
                    level.hops_left = level.hops_left.saturating_sub(rung);
                }
                hunt.is_external
            }
            None => return,
        };
        if let (Some(attempt), [only]) = (self.calls.attempt(id), candidates.as_slice()) {
            attempt.called = only.member.dn.clone();
        }
        if let Some(attempt) = self.calls.attempt(id) {
            attempt.failure = None;
            attempt.refused_by.clear();
        }
        self.deadlines.arm(Timer::NoAnswer(id), now.uptime + limit);
        for candidate in candidates {
            let Candidate {
                group,
                member: Member { dn, .. },
                phones,
            } = candidate;
            tracing::info!(call = %id, %group, member = %dn, rings = ?phones, "hunt call offered");
            self.hunting.last_rang.insert(group.clone(), dn.clone());
            let idle = self.hunting.idle.entry(dn.clone()).or_default();
            idle.rang = now.uptime;
            let legs = self.ring_phones(id, &dn, phones);
            let news = HuntNews::Offered { dn: dn.clone() };
            self.hunt_told(now, &group, is_external, &news);
            let offer = Offer {
                group,
                dn,
                legs,
                is_declined: false,
            };
            if let Some(hunt) = self.hunt(id) {
                hunt.offers.push(offer);
            }
        }
    }

    /// A phone that rings for a member does so no more. Whether that was in a hunt.
    pub(super) fn hunt_leg_failed(
        &mut self,
        now: Now,
        id: CallId,
        leg: LegId,
        why: Failure,
    ) -> bool {
        let Some(hunt) = self.hunt(id) else {
            return false;
        };
        let is_declined = matches!(why, Failure::Declined | Failure::NoAnswer);
        if let Some(offer) = hunt.leg_over(leg, is_declined) {
            self.offers_over(now, id, vec![offer], false);
        }
        true
    }

    /// Members have rung for long enough.
    pub(super) fn hop_over(&mut self, now: Now, id: CallId) {
        let Some(attempt) = self.calls.attempt(id) else {
            return;
        };
        let ringing = attempt.callees.clone();
        if let Some(hunt) = self.hunt(id) {
            let offers = std::mem::take(&mut hunt.offers);
            self.offers_over(now, id, offers, true);
        }
        self.stop_ringing(now, id, &ringing);
        self.hunt_on(now, id);
    }

    /// Nobody has answered there. Busy phones, and those that cannot be reached, have missed nothing.
    fn offers_over(&mut self, now: Now, id: CallId, offers: Vec<Offer>, rang_out: bool) {
        let Some(hunt) = self.hunt(id) else {
            return;
        };
        if hunt.offers.is_empty() {
            hunt.rang_for += now.uptime.saturating_sub(hunt.rings_since);
        }
        let is_external = hunt.is_external;
        let again = now.uptime + ASKED_AGAIN_AFTER;
        let missed = offers.iter().filter(|it| rang_out || it.is_declined);
        hunt.missed.extend(missed.map(|it| (it.dn.clone(), again)));
        if !rang_out {
            let until = now.uptime + TRIED_AGAIN_AFTER;
            let resting = offers.iter().map(|it| (it.dn.clone(), until));
            self.hunting.resting.extend(resting);
            self.deadlines.arm_no_later(Timer::Members, until);
        }
        for Offer {
            group,
            dn,
            is_declined,
            ..
        } in offers
        {
            let news = match rang_out || is_declined {
                true => HuntNews::Missed { dn },
                false => HuntNews::Withdrawn { dn },
            };
            self.hunt_told(now, &group, is_external, &news);
        }
    }

    /// Everybody was asked, or is not to be: the call waits, or goes on.
    fn round_over(&mut self, now: Now, id: CallId) {
        let Some(name) = self.hunt(id).map(|hunt| hunt.group.clone()) else {
            return;
        };
        let group = self.site.hunt_groups.get(&name);
        match group.and_then(|group| group.queue.as_ref()) {
            Some(_) => self.join_queue(now, id),
            None => {
                let to = group.and_then(|group| group.final_to.clone());
                self.hunt_over(now, id, to);
            }
        }
    }

    /// The call leaves the group, and goes on to a number, if there is one that can be reached.
    pub(super) fn hunt_over(&mut self, now: Now, id: CallId, to: Option<Dn>) {
        let Some(hunt) = self.take_hunt(id) else {
            return;
        };
        let Hunt {
            pilot,
            group,
            came_by,
            has_rung,
            ..
        } = *hunt;
        let waited = now.uptime.saturating_sub(hunt.began);
        let news = HuntNews::PassedOn { waited };
        self.hunt_told(now, &group, hunt.is_external, &news);
        let (why, failure) = match has_rung {
            true => (Diverted::NoAnswer, Failure::NoAnswer),
            false => (Diverted::Busy, Failure::Busy),
        };
        let party = self.party_of(&pilot);
        let Some(attempt) = self.calls.attempt(id) else {
            return;
        };
        let from = attempt.from.clone();
        let mut history = came_by;
        let to = to.filter(|to| history.forwarded(party, why, to));
        let reached = to.and_then(|dn| {
            let wanted = Wanted { from: &from, dn };
            self.reach(wanted, &mut history).ok()
        });
        match reached {
            Some((dn, phones)) => {
                tracing::info!(call = %id, %group, to = %dn, "nobody answers: the call goes on");
                self.ring_next(now, id, &dn, phones, history);
            }
            None => self.attempt_failed(now, id, Refusal::Failed(failure)),
        }
    }

    /// A member answered, or somebody who talks for one.
    pub(super) fn hunt_answered(&mut self, now: Now, hunt: Hunt, leg: LegId) {
        let waited = hunt.waited(now);
        let is_external = hunt.is_external;
        tracing::info!(group = %hunt.group, waited_s = waited.as_secs(), "hunt call answered");
        for Offer {
            group, dn, legs, ..
        } in hunt.offers
        {
            if !legs.contains(&leg) {
                // In a parallel group a miss counts only if nobody answered (HG-3).
                let news = HuntNews::Withdrawn { dn };
                self.hunt_told(now, &group, is_external, &news);
                continue;
            }
            let news = HuntNews::Answered {
                dn: dn.clone(),
                waited,
            };
            self.hunt_told(now, &group, is_external, &news);
            let talk = Talk {
                group,
                dn,
                is_external,
                since: now.uptime,
            };
            self.hunting.talking.insert(leg, talk);
        }
    }

    /// The call is over for the group, and no member has answered it.
    pub(super) fn hunt_left(&mut self, now: Now, id: CallId, hunt: &Hunt, picked_up: bool) {
        self.deadlines.disarm(&Timer::Waiting(id));
        self.hunting.queues.leave(&hunt.group, id);
        let waited = hunt.waited(now);
        for Offer { group, dn, .. } in &hunt.offers {
            let news = HuntNews::Withdrawn { dn: dn.clone() };
            self.hunt_told(now, group, hunt.is_external, &news);
        }
        let news = match picked_up {
            true => HuntNews::PickedUp { waited },
            false => HuntNews::Abandoned { waited },
        };
        self.hunt_told(now, &hunt.group, hunt.is_external, &news);
    }

    /// Whoever was handed on to a group has gone, or is to be handed on no more.
    pub(super) fn hunt_given_up(&mut self, now: Now, id: CallId) {
        if let Some(hunt) = self.take_hunt(id) {
            self.hunt_left(now, id, &hunt, false);
        }
    }

    /// A party has left a call: whoever has been idle longest is counted from there.
    pub(super) fn hunt_leg_over(&mut self, now: Now, id: LegId, leg: &Leg) {
        if self.site.hunt_groups.is_empty() {
            return;
        }
        self.hunting.queues.stir();
        if leg.state != super::call::LegState::Ringing {
            self.hunting.used(now, &leg.line);
        }
        if let Some(talk) = self.hunting.talking.remove(&id) {
            let talked = now.uptime.saturating_sub(talk.since);
            let news = HuntNews::Ended {
                dn: talk.dn,
                talked,
            };
            self.hunt_told(now, &talk.group, talk.is_external, &news);
        }
    }

    /// Does what an event may have led to: numbers that have come to a phone are idle since then, and callers who wait
    /// may find somebody.
    pub(super) fn settle_hunting(&mut self, now: Now) {
        for dn in std::mem::take(&mut self.hunting.appeared) {
            self.hunting.used(now, &dn);
        }
        self.serve_queues(now);
    }

    /// Another site: what is known of numbers and groups that are gone is forgotten.
    pub(super) fn review_hunting(&mut self) {
        let site = &self.site;
        let directory = &self.directory;
        let hunting = &mut self.hunting;
        let has_group = |group: &HuntGroupName| site.hunt_groups.contains_key(group);
        hunting.last_rang.retain(|group, _| has_group(group));
        let counts = !site.hunt_groups.is_empty();
        hunting
            .idle
            .retain(|dn, _| counts && directory.holder(dn).is_some());
        hunting.queues.stir();
    }

    /// The hunt of a call, if it is in one.
    pub(super) fn hunt(&mut self, id: CallId) -> Option<&mut Hunt> {
        self.calls.attempt(id)?.hunt.as_deref_mut()
    }

    /// Takes a call out of its group, and out of the queue.
    pub(super) fn take_hunt(&mut self, id: CallId) -> Option<Box<Hunt>> {
        let hunt = self.calls.attempt(id)?.hunt.take()?;
        self.deadlines.disarm(&Timer::Waiting(id));
        self.hunting.queues.leave(&hunt.group, id);
        Some(hunt)
    }

    /// A phone that comes late rings, too, for the member that rings.
    pub(super) fn joins_offer(&mut self, id: CallId, dn: &Dn, legs: &[LegId]) {
        if let Some(hunt) = self.hunt(id)
            && let Some(offer) = hunt.offers.iter_mut().find(|offer| offer.dn == *dn)
        {
            offer.legs.extend(legs);
        }
    }
}

impl Attempt {
    /// The number that was called: the pilot, while a member of its group rings.
    pub fn wanted(&self) -> &Dn {
        self.hunt.as_ref().map_or(&self.called, |hunt| &hunt.pilot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(numbers: &[&str]) -> Vec<Member> {
        let member = |(slot, dn): (usize, &&str)| Member {
            slot,
            dn: (*dn).into(),
            is_dynamic: false,
        };
        numbers.iter().enumerate().map(member).collect()
    }

    fn order(kind: HuntKind, last: Option<&str>, idle_since: &[(&str, u64)]) -> String {
        let since = |dn: &Dn| {
            let stamp = idle_since.iter().find(|(it, _)| *it == dn.as_str());
            Duration::from_secs(stamp.map_or(0, |(_, at)| *at))
        };
        let last = last.map(Dn::from);
        let order = in_order(kind, members(&["1", "2", "3"]), last.as_ref(), since);
        order.iter().map(|member| member.dn.as_str()).collect()
    }

    /// rules: HG-1
    #[test]
    fn each_kind_has_its_own_order() {
        let idle = [("1", 30), ("2", 10), ("3", 20)];
        let table = [
            (HuntKind::Sequential, None, "123"),
            (HuntKind::Sequential, Some("1"), "123"),
            (HuntKind::Parallel, Some("1"), "123"),
            (HuntKind::Peer, None, "123"),
            (HuntKind::Peer, Some("1"), "231"),
            (HuntKind::Peer, Some("2"), "312"),
            (HuntKind::Peer, Some("3"), "123"),
            // Whoever rang last has left the list.
            (HuntKind::Peer, Some("9"), "123"),
            (HuntKind::LongestIdle, Some("2"), "231"),
        ];
        for (kind, last, expected) in table {
            assert_eq!(order(kind, last, &idle), expected, "{kind:?} {last:?}");
        }
        assert_eq!(order(HuntKind::LongestIdle, None, &[]), "123");
        assert_eq!(order(HuntKind::LongestIdle, None, &[("1", 5)]), "231");
        let nobody = in_order(HuntKind::Peer, Vec::new(), None, |_| Duration::ZERO);
        assert_eq!(nobody, []);
    }

    /// rules: HG-1
    #[test]
    fn a_call_is_presented_where_the_group_says() {
        let held = InUse::HeldOnly {
            since: Duration::ZERO,
        };
        // Idle, ringing, holding, talking; then idle with the handset up.
        let table = [
            (PresentCall::Usual, [true, true, true, true], true),
            (PresentCall::OnhookPhone, [true, true, true, false], false),
            (PresentCall::IdlePhone, [true, false, false, false], false),
        ];
        for (present_call, expected, off_hook) in table {
            let uses = [InUse::Idle, InUse::Ringing, held, InUse::Active];
            let presented = uses.map(|in_use| presents(present_call, in_use, false));
            assert_eq!(presented, expected, "{present_call:?}");
            assert_eq!(presents(present_call, InUse::Idle, true), off_hook);
        }
    }

    /// rules: HG-1
    #[test]
    fn a_call_rings_no_longer_than_it_may_all_in_all() {
        let table = [
            (None, 500, Some(10)),
            (Some(60), 0, Some(10)),
            (Some(60), 55, Some(5)),
            (Some(60), 60, None),
            (Some(60), 70, None),
        ];
        for (most_s, rang_for, expected) in table {
            let limit = hop_limit(
                Duration::from_secs(10),
                most_s,
                Duration::from_secs(rang_for),
            );
            assert_eq!(
                limit.map(|it| it.as_secs()),
                expected,
                "{most_s:?} {rang_for}"
            );
        }
    }

    #[test]
    fn a_number_is_idle_since_it_was_used_or_also_since_it_rang() {
        let mut hunting = Hunting::default();
        let idle = Idle {
            used: Duration::from_secs(5),
            rang: Duration::from_secs(9),
        };
        hunting.idle.insert("1".into(), idle);
        let since = |from_ring| hunting.idle_since(&"1".into(), from_ring).as_secs();
        assert_eq!((since(false), since(true)), (5, 9));
    }
}
