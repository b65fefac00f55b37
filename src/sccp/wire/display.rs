//! What a phone shows besides its calls.

use super::cursor::{Cursor, Layout};
use super::text::Text;

/// How long a text may be that has no field of its own length, with its NUL.
const MOST: usize = 97;

/// A text is in a field of 32 bytes, or, in the newer form, as long as it is.
fn text(body: &mut impl Cursor, text: &mut Text) {
    if body.is_dynamic() {
        body.open_text(text, MOST);
    } else {
        body.text(text, 32);
    }
}

/// Shows what a call, or the phone, waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisplayPromptStatus {
    /// For how long, in seconds; 0 until something else is shown.
    pub timeout: u32,
    /// What.
    pub text: Text,
    /// On which line; 0 for the phone.
    pub line: u32,
    /// In which call; 0 for the phone.
    pub call: u32,
}

impl Layout for DisplayPromptStatus {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.timeout);
        if !body.is_dynamic() {
            text(body, &mut self.text);
        }
        body.word(&mut self.line);
        body.word(&mut self.call);
        if body.is_dynamic() {
            text(body, &mut self.text);
        }
    }
}

/// Shows nothing of that any more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClearPromptStatus {
    /// On which line; 0 for the phone.
    pub line: u32,
    /// In which call; 0 for the phone.
    pub call: u32,
}

impl Layout for ClearPromptStatus {
    const LEAST: usize = 0;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.line);
        body.word(&mut self.call);
    }
}

/// Shows a notice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisplayNotify {
    /// For how long, in seconds; 0 until it is cleared.
    pub timeout: u32,
    /// What.
    pub text: Text,
}

impl Layout for DisplayNotify {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.timeout);
        text(body, &mut self.text);
    }
}

/// Shows a notice that others may be more important than.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisplayPriNotify {
    /// For how long, in seconds; 0 until it is cleared.
    pub timeout: u32,
    /// How important it is: the lower, the more.
    pub priority: u32,
    /// What.
    pub text: Text,
}

impl Layout for DisplayPriNotify {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.timeout);
        body.word(&mut self.priority);
        text(body, &mut self.text);
    }
}

/// Shows a notice of that importance no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClearPriNotify {
    /// Of which one.
    pub priority: u32,
}

impl Layout for ClearPriNotify {
    fn layout(&mut self, body: &mut impl Cursor) {
        body.word(&mut self.priority);
    }
}

/// Shows a text, on phones without prompts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DisplayText {
    /// What.
    pub text: Text,
}

impl Layout for DisplayText {
    const LEAST: usize = 1;

    fn layout(&mut self, body: &mut impl Cursor) {
        body.text(&mut self.text, 32);
    }
}
