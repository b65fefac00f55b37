//! Messages to events: what somebody does at a phone.

use super::call::{Call, CallStage, Purpose};
use super::shared::{Shared, Waiting};
use super::softkeys::Key;
use super::station::{Hook, Station};
use super::wire::{
    FromPhone, KeypadButton, MediaPath, MediaPathActivity, MediaPathEvent, MediaStatus, OffHook,
    OnHook, SoftKeyEvent, Stimulus, StimulusEvent,
};
use crate::pbx::{Body, Digit, Event, ForwardKind, Secret, Signal};

/// How a key in a call is told to a party that does not take keys by RFC 4733.
const KEY_LASTS_MS: u32 = 160;

impl Station {
    /// A phone said something.
    pub fn hear(&mut self, shared: &mut Shared, message: FromPhone) {
        let Some(message) = self.answer_question(shared, message) else {
            return;
        };
        if !self.is_registered() {
            // A phone that is setting itself up is not used by anybody.
            if let FromPhone::Unknown { id, body } = message {
                self.unknown(id, body.0.len());
            }
            return;
        }
        match message {
            FromPhone::OffHook(hook) => self.off_hook(shared, &hook),
            FromPhone::OnHook(hook) => self.on_hook(shared, &hook),
            FromPhone::KeypadButton(button) => self.keypad(shared, &button),
            FromPhone::EnblocCall(call) => self.en_bloc(shared, call.line, call.number),
            FromPhone::SoftKeyEvent(event) => self.soft_key(shared, &event),
            FromPhone::Stimulus(event) => self.stimulus(shared, &event),
            FromPhone::HookFlash(_) => self.hook_flash(shared),
            FromPhone::MediaPathEvent(event) => self.media_path(shared, &event),
            FromPhone::HeadsetStatus(_) => self.used(shared, Signal::Key),
            FromPhone::OpenReceiveChannelAck(ack) => self.opened(shared, &ack),
            FromPhone::StartMediaTransmissionAck(ack) if ack.status != MediaStatus::Ok => {
                self.media_failed(shared, ack.pass_through, &format!("{:?}", ack.status));
            }
            FromPhone::MediaTransmissionFailure(failure) => {
                self.media_failed(shared, failure.pass_through, "transmission failed");
            }
            FromPhone::DeviceToUserDataResponse(said) => {
                self.data_answered(shared, said.transaction, &said.data);
            }
            FromPhone::DeviceToUserDataResponseVersion1(said) => {
                self.data_answered(shared, said.transaction, &said.data);
            }
            FromPhone::Unknown { id, body } => self.unknown(id, body.0.len()),
            other => {
                tracing::trace!(phone = %self.name, message = other.name(), "SCCP message not acted on");
            }
        }
    }

    /// What was lifted, said before OffHook by newer phones. Some say nothing else.
    fn media_path(&mut self, shared: &mut Shared, event: &MediaPathEvent) {
        match event.event {
            MediaPathActivity::On => {
                self.path = Some(event.path);
                if self.hook != Hook::On && event.path == MediaPath::Handset {
                    self.hook = Hook::Handset;
                }
                self.used(shared, Signal::Key);
            }
            MediaPathActivity::Off => {
                if self.path == Some(event.path) {
                    self.path = None;
                }
                // The handset was put back while somebody talks by the speaker.
                if event.path == MediaPath::Handset && self.hook == Hook::Handset {
                    self.hook = Hook::Speaker;
                    self.hang_up_speaker(shared);
                    self.rest(shared);
                }
            }
            MediaPathActivity::Other(_) => {}
        }
    }

