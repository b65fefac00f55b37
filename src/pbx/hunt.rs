//! A call that looks for a member of a hunt group who answers: how long each rings, and when nobody is left (HG-1).
//!
//! Members who are not ready, logged in nowhere or busy are passed by. Where calls to a member are forwarded to does not
//! matter: a hunt call is for whoever is there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use super::action::Refusal;
use super::agent::HuntNews;
use super::attempt::Attempt;
use super::call::{CallId, Leg, LegState};
use super::event::{Failure, LegId};
use super::forward::{Diverted, History, Wanted};
use super::hunt_group::ConnectedName;
use super::hunt_order::{IdleTimes, hop_limit};
use super::hunt_round::{Candidate, Round};
use super::membership::Member;
use super::names::{Dn, HuntGroupName};
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
    /// Whom it goes to next.
    pub round: Round,
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

/// A member who is rung.
#[derive(Debug)]
pub(super) struct Offer {
    group: HuntGroupName,
    dn: Dn,
    legs: Vec<LegId>,
    /// Whether somebody there said no, or let it ring.
    is_missed: bool,
}

/// What is known of hunt groups at this moment.
#[derive(Debug, Default)]
pub(super) struct Hunting {
    /// Which calls are in groups, by the pilot that was called.
    under_way: BTreeMap<Dn, BTreeSet<CallId>>,
    /// Who rang last.
    pub last_rang: BTreeMap<HuntGroupName, Dn>,
    /// Since when numbers are idle.
    pub idle: IdleTimes,
    /// Numbers that have just appeared at a phone.
    appeared: Vec<Dn>,
    /// Members who said no, and until when none of those who wait is offered to them.
    pub resting: BTreeMap<Dn, Duration>,
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
            round: Round::default(),
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
}

impl Hunting {
    /// Numbers appear at a phone that did not.
    pub fn appeared(&mut self, numbers: impl Iterator<Item = Dn>) {
        self.appeared.extend(numbers);
    }

    /// The calls that are in a group by this pilot.
    pub fn under_way(&self, pilot: &Dn) -> impl Iterator<Item = CallId> {
        self.under_way.get(pilot).into_iter().flatten().copied()
    }

    fn ends(&mut self, id: CallId, hunt: &Hunt) {
        self.queues.leave(&hunt.group, id);
        if let Some(calls) = self.under_way.get_mut(&hunt.pilot) {
            calls.remove(&id);
            if calls.is_empty() {
                self.under_way.remove(&hunt.pilot);
            }
        }
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
        let under_way = self.hunting.under_way.entry(pilot.clone()).or_default();
        under_way.insert(id);
        self.pilot_changed(pilot);
        tracing::info!(call = %id, %pilot, %group, "hunt begun");
        self.hunt_told(now, &group, is_external, &HuntNews::Began);
        // Those who wait already come first.
        match self.has_callers_unserved(&group) {
            false => self.begin_round(now, id),
            true => {
                self.join_queue(now, id);
                self.hunting.queues.stir(&group);
            }
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

    /// Members who said no may be asked again.
    pub(super) fn members_rested(&mut self, now: Now) {
        let resting = std::mem::take(&mut self.hunting.resting);
        let (resting, rested) = resting
            .into_iter()
            .partition(|(_, until)| *until > now.uptime);
        self.hunting.resting = resting;
        if let Some(next) = self.hunting.resting.values().min() {
            self.deadlines.arm(Timer::Members, *next);
        }
        let rested: BTreeMap<Dn, Duration> = rested;
        rested.keys().for_each(|dn| self.member_freed(dn));
    }

    /// Makes members ring.
    fn offer(&mut self, now: Now, id: CallId, candidates: Vec<Candidate>, limit: Duration) {
        let Some(hunt) = self.hunt(id) else {
            return;
        };
        hunt.rings_since = now.uptime;
        hunt.has_rung = true;
        hunt.round.rung(&candidates);
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
        self.pilot_of_changed(id);
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
        self.pilot_of_changed(id);
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
        if self.site.connected_name(&hunt.group) == ConnectedName::Group
            && let Some(leg) = self.calls.leg_mut(leg)
        {
            leg.answers_as = Some(hunt.pilot.clone());
        }
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
        self.hunt_ends(id, hunt);
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
        self.member_freed(&leg.line);
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
            self.member_changed(&dn);
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
        hunting.queues.stir_all();
        self.lamps.touch_all();
    }

    /// The hunt of a call, if it is in one.
    pub(super) fn hunt(&mut self, id: CallId) -> Option<&mut Hunt> {
        self.calls.attempt(id)?.hunt.as_deref_mut()
    }

    /// Takes a call out of its group, and out of the queue.
    pub(super) fn take_hunt(&mut self, id: CallId) -> Option<Box<Hunt>> {
        let hunt = self.calls.attempt(id)?.hunt.take()?;
        self.hunt_ends(id, &hunt);
        Some(hunt)
    }

    fn hunt_ends(&mut self, id: CallId, hunt: &Hunt) {
        self.deadlines.disarm(&Timer::Waiting(id));
        self.hunting.ends(id, hunt);
        self.pilot_changed(&hunt.pilot);
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
