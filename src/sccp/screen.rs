//! What a phone shows and lets hear of its calls: the messages of each moment, in the order in which phones know them.

use super::call::{Call, CallStage};
use super::remote::lamp_elsewhere;
use super::shared::Shared;
use super::softkeys::{self, Key};
use super::station::Station;
use super::wire::{
    ActivateCallPlane, CallHistoryInfo, CallInfo, CallState, CallStateInfo, CallType,
    ClearPromptStatus, DialedNumber, DisplayPromptStatus, HistoryDisposition, KeySet, Label,
    LampMode, Party, RingDuration, RingMode, SetLamp, SetRinger, SetSpeakerMode, StartTone,
    Stimulus, StopTone, Text, Tone, Version,
};
use crate::pbx::{Alert, Cause, Diversion, Diverted, History, Secret, Shown};

/// A moment that many calls have: how it is shown.
pub(super) struct Look {
    pub state: CallState,
    pub keys: KeySet,
    pub prompt: Text,
}

impl Look {
    pub fn connected(call: &Call) -> Look {
        let keys = match call.consults {
            Some(_) => KeySet::ConnectedTransferable,
            None => KeySet::Connected,
        };
        Look {
            state: CallState::Connected,
            keys,
            prompt: Label::CONNECTED.into(),
        }
    }

    pub fn held() -> Look {
        Look {
            state: CallState::Hold,
            keys: KeySet::OnHold,
            prompt: Label::HOLD.into(),
        }
    }

    pub fn rings_out() -> Look {
        Look {
            state: CallState::RingOut,
            keys: KeySet::RingOut,
            prompt: Label::RING_OUT.into(),
        }
    }
}

/// Whose number was called first and who sent the call on last, each with the reason, as Cisco's call records number
/// them.
#[derive(Default)]
struct Way {
    first: Option<(Party, u32)>,
    last: Option<(Party, u32)>,
}

/// The reason that stands for a transfer.
const TRANSFERRED: u32 = 4;

impl Way {
    fn of(history: &History) -> Way {
        let diversion = |diversion: &Diversion| {
            let reason = match diversion.why {
                Diverted::Busy => 1,
                Diverted::NoAnswer => 2,
                // Out of order, in their words.
                Diverted::Absent => 9,
                // There is none for hunt groups, whose pilots never answer themselves.
                Diverted::Always | Diverted::Hunted => 15,
                Diverted::Deflected => 18,
            };
            (party_of(&diversion.from), reason)
        };
        let transfer = history.transferred_by.as_ref();
        let transfer = transfer.map(|by| (party_of(by), TRANSFERRED));
        let mut diversions = history.diversions.iter().map(diversion);
        let first = diversions.next();
        let last = diversions.next_back().or_else(|| first.clone());
        Way {
            last: last.or_else(|| transfer.clone()),
            first: transfer.or(first),
        }
    }
}

pub(super) fn party_of(party: &crate::pbx::Party) -> Party {
    Party {
        name: party.display_name.as_str().into(),
        number: party.dn.as_str().to_owned(),
        ..Party::default()
    }
}

impl Station {
    /// State, softkeys and prompt of a call.
    pub fn look(&self, shared: &mut Shared, (line, call): (u32, u32), look: Look) {
        self.show_state(shared, (line, call), look.state);
        self.show_keys(shared, (line, call), look.keys);
        self.prompt(shared, (line, call), look.prompt);
    }

    /// Softkeys of a call; not on a phone that has none and never asked for them.
    pub fn show_keys(&self, shared: &mut Shared, (line, call): (u32, u32), set: KeySet) {
        if !self.has_soft_keys {
            return;
        }
        let stage = self.call(call).map(|call| &call.stage);
        let is_calling = matches!(stage, Some(CallStage::Calling(_)));
        let consults = self.call(call).is_some_and(|call| call.consults.is_some());
        let mut useless = Vec::new();
        if self.joinable(call).is_none() {
            useless.push(Key::Join);
        }
        if is_calling && !consults {
            useless.push(Key::Transfer);
        }
        let is_confirming = matches!(stage, Some(CallStage::Confirming { .. }));
        useless.extend(match is_confirming {
            true => &[Key::Backspace, Key::Dial][..],
            false => &[Key::Confirm],
        });
        if !matches!(self.shown, Shown::User(_)) || self.leaves_with_call.is_some() {
            useless.push(Key::Logout);
        }
        // What others decided is not to be taken back here.
        if self.leaves_with_call != Some(Cause::User) {
            useless.push(Key::Stay);
        }
        let may = self.desk.may;
        self.say(shared, softkeys::of_call(set, line, call, may, &useless));
    }

