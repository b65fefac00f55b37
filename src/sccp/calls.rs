//! Calls of a station: begun, taken, ended, and who has the phone's ear.

use std::time::Duration;

use super::call::{Call, CallStage, Media, Purpose, Then};
use super::screen::Look;
use super::shared::{Shared, Timer};
use super::station::{Hook, Station};
use super::wire::{ActivateCallPlane, CallState, Tone};
use crate::pbx::{Event, Failure, Party, Secret, Signal};

/// A phone has no more calls than this at once.
pub(super) const MOST_CALLS: usize = 10;

/// How long a call that came to nothing is shown, if nobody hangs up.
const OVER_FOR: Duration = Duration::from_secs(15);

/// How long it is shown that something was done.
const DONE_FOR: Duration = Duration::from_secs(3);

impl Station {
    pub fn call(&self, reference: u32) -> Option<&Call> {
        self.calls.iter().find(|call| call.reference == reference)
    }

    pub fn call_mut(&mut self, reference: u32) -> Option<&mut Call> {
        let mut calls = self.calls.iter_mut();
        calls.find(|call| call.reference == reference)
    }

    /// The call that has the phone's ear and voice.
    pub fn active(&self) -> Option<&Call> {
        self.calls.iter().find(|call| call.is_active())
    }

    /// The call that a key is meant for: the one that it names, or the active one.
    pub fn meant(&self, reference: u32) -> Option<&Call> {
        match reference {
            0 => self.active(),
            reference => self.call(reference),
        }
    }

    /// Somebody is about to dial. None if the phone cannot have another call now.
    pub fn begin(&mut self, shared: &mut Shared, line: u32) -> Option<u32> {
        if self.calls.len() >= MOST_CALLS || !self.free_ear(shared) {
            return None;
        }
        // Nobody calls with a number that is only watched there.
        let is_own = self.line(line).is_some_and(|line| !line.is_monitor());
        let line = if is_own { line } else { 1 };
        let reference = shared.mint_reference();
        let nobody = Party {
            dn: "".into(),
            display_name: String::new(),
        };
        let stage = CallStage::Dialling(Secret::new(String::new()));
        self.add(shared, reference, line, nobody, stage);
        self.go_off_hook(shared);
        self.show_off_hook(shared, (line, reference));
        Some(reference)
    }

    /// A new call.
    pub fn add(
        &mut self,
        shared: &mut Shared,
        reference: u32,
        line: u32,
        other: Party,
        stage: CallStage,
    ) {
        if self.calls.is_empty() {
            shared.engaged.push((self.connection.id, true));
        }
        self.calls.push(Call {
            reference,
            line,
            is_inbound: matches!(stage, CallStage::Ringing { .. }),
            other,
            history: None,
            stage,
            purpose: Purpose::default(),
            media: Media::default(),
            consults: None,
            confers: false,
            is_handed_on: false,
            asked: None,
            tries: 0,
        });
    }

    /// Makes room for another call at the phone's ear: whoever talks is held, whatever came to nothing is gone, and nobody
    /// goes on talking with Perch itself. False if the call there can neither be held nor be let go.
    pub fn free_ear(&mut self, shared: &mut Shared) -> bool {
        let Some(active) = self.active() else {
            return true;
        };
        let reference = active.reference;
        match active.stage {
            CallStage::Talking(_) => self.hold(shared, reference),
            CallStage::Dialling(_) | CallStage::Over => self.remove(shared, reference),
            CallStage::Conversing { .. } => self.end(shared, reference),
            _ => {}
        }
        self.active().is_none()
    }

    /// Somebody takes a call that rings.
    pub fn answer(&mut self, shared: &mut Shared, reference: u32) {
        if !self.call(reference).is_some_and(Call::is_ringing) || !self.free_ear(shared) {
            return;
        }
        let abilities = self.abilities.clone();
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let CallStage::Ringing { leg, offer, .. } = &mut call.stage else {
            return;
        };
        let (leg, offer) = (*leg, offer.take());
        call.stage = CallStage::Answering(leg);
        let line = call.line;
        self.go_off_hook(shared);
        self.take_up(shared, (line, reference));
        self.say(shared, ActivateCallPlane { line });
        self.hush(shared, (line, reference));
        let theirs = offer.as_ref().map(|body| abilities.understand(body));
        match theirs {
            Some(None) => {
                let why = Failure::NotAcceptable;
                shared.events.push(Event::Failed { leg, why });
                return self.over_without_media(shared, reference);
            }
            Some(Some(theirs)) => {
                let chosen = theirs.chosen.clone();
                let then = Then::Answer(Some(Box::new(theirs)));
                self.open(shared, reference, chosen, then);
            }
            None => self.open(shared, reference, abilities.first(), Then::Answer(None)),
        }
        self.show_connected(shared, reference);
    }

