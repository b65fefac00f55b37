//! Changes of a call: hold and resume by this side, and what the other side wants.

use std::time::Duration;

use super::call::{Call, CallStage, Receive, Then};
use super::screen::Look;
use super::shared::{Shared, Timer};
use super::station::Station;
use super::wire::{CallState, KeySet, Label, SetSpeakerMode};
use crate::pbx::{Body, Event, Failure, MediaFlow, Party};
use crate::sdp::Direction;

/// So often a change is asked for again that met another one.
const MOST_TRIES: u8 = 5;

impl Station {
    /// The user holds a call. One whose channel is just being opened cannot be held yet: somebody waits for what the
    /// phone will say.
    pub fn hold(&mut self, shared: &mut Shared, reference: u32) {
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let CallStage::Talking(leg) = call.stage else {
            return;
        };
        if matches!(call.media.receive, Receive::Opening { .. }) {
            return;
        }
        call.stage = CallStage::Holding(leg);
        call.tries = 0;
        let line = call.line;
        self.close(shared, reference);
        self.light(shared, line);
        self.look(shared, (line, reference), Look::held());
        self.say(shared, SetSpeakerMode { is_on: false });
        self.ask_change(shared, reference, MediaFlow::Held);
    }

    /// The user goes on with a call that was held.
    pub fn resume(&mut self, shared: &mut Shared, reference: u32) {
        if !self.call(reference).is_some_and(Call::is_held) || !self.free_ear(shared) {
            return;
        }
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let CallStage::Holding(leg) = call.stage else {
            return;
        };
        call.stage = CallStage::Resuming(leg);
        call.tries = 0;
        let line = call.line;
        self.go_off_hook(shared);
        self.say(shared, SetSpeakerMode { is_on: true });
        self.light(shared, line);
        self.show_connected(shared, reference);
        let own = self.abilities.g711().filter(|_| shared.own.has(leg));
        let (chosen, then) = match own {
            Some(chosen) => (chosen, Then::Own),
            None => (self.abilities.first(), Then::Resume),
        };
        self.open(shared, reference, chosen, then);
    }

    /// Resuming came to nothing.
    pub fn hold_again(&mut self, shared: &mut Shared, reference: u32) {
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let CallStage::Resuming(leg) = call.stage else {
            return;
        };
        call.stage = CallStage::Holding(leg);
        let at = (call.line, reference);
        self.close(shared, reference);
        self.light(shared, at.0);
        let look = Look {
            state: CallState::Hold,
            keys: KeySet::OnHold,
            prompt: Label::TEMP_FAIL.into(),
        };
        self.look(shared, at, look);
        self.say(shared, SetSpeakerMode { is_on: false });
        self.hang_up_speaker(shared);
    }

    /// Asks the other side for a change, one at a time.
    pub fn ask_change(&mut self, shared: &mut Shared, reference: u32, flow: MediaFlow) {
        let Some(call) = self.call(reference) else {
            return;
        };
        let Some(leg) = call.leg() else {
            return;
        };
        if call.asked.is_some() {
            return;
        }
        if shared.own.has(leg) {
            return self.hold_own(shared, leg);
        }
        let open = match &call.media.receive {
            Receive::Open { chosen } => chosen.clone(),
            _ => self.abilities.first(),
        };
        let direction = match flow {
            MediaFlow::Open => Direction::Both,
            MediaFlow::Held => Direction::Neither,
        };
        let offer = Some(self.offer_of(reference, &open, direction));
        if let Some(call) = self.call_mut(reference) {
            call.asked = Some(flow);
        }
        let flow = Some(flow);
        shared.events.push(Event::Reoffered { leg, offer, flow });
    }

