//! What a site file says of phones that get what they are to do from the server.

use std::collections::BTreeMap;

use super::problem::{Finding, did_you_mean};
use super::reader::Section;
use crate::pbx::{Mac, ModelName, Phone, PhoneName, Provision, Site, Vendor};

/// How many passwords the server may make for one phone, one after the other.
const GENERATIONS: u32 = 1_000_000;

/// How a phone gets what it is to do. A phone that is named after its hardware address need not say it again.
pub(super) fn provision(name: &str, s: &mut Section<'_>) -> Option<Provision> {
    let mac = mac(name, s);
    let password_generation = s.number("password_generation", 1..=GENERATIONS);
    let Some(text) = s.text("provision") else {
        for key in ["mac", "password_generation"] {
            if s.has(key) && !s.has("provision") {
                let remedy = "Add provision = \"…\" with the phone's make, or take this away";
                s.wrong(key, "nothing is made for this phone that needs it", remedy);
            }
        }
        return None;
    };
    let (vendor, model) = match text.split_once('/') {
        Some((vendor, model)) => (vendor, Some(model)),
        None => (text, None),
    };
    let Some(vendor) = Vendor::from_word(vendor) else {
        let known = || Vendor::ALL.iter().map(|vendor| vendor.word());
        let all = || known().collect::<Vec<_>>().join(", ");
        let remedy =
            did_you_mean(vendor, known()).unwrap_or_else(|| format!("Known are {}", all()));
        s.wrong(
            "provision",
            format!("nobody knows phones of {vendor:?}"),
            remedy,
        );
        return None;
    };
    if model.is_some_and(|model| !is_folder(model)) {
        let what = "a model is 1 to 32 letters a-z and A-Z, digits, '-' and '_'";
        s.wrong("provision", what, "Write it as in \"yealink/t46\"");
        return None;
    }
    if s.has("password") || s.has("digest_md5") || s.has("digest_sha256") {
        s.wrong(
            "provision",
            "this phone has a password already, but one that gets files has one that the server makes",
            "Take the password away, or provision if somebody sets the phone up by hand",
        );
    }
    if mac.is_none() && vendor.is_hardware() && !s.has("mac") {
        s.wrong(
            "provision",
            "nobody knows which files are this phone's",
            "Add its hardware address: mac = \"00:15:65:12:34:ab\"",
        );
    }
    Some(Provision {
        vendor,
        model: model.map(ModelName::from),
        mac,
        password_generation: password_generation.unwrap_or(1),
    })
}

fn mac(name: &str, s: &mut Section<'_>) -> Option<Mac> {
    let remedy = "Write the 12 digits of its label, as in \"00:15:65:12:34:ab\"";
    match s.has("mac") {
        true => s.parsed("mac", remedy, Mac::parse),
        false => Mac::parse(name.strip_prefix("SEP")?),
    }
}

/// Its files are looked for in a folder of that name.
fn is_folder(model: &str) -> bool {
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    (1..=32).contains(&model.len()) && model.bytes().all(is_letter)
}

/// A phone's files are one phone's, and it speaks one protocol.
pub(super) fn check_provision(site: &Site, findings: &mut Vec<Finding>) {
    let mut owners: BTreeMap<Mac, &PhoneName> = BTreeMap::new();
    for (name, phone) in &site.phones {
        if phone.provision.is_some() && phone.hardware.is_some() {
            findings.push(Finding::new(
                &["phone", name.as_str(), "provision"],
                "a phone with a model speaks SCCP, and gets its files without this",
                "Take provision away if the phone speaks SCCP, or the model if it speaks SIP",
            ));
            continue;
        }
        let Some(mac) = mac_of(name, phone) else {
            continue;
        };
        if let Some(other) = owners.insert(mac, name) {
            let is_named = phone.provision.is_some();
            let key = if is_named { "provision" } else { "model" };
            findings.push(Finding::new(
                &["phone", name.as_str(), key],
                format!("{mac} is the hardware address of phone {other} already"),
                "Give each its own: it is on the phone's label",
            ));
        }
    }
}

fn mac_of(name: &PhoneName, phone: &Phone) -> Option<Mac> {
    match phone.provision.as_deref() {
        Some(provision) => provision.mac,
        None => phone
            .hardware
            .as_ref()
            .and(Mac::parse(name.as_str().get(3..)?)),
    }
}
