//! Which of a number's calls is which (CAL-3): the index under which all phones of a line show the same call, and who has
//! taken an index to dial on.
//!
//! Calls have indexes only while somebody looks at their number. The least that is free is given, so a line with two calls
//! has the first two; a call keeps its index at whichever phone it goes on.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Pbx;
use super::action::{Action, Refusal};
use super::call::{CallId, LegState};
use super::event::{LegId, Ticket};
use super::names::{Dn, PhoneName};

/// The greatest index. Calls beyond it are shown without one.
const MOST: u8 = 24;

/// What has an index.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Holder {
    /// A call.
    Call(CallId),
    /// A phone where somebody is about to dial.
    Taken(PhoneName),
}

/// All indexes.
#[derive(Debug, Default)]
pub(super) struct CallIndexes {
    held: HashMap<Dn, BTreeMap<u8, Holder>>,
    /// On which number a phone has taken one: one at most.
    taken: BTreeMap<PhoneName, Dn>,
}

impl CallIndexes {
    /// The index of a call.
    pub fn of(&self, dn: &Dn, call: CallId) -> Option<u8> {
        self.place_of(dn, &Holder::Call(call))
    }

    /// The call that has an index.
    pub fn call_at(&self, dn: &Dn, index: u8) -> Option<CallId> {
        match self.held.get(dn)?.get(&index)? {
            Holder::Call(call) => Some(*call),
            Holder::Taken(_) => None,
        }
    }

    /// The indexes of a number that are taken to dial on, and where.
    pub fn taken_of(&self, dn: &Dn) -> Vec<(u8, PhoneName)> {
        let held = self.held.get(dn).into_iter().flatten();
        let taken = held.filter_map(|(index, holder)| match holder {
            Holder::Taken(phone) => Some((*index, phone.clone())),
            Holder::Call(_) => None,
        });
        taken.collect()
    }

    /// Whether somebody is about to dial with a number.
    pub fn is_taken(&self, dn: &Dn) -> bool {
        let mut held = self.held.get(dn).into_iter().flatten();
        held.any(|(_, holder)| matches!(holder, Holder::Taken(_)))
    }

    /// Gives a call its index, unless it has one: the one that its caller has taken, or the least that is free.
    fn give(&mut self, dn: &Dn, call: CallId, caller: Option<&PhoneName>) {
        if self.of(dn, call).is_some() {
            return;
        }
        let taken = caller.and_then(|phone| self.place_of(dn, &Holder::Taken(phone.clone())));
        if let (Some(_), Some(phone)) = (taken, caller) {
            self.taken.remove(phone);
        }
        if let Some(index) = taken.or_else(|| self.least_free(dn)) {
            let held = self.held.entry(dn.clone()).or_default();
            held.insert(index, Holder::Call(call));
        }
    }

    /// A phone takes an index; none if that one is not free.
    fn take(&mut self, dn: &Dn, phone: &PhoneName, index: u8) -> Option<u8> {
        let held = self.held.entry(dn.clone()).or_default();
        if held.contains_key(&index) {
            return None;
        }
        held.insert(index, Holder::Taken(phone.clone()));
        self.taken.insert(phone.clone(), dn.clone());
        Some(index)
    }

    /// A phone has taken none any more. On which number it had one.
    fn give_back(&mut self, phone: &PhoneName) -> Option<Dn> {
        let dn = self.taken.remove(phone)?;
        if let Some(held) = self.held.get_mut(&dn) {
            held.retain(|_, holder| *holder != Holder::Taken(phone.clone()));
        }
        Some(dn)
    }

    /// Takes back what calls had that are over, and phones that have not got the number any more.
    fn keep(&mut self, dn: &Dn, calls: &BTreeSet<CallId>, is_on: impl Fn(&PhoneName) -> bool) {
        let Some(held) = self.held.get_mut(dn) else {
            return;
        };
        let taken = &mut self.taken;
        held.retain(|_, holder| match holder {
            Holder::Call(call) => calls.contains(call),
            Holder::Taken(phone) => is_on(phone) || taken.remove(phone).is_none(),
        });
        if held.is_empty() {
            self.held.remove(dn);
        }
    }

    /// Nobody looks at a number any more.
    pub fn forget(&mut self, dn: &Dn) {
        self.held.remove(dn);
    }

    fn place_of(&self, dn: &Dn, wanted: &Holder) -> Option<u8> {
        let mut held = self.held.get(dn)?.iter();
        held.find(|(_, holder)| *holder == wanted)
            .map(|(index, _)| *index)
    }

    fn least_free(&self, dn: &Dn) -> Option<u8> {
        let held = self.held.get(dn);
        (1..=MOST).find(|index| held.is_none_or(|held| !held.contains_key(index)))
    }
}

impl Pbx {
    /// Somebody at a phone is about to dial, and takes an index of its prime line: the one that the phone names, or any.
    pub(super) fn line_taken(&mut self, ticket: Ticket, phone: &PhoneName, wanted: Option<u8>) {
        let outcome = self.take_index(phone, wanted);
        if let Err(why) = &outcome {
            tracing::info!(%phone, why = %why.text(), "line not to be had");
        }
        self.act(Action::AnswerTaking { ticket, outcome });
    }