    /// Somebody at the phone ends a call.
    pub fn end(&mut self, shared: &mut Shared, reference: u32) {
        let Some(call) = self.call(reference) else {
            return;
        };
        let event = match call.stage {
            CallStage::Dialling(_) | CallStage::Confirming { .. } | CallStage::Over => None,
            CallStage::Ringing { leg, .. } | CallStage::Answering(leg) => {
                let why = Failure::Declined;
                Some(Event::Failed { leg, why })
            }
            CallStage::Calling(leg)
            | CallStage::Talking(leg)
            | CallStage::Holding(leg)
            | CallStage::Resuming(leg)
            | CallStage::Conversing { leg, .. } => Some(Event::Released { leg, dead: false }),
        };
        shared.events.extend(event);
        self.remove(shared, reference);
    }

    /// A call has come to nothing, or to what a code says: it is shown, and gone when somebody hangs up, or after a while.
    pub fn over(
        &mut self,
        shared: &mut Shared,
        reference: u32,
        state: CallState,
        (tone, text): (Tone, &str),
    ) {
        self.close(shared, reference);
        let name = self.name.clone();
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        if let Some(leg) = call.leg() {
            shared.forget_leg(leg);
        }
        call.stage = CallStage::Over;
        disarm(shared, &name, reference);
        let lasts = if tone == Tone::Confirmation {
            DONE_FOR
        } else {
            OVER_FOR
        };
        shared.arm(Timer::Over(name, reference), lasts);
        if let Some(call) = self.call(reference) {
            self.show_over(shared, call, state, tone, text);
        }
    }

    /// It has been shown for long enough.
    pub fn over_shown(&mut self, shared: &mut Shared, reference: u32) {
        let is_over = |call: &Call| matches!(call.stage, CallStage::Over);
        if self.call(reference).is_some_and(is_over) {
            self.remove(shared, reference);
        }
    }

    /// A call is gone, here as elsewhere.
    pub fn remove(&mut self, shared: &mut Shared, reference: u32) {
        self.close(shared, reference);
        let Some(place) = self.calls.iter().position(|c| c.reference == reference) else {
            return;
        };
        let call = self.calls.remove(place);
        for other in &mut self.calls {
            // There is nobody to be handed on any more.
            other.consults = other.consults.filter(|first| *first != reference);
        }
        disarm(shared, &self.name, reference);
        if let Some(leg) = call.leg() {
            shared.forget_leg(leg);
        }
        let was_active = call.is_active();
        self.show_gone(shared, &call, was_active);
        self.hang_up_speaker(shared);
        if self.calls.is_empty() {
            shared.engaged.push((self.connection.id, false));
            self.show_idle_if_idle(shared);
        } else {
            self.show_others(shared);
        }
        self.rest(shared);
    }

    /// What else goes on comes to the front again.
    fn show_others(&self, shared: &mut Shared) {
        let Some(call) = self.calls.last() else {
            return;
        };
        let at = (call.line, call.reference);
        if call.is_held() {
            self.look(shared, at, Look::held());
        } else if call.is_ringing() && self.active().is_none() {
            self.show_ring_in(shared, call, false);
        }
    }

    /// The phone is gone in the middle of its calls.
    pub fn lose_calls(&mut self, shared: &mut Shared) {
        for call in std::mem::take(&mut self.calls) {
            disarm(shared, &self.name, call.reference);
            if let Some(leg) = call.leg() {
                shared.forget_leg(leg);
                shared.events.push(Event::Released { leg, dead: true });
            }
        }
    }

    /// The phone is off the hook by its server: its speaker is on.
    pub fn go_off_hook(&mut self, shared: &mut Shared) {
        if self.hook == Hook::On {
            self.hook = Hook::Speaker;
            self.used(shared, Signal::OffHook);
        }
        if !self.note.is_empty() && self.idle == super::softkeys::Idle::Nobody {
            // Why somebody was logged out has been read.
            self.note.clear();
        }
    }

    /// The speaker is off: unless its handset is up, the phone is on the hook.
    pub fn hang_up_speaker(&mut self, shared: &mut Shared) {
        if self.hook == Hook::Speaker && self.active().is_none() {
            self.hook = Hook::On;
            self.used(shared, Signal::OnHook);
        }
    }
}

/// Nothing is awaited of a call any more.
fn disarm(shared: &mut Shared, name: &crate::pbx::PhoneName, reference: u32) {
    let timers = [
        Timer::Pause(name.clone(), reference),
        Timer::Channel(name.clone(), reference),
        Timer::Over(name.clone(), reference),
        Timer::Again(name.clone(), reference),
    ];
    for timer in timers {
        shared.deadlines.disarm(&timer);
    }
}
