//! Where a phone is, for whoever helps (EMG-1): the house's address, the place within it, and a number to call back.

use serde::{Deserialize, Serialize};

use super::Pbx;
use super::names::{Dn, PhoneName};
use crate::time::{Now, Utc};

/// The address of the house. What is not said is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CivicAddress {
    /// Two letters, as in `NL`.
    pub country: String,
    /// State, province or region.
    pub region: String,
    /// City.
    pub city: String,
    /// Street.
    pub street: String,
    /// House number.
    pub house_number: String,
    /// Postal code.
    pub postal_code: String,
}

impl CivicAddress {
    /// Its parts with their keys in a site file, in the order of the file.
    pub fn parts(&self) -> [(&'static str, &str); 6] {
        [
            ("country", &self.country),
            ("region", &self.region),
            ("city", &self.city),
            ("street", &self.street),
            ("house_number", &self.house_number),
            ("postal_code", &self.postal_code),
        ]
    }

    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.parts().iter().all(|(_, part)| part.is_empty())
    }
}

/// Where help is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The phone that calls.
    pub phone: PhoneName,
    /// Where it stands in the house; none if nobody knows.
    pub within: Option<String>,
    /// Where the house is.
    pub address: CivicAddress,
    /// The number that leads back to the phone.
    pub call_back: Option<Dn>,
    /// When that was so.
    pub at: Utc,
}

impl Pbx {
    /// Where a phone is that calls for help.
    pub(super) fn place_for_help(&self, now: Now, phone: &PhoneName) -> Place {
        let config = self.site.phones.get(phone);
        Place {
            phone: phone.clone(),
            within: Some(self.place_of(phone)),
            address: self.site.settings.address.clone(),
            call_back: config.and_then(|config| config.emergency_number.clone()),
            at: now.utc,
        }
    }

    /// The phone that a number calls back which was shown with a call for help: of several that share it, the one that
    /// called last (EMG-1).
    pub(super) fn calls_back(&self, number: &str) -> Option<PhoneName> {
        let has_it = |name: &PhoneName| {
            let config = self.site.phones.get(name);
            let shown = config.and_then(|config| config.emergency_number.as_ref());
            shown.is_some_and(|shown| shown.as_str() == number)
        };
        let called = self.seldom.emergency_at.iter();
        let called = called.filter(|(name, _)| has_it(name));
        let last = called.max_by_key(|(_, at)| **at).map(|(name, _)| name);
        let known = self.phones.get(last?)?;
        known.registered.then(|| last.cloned()).flatten()
    }
}
