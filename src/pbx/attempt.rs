//! The attempt to reach somebody: phones ring, go on ringing elsewhere, and one answers or none does.

use std::collections::VecDeque;

use super::action::{Action, Alert, Party, Refusal};
use super::call::{CallId, LegState, Stage};
use super::dialplan::{self, Destination};
use super::event::{Body, Failure, LegId, Secret};
use super::forward::{History, Wanted};
use super::hunt::Hunt;
use super::names::{Dn, PhoneName};
use super::trunk::{RINGS_FOR_HELP, RINGS_OUTSIDE};
use super::{Pbx, Timer};
use crate::time::Now;

/// A phone that sends a call on may name so many numbers to try one after the other.
const MOST_ALTERNATIVES: usize = 8;

/// Phones that ring for somebody.
#[derive(Debug)]
pub(super) struct Attempt {
    /// The phone that calls, or that is handed on: not rung itself.
    pub from: PhoneName,
    /// Who the call is from.
    pub caller: Party,
    /// The number that rings now.
    pub called: Dn,
    /// The media offer; none if whoever answers is to make it.
    pub offer: Option<Body>,
    /// What rings.
    pub callees: Vec<LegId>,
    /// The most telling of what those said that do not ring any more.
    pub failure: Option<Failure>,
    /// The phones that would not have it: not rung again.
    pub refused_by: Vec<PhoneName>,
    /// How the call came here.
    pub history: History,
    /// Numbers to try when nothing rings any more.
    pub alternatives: VecDeque<Dn>,
    /// Whether it stays at the phones that it was made for: help, and calls that come back.
    pub stays: bool,
    /// Whether it is for help: then every trunk is tried, however it is.
    pub is_help: bool,
    /// The trunks that are left to be tried, one after the other.
    pub trunks: VecDeque<PhoneName>,
    /// Whether a trunk did not take it.
    pub line_failed: bool,
    /// The hunt group that the call is in.
    pub hunt: Option<Box<Hunt>>,
}

impl Attempt {
    /// An attempt for somebody at a phone or behind a trunk, which nothing rings for yet.
    pub fn new((from, caller): (&PhoneName, Party), called: &Dn, history: History) -> Attempt {
        Attempt {
            from: from.clone(),
            caller,
            called: called.clone(),
            offer: None,
            callees: Vec::new(),
            failure: None,
            refused_by: Vec::new(),
            history,
            alternatives: VecDeque::new(),
            stays: false,
            is_help: false,
            trunks: VecDeque::new(),
            line_failed: false,
            hunt: None,
        }
    }
}

/// Which of two failures tells the caller more.
pub(super) fn worse(a: Option<Failure>, b: Failure) -> Failure {
    let rank = |failure: Failure| match failure {
        Failure::Busy => 0,
        Failure::Declined => 1,
        Failure::NotAcceptable | Failure::NoRelay | Failure::RelayFailed => 2,
        Failure::NoAnswer => 3,
        Failure::Other(_) | Failure::Glare | Failure::Gone | Failure::Released => 4,
        Failure::UnknownNumber => 5,
        Failure::Unreachable => 6,
    };
    a.map_or(b, |a| if rank(b) < rank(a) { b } else { a })
}