    /// The other side agreed.
    pub fn change_accepted(&mut self, shared: &mut Shared, reference: u32, answer: Option<&Body>) {
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let asked = call.asked.take();
        call.tries = 0;
        match (asked, &call.stage) {
            (Some(MediaFlow::Open), CallStage::Resuming(leg)) => {
                call.stage = CallStage::Talking(*leg);
                self.agree(shared, reference, answer);
            }
            (Some(MediaFlow::Open), CallStage::Talking(_)) => {
                self.agree(shared, reference, answer);
            }
            _ => self.change_again(shared, reference),
        }
    }

    /// The other side did not.
    pub fn change_refused(&mut self, shared: &mut Shared, reference: u32, why: Failure) {
        let name = self.name.clone();
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        call.asked = None;
        call.tries += 1;
        if why == Failure::Glare && call.tries <= MOST_TRIES {
            let wait = Duration::from_millis(250) + shared.some_time(750);
            return shared.arm(Timer::Again(name, reference), wait);
        }
        if matches!(call.stage, CallStage::Resuming(_)) {
            self.hold_again(shared, reference);
        }
    }

    /// A change that the other side has not agreed to is asked for, if it still is wanted.
    pub fn change_again(&mut self, shared: &mut Shared, reference: u32) {
        let Some(call) = self.call(reference) else {
            return;
        };
        let is_open = matches!(call.media.receive, Receive::Open { .. });
        match call.stage {
            CallStage::Holding(_) if call.tries > 0 => {
                self.ask_change(shared, reference, MediaFlow::Held);
            }
            CallStage::Resuming(_) if is_open => {
                self.ask_change(shared, reference, MediaFlow::Open);
            }
            _ => {}
        }
    }

    /// The other side wants a change, or somebody else is the other side now.
    pub fn change_wanted(
        &mut self,
        shared: &mut Shared,
        reference: u32,
        offer: Option<&Body>,
        connected: Option<Party>,
    ) {
        let theirs = offer.and_then(|body| self.abilities.understand(body));
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        if let Some(connected) = connected {
            call.other = connected;
            call.history = None;
        }
        let Some(leg) = call.leg() else {
            return;
        };
        // Of a channel that is just being opened somebody waits to hear.
        let is_opening = matches!(call.media.receive, Receive::Opening { .. });
        let is_held = match call.stage {
            CallStage::Talking(_) if !is_opening => false,
            CallStage::Holding(_) => true,
            _ => {
                let why = Failure::Glare;
                return shared.events.push(Event::ReofferRefused { leg, why });
            }
        };
        let open = match &call.media.receive {
            Receive::Open { chosen } => Some(chosen.clone()),
            _ => None,
        };
        if let Some(call) = self.call(reference) {
            self.show_parties(shared, call);
        }
        let media = match (theirs, open) {
            (None, _) if offer.is_some() => {
                let why = Failure::NotAcceptable;
                return shared.events.push(Event::ReofferRefused { leg, why });
            }
            (None, _) if is_held => {
                let first = self.abilities.first();
                self.offer_of(reference, &first, Direction::Neither)
            }
            (None, Some(open)) => self.offer_of(reference, &open, Direction::Both),
            (None, None) => {
                let chosen = self.abilities.first();
                return self.open(shared, reference, chosen, Then::Change(None));
            }
            (Some(theirs), _) if is_held => self.answer_to(reference, &theirs),
            (Some(theirs), _) if theirs.audio.direction == Direction::Neither => {
                let answer = self.answer_to(reference, &theirs);
                self.close(shared, reference);
                answer
            }
            (Some(theirs), Some(open)) if open.codec == theirs.chosen.codec => {
                let answer = self.answer_to(reference, &theirs);
                self.send_to(shared, reference, &theirs);
                answer
            }
            (Some(theirs), _) => {
                let chosen = theirs.chosen.clone();
                let then = Then::Change(Some(Box::new(theirs)));
                return self.open(shared, reference, chosen, then);
            }
        };
        let media = Some(media);
        shared.events.push(Event::ReofferAnswered { leg, media });
    }
}
