//! How a phone gets what it is to do as files: whose make it is, and how it is known. Data only.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::model::{Maker, Models};
use super::names::ModelName;

/// How a phone gets what it is to do as files, and a password that the server makes with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provision {
    /// Whose files.
    pub vendor: Vendor,
    /// For which model, if there are files of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelName>,
    /// What the phone names its files after. None: it has no such name, and needs an address with a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<Mac>,
    /// Counts the passwords that the server made for this phone: the next number is another password.
    pub password_generation: u32,
}

/// Whose phones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vendor {
    /// Cisco's with files in XML.
    Cisco,
    /// Cisco's 7940 and 7960 with SIP, whose files are lines of text.
    CiscoText,
    /// Yealink's.
    Yealink,
    /// Snom's.
    Snom,
    /// Poly's, once Polycom's.
    Poly,
    /// Grandstream's.
    Grandstream,
    /// Mitel's, once Aastra's.
    Mitel,
    /// The softphone.
    Linphone,
}

impl Vendor {
    /// All of them.
    pub const ALL: [Vendor; 8] = [
        Vendor::Cisco,
        Vendor::CiscoText,
        Vendor::Yealink,
        Vendor::Snom,
        Vendor::Poly,
        Vendor::Grandstream,
        Vendor::Mitel,
        Vendor::Linphone,
    ];

    /// The word for it in site files, and the folder that its templates are in.
    pub fn word(self) -> &'static str {
        match self {
            Vendor::Cisco => "cisco",
            Vendor::CiscoText => "cisco-text",
            Vendor::Yealink => "yealink",
            Vendor::Snom => "snom",
            Vendor::Poly => "poly",
            Vendor::Grandstream => "grandstream",
            Vendor::Mitel => "mitel",
            Vendor::Linphone => "linphone",
        }
    }

    /// What is known of whoever makes these phones.
    pub fn maker(self) -> Option<&'static Maker> {
        Models::known().maker(self.word())
    }

    /// Whether these phones are things, with a hardware address.
    pub fn is_hardware(self) -> bool {
        self != Vendor::Linphone
    }

    /// What a word stands for.
    pub fn from_word(word: &str) -> Option<Vendor> {
        Vendor::ALL.into_iter().find(|vendor| vendor.word() == word)
    }
}

/// The hardware address of a phone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mac([u8; 6]);

impl Mac {
    /// As in `00:15:65:12:34:ab`, `0015.6512.34ab` or `0015651234AB`.
    pub fn parse(text: &str) -> Option<Mac> {
        let is_mark = |c: char| matches!(c, ':' | '-' | '.');
        let digits = text.chars().filter(|c| !is_mark(*c));
        let digits: Vec<u32> = digits.map(|c| c.to_digit(16)).collect::<Option<_>>()?;
        let digits: [u32; 12] = digits.try_into().ok()?;
        let mut bytes = [0; 6];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::try_from(16 * pair[0] + pair[1]).ok()?;
        }
        Some(Mac(bytes))
    }
}

/// Twelve digits in lower case.
impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Mac {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Mac, &'static str> {
        Mac::parse(&text).ok_or("this is no hardware address")
    }
}

impl From<Mac> for String {
    fn from(mac: Mac) -> String {
        mac.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_files_is_in_the_table_of_makers_and_told_to_read_them_if_they_are_things() {
        for vendor in Vendor::ALL {
            let maker = vendor.maker().expect("it is in models.toml");
            assert_eq!(maker.renewal.is_some(), vendor.is_hardware(), "{vendor:?}");
        }
    }

    #[test]
    fn hardware_addresses_are_read_as_people_write_them() {
        for text in [
            "00:15:65:12:34:ab",
            "0015.6512.34AB",
            "001565-1234ab",
            "0015651234AB",
        ] {
            let mac = Mac::parse(text).map(|mac| mac.to_string());
            assert_eq!(mac.as_deref(), Some("0015651234ab"), "{text}");
        }
        for text in ["", "0015651234a", "0015651234abc", "0015651234ag", "é"] {
            assert_eq!(Mac::parse(text), None, "{text}");
        }
    }

    #[test]
    fn vendors_have_words() {
        for vendor in Vendor::ALL {
            assert_eq!(Vendor::from_word(vendor.word()), Some(vendor));
        }
    }
}
