//! Whom somebody called is nobody else's business: the phone is told to forget it (PRO-9). When, and how often, the core
//! says.

use std::time::Duration;

use bytes::Bytes;

use super::shared::{Shared, Timer};
use super::station::Station;
use super::wire::{ToPhone, Unread, UserDataVersion1};
use crate::pbx::{Event, Forgot, ToldBy};

/// What a phone is told. Its browser knows it, so a phone without one is told nothing.
const FORGET: &str = "<CiscoIPPhoneExecute><ExecuteItem Priority=\"0\" URL=\"Init:CallHistory\"/></CiscoIPPhoneExecute>";

/// Which of the phone's applications it is for: none that it has.
const APPLICATION: u32 = 9101;

/// How long a phone may take to say that it has.
const PATIENCE: Duration = Duration::from_secs(4);

/// What a phone was told, and has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Which time it was, as the core counts.
    attempt: u64,
    /// Its number.
    transaction: u32,
}

impl Station {
    /// The core wants it to forget whom somebody called.
    pub fn forget_calls(&mut self, shared: &mut Shared, attempt: u64) {
        if !self.model.browser {
            return self.say_forgotten(shared, attempt, Forgot::Impossible);
        }
        if !self.is_registered() {
            // It has just come back, and hears nothing yet.
            return self.say_forgotten(shared, attempt, Forgot::Unreachable(ToldBy::Sccp));
        }
        let transaction = shared.mint_reference();
        let message = UserDataVersion1 {
            application: APPLICATION,
            transaction,
            routing: 1,
            data: Unread(Bytes::from_static(FORGET.as_bytes())),
            ..UserDataVersion1::default()
        };
        self.told = Some(Told {
            attempt,
            transaction,
        });
        self.say(shared, ToPhone::UserToDeviceDataVersion1(message));
        shared.arm(Timer::History(self.name.clone()), PATIENCE);
    }

    /// The phone answers, perhaps to that.
    pub fn data_answered(&mut self, shared: &mut Shared, transaction: u32, data: &Unread) {
        let Some(told) = self.told.filter(|told| told.transaction == transaction) else {
            return;
        };
        shared.deadlines.disarm(&Timer::History(self.name.clone()));
        let forgot = match is_done(&data.0) {
            true => Forgot::Done(ToldBy::Sccp),
            false => Forgot::Refused(ToldBy::Sccp),
        };
        self.told = None;
        self.say_forgotten(shared, told.attempt, forgot);
    }

    /// It has not said that it has.
    pub fn history_overdue(&mut self, shared: &mut Shared) {
        if let Some(told) = self.told.take() {
            let forgot = Forgot::Unreachable(ToldBy::Sccp);
            self.say_forgotten(shared, told.attempt, forgot);
        }
    }

    fn say_forgotten(&self, shared: &mut Shared, attempt: u64, forgot: Forgot) {
        shared.events.push(Event::CallsForgotten {
            phone: self.name.clone(),
            attempt,
            forgot,
        });
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
