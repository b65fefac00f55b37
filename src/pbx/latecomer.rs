//! Phones that come, or come back, while their number rings: they ring, too. And phones that lose the number while it
//! rings there: others ring on.

use std::collections::BTreeSet;

use super::Pbx;
use super::action::{Action, Refusal};
use super::call::{CallId, LegState};
use super::event::{Failure, LegId};
use super::forward::Wanted;
use super::names::PhoneName;
use crate::time::Now;

impl Pbx {
    /// A phone can be reached, or at one more place.
    pub(super) fn rings_late(&mut self, phone: &PhoneName) {
        let legs = self.phones.get(phone).map(|state| state.legs.clone());
        for leg in legs.unwrap_or_default() {
            let is_ringing = |leg: &super::call::Leg| leg.state == LegState::Ringing;
            if self.calls.leg(leg).is_some_and(is_ringing) {
                self.act(Action::RingAnew { leg });
            }
        }
        for id in self.ringing_beside(phone) {
            if self.may_join(id, phone) {
                self.ring_also(id, phone);
            }
        }
    }

    /// A phone that has been somebody's rings no more for them: calls go on ringing where their number is now, or go the
    /// way that it goes when nobody is there (OUT-4, OUT-7).
    pub(super) fn ring_elsewhere(&mut self, now: Now, phone: &PhoneName) {
        let own = self.lines_of(phone);
        let legs = self.phones.get(phone).map(|state| state.legs.clone());
        for leg in legs.unwrap_or_default() {
            let ringing = self.calls.leg(leg);
            let ringing = ringing.filter(|leg| leg.state == LegState::Ringing);
            let Some(id) = ringing.map(|leg| leg.call) else {
                continue;
            };
            let Some(attempt) = self.calls.attempt(id) else {
                continue;
            };
            if attempt.stays || own.contains(&attempt.called) {
                continue;
            }
            if attempt.hunt.is_some() {
                // The group looks for the next member.
                self.release(leg, "Logged out", false);
                self.failed(now, leg, Failure::Unreachable);
                continue;
            }
            attempt.callees.retain(|other| *other != leg);
            self.release(leg, "Logged out", false);
            self.drop_leg(now, leg);
            self.ring_on(now, id);
        }
    }

    /// A number may be at other phones now: those ring, too. If nothing rings any more, the call goes on as if it had
    /// just been dialled.
    fn ring_on(&mut self, now: Now, id: CallId) {
        let Some(attempt) = self.calls.attempt(id) else {
            return;
        };
        let (from, called) = (attempt.from.clone(), attempt.called.clone());
        let mut history = attempt.history.clone();
        let refused_by = attempt.refused_by.clone();
        let callees = attempt.callees.clone();
        let dn = called.clone();
        let reached = self.reach(Wanted { from: &from, dn }, &mut history);
        let ringing = callees.iter().filter_map(|leg| self.calls.leg(*leg));
        let ringing: Vec<PhoneName> = ringing.map(|leg| leg.phone.clone()).collect();
        match reached {
            Ok((dn, mut phones)) if dn == called => {
                phones.retain(|phone| !ringing.contains(phone) && !refused_by.contains(phone));
                match phones.is_empty() && ringing.is_empty() {
                    true => self.attempt_failed(now, id, Refusal::Failed(Failure::Declined)),
                    false => drop(self.ring_phones(id, &called, phones)),
                }
            }
            _ if !ringing.is_empty() => {}
            Ok((dn, phones)) => self.ring_next(now, id, &dn, phones, history),
            Err(why) => self.attempt_failed(now, id, why),
        }
    }

    /// The calls that ring at phones with a number of this one, or that help comes from like from this one. When power
    /// comes back, many phones register at once: not all calls are looked through for each.
    fn ringing_beside(&self, phone: &PhoneName) -> BTreeSet<CallId> {
        let own = self.lines_of(phone);
        let sharing = own.iter().flat_map(|dn| self.directory.phones_with(dn));
        let helping = self.site.emergency.values();
        let helping = helping.filter(|helpers| helpers.contains(phone)).flatten();
        let others = sharing.chain(helping);
        let legs = others.filter_map(|other| self.phones.get(other));
        let legs = legs.flat_map(|other| &other.legs);
        let legs = legs.filter_map(|leg| self.calls.leg(*leg));
        let ringing = legs.filter(|leg| leg.state == LegState::Ringing);
        ringing.map(|leg| leg.call).collect()
    }

    /// Whether a call rings that would have rung at a phone, had it been there.
    fn may_join(&mut self, id: CallId, phone: &PhoneName) -> bool {
        let is_in_it = |leg: &LegId| self.calls.leg(*leg).is_some_and(|leg| leg.call == id);
        let mut legs = self.phones.get(phone).into_iter().flat_map(|p| &p.legs);
        if legs.any(is_in_it) {
            return false;
        }
        let Some(attempt) = self.calls.attempt(id) else {
            return false;
        };
        if attempt.from == *phone || attempt.refused_by.contains(phone) {
            return false;
        }
        let (called, stays) = (attempt.called.clone(), attempt.stays);
        let mut helpers = self
            .site
            .emergency
            .get(called.as_str())
            .into_iter()
            .flatten();
        match stays {
            true => helpers.any(|helper| helper == phone),
            false => {
                let mut phones = self.directory.phones_with(&called);
                phones.any(|other| other == phone)
                    && self.takes_calls(phone)
                    && self.line_takes_call(phone, &called, Some(id))
            }
        }
    }

    /// One more phone rings, for as long as the others do.
    fn ring_also(&mut self, id: CallId, phone: &PhoneName) {
        tracing::info!(call = %id, %phone, "a phone that came late rings, too");
        let Some(called) = self.calls.attempt(id).map(|it| it.called.clone()) else {
            return;
        };
        let legs = self.ring_phones(id, &called, vec![phone.clone()]);
        self.joins_offer(id, &called, &legs);
    }
}
