//! Park: a call waits at a number of its own, and whoever dials that has it.
//!
//! A parked call is a call: nobody ends it but whoever is in it. If nobody fetches it for a while, it rings where whoever
//! parked it is now; and goes on waiting if nobody takes it there, either.

use std::collections::BTreeMap;
use std::time::Duration;

use super::action::{Action, Notice, Party, Refusal};
use super::attempt::Attempt;
use super::call::{CallId, LegState, Stage};
use super::change::Signal;
use super::event::{Body, LegId, Ticket};
use super::forward::History;
use super::login::Asker;
use super::names::{Dn, PhoneName, UserId};
use super::transfer::{Place, Target};
use super::{Pbx, Timer};
use crate::time::Now;

/// A call that waits.
#[derive(Debug)]
struct Parked {
    call: CallId,
    /// Who parked it.
    by: PhoneName,
    /// Who that was, if somebody was logged in there.
    user: Option<UserId>,
}

/// The slots that are taken: each call has one, until it is fetched or over.
#[derive(Debug, Default)]
pub(super) struct Lot(BTreeMap<Dn, Parked>);

impl Lot {
    /// How many calls wait.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The first slot that is free.
    fn free<'a>(&self, slots: &'a [Dn]) -> Result<&'a Dn, Refusal> {
        if slots.is_empty() {
            return Err(Refusal::Conflict("Calls cannot be parked here".into()));
        }
        let mut free = slots.iter().filter(|slot| !self.0.contains_key(*slot));
        let full = || Refusal::Conflict("No place to park is free".into());
        free.next().ok_or_else(full)
    }

    fn slot_of(&self, id: CallId) -> Option<(&Dn, &Parked)> {
        self.0.iter().find(|(_, parked)| parked.call == id)
    }

    fn leave(&mut self, id: CallId) {
        self.0.retain(|_, parked| parked.call != id);
    }
}

/// What whoever parked a call is told.
fn words(slot: &Dn) -> String {
    format!("Call parked at {slot}")
}

impl Pbx {
    /// Somebody dialled the code: the call that the phone holds is parked, or the one that it has.
    pub(super) fn park_by_code(&mut self, now: Now, leg: LegId, phone: &PhoneName) {
        let outcome = match self.call_to_park(phone) {
            Some(call) => self.park(now, call),
            None => Err(Refusal::Conflict("There is no call to park".into())),
        };
        let outcome = outcome.map(|slot| words(&slot));
        self.answer(Asker::Leg(leg), outcome);
    }

    /// Somebody pressed the key, in a call.
    pub(super) fn park_by_key(&mut self, now: Now, leg: LegId, ticket: Ticket) {
        if let Ok(phone) = self.phone_of(leg) {
            self.phone_used(now, &phone, Signal::Key);
        }
        let outcome = self.park(now, leg).map(|slot| words(&slot));
        self.answer(Asker::Ticket(ticket), outcome);
    }

    /// Somebody transferred a call to the code.
    pub(super) fn park_by_transfer(
        &mut self,
        now: Now,
        leg: LegId,
        ticket: Ticket,
    ) -> Result<(), Refusal> {
        let phone = self.phone_of(leg)?;
        let place = self.place_for(leg)?;
        self.act(Action::AcceptTransfer { ticket });
        let outcome = Ok(());
        self.act(Action::EndTransfer { ticket, outcome });
        let slot = self.park_at(now, leg, place)?;
        let notice = Notice::News;
        let text = words(&slot);
        self.act(Action::Tell {
            phone,
            notice,
            text,
        });
        Ok(())
    }

    /// The call of a phone that is meant where none is named: the one that was held last, or else the one in which
    /// somebody talks.
    fn call_to_park(&self, phone: &PhoneName) -> Option<LegId> {
        let legs = self.phones.get(phone)?.legs.iter();
        let legs = legs.filter_map(|id| Some((*id, self.calls.leg(*id)?.state)));
        let meant = legs.filter_map(|(id, state)| match state {
            LegState::Holding(since) => Some((Some(since), id)),
            LegState::Talking => Some((None, id)),
            LegState::Calling | LegState::Ringing => None,
        });
        meant.max().map(|(_, id)| id)
    }

    fn park(&mut self, now: Now, leg: LegId) -> Result<Dn, Refusal> {
        let place = self.place_for(leg)?;
        self.park_at(now, leg, place)
    }

