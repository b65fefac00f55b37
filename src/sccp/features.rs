//! Keys for what becomes of calls: sent on, not to be disturbed; and how the phone shows it.

use super::call::{CallStage, Purpose};
use super::shared::{Shared, Waiting};
use super::station::{Stage, Station};
use super::wire::{CallState, FeatureStat, Label, LampMode, SetLamp, Stimulus, Text, Tone};
use crate::pbx::{
    Desk, Door, Event, Feature, ForwardKind, HuntDuty, ReadyAt, Refusal, Secret, SpeedDial, Swap,
    Ticket,
};

impl Station {
    /// A forwarding key: the number is asked for, or forwarding ends.
    pub fn forward_key(&mut self, shared: &mut Shared, line: u32, kind: ForwardKind) {
        if self.desk.set.forward(kind).is_some() {
            let ticket = self.setting(shared, None);
            return self.ask_to_forward(shared, ticket, kind, None);
        }
        self.dial_for(shared, line, Purpose::Forward(kind));
    }

    /// What is dialled next is for something else than a call.
    pub fn dial_for(&mut self, shared: &mut Shared, line: u32, purpose: Purpose) {
        let reference = self.fresh_or_new(shared, line);
        if let Some(call) = reference.and_then(|reference| self.call_mut(reference)) {
            call.purpose = purpose;
        }
    }

    /// A call in which nothing was dialled yet. None if the phone cannot have one now.
    fn fresh_or_new(&mut self, shared: &mut Shared, line: u32) -> Option<u32> {
        let fresh = self.active().filter(|call| call.is_fresh());
        match fresh.map(|call| call.reference) {
            Some(reference) => Some(reference),
            None => self.begin(shared, line),
        }
    }

    /// The key that takes what rings in the group.
    pub fn pickup_key(&mut self, shared: &mut Shared, line: u32) {
        if let Some(reference) = self.fresh_or_new(shared, line) {
            self.pick_up(shared, reference, None);
        }
    }

    /// Takes what rings in the group, or at a number.
    pub fn pick_up(&mut self, shared: &mut Shared, reference: u32, number: Option<Secret>) {
        let phone = self.name.clone();
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        let leg = shared.mint_leg(&phone, reference);
        call.stage = CallStage::Calling(leg);
        let at = (call.line, reference);
        self.hush(shared, at);
        self.show_state(shared, at, CallState::Proceed);
        shared
            .events
            .push(Event::PickupAsked { leg, phone, number });
    }

    /// The number is complete that calls are to go to.
    pub fn forward_to(
        &mut self,
        shared: &mut Shared,
        reference: u32,
        kind: ForwardKind,
        number: Secret,
    ) {
        let Some(call) = self.call_mut(reference) else {
            return;
        };
        // The answer comes once it is stored; until then no key means anything here.
        call.stage = CallStage::Over;
        let at = (call.line, reference);
        self.hush(shared, at);
        self.show_state(shared, at, CallState::Proceed);
        let ticket = self.setting(shared, Some(reference));
        self.ask_to_forward(shared, ticket, kind, Some(number));
    }

    fn ask_to_forward(
        &self,
        shared: &mut Shared,
        ticket: Ticket,
        kind: ForwardKind,
        to: Option<Secret>,
    ) {
        shared.events.push(Event::ForwardAsked {
            ticket,
            door: Door::Softkey,
            phone: self.name.clone(),
            kind,
            to,
        });
    }

    /// The key that lets nobody be disturbed, or everybody again.
    pub fn disturb_key(&mut self, shared: &mut Shared) {
        let ticket = self.setting(shared, None);
        shared.events.push(Event::QuietAsked {
            ticket,
            door: Door::Softkey,
            phone: self.name.clone(),
            quiet: !self.desk.set.quiet,
        });
    }

    /// The key that lets hunt calls pass by, or ring again (HG-2). No key where that is the same as not to be disturbed.
    pub fn hunt_key(&mut self, shared: &mut Shared) {
        let ticket = self.setting(shared, None);
        shared.events.push(Event::ReadyAsked {
            ticket,
            door: Door::Softkey,
            at: ReadyAt::Phone(self.name.clone()),
            ready: None,
        });
    }

    /// The key that keeps calls on shared lines private, or not any more.
    pub fn privacy_key(&mut self, shared: &mut Shared) {
        let ticket = self.setting(shared, None);
        shared.events.push(Event::PrivacyAsked {
            ticket,
            phone: self.name.clone(),
            private: !self.desk.set.private,
        });
    }

    /// The key that lets the other party wait for whoever fetches it.
    pub fn park(&mut self, shared: &mut Shared, reference: u32) {
        let call = self.call(reference);
        let leg = call.and_then(|call| match call.stage {
            CallStage::Talking(leg) | CallStage::Holding(leg) => Some(leg),
            _ => None,
        });
        if let Some(leg) = leg {
            let ticket = self.setting(shared, None);
            shared.events.push(Event::ParkAsked { leg, ticket });
        }
    }

    pub fn setting(&self, shared: &mut Shared, call: Option<u32>) -> Ticket {
        shared.mint_ticket(Waiting::Setting(self.name.clone(), call))
    }

    /// What became of it.
    pub fn setting_answered(
        &mut self,
        shared: &mut Shared,
        call: Option<u32>,
        outcome: Result<String, Refusal>,
    ) {
        match (call, outcome) {
            (Some(call), Ok(text)) => {
                let tone = (Tone::Confirmation, text.as_str());
                self.over(shared, call, CallState::Proceed, tone);
            }
            (Some(call), Err(why)) => self.refused(shared, call, &why),
            (None, Ok(text)) => self.notify(shared, &text),
            (None, Err(why)) => self.notify(shared, &why.text()),
        }
    }

