//! Trunks: ways to the rest of the world (CAL-5).
//!
//! A trunk stands where a phone does in a leg, and has a name like one, but it is none: nobody logs in there, it has
//! no lines, and many calls at once. Which trunk a call goes by, and to which it goes on when one fails, is decided
//! here; what a trunk answered, and whether it is there at all, its protocol says (`trunk_status.rs`).

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Pbx;
use super::action::{Action, Party, Refusal};
use super::attempt::Attempt;
use super::call::{CallId, LegState};
use super::class_of_service::Called;
use super::event::{Body, Failure, LegId};
use super::forward::{Diverted, History, Hops, Wanted};
use super::names::{ClassName, Dn, PhoneName};
use super::outside_number::{number_in, number_outside};
use super::prefix::Prefix;
use super::site::{DigestSecret, Site};
use super::trunk_address::TrunkAddress;
use crate::time::Now;

/// A way to the rest of the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trunk {
    /// Where it is, the preferred place first.
    pub addresses: Vec<TrunkAddress>,
    /// How calls prove there whose they are, if that is asked.
    pub account: Option<TrunkAccount>,
    /// Where calls come in from, besides its addresses.
    pub from: Vec<Prefix>,
    /// What calls that come in may do.
    pub class: ClassName,
    /// How often it is asked whether it is there, in seconds. 0: never.
    pub probe_s: u32,
    /// How many calls it takes at once. None: any number.
    pub max_calls: Option<u32>,
    /// What stands before numbers of ours when they are called, and shown, outside.
    pub number_prefix: String,
    /// Numbers outside that are not simply that and a number of ours.
    pub numbers: BTreeMap<String, Dn>,
    /// The number that calls are shown with outside, whoever calls. None: the caller's own.
    pub caller_number: Option<String>,
    /// What is put before the numbers of callers from outside, so that they can be called back.
    pub caller_prepend: String,
}

/// How calls prove whose they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrunkAccount {
    /// As whom.
    pub user: String,
    /// The realm that the trunk asks in: what is kept of a password is good for no other.
    pub realm: String,
    /// What is kept of it.
    pub secret: DigestSecret,
}

/// Whether a failure is a trunk's own, so that another may do better. What the called party says is final.
fn is_its_own(failure: Failure) -> bool {
    matches!(failure, Failure::Unreachable | Failure::Other(_))
}

impl Site {
    /// Whether that is a trunk, not a phone.
    pub fn is_trunk(&self, name: &PhoneName) -> bool {
        self.trunks.contains_key(name)
    }
}

impl Pbx {
    /// Somebody outside calls.
    pub(super) fn called_in(
        &mut self,
        now: Now,
        (leg, trunk): (LegId, &PhoneName),
        (mut caller, called): (Party, &str),
        (offer, hops): (Option<Body>, Hops),
    ) {
        let dn: Dn = called.into();
        let Some(config) = self.site.trunks.get(trunk) else {
            return self.refuse_call(leg, trunk, &dn, Refusal::NotAllowed);
        };
        caller.dn = format!("{}{}", config.caller_prepend, caller.dn).into();
        let dn = self
            .called_upstream(trunk, called)
            .unwrap_or_else(|| number_in(config, &self.site.settings.numbering, called));
        if self.is_full(trunk) {
            return self.refuse_call(leg, trunk, &dn, Refusal::Overloaded);
        }
        let Some(hops) = hops.spent() else {
            return self.refuse_call(leg, trunk, &dn, Refusal::TooManyHops);
        };
        let mut history = History::dialled(hops);
        let back = self
            .calls_back(called)
            .or_else(|| self.calls_back(dn.as_str()));
        let reached = match back {
            Some(phone) => Ok((dn.clone(), vec![phone], true)),
            None => self.may_call(trunk, &dn).and_then(|()| {
                let dn = dn.clone();
                let wanted = Wanted { from: trunk, dn };
                let (called, phones) = self.reach(wanted, &mut history)?;
                Ok((called, phones, false))
            }),
        };
        match reached {
            Ok((called, phones, stays)) => {
                self.came_in(trunk);
                let attempt = Attempt {
                    offer,
                    stays,
                    ..Attempt::new((trunk, caller.clone()), &called, history)
                };
                let line = caller.dn.clone();
                self.begin_attempt(now, leg, &line, attempt, phones);
                self.is_outside(leg, caller);
            }
            Err(why) => self.refuse_call(leg, trunk, &dn, why),
        }
    }

    /// Writes down who is on a leg that is nobody's here.
    fn is_outside(&mut self, leg: LegId, party: Party) {
        if let Some(leg) = self.calls.leg_mut(leg) {
            leg.outside = Some(party);
        }
    }

    /// Who is on a leg.
    pub(super) fn party_on(&self, leg: LegId) -> Option<Party> {
        let leg = self.calls.leg(leg)?;
        Some(match (&leg.outside, &leg.answers_as) {
            (Some(party), _) => party.clone(),
            (None, Some(pilot)) => self.party_of(pilot),
            (None, None) => self.party_at(&leg.phone),
        })
    }

