//! Shared lines: one number at several phones (CAL-3). All ring, one answers; what it holds may be taken at another.
//!
//! How a call comes over is said where calls are taken over; how somebody comes in, where conferences are.

use super::Pbx;
use super::action::{Action, Refusal};
use super::call::{Leg, LegState};
use super::change::Signal;
use super::event::{Body, Failure, LegId};
use super::names::{Dn, PhoneName};
use crate::time::Now;

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
        if self.is_private(&there.phone) {
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