    /// The softkeys of the calls that somebody talks in or holds, anew.
    pub fn show_call_keys(&self, shared: &mut Shared) {
        for call in &self.calls {
            let keys = match call.stage {
                CallStage::Talking(_) => Look::connected(call).keys,
                CallStage::Holding(_) => KeySet::OnHold,
                _ => continue,
            };
            self.show_keys(shared, (call.line, call.reference), keys);
        }
    }

    pub fn show_state(&self, shared: &mut Shared, (line, call): (u32, u32), state: CallState) {
        let state = CallStateInfo {
            state,
            line,
            call,
            ..CallStateInfo::default()
        };
        self.say(shared, state);
    }

    pub fn prompt(&self, shared: &mut Shared, (line, call): (u32, u32), text: impl Into<Text>) {
        let prompt = DisplayPromptStatus {
            timeout: 0,
            text: text.into(),
            line,
            call,
        };
        self.say(shared, prompt);
    }

    pub fn tone(&self, shared: &mut Shared, (line, call): (u32, u32), tone: Tone) {
        let tone = StartTone {
            tone,
            line,
            call,
            ..StartTone::default()
        };
        self.say(shared, tone);
    }

    pub fn hush(&self, shared: &mut Shared, (line, call): (u32, u32)) {
        let tone = Tone::Silence;
        self.say(shared, StopTone { line, call, tone });
    }

    pub fn ring(&self, shared: &mut Shared, at: (u32, u32), mode: RingMode) {
        self.ring_for(shared, at, mode, RingDuration::Normal);
    }

    fn ring_for(
        &self,
        shared: &mut Shared,
        (line, call): (u32, u32),
        mode: RingMode,
        duration: RingDuration,
    ) {
        let ringer = SetRinger {
            mode,
            duration,
            line,
            call,
        };
        self.say(shared, ringer);
    }

    /// The lamp of a line, by what goes on there.
    pub fn light(&self, shared: &mut Shared, line: u32) {
        let calls = self.calls.iter().filter(|call| call.line == line);
        let mode = calls.map(Call::lamp).max_by_key(|lamp| match lamp {
            LampMode::Wink => 1,
            LampMode::On => 2,
            LampMode::Blink => 3,
            _ => 0,
        });
        let lamp = SetLamp {
            stimulus: Stimulus::Line,
            instance: line,
            mode: mode.unwrap_or_else(|| lamp_elsewhere(&self.remotes, line)),
        };
        self.say(shared, lamp);
    }

    /// Somebody is about to dial.
    pub fn show_off_hook(&self, shared: &mut Shared, (line, call): (u32, u32)) {
        self.take_up(shared, (line, call));
        self.show_keys(shared, (line, call), KeySet::OffHook);
        self.prompt(shared, (line, call), Label::ENTER_NUMBER);
        self.say(shared, ActivateCallPlane { line });
        self.tone(shared, (line, call), Tone::InsideDial);
    }

    /// A call gets the phone's ear and voice.
    pub fn take_up(&self, shared: &mut Shared, (line, call): (u32, u32)) {
        let off = SetRinger {
            mode: RingMode::Off,
            duration: RingDuration::Normal,
            ..SetRinger::default()
        };
        self.say(shared, off);
        self.say(shared, SetSpeakerMode { is_on: true });
        self.light(shared, line);
        self.show_state(shared, (line, call), CallState::OffHook);
    }