    /// The rule: whoever comes first has it. A line on which no index is left is had without one, so that help can be
    /// called.
    fn take_index(&mut self, phone: &PhoneName, wanted: Option<u8>) -> Result<Option<u8>, Refusal> {
        self.line_given_back(phone);
        let Some(dn) = self.lines_of(phone).into_iter().next() else {
            return Ok(None);
        };
        self.index_calls(&dn);
        if wanted.is_some_and(|index| index > MOST) {
            let text = format!("Calls of {dn} are numbered from 1 to {MOST}");
            return Err(Refusal::Conflict(text));
        }
        let Some(index) = wanted.or_else(|| self.lamps.indexes.least_free(&dn)) else {
            return Ok(None);
        };
        let taken = self.lamps.indexes.take(&dn, phone, index);
        self.lamps.touch(dn.clone());
        match taken {
            Some(index) => Ok(Some(index)),
            None => Err(Refusal::Conflict(format!("Call {index} of {dn} is in use"))),
        }
    }

    /// Nobody is about to dial there any more.
    pub(super) fn line_given_back(&mut self, phone: &PhoneName) {
        if let Some(dn) = self.lamps.indexes.give_back(phone) {
            self.lamps.touch(dn);
        }
    }

    /// Gives every call of a number that is looked at its index, and takes those back that are free.
    pub(super) fn index_calls(&mut self, dn: &Dn) {
        let phones: Vec<PhoneName> = self.directory.phones_with(dn).cloned().collect();
        let legs = phones.iter().filter_map(|name| self.phones.get(name));
        let legs = legs.flat_map(|phone| &phone.legs);
        let legs = legs.filter_map(|id| Some((*id, self.calls.leg(*id)?)));
        let mut legs: Vec<(LegId, CallId, Option<PhoneName>)> = legs
            .filter(|(_, leg)| leg.line == *dn)
            .map(|(id, leg)| {
                let calls = leg.state == LegState::Calling;
                (id, leg.call, calls.then(|| leg.phone.clone()))
            })
            .collect();
        legs.sort_unstable_by_key(|(id, ..)| *id);
        let calls = legs.iter().map(|(_, call, _)| *call).collect();
        let indexes = &mut self.lamps.indexes;
        indexes.keep(dn, &calls, |phone| phones.contains(phone));
        for (_, call, caller) in &legs {
            indexes.give(dn, *call, caller.as_ref());
        }
    }

    /// The index of a call that is about to ring at a phone, if somebody looks at its number.
    pub(super) fn index_of(&mut self, dn: &Dn, call: CallId) -> Option<u8> {
        if !self.is_looked_at(dn) {
            return None;
        }
        self.index_calls(dn);
        self.lamps.indexes.of(dn, call)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// rules: CAL-3
    #[test]
    fn a_call_has_the_least_index_that_is_free_and_keeps_it() {
        let (dn, mut indexes) = (Dn::from("9100"), CallIndexes::default());
        let [one, two, three] = [1, 2, 3].map(CallId::of);
        for call in [one, two, one] {
            indexes.give(&dn, call, None);
        }
        assert_eq!(
            (indexes.of(&dn, one), indexes.of(&dn, two)),
            (Some(1), Some(2))
        );
        indexes.keep(&dn, &BTreeSet::from([two]), |_| true);
        indexes.give(&dn, three, None);
        assert_eq!(
            (indexes.of(&dn, two), indexes.of(&dn, three)),
            (Some(2), Some(1))
        );
        assert_eq!(indexes.call_at(&dn, 2), Some(two));
        assert_eq!(indexes.of(&dn, one), None);
        indexes.keep(&dn, &BTreeSet::new(), |_| true);
        assert!(indexes.held.is_empty(), "nothing is left behind");
    }

    /// rules: CAL-3
    #[test]
    fn whoever_takes_an_index_dials_on_it_and_nobody_else_has_it() {
        let (dn, mut indexes) = (Dn::from("9100"), CallIndexes::default());
        let (here, there) = (PhoneName::from("desk-1"), PhoneName::from("desk-2"));
        assert_eq!(indexes.take(&dn, &here, 1), Some(1));
        assert_eq!(indexes.take(&dn, &there, 1), None);
        assert_eq!(indexes.take(&dn, &there, 2), Some(2));
        assert_eq!(indexes.taken_of(&dn).len(), 2);
        indexes.give(&dn, CallId::of(1), Some(&there));
        assert_eq!(indexes.of(&dn, CallId::of(1)), Some(2));
        // What comes in meanwhile is another call.
        indexes.give(&dn, CallId::of(2), None);
        assert_eq!(indexes.of(&dn, CallId::of(2)), Some(3));
        assert_eq!(indexes.give_back(&here), Some(dn.clone()));
        assert_eq!(indexes.give_back(&there), None);
        assert!(!indexes.is_taken(&dn));
    }

    /// rules: CAL-3
    #[test]
    fn indexes_end_somewhere_and_go_with_the_phone() {
        let (dn, mut indexes) = (Dn::from("9100"), CallIndexes::default());
        for call in 0..100 {
            indexes.give(&dn, CallId::of(call), None);
        }
        assert_eq!(
            indexes.held[&dn].keys().next_back(),
            Some(&MOST),
            "there are no more"
        );
        let phone = PhoneName::from("desk-1");
        let other = Dn::from("9200");
        indexes.take(&other, &phone, 1);
        indexes.keep(&other, &BTreeSet::new(), |_| false);
        assert!(indexes.taken.is_empty() && !indexes.is_taken(&other));
    }
}