impl Pbx {
    /// Makes phones ring for the attempt of a call.
    pub(super) fn ring_all(&mut self, now: Now, id: CallId, called: &Dn, phones: Vec<PhoneName>) {
        if self.directory.pilot(called).is_some() {
            return self.begin_hunt(now, id, called);
        }
        let Some(attempt) = self.calls.attempt(id) else {
            return;
        };
        attempt.called = called.clone();
        attempt.failure = None;
        attempt.refused_by.clear();
        attempt.line_failed = false;
        let (stays, is_help) = (attempt.stays, attempt.is_help);
        tracing::info!(call = %id, from = %attempt.caller.dn, %called, rings = ?phones, "phones ring");
        let (trunks, phones): (Vec<PhoneName>, Vec<PhoneName>) = phones
            .into_iter()
            .partition(|name| self.site.is_trunk(name));
        let limit = match (trunks.is_empty(), stays) {
            (false, _) if is_help => RINGS_FOR_HELP,
            (false, _) => RINGS_OUTSIDE,
            (true, true) => {
                std::time::Duration::from_secs(self.site.settings.no_answer_s.max(1).into())
            }
            (true, false) => self.rings_for(called),
        };
        self.deadlines.arm(Timer::NoAnswer(id), now.uptime + limit);
        self.ring_phones(id, called, phones);
        if trunks.is_empty() {
            return;
        }
        let trunks = self.trunks_in_order(trunks, is_help);
        if let Some(attempt) = self.calls.attempt(id) {
            attempt.trunks = trunks;
            attempt.line_failed = true;
        }
        self.ring_next_trunk(now, id);
        self.go_on_if_silent(now, id);
    }

    /// Makes phones ring for a number, for as long as the attempt goes on. The legs.
    pub(super) fn ring_phones(
        &mut self,
        id: CallId,
        called: &Dn,
        phones: Vec<PhoneName>,
    ) -> Vec<LegId> {
        let mut legs = Vec::with_capacity(phones.len());
        for phone in phones {
            let leg = self.leg_ids.mint();
            let Some(attempt) = self.calls.attempt(id) else {
                return legs;
            };
            attempt.callees.push(leg);
            legs.push(leg);
            // Help is called aloud, and so is whoever comes back.
            let alert = match attempt.stays {
                true => Alert::Aloud,
                false => self.alert_at(&phone, called),
            };
            // A number that is on no button of the phone (an emergency number, say) rings on its prime line.
            let line = self.line_for(&phone, called);
            self.add_leg(id, leg, &phone, &line, LegState::Ringing);
            let index = self.index_of(&line, id);
            let Some(attempt) = self.calls.attempt(id) else {
                return legs;
            };
            let ring = Action::Ring {
                leg,
                phone: phone.clone(),
                caller: attempt.caller.clone(),
                called: called.clone(),
                offer: attempt.offer.clone(),
                history: Box::new(attempt.history.clone()),
                alert,
                index,
            };
            self.act(ring);
        }
        legs
    }

    /// A phone rings, or has something to play.
    pub(super) fn progressed(
        &mut self,
        leg: LegId,
        branch: u32,
        ringing: bool,
        media: Option<Body>,
    ) {
        let Some(id) = self.calls.leg(leg).map(|leg| leg.call) else {
            return;
        };
        let Some(call) = self.calls.call(id) else {
            return;
        };
        match &call.stage {
            Stage::Alerting(attempt) => {
                let caller = call.caller;
                let hunt = attempt.hunt.as_ref();
                let as_whom = hunt.map(|hunt| self.party_of(&hunt.pilot));
                self.act(Action::ShowProgress {
                    leg: caller,
                    from: (leg, branch),
                    ringing,
                    as_whom,
                    media,
                });
            }
            Stage::Transferring(transfer) if ringing => {
                if let Some(ticket) = transfer.ticket() {
                    self.act(Action::ShowTransfer { ticket });
                }
            }
            Stage::Transferring(_)
            | Stage::Answered { .. }
            | Stage::PickedUp { .. }
            | Stage::Parked
            | Stage::Conference(_) => {}
        }
    }

    /// A phone will not answer.
    pub(super) fn failed(&mut self, now: Now, leg: LegId, why: Failure) {
        let Some((id, phone)) = self.calls.leg(leg).map(|l| (l.call, l.phone.clone())) else {
            return;
        };
        if self.trunk_failed(now, leg, why) {
            return self.go_on_if_silent(now, id);
        }
        let is_hunt = self.hunt_leg_failed(now, id, leg, why);
        let Some(attempt) = self.calls.attempt(id) else {
            return;
        };
        attempt.callees.retain(|other| *other != leg);
        if is_hunt {
            attempt.refused_by.push(phone);
            self.drop_leg(now, leg);
            return self.go_on_if_silent(now, id);
        }
        attempt.failure = Some(worse(attempt.failure, why));
        // Whoever was reached by a trunk has had their say: another trunk leads to the same.
        if self.site.is_trunk(&phone) {
            attempt.trunks.clear();
        }
        if why != Failure::Unreachable {
            attempt.refused_by.push(phone);
        }
        self.drop_leg(now, leg);
        self.go_on_if_silent(now, id);
    }

