//! Taking a call over: a phone takes the place of another in its call, or picks up what rings there.
//!
//! Phones of the same user may, and other devices of the same phone; what only rings, everybody in the same pickup group;
//! what is held, the other phones of its line.
//! Either way whoever stays is asked for media first, and only then is the phone let go that was in the call.

use super::Pbx;
use super::Timer;
use super::action::{Action, Refusal};
use super::call::{Call, CallId, LegState, Stage};
use super::change::Signal;
use super::event::{Body, Failure, LegId};
use super::names::{Dn, PhoneName};
use super::transfer::{Place, Target};
use crate::time::Now;

/// What there is to be taken over.
enum Takeable {
    /// It rings there.
    Ringing(CallId),
    /// It talks with this party.
    Talking(CallId, LegId),
}

impl Pbx {
    /// A phone wants to take the place of a leg.
    pub(super) fn took_over(
        &mut self,
        now: Now,
        leg: LegId,
        phone: &PhoneName,
        of: LegId,
        offer: Option<Body>,
    ) {
        self.phone_used(now, phone, Signal::CallBegun);
        match self.takeable(phone, of) {
            Ok(Takeable::Ringing(id)) => self.pick_up(now, id, leg, phone),
            Ok(Takeable::Talking(id, peer)) => self.take_place(id, (leg, phone), (of, peer), offer),
            Err(why) => {
                tracing::info!(%phone, why = %why.text(), "taking a call over refused");
                self.act(Action::Refuse { leg, why });
            }
        }
    }

    /// The rule: what becomes of it if a phone may have it.
    fn takeable(&self, phone: &PhoneName, of: LegId) -> Result<Takeable, Refusal> {
        let gone = Refusal::Failed(Failure::Gone);
        let (Some((id, call)), Some(there)) = (self.calls.call_of(of), self.calls.leg(of)) else {
            return Err(gone);
        };
        let rings = there.state == LegState::Ringing;
        let is_held = matches!(there.state, LegState::Holding(_));
        let own = *phone == there.phone || self.is_same_user(phone, &there.phone);
        let shared = is_held && self.shares_line_of(phone, there);
        let may = own || shared || rings && self.may_pick_up(phone, &there.phone);
        if !may {
            return Err(Refusal::NotAllowed);
        }
        if !own && shared && self.is_private_on(there) {
            return Err(Refusal::Conflict("That call is private".into()));
        }
        match &call.stage {
            Stage::Alerting(_) if call.caller != of => Ok(Takeable::Ringing(id)),
            Stage::Alerting(_) => Err(gone),
            Stage::Answered { change: None, .. } => {
                let peer = self.calls.peer(of).ok_or(gone)?;
                Ok(Takeable::Talking(id, peer))
            }
            Stage::Conference(_) => Err(Refusal::Conflict("That call is a conference".into())),
            // Something is under way; in a moment it may be had.
            _ => Err(Refusal::Failed(Failure::Glare)),
        }
    }

    /// Whether one user is at both phones.
    pub(super) fn is_same_user(&self, one: &PhoneName, other: &PhoneName) -> bool {
        let user_at = |phone| self.user_profile_at(phone).map(|(user, _)| user);
        user_at(one).is_some() && user_at(one) == user_at(other)
    }

    /// What rang elsewhere is answered here. Both sides have made an offer, perhaps: the one who picks up is asked once
    /// more, for what the caller offers.
    fn pick_up(&mut self, now: Now, id: CallId, leg: LegId, phone: &PhoneName) {
        let Some(call) = self.calls.call_mut(id) else {
            return;
        };
        let caller = call.caller;
        let stage = std::mem::replace(&mut call.stage, Stage::PickedUp { by: leg });
        let Stage::Alerting(attempt) = stage else {
            return;
        };
        tracing::info!(call = %id, %phone, "call picked up");
        self.deadlines.disarm(&Timer::NoAnswer(id));
        if let Some(hunt) = &attempt.hunt {
            self.hunt_left(now, id, hunt, true);
        }
        for other in attempt.callees {
            self.release(other, "Answered elsewhere", true);
            self.drop_leg(now, other);
        }
        let line = self.line_for(phone, &attempt.called);
        self.add_leg(id, leg, phone, &line, LegState::Talking);
        self.phone_used(now, phone, Signal::CallAnswered);
        self.act(Action::Answer {
            leg,
            from: (caller, 0),
            media: None,
            connected: attempt.caller.clone(),
        });
        self.act(Action::Reoffer {
            leg,
            offer: attempt.offer,
            connected: Some(attempt.caller),
        });
    }