    /// Whether a call that was sent on from a number may leave the house: its owner pays.
    pub(super) fn may_be_sent_out(&self, history: &History, dn: &Dn) -> Result<(), Refusal> {
        let Some(route) = self.site.route_for(dn.as_str()) else {
            return Ok(());
        };
        let sent_on = history.diversions.last();
        let Some(last) = sent_on.filter(|last| last.why != Diverted::Deflected) else {
            return Ok(());
        };
        let number = &last.from.dn;
        // Where calls to a group go is the administrator's word.
        if self.directory.pilot(number).is_some() {
            return Ok(());
        }
        let class = match self.owner_profile(number) {
            Some((user, profile)) => self.site.classes.get(self.site.class_of(user, profile)),
            None => {
                let phone = self.directory.phones_with(number).next();
                phone.map(|phone| self.class_at(phone))
            }
        };
        let called = Called::Outside(route.kind);
        let may = class.is_some_and(|class| class.may_call([dn.as_str(); 2], called));
        may.then_some(()).ok_or(Refusal::NotAllowed)
    }

    /// Makes the call by the next trunk that can take it. False if none is left.
    pub(super) fn ring_next_trunk(&mut self, now: Now, id: CallId) -> bool {
        loop {
            let Some(attempt) = self.calls.attempt(id) else {
                return false;
            };
            let (is_help, next) = (attempt.is_help, attempt.trunks.pop_front());
            let Some(trunk) = next else {
                return false;
            };
            if is_help || !self.is_full(&trunk) {
                self.ring_trunk(now, id, &trunk);
                return true;
            }
            tracing::info!(call = %id, %trunk, "trunk is full");
            self.not_taken(&trunk);
        }
    }

    fn ring_trunk(&mut self, now: Now, id: CallId, trunk: &PhoneName) {
        let Some(config) = self.site.trunks.get(trunk).cloned() else {
            return;
        };
        let leg = self.leg_ids.mint();
        let Some(attempt) = self.calls.attempt(id) else {
            return;
        };
        attempt.callees.push(leg);
        let (called, from, is_help) = (
            attempt.called.clone(),
            attempt.from.clone(),
            attempt.is_help,
        );
        let (caller, offer) = (attempt.caller.clone(), attempt.offer.clone());
        let history = Box::new(attempt.history.clone());
        let account = self.account_by(trunk, &from, &history);
        let place = is_help.then(|| Box::new(self.place_for_help(now, &from)));
        let call_back = place.as_deref().and_then(|place| place.call_back.clone());
        let (shown, asserted) = match &account {
            Some(account) => (account.number.clone(), account.party()),
            None => self.shown_outside(&config, (&from, &caller), &history, call_back),
        };
        let route = self.site.route_for(called.as_str()).filter(|_| !is_help);
        let numbering = &self.site.settings.numbering;
        let number = route.map_or(called.clone(), |route| route.number_out(numbering, &called));
        tracing::info!(call = %id, %trunk, %called, "call goes out");
        self.went_out(trunk);
        self.add_leg(id, leg, trunk, &called, LegState::Ringing);
        let party = Party {
            dn: called,
            display_name: String::new(),
        };
        self.is_outside(leg, party);
        self.act(Action::RingOut {
            leg,
            trunk: trunk.clone(),
            account,
            caller: Party {
                dn: shown,
                ..caller
            },
            asserted,
            called: number,
            offer,
            history,
            place,
        });
    }

    /// The number that a call is shown with outside, and who answers for it.
    fn shown_outside(
        &self,
        trunk: &Trunk,
        (from, caller): (&PhoneName, &Party),
        history: &History,
        call_back: Option<Dn>,
    ) -> (Dn, Party) {
        let is_outside = self.site.is_trunk(from);
        let shown = match call_back {
            Some(number) => number,
            None if is_outside => caller.dn.clone(),
            None => number_outside(trunk, &caller.dn),
        };
        // Who answers for a call from outside that is sent on is whoever sent it on.
        let answers_for = history.diversions.last().map(|last| last.from.clone());
        let asserted = match answers_for {
            Some(party) if is_outside => Party {
                dn: number_outside(trunk, &party.dn),
                ..party
            },
            _ => Party {
                dn: shown.clone(),
                ..caller.clone()
            },
        };
        (shown, asserted)
    }

    /// A trunk did not get a call through. True if another is trying now, or may have been what failed.
    pub(super) fn trunk_failed(&mut self, now: Now, leg: LegId, why: Failure) -> bool {
        let Some((id, trunk)) = self.calls.leg(leg).map(|l| (l.call, l.phone.clone())) else {
            return false;
        };
        if !self.site.is_trunk(&trunk) {
            return false;
        }
        // Whatever one says to somebody who needs help, the next may know better.
        let attempt = self.calls.attempt(id);
        let Some(attempt) = attempt.filter(|attempt| is_its_own(why) || attempt.is_help) else {
            return false;
        };
        attempt.callees.retain(|other| *other != leg);
        attempt.line_failed = true;
        tracing::info!(call = %id, %trunk, ?why, "trunk did not take the call");
        self.not_taken(&trunk);
        self.drop_leg(now, leg);
        self.ring_next_trunk(now, id);
        true
    }
}

/// How long somebody outside may be rung: their own network ends it sooner (RFC 3261 §16.6 has three minutes, too).
pub(super) const RINGS_OUTSIDE: Duration = Duration::from_secs(180);

/// How long help may be rung outside.
pub(super) const RINGS_FOR_HELP: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_called_party_says_is_final() {
        let own = [
            Failure::Unreachable,
            Failure::Other(503),
            Failure::Other(403),
        ];
        assert!(own.into_iter().all(is_its_own));
        let final_ones = [
            Failure::Busy,
            Failure::Declined,
            Failure::NoAnswer,
            Failure::UnknownNumber,
            Failure::NotAcceptable,
        ];
        assert!(!final_ones.into_iter().any(is_its_own));
    }
}