    fn off_hook(&mut self, shared: &mut Shared, hook: &OffHook) {
        self.hook = match self.path {
            Some(MediaPath::Handset) => Hook::Handset,
            _ => Hook::Speaker,
        };
        self.used(shared, Signal::OffHook);
        let ringing = match self.call(hook.call) {
            Some(named) if named.is_ringing() => Some(named.reference),
            _ => self
                .calls
                .iter()
                .find(|c| c.is_ringing())
                .map(|c| c.reference),
        };
        match (ringing, self.active()) {
            // Another way to listen to the same call.
            (_, Some(_)) => {}
            (Some(reference), None) => self.answer(shared, reference),
            (None, None) => {
                self.begin(shared, hook.line);
            }
        }
    }

    fn on_hook(&mut self, shared: &mut Shared, hook: &OnHook) {
        self.hook = Hook::On;
        self.used(shared, Signal::OnHook);
        // What is held stays, whatever an old phone puts into the field.
        let meant = self.meant(hook.call).filter(|call| call.is_active());
        let meant = meant.or_else(|| self.active());
        if let Some(reference) = meant.map(|call| call.reference)
            && !self.hands_on_by_hook(shared, reference)
        {
            self.end(shared, reference);
        }
        self.rest(shared);
    }

    fn keypad(&mut self, shared: &mut Shared, button: &KeypadButton) {
        let Some(digit) = button.key.digit() else {
            return;
        };
        let reference = match self.active().map(|call| call.reference) {
            Some(reference) => Some(reference),
            // Dialling begins with the first digit.
            None => self.begin(shared, 1),
        };
        let Some(call) = reference.and_then(|reference| self.call(reference)) else {
            return;
        };
        let reference = call.reference;
        match &call.stage {
            CallStage::Dialling(_) => self.dial_digit(shared, reference, digit.char()),
            CallStage::Conversing { leg, .. } => {
                let leg = *leg;
                shared.events.push(Event::DigitPressed { leg, digit });
                self.typed(shared, reference, digit.char());
            }
            CallStage::Talking(leg) if shared.own.has(*leg) => {
                let leg = *leg;
                shared.events.push(Event::DigitPressed { leg, digit });
            }
            CallStage::Talking(_) => self.key_in_call(shared, reference, digit.char()),
            _ => self.used(shared, Signal::Digit),
        }
    }

    /// A key in a call. A phone that sends it along with the sound needs no help.
    fn key_in_call(&mut self, shared: &mut Shared, reference: u32, key: char) {
        let Some(call) = self.call(reference) else {
            return;
        };
        let Some(leg) = call.leg().filter(|_| !call.sends_keys()) else {
            return self.used(shared, Signal::Digit);
        };
        let text = format!("Signal={key}\r\nDuration={KEY_LASTS_MS}\r\n");
        let body = Some(Body::new("application/dtmf-relay", text));
        let ticket = shared.mint_ticket(Waiting::Key);
        shared.events.push(Event::Signalled { leg, ticket, body });
    }

    fn en_bloc(&mut self, shared: &mut Shared, line: u32, number: Secret) {
        if !number.reveal().is_empty() {
            self.used(shared, Signal::Digit);
            self.dial(shared, line, number);
        }
    }

