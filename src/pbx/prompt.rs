//! What Perch lets somebody hear who talks to Perch itself, and the keys that they press.

use std::fmt;

/// What somebody is to hear. How it sounds is a matter of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// The first thing is to be dialled.
    Dial,
    /// The next thing is to be dialled.
    DialMore,
    /// That was wrong; the first thing is to be dialled again.
    DialAgain,
    /// Nothing.
    Silence,
    /// That it works, and then themselves.
    Echo,
}

/// A key of a phone. It may be one of a PIN, so it is never shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digit(char);

impl Digit {
    /// A key, if that is what `key` is: 0 to 9, `*`, `#`, A to D.
    pub fn new(key: char) -> Option<Digit> {
        let key = key.to_ascii_uppercase();
        matches!(key, '0'..='9' | '*' | '#' | 'A'..='D').then_some(Digit(key))
    }

    /// The key itself.
    pub fn char(self) -> char {
        self.0
    }
}

impl fmt::Debug for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digit(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_keys_and_are_not_shown() {
        let keys: String = "0123456789*#abcdABCDe+ ñ"
            .chars()
            .filter_map(Digit::new)
            .map(Digit::char)
            .collect();
        assert_eq!(keys, "0123456789*#ABCDABCD");
        let shown = format!("{:?}", Digit::new('5'));
        assert_eq!(shown, "Some(Digit(..))");
    }
}
