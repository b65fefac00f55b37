//! The swap: a phone becomes somebody's, or nobody's, at its desk or by registering anew (SES-6, SES-7).

use std::time::Duration;

use super::buttons::Buttons;
use super::shared::{Returning, Shared, Swapped, Timer};
use super::softkeys::Idle;
use super::station::{Hook, Pending, Stage, Station};
use super::wire::{DisplayNotify, DisplayPromptStatus, Reset, ResetType, Tone};
use crate::pbx::{Desk, Notice, Renewal, Shown, Swap};

/// After this time it is asked where a phone is that was to start anew.
const BACK_SOON: Duration = Duration::from_secs(60);

/// How long a text is shown that the phone is told about.
const TOLD_S: u32 = 30;

/// How long a note about what has been is shown.
const WARNED_S: u32 = 60;

impl Station {
    /// The core says what the phone is.
    pub fn take_desk(&mut self, shared: &mut Shared, desk: Desk, shown: Shown, note: String) {
        match &mut self.stage {
            Stage::Waiting => {
                // Why somebody was logged out is told once; the phone was away at that moment.
                let returning = shared.returning.get(&self.name);
                let returning = returning.filter(|returning| returning.shown == shown);
                let note = returning.map_or(note, |returning| returning.note.clone());
                self.wear(desk, shown, note);
                self.let_in(shared);
            }
            Stage::SettingUp {
                has_buttons: false, ..
            } => self.wear(desk, shown, note),
            Stage::SettingUp { is_stale, .. } => *is_stale |= desk != self.desk,
            Stage::Registered => {
                let since = shared.now.uptime;
                let pending = Pending {
                    desk,
                    shown,
                    note,
                    since,
                };
                self.take_on(shared, pending);
            }
            Stage::Leaving => {}
        }
    }

    fn take_on(&mut self, shared: &mut Shared, pending: Pending) {
        let is_other = pending.desk != self.desk || pending.shown != self.shown;
        let is_news = is_other || self.has_other_modules;
        if !is_news && self.pending.is_none() {
            // Asked again, and nothing has changed.
            if !pending.note.is_empty() && pending.note != self.note {
                self.note = pending.note;
                self.show_idle_if_idle(shared);
            }
            return;
        }
        if self.is_at_rest() {
            self.pending = None;
            return self.swap(shared, pending);
        }
        tracing::info!(phone = %self.name, "SCCP phone becomes another when its user hangs up");
        self.pending = Some(Box::new(pending));
        let resetting = DisplayPromptStatus {
            text: "Resetting...".into(),
            ..DisplayPromptStatus::default()
        };
        self.say(shared, resetting);
    }

    /// Nothing goes on, and the handset lies where it belongs.
    pub fn is_at_rest(&self) -> bool {
        self.calls.is_empty() && self.hook == Hook::On
    }

    /// What waited for that happens.
    pub fn rest(&mut self, shared: &mut Shared) {
        if self.is_at_rest()
            && let Some(pending) = self.pending.take()
        {
            self.swap(shared, *pending);
        }
    }

    fn swap(&mut self, shared: &mut Shared, to: Pending) {
        let buttons = self.buttons_for(&to.desk);
        let way = shared.settings.swap_of(&self.model);
        let live = match way {
            // SES-7: with other modules plugged in, a phone begins from its start.
            _ if self.has_other_modules => false,
            Swap::Template => true,
            Swap::Lines => buttons == self.buttons,
            Swap::Restart => false,
        };
        if live {
            let has_other_buttons = buttons != self.buttons;
            let since = to.since;
            self.forget_all_remotes(shared);
            self.wear(to.desk, to.shown, to.note);
            if has_other_buttons {
                self.say(shared, self.buttons.template());
            }
            self.tell_all(shared);
            self.show_all_remotes(shared);
            self.swapped(shared, live, since);
        } else {
            let returning = Returning {
                since: to.since,
                shown: to.shown,
                note: to.note,
            };
            shared.returning.insert(self.name.clone(), returning);
            shared.arm(Timer::Restart(self.name.clone()), BACK_SOON);
            let kind = match std::mem::take(&mut self.has_other_modules) {
                true => ResetType::Reset,
                false => ResetType::Restart,
            };
            self.say(shared, Reset { kind });
        }
    }

