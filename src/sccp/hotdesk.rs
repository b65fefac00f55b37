//! Hot desk by key: login as a dialogue on the display, logout by two keys, and staying (OUT-6, IDL-6).

use std::time::Duration;

use super::call::{Asks, CallStage};
use super::shared::{Shared, Timer, Waiting};
use super::softkeys::Idle;
use super::station::Station;
use super::wire::{CallState, DisplayNotify, KeySet, Tone};
use crate::pbx::{Dn, Door, Event, LegId, Prompt, Refusal, Shown, Signal};

/// How long a logout may take to be confirmed.
const CONFIRM_WITHIN: Duration = Duration::from_secs(10);

/// How long an answer is shown that belongs to no call.
const ANSWER_FOR_S: u32 = 10;

/// No display is wider.
const MOST_TYPED: usize = 24;

impl Station {
    /// The login key: Perch asks who it is.
    pub fn log_in(&mut self, shared: &mut Shared) {
        let Some(reference) = self.begin(shared, 1) else {
            return;
        };
        let phone = self.name.clone();
        let leg = shared.mint_leg(&phone, reference);
        if let Some(call) = self.call_mut(reference) {
            call.stage = CallStage::Calling(leg);
        }
        let door = Door::Softkey;
        shared.events.push(Event::LoginAsked { leg, door, phone });
    }

    /// The logout key: once more, to be sure. In a call it is no more than a wish for when that ends, which can be taken
    /// back.
    pub fn logout_key(&mut self, shared: &mut Shared) {
        match self.idle {
            _ if !self.calls.is_empty() => self.leave(shared),
            Idle::Leaving => self.log_out(shared),
            _ => self.ask_to_confirm(shared),
        }
    }

    /// Somebody is asked whether they mean it.
    pub fn ask_to_confirm(&mut self, shared: &mut Shared) {
        if self.idle == Idle::Nobody {
            return;
        }
        self.used(shared, Signal::Key);
        self.idle = Idle::Leaving;
        shared.arm(Timer::Confirm(self.name.clone()), CONFIRM_WITHIN);
        self.show_idle_keys(shared);
        self.prompt(shared, (0, 0), "Log out? Confirm");
    }

    /// They do: that they leave themselves, or that somebody else is to go.
    pub fn confirm(&mut self, shared: &mut Shared, meant: Option<u32>) {
        let meant = meant.or_else(|| self.active().map(|call| call.reference));
        let Some(reference) = meant else {
            return self.log_out(shared);
        };
        let phone = self.name.clone();
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let CallStage::Confirming { dn, door } = &call.stage else {
            return;
        };
        let (dn, door) = (dn.clone(), *door);
        // The answer comes once it is stored; until then no key means anything here.
        call.stage = CallStage::Over;
        let at = (call.line, reference);
        self.show_state(shared, at, CallState::Proceed);
        let ticket = self.setting(shared, Some(reference));
        shared.events.push(Event::RemoteLogoutAsked {
            ticket,
            door,
            phone,
            dn,
        });
    }

    /// The number is complete of somebody who is to be logged out: is that meant (OUT-5)?
    pub fn ask_about(&mut self, shared: &mut Shared, reference: u32, (dn, door): (Dn, Door)) {
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let text = format!("Log out {dn}? Confirm");
        call.stage = CallStage::Confirming { dn, door };
        let at = (call.line, reference);
        self.hush(shared, at);
        self.show_keys(shared, at, KeySet::DigitsFollowing);
        self.prompt(shared, at, text.as_str());
        let timer = Timer::Pause(self.name.clone(), reference);
        shared.arm(timer, CONFIRM_WITHIN);
    }

    /// Nobody has said that it is.
    pub fn nobody_confirmed_about(&mut self, shared: &mut Shared, reference: u32) {
        let text = "Nobody was logged out";
        let state = CallState::Proceed;
        self.over(shared, reference, state, (Tone::Reorder, text));
    }

