//! Privacy on shared lines (PRO-6): the other phones of a line do not learn who is in a call here, and nobody comes into it or
//! takes it when it is held.
//!
//! It belongs to whoever set it, at that phone, as do not disturb does; and counts for calls that there are already. A single
//! call may be held so, too.

use super::Pbx;
use super::action::Refusal;
use super::call::{Leg, LegState};
use super::change::Signal;
use super::event::LegId;
use super::layout::Feature;
use super::login::Asker;
use super::names::PhoneName;
use crate::time::Now;

/// What is said of a phone whose calls are private, or are not.
fn words(private: bool) -> &'static str {
    match private {
        true => "Calls on shared lines are private",
        false => "Calls on shared lines are not private",
    }
}

impl Pbx {
    /// Whether what goes on at a phone is nobody else's business, by the wish of whoever is there now.
    pub(super) fn is_private(&self, phone: &PhoneName) -> bool {
        let by = self.seldom.private.get(phone);
        by.is_some_and(|by| *by == self.session_at(phone))
    }

    /// Whether a call is nobody else's business: all of the phone are, or it is held there so that nobody takes it.
    pub(super) fn is_private_on(&self, leg: &Leg) -> bool {
        let is_held = matches!(leg.state, LegState::Holding(_));
        leg.holds_alone && is_held || self.is_private(&leg.phone)
    }

    /// A party says whether somebody else may take the call that it is about to hold. Who holds a call may always keep
    /// it: that needs no right.
    pub(super) fn hold_marked(&mut self, leg: LegId, alone: bool) {
        if let Some(leg) = self.calls.leg_mut(leg) {
            leg.holds_alone = alone;
        }
    }

    /// Whether whoever is at a phone may have that: by the button for it, or by their class.
    pub(super) fn may_be_private(&self, phone: &PhoneName) -> bool {
        self.features_at(phone).contains(&Feature::Privacy) || self.class_at(phone).privacy
    }

    /// Somebody wants their calls to be private, or not any more.
    pub(super) fn privacy_asked(
        &mut self,
        now: Now,
        asker: Asker,
        phone: &PhoneName,
        private: bool,
    ) {
        self.phone_used(now, phone, Signal::Key);
        // Whoever may not have it may stop it.
        if private && !self.may_be_private(phone) {
            return self.answer(asker, Err(Refusal::NotAllowed));
        }
        if self.is_private(phone) != private {
            let session = self.session_at(phone);
            match private {
                true => drop(self.seldom.private.insert(phone.clone(), session)),
                false => drop(self.seldom.private.remove(phone)),
            }
            tracing::info!(%phone, private, "privacy on shared lines");
            self.show_desk(phone.clone());
            self.presence_changed(phone);
        }
        self.answer(asker, Ok(words(private).into()));
    }

    /// What there is to say about it.
    pub(super) fn explain_privacy(&self, phone: &PhoneName) -> Option<String> {
        let private = self.is_private(phone);
        private.then(|| format!("{} at {phone}.", words(true)))
    }
}
