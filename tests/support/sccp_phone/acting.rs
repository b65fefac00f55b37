//! What somebody at the phone does, by hook, keypad, buttons and softkeys.

use perch::pbx::{Digit, Secret};
use perch::sccp::wire::{
    Button, CallState as State, EnblocCall, FromPhone, KeypadButton, KeypadKey, MediaPath,
    MediaPathActivity, MediaPathEvent, OffHook, OnHook, SoftKeyEvent, Stimulus, StimulusEvent,
    Unregister,
};

use super::call::{Call, Wish};
use super::desk::Place;
use super::kind::Manner;
use super::registering::Progress;
use super::{SccpPhone, Timer};
use crate::support::phone::Order;

type Done = Result<(), String>;

impl SccpPhone {
    pub fn obey(&mut self, order: &Order) -> Done {
        match order {
            Order::Vanish => self.vanish(),
            Order::ComeBack => return self.come_back(),
            _ if self.progress != Progress::Registered => {
                return Err(format!("{} is not registered", self.label));
            }
            Order::Dial(digits) => return self.dial(digits),
            Order::Answer => return self.answer(),
            Order::Decline => return self.decline(),
            Order::HangUp => return self.hang_up(),
            Order::Hold => return self.hold(),
            Order::Resume => return self.resume(),
            Order::Transfer(number) => return self.transfer(number),
            Order::JoinCalls => return self.join_calls(),
            Order::Consult(number) => return self.consult(number),
            Order::PressDigit(digit) => return self.type_digits(&digit.to_string()),
            Order::Type(digits) => return self.type_digits(digits),
            Order::Unregister => {
                self.say(Unregister::default());
                self.progress = Progress::Leaving;
            }
            Order::OffHook => {
                self.is_left_lying = true;
                self.lift_handset((0, 0));
            }
            Order::OnHook => self.hang_handset_up(),
            Order::PressKey => self.press_button(Stimulus::Messages),
            Order::PressButton(label) => return self.press_labelled(label),
            Order::PressLine(line) => self.press_button_at(Stimulus::Line, *line),
            Order::PressSoftkey(label) => {
                // Of the call at its ear, of the latest one, or of the idle phone.
                let at_ear = self.call_that("", |call| !call.rings() && call.state != State::Hold);
                let place = at_ear.or_else(|_| self.call_that("", |_| true));
                let place = place.unwrap_or((0, 0));
                let keys = self.desk.keys_at(place);
                let has_key = keys.iter().any(|(shown, _)| shown == label);
                // Or of one at another phone of the line, whichever shows it.
                let elsewhere = self.key_elsewhere(label).filter(|_| !has_key);
                return self.press_softkey(elsewhere.unwrap_or(place), label);
            }
            _ => return Err(format!("an SCCP phone cannot do {order:?}")),
        }
        Ok(())
    }

    fn dial(&mut self, digits: &str) -> Done {
        self.transfers = false;
        let mut keys: Vec<char> = digits.chars().collect();
        // What ends a number that may go on.
        if !digits.ends_with('#') {
            keys.push('#');
        }
        let is_fresh = |call: &&mut Call| call.state == State::OffHook && call.to_dial.is_empty();
        if self.is_off_hook
            && let Some(call) = self.calls.values_mut().find(is_fresh)
        {
            call.to_dial = keys;
            self.look_again();
            return Ok(());
        }
        if self.kind.manner == Manner::Late {
            let number = Secret::new(digits.to_owned());
            self.say(EnblocCall { number, line: 0 });
            return Ok(());
        }
        self.to_dial = keys;
        if self.kind.has_soft_keys() {
            self.press_softkey((0, 0), "NewCall")
        } else {
            self.lift_handset((0, 0));
            Ok(())
        }
    }

    /// The next key of a number that is being dialled: the server is heard between one and the next.
    pub fn dial_on(&mut self) {
        for call in self.calls.values_mut() {
            if !matches!(call.state, State::OffHook | State::Proceed) {
                call.to_dial.clear();
            }
        }
        let mut calls = self.calls.values_mut();
        let Some(call) = calls.find(|call| !call.to_dial.is_empty()) else {
            return;
        };
        let key = call.to_dial.remove(0);
        let place = call.place;
        self.press_key(place, key);
        self.look_again();
    }