    /// Nobody has confirmed.
    pub fn nobody_confirmed(&mut self, shared: &mut Shared) {
        if self.idle == Idle::Leaving {
            self.idle = match self.shown {
                Shown::User(_) => Idle::Somebody,
                Shown::Nobody(_) => Idle::Nobody,
            };
            self.show_idle_if_idle(shared);
        }
    }

    /// The second key: out.
    pub fn log_out(&mut self, shared: &mut Shared) {
        if self.idle != Idle::Leaving {
            return;
        }
        shared.deadlines.disarm(&Timer::Confirm(self.name.clone()));
        self.nobody_confirmed(shared);
        self.leave(shared);
    }

    fn leave(&mut self, shared: &mut Shared) {
        let phone = self.name.clone();
        let ticket = shared.mint_ticket(Waiting::Leaving(phone.clone()));
        let door = Door::Softkey;
        shared.events.push(Event::LeaveAsked {
            ticket,
            door,
            phone,
        });
    }

    /// Somebody stays: the key was a use of the phone already, and takes back what they wanted before.
    pub fn stay(&mut self, shared: &mut Shared) {
        shared.deadlines.disarm(&Timer::Confirm(self.name.clone()));
        self.nobody_confirmed(shared);
        if self.leaves_with_call.is_none() {
            return self.notify(shared, "You stay logged in");
        }
        // What comes of it is told by itself.
        let ticket = shared.mint_ticket(Waiting::Key);
        let phone = self.name.clone();
        shared.events.push(Event::StayAsked { ticket, phone });
    }

    /// What became of a logout by key.
    pub fn leave_answered(&mut self, shared: &mut Shared, outcome: Result<String, Refusal>) {
        let text = match outcome {
            Ok(text) => text,
            Err(why) => why.text(),
        };
        self.notify(shared, &text);
    }

    /// Shows something for a while.
    pub fn notify(&self, shared: &mut Shared, text: &str) {
        let notify = DisplayNotify {
            timeout: ANSWER_FOR_S,
            text: text.into(),
        };
        self.say(shared, notify);
    }

    /// Perch itself is the other party from now on.
    pub fn converse(&mut self, shared: &mut Shared, reference: u32, leg: LegId) {
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        call.stage = CallStage::Conversing {
            leg,
            asks: Asks::User,
            typed: String::new(),
        };
        let at = (call.line, reference);
        self.hush(shared, at);
        self.show_state(shared, at, CallState::Connected);
        self.show_keys(shared, at, KeySet::DigitsFollowing);
    }

    /// What Perch lets somebody hear is also shown.
    pub fn prompted(&mut self, shared: &mut Shared, reference: u32, to: Prompt) {
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let at = (call.line, reference);
        let CallStage::Conversing { asks, typed, .. } = &mut call.stage else {
            return;
        };
        let (asked, tone, text) = match to {
            Prompt::Dial => (Asks::User, Tone::InsideDial, "Your number, then #"),
            Prompt::DialMore => (Asks::Pin, Tone::PartialDial, "Your PIN, then #"),
            Prompt::DialAgain => (Asks::User, Tone::BeepBonk, "Wrong. Your number, then #"),
            Prompt::Silence | Prompt::Echo => return self.hush(shared, at),
        };
        *asks = asked;
        typed.clear();
        self.hush(shared, at);
        self.tone(shared, at, tone);
        self.prompt(shared, at, text);
    }

    /// Shows what was typed; of a PIN, how much.
    pub fn typed(&mut self, shared: &mut Shared, reference: u32, key: char) {
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let at = (call.line, reference);
        let CallStage::Conversing { asks, typed, .. } = &mut call.stage else {
            return;
        };
        if !key.is_ascii_digit() || typed.len() >= MOST_TYPED {
            return;
        }
        let text = match asks {
            Asks::User => {
                typed.push(key);
                format!("Number: {typed}")
            }
            Asks::Pin => {
                typed.push('*');
                format!("PIN: {typed}")
            }
        };
        self.prompt(shared, at, text.as_str());
    }
}