    fn soft_key(&mut self, shared: &mut Shared, event: &SoftKeyEvent) {
        let Some(key) = Key::of(event.event) else {
            tracing::debug!(phone = %self.name, event = event.event, "a softkey that the phone was not given");
            return;
        };
        if !matches!(key, Key::Login | Key::Logout | Key::Confirm) {
            self.used(shared, Signal::Key);
        }
        let meant = self.meant(event.call).map(|call| call.reference);
        match (key, meant) {
            (Key::NewCall, _) => {
                self.begin(shared, event.line);
            }
            (Key::Redial, _) => self.dial_again(shared, event.line),
            (Key::Login, _) => self.log_in(shared),
            (Key::Logout, _) => self.logout_key(shared),
            (Key::Confirm, meant) => self.confirm(shared, meant),
            (Key::LogOther, _) => self.dial_for(shared, event.line, Purpose::LogOut),
            (Key::Stay, _) => self.stay(shared),
            (Key::Forward(kind), _) => self.forward_key(shared, event.line, kind),
            (Key::Barge, _) => self.barge(shared, event.line, event.call),
            (Key::Private, _) => self.privacy_key(shared),
            (Key::Disturb, _) => self.disturb_key(shared),
            (Key::HuntLog, _) => self.hunt_key(shared),
            (Key::PickUp, _) => self.pickup_key(shared, event.line),
            (Key::PickUpAt, _) => self.dial_for(shared, event.line, Purpose::PickUp),
            // Whichever call such a key names: only one of these can be meant.
            (Key::Answer, meant) => {
                let ringing = self.meant_or_first(meant, Call::is_ringing);
                ringing
                    .into_iter()
                    .for_each(|call| self.answer(shared, call));
            }
            (Key::Resume, None) if self.resumes_remote(shared, event) => {}
            (Key::Resume, meant) => {
                let held = self.meant_or_first(meant, Call::is_held);
                held.into_iter().for_each(|call| self.resume(shared, call));
            }
            (Key::Hold, Some(call)) => self.hold(shared, call),
            (Key::Transfer, Some(call)) => self.transfer(shared, call),
            (Key::Join, Some(call)) => self.join_directly(shared, call),
            (Key::Park, Some(call)) => self.park(shared, call),
            (Key::Confer, Some(call)) => self.confer(shared, call),
            (Key::EndCall, Some(call)) => self.end(shared, call),
            (Key::Backspace, Some(call)) => {
                if !self.press_for(shared, call, '*') {
                    self.take_back(shared, call);
                }
            }
            (Key::Dial, Some(call)) => {
                if !self.press_for(shared, call, '#') {
                    self.paused(shared, call);
                }
            }
            // Where that key is the one that users know for leaving, and there is no call that it could end.
            (Key::EndCall, None) if self.model.end_key_leaves && self.calls.is_empty() => {
                self.ask_to_confirm(shared);
            }
            (Key::EndCall, None) => self.show_idle_if_idle(shared),
            (
                Key::Hold
                | Key::Transfer
                | Key::Join
                | Key::Park
                | Key::Confer
                | Key::Backspace
                | Key::Dial,
                None,
            ) => {}
        }
    }

    /// Whether it is a call at another phone that is to go on here: one that is named, or the only one that there is.
    fn resumes_remote(&mut self, shared: &mut Shared, event: &SoftKeyEvent) -> bool {
        let is_meant = self.is_remote(event.call) || self.first(Call::is_held).is_none();
        is_meant && self.take_remote(shared, event.line, event.call)
    }

    /// The oldest call of a kind.
    fn first(&self, kind: impl Fn(&Call) -> bool) -> Option<u32> {
        self.calls.iter().find(|c| kind(c)).map(|c| c.reference)
    }

    /// The call that a key means, if it is of that kind; else the oldest that is.
    fn meant_or_first(&self, meant: Option<u32>, kind: fn(&Call) -> bool) -> Option<u32> {
        let meant = meant.and_then(|reference| self.call(reference));
        let meant = meant.filter(|call| kind(call)).map(|call| call.reference);
        meant.or_else(|| self.first(kind))
    }