    /// The number is complete. One that may hold a PIN is not told to the phone, which would keep it.
    pub fn show_proceed(&self, shared: &mut Shared, call: &Call, number: Option<Secret>) {
        let at = (call.line, call.reference);
        self.hush(shared, at);
        if let Some(number) = number {
            let dialled = DialedNumber {
                number,
                line: call.line,
                call: call.reference,
            };
            self.say(shared, dialled);
        }
        self.show_state(shared, at, CallState::Proceed);
        self.show_parties(shared, call);
    }

    /// Somebody calls.
    pub fn show_ring_in(&self, shared: &mut Shared, call: &Call, is_busy: bool) {
        let at = (call.line, call.reference);
        let from = Text {
            label: Some(Label::FROM),
            literal: call.other.dn.as_str().to_owned(),
        };
        let look = Look {
            state: CallState::RingIn,
            keys: KeySet::RingIn,
            prompt: from,
        };
        self.look(shared, at, look);
        self.show_parties(shared, call);
        self.light(shared, call.line);
        let once = RingDuration::Single;
        let alert = call.alert();
        if is_busy || alert == Alert::Silent {
            // Nobody is rung in the ear.
            self.ring(shared, at, RingMode::Silent);
        }
        match alert {
            Alert::Silent => {}
            _ if is_busy => {
                let active = self.calls.iter().find(|call| call.is_active());
                if let Some(active) = active {
                    let at = (active.line, active.reference);
                    self.tone(shared, at, Tone::CallWaiting);
                }
            }
            Alert::Aloud => self.ring(shared, at, RingMode::Inside),
            Alert::Beep => self.ring_for(shared, at, RingMode::Inside, once),
            Alert::Feature => self.ring(shared, at, RingMode::Feature),
        }
    }

    /// Who is in a call.
    pub fn show_parties(&self, shared: &mut Shared, call: &Call) {
        let own = self.line(call.line);
        let own = Party {
            name: own.map_or("", |line| &line.display_name).into(),
            number: own.map_or_else(String::new, |line| line.dn.as_str().to_owned()),
            ..Party::default()
        };
        let other = party_of(&call.other);
        let (kind, calling, called) = if call.is_inbound {
            (CallType::Inbound, other, own)
        } else {
            (CallType::Outbound, own, other)
        };
        let way = call.history.as_deref().map(Way::of).unwrap_or_default();
        let first = way.first.unwrap_or_else(|| (called.clone(), 0));
        let last = way.last.unwrap_or_default();
        let info = CallInfo {
            line: call.line,
            call: call.reference,
            kind,
            original_called: first.0,
            original_reason: first.1,
            last_redirecting: last.0,
            last_reason: last.1,
            calling,
            called,
            instance: 1,
            ..CallInfo::default()
        };
        self.say(shared, info);
    }

    /// A call came to nothing, or to what a code says.
    pub fn show_over(
        &self,
        shared: &mut Shared,
        call: &Call,
        state: CallState,
        tone: Tone,
        text: &str,
    ) {
        let at = (call.line, call.reference);
        self.hush(shared, at);
        let look = Look {
            state,
            keys: KeySet::OffHook,
            prompt: text.into(),
        };
        self.look(shared, at, look);
        self.tone(shared, at, tone);
    }

    /// A call is gone; its media has been closed already. `was_active`: it had the phone's ear.
    pub fn show_gone(&self, shared: &mut Shared, call: &Call, was_active: bool) {
        let (line, reference) = (call.line, call.reference);
        self.hush(shared, (line, reference));
        self.light(shared, line);
        let call = reference;
        self.say(shared, ClearPromptStatus { line, call });
        self.show_state(shared, (line, reference), CallState::OnHook);
        self.show_idle_keys(shared);
        if was_active {
            self.say(shared, SetSpeakerMode { is_on: false });
        }
        self.ring(shared, (line, reference), RingMode::Off);
        self.say(shared, shared.time_date());
    }

    /// A call that rang here was taken elsewhere: it is not one that was missed.
    pub fn show_taken_elsewhere(&self, shared: &mut Shared, call: &Call) {
        if self.dialect.version >= Version::V17 && matches!(call.stage, CallStage::Ringing { .. }) {
            let history = CallHistoryInfo {
                disposition: HistoryDisposition::Ignore,
                line: call.line,
                call: call.reference,
            };
            self.say(shared, history);
        }
    }
}
