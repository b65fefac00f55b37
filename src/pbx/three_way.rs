//! Two calls of one phone become one: whoever has both talks with all of the others (CAL-2). For phones that mix nothing
//! themselves.

use super::Pbx;
use super::action::{Action, Refusal};
use super::call::CallId;
use super::change::Signal;
use super::event::{Failure, LegId, Ticket};
use super::login::Asker;
use super::mix::ConferenceId;
use super::names::PhoneName;
use crate::time::Now;

/// Two calls that are about to be one, until there are ends for all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Joining {
    /// Who waits for the answer.
    ticket: Ticket,
    /// The leg that goes on.
    stays: LegId,
    /// The other leg of the same phone's, which ends.
    ends: LegId,
    /// Who is at its other end.
    comes: LegId,
}

impl Pbx {
    /// Somebody in a call wants the other party of another call of theirs to come in.
    pub(super) fn confer(&mut self, now: Now, ticket: Ticket, stays: LegId, ends: LegId) {
        if let Ok(phone) = self.phone_of(stays) {
            self.phone_used(now, &phone, Signal::Key);
        }
        match self.may_confer(stays, ends) {
            Ok((id, phone, comes)) => {
                tracing::info!(call = %id, %phone, "two calls become one");
                let joining = Joining {
                    ticket,
                    stays,
                    ends,
                    comes,
                };
                self.joinings.insert(id.conference(), joining);
                self.open_ends(id, comes);
            }
            Err(why) => self.answer(Asker::Ticket(ticket), Err(why)),
        }
    }

    /// The rule: both are answered calls of one phone, and nothing is under way in either.
    fn may_confer(&self, stays: LegId, ends: LegId) -> Result<(CallId, PhoneName, LegId), Refusal> {
        let phone = self.phone_of(stays)?;
        let id = self.calls.leg(stays).map(|leg| leg.call);
        let id = id.ok_or(Refusal::Failed(Failure::Gone))?;
        let (other, at, comes) = self.transferable(ends)?;
        if at != phone || other == id {
            return Err(Refusal::NotAllowed);
        }
        if self.joinings.contains_key(&id.conference()) {
            return Err(Refusal::Failed(Failure::Glare));
        }
        self.has_room(id)?;
        Ok((id, phone, comes))
    }

    /// There are ends for all, or none. False if no calls were to become one there.
    pub(super) fn joined(
        &mut self,
        now: Now,
        conference: ConferenceId,
        outcome: Result<(), Refusal>,
    ) -> bool {
        let Some(joining) = self.joinings.remove(&conference) else {
            return false;
        };
        let Joining {
            ticket,
            stays,
            ends,
            comes,
        } = joining;
        let id = CallId::of_conference(conference);
        // Somebody may have hung up at this moment.
        let outcome = outcome.and_then(|()| match self.transferable(ends) {
            Ok((other, ..)) => self.has_room(id).map(|()| other),
            Err(why) => Err(why),
        });
        let outcome = match outcome {
            Ok(other) => {
                self.calls.remove(other);
                if let Some(leg) = self.calls.leg_mut(comes) {
                    leg.call = id;
                }
                self.comes_along(id, stays, comes);
                self.release(ends, "Conference", false);
                self.drop_leg(now, ends);
                Ok(String::from("Conference"))
            }
            Err(why) => Err(why),
        };
        self.act(Action::Reply { ticket, outcome });
        true
    }
}
