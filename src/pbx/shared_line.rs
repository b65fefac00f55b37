//! Shared lines: one number at several phones (CAL-3). All ring, one answers; what it holds may be taken at another.
//!
//! How a call comes over is said where calls are taken over; how somebody comes in, where conferences are.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Pbx;
use super::action::{Action, Refusal};
use super::call::{Leg, LegState};
use super::change::Signal;
use super::event::{Body, Failure, LegId, Secret};
use super::forward::Hops;
use super::names::{Dn, PhoneName, ProfileName};
use super::site::{SecondLogin, Site};
use crate::time::Now;

impl Site {
    /// The numbers that several phones may have at once, by what profiles say: whoever is logged in where.
    pub(super) fn shared_numbers(&self) -> HashSet<Dn> {
        let mut places: HashMap<&Dn, usize> = HashMap::new();
        let mut phones_of: BTreeMap<&ProfileName, usize> = BTreeMap::new();
        for phone in self.phones.values() {
            *phones_of.entry(&phone.logout_profile).or_default() += 1;
        }
        for (name, phones) in phones_of {
            let profile = self.logout_profiles.get(name);
            for dn in profile.into_iter().flat_map(|profile| profile.numbers()) {
                *places.entry(dn).or_default() += phones;
            }
        }
        for user in self.users.values() {
            let profiles = user.profiles.iter();
            let profiles = profiles.filter_map(|name| self.user_profiles.get(name));
            let mut numbers: BTreeMap<&Dn, usize> = BTreeMap::new();
            for profile in profiles {
                let second_login = profile.second_login.as_ref();
                let second_login = second_login.unwrap_or(&self.settings.second_login);
                let at_once = match second_login {
                    SecondLogin::Allow => 2,
                    _ => 1,
                };
                let own = profile.lines.is_empty().then_some(&user.dn);
                for dn in profile.numbers().chain(own) {
                    let most = numbers.entry(dn).or_default();
                    *most = at_once.max(*most);
                }
            }
            for (dn, at_once) in numbers {
                *places.entry(dn).or_default() += at_once;
            }
        }
        let shared = places.into_iter().filter(|(_, places)| *places > 1);
        shared.map(|(dn, _)| dn.clone()).collect()
    }
}

impl Pbx {
    /// Whether the line that a leg is on is at this phone, too: another one than the leg's.
    pub(super) fn shares_line_of(&self, phone: &PhoneName, there: &Leg) -> bool {
        *phone != there.phone && self.lines_of(phone).contains(&there.line)
    }

    /// Somebody wants the call that is held at another phone of a line: of the one that is named, or of the prime line.
    pub(super) fn takes_held(
        &mut self,
        now: Now,
        leg: LegId,
        phone: &PhoneName,
        number: Option<&Dn>,
        offer: Option<Body>,
    ) {
        let is_held = |leg: &Leg| matches!(leg.state, LegState::Holding(_));
        match self.elsewhere(phone, number, "is on hold", is_held) {
            Ok(of) => self.took_over(now, leg, phone, of, offer),
            Err(why) => self.no_such_call(now, leg, phone, why),
        }
    }

    /// Somebody wants to come into the talk at another phone of a line.
    pub(super) fn barges_at(
        &mut self,
        now: Now,
        leg: LegId,
        phone: &PhoneName,
        number: Option<&Dn>,
        offer: Option<Body>,
    ) {
        let talks = |leg: &Leg| leg.state == LegState::Talking;
        match self.elsewhere(phone, number, "is talked over", talks) {
            Ok(of) => self.barges_in(now, leg, phone, of, offer),
            Err(why) => self.no_such_call(now, leg, phone, why),
        }
    }

    /// Somebody wants the call that all phones of a line show under an index: of the prime line. What is held there is taken,
    /// what is talked over is come into, and what rings is picked up.
    pub(super) fn wants_call_at(
        &mut self,
        now: Now,
        leg: LegId,
        (phone, index): (&PhoneName, u8),
        digits: &Secret,
        (offer, hops): (Option<Body>, Hops),
    ) {
        match self.leg_at(phone, index) {
            Ok((of, LegState::Talking)) => self.barges_in(now, leg, phone, of, offer),
            Ok((of, _)) => self.took_over(now, leg, phone, of, offer),
            // A softphone may be called like a number, and somebody there call themselves.
            Err(_) if digits.reveal() != phone.as_str() => {
                self.dialled(now, leg, (phone, None), digits, (offer, hops));
            }
            Err(why) => self.no_such_call(now, leg, phone, why),
        }
    }

