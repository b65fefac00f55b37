//! Dialling: digit by digit against the dial plan, or all at once.

use std::time::Duration;

use super::call::{Call, CallStage, Dialled, Purpose, Then};
use super::shared::{Shared, Timer};
use super::station::Station;
use super::wire::{BackSpace, CallState, KeySet, Tone};
use crate::pbx::{Body, Door, Event, Extent, Hops, Party, Secret, Signal};

/// More digits than this are no number, even with a PIN.
const MOST_DIGITS: usize = 80;

impl Station {
    /// A digit more of a number that is being dialled.
    pub fn dial_digit(&mut self, shared: &mut Shared, reference: u32, digit: char) {
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let at = (call.line, reference);
        let CallStage::Dialling(digits) = &mut call.stage else {
            return;
        };
        let mut longer = String::with_capacity(MOST_DIGITS + 1);
        longer.push_str(digits.reveal());
        let is_first = longer.is_empty();
        longer.push(digit);
        let extent = shared.extent(&longer);
        let ends = digit == '#' && !is_first && extent != Extent::Incomplete;
        if ends && extent == Extent::NoSuchNumber {
            longer.pop();
        }
        let is_long = longer.len() >= MOST_DIGITS;
        *digits = Secret::new(longer);
        self.used(shared, Signal::Digit);
        if is_first {
            self.hush(shared, at);
            self.show_keys(shared, at, KeySet::DigitsFollowing);
        }
        match extent {
            _ if ends || is_long => self.dialled(shared, reference),
            Extent::Complete | Extent::NoSuchNumber => self.dialled(shared, reference),
            Extent::Incomplete | Extent::CompleteOrLonger => {
                let pause = shared.site.settings.digit_pause_s.max(1);
                let pause = Duration::from_secs(pause.into());
                shared.arm(Timer::Pause(self.name.clone(), reference), pause);
            }
        }
    }

    /// Nobody presses a key any more: the number is what it is.
    pub fn paused(&mut self, shared: &mut Shared, reference: u32) {
        match self.call(reference) {
            Some(call) if matches!(call.stage, CallStage::Confirming { .. }) => {
                self.nobody_confirmed_about(shared, reference);
            }
            Some(call) if !call.is_fresh() => self.dialled(shared, reference),
            _ => {}
        }
    }

    /// The last digit is taken back.
    pub fn take_back(&mut self, shared: &mut Shared, reference: u32) {
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let (line, call_reference) = (call.line, call.reference);
        let CallStage::Dialling(digits) = &mut call.stage else {
            return;
        };
        let mut shorter = digits.reveal().to_owned();
        shorter.pop();
        let is_empty = shorter.is_empty();
        *digits = Secret::new(shorter);
        self.say(
            shared,
            BackSpace {
                line,
                call: call_reference,
            },
        );
        if is_empty {
            let timer = Timer::Pause(self.name.clone(), reference);
            shared.deadlines.disarm(&timer);
            self.show_keys(shared, (line, reference), KeySet::OffHook);
            self.tone(shared, (line, reference), Tone::InsideDial);
        }
    }

    /// Dials a whole number: in the call where nothing was dialled yet, or in a new one.
    pub fn dial(&mut self, shared: &mut Shared, line: u32, number: Secret) {
        let fresh = self.active().filter(|call| call.is_fresh());
        let reference = match fresh.map(|call| call.reference) {
            Some(reference) => Some(reference),
            None => self.begin(shared, line),
        };
        let Some(reference) = reference else {
            return;
        };
        if let Some(call) = self.call_mut(reference) {
            call.stage = CallStage::Dialling(number);
            self.dialled(shared, reference);
        }
    }

    /// The number is complete: the core says what becomes of it.
    pub fn dialled(&mut self, shared: &mut Shared, reference: u32) {
        let phone = self.name.clone();
        let timer = Timer::Pause(phone.clone(), reference);
        shared.deadlines.disarm(&timer);
        if shared.draining {
            let text = "The server is being restarted";
            return self.over(
                shared,
                reference,
                CallState::Congestion,
                (Tone::Reorder, text),
            );
        }
        let has_soft_keys = self.has_soft_keys;
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let purpose = call.purpose;
        let CallStage::Dialling(digits) = &mut call.stage else {
            return;
        };
        let digits = std::mem::replace(digits, Secret::new(String::new()));
        // Who has a key to confirm that with is asked.
        let to_log_out = shared.site.remote_logout_of(digits.reveal());
        let to_log_out = to_log_out.filter(|_| has_soft_keys);
        match purpose {
            Purpose::Call => {}
            Purpose::Forward(kind) => return self.forward_to(shared, reference, kind, digits),
            Purpose::PickUp => return self.pick_up(shared, reference, Some(digits)),
            Purpose::LogOut => {
                let dn = digits.reveal().trim_end_matches('#').into();
                return self.ask_about(shared, reference, (dn, Door::Softkey));
            }
        }
        if let Some(dn) = to_log_out {
            return self.ask_about(shared, reference, (dn, Door::Code));
        }
        let is_private = shared.is_private(digits.reveal());
        let shown = (!is_private).then(|| digits.clone());
        let leg = shared.mint_leg(&phone, reference);
        call.stage = CallStage::Calling(leg);
        call.other = Party {
            dn: shown.as_ref().map_or("", Secret::reveal).into(),
            display_name: String::new(),
        };
        let line = call.line;
        let line = self.line(line).map(|line| line.dn.clone());
        if let Some(call) = self.call(reference) {
            self.show_proceed(shared, call, shown.clone());
        }
        if shown.is_some() {
            self.redial = shown;
        }
        let dialled = Dialled { line, digits };
        if shared.may_be_heard_early(dialled.digits.reveal()) {
            let then = Then::Dial(Box::new(dialled));
            self.open(shared, reference, self.abilities.first(), then);
        } else {
            self.tell_dialled(shared, reference, dialled, None);
        }
    }

    /// The core is told what was dialled.
    pub fn tell_dialled(
        &mut self,
        shared: &mut Shared,
        reference: u32,
        dialled: Dialled,
        offer: Option<Body>,
    ) {
        let Some(leg) = self.call(reference).and_then(Call::leg) else {
            return;
        };
        shared.events.push(Event::Dialled {
            leg,
            phone: self.name.clone(),
            line: dialled.line,
            digits: dialled.digits,
            offer,
            hops: Hops::default(),
        });
    }
}
