//! Transfer: the first key holds the call and begins another, the second one joins both.

use super::call::CallStage;
use super::screen::Look;
use super::shared::{Shared, Waiting};
use super::station::Station;
use super::wire::{CallState, KeySet, Label};
use crate::pbx::{Event, Refusal, TransferTo};

impl Station {
    /// The transfer key, in a call.
    pub fn transfer(&mut self, shared: &mut Shared, reference: u32) {
        let Some(call) = self.call(reference) else {
            return;
        };
        let (line, leg, consults) = (call.line, call.leg(), call.consults);
        match (&call.stage, consults) {
            // Nobody has answered there: whoever is handed on waits for that.
            (CallStage::Calling(_) | CallStage::Talking(_), Some(first)) => {
                self.join(shared, first, reference);
            }
            (CallStage::Talking(_), None) if leg.is_some() => {
                // Beginning another call holds this one.
                if let Some(second) = self.begin(shared, line)
                    && let Some(call) = self.call_mut(second)
                {
                    call.consults = Some(reference);
                }
            }
            _ => {}
        }
    }

    fn join(&mut self, shared: &mut Shared, first: u32, second: u32) {
        let leg = self.call(first).and_then(super::call::Call::leg);
        let other = self.call(second).and_then(super::call::Call::leg);
        let (Some(leg), Some(other)) = (leg, other) else {
            return;
        };
        let ticket = shared.mint_ticket(Waiting::Transfer(self.name.clone(), first));
        let to = TransferTo::Call(other);
        shared.events.push(Event::Transferred { leg, ticket, to });
        if let Some(call) = self.call(second) {
            self.prompt(shared, (call.line, second), Label::CALL_TRANSFER);
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
