//! How pilots of hunt groups stand, for whoever has a lamp for one (CAL-3, HG-1).
//!
//! A pilot is at no phone, so its lamp says how the group does: dark while no member is there and ready, ringing while a call
//! rings at one, held while a caller waits. Whoever answers is in use, and the pilot is free for the next.

use super::Pbx;
use super::call::CallId;
use super::event::LegId;
use super::hunt_group::DEEPEST_NESTING;
use super::lamp::{LineCall, LineCallState, LineStatus, nobody};
use super::names::{Dn, HuntGroupName, PhoneName};

/// The rule: how a call to a pilot stands. One that waits is held there; when it is offered to a member, it rings.
fn state_of(waits: bool, rings: bool) -> LineCallState {
    match waits && !rings {
        true => LineCallState::Holding,
        false => LineCallState::Ringing,
    }
}

impl Pbx {
    /// How a pilot stands.
    pub(super) fn pilot_status(
        &self,
        pilot: &Dn,
        group: &HuntGroupName,
        version: u64,
    ) -> LineStatus {
        let mut calls: Vec<LineCall> = self
            .hunting
            .under_way(pilot)
            .filter_map(|id| self.pilot_call(id))
            .collect();
        calls.sort_by_key(|call| call.leg);
        LineStatus {
            dn: pilot.clone(),
            version,
            phones: Vec::new(),
            present: self.is_staffed(group, DEEPEST_NESTING),
            calls,
            taken: Vec::new(),
        }
    }

    fn pilot_call(&self, id: CallId) -> Option<LineCall> {
        let call = self.calls.call(id)?;
        let attempt = call.stage.attempt()?;
        let hunt = attempt.hunt.as_deref()?;
        let leg = self.calls.leg(call.caller)?;
        let private = self.is_private(&leg.phone);
        Some(LineCall {
            leg: call.caller,
            call: id.conference().0,
            phone: leg.phone.clone(),
            state: state_of(hunt.queued.is_some(), hunt.is_ringing()),
            is_caller: false,
            other: match private {
                true => nobody(),
                false => attempt.caller.clone(),
            },
            private,
            index: None,
        })
    }

    /// The legs of members that ring because somebody called a pilot.
    pub(super) fn rings_for_pilot(&self, pilot: &Dn) -> Vec<LegId> {
        let calls = self.hunting.under_way(pilot);
        let attempts = calls.filter_map(|id| self.calls.call(id)?.stage.attempt());
        attempts
            .flat_map(|attempt| &attempt.callees)
            .copied()
            .collect()
    }

    /// Whether any member of a group, or of those in its list, is at a phone that can be reached, and ready.
    fn is_staffed(&self, group: &HuntGroupName, deeper: usize) -> bool {
        let members = self.members_of(group);
        members
            .iter()
            .any(|member| match self.directory.pilot(&member.dn) {
                Some(inner) => deeper > 1 && self.is_staffed(inner, deeper - 1),
                None => {
                    let is_there =
                        |phone: &PhoneName| self.phones.get(phone).is_some_and(|it| it.registered);
                    let mut phones = self.directory.phones_with(&member.dn);
                    phones.any(is_there) && self.takes_hunt_calls(group, &member.dn)
                }
            })
    }

    /// A pilot may stand otherwise: a call came, rings, waits or is over.
    pub(super) fn pilot_changed(&mut self, pilot: &Dn) {
        self.lamps.touch_if_watched(pilot);
    }

    /// The same of a call that is in a group.
    pub(super) fn pilot_of_changed(&mut self, id: CallId) {
        if let Some(pilot) = self.hunt(id).map(|hunt| hunt.pilot.clone()) {
            self.pilot_changed(&pilot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pbx::{Lamp, LegIds};

    /// rules: CAL-3, HG-1
    #[test]
    fn a_caller_who_waits_shows_until_somebody_rings() {
        let table = [
            (false, true, Lamp::Ringing),
            (false, false, Lamp::Ringing),
            (true, true, Lamp::Ringing),
            (true, false, Lamp::Held),
        ];
        for (waits, rings, lamp) in table {
            let call = LineCall {
                leg: LegIds::minted_by(9).mint(),
                call: 1,
                phone: "desk-1".into(),
                state: state_of(waits, rings),
                is_caller: false,
                other: nobody(),
                private: false,
                index: None,
            };
            let status = LineStatus {
                dn: "4200".into(),
                version: 1,
                phones: Vec::new(),
                present: true,
                calls: vec![call],
                taken: Vec::new(),
            };
            assert_eq!(status.lamp(), lamp, "{waits} {rings}");
        }
    }
}
