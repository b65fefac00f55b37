//! Routes: which trunks a number goes by that nobody here has, as what it is dialled there, and who may.

use serde::{Deserialize, Serialize};

use super::names::{Dn, PhoneName};
use super::site::Site;

/// What a call is that leaves the house. Help is none of these: its numbers stand under `[emergency]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallKind {
    /// To colleagues at another server: whoever may call users may.
    Internal,
    /// Within the area.
    Local,
    /// Within the country.
    National,
    /// Anywhere.
    International,
    /// What costs more, or nothing: directory services, hotlines.
    Service,
}

impl CallKind {
    /// Every one there is.
    pub const ALL: [CallKind; 5] = [
        CallKind::Internal,
        CallKind::Local,
        CallKind::National,
        CallKind::International,
        CallKind::Service,
    ];

    /// Its name in a site file.
    pub fn word(self) -> &'static str {
        match self {
            CallKind::Internal => "internal",
            CallKind::Local => "local",
            CallKind::National => "national",
            CallKind::International => "international",
            CallKind::Service => "service",
        }
    }

    /// The kind of this name.
    pub fn named(word: &str) -> Option<CallKind> {
        CallKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// How numbers are dialled here, to tell what they are anywhere (E.164).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Numbering {
    /// The country's, without prefix. Empty: nobody has said.
    pub country_code: String,
    /// The area's, without prefix. Empty: numbers here have none.
    pub area_code: String,
    /// What is dialled before an area code.
    pub national_prefix: String,
    /// What is dialled before a country code.
    pub international_prefix: String,
}

impl Default for Numbering {
    fn default() -> Self {
        Numbering {
            country_code: String::new(),
            area_code: String::new(),
            national_prefix: "0".into(),
            international_prefix: "00".into(),
        }
    }
}

impl Numbering {
    /// A number as it is everywhere: `+`, country, area, number.
    pub fn e164(&self, number: &str) -> String {
        let Numbering {
            country_code,
            area_code,
            ..
        } = self;
        let after = |prefix: &str| number.strip_prefix(prefix).filter(|_| !prefix.is_empty());
        if number.starts_with('+') {
            number.to_owned()
        } else if let Some(rest) = after(&self.international_prefix) {
            format!("+{rest}")
        } else if let Some(rest) = after(&self.national_prefix) {
            format!("+{country_code}{rest}")
        } else {
            format!("+{country_code}{area_code}{number}")
        }
    }
}

/// Numbers that leave the house, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// What they begin with: digits, perhaps a `+` before them. The longest that fits counts.
    pub prefix: String,
    /// What calls there are.
    pub kind: CallKind,
    /// The trunks to be tried, in this order.
    pub trunks: Vec<PhoneName>,
    /// How many characters at the beginning are only dialled here.
    pub strip: u8,
    /// What is put there instead.
    pub prepend: String,
    /// Whether the rest is then made a number with `+` and country code.
    pub e164: bool,
}

impl Route {
    /// The number as the trunks want it.
    pub(super) fn number_out(&self, numbering: &Numbering, dialled: &Dn) -> Dn {
        let rest: String = dialled.as_str().chars().skip(self.strip.into()).collect();
        let number = format!("{}{rest}", self.prepend);
        match self.e164 {
            true => numbering.e164(&number).into(),
            false => number.into(),
        }
    }
}

impl Site {
    /// The route of a number, whoever has it.
    pub fn route_for(&self, number: &str) -> Option<&Route> {
        let fits = |route: &&Route| number.starts_with(route.prefix.as_str());
        let fitting = self.routes.values().filter(fits);
        fitting.max_by_key(|route| route.prefix.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(prefix: &str, strip: u8, prepend: &str, e164: bool) -> Route {
        Route {
            prefix: prefix.into(),
            kind: CallKind::National,
            trunks: vec!["carrier".into()],
            strip,
            prepend: prepend.into(),
            e164,
        }
    }

    #[test]
    fn numbers_are_what_they_are_everywhere() {
        let numbering = Numbering {
            country_code: "31".into(),
            area_code: "20".into(),
            ..Numbering::default()
        };
        for (dialled, everywhere) in [
            ("5551234", "+31205551234"),
            ("0105551234", "+31105551234"),
            ("004930123", "+4930123"),
            ("+4930123", "+4930123"),
        ] {
            assert_eq!(numbering.e164(dialled), everywhere);
        }
        let none = Numbering {
            national_prefix: String::new(),
            ..numbering
        };
        assert_eq!(none.e164("5551234"), "+31205551234");
    }

    #[test]
    fn the_route_with_the_longest_prefix_counts() {
        let mut site = Site::default();
        for prefix in ["0", "00", "+", "00886"] {
            site.routes
                .insert(prefix.into(), route(prefix, 0, "", false));
        }
        let prefix = |number| site.route_for(number).map(|route| route.prefix.as_str());
        assert_eq!(prefix("0201234"), Some("0"));
        assert_eq!(prefix("0031201234"), Some("00"));
        assert_eq!(prefix("0088612"), Some("00886"));
        assert_eq!(prefix("+31"), Some("+"));
        assert_eq!(prefix("2001"), None);
    }

    #[test]
    fn a_number_is_rewritten_as_its_route_says() {
        let numbering = Numbering {
            country_code: "31".into(),
            area_code: "20".into(),
            ..Numbering::default()
        };
        for (route, dialled, wanted) in [
            (route("0", 1, "", false), "05551234", "5551234"),
            (route("0", 1, "", true), "00105551234", "+31105551234"),
            (route("0", 1, "", true), "05551234", "+31205551234"),
            (route("9", 1, "0031", false), "9201234", "0031201234"),
            (route("+", 1, "00", false), "+4930", "004930"),
            (route("1", 9, "", false), "116117", ""),
        ] {
            assert_eq!(route.number_out(&numbering, &dialled.into()), wanted.into());
        }
    }
}