    /// Where the other party of a leg can be parked.
    fn place_for(&self, leg: LegId) -> Result<Dn, Refusal> {
        self.transferable(leg)?;
        let slot = self.lot.free(&self.site.settings.park_slots)?;
        Ok(slot.clone())
    }

    /// The other party waits from now on; whoever parked it is let go.
    fn park_at(&mut self, now: Now, leg: LegId, slot: Dn) -> Result<Dn, Refusal> {
        let (id, by, waiting) = self.transferable(leg)?;
        tracing::info!(call = %id, %by, %slot, "call parked");
        let user = self.user_profile_at(&by).map(|(user, _)| user.clone());
        let parked = Parked { call: id, by, user };
        self.lot.0.insert(slot.clone(), parked);
        if let Some(call) = self.calls.call_mut(id) {
            call.caller = waiting;
            call.stage = Stage::Parked;
        }
        self.hush_parked(waiting, &slot);
        self.arm_recall(now, id);
        self.release(leg, "Parked", false);
        self.drop_leg(now, leg);
        Ok(slot)
    }

    /// No media flows while a party waits: it is asked what it has, and told that it gets nothing. One that is dead is found
    /// out by that, too.
    fn hush_parked(&mut self, leg: LegId, slot: &Dn) {
        let connected = Party {
            dn: slot.clone(),
            display_name: "Parked".into(),
        };
        self.act(Action::Reoffer {
            leg,
            offer: None,
            connected: Some(connected),
        });
    }

    /// Whoever waits has said what media it has. False if it does not wait.
    pub(super) fn parked_answered(&mut self, leg: LegId) -> bool {
        let is_parked = |(_, call): (_, &super::call::Call)| matches!(call.stage, Stage::Parked);
        let waits = self.calls.call_of(leg).is_some_and(is_parked);
        if waits {
            let media = None;
            self.act(Action::Acknowledge { leg, media });
        }
        waits
    }

    fn arm_recall(&mut self, now: Now, id: CallId) {
        let after = Duration::from_secs(self.site.settings.park_recall_s.into());
        if !after.is_zero() {
            self.deadlines.arm(Timer::Park(id), now.uptime + after);
        }
    }

    /// Somebody dialled the number where a call waits.
    pub(super) fn fetch(
        &mut self,
        now: Now,
        leg: LegId,
        (phone, line): (&PhoneName, Option<Dn>),
        slot: &Dn,
        offer: Option<Body>,
    ) {
        let (id, waiting) = match self.fetchable(phone, slot) {
            Ok(found) => found,
            Err(why) => return self.refuse_call(leg, phone, slot, why),
        };
        tracing::info!(call = %id, %phone, %slot, "parked call fetched");
        self.stop_recall(now, id);
        let own = self.lines_of(phone);
        let line = line.filter(|line| own.contains(line));
        let line = line.unwrap_or_else(|| self.party_at(phone).dn);
        self.add_leg(id, leg, phone, &line, LegState::Calling);
        self.enter_transfer_from_slot(id, waiting, Target::TakenOver(leg));
        let connected = Some(self.party_at(phone));
        self.act(Action::Reoffer {
            leg: waiting,
            offer,
            connected,
        });
    }

    /// The rule: the call that waits at a slot, unless somebody else has it in a moment.
    fn fetchable(&mut self, phone: &PhoneName, slot: &Dn) -> Result<(CallId, LegId), Refusal> {
        let conflict = |text: String| Err(Refusal::Conflict(text));
        let Some(id) = self.lot.0.get(slot).map(|parked| parked.call) else {
            return conflict(format!("No call is parked at {slot}"));
        };
        let comes_back = self.transfer(id).is_some_and(|(_, it)| it.is_ringing());
        let Some(call) = self.calls.call(id) else {
            return conflict(format!("No call is parked at {slot}"));
        };
        let waiting = call.caller;
        if !matches!(call.stage, Stage::Parked) && !comes_back {
            return conflict("Somebody else has just taken that call".into());
        }
        if self.phone_of(waiting)? == *phone {
            return conflict("This phone itself is parked there".into());
        }
        Ok((id, waiting))
    }

