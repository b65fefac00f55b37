//! Patterns of numbers, as this field has always written them: `0[2-9]XXX`, `00!`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Numbers that look alike.
///
/// Digits, `+`, `*` and `#` stand for themselves; `X` for a digit, `Z` for one from 1, `N` for one from 2; `[13-5]` for
/// one of those; at the end `.` for one character or more, and `!` for any rest or none.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DialPattern {
    text: String,
    places: Vec<Place>,
    rest: Rest,
}

/// What can be dialled, in the order of the bits of a [`Place`].
const DIALLED: &[u8] = b"0123456789*#+";

/// Which of [`DIALLED`] may stand at a place of a number.
type Place = u16;

/// What may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    Nothing,
    Something,
    Anything,
}

impl DialPattern {
    /// The longest that anybody can dial.
    const PLACES: usize = 32;

    /// Reads a pattern, or says what is wrong with it.
    pub fn parse(text: &str) -> Result<DialPattern, String> {
        let mut pattern = DialPattern {
            text: text.to_owned(),
            places: Vec::new(),
            rest: Rest::Nothing,
        };
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            if pattern.rest != Rest::Nothing {
                return Err(format!("something follows the {}", pattern.last_sign()));
            }
            match c {
                'X' | 'x' => pattern.places.push(span(b'0', b'9')),
                'Z' | 'z' => pattern.places.push(span(b'1', b'9')),
                'N' | 'n' => pattern.places.push(span(b'2', b'9')),
                '.' => pattern.rest = Rest::Something,
                '!' => pattern.rest = Rest::Anything,
                '[' => {
                    let Some((set, after)) = rest.as_str().split_once(']') else {
                        return Err("a [ has no ]".to_owned());
                    };
                    pattern.places.push(one_of(set)?);
                    rest = after.chars();
                }
                c => match bit(c) {
                    Some(place) => pattern.places.push(place),
                    None => return Err(format!("nobody can dial {c:?}")),
                },
            }
        }
        if pattern.places.is_empty() && pattern.rest == Rest::Nothing {
            return Err("it is empty".to_owned());
        }
        if pattern.places.len() > DialPattern::PLACES {
            return Err(format!("it is longer than {} digits", DialPattern::PLACES));
        }
        Ok(pattern)
    }

    /// Whether a number looks like this, all of it.
    pub fn fits(&self, number: &str) -> bool {
        let mut dialled = number.chars();
        let begins = self.places.iter().all(|place| {
            let bit = dialled.next().and_then(bit);
            bit.is_some_and(|bit| place & bit != 0)
        });
        let has_rest = !dialled.as_str().is_empty();
        begins
            && match self.rest {
                Rest::Nothing => !has_rest,
                Rest::Something => has_rest,
                Rest::Anything => true,
            }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn last_sign(&self) -> char {
        match self.rest {
            Rest::Anything => '!',
            Rest::Something | Rest::Nothing => '.',
        }
    }
}

fn bit(c: char) -> Option<Place> {
    let at = DIALLED.iter().position(|known| char::from(*known) == c)?;
    Some(1 << at)
}

/// The digits from one to another.
fn span(first: u8, last: u8) -> Place {
    let digits = (first..=last).filter_map(|digit| bit(digit.into()));
    digits.fold(0, |place, bit| place | bit)
}

/// What stands between brackets: `13-5`.
fn one_of(set: &str) -> Result<Place, String> {
    let mut place = 0;
    let mut rest = set.chars();
    while let Some(first) = rest.next() {
        let Some(own) = bit(first) else {
            return Err(format!("nobody can dial {first:?}"));
        };
        place |= own;
        let Some(after) = rest.as_str().strip_prefix('-') else {
            continue;
        };
        rest = after.chars();
        let digit = |c: char| u8::try_from(c).ok().filter(u8::is_ascii_digit);
        let last = rest.next();
        match (digit(first), last.and_then(digit)) {
            (Some(first), Some(last)) if first <= last => place |= span(first, last),
            _ => return Err(format!("[{set}] goes from where to where?")),
        }
    }
    match place {
        0 => Err("[] holds nothing".to_owned()),
        place => Ok(place),
    }
}

impl fmt::Debug for DialPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl fmt::Display for DialPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<DialPattern> for String {
    fn from(pattern: DialPattern) -> String {
        pattern.text
    }
}

impl TryFrom<String> for DialPattern {
    type Error = String;

    fn try_from(text: String) -> Result<DialPattern, String> {
        DialPattern::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_patterns_and_numbers() {
        let table = [
            ("112", vec!["112"], vec!["11", "1122", ""]),
            (
                "2XXX",
                vec!["2000", "2999"],
                vec!["3000", "200", "20000", "2*00"],
            ),
            ("x", vec!["0", "9"], vec!["*", "+"]),
            ("Z", vec!["1", "9"], vec!["0", "#"]),
            ("N", vec!["2", "9"], vec!["1", "0"]),
            ("0[2-9]XX", vec!["0200", "0999"], vec!["0100", "020"]),
            ("[135]", vec!["1", "3", "5"], vec!["2", "4"]),
            (
                "[13-5*]",
                vec!["1", "3", "4", "5", "*"],
                vec!["2", "6", "-"],
            ),
            ("00.", vec!["001", "0049301"], vec!["00", "0", "011"]),
            ("00!", vec!["00", "001", "0049"], vec!["0", "010"]),
            ("!", vec!["", "1", "+49"], vec![]),
            (".", vec!["1", "+49"], vec![""]),
            ("+49N!", vec!["+492", "+4930"], vec!["+49", "+491", "0049"]),
            ("*7X", vec!["*72"], vec!["72", "*7"]),
        ];
        for (text, fitting, others) in table {
            let pattern = DialPattern::parse(text).expect("a pattern");
            for number in fitting {
                assert!(pattern.fits(number), "{text} and {number}");
            }
            for number in others {
                assert!(!pattern.fits(number), "{text} and {number}");
            }
            assert_eq!(pattern.as_str(), text);
        }
    }

    #[test]
    fn a_pattern_may_be_as_long_as_anybody_can_dial() {
        let longest = "1".repeat(32);
        let pattern = DialPattern::parse(&longest).expect("a pattern");
        assert!(pattern.fits(&longest));
        let one = DialPattern::parse("[5-5]").expect("a pattern");
        assert!(one.fits("5") && !one.fits("6"));
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        let long = "1".repeat(33);
        let table = [
            ("", "it is empty"),
            ("0[2-9", "a [ has no ]"),
            ("0[]", "[] holds nothing"),
            ("[9-2]", "[9-2] goes from where to where?"),
            ("[2-]", "[2-] goes from where to where?"),
            ("[*-5]", "[*-5] goes from where to where?"),
            ("[a]", "nobody can dial 'a'"),
            ("0A", "nobody can dial 'A'"),
            ("0]", "nobody can dial ']'"),
            ("0 1", "nobody can dial ' '"),
            ("0.1", "something follows the ."),
            ("0!.", "something follows the !"),
            (&long, "it is longer than 32 digits"),
        ];
        for (text, why) in table {
            assert_eq!(DialPattern::parse(text), Err(why.to_owned()), "{text}");
        }
    }
}
