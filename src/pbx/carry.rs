//! What two parties of a call say to each other through Perch: changes of media, and signals. It is carried, not
//! understood.

use super::Pbx;
use super::action::Action;
use super::call::{LegState, MediaChange, Stage};
use super::change::Signal;
use super::event::{Body, EarlyLink, Failure, LegId, MediaFlow, Ticket};
use crate::time::Now;

impl Pbx {
    /// A party wants other media.
    pub(super) fn reoffered(&mut self, leg: LegId, offer: Option<Body>, flow: Option<MediaFlow>) {
        if self.member_reoffered(leg, offer.as_ref(), flow) {
            return;
        }
        let peer = self.calls.peer(leg);
        match (peer, self.calls.change_of(leg)) {
            (Some(peer), Some(change)) if change.is_none() => {
                *change = Some(MediaChange { by: leg, flow });
                self.act(Action::Reoffer {
                    leg: peer,
                    offer,
                    connected: None,
                });
            }
            _ => self.refuse_change(leg, Failure::Glare),
        }
    }

    /// A caller, or a phone that rings for it, wants other media before the call is answered.
    pub(super) fn early_offered(&mut self, leg: LegId, link: EarlyLink, offer: Body) {
        match self.across(leg, link) {
            Some(leg) => self.act(Action::OfferEarly { leg, link, offer }),
            None => {
                let media = Err(Failure::Gone);
                self.act(Action::AnswerEarly { leg, link, media });
            }
        }
    }

    /// What it says to that.
    pub(super) fn early_answered(
        &mut self,
        leg: LegId,
        link: EarlyLink,
        media: Result<Body, Failure>,
    ) {
        if let Some(leg) = self.across(leg, link) {
            self.act(Action::AnswerEarly { leg, link, media });
        }
    }

    /// The other one of a caller and a phone that rings for it.
    fn across(&self, leg: LegId, link: EarlyLink) -> Option<LegId> {
        let (_, call) = self.calls.call_of(link.ringing)?;
        let Stage::Alerting(attempt) = &call.stage else {
            return None;
        };
        let rings = attempt.callees.contains(&link.ringing);
        match leg {
            leg if rings && leg == call.caller => Some(link.ringing),
            leg if rings && leg == link.ringing => Some(call.caller),
            _ => None,
        }
    }

    /// The other party agreed.
    pub(super) fn reoffer_answered(&mut self, now: Now, leg: LegId, media: Option<Body>) {
        if self.is_joining(leg) {
            return self.join_answered(now, leg, media);
        }
        if self.parked_answered(leg) || self.pickup_answered(leg, media.as_ref()) {
            return;
        }
        if self.is_in_conference(leg) {
            return self.member_answered(now, leg, media);
        }
        let Some(MediaChange { by, flow }) = self.change_answered_by(leg) else {
            return;
        };
        self.act(Action::AcceptReoffer { leg: by, media });
        self.flow_changed(now, by, flow);
    }

    /// A party that wanted a change holds now, or does not any more.
    pub(super) fn flow_changed(&mut self, now: Now, by: LegId, flow: Option<MediaFlow>) {
        let Some(asking) = self.calls.leg_mut(by) else {
            return;
        };
        match flow {
            Some(MediaFlow::Held) => asking.state = LegState::Holding(now.uptime),
            Some(MediaFlow::Open) => {
                asking.state = LegState::Talking;
                asking.holds_alone = false;
            }
            None => {}
        }
        let phone = asking.phone.clone();
        self.phone_used(now, &phone, Signal::CallChanged);
        self.phone_freed(now, &phone);
    }

    /// The other party did not agree.
    pub(super) fn reoffer_refused(&mut self, now: Now, leg: LegId, why: Failure) {
        if self.is_joining(leg) {
            return self.join_refused(now, leg, why);
        }
        if self.pickup_refused(now, leg, why) || self.member_refused(now, leg, why) {
            return;
        }
        if let Some(MediaChange { by, .. }) = self.change_answered_by(leg) {
            self.refuse_change(by, why);
        }
    }

    /// The change that this party was asked for.
    fn change_answered_by(&mut self, leg: LegId) -> Option<MediaChange> {
        let change = self.calls.change_of(leg)?;
        change.take_if(|change| change.by != leg)
    }

    pub(super) fn refuse_change(&mut self, leg: LegId, why: Failure) {
        self.act(Action::RefuseReoffer { leg, why });
    }

    /// The caller's answer to an offer that came with the answer of the call, or of a change.
    pub(super) fn acknowledged(&mut self, now: Now, leg: LegId, media: Body) {
        if self.member_acknowledged(now, leg, &media) {
            return;
        }
        if let Some(leg) = self.calls.peer(leg) {
            let media = Some(media);
            self.act(Action::Acknowledge { leg, media });
        }
    }

    /// A party sends the other something within the call. A digit is a sign of life, too.
    pub(super) fn signalled(&mut self, now: Now, leg: LegId, ticket: Ticket, body: Option<Body>) {
        if let Some(phone) = self.calls.leg(leg).map(|leg| leg.phone.clone()) {
            self.phone_used(now, &phone, Signal::Digit);
        }
        match self.calls.peer(leg) {
            Some(leg) => self.act(Action::Signal { leg, ticket, body }),
            // RFC 6086 §4.2.2: 481 would end the call of whoever sends it. Of many parties none is meant.
            None if self.is_in_conference(leg) => self.act(Action::SignalReply {
                ticket,
                status: 200,
            }),
            None => self.act(Action::SignalReply {
                ticket,
                status: 481,
            }),
        }
    }

    /// Whether the media of a leg is just being connected to somebody else's.
    fn is_joining(&self, leg: LegId) -> bool {
        match self.calls.call_of(leg) {
            Some((_, call)) => match &call.stage {
                Stage::Transferring(transfer) => transfer.is_joining(),
                _ => false,
            },
            None => false,
        }
    }
}