    /// Something is set at the phone, or is not any more.
    pub fn set_desk(&mut self, shared: &mut Shared, desk: Desk) {
        match self.stage {
            // It asks for all of it in a moment.
            Stage::Waiting | Stage::Leaving => {}
            Stage::SettingUp { .. } => {
                let shown = self.shown.clone();
                self.take_desk(shared, desk, shown, String::new());
            }
            Stage::Registered => match &mut self.pending {
                Some(pending) => pending.desk = desk,
                None => {
                    (self.desk.set, self.desk.may) = (desk.set, desk.may);
                    self.set_speed_dials(shared, desk.speed_dials);
                    self.show_set(shared);
                    self.show_idle_if_idle(shared);
                }
            },
        }
    }

    /// Whoever is there has other speed dials. A phone that asks for them only when it registers keeps those that it has.
    fn set_speed_dials(&mut self, shared: &mut Shared, dials: Vec<SpeedDial>) {
        let is_told = shared.settings.swap_of(&self.model) != Swap::Restart;
        if dials == self.desk.speed_dials || !is_told {
            return;
        }
        self.desk.speed_dials = dials;
        for index in 1..=self.buttons.speed_dials {
            self.say(shared, self.speed_dial_stat(index));
        }
        self.watch_numbers(shared);
    }

    /// Tells a phone what is set there.
    pub fn show_set(&self, shared: &mut Shared) {
        for line in 1..=self.buttons.lines {
            self.say(shared, self.forward_stat(line));
        }
        self.show_lamps(shared);
    }

    /// A button that does something, if that is what a phone asks for.
    pub fn feature_stat(&self, index: u32) -> Option<FeatureStat> {
        let feature = self.buttons.feature(index)?;
        let label = match feature {
            Feature::Privacy => "Private",
            Feature::HuntLog => "HLog",
        };
        Some(FeatureStat {
            index,
            stimulus: Stimulus::Feature,
            label: label.into(),
            status: self.is_set(feature).into(),
        })
    }

    /// Whether the lamp of a button that does something is lit.
    fn is_set(&self, feature: Feature) -> bool {
        match feature {
            Feature::Privacy => self.desk.set.private,
            Feature::HuntLog => self.desk.set.hunting == HuntDuty::Ready,
        }
    }

    /// A button that does something was pressed. Phones that do not say which have only one.
    pub fn feature_button(&mut self, shared: &mut Shared, index: u32) {
        let only = match self.buttons.features.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        match self.buttons.feature(index).or(only) {
            Some(Feature::Privacy) => self.privacy_key(shared),
            Some(Feature::HuntLog) => self.hunt_key(shared),
            None => {}
        }
    }

    /// The lamps of buttons for what is set.
    pub fn show_lamps(&self, shared: &mut Shared) {
        for (index, feature) in self.buttons.features() {
            if let Some(stat) = self.feature_stat(index) {
                self.say(shared, stat);
            }
            self.say(shared, lit(Stimulus::Feature, index, self.is_set(feature)));
        }
        self.show_message_lamp(shared);
        for (stimulus, is_on) in [
            (Stimulus::ForwardAll, self.desk.set.forward_all.is_some()),
            (Stimulus::DoNotDisturb, self.desk.set.quiet),
        ] {
            if self.buttons.fixed.contains(&stimulus) {
                self.say(shared, lit(stimulus, 1, is_on));
            }
        }
    }

    /// The lamp on the handset, which every phone has; on some, a button is it, too.
    fn show_message_lamp(&self, shared: &mut Shared) {
        let is_waiting = self.desk.set.messages.waiting;
        self.say(shared, lit(Stimulus::Voicemail, 0, is_waiting));
    }

    /// Who has logged in, or why somebody is not any more, is told even where something else is shown.
    pub fn show_hidden_note(&self, shared: &mut Shared) {
        let set = &self.desk.set;
        let is_hidden = set.forward_all.is_some()
            || set.quiet
            || set.hunting == HuntDuty::NotReady
            || set.messages.waiting;
        if is_hidden && !self.note.is_empty() {
            self.notify(shared, &self.note);
        }
    }

    /// What a phone shows on which nothing goes on: what is set there comes first, as it says why nobody calls.
    pub fn idle_text(&self) -> Text {
        let set = &self.desk.set;
        match (&set.forward_all, set.quiet) {
            (Some(to), _) => Text {
                label: Some(Label::FORWARDED_TO),
                literal: to.as_str().to_owned(),
            },
            (None, true) => Label::DND.into(),
            (None, false) if set.hunting == HuntDuty::NotReady => {
                Label::LOGGED_OUT_OF_HUNT_GROUP.into()
            }
            (None, false) if set.messages.waiting => Label::YOU_HAVE_VOICEMAIL.into(),
            (None, false) if self.note.is_empty() => Label::YOUR_CURRENT_OPTIONS.into(),
            (None, false) => self.note.as_str().into(),
        }
    }
}

/// A lamp that burns, or does not.
fn lit(stimulus: Stimulus, instance: u32, is_on: bool) -> SetLamp {
    SetLamp {
        stimulus,
        instance,
        mode: if is_on { LampMode::On } else { LampMode::Off },
    }
}
