//! How numbers stand, for those who watch them: lamps follow the number, wherever it is, and go dark when nobody has it.
//!
//! Only numbers that somebody watches, or that are on several phones, are looked at; and of those only what has changed.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::Pbx;
use super::action::{Action, Party};
use super::call::{self, LegState, Stage};
use super::call_index::CallIndexes;
use super::event::LegId;
use super::names::{Dn, PhoneName};

/// How a number stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineStatus {
    /// Which number.
    pub dn: Dn,
    /// Later ones are greater: one that comes late and is older says nothing new.
    pub version: u64,
    /// The phones that it is on, whether they can be reached or not.
    pub phones: Vec<PhoneName>,
    /// Whether it is on a phone that can be reached: a user's who is logged in, or a guest's.
    pub present: bool,
    /// Its calls, oldest first.
    pub calls: Vec<LineCall>,
    /// Which indexes are taken to dial on, and at which phones.
    pub taken: Vec<(u8, PhoneName)>,
}

/// A call of a number, at one phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineCall {
    /// The leg there.
    pub leg: LegId,
    /// Which call it is: others with this number are in the same one.
    pub call: u64,
    /// At which phone.
    pub phone: PhoneName,
    /// How far it is.
    pub state: LineCallState,
    /// Whether the number called, rather than being called.
    pub is_caller: bool,
    /// Who is at the other end; nobody, if that is private (PRO-6).
    pub other: Party,
    /// Whether that is nobody else's business, nor the call.
    pub private: bool,
    /// Under which index all phones of the number show it; none if there are too many calls.
    pub index: Option<u8>,
}

/// How far a call of a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineCallState {
    /// Somebody is being called.
    Calling,
    /// It rings.
    Ringing,
    /// Both talk.
    Talking,
    /// It is held here.
    Holding,
}

/// What a lamp for a number shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lamp {
    /// Nobody has the number now.
    Dark,
    /// Nothing.
    Idle,
    /// Calls ring there, and nothing else.
    Ringing,
    /// All its calls are held there.
    Held,
    /// Somebody calls or talks.
    InUse,
}

impl LineCall {
    /// Whether nobody else is to know who is at the other end.
    pub fn is_private(&self) -> bool {
        self.private
    }
}

impl LineStatus {
    /// What a lamp shows.
    pub fn lamp(&self) -> Lamp {
        let has = |states: &[LineCallState]| self.calls.iter().any(|c| states.contains(&c.state));
        match () {
            () if has(&[LineCallState::Calling, LineCallState::Talking]) => Lamp::InUse,
            () if has(&[LineCallState::Holding]) => Lamp::Held,
            () if has(&[LineCallState::Ringing]) => Lamp::Ringing,
            () if self.present => Lamp::Idle,
            () => Lamp::Dark,
        }
    }

    fn says_the_same_as(&self, other: &LineStatus) -> bool {
        self.present == other.present
            && self.calls == other.calls
            && self.phones == other.phones
            && self.taken == other.taken
    }
}

/// What is watched, and what was last shown.
#[derive(Debug, Default)]
pub(super) struct Lamps {
    /// Numbers that adapters watch, and how many adapters do.
    watched: HashMap<Dn, u32>,
    /// What was last shown of the numbers that are looked at.
    shown: HashMap<Dn, Arc<LineStatus>>,
    /// Numbers whose presence may have changed.
    touched: HashSet<Dn>,
    last_version: u64,
    /// Which call is which.
    pub indexes: CallIndexes,
}

impl Lamps {
    /// How a number stands may have changed.
    pub fn touch(&mut self, dn: Dn) {
        self.touched.insert(dn);
    }

    /// Whether anybody watches anything.
    pub fn is_watched(&self) -> bool {
        !self.watched.is_empty()
    }

    /// The same of a number that is looked at only where it is watched.
    pub fn touch_if_watched(&mut self, dn: &Dn) {
        if self.watched.contains_key(dn) {
            self.touched.insert(dn.clone());
        }
    }

    /// The same of all numbers that are watched.
    pub fn touch_all(&mut self) {
        self.touched.extend(self.watched.keys().cloned());
    }
}

impl Pbx {
    /// An adapter has its first watcher of a number, or no more. Whoever begins is told at once.
    pub(super) fn line_watched(&mut self, dn: Dn, watched: bool) {
        if watched {
            *self.lamps.watched.entry(dn.clone()).or_default() += 1;
            self.show_line(dn);
            return;
        }
        let count = self.lamps.watched.get_mut(&dn);
        if let Some(count) = count {
            *count -= 1;
            if *count == 0 {
                self.lamps.watched.remove(&dn);
                self.lamps.touched.insert(dn);
            }
        }
    }

    /// The numbers of a phone are there, or not, as the phone is.
    pub(super) fn presence_changed(&mut self, phone: &PhoneName) {
        if !self.lamps.watched.is_empty() || self.directory.has_shared() {
            let lines = self.lines_of(phone);
            self.lamps.touched.extend(lines);
        }
    }

    /// A number appears elsewhere.
    pub(super) fn line_moved(&mut self, old: &[Dn], new: &[Dn]) {
        let lines = old.iter().chain(new);
        let is_known = |dn: &&Dn| self.is_looked_at(dn) || self.lamps.shown.contains_key(*dn);
        let looked_at: Vec<Dn> = lines.filter(is_known).cloned().collect();
        self.lamps.touched.extend(looked_at);
    }

