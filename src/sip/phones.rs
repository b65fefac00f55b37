//! What the edge needs of a site: who may register, and as what. Every request asks for one phone of many.

use std::collections::{HashMap, HashSet};

use super::auth::digest_secret;
use super::flow::Flow;
use super::keyring::Keyring;
use super::lockout;
use super::trunk::TrunkPaths;
use crate::pbx::{
    DigestSecret, Dn, LogoutProfile, Phone, PhoneName, Prefix, Site, SoftphoneSecret, SoftphoneUse,
    TrunkAddress,
};

/// The phones that may register, softphones of users among them.
#[derive(Debug, Default)]
pub(super) struct Phones {
    /// What phones authenticate in.
    pub realm: String,
    /// When guessers are locked out.
    pub lockout: lockout::Rules,
    /// The numbers for help.
    pub emergency: HashSet<String>,
    secrets: HashMap<PhoneName, DigestSecret>,
    /// DNs that are other names of softphones (SES-17), with what proves them.
    numbers: HashMap<Dn, (PhoneName, DigestSecret)>,
    /// Phones that are voicemail systems.
    pub voicemails: Vec<PhoneName>,
    /// Where calls of trunks come from, besides where those are.
    trunk_networks: Vec<(Prefix, PhoneName)>,
    /// The addresses of trunks.
    trunk_addresses: Vec<(TrunkAddress, PhoneName)>,
    /// Softphones that log in by registering.
    log_in: HashSet<PhoneName>,
}

impl Phones {
    /// Those of a site. Passwords that the server made are on the keyring.
    pub fn of(site: &Site, keyring: Option<&dyn Keyring>) -> Phones {
        let realm = &site.settings.realm;
        let made = |name: &PhoneName, phone: &Phone| {
            let generation = phone.provision.as_deref()?.password_generation;
            let password = keyring?.password(name, generation);
            Some(digest_secret(name.as_str(), realm, &password))
        };
        let secret = |(name, phone): (&PhoneName, &Phone)| {
            let secret = phone.sip_secret.or_else(|| made(name, phone));
            Some((name.clone(), secret?))
        };
        let mut phones = Phones {
            realm: site.settings.realm.clone(),
            lockout: lockout::Rules::of(&site.settings),
            emergency: site.emergency.keys().cloned().collect(),
            secrets: site.phones.iter().filter_map(secret).collect(),
            voicemails: voicemails(site),
            ..Phones::default()
        };
        for (name, trunk) in &site.trunks {
            let networks = trunk.from.iter();
            let networks = networks.map(|network| (*network, name.clone()));
            phones.trunk_networks.extend(networks);
            let addresses = trunk.addresses.iter();
            let addresses = addresses.map(|address| (address.clone(), name.clone()));
            phones.trunk_addresses.extend(addresses);
        }
        for softphone in site.softphones() {
            let (name, dn) = (softphone.name(), softphone.user.dn.clone());
            let SoftphoneSecret { by_id, by_dn } = *softphone.secret;
            if softphone.counts_as == SoftphoneUse::Phone {
                phones.log_in.insert(name.clone());
            }
            phones.numbers.insert(dn, (name.clone(), by_dn));
            phones.secrets.insert(name, by_id);
        }
        phones
    }

    /// Whether a phone may register.
    pub fn has(&self, phone: &PhoneName) -> bool {
        self.secrets.contains_key(phone)
    }

    /// The phone that a name is of, and what proves it.
    pub fn named(&self, name: &str) -> Option<(PhoneName, DigestSecret)> {
        match self.secrets.get_key_value(name) {
            Some((phone, secret)) => Some((phone.clone(), *secret)),
            None => self.numbers.get(name).cloned(),
        }
    }

    /// What the phone that a name is of is called; the name itself if it is nobody's. A phone with two names has one
    /// lock.
    pub fn called<'a>(&'a self, name: &'a str) -> &'a str {
        let owner = self.numbers.get(name);
        owner.map_or(name, |(phone, _)| phone.as_str())
    }

    /// The trunk that something comes from which came by a flow. By datagrams a trunk at a certain port sends from
    /// there, so that phones at the same address are told from it; a connection comes from any port.
    pub fn trunk_at(&self, flow: &Flow, paths: &TrunkPaths) -> Option<&PhoneName> {
        let is_there = |path: &Flow| {
            path.transport == flow.transport
                && path.remote.ip() == flow.remote.ip()
                && (path.remote.port() == flow.remote.port() || flow.transport.is_reliable())
        };
        let mut addresses = self.trunk_addresses.iter();
        let by_address = addresses
            .find(|(address, _)| paths.get(address).is_some_and(|p| p.iter().any(is_there)));
        let mut networks = self.trunk_networks.iter();
        let mut by_network = || networks.find(|(network, _)| network.holds(flow.remote.ip()));
        match by_address {
            Some((_, trunk)) => Some(trunk),
            None => by_network().map(|(_, trunk)| trunk),
        }
    }

    /// Whether registering is a login for this phone.
    pub fn logs_in(&self, phone: &PhoneName) -> bool {
        self.log_in.contains(phone)
    }
}

/// The phones whose own number is that of a voicemail system.
fn voicemails(site: &Site) -> Vec<PhoneName> {
    let numbers: HashSet<&Dn> = site.voicemails().collect();
    if numbers.is_empty() {
        return Vec::new();
    }
    let is_one = |phone: &Phone| {
        let profile = site.logout_profiles.get(&phone.logout_profile);
        let lines = profile.into_iter().flat_map(LogoutProfile::numbers);
        let mut own = lines.chain(&phone.guest_dn);
        own.any(|dn| numbers.contains(dn))
    };
    let all = site.phones.iter().filter(|(_, phone)| is_one(phone));
    all.map(|(name, _)| name.clone()).collect()
}