    fn press_key(&mut self, (line, call): Place, key: char) {
        let Some(digit) = Digit::new(key) else {
            return self.fault(format!("{key:?} is no key"));
        };
        self.say(KeypadButton {
            key: KeypadKey::from(digit),
            line,
            call,
        });
    }

    fn answer(&mut self) -> Done {
        let place = self.call_that("that rings", |call| call.rings())?;
        if self.kind.has_soft_keys() {
            self.press_softkey(place, "Answer")
        } else {
            self.lift_handset(place);
            Ok(())
        }
    }

    fn decline(&mut self) -> Done {
        let place = self.call_that("that rings", |call| call.rings())?;
        self.press_softkey(place, "EndCall")?;
        self.wish(place, Wish::HangUp);
        Ok(())
    }

    /// By the softkey that says so; by the hook on a phone without softkeys, or whose handset is up. The hook does nothing to
    /// calls that are held.
    pub fn hang_up(&mut self) -> Done {
        let has_keys = self.kind.has_soft_keys();
        let is_on = |call: &Call| {
            let can_end = has_keys || call.state != State::Hold;
            !call.rings() && call.wish != Wish::HangUp && can_end
        };
        let place = self.call_that("to hang up", is_on)?;
        let is_held = self.calls[&place.1].state == State::Hold;
        let needs_key = !self.is_off_hook || self.is_left_lying || is_held;
        self.wish(place, Wish::HangUp);
        if has_keys && needs_key {
            self.press_softkey(place, "EndCall")
        } else {
            self.is_off_hook = false;
            self.is_left_lying = false;
            let (line, call) = place;
            self.say(OnHook { line, call });
            Ok(())
        }
    }

    fn hold(&mut self) -> Done {
        let talks = |call: &Call| call.state == State::Connected && call.wish == Wish::Talk;
        let place = self.call_that("to hold", talks)?;
        self.wish(place, Wish::Hold);
        self.press(place, "Hold", Stimulus::Hold)
    }

    fn resume(&mut self) -> Done {
        // It may also be one that had to wait for another.
        let is_held = |call: &Call| call.state == State::Hold && call.wish != Wish::HangUp;
        let place = self.call_that("to resume", is_held)?;
        self.wish(place, Wish::Talk);
        self.press(place, "Resume", Stimulus::Hold)
    }

    /// Transfer, the number, and transfer again as soon as it rings there.
    fn transfer(&mut self, number: &str) -> Done {
        self.consult(number)?;
        self.transfers = true;
        Ok(())
    }

    /// Transfer, and the number: whoever answers is asked first.
    fn consult(&mut self, number: &str) -> Done {
        let is_on = |call: &Call| matches!(call.state, State::Connected | State::Hold);
        let place = self.call_that("to hand on", is_on)?;
        self.to_dial = number.chars().chain(['#']).collect();
        self.press(place, "Transfer", Stimulus::Transfer)
    }

    fn join_calls(&mut self) -> Done {
        let is_on =
            |call: &Call| matches!(call.state, State::Connected | State::Hold | State::RingOut);
        let place = self.call_that("to join", is_on)?;
        let keys = self.desk.keys_at(place);
        let key = match keys.iter().any(|(label, _)| label == "DirTrfr") {
            true => "DirTrfr",
            false => "Transfer",
        };
        self.press(place, key, Stimulus::Transfer)
    }

    /// It rings where the call is to go to: that is enough.
    pub fn transfer_on(&mut self) {
        let rings = |call: &Call| matches!(call.state, State::RingOut | State::Connected);
        let is_new = |call: &Call| call.transfers && rings(call) && call.wish == Wish::Talk;
        // Whom the server itself asks something is nobody to be handed on to.
        let mut calls = self.calls.values_mut();
        let Some(call) = calls.find(|call| is_new(call) && !call.is_asked) else {
            return;
        };
        call.transfers = false;
        let place = call.place;
        if self.calls.len() > 1
            && let Err(why) = self.press(place, "Transfer", Stimulus::Transfer)
        {
            self.fault(why);
        }
    }