    /// Nobody has fetched it: it rings where whoever parked it is now.
    pub(super) fn park_overdue(&mut self, now: Now, id: CallId) {
        let Some((slot, phones)) = self.comes_back_to(id) else {
            return;
        };
        let waiting = self.calls.call(id).map(|call| call.caller);
        let from = waiting.and_then(|leg| Some((leg, self.phone_of(leg).ok()?)));
        let (Some((waiting, from)), Some(first)) = (from.clone(), phones.first()) else {
            if let Some((waiting, _)) = from {
                self.waits_on(now, id, waiting);
            }
            return;
        };
        tracing::info!(call = %id, %slot, rings = ?phones, "parked call comes back");
        let called = self.party_at(first).dn;
        let attempt = Attempt {
            stays: true,
            ..self.attempt_for((waiting, &from), &called, History::default())
        };
        for phone in &phones {
            self.act(Action::Tell {
                phone: phone.clone(),
                notice: Notice::News,
                text: format!("Nobody has fetched the call at {slot}"),
            });
        }
        self.enter_transfer_from_slot(id, waiting, Target::Ringing(Box::new(attempt)));
        self.ring_all(now, id, &called, phones);
    }

    /// Where a call that waits comes back to: to its slot, and the phones of whoever parked it that can be reached.
    fn comes_back_to(&self, id: CallId) -> Option<(Dn, Vec<PhoneName>)> {
        let call = self.calls.call(id)?;
        if !matches!(call.stage, Stage::Parked) {
            return None;
        }
        let (slot, parked) = self.lot.slot_of(id)?;
        let sessions = parked.user.iter().flat_map(|user| self.sessions_of(user));
        let phones = sessions.filter_map(|id| self.sessions.get(&id));
        let phones: Vec<PhoneName> = phones.map(|s| s.stored.phone.clone()).collect();
        let phones = match phones.is_empty() {
            true => vec![parked.by.clone()],
            false => phones,
        };
        let waits_at = self.phone_of(call.caller).ok();
        let is_there = |phone: &PhoneName| {
            let state = self.phones.get(phone);
            state.is_some_and(|state| state.registered) && waits_at.as_ref() != Some(phone)
        };
        let there = phones.into_iter().filter(is_there).collect();
        Some((slot.clone(), there))
    }

    /// It does not ring any more, wherever it did.
    fn stop_recall(&mut self, now: Now, id: CallId) {
        self.deadlines.disarm(&Timer::Park(id));
        self.deadlines.disarm(&Timer::NoAnswer(id));
        let attempt = self.calls.attempt(id);
        let ringing = attempt.map(|attempt| attempt.callees.clone());
        self.stop_ringing(now, id, &ringing.unwrap_or_default());
    }

    fn enter_transfer_from_slot(&mut self, id: CallId, waiting: LegId, target: Target) {
        let by = self.lot.slot_of(id).map(|(_, parked)| parked.by.clone());
        if let Some(by) = by {
            self.enter_transfer_from(id, waiting, (Place::Parked, by, None), target);
        }
    }

    /// Nobody has it after all: it waits on.
    pub(super) fn waits_on(&mut self, now: Now, id: CallId, waiting: LegId) {
        let slot = self.lot.slot_of(id).map(|(slot, _)| slot.clone());
        if let Some(call) = self.calls.call_mut(id) {
            call.stage = Stage::Parked;
        }
        if let Some(slot) = slot {
            self.hush_parked(waiting, &slot);
        }
        self.arm_recall(now, id);
    }

    /// Whoever waited has hung up.
    pub(super) fn left_slot(&mut self, now: Now, id: CallId, leg: LegId) {
        tracing::info!(call = %id, "parked call ended");
        self.unpark(id);
        self.calls.remove(id);
        self.drop_leg(now, leg);
    }

    /// A call waits no longer: its slot is free. Nothing happens to one that did not.
    pub(super) fn unpark(&mut self, id: CallId) {
        self.lot.leave(id);
        self.deadlines.disarm(&Timer::Park(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// rules: CAL-2
    #[test]
    fn the_first_slot_that_is_free_is_taken() {
        let slots = ["7001", "7002"].map(Dn::from);
        let mut lot = Lot::default();
        let taken = |lot: &Lot| lot.free(&slots).map(Dn::as_str).ok();
        let parked = |id| Parked {
            call: CallId::of(id),
            by: "desk-1".into(),
            user: None,
        };
        assert_eq!(taken(&lot), Some("7001"));
        lot.0.insert(slots[0].clone(), parked(1));
        assert_eq!(taken(&lot), Some("7002"));
        lot.0.insert(slots[1].clone(), parked(2));
        assert_eq!(taken(&lot), None);
        assert!(lot.free(&[]).is_err());
        lot.leave(CallId::of(1));
        assert_eq!((taken(&lot), lot.len()), (Some("7001"), 1));
    }
}
