//! Phones that nobody named and that may come all the same: each gets the next number that is free, and keeps it.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::names::{Dn, ModelName, PhoneName, ProfileName};
use super::prefix::Prefix;
use super::profile::AbsentHandling;
use super::site::{Hardware, Phone, Site};

/// Which phones may come that the site does not name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutoRegistration {
    /// The numbers that they get; as many phones may come.
    pub numbers: NumberRange,
    /// What each of them is while nobody is logged in.
    pub logout_profile: ProfileName,
    /// Where they may be.
    pub networks: Vec<Prefix>,
}

/// Numbers of the same length, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NumberRange {
    first: u64,
    last: u64,
    width: usize,
}

/// A range has no more numbers than this.
const MOST: u64 = 10_000;

impl NumberRange {
    /// As in `9500-9599`.
    pub fn parse(text: &str) -> Option<NumberRange> {
        let (first, last) = text.split_once('-')?;
        let (first, last) = (first.trim(), last.trim());
        let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let width = first.len();
        if width != last.len() || width > 18 || !is_number(first) || !is_number(last) {
            return None;
        }
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last && last - first < MOST).then_some(NumberRange { first, last, width })
    }

    /// All of them.
    fn all(self) -> impl Iterator<Item = Dn> {
        let width = self.width;
        (self.first..=self.last).map(move |number| format!("{number:0width$}").into())
    }

    fn holds(self, dn: &Dn) -> bool {
        let number = dn.as_str().parse::<u64>();
        dn.as_str().len() == self.width
            && number.is_ok_and(|n| (self.first..=self.last).contains(&n))
    }
}

impl fmt::Display for NumberRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last, width) = (self.first, self.last, self.width);
        write!(f, "{first:0width$}-{last:0width$}")
    }
}

impl From<NumberRange> for String {
    fn from(range: NumberRange) -> String {
        range.to_string()
    }
}

impl TryFrom<String> for NumberRange {
    type Error = &'static str;

    fn try_from(text: String) -> Result<NumberRange, Self::Error> {
        NumberRange::parse(&text).ok_or("no range of numbers")
    }
}

/// Why a phone may not come that nobody named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwelcome {
    /// No such phone may.
    Nobody,
    /// Not from there.
    Elsewhere,
}

impl Site {
    /// Whether a phone may come from there that nobody named.
    pub fn may_enrol(&self, from: IpAddr) -> Result<(), Unwelcome> {
        let auto = self.auto_registration.as_ref().ok_or(Unwelcome::Nobody)?;
        let is_there = auto.networks.iter().any(|network| network.holds(from));
        is_there.then_some(()).ok_or(Unwelcome::Elsewhere)
    }

    /// How many more of them may come.
    pub fn free_numbers(&self) -> usize {
        let taken = self.taken_numbers();
        let auto = self.auto_registration.iter();
        let numbers = auto.flat_map(|auto| auto.numbers.all());
        numbers.filter(|dn| self.is_free(dn, &taken)).count()
    }

    /// How many of them there are.
    pub fn enrolled(&self) -> usize {
        self.phones.values().filter(|p| is_enrolled(p)).count()
    }

    /// Takes phones in, as far as there are numbers. Each with the number that it got.
    pub fn enrol(&mut self, newcomers: Vec<(PhoneName, ModelName)>) -> Vec<(PhoneName, Dn)> {
        let Some(auto) = self.auto_registration.clone() else {
            return Vec::new();
        };
        let taken = self.taken_numbers();
        let free: Vec<Dn> = auto
            .numbers
            .all()
            .filter(|dn| self.is_free(dn, &taken))
            .collect();
        let (mut free, mut came) = (free.into_iter(), Vec::new());
        for (name, model) in newcomers {
            if self.phones.contains_key(&name) || self.users.contains_key(name.as_str()) {
                continue;
            }
            let Some(dn) = free.next() else {
                break;
            };
            let hardware = Hardware {
                model,
                add_on_modules: Vec::new(),
                enrolled: true,
            };
            let phone = Phone {
                logout_profile: auto.logout_profile.clone(),
                guest_dn: Some(dn.clone()),
                sip_secret: None,
                exempt: false,
                pickup_group: None,
                provision: None,
                own_speed_dials: true,
                limits: None,
                emergency_number: None,
                location: None,
                hardware: Some(Box::new(hardware)),
            };
            self.phones.insert(name.clone(), phone);
            came.push((name, dn));
        }
        came
    }

    /// Those who came before stay when the site becomes another, with their numbers, unless somebody else has those now
    /// or they are out of the range.
    pub fn keep_enrolled(&mut self, before: &Site) {
        let Some(auto) = self.auto_registration.clone() else {
            return;
        };
        let taken = self.taken_numbers();
        let stay = before.phones.iter().filter(|(name, phone)| {
            let dn = phone.guest_dn.as_ref();
            let is_free = |dn: &Dn| auto.numbers.holds(dn) && self.is_free(dn, &taken);
            is_enrolled(phone)
                && dn.is_some_and(is_free)
                && !self.phones.contains_key(*name)
                && !self.users.contains_key(name.as_str())
        });
        let stay: HashMap<PhoneName, Phone> = stay
            .map(|(name, phone)| {
                let logout_profile = auto.logout_profile.clone();
                let phone = Phone {
                    logout_profile,
                    ..phone.clone()
                };
                (name.clone(), phone)
            })
            .collect();
        self.phones.extend(stay);
    }

