//! Which phone a hardware address is of.

use std::collections::HashMap;

use crate::pbx::{Mac, Phone, PhoneName, Site};

/// The phones of a site that get files, by their hardware addresses.
#[derive(Debug, Default)]
pub struct Index {
    phones: HashMap<Mac, PhoneName>,
}

impl Index {
    /// Those of a site.
    pub fn of(site: &Site) -> Index {
        let phones = site.phones.iter();
        let phones = phones.filter_map(|(name, phone)| Some((mac(name, phone)?, name.clone())));
        Index {
            phones: phones.collect(),
        }
    }

    /// The phone with that address.
    pub fn phone(&self, mac: Mac) -> Option<&PhoneName> {
        self.phones.get(&mac)
    }
}

/// A phone that speaks SCCP is named after its address.
fn mac(name: &PhoneName, phone: &Phone) -> Option<Mac> {
    match phone.provision.as_deref() {
        Some(provision) => provision.mac,
        None => own_mac(name).filter(|_| phone.hardware.is_some()),
    }
}

/// The hardware address in the name of a phone.
pub(super) fn own_mac(name: &PhoneName) -> Option<Mac> {
    Mac::parse(name.as_str().get(3..)?)
}
