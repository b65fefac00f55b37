//! What somebody does at a phone: the hook, the keypad, softkeys and buttons.

use std::fmt;

use super::cursor::{Cursor, Layout};
use super::values::Stimulus;
use super::version::Version;
use crate::pbx::{Digit, Secret};

/// A key of the keypad. It may be one of a PIN, so it is never shown.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct KeypadKey(u32);

impl KeypadKey {
    /// The key `+`, which some phones have.
    pub const PLUS: KeypadKey = KeypadKey(16);

    /// Which one it is, unless it is `+` or unknown.
    pub fn digit(self) -> Option<Digit> {
        let index = usize::try_from(self.0).ok()?;
        KEYS.chars().nth(index).and_then(Digit::new)
    }
}

/// The keys in the order of their codes.
const KEYS: &str = "0123456789ABCD*#";

impl From<Digit> for KeypadKey {
    fn from(digit: Digit) -> KeypadKey {
        let code = KEYS.chars().position(|key| key == digit.char());
        let code = code.and_then(|code| u32::try_from(code).ok());
        KeypadKey(code.expect("every digit is a key"))
    }
}

impl fmt::Debug for KeypadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeypadKey(..)")
    }
}

/// A key of the keypad was pressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeypadButton {
    /// Which one.
    pub key: KeypadKey,
    /// On which line. Older phones do not say, or say the button's place.
    pub line: u32,
    /// In which call. Older phones do not say.
    pub call: u32,
}

impl Layout for KeypadButton {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.key.0);
        if body.is_over(body.version() >= Version::V11) {
            return;
        }
        body.word(&mut self.line);
        body.word(&mut self.call);
    }
}

/// No phone has more lines than this by far. What looks like more is not a line.
const MOST_LINE: u32 = 0x00FF_FFFF;

/// A whole number was dialled at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnblocCall {
    /// The number. It may have a PIN in it.
    pub number: Secret,
    /// On which line; 0 if the phone does not say.
    pub line: u32,
}

impl Default for EnblocCall {
    fn default() -> EnblocCall {
        EnblocCall {
            number: Secret::new(String::new()),
            line: 0,
        }
    }
}

impl Layout for EnblocCall {
    const LEAST: usize = 1;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.number(&mut self.number);
        if body.version() < Version::V17 {
            return;
        }
        if body.version() == Version::V17 {
            body.word(&mut self.line);
            return;
        }
        // Since version 18, 79xx put the line right after the number, 89xx where it would be aligned.
        if let Some([0, 0, 0, line @ .., 0]) = body.peek::<7>(0)
            && line != [0; 3]
        {
            body.skip(3);
            body.word(&mut self.line);
        } else {
            body.word(&mut self.line);
            self.line &= MOST_LINE;
            body.skip(3);
        }
    }
}

/// A button was pressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StimulusEvent {
    /// What the button is.
    pub stimulus: Stimulus,
    /// Which one of those.
    pub instance: u32,
    /// In which call. Older phones do not say.
    pub call: u32,
    /// What the lamp was like. Older phones do not say.
    pub status: u32,
}

impl Layout for StimulusEvent {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.value(&mut self.stimulus);
        body.word(&mut self.instance);
        if body.is_over(body.version() >= Version::V11) {
            return;
        }
        body.word(&mut self.call);
        body.word(&mut self.status);
    }
}

/// The handset was lifted, or the speaker switched on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffHook {
    /// On which line; 0 to dial.
    pub line: u32,
    /// Which call is taken; 0 to dial.
    pub call: u32,
}

impl Layout for OffHook {
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        if !body.is_over(body.version() >= Version::V11) {
            body.word(&mut self.line);
            body.word(&mut self.call);
        }
    }
}

/// The handset was put back, or the speaker switched off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OnHook {
    /// On which line; 0 if the phone does not say.
    pub line: u32,
    /// Which call is over; 0 for the active one.
    pub call: u32,
}

impl Layout for OnHook {
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        if !body.is_over(body.version() >= Version::V11) {
            body.word(&mut self.line);
            body.word(&mut self.call);
        }
    }
}

/// The hook was pressed for a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HookFlash {
    /// On which line.
    pub line: u32,
    /// In which call.
    pub call: u32,
}

impl Layout for HookFlash {
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.line);
        body.word(&mut self.call);
    }
}

/// The handset of a line that somebody else may speak for was lifted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffHookWithCgpn {
    /// Who calls.
    pub calling: String,
    /// Their voice mailbox.
    pub voicemail: String,
    /// On which line.
    pub line: u32,
}

impl Layout for OffHookWithCgpn {
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.number(&mut self.calling);
        body.number(&mut self.voicemail);
        body.word(&mut self.line);
    }
}

/// A softkey was pressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SoftKeyEvent {
    /// What the template that the phone was given says for the key.
    pub event: u32,
    /// On which line; 0 if nothing goes on.
    pub line: u32,
    /// In which call; 0 if nothing goes on.
    pub call: u32,
}

impl Layout for SoftKeyEvent {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.event);
        body.word(&mut self.line);
        body.word(&mut self.call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_digits_and_are_not_shown() {
        for (code, key) in KEYS.chars().enumerate() {
            let digit = Digit::new(key).expect("a digit");
            let key = KeypadKey::from(digit);
            assert_eq!(u32::try_from(code), Ok(key.0));
            assert_eq!(key.digit(), Some(digit));
            assert_eq!(format!("{key:?}"), "KeypadKey(..)");
        }
        for code in [16, 17, u32::MAX] {
            assert_eq!(KeypadKey(code).digit(), None);
        }
    }
}