    /// The leg of the call with an index that another phone of the prime line has: one that talks before one that does
    /// not.
    fn leg_at(&self, phone: &PhoneName, index: u8) -> Result<(LegId, LegState), Refusal> {
        let lines = self.lines_of(phone);
        let line = lines.first().ok_or(Refusal::UnknownNumber)?;
        let call = self.lamps.indexes.call_at(line, index);
        let others = self.directory.phones_with(line);
        let legs = others.filter_map(|other| self.phones.get(other));
        let legs = legs.flat_map(|other| &other.legs);
        let legs = legs.filter_map(|id| Some((*id, self.calls.leg(*id)?)));
        let mut there: Vec<(LegId, LegState)> = legs
            .filter(|(_, leg)| Some(leg.call) == call && self.shares_line_of(phone, leg))
            .map(|(id, leg)| (id, leg.state))
            .collect();
        there.sort_unstable_by_key(|(id, state)| (*state != LegState::Talking, *id));
        there.first().copied().ok_or_else(|| {
            let text = format!("No call {index} at another phone of {line}");
            Refusal::Conflict(text)
        })
    }

    fn no_such_call(&mut self, now: Now, leg: LegId, phone: &PhoneName, why: Refusal) {
        self.phone_used(now, phone, Signal::CallBegun);
        tracing::info!(%phone, why = %why.text(), "no call of a shared line");
        self.act(Action::Refuse { leg, why });
    }

    /// The newest leg of a kind that other phones have on a line of this one.
    fn elsewhere(
        &self,
        phone: &PhoneName,
        number: Option<&Dn>,
        wanted: &str,
        fits: impl Fn(&Leg) -> bool,
    ) -> Result<LegId, Refusal> {
        let lines = self.lines_of(phone);
        let line = number.or(lines.first()).ok_or(Refusal::UnknownNumber)?;
        if !lines.contains(line) {
            let text = format!("{line} is no line of this phone");
            return Err(Refusal::Conflict(text));
        }
        let others = self.directory.phones_with(line);
        let legs = others.filter_map(|other| self.phones.get(other));
        let legs = legs.flat_map(|other| &other.legs);
        let legs = legs.filter_map(|id| Some((*id, self.calls.leg(*id)?)));
        let mut there = legs
            .filter(|(_, leg)| leg.line == *line && self.shares_line_of(phone, leg) && fits(leg));
        let first = there.next().ok_or_else(|| {
            let text = format!("No call {wanted} at another phone of {line}");
            Refusal::Conflict(text)
        })?;
        let all = std::iter::once(first).chain(there);
        let newest = all.max_by_key(|(id, leg)| (self.held_since(leg), *id));
        newest
            .map(|(id, _)| id)
            .ok_or(Refusal::Failed(Failure::Gone))
    }

    fn held_since(&self, leg: &Leg) -> std::time::Duration {
        match leg.state {
            LegState::Holding(since) => since,
            _ => std::time::Duration::ZERO,
        }
    }

    /// Somebody wants to come into the talk of a leg.
    pub(super) fn barges_in(
        &mut self,
        now: Now,
        leg: LegId,
        phone: &PhoneName,
        of: LegId,
        offer: Option<Body>,
    ) {
        self.phone_used(now, phone, Signal::CallBegun);
        self.hook_explained(phone);
        match self.may_barge(phone, of) {
            Ok((id, line)) => self.let_in(id, leg, (phone, &line), offer),
            Err(why) => {
                tracing::info!(%phone, why = %why.text(), "nobody may come into that call");
                self.act(Action::Refuse { leg, why });
            }
        }
    }

    /// The rule: at another phone of the same line, whose class of service lets its user, unless the call is private.
    fn may_barge(
        &self,
        phone: &PhoneName,
        of: LegId,
    ) -> Result<(super::call::CallId, Dn), Refusal> {
        let there = self.calls.leg(of).ok_or(Refusal::Failed(Failure::Gone))?;
        if !self.class_at(phone).barge || !self.shares_line_of(phone, there) {
            return Err(Refusal::NotAllowed);
        }
        if self.is_private_on(there) {
            return Err(Refusal::Conflict("That call is private".into()));
        }
        let has = self.phones.get(phone).into_iter().flat_map(|it| &it.legs);
        let mut own = has.filter_map(|id| self.calls.leg(*id));
        if own.any(|leg| leg.call == there.call) {
            return Err(Refusal::Conflict("This phone is in that call".into()));
        }
        self.has_room(there.call)?;
        Ok((there.call, there.line.clone()))
    }
}
