//! Whom somebody called is nobody else's business: the phone forgets it when they leave (PRO-9).

use std::time::Duration;

use bytes::Bytes;

use super::shared::{Shared, Timer};
use super::station::Station;
use super::wire::{ToPhone, Unread, UserDataVersion1};
use crate::pbx::Shown;

/// What a phone is told. Its browser knows it, so a phone without one is told nothing.
const FORGET: &str = "<CiscoIPPhoneExecute><ExecuteItem Priority=\"0\" URL=\"Init:CallHistory\"/></CiscoIPPhoneExecute>";

/// Which of the phone's applications it is for: none that it has.
const APPLICATION: u32 = 9101;

/// How long a phone may take to say that it has, and how often it is told.
const PATIENCE: Duration = Duration::from_secs(5);
const TRIES: u8 = 3;

/// Whose calls a phone remembers, as far as anybody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum History {
    /// Those of whoever is there.
    #[default]
    Theirs,
    /// It was told to forget them, so often, with this number.
    Told { transaction: u32, times: u8 },
    /// Nobody's.
    Forgotten,
}

impl Station {
    /// It is about to be somebody else's, or nobody's.
    pub fn leaves_calls(&mut self, shared: &mut Shared, next: &Shown) {
        if matches!(self.shown, Shown::User(_)) && self.shown != *next {
            shared
                .histories
                .insert(self.name.clone(), self.shown.clone());
            self.forget_calls(shared, 1);
        }
    }

    /// Its connection ends: what happens meanwhile it does not hear.
    pub fn goes_with_calls(&self, shared: &mut Shared) {
        let is_theirs = self.history == History::Theirs;
        if matches!(self.shown, Shown::User(_)) && is_theirs && self.model.has_browser() {
            shared
                .histories
                .insert(self.name.clone(), self.shown.clone());
        }
    }

    /// It is back. Whoever was there before may have left in the meantime.
    pub fn comes_with_calls(&mut self, shared: &mut Shared) {
        match shared.histories.get(&self.name) {
            Some(whose) if *whose == self.shown => {
                shared.histories.remove(&self.name);
            }
            Some(_) => self.forget_calls(shared, 1),
            None => {}
        }
    }

    fn forget_calls(&mut self, shared: &mut Shared, times: u8) {
        if shared.site.mobility.keep_history || !self.model.has_browser() {
            shared.histories.remove(&self.name);
            return;
        }
        let transaction = shared.mint_reference();
        let message = UserDataVersion1 {
            application: APPLICATION,
            transaction,
            routing: 1,
            data: Unread(Bytes::from_static(FORGET.as_bytes())),
            ..UserDataVersion1::default()
        };
        self.history = History::Told { transaction, times };
        self.say(shared, ToPhone::UserToDeviceDataVersion1(message));
        shared.arm(Timer::History(self.name.clone()), PATIENCE);
    }

    /// The phone answers, perhaps to that.
    pub fn data_answered(&mut self, shared: &mut Shared, transaction: u32, data: &Unread) {
        let History::Told {
            transaction: asked,
            times,
        } = self.history
        else {
            return;
        };
        if asked != transaction {
            return;
        }
        let phone = &self.name;
        if !is_done(&data.0) {
            tracing::info!(%phone, times, "SCCP phone does not forget its calls");
            return;
        }
        tracing::info!(%phone, times, "SCCP phone has forgotten its calls");
        let whose = shared.histories.remove(&self.name);
        // One that starts anew for it is still whose it was.
        self.history = match whose.is_some_and(|whose| whose == self.shown) {
            true => History::Forgotten,
            false => History::Theirs,
        };
        shared.deadlines.disarm(&Timer::History(self.name.clone()));
    }

    /// It has not said that it has. After some times it is told again when it registers anew.
    pub fn history_overdue(&mut self, shared: &mut Shared) {
        let History::Told { times, .. } = self.history else {
            return;
        };
        match times < TRIES {
            true => self.forget_calls(shared, times + 1),
            false => {
                // A whole building may be such phones, and be logged out at once.
                if let Some(unsaid) = shared.unforgotten.may_say(shared.now) {
                    tracing::warn!(phone = %self.name, unsaid, "SCCP phone was told to forget its calls, and does not say that it has");
                }
            }
        }
    }
}

/// Whether a phone says that it has done what it was told. What else it says is not looked at.
fn is_done(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    text.contains("<CiscoIPPhoneResponse") && text.contains("Status=\"0\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_says_yes_or_something_else() {
        let yes = "<CiscoIPPhoneResponse><ResponseItem URL=\"Init:CallHistory\" Data=\"\" Status=\"0\"/></CiscoIPPhoneResponse>";
        assert!(is_done(yes.as_bytes()));
        assert!(!is_done(yes.replace("\"0\"", "\"6\"").as_bytes()));
        assert!(!is_done(b"<CiscoIPPhoneError Number=\"4\"/>"));
        assert!(!is_done(&[0xFF, 0]));
    }
}