    /// Somebody wants it to start anew, as what it is. What it reads in files is no news to it.
    pub fn renew(&mut self, shared: &mut Shared, how: Renewal) {
        let kind = match how {
            Renewal::Read => return,
            Renewal::Restart => ResetType::Restart,
            Renewal::Reset => ResetType::Reset,
        };
        if self.is_registered() {
            tracing::info!(phone = %self.name, ?kind, "SCCP phone is told to start anew");
            self.say(shared, Reset { kind });
        }
    }

    /// The phone is back from starting anew.
    pub fn has_returned(&mut self, shared: &mut Shared) {
        if let Some(returning) = shared.returning.remove(&self.name) {
            self.show_hidden_note(shared);
            self.swapped(shared, false, returning.since);
        }
    }

    fn swapped(&self, shared: &mut Shared, live: bool, since: Duration) {
        let took = shared.now.uptime.saturating_sub(since);
        let (phone, model) = (self.name.clone(), self.model.name.clone());
        let (took_ms, why) = (took.as_millis(), self.model.why.as_str());
        tracing::info!(%phone, %model, live, took_ms, why, "SCCP phone has another profile");
        shared.swapped.push(Swapped {
            phone,
            model,
            live,
            took,
        });
    }

    /// Its buttons for a desk.
    fn buttons_for(&self, desk: &Desk) -> Buttons {
        let buttons = Buttons::of(&self.model, &self.modules, desk);
        match self.has_lamp_buttons() {
            true => buttons.with_lamps(desk),
            false => buttons,
        }
    }

    /// From now on it is that, whatever it shows yet.
    fn wear(&mut self, desk: Desk, shown: Shown, note: String) {
        if self.shown != shown {
            // What somebody dialled is nobody else's business.
            self.redial = None;
        }
        self.buttons = self.buttons_for(&desk);
        self.idle = match &shown {
            Shown::User(_) => Idle::Somebody,
            Shown::Nobody(_) => Idle::Nobody,
        };
        self.leaves_with_call = None;
        (self.desk, self.shown, self.note) = (desk, shown, note);
    }

    /// Tells a phone unasked what it is.
    fn tell_all(&self, shared: &mut Shared) {
        for line in 1..=self.buttons.lines {
            self.say(shared, self.line_stat(line));
            self.say(shared, self.forward_stat(line));
        }
        for index in 1..=self.buttons.speed_dials {
            self.say(shared, self.speed_dial_stat(index));
        }
        self.show_lamps(shared);
        self.watch_numbers(shared);
        self.show_idle(shared);
        self.show_hidden_note(shared);
    }

    /// Whoever is there is to read something.
    pub fn tell(&mut self, shared: &mut Shared, notice: Notice, text: &str) {
        let timeout = match notice {
            Notice::LogoutNear { aloud, .. } => {
                if aloud {
                    self.tone(shared, (0, 0), Tone::ZipZip);
                }
                if self.idle == Idle::Somebody {
                    self.idle = Idle::Warned;
                    self.show_idle_if_idle(shared);
                }
                WARNED_S
            }
            Notice::LogoutWaits(cause) => {
                self.leaves_with_call = Some(cause);
                self.show_call_keys(shared);
                WARNED_S
            }
            Notice::LogoutOff => {
                self.leaves_with_call = None;
                self.show_call_keys(shared);
                TOLD_S
            }
            Notice::News => TOLD_S,
        };
        let text = text.into();
        self.say(shared, DisplayNotify { timeout, text });
    }
}