    fn stimulus(&mut self, shared: &mut Shared, event: &StimulusEvent) {
        self.used(shared, Signal::Key);
        let instance = event.instance.max(1);
        match event.stimulus {
            Stimulus::Line => self.line_key(shared, instance),
            Stimulus::SpeedDial | Stimulus::BlfSpeedDial => {
                let dial = self.speed_dial(instance);
                let number = dial.map(|dial| Secret::new(dial.number.clone()));
                number
                    .into_iter()
                    .for_each(|number| self.dial(shared, 1, number));
            }
            Stimulus::Voicemail | Stimulus::Messages => {
                let voicemail = self.desk.voicemail.as_ref();
                let number = voicemail.map(|dn| Secret::new(dn.as_str().to_owned()));
                number
                    .into_iter()
                    .for_each(|number| self.dial(shared, 1, number));
            }
            Stimulus::LastNumberRedial => self.dial_again(shared, 1),
            Stimulus::ForwardAll => self.forward_key(shared, 1, ForwardKind::All),
            Stimulus::ForwardBusy => self.forward_key(shared, 1, ForwardKind::Busy),
            Stimulus::ForwardNoAnswer => self.forward_key(shared, 1, ForwardKind::NoAnswer),
            Stimulus::DoNotDisturb => self.disturb_key(shared),
            Stimulus::HuntLog => self.hunt_key(shared),
            Stimulus::Feature => self.feature_button(shared, instance),
            Stimulus::CallPark => {
                let active = self.active().map(|call| call.reference);
                active.into_iter().for_each(|call| self.park(shared, call));
            }
            Stimulus::CallPickup => self.pickup_key(shared, 1),
            Stimulus::GroupCallPickup => self.dial_for(shared, 1, Purpose::PickUp),
            Stimulus::Hold => match self.active().map(|call| call.reference) {
                Some(active) => self.hold(shared, active),
                None => {
                    let held = self.first(Call::is_held);
                    match held {
                        Some(call) => self.resume(shared, call),
                        None => drop(self.take_remote(shared, 0, 0)),
                    }
                }
            },
            Stimulus::Transfer => {
                let active = self.active().map(|call| call.reference);
                active
                    .into_iter()
                    .for_each(|call| self.transfer(shared, call));
            }
            Stimulus::Conference => {
                let active = self.active().map(|call| call.reference);
                active
                    .into_iter()
                    .for_each(|call| self.confer(shared, call));
            }
            Stimulus::NewCall => {
                self.begin(shared, 1);
            }
            Stimulus::EndCall => {
                let active = self.active().map(|call| call.reference);
                active.into_iter().for_each(|call| self.end(shared, call));
            }
            other => {
                tracing::debug!(phone = %self.name, stimulus = ?other, "a button that does nothing here");
            }
        }
    }

    /// A line key takes the call that rings there, goes on with the one that is held, or begins one.
    fn line_key(&mut self, shared: &mut Shared, line: u32) {
        if let Some(watched) = self.line(line).filter(|line| line.is_monitor()) {
            let number = Secret::new(watched.dn.as_str().to_owned());
            return self.dial(shared, 1, number);
        }
        let there = |call: &&Call| call.line == line;
        let find = |kind: fn(&Call) -> bool| {
            let mut calls = self.calls.iter().filter(there);
            calls.find(|call| kind(call)).map(|call| call.reference)
        };
        let (ringing, held) = (find(Call::is_ringing), find(Call::is_held));
        let is_active = find(Call::is_active).is_some();
        match (ringing, held) {
            (Some(call), _) => self.answer(shared, call),
            (None, _) if is_active => {}
            (None, Some(call)) => self.resume(shared, call),
            (None, None) if self.take_remote(shared, line, 0) => {}
            (None, None) => {
                self.begin(shared, line);
            }
        }
    }

    fn dial_again(&mut self, shared: &mut Shared, line: u32) {
        if let Some(number) = self.redial.clone() {
            self.dial(shared, line, number);
        }
    }

    /// A softkey that stands for a key of the keypad when Perch itself asks. False if it does not.
    fn press_for(&mut self, shared: &mut Shared, call: u32, key: char) -> bool {
        let stage = self.call(call).map(|call| &call.stage);
        let (Some(CallStage::Conversing { leg, .. }), Some(digit)) = (stage, Digit::new(key))
        else {
            return false;
        };
        let leg = *leg;
        shared.events.push(Event::DigitPressed { leg, digit });
        true
    }

    fn hook_flash(&mut self, shared: &mut Shared) {
        self.used(shared, Signal::Key);
        let active = self.active().map(|call| call.reference);
        active
            .into_iter()
            .for_each(|call| self.transfer(shared, call));
    }
}