    /// Whatever can be dialled and is somebody's, or leads somewhere.
    fn taken_numbers(&self) -> HashSet<Dn> {
        let mut taken: HashSet<Dn> = HashSet::new();
        taken.extend(self.voicemails().cloned());
        taken.extend(self.settings.park_slots.iter().cloned());
        taken.extend(self.users.values().map(|user| user.dn.clone()));
        taken.extend(self.phones.values().filter_map(|p| p.guest_dn.clone()));
        for profile in self.logout_profiles.values() {
            taken.extend(profile.numbers().cloned());
        }
        for profile in self.user_profiles.values() {
            taken.extend(profile.numbers().cloned());
            taken.extend(profile.forwarding.numbers().map(|(_, dn)| dn.clone()));
            if let AbsentHandling::Forward(dn) = &profile.absent {
                taken.insert(dn.clone());
            }
        }
        taken
    }

    fn is_free(&self, dn: &Dn, taken: &HashSet<Dn>) -> bool {
        let begins = |(_, code): (&str, &str)| !code.is_empty() && dn.as_str().starts_with(code);
        !taken.contains(dn)
            && !self.emergency.contains_key(dn.as_str())
            && !self.codes.all().into_iter().any(begins)
    }
}

fn is_enrolled(phone: &Phone) -> bool {
    phone.hardware.as_deref().is_some_and(|h| h.enrolled)
}

#[cfg(test)]
mod tests {
    use super::super::by_name::ByName;
    use super::super::site::Settings;
    use super::*;

    fn site(numbers: &str) -> Site {
        let numbers = NumberRange::parse(numbers).expect("a range");
        let networks = ["10.0.0.0/8"].map(|text| Prefix::parse(text).expect("a network"));
        let guest = Phone {
            logout_profile: "hall".into(),
            guest_dn: Some("9501".into()),
            sip_secret: None,
            exempt: false,
            pickup_group: None,
            provision: None,
            own_speed_dials: true,
            limits: None,
            emergency_number: None,
            location: None,
            hardware: None,
        };
        Site {
            auto_registration: Some(AutoRegistration {
                numbers,
                logout_profile: "guest".into(),
                networks: networks.to_vec(),
            }),
            emergency: [("9503".to_owned(), Vec::new())].into(),
            settings: Settings {
                park_slots: vec!["9505".into()],
                ..Settings::default()
            },
            phones: [("hall".into(), guest)].into(),
            ..Site::default()
        }
    }

    fn come(site: &mut Site, names: &[&str]) -> Vec<(String, String)> {
        let newcomers = names.iter().map(|name| ((*name).into(), "7960".into()));
        let came = site.enrol(newcomers.collect()).into_iter();
        came.map(|(name, dn)| (name.to_string(), dn.to_string()))
            .collect()
    }

    fn of(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        let pairs = pairs.iter();
        pairs.map(|(a, b)| ((*a).into(), (*b).into())).collect()
    }

    #[test]
    fn a_range_has_a_first_and_a_last_number_of_the_same_length() {
        for right in ["9500-9599", "0001-0001", "000-999"] {
            let range = NumberRange::parse(right).map(|range| range.to_string());
            assert_eq!(range.as_deref(), Some(right));
        }
        for wrong in [
            "",
            "-",
            "9500",
            "9599-9500",
            "950-9599",
            "a-b",
            "+1-+2",
            "00000-10000",
            "1111111111111111111-1111111111111111112",
        ] {
            assert_eq!(NumberRange::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_gets_the_next_number_that_is_free_as_long_as_there_is_one() {
        let mut site = site("9500-9505");
        assert_eq!(site.free_numbers(), 3);
        let came = come(&mut site, &["SEP1", "SEP2", "hall", "SEP1"]);
        assert_eq!(came, of(&[("SEP1", "9500"), ("SEP2", "9502")]));
        assert_eq!(come(&mut site, &["SEP3", "SEP4"]), of(&[("SEP3", "9504")]));
        assert_eq!((site.free_numbers(), site.enrolled()), (0, 3));
        assert_eq!(site.phones["SEP3"].logout_profile.as_str(), "guest");
    }

    #[test]
    fn nobody_comes_from_elsewhere_or_unless_somebody_said_so() {
        let mut site = site("9500-9504");
        let from = |site: &Site, text: &str| site.may_enrol(text.parse().expect("an address"));
        assert_eq!(from(&site, "10.1.2.3"), Ok(()));
        assert_eq!(from(&site, "192.0.2.1"), Err(Unwelcome::Elsewhere));
        site.auto_registration = None;
        assert_eq!(from(&site, "10.1.2.3"), Err(Unwelcome::Nobody));
        assert_eq!(come(&mut site, &["SEP1"]), of(&[]));
        assert_eq!(site.free_numbers(), 0);
    }

    #[test]
    fn whoever_came_stays_with_its_number_while_it_may() {
        let mut before = site("9500-9599");
        come(&mut before, &["SEP1", "SEP2", "SEP3"]);
        let mut next = site("9501-9599");
        let named = Phone {
            guest_dn: Some("9504".into()),
            ..next.phones["hall"].clone()
        };
        // SEP1's number is out of the range now, SEP3's has another owner.
        next.phones.insert("other".into(), named);
        next.keep_enrolled(&before);
        let kept = next.phones.iter().filter(|(_, phone)| is_enrolled(phone));
        let kept: Vec<&str> = kept.map(|(name, _)| name.as_str()).collect();
        assert_eq!(kept, ["SEP2"]);
        assert_eq!(come(&mut next, &["SEP1"]), of(&[("SEP1", "9506")]));
        next.auto_registration = None;
        let mut last = next.clone();
        last.phones = ByName::default();
        last.keep_enrolled(&next);
        assert!(last.phones.is_empty());
    }
}