    /// A phone sends the call that rings there on to other numbers, in its order of preference. Others ring on.
    pub(super) fn deflected(&mut self, now: Now, leg: LegId, to: &[Secret]) {
        let Some((id, by)) = self.calls.leg(leg).map(|l| (l.call, l.phone.clone())) else {
            return;
        };
        let site = &self.site;
        let numbers = to.iter().take(MOST_ALTERNATIVES);
        let mut numbers: VecDeque<Dn> = numbers
            .filter_map(
                |digits| match dialplan::destination(site, digits.reveal()) {
                    Destination::Number(dn) => Some(dn),
                    _ => None,
                },
            )
            .filter(|dn| self.may_call(&by, dn).is_ok())
            .collect();
        let is_trunk = self.site.is_trunk(&by);
        // A trunk does not say where calls of ours go, and a member not where those of its group do.
        let attempt = self.calls.attempt(id);
        let may_go = |it: &&mut Attempt| !it.stays && !is_trunk && it.hunt.is_none();
        let Some(attempt) = attempt.filter(may_go) else {
            return self.failed(now, leg, Failure::Declined);
        };
        let (from, called) = (attempt.from.clone(), attempt.called.clone());
        let history = attempt.history.clone();
        while let Some(dn) = numbers.pop_front() {
            let mut way = history.clone();
            let wanted = Wanted { from: &from, dn };
            let Ok((dn, phones)) = self.reach_deflected(&by, wanted, &called, &mut way) else {
                continue;
            };
            tracing::info!(call = %id, %by, to = %dn, "call sent on by its phone");
            if let Some(attempt) = self.calls.attempt(id) {
                attempt.callees.retain(|other| *other != leg);
                attempt.history = way;
                attempt.alternatives = numbers;
            }
            self.drop_leg(now, leg);
            self.show_forwarding(id);
            return self.ring_all(now, id, &dn, phones);
        }
        self.failed(now, leg, Failure::Declined);
    }

    /// It has rung for long enough.
    pub(super) fn no_answer(&mut self, now: Now, id: CallId) {
        let Some(attempt) = self.calls.attempt(id) else {
            return;
        };
        if attempt.hunt.is_some() {
            return self.hop_over(now, id);
        }
        attempt.failure = Some(Failure::NoAnswer);
        let ringing = attempt.callees.clone();
        match self.next_of(id, Failure::NoAnswer) {
            Some((dn, phones, history)) => {
                self.stop_ringing(now, id, &ringing);
                self.ring_next(now, id, &dn, phones, history);
            }
            None => self.attempt_failed(now, id, Refusal::Failed(Failure::NoAnswer)),
        }
    }

    /// Nothing rings any more: the call goes on where it is forwarded to, or has failed.
    fn go_on_if_silent(&mut self, now: Now, id: CallId) {
        let Some(attempt) = self.calls.attempt(id) else {
            return;
        };
        if !attempt.callees.is_empty() {
            return;
        }
        if attempt.hunt.is_some() {
            return self.hunt_on(now, id);
        }
        let why = match attempt.failure {
            None if attempt.line_failed => Refusal::NoLine,
            failure => Refusal::Failed(failure.unwrap_or(Failure::Unreachable)),
        };
        let failure = attempt.failure.unwrap_or(Failure::Unreachable);
        match self.next_of(id, failure) {
            Some((dn, phones, history)) => self.ring_next(now, id, &dn, phones, history),
            None => self.attempt_failed(now, id, why),
        }
    }

