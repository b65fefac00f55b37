//! What a phone shows, as types. How it is written down is each dialect's: `cisco.rs` and `mitel.rs`.

use super::urls::Url;

/// How many characters a title, a prompt, or a field of a form may have.
pub(super) const LINE: usize = 32;

/// How many characters an item of a menu may have.
pub(super) const ITEM: usize = 64;

/// How many items any phone takes in a menu.
pub(super) const MENU: usize = 100;

/// Something that a phone shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// A text.
    Text(String),
    /// A text whose keys answer it, in their order.
    Question(String),
    /// A choice.
    Menu(Vec<Item>),
    /// A form.
    Input(Form),
}

/// An item of a menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// What it says.
    pub name: String,
    /// Where it leads.
    pub url: Url,
}

/// A form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// Where it is sent.
    pub url: Url,
    /// What is asked.
    pub fields: Vec<Field>,
}

/// A field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// What stands before it.
    pub label: String,
    /// What it is called when it is sent.
    pub name: &'static str,
    /// What stands in it at first.
    pub default: String,
    /// What may be typed.
    pub typed: Typed,
}

/// What may be typed into a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// Anything.
    Anything,
    /// Digits.
    Digits,
    /// What a phone has keys for: digits, * and #.
    Keys,
    /// Digits that are not shown.
    HiddenDigits,
    /// Anything; it is not shown.
    Hidden,
}

impl Typed {
    /// Whether it is a secret, which no page may repeat.
    pub fn is_hidden(self) -> bool {
        matches!(self, Typed::HiddenDigits | Typed::Hidden)
    }
}

/// A key below the display. Who names one loses all that the phone would have by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// What it says.
    pub name: String,
    /// What it does.
    pub does: Does,
}

/// What a key does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// Leaves the page.
    Leave,
    /// Goes to the item of a menu that is chosen.
    Select,
    /// Sends a form.
    Submit,
    /// Takes back what was typed last.
    Erase,
    /// Leads to a page.
    Go(Url),
}

/// What becomes of a screen by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing.
    Stays,
    /// It goes away after so many seconds.
    Closes(u8),
    /// After so many seconds the phone asks for a page.
    Asks(u64, Url),
}

/// What fills a display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Screen {
    /// Above it.
    pub title: String,
    /// What is to be done; empty: nothing.
    pub prompt: String,
    /// In it.
    pub object: Object,
    /// What can be pressed.
    pub keys: Vec<Key>,
    /// What becomes of it.
    pub then: Then,
}

/// The first characters of a text; the last of them says that there were more.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most - 1).chain(['~']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        assert_eq!(cut("abcd", 4), "abcd");
        assert_eq!(cut("äbcde", 4), "äbc~");
    }
}
