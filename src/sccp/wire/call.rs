//! How a call is, and with whom.

use super::buttons::{NAME, NUMBER};
use super::cursor::{Cursor, Layout};
use super::text::Text;
use super::values::{CallState, CallType, HistoryDisposition, Privacy, Security};
use super::version::Version;
use crate::pbx::Secret;

/// The precedence of ordinary calls.
const ROUTINE: u32 = 4;

/// How a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallStateInfo {
    /// How.
    pub state: CallState,
    /// On which line.
    pub line: u32,
    /// Which call.
    pub call: u32,
    /// What is kept from whoever looks at the phone.
    pub privacy: Privacy,
    /// How important it is: 4 for ordinary calls.
    pub precedence: u32,
    /// In which domain its importance counts.
    pub precedence_domain: u32,
}

impl Default for CallStateInfo {
    fn default() -> CallStateInfo {
        CallStateInfo {
            state: CallState::default(),
            line: 0,
            call: 0,
            privacy: Privacy::None,
            precedence: ROUTINE,
            precedence_domain: 0,
        }
    }
}

impl Layout for CallStateInfo {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.value(&mut self.state);
        body.word(&mut self.line);
        body.word(&mut self.call);
        body.value(&mut self.privacy);
        body.word(&mut self.precedence);
        body.word(&mut self.precedence_domain);
    }
}

/// Somebody in a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// Their name.
    pub name: Text,
    /// Their number.
    pub number: String,
    /// Their voice mailbox.
    pub voicemail: String,
}

/// Who is in a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallInfo {
    /// On which line.
    pub line: u32,
    /// Which call.
    pub call: u32,
    /// Which way it goes.
    pub kind: CallType,
    /// Who calls.
    pub calling: Party,
    /// Who is called.
    pub called: Party,
    /// Who was called first.
    pub original_called: Party,
    /// Who sent the call on last.
    pub last_redirecting: Party,
    /// Another number of the caller's. Newer phones only.
    pub alternate_calling: String,
    /// The hunt group's number. Newer phones only.
    pub hunt_number: String,
    /// The hunt group's name. Newer phones only.
    pub hunt_name: Text,
    /// Why the one who was called first sent the call on.
    pub original_reason: u32,
    /// Why the last one did.
    pub last_reason: u32,
    /// Which of several calls of the line.
    pub instance: u32,
    /// Whether it is encrypted.
    pub security: Security,
    /// What is to be kept from whoever looks at the phone: 1 the caller's name, 2 number, 4 and 8 of the called, 0x10 and
    /// 0x20 of the one who was called first, 0x40 and 0x80 of the last who sent it on.
    pub restriction: u32,
}

impl Layout for CallInfo {
    fn layout(&mut self, body: &mut impl Cursor) {
        if body.is_dynamic() {
            self.open(body);
        } else {
            self.fixed(body);
        }
    }
}

impl CallInfo {
    /// Up to version 7: each text in a field.
    fn fixed(&mut self, body: &mut impl Cursor) {
        for party in [&mut self.calling, &mut self.called] {
            body.text(&mut party.name, 40);
            body.text(&mut party.number, 24);
        }
        body.word(&mut self.line);
        body.word(&mut self.call);
        body.value(&mut self.kind);
        for party in [&mut self.original_called, &mut self.last_redirecting] {
            body.text(&mut party.name, 40);
            body.text(&mut party.number, 24);
        }
        body.word(&mut self.original_reason);
        body.word(&mut self.last_reason);
        for party in self.parties() {
            body.text(&mut party.voicemail, 24);
        }
        body.word(&mut self.instance);
        body.value(&mut self.security);
        body.word(&mut self.restriction);
    }

    /// Since then: each text as long as it is.
    fn open(&mut self, body: &mut impl Cursor) {
        let has_hunt = body.version() >= Version::V16;
        body.word(&mut self.line);
        body.word(&mut self.call);
        body.value(&mut self.kind);
        body.word(&mut self.original_reason);
        body.word(&mut self.last_reason);
        body.word(&mut self.instance);
        body.value(&mut self.security);
        body.word(&mut self.restriction);
        body.open_text(&mut self.calling.number, NUMBER);
        if has_hunt {
            body.open_text(&mut self.alternate_calling, NUMBER);
        }
        body.open_text(&mut self.called.number, NUMBER);
        body.open_text(&mut self.original_called.number, NUMBER);
        body.open_text(&mut self.last_redirecting.number, NUMBER);
        for party in self.parties() {
            body.open_text(&mut party.voicemail, NUMBER);
        }
        for party in self.parties() {
            body.open_text(&mut party.name, NAME);
        }
        if has_hunt {
            body.open_text(&mut self.hunt_number, NUMBER);
            body.open_text(&mut self.hunt_name, NAME);
        }
    }

    /// The parties, in the order in which they are told.
    fn parties(&mut self) -> [&mut Party; 4] {
        [
            &mut self.calling,
            &mut self.called,
            &mut self.original_called,
            &mut self.last_redirecting,
        ]
    }
}

/// The number that was dialled is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialedNumber {
    /// The number, as the phone keeps it for dialling again. It may have a PIN in it.
    pub number: Secret,
    /// On which line.
    pub line: u32,
    /// In which call.
    pub call: u32,
}

impl Default for DialedNumber {
    fn default() -> DialedNumber {
        DialedNumber {
            number: Secret::new(String::new()),
            line: 0,
            call: 0,
        }
    }
}

impl Layout for DialedNumber {
    const LEAST: usize = 1;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.number(&mut self.number);
        body.word(&mut self.line);
        body.word(&mut self.call);
    }
}

/// The last digit is taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackSpace {
    /// On which line.
    pub line: u32,
    /// In which call.
    pub call: u32,
}

impl Layout for BackSpace {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.line);
        body.word(&mut self.call);
    }
}

/// A line comes to the front.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivateCallPlane {
    /// Which one.
    pub line: u32,
}

impl Layout for ActivateCallPlane {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.line);
    }
}

/// A call is selected, or no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallSelectStat {
    /// Whether: 0 or 1.
    pub status: u32,
    /// Which call.
    pub call: u32,
    /// On which line.
    pub line: u32,
}

impl Layout for CallSelectStat {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.status);
        body.word(&mut self.call);
        body.word(&mut self.line);
    }
}

/// Among which calls one is to be listed. Newer phones only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallHistoryInfo {
    /// Among which.
    pub disposition: HistoryDisposition,
    /// On which line.
    pub line: u32,
    /// Which call.
    pub call: u32,
}

impl Layout for CallHistoryInfo {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.value(&mut self.disposition);
        body.word(&mut self.line);
        body.word(&mut self.call);
    }
}

/// Whether a call is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingStatus {
    /// Which call.
    pub call: u32,
    /// Whether: 0 or 1.
    pub status: u32,
}

impl Layout for RecordingStatus {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.call);
        body.word(&mut self.status);
    }
}
