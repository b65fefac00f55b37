//! The pairs of parties that a relay stands between.
//!
//! A pair belongs to the leg whose media is the harder to speak. The other one is whoever that leg talks with, so that
//! a transfer is a change of address to the relay, and what its owner has agreed with the relay stays as it is. While
//! phones ring for the owner there is a pair for each of them.

use std::collections::BTreeMap;

use crate::media::relay::{RelayCall, Role, Side};
use crate::pbx::LegId;

/// Whose a pair is, and which phone rings for it.
pub type Key = (LegId, Option<LegId>);

/// One of them.
#[derive(Debug)]
pub struct Pair {
    /// What the relay knows it as.
    pub call: RelayCall,
    /// Whether a phone rings with an offer, so that what it says next is an answer.
    pub rang: bool,
    /// Whose offer waits for an answer.
    offered_by: Option<Side>,
    /// Whether both have described themselves.
    pub is_known: bool,
}

impl Pair {
    /// What a description from one side is, if the action that carries it may carry either.
    pub fn role(&self, from: Side) -> Role {
        match self.rang || self.offered_by == Some(from.across()) {
            true => Role::Answer,
            false => Role::Offer,
        }
    }

    /// One side has described itself.
    pub fn described(&mut self, from: Side, role: Role, is_final: bool) {
        match role {
            Role::Offer => self.offered_by = Some(from),
            Role::Answer => {
                self.is_known = true;
                if is_final {
                    self.offered_by = None;
                    self.rang = false;
                }
            }
        }
    }
}

/// All of them.
#[derive(Debug, Default)]
pub struct Pairs {
    pairs: BTreeMap<Key, Pair>,
    /// Whose pair a phone that rings is the other side of.
    rung: BTreeMap<LegId, LegId>,
    last: u64,
    /// What the relay is to forget.
    forgotten: Vec<RelayCall>,
}

impl Pairs {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether a leg has one.
    pub fn is_owner(&self, leg: LegId) -> bool {
        let from = (leg, None);
        self.pairs
            .range(from..)
            .next()
            .is_some_and(|(key, _)| key.0 == leg)
    }

    /// Whether a leg has agreed on its media with the relay.
    pub fn is_settled(&self, leg: LegId) -> bool {
        let pair = self.pairs.get(&(leg, None));
        pair.is_some_and(|pair| pair.is_known)
    }

    /// The pair of an owner: with the phone that rings, or with whoever it talks with. Made if there is none.
    pub fn get(&mut self, owner: LegId, rings: Option<LegId>) -> (Key, &mut Pair) {
        let rings = rings.filter(|leg| *leg != owner);
        let exact = (owner, rings);
        let key = match self.pairs.contains_key(&exact) {
            true => exact,
            false => (owner, None),
        };
        (key, self.entry(key))
    }

    /// A new pair, for a phone that is about to ring.
    pub fn begin(&mut self, owner: LegId, rings: LegId) -> (Key, &mut Pair) {
        let key = (owner, Some(rings).filter(|leg| *leg != owner));
        if key.1.is_some() {
            self.rung.insert(rings, owner);
        }
        (key, self.entry(key))
    }

    fn entry(&mut self, key: Key) -> &mut Pair {
        let last = &mut self.last;
        self.pairs.entry(key).or_insert_with(|| {
            *last += 1;
            Pair {
                call: RelayCall(*last),
                rang: false,
                offered_by: None,
                is_known: false,
            }
        })
    }

    /// The phone of a pair has answered: it is whom the owner talks with now.
    pub fn answered(&mut self, key: Key) {
        let (owner, Some(rang)) = key else {
            return;
        };
        self.rung.remove(&rang);
        if let Some(pair) = self.pairs.remove(&key)
            && let Some(before) = self.pairs.insert((owner, None), pair)
        {
            self.forgotten.push(before.call);
        }
    }

    /// An owner's offer came to nothing, or another one is asked for.
    pub fn offer_again(&mut self, owner: LegId) {
        if let Some(pair) = self.pairs.get_mut(&(owner, None)) {
            pair.offered_by = None;
        }
    }

    /// Two parties understand each other as they are.
    pub fn drop_pair(&mut self, key: Key) {
        if let Some(pair) = self.pairs.remove(&key) {
            self.forgotten.push(pair.call);
        }
    }

    /// A leg is over: so are the pairs that are its own, and the one for which it rang.
    pub fn ended(&mut self, leg: LegId) {
        if let Some(owner) = self.rung.remove(&leg) {
            self.drop_pair((owner, Some(leg)));
        }
        while let Some((key, _)) = self.pairs.range((leg, None)..).next()
            && key.0 == leg
        {
            let key = *key;
            self.rung.retain(|rung, _| Some(*rung) != key.1);
            self.drop_pair(key);
        }
    }

    /// Takes out what the relay is to forget.
    pub fn take_forgotten(&mut self) -> Vec<RelayCall> {
        std::mem::take(&mut self.forgotten)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: LegId = LegId(1);

    #[test]
    fn whoever_answers_is_kept_and_who_only_rang_is_forgotten() {
        let mut pairs = Pairs::default();
        let first = pairs.begin(OWNER, LegId(2)).1.call;
        let (key, second) = pairs.begin(OWNER, LegId(3));
        let second = second.call;
        pairs.answered(key);
        pairs.ended(LegId(2));
        assert_eq!(pairs.take_forgotten(), [first]);
        assert_eq!(pairs.get(OWNER, None).1.call, second);
        pairs.ended(LegId(3));
        assert_eq!(pairs.take_forgotten(), [], "its owner may talk with others");
        pairs.ended(OWNER);
        assert_eq!(pairs.take_forgotten(), [second]);
        assert_eq!((pairs.len(), pairs.rung.len()), (0, 0));
    }

    #[test]
    fn an_answer_is_told_from_an_offer_by_what_was_said_before() {
        let mut pairs = Pairs::default();
        let (_, pair) = pairs.get(OWNER, None);
        assert_eq!(pair.role(Side::Other), Role::Offer);
        pair.described(Side::Other, Role::Offer, true);
        assert_eq!(pair.role(Side::Owner), Role::Answer);
        pair.described(Side::Owner, Role::Answer, true);
        assert!(pair.is_known);
        assert!(pairs.is_settled(OWNER));
        let (_, pair) = pairs.get(OWNER, None);
        assert_eq!(pair.role(Side::Owner), Role::Offer);
        pair.described(Side::Owner, Role::Offer, true);
        pairs.offer_again(OWNER);
        assert_eq!(pairs.get(OWNER, None).1.role(Side::Other), Role::Offer);
    }
}