    /// Where an attempt goes on that failed, if anywhere.
    fn next_of(&mut self, id: CallId, failure: Failure) -> Option<(Dn, Vec<PhoneName>, History)> {
        let attempt = self.calls.attempt(id).filter(|attempt| !attempt.stays)?;
        let (from, called) = (attempt.from.clone(), attempt.called.clone());
        let history = attempt.history.clone();
        let alternatives = std::mem::take(&mut attempt.alternatives);
        let mut left = alternatives.into_iter();
        while let Some(dn) = left.next() {
            let mut way = history.clone();
            let wanted = Wanted { from: &from, dn };
            if let Ok((dn, phones)) = self.reach(wanted, &mut way) {
                if let Some(attempt) = self.calls.attempt(id) {
                    attempt.alternatives = left.collect();
                }
                return Some((dn, phones, way));
            }
        }
        let mut way = history;
        let failed = Wanted {
            from: &from,
            dn: called,
        };
        let (dn, phones) = self.reach_after(failed, failure, &mut way)?;
        Some((dn, phones, way))
    }

    /// The call goes on at another number.
    pub(super) fn ring_next(
        &mut self,
        now: Now,
        id: CallId,
        dn: &Dn,
        phones: Vec<PhoneName>,
        history: History,
    ) {
        if let Some(attempt) = self.calls.attempt(id) {
            attempt.history = history;
        }
        self.show_forwarding(id);
        self.ring_all(now, id, dn, phones);
    }

    /// A caller hears that the call goes on elsewhere.
    fn show_forwarding(&mut self, id: CallId) {
        if let Some(call) = self.calls.call(id)
            && matches!(call.stage, Stage::Alerting(_))
        {
            let leg = call.caller;
            self.act(Action::ShowForwarding { leg });
        }
    }

    /// Phones that ring are to stop it.
    pub(super) fn stop_ringing(&mut self, now: Now, id: CallId, legs: &[LegId]) {
        if let Some(attempt) = self.calls.attempt(id) {
            attempt.callees.retain(|leg| !legs.contains(leg));
        }
        for leg in legs {
            self.release(*leg, "The caller gave up", false);
            self.drop_leg(now, *leg);
        }
    }

    /// Nobody was reached, and the call goes nowhere else.
    pub(super) fn attempt_failed(&mut self, now: Now, id: CallId, why: Refusal) {
        match self.calls.call(id).map(|call| &call.stage) {
            Some(Stage::Alerting(_)) => self.end_attempt(now, id, Some(why)),
            Some(Stage::Transferring(_)) => {
                let ringing = self
                    .calls
                    .attempt(id)
                    .map(|a| std::mem::take(&mut a.callees));
                self.stop_ringing(now, id, &ringing.unwrap_or_default());
                self.transfer_failed(now, id, why);
            }
            Some(
                Stage::Answered { .. }
                | Stage::PickedUp { .. }
                | Stage::Parked
                | Stage::Conference(_),
            )
            | None => {}
        }
    }

    /// Ends a call that nobody has answered; the caller is told why, unless it has gone.
    pub(super) fn end_attempt(&mut self, now: Now, id: CallId, why: Option<Refusal>) {
        let Some(call) = self.calls.remove(id) else {
            return;
        };
        let caller = call.caller;
        let Stage::Alerting(attempt) = call.stage else {
            return;
        };
        self.deadlines.disarm(&Timer::NoAnswer(id));
        if let Some(hunt) = &attempt.hunt {
            self.hunt_left(now, id, hunt, false);
        }
        let text = why.as_ref().map(Refusal::text);
        tracing::info!(call = %id, why = text.as_deref().unwrap_or("the caller gave up"), "call not answered");
        if let Some(why) = why {
            self.act(Action::Refuse { leg: caller, why });
        }
        self.stop_ringing(now, id, &attempt.callees);
        self.drop_leg(now, caller);
    }
}
