//! Picking up what rings elsewhere: the call that has rung longest in one's own group, or what rings at a number.
//!
//! Who may is said here; how the call comes over is said where calls are taken over.

use super::Pbx;
use super::action::{Action, Refusal};
use super::call::{Leg, LegState, Stage};
use super::change::Signal;
use super::dialplan::{self, Destination};
use super::event::{Body, LegId, Secret};
use super::names::{Dn, GroupName, PhoneName};
use crate::time::Now;

impl Pbx {
    /// Somebody asked by a key: for what rings in the group, or at a number that was typed.
    pub(super) fn pickup_key(
        &mut self,
        now: Now,
        leg: LegId,
        phone: &PhoneName,
        number: Option<&Secret>,
    ) {
        let digits = number.map(Secret::reveal);
        match digits.map(|digits| dialplan::destination(&self.site, digits)) {
            None => self.picks_up(now, leg, phone, None, None),
            Some(Destination::Number(dn)) => self.picks_up(now, leg, phone, Some(&dn), None),
            Some(_) => {
                let text = "Nothing rings at a code or an emergency number";
                let why = Refusal::Conflict(text.into());
                self.act(Action::Refuse { leg, why });
            }
        }
    }

    /// Somebody at a phone takes a call that rings elsewhere.
    pub(super) fn picks_up(
        &mut self,
        now: Now,
        leg: LegId,
        phone: &PhoneName,
        number: Option<&Dn>,
        offer: Option<Body>,
    ) {
        let found = match number {
            Some(number) => self.rings_at(phone, number),
            None => self.rings_in_group(phone),
        };
        match found {
            Ok(of) => self.took_over(now, leg, phone, of, offer),
            Err(why) => {
                tracing::info!(%phone, why = %why.text(), "nothing was picked up");
                self.act(Action::Refuse { leg, why });
            }
        }
    }

    /// What rings at a number, the longest, if somebody at a phone may have it.
    fn rings_at(&self, phone: &PhoneName, number: &Dn) -> Result<LegId, Refusal> {
        let legs = match self.directory.pilot(number) {
            Some(_) => self.rings_for_pilot(number),
            None => {
                let phones = self.directory.phones_with(number);
                let phones = phones.filter_map(|there| self.phones.get(there));
                phones.flat_map(|there| &there.legs).copied().collect()
            }
        };
        let legs = legs
            .into_iter()
            .filter_map(|id| Some((id, self.calls.leg(id)?)));
        let mut ringing = legs.filter(|(_, leg)| self.can_be_had(leg, phone));
        let first = ringing.next().ok_or_else(|| {
            let text = format!("Nothing rings at {number}");
            Refusal::Conflict(text)
        })?;
        let all = std::iter::once(first).chain(ringing);
        let allowed = all.filter(|(_, leg)| self.may_pick_up(phone, &leg.phone));
        let longest = allowed.map(|(id, _)| id).min();
        longest.ok_or(Refusal::NotAllowed)
    }

    /// What has rung longest in the group of a phone.
    fn rings_in_group(&self, phone: &PhoneName) -> Result<LegId, Refusal> {
        let Some(group) = self.pickup_group_at(phone) else {
            return Err(Refusal::Conflict("This phone is in no pickup group".into()));
        };
        let ringing = self.calls.legs().filter(|(_, leg)| {
            self.can_be_had(leg, phone) && self.pickup_group_at(&leg.phone) == Some(group)
        });
        // Legs are numbered in the order in which they began to ring.
        let longest = ringing.map(|(id, _)| id).min();
        longest.ok_or_else(|| Refusal::Conflict("Nothing rings in this group".into()))
    }

    /// Whether a leg rings for somebody else than this phone, and not for help, which stays where it is.
    fn can_be_had(&self, leg: &Leg, phone: &PhoneName) -> bool {
        let call = self.calls.call(leg.call);
        let attempt = call.and_then(|call| match &call.stage {
            Stage::Alerting(attempt) => Some(attempt),
            _ => None,
        });
        leg.state == LegState::Ringing
            && attempt.is_some_and(|attempt| !attempt.stays && attempt.from != *phone)
    }

    /// The rule: a user's own calls, and those of the same group.
    pub(super) fn may_pick_up(&self, phone: &PhoneName, there: &PhoneName) -> bool {
        let group = self.pickup_group_at(phone);
        self.is_same_user(phone, there) || group.is_some() && group == self.pickup_group_at(there)
    }

    /// The group of a phone: of whoever is logged in there, or else of those who stand around it.
    pub(super) fn pickup_group_at(&self, phone: &PhoneName) -> Option<&GroupName> {
        let profile = self.user_profile_at(phone).map(|(_, profile)| profile);
        let own = profile.and_then(|profile| profile.pickup_group.as_ref());
        own.or_else(|| self.site.phones.get(phone)?.pickup_group.as_ref())
    }

    /// Somebody asked by a key is using the phone.
    pub(super) fn pickup_asked(
        &mut self,
        now: Now,
        leg: LegId,
        phone: &PhoneName,
        number: Option<&Secret>,
    ) {
        self.phone_used(now, phone, Signal::CallBegun);
        self.hook_explained(phone);
        self.pickup_key(now, leg, phone, number);
    }
}