    fn type_digits(&mut self, digits: &str) -> Done {
        let is_on = |call: &Call| {
            matches!(
                call.state,
                State::Connected | State::OffHook | State::Proceed
            )
        };
        let place = self.call_that("to type in", is_on)?;
        let call = self.calls.get(&place.1).filter(|call| call.sends_keys);
        let hears_them = call.and_then(|call| call.sending).map(|(_, to)| to);
        for digit in digits.chars() {
            self.press_key(place, digit);
            self.doings.keys.extend(hears_them.map(|to| (to, digit)));
        }
        Ok(())
    }

    pub fn lift_handset(&mut self, (line, call): Place) {
        self.is_off_hook = true;
        if self.kind.manner == Manner::Late {
            self.say(MediaPathEvent {
                path: MediaPath::Handset,
                event: MediaPathActivity::On,
            });
        }
        self.say(OffHook { line, call });
    }

    pub fn hang_handset_up(&mut self) {
        self.is_off_hook = false;
        self.is_left_lying = false;
        if self.kind.manner == Manner::Late {
            self.say(MediaPathEvent {
                path: MediaPath::Handset,
                event: MediaPathActivity::Off,
            });
        }
        let active = self.calls.values_mut().find(|call| !call.rings());
        let (line, call) = active.map_or((0, 0), |call| {
            call.wish = Wish::HangUp;
            call.place
        });
        self.say(OnHook { line, call });
    }

    fn press_button(&mut self, stimulus: Stimulus) {
        self.press_button_at(stimulus, 1);
    }

    fn press_button_at(&mut self, stimulus: Stimulus, instance: u32) {
        self.say(FromPhone::Stimulus(StimulusEvent {
            stimulus,
            instance,
            ..StimulusEvent::default()
        }));
    }

    /// The key beside which this stands: a speed dial with a lamp, or a feature.
    fn press_labelled(&mut self, label: &str) -> Done {
        let mut features = self.desk.features.iter();
        let found = features.find(|(_, (known, _))| known.replace(' ', "-") == label);
        let index = found.map(|(index, _)| *index);
        let index = index.ok_or_else(|| format!("no button says {label}"))?;
        let mut buttons = self.desk.buttons.iter();
        let is_feature =
            |b: &&Button| b.stimulus == Stimulus::Feature && u32::from(b.instance) == index;
        let stimulus = buttons
            .find(is_feature)
            .map_or(Stimulus::BlfSpeedDial, |button| button.stimulus);
        self.press_button_at(stimulus, index);
        Ok(())
    }

    /// A softkey, or the key of its own on phones without softkeys.
    fn press(&mut self, place: Place, label: &str, stimulus: Stimulus) -> Done {
        if self.kind.has_soft_keys() {
            self.press_softkey(place, label)
        } else {
            self.press_button(stimulus);
            Ok(())
        }
    }

    /// Presses the softkey that says this, if it is shown.
    pub fn press_softkey(&mut self, place: Place, label: &str) -> Done {
        let keys = self.desk.keys_at(place);
        let Some((_, event)) = keys.iter().find(|(shown, _)| shown == label) else {
            let shown: Vec<&str> = keys.iter().map(|(shown, _)| shown.as_str()).collect();
            let (name, shown) = (&self.label, shown.join(", "));
            return Err(format!("{name} shows no softkey {label}, but {shown}"));
        };
        self.say(SoftKeyEvent {
            event: *event,
            line: place.0,
            call: place.1,
        });
        Ok(())
    }

    fn wish(&mut self, place: Place, wish: Wish) {
        if let Some(call) = self.calls.get_mut(&place.1) {
            call.wish = wish;
        }
    }

    /// The latest call like this.
    fn call_that(&self, wanted: &str, fits: impl Fn(&Call) -> bool) -> Result<Place, String> {
        let calls = self.calls.values().filter(|call| fits(call));
        let latest = calls.max_by_key(|call| call.number);
        let no_such = || format!("{} has no call {wanted}", self.label);
        latest.map(|call| call.place).ok_or_else(no_such)
    }

    pub fn vanish(&mut self) {
        self.powered = false;
        self.is_off_hook = false;
        self.is_left_lying = false;
        self.progress = Progress::Away;
        self.calls.clear();
        self.forget_server();
    }

    fn come_back(&mut self) -> Done {
        if self.powered && self.progress != Progress::Away {
            return Err(format!("{} has not gone", self.label));
        }
        self.powered = true;
        self.deadlines.disarm(&Timer::Return);
        self.register();
        Ok(())
    }
}
