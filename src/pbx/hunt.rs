//! A call that looks for a member of a hunt group who answers: who rings next, and when nobody is left (HG-1).
//!
//! Members who are not ready, logged in nowhere or busy are passed by. Where calls to a member are forwarded to does not
//! matter: a hunt call is for whoever is there.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use super::action::Refusal;
use super::agent::HuntNews;
use super::attempt::Attempt;
use super::call::{CallId, Leg, LegState};
use super::event::{Failure, LegId};
use super::forward::{Diverted, History, Wanted};
use super::hunt_group::{DEEPEST_NESTING, HuntKind, PresentCall};
use super::hunt_order::{IdleTimes, hop_limit, in_order, presents};
use super::membership::Member;
use super::names::{Dn, HuntGroupName, PhoneName};
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
    /// Who was asked in this round: somebody may stand in several lists.
    asked: Vec<Dn>,
    /// Whom it rings at now.
    pub offers: Vec<Offer>,
    /// Whom it rang at beside those, and does no more.
    silent: Vec<Offer>,
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
    /// Whether somebody there said no, or let it ring.
    is_missed: bool,
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
    idle: IdleTimes,
    /// Numbers that have just appeared at a phone.
    appeared: Vec<Dn>,
    /// Members who said no, and until when none of those who wait is offered to them.
    resting: BTreeMap<Dn, Duration>,
    /// Members who talk with somebody who called a group.
    talking: HashMap<LegId, Talk>,
    /// Who waits.
    pub queues: Queues,
}

#[derive(Debug)]
struct Talk {
    group: HuntGroupName,
    dn: Dn,
    is_external: bool,
    since: Duration,
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
            asked: Vec::new(),
            offers: Vec::new(),
            silent: Vec::new(),
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

    /// A leg does not ring any more; the member, if it was the last one of theirs.
    fn leg_over(&mut self, leg: LegId, is_missed: bool) -> Option<Dn> {
        let place = self.offers.iter().position(|it| it.legs.contains(&leg))?;
        let offer = &mut self.offers[place];
        offer.legs.retain(|other| *other != leg);
        offer.is_missed |= is_missed;
        if !offer.legs.is_empty() {
            return None;
        }
        let offer = self.offers.remove(place);
        let dn = offer.dn.clone();
        self.silent.push(offer);
        Some(dn)
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
            hunt.asked.clear();
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
                    self.hunting.idle.used(now.uptime, &member.dn);
                    if let Some(hunt) = self.hunt(id) {
                        hunt.levels.push(level);
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
        let levels = hunt.into_iter().flat_map(|hunt| &hunt.levels);
        let mut groups = levels.filter_map(|level| self.site.hunt_groups.get(&level.group));
        groups.any(|group| group.kind == HuntKind::Parallel)
    }

    /// Whether a member was asked in this round, or said no too short a while ago.
    fn is_passed_by(&mut self, now: Now, id: CallId, dn: &Dn) -> bool {
        let Some(hunt) = self.hunt(id).filter(|hunt| !hunt.asked.contains(dn)) else {
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

    /// Makes members ring.
    fn offer(&mut self, now: Now, id: CallId, candidates: Vec<Candidate>, limit: Duration) {
        let Some(hunt) = self.hunt(id) else {
            return;
        };
        hunt.rings_since = now.uptime;
        hunt.has_rung = true;
        let rung = candidates.iter().map(|it| it.member.dn.clone());
        hunt.asked.extend(rung);
        for level in &mut hunt.levels {
            level.hops_left = level.hops_left.saturating_sub(candidates.len());
        }
        let (pilot, is_external) = (hunt.pilot.clone(), hunt.is_external);
        if let Some(attempt) = self.calls.attempt(id) {
            attempt.called = match candidates.as_slice() {
                [only] => only.member.dn.clone(),
                _ => pilot,
            };
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
            self.hunting.idle.rang(now.uptime, &dn);
            let legs = self.ring_phones(id, &dn, phones);
            let news = HuntNews::Offered { dn: dn.clone() };
            self.hunt_told(now, &group, is_external, &news);
            let offer = Offer {
                group,
                dn,
                legs,
                is_missed: false,
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
        // Busy phones, and those that cannot be reached, have missed nothing.
        let is_missed = matches!(why, Failure::Declined | Failure::NoAnswer);
        let Some(dn) = hunt.leg_over(leg, is_missed) else {
            return true;
        };
        let rings_on = hunt.is_ringing();
        let until = now.uptime + TRIED_AGAIN_AFTER;
        self.hunting.resting.insert(dn, until);
        self.deadlines.arm_no_later(Timer::Members, until);
        if !rings_on {
            self.hop_done(now, id);
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
            for mut offer in std::mem::take(&mut hunt.offers) {
                offer.is_missed = true;
                hunt.silent.push(offer);
            }
        }
        self.hop_done(now, id);
        self.stop_ringing(now, id, &ringing);
        self.hunt_on(now, id);
    }

    /// Nobody has answered. In a parallel group that is known only when nobody rings any more (HG-3).
    fn hop_done(&mut self, now: Now, id: CallId) {
        let Some(hunt) = self.hunt(id) else {
            return;
        };
        hunt.rang_for += now.uptime.saturating_sub(hunt.rings_since);
        let offers = std::mem::take(&mut hunt.silent);
        let again = now.uptime + ASKED_AGAIN_AFTER;
        let missed = offers.iter().filter(|offer| offer.is_missed);
        hunt.missed
            .extend(missed.map(|offer| (offer.dn.clone(), again)));
        let is_external = hunt.is_external;
        for offer in offers {
            let Offer { group, dn, .. } = offer;
            let news = match offer.is_missed {
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
        } in hunt.offers.into_iter().chain(hunt.silent)
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
        for Offer { group, dn, .. } in hunt.offers.iter().chain(&hunt.silent) {
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
        // Of trunks, any number may stand there.
        if leg.state != LegState::Ringing && self.directory.holder(&leg.line).is_some() {
            self.hunting.idle.used(now.uptime, &leg.line);
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
            self.hunting.idle.used(now.uptime, &dn);
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
            .retain(|dn| counts && directory.holder(dn).is_some());
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
    use crate::pbx::LegIds;
    use crate::time::Utc;

    /// rules: HG-3
    #[test]
    fn a_member_rings_until_the_last_phone_does_not_and_misses_nothing_while_others_ring() {
        let now = Now {
            uptime: Duration::from_secs(100),
            utc: Utc(0),
        };
        let mut ids = LegIds::minted_by(0);
        let [a, b, c] = [ids.mint(), ids.mint(), ids.mint()];
        let offer = |dn: &str, legs: &[LegId]| Offer {
            group: "support".into(),
            dn: dn.into(),
            legs: legs.to_vec(),
            is_missed: false,
        };
        let pilot = "4200".into();
        let mut hunt = Hunt::new(now, &pilot, &"support".into(), false, History::default());
        hunt.offers = vec![offer("1001", &[a, b]), offer("1002", &[c])];
        assert_eq!(hunt.leg_over(a, true), None);
        assert_eq!(hunt.leg_over(a, true), None, "that is known already");
        assert_eq!(hunt.leg_over(b, false), Some("1001".into()));
        assert!(hunt.is_ringing() && hunt.silent[0].is_missed);
        assert_eq!(hunt.leg_over(c, false), Some("1002".into()));
        assert!(!hunt.is_ringing() && !hunt.silent[1].is_missed);
    }
}