    /// Tells of every number that stands otherwise than it was last said.
    pub(super) fn show_lines(&mut self) {
        let mut touched: BTreeSet<Dn> = self.calls.take_touched().into_iter().collect();
        touched.extend(self.lamps.touched.drain());
        for dn in touched {
            let is_looked_at = self.is_looked_at(&dn);
            let was = self.lamps.shown.get(&dn);
            if !is_looked_at && was.is_none() {
                self.lamps.indexes.forget(&dn);
                continue;
            }
            self.index_calls(&dn);
            let was = self.lamps.shown.get(&dn);
            let status = self.line_status(&dn, 0);
            if was.is_none_or(|was| !was.says_the_same_as(&status)) {
                self.show_line(dn.clone());
            }
            if !is_looked_at {
                self.lamps.shown.remove(&dn);
                self.lamps.indexes.forget(&dn);
            }
        }
    }

    /// Whether anybody cares how a number stands.
    pub(super) fn is_looked_at(&self, dn: &Dn) -> bool {
        let is_watched = self.lamps.watched.contains_key(dn);
        is_watched || self.directory.is_shared(dn) || self.lamps.indexes.is_taken(dn)
    }

    fn show_line(&mut self, dn: Dn) {
        self.index_calls(&dn);
        self.lamps.last_version += 1;
        let status = Arc::new(self.line_status(&dn, self.lamps.last_version));
        self.lamps.shown.insert(dn, Arc::clone(&status));
        self.act_stored(Action::ShowLine { status });
    }

    fn line_status(&self, dn: &Dn, version: u64) -> LineStatus {
        if let Some(group) = self.directory.pilot(dn) {
            return self.pilot_status(dn, group, version);
        }
        let mut calls = Vec::new();
        let mut present = false;
        for name in self.directory.phones_with(dn) {
            let Some(phone) = self.phones.get(name) else {
                continue;
            };
            present |= phone.registered;
            let legs = phone.legs.iter().filter_map(|id| {
                let leg = self.calls.leg(*id).filter(|leg| leg.line == *dn)?;
                self.line_call(*id, leg)
            });
            calls.extend(legs);
        }
        calls.sort_by_key(|call| call.leg);
        LineStatus {
            dn: dn.clone(),
            version,
            phones: self.directory.phones_with(dn).cloned().collect(),
            present,
            calls,
            taken: self.lamps.indexes.taken_of(dn),
        }
    }

    fn line_call(&self, id: LegId, leg: &call::Leg) -> Option<LineCall> {
        let call = self.calls.call(leg.call)?;
        let private = self.is_private_on(leg);
        let state = match leg.state {
            LegState::Calling => LineCallState::Calling,
            LegState::Ringing => LineCallState::Ringing,
            LegState::Talking => LineCallState::Talking,
            LegState::Holding(_) => LineCallState::Holding,
        };
        Some(LineCall {
            leg: id,
            call: leg.call.conference().0,
            phone: leg.phone.clone(),
            state,
            is_caller: call.caller == id,
            other: match private {
                true => nobody(),
                false => self.other_party(id, call),
            },
            private,
            index: self.lamps.indexes.of(&leg.line, leg.call),
        })
    }

    /// Who is at the other end of a leg, or is being called there.
    fn other_party(&self, leg: LegId, call: &call::Call) -> Party {
        let at = |id: LegId| {
            let other = self.calls.leg(id)?;
            let party = self.party_on(id)?;
            Some(match other.answers_as {
                Some(_) => party,
                None => Party {
                    dn: other.line.clone(),
                    ..party
                },
            })
        };
        let other = match &call.stage {
            Stage::Alerting(attempt) if call.caller == leg => Some(self.party_of(&attempt.called)),
            Stage::Alerting(attempt) => Some(attempt.caller.clone()),
            Stage::Conference(conference) => Some(conference.party()),
            Stage::PickedUp { by } if call.caller == leg => at(*by),
            _ => match self.calls.peer(leg) {
                Some(peer) => at(peer),
                None if call.caller == leg => None,
                None => at(call.caller),
            },
        };
        other.unwrap_or_else(nobody)
    }
}

/// Who is at the other end, if that is not to be known.
pub(super) fn nobody() -> Party {
    Party {
        dn: "".into(),
        display_name: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pbx::LegIds;

    /// rules: CAL-3
    #[test]
    fn a_lamp_shows_the_most_telling_call() {
        use LineCallState::{Calling, Holding, Ringing, Talking};
        let table: &[(bool, &[LineCallState], Lamp)] = &[
            (false, &[], Lamp::Dark),
            (true, &[], Lamp::Idle),
            (true, &[Ringing], Lamp::Ringing),
            (true, &[Ringing, Holding], Lamp::Held),
            (true, &[Holding, Talking], Lamp::InUse),
            (true, &[Calling], Lamp::InUse),
            // A call that goes on at a phone that cannot be reached any more.
            (false, &[Talking], Lamp::InUse),
        ];
        let mut legs = LegIds::minted_by(9);
        for (present, states, lamp) in table {
            let mut call = |state: &LineCallState| LineCall {
                leg: legs.mint(),
                call: 1,
                phone: "desk-1".into(),
                state: *state,
                is_caller: true,
                other: Party {
                    dn: "2002".into(),
                    display_name: String::new(),
                },
                private: false,
                index: None,
            };
            let status = LineStatus {
                dn: "2001".into(),
                version: 1,
                phones: vec!["desk-1".into()],
                present: *present,
                calls: states.iter().map(&mut call).collect(),
                taken: Vec::new(),
            };
            assert_eq!(status.lamp(), *lamp, "{present} {states:?}");
        }
    }
}
