//! Transfer: the first key holds the call and begins another, the second one joins both; before anybody has answered
//! there it is enough to hang up. A key of its own joins two calls that were begun otherwise.

use super::call::{Call, CallStage};
use super::screen::Look;
use super::shared::{Shared, Waiting};
use super::station::{Hook, Station};
use super::wire::{CallState, KeySet, Label};
use crate::pbx::{Event, LegId, Refusal, TransferTo};

impl Station {
    /// The transfer key, in a call.
    pub fn transfer(&mut self, shared: &mut Shared, reference: u32) {
        let consulting = self.consulting(reference);
        let Some(call) = self.call(reference) else {
            return;
        };
        match (&call.stage, call.consults) {
            // Nobody has answered there: whoever is handed on waits for that.
            (CallStage::Calling(_) | CallStage::Talking(_), Some(first)) => {
                self.join(shared, first, reference);
            }
            (CallStage::Dialling(digits), Some(first)) if !digits.reveal().is_empty() => {
                let to = TransferTo::Number(digits.clone());
                self.remove(shared, reference);
                self.hand_on(shared, first, to);
            }
            (CallStage::Talking(_) | CallStage::Holding(_), None) => match consulting {
                Some(second) => self.join(shared, reference, second),
                None => self.consult(shared, reference),
            },
            _ => {}
        }
    }

    /// Begins the call to whom another one is to be handed on, which holds that.
    fn consult(&mut self, shared: &mut Shared, reference: u32) {
        let line = self.call(reference).map_or(1, |call| call.line);
        if let Some(second) = self.begin(shared, line)
            && let Some(call) = self.call_mut(second)
        {
            call.consults = Some(reference);
        }
    }

    /// The conference key, in a call: the first one begins another call, the second one lets all talk with each other. Two
    /// calls that were begun otherwise are joined at once.
    pub fn confer(&mut self, shared: &mut Shared, reference: u32) {
        let first = self.call(reference).and_then(|call| call.consults);
        let first = first.or_else(|| self.joinable(reference));
        let is_talking = |reference| {
            let stage = self.call(reference).map(|call| &call.stage);
            matches!(stage, Some(CallStage::Talking(_)))
        };
        if !is_talking(reference) {
            return;
        }
        let leg_of = |reference| self.call(reference).and_then(Call::leg);
        if let (Some(leg), Some(other)) = (leg_of(reference), first.and_then(leg_of)) {
            let ticket = shared.mint_ticket(Waiting::Setting(self.name.clone(), None));
            let asked = Event::ConferenceAsked { ticket, leg, other };
            return shared.events.push(asked);
        }
        self.consult(shared, reference);
        let mut calls = self.calls.iter_mut();
        if let Some(second) = calls.find(|call| call.consults == Some(reference)) {
            second.confers = true;
        }
    }

    /// The call that somebody has begun to hand this one on, once it is more than a number.
    fn consulting(&self, reference: u32) -> Option<u32> {
        let mut calls = self.calls.iter();
        let is_it = |call: &&Call| call.consults == Some(reference) && call.can_be_joined();
        calls.find(is_it).map(|call| call.reference)
    }

    /// The other call that a call can be joined with; there must be just one.
    pub fn joinable(&self, reference: u32) -> Option<u32> {
        let this = self.call(reference).filter(|call| call.can_be_joined())?;
        let mut others = self.calls.iter().filter(|call| {
            call.reference != reference && call.can_be_joined() && call.consults.is_none()
        });
        let other = others.next()?;
        let is_one = others.next().is_none() && this.consults.is_none();
        is_one.then_some(other.reference)
    }

    /// The key that joins two calls.
    pub fn join_directly(&mut self, shared: &mut Shared, reference: u32) {
        let Some(other) = self.joinable(reference) else {
            return;
        };
        let is_answered = |reference| {
            let call = self.call(reference);
            call.is_some_and(|call| !matches!(call.stage, CallStage::Calling(_)))
        };
        if is_answered(other) {
            self.join(shared, other, reference);
        } else if is_answered(reference) {
            self.join(shared, reference, other);
        }
    }

    /// Whoever hangs up before anybody has answered where a call is to go to, hands it on (CAL-2). Whether it was so.
    pub fn hands_on_by_hook(&mut self, shared: &mut Shared, reference: u32) -> bool {
        let Some(call) = self.call(reference) else {
            return false;
        };
        let rings = matches!(call.stage, CallStage::Calling(_)) && !call.confers;
        let (true, Some(first)) = (rings, call.consults) else {
            return false;
        };
        if !self.call(first).is_some_and(Call::is_held) {
            return false;
        }
        self.join(shared, first, reference);
        true
    }

    fn join(&mut self, shared: &mut Shared, first: u32, second: u32) {
        let Some(other) = self.call(second).and_then(Call::leg) else {
            return;
        };
        if self.hand_on(shared, first, TransferTo::Call(other))
            && let Some(call) = self.call_mut(second)
        {
            call.is_handed_on = true;
        }
    }

    /// Hands a call on. False if there is no such call any more.
    fn hand_on(&mut self, shared: &mut Shared, first: u32, to: TransferTo) -> bool {
        let leg: Option<LegId> = self.call(first).and_then(Call::leg);
        let Some(leg) = leg else {
            return false;
        };
        let ticket = shared.mint_ticket(Waiting::Transfer(self.name.clone(), first));
        shared.events.push(Event::Transferred { leg, ticket, to });
        true
    }

    /// It is being done.
    pub fn transfer_begun(&self, shared: &mut Shared, reference: u32) {
        if let Some(call) = self.call(reference) {
            self.prompt(shared, (call.line, reference), Label::CALL_TRANSFER);
        }
    }

    /// What became of a transfer. If it succeeded both calls are released; else they are what they were.
    pub fn transfer_ended(
        &mut self,
        shared: &mut Shared,
        reference: u32,
        outcome: Result<(), Refusal>,
    ) {
        let Err(why) = outcome else {
            return;
        };
        for call in &mut self.calls {
            call.is_handed_on = false;
        }
        if self.hook == Hook::On
            && let Some(active) = self.active().map(|call| call.reference)
        {
            // Whoever hung up to hand it on has hung up nevertheless.
            self.end(shared, active);
        }
        let Some(call) = self.call(reference) else {
            return;
        };
        let at = (call.line, reference);
        if call.is_held() {
            let look = Look {
                state: CallState::Hold,
                keys: KeySet::OnHold,
                prompt: why.text().into(),
            };
            self.look(shared, at, look);
        }
    }
}