    /// Whoever picked up has said what media it has. False if it did not pick up.
    pub(super) fn pickup_answered(&mut self, leg: LegId, media: Option<&Body>) -> bool {
        let Some((id, caller)) = self.picked_up_by(leg) else {
            return false;
        };
        let answered = Stage::Answered {
            callee: leg,
            change: None,
        };
        if let Some(call) = self.calls.call_mut(id) {
            call.stage = answered;
        }
        if let Some(caller) = self.calls.leg_mut(caller) {
            caller.state = LegState::Talking;
        }
        if let Some(connected) = self.party_on(leg) {
            self.act(Action::Answer {
                leg: caller,
                from: (leg, 0),
                media: media.cloned(),
                connected,
            });
        }
        true
    }

    /// Whoever picked up wants no such media. False if it did not pick up.
    pub(super) fn pickup_refused(&mut self, now: Now, leg: LegId, why: Failure) -> bool {
        let Some((id, _)) = self.picked_up_by(leg) else {
            return false;
        };
        self.release(leg, "The call could not be picked up", false);
        self.end_pickup(now, id, Some(Refusal::Failed(why)));
        true
    }

    /// One of the two has left before they were connected.
    pub(super) fn left_pickup(&mut self, now: Now, id: CallId, leg: LegId, dead: bool) {
        match self.calls.call(id) {
            Some(Call {
                caller,
                stage: Stage::PickedUp { by },
            }) if leg == *caller => {
                let by = *by;
                self.release(by, super::call::why_alone(dead), false);
                self.end_pickup(now, id, None);
            }
            _ => {
                let why = Refusal::Failed(Failure::Unreachable);
                self.end_pickup(now, id, Some(why));
            }
        }
    }

    /// The caller is told why, unless it has gone; whoever picked up knows already.
    fn end_pickup(&mut self, now: Now, id: CallId, why: Option<Refusal>) {
        let Some(Call {
            caller,
            stage: Stage::PickedUp { by },
        }) = self.calls.remove(id)
        else {
            return;
        };
        if let Some(why) = why {
            self.act(Action::Refuse { leg: caller, why });
        }
        self.drop_leg(now, by);
        self.drop_leg(now, caller);
    }

    fn picked_up_by(&self, leg: LegId) -> Option<(CallId, LegId)> {
        let (id, call) = self.calls.call_of(leg)?;
        match call.stage {
            Stage::PickedUp { by } if by == leg => Some((id, call.caller)),
            _ => None,
        }
    }

    /// Whoever talks with the phone that is to be let go is asked to talk with another.
    fn take_place(
        &mut self,
        id: CallId,
        (leg, phone): (LegId, &PhoneName),
        (of, peer): (LegId, LegId),
        offer: Option<Body>,
    ) {
        let Some(there) = self.calls.leg(of) else {
            return;
        };
        let (from, line) = (there.phone.clone(), there.line.clone());
        tracing::info!(call = %id, %phone, %from, "call taken over");
        let line = self.line_for(phone, &line);
        self.add_leg(id, leg, phone, &line, LegState::Calling);
        // As if the phone that is let go handed the other party on.
        self.enter_transfer(id, peer, (of, from, None), Target::TakenOver(leg));
        let connected = Some(self.party_at(phone));
        self.act(Action::Reoffer {
            leg: peer,
            offer,
            connected,
        });
    }

    /// Whoever takes the place of a party is in the call now.
    pub(super) fn placed(&mut self, new: LegId, with: LegId, media: Option<Body>) {
        if let Some(new) = self.calls.leg_mut(new) {
            new.state = LegState::Talking;
        }
        if let Some(connected) = self.party_on(with) {
            self.act(Action::Answer {
                leg: new,
                from: (with, 0),
                media,
                connected,
            });
        }
    }

    /// Whoever wanted to take a party's place has left, and the other one may have its media by now: the two who are
    /// left agree on theirs anew.
    pub(super) fn agree_again(&mut self, now: Now, id: CallId, why: Refusal) {
        let Some((leg, transfer)) = self.transfer(id) else {
            return;
        };
        let Some(far) = transfer.transferor.leg() else {
            return self.transfer_failed(now, id, why);
        };
        transfer.transferor.place = Place::Recalled;
        transfer.target = Target::Consulted {
            through: None,
            far,
            offered: false,
        };
        let connected = self.party_on(far);
        let offer = None;
        self.act(Action::Reoffer {
            leg,
            offer,
            connected,
        });
    }

    /// The line of a phone on which a call for a number is: its prime line, if it has no such number.
    pub(super) fn line_for(&self, phone: &PhoneName, called: &Dn) -> Dn {
        let lines = self.lines_of(phone);
        let line = lines.iter().find(|line| *line == called).or(lines.first());
        line.unwrap_or(called).clone()
    }
}
